// SPDX-License-Identifier: MIT
//
// heap_semispace.c: the plan that copies everything at each collection, from one half of its space to the other.
//
// The simplest collector that moves, and so the reference for the others: no generations, no barrier, no free lists.
// A collection needs room for a copy of all small objects, so the limit holds twice what lives in a half, and large
// objects once. How far a half is filled is the goal: twice what was alive, so that short-lived programs stay small.
#define HEAP_MODULE
#include "heap/heap_trace.h"
#include "os/os_memory.h"

struct semispace {
  struct heap heap;
  struct heap_area halves[2];
  unsigned current;      // the half with the objects
  struct heap_bump bump; // allocation in it
  size_t goal;           // bytes of small objects after which it is time to collect
  uintptr_t to;          // while collecting: where the next copy goes
};

// The goal is at least this: a collection has fixed costs.
enum { GOAL_MIN = 4 << 20 };

// Sets how far the current half may be filled, after large objects or the goal have changed.
static void limit_update(struct semispace *plan) {
  const struct heap *heap = &plan->heap;
  ASSERT(heap_large_held(&heap->large) <= heap->bytes_max, "heap.I1: %zu bytes of large objects, of %zu",
         heap_large_held(&heap->large), heap->bytes_max);
  size_t most = (heap->bytes_max - heap_large_held(&heap->large)) / 2 & ~(size_t)7;
  size_t half = most < plan->halves[0].bytes ? most : plan->halves[0].bytes;
  plan->bump.limit = plan->bump.start + (plan->goal < half ? plan->goal : half);
}

static enum loam_err semispace_init(struct heap *heap, const struct vm_config *config, struct error *err) {
  (void)config;
  struct semispace *plan = (struct semispace *)heap;
  plan->halves[0].bytes = plan->halves[1].bytes = heap->bytes_max / 2;
  heap_large_plan_areas(&heap->large, heap->bytes_max);
  heap_trace_plan_area(&heap->trace, heap->bytes_max);
  struct heap_area *areas[] = {&plan->halves[0], &plan->halves[1], &heap->large.area, &heap->large.tags,
                               &heap->trace.area};
  if (!heap_space_reserve(&heap->space, areas, COUNT_OF(areas)))
    return error_set(err, LOAM_ERR_MEMORY, "no address space for a heap of %zu KB", heap->bytes_max >> 10);
  heap->objects.start = plan->halves[0].start;
  heap->objects.bytes = heap->large.tags.start - heap->objects.start;
  heap_trace_init(&heap->trace);
  plan->bump.start = plan->bump.cursor = plan->halves[0].start;
  plan->goal = GOAL_MIN;
  limit_update(plan);
  return LOAM_OK;
}

static void semispace_fini(struct heap *heap) { heap_space_free(&heap->space); }

static size_t small_held(const struct semispace *plan) { return plan->bump.cursor - plan->bump.start; }

static size_t semispace_bytes_held(const struct heap *heap) {
  return small_held((const struct semispace *)heap) + heap_large_held(&heap->large);
}

static uintptr_t semispace_alloc_large(struct semispace *plan, size_t bytes) {
  struct heap *heap = &plan->heap;
  size_t held = 2 * small_held(plan) + heap_large_held(&heap->large);
  ASSERT(held <= heap->bytes_max, "heap.I1: %zu bytes with a copy of each small object, of %zu", held, heap->bytes_max);
  uintptr_t at = heap_large_alloc(heap, bytes, heap->bytes_max - held, plan->goal);
  if (at) limit_update(plan);
  return at;
}

static uintptr_t semispace_alloc(struct heap *heap, struct mutator *th, size_t bytes) {
  struct semispace *plan = (struct semispace *)heap;
  if (bytes >= HEAP_LARGE_BYTES) return semispace_alloc_large(plan, bytes);
  return heap_bump_take(heap, &plan->bump, th, bytes, BUMP_SHARES);
}

static ALWAYS_INLINE void semispace_edge(struct heap_trace *trace, struct value *slot) {
  struct semispace *plan = (struct semispace *)heap_of_trace(trace);
  struct ref object = value_to_ref(*slot);
  if (!heap_is_reference(&plan->heap, object.addr)) return;
  uint64_t header = *object_header(object);
  if (heap_trace_is_inner(trace, header)) {
    heap_trace_inner(trace, slot, header);
    return;
  }
  if (heap_area_has(plan->heap.large.area, object.addr)) {
    heap_trace_mark_large(trace, object, 0);
    return;
  }
  ASSERT(heap_area_has(plan->halves[plan->current], object.addr), "heap.I3: %#zx was left in the empty half",
         object.addr);
  if (header & HEADER_FORWARDED) {
    slot->bits = heap_trace_forwarded(header);
    return;
  }
  uint64_t words = heap_header_words(&plan->heap, header);
  struct ref copy = heap_trace_copy(object_header(object), plan->to, header, words);
  plan->to += (words + 1) * sizeof(uint64_t);
  plan->heap.stats.objects_copied++;
  heap_trace_push_object(trace, copy, header, words);
  slot->bits = copy.addr;
}

static void semispace_visit(struct root_visitor *visit, struct value *slot) {
  semispace_edge((struct heap_trace *)visit, slot);
}

static bool semispace_alive(struct weak_visitor *visit, struct value *slot) {
  struct heap *heap = heap_of_trace(heap_trace_of_weak(visit));
  struct ref object = value_to_ref(*slot);
  if (!heap_is_reference(heap, object.addr)) return true;
  uint64_t header = *object_header(object);
  if (heap_trace_is_inner(&heap->trace, header)) return heap_trace_inner_alive(visit, slot, header);
  if (heap_area_has(heap->large.area, object.addr)) return heap_large_of(object)->marked;
  if (header & HEADER_FORWARDED) slot->bits = heap_trace_forwarded(header);
  // What was copied already may be met in its new place.
  const struct semispace *plan = (const struct semispace *)heap;
  return (header & HEADER_FORWARDED) || heap_area_has(plan->halves[1 - plan->current], object.addr);
}

static void semispace_keep(struct weak_visitor *visit, struct value *slot) {
  struct heap_trace *trace = heap_trace_of_weak(visit);
  if (semispace_alive(visit, slot)) return; // maybe in its new place already
  semispace_edge(trace, slot);
  heap_trace_drain(trace, semispace_edge);
}

// Turns the halves around when everything alive is in the other one.
static void halves_flip(struct semispace *plan) {
  struct heap *heap = &plan->heap;
  struct heap_area from = plan->halves[plan->current], to = plan->halves[1 - plan->current];
  size_t live = plan->to - to.start;
  ASSERT(live <= small_held(plan), "heap.I3: %zu bytes were copied of %zu", live, small_held(plan));
  heap_stress_poison(heap, from.start, small_held(plan));
  plan->current = 1 - plan->current;
  plan->bump = (struct heap_bump){.start = to.start, .cursor = plan->to, .populated = HEAP_BUMP_UNASKED};
  heap->stats.bytes_copied += live;
  heap->stats.bytes_live = live + heap->large.bytes_old;
  plan->goal = 2 * live > GOAL_MIN ? 2 * live : GOAL_MIN;
  if (from.bytes > plan->goal) os_memory_release((char *)from.start + plan->goal, from.bytes - plan->goal);
  limit_update(plan);
}

static enum heap_effort semispace_collect(struct heap *heap, enum heap_effort effort) {
  (void)effort; // there is only one
  struct semispace *plan = (struct semispace *)heap;
  struct heap_trace *trace = &heap->trace;
  plan->to = plan->halves[1 - plan->current].start;
  trace->visit.slot = semispace_visit;
  heap_trace_roots(heap, &trace->visit);
  heap_trace_drain(trace, semispace_edge);
  heap_trace_weak(heap, true, semispace_alive, semispace_keep);
  size_t held = semispace_bytes_held(heap) + (plan->to - plan->halves[1 - plan->current].start);
  if (held > heap->stats.bytes_used_max) heap->stats.bytes_used_max = held; // both halves, for a moment
  heap_large_sweep(heap, true);
  halves_flip(plan);
  heap_trace_release(trace);
  return EFFORT_DEFRAG;
}

static const char *semispace_find_fault(const struct heap *heap, struct ref object, size_t bytes) {
  const struct semispace *plan = (const struct semispace *)heap;
  return heap_bump_find_fault(&plan->bump, object, bytes);
}

const struct heap_plan heap_plan_semispace = {
    .name = "semispace",
    .bytes = sizeof(struct semispace),
    .init = semispace_init,
    .fini = semispace_fini,
    .alloc = semispace_alloc,
    .collect = semispace_collect,
    .bytes_held = semispace_bytes_held,
    .find_fault = semispace_find_fault,
};
