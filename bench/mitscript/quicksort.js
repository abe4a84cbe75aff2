// SPDX-License-Identifier: MIT
//
// quicksort: sorts pseudo-random integers by a comparison function that the caller gives. Twin of quicksort.mit.
const size = 100000; // quick: 500 long: 500000

function randomArray(n, seed) {
  const array = [0];
  for (let i = 1; i <= n; i++) {
    seed = ((seed * 1471 + 12345) | 0) % 1000003;
    array[i] = seed;
  }
  return array;
}

function insertionSort(array, low, high, before) {
  for (let i = low + 1; i <= high; i++) {
    const value = array[i];
    let j = (i - 1) | 0;
    while (j >= low && before(value, array[j])) {
      array[j + 1] = array[j];
      j = (j - 1) | 0;
    }
    array[j + 1] = value;
  }
}

function sort(array, low, high, before) {
  if (high - low < 12) {
    insertionSort(array, low, high, before);
    return;
  }
  const pivot = array[(low + (high - low) / 2) | 0];
  let i = low;
  let j = high;
  while (i <= j) {
    while (before(array[i], pivot)) i = (i + 1) | 0;
    while (before(pivot, array[j])) j = (j - 1) | 0;
    if (i <= j) {
      const value = array[i];
      array[i] = array[j];
      array[j] = value;
      i = (i + 1) | 0;
      j = (j - 1) | 0;
    }
  }
  sort(array, low, j, before);
  sort(array, i, high, before);
}

// Sum of value times place modulo a prime, or an error when two neighbours are out of order.
function checksum(array, n, before) {
  let sum = array[1];
  for (let i = 2; i <= n; i++) {
    if (before(array[i], array[i - 1])) return "out of order at " + i;
    sum = ((sum * 31 + array[i]) | 0) % 1000003;
  }
  return sum;
}

function main(n) {
  const rising = (a, b) => a < b;
  const falling = (a, b) => a > b;
  for (let round = 1; round <= 4; round++) {
    const array = randomArray(n, 42 + round);
    sort(array, 1, n, rising);
    console.log("quicksort: rising " + checksum(array, n, rising));
    sort(array, 1, n, falling);
    console.log("quicksort: falling " + checksum(array, n, falling));
  }
}

main(size);
