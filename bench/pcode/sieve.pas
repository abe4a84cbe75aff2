// SPDX-License-Identifier: MIT
program sieve(output);
const n = 5000000;
var flags: array [0..n] of boolean; i, j, count, round: integer;
begin
  for round := 1 to 20 do begin
    count := 0;
    for i := 2 to n do flags[i] := true;
    for i := 2 to n do
      if flags[i] then begin
        count := count + 1;
        j := i + i;
        while j <= n do begin flags[j] := false; j := j + i end
      end
  end;
  writeln(count:1)
end.
