// SPDX-License-Identifier: MIT
//
// heap_bump.c: handing fresh memory to mutators, buffer by buffer.
//
// A mutator allocates from its own buffer without a lock. When that is full it comes here: a buffer that ends where the
// untouched memory begins grows in place, so that a single mutator never leaves a gap; else it gets a new one, and the
// rest of the old one is lost until the next collection. Nothing ever walks this memory from object to object (but
// one thread's own block, heap_genimmix_pretenure.c), so gaps need no filler.
#define HEAP_MODULE
#include "heap/heap_int.h"

#include "os/os_memory.h"

// Bytes of a buffer: less than a large object, which must not slip through the fast path into the nursery; and few
// enough that many threads share a small nursery.
enum { BUFFER_BYTES = HEAP_LARGE_BYTES - 8 };

static size_t buffer_bytes(const struct heap *heap, const struct heap_bump *bump, unsigned shares) {
  if (heap->stress.every || heap->watched) return 0; // each allocation comes here to be counted
  size_t share = (bump->limit - bump->start) / shares & ~(size_t)7;
  return share < BUFFER_BYTES ? share : BUFFER_BYTES;
}

// Fresh memory is brought in by steps, but for the first, which a small program hardly uses.
static void populate(struct heap_bump *bump) {
  enum { STEP_BYTES = 64 << 10 };
  if (bump->populated < bump->start) bump->populated = bump->start + STEP_BYTES;
  for (; bump->populated < bump->cursor; bump->populated += STEP_BYTES) {
    size_t left = bump->limit - bump->populated;
    os_memory_populate((void *)bump->populated, left < STEP_BYTES ? left : STEP_BYTES);
  }
}

uintptr_t heap_bump_take(struct heap *heap, struct heap_bump *bump, struct mutator *th, size_t bytes, unsigned shares) {
  ASSERT(bytes % 8 == 0 && bytes >= 16, "an object of %zu bytes", bytes);
  uintptr_t at = th->alloc_cursor;
  size_t left = th->alloc_limit - at;
  if (left < bytes) {
    bool grows = th->alloc_limit == bump->cursor && left;
    uintptr_t from = grows ? at : bump->cursor;
    if (from > bump->limit || bytes > bump->limit - from) return 0;
    size_t take = buffer_bytes(heap, bump, shares);
    if (take < bytes) take = bytes;
    if (take > bump->limit - from) take = bump->limit - from;
    heap->stats.bytes_allocated += take - left; // the rest of the old buffer was counted already
    bump->cursor = from + take;
    if (bump->cursor > bump->populated) populate(bump);
    th->alloc_limit = from + take;
    at = from;
  }
  th->alloc_cursor = at + bytes;
  ASSERT(th->alloc_cursor <= th->alloc_limit, "buffer %#zx past its limit %#zx", th->alloc_cursor, th->alloc_limit);
  return at;
}

void heap_bump_drop(struct heap *heap, struct mutator *th) {
  ASSERT(th->alloc_cursor <= th->alloc_limit, "buffer %#zx past its limit %#zx", th->alloc_cursor, th->alloc_limit);
  ASSERT(heap->stats.bytes_allocated >= th->alloc_limit - th->alloc_cursor,
         "a buffer of %zu bytes is given back, %llu were allocated", th->alloc_limit - th->alloc_cursor,
         (unsigned long long)heap->stats.bytes_allocated);
  heap->stats.bytes_allocated -= th->alloc_limit - th->alloc_cursor;
  th->alloc_cursor = th->alloc_limit = 0;
}

const char *heap_bump_find_fault(const struct heap_bump *bump, struct ref object, size_t bytes) {
  uintptr_t at = object.addr - sizeof(uint64_t);
  return at >= bump->start && at + bytes <= bump->cursor ? NULL : "heap.I3: not where objects were allocated";
}
