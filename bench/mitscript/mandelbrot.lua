-- SPDX-License-Identifier: MIT
--
-- mandelbrot: the Mandelbrot set in fixed-point integers with 12 bits after the point. Twin of mandelbrot.mit.
local size = 1200 -- quick: 48 long: 4000

-- Steps until the point leaves the circle of radius 2, at most `limit`. The shift into the positive range is not needed
-- here, where division rounds down; it stays so that both twins do the same work.
local function escape(cx, cy, limit)
  local x = 0
  local y = 0
  local xx = 0
  local yy = 0
  local steps = 0
  while xx + yy <= 16384 and steps < limit do
    y = (x * y + 134217728) // 2048 - 65536 + cy
    x = xx - yy + cx
    xx = (x * x) // 4096
    yy = (y * y) // 4096
    steps = steps + 1
  end
  return steps
end

local function main(width)
  local letters = { [0] = " ", ".", ":", "+", "#" }
  local height = width // 3
  local limit = 200
  local total = 0
  for row = 0, height - 1 do
    local cy = (row * 10240) // height - 5120
    local line = ""
    for column = 0, width - 1 do
      local cx = (column * 14336) // width - 10240
      local steps = escape(cx, cy, limit)
      total = total + steps
      if column % 16 == 0 then line = line .. letters[(steps * 4) // limit] end
    end
    if row % 16 == 0 then print(line) end
  end
  print("mandelbrot: " .. total .. " steps")
end

main(size)
