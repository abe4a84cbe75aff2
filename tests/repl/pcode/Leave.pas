program Leave(output);
{ a goto out of a procedure; a file of its own }
label 9;
var numbers: file of integer;
procedure deep(n: integer);
begin
  if n = 0 then goto 9;
  deep(n - 1)
end;
begin
  rewrite(numbers); numbers^ := 7; put(numbers);
  deep(3);
  writeln('never');
9: reset(numbers);
  writeln(numbers^: 1)
end.
