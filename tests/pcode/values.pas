// SPDX-License-Identifier: MIT
// 6.4.2, 6.4.6: simple types, assignment compatibility.

// case: integers are assigned to reals
program t(input, output);
var r: real;
begin
  r := 3; writeln(r:4:1)
end.
// expect:  3.0

// case: subranges and their hosts
program t(input, output);
type d = 1..10; var i: integer; s: d; t: 5..20;
begin
  s := 7; i := s; t := i; s := t; writeln(s:1)
end.
// expect: 7

// case: character subranges
program t(input, output);
var c: 'a'..'z'; d: char;
begin
  c := 'q'; d := c; writeln(d)
end.
// expect: q

// case: enumerations
program t(input, output);
type day = (mon, tue, wed); var d: day;
begin
  d := mon; while d <> wed do begin write(ord(d):2); d := succ(d) end; writeln(ord(d):2)
end.
// expect:  0 1 2

// case: Booleans are ordered
program t(input, output);
begin
  writeln(false < true); writeln(ord(true):1)
end.
// expect: true
// expect: 1

// case: enumeration subranges
program t(input, output);
type c = (r, g, b, y); s = g..b; var x: s;
begin
  x := g; writeln(ord(x):1)
end.
// expect: 1

// case: a constant expression of the widest range
program t(input, output);
var i: integer;
begin
  i := maxint; writeln(i:1); i := -maxint; writeln(i:1)
end.
// expect: 9223372036854775807
// expect: -9223372036854775807

// case: a real is not assigned to an integer
program t(input, output);
var i: integer;
begin
  i := 1.0
end.
// expect error: expected a value of type integer for this variable, found real

// case: a char is not assigned to an integer
program t(input, output);
var i: integer;
begin
  i := 'a'
end.
// expect error: expected a value of type integer for this variable, found char

// case: an integer is not assigned to a char
program t(input, output);
var c: char;
begin
  c := 65
end.
// expect error: expected a value of type char for this variable, found integer

// case: a Boolean is not assigned to an integer
program t(input, output);
var i: integer;
begin
  i := true
end.
// expect error: expected a value of type integer

// case: values of two enumerations
program t(input, output);
type t = (a, b); u = (c, d); var x: t;
begin
  x := c
end.
// expect error: expected a value of type t for this variable, found u

// case: a constant out of range
program t(input, output);
var s: 1..10;
begin
  s := 11
end.
// expect error: expected a value from 1 to 10 for this variable

// case: a negative constant out of range
program t(input, output);
var s: 0..10;
begin
  s := -1
end.
// expect error: expected a value from 0 to 10 for this variable

// case: bounds in the wrong order
program t(input, output);
var s: 10..1;
begin
end.
// expect error: expected a first constant that is not greater than the second

// case: bounds of two types
program t(input, output);
var s: 1..'a';
begin
end.
// expect error: expected two constants of the same ordinal type

// case: real bounds
program t(input, output);
var s: 1.0..2.0;
begin
end.
// expect error: expected two constants of the same ordinal type

// case: a type that is a variable
program t(input, output);
var v: integer; w: v;
begin
end.
// expect error: expected the name of a type

// case: a type in its own definition
program t(input, output);
type t = array [1..2] of t;
begin
end.
// expect error: expected a type that is complete, found 't' in its own definition

// case: a record in its own definition
program t(input, output);
type t = record a: t end;
begin
end.
// expect error: expected a type that is complete

// case: an enumeration constant again
program t(input, output);
type t = (a, b, a);
begin
end.
// expect error: expected a new name, found 'a'

// case: packed before a simple type
program t(input, output);
type t = packed 1..5;
begin
end.
// expect error: 'array', 'record', 'set' or 'file' after 'packed'
