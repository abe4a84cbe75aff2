-- SPDX-License-Identifier: MIT
--
-- dictionary: a cache with text keys that forgets what was used least recently. Twin of dictionary.mit.
local size = 800000 -- quick: 2000 long: 5000000

local function make_cache(capacity)
  local ring = { key = "", value = 0, before = nil, after = nil }
  ring.before = ring
  ring.after = ring
  local self = { count = 0, hits = 0, misses = 0, evictions = 0, entries = {} }

  local function unlink(entry)
    entry.before.after = entry.after
    entry.after.before = entry.before
  end

  -- Makes `entry` the most recently used one.
  local function link(entry)
    entry.after = ring.after
    entry.before = ring
    ring.after.before = entry
    ring.after = entry
  end

  local function evict()
    local oldest = ring.before
    unlink(oldest)
    self.entries[oldest.key] = nil
    self.count = self.count - 1
    self.evictions = self.evictions + 1
  end

  self.get = function(key)
    local entry = self.entries[key]
    if entry == nil then
      self.misses = self.misses + 1
      return nil
    end
    self.hits = self.hits + 1
    unlink(entry)
    link(entry)
    return entry.value
  end

  self.put = function(key, value)
    if self.count == capacity then evict() end
    local entry = { key = key, value = value, before = nil, after = nil }
    self.entries[key] = entry
    self.count = self.count + 1
    link(entry)
  end
  return self
end

local function main(requests)
  local cache = make_cache(1000)
  local seed = 3
  local sum = 0
  for i = 1, requests do
    seed = (seed * 1471 + 12345) % 1000003
    -- The product of two random numbers is more often small than large.
    local a = seed // 16 % 100
    seed = (seed * 1471 + 12345) % 1000003
    local b = seed // 16 % 90
    local number = a * b
    local key = "k" .. number
    local value = cache.get(key)
    if value == nil then
      value = number * 2 + 1
      cache.put(key, value)
    end
    sum = (sum * 3 + value) % 1000003
  end
  print("dictionary: hits " .. cache.hits .. ", misses " .. cache.misses .. ", evictions " .. cache.evictions
    .. ", sum " .. sum)
end

main(size)
