// SPDX-License-Identifier: MIT
//
// fannkuch: for all permutations of 1..n, the most prefix reversals until a 1 comes first. Twin of
// fannkuch.mit.
const size = 9; // quick: 5 long: 10

// Reverses prefixes until the first value is 1 and returns how many reversals that took.
function countFlips(permutation, n, work) {
  for (let i = 1; i <= n; i++) work[i] = permutation[i];
  let flips = 0;
  let first = work[1];
  while (first !== 1) {
    let low = 1;
    let high = first;
    while (low < high) {
      const value = work[low];
      work[low] = work[high];
      work[high] = value;
      low = (low + 1) | 0;
      high = (high - 1) | 0;
    }
    flips = (flips + 1) | 0;
    first = work[1];
  }
  return flips;
}

// Turns `permutation` into the next one by rotating prefixes; false after the last.
function advance(permutation, counts, n) {
  for (let length = 2; length <= n; length++) {
    const first = permutation[1];
    for (let i = 1; i < length; i++) permutation[i] = permutation[i + 1];
    permutation[length] = first;
    counts[length] = (counts[length] + 1) | 0;
    if (counts[length] < length) return true;
    counts[length] = 0;
  }
  return false;
}

function fannkuch(n) {
  const permutation = [0];
  const counts = [0];
  const work = [0];
  for (let i = 1; i <= n; i++) {
    permutation[i] = i;
    counts[i] = 0;
  }
  let most = 0;
  let checksum = 0;
  let sign = 1;
  let more = true;
  while (more) {
    const flips = countFlips(permutation, n, work);
    if (flips > most) most = flips;
    checksum = (checksum + sign * flips) | 0;
    sign = -sign;
    more = advance(permutation, counts, n);
  }
  return { most, checksum };
}

function main(n) {
  for (let round = 1; round <= 4; round++) {
    const result = fannkuch(n);
    console.log("fannkuch(" + n + "): most flips " + result.most + ", checksum " + result.checksum);
  }
}

main(size);
