// SPDX-License-Identifier: MIT
program ackermann(output);
var i, s: integer;
function a(m, n: integer): integer;
begin if m = 0 then a := n + 1 else if n = 0 then a := a(m - 1, 1) else a := a(m - 1, a(m, n - 1)) end;
begin s := 0; for i := 1 to 100 do s := s + a(3, 8); writeln(s:1) end.
