-- SPDX-License-Identifier: MIT
--
-- fib: Fibonacci numbers by double recursion. Twin of fib.mit.
local size = 35 -- quick: 15 long: 40

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

print("fib(" .. size .. ") = " .. fib(size))
