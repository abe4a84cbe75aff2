// SPDX-License-Identifier: MIT
// 6.8: statements.

// case: empty statements
program t(input, output);
begin
  ;;; writeln(1:1);;
end.
// expect: 1

// case: if
program t(input, output);
var i: integer;
begin
  for i := 1 to 3 do if i = 2 then writeln(1:1) else writeln(0:1)
end.
// expect: 0
// expect: 1
// expect: 0

// case: else belongs to the nearest if
program t(input, output);
begin
  if true then if false then writeln(1:1) else writeln(2:1)
end.
// expect: 2

// case: while
program t(input, output);
var i: integer;
begin
  i := 0; while i < 3 do i := i + 1; writeln(i:1); while i < 0 do writeln(9:1)
end.
// expect: 3

// case: repeat
program t(input, output);
var i: integer;
begin
  i := 0; repeat i := i + 1; write(i:2) until i >= 3; writeln
end.
// expect:  1 2 3

// case: repeat runs once at least
program t(input, output);
begin
  repeat writeln(1:1) until true
end.
// expect: 1

// case: for upward and downward
program t(input, output);
var i: integer;
begin
  for i := 1 to 3 do write(i:2); for i := 3 downto 1 do write(i:2); for i := 2 to 1 do write(9); for i := 1 downto 2 do write(9); writeln
end.
// expect:  1 2 3 3 2 1

// case: the bounds of for are evaluated once
program t(input, output);
var i, n: integer;
begin
  n := 3; for i := 1 to n do begin n := 10; write(i:2) end; writeln
end.
// expect:  1 2 3

// case: for with the last value of its type
program t(input, output);
var i: integer; c: char; b: boolean;
begin
  for i := maxint - 1 to maxint do write(1:1); for c := 'y' to 'z' do write(c); for b := false to true do write(ord(b):1); writeln
end.
// expect: 11yz01

// case: for at the ends of a subrange
program t(input, output);
var s: 1..3;
begin
  for s := 1 to 3 do write(s:2); for s := 3 downto 1 do write(s:2); writeln
end.
// expect:  1 2 3 3 2 1

// case: nested for
program t(input, output);
var i, j, n: integer;
begin
  n := 0; for i := 1 to 10 do for j := i to 10 do n := n + 1; writeln(n:1)
end.
// expect: 55

// case: for in a routine whose variable an inner one reads
program t(input, output);
procedure p; var i: integer; procedure q; begin write(i:2) end; begin for i := 1 to 3 do q; writeln end;
begin
  p
end.
// expect:  1 2 3

// case: case
program t(input, output);
var i: integer;
begin
  for i := 1 to 5 do case i of 1: write(10:3); 2, 3: write(20:3); 5, 4: write(30:3) end; writeln
end.
// expect:  10 20 20 30 30

// case: case of characters
program t(input, output);
var c: char;
begin
  for c := 'a' to 'c' do case c of 'a': write(1:1); 'b': write(2:1); 'c': write(3:1); end; writeln
end.
// expect: 123

// case: case of an enumeration
program t(input, output);
type t = (x, y, z); var v: t;
begin
  for v := x to z do case v of y: write(2:1); x: write(1:1); z: write(3:1) end; writeln
end.
// expect: 123

// case: case with many constants
program t(input, output);
var i, s: integer;
begin
  s := 0; for i := 1 to 20 do case i of 1: s := s + 1; 2: s := s + 2; 3: ; 4: s := s + 4; 5, 6, 7: s := s + 5; 8, 9, 10, 11, 12, 13: s := s + 10; 14: s := s + 100; 15, 16, 17, 18, 19, 20: s := s + 1000 end; writeln(s:1)
end.
// expect: 6182

// case: case with negative constants
program t(input, output);
var i: integer;
begin
  for i := -2 to 0 do case i of -2: write(1:1); -1: write(2:1); 0: write(3:1) end; writeln
end.
// expect: 123

// case: compound statements
program t(input, output);
begin
  begin begin writeln(1:1) end; begin end end
end.
// expect: 1

// case: deep nesting
program t(input, output);
var i: integer;
begin
  i := 0; if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin if i = 0 then begin i := 1 end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end end; writeln(i:1)
end.
// expect: 1

// case: a condition that is an integer
program t(input, output);
begin
  if 1 then
end.
// expect error: expected a Boolean value

// case: while with an integer
program t(input, output);
begin
  while 1 do
end.
// expect error: expected a Boolean value

// case: until with an integer
program t(input, output);
begin
  repeat until 1
end.
// expect error: expected a Boolean value

// case: no then
program t(input, output);
begin
  if true writeln(1)
end.
// expect error: expected 'then', found 'writeln'

// case: no do
program t(input, output);
begin
  while true writeln(1)
end.
// expect error: expected 'do', found 'writeln'

// case: no until
program t(input, output);
begin
  repeat writeln(1)
end.
// expect error: expected ';' or 'until'

// case: no to
program t(input, output);
var i: integer;
begin
  for i := 1, 2 do
end.
// expect error: expected 'to' or 'downto'

// case: a semicolon before else
program t(input, output);
begin
  if true then ; else ;
end.
// expect error: expected ';' or 'end', found 'else'

// case: no end
program t(input, output);
begin
  begin writeln(1)
end.
// expect error: expected 'end', found '.'

// case: a real control variable
program t(input, output);
var r: real;
begin
  for r := 1 to 2 do
end.
// expect error: expected a control variable of an ordinal type

// case: a control variable of another block
program t(input, output);
var i: integer; procedure p; begin for i := 1 to 2 do end;
begin
end.
// expect error: expected a variable that is declared in this block

// case: a parameter as a control variable
program t(input, output);
procedure p(i: integer); begin for i := 1 to 2 do end;
begin
end.
// expect error: expected a variable that is declared in this block

// case: an element as a control variable
program t(input, output);
var a: array [1..2] of integer;
begin
  for a[1] := 1 to 2 do
end.
// expect error: expected

// case: a control variable is assigned to
program t(input, output);
var i: integer;
begin
  for i := 1 to 2 do i := 3
end.
// expect error: expected a variable that controls no 'for' around this statement

// case: a control variable is read
program t(input, output);
var i: integer;
begin
  for i := 1 to 2 do read(i)
end.
// expect error: expected a variable that controls no 'for' around this statement

// case: a control variable is passed by address
program t(input, output);
var i: integer; procedure p(var x: integer); begin end;
begin
  for i := 1 to 2 do p(i)
end.
// expect error: expected a variable that controls no 'for' around this statement

// case: a control variable controls twice
program t(input, output);
var i: integer;
begin
  for i := 1 to 2 do for i := 1 to 2 do
end.
// expect error: expected a variable that controls no 'for' around this statement

// case: a control variable that a procedure changes
program t(input, output);
var i: integer; procedure p; begin i := 1 end;
begin
  for i := 1 to 2 do p
end.
// expect error: expected a control variable that no procedure of this block changes

// case: bounds of another type
program t(input, output);
var i: integer;
begin
  for i := 'a' to 'b' do
end.
// expect error: expected a value of the control variable's type

// case: a real selector
program t(input, output);
begin
  case 1.5 of 1: end
end.
// expect error: expected a selector of an ordinal type

// case: a constant of another type
program t(input, output);
var i: integer;
begin
  case i of 'a': end
end.
// expect error: expected a constant of the selector's type

// case: a constant twice
program t(input, output);
var i: integer;
begin
  case i of 1: ; 1: end
end.
// expect error: expected a constant that no other case has

// case: a constant twice in a list
program t(input, output);
var i: integer;
begin
  case i of 1, 2, 1: end
end.
// expect error: expected a constant that no other case has

// case: a value as a statement
program t(input, output);
begin
  1 + 2
end.
// expect error: expected

// case: a function as a statement
program t(input, output);
function f: integer; begin f := 1 end;
begin
  f
end.
// expect error: expected a procedure or

// case: a type as a statement
program t(input, output);
begin
  integer
end.
// expect error: expected a variable or a procedure

// case: a comparison instead of an assignment
program t(input, output);
var i: integer;
begin
  i = 1
end.
// expect error: expected ':=', found '='
