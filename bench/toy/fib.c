// SPDX-License-Identifier: MIT
//
// fib.c: what fib.toy does, for clang -O2.
#include <stdint.h>
#include <stdio.h>

enum { SIZE = 42 }; // quick: 20

static int64_t fib(int64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(void) {
  printf("%lld\n", (long long)fib(SIZE));
  return 0;
}
