// SPDX-License-Identifier: MIT
//
// heap.h: the heap as the other modules of the substrate see it. Guests see the allocation and barrier part in rt.h.
//
// A heap belongs to one VM. It allocates through a plan (heap_plan.h, for this module only), and asks the layer above
// it for everything that is not heap: stopping the world, finding roots, saying "out of memory" in the guest's words.
#ifndef LOAM_HEAP_HEAP_H
#define LOAM_HEAP_HEAP_H

#include "base/config.h"
#include "loam/guest.h"
#include "loam/rt.h"

struct heap;

// What the heap asks of the layer above. All functions get `context`.
struct heap_world {
  void *context;
  // Returns with every other mutator at a safepoint (false: another thread collected meanwhile; nothing is stopped and
  // the caller's request may be moot). `self` is the mutator that wants to collect, its frame published.
  bool (*stop)(void *context, struct mutator *self);
  void (*resume)(void *context, struct mutator *self);
  // Gives every root slot to the visitor: VM stacks, ROOTS, the guest's own. The world is stopped.
  void (*scan_roots)(void *context, struct root_visitor *visit);
  // Goes through what is held weakly, when all that is reachable was found. NULL: nothing is. The world is stopped.
  void (*scan_weak)(void *context, struct weak_visitor *visit);
  // Calls fn for every mutator. The world is stopped.
  void (*each_mutator)(void *context, void (*fn)(struct mutator *th, void *arg), void *arg);
  // Sets the guest's out-of-memory exception pending in `th`, and returns THROWN.
  enum loam_status (*throw_out_of_memory)(void *context, struct mutator *th);
};

// How a guest's objects look; borrowed for the heap's life.
struct heap_model {
  const struct heap_layout *layouts; // 256, by tag
  uint64_t size_mask, ref_mask;      // as in struct loam_guest
};

enum loam_err heap_create(const struct vm_config *config, const struct heap_model *model,
                          const struct heap_world *world, struct heap **out, struct error *err);
void heap_destroy(struct heap *heap);

// A mutator gets an empty allocation buffer, and gives back what is left of it. heap_mutator_fini needs the mutator to
// be counted in the world until it returns.
void heap_mutator_init(struct heap *heap, struct mutator *th);
void heap_mutator_fini(struct mutator *th);

// Gives the fields of an object that lies outside the heap to a visitor, as its layout says.
void heap_scan_outside(const struct heap *heap, struct ref object, struct root_visitor *visit);

// Long-lived roots for host code. The slot stays where it is until it is destroyed; any thread may create and destroy,
// a mutator that is in the guest may read and write. NULL when memory is out.
struct handle {
  struct value value;
  struct handle *next, *previous;
};
struct handle *heap_handle_create(struct heap *heap, struct value v);
void heap_handle_destroy(struct heap *heap, struct handle *handle);

// The collector's own counters. Bytes include headers; times are in nanoseconds.
struct heap_stats {
  uint64_t collections, collections_full; // all, and those that looked at old objects
  uint64_t bytes_allocated;               // since the start
  uint64_t objects_copied, bytes_copied;
  uint64_t bytes_live;                 // after the last full collection
  uint64_t bytes_used, bytes_used_max; // held now, and at most; never above heap_max
  uint64_t pause_ns_total, pause_ns_max;
  uint64_t bytes_promoted; // of bytes_copied, those out of a nursery
};
void heap_stats_read(const struct heap *heap, struct heap_stats *out);
const char *heap_plan_name(const struct heap *heap);

// Walks everything reachable and checks the invariants of heap/README.md. The world is stopped. Aborts through CHECK.
void heap_verify(struct heap *heap);

#endif
