// SPDX-License-Identifier: MIT
//
// heap_markcompact.c: the plan that slides what lives together, in the order in which it was allocated.
//
// It marks first, a bit for each word (heap_marks.h). Where an object goes then follows from a count: the bytes alive
// before it. A table holds that count for each 512 bytes, the rest is the number of bits in one word, so no object has
// a forwarding word and a reference is turned into the new one without looking at what it refers to. One walk over the
// live objects, upwards, moves each and turns the references in it. After Kermany and Petrank, "The Compressor", PLDI
// 2006, and as there the objects slide into a second range of addresses: the old and the new address of an object can't
// be confused then, so that roots that are visited twice, and weak references that are asked for twice, need no care.
// The pages of the old range are given back while the walk goes on. So a program may fill nearly all of its limit with
// small objects, where semispace has half of it.
//
// The price beside semispace: everything alive is looked at twice. There is no barrier and no header bit in use.
//
// Rejected: sliding in one range (Lisp 2), where what lies densely costs no copy. Every slot would have to be visited
// exactly once then, which neither ROOTS nor a guest's weak tables promise.
#define HEAP_MODULE
#include "heap/heap_marks.h"
#include "os/os_memory.h"

struct markcompact {
  struct heap_marking marking; // the marks are those of the half with the objects
  struct heap_area halves[2];
  unsigned current;             // the half with the objects
  struct heap_bump bump;        // allocation in it
  size_t goal;                  // bytes of small objects after which it is time to collect
  struct heap_area target_area; // for each word of marks: where the first live word it stands for goes
  uintptr_t to, released;       // while sliding: the next copy's place; below here what was copied is no longer held
};

// The goal is at least so much above what is alive: a collection has fixed costs.
enum { GROWTH_MIN = 4 << 20 };

// How much of the old half is given back at a time; mutators leave so much of the limit for copies of it, and for the
// object that doesn't end there.
enum { STEP_BYTES = 64 << 10, SLACK_BYTES = STEP_BYTES + HEAP_LARGE_BYTES };

// The first part of the empty half keeps its pages from one collection to the next: filling warm pages is several times
// as fast as faulting new ones. They count as little as the pages of other free memory.
enum { RESIDENT_BYTES = 8 << 20 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

// What small objects may hold beside the large ones.
static size_t small_max(const struct heap *heap) {
  size_t others = heap_large_held(&heap->large) + SLACK_BYTES;
  return others < heap->bytes_max ? (heap->bytes_max - others) & ~(size_t)7 : 0;
}

// Sets how far the current half may be filled, after large objects or the goal have changed.
static void limit_update(struct markcompact *plan) {
  plan->bump.limit = plan->bump.start + smaller(plan->goal, small_max(&plan->marking.heap));
}

static enum loam_err markcompact_init(struct heap *heap, const struct vm_config *config, struct error *err) {
  (void)config;
  struct markcompact *plan = (struct markcompact *)heap;
  struct heap_marks *marks = &plan->marking.marks;
  plan->halves[0].bytes = plan->halves[1].bytes = heap->bytes_max;
  plan->target_area.bytes = (heap->bytes_max / MARKS_WORD_BYTES + 1) * sizeof(uintptr_t);
  heap_marks_plan_area(marks, heap->bytes_max);
  heap_large_plan_areas(&heap->large, heap->bytes_max);
  heap_trace_plan_area(&heap->trace, heap->bytes_max);
  struct heap_area *areas[] = {&plan->halves[0], &plan->halves[1],   &heap->large.area, &heap->large.tags,
                               &marks->area,     &plan->target_area, &heap->trace.area};
  if (!heap_space_reserve(&heap->space, areas, COUNT_OF(areas)))
    return error_set(err, LOAM_ERR_MEMORY, "no address space for a heap of %zu KB", heap->bytes_max >> 10);
  heap->objects.start = plan->halves[0].start;
  heap->objects.bytes = heap->large.tags.start - heap->objects.start;
  marks->objects = plan->halves[0];
  heap_trace_init(&heap->trace);
  plan->bump.start = plan->bump.cursor = plan->halves[0].start;
  plan->bump.populated = HEAP_BUMP_UNASKED;
  plan->goal = GROWTH_MIN;
  limit_update(plan);
  return LOAM_OK;
}

static void markcompact_fini(struct heap *heap) { heap_space_free(&heap->space); }

static size_t small_held(const struct markcompact *plan) { return plan->bump.cursor - plan->bump.start; }

static size_t markcompact_bytes_held(const struct heap *heap) {
  return small_held((const struct markcompact *)heap) + heap_large_held(&heap->large);
}

// ---- allocating

static uintptr_t alloc_large(struct markcompact *plan, size_t bytes) {
  struct heap *heap = &plan->marking.heap;
  size_t most = small_max(heap), held = small_held(plan);
  uintptr_t at = held > most ? 0 : heap_large_alloc(heap, bytes, most - held, plan->goal);
  if (at) limit_update(plan);
  return at;
}

static uintptr_t markcompact_alloc(struct heap *heap, struct mutator *th, size_t bytes) {
  struct markcompact *plan = (struct markcompact *)heap;
  if (bytes >= HEAP_LARGE_BYTES) return alloc_large(plan, bytes);
  return heap_bump_take(heap, &plan->bump, th, bytes, BUMP_SHARES);
}

// ---- sliding

// Fills the table of targets, from the marks.
static void targets_fill(struct markcompact *plan) {
  const uint64_t *marks = (const uint64_t *)plan->marking.marks.area.start;
  uintptr_t *targets = (uintptr_t *)plan->target_area.start, to = plan->to;
  size_t count = (small_held(plan) + MARKS_WORD_BYTES - 1) / MARKS_WORD_BYTES;
  for (size_t i = 0; i < count; i++) {
    targets[i] = to;
    to += (uintptr_t)__builtin_popcountll(marks[i]) * sizeof(uint64_t);
  }
  ASSERT(to - plan->to == plan->marking.marks.bytes,
         "heap.I7: the table has words of %zu bytes, objects of %zu are marked", to - plan->to,
         plan->marking.marks.bytes);
}

// Where the word at `addr` of the old half goes.
static ALWAYS_INLINE uintptr_t target_of(const struct markcompact *plan, uintptr_t addr) {
  const struct heap_marks *marks = &plan->marking.marks;
  uint64_t below = *heap_marks_word(marks, addr) & ((UINT64_C(1) << heap_marks_shift(marks, addr)) - 1);
  uintptr_t target = ((const uintptr_t *)plan->target_area.start)[(addr - marks->objects.start) / MARKS_WORD_BYTES];
  return target + (uintptr_t)__builtin_popcountll(below) * sizeof(uint64_t);
}

// Turns a reference into the old half into that of the same object in its new place.
static ALWAYS_INLINE void slide_edge(struct heap_trace *trace, struct value *slot) {
  struct markcompact *plan = (struct markcompact *)heap_of_trace(trace);
  const struct heap_marks *marks = &plan->marking.marks;
  uintptr_t at = slot->bits - sizeof(uint64_t);
  if (!heap_area_has(marks->objects, at) || (slot->bits & plan->marking.heap.ref_mask)) return;
  ASSERT(heap_marks_has(marks, at), "heap.I3: %p refers to %#zx, which was not marked", (void *)slot, slot->bits);
  slot->bits = target_of(plan, at) + sizeof(uint64_t);
}

static void slide_visit(struct root_visitor *visit, struct value *slot) {
  slide_edge((struct heap_trace *)visit, slot);
}

// Weak references were cleared where they had to be: what is left only moves.
static bool slide_alive(struct weak_visitor *visit, struct value *slot) {
  slide_edge(heap_trace_of_weak(visit), slot);
  return true;
}

static void slide_keep(struct weak_visitor *visit, struct value *slot) { slide_edge(heap_trace_of_weak(visit), slot); }

// Short loops: most objects have few words.
static void words_copy(uint64_t *to, const uint64_t *from, size_t words) {
#pragma clang loop vectorize(disable) unroll_count(2)
  for (size_t i = 0; i < words; i++) to[i] = from[i];
}

static void object_turn(struct markcompact *plan, struct ref object) {
  struct heap_trace *trace = &plan->marking.heap.trace;
  uint64_t header = *object_header(object), words = heap_header_words(heap_of_trace(trace), header);
  uint64_t first = heap_of_trace(trace)->scan_from[header & HEADER_TAG_MASK];
  if (UNLIKELY(first == SCAN_CUSTOM)) heap_trace_scan_custom(trace, object);
  if (first >= words) return;
  for (struct value *slot = object_fields(object) + first, *end = object_fields(object) + words; slot < end; slot++)
    slide_edge(trace, slot);
}

// Gives back the pages of the old half below `end`, but for the first ones.
static void old_release(struct markcompact *plan, uintptr_t end) {
  struct heap *heap = &plan->marking.heap;
  size_t held = heap_large_held(&heap->large) + (plan->bump.cursor - plan->released);
  held += plan->to - plan->halves[1 - plan->current].start;
  ASSERT(held <= heap->bytes_max, "heap.I1: %zu bytes held while sliding, the limit is %zu", held, heap->bytes_max);
  if (held > heap->stats.bytes_used_max) heap->stats.bytes_used_max = held;
  if (end <= plan->released) return;
  uintptr_t keep = plan->bump.start + RESIDENT_BYTES, start = plan->released > keep ? plan->released : keep;
  if (start < end && !heap->stress.poison) os_memory_release((void *)start, end - start);
  plan->released = end;
}

// Moves every live object, from the lowest to the highest, and turns what it refers to.
static void objects_slide(struct markcompact *plan) {
  struct heap *heap = &plan->marking.heap;
  const struct heap_marks *marks = &plan->marking.marks;
  uintptr_t end = plan->bump.cursor, at = heap_marks_next(marks, plan->bump.start, end, true);
  while (at < end) {
    size_t words = heap_header_words(heap, *(uint64_t *)at) + 1, bytes = words * sizeof(uint64_t);
    ASSERT(plan->to == target_of(plan, at), "heap.I3: %#zx slides to %#zx, not where the table says", at, plan->to);
    words_copy((uint64_t *)plan->to, (const uint64_t *)at, words);
    object_turn(plan, (struct ref){plan->to + sizeof(uint64_t)});
    heap->stats.objects_copied++;
    plan->to += bytes;
    at = heap_marks_next(marks, at + bytes, end, true);
    if (UNLIKELY(at >= plan->released + STEP_BYTES))
      old_release(plan, plan->bump.start + (at - plan->bump.start) / STEP_BYTES * STEP_BYTES);
  }
}

// Turns the halves around when everything alive is in the other one.
static void halves_flip(struct markcompact *plan) {
  struct heap *heap = &plan->marking.heap;
  size_t live = plan->marking.marks.bytes;
  ASSERT(live == plan->to - plan->halves[1 - plan->current].start, "%zu bytes were marked, %zu slid", live,
         plan->to - plan->halves[1 - plan->current].start);
  old_release(plan, plan->bump.cursor);
  heap_stress_poison(heap, plan->bump.start, small_held(plan));
  plan->current = 1 - plan->current;
  plan->marking.marks.objects = plan->halves[plan->current];
  plan->bump = (struct heap_bump){
      .start = plan->halves[plan->current].start, .cursor = plan->to, .populated = HEAP_BUMP_UNASKED};
  heap->stats.bytes_copied += live;
  heap->stats.bytes_live = live + heap->large.bytes_old;
  plan->goal = live + larger(live, GROWTH_MIN);
  limit_update(plan);
}

static enum heap_effort markcompact_collect(struct heap *heap, enum heap_effort effort) {
  (void)effort; // there is only one
  struct markcompact *plan = (struct markcompact *)heap;
  heap_marks_clear(&plan->marking.marks, small_held(plan));
  heap_marks_trace(&plan->marking);
  plan->to = plan->halves[1 - plan->current].start;
  plan->released = plan->bump.start;
  targets_fill(plan);
  heap->trace.visit.slot = slide_visit;
  objects_slide(plan);
  for (struct large_object *large = heap->large.old; large; large = large->next)
    object_turn(plan, (struct ref){(uintptr_t)(large + 1) + sizeof(uint64_t)});
  heap_trace_roots(heap, &heap->trace.visit);
  heap_trace_weak(heap, true, slide_alive, slide_keep);
  halves_flip(plan);
  return EFFORT_DEFRAG;
}

static const char *markcompact_find_fault(const struct heap *heap, struct ref object, size_t bytes) {
  const struct markcompact *plan = (const struct markcompact *)heap;
  return heap_bump_find_fault(&plan->bump, object, bytes);
}

const struct heap_plan heap_plan_markcompact = {
    .name = "markcompact",
    .bytes = sizeof(struct markcompact),
    .init = markcompact_init,
    .fini = markcompact_fini,
    .alloc = markcompact_alloc,
    .collect = markcompact_collect,
    .bytes_held = markcompact_bytes_held,
    .find_fault = markcompact_find_fault,
};
