-- SPDX-License-Identifier: MIT
--
-- circuit: event-driven simulation of digital logic, a 16-bit ripple-carry adder. Twin of circuit.mit.
local size = 5000 -- quick: 5 long: 40000

-- The agenda: segments in order of time, each with a queue of actions.
local function make_agenda()
  local self = { now = 0, segments = nil, events = 0 }

  local function new_segment(time, action, next)
    local item = { action = action, next = nil }
    return { time = time, first = item, last = item, next = next }
  end

  self.after = function(delay, action)
    local time = self.now + delay
    local previous = nil
    local segment = self.segments
    while segment ~= nil and segment.time < time do
      previous = segment
      segment = segment.next
    end
    if segment ~= nil and segment.time == time then
      local item = { action = action, next = nil }
      segment.last.next = item
      segment.last = item
    else
      segment = new_segment(time, action, segment)
      if previous == nil then self.segments = segment else previous.next = segment end
    end
  end

  self.run = function()
    while self.segments ~= nil do
      local segment = self.segments
      self.now = segment.time
      local item = segment.first
      while item ~= nil do
        self.events = self.events + 1
        item.action()
        item = item.next
      end
      self.segments = segment.next
    end
  end
  return self
end

-- A wire holds 0 or 1 and calls its listeners when that changes.
local function make_wire()
  local self = { signal = 0, listeners = nil }
  self.set = function(signal)
    if signal ~= self.signal then
      self.signal = signal
      local listener = self.listeners
      while listener ~= nil do
        listener.notify()
        listener = listener.next
      end
    end
  end
  self.listen = function(notify)
    self.listeners = { notify = notify, next = self.listeners }
    notify()
  end
  return self
end

local function make_gates(agenda)
  local function invert(input, output)
    input.listen(function()
      local value = 1 - input.signal
      agenda.after(2, function() output.set(value) end)
    end)
  end

  -- A gate with two inputs: `logic` computes the output.
  local function binary(logic, delay)
    return function(a, b, output)
      local function notify()
        local value = logic(a.signal, b.signal)
        agenda.after(delay, function() output.set(value) end)
      end
      a.listen(notify)
      b.listen(notify)
    end
  end

  local self = {
    invert = invert,
    both = binary(function(a, b) return a * b end, 3),
    either = binary(function(a, b) return a + b - a * b end, 5),
  }

  self.half_adder = function(a, b, sum, carry)
    local any = make_wire()
    local not_both = make_wire()
    self.either(a, b, any)
    self.both(a, b, carry)
    self.invert(carry, not_both)
    self.both(any, not_both, sum)
  end

  self.full_adder = function(a, b, carry_in, sum, carry_out)
    local partial = make_wire()
    local carry_1 = make_wire()
    local carry_2 = make_wire()
    self.half_adder(b, carry_in, partial, carry_1)
    self.half_adder(a, partial, sum, carry_2)
    self.either(carry_1, carry_2, carry_out)
  end
  return self
end

local function make_bus(width)
  local wires = {}
  for i = 1, width do wires[i] = make_wire() end
  return {
    write = function(number)
      for i = 1, width do
        local half = number // 2
        wires[i].set(number - half * 2)
        number = half
      end
    end,
    read = function()
      local number = 0
      for i = width, 1, -1 do number = number * 2 + wires[i].signal end
      return number
    end,
    wires = wires,
  }
end

local function main(rounds)
  local width = 16
  local agenda = make_agenda()
  local gates = make_gates(agenda)
  local a = make_bus(width)
  local b = make_bus(width)
  local sum = make_bus(width)
  local carry = make_wire()
  for i = 1, width do
    local next_carry = make_wire()
    gates.full_adder(a.wires[i], b.wires[i], carry, sum.wires[i], next_carry)
    carry = next_carry
  end
  agenda.run()
  local checksum = 0
  local wrong = 0
  local x = 1
  local y = 7
  for round = 1, rounds do
    x = (x * 75 + 74) % 32749
    y = (y * 91 + 13) % 32719
    a.write(x)
    b.write(y)
    agenda.run()
    if sum.read() ~= x + y then wrong = wrong + 1 end
    checksum = (checksum * 7 + sum.read()) % 99991
  end
  print("circuit: checksum " .. checksum .. ", wrong " .. wrong .. ", events " .. agenda.events .. ", time "
    .. agenda.now)
end

main(size)
