// SPDX-License-Identifier: MIT
//
// zam_start.h: running the outermost code.
#ifndef ZAM_START_H
#define ZAM_START_H

#include "zam_state.h"

#include "loam/rt.h"

// The machine's registers and stack while its outermost code is run directly. Roots.
struct zam_start {
  struct value *stack; // the top last
  uint32_t count, room;
  struct value acc;
  uint32_t pc; // of the instruction at work
  bool runs;
};

// Runs the program's outermost code to its end.
MAY_GC MAY_THROW enum loam_status zam_start_run(struct mutator *th);

void zam_start_roots(struct zam_state *state, struct root_visitor *visit);
void zam_start_free(struct zam_state *state);

#endif
