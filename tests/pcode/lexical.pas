// SPDX-License-Identifier: MIT
// 6.1: tokens.

// case: words and names are the same in both cases
program t(input, output);
VAR Foo: Integer;
begin
  FOO := 1; foo := fOO + 1; WriteLn(Foo:1)
end.
// expect: 2

// case: comments end with either mark
program t(input, output);
begin
  { one *) (* two } writeln(1:1) { a } (* b *)
end.
// expect: 1

// case: comments do not nest
program t(input, output);
begin
  { a { b } writeln(2:1) (* c (* d *)
end.
// expect: 2

// case: a comment is a separator
program t(input, output);
begin
  write(1:1){}; writeln{}(2:1)
end.
// expect: 12

// case: alternative symbols
program t(input, output);
type q = @r; r = record v: integer end; var a: array (.1..2.) of integer; p: q;
begin
  a(.1.) := 7; new(p); p@.v := 3; writeln(a(.1.):1, p^.v:1)
end.
// expect: 73

// case: quotes in strings are doubled
program t(input, output);
begin
  writeln('it''s'); writeln('''')
end.
// expect: it's
// expect: '

// case: numbers
program t(input, output);
begin
  writeln(007:1); writeln(1e2:8:1); writeln(1.5E-1:8:3); writeln(12.5e+1:8:1)
end.
// expect: 7
// expect:    100.0
// expect:    0.150
// expect:    125.0

// case: long names are significant in full
program t(input, output);
var aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2: integer;
begin
  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1 := 1; aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2 := 2; writeln(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1:1)
end.
// expect: 1

// case: a range right behind a number
program t(input, output);
var a: array[1..3] of char;
begin
  a[1] := 'x'; writeln(a[1])
end.
// expect: x

// case: labels are numbers
program t(input, output);
label 0004;
begin
  goto 4; writeln(0:1); 4: writeln(1:1)
end.
// expect: 1

// case: the last line without its end
program t(output); begin writeln(1:1) end.
// expect: 1

// case: words in the middle of a comment to the end of a line
program t(output); // loam lets this begin one
begin writeln(1:1) end.
// expect: 1

// case: an unterminated comment
program t(input, output);
begin
  { never ends
end.
// expect error: expected the end of this comment, found the end of the text

// case: an unterminated string
program t(input, output);
begin
  writeln('abc)
end.
// expect error: expected a quote at the end of this string

// case: an empty string
program t(input, output);
begin
  writeln('')
end.
// expect error: expected a character in the string

// case: a number too large
program t(input, output);
begin
  writeln(9223372036854775808)
end.
// expect error: expected an integer up to maxint

// case: a real number too large
program t(input, output);
begin
  writeln(1e999)
end.
// expect error: expected a real number up to

// case: a number and a word without a blank
program t(input, output);
begin
  writeln(1div 2)
end.
// expect error: expected a blank between a number and a word

// case: a strange character
program t(input, output);
begin
  writeln(1 ? 2)
end.
// expect error: found '?'

// case: a real without digits before its point
program t(input, output);
begin
  writeln(.5)
end.
// expect error: expected

// case: a real without digits behind its point
program t(input, output);
begin
  writeln(5.)
end.
// expect error: expected

// case: a word symbol as a name
program t(input, output);
var begin: integer;
begin
end.
// expect error: expected the name of a variable, found

// case: a label too large
program t(input, output);
label 10000;
begin
  10000:
end.
// expect error: expected a label from 0 to 9999

// case: a character of several bytes
program t(output); begin writeln(1) Ã¤ end.
// expect error: expected ';' or 'end'

// case: a zero byte is not hidden
program t; begin end. x
// expect error: expected the end of the text
