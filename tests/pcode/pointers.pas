// SPDX-License-Identifier: MIT
// 6.4.4, 6.5.4, 6.6.5.3: pointers, new, dispose.

// case: a list
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  l := nil; for i := 1 to 5 do begin new(q); q^.v := i; q^.next := l; l := q end; while l <> nil do begin write(l^.v:2); l := l^.next end; writeln
end.
// expect:  5 4 3 2 1

// case: a tree
program t(input, output);
type t = ^n; n = record k: integer; l, r: t end; var root: t; i: integer; procedure ins(var p: t; k: integer); begin if p = nil then begin new(p); p^.k := k; p^.l := nil; p^.r := nil end else if k < p^.k then ins(p^.l, k) else ins(p^.r, k) end; procedure walk(p: t); begin if p <> nil then begin walk(p^.l); write(p^.k:3); walk(p^.r) end end;
begin
  root := nil; for i := 1 to 7 do ins(root, i * 3 mod 7); walk(root); writeln
end.
// expect:   0  1  2  3  4  5  6

// case: a forward pointer type
program t(input, output);
type p = ^t; t = record x: integer; n: p end; var q: p;
begin
  new(q); q^.x := 1; q^.n := q; writeln(q^.n^.n^.x:1)
end.
// expect: 1

// case: pointers are compared
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  new(l); q := l; writeln(l = q); new(q); writeln(l = q); writeln(q <> nil)
end.
// expect: true
// expect: false
// expect: true

// case: dispose and use again
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  for i := 1 to 10000 do begin new(l); l^.v := i; dispose(l) end; writeln(1:1)
end.
// expect: 1

// case: pointers to simple types and arrays
program t(input, output);
type pi = ^integer; a = array [1..3] of integer; pa = ^a; var p: pi; q: pa;
begin
  new(p); p^ := 5; new(q); q^[2] := p^ + 1; writeln(q^[2]:1)
end.
// expect: 6

// case: a pointer to a pointer
program t(input, output);
type pi = ^integer; pp = ^pi; var p: pp;
begin
  new(p); new(p^); p^^ := 3; writeln(p^^:1)
end.
// expect: 3

// case: new with variants
program t(input, output);
type p = ^t; t = record case b: boolean of true: (i: integer); false: (c: char) end; var q: p;
begin
  new(q, true); q^.b := true; q^.i := 4; writeln(q^.i:1); dispose(q, true)
end.
// expect: 4

// case: a function that returns a pointer
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer; function make(n: integer): link; var p: link; begin new(p); p^.v := n; make := p end;
begin
  l := make(7); writeln(l^.v:1)
end.
// expect: 7

// case: many variables
// slow
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  l := nil; for i := 1 to 100000 do begin new(q); q^.v := i; q^.next := l; l := q end; i := 0; while l <> nil do begin i := i + 1; q := l; l := l^.next; dispose(q) end; writeln(i:1)
end.
// expect: 100000

// case: nil
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  l := nil; writeln(l^.v)
end.
// expect exit: 1
// expect error: nil points to no variable (D.3)

// case: an undefined pointer
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  writeln(l^.v)
end.
// expect exit: 1
// expect error: an undefined pointer (D.4)

// case: a pointer to a variable that was disposed of
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  new(l); q := l; dispose(l); q^.v := 1
end.
// expect exit: 1
// expect error: a pointer to a variable that was disposed of (D.4)

// case: the place is in use again
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  new(l); q := l; dispose(l); new(l); l^.v := 5; writeln(q^.v)
end.
// expect exit: 1
// expect error: a pointer to a variable that was disposed of (D.4)

// case: dispose of nil
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  l := nil; dispose(l)
end.
// expect exit: 1
// expect error: dispose of nil (D.23)

// case: dispose of an undefined pointer
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  dispose(l)
end.
// expect exit: 1
// expect error: dispose of an undefined pointer (D.24)

// case: dispose twice
program t(input, output);
type link = ^node; node = record v: integer; next: link end; var l, q: link; i: integer;
begin
  new(l); q := l; dispose(l); dispose(q)
end.
// expect exit: 1
// expect error: a pointer to a variable that was disposed of (D.4)

// case: no memory is left
program t(input, output);
type p = ^a; a = array [1..100000] of integer; var q: p; i: integer;
begin
  for i := 1 to 100000 do new(q)
end.
// expect exit: 1
// expect error: no memory is left

// case: pointers of two types
program t(input, output);
type p = ^integer; q = ^integer; var a: p; b: q;
begin
  a := b
end.
// expect error: expected a value of type p for this variable, found q

// case: an integer is no pointer
program t(input, output);
type p = ^integer; var a: p;
begin
  a := 1
end.
// expect error: expected a value of type p for this variable, found integer

// case: pointers are not ordered
program t(input, output);
type p = ^integer; var a, b: p;
begin
  writeln(a < b)
end.
// expect error: expected values that can be compared

// case: an arrow behind what is no pointer
program t(input, output);
var i: integer;
begin
  i^ := 1
end.
// expect error: expected a pointer or a file before '^'

// case: new of what is no pointer
program t(input, output);
var i: integer;
begin
  new(i)
end.
// expect error: expected a pointer

// case: a pointer to an unknown type
program t(input, output);
type p = ^nothing; var a: p;
begin
end.
// expect error: expected the name of a type, found 'nothing'

// case: a value of no variant
program t(input, output);
type p = ^t; t = record case b: boolean of true: (); false: () end; var q: p;
begin
  new(q, 5)
end.
// expect error: expected a value of the variant's tag

// case: too many variants
program t(input, output);
type p = ^integer; var q: p;
begin
  new(q, true)
end.
// expect error: expected no more variants than the record has
