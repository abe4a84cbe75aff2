-- SPDX-License-Identifier: MIT
--
-- traffic: cars on a ring road, a cellular automaton over immutable records. Twin of traffic.mit.
local size = 8000 -- quick: 10 long: 60000

local function map(array, f)
  local result = { count = array.count, items = {} }
  for i = 1, array.count do
    result.items[i] = f(array.items[i], i)
  end
  return result
end

local function reduce(array, f, start)
  local result = start
  for i = 1, array.count do
    result = f(result, array.items[i])
  end
  return result
end

local function make_car(id, place, speed, driven)
  return { id = id, place = place, speed = speed, driven = driven }
end

local function make_road(length, car_count)
  local cars = { count = car_count, items = {} }
  for i = 1, car_count do
    cars.items[i] = make_car(i, ((i - 1) * length) // car_count, 0, 0)
  end
  return { length = length, limit = 5, cars = cars, seed = 1 }
end

-- Free cells between a car and the one before it.
local function gap_before(road, i)
  local next
  if i == road.cars.count then next = road.cars.items[1] else next = road.cars.items[i + 1] end
  local gap = next.place - road.cars.items[i].place - 1
  if gap < 0 then gap = gap + road.length end
  return gap
end

-- Speeds up to the limit, brakes for the car ahead, dawdles now and then, and moves.
local function drive(road)
  return map(road.cars, function(car, i)
    local speed = car.speed
    if speed < road.limit then speed = speed + 1 end
    local gap = gap_before(road, i)
    if speed > gap then speed = gap end
    local seed = (road.seed * 171 + 11213) % 53125
    road.seed = seed
    if seed < 10000 and speed > 0 then speed = speed - 1 end
    local place = car.place + speed
    if place >= road.length then place = place - road.length end
    return make_car(car.id, place, speed, car.driven + speed)
  end)
end

local function total_speed(cars)
  return reduce(cars, function(sum, car) return sum + car.speed end, 0)
end

local function standing(cars)
  return reduce(cars, function(count, car)
    if car.speed == 0 then return count + 1 end
    return count
  end, 0)
end

local function farthest(cars)
  return reduce(cars, function(best, car)
    if car.driven > best.driven then return car end
    return best
  end, cars.items[1])
end

local function main(steps)
  local road = make_road(1000, 180)
  local flow = 0
  local jams = 0
  for step = 1, steps do
    road.cars = drive(road)
    flow = flow + total_speed(road.cars)
    jams = jams + standing(road.cars)
  end
  local winner = farthest(road.cars)
  print("traffic: flow " .. flow .. ", standing " .. jams .. ", farthest " .. winner.id .. " at " .. winner.driven)
end

main(size)
