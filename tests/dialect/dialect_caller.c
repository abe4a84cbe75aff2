// SPDX-License-Identifier: MIT
//
// dialect_caller.c: what the hot compiler will make of a loop, written by hand: the bodies of the probe's ops called on
// variables that stand for the frame's slots. After inlining and optimisation nothing of the frame may be touched in
// the loop; the markers stay around the one slow path.
//
// Compiled by dialect_test.sh only; bitcode.c is made by opgen.
#include "bitcode.c"

struct value dialect_caller(struct mutator *th, struct value slot0, struct value slot1) {
  for (;;) {
    struct value one, sum, truth;
    (void)probe_push_hot(th, (const char *)1, NULL, NULL, 1, &one);
    if (probe_add_hot(th, (const char *)2, NULL, NULL, slot0, one, &sum) == OP_THROW) return (struct value){0};
    slot0 = sum;
    (void)probe_less_hot(th, (const char *)3, NULL, NULL, slot0, slot1, &truth);
    if (probe_jump_if_hot(th, (const char *)4, NULL, NULL, truth) != OP_BRANCH) return slot0;
  }
}
