// SPDX-License-Identifier: MIT
program Arrays;
const n = 30000;
type t = array [1..n] of integer;
var a: t; i, j, k, count: integer;
begin
  k := 0;
  while k < 400 do
  begin
    i := 1; while i <= n do begin a[i] := 1; i := i + 1 end;
    i := 2; count := 0;
    while i <= n do
    begin
      if a[i] = 1 then
      begin
        count := count + 1; j := i + i;
        while j <= n do begin a[j] := 0; j := j + i end
      end;
      i := i + 1
    end;
    k := k + 1
  end;
  write(count)
end.
