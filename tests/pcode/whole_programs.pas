// SPDX-License-Identifier: MIT
// Programs that are more than a clause.

// case: queens
program t(input, output);
const n = 6; var x: array [1..n] of integer; a: array [1..n] of boolean; b: array [2..12] of boolean; c: array [-5..5] of boolean; i, count: integer; procedure try(i: integer); var j: integer; begin for j := 1 to n do if a[j] and b[i + j] and c[i - j] then begin x[i] := j; a[j] := false; b[i + j] := false; c[i - j] := false; if i < n then try(i + 1) else count := count + 1; a[j] := true; b[i + j] := true; c[i - j] := true end end;
begin
  for i := 1 to n do a[i] := true; for i := 2 to 12 do b[i] := true; for i := -5 to 5 do c[i] := true; count := 0; try(1); writeln(count:1)
end.
// expect: 4

// case: quicksort
program t(input, output);
const n = 200; var a: array [1..n] of integer; i, seed: integer; ok: boolean; procedure sort(l, r: integer); var i, j, x, w: integer; begin i := l; j := r; x := a[(l + r) div 2]; repeat while a[i] < x do i := i + 1; while x < a[j] do j := j - 1; if i <= j then begin w := a[i]; a[i] := a[j]; a[j] := w; i := i + 1; j := j - 1 end until i > j; if l < j then sort(l, j); if i < r then sort(i, r) end;
begin
  seed := 1; for i := 1 to n do begin seed := seed * 1309 + 13849; seed := seed mod 65536; a[i] := seed end; sort(1, n); ok := true; for i := 2 to n do if a[i - 1] > a[i] then ok := false; writeln(ok)
end.
// expect: true

// case: matrix product
program t(input, output);
type m = array [1..3, 1..3] of real; var a, b, c: m; i, j, k: integer;
begin
  for i := 1 to 3 do for j := 1 to 3 do begin a[i, j] := i + j; b[i, j] := i - j end; for i := 1 to 3 do for j := 1 to 3 do begin c[i, j] := 0; for k := 1 to 3 do c[i, j] := c[i, j] + a[i, k] * b[k, j] end; writeln(c[1, 1]:6:1, c[2, 3]:6:1, c[3, 2]:6:1)
end.
// expect:   11.0 -10.0   2.0

// case: fannkuch
program t(input, output);
const n = 6; var p, q, s: array [1..n] of integer; sign, maxflips, sum, i, j, m, t, flips, qq, q1, sx: integer; done: boolean;
begin
  sign := 1; maxflips := 0; sum := 0; for i := 1 to n do begin p[i] := i; q[i] := i; s[i] := i end; done := false;
  repeat q1 := p[1]; if q1 <> 1 then begin for i := 2 to n do q[i] := p[i]; flips := 1; repeat qq := q[q1]; if qq = 1 then begin sum := sum + sign * flips; if flips > maxflips then maxflips := flips; q1 := 1 end else begin q[q1] := q1; if q1 >= 4 then begin i := 2; j := q1 - 1; repeat t := q[i]; q[i] := q[j]; q[j] := t; i := i + 1; j := j - 1 until i >= j end; q1 := qq; flips := flips + 1 end until q1 = 1 end;
  if sign = 1 then begin t := p[1]; p[1] := p[2]; p[2] := t; sign := -1 end else begin t := p[2]; p[2] := p[3]; p[3] := t; sign := 1; i := 3; m := 0; while (m = 0) and not done do begin sx := s[i]; if sx <> 1 then begin s[i] := sx - 1; m := 1 end else if i = n then done := true else begin s[i] := i; t := p[1]; for j := 1 to i do p[j] := p[j + 1]; p[i + 1] := t; i := i + 1 end end end until done; writeln(sum:1, maxflips:3)
end.
// expect: 49 10

// case: words are counted
// stdin: one two
// stdin:   three
// stdin: four five
program t(input, output);
var words, lines: integer; inside: boolean; c: char;
begin
  words := 0; lines := 0; inside := false; while not eof do begin while not eoln do begin read(c); if c = ' ' then inside := false else if not inside then begin inside := true; words := words + 1 end end; readln; inside := false; lines := lines + 1 end; writeln(lines:1, words:2)
end.
// expect: 3 5

// case: pi by a series
program t(input, output);
var s: real; i: integer;
begin
  s := 0; for i := 0 to 9999 do if odd(i) then s := s - 4 / (2 * i + 1) else s := s + 4 / (2 * i + 1); writeln(s:8:4)
end.
// expect:   3.1415

// case: a permutation generator
program t(input, output);
const n = 4; var a: array [1..n] of integer; count, i: integer; procedure perm(k: integer); var i, t: integer; begin if k = 1 then count := count + 1 else for i := 1 to k do begin perm(k - 1); if odd(k) then begin t := a[1]; a[1] := a[k]; a[k] := t end else begin t := a[i]; a[i] := a[k]; a[k] := t end end end;
begin
  for i := 1 to n do a[i] := i; count := 0; perm(n); writeln(count:1)
end.
// expect: 24
