// SPDX-License-Identifier: MIT
// The errors of the Pascal- compiler, with the texts of the original.

// case: Undefined Name
program A;
begin x := 1 end.
// expect error: Line    6  Undefined Name

// case: Ambiguous Name
program A;
var x: integer;
    x: boolean;
begin end.
// expect error: Line   12  Ambiguous Name

// case: Invalid Comment
program A;
begin end. { a { comment }
// expect error: Invalid Comment

// case: Invalid Name Kind
program A;
const c = 1;
begin c := 2 end.
// expect error: Line   24  Invalid Name Kind

// case: Invalid Numeral
program A;
begin write(32768) end.
// expect error: Line   29  Invalid Numeral

// case: Invalid Index Range
program A;
type t = array [2..1] of integer;
begin end.
// expect error: Line   34  Invalid Index Range

// case: Invalid Syntax
program A;
begin if 1 = 1 write(1) end.
// expect error: Line   40  Invalid Syntax

// case: Invalid Type
program A;
var b: boolean;
begin b := 1 end.
// expect error: Line   46  Invalid Type

// case: every line with an error is told
program A;
begin
  x := 1;
  write(true);
  y := x
end.
// expect error: Line   54  Undefined Name

// case: the last line of the errors
program A;
begin x := 1 end.
// expect error: Compilation Errors

// case: types with the same structure are different
program A;
type s = array [1..2] of integer; t = array [1..2] of integer;
var x: s; y: t;
begin x := y end.
// expect error: Line   67  Invalid Type

// case: whole arrays can't be compared
program A;
type s = array [1..2] of integer;
var x: s;
begin if x = x then write(1) end.
// expect error: Line   74  Invalid Type

// case: a type is not known in its own definition
program A;
type s = array [1..2] of s;
begin end.
// expect error: Undefined Name

// case: too few parameters
program A;
procedure p(a, b: integer); begin end;
begin p(1) end.
// expect error: Line   86  Invalid Syntax

// case: too many parameters
program A;
procedure p(a: integer); begin end;
begin p(1, 2) end.
// expect error: Line   92  Invalid Syntax

// case: an expression as a variable parameter
program A;
procedure p(var a: integer); begin end;
begin p(1) end.
// expect error: Invalid Syntax

// case: a field that is not there
program A;
type r = record a: integer end;
var x: r;
begin x.b := 1 end.
// expect error: Line  105  Undefined Name

// case: an array's field
program A;
type r = array [1..2] of integer;
var x: r;
begin x.b := 1 end.
// expect error: Line  112  Invalid Type

// case: a condition that is an integer
program A;
begin while 1 do write(1) end.
// expect error: Line  117  Invalid Type

// case: the text ends early
program A;
begin write(1)
// expect error: Invalid Syntax

// case: a procedure's name as a value
program A;
procedure p; begin end;
begin write(p) end.
// expect error: Invalid Name Kind

// case: a strange character
program A;
begin write(1 ? 2) end.
// expect error: Invalid Syntax

// case: Undefined Name of a parameter's type
program t;
procedure p(x: nix);
begin end;
begin end.
// expect error: Line  138  Undefined Name
