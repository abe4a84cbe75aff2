// SPDX-License-Identifier: MIT
// Values that are undefined or out of range (6.4.6, 6.5.1, 6.8.3.5, annex D).

// case: an undefined variable of the program
program t(input, output);
var i: integer;
begin
  writeln(i)
end.
// expect exit: 1
// expect error: run-time error at line 8: a variable that has no value (D.43)

// case: an undefined local
program t(input, output);
procedure p; var i: integer; begin writeln(i) end;
begin
  p
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: an undefined real
program t(input, output);
var r: real;
begin
  writeln(r)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: an undefined element
program t(input, output);
var a: array [1..3] of integer;
begin
  a[1] := 1; writeln(a[2])
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: an undefined field
program t(input, output);
var r: record a, b: integer end;
begin
  r.a := 1; writeln(r.b)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: an undefined variable of new
program t(input, output);
type p = ^integer; var q: p;
begin
  new(q); writeln(q^)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: an undefined Boolean
program t(input, output);
var b: boolean;
begin
  if b then writeln(1)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: a control variable after its loop
program t(input, output);
var i: integer;
begin
  for i := 1 to 3 do; writeln(i)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: a control variable after a loop that was not run
program t(input, output);
var i: integer;
begin
  i := 5; for i := 1 to 0 do; writeln(i)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: a local is undefined again in the next call
program t(input, output);
var k: integer; procedure p; var i: integer; begin if k = 1 then writeln(i); i := 5; k := 1 end;
begin
  k := 0; p; p
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: a value above its range
program t(input, output);
var i: integer; s: 1..10;
begin
  i := 11; s := i
end.
// expect exit: 1
// expect error: a value out of the variable's range (D.49): expected from 1 to 10, found 11

// case: a value below its range
program t(input, output);
var i: integer; s: 1..10;
begin
  i := 0; s := i
end.
// expect exit: 1
// expect error: expected from 1 to 10, found 0

// case: a range that needs 64 bits
program t(input, output);
var i: integer; s: 0..maxint;
begin
  i := -1; s := i
end.
// expect exit: 1
// expect error: expected from 0 to 9223372036854775807, found -1

// case: a parameter out of its range
program t(input, output);
type d = 1..3; var i: integer; procedure p(x: d); begin end;
begin
  i := 4; p(i)
end.
// expect exit: 1
// expect error: a value out of the parameter's range (D.7): expected from 1 to 3, found 4

// case: a case without its value
program t(input, output);
var i: integer;
begin
  i := 3; case i of 1: ; 2: end
end.
// expect exit: 1
// expect error: a case without the selector's value (D.51)

// case: a first value of a loop out of range
program t(input, output);
var i: integer; s: 1..5;
begin
  i := 0; for s := i to 3 do
end.
// expect exit: 1
// expect error: a first value out of the control variable's range (D.52)

// case: a last value of a loop out of range
program t(input, output);
var i: integer; s: 1..5;
begin
  i := 6; for s := 1 to i do
end.
// expect exit: 1
// expect error: a last value out of the control variable's range (D.53)

// case: values out of range in a loop that is not run
program t(input, output);
var i: integer; s: 1..5;
begin
  i := 9; for s := i to 8 do; writeln(1:1)
end.
// expect: 1

// case: a function without a result
program t(input, output);
function f(b: boolean): integer; begin if b then f := 1 end;
begin
  writeln(f(true):1); writeln(f(false))
end.
// expect: 1
// expect exit: 1
// expect error: a function without a result (D.48)

// case: an endless recursion
program t(input, output);
function f(n: integer): integer; begin f := f(n + 1) + 1 end;
begin
  writeln(f(1))
end.
// expect exit: 1
// expect error: Stack Limit

// case: an endless recursion with arrays
program t(input, output);
procedure p; var a: array [1..1000] of integer; begin a[1] := 1; p end;
begin
  p
end.
// expect exit: 1
// expect error: Stack Limit

// case: the line of the error
program t(input, output);
var i: integer;
begin
  i := 1;
  i := 2;
  i := i div 0;
  i := 3
end.
// expect exit: 1
// expect error: run-time error at line 199: div by zero

// case: the backtrace names routines
program t(input, output);
procedure q; var i: integer; begin i := 1 div (1 - 1) end; procedure p; begin q end;
begin
  p
end.
// expect exit: 1
// expect error:   at q (

// case: a variable that an assignment before the loop defined, and the loop's own for undefines
program t(input, output);
var i, n: integer;
begin
  i := 1; n := 0;
  while n < 2 do begin n := n + 1; writeln(i:1); for i := 1 to 2 do end
end.
// expect: 1
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: a variable that one branch defines
program t(input, output);
var i: integer; b: boolean;
begin
  b := false;
  if b then i := 1;
  writeln(i)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: a variable that a loop may not define
program t(input, output);
var i, n: integer;
begin
  n := 0;
  while n > 0 do i := 1;
  writeln(i)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: a variable whose assignment a goto leaves out
program t(input, output);
label 1;
var i: integer;
begin
  goto 1;
  i := 1;
  1: writeln(i)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: a variable that a routine assigns before it is used
program t(input, output);
var i: integer;
procedure p; begin i := 5 end;
begin
  p; writeln(i:1)
end.
// expect: 5
