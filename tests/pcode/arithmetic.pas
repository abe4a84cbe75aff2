// SPDX-License-Identifier: MIT
// 6.7: arithmetic, comparison and Boolean operators, required functions (6.6.6).

// case: integer operators
program t(input, output);
begin
  writeln(7 + 3:1, 7 - 10:3, 7 * 3:3, 7 div 2:2, 7 mod 2:2)
end.
// expect: 10 -3 21 3 1

// case: div drops the fraction
program t(input, output);
begin
  writeln(-7 div 2:1, 7 div (-2):3, -7 div (-2):2)
end.
// expect: -3 -3 3

// case: mod is never negative
program t(input, output);
begin
  writeln((-7) mod 3:1, 7 mod 3:2, (-6) mod 3:2, 0 mod 5:2)
end.
// expect: 2 1 0 0

// case: precedence
program t(input, output);
begin
  writeln(2 + 3 * 4:1, (2 + 3) * 4:3, -2 + 3:2, -2 * 3:3, 10 - 4 - 3:2)
end.
// expect: 14 20 1 -6 3

// case: real operators
program t(input, output);
begin
  writeln(1.5 + 2:6:2, 1.5 - 2:6:2, 1.5 * 2:6:2, 3 / 2:6:2, 1 / 4:6:2)
end.
// expect:   3.50 -0.50  3.00  1.50  0.25

// case: real signs
program t(input, output);
var r: real;
begin
  r := 2.5; writeln(-r:6:2, +r:6:2); r := 0; writeln(-r:4:1)
end.
// expect:  -2.50  2.50
// expect:  0.0

// case: comparing integers
program t(input, output);
begin
  writeln(1 = 1); writeln(1 <> 1); writeln(1 < 2); writeln(2 <= 1); writeln(2 > 1); writeln(1 >= 2)
end.
// expect: true
// expect: false
// expect: true
// expect: false
// expect: true
// expect: false

// case: comparing reals
program t(input, output);
var r: real;
begin
  r := 1.5; writeln(r = 1.5); writeln(r <> 1.5); writeln(r < 2); writeln(2 <= r); writeln(r > 1); writeln(r >= 2)
end.
// expect: true
// expect: false
// expect: true
// expect: false
// expect: true
// expect: false

// case: comparing characters
program t(input, output);
begin
  writeln('a' < 'b'); writeln('a' = 'a')
end.
// expect: true
// expect: true

// case: Boolean operators
program t(input, output);
var a, b: boolean;
begin
  for a := false to true do for b := false to true do writeln(ord(a and b):1, ord(a or b):1, ord(not a):1, ord(a = b):1, ord(a <> b):1, ord(a <= b):1)
end.
// expect: 001101
// expect: 011011
// expect: 010010
// expect: 110101

// case: a condition guards an index
program t(input, output);
var a: array [1..3] of integer; i: integer;
begin
  a[1] := 0; a[2] := 0; a[3] := 0; i := 1; while (i <= 3) and (a[i] = 0) do i := i + 1; writeln(i:1)
end.
// expect: 4

// case: abs and sqr
program t(input, output);
begin
  writeln(abs(-5):1, abs(5):2, sqr(-4):3, abs(-2.5):5:1, sqr(1.5):5:2)
end.
// expect: 5 5 16  2.5 2.25

// case: sqr of an expression
program t(input, output);
var i: integer;
begin
  i := 3; writeln(sqr(i):1, sqr(i + 1):3)
end.
// expect: 9 16

// case: trunc and round
program t(input, output);
begin
  writeln(trunc(3.7):1, trunc(-3.7):3, round(3.5):2, round(-3.5):3, round(3.4):2, round(2.5):2)
end.
// expect: 3 -3 4 -4 3 3

// case: ord and chr
program t(input, output);
begin
  writeln(ord('A'):1, chr(66), ord(false):1, ord(7):1)
end.
// expect: 65B07

// case: succ and pred
program t(input, output);
begin
  writeln(succ(5):1, pred(5):2, succ('a'), pred('b'), ord(succ(false)):1)
end.
// expect: 6 4ba1

// case: odd
program t(input, output);
begin
  writeln(odd(3)); writeln(odd(-3)); writeln(odd(0))
end.
// expect: true
// expect: true
// expect: false

// case: sin, cos, arctan
program t(input, output);
begin
  writeln(sin(0):8:4, cos(0):8:4, arctan(1) * 4:8:4)
end.
// expect:   0.0000  1.0000  3.1416

// case: exp, ln, sqrt
program t(input, output);
begin
  writeln(exp(1):8:4, ln(exp(2)):8:4, sqrt(16):8:4)
end.
// expect:   2.7183  2.0000  4.0000

// case: large sums
program t(input, output);
begin
  writeln(maxint - 1 + 1:1)
end.
// expect: 9223372036854775807

// case: integers and reals are compared
program t(input, output);
var i: integer;
begin
  i := 2; writeln(i < 2.5); writeln(2.0 = i)
end.
// expect: true
// expect: true

// case: nested parentheses
program t(input, output);
begin
  writeln(((((1 + 2)))):1)
end.
// expect: 3

// case: not binds tightest
program t(input, output);
var a: boolean;
begin
  a := false; writeln(not a and not a)
end.
// expect: true

// case: comparing Boolean expressions
program t(input, output);
var i: integer;
begin
  i := 3; writeln((i > 2) = true)
end.
// expect: true

// case: negation of a constant and of a variable
program t(input, output);
const c = 5; var i: integer;
begin
  i := 7; writeln(-c:1, -i:3, -(-i):2)
end.
// expect: -5 -7 7

// case: abs of the largest
program t(input, output);
begin
  writeln(abs(-maxint):1)
end.
// expect: 9223372036854775807

// case: real to text with many places
program t(input, output);
begin
  writeln(1 / 3:12:10); writeln(2 / 3:1:3)
end.
// expect: 0.3333333333
// expect: 0.667

// case: rounding up to a new digit
program t(input, output);
begin
  writeln(9.999:6:2); writeln(0.06:4:1)
end.
// expect:  10.00
// expect:  0.1

// case: div of reals
program t(input, output);
begin
  writeln(5.0 div 2)
end.
// expect error: expected integers on both sides of 'div'

// case: mod of reals
program t(input, output);
begin
  writeln(5 mod 2.0)
end.
// expect error: expected integers on both sides of 'mod'

// case: and of integers
program t(input, output);
begin
  writeln(1 and 2)
end.
// expect error: expected Boolean values on both sides of 'and'

// case: not of an integer
program t(input, output);
begin
  writeln(not 1)
end.
// expect error: expected a Boolean value after 'not'

// case: a sum of characters
program t(input, output);
begin
  writeln('a' + 'b')
end.
// expect error: expected numbers or sets of the same type on both sides of '+'

// case: a quotient of Booleans
program t(input, output);
begin
  writeln(true / false)
end.
// expect error: expected numbers on both sides of '/'

// case: a sign before a Boolean
program t(input, output);
begin
  writeln(-true)
end.
// expect error: expected a number after the sign

// case: comparing a character and an integer
program t(input, output);
begin
  writeln('a' = 1)
end.
// expect error: expected values that can be compared on both sides of '='

// case: comparing records
program t(input, output);
var a, b: record x: integer end;
begin
  writeln(a = b)
end.
// expect error: expected values that can be compared

// case: comparing arrays that are no strings
program t(input, output);
var a, b: array [1..2] of integer;
begin
  writeln(a = b)
end.
// expect error: expected values that can be compared

// case: two comparisons
program t(input, output);
begin
  writeln(1 < 2 < 3)
end.
// expect error: expected

// case: two signs
program t(input, output);
begin
  writeln(1 - -1)
end.
// expect error: expected a value, found '-'

// case: ord of a real
program t(input, output);
begin
  writeln(ord(1.5))
end.
// expect error: expected a value of an ordinal type

// case: chr of a real
program t(input, output);
begin
  writeln(chr(1.5))
end.
// expect error: expected an integer

// case: odd of a real
program t(input, output);
begin
  writeln(odd(1.5))
end.
// expect error: expected an integer

// case: trunc of an integer
program t(input, output);
begin
  writeln(trunc(1))
end.
// expect error: expected a real number

// case: succ of a real
program t(input, output);
begin
  writeln(succ(1.5))
end.
// expect error: expected a value of an ordinal type

// case: sin of a character
program t(input, output);
begin
  writeln(sin('a'))
end.
// expect error: expected a number

// case: a function without its argument
program t(input, output);
begin
  writeln(abs)
end.
// expect error: expected '(', found ')'

// case: a function with two arguments
program t(input, output);
begin
  writeln(abs(1, 2))
end.
// expect error: expected ')', found ','

// case: overflow of a sum
program t(input, output);
var i: integer;
begin
  i := maxint; i := i + 1
end.
// expect exit: 1
// expect error: an integer beyond maxint (D.47)

// case: overflow of a difference
program t(input, output);
var i: integer;
begin
  i := -maxint; i := i - 1
end.
// expect exit: 1
// expect error: an integer beyond maxint (D.47)

// case: overflow of a product
program t(input, output);
var i: integer;
begin
  i := maxint; i := i * 2
end.
// expect exit: 1
// expect error: an integer beyond maxint (D.47)

// case: div by zero
program t(input, output);
var i: integer;
begin
  i := 0; i := 1 div i
end.
// expect exit: 1
// expect error: div by zero (D.45)

// case: mod by zero
program t(input, output);
var i: integer;
begin
  i := 0; i := 1 mod i
end.
// expect exit: 1
// expect error: mod by a number that is not positive (D.46)

// case: mod by a negative number
program t(input, output);
var i: integer;
begin
  i := -3; i := 1 mod i
end.
// expect exit: 1
// expect error: mod by a number that is not positive (D.46)

// case: division by zero
program t(input, output);
var r: real;
begin
  r := 0; r := 1 / r
end.
// expect exit: 1
// expect error: division by zero (D.44)

// case: sqrt of a negative number
program t(input, output);
var r: real;
begin
  r := -1; r := sqrt(r)
end.
// expect exit: 1
// expect error: sqrt of a negative number (D.34)

// case: ln of zero
program t(input, output);
var r: real;
begin
  r := 0; r := ln(r)
end.
// expect exit: 1
// expect error: ln of a number that is not positive (D.33)

// case: trunc of a large number
program t(input, output);
var r: real;
begin
  r := 1e19; writeln(trunc(r))
end.
// expect exit: 1
// expect error: trunc of a number that no integer is near to (D.35)

// case: round of a large number
program t(input, output);
var r: real;
begin
  r := 1e19; writeln(round(r))
end.
// expect exit: 1
// expect error: round of a number that no integer is near to (D.36)

// case: chr of too large an integer
program t(input, output);
var i: integer;
begin
  i := 256; writeln(chr(i))
end.
// expect exit: 1
// expect error: chr of an integer that is no character's code (D.37): expected from 0 to 255, found 256

// case: succ of the last value
program t(input, output);
type t = (a, b); var x: t;
begin
  x := b; x := succ(x)
end.
// expect exit: 1
// expect error: succ of the last value (D.38)

// case: pred of the first value
program t(input, output);
type t = (a, b); var x: t;
begin
  x := a; x := pred(x)
end.
// expect exit: 1
// expect error: pred of the first value (D.39)

// case: sqr of a large integer
program t(input, output);
var i: integer;
begin
  i := 4000000000; writeln(sqr(i + 0))
end.
// expect exit: 1
// expect error: sqr of too large a number (D.32)

// case: sqr of a large real
program t(input, output);
var r: real;
begin
  r := 1e200; writeln(sqr(r))
end.
// expect exit: 1
// expect error: sqr of too large a number (D.32)
