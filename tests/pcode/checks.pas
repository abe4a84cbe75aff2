// SPDX-License-Identifier: MIT
// --checks: what a program is checked for.

// case: none
// args: --checks=none
program t(input, output);
var a: array [1..3] of integer; i: integer; type_: char;
begin
  i := 3; a[i] := 5; writeln(a[3]:1)
end.
// expect: 5

// case: pointers without a look
// args: --checks=none
program t(input, output);
type p = ^integer; var q: p;
begin
  new(q); q^ := 5; writeln(q^:1)
end.
// expect: 5

// case: ranges only
// args: --checks=ranges
program t(input, output);
var s: 1..3; i: integer;
begin
  i := 4; s := i
end.
// expect exit: 1
// expect error: D.49

// case: what is defined
// args: --checks=defined
program t(input, output);
var i: integer;
begin
  writeln(i)
end.
// expect exit: 1
// expect error: D.43

// case: a word that is none of them
// args: --checks=some
// skip: compiled-pas
program t(input, output);
begin
end.
// expect error: --checks: expected all, defined, ranges or none, found 'some'

// case: none: sums wrap around, parameters are not looked at
// args: --checks=none
// skip: compiled-pas
program t(output);
type arr = array [1..3] of integer;
var x: arr; i: integer;
procedure p(var a: arr; k: integer);
begin
  a[k] := a[k - 1] + 1
end;
begin
  x[1] := 7; p(x, 2); i := maxint; i := i + 2; writeln(x[2]:1, ' ', i < 0, ' ', (i - 2 = maxint), ' ', i * 2 = 2)
end.
// expect: 8 true true true

// case: none: an index that would lead out of a variable is still refused
// args: --checks=none
program t(output);
var x: array [1..3] of integer; i: integer;
begin
  i := 4; x[i] := 1
end.
// expect exit: 1
// expect error: D.1

// case: none: a real may be -0.0, which is what no other real is where undefined variables are looked for
// args: --checks=none
// skip: compiled-pas
program t(output);
var x: real; f: file of real; a: array [1..2] of real; p: packed array [1..2] of real; i: integer;
begin
  x := 0; x := x * (-1.0); writeln(x:1:1, x:12);
  rewrite(f); write(f, x); f^ := x; put(f); reset(f); read(f, x); writeln(x:1:1, f^:4:1);
  for i := 1 to 2 do a[i] := x * (-1.0);
  pack(a, 1, p); unpack(p, a, 1); writeln(a[1]:1:1, p[2] = 0.0)
end.
// expect: 0.0 0.0000e+000
// expect: 0.0 0.0
// expect: 0.0true
