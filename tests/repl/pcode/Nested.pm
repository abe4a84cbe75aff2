program Nested;
type pair = record count: integer; full: Boolean end;
     table = array [1..3] of pair;
var all: table; i: integer;
procedure outer(limit: integer);
var sum: integer;
  procedure inner(k: integer);
  begin
    sum := sum + k; all[k].count := sum; all[k].full := sum > limit
  end;
begin
  sum := 0; inner(1); inner(2); inner(i)
end;
begin
  i := 4; outer(2)
end.
