// SPDX-License-Identifier: MIT
//
// dialect_caller.c: what the hot compiler will make of a loop, written by hand: the bodies of the probe's ops called on
// variables that stand for the frame's slots. After inlining and optimisation nothing of the frame may be touched in
// the loop, and the one slow path leaves it with the slots as they were before the instruction.
//
// Compiled by dialect_test.sh only; bitcode.c is made by opgen.
#include "bitcode.c"

struct value dialect_caller(struct mutator *th, struct value slot0, struct value slot1) {
  for (;;) {
    struct value one, sum, truth;
    (void)probe_push_fast(th, (const char *)1, NULL, NULL, 1, &one);
    if (probe_add_fast(th, (const char *)2, NULL, NULL, slot0, one, &sum) == OP_SLOW) return slot0;
    slot0 = sum;
    (void)probe_less_fast(th, (const char *)3, NULL, NULL, slot0, slot1, &truth);
    if (probe_jump_if_fast(th, (const char *)4, NULL, NULL, truth) != OP_BRANCH) return slot0;
  }
}
