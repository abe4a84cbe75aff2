-- SPDX-License-Identifier: MIT
--
-- matmul: products of square matrices of small integers, eight times over. Twin of matmul.mit.
local size = 200 -- quick: 8 long: 450

local function make_matrix(n, seed)
  local matrix = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do
      seed = (seed * 171 + 11213) % 53125
      row[j] = seed // 53 - 500
    end
    matrix[i] = row
  end
  return matrix
end

local function transpose(a, n)
  local matrix = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do row[j] = a[j][i] end
    matrix[i] = row
  end
  return matrix
end

local function multiply(a, b, n)
  local columns = transpose(b, n)
  local product = {}
  for i = 1, n do
    local row = a[i]
    local result = {}
    for j = 1, n do
      local column = columns[j]
      local sum = 0
      for k = 1, n do sum = sum + row[k] * column[k] end
      result[j] = sum
    end
    product[i] = result
  end
  return product
end

-- Quotient by 1000, rounded toward zero as in MITScript.
local function thousands(n)
  if n < 0 then return -((-n) // 1000) end
  return n // 1000
end

local function main(n)
  local trace = 0
  local product
  for round = 1, 8 do
    product = multiply(make_matrix(n, round), make_matrix(n, 2 * round), n)
    for i = 1, n do trace = trace + thousands(product[i][i]) end
  end
  print("matmul: traces " .. trace .. ", corners " .. product[1][n] .. " " .. product[n][1])
end

main(size)
