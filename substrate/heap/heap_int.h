// SPDX-License-Identifier: MIT
//
// heap_int.h: the heap's structure and the calls between this module's files.
//
// Locking: `lock` guards the plan's allocation state, the large objects, the counters and the stress countdown while
// mutators run; `handles_lock` guards the list of handles, which threads that are no mutators may change. A collector
// owns everything but the handles without a lock, because the world is stopped. No lock is held across world->stop.
#ifndef LOAM_HEAP_HEAP_INT_H
#define LOAM_HEAP_HEAP_INT_H

#ifndef HEAP_MODULE
#error "heap_int.h is for the files of substrate/heap; others include heap/heap.h"
#endif

#include "heap/heap.h"
#include "heap/heap_large.h"
#include "heap/heap_plan.h"
#include "heap/heap_space.h"

#include <pthread.h>

// Sizes from here on, the header included, go to the large object space. A quarter of an Immix block: what doesn't fit
// at the end of a block then wastes at most a quarter of it, which bounds the reserve that copying needs.
enum { HEAP_LARGE_BYTES = 8192 };

// What `scan_from` says for tags that are not plain LAYOUT_VALUES.
#define SCAN_NOTHING UINT64_MAX
#define SCAN_CUSTOM (UINT64_MAX - 1)
#define SCAN_INNER (UINT64_MAX - 2)

// A run of values still to be looked at; `to` is NULL when `from` is the payload of a LAYOUT_CUSTOM object.
struct heap_slice {
  struct value *from, *to;
};

// The collector's work list, and the visitor that roots and custom layouts are given. `visit` comes first, so that a
// visitor's function finds the heap.
struct heap_trace {
  struct root_visitor visit;
  struct weak_visitor weak;
  struct heap_slice *stack, *top, *limit; // grows upwards; can't overflow, see heap_trace.h
  struct heap_area area;
  size_t resident; // from here on the area has no pages
};

// Old objects that were stored into since the last collection.
struct heap_remembered {
  struct heap_area area;
  _Atomic size_t count;
};

struct heap_stress {
  uint64_t every, countdown; // collect at each `every`th allocation; 0: off
  bool move, poison;
};

struct heap {
  const struct heap_plan *plan;
  struct heap_world world;
  const struct heap_layout *layouts; // by tag, borrowed
  uint64_t size_mask, ref_mask;
  uint64_t scan_from[256];  // by tag: index of the first value, SCAN_NOTHING or SCAN_CUSTOM
  size_t bytes_max;         // the hard limit
  struct heap_area space;   // the whole reservation
  struct heap_area objects; // the part of it where objects are
  struct heap_area bitmaps; // heap_verify's own reservation
  struct heap_large large;
  struct heap_trace trace;
  struct heap_remembered remembered;
  struct heap_stress stress;
  struct heap_stats stats;
  const char *reason; // of the collection at work, for --trace=gc
  bool trace_gc, verify;
  _Atomic bool watched; // see heap_watch
  pthread_mutex_t lock, handles_lock;
  struct handle handles; // head of a ring
};

// By arithmetic, because it is asked for each value that a collection looks at.
static inline struct heap *heap_of_trace(struct heap_trace *trace) {
  return (struct heap *)((char *)trace - offsetof(struct heap, trace));
}

// Payload words of an object, by its header.
static inline uint64_t heap_header_words(const struct heap *heap, uint64_t header) {
  return (header >> HEADER_GUEST_SHIFT) & heap->size_mask;
}

// True when the value is a reference into the heap (references elsewhere are not the collector's business).
static inline bool heap_is_reference(const struct heap *heap, uint64_t bits) {
  return heap_area_has(heap->objects, bits) && (bits & heap->ref_mask) == 0;
}

// ---- buffers (heap_bump.c)

// A stretch of fresh memory that is handed to mutators from the bottom up.
struct heap_bump {
  uintptr_t start, cursor, limit; // limit may lie below the cursor: then nothing is left
  uintptr_t populated;            // the system was asked for what lies below; or HEAP_BUMP_UNASKED
};
#define HEAP_BUMP_UNASKED UINTPTR_MAX // for halves that change places: most of each is there
// Finds `bytes` in the mutator's buffer, or gives it a larger or new one, of at most one of `shares` of the stretch
// unless the object needs more. 0 when the stretch is used up.
enum { BUMP_SHARES = 16 }; // where all mutators live on one stretch
uintptr_t heap_bump_take(struct heap *heap, struct heap_bump *bump, struct mutator *th, size_t bytes, unsigned shares);
// Empties the mutator's buffer; its rest is given up, and no longer counted as allocated.
void heap_bump_drop(struct heap *heap, struct mutator *th);
// For heap_verify: what is wrong with an object, of `bytes` with its header, that should lie in the stretch; or NULL.
const char *heap_bump_find_fault(const struct heap_bump *bump, struct ref object, size_t bytes);

// ---- mutators (heap_create.c)

// Takes the mutator's buffer away, and ends that its objects are born old. The heap is locked or the world stopped.
void heap_mutator_drop(struct heap *heap, struct mutator *th);

// ---- collecting (heap_collect.c)

// Stops the world, collects, and tries to allocate before it resumes, harder and harder. Returns the header's address,
// or 0 when the limit is reached. `bytes` 0: only collects, once, with `effort`.
MAY_GC uintptr_t heap_collect_for(struct mutator *th, size_t bytes, enum heap_effort effort, const char *reason);

// ---- roots (heap_handle.c)

void heap_handle_init(struct heap *heap);
void heap_handle_fini(struct heap *heap);
void heap_handle_scan(struct heap *heap, struct root_visitor *visit);

// ---- counters (heap_stats.c)

// Takes a new peak of the bytes held into account. The heap is locked or the world stopped.
void heap_stats_note_held(struct heap *heap);

// ---- stress (heap_stress.c)

void heap_stress_init(struct heap *heap, const struct vm_config *config);
// Counts an allocation; true when it shall collect first. The heap is locked.
bool heap_stress_due(struct heap *heap);
// Overwrites freed memory when that is asked for.
void heap_stress_poison(const struct heap *heap, uintptr_t start, size_t bytes);
// Odd, so no reference where tags are; no canonical address, so it traps as a pointer; as a header it looks forwarded.
#define HEAP_POISON UINT64_C(0xbadbadbadbadbadb)

#endif
