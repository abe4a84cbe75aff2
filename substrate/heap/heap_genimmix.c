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
// Header bits: HEADER_OLD_CLEAN as rt.h says; MARK_BIT in old objects equals plan->mark after a full collection has
// seen them, and the meaning of its two values is swapped at each, so that no mark ever has to be cleared.
//
// Copying must not fail half-way (heap.I6): the nursery grows only while the free blocks would take all of it.
#define HEAP_MODULE
#include "heap/heap_immix.h"
#include "heap/heap_remember.h"
#include "heap/heap_trace.h"

#define MARK_BIT (HEADER_GC_MASK & ~HEADER_OLD_CLEAN)

struct genimmix {
  struct heap heap;
  struct heap_immix mature;
  struct heap_area nursery_area;
  struct heap_area young;    // where young objects can be: nursery and large objects
  struct heap_bump nursery;
  size_t nursery_max;        // bytes, when memory is plentiful
  size_t headroom;           // bytes that only defragmentation may use
  size_t threshold;          // bytes held by old objects at which a full collection is due
  size_t marked;             // while collecting: bytes of objects marked in place
  size_t live_small;         // bytes in the mature space after the last full collection; SIZE_MAX / 2: not known
  bool fragmented;           // the last full collection left many holes
  uint64_t mark;             // MARK_BIT or 0
  uint32_t stress_round;     // stress collections so far: every few are full
};

// Not much larger than a second-level cache: a larger nursery has fewer survivors, but no longer stays in it.
enum { NURSERY_MAX = 4 << 20, NURSERY_MIN = 32 << 10 };

// Old objects may always grow by this much before a full collection.
enum { GROWTH_MIN = 8 << 20 };

// ---- how much fits

// What is surely used of each block that copying fills: the next object didn't fit.
enum { BLOCK_USABLE = IMMIX_BLOCK_BYTES - HEAP_LARGE_BYTES };

// Free blocks that copying `bytes` of nursery may need: two are begun at the end.
static size_t reserve_blocks(size_t bytes) {
  return bytes ? (bytes + BLOCK_USABLE - 1) / BLOCK_USABLE + 2 : 0;
}

static size_t reserve_bytes(size_t bytes) { return reserve_blocks(bytes) * IMMIX_BLOCK_BYTES; }

// The largest nursery that fits in `bytes` together with its reserve.
static size_t nursery_fit(size_t bytes) {
  if (bytes <= 2 * IMMIX_BLOCK_BYTES) return 0;
  size_t rest = bytes - 2 * IMMIX_BLOCK_BYTES;
  size_t blocks = rest / (BLOCK_USABLE + IMMIX_BLOCK_BYTES), fit = blocks * BLOCK_USABLE;
  // One more block of reserve, and what is then left.
  size_t more = (blocks + 1) * IMMIX_BLOCK_BYTES;
  if (rest > more && rest - more > fit) fit = rest - more;
  ASSERT(fit == 0 || fit + reserve_bytes(fit) <= bytes, "heap.I6: nursery of %zu in %zu bytes", fit, bytes);
  return fit & ~(size_t)7;
}

static size_t nursery_held(const struct genimmix *plan) { return plan->nursery.cursor - plan->nursery.start; }

static size_t mature_held(const struct genimmix *plan) {
  return (size_t)plan->mature.blocks_used * IMMIX_BLOCK_BYTES + heap_large_held(&plan->heap.large);
}

static size_t genimmix_bytes_held(const struct heap *heap) {
  const struct genimmix *plan = (const struct genimmix *)heap;
  return nursery_held(plan) + mature_held(plan);
}

// What mutators may still use, beside mature and large objects.
static size_t bytes_left(const struct genimmix *plan) {
  size_t held = mature_held(plan) + plan->headroom;
  return held < plan->heap.bytes_max ? plan->heap.bytes_max - held : 0;
}

// Sets how far the nursery may be filled, after the mature space or the large objects have changed.
static void nursery_limit(struct genimmix *plan) {
  size_t fit = nursery_fit(bytes_left(plan));
  plan->nursery.limit = plan->nursery.start + (fit < plan->nursery_max ? fit : plan->nursery_max);
}

// Decides how far old objects may grow before the next full collection: by as much as is alive, but so that half of
// what is left stays for the nursery, or all that it can use.
static void threshold_update(struct genimmix *plan) {
  size_t held = mature_held(plan), left = bytes_left(plan), live = plan->heap.stats.bytes_live;
  size_t growth = live > GROWTH_MIN ? live : GROWTH_MIN, nursery = plan->nursery_max + reserve_bytes(plan->nursery_max);
  size_t most = left > 4 * nursery ? left - nursery : left / 2;
  plan->threshold = held + (growth < most ? growth : most);
}

// ---- life

static size_t nursery_choose(size_t wanted, size_t bytes_max) {
  size_t size = wanted ? wanted : bytes_max / 4 < NURSERY_MAX ? bytes_max / 4 : NURSERY_MAX;
  if (size > bytes_max / 2) size = bytes_max / 2;
  return size < NURSERY_MIN ? NURSERY_MIN : size & ~(size_t)7;
}

static enum loam_err genimmix_init(struct heap *heap, const struct vm_config *config, struct error *err) {
  struct genimmix *plan = (struct genimmix *)heap;
  struct heap_immix *mature = &plan->mature;
  plan->nursery_max = plan->nursery_area.bytes = nursery_choose(config->nursery_size, heap->bytes_max);
  heap_immix_plan_areas(mature, heap->bytes_max);
  heap_large_plan_areas(&heap->large, heap->bytes_max);
  heap_trace_plan_area(&heap->trace, heap->bytes_max);
  heap_remember_plan_area(&heap->remembered, heap->bytes_max);
  struct heap_area *areas[] = {&mature->area,      &plan->nursery_area, &heap->large.area,     &heap->large.tags,
                               &mature->line_area, &mature->block_area, &mature->live_area,    &mature->free_area,
                               &mature->recycle_area, &heap->trace.area, &heap->remembered.area};
  if (!heap_space_reserve(&heap->space, areas, COUNT_OF(areas)))
    return error_set(err, LOAM_ERR_MEMORY, "no address space for a heap of %zu KB", heap->bytes_max >> 10);
  heap->objects = (struct heap_area){mature->area.start, heap->large.tags.start - mature->area.start};
  plan->young = (struct heap_area){plan->nursery_area.start, heap->large.tags.start - plan->nursery_area.start};
  heap_immix_init(mature, heap);
  heap_trace_init(&heap->trace, heap);
  plan->nursery.start = plan->nursery.cursor = plan->nursery_area.start;
  plan->headroom = heap->bytes_max / 50 > IMMIX_BLOCK_BYTES ? heap->bytes_max / 50 : IMMIX_BLOCK_BYTES;
  plan->live_small = SIZE_MAX / 2;
  threshold_update(plan);
  nursery_limit(plan);
  return LOAM_OK;
}

static void genimmix_fini(struct heap *heap) { heap_space_free(&heap->space); }

// ---- allocating

static uintptr_t alloc_large(struct genimmix *plan, size_t bytes) {
  struct heap *heap = &plan->heap;
  size_t footprint = heap_large_footprint(bytes), nursery = nursery_held(plan) + reserve_bytes(nursery_held(plan));
  size_t left = bytes_left(plan);
  if (nursery > left || footprint > left - nursery) return 0;
  // Many young ones are worth a minor collection, but a single one never is: it would only be looked at.
  if (heap->large.bytes_young && heap->large.bytes_young + footprint > plan->nursery_max) return 0;
  uintptr_t at = heap_large_alloc(&heap->large, bytes);
  if (!at) return 0;
  heap->stats.bytes_allocated += bytes;
  nursery_limit(plan);
  heap_stats_note_held(heap);
  return at;
}

static uintptr_t genimmix_alloc(struct heap *heap, struct mutator *th, size_t bytes) {
  struct genimmix *plan = (struct genimmix *)heap;
  if (bytes >= HEAP_LARGE_BYTES) return alloc_large(plan, bytes);
  return heap_bump_take(heap, &plan->nursery, th, bytes);
}

// ---- copying and marking

// Copies an object into the mature space; REF_NULL when there is no room.
static ALWAYS_INLINE struct ref copy_to_mature(struct genimmix *plan, struct ref object, uint64_t header) {
  uint64_t words = heap_header_words(&plan->heap, header);
  size_t bytes = (words + 1) * sizeof(uint64_t);
  uintptr_t at = heap_immix_alloc(&plan->mature, bytes);
  if (UNLIKELY(!at)) return REF_NULL;
  plan->heap.stats.objects_copied++;
  plan->heap.stats.bytes_copied += bytes;
  uint64_t copy_header = (header & ~MARK_BIT) | HEADER_OLD_CLEAN | plan->mark;
  struct ref copy = heap_trace_copy(object_header(object), at, copy_header, words);
  heap_trace_push_object(&plan->heap.trace, copy, header, words);
  return copy;
}

static ALWAYS_INLINE void minor_edge(struct heap_trace *trace, struct value *slot) {
  struct genimmix *plan = (struct genimmix *)trace->heap;
  struct ref object = value_to_ref(*slot);
  if (!heap_area_has(plan->young, object.addr) || (object.addr & plan->heap.ref_mask)) return;
  if (UNLIKELY(!heap_area_has(plan->nursery_area, object.addr))) {
    if (heap_large_of(object)->young) heap_trace_mark_large(trace, object, HEADER_OLD_CLEAN);
    return;
  }
  uint64_t header = *object_header(object);
  struct ref copy = {heap_trace_forwarded(header)};
  if (!(header & HEADER_FORWARDED)) {
    copy = copy_to_mature(plan, object, header);
    CHECK(copy.addr, "heap.I6: no block for object %#zx of the nursery; %u of %u in use", object.addr,
          plan->mature.blocks_used, plan->mature.blocks_max);
  }
  slot->bits = copy.addr;
}

static ALWAYS_INLINE void mark_in_place(struct genimmix *plan, struct ref object, uint64_t header) {
  uint64_t words = heap_header_words(&plan->heap, header);
  size_t bytes = (words + 1) * sizeof(uint64_t);
  *object_header(object) = (header & ~MARK_BIT) | HEADER_OLD_CLEAN | plan->mark;
  heap_immix_mark_lines(&plan->mature, object.addr - sizeof(uint64_t), bytes);
  plan->marked += bytes;
  heap_trace_push_object(&plan->heap.trace, object, header, words);
}

static ALWAYS_INLINE void full_edge(struct heap_trace *trace, struct value *slot) {
  struct genimmix *plan = (struct genimmix *)trace->heap;
  struct ref object = value_to_ref(*slot);
  if (!heap_is_reference(&plan->heap, object.addr)) return;
  if (UNLIKELY(heap_area_has(plan->heap.large.area, object.addr))) {
    heap_trace_mark_large(trace, object, HEADER_OLD_CLEAN);
    return;
  }
  uint64_t header = *object_header(object);
  if (header & HEADER_FORWARDED) {
    slot->bits = heap_trace_forwarded(header);
  } else if ((header & MARK_BIT) != plan->mark) {
    struct ref copy = REF_NULL;
    if (heap_immix_state(&plan->mature, object.addr) == IMMIX_CANDIDATE) copy = copy_to_mature(plan, object, header);
    if (copy.addr) slot->bits = copy.addr;
    else mark_in_place(plan, object, header);
  }
}

static void minor_visit(struct root_visitor *visit, struct value *slot) {
  minor_edge((struct heap_trace *)visit, slot);
}

static void full_visit(struct root_visitor *visit, struct value *slot) {
  full_edge((struct heap_trace *)visit, slot);
}

// ---- collecting

// Sets how many blocks may be in use: all that the limit leaves beside the nursery and the large objects.
static void blocks_max_update(struct genimmix *plan) {
  size_t rest = plan->heap.bytes_max - nursery_held(plan) - heap_large_held(&plan->heap.large);
  plan->mature.blocks_max = (uint32_t)(rest / IMMIX_BLOCK_BYTES);
}

// Pushes the remembered objects, which are clean again from now on.
static void remembered_push(struct heap *heap) {
  size_t count;
  struct ref *list = heap_remember_list(heap, &count);
  for (size_t i = 0; i < count; i++) {
    uint64_t header = *object_header(list[i]) |= HEADER_OLD_CLEAN;
    heap_trace_push_object(&heap->trace, list[i], header, heap_header_words(heap, header));
  }
  heap_remember_clear(heap);
}

// Empties the nursery.
static void collect_minor(struct genimmix *plan) {
  struct heap *heap = &plan->heap;
  blocks_max_update(plan);
  ASSERT(plan->mature.blocks_used + reserve_blocks(nursery_held(plan)) <= plan->mature.blocks_max,
         "heap.I6: %zu bytes of nursery, %u of %u blocks in use", nursery_held(plan), plan->mature.blocks_used,
         plan->mature.blocks_max);
  heap->trace.visit.slot = minor_visit;
  heap_trace_roots(heap, &heap->trace.visit);
  remembered_push(heap);
  heap_trace_drain(&heap->trace, minor_edge);
  heap_immix_settle(&plan->mature);
  heap_stats_note_held(heap); // the peak: nursery and copies
  heap_stress_poison(heap, plan->nursery.start, nursery_held(plan));
  plan->nursery.cursor = plan->nursery.start;
  heap_large_sweep(heap, false);
}

// How many free blocks defragmentation shall plan with: none when the last collection left few holes, as it does where
// neighbours die together; all when memory is short; else only a part of what is in use, because the copies add to the
// memory that the process holds.
static uint32_t evacuation_blocks(const struct genimmix *plan, enum immix_choice choice) {
  const struct heap_immix *mature = &plan->mature;
  if (choice == IMMIX_EMPTIEST && !plan->fragmented) return 0;
  uint32_t left = mature->blocks_max - mature->blocks_used;
  bool short_of_memory = mature_held(plan) > plan->heap.bytes_max / 2;
  return short_of_memory || left < mature->blocks_used / 4 ? left : mature->blocks_used / 4;
}

// Frees old objects; the nursery is empty. `expected`: bytes of small objects that are probably alive.
static void collect_old(struct genimmix *plan, enum immix_choice choice, size_t expected) {
  struct heap *heap = &plan->heap;
  blocks_max_update(plan);
  heap_immix_begin(&plan->mature, choice, evacuation_blocks(plan, choice), expected);
  plan->mark ^= MARK_BIT;
  plan->marked = 0;
  uint64_t copied = heap->stats.bytes_copied;
  heap->trace.visit.slot = full_visit;
  heap_trace_roots(heap, &heap->trace.visit);
  heap_trace_drain(&heap->trace, full_edge);
  heap_stats_note_held(heap); // the peak: what was evacuated is there twice
  heap_immix_sweep(&plan->mature);
  heap_large_sweep(heap, true);
  plan->live_small = plan->marked + (heap->stats.bytes_copied - copied);
  heap->stats.bytes_live = plan->live_small + heap->large.bytes_old;
  plan->fragmented = (size_t)plan->mature.blocks_used * IMMIX_BLOCK_BYTES > plan->live_small + plan->live_small / 4;
  heap_trace_release(&heap->trace);
  threshold_update(plan);
}

static bool full_is_due(struct genimmix *plan) {
  enum { STRESS_ROUNDS_FULL = 8 }; // every eighth stress collection is full
  const struct heap *heap = &plan->heap;
  if (heap->stress.move) return true;
  if (heap->stress.every && ++plan->stress_round % STRESS_ROUNDS_FULL == 0) return true;
  bool nothing_young = !nursery_held(plan) && !heap->large.bytes_young;
  return nothing_young || mature_held(plan) > plan->threshold;
}

static enum heap_effort genimmix_collect(struct heap *heap, enum heap_effort effort) {
  struct genimmix *plan = (struct genimmix *)heap;
  if (effort == EFFORT_LEAST && full_is_due(plan)) effort = EFFORT_FULL;
  uint64_t copied = heap->stats.bytes_copied;
  collect_minor(plan);
  if (effort != EFFORT_LEAST) {
    // About as much is alive as last time: programs differ, but nothing better is known before marking.
    size_t expected = plan->live_small + (heap->stats.bytes_copied - copied);
    enum immix_choice choice = heap->stress.move ? IMMIX_ALL : IMMIX_EMPTIEST;
    if (effort == EFFORT_DEFRAG && !heap->stress.move) choice = IMMIX_FRAGMENTED;
    collect_old(plan, choice, choice == IMMIX_EMPTIEST ? expected : SIZE_MAX);
  }
  nursery_limit(plan);
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
  if (heap_area_has(plan->nursery_area, object.addr))
    return at + bytes <= plan->nursery.cursor ? NULL : "lies beyond what was allocated";
  if (heap_area_has(heap->large.area, object.addr))
    return heap_large_has(&heap->large, object) ? NULL : "is not the start of a large object";
  if ((*object_header(object) & MARK_BIT) != plan->mark) return "is not marked (heap.I8)";
  return heap_immix_find_fault(&plan->mature, at, bytes);
}

const struct heap_plan heap_plan_genimmix = {
    .name = "genimmix",
    .bytes = sizeof(struct genimmix),
    .init = genimmix_init,
    .fini = genimmix_fini,
    .alloc = genimmix_alloc,
    .collect = genimmix_collect,
    .bytes_held = genimmix_bytes_held,
    .find_fault = genimmix_find_fault,
    .is_young = genimmix_is_young,
};
