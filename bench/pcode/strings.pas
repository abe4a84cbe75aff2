// SPDX-License-Identifier: MIT
program strings(output);
const n = 64;
type str = packed array [1..n] of char;
var s, t: str; i, k, r: integer; count: array ['a'..'z'] of integer; c: char; sum: integer;
begin
  for c := 'a' to 'z' do count[c] := 0;
  for i := 1 to n do s[i] := chr(ord('a') + (i * 7) mod 26);
  sum := 0;
  for r := 1 to 3000000 do begin
    for i := 1 to n do t[i] := s[n + 1 - i];
    for i := 1 to n do count[t[i]] := count[t[i]] + 1;
    if t < s then sum := sum + 1;
    s := t
  end;
  writeln(count['a']:1, ' ', sum:1)
end.
