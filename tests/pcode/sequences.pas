// SPDX-License-Identifier: MIT
// Sequences of instructions that are fused.

// case: loads and stores of variables of the program
program t(output);
type link = ^node; node = record v: integer; next: link end;
var a: array [1..5] of integer; b: array [1..3, 1..3] of real; i, k, n, s: integer; p: link; c: char;
procedure up; begin n := n + 1; k := k + 1 end;
procedure look;
begin
  a[k] := 5; s := a[k] + n;
  if n <= 3 then s := s + 100;
  if n < 2 then s := 0;
  writeln(n + 1:1, s:4, p^.v:2);
  n := a[k];
end;
begin
  k := 0; n := 1; up; new(p); p^.v := 7; p^.next := nil;
  for i := 1 to 5 do a[i] := 10 * i;
  look; // expect: 3 107 7
  writeln(n:1, k:2); // expect: 5 1
  a[k] := n - 1; n := n + 1; writeln(a[k] + n:1); // expect: 10
  for c := 'a' to 'c' do write(c);
  writeln // expect: abc
end.

// case: loops and conditions on locals
program t(output);
procedure p(n: integer; x: real);
var i, j, k: integer; y, z: real; a: array [1..9] of integer; r: array [0..3] of real; q, w: integer;
begin
  i := 0; j := 5; y := 2; z := 0; q := 0;
  while i <= n do begin i := i + 1; q := q - 1 end;
  while j <= i do j := j + 1;
  while i <= 20 do i := i + j;
  writeln(i:1, j:3, q:3);
  z := x * y + z; writeln(z:6:2);
  y := x * z; z := y + x; r[2] := z; r[3] := r[2] * r[2] + y; writeln(y:7:2, z:7:2, r[3]:8:2);
  k := n - i; if i = j then writeln(1:1) else writeln(2:1);
  if i <> j then writeln(3:1);
  for k := 1 to 9 do a[k] := k;
  w := a[3]; w := a[w] + a[a[w]]; writeln(w:1);
  if (a[1] = a[2]) or (a[1] + 1 < a[2]) or (a[3] <= a[2] - 5) or (a[1] > a[2]) or (a[1] >= a[2]) then writeln(4:1);
  if not (a[1] <> a[1]) and not (a[2] < a[1]) then writeln(5:1);
  if (a[1] + a[2] = a[3]) and (a[1] + a[2] <> a[4]) then writeln(6:1);
  if (w = 0) or (w + 1 = 8) or (w + 1 <> 7) then writeln(7:1);
  w := n; w := w + i; q := n; q := i - n; writeln(w:1, q:3)
end;
begin p(4, 1.5) end.
// expect: 23  6 -5
// expect:   3.00
// expect:    4.50   6.00   40.50
// expect: 2
// expect: 3
// expect: 6
// expect: 5
// expect: 6
// expect: 27 19

// case: elements of an array that is a variable parameter
program t(output);
type arr = array [1..5] of integer;
var x: arr; k: integer;
procedure fill(var a: arr; n: integer);
var i: integer;
begin
  for i := 1 to n do a[i] := i * i;
  for i := 1 to n do a[i] := a[i] + 1;
  i := 2; a[i + 1] := a[i] + a[i + 2]
end;
begin
  fill(x, 5); for k := 5 downto 1 do write(x[k]:1, ' '); writeln
end.
// expect: 26 17 22 5 2 

// case: its bounds are compared
program t(output);
type arr = array [1..5] of integer;
var x: arr;
procedure p(var a: arr; i: integer);
begin
  a[i + 1] := 1
end;
begin
  p(x, 4); p(x, 5)
end.
// expect exit: 1
// expect error: D.1
