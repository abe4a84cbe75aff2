// SPDX-License-Identifier: MIT
//
// dictionary: a cache with text keys that forgets what was used least recently. Twin of dictionary.mit.
const size = 800000; // quick: 2000 long: 5000000

function makeCache(capacity) {
  const ring = { key: "", value: 0, before: null, after: null };
  ring.before = ring;
  ring.after = ring;
  const self = { count: 0, hits: 0, misses: 0, evictions: 0, entries: new Map() };

  const unlink = (entry) => {
    entry.before.after = entry.after;
    entry.after.before = entry.before;
  };

  // Makes `entry` the most recently used one.
  const link = (entry) => {
    entry.after = ring.after;
    entry.before = ring;
    ring.after.before = entry;
    ring.after = entry;
  };

  const evict = () => {
    const oldest = ring.before;
    unlink(oldest);
    self.entries.delete(oldest.key);
    self.count = (self.count - 1) | 0;
    self.evictions = (self.evictions + 1) | 0;
  };

  self.get = (key) => {
    const entry = self.entries.get(key);
    if (entry === undefined) {
      self.misses = (self.misses + 1) | 0;
      return null;
    }
    self.hits = (self.hits + 1) | 0;
    unlink(entry);
    link(entry);
    return entry.value;
  };

  self.put = (key, value) => {
    if (self.count === capacity) evict();
    const entry = { key, value, before: null, after: null };
    self.entries.set(key, entry);
    self.count = (self.count + 1) | 0;
    link(entry);
  };
  return self;
}

function main(requests) {
  const cache = makeCache(1000);
  let seed = 3;
  let sum = 0;
  for (let i = 1; i <= requests; i++) {
    seed = ((seed * 1471 + 12345) | 0) % 1000003;
    // The product of two random numbers is more often small than large.
    const a = ((seed / 16) | 0) % 100;
    seed = ((seed * 1471 + 12345) | 0) % 1000003;
    const b = ((seed / 16) | 0) % 90;
    const number = Math.imul(a, b);
    const key = "k" + number;
    let value = cache.get(key);
    if (value === null) {
      value = (number * 2 + 1) | 0;
      cache.put(key, value);
    }
    sum = ((sum * 3 + value) | 0) % 1000003;
  }
  console.log("dictionary: hits " + cache.hits + ", misses " + cache.misses + ", evictions " + cache.evictions
    + ", sum " + sum);
}

main(size);
