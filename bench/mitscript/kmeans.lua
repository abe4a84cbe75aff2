-- SPDX-License-Identifier: MIT
--
-- kmeans: sorts points of the plane into clusters around the means of the clusters, in integers. Twin of kmeans.mit.
local size = 8000 -- quick: 60 long: 60000

local function make_points(count)
  local points = {}
  local seed = 5
  for i = 1, count do
    seed = (seed * 1471 + 12345) % 1000003
    local x = seed // 64
    seed = (seed * 1471 + 12345) % 1000003
    points[i] = { x = x, y = seed // 64, cluster = 0 }
  end
  return points
end

-- The first points are the first centres.
local function first_centres(points, k)
  local centres = {}
  for i = 1, k do
    centres[i] = { x = points[i].x, y = points[i].y, count = 0, sum_x = 0, sum_y = 0 }
  end
  return centres
end

local function nearest(centres, k, point)
  local best = 0
  local best_distance = 2000000000
  for i = 1, k do
    local centre = centres[i]
    local dx = centre.x - point.x
    local dy = centre.y - point.y
    local distance = dx * dx + dy * dy
    if distance < best_distance then
      best_distance = distance
      best = i
    end
  end
  return best
end

-- Gives each point to its nearest centre and returns how many points changed cluster.
local function assign(points, count, centres, k)
  local changed = 0
  for i = 1, count do
    local point = points[i]
    local cluster = nearest(centres, k, point)
    if cluster ~= point.cluster then
      point.cluster = cluster
      changed = changed + 1
    end
  end
  return changed
end

-- Moves each centre to the mean of its points.
local function update(points, count, centres, k)
  for i = 1, k do
    local centre = centres[i]
    centre.count = 0
    centre.sum_x = 0
    centre.sum_y = 0
  end
  for i = 1, count do
    local point = points[i]
    local centre = centres[point.cluster]
    centre.count = centre.count + 1
    centre.sum_x = centre.sum_x + point.x
    centre.sum_y = centre.sum_y + point.y
  end
  for i = 1, k do
    local centre = centres[i]
    if centre.count > 0 then
      centre.x = centre.sum_x // centre.count
      centre.y = centre.sum_y // centre.count
    end
  end
end

local function main(count)
  local k = 16
  local points = make_points(count)
  local centres = first_centres(points, k)
  local changes = 0
  for round = 1, 100 do
    changes = changes + assign(points, count, centres, k)
    update(points, count, centres, k)
  end
  print("kmeans: " .. changes .. " changes")
  for i = 1, k do
    print("  " .. centres[i].x .. " " .. centres[i].y .. ": " .. centres[i].count)
  end
end

main(size)
