// SPDX-License-Identifier: MIT
//
// sieve: the sieve of Eratosthenes, a hundred times over a fresh array of flags. Twin of sieve.mit.
const size = 150000; // quick: 1000 long: 1500000

function sieve(limit) {
  const composite = [true];
  for (let i = 1; i <= limit; i++) composite[i] = false;
  let count = 0;
  let last = 0;
  for (let i = 2; i <= limit; i++) {
    if (!composite[i]) {
      count = (count + 1) | 0;
      last = i;
      if (i <= ((limit / i) | 0)) {
        for (let m = Math.imul(i, i); m <= limit; m = (m + i) | 0) composite[m] = true;
      }
    }
  }
  return { count, last };
}

function main(limit) {
  let count = 0;
  let last = 0;
  for (let round = 1; round <= 100; round++) {
    const primes = sieve((limit - round) | 0);
    count = (count + primes.count) | 0;
    last = (last + primes.last) | 0;
  }
  console.log("sieve: " + count + " primes, sum of the last " + last);
}

main(size);
