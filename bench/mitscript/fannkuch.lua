-- SPDX-License-Identifier: MIT
--
-- fannkuch: for all permutations of 1..n, the most prefix reversals until a 1 comes first. Twin of
-- fannkuch.mit.
local size = 9 -- quick: 5 long: 10

-- Reverses prefixes until the first value is 1 and returns how many reversals that took.
local function count_flips(permutation, n, work)
  for i = 1, n do work[i] = permutation[i] end
  local flips = 0
  local first = work[1]
  while first ~= 1 do
    local low = 1
    local high = first
    while low < high do
      local value = work[low]
      work[low] = work[high]
      work[high] = value
      low = low + 1
      high = high - 1
    end
    flips = flips + 1
    first = work[1]
  end
  return flips
end

-- Turns `permutation` into the next one by rotating prefixes; false after the last.
local function advance(permutation, counts, n)
  for length = 2, n do
    local first = permutation[1]
    for i = 1, length - 1 do permutation[i] = permutation[i + 1] end
    permutation[length] = first
    counts[length] = counts[length] + 1
    if counts[length] < length then return true end
    counts[length] = 0
  end
  return false
end

local function fannkuch(n)
  local permutation = {}
  local counts = {}
  local work = {}
  for i = 1, n do
    permutation[i] = i
    counts[i] = 0
  end
  local most = 0
  local checksum = 0
  local sign = 1
  local more = true
  while more do
    local flips = count_flips(permutation, n, work)
    if flips > most then most = flips end
    checksum = checksum + sign * flips
    sign = -sign
    more = advance(permutation, counts, n)
  end
  return { most = most, checksum = checksum }
end

local function main(n)
  for round = 1, 4 do
    local result = fannkuch(n)
    print("fannkuch(" .. n .. "): most flips " .. result.most .. ", checksum " .. result.checksum)
  end
end

main(size)
