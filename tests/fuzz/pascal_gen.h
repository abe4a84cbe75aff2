// SPDX-License-Identifier: MIT
//
// pascal_gen.h: makes random programs of ISO 7185 Pascal that are well-formed and end.
//
// They keep to what the standard defines, so that compilers must agree on them: expressions have no side effects (a
// function that has some is called in `v := f(...)` alone), integers stay within 32 bits and reals are sums, products
// and roots of small ones, everything is assigned before it is used. They end because loops are short and every call
// takes one from a global `fuel`. On purpose, once in many expressions, something has no result: those programs end
// with a run-time error, which only loam's engines can be compared on.
//
// The same seed and options give the same program, everywhere.
#ifndef PASCAL_GEN_H
#define PASCAL_GEN_H

#include "filetest_bytes.h"

#include <stdint.h>

struct pas_options {
  unsigned rounds;   // how often the program's statements are gone through; 0: once
  unsigned mistakes; // one expression in so many is wrong; 0: none
  bool plain_sets;   // set constructors as Free Pascal takes them: one member, or a range of constants
};

// Appends the program for `seed` to `out`.
void pas_program(uint64_t seed, const struct pas_options *options, struct bytes *out);

#endif
