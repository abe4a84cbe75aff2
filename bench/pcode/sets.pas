// SPDX-License-Identifier: MIT
program sets(output);
type s = set of 0..255;
var a, b, c: s; i, j, n: integer;
begin
  n := 0; a := []; b := [];
  for j := 1 to 100000 do begin
    for i := 0 to 255 do if odd(i + j) then a := a + [i] else b := b + [i];
    c := a * b;
    for i := 0 to 255 do if i in c then n := n + 1;
    if odd(j) then a := a - b else b := b - a
  end;
  writeln(n:1)
end.
