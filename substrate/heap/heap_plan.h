// SPDX-License-Identifier: MIT
//
// heap_plan.h: what a collector is, to the rest of the heap module.
//
// A plan decides where objects live and how garbage is found. Everything that all plans need (the mutators' buffers,
// the work list, large objects, handles, counters, stress) is outside of it. A plan's structure begins with a `struct
// heap`, so that a plan's function gets at both with one pointer and the heap is one allocation.
#ifndef LOAM_HEAP_HEAP_PLAN_H
#define LOAM_HEAP_HEAP_PLAN_H

#ifndef HEAP_MODULE
#error "heap_plan.h is for the files of substrate/heap; others include heap/heap.h"
#endif

#include "heap/heap.h"

// How hard a collection tries, in ascending order.
enum heap_effort {
  EFFORT_LEAST,  // whatever the plan thinks is due
  EFFORT_FULL,   // looks at every object
  EFFORT_DEFRAG, // and gets rid of holes, as far as memory allows
};

struct heap_plan {
  const char *name;
  size_t bytes; // of the plan's structure, a struct heap first

  // Reserves address space and makes the empty heap; heap->bytes_max and the model are set. On failure nothing is left.
  enum loam_err (*init)(struct heap *heap, const struct vm_config *config, struct error *err);
  void (*fini)(struct heap *heap);

  // Finds room for an object of `bytes`, its header included, and may give the mutator a new buffer. Returns the
  // address of the header word, or 0 when that takes a collection. Called with the heap locked or the world stopped.
  uintptr_t (*alloc)(struct heap *heap, struct mutator *th, size_t bytes);

  // Lets the mutator's objects be born old from now on, or (when they are) no longer; see heap_pretenure. False: not
  // yet, a full collection is due before. NULL for plans without generations. Called with the heap locked or the world
  // stopped.
  bool (*pretenure)(struct heap *heap, struct mutator *th, bool on);

  // Collects and says how hard it tried in the end; NULL when the plan never collects. Called with the world stopped
  // and all mutators' buffers emptied.
  enum heap_effort (*collect)(struct heap *heap, enum heap_effort effort);

  // Bytes held now, never above heap->bytes_max. Called with the heap locked or the world stopped.
  size_t (*bytes_held)(const struct heap *heap);

  // For heap_verify: checks what the plan knows of a reachable object that is not large (where it lies, its mark bits),
  // `bytes` with its header. Returns NULL, or the invariant's number and what is wrong.
  const char *(*find_fault)(const struct heap *heap, struct ref object, size_t bytes);
  // For heap_verify: true when a minor collection would move or free the object. NULL for plans without generations.
  bool (*is_young)(const struct heap *heap, struct ref object);
};

extern const struct heap_plan heap_plan_nogc, heap_plan_semispace, heap_plan_marksweep, heap_plan_markcompact,
    heap_plan_genimmix;

#endif
