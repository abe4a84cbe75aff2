// SPDX-License-Identifier: MIT
//
// mitscript_gen.h: makes random MITScript programs that are well-formed and end.
//
// The programs are mostly free of exceptions, because an exception ends a program and hides what follows it: the
// generator knows the kind of every variable, field, parameter and result, and breaks that knowledge on purpose once
// in a few hundred expressions. They end because every loop counts up to a small number and every call and iteration
// takes one from a global `fuel`. Strings can't explode because every expression has an upper estimate of its length.
//
// The same seed and options give the same program, everywhere.
#ifndef MITSCRIPT_GEN_H
#define MITSCRIPT_GEN_H

#include "filetest_bytes.h"

#include <stdint.h>

struct gen_options {
  unsigned size;          // statements at the top, about; 0: 12 to 40, by the seed
  bool function_equality; // also compares functions; translators may lose what that depends on
  unsigned rounds;        // 0: as it is; otherwise the whole program is the body of a loop, so that parts get hot
  unsigned mistakes;      // one expression in so many is of a wrong kind; 0: by the seed
};

// Appends the program for `seed` to `out`.
void gen_program(uint64_t seed, const struct gen_options *options, struct bytes *out);

#endif
