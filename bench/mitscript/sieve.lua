-- SPDX-License-Identifier: MIT
--
-- sieve: the sieve of Eratosthenes, a hundred times over a fresh table of flags. Twin of sieve.mit.
local size = 150000 -- quick: 1000 long: 1500000

local function sieve(limit)
  local composite = {}
  for i = 1, limit do composite[i] = false end
  local count = 0
  local last = 0
  for i = 2, limit do
    if not composite[i] then
      count = count + 1
      last = i
      if i <= limit // i then
        for multiple = i * i, limit, i do composite[multiple] = true end
      end
    end
  end
  return { count = count, last = last }
end

local function main(limit)
  local count = 0
  local last = 0
  for round = 1, 100 do
    local primes = sieve(limit - round)
    count = count + primes.count
    last = last + primes.last
  end
  print("sieve: " .. count .. " primes, sum of the last " .. last)
end

main(size)
