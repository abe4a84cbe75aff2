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

// Walks the reachable instructions of a method.
struct baseline_walk {
  const struct method *method;
  uint32_t word, depth;
  struct code_site_walk sites;
  const struct op_info *info;
  uint16_t op;
  bool cached; // the operand below the top is in its register
};
bool baseline_walk_next(struct baseline_walk *walk);
// The word that an instruction branches to, or METHOD_NOT_COMPILED.
uint32_t baseline_walk_target(const struct baseline_walk *walk);

// What is found out about a method's instruction, by code word.
enum { BASELINE_TESTS_MAX = 16 };
struct baseline_mark {
  uint32_t target;      // the number of what branches go to, from 1; 0: none does
  uint16_t known;       // by number of a test of kinds (struct stencil_span): it will be passed
  uint16_t depth_after; // see struct baseline_place
  // Its stencils: one of the op's forms; and joints, counted from 1 with two of each, 0: none.
  uint8_t own, behind, slow_exit, enter, retry;
  bool empties; // no operand is left behind it
};
// Sets what is known in the marks of a method, which has so many targets.
void baseline_find_known(const struct method *method, struct baseline_mark *marks, uint32_t target_count);

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
  const uint8_t *slow;   // code of its slow exit, or of what comes before that; or NULL
  const uint8_t *next;   // code of what comes next, where that doesn't lie behind it; or NULL
  const void *slow_twin;
  const struct op_info *info;
  uint16_t known; // tests that are left out
  bool empties;   // no operand is left behind it
};

// The bytes of a test that are left out there.
static inline uint32_t baseline_left_out(const struct stencil_span *span, const struct baseline_place *place) {
  return place->known >> span->test & 1 ? span->size : 0;
}
// The bytes of the hot part that are copied there.
static inline uint32_t baseline_size(const struct stencil *stencil, const struct baseline_place *place) {
  uint32_t size = stencil->size - (place->empties ? stencil->reload_size : 0u);
  for (unsigned i = 0; i < stencil->span_count && place->known; i++)
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
