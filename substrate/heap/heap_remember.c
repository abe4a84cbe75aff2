// SPDX-License-Identifier: MIT
//
// heap_remember.c: the remembered set: old objects that were stored into since the last collection, and so may refer to
// young ones.
//
// An object is remembered as a whole, when its HEADER_OLD_CLEAN bit goes from 1 to 0; so it is in the set once at most,
// and a table with a place for each object that fits in the heap never overflows. The bit is cleared atomically,
// because the guest may be changing its own header bits, and one of several storing threads must win. Remembering
// slots instead was rejected: their number has no bound.
#define HEAP_MODULE
#include "heap/heap_remember.h"

#include "os/os_memory.h"

// Bytes of the idle table that keep their pages.
enum { RESIDENT_BYTES = 64 << 10 };

void heap_remember_plan_area(struct heap_remembered *set, size_t bytes_max) {
  set->area.bytes = bytes_max / 16 * sizeof(struct ref);
}

// Not seen by the sanitizers: others read tag and size of the header without atomics, and whether they see this
// bit before or after it changes is the same to them.
__attribute__((disable_sanitizer_instrumentation)) void heap_remember(struct mutator *th, struct ref object) {
  struct heap_remembered *set = &th->heap->remembered;
  ASSERT(heap_has(th, object.addr), "heap.I4: %#zx is to be remembered, and is not in the heap", object.addr);
  _Atomic uint64_t *header = (_Atomic uint64_t *)object_header(object);
  uint64_t before = atomic_fetch_and_explicit(header, ~HEADER_OLD_CLEAN, memory_order_relaxed);
  if (!(before & HEADER_OLD_CLEAN)) return; // another thread was faster
  // Relaxed: the collector reads after the world has stopped, which orders it.
  size_t index = atomic_fetch_add_explicit(&set->count, 1, memory_order_relaxed);
  ASSERT(index < set->area.bytes / sizeof(struct ref), "heap.I4: more remembered than there are objects");
  ((struct ref *)set->area.start)[index] = object;
}

CALLED_IN_STENCIL void heap_remember_in_stencil(uint64_t unused, uint64_t unused_too, struct ref object,
                                                struct mutator *th) {
  (void)unused, (void)unused_too;
  heap_remember(th, object);
}

struct ref *heap_remember_list(const struct heap *heap, size_t *count) {
  *count = atomic_load_explicit(&heap->remembered.count, memory_order_relaxed);
  return (struct ref *)heap->remembered.area.start;
}

void heap_remember_clear(struct heap *heap) {
  struct heap_remembered *set = &heap->remembered;
  size_t bytes = atomic_exchange_explicit(&set->count, 0, memory_order_relaxed) * sizeof(struct ref);
  if (bytes > RESIDENT_BYTES) os_memory_release((char *)set->area.start + RESIDENT_BYTES, bytes - RESIDENT_BYTES);
}
