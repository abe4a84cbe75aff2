program Dead(output);

procedure p(a: integer);
var x, y, z: integer;
begin
  x := a * 2;
  y := x + 1;
  z := y * 3;
  writeln(z);
  writeln('end')
end;

begin
  p(5)
end.
