-- SPDX-License-Identifier: MIT
--
-- bignum: numbers of any size as linked lists of base-10000 digits, least first. Twin of bignum.mit.
local size = 500 -- quick: 30 long: 1500

local function cons(head, tail) return { head = head, tail = tail } end

local function reverse(list)
  local result = nil
  while list ~= nil do
    result = cons(list.head, result)
    list = list.tail
  end
  return result
end

-- Walks two lists in step, with 0 for what is missing, and keeps a carry: `f` gives the full sum of one place.
local function carry_map(f, a, b)
  local result = nil
  local carry = 0
  while a ~= nil or b ~= nil or carry ~= 0 do
    local x = 0
    local y = 0
    if a ~= nil then
      x = a.head
      a = a.tail
    end
    if b ~= nil then
      y = b.head
      b = b.tail
    end
    local sum = f(x, y) + carry
    carry = sum // 10000
    result = cons(sum - carry * 10000, result)
  end
  return reverse(result)
end

local function from_int(n)
  if n == 0 then return nil end
  return cons(n % 10000, from_int(n // 10000))
end

local function add(a, b) return carry_map(function(x, y) return x + y end, a, b) end

local function scale(a, factor) return carry_map(function(x, y) return x * factor end, a, nil) end

local function multiply(a, b)
  if b == nil then return nil end
  local rest = multiply(a, b.tail)
  if rest ~= nil then rest = cons(0, rest) end
  return add(scale(a, b.head), rest)
end

local function power(base, exponent)
  if exponent == 0 then return from_int(1) end
  local half = power(base, exponent // 2)
  local square = multiply(half, half)
  if exponent % 2 == 1 then return multiply(square, base) end
  return square
end

local function factorial(n)
  local result = from_int(1)
  while n > 1 do
    result = multiply(result, from_int(n))
    n = n - 1
  end
  return result
end

local function fibonacci(n)
  local a = nil
  local b = from_int(1)
  while n > 0 do
    local next = add(a, b)
    a = b
    b = next
    n = n - 1
  end
  return a
end

local function to_string(a)
  if a == nil then return "0" end
  a = reverse(a)
  local text = "" .. a.head
  a = a.tail
  while a ~= nil do
    if a.head < 1000 then text = text .. "0" end
    if a.head < 100 then text = text .. "0" end
    if a.head < 10 then text = text .. "0" end
    text = text .. a.head
    a = a.tail
  end
  return text
end

local function main(n)
  print(to_string(factorial(2 * n)))
  print(to_string(fibonacci(10 * n)))
  print(to_string(power(from_int(31415), n)))
end

main(size)
