// SPDX-License-Identifier: MIT
//
// loop.c: what loop.toy does, for clang -O2.
#include <stdint.h>
#include <stdio.h>

enum { SIZE = 1000000000 }; // quick: 1000

int main(void) {
  int64_t x = 1;
  for (int64_t i = 0; i < SIZE; i++) {
    x += x;
    if (x >= 1000003) x -= 1000003;
  }
  printf("%lld\n", (long long)x);
  return 0;
}
