-- SPDX-License-Identifier: MIT
--
-- recursion: Takeuchi's function, Ackermann's function and the towers of Hanoi. Twin of recursion.mit.
local size = 10 -- quick: 4 long: 11

local function tak(x, y, z)
  if y >= x then return z end
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end

local function ack(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ack(m - 1, 1) end
  return ack(m - 1, ack(m, n - 1))
end

-- Moves a tower of `discs` discs between two pegs and counts the moves on each peg.
local function hanoi(discs, source, target, spare, moves)
  if discs == 0 then return end
  hanoi(discs - 1, source, spare, target, moves)
  moves[target] = moves[target] + 1
  hanoi(discs - 1, spare, target, source, moves)
end

local moves = { left = 0, middle = 0, right = 0 }
hanoi(2 * size, "left", "right", "middle", moves)
print("hanoi: " .. moves.left .. " " .. moves.middle .. " " .. moves.right)
print("tak: " .. tak(2 * size, size + size // 3, size // 3))
print("ack: " .. ack(2, 20 * size) .. " " .. ack(3, size - 1))
