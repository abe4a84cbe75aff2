// SPDX-License-Identifier: MIT
// 6.1.7, 6.4.3.2: strings.

// case: assignment and output
program t(input, output);
var s: packed array [1..5] of char;
begin
  s := 'hello'; writeln(s); writeln(s:8); writeln(s:3)
end.
// expect: hello
// expect:    hello
// expect: hel

// case: characters of a string
program t(input, output);
var s: packed array [1..3] of char;
begin
  s := 'abc'; s[2] := 'x'; writeln(s, s[3])
end.
// expect: axcc

// case: comparison
program t(input, output);
var s, t: packed array [1..3] of char;
begin
  s := 'abc'; t := 'abd'; writeln(s = t); writeln(s < t); writeln(s <= t); writeln(s > t); writeln(s >= 'abc'); writeln(s <> t)
end.
// expect: false
// expect: true
// expect: true
// expect: false
// expect: true
// expect: true

// case: string constants
program t(input, output);
const c = 'xyz'; var s: packed array [1..3] of char;
begin
  s := c; writeln(s, c)
end.
// expect: xyzxyz

// case: a parameter
program t(input, output);
type s3 = packed array [1..3] of char; procedure p(s: s3); begin writeln(s) end;
begin
  p('abc')
end.
// expect: abc

// case: a string of one character is a character
program t(input, output);
var c: char;
begin
  c := 'x'; writeln(c:3)
end.
// expect:   x

// case: widths
program t(input, output);
begin
  writeln('abc':1, '/', 'abc':5, '/', 'x':3)
end.
// expect: a/  abc/  x

// case: a string of another length
program t(input, output);
var s: packed array [1..3] of char;
begin
  s := 'abcd'
end.
// expect error: expected a value of type a string of 3 for this variable, found a string of 4

// case: an array that is not packed is no string
program t(input, output);
var s: array [1..3] of char;
begin
  s := 'abc'
end.
// expect error: expected a value of type an array

// case: an array from 0 is no string
program t(input, output);
var s: packed array [0..2] of char;
begin
  s := 'abc'
end.
// expect error: expected a value of type an array

// case: strings of two lengths are not compared
program t(input, output);
begin
  writeln('abc' = 'ab')
end.
// expect error: expected values that can be compared

// case: an array that is no string is not written
program t(input, output);
var s: array [1..3] of char;
begin
  writeln(s)
end.
// expect error: expected an integer, real, char, Boolean or string value

// case: an undefined character
program t(input, output);
var s: packed array [1..3] of char;
begin
  s[1] := 'a'; s[2] := 'b'; writeln(s)
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)

// case: comparing an undefined character
program t(input, output);
var s: packed array [1..2] of char;
begin
  s[1] := 'a'; writeln(s = 'ab')
end.
// expect exit: 1
// expect error: a variable that has no value (D.43)
