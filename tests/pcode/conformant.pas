// SPDX-License-Identifier: MIT
// 6.6.3.7: conformant array parameters (level 1).

// case: bounds and elements
program t(input, output);
var a: array [1..3] of integer; b: array [5..9] of integer; i: integer; procedure p(var x: array [l..h: integer] of integer); var i: integer; begin for i := l to h do x[i] := i; writeln(l:1, h:2) end;
begin
  p(a); p(b); writeln(a[3]:1, b[9]:2)
end.
// expect: 1 3
// expect: 5 9
// expect: 3 9

// case: a sum of any array
program t(input, output);
var a: array [1..4] of integer; i: integer; function sum(var x: array [l..h: integer] of integer): integer; var i, s: integer; begin s := 0; for i := l to h do s := s + x[i]; sum := s end;
begin
  for i := 1 to 4 do a[i] := i; writeln(sum(a):1)
end.
// expect: 10

// case: by value
program t(input, output);
var a: array [1..3] of integer; i: integer; procedure p(x: array [l..h: integer] of integer); begin x[l] := 99; writeln(x[l]:1, x[h]:2) end;
begin
  for i := 1 to 3 do a[i] := i; p(a); writeln(a[1]:1)
end.
// expect: 99 3
// expect: 1

// case: strings by value
program t(input, output);
procedure p(s: packed array [l..h: integer] of char); var i: integer; begin for i := h downto l do write(s[i]); writeln end;
begin
  p('abc'); p('hello')
end.
// expect: cba
// expect: olleh

// case: two dimensions
program t(input, output);
var a: array [1..2, 1..3] of integer; i, j: integer; procedure p(var x: array [l1..h1: integer; l2..h2: integer] of integer); var i, j: integer; begin for i := l1 to h1 do for j := l2 to h2 do x[i, j] := 10 * i + j; writeln(h1:1, h2:2) end;
begin
  p(a); writeln(a[2, 3]:1)
end.
// expect: 2 3
// expect: 23

// case: passed on
program t(input, output);
var a: array [1..3] of integer; procedure q(var y: array [a..b: integer] of integer); begin y[b] := b - a end; procedure p(var x: array [l..h: integer] of integer); begin q(x) end;
begin
  p(a); writeln(a[3]:1)
end.
// expect: 2

// case: two parameters of a group
program t(input, output);
var a, b: array [1..2] of integer; procedure p(var x, y: array [l..h: integer] of integer); begin x[l] := 1; y[h] := 2 end;
begin
  p(a, a); writeln(a[1]:1, a[2]:1)
end.
// expect: 12

// case: in an inner procedure
program t(input, output);
var a: array [2..4] of integer; procedure p(var x: array [l..h: integer] of integer); procedure q; begin x[h] := l end; begin q end;
begin
  p(a); writeln(a[4]:1)
end.
// expect: 2

// case: by value in an inner procedure
program t(input, output);
var a: array [2..4] of integer; procedure p(x: array [l..h: integer] of integer); procedure q; begin x[h] := l; writeln(x[h]:1) end; begin q end;
begin
  a[2] := 0; a[3] := 0; a[4] := 0; p(a); writeln(a[4]:1)
end.
// expect: 2
// expect: 0

// case: an enumeration as index
program t(input, output);
type t = (x, y, z); var a: array [t] of integer; procedure p(var b: array [l..h: t] of integer); var i: t; begin for i := l to h do b[i] := ord(i) end;
begin
  p(a); writeln(a[z]:1)
end.
// expect: 2

// case: an index out of its bounds
program t(input, output);
var a: array [1..3] of integer; procedure p(var x: array [l..h: integer] of integer); begin x[h + 1] := 1 end;
begin
  p(a)
end.
// expect exit: 1
// expect error: expected from 1 to 3, found 4

// case: elements of another type
program t(input, output);
var a: array [1..3] of char; procedure p(var x: array [l..h: integer] of integer); begin end;
begin
  p(a)
end.
// expect error: expected a variable of the very type of the parameter

// case: what is no array
program t(input, output);
var i: integer; procedure p(var x: array [l..h: integer] of integer); begin end;
begin
  p(i)
end.
// expect error: expected a variable of the very type

// case: a packed array
program t(input, output);
var a: packed array [1..3] of integer; procedure p(var x: array [l..h: integer] of integer); begin end;
begin
  p(a)
end.
// expect error: expected a variable of the very type

// case: a bound is assigned to
program t(input, output);
procedure p(var x: array [l..h: integer] of integer); begin l := 1 end;
begin
end.
// expect error: expected a variable or a procedure

// case: two types in a group
program t(input, output);
var a: array [1..2] of integer; b: array [1..3] of integer; procedure p(var x, y: array [l..h: integer] of integer); begin end;
begin
  p(a, b)
end.
// expect error: expected the type of the parameter before
