// SPDX-License-Identifier: MIT
program matrix(output);
const n = 200;
type m = array [1..n, 1..n] of real;
var a, b, c: m; i, j, k, r: integer; s: real;
begin
  for i := 1 to n do for j := 1 to n do begin a[i, j] := i + j; b[i, j] := i - j end;
  for r := 1 to 30 do
    for i := 1 to n do
      for j := 1 to n do begin
        s := 0;
        for k := 1 to n do s := s + a[i, k] * b[k, j];
        c[i, j] := s
      end;
  writeln(c[10, 20]:10:1)
end.
