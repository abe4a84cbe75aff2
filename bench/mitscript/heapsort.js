// SPDX-License-Identifier: MIT
//
// heapsort: sorts an array of pseudo-random integers in place with a binary heap. Twin of heapsort.mit.
const size = 100000; // quick: 500 long: 500000

function randomArray(n, seed) {
  const array = [0];
  for (let i = 1; i <= n; i++) {
    seed = ((seed * 1471 + 12345) | 0) % 1000003;
    array[i] = seed;
  }
  return array;
}

// Moves the value at `root` down until its children, if any before `count`, are no larger.
function siftDown(array, root, count) {
  const value = array[root];
  let child = 2 * root;
  while (child <= count) {
    let larger = array[child];
    if (child < count) {
      const right = array[child + 1];
      if (right > larger) {
        larger = right;
        child = (child + 1) | 0;
      }
    }
    if (larger > value) {
      array[root] = larger;
      root = child;
      child = 2 * root;
    } else {
      child = (count + 1) | 0;
    }
  }
  array[root] = value;
}

function sort(array, n) {
  for (let i = (n / 2) | 0; i >= 1; i--) siftDown(array, i, n);
  for (let i = n; i >= 2; i--) {
    const largest = array[1];
    array[1] = array[i];
    array[i] = largest;
    siftDown(array, 1, (i - 1) | 0);
  }
}

// Sum of value times place modulo a prime, or an error when two neighbours are out of order.
function checksum(array, n) {
  let sum = array[1];
  for (let i = 2; i <= n; i++) {
    if (array[i - 1] > array[i]) return "out of order at " + i;
    sum = ((sum * 31 + array[i]) | 0) % 1000003;
  }
  return sum;
}

function main(n) {
  for (let round = 1; round <= 8; round++) {
    const array = randomArray(n, 42 + round);
    sort(array, n);
    console.log("heapsort: " + checksum(array, n));
  }
}

main(size);
