// SPDX-License-Identifier: MIT
//
// baseline_int.h: what the files of this module share.
#ifndef LOAM_BASELINE_BASELINE_INT_H
#define LOAM_BASELINE_BASELINE_INT_H
#ifndef LOAM_BASELINE_MODULE
#error "baseline_int.h is for the files of substrate/baseline; others include baseline/baseline.h"
#endif

#include "baseline/baseline.h"
#include "code/code.h"

// A reachable instruction of a method, and what is found out about it, step by step.
enum { BASELINE_TESTS_MAX = 16 };
#define BASELINE_NO_TARGET UINT32_MAX
struct baseline_insn {
  const struct op_info *info;
  uint32_t word;         // where it is in the bytecode
  uint32_t offset, size; // of its own stencil's hot part in the method's code
  uint32_t target;       // the instruction that it branches to, or BASELINE_NO_TARGET
  uint32_t label;        // the number of what branches go to, from 1; 0: none goes here
  uint16_t op, depth;    // of the operand stack before it
  uint16_t known;        // by number of a test of kinds (struct stencil_span): it will be passed
  uint16_t depth_after;  // of one that has something behind it, there
  bool is_handler;       // exceptions lead here
  bool empties;          // no operand is left behind it
  // Its stencils: of itself, then what goes behind it (a landing or the way out of the register), its slow exit and its
  // entry from outside, and what it does before it takes the slow exit; NULL when it has none.
  const struct stencil *own, *behind, *slow_exit, *enter, *retry;
};

// The instructions of a method being compiled.
struct baseline_code {
  const struct method *method;
  struct baseline_insn *insns;
  uint32_t count, label_count;
};
// Sets what is known in the instructions.
void baseline_find_known(const struct baseline_code *code);

// Where a stencil's copy goes, and what its holes are filled with.
struct baseline_place {
  const struct stencil_set *set;
  const struct baseline_insn *insn;
  const char *bytes;   // of the instruction
  uint8_t *write;      // where it is written
  const uint8_t *run;  // where it will run
  uint8_t *cold_write; // the same for its cold part
  const uint8_t *cold_run;
  int64_t values[HOLE_HOT + 1]; // by enum hole_what; 0: there are no such holes
};
static inline int64_t baseline_address(const void *code) { return (int64_t)(uintptr_t)code; }
// The distance from fp to where the operand on top of a stack of this depth is spilled.
static inline int64_t baseline_distance(uint32_t depth) {
  return (int64_t)((FRAME_SPILL + depth) * sizeof(struct value));
}

// The bytes of a test that are left out there.
static inline uint32_t baseline_left_out(const struct stencil_span *span, const struct baseline_place *place) {
  return place->insn->known >> span->test & 1 ? span->size : 0;
}
// The bytes of the hot part that are copied there.
static inline uint32_t baseline_size(const struct stencil *stencil, const struct baseline_place *place) {
  uint32_t size = stencil->size - (place->insn->empties ? stencil->reload_size : 0u);
  for (unsigned i = 0; i < stencil->span_count && place->insn->known; i++)
    size -= baseline_left_out(&place->set->spans[stencil->spans + i], place);
  return size;
}

// Copies a stencil and fills its holes, for this machine.
void baseline_patch(const struct stencil *stencil, const struct baseline_place *place);
// Do the stencil's jumps and calls reach what they go to, from any place of the code memory?
bool baseline_reaches(const struct baseline *baseline, const struct stencil *stencil);
// Are all distances at this place small enough for a near stencil?
bool baseline_is_near(const struct stencil *stencil, const struct baseline_place *place);

#endif
