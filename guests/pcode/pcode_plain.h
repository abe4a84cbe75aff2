// SPDX-License-Identifier: MIT
//
// pcode_plain.h: the 39-instruction machine as its specification describes it, with code, links and temporaries in one
// store. `--engine=plain`: the second opinion of the tests.
#ifndef PCODE_PLAIN_H
#define PCODE_PLAIN_H

#include "pcode_mvp.h"

// Registers and store. The code lies in the store's first words.
struct plain_machine {
  struct mutator *th;
  int64_t *m;
  int64_t i, b, s, max; // instruction, base, top of stack, the store's size
  int64_t code_words;
  enum loam_status status;
};

// Puts a program into the store; its first instruction is next. THROWN when the store is too small.
MAY_THROW enum loam_status pcode_plain_start(struct plain_machine *machine, struct mutator *th,
                                             const struct mvp_image *image);
// Executes the next instruction. False: it was Fin, or `status` is THROWN with an error pending.
MAY_GC MAY_THROW bool pcode_plain_step(struct plain_machine *machine, const struct mvp_image *image);

// Runs a program that was not verified: whatever it does, only the store can be touched. THROWN with an error pending.
MAY_THROW enum loam_status pcode_mvp_plain_run(struct mutator *th, const struct mvp_image *image);

#endif
