// SPDX-License-Identifier: MIT
//
// heap_genimmix.c: the default plan: objects are born in a nursery, and those that survive one collection are copied
// into an Immix mature space.
//
//     objects: | mature blocks ... | nursery | large objects ... |
//
// A minor collection looks at the roots and the remembered set, copies what is reachable out of the nursery and marks
// young large objects; it asks "is this young" with one comparison, since the two lie side by side. Its cost is
// that of the survivors. A full collection does the same first, so that it has the nursery's memory to move objects
// into; then it follows everything, marks mature objects in place, and moves those in blocks chosen for
// defragmentation. The nursery is used at the same addresses again and again, so that it stays in the cache.
//
// Header bits: HEADER_OLD_CLEAN as rt.h says. HEADER_MARK equals plan->mark in mature objects after a full collection
// has seen them, and its two values change meaning at each, so that no mark ever has to be cleared. Large objects have
// their mark in their descriptor.
//
// Rejected: aging in the nursery (a second copy of everything that lives, for the few objects that die in between), and
// following nursery and mature objects in one pass (the reserve for the nursery then keeps defragmentation from
// moving).
#define HEAP_MODULE
#include "heap/heap_genimmix.h"

#include "heap/heap_budget.h"
#include "heap/heap_remember.h"
#include "heap/heap_trace.h"

static enum loam_err genimmix_init(struct heap *heap, const struct vm_config *config, struct error *err) {
  struct genimmix *plan = (struct genimmix *)heap;
  struct heap_immix *mature = &plan->mature;
  heap_budget_init(plan, config->nursery_size);
  heap_immix_plan_areas(mature, heap->bytes_max);
  heap_large_plan_areas(&heap->large, heap->bytes_max);
  heap_trace_plan_area(&heap->trace, heap->bytes_max);
  heap_remember_plan_area(&heap->remembered, heap->bytes_max);
  struct heap_area *areas[] = {&mature->area,         &plan->nursery_area, &heap->large.area,     &heap->large.tags,
                               &mature->line_area,    &mature->block_area, &mature->live_area,    &mature->free_area,
                               &mature->recycle_area, &heap->trace.area,   &heap->remembered.area};
  if (!heap_space_reserve(&heap->space, areas, COUNT_OF(areas)))
    return error_set(err, LOAM_ERR_MEMORY, "no address space for a heap of %zu KB", heap->bytes_max >> 10);
  uintptr_t objects_end = heap->large.area.start + heap->large.area.bytes;
  heap->objects = (struct heap_area){mature->area.start, objects_end - mature->area.start};
  ASSERT(mature->area.start < plan->nursery_area.start && plan->nursery_area.start < heap->large.area.start,
         "the areas of a heap of %zu KB lie in another order", heap->bytes_max >> 10);
  plan->young = (struct heap_area){plan->nursery_area.start, objects_end - plan->nursery_area.start};
  heap_immix_init(mature, heap);
  heap_trace_init(&heap->trace);
  plan->nursery.start = plan->nursery.cursor = plan->nursery_area.start;
  heap_budget_set_threshold(plan);
  heap_budget_limit_nursery(plan);
  return LOAM_OK;
}

static void genimmix_fini(struct heap *heap) { heap_space_free(&heap->space); }

static size_t genimmix_bytes_held(const struct heap *heap) {
  const struct genimmix *plan = (const struct genimmix *)heap;
  return heap_genimmix_nursery_held(plan) + heap_genimmix_mature_held(plan);
}

// ---- allocating

static uintptr_t alloc_large(struct genimmix *plan, size_t bytes) {
  size_t held = heap_genimmix_nursery_held(plan), nursery = held + heap_budget_reserve(held);
  size_t left = heap_budget_left(plan);
  if (nursery > left) return 0;
  uintptr_t at = heap_large_alloc(&plan->heap, bytes, left - nursery, plan->nursery_area.bytes);
  if (at) heap_budget_limit_nursery(plan);
  return at;
}

static uintptr_t genimmix_alloc(struct heap *heap, struct mutator *th, size_t bytes) {
  struct genimmix *plan = (struct genimmix *)heap;
  if (bytes >= HEAP_LARGE_BYTES) return alloc_large(plan, bytes);
  uintptr_t at = UNLIKELY(th == plan->tenuring) ? heap_genimmix_alloc_old(plan, bytes) : 0;
  return at ? at : heap_bump_take(heap, &plan->nursery, th, bytes, BUMP_SHARES);
}

// ---- collecting

// The nursery was emptied: shall old objects be looked at, too?
static bool full_is_due(struct genimmix *plan) {
  enum { STRESS_ROUNDS_FULL = 8 }; // every eighth stress collection is full
  const struct heap *heap = &plan->heap;
  if (heap->stress.move) return true;
  if (heap->stress.every && ++plan->stress_round % STRESS_ROUNDS_FULL == 0) return true;
  return heap_genimmix_mature_held(plan) > plan->threshold;
}

// Empties sparse blocks into what is free, as long as that makes more free: from one block to many.
static void collect_defrag(struct genimmix *plan) {
  enum { PASSES_MAX = 8 };
  uint32_t before = UINT32_MAX;
  for (int pass = 0; pass < PASSES_MAX && plan->mature.blocks_used < before; pass++) {
    before = plan->mature.blocks_used;
    heap_genimmix_collect_old(plan, IMMIX_FRAGMENTED, SIZE_MAX);
    if ((size_t)plan->mature.blocks_used * IMMIX_BLOCK_BYTES < plan->live_small + plan->live_small / 8) return;
  }
}

static enum heap_effort genimmix_collect(struct heap *heap, enum heap_effort effort) {
  struct genimmix *plan = (struct genimmix *)heap;
  uint64_t copied = heap->stats.bytes_copied;
  heap_genimmix_collect_young(plan);
  if (effort == EFFORT_LEAST && full_is_due(plan)) effort = EFFORT_FULL;
  // About as much is alive as last time: programs differ, but nothing better is known before marking.
  size_t expected = plan->live_small + (heap->stats.bytes_copied - copied);
  if (heap->stress.move && effort != EFFORT_LEAST)
    heap_genimmix_collect_old(plan, IMMIX_ALL, SIZE_MAX);
  else if (effort == EFFORT_FULL)
    heap_genimmix_collect_old(plan, IMMIX_EMPTIEST, expected);
  else if (effort == EFFORT_DEFRAG)
    collect_defrag(plan);
  heap_budget_limit_nursery(plan);
  return effort;
}

// ---- checking

static bool genimmix_is_young(const struct heap *heap, struct ref object) {
  const struct genimmix *plan = (const struct genimmix *)heap;
  if (heap_area_has(plan->nursery_area, object.addr)) return true;
  return heap_area_has(heap->large.area, object.addr) && heap_large_has(&heap->large, object) &&
         heap_large_of(object)->young;
}

static const char *genimmix_find_fault(const struct heap *heap, struct ref object, size_t bytes) {
  const struct genimmix *plan = (const struct genimmix *)heap;
  uintptr_t at = object.addr - sizeof(uint64_t);
  ASSERT(heap_area_has(heap->objects, object.addr), "%#zx is checked, which is not in the heap", (size_t)object.addr);
  if (heap_area_has(plan->nursery_area, object.addr)) return heap_bump_find_fault(&plan->nursery, object, bytes);
  if ((*object_header(object) & HEADER_MARK) != plan->mark) return "heap.I8: not marked";
  return heap_immix_find_fault(&plan->mature, at, bytes);
}

const struct heap_plan heap_plan_genimmix = {
    .name = "genimmix",
    .bytes = sizeof(struct genimmix),
    .init = genimmix_init,
    .fini = genimmix_fini,
    .alloc = genimmix_alloc,
    .pretenure = heap_genimmix_pretenure,
    .collect = genimmix_collect,
    .bytes_held = genimmix_bytes_held,
    .find_fault = genimmix_find_fault,
    .is_young = genimmix_is_young,
};
