// SPDX-License-Identifier: MIT
//
// heap_immix.h: the mature space: blocks of 32 KB, cut into lines, which are the unit that is freed.
//
// A collection marks objects where they are, and with each the lines it touches. Runs of unmarked lines are holes, and
// allocation bumps a pointer through them, so mature memory is reused without free lists by size and without moving.
// Only when holes are many are the emptiest blocks made candidates, whose objects move out while they are marked
// ("defragmentation"). After Blackburn and McKinley, "Immix", PLDI 2008. Two things differ: the size of an object is in
// its header, so all lines it touches are marked, not only the first; and marks of lines alternate between two values,
// so that during a collection the lines of the previous one still say what is not free.
//
// A block is free (no marked line), used, or a candidate. Line marks hold for objects that are in place: memory behind
// an allocation pointer is marked by heap_immix_settle, in one go, not object by object.
#ifndef LOAM_HEAP_HEAP_IMMIX_H
#define LOAM_HEAP_HEAP_IMMIX_H

#include "heap/heap_int.h"

enum {
  IMMIX_BLOCK_SHIFT = 15,
  IMMIX_BLOCK_BYTES = 1 << IMMIX_BLOCK_SHIFT,
  IMMIX_LINE_SHIFT = 7,
  IMMIX_LINE_BYTES = 1 << IMMIX_LINE_SHIFT,
  IMMIX_LINES = IMMIX_BLOCK_BYTES / IMMIX_LINE_BYTES,
};

enum immix_state { IMMIX_FREE, IMMIX_USED, IMMIX_CANDIDATE };

// Which blocks a collection shall empty, the emptiest first: those that it pays for, all with holes, or really all.
enum immix_choice { IMMIX_EMPTIEST, IMMIX_FRAGMENTED, IMMIX_ALL };

// Free memory that is being allocated from; the lines of [start of the hole, marked) are marked.
struct immix_hole {
  uintptr_t cursor, limit, marked;
};

struct heap_immix {
  struct heap_area area;             // the blocks
  struct heap_area line_area;        // a mark for each line
  struct heap_area block_area;       // an enum immix_state for each block, one byte
  struct heap_area live_area;        // uint16_t for each block: words of objects marked or allocated in it
  struct heap_area free_area;        // uint32_t: stack of free blocks below block_top, lowest on top
  struct heap_area recycle_area;     // uint32_t: stack of blocks with holes to allocate from
  uint32_t block_top, block_touched; // blocks from here on are free and not in the stack; have no pages
  uint32_t free_count, recycle_count;
  uint32_t blocks_used, blocks_max; // not free; how many may be in use now, set by the plan before it collects
  size_t bytes_settled;             // of all objects copied here so far, as of the last heap_immix_settle
  uint8_t line_mark;                // 1 or 2: what marked lines of this collection have; 0 is free
  struct immix_hole small, medium;  // medium: for objects of more than a line that don't fit in `small`
  const struct heap *heap;          // for poisoning
};

// Sets the sizes of the areas for `bytes_max` in blocks; all areas are given to the plan to reserve, `area` first.
void heap_immix_plan_areas(struct heap_immix *space, size_t bytes_max);
void heap_immix_init(struct heap_immix *space, const struct heap *heap);

// Room for an object when it doesn't fit in the hole at hand; 0 when blocks_max blocks are in use and full.
uintptr_t heap_immix_alloc_slow(struct heap_immix *space, size_t bytes);

// Room for an object: the address of its header word goes to *at. False when there is none.
static inline bool heap_immix_alloc(struct heap_immix *space, size_t bytes, uintptr_t *at) {
  uintptr_t end = space->small.cursor + bytes;
  if (UNLIKELY(end > space->small.limit)) return (*at = heap_immix_alloc_slow(space, bytes)) != 0;
  *at = space->small.cursor;
  space->small.cursor = end;
  return true;
}

static inline enum immix_state heap_immix_state(const struct heap_immix *space, uintptr_t addr) {
  return (enum immix_state)((const uint8_t *)space->block_area.start)[(addr - space->area.start) >> IMMIX_BLOCK_SHIFT];
}

// Marks the lines of an object that stays where it is; `at` is the address of its header word.
static inline void heap_immix_mark_lines(struct heap_immix *space, uintptr_t at, size_t bytes) {
  ((uint16_t *)space->live_area.start)[(at - space->area.start) >> IMMIX_BLOCK_SHIFT] += bytes / sizeof(uint64_t);
  uint8_t *lines = (uint8_t *)space->line_area.start;
  size_t first = (at - space->area.start) >> IMMIX_LINE_SHIFT;
  size_t last = (at + bytes - 1 - space->area.start) >> IMMIX_LINE_SHIFT;
  lines[first] = space->line_mark;
  while (UNLIKELY(first < last)) lines[++first] = space->line_mark;
}

// Marks the lines of what was allocated since the last time. Before a collection ends.
void heap_immix_settle(struct heap_immix *space);

// Takes a free block for objects that are born in it, outside collections: its address goes to *start. False when
// blocks_max blocks are in use. Its objects are made known, up to `end`, by heap_immix_settle_claimed.
bool heap_immix_claim(struct heap_immix *space, uintptr_t *start);
void heap_immix_settle_claimed(struct heap_immix *space, uintptr_t start, uintptr_t end);

// Begins a full collection: turns the line marks around and makes candidates of blocks, as `choice` says. About
// `bytes_expected` are alive in all; what moves shall fit into `blocks` free blocks and the holes of those that stay.
void heap_immix_begin(struct heap_immix *space, enum immix_choice choice, uint32_t blocks, size_t bytes_expected);

// Ends a full collection: everything in lines that were not marked is gone.
void heap_immix_sweep(struct heap_immix *space);

// Gives back the pages of what lies more than `bytes_kept` above the highest block in use.
void heap_immix_release(struct heap_immix *space, size_t bytes_kept);

// For heap_verify: why there can't be a live object of `bytes` at `at`, the address of its header word; or NULL.
const char *heap_immix_find_fault(const struct heap_immix *space, uintptr_t at, size_t bytes);

#endif
