// SPDX-License-Identifier: MIT
// 6.4.3.3, 6.5.3.3, 6.8.3.10: records, variants, with.

// case: fields
program t(input, output);
var r: record a: integer; b: char; c: boolean end;
begin
  r.a := 1; r.b := 'x'; r.c := true; writeln(r.a:1, r.b, r.c)
end.
// expect: 1xtrue

// case: records in records
program t(input, output);
var r: record p: record x, y: integer end; z: integer end;
begin
  r.p.x := 1; r.p.y := 2; r.z := 3; writeln(r.p.x:1, r.p.y:1, r.z:1)
end.
// expect: 123

// case: assignment copies
program t(input, output);
type t = record a, b: integer end; var r, s: t;
begin
  r.a := 1; r.b := 2; s := r; r.a := 9; writeln(s.a:1, s.b:1)
end.
// expect: 12

// case: with
program t(input, output);
var r: record a, b: integer end;
begin
  with r do begin a := 1; b := a + 1 end; writeln(r.b:1)
end.
// expect: 2

// case: with of two records
program t(input, output);
var r: record a: integer end; s: record b: integer end;
begin
  with r, s do begin a := 1; b := a + 1 end; writeln(s.b:1)
end.
// expect: 2

// case: the inner record hides the outer
program t(input, output);
var r, s: record a: integer end;
begin
  with r do with s do a := 5; with r, s do a := a + 1; writeln(s.a:1)
end.
// expect: 6

// case: a field hides a variable
program t(input, output);
var a: integer; r: record a: integer end;
begin
  a := 1; with r do a := 2; writeln(a:1, r.a:1)
end.
// expect: 12

// case: with fixes its record
program t(input, output);
var a: array [1..2] of record x: integer end; i: integer;
begin
  i := 1; with a[i] do begin i := 2; x := 7 end; writeln(a[1].x:1)
end.
// expect: 7

// case: with of a pointer's variable
program t(input, output);
type p = ^r; r = record x: integer; n: p end; var q: p;
begin
  new(q); with q^ do begin x := 3; n := nil end; writeln(q^.x:1)
end.
// expect: 3

// case: nested with
program t(input, output);
var r: record s: record t: integer end end;
begin
  with r do with s do t := 4; with r, s do writeln(t:1)
end.
// expect: 4

// case: variants
program t(input, output);
type t = record case b: boolean of true: (i: integer); false: (c: char) end; var r: t;
begin
  r.b := true; r.i := 5; writeln(r.i:1); r.b := false; r.c := 'x'; writeln(r.c)
end.
// expect: 5
// expect: x

// case: variants without a tag field
program t(input, output);
var r: record case boolean of true: (i: integer); false: (c: char) end;
begin
  r.i := 5; writeln(r.i:1); r.c := 'x'; writeln(r.c)
end.
// expect: 5
// expect: x

// case: several labels
program t(input, output);
type k = 1..4; var r: record case n: k of 1, 3: (a: integer); 2, 4: (b: char) end;
begin
  r.n := 3; r.a := 7; writeln(r.a:1); r.n := 4; r.b := 'z'; writeln(r.b)
end.
// expect: 7
// expect: z

// case: nested variants
program t(input, output);
var r: record case a: boolean of true: (case b: boolean of true: (x: integer); false: (y: integer)); false: () end;
begin
  r.a := true; r.b := false; r.y := 8; writeln(r.y:1)
end.
// expect: 8

// case: a fixed part and variants
program t(input, output);
var r: record n: integer; case b: boolean of true: (x: integer); false: () end;
begin
  r.n := 1; r.b := true; r.x := 2; writeln(r.n:1, r.x:1)
end.
// expect: 12

// case: an empty variant list
program t(input, output);
var r: record case b: boolean of true: (); false: () end;
begin
  r.b := true; writeln(r.b)
end.
// expect: true

// case: a trailing semicolon
program t(input, output);
var r: record a: integer; end;
begin
  r.a := 1; writeln(r.a:1)
end.
// expect: 1

// case: an empty record
program t(input, output);
var r: record end; i: integer;
begin
  i := 1; writeln(i:1)
end.
// expect: 1

// case: records in a routine
program t(input, output);
procedure p(n: integer); var r: record a, b: integer end; begin r.a := n; with r do b := a * 2; writeln(r.b:1) end;
begin
  p(4)
end.
// expect: 8

// case: a record as a value parameter
program t(input, output);
type t = record a, b: integer end; var r: t; procedure p(x: t); begin x.a := 9; writeln(x.a:1, x.b:1) end;
begin
  r.a := 1; r.b := 2; p(r); writeln(r.a:1)
end.
// expect: 92
// expect: 1

// case: a field of a variant that is not active
program t(input, output);
var r: record case b: boolean of true: (i: integer); false: (c: char) end;
begin
  r.b := true; r.i := 1; r.b := false; writeln(r.i)
end.
// expect exit: 1
// expect error: a field of a variant that is not active (D.2)

// case: storing into a variant that is not active
program t(input, output);
var r: record case b: boolean of true: (i: integer); false: (c: char) end;
begin
  r.b := false; r.i := 1
end.
// expect exit: 1
// expect error: a field of a variant that is not active (D.2)

// case: a tag without a value
program t(input, output);
var r: record case b: boolean of true: (i: integer); false: (c: char) end;
begin
  r.i := 1
end.
// expect exit: 1
// expect error: a field of a variant that is not active (D.2)

// case: the other variant without a tag field
program t(input, output);
var r: record case boolean of true: (i: integer); false: (c: char) end;
begin
  r.i := 5; writeln(r.c)
end.
// expect exit: 1
// expect error: a field of a variant that is not active (D.2)

// case: a variant in a with statement
program t(input, output);
var r: record case b: boolean of true: (i: integer); false: (c: char) end;
begin
  r.b := true; r.i := 1; r.b := false; with r do writeln(i)
end.
// expect exit: 1
// expect error: a field of a variant that is not active (D.2)

// case: a field that is not there
program t(input, output);
var r: record a: integer end;
begin
  r.b := 1
end.
// expect error: expected a field of the record, found 'b'

// case: a field of what is no record
program t(input, output);
var i: integer;
begin
  i.a := 1
end.
// expect error: expected a record before the field

// case: with of what is no record
program t(input, output);
var i: integer;
begin
  with i do
end.
// expect error: expected a record

// case: a missing variant
program t(input, output);
var r: record case b: boolean of true: (i: integer) end;
begin
end.
// expect error: expected a variant for every value of the tag's type

// case: a tag of type integer, which has more values than an integer counts
program t(input, output);
var r: record case i: integer of 1: (a: integer); 2: (b: char) end;
begin
end.
// expect error: expected a variant for every value of the tag's type

// case: a variant twice
program t(input, output);
var r: record case b: boolean of true: (i: integer); true: (c: char); false: () end;
begin
end.
// expect error: expected a value that no other variant has

// case: a label of another type
program t(input, output);
var r: record case b: boolean of true: (i: integer); 'x': () end;
begin
end.
// expect error: expected a constant of the tag's type

// case: a real tag
program t(input, output);
var r: record case x: real of 1: (); 2: () end;
begin
end.
// expect error: expected an ordinal type for the tag

// case: records of different types
program t(input, output);
var r: record a: integer end; s: record a: integer end;
begin
  r := s
end.
// expect error: expected a value of type a record

// case: no end
program t(input, output);
var r: record a: integer; begin end.
begin
end.
// expect error: expected the name of a field, found 'begin'

// case: a tag as a variable parameter
program t(input, output);
type t = record case b: boolean of true: (); false: () end; var r: t; procedure p(var x: boolean); begin end;
begin
  p(r.b)
end.
// expect error: expected a variable that is no tag

// case: a part of a packed record as a variable parameter
program t(input, output);
var r: packed record a: integer end; procedure p(var x: integer); begin end;
begin
  p(r.a)
end.
// expect error: expected a variable that is no part of a packed one
