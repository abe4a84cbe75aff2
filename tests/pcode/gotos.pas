// SPDX-License-Identifier: MIT
// 6.8.1, 6.8.2.4: goto.

// case: forward and backward
program t(input, output);
label 1, 2; var i: integer;
begin
  i := 0; 1: i := i + 1; if i < 3 then goto 1; goto 2; writeln(9:1); 2: writeln(i:1)
end.
// expect: 3

// case: out of a loop
program t(input, output);
label 9; var i: integer;
begin
  for i := 1 to 10 do if i = 4 then goto 9; 9: writeln(1:1)
end.
// expect: 1

// case: inside a compound statement
program t(input, output);
label 1; var i: integer;
begin
  i := 0; begin 1: i := i + 1; if i < 5 then goto 1 end; writeln(i:1)
end.
// expect: 5

// case: a label in a part of a statement, behind assignments
program t(input, output);
label 1; var x, y, z: integer;
begin
  x := 1; y := 2; z := 0; if x = 1 then while z < 1 do begin if z < 0 then goto 1; 1: z := z + 1; x := 3 end; writeln(x:1, y:1, z:1)
end.
// expect: 321

// case: what is assigned behind a label in a part that is left out has no value
program t(input, output);
label 1; var x, y: integer;
begin
  y := 1; if y = 2 then begin 1: x := 2 end; writeln(x:1)
end.
// expect error: a variable that has no value (D.43)

// case: out of a procedure
program t(input, output);
label 1; procedure p; begin goto 1; writeln(9:1) end;
begin
  p; writeln(8:1); 1: writeln(1:1)
end.
// expect: 1

// case: out of two procedures
program t(input, output);
label 1; procedure p; procedure q; begin goto 1 end; begin q; writeln(9:1) end;
begin
  p; writeln(8:1); 1: writeln(1:1)
end.
// expect: 1

// case: out of a procedure into a procedure
program t(input, output);
procedure p; label 5; var i: integer; procedure q; begin i := i + 1; if i < 3 then goto 5; writeln(7:1) end; begin i := 0; 5: q; writeln(i:1) end;
begin
  p
end.
// expect: 7
// expect: 3

// case: out of recursion: the activation that is meant
program t(input, output);
procedure none; begin end; procedure p(n: integer; procedure out); label 1; procedure mine; begin goto 1 end; begin if n = 0 then out else if n = 2 then p(n - 1, mine) else p(n - 1, out); writeln(n:1); 1: end;
begin
  p(3, none)
end.
// expect: 3

// case: many times
program t(input, output);
label 1, 2; var i: integer; procedure p; begin goto 1 end;
begin
  i := 0; 2: i := i + 1; p; 1: if i < 1000 then goto 2; writeln(i:1)
end.
// expect: 1000

// case: out of a function in an expression
program t(input, output);
label 1; var i: integer; function f: integer; begin goto 1; f := 1 end;
begin
  i := 5; i := 1 + f; 1: writeln(i:1)
end.
// expect: 5

// case: variables keep their values
program t(input, output);
label 1; var i: integer; procedure p; var a: array [1..100] of integer; begin a[1] := 1; i := i + a[1]; goto 1 end;
begin
  i := 0; 1: if i < 100 then p; writeln(i:1)
end.
// expect: 100

// case: into an if
program t(input, output);
label 1;
begin
  goto 1; if true then 1: writeln(1)
end.
// expect error: expected a label of a statement around this one or beside it

// case: into a loop
program t(input, output);
label 1; var i: integer;
begin
  goto 1; for i := 1 to 2 do 1: writeln(1)
end.
// expect error: expected a label of a statement around this one or beside it

// case: into a compound statement
program t(input, output);
label 1;
begin
  goto 1; begin 1: end
end.
// expect error: expected a label of a statement around this one or beside it

// case: between the branches of an if
program t(input, output);
label 1;
begin
  if true then goto 1 else 1: writeln(1)
end.
// expect error: expected a label of a statement around this one or beside it

// case: into a repeat
program t(input, output);
label 1;
begin
  goto 1; repeat 1: until true
end.
// expect error: expected a label of a statement around this one or beside it

// case: into a case
program t(input, output);
label 1; var i: integer;
begin
  goto 1; case i of 1: 1: end
end.
// expect error: expected a label of a statement around this one or beside it

// case: from a procedure into a loop
program t(input, output);
label 1; var i: integer; procedure p; begin goto 1 end;
begin
  for i := 1 to 2 do 1: p
end.
// expect error: expected a label at the outermost level of its block

// case: a name as a label
program t(input, output);
begin
  goto x
end.
// expect error: expected a label, found 'x'
