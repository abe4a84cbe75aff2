// SPDX-License-Identifier: MIT
//
// heap_large.h: objects too large to copy.
//
// They have an area of their own and never move. Each has a run of 1 KB granules, which starts with its descriptor, so
// an object leads to its descriptor by arithmetic. Young ones have survived no collection yet; they are traced by minor
// collections like nursery objects, but marked instead of copied.
#ifndef LOAM_HEAP_HEAP_LARGE_H
#define LOAM_HEAP_HEAP_LARGE_H

#include "heap/heap_space.h"

enum { LARGE_GRANULE = 1024 };

// At the start of a run in use. A free run has a struct large_hole there.
struct large_object {
  struct large_object *next; // in the list of young or old ones
  uint64_t granules;
  bool young, marked;
};

struct heap_large {
  struct heap_area area; // the runs
  struct heap_area tags; // a uint32_t for each granule; see heap_large.c
  uint32_t granule_top;  // runs lie below; from here on nothing was ever used, or all of it is free
  struct large_object *young, *old;
  struct large_hole *holes;
  size_t bytes_young, bytes_old; // held, in whole granules
  size_t bytes_holes_resident;   // free memory that still has its pages
  size_t bytes_peak;             // held before one of the last full sweeps
};

// Sets the sizes of the areas for objects of at most `bytes_max` in all, before the space is reserved.
void heap_large_plan_areas(struct heap_large *large, size_t bytes_max);

// Bytes that an object of `bytes` with its header will hold.
static inline size_t heap_large_footprint(size_t bytes) {
  return (bytes + sizeof(struct large_object) + LARGE_GRANULE - 1) & ~(size_t)(LARGE_GRANULE - 1);
}

// A young object of `bytes` with its header: the address of the header word. 0 when more than `left` would be held for
// it, when it is time to collect, because there are young ones and with it they would hold more than `young_max`, or
// when no run of free granules is long enough. The heap is locked or the world stopped.
uintptr_t heap_large_alloc(struct heap *heap, size_t bytes, size_t left, size_t young_max);

static inline size_t heap_large_held(const struct heap_large *large) { return large->bytes_young + large->bytes_old; }

static inline struct large_object *heap_large_of(struct ref object) {
  return (struct large_object *)(object.addr - sizeof(uint64_t) - sizeof(struct large_object));
}

// Frees what is not marked among the young, and when `full` among the old; survivors become old and unmarked.
void heap_large_sweep(struct heap *heap, bool full);

// True when `object` is the payload address of a live large object; for heap_verify.
bool heap_large_has(const struct heap_large *large, struct ref object);

#endif
