// SPDX-License-Identifier: MIT
//
// zam_final.h: what is to happen when a block dies: C functions for blocks that own C memory, and the program's own
// functions, registered with Gc.finalise.
#ifndef ZAM_FINAL_H
#define ZAM_FINAL_H

#include "zam_state.h"

// Calls `died` when the block is dead, or the VM closes; it may look at the block's words, and may not allocate.
typedef void zam_died_fn(struct zam_state *state, struct value block);
MAY_THROW enum loam_status zam_finals_watch(struct mutator *th, struct value block, zam_died_fn *died);

// Registers a program's function. `last`: it is called with unit, when the value is really gone; else with the value.
MAY_THROW enum loam_status zam_finals_register(struct mutator *th, struct value function, struct value v, bool last);

// Runs the functions whose values died. One at a time: what a function starts waits for it.
MAY_GC MAY_THROW enum loam_status zam_finals_run(struct mutator *th);

// For the collector: before and behind the clearing of weak references.
void zam_finals_first(struct zam_state *state, struct weak_visitor *visit);
void zam_finals_last(struct zam_state *state, struct weak_visitor *visit);
void zam_finals_roots(struct zam_state *state, struct root_visitor *visit);

// When the VM closes, while its heap and all that watched blocks hold is still there.
void zam_finals_free(struct zam_state *state);

#endif
