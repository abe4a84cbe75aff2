// SPDX-License-Identifier: MIT
//
// heap_genimmix.h: the default plan's structure, for its four files: heap_genimmix.c (life, allocation, which
// collection when), heap_genimmix_pretenure.c (objects born old), heap_genimmix_trace.c (the collections),
// heap_budget.c (how memory is divided).
#ifndef LOAM_HEAP_HEAP_GENIMMIX_H
#define LOAM_HEAP_HEAP_GENIMMIX_H

#include "heap/heap_immix.h"

struct genimmix {
  struct heap heap;
  struct heap_immix mature;
  struct heap_area nursery_area;
  struct heap_area young; // where young objects can be: nursery and large objects
  struct heap_bump nursery;
  struct mutator *tenuring; // whose objects are born old; see heap_genimmix_pretenure.c
  struct heap_bump tenured; // the block where they are
  bool tenures_first;       // there was nothing old before them: they are the program's own constants
  size_t nursery_size;      // bytes it may have when memory is plentiful: grows up to nursery_area.bytes
  bool first;               // it was never collected, and may be larger than after its first collection
  size_t headroom;          // bytes that only defragmentation may use
  size_t threshold;         // bytes held by old objects at which a full collection is due
  size_t live_small;        // bytes alive in the mature space after the last full collection; SIZE_MAX / 2: not known
  bool fragmented;          // the last full collection left many holes
  uint64_t mark;            // what HEADER_MARK is in marked objects: HEADER_MARK or 0
  size_t marked;            // while collecting: bytes of objects marked in place
  uint32_t stress_round;    // stress collections so far: every few are full
};

// The collector's second header bit; see heap_genimmix.c.
#define HEADER_MARK (HEADER_GC_MASK & ~HEADER_OLD_CLEAN)

static inline size_t heap_genimmix_nursery_held(const struct genimmix *plan) {
  return plan->nursery.cursor - plan->nursery.start;
}

static inline size_t heap_genimmix_mature_held(const struct genimmix *plan) {
  return (size_t)plan->mature.blocks_used * IMMIX_BLOCK_BYTES + heap_large_held(&plan->heap.large);
}

// ---- objects born old (heap_genimmix_pretenure.c); the heap is locked or the world stopped

bool heap_genimmix_pretenure(struct heap *heap, struct mutator *th, bool on);

// Room for an object of the mutator whose objects are born old; 0 when no block is left, and they no longer are.
uintptr_t heap_genimmix_alloc_old(struct genimmix *plan, size_t bytes);

// ---- the collections (heap_genimmix_trace.c); the world is stopped

// Empties the nursery; young large objects become old or are freed.
void heap_genimmix_collect_young(struct genimmix *plan);

// Frees old objects. The nursery is empty; about `expected` bytes of small objects are alive.
void heap_genimmix_collect_old(struct genimmix *plan, enum immix_choice choice, size_t expected);

#endif
