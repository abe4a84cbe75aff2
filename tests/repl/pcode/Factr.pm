program Factr;
var n, f: integer;
procedure Fact(n: integer; var r: integer);
var t: integer;
begin
  if n = 0 then r := 1
  else begin Fact(n - 1, t); r := t * n end
end;
begin
  read(n);
  Fact(n, f);
  write(f)
end.
