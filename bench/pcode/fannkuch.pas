// SPDX-License-Identifier: MIT
program fannkuch(output);
const n = 11;
var p, q, s: array [1..n] of integer; sign, maxflips, sum, i, j, m, t, flips, qq, q1, sx: integer; done: boolean;
begin
  sign := 1; maxflips := 0; sum := 0;
  for i := 1 to n do begin p[i] := i; q[i] := i; s[i] := i end;
  done := false;
  repeat
    q1 := p[1];
    if q1 <> 1 then begin
      for i := 2 to n do q[i] := p[i];
      flips := 1;
      repeat
        qq := q[q1];
        if qq = 1 then begin sum := sum + sign * flips; if flips > maxflips then maxflips := flips; q1 := 1 end
        else begin
          q[q1] := q1;
          if q1 >= 4 then begin
            i := 2; j := q1 - 1;
            repeat t := q[i]; q[i] := q[j]; q[j] := t; i := i + 1; j := j - 1 until i >= j
          end;
          q1 := qq; flips := flips + 1
        end
      until q1 = 1
    end;
    if sign = 1 then begin t := p[1]; p[1] := p[2]; p[2] := t; sign := -1 end
    else begin
      t := p[2]; p[2] := p[3]; p[3] := t; sign := 1; i := 3; m := 0;
      while (m = 0) and not done do begin
        sx := s[i];
        if sx <> 1 then begin s[i] := sx - 1; m := 1 end
        else if i = n then done := true
        else begin s[i] := i; t := p[1]; for j := 1 to i do p[j] := p[j + 1]; p[i + 1] := t; i := i + 1 end
      end
    end
  until done;
  writeln(sum:1, ' ', maxflips:1)
end.
