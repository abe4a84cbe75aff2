// SPDX-License-Identifier: MIT
// 6.4.3.4, 6.7.1, 6.7.2.4: sets.

// case: constructors and membership
program t(input, output);
var s: set of 1..20; i: integer;
begin
  s := [1, 3, 5..7]; for i := 1 to 8 do if i in s then write(i:2); writeln
end.
// expect:  1 3 5 6 7

// case: the empty set
program t(input, output);
var s: set of 1..10;
begin
  s := []; writeln(1 in s); writeln(s = [])
end.
// expect: false
// expect: true

// case: union, difference, intersection
program t(input, output);
var s, t: set of 0..9; procedure show(x: integer); begin write(x:2) end; procedure all; var i: integer; begin for i := 0 to 9 do if i in s then show(i); writeln end;
begin
  s := [1, 2]; t := [2, 3]; s := s + t; all; s := s - [1]; all; s := s * [3..9]; all
end.
// expect:  1 2 3
// expect:  2 3
// expect:  3

// case: comparison
program t(input, output);
var s, t: set of 0..9;
begin
  s := [1, 2]; t := [1, 2, 3]; writeln(s = t); writeln(s <> t); writeln(s <= t); writeln(s >= t); writeln(t >= s); writeln(s = [2, 1])
end.
// expect: false
// expect: true
// expect: true
// expect: false
// expect: true
// expect: true

// case: sets of characters
program t(input, output);
var s: set of char; c: char;
begin
  s := ['a'..'e', 'x']; for c := 'a' to 'z' do if c in s then write(c); writeln
end.
// expect: abcdex

// case: sets of enumerations
program t(input, output);
type t = (r, g, b); var s: set of t; c: t;
begin
  s := [r, b]; for c := r to b do write(ord(c in s):2); writeln
end.
// expect:  1 0 1

// case: sets of Booleans
program t(input, output);
var s: set of boolean;
begin
  s := [true]; writeln(true in s); writeln(false in s)
end.
// expect: true
// expect: false

// case: members that are computed
program t(input, output);
var s: set of 0..255; i: integer;
begin
  i := 100; s := [i, i + 1..i + 3, 255]; writeln(103 in s); writeln(255 in s); writeln(104 in s)
end.
// expect: true
// expect: true
// expect: false

// case: a range without members
program t(input, output);
var s: set of 0..9; i: integer;
begin
  i := 5; s := [i..i - 1]; writeln(s = [])
end.
// expect: true

// case: membership of a constructor
program t(input, output);
var i: integer;
begin
  i := 7; writeln(i in [1..5, 7]); writeln(i in [])
end.
// expect: true
// expect: false

// case: values that no set has
program t(input, output);
var i: integer; s: set of 0..9;
begin
  s := [1]; i := 1000; writeln(i in s); i := -1; writeln(i in s)
end.
// expect: false
// expect: false

// case: packed sets
program t(input, output);
var s: packed set of 1..5;
begin
  s := [2]; writeln(2 in s)
end.
// expect: true

// case: a set as a parameter
program t(input, output);
type s = set of 0..9; procedure p(x: s); begin x := x + [9]; writeln(9 in x) end;
begin
  p([1])
end.
// expect: true

// case: a set by address
program t(input, output);
type s = set of 0..9; var t: s; procedure p(var x: s); begin x := x + [9] end;
begin
  t := []; p(t); writeln(9 in t)
end.
// expect: true

// case: sets in records and arrays
program t(input, output);
var a: array [1..2] of set of 0..9; r: record s: set of 0..9 end;
begin
  a[1] := [1]; r.s := a[1] + [2]; writeln(2 in r.s)
end.
// expect: true

// case: sets in a routine
program t(input, output);
procedure p; var s: set of 0..63; i: integer; begin s := []; for i := 1 to 5 do s := s + [i * 10]; writeln(50 in s) end;
begin
  p
end.
// expect: true

// case: nested expressions
program t(input, output);
var a, b, c: set of 0..9;
begin
  a := [1, 2, 3]; b := [2, 3, 4]; c := (a + b) * (a - b) + (b - a); writeln(c = [1, 4])
end.
// expect: true

// case: a member out of range
program t(input, output);
var s: set of 1..5; i: integer;
begin
  i := 6; s := [i]
end.
// expect exit: 1
// expect error: a set with members out of the variable's range (D.50): expected from 1 to 5, found 6

// case: a member that no set has
program t(input, output);
var s: set of 0..255; i: integer;
begin
  i := 256; s := [i]
end.
// expect exit: 1
// expect error: a member of a set that is not from 0 to 255

// case: a range that no set has
program t(input, output);
var s: set of 0..255; i: integer;
begin
  i := -1; s := [i..3]
end.
// expect exit: 1
// expect error: a member of a set that is not from 0 to 255

// case: a set of reals
program t(input, output);
var s: set of real;
begin
end.
// expect error: expected an ordinal type

// case: a set too large
program t(input, output);
var s: set of 0..256;
begin
end.
// expect error: expected a set of values from 0 to 255

// case: sets of two types
program t(input, output);
var s: set of char;
begin
  s := [1]
end.
// expect error: expected a value of type a set

// case: members of two types
program t(input, output);
begin
  writeln(1 in [1, 'a'])
end.
// expect error: expected a value of the type of the set's other members

// case: membership of another type
program t(input, output);
var s: set of char;
begin
  writeln(1 in s)
end.
// expect error: expected a value on the left of 'in'

// case: a sum of a set and an integer
program t(input, output);
var s: set of 1..5;
begin
  s := s + 1
end.
// expect error: expected numbers or sets of the same type

// case: sets are not ordered by less
program t(input, output);
var s: set of 1..5;
begin
  writeln(s < s)
end.
// expect error: expected values that can be compared

// case: a real member
program t(input, output);
begin
  writeln(1 in [1.5])
end.
// expect error: expected a value of an ordinal type in the set
