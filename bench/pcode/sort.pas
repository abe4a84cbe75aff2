// SPDX-License-Identifier: MIT
program sort(output);
const n = 300000;
var a: array [1..n] of integer; i, seed, r: integer; ok: boolean;
procedure qs(l, r: integer);
var i, j, x, w: integer;
begin
  i := l; j := r; x := a[(l + r) div 2];
  repeat
    while a[i] < x do i := i + 1;
    while x < a[j] do j := j - 1;
    if i <= j then begin w := a[i]; a[i] := a[j]; a[j] := w; i := i + 1; j := j - 1 end
  until i > j;
  if l < j then qs(l, j);
  if i < r then qs(i, r)
end;
begin
  for r := 1 to 30 do begin
    seed := r;
    for i := 1 to n do begin seed := (seed * 1309 + 13849) mod 65536; a[i] := seed end;
    qs(1, n)
  end;
  ok := true;
  for i := 2 to n do if a[i - 1] > a[i] then ok := false;
  writeln(ok)
end.
