// SPDX-License-Identifier: MIT
// 6.10, 6.2: the program, blocks, scopes.

// case: the smallest program
program t; begin end.

// case: a program without parameters does not write
program t; begin writeln(1) end.
// expect error: expected 'output' among the program's parameters

// case: a program without input does not read
program t(output); var i: integer; begin read(i) end.
// expect error: expected 'input' among the program's parameters

// case: a file among the parameters is declared
program t(output, f); begin end.
// expect error: expected a declaration of 'f' in the program

// case: a parameter that is no file
program t(output, f); var f: integer; begin end.
// expect error: expected a file as a parameter of the program

// case: output may be passed on
program t(output);
procedure p(var f: text); begin writeln(f, 5:1) end;
begin p(output); writeln(output, 6:1) end.
// expect: 5
// expect: 6

// case: no program
begin end.
// expect error: expected 'program', found 'begin'

// case: no name
program; begin end.
// expect error: expected a name, found ';'

// case: no period
program t; begin end
// expect error: expected '.', found the end of the text

// case: text behind the program
program t; begin end. begin
// expect error: expected the end of the text, found 'begin'

// case: an empty text

// expect error: expected 'program'

// case: declarations out of order
program t(input, output);
var a: integer; const b = 1;
begin
end.
// expect error: 'begin': labels, constants, types, variables and routines come in this order

// case: a name declared twice
program t(input, output);
var a: integer; a: char;
begin
end.
// expect error: expected a new name, found 'a', which is declared at line

// case: an undeclared name
program t(input, output);
begin
  x := 1
end.
// expect error: expected a declared name, found 'x'

// case: a name used before its block declares it
program t(input, output);
const n = 1; procedure p; const m = n; n = 2; begin end;
begin
end.
// expect error: expected a name that this block has not used before, found 'n'

// case: a type used before its block declares it
program t(input, output);
type t1 = integer; procedure p; type t2 = t1; t1 = char; begin end;
begin
end.
// expect error: expected a name that this block has not used before, found 't1'

// case: an inner declaration hides an outer one
program t(input, output);
var a: integer; procedure p; var a: integer; begin a := 5 end;
begin
  a := 1; p; writeln(a:1)
end.
// expect: 1

// case: required names may be declared anew
program t(input, output);
type integer = char; var write: integer;
begin
  write := 'x'; writeln(write)
end.
// expect: x

// case: a parameter hides the name of its procedure's outer variable
program t(input, output);
var a: integer; procedure p(a: integer); begin writeln(a:1) end;
begin
  a := 1; p(2); writeln(a:1)
end.
// expect: 2
// expect: 1

// case: record fields have their own scope
program t(input, output);
var a: integer; r: record a: integer; b: char end;
begin
  a := 1; r.a := 2; writeln(a:1, r.a:1)
end.
// expect: 12

// case: the same field in two records
program t(input, output);
var r: record a: integer end; s: record a: char end;
begin
  r.a := 1; s.a := 'x'; writeln(r.a:1, s.a)
end.
// expect: 1x

// case: a field twice
program t(input, output);
var r: record a: integer; a: char end;
begin
end.
// expect error: expected a new name of a field, found 'a' again

// case: a label declared twice
program t(input, output);
label 1, 1;
begin
  1:
end.
// expect error: expected a new label

// case: a label without its statement
program t(input, output);
label 1;
begin
end.
// expect error: expected the label 1 before a statement of this block

// case: a label on two statements
program t(input, output);
label 1;
begin
  1: ; 1: ;
end.
// expect error: expected a label that no other statement has

// case: an undeclared label
program t(input, output);
begin
  goto 5
end.
// expect error: expected a declared label

// case: a label of the outer block before a statement
program t(input, output);
label 1; procedure p; begin 1: end;
begin
  1:
end.
// expect error: expected a label of this block

// case: several errors are told
program t(output);
var a: integer;
begin
  b := 1;
  a := 'x';
  c := 2
end.
// expect error: expected a declared name, found 'c'

// case: the line is shown with a caret
program t(output);
var a: integer;
begin
  a := b + 1
end.
// expect error:          ^
