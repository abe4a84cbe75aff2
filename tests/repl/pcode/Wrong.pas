program Wrong(output);
begin
  writeln(i)
end.
