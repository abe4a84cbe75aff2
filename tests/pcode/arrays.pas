// SPDX-License-Identifier: MIT
// 6.4.3.2, 6.5.3.2: arrays.

// case: one dimension
program t(input, output);
var a: array [1..5] of integer; i: integer;
begin
  for i := 1 to 5 do a[i] := i * i; for i := 5 downto 1 do write(a[i]:3); writeln
end.
// expect:  25 16  9  4  1

// case: two dimensions
program t(input, output);
var a: array [1..2, 1..3] of integer; i, j: integer;
begin
  for i := 1 to 2 do for j := 1 to 3 do a[i, j] := 10 * i + j; writeln(a[1, 3]:1, a[2][1]:3)
end.
// expect: 13 21

// case: an array of arrays
program t(input, output);
type row = array [1..3] of integer; var a: array [1..2] of row; r: row;
begin
  a[1][1] := 1; a[1, 2] := 2; a[1][3] := 3; r := a[1]; a[2] := r; writeln(a[2, 3]:1)
end.
// expect: 3

// case: indices of other types
program t(input, output);
type t = (r, g, b); var a: array [t] of integer; c: array [char] of integer; f: array [boolean] of char;
begin
  a[g] := 5; c['x'] := 6; f[true] := 'y'; writeln(a[g]:1, c['x']:2, f[true])
end.
// expect: 5 6y

// case: negative bounds
program t(input, output);
var a: array [-3..3] of integer; i: integer;
begin
  for i := -3 to 3 do a[i] := i; writeln(a[-3]:1, a[3]:2)
end.
// expect: -3 3

// case: whole assignment copies
program t(input, output);
type t = array [1..3] of integer; var a, b: t;
begin
  a[1] := 1; a[2] := 2; a[3] := 3; b := a; a[2] := 9; writeln(b[2]:1)
end.
// expect: 2

// case: an array of records
program t(input, output);
var a: array [1..3] of record x, y: integer end; i: integer;
begin
  for i := 1 to 3 do begin a[i].x := i; a[i].y := 2 * i end; writeln(a[2].y:1)
end.
// expect: 4

// case: an index expression
program t(input, output);
var a: array [0..9] of integer; i: integer;
begin
  for i := 0 to 9 do a[i] := 9 - i; writeln(a[a[a[3]]]:1)
end.
// expect: 6

// case: arrays in a routine
program t(input, output);
procedure p; var a: array [1..4] of integer; i: integer; begin for i := 1 to 4 do a[i] := i; writeln(a[4]:1) end;
begin
  p; p
end.
// expect: 4
// expect: 4

// case: a sieve
program t(input, output);
const n = 100; var s: array [2..n] of boolean; i, j, c: integer;
begin
  for i := 2 to n do s[i] := true; for i := 2 to n do if s[i] then begin j := 2 * i; while j <= n do begin s[j] := false; j := j + i end end; c := 0; for i := 2 to n do if s[i] then c := c + 1; writeln(c:1)
end.
// expect: 25

// case: large arrays
program t(input, output);
var a: array [1..100000] of integer; i: integer;
begin
  for i := 1 to 100000 do a[i] := i; writeln(a[100000]:1)
end.
// expect: 100000

// case: packed arrays
program t(input, output);
var a: packed array [1..3] of boolean;
begin
  a[1] := true; a[2] := false; a[3] := a[1]; writeln(a[3])
end.
// expect: true

// case: an index too large
program t(input, output);
var a: array [1..3] of integer; i: integer;
begin
  i := 4; a[i] := 1
end.
// expect exit: 1
// expect error: an index out of the array's range (D.1): expected from 1 to 3, found 4

// case: an index too small
program t(input, output);
var a: array [1..3] of integer; i: integer;
begin
  i := 0; a[i] := 1
end.
// expect exit: 1
// expect error: expected from 1 to 3, found 0

// case: a second index
program t(input, output);
var a: array [1..3, 5..6] of integer; i: integer;
begin
  i := 7; a[1, i] := 1
end.
// expect exit: 1
// expect error: expected from 5 to 6, found 7

// case: an index of another type
program t(input, output);
var a: array [1..3] of integer;
begin
  a['x'] := 1
end.
// expect error: expected an index of the array's index type

// case: a real index
program t(input, output);
var a: array [1..3] of integer;
begin
  a[1.0] := 1
end.
// expect error: expected an index of the array's index type

// case: an index of what is no array
program t(input, output);
var i: integer;
begin
  i[1] := 1
end.
// expect error: expected an array before the index

// case: too many indices
program t(input, output);
var a: array [1..3] of integer;
begin
  a[1, 2] := 1
end.
// expect error: expected an array before the index

// case: arrays of different types
program t(input, output);
var a: array [1..3] of integer; b: array [1..3] of integer;
begin
  a := b
end.
// expect error: expected a value of type an array for this variable

// case: an index type without end
program t(input, output);
var a: array [integer] of integer;
begin
end.
// expect error: expected an index type whose values have 32 bits

// case: a real index type
program t(input, output);
var a: array [real] of integer;
begin
end.
// expect error: expected an ordinal type

// case: an array too large
program t(input, output);
var a: array [1..100000, 1..100000] of integer;
begin
end.
// expect error: expected a type that fits the store

// case: an array without of
program t(input, output);
var a: array [1..3] integer;
begin
end.
// expect error: expected 'of', found 'integer'

// case: elements that are bytes: Booleans, enumerations, small subranges, in blocks and from inner ones
// stdin: 7
program bytes(output, input);
type colour = (red, green, blue); small = 3..9;
var f: array [-3..20] of boolean; c: packed array [boolean] of colour; s: array ['a'..'z'] of small;
    g: array [1..4] of boolean; h: array [1..3] of boolean; i, n: integer; ch: char;
procedure flip(var b: boolean); begin b := not b end;
procedure local(n: integer);
var own: array [0..40] of boolean; i: integer;
  procedure inner; begin own[n] := true; f[n] := own[n] end;
begin
  for i := 0 to 40 do own[i] := false;
  inner; n := 0;
  for i := 0 to 40 do if own[i] then n := n + i;
  writeln(n: 1);
  if n < 12 then local(n + 1)
end;
begin
  for i := -3 to 20 do f[i] := odd(i);
  n := 0; for i := -3 to 20 do if f[i] then n := n + 1;
  writeln(n: 1);
  c[false] := blue; c[true] := pred(c[false]);
  writeln(ord(c[true]): 1);
  for ch := 'a' to 'z' do s[ch] := 3 + ord(ch) mod 7;
  n := 0; for ch := 'a' to 'z' do n := n + s[ch];
  writeln(n: 1);
  read(s['q']); writeln(s['q']: 1);
  for i := 1 to 4 do g[i] := true; flip(g[2]); writeln(g[2], g[1]);
  h[1] := true; h[2] := h[1]; writeln(h[2]);
  local(10); writeln(f[10], f[11]);
  writeln(h[2])
end.
// expect: 12
// expect: 1
// expect: 153
// expect: 7
// expect: falsetrue
// expect: true
// expect: 10
// expect: 11
// expect: 12
// expect: truetrue
// expect: true

// case: an element that is a byte has no value at first
program undefined(output);
var f: array [1..9] of boolean;
begin
  f[1] := true; writeln(f[1]); // expect: true
  writeln(f[2])
end.
// expect exit: 1
// expect error: run-time error at line 245: a variable that has no value (D.43)

// case: nor has it in the next activation of a procedure
program again(output);
procedure p(first: boolean);
var f: array [1..9] of boolean;
begin
  if first then f[3] := true;
  writeln(f[3]) // expect: true
end;
begin p(true); p(false) end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: the index of an element that is a byte
program index(output);
var f: array [1..9] of boolean; i: integer;
begin i := 10; f[i] := true end.
// expect exit: 1
// expect error: an index out of the array's range (D.1): expected from 1 to 9, found 10

// case: and where it is loaded
program index(output);
var f: array [1..9] of boolean; i: integer;
begin i := 0; if f[i] then i := 1 end.
// expect exit: 1
// expect error: an index out of the array's range (D.1): expected from 1 to 9, found 0

// case: whole arrays, elements passed on, packed and unpacked ones keep a cell for each
program whole(output);
type t = array [1..3] of boolean;
var a, b: t; p: packed array [1..3] of boolean; c: array [1..2] of t; f: file of t; i: integer;
procedure negate(var x: boolean); begin x := not x end;
function count(v: array [low..high: integer] of boolean): integer;
var n, i: integer;
begin n := 0; for i := low to high do n := n + ord(v[i]); count := n end;
begin
  for i := 1 to 3 do a[i] := i <> 2;
  b := a; negate(b[1]); pack(a, 1, p); c[1] := a; c[2] := b;
  rewrite(f); f^ := c[2]; put(f); reset(f); a := f^;
  writeln(count(a): 1, count(b): 1, p[1], c[1, 2], c[2][3]) // expect: 11truefalsetrue
end.
