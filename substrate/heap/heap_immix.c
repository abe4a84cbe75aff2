// SPDX-License-Identifier: MIT
//
// heap_immix.c: allocating in the mature space, and freeing its lines. See heap_immix.h for the idea.
//
// Allocation goes through the holes of recycled blocks first, then takes free blocks from the lowest address up, so
// that the memory in use stays together and the top can be given back.
#define HEAP_MODULE
#include "heap/heap_immix.h"

#include "os/os_memory.h"

#include <string.h>

// Blocks with fewer free lines are not worth a visit by the allocator.
enum { RECYCLE_LINES_MIN = IMMIX_LINES / 32 };

static size_t block_count(const struct heap_immix *space) { return space->area.bytes / IMMIX_BLOCK_BYTES; }

static uint8_t *block_lines(const struct heap_immix *space, uint32_t block) {
  return (uint8_t *)space->line_area.start + (size_t)block * IMMIX_LINES;
}

static uint8_t *block_state(const struct heap_immix *space, uint32_t block) {
  return (uint8_t *)space->block_area.start + block;
}

static uint16_t *block_live(const struct heap_immix *space, uint32_t block) {
  return (uint16_t *)space->live_area.start + block;
}

static uintptr_t block_addr(const struct heap_immix *space, uint32_t block) {
  return space->area.start + ((uintptr_t)block << IMMIX_BLOCK_SHIFT);
}

static uint32_t block_of(const struct heap_immix *space, uintptr_t addr) {
  return (uint32_t)((addr - space->area.start) >> IMMIX_BLOCK_SHIFT);
}

void heap_immix_plan_areas(struct heap_immix *space, size_t bytes_max) {
  size_t blocks = bytes_max / IMMIX_BLOCK_BYTES;
  space->area.bytes = blocks * IMMIX_BLOCK_BYTES;
  space->line_area.bytes = blocks * IMMIX_LINES;
  space->block_area.bytes = blocks;
  space->live_area.bytes = blocks * sizeof(uint16_t);
  space->free_area.bytes = space->recycle_area.bytes = blocks * sizeof(uint32_t);
}

void heap_immix_init(struct heap_immix *space, const struct heap *heap) {
  space->heap = heap;
  space->line_mark = 1;
}

// ---- allocating

static void hole_settle(struct heap_immix *space, struct immix_hole *hole) {
  if (hole->cursor <= hole->marked) return;
  size_t first = (hole->marked - space->area.start) >> IMMIX_LINE_SHIFT;
  size_t last = (hole->cursor - 1 - space->area.start) >> IMMIX_LINE_SHIFT;
  ASSERT(first / IMMIX_LINES == last / IMMIX_LINES && hole->cursor <= hole->limit,
         "heap.I7: objects from %#zx to %#zx lie in a hole that ends at %#zx", hole->marked, hole->cursor, hole->limit);
  memset((uint8_t *)space->line_area.start + first, space->line_mark, last - first + 1);
  *block_live(space, block_of(space, hole->marked)) += (hole->cursor - hole->marked) / sizeof(uint64_t);
  space->bytes_settled += hole->cursor - hole->marked;
  hole->marked = hole->cursor;
}

void heap_immix_settle(struct heap_immix *space) {
  hole_settle(space, &space->small);
  hole_settle(space, &space->medium);
}

// Leaves all holes; their rests are found again by the next sweep.
static void holes_close(struct heap_immix *space) {
  heap_immix_settle(space);
  space->small = space->medium = (struct immix_hole){0, 0, 0};
}

// Takes the lowest free block; false when as many as may be are in use.
static bool block_take(struct heap_immix *space, uint32_t *block) {
  if (space->blocks_used >= space->blocks_max) return false;
  if (space->free_count)
    *block = ((uint32_t *)space->free_area.start)[--space->free_count];
  else if (space->block_top < block_count(space))
    *block = space->block_top++;
  else
    return false;
  if (space->block_top > space->block_touched) {
    size_t blocks = space->block_top - space->block_touched;
    os_memory_populate((void *)block_addr(space, space->block_touched), blocks * IMMIX_BLOCK_BYTES);
    space->block_touched = space->block_top;
  }
  ASSERT(*block_state(space, *block) == IMMIX_FREE, "heap.I7: block %u is not free", *block);
  ASSERT(*block_live(space, *block) == 0, "heap.I7: free block %u has %u live words", *block,
         *block_live(space, *block));
  *block_state(space, *block) = IMMIX_USED;
  space->blocks_used++;
  return true;
}

static void hole_open(struct heap_immix *space, struct immix_hole *hole, uintptr_t start, uintptr_t end) {
  hole_settle(space, hole);
  *hole = (struct immix_hole){start, end, start};
}

// Opens the first hole of the block from `line` on.
static bool hole_next(struct heap_immix *space, struct immix_hole *hole, uint32_t block, uint32_t line) {
  const uint8_t *lines = block_lines(space, block);
  while (line < IMMIX_LINES && lines[line]) line++;
  if (line == IMMIX_LINES) return false;
  uint32_t end = line + 1;
  while (end < IMMIX_LINES && !lines[end]) end++;
  uintptr_t start = block_addr(space, block);
  hole_open(space, hole, start + ((uintptr_t)line << IMMIX_LINE_SHIFT), start + ((uintptr_t)end << IMMIX_LINE_SHIFT));
  return true;
}

// The rest of the block behind the hole at hand.
static bool hole_next_here(struct heap_immix *space, struct immix_hole *hole) {
  uintptr_t offset = hole->limit - space->area.start;
  if (!hole->limit || offset % IMMIX_BLOCK_BYTES == 0) return false;
  return hole_next(space, hole, block_of(space, hole->limit), (uint32_t)(offset >> IMMIX_LINE_SHIFT) % IMMIX_LINES);
}

static bool hole_open_block(struct heap_immix *space, struct immix_hole *hole) {
  uint32_t block;
  if (!block_take(space, &block)) return false;
  hole_open(space, hole, block_addr(space, block), block_addr(space, block) + IMMIX_BLOCK_BYTES);
  return true;
}

static uintptr_t hole_bump(struct immix_hole *hole, size_t bytes) {
  uintptr_t at = hole->cursor;
  hole->cursor += bytes;
  ASSERT(hole->cursor <= hole->limit, "%zu bytes don't fit in a hole that ends at %#zx", bytes, hole->limit);
  return at;
}

// Opens the next hole, in this block or in the next recycled one.
static bool hole_advance(struct heap_immix *space, struct immix_hole *hole) {
  bool found = hole_next_here(space, hole);
  while (!found && space->recycle_count)
    found = hole_next(space, hole, ((uint32_t *)space->recycle_area.start)[--space->recycle_count], 0);
  return found;
}

// Objects of more than a line have a block beside the holes, or else each of them would skip many holes. Only when
// there is no block left do they search.
static uintptr_t alloc_medium(struct heap_immix *space, size_t bytes) {
  struct immix_hole *hole = &space->medium;
  if (bytes <= hole->limit - hole->cursor || hole_open_block(space, hole)) return hole_bump(hole, bytes);
  hole = &space->small;
  while (hole_advance(space, hole))
    if (bytes <= hole->limit - hole->cursor) return hole_bump(hole, bytes);
  return 0;
}

uintptr_t heap_immix_alloc_slow(struct heap_immix *space, size_t bytes) {
  ASSERT(bytes < HEAP_LARGE_BYTES, "an object of %zu bytes in the mature space", bytes);
  if (bytes > IMMIX_LINE_BYTES) return alloc_medium(space, bytes);
  struct immix_hole *hole = &space->small;
  return hole_advance(space, hole) || hole_open_block(space, hole) ? hole_bump(hole, bytes) : 0;
}

bool heap_immix_claim(struct heap_immix *space, uintptr_t *start) {
  uint32_t block;
  if (!block_take(space, &block)) return false;
  *start = block_addr(space, block);
  return true;
}

void heap_immix_settle_claimed(struct heap_immix *space, uintptr_t start, uintptr_t end) {
  size_t copied = space->bytes_settled;
  hole_settle(space, &(struct immix_hole){end, start + IMMIX_BLOCK_BYTES, start});
  space->bytes_settled = copied;
}

// ---- choosing what to empty

static uint32_t lines_count(const uint8_t *lines) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < IMMIX_LINES; i++) count += lines[i] != 0;
  return count;
}

static void recycle_push(struct heap_immix *space, uint32_t block) {
  ASSERT(space->recycle_count < space->block_top, "heap.I7: %u of %u blocks have holes, and block %u is another",
         space->recycle_count, space->block_top, block);
  ((uint32_t *)space->recycle_area.start)[space->recycle_count++] = block;
}

// Blocks are sorted into classes by how full they are, in 64ths.
enum { CLASSES = 65, BLOCK_WORDS = IMMIX_BLOCK_BYTES / 8, CLASS_WORDS = BLOCK_WORDS / (CLASSES - 1) };

struct immix_census {
  uint32_t blocks[CLASSES];     // used blocks of each class
  uint32_t quota[CLASSES];      // how many of them shall be candidates
  size_t hole_words[CLASSES];   // in free lines of all blocks of the class
  size_t words, hole_words_all; // in all blocks; some words are dead since they were counted
};

static uint32_t block_class(const struct heap_immix *space, uint32_t block) {
  return (*block_live(space, block) + CLASS_WORDS - 1) / CLASS_WORDS;
}

static void census_take(const struct heap_immix *space, struct immix_census *census) {
  memset(census, 0, sizeof *census);
  for (uint32_t block = 0; block < space->block_top; block++) {
    if (*block_state(space, block) == IMMIX_FREE) continue;
    uint32_t class = block_class(space, block);
    size_t hole_words = (IMMIX_LINES - lines_count(block_lines(space, block))) * (size_t)(IMMIX_LINE_BYTES / 8);
    census->blocks[class]++;
    census->hole_words[class] += hole_words;
    census->hole_words_all += hole_words;
    census->words += *block_live(space, block);
  }
}

// Sets the quotas: the emptiest blocks first, as long as what is alive in them fits into `words` of free blocks and
// half of the others' holes (small holes are filled badly). `expected` of the census's words are still alive; where,
// one can't know, so each block is taken to have its share. Blocks with a share of more than `share_max` stay.
static void census_choose(struct immix_census *census, size_t words, size_t share_max, size_t expected) {
  size_t needed = 0, holes = census->hole_words_all;
  if (expected > census->words) expected = census->words;
  for (size_t class = 0; class < CLASSES; class ++) {
    size_t share = census->words ? class * CLASS_WORDS * expected / census->words : 0;
    if (share > share_max) return;
    for (; census->quota[class] < census->blocks[class]; census->quota[class]++) {
      needed += share;
      holes -= census->hole_words[class] / census->blocks[class];
      if (needed > words + holes / 2) return;
    }
  }
}

// Makes candidates of as many blocks as the quotas say, and lists the others' holes for allocation.
static void candidates_mark(struct heap_immix *space, struct immix_census *census) {
  space->recycle_count = 0;
  for (uint32_t block = space->block_top; block-- > 0;) {
    if (*block_state(space, block) == IMMIX_FREE) continue;
    uint32_t *quota = &census->quota[block_class(space, block)];
    if (*quota) {
      --*quota;
      *block_state(space, block) = IMMIX_CANDIDATE;
    } else if (IMMIX_LINES - lines_count(block_lines(space, block)) >= RECYCLE_LINES_MIN) {
      recycle_push(space, block);
    }
  }
}

void heap_immix_begin(struct heap_immix *space, enum immix_choice choice, uint32_t blocks, size_t bytes_expected) {
  holes_close(space);
  struct immix_census census;
  census_take(space, &census);
  static const size_t share_max[] = {
      [IMMIX_EMPTIEST] = BLOCK_WORDS * 5 / 8, [IMMIX_FRAGMENTED] = BLOCK_WORDS * 15 / 16, [IMMIX_ALL] = BLOCK_WORDS};
  if (blocks || choice != IMMIX_EMPTIEST)
    census_choose(&census, (size_t)blocks * BLOCK_WORDS, share_max[choice], bytes_expected / sizeof(uint64_t));
  candidates_mark(space, &census);
  memset((void *)space->live_area.start, 0, space->block_top * sizeof(uint16_t));
  space->line_mark = 3 - space->line_mark;
}

// ---- sweeping

// Frees the lines that were not marked, and returns how many were.
static uint32_t block_sweep(struct heap_immix *space, uint32_t block) {
  uint8_t *lines = block_lines(space, block), mark = space->line_mark;
  uint32_t live = 0;
  if (space->heap->stress.poison)
    for (uint32_t i = 0; i < IMMIX_LINES; i++)
      if (lines[i] && lines[i] != mark)
        heap_stress_poison(space->heap, block_addr(space, block) + i * (uintptr_t)IMMIX_LINE_BYTES, IMMIX_LINE_BYTES);
  for (uint32_t i = 0; i < IMMIX_LINES; i++) {
    bool marked = lines[i] == mark;
    live += marked;
    lines[i] = marked ? mark : 0;
  }
  return live;
}

// Downwards, so that the lowest blocks end up on top of the stacks.
void heap_immix_sweep(struct heap_immix *space) {
  holes_close(space);
  space->blocks_used = space->free_count = space->recycle_count = 0;
  for (uint32_t block = space->block_top; block-- > 0;) {
    uint8_t *state = block_state(space, block);
    uint32_t live = *state == IMMIX_FREE ? 0 : block_sweep(space, block);
    *state = live ? IMMIX_USED : IMMIX_FREE;
    space->blocks_used += live != 0;
    if (live && IMMIX_LINES - live >= RECYCLE_LINES_MIN)
      recycle_push(space, block);
    else if (!live && block + 1 == space->block_top)
      space->block_top = block;
    else if (!live)
      ((uint32_t *)space->free_area.start)[space->free_count++] = block;
  }
  ASSERT(space->blocks_used + space->free_count == space->block_top, "heap.I7: %u blocks are used and %u free, of %u",
         space->blocks_used, space->free_count, space->block_top);
}

void heap_immix_release(struct heap_immix *space, size_t bytes_kept) {
  uint32_t keep = space->block_top + (uint32_t)(bytes_kept / IMMIX_BLOCK_BYTES);
  ASSERT(keep >= space->block_top, "heap.I7: of %u blocks, all above block %u would lose their pages", space->block_top,
         keep);
  if (space->block_touched <= keep) return;
  os_memory_release((void *)block_addr(space, keep), (size_t)(space->block_touched - keep) * IMMIX_BLOCK_BYTES);
  space->block_touched = keep;
}

const char *heap_immix_find_fault(const struct heap_immix *space, uintptr_t at, size_t bytes) {
  uint32_t block = block_of(space, at);
  if (block >= space->block_top || *block_state(space, block) != IMMIX_USED) return "heap.I3: in a free block";
  if (block_of(space, at + bytes - 1) != block) return "heap.I3: longer than its block";
  const uint8_t *lines = (const uint8_t *)space->line_area.start;
  for (size_t line = (at - space->area.start) >> IMMIX_LINE_SHIFT;
       line <= (at + bytes - 1 - space->area.start) >> IMMIX_LINE_SHIFT; line++)
    if (lines[line] != space->line_mark) return "heap.I7: in a line that is not marked";
  return NULL;
}
