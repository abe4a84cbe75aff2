// SPDX-License-Identifier: MIT
//
// closures: map, filter and fold over linked lists, composition, currying, counters. Twin of closures.mit.
const size = 20000; // quick: 20 long: 160000

const cons = (head, tail) => ({ head, tail });

function range(low, high) {
  let list = null;
  while (high >= low) {
    list = cons(high, list);
    high = (high - 1) | 0;
  }
  return list;
}

function map(f, list) {
  if (list === null) return null;
  return cons(f(list.head), map(f, list.tail));
}

function filter(keep, list) {
  if (list === null) return null;
  if (keep(list.head)) return cons(list.head, filter(keep, list.tail));
  return filter(keep, list.tail);
}

function fold(f, start, list) {
  let result = start;
  while (list !== null) {
    result = f(result, list.head);
    list = list.tail;
  }
  return result;
}

const adder = (n) => (x) => (x + n) | 0;
const multiplier = (n) => (x) => Math.imul(x, n);
const compose = (f, g) => (x) => f(g(x));
const curry = (f) => (a) => (b) => f(a, b);
const multipleOf = (n) => (x) => x % n === 0;

// Two functions that share one counter.
function makeCounter(step) {
  const state = { count: 0 };
  return {
    advance: () => { state.count = (state.count + step) | 0; },
    read: () => state.count,
  };
}

// `seen` reads the local `total` of its maker, so it sees each assignment made after it.
function watch(count) {
  let total = 0;
  const seen = () => total;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    total = (total + i) | 0;
    sum = (sum + ((seen() / 16) | 0)) | 0;
  }
  return sum;
}

function main(rounds) {
  const plus = (a, b) => (a + b) | 0;
  const curriedPlus = curry(plus);
  const numbers = range(1, 100);
  const counter = makeCounter(3);
  let checksum = 0;
  for (let round = 1; round <= rounds; round++) {
    const f = compose(adder(round), compose(multiplier(2), curriedPlus(7)));
    const kept = filter(multipleOf(3), map(f, numbers));
    const total = (fold(plus, 0, kept) + watch(50)) | 0;
    counter.advance();
    checksum = ((checksum * 3 + total + counter.read()) | 0) % 100003;
  }
  return checksum;
}

console.log("closures: " + main(size));
