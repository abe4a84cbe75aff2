// SPDX-License-Identifier: MIT
//
// heap_marksweep.c: the plan that never moves anything: it marks, and allocates in the gaps.
//
// Small objects lie in blocks of 32 KB. Marking sets a bit for each live word (heap_marks.h); a run of zeros is free
// memory, and becomes a mutator's buffer as it is. So allocation bumps a pointer through the same inlined lines as
// under the other plans, and only goes to the next run when one is used up. Sweeping is lazy: a mutator that needs a
// run looks for it in the table, from the lowest block up. A collection itself looks only which blocks have no bit set;
// those are free as a whole.
//
// What it is for: code outside that keeps addresses, and the question what moving is worth. No barrier, no header bit,
// no reserve for copies; but gaps between what lives long stay, so that a program of long life and many sizes may need
// more memory than under the plans that move.
//
// Rejected: a free list for each size, as textbooks have it. The inlined path takes any size from one buffer; lists
// would make it a function of the size, and neighbours in time would not be neighbours in memory.
//
// A block is free; or fresh: taken since the last collection, and so without marks; or marked: live in part.
#define HEAP_MODULE
#include "heap/heap_marks.h"
#include "os/os_memory.h"

enum { BLOCK_BYTES = 32 << 10, BLOCK_MARKS = BLOCK_BYTES / MARKS_WORD_BYTES };

enum block_state { BLOCK_FREE, BLOCK_FRESH, BLOCK_MARKED };

struct marksweep {
  struct heap_marking marking;
  struct heap_area state_area; // an enum block_state for each block, one byte
  struct heap_area free_area;  // uint32_t: stack of free blocks below block_top, lowest on top
  uint32_t block_top;          // blocks from here on are free and not in the stack
  uint32_t block_touched;      // from here on they have no pages
  uint32_t free_count, blocks_used;
  size_t allowance;        // bytes that are taken from one collection to the next; holes, all of them
  size_t taken;            // since the last one, as runs and as blocks
  size_t run_min;          // shorter runs are passed over
  uintptr_t sweep;         // where the search for runs goes on,
  uintptr_t sweep_end;     // and ends
  struct heap_bump run;    // the run that buffers come from
  struct heap_bump medium; // a block for objects that would have to pass over many runs
};

// Always allocated between two collections, since a collection has fixed costs; but only an eighth of the limit, or
// what lives on would be scattered over all of the blocks, and none would be left for large objects. (A program with
// weak tables runs in 1.6 MB, under genimmix in 1.2; when the limit is filled first it takes 3.5 MB. Programs with
// three times what lives collect no more than a tenth more often.)
enum { GROWTH_MIN = 4 << 20, GROWTH_SHARE = 8 };

// Larger objects go to a block of their own kind when they don't fit into the run at hand.
enum { MEDIUM_BYTES = 256 };

// Shorter runs cost more time to find than they are worth, except where they are much of what is free.
enum { RUN_MIN = 64, OBJECT_MIN = 16 };

// Free blocks above the highest one in use that keep their pages across a collection (4 MB).
enum { RESIDENT_BLOCKS = (4 << 20) / BLOCK_BYTES };

static uint8_t *block_state(const struct marksweep *plan, uint32_t block) {
  return (uint8_t *)plan->state_area.start + block;
}

static uintptr_t block_addr(const struct marksweep *plan, uint32_t block) {
  return plan->marking.marks.objects.start + (uintptr_t)block * BLOCK_BYTES;
}

static uint32_t block_of(const struct marksweep *plan, uintptr_t addr) {
  return (uint32_t)((addr - plan->marking.marks.objects.start) / BLOCK_BYTES);
}

static size_t blocks_held(const struct marksweep *plan) { return (size_t)plan->blocks_used * BLOCK_BYTES; }

static size_t growth_min(const struct heap *heap) {
  size_t share = heap->bytes_max / GROWTH_SHARE;
  return share < GROWTH_MIN ? share : GROWTH_MIN;
}

static size_t marksweep_bytes_held(const struct heap *heap) {
  return blocks_held((const struct marksweep *)heap) + heap_large_held(&heap->large);
}

static enum loam_err marksweep_init(struct heap *heap, const struct vm_config *config, struct error *err) {
  (void)config;
  struct marksweep *plan = (struct marksweep *)heap;
  struct heap_marks *marks = &plan->marking.marks;
  size_t blocks = heap->bytes_max / BLOCK_BYTES;
  marks->objects.bytes = blocks * BLOCK_BYTES;
  heap_marks_plan_area(marks, marks->objects.bytes);
  plan->state_area.bytes = blocks;
  plan->free_area.bytes = blocks * sizeof(uint32_t);
  heap_large_plan_areas(&heap->large, heap->bytes_max);
  heap_trace_plan_area(&heap->trace, heap->bytes_max);
  struct heap_area *areas[] = {&marks->objects,   &heap->large.area, &heap->large.tags, &marks->area,
                               &plan->state_area, &plan->free_area,  &heap->trace.area};
  if (!heap_space_reserve(&heap->space, areas, COUNT_OF(areas)))
    return error_set(err, LOAM_ERR_MEMORY, "no address space for a heap of %zu KB", heap->bytes_max >> 10);
  heap->objects.start = marks->objects.start;
  heap->objects.bytes = heap->large.tags.start - heap->objects.start;
  heap_trace_init(&heap->trace);
  plan->allowance = growth_min(heap);
  plan->sweep = plan->sweep_end = marks->objects.start;
  return LOAM_OK;
}

static void marksweep_fini(struct heap *heap) { heap_space_free(&heap->space); }

// ---- allocating

static bool block_is_marked(const struct marksweep *plan, uint32_t block) {
  const uint64_t *marks = heap_marks_word(&plan->marking.marks, block_addr(plan, block));
  uint64_t any = 0;
  for (int i = 0; i < BLOCK_MARKS; i++) any |= marks[i];
  return any != 0;
}

// Takes the lowest free block as a run; false when it is time to collect. What is taken is counted, not what holes
// there are: those that are too small for what is allocated would stand for blocks, and each object would cost a
// collection.
static bool block_take(struct marksweep *plan, struct heap_bump *run) {
  const struct heap *heap = &plan->marking.heap;
  uint32_t block;
  if (plan->taken >= plan->allowance) return false;
  if (marksweep_bytes_held(heap) + BLOCK_BYTES > heap->bytes_max) return false;
  if (plan->free_count)
    block = ((uint32_t *)plan->free_area.start)[--plan->free_count];
  else if (plan->block_top < plan->marking.marks.objects.bytes / BLOCK_BYTES)
    block = plan->block_top++;
  else
    return false;
  if (plan->block_top > plan->block_touched) plan->block_touched = plan->block_top;
  ASSERT(*block_state(plan, block) == BLOCK_FREE, "heap.I7: block %u is not free", block);
  ASSERT(!block_is_marked(plan, block), "heap.I7: free block %u has marks", block);
  *block_state(plan, block) = BLOCK_FRESH;
  plan->blocks_used++;
  plan->taken += BLOCK_BYTES;
  uintptr_t start = block_addr(plan, block);
  *run = (struct heap_bump){.start = start, .cursor = start, .limit = start + BLOCK_BYTES};
  return true;
}

// Goes on sweeping until there is a run of at least `bytes`.
static bool run_find(struct marksweep *plan, size_t bytes) {
  const struct heap_marks *marks = &plan->marking.marks;
  if (bytes < plan->run_min) bytes = plan->run_min;
  while (plan->sweep < plan->sweep_end) {
    uint32_t block = block_of(plan, plan->sweep);
    uintptr_t end = block_addr(plan, block + 1), start = end;
    if (*block_state(plan, block) == BLOCK_MARKED) start = heap_marks_next(marks, plan->sweep, end, false);
    plan->sweep = heap_marks_next(marks, start, end, true);
    if (plan->sweep - start < bytes) continue;
    plan->run = (struct heap_bump){.start = start, .cursor = start, .limit = plan->sweep};
    plan->taken += (plan->sweep - start) / 2; // small ones are filled badly
    return true;
  }
  return false;
}

static uintptr_t alloc_large(struct marksweep *plan, size_t bytes) {
  struct heap *heap = &plan->marking.heap;
  ASSERT(marksweep_bytes_held(heap) <= heap->bytes_max, "heap.I1: %zu bytes are held, of %zu",
         marksweep_bytes_held(heap), heap->bytes_max);
  return heap_large_alloc(heap, bytes, heap->bytes_max - marksweep_bytes_held(heap), plan->allowance);
}

// Beside the mutator's buffer, which stays for small objects.
static uintptr_t alloc_medium(struct marksweep *plan, size_t bytes) {
  struct heap_bump *medium = &plan->medium;
  if (bytes > medium->limit - medium->cursor && !block_take(plan, medium)) return 0;
  uintptr_t at = medium->cursor;
  medium->cursor += bytes;
  plan->marking.heap.stats.bytes_allocated += bytes;
  return at;
}

static uintptr_t marksweep_alloc(struct heap *heap, struct mutator *th, size_t bytes) {
  struct marksweep *plan = (struct marksweep *)heap;
  if (bytes >= HEAP_LARGE_BYTES) return alloc_large(plan, bytes);
  uintptr_t at = heap_bump_take(heap, &plan->run, th, bytes, 1);
  if (!at && bytes > MEDIUM_BYTES) at = alloc_medium(plan, bytes);
  if (!at && (run_find(plan, bytes) || block_take(plan, &plan->run)))
    at = heap_bump_take(heap, &plan->run, th, bytes, 1);
  return at;
}

// ---- collecting

// Overwrites what is dead in the blocks that were in use; most of it would be found by mutators only.
static void blocks_poison(const struct marksweep *plan) {
  const struct heap_marks *marks = &plan->marking.marks;
  if (!plan->marking.heap.stress.poison) return;
  for (uint32_t block = 0; block < plan->block_top; block++) {
    uintptr_t at = block_addr(plan, block), end = at + BLOCK_BYTES;
    if (*block_state(plan, block) == BLOCK_FREE) continue;
    while (at < end) {
      uintptr_t start = heap_marks_next(marks, at, end, false);
      at = heap_marks_next(marks, start, end, true);
      heap_stress_poison(&plan->marking.heap, start, at - start);
    }
  }
}

// Downwards, so that the lowest free blocks end up on top of the stack.
static void blocks_count(struct marksweep *plan) {
  plan->blocks_used = plan->free_count = 0;
  for (uint32_t block = plan->block_top; block-- > 0;) {
    uint8_t *state = block_state(plan, block);
    bool live = *state != BLOCK_FREE && block_is_marked(plan, block);
    *state = live ? BLOCK_MARKED : BLOCK_FREE;
    plan->blocks_used += live;
    if (!live && block + 1 == plan->block_top)
      plan->block_top = block;
    else if (!live)
      ((uint32_t *)plan->free_area.start)[plan->free_count++] = block;
  }
  ASSERT(plan->blocks_used + plan->free_count == plan->block_top, "heap.I7: %u blocks are used and %u free, of %u",
         plan->blocks_used, plan->free_count, plan->block_top);
  uint32_t keep = plan->block_top + RESIDENT_BLOCKS;
  if (plan->block_touched <= keep) return;
  os_memory_release((void *)block_addr(plan, keep), (size_t)(plan->block_touched - keep) * BLOCK_BYTES);
  plan->block_touched = keep;
}

static enum heap_effort marksweep_collect(struct heap *heap, enum heap_effort effort) {
  (void)effort; // there is only one
  struct marksweep *plan = (struct marksweep *)heap;
  struct heap_marks *marks = &plan->marking.marks;
  heap_marks_clear(marks, (size_t)plan->block_top * BLOCK_BYTES);
  heap_marks_trace(&plan->marking);
  blocks_poison(plan);
  blocks_count(plan);
  plan->run = plan->medium = (struct heap_bump){0};
  plan->sweep = marks->objects.start;
  plan->sweep_end = block_addr(plan, plan->block_top);
  ASSERT(blocks_held(plan) >= marks->bytes, "heap.I7: %zu bytes are marked in blocks of %zu", marks->bytes,
         blocks_held(plan));
  plan->run_min = blocks_held(plan) - marks->bytes > marks->bytes / 4 ? OBJECT_MIN : RUN_MIN;
  heap->stats.bytes_live = marks->bytes + heap->large.bytes_old;
  size_t least = growth_min(heap);
  plan->allowance = heap->stats.bytes_live > least ? heap->stats.bytes_live : least;
  plan->taken = 0;
  return EFFORT_DEFRAG;
}

static const char *marksweep_find_fault(const struct heap *heap, struct ref object, size_t bytes) {
  const struct marksweep *plan = (const struct marksweep *)heap;
  const struct heap_marks *marks = &plan->marking.marks;
  uintptr_t at = object.addr - sizeof(uint64_t);
  uint32_t block = block_of(plan, at);
  if (block >= plan->block_top || *block_state(plan, block) == BLOCK_FREE) return "heap.I3: in a free block";
  // Two runs may touch where blocks do, and then be one buffer.
  block = block_of(plan, at + bytes - 1);
  if (block >= plan->block_top || *block_state(plan, block) == BLOCK_FREE) return "heap.I3: ends in a free block";
  bool marked = heap_marks_has(marks, at); // or made since the last collection
  return heap_marks_next(marks, at, at + bytes, !marked) == at + bytes ? NULL : "heap.I7: marked in part";
}

const struct heap_plan heap_plan_marksweep = {
    .name = "marksweep",
    .bytes = sizeof(struct marksweep),
    .init = marksweep_init,
    .fini = marksweep_fini,
    .alloc = marksweep_alloc,
    .collect = marksweep_collect,
    .bytes_held = marksweep_bytes_held,
    .find_fault = marksweep_find_fault,
};
