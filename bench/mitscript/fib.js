// SPDX-License-Identifier: MIT
//
// fib: Fibonacci numbers by double recursion. Twin of fib.mit.
const size = 35; // quick: 15 long: 40

function fib(n) {
  if (n < 2) return n;
  return (fib(n - 1) + fib(n - 2)) | 0;
}

console.log("fib(" + size + ") = " + fib(size));
