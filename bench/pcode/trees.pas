// SPDX-License-Identifier: MIT
program trees(output);
type link = ^node; node = record l, r: link end;
var i, s: integer; t: link;
function make(d: integer): link;
var p: link;
begin new(p); if d > 0 then begin p^.l := make(d - 1); p^.r := make(d - 1) end else begin p^.l := nil; p^.r := nil end; make := p end;
function check(p: link): integer;
begin if p^.l = nil then check := 1 else check := 1 + check(p^.l) + check(p^.r) end;
procedure free(p: link);
begin if p^.l <> nil then begin free(p^.l); free(p^.r) end; dispose(p) end;
begin
  s := 0;
  for i := 1 to 600 do begin t := make(14); s := s + check(t); free(t) end;
  writeln(s:1)
end.
