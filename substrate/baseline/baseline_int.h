// SPDX-License-Identifier: MIT
//
// baseline_int.h: what the files of this module share.
#ifndef LOAM_BASELINE_BASELINE_INT_H
#define LOAM_BASELINE_BASELINE_INT_H
#ifndef LOAM_BASELINE_MODULE
#error "baseline_int.h is for the files of substrate/baseline; others include baseline/baseline.h"
#endif

#include "baseline/baseline.h"

// Where a stencil's copy goes, and what its holes are filled with.
struct baseline_place {
  const struct stencil_set *set;
  uint8_t *write;      // where it is written
  const uint8_t *run;  // where it will run
  uint8_t *cold_write; // the same for its cold part
  const uint8_t *cold_run;
  const char *insn;      // the instruction in the bytecode
  uint32_t depth;        // of the operand stack before it
  uint32_t depth_after;  // of one that calls, when the callee has returned
  const uint8_t *target; // code of the branch target, or NULL
  const uint8_t *slow;   // code of its slow exit, or NULL
  const void *slow_twin;
  const struct op_info *info;
  bool empties; // no operand is left behind it
};

// The bytes of the hot part that are copied there.
static inline uint32_t baseline_size(const struct stencil *stencil, const struct baseline_place *place) {
  return stencil->size - (place->empties ? stencil->reload_size : 0u);
}

// Copies a stencil and fills its holes, for this machine.
void baseline_patch(const struct stencil *stencil, const struct baseline_place *place);
// Do the stencil's jumps and calls reach what they go to, from any place of the code memory?
bool baseline_reaches(const struct baseline *baseline, const struct stencil *stencil);
// Are all distances at this place small enough for a near stencil?
bool baseline_is_near(const struct stencil *stencil, const struct baseline_place *place);

#endif
