// SPDX-License-Identifier: MIT
//
// heap_marks.h: which words of an area belong to live objects: a bit for each word, in a table beside the heap.
//
// The plans that mark first and then reuse (marksweep) or slide (markcompact) share this table and the marking. All
// words of a live object have their bits set, not only the first, because then both plans need no object to be read for
// what comes next: a free run is a run of zeros, and how far an address slides is a count of ones below it, which holds
// for references into an object's middle, too. A header has no part in it, so that nothing in it must be cleared. The
// price is a store of one or two words for each object that is marked.
//
// Rejected: a bit in the header, as the default plan has. Sweeping then walks from header to header, through the dead
// ones, too; every buffer that a mutator leaves would have to be filled up, and every miss of the cache be taken twice.
#ifndef LOAM_HEAP_HEAP_MARKS_H
#define LOAM_HEAP_HEAP_MARKS_H

#include "heap/heap_trace.h"

enum { MARKS_WORD_BITS = 64, MARKS_WORD_BYTES = MARKS_WORD_BITS * 8 }; // of the heap, for a word of the table

enum { MARKS_AHEAD = 16 }; // a power of 2

struct heap_marks {
  struct heap_area area;    // the table
  struct heap_area objects; // what it is about; begins at a multiple of MARKS_WORD_BYTES
  size_t bytes;             // of the objects marked
  // While marking: references whose objects were fetched into the cache and have their turn when so many others came.
  struct ref ahead[MARKS_AHEAD];
  unsigned ahead_next;
};

// What a plan's structure begins with, if it marks so.
struct heap_marking {
  struct heap heap;
  struct heap_marks marks;
};

// Sets the table's size for objects in `bytes`, before the space is reserved.
static inline void heap_marks_plan_area(struct heap_marks *marks, size_t bytes) {
  marks->area.bytes = (bytes / MARKS_WORD_BYTES + 1) * sizeof(uint64_t);
}

static inline uint64_t *heap_marks_word(const struct heap_marks *marks, uintptr_t addr) {
  return (uint64_t *)marks->area.start + (addr - marks->objects.start) / MARKS_WORD_BYTES;
}

static inline unsigned heap_marks_shift(const struct heap_marks *marks, uintptr_t addr) {
  return (unsigned)((addr - marks->objects.start) / sizeof(uint64_t) % MARKS_WORD_BITS);
}

static inline bool heap_marks_has(const struct heap_marks *marks, uintptr_t addr) {
  return *heap_marks_word(marks, addr) >> heap_marks_shift(marks, addr) & 1;
}

// Sets the bits of `words` words from `addr` on; at least one.
static inline void heap_marks_set(struct heap_marks *marks, uintptr_t addr, size_t words) {
  uint64_t *at = heap_marks_word(marks, addr);
  unsigned shift = heap_marks_shift(marks, addr);
  if (LIKELY(shift + words <= MARKS_WORD_BITS)) {
    *at |= ~UINT64_C(0) >> (MARKS_WORD_BITS - words) << shift;
    return;
  }
  *at |= ~UINT64_C(0) << shift;
  for (words -= MARKS_WORD_BITS - shift; words >= MARKS_WORD_BITS; words -= MARKS_WORD_BITS) *++at = ~UINT64_C(0);
  if (words) at[1] |= ~UINT64_C(0) >> (MARKS_WORD_BITS - words);
}

// The first word of [addr, limit) whose bit is `set`, or `limit`.
static inline uintptr_t heap_marks_next(const struct heap_marks *marks, uintptr_t addr, uintptr_t limit, bool set) {
  if (addr >= limit) return limit;
  const uint64_t *at = heap_marks_word(marks, addr);
  uint64_t other = set ? 0 : ~UINT64_C(0), bits = (*at ^ other) >> heap_marks_shift(marks, addr);
  if (bits) {
    addr += (uintptr_t)__builtin_ctzll(bits) * sizeof(uint64_t);
    return addr < limit ? addr : limit;
  }
  addr = marks->objects.start + (addr - marks->objects.start) / MARKS_WORD_BYTES * MARKS_WORD_BYTES;
  for (addr += MARKS_WORD_BYTES; addr < limit; addr += MARKS_WORD_BYTES) {
    bits = *++at ^ other;
    if (!bits) continue;
    addr += (uintptr_t)__builtin_ctzll(bits) * sizeof(uint64_t);
    return addr < limit ? addr : limit;
  }
  return limit;
}

// Clears the bits of the first `bytes` of the objects.
void heap_marks_clear(struct heap_marks *marks, size_t bytes);

// Marks all that is reachable from the roots, small objects in the table and large ones in their descriptors, lets the
// layer above go through what it holds weakly, and frees the other large objects. Nothing moves. The table is clear.
void heap_marks_trace(struct heap_marking *plan);

#endif
