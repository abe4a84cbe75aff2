program Shapes(input, output);
type colour = (red, green, blue);
     link = ^node;
     node = record key: integer; next: link end;
     shape = record
       name: packed array [1..5] of char;
       case kind: colour of
         red: (radius: real);
         green, blue: (w, h: integer)
     end;
var s: shape; head: link; mix: set of colour; total: real; i: integer; ok: boolean; c: char;
    table: array [1..3] of integer;
procedure push(k: integer; var list: link);
var n: link;
begin
  new(n); n^.key := k; n^.next := list; list := n
end;
function outer(limit: integer): integer;
var sum: integer;
  procedure inner(k: integer; procedure step(x: integer));
  begin
    sum := sum + k;
    step(k)
  end;
  procedure half(x: integer);
  begin
    if x > limit then sum := sum div 2
  end;
begin
  sum := 0; inner(1, half); inner(7, half);
  outer := sum
end;
function width(var a: array [lo..hi: integer] of integer): integer;
begin
  width := hi - lo + 1 + a[lo]
end;
begin
  read(i); readln(c);
  head := nil; push(i, head); push(i + 1, head);
  mix := [red, blue]; s.name := 'disc '; s.kind := red; s.radius := 1.5;
  table[1] := 5;
  total := outer(2) + width(table); ok := c in ['a'..'z'];
  writeln('total', total: 6: 2);
  table[i] := table[3]
end.
