-- SPDX-License-Identifier: MIT
--
-- closures: map, filter and fold over linked lists, composition, currying, counters. Twin of closures.mit.
local size = 20000 -- quick: 20 long: 160000

local function cons(head, tail) return { head = head, tail = tail } end

local function range(low, high)
  local list = nil
  while high >= low do
    list = cons(high, list)
    high = high - 1
  end
  return list
end

local function map(f, list)
  if list == nil then return nil end
  return cons(f(list.head), map(f, list.tail))
end

local function filter(keep, list)
  if list == nil then return nil end
  if keep(list.head) then return cons(list.head, filter(keep, list.tail)) end
  return filter(keep, list.tail)
end

local function fold(f, start, list)
  local result = start
  while list ~= nil do
    result = f(result, list.head)
    list = list.tail
  end
  return result
end

local function adder(n) return function(x) return x + n end end
local function multiplier(n) return function(x) return x * n end end
local function compose(f, g) return function(x) return f(g(x)) end end
local function curry(f) return function(a) return function(b) return f(a, b) end end end
local function multiple_of(n) return function(x) return x % n == 0 end end

-- Two functions that share one counter.
local function make_counter(step)
  local state = { count = 0 }
  return {
    advance = function() state.count = state.count + step end,
    read = function() return state.count end,
  }
end

-- `seen` reads the local `total` of its maker, so it sees each assignment made after it.
local function watch(count)
  local total = 0
  local seen = function() return total end
  local sum = 0
  local i = 0
  while i < count do
    total = total + i
    sum = sum + seen() // 16
    i = i + 1
  end
  return sum
end

local function main(rounds)
  local plus = function(a, b) return a + b end
  local curried_plus = curry(plus)
  local numbers = range(1, 100)
  local counter = make_counter(3)
  local checksum = 0
  for round = 1, rounds do
    local f = compose(adder(round), compose(multiplier(2), curried_plus(7)))
    local kept = filter(multiple_of(3), map(f, numbers))
    local total = fold(plus, 0, kept) + watch(50)
    counter.advance()
    checksum = (checksum * 3 + total + counter.read()) % 100003
  end
  return checksum
end

print("closures: " .. main(size))
