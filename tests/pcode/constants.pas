// SPDX-License-Identifier: MIT
// 6.3: constants.

// case: kinds of constants
program t(input, output);
const i = 5; r = 2.5; c = 'x'; s = 'abc'; n = -i; m = -r; k = +i; b = true;
begin
  writeln(i:1, n:3, k:2); writeln(r:5:1, m:5:1); writeln(c, s); writeln(b)
end.
// expect: 5 -5 5
// expect:   2.5 -2.5
// expect: xabc
// expect: true

// case: maxint
program t(input, output);
begin
  writeln(maxint:1); writeln(-maxint:1)
end.
// expect: 9223372036854775807
// expect: -9223372036854775807

// case: enumeration constants
program t(input, output);
type t = (a, b); procedure p; const c = b; begin writeln(ord(c):1) end;
begin
  p
end.
// expect: 1

// case: a sign before a character
program t(input, output);
const c = -'x';
begin
end.
// expect error: expected a number after a sign

// case: a sign before a Boolean
program t(input, output);
const c = -true;
begin
end.
// expect error: expected a number after a sign

// case: a constant in its own definition
program t(input, output);
const c = c;
begin
end.
// expect error: expected a constant that is complete

// case: a variable as a constant
program t(input, output);
var v: integer; procedure p; const c = v; begin end;
begin
end.
// expect error: expected a constant

// case: an expression as a constant
program t(input, output);
const c = 1 + 2;
begin
end.
// expect error: expected ';'

// case: assignment to a constant
program t(input, output);
const c = 1;
begin
  c := 2
end.
// expect error: expected a variable or a procedure
