-- SPDX-License-Identifier: MIT
--
-- scheduler: the kernel of a small operating system, after Martin Richards's benchmark. Twin of scheduler.mit.
local size = 40 -- quick: 1 long: 300

-- Task numbers.
local IDLE = 1
local WORKER = 2
local HANDLER_A = 3
local HANDLER_B = 4
local DEVICE_A = 5
local DEVICE_B = 6

-- Kinds of packets.
local DEVICE_PACKET = 1
local WORK_PACKET = 2

local function make_packet(link, id, kind)
  return { link = link, id = id, kind = kind, datum = 1, data = {} }
end

-- Appends a packet to a queue and returns the queue's head.
local function append(packet, queue)
  packet.link = nil
  if queue == nil then return packet end
  local last = queue
  while last.link ~= nil do last = last.link end
  last.link = packet
  return queue
end

local function make_scheduler()
  local self = { tasks = nil, table = {}, current = nil, current_id = 0, queued = 0, holds = 0 }

  -- A task is `suspended` while it waits for a packet, and `held` until another task releases it.
  self.add = function(id, priority, queue, suspended, body)
    local task = { link = self.tasks, id = id, priority = priority, queue = queue, suspended = suspended,
                   held = false, body = body }
    self.tasks = task
    self.table[id] = task
  end

  self.run = function()
    self.current = self.tasks
    while self.current ~= nil do
      local task = self.current
      if task.held or (task.suspended and task.queue == nil) then
        self.current = task.link
      else
        local packet = nil
        if task.suspended then
          packet = task.queue
          task.queue = packet.link
          task.suspended = false
        end
        self.current_id = task.id
        self.current = task.body.run(packet)
      end
    end
  end

  -- The task that should run next when `task` has become ready.
  self.prefer = function(task)
    if task.priority > self.current.priority then return task end
    return self.current
  end

  self.release = function(id)
    local task = self.table[id]
    task.held = false
    return self.prefer(task)
  end

  self.hold = function()
    self.holds = self.holds + 1
    self.current.held = true
    return self.current.link
  end

  self.wait = function()
    self.current.suspended = true
    return self.current
  end

  -- Sends a packet to the task it names; the packet then names the sender.
  self.send = function(packet)
    local task = self.table[packet.id]
    self.queued = self.queued + 1
    packet.link = nil
    packet.id = self.current_id
    if task.queue == nil then
      task.queue = packet
      return self.prefer(task)
    end
    task.queue = append(packet, task.queue)
    return self.current
  end
  return self
end

-- Releases one of the two devices, chosen by a pseudo-random sequence, `count` times.
local function make_idle(scheduler, count)
  local self = { seed = 1, count = count }
  self.run = function(packet)
    self.count = self.count - 1
    if self.count == 0 then return scheduler.hold() end
    self.seed = (self.seed * 171 + 11213) % 53125
    if self.seed < 26562 then return scheduler.release(DEVICE_A) end
    return scheduler.release(DEVICE_B)
  end
  return self
end

-- Fills work packets with letters and sends them to the two handlers in turn.
local function make_worker(scheduler)
  local self = { target = HANDLER_A, letter = 0 }
  self.run = function(packet)
    if packet == nil then return scheduler.wait() end
    if self.target == HANDLER_A then self.target = HANDLER_B else self.target = HANDLER_A end
    packet.id = self.target
    packet.datum = 1
    for i = 1, 4 do
      self.letter = self.letter + 1
      if self.letter > 26 then self.letter = 1 end
      packet.data[i] = self.letter
    end
    return scheduler.send(packet)
  end
  return self
end

-- Gives the letters of each work packet, one by one, to device packets, and sends the empty packet back.
local function make_handler(scheduler)
  local self = { work = nil, devices = nil }
  self.run = function(packet)
    if packet ~= nil then
      if packet.kind == WORK_PACKET then
        self.work = append(packet, self.work)
      else
        self.devices = append(packet, self.devices)
      end
    end
    local work = self.work
    if work ~= nil then
      if work.datum > 4 then
        self.work = work.link
        return scheduler.send(work)
      end
      local device = self.devices
      if device ~= nil then
        self.devices = device.link
        device.datum = work.data[work.datum]
        work.datum = work.datum + 1
        return scheduler.send(device)
      end
    end
    return scheduler.wait()
  end
  return self
end

-- Keeps a packet while the task is held, and sends it back once the idle task has released it.
local function make_device(scheduler)
  local self = { pending = nil, sum = 0 }
  self.run = function(packet)
    if packet == nil then
      packet = self.pending
      if packet == nil then return scheduler.wait() end
      self.pending = nil
      self.sum = self.sum + packet.datum
      return scheduler.send(packet)
    end
    self.pending = packet
    return scheduler.hold()
  end
  return self
end

local function three_packets(id)
  local queue = make_packet(nil, id, DEVICE_PACKET)
  queue = make_packet(queue, id, DEVICE_PACKET)
  return make_packet(queue, id, DEVICE_PACKET)
end

local function run_system(count)
  local scheduler = make_scheduler()
  local work = make_packet(make_packet(nil, WORKER, WORK_PACKET), WORKER, WORK_PACKET)
  local device_a = make_device(scheduler)
  local device_b = make_device(scheduler)
  scheduler.add(IDLE, 0, nil, false, make_idle(scheduler, count))
  scheduler.add(WORKER, 1000, work, true, make_worker(scheduler))
  scheduler.add(HANDLER_A, 2000, three_packets(DEVICE_A), true, make_handler(scheduler))
  scheduler.add(HANDLER_B, 3000, three_packets(DEVICE_B), true, make_handler(scheduler))
  scheduler.add(DEVICE_A, 4000, nil, true, device_a)
  scheduler.add(DEVICE_B, 5000, nil, true, device_b)
  scheduler.run()
  return { queued = scheduler.queued, holds = scheduler.holds, sum = device_a.sum + device_b.sum }
end

local function main(rounds)
  local queued = 0
  local holds = 0
  local sum = 0
  for round = 0, rounds - 1 do
    local result = run_system(10000 + round)
    queued = queued + result.queued
    holds = holds + result.holds
    sum = sum + result.sum
  end
  print("scheduler: queued " .. queued .. ", holds " .. holds .. ", sum " .. sum)
end

main(size)
