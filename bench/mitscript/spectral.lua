-- SPDX-License-Identifier: MIT
--
-- spectral: power iteration in fixed-point integers with a matrix whose elements are computed. Twin of spectral.mit.
local size = 300 -- quick: 10 long: 900

-- Element of the matrix, times 10000; rows and columns count from 1.
local function element(i, j)
  local diagonal = i + j - 2
  return 10000 // ((diagonal * (diagonal + 1)) // 2 + i)
end

-- Product of the matrix, or its transpose, with a vector whose parts are below 10000.
local function times(vector, n)
  local result = {}
  for i = 1, n do
    local sum = 0
    for j = 1, n do sum = sum + (element(i, j) * vector[j]) // 100 end
    result[i] = sum
  end
  return result
end

local function times_transposed(vector, n)
  local result = {}
  for i = 1, n do
    local sum = 0
    for j = 1, n do sum = sum + (element(j, i) * vector[j]) // 100 end
    result[i] = sum
  end
  return result
end

-- Scales a vector so that its largest part becomes 10000.
local function normalise(vector, n)
  local largest = 1
  for i = 1, n do
    if vector[i] > largest then largest = vector[i] end
  end
  local unit = largest // 10000 + 1
  local result = {}
  for i = 1, n do result[i] = vector[i] // unit end
  return result
end

local function main(n)
  local vector = {}
  for i = 1, n do vector[i] = 10000 end
  for round = 1, 100 do
    vector = normalise(times(vector, n), n)
    vector = normalise(times_transposed(vector, n), n)
  end
  local sum = 0
  for i = 1, n do sum = sum + vector[i] * i end
  print("spectral: " .. vector[1] .. " " .. vector[2] .. " " .. vector[3] .. ", weighted sum " .. sum)
end

main(size)
