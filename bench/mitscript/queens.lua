-- SPDX-License-Identifier: MIT
--
-- queens: counts all ways to put n queens on an n by n board so that none attacks another. Twin of queens.mit.
local size = 11 -- quick: 5 long: 12

-- Places queens from `row` on; `board` says which columns and diagonals are free.
local function place(board, row)
  local n = board.size
  if row > n then
    board.solutions = board.solutions + 1
    return
  end
  local columns = board.columns
  local rising = board.rising
  local falling = board.falling
  for column = 1, n do
    local sum = row + column
    local difference = row - column + n
    if columns[column] and rising[sum] and falling[difference] then
      columns[column] = false
      rising[sum] = false
      falling[difference] = false
      board.queens[row] = column
      place(board, row + 1)
      columns[column] = true
      rising[sum] = true
      falling[difference] = true
    end
  end
end

local function all_free(count)
  local flags = {}
  for i = 1, count do flags[i] = true end
  return flags
end

local function main(n)
  local total = 0
  for round = 1, 15 do
    local board = {
      size = n,
      solutions = 0,
      queens = {},
      columns = all_free(n),
      rising = all_free(2 * n),
      falling = all_free(2 * n),
    }
    place(board, 1)
    total = total + board.solutions
  end
  print("queens(" .. n .. "): " .. total .. " solutions in 15 rounds")
end

main(size)
