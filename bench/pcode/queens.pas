// SPDX-License-Identifier: MIT
program queens(output);
const n = 10;
var x: array [1..n] of integer; a: array [1..n] of boolean; b: array [2..20] of boolean; c: array [-9..9] of boolean;
    i, count, r: integer;
procedure try(i: integer);
var j: integer;
begin
  for j := 1 to n do
    if a[j] and b[i + j] and c[i - j] then begin
      x[i] := j; a[j] := false; b[i + j] := false; c[i - j] := false;
      if i < n then try(i + 1) else count := count + 1;
      a[j] := true; b[i + j] := true; c[i - j] := true
    end
end;
begin
  for r := 1 to 400 do begin
    for i := 1 to n do a[i] := true;
    for i := 2 to 20 do b[i] := true;
    for i := -9 to 9 do c[i] := true;
    count := 0; try(1)
  end;
  writeln(count:1)
end.
