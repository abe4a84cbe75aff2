// SPDX-License-Identifier: MIT
//
// heap_genimmix_trace.c: the default plan's two ways of following references.
//
// young: asks of each value only whether it refers to the nursery or a young large object, and copies or marks that.
// old: marks everything, in place or, out of candidate blocks, in a new one. It comes after `young`, so there is no
// nursery to think of, and the nursery's memory and reserve are free for what moves.
//
// Rejected for young, both measured on what a compiler makes: a queue of fetched references like that of heap_marks.c
// (the nursery is near enough that its work costs a fifth more time than its fetching saves), and going on with an
// object's values as soon as it is copied, without the work list (half the pushes, but no time).
#define HEAP_MODULE
#include "heap/heap_budget.h"
#include "heap/heap_remember.h"
#include "heap/heap_trace.h"

// Copies the object that the slot refers to into the mature space; false when there is no room. `first` is what
// scan_from says about it.
static ALWAYS_INLINE bool copy_to_mature(struct genimmix *plan, struct value *slot, uint64_t header, uint64_t first) {
  struct ref object = value_to_ref(*slot);
  uint64_t words = heap_header_words(&plan->heap, header);
  uintptr_t at;
  if (!heap_immix_alloc(&plan->mature, (words + 1) * sizeof(uint64_t), &at)) return false;
  plan->heap.stats.objects_copied++;
  uint64_t copy_header = (header & ~HEADER_MARK) | HEADER_OLD_CLEAN | plan->mark;
  struct ref copy = heap_trace_copy(object_header(object), at, copy_header, words);
  slot->bits = copy.addr;
  // Siblings come first, and then the last value's object, if it is one.
  __builtin_prefetch((const void *)(object_fields(copy)[words - 1].bits - sizeof(uint64_t)));
  heap_trace_push_values(&plan->heap.trace, copy, first, words);
  return true;
}

static ALWAYS_INLINE void young_edge(struct heap_trace *trace, struct value *slot) {
  struct genimmix *plan = (struct genimmix *)heap_of_trace(trace);
  struct ref object = value_to_ref(*slot);
  size_t offset = object.addr - plan->young.start; // which is the nursery's start, too
  if (offset >= plan->young.bytes || (object.addr & plan->heap.ref_mask)) return;
  uint64_t header = *object_header(object);
  if (header & HEADER_FORWARDED) {
    slot->bits = heap_trace_forwarded(header);
    return;
  }
  uint64_t first = plan->heap.scan_from[header & HEADER_TAG_MASK];
  if (UNLIKELY(first == SCAN_INNER)) {
    heap_trace_inner(trace, slot, header);
    return;
  }
  if (UNLIKELY(offset >= plan->nursery_area.bytes)) {
    if (heap_large_of(object)->young) heap_trace_mark_large(trace, object, HEADER_OLD_CLEAN);
    return;
  }
  bool copied = copy_to_mature(plan, slot, header, first);
  CHECK(copied, "heap.I6: no block for object %#zx of the nursery; %u of %u in use", object.addr,
        plan->mature.blocks_used, plan->mature.blocks_max);
}

static ALWAYS_INLINE void mark_in_place(struct genimmix *plan, struct ref object, uint64_t header, uint64_t first) {
  uint64_t words = heap_header_words(&plan->heap, header);
  size_t bytes = (words + 1) * sizeof(uint64_t);
  *object_header(object) = (header & ~HEADER_MARK) | HEADER_OLD_CLEAN | plan->mark;
  heap_immix_mark_lines(&plan->mature, object.addr - sizeof(uint64_t), bytes);
  plan->marked += bytes;
  heap_trace_push_values(&plan->heap.trace, object, first, words);
}

static ALWAYS_INLINE void old_edge(struct heap_trace *trace, struct value *slot) {
  struct genimmix *plan = (struct genimmix *)heap_of_trace(trace);
  struct ref object = value_to_ref(*slot);
  if (!heap_is_reference(&plan->heap, object.addr)) return;
  uint64_t header = *object_header(object);
  if (header & HEADER_FORWARDED) {
    slot->bits = heap_trace_forwarded(header);
    return;
  }
  uint64_t first = plan->heap.scan_from[header & HEADER_TAG_MASK];
  if (UNLIKELY(first == SCAN_INNER)) {
    heap_trace_inner(trace, slot, header);
    return;
  }
  if (UNLIKELY(!heap_area_has(plan->mature.area, object.addr))) {
    ASSERT(!heap_area_has(plan->nursery_area, object.addr), "heap.I3: %#zx was left in the nursery", object.addr);
    heap_trace_mark_large(trace, object, HEADER_OLD_CLEAN);
    return;
  }
  if ((header & HEADER_MARK) == plan->mark) return;
  bool moves = heap_immix_state(&plan->mature, object.addr) == IMMIX_CANDIDATE;
  if (!moves || !copy_to_mature(plan, slot, header, first)) mark_in_place(plan, object, header, first);
}

static void young_visit(struct root_visitor *visit, struct value *slot) {
  young_edge((struct heap_trace *)visit, slot);
}

static void old_visit(struct root_visitor *visit, struct value *slot) { old_edge((struct heap_trace *)visit, slot); }

static bool young_alive(struct weak_visitor *visit, struct value *slot) {
  struct heap_trace *trace = heap_trace_of_weak(visit);
  struct genimmix *plan = (struct genimmix *)heap_of_trace(trace);
  struct ref object = value_to_ref(*slot);
  if (!heap_area_has(plan->young, object.addr) || (object.addr & plan->heap.ref_mask)) return true;
  uint64_t header = *object_header(object);
  if (heap_trace_is_inner(trace, header)) return heap_trace_inner_alive(visit, slot, header);
  if (!heap_area_has(plan->nursery_area, object.addr))
    return !heap_large_of(object)->young || heap_large_of(object)->marked;
  if (header & HEADER_FORWARDED) slot->bits = heap_trace_forwarded(header);
  return header & HEADER_FORWARDED;
}

static void young_keep(struct weak_visitor *visit, struct value *slot) {
  struct heap_trace *trace = heap_trace_of_weak(visit);
  young_edge(trace, slot);
  heap_trace_drain(trace, young_edge);
}

static bool old_alive(struct weak_visitor *visit, struct value *slot) {
  struct heap_trace *trace = heap_trace_of_weak(visit);
  struct genimmix *plan = (struct genimmix *)heap_of_trace(trace);
  struct ref object = value_to_ref(*slot);
  if (!heap_is_reference(&plan->heap, object.addr)) return true;
  uint64_t header = *object_header(object);
  if (heap_trace_is_inner(trace, header)) return heap_trace_inner_alive(visit, slot, header);
  if (!heap_area_has(plan->mature.area, object.addr)) return heap_large_of(object)->marked;
  if (header & HEADER_FORWARDED) slot->bits = heap_trace_forwarded(header);
  return (header & HEADER_FORWARDED) || (header & HEADER_MARK) == plan->mark;
}

static void old_keep(struct weak_visitor *visit, struct value *slot) {
  struct heap_trace *trace = heap_trace_of_weak(visit);
  old_edge(trace, slot);
  heap_trace_drain(trace, old_edge);
}

// Pushes the remembered objects, which are clean again from now on.
static void remembered_push(struct heap *heap) {
  size_t count;
  struct ref *list = heap_remember_list(heap, &count);
  for (size_t i = 0; i < count; i++) {
    ASSERT(!(*object_header(list[i]) & HEADER_OLD_CLEAN) &&
               !heap_area_has(((struct genimmix *)heap)->nursery_area, list[i].addr),
           "heap.I4: %#zx, with header %#llx, is remembered", list[i].addr,
           (unsigned long long)*object_header(list[i]));
    uint64_t header = *object_header(list[i]) |= HEADER_OLD_CLEAN;
    heap_trace_push_object(&heap->trace, list[i], header, heap_header_words(heap, header));
  }
  heap_remember_clear(heap);
}

void heap_genimmix_collect_young(struct genimmix *plan) {
  struct heap *heap = &plan->heap;
  size_t nursery = heap_genimmix_nursery_held(plan);
  uint64_t copied = heap->stats.bytes_copied;
  heap_budget_set_blocks(plan);
  ASSERT((plan->mature.blocks_max - plan->mature.blocks_used) * (size_t)IMMIX_BLOCK_BYTES >=
             heap_budget_reserve(nursery),
         "heap.I6: %zu bytes of nursery, %u of %u blocks in use", nursery, plan->mature.blocks_used,
         plan->mature.blocks_max);
  heap->trace.visit = (struct root_visitor){young_visit, true};
  heap_trace_roots(heap, &heap->trace.visit);
  remembered_push(heap);
  heap_trace_drain(&heap->trace, young_edge);
  heap_trace_weak(heap, false, young_alive, young_keep);
  heap_immix_settle(&plan->mature);
  heap->stats.bytes_copied = plan->mature.bytes_settled;
  heap_stats_note_held(heap); // the peak: nursery and copies
  heap_stress_poison(heap, plan->nursery.start, nursery);
  plan->nursery.cursor = plan->nursery.start;
  heap_large_sweep(heap, false);
  heap->stats.bytes_promoted += heap->stats.bytes_copied - copied;
  heap_budget_resize_nursery(plan, nursery, heap->stats.bytes_copied - copied);
}

void heap_genimmix_collect_old(struct genimmix *plan, enum immix_choice choice, size_t expected) {
  struct heap *heap = &plan->heap;
  uint64_t copied = heap->stats.bytes_copied;
  ASSERT(!heap_genimmix_nursery_held(plan) && !heap->large.young,
         "heap.I5: old objects are marked, and %zu bytes of the nursery and %zu of large objects are young",
         heap_genimmix_nursery_held(plan), heap->large.bytes_young);
  heap_budget_set_blocks(plan);
  heap_immix_begin(&plan->mature, choice, heap_budget_evacuation(plan, choice), expected);
  plan->mark ^= HEADER_MARK;
  plan->marked = 0;
  heap->trace.visit = (struct root_visitor){old_visit, false};
  heap_trace_roots(heap, &heap->trace.visit);
  heap_trace_drain(&heap->trace, old_edge);
  heap_trace_weak(heap, true, old_alive, old_keep);
  heap_stats_note_held(heap); // the peak: what moved is there twice
  heap_immix_sweep(&plan->mature);
  heap->stats.bytes_copied = plan->mature.bytes_settled;
  heap_large_sweep(heap, true);
  heap_trace_release(&heap->trace);
  plan->live_small = plan->marked + (heap->stats.bytes_copied - copied);
  ASSERT(plan->live_small <= (size_t)plan->mature.blocks_used * IMMIX_BLOCK_BYTES,
         "heap.I7: %zu bytes are alive in %u blocks", plan->live_small, plan->mature.blocks_used);
  heap->stats.bytes_live = plan->live_small + heap->large.bytes_old;
  plan->fragmented = (size_t)plan->mature.blocks_used * IMMIX_BLOCK_BYTES > plan->live_small + plan->live_small / 4;
  heap_budget_set_threshold(plan);
  // What old objects will grow by until the next time keeps its pages.
  heap_immix_release(&plan->mature, plan->threshold - heap_genimmix_mature_held(plan) + plan->nursery_area.bytes);
}
