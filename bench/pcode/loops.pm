// SPDX-License-Identifier: MIT
program Loops;
var i, j, s: integer;
begin
  i := 0; s := 0;
  while i < 30000 do
  begin
    j := 0;
    while j < 1000 do begin s := s + i * j mod 7; j := j + 1 end;
    i := i + 1
  end;
  write(s)
end.
