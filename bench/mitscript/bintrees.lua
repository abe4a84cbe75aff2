-- SPDX-License-Identifier: MIT
--
-- bintrees: builds complete binary trees of many depths, counts their nodes and drops them. Twin of bintrees.mit.
local size = 15 -- quick: 6 long: 17

local function bottom_up(depth)
  if depth == 0 then return { left = nil, right = nil } end
  return { left = bottom_up(depth - 1), right = bottom_up(depth - 1) }
end

local function count_nodes(tree)
  if tree.left == nil then return 1 end
  return 1 + count_nodes(tree.left) + count_nodes(tree.right)
end

local function main(max_depth)
  local min_depth = 4
  print("bintrees: stretch tree of depth " .. max_depth + 1 .. ", nodes " .. count_nodes(bottom_up(max_depth + 1)))
  local long_lived = bottom_up(max_depth)
  local rounds = 8
  local depth = max_depth
  while depth >= min_depth do
    local nodes = 0
    for round = 1, rounds do nodes = nodes + count_nodes(bottom_up(depth)) end
    print("bintrees: " .. rounds .. " trees of depth " .. depth .. ", nodes " .. nodes)
    rounds = rounds * 2
    depth = depth - 1
    if rounds > 512 then rounds = 512 end
  end
  print("bintrees: long-lived tree of depth " .. max_depth .. ", nodes " .. count_nodes(long_lived))
end

main(size)
