-- SPDX-License-Identifier: MIT
--
-- heapsort: sorts an array of pseudo-random integers in place with a binary heap. Twin of heapsort.mit.
local size = 100000 -- quick: 500 long: 500000

local function random_array(n, seed)
  local array = {}
  for i = 1, n do
    seed = (seed * 1471 + 12345) % 1000003
    array[i] = seed
  end
  return array
end

-- Moves the value at `root` down until its children, if any before `count`, are no larger.
local function sift_down(array, root, count)
  local value = array[root]
  local child = 2 * root
  while child <= count do
    local larger = array[child]
    if child < count then
      local right = array[child + 1]
      if right > larger then
        larger = right
        child = child + 1
      end
    end
    if larger > value then
      array[root] = larger
      root = child
      child = 2 * root
    else
      child = count + 1
    end
  end
  array[root] = value
end

local function sort(array, n)
  for i = n // 2, 1, -1 do sift_down(array, i, n) end
  for i = n, 2, -1 do
    local largest = array[1]
    array[1] = array[i]
    array[i] = largest
    sift_down(array, 1, i - 1)
  end
end

-- Sum of value times place modulo a prime, or an error when two neighbours are out of order.
local function checksum(array, n)
  local sum = array[1]
  for i = 2, n do
    if array[i - 1] > array[i] then return "out of order at " .. i end
    sum = (sum * 31 + array[i]) % 1000003
  end
  return sum
end

local function main(n)
  for round = 1, 8 do
    local array = random_array(n, 42 + round)
    sort(array, n)
    print("heapsort: " .. checksum(array, n))
  end
end

main(size)
