// SPDX-License-Identifier: MIT
// Programs of Pascal-.

// case: ExempleA
// stdin: 7
programme ExempleA;
var a, b, c : entier;
begin
  lire(a);
  b := 5;
  c := a * b div 3;
  écrire(c) // expect: 11
end.

// case: Factr
// stdin: 5
PROGRAM Factr;
VAR n, f: INTEGER;
PROCEDURE Fact(n: INTEGER; VAR r: INTEGER);
VAR t: INTEGER;
BEGIN
  IF n = 0 THEN r := 1
  ELSE BEGIN
    Fact(n - 1, t);
    r := t * n
  END
END;
BEGIN
  READ(n); Fact(n, f); WRITE(f) // expect: 120
END.

// case: French words
programme Compte;
const max = 3;
type ligne = tableau [1..max] de entier;
     point = enregistrement x, y: entier fin;
var i, s: entier; a: ligne; p: point; b: booléen;
procédure double(var n: entier);
début n := 2 * n fin;
début
  i := 1; b := vrai;
  tantque i <= max faire
    début a[i] := i; double(a[i]); i := i + 1 fin;
  p.x := a[1]; p.y := a[3];
  si b et non faux alors write(p.x + p.y) sinon write(0) // expect: 8
fin.

// case: arrays and records are assigned and passed whole
program Whole;
type vector = array [1..4] of integer;
     pair = record first: vector; second: integer end;
var a, b: vector; p, q: pair; i: integer;
procedure fill(var v: vector; n: integer);
var i: integer;
begin i := 1; while i <= 4 do begin v[i] := n * i; i := i + 1 end end;
procedure sum(v: vector; var s: integer);
begin s := v[1] + v[2] + v[3] + v[4]; v[1] := 1000 end;
procedure show(p: pair);
begin sum(p.first, p.second); write(p.second) end;
begin
  fill(a, 1); b := a; b[4] := 40;
  sum(a, i); write(i); // expect: 10
  sum(b, i); write(i); // expect: 46
  write(b[1]); // expect: 1
  p.first := b; p.second := 7; q := p; q.first[1] := 100;
  show(q); // expect: 145
  write(q.second); // expect: 7
  show(p) // expect: 46
end.

// case: a variable that a nested procedure uses
program Nested;
var x: integer;
procedure outer(n: integer);
var y: integer;
  procedure inner(k: integer);
    procedure innermost;
    begin y := y + n * k; x := x + 1 end;
  begin if k > 0 then begin innermost; inner(k - 1) end end;
begin
  y := 0; inner(n); write(y)
end;
begin
  x := 0; outer(3); // expect: 18
  outer(4); // expect: 40
  write(x) // expect: 7
end.

// case: an index out of its range
program Range;
type t = array [1..3] of integer;
var a: t; i: integer;
begin
  i := 1;
  while i <= 4 do
  begin
    a[i] := i;
    i := i + 1
  end
end.
// expect exit: 1
// expect error: Range Error

// case: comments nest
program { a { comment } in a comment } Comments;
begin { nothing } write(1) // expect: 1
end.

// case: signs and precedence
program Signs;
var b, c: boolean; i: integer;
begin
  i := -7; write(i div 2); // expect: -3
  write(i mod 2); // expect: -1
  write(2 + 3 * 4 - 10 div 3); // expect: 11
  write((2 + 3) * (4 - 10) div 3); // expect: -10
  b := (1 < 2) and not (2 >= 3) or (5 <> 5); c := b = true;
  if c then write(1) else write(0); // expect: 1
  if (false < true) and (true > false) then write(1) else write(0) // expect: 1
end.

// case: the largest numeral
program Numerals;
begin write(32767) // expect: 32767
end.

// case: names of the language may be defined anew
program Anew;
var write: integer; fin: integer;
procedure read; begin write := 5 end;
begin read; fin := 2; lire(fin) end.
// stdin: 3

// case: variables of the program in a procedure
program Outer;
type t = array [0..2] of integer;
var x: integer; a: t;
procedure count;
begin x := x + 1; a[1] := x * 2; a[2] := a[1] + x end;
begin
  x := 5; count; count;
  write(x); // expect: 7
  write(a[2]) // expect: 21
end.

// case: sequences of instructions that are fused
program Sequences;
type t = array [1..5] of integer;
var a: t; i, n: integer;
procedure p(n: integer);
var x, y, z: integer; b: t;
begin
  x := n; y := n + 1; z := x + y; z := z - x; z := x + y * 2; z := y - (x - 1);
  while x < y do x := x + 1;
  while x <= y do begin x := x + 1; y := y - 0 end;
  z := z + (x + y); z := z - (x - y);
  write(z); // expect: 10
  y := x - 1; i := y; y := 2; a[y] := 7; b[y] := a[y]; b[y] := b[y] + 1; x := b[y] + x;
  i := 3; a[i] := 5; z := a[i] + a[y]; write(z); // expect: 12
  write(x) // expect: 13
end;
begin n := 3; p(n) end.

// case: fib with its results by address
program Fib;
var r: integer;
procedure fib(n: integer; var f: integer);
var a, b: integer;
begin
  if n < 2 then f := n
  else begin fib(n - 1, a); fib(n - 2, b); f := a + b; a := a + 1; b := a + b end
end;
begin fib(15, r); write(r) end.
// expect: 610

// case: the same, of loops, which end with the comparison that they begin with
program Loops;
const n = 5;
type t = array [1..n] of integer;
var a: t; i, j, k, s, m: integer;
procedure p(n: integer; zero: integer);
var i, j, m, s: integer; b: t;
begin
  i := 1; while i <= n do i := i + 1;
  i := 1; j := 2; while i <= n do i := i + j;
  i := 1; while i <= 5 do i := i + j;
  i := 1; while i < 5 do begin b[i] := 0; i := i - zero + 1; i := i - zero end;
  while i < n do begin write(i); i := i + 1; write(i) end;
  i := 5; while i <= 4 do i := i - 1;
  i := 0; while i < n do begin i := i + 1; b[i] := zero end;
  i := 1; while i <= 5 do begin b[i] := i; i := i + 1; if b[i - 1] = 3 then b[i - 1] := 30 end;
  i := 3; if b[i] = 30 then write(b[i]);
  j := 4; if b[j] = 4 then begin b[j] := 0; b[i] := j end;
  write(b[i] * 10 + b[j]);
  s := i * j; write(s); s := i * (j + s); write(s); m := s
end;
procedure keep(n: integer; var r: integer);
begin while r < n do r := r + 1; r := n end;
procedure down(n: integer);
begin if n = 0 then write(n) else down(n - 1) end;
procedure sum(n: integer; var r: integer);
var a, b: integer;
begin
  if n = 0 then r := n
  else begin a := 1; sum(n - 1, a); sum(0, b); r := a + b end
end;
begin
  i := 1; while i <= n do begin a[i] := 7; i := i + 1 end;
  i := 1; s := 0;
  while i <= n do begin if a[i] = 7 then s := s + 1; i := i + 1 end;
  i := 2; if a[i] = 7 then s := s + 100; if a[i] = 7 then s := s + 100;
  while i <= n do begin s := s + i * i mod 7; i := i + s end;
  i := 0; j := 3; while i < 4 do begin s := s + i * j mod 7; i := i + 1 end;
  write(s);
  s := 5 + i * j mod 7 - 1; s := s + (s + i * j);
  write(s);
  k := 3; i := 0; while k > i do begin write(k); k := k - 1 end;
  s := 0; while s < 3 do begin s := s + 1; i := 0; while i < 2 do i := i + 1 end;
  write(s);
  keep(9, m); write(m); p(5, 0); down(3); sum(4, m); write(m)
end.
// expect: 220
// expect: 30
// expect: 3
// expect: 2
// expect: 1
// expect: 3
// expect: 9
// expect: 30
// expect: 40
// expect: 12
// expect: 48
// expect: 0
// expect: 0
