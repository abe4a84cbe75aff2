// SPDX-License-Identifier: MIT
// 6.6: procedures and functions.

// case: value and variable parameters
program t(input, output);
var a, b: integer; procedure p(x: integer; var y: integer); begin x := x + 1; y := y + x end;
begin
  a := 1; b := 10; p(a, b); writeln(a:1, b:3)
end.
// expect: 1 12

// case: several parameters in a group
program t(input, output);
procedure p(a, b: integer; c, d: char); begin writeln(a:1, b:1, c, d) end;
begin
  p(1, 2, 'x', 'y')
end.
// expect: 12xy

// case: functions
program t(input, output);
function add(a, b: integer): integer; begin add := a + b end;
begin
  writeln(add(1, add(2, 3)):1)
end.
// expect: 6

// case: functions of all simple types
program t(input, output);
type e = (p, q); function r: real; begin r := 1.5 end; function c: char; begin c := 'x' end; function b: boolean; begin b := true end; function f: e; begin f := q end;
begin
  writeln(r:4:1, c, b, ord(f):2)
end.
// expect:  1.5xtrue 1

// case: recursion
program t(input, output);
function fib(n: integer): integer; begin if n < 2 then fib := n else fib := fib(n - 1) + fib(n - 2) end;
begin
  writeln(fib(20):1)
end.
// expect: 6765

// case: mutual recursion
program t(input, output);
function odd1(n: integer): boolean; forward; function even(n: integer): boolean; begin if n = 0 then even := true else even := odd1(n - 1) end; function odd1; begin if n = 0 then odd1 := false else odd1 := even(n - 1) end;
begin
  writeln(even(10)); writeln(odd1(7))
end.
// expect: true
// expect: true

// case: forward procedures
program t(input, output);
procedure p(n: integer); forward; procedure q(n: integer); begin p(n - 1) end; procedure p; begin writeln(n:1); if n > 0 then q(n) end;
begin
  p(2)
end.
// expect: 2
// expect: 1
// expect: 0

// case: variables of outer blocks
program t(input, output);
var x: integer; procedure a; var y: integer; procedure b; var z: integer; procedure c; begin z := x + y; y := z; x := x + 1 end; begin z := 0; c; writeln(z:1) end; begin y := 10; b; writeln(y:1) end;
begin
  x := 1; a; writeln(x:1)
end.
// expect: 11
// expect: 11
// expect: 2

// case: variables of the right activation
program t(input, output);
procedure p(n: integer); var k: integer; procedure q; begin k := k + n end; begin k := 0; if n > 0 then p(n - 1); q; write(k:2) end;
begin
  p(3); writeln
end.
// expect:  0 1 2 3

// case: structured value parameters are copies
program t(input, output);
type t = array [1..3] of integer; var a: t; procedure p(b: t); begin b[1] := 9; writeln(b[1]:1) end;
begin
  a[1] := 1; a[2] := 2; a[3] := 3; p(a); writeln(a[1]:1)
end.
// expect: 9
// expect: 1

// case: structured variable parameters are not
program t(input, output);
type t = array [1..3] of integer; var a: t; procedure p(var b: t); begin b[1] := 9 end;
begin
  a[1] := 1; p(a); writeln(a[1]:1)
end.
// expect: 9

// case: a variable parameter is passed on
program t(input, output);
var a: integer; procedure p(var x: integer); begin x := x + 1 end; procedure q(var y: integer); begin p(y); p(y) end;
begin
  a := 1; q(a); writeln(a:1)
end.
// expect: 3

// case: elements and fields by address
program t(input, output);
var a: array [1..2] of integer; r: record x: integer end; procedure p(var x: integer); begin x := 7 end;
begin
  p(a[2]); p(r.x); writeln(a[2]:1, r.x:1)
end.
// expect: 77

// case: a pointer's variable by address
program t(input, output);
type p = ^integer; var q: p; procedure s(var x: integer); begin x := 5 end;
begin
  new(q); s(q^); writeln(q^:1)
end.
// expect: 5

// case: a parameter that an inner procedure uses
program t(input, output);
procedure p(n: integer; var m: integer); procedure q; begin m := m + n end; begin q; q end; procedure r; var x: integer; begin x := 1; p(5, x); writeln(x:1) end;
begin
  r
end.
// expect: 11

// case: a result that an inner function assigns
program t(input, output);
function f: integer; procedure q; begin f := 42 end; begin q end;
begin
  writeln(f:1)
end.
// expect: 42

// case: procedural parameters
program t(input, output);
procedure a; begin writeln(1:1) end; procedure b; begin writeln(2:1) end; procedure p(procedure x); begin x; x end;
begin
  p(a); p(b)
end.
// expect: 1
// expect: 1
// expect: 2
// expect: 2

// case: functional parameters
program t(input, output);
function sq(x: integer): integer; begin sq := x * x end; function tw(x: integer): integer; begin tw := 2 * x end; function sum(function f(x: integer): integer; n: integer): integer; var i, s: integer; begin s := 0; for i := 1 to n do s := s + f(i); sum := s end;
begin
  writeln(sum(sq, 3):1, sum(tw, 3):3)
end.
// expect: 14 12

// case: procedural parameters with variable parameters
program t(input, output);
var n: integer; procedure inc(var x: integer); begin x := x + 1 end; procedure p(procedure q(var y: integer)); begin q(n); q(n) end;
begin
  n := 0; p(inc); writeln(n:1)
end.
// expect: 2

// case: a procedural parameter keeps its environment
program t(input, output);
procedure p(procedure q); begin q end; procedure r(n: integer); procedure s; begin writeln(n:1) end; begin if n > 0 then r(n - 1); p(s) end;
begin
  r(2)
end.
// expect: 0
// expect: 1
// expect: 2

// case: a procedural parameter is passed on
program t(input, output);
procedure a; begin writeln(1:1) end; procedure p(procedure x); begin x end; procedure q(procedure y); begin p(y) end;
begin
  q(a)
end.
// expect: 1

// case: a procedural parameter in an inner procedure
program t(input, output);
procedure a; begin writeln(1:1) end; procedure p(procedure x); procedure i; begin x end; begin i end;
begin
  p(a)
end.
// expect: 1

// case: procedural parameters with procedural parameters
program t(input, output);
procedure a; begin writeln(1:1) end; procedure b(procedure x); begin x end; procedure p(procedure y(procedure z)); begin y(a) end;
begin
  p(b)
end.
// expect: 1

// case: Jensen
program t(input, output);
var i: integer; function term: real; begin term := 1 / i end; function sum(function t: real; n: integer): real; var s: real; begin s := 0; i := 1; while i <= n do begin s := s + t; i := i + 1 end; sum := s end;
begin
  writeln(sum(term, 4):8:4)
end.
// expect:   2.0833

// case: man or boy
program t(input, output);
function a(k: integer; function x1: integer; function x2: integer; function x3: integer; function x4: integer; function x5: integer): integer; function b: integer; begin k := k - 1; b := a(k, b, x1, x2, x3, x4) end; begin if k <= 0 then a := x4 + x5 else a := b end; function one: integer; begin one := 1 end; function minus: integer; begin minus := -1 end; function zero: integer; begin zero := 0 end;
begin
  writeln(a(10, one, minus, minus, one, zero):1)
end.
// expect: -67

// case: Ackermann
program t(input, output);
function a(m, n: integer): integer; begin if m = 0 then a := n + 1 else if n = 0 then a := a(m - 1, 1) else a := a(m - 1, a(m, n - 1)) end;
begin
  writeln(a(2, 9):1)
end.
// expect: 21

// case: Hanoi
program t(input, output);
var n: integer; procedure h(k: integer; a, b, c: char); begin if k > 0 then begin h(k - 1, a, c, b); n := n + 1; h(k - 1, c, b, a) end end;
begin
  n := 0; h(10, 'a', 'b', 'c'); writeln(n:1)
end.
// expect: 1023

// case: a result read through a recursive call
program t(input, output);
function f(n: integer): integer; begin if n = 0 then f := 0 else f := n + f(n - 1) end;
begin
  writeln(f(100):1)
end.
// expect: 5050

// case: many parameters
program t(input, output);
procedure p(a, b, c, d, e, f, g, h, i, j: integer); begin writeln(a + b + c + d + e + f + g + h + i + j:1) end;
begin
  p(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
end.
// expect: 55

// case: a real parameter takes an integer
program t(input, output);
procedure p(x: real); begin writeln(x:5:1) end;
begin
  p(3)
end.
// expect:   3.0

// case: deep static nesting
program t(input, output);
procedure a; var x: integer; procedure b; procedure c; procedure d; procedure e; begin x := x + 1 end; begin e end; begin d end; begin c end; begin x := 0; b; b; writeln(x:1) end;
begin
  a
end.
// expect: 2

// case: too few parameters
program t(input, output);
procedure p(a, b: integer); begin end;
begin
  p(1)
end.
// expect error: expected more parameters

// case: too many parameters
program t(input, output);
procedure p(a: integer); begin end;
begin
  p(1, 2)
end.
// expect error: there are no more parameters

// case: no parameters
program t(input, output);
procedure p(a: integer); begin end;
begin
  p
end.
// expect error: expected '(' and the parameters

// case: parameters of a procedure without any
program t(input, output);
procedure p; begin end;
begin
  p(1)
end.
// expect error: expected no parameters

// case: a value of another type
program t(input, output);
procedure p(a: integer); begin end;
begin
  p('x')
end.
// expect error: expected a value of type integer for this parameter, found char

// case: an expression by address
program t(input, output);
procedure p(var a: integer); begin end;
begin
  p(1)
end.
// expect error: expected a variable, found '1'

// case: a variable in parentheses by address
program t(input, output);
var i: integer; procedure p(var a: integer); begin end;
begin
  p((i))
end.
// expect error: expected a variable, found '('

// case: a subrange by address
program t(input, output);
var s: 1..5; procedure p(var a: integer); begin end;
begin
  p(s)
end.
// expect error: expected a variable of the very type of the parameter

// case: a parameter of a type that is no name
program t(input, output);
procedure p(a: 1..5); begin end;
begin
end.
// expect error: expected the name of a type, found '1'

// case: a function without a result
program t(input, output);
function f: integer; begin end;
begin
end.
// expect error: expected an assignment to 'f' in its block

// case: a function without a result type
program t(input, output);
function f; begin end;
begin
end.
// expect error: expected ':', found ';'

// case: a structured result
program t(input, output);
type t = array [1..2] of integer; function f: t; begin end;
begin
end.
// expect error: expected a simple type or a pointer type as a result

// case: an assignment to a function outside of it
program t(input, output);
function f: integer; begin f := 1 end;
begin
  f := 2
end.
// expect error: expected an assignment to 'f' in its own block

// case: a procedure as a value
program t(input, output);
procedure p; begin end;
begin
  writeln(p)
end.
// expect error: expected a value

// case: forward without a body
program t(input, output);
procedure p; forward;
begin
end.
// expect error: expected the body of 'p' too

// case: the parameters given twice
program t(input, output);
procedure p(a: integer); forward; procedure p(a: integer); begin end;
begin
end.
// expect error: ';', as the heading was given with 'forward'

// case: a routine with other parameters
program t(input, output);
procedure a(x: integer); begin end; procedure p(procedure q(x: char)); begin end;
begin
  p(a)
end.
// expect error: expected a routine with the parameter's own parameters and result

// case: a function for a procedural parameter
program t(input, output);
function f: integer; begin f := 1 end; procedure p(procedure q); begin end;
begin
  p(f)
end.
// expect error: expected a routine with the parameter's own parameters and result

// case: a required function as a parameter
program t(input, output);
procedure p(function f(x: real): real); begin end;
begin
  p(sin)
end.
// expect error: expected the name of a procedure or function of the program

// case: a variable for a procedural parameter
program t(input, output);
var i: integer; procedure p(procedure q); begin end;
begin
  p(i)
end.
// expect error: expected the name of a procedure or function

// case: a file by value
program t(input, output);
procedure p(f: text); begin end;
begin
end.
// expect error: expected a type without files for a value parameter

// case: a parameter twice
program t(input, output);
procedure p(a: integer; a: char); begin end;
begin
end.
// expect error: expected a new name, found 'a'
