// SPDX-License-Identifier: MIT
//
// zam_memprof.h: module Gc.Memprof: a program is told of a sample of the words that it allocates.
#ifndef ZAM_MEMPROF_H
#define ZAM_MEMPROF_H

#include "zam_state.h"

enum zam_memprof_source { ZAM_MEMPROF_NORMAL, ZAM_MEMPROF_MARSHAL, ZAM_MEMPROF_CUSTOM };

// Draws samples of a block that was just allocated; `words` without its header. The block need not be filled.
NO_GC void zam_memprof_sample(struct mutator *th, struct ref object, size_t words);
// The same for what a custom block holds outside the heap.
NO_GC void zam_memprof_sample_custom(struct mutator *th, struct value block, size_t bytes);

// Says where the next blocks come from.
void zam_memprof_set_source(struct zam_state *state, enum zam_memprof_source source);

// From here on this thread's allocations are not sampled: an uncaught exception is reported.
void zam_memprof_suspend(void);
// A thread begins to run: what it allocates is to be seen.
void zam_memprof_enter(struct mutator *th);

// Calls the program's functions for what happened to samples, but those of other threads.
MAY_GC MAY_THROW enum loam_status zam_memprof_run(struct mutator *th);

// For the collector.
void zam_memprof_roots(struct zam_state *state, struct root_visitor *visit);
void zam_memprof_weak(struct zam_state *state, struct weak_visitor *visit);
void zam_memprof_free(struct zam_state *state);

#endif
