// SPDX-License-Identifier: MIT
// 6.4.3.5, 6.6.5.2, 6.6.6.5, 6.9: files, input and output.

// case: an internal text file
program t(input, output);
var f: text; c: char;
begin
  rewrite(f); write(f, 'ab'); writeln(f, 'c'); reset(f); while not eof(f) do begin while not eoln(f) do begin read(f, c); write(c) end; readln(f) end; writeln
end.
// expect: abc

// case: an internal file of integers
program t(input, output);
var f: file of integer; i, s: integer;
begin
  rewrite(f); for i := 1 to 5 do write(f, i); reset(f); s := 0; while not eof(f) do begin read(f, i); s := s + i end; writeln(s:1)
end.
// expect: 15

// case: get and put
program t(input, output);
var f: file of integer;
begin
  rewrite(f); f^ := 1; put(f); f^ := 2; put(f); reset(f); writeln(f^:1); get(f); writeln(f^:1); get(f); writeln(eof(f))
end.
// expect: 1
// expect: 2
// expect: true

// case: a file of records
program t(input, output);
type t = record a: integer; b: char end; var f: file of t; r: t;
begin
  r.a := 1; r.b := 'x'; rewrite(f); write(f, r); r.a := 2; write(f, r); reset(f); read(f, r); writeln(r.a:1, r.b); writeln(f^.a:1)
end.
// expect: 1x
// expect: 2

// case: reading again
program t(input, output);
var f: file of char; c: char;
begin
  rewrite(f); write(f, 'a', 'b'); reset(f); read(f, c); reset(f); read(f, c); writeln(c)
end.
// expect: a

// case: writing again empties
program t(input, output);
var f: text;
begin
  rewrite(f); writeln(f, 1); rewrite(f); reset(f); writeln(eof(f))
end.
// expect: true

// case: a text file ends with an end of line
program t(input, output);
var f: text; c: char;
begin
  rewrite(f); write(f, 'x'); reset(f); read(f, c); writeln(eoln(f)); readln(f); writeln(eof(f))
end.
// expect: true
// expect: true

// case: the end of a line reads as a blank
program t(input, output);
var f: text; c: char;
begin
  rewrite(f); writeln(f, 'x'); writeln(f, 'y'); reset(f); read(f, c); read(f, c); write('[', c, ']'); read(f, c); writeln(c)
end.
// expect: [ ]y

// case: a file in a routine
program t(input, output);
procedure p; var f: text; c: char; begin rewrite(f); writeln(f, 7:1); reset(f); read(f, c); writeln(c) end;
begin
  p; p
end.
// expect: 7
// expect: 7

// case: a file as a parameter
program t(input, output);
var f: text; procedure p(var g: text); begin rewrite(g); writeln(g, 5:1) end; procedure q(var g: text); var i: integer; begin reset(g); read(g, i); writeln(i:1) end;
begin
  p(f); q(f)
end.
// expect: 5

// case: files in arrays and records
program t(input, output);
var a: array [1..2] of text; r: record f: text end; i: integer;
begin
  rewrite(a[2]); writeln(a[2], 3:1); reset(a[2]); read(a[2], i); rewrite(r.f); writeln(r.f, i + 1:1); reset(r.f); read(r.f, i); writeln(i:1)
end.
// expect: 4

// case: reading integers
// stdin:  40
// stdin: +2
program t(input, output);
var i, j: integer;
begin
  read(i, j); writeln(i + j:1)
end.
// expect: 42

// case: reading reals
// stdin: 1.5 12e1
program t(input, output);
var r, s: real;
begin
  read(r, s); writeln(r:6:2, s:8:1)
end.
// expect:   1.50   120.0

// case: reading a real that is an integer
// stdin: 7
program t(input, output);
var r: real;
begin
  read(r); writeln(r:5:1)
end.
// expect:   7.0

// case: reading characters
// stdin: x y
program t(input, output);
var a, b, c: char;
begin
  read(a, b, c); writeln(a, b, c)
end.
// expect: x y

// case: reading characters after a number
// stdin: 12x
program t(input, output);
var i: integer; c: char;
begin
  read(i, c); writeln(i:1, c)
end.
// expect: 12x

// case: readln skips the rest
// stdin: 1 2
// stdin: 3 4
program t(input, output);
var i, j: integer;
begin
  readln(i); readln(j); writeln(i:1, j:2)
end.
// expect: 1 3

// case: copying the input
// stdin: one
// stdin: two  words
// stdin: 
// stdin end: four
program t(input, output);
var c: char;
begin
  while not eof do begin while not eoln do begin read(c); write(c) end; readln; writeln end
end.
// expect: one
// expect: two  words
// expect: 
// expect: four

// case: eof of an empty input
// stdin end: 
program t(input, output);
begin
  writeln(eof)
end.
// expect: true

// case: the buffer variable of the input
// stdin: ab
program t(input, output);
begin
  writeln(input^); get(input); writeln(input^)
end.
// expect: a
// expect: b

// case: reading into a subrange
// stdin: 5
program t(input, output);
var s: 1..9;
begin
  read(s); writeln(s:1)
end.
// expect: 5

// case: widths of integers
program t(input, output);
begin
  writeln(5); writeln(5:3); writeln(-5:3); writeln(12345:3)
end.
// expect:           5
// expect:   5
// expect:  -5
// expect: 12345

// case: widths of reals
program t(input, output);
var r: real;
begin
  r := 3.25; writeln(r:10); writeln(-r:10); writeln(r:12:4); writeln(r:1:2)
end.
// expect:  3.25e+000
// expect: -3.25e+000
// expect:       3.2500
// expect: 3.25

// case: a real without a width
program t(input, output);
begin
  writeln(1.5)
end.
// expect:  1.50000000000000e+000

// case: widths of characters and Booleans
program t(input, output);
begin
  writeln('x':3, true:6, false:2, true)
end.
// expect:   x  truefatrue

// case: widths are expressions
program t(input, output);
var n: integer;
begin
  n := 4; writeln(1:n, 2:n + 1)
end.
// expect:    1    2

// case: page
program t(input, output);
begin
  writeln(1:1); page; writeln(2:1)
end.
// expect: 1
// expect: 2

// case: a question before its answer
// stdin: 7
program t(input, output);
var i: integer;
begin
  write('n? '); read(i); writeln(i:1)
end.
// expect: n? 7

// case: pack and unpack
program t(input, output);
var a: array [1..5] of char; z: packed array [1..3] of char; i: integer;
begin
  for i := 1 to 5 do a[i] := chr(ord('a') + i - 1); pack(a, 2, z); writeln(z); z := 'xyz'; unpack(z, a, 3); for i := 1 to 5 do write(a[i]); writeln
end.
// expect: bcd
// expect: abxyz

// case: reading what is no integer
// stdin: x
program t(input, output);
var i: integer;
begin
  read(i)
end.
// expect exit: 1
// expect error: text that is no integer (D.54)

// case: reading what is no number
// stdin: x
program t(input, output);
var r: real;
begin
  read(r)
end.
// expect exit: 1
// expect error: text that is no number (D.56)

// case: reading an integer out of range
// stdin: 10
program t(input, output);
var s: 1..9;
begin
  read(s)
end.
// expect exit: 1
// expect error: an integer out of the variable's range (D.55): expected from 1 to 9, found 10

// case: reading at the end
// stdin: 1
program t(input, output);
var i: integer;
begin
  read(i); read(i)
end.
// expect exit: 1
// expect error: the end of the file was reached (D.16)

// case: reading a file that is not open
program t(input, output);
var f: text; c: char;
begin
  read(f, c)
end.
// expect exit: 1
// expect error: a file that was neither reset nor rewritten (D.10)

// case: writing a file that is read
program t(input, output);
var f: text;
begin
  rewrite(f); reset(f); writeln(f)
end.
// expect exit: 1
// expect error: a file that is not being written (D.9)

// case: reading a file that is written
program t(input, output);
var f: text; c: char;
begin
  rewrite(f); read(f, c)
end.
// expect exit: 1
// expect error: a file that is not being read (D.14)

// case: reset of a file that was never written
program t(input, output);
var f: text;
begin
  reset(f)
end.
// expect exit: 1
// expect error: reset of a file that was never written (D.13)

// case: get at the end
program t(input, output);
var f: file of integer;
begin
  rewrite(f); reset(f); get(f)
end.
// expect exit: 1
// expect error: the end of the file was reached (D.16)

// case: the buffer variable at the end
program t(input, output);
var f: file of integer;
begin
  rewrite(f); reset(f); writeln(f^)
end.
// expect exit: 1
// expect error: the end of the file was reached (D.16)

// case: put of an undefined buffer variable
program t(input, output);
var f: file of integer;
begin
  rewrite(f); put(f)
end.
// expect exit: 1
// expect error: an undefined buffer variable (D.12)

// case: a width of 0
program t(input, output);
begin
  writeln(5:0)
end.
// expect exit: 1
// expect error: a width that is not positive (D.58)

// case: eof of a file that is not open
program t(input, output);
var f: text;
begin
  writeln(eof(f))
end.
// expect exit: 1
// expect error: a file that was neither reset nor rewritten (D.10)

// case: pack behind the end
program t(input, output);
var a: array [1..5] of char; z: packed array [1..3] of char; i: integer;
begin
  for i := 1 to 5 do a[i] := 'x'; pack(a, 4, z)
end.
// expect exit: 1
// expect error: pack needs components behind the array's end (D.28)

// case: pack with a bad index
program t(input, output);
var a: array [1..5] of char; z: packed array [1..3] of char; i: integer;
begin
  i := 6; pack(a, i, z)
end.
// expect exit: 1
// expect error: pack with an index out of the array's range (D.26)

// case: unpack behind the end
program t(input, output);
var a: array [1..5] of char; z: packed array [1..3] of char;
begin
  z := 'abc'; unpack(z, a, 4)
end.
// expect exit: 1
// expect error: unpack needs components behind the array's end (D.31)

// case: a file of files
program t(input, output);
var f: file of text;
begin
end.
// expect error: expected a type without files

// case: assigning files
program t(input, output);
var f, g: text;
begin
  f := g
end.
// expect error: expected

// case: eoln of a file that is no text
program t(input, output);
var f: file of integer;
begin
  writeln(eoln(f))
end.
// expect error: expected a file of type text

// case: readln of a file that is no text
program t(input, output);
var f: file of integer;
begin
  readln(f)
end.
// expect error: expected a file of type text

// case: reset of what is no file
program t(input, output);
var i: integer;
begin
  reset(i)
end.
// expect error: expected a file

// case: reading a Boolean
program t(input, output);
var b: boolean;
begin
  read(b)
end.
// expect error: expected a variable of an integer, real or char type

// case: writing an enumeration
program t(input, output);
type t = (a, b);
begin
  writeln(a)
end.
// expect error: expected an integer, real, char, Boolean or string value

// case: writing a pointer
program t(input, output);
type p = ^integer; var q: p;
begin
  writeln(q)
end.
// expect error: expected an integer, real, char, Boolean or string value

// case: a second width of an integer
program t(input, output);
begin
  writeln(1:2:3)
end.
// expect error: a second width of real numbers only

// case: a real width
program t(input, output);
begin
  writeln(1:2.5)
end.
// expect error: expected an integer as the width

// case: a component of another type
program t(input, output);
var f: file of integer;
begin
  rewrite(f); write(f, 'x')
end.
// expect error: expected a value of type integer as a component of the file

// case: a variable of another type
program t(input, output);
var f: file of integer; c: char;
begin
  reset(f); read(f, c)
end.
// expect error: expected a variable for the file's components

// case: write without values
program t(input, output);
begin
  write
end.
// expect error: expected '(' and values

// case: read without variables
program t(input, output);
begin
  read
end.
// expect error: expected '(' and variables

// case: pack of arrays of two types
program t(input, output);
var a: array [1..5] of integer; z: packed array [1..3] of char;
begin
  pack(a, 1, z)
end.
// expect error: expected an unpacked and a packed array with the same components

// case: a file of the command line
program t(output, f);
var f: text;
begin reset(f) end.
// expect exit: 1
// expect error: reset of a file that was never written (D.13)
