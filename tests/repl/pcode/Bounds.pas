program Bounds(output);
{ nested routines, routines as parameters, conformant arrays, variables in the store }
type table = array [1..3] of integer;
var total: integer; t: table;
procedure outer(limit: integer);
var sum: integer;
  procedure half(x: integer);
  begin
    if x > limit then sum := sum div 2
  end;
  procedure apply(k: integer; procedure step(x: integer));
  var twice: integer;
  begin
    twice := 2 * k;
    sum := sum + twice;
    step(k)
  end;
begin
  sum := 0; apply(1, half); apply(7, half);
  total := sum
end;
function width(var a: array [low..high: integer] of integer; copy: table): integer;
begin
  width := high - low + 1 + a[low] + copy[1]
end;
function fact(n: integer): integer;
begin
  if n = 0 then fact := 1 else fact := n * fact(n - 1)
end;
begin
  t[1] := 4; t[2] := 5;
  outer(2);
  total := total + width(t, t);
  total := total + fact(3);
  writeln(total: 1)
end.
