-- SPDX-License-Identifier: MIT
--
-- life: Conway's game of life on a 64 by 64 torus, through the methods of a world table. Twin of life.mit.
local size = 400 -- quick: 3 long: 3000

local function make_world(width, height)
  local self = { width = width, height = height, cells = {} }

  -- The row or column one before and one after, around the edge.
  local function before(i, count)
    if i == 1 then return count end
    return i - 1
  end
  local function after(i, count)
    if i == count then return 1 end
    return i + 1
  end

  self.get = function(x, y) return self.cells[y][x] end
  self.set = function(x, y, alive) self.cells[y][x] = alive end

  self.neighbours = function(x, y)
    local left = before(x, self.width)
    local right = after(x, self.width)
    local up = before(y, self.height)
    local down = after(y, self.height)
    return self.get(left, up) + self.get(x, up) + self.get(right, up) + self.get(left, y) + self.get(right, y)
      + self.get(left, down) + self.get(x, down) + self.get(right, down)
  end

  self.rule = function(alive, count)
    if count == 3 then return 1 end
    if count == 2 then return alive end
    return 0
  end

  -- One generation: a new set of rows replaces the old one.
  self.step = function()
    local rows = {}
    for y = 1, self.height do
      local row = {}
      for x = 1, self.width do
        row[x] = self.rule(self.get(x, y), self.neighbours(x, y))
      end
      rows[y] = row
    end
    self.cells = rows
  end

  self.population = function()
    local count = 0
    for y = 1, self.height do
      for x = 1, self.width do count = count + self.get(x, y) end
    end
    return count
  end

  self.row_text = function(y)
    local text = ""
    for x = 1, self.width do
      if self.get(x, y) == 1 then text = text .. "#" else text = text .. "." end
    end
    return text
  end

  -- An empty world to begin with.
  for y = 1, height do
    local row = {}
    for x = 1, width do row[x] = 0 end
    self.cells[y] = row
  end
  return self
end

local function main(generations)
  local world = make_world(64, 64)
  local seed = 7
  for y = 1, 64 do
    for x = 1, 64 do
      seed = (seed * 171 + 11213) % 53125
      if seed < 18000 then world.set(x, y, 1) end
    end
  end
  print("life: population " .. world.population())
  for generation = 1, generations do world.step() end
  print("life: population " .. world.population())
  for y = 1, 64 do print(world.row_text(y)) end
end

main(size)
