// SPDX-License-Identifier: MIT
program Calls;
var r: integer;
procedure fib(n: integer; var f: integer);
var a, b: integer;
begin
  if n < 2 then f := n
  else begin fib(n - 1, a); fib(n - 2, b); f := a + b end
end;
begin fib(34, r); write(r) end.
