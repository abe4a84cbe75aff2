// SPDX-License-Identifier: MIT
//
// heap_genimmix_pretenure.c: objects of the default plan that are born old.
//
// What a loader makes lives as long as the program. In the nursery it would be copied once, and would take the room
// that the program's first objects could have; so its thread is given a mature block to allocate from, with the same
// fast path. Until the block is full these objects have the header of young ones, so that they are filled without
// barriers. Then all of them become old at once: one walk marks them, and remembers those that refer to young objects
// after all. It is the only walk from object to object, possible because one thread alone fills the block, without
// gaps.
#define HEAP_MODULE
#include "heap/heap_budget.h"
#include "heap/heap_remember.h"

static bool refers_to_young(const struct genimmix *plan, struct ref object, uint64_t first, uint64_t words) {
  if (first == SCAN_NOTHING) return false;
  if (first == SCAN_CUSTOM) return true; // only its layout knows
  for (uint64_t i = first; i < words; i++) {
    uint64_t bits = object_fields(object)[i].bits;
    if (heap_area_has(plan->young, bits) && !(bits & plan->heap.ref_mask)) return true;
  }
  return false;
}

// Makes the objects in the block old. The mutator keeps nothing of its buffer.
static void settle_block(struct genimmix *plan) {
  struct mutator *th = plan->tenuring;
  uintptr_t at = plan->tenured.start, end = th->alloc_cursor;
  if (at == plan->tenured.limit) return; // there is none yet
  while (at < end) {
    uint64_t *header = (uint64_t *)at;
    ASSERT(!(*header & (HEADER_GC_MASK | HEADER_FORWARDED)), "heap.I5: header %#llx at %#zx, of an object born old",
           (unsigned long long)*header, (size_t)at);
    uint64_t tag = *header & HEADER_TAG_MASK, words = heap_header_words(&plan->heap, *header);
    struct ref object = {at + sizeof *header};
    *header |= HEADER_OLD_CLEAN | plan->mark;
    if (refers_to_young(plan, object, plan->heap.scan_from[tag], words)) heap_remember(th, object);
    at = object.addr + words * sizeof(uint64_t);
  }
  ASSERT(at == end || !end, "heap.I3: objects born old end at %#zx, allocation at %#zx", (size_t)at, (size_t)end);
  heap_immix_settle_claimed(&plan->mature, plan->tenured.start, at);
  heap_bump_drop(&plan->heap, th);
  plan->tenured = (struct heap_bump){0};
}

// Takes the next block, as long as the nursery and its reserve don't need the room.
static bool next_block(struct genimmix *plan) {
  size_t nursery = heap_genimmix_nursery_held(plan);
  if (nursery + heap_budget_reserve(nursery) + IMMIX_BLOCK_BYTES > heap_budget_left(plan)) return false;
  heap_budget_set_blocks(plan);
  uintptr_t start;
  if (!heap_immix_claim(&plan->mature, &start)) return false;
  plan->tenured = (struct heap_bump){start, start, start + IMMIX_BLOCK_BYTES, HEAP_BUMP_UNASKED};
  heap_budget_limit_nursery(plan);
  return true;
}

uintptr_t heap_genimmix_alloc_old(struct genimmix *plan, size_t bytes) {
  struct mutator *th = plan->tenuring;
  uintptr_t at = heap_bump_take(&plan->heap, &plan->tenured, th, bytes, 1);
  if (at) return at;
  settle_block(plan);
  if (next_block(plan)) return heap_bump_take(&plan->heap, &plan->tenured, th, bytes, 1);
  plan->tenuring = NULL;
  return 0;
}

bool heap_genimmix_pretenure(struct heap *heap, struct mutator *th, bool on) {
  struct genimmix *plan = (struct genimmix *)heap;
  if (on && !plan->tenuring) {
    if (heap_genimmix_mature_held(plan) > plan->threshold) return false;
    heap_bump_drop(heap, th);
    plan->tenuring = th;
    plan->tenures_first = !heap_genimmix_mature_held(plan);
  } else if (!on && plan->tenuring == th) {
    settle_block(plan);
    plan->tenuring = NULL;
    if (plan->tenures_first) heap_budget_set_threshold(plan); // others count as what was copied does
    heap_budget_enlarge_first(plan);
  }
  return true;
}
