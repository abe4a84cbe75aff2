program P(output);
begin
end.
