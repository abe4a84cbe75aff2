-- SPDX-License-Identifier: MIT
--
-- closuretree: a search tree whose nodes are closures that call a visitor. Twin of closuretree.mit.
local size = 25000 -- quick: 100 long: 60000

local function leaf(if_leaf, if_node) return if_leaf() end

local function node(left, key, value, right)
  return function(if_leaf, if_node) return if_node(left, key, value, right) end
end

-- A new tree with `key` bound to `value`; the old one stays as it was.
local function insert(tree, new_key, new_value)
  return tree(
    function() return node(leaf, new_key, new_value, leaf) end,
    function(left, key, value, right)
      if new_key < key then return node(insert(left, new_key, new_value), key, value, right) end
      if new_key > key then return node(left, key, value, insert(right, new_key, new_value)) end
      return node(left, key, new_value, right)
    end)
end

local function find(tree, wanted, otherwise)
  return tree(
    function() return otherwise end,
    function(left, key, value, right)
      if wanted < key then return find(left, wanted, otherwise) end
      if wanted > key then return find(right, wanted, otherwise) end
      return value
    end)
end

-- Folds `f` over the bindings in order of their keys.
local function fold(tree, f, start)
  return tree(
    function() return start end,
    function(left, key, value, right)
      return fold(right, f, f(fold(left, f, start), key, value))
    end)
end

local function depth(tree)
  return tree(
    function() return 0 end,
    function(left, key, value, right)
      local a = depth(left)
      local b = depth(right)
      if a > b then return a + 1 end
      return b + 1
    end)
end

local function main(count)
  local tree = leaf
  local seed = 99
  for i = 1, count do
    seed = (seed * 1471 + 12345) % 1000003
    tree = insert(tree, seed, i)
  end
  local found = 0
  seed = 99
  for i = 1, 2 * count do
    seed = (seed * 1471 + 12345) % 1000003
    if find(tree, seed, 0) == i then found = found + 1 end
  end
  local checksum = 0
  for round = 1, 10 do
    checksum = fold(tree, function(sum, key, value)
      return (sum * 17 + key + value) % 1000003
    end, checksum)
  end
  print("closuretree: found " .. found .. ", depth " .. depth(tree) .. ", checksum " .. checksum)
end

main(size)
