-- SPDX-License-Identifier: MIT
--
-- quicksort: sorts pseudo-random integers by a comparison function that the caller gives. Twin of quicksort.mit.
local size = 100000 -- quick: 500 long: 500000

local function random_array(n, seed)
  local array = {}
  for i = 1, n do
    seed = (seed * 1471 + 12345) % 1000003
    array[i] = seed
  end
  return array
end

local function insertion_sort(array, low, high, before)
  for i = low + 1, high do
    local value = array[i]
    local j = i - 1
    while j >= low and before(value, array[j]) do
      array[j + 1] = array[j]
      j = j - 1
    end
    array[j + 1] = value
  end
end

local function sort(array, low, high, before)
  if high - low < 12 then
    insertion_sort(array, low, high, before)
    return
  end
  local pivot = array[low + (high - low) // 2]
  local i = low
  local j = high
  while i <= j do
    while before(array[i], pivot) do i = i + 1 end
    while before(pivot, array[j]) do j = j - 1 end
    if i <= j then
      local value = array[i]
      array[i] = array[j]
      array[j] = value
      i = i + 1
      j = j - 1
    end
  end
  sort(array, low, j, before)
  sort(array, i, high, before)
end

-- Sum of value times place modulo a prime, or an error when two neighbours are out of order.
local function checksum(array, n, before)
  local sum = array[1]
  for i = 2, n do
    if before(array[i], array[i - 1]) then return "out of order at " .. i end
    sum = (sum * 31 + array[i]) % 1000003
  end
  return sum
end

local function main(n)
  local rising = function(a, b) return a < b end
  local falling = function(a, b) return a > b end
  for round = 1, 4 do
    local array = random_array(n, 42 + round)
    sort(array, 1, n, rising)
    print("quicksort: rising " .. checksum(array, n, rising))
    sort(array, 1, n, falling)
    print("quicksort: falling " .. checksum(array, n, falling))
  end
end

main(size)
