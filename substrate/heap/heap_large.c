// SPDX-License-Identifier: MIT
//
// heap_large.c: the large object space.
//
// Free runs of granules are kept in a list, last freed first, because those pages are warm. The table of tags holds the
// length of each run at its first and last granule, with the lowest bit set in free runs, so that a run that becomes
// free finds its neighbours and joins them. Addresses are plentiful (twice the heap limit), so a short search of the
// list and then the untouched addresses at the top are good enough; the whole list is searched only when those run out.
#define HEAP_MODULE
#include "heap/heap_large.h"

#include "heap/heap_int.h"
#include "os/os_memory.h"

struct large_hole {
  struct large_hole *next, *previous;
  uint32_t granules;
  bool resident; // its pages were not given back
};

// How many free runs are tried before untouched addresses are taken.
enum { HOLES_TRIED = 64 };

// Free memory that keeps its pages across collections: refilling warm pages is several times as fast as faulting new
// ones, but nobody wants to hold much more for nothing than objects lately held. Half as much again, because what
// doubles its size with each new object never fits where the earlier ones were: they have 4/3 of the two last ones.
enum { RESIDENT_BYTES = 8 << 20 };

void heap_large_plan_areas(struct heap_large *large, size_t bytes_max) {
  large->area.bytes = 2 * bytes_max;
  large->tags.bytes = (large->area.bytes / LARGE_GRANULE + 1) * sizeof(uint32_t);
}

static uint32_t *tag_at(const struct heap_large *large, uint32_t granule) {
  return (uint32_t *)large->tags.start + granule;
}

static uint32_t granule_of(const struct heap_large *large, const void *run) {
  return (uint32_t)(((uintptr_t)run - large->area.start) / LARGE_GRANULE);
}

static void *run_at(const struct heap_large *large, uint32_t granule) {
  return (void *)(large->area.start + (uintptr_t)granule * LARGE_GRANULE);
}

static void run_tag(const struct heap_large *large, uint32_t granule, uint32_t granules, bool is_free) {
  *tag_at(large, granule) = *tag_at(large, granule + granules - 1) = granules << 1 | is_free;
}

static void hole_unlink(struct heap_large *large, struct large_hole *hole) {
  ASSERT(*tag_at(large, granule_of(large, hole)) == (hole->granules << 1 | 1),
         "a free run of %u granules at %p has the tag %#x", hole->granules, (void *)hole,
         *tag_at(large, granule_of(large, hole)));
  ASSERT((hole->previous ? hole->previous->next : large->holes) == hole, "the free run at %p is not in the list",
         (void *)hole);
  if (hole->previous)
    hole->previous->next = hole->next;
  else
    large->holes = hole->next;
  if (hole->next) hole->next->previous = hole->previous;
  ASSERT(!hole->resident || large->bytes_holes_resident >= (size_t)hole->granules * LARGE_GRANULE,
         "%u granules of %zu bytes with pages", hole->granules, large->bytes_holes_resident);
  if (hole->resident) large->bytes_holes_resident -= (size_t)hole->granules * LARGE_GRANULE;
}

static void hole_link(struct heap_large *large, uint32_t granule, uint32_t granules, bool resident) {
  struct large_hole *hole = run_at(large, granule);
  *hole = (struct large_hole){large->holes, NULL, granules, resident};
  if (large->holes) large->holes->previous = hole;
  large->holes = hole;
  if (resident) large->bytes_holes_resident += (size_t)granules * LARGE_GRANULE;
  run_tag(large, granule, granules, true);
}

static struct large_hole *hole_find(const struct heap_large *large, uint32_t granules, uint32_t tries) {
  struct large_hole *hole = large->holes;
  while (hole && tries-- && hole->granules < granules) hole = hole->next;
  return hole && hole->granules >= granules ? hole : NULL;
}

// The first granule of a run of that length, taken out of the free memory; UINT32_MAX when there is none.
static uint32_t run_take(struct heap_large *large, uint32_t granules) {
  size_t capacity = large->area.bytes / LARGE_GRANULE;
  struct large_hole *hole = hole_find(large, granules, HOLES_TRIED);
  if (!hole && granules <= capacity - large->granule_top) {
    uint32_t at = large->granule_top;
    large->granule_top += granules;
    return at;
  }
  if (!hole) hole = hole_find(large, granules, UINT32_MAX);
  if (!hole) return UINT32_MAX;
  uint32_t at = granule_of(large, hole), rest = hole->granules - granules;
  bool resident = hole->resident;
  hole_unlink(large, hole);
  if (rest) hole_link(large, at + granules, rest, resident);
  return at;
}

static void run_free(struct heap *heap, uint32_t granule, uint32_t granules) {
  struct heap_large *large = &heap->large;
  ASSERT(granules && granule + granules <= large->granule_top && *tag_at(large, granule) == granules << 1,
         "heap.I3: granules %u to %u, of %u, are freed as one object, and the first has the tag %#x", granule,
         granule + granules, large->granule_top, *tag_at(large, granule));
  heap_stress_poison(heap, (uintptr_t)run_at(large, granule), (size_t)granules * LARGE_GRANULE);
  run_tag(large, granule, granules, true); // so that no tag inside a joined run says that an object starts there
  uint32_t after = granule + granules;
  if (after < large->granule_top && (*tag_at(large, after) & 1)) {
    struct large_hole *hole = run_at(large, after);
    granules += hole->granules;
    hole_unlink(large, hole);
  }
  if (granule > 0 && (*tag_at(large, granule - 1) & 1)) {
    struct large_hole *hole = run_at(large, granule - (*tag_at(large, granule - 1) >> 1));
    granule -= hole->granules;
    granules += hole->granules;
    hole_unlink(large, hole);
  }
  hole_link(large, granule, granules, true);
}

uintptr_t heap_large_alloc(struct heap *heap, size_t bytes, size_t left, size_t young_max) {
  struct heap_large *large = &heap->large;
  size_t footprint = heap_large_footprint(bytes);
  if (footprint > left) return 0;
  // Many young ones are worth a collection, but a single one never is: it would only be looked at.
  if (large->bytes_young && large->bytes_young + footprint > young_max) return 0;
  if (footprint / LARGE_GRANULE > INT32_MAX) return 0; // lengths of runs have 31 bits
  uint32_t granules = (uint32_t)(footprint / LARGE_GRANULE), granule = run_take(large, granules);
  if (granule == UINT32_MAX) return 0;
  ASSERT(granule + granules <= large->granule_top, "heap.I3: an object of %u granules at %u, of %u", granules, granule,
         large->granule_top);
  run_tag(large, granule, granules, false);
  struct large_object *object = run_at(large, granule);
  *object = (struct large_object){large->young, granules, true, false};
  large->young = object;
  large->bytes_young += footprint;
  heap->stats.bytes_allocated += bytes;
  heap_stats_note_held(heap);
  return (uintptr_t)(object + 1);
}

// Frees the unmarked of a list; the marked join the old ones.
static void list_sweep(struct heap *heap, struct large_object *list) {
  struct heap_large *large = &heap->large;
  for (struct large_object *object = list, *next; object; object = next) {
    next = object->next;
    if (!object->marked) {
      run_free(heap, granule_of(large, object), (uint32_t)object->granules);
      continue;
    }
    object->marked = object->young = false;
    object->next = large->old;
    large->old = object;
    large->bytes_old += object->granules * LARGE_GRANULE;
  }
}

// Gives the pages of all free runs back, but for the one that holds the links.
static void holes_release(struct heap_large *large) {
  for (struct large_hole *hole = large->holes; hole; hole = hole->next) {
    if (!hole->resident) continue;
    os_memory_release(hole + 1, (size_t)hole->granules * LARGE_GRANULE - sizeof *hole);
    hole->resident = false;
  }
  large->bytes_holes_resident = 0;
}

void heap_large_sweep(struct heap *heap, bool full) {
  struct heap_large *large = &heap->large;
  struct large_object *young = large->young, *old = large->old;
  size_t held = heap_large_held(large), lately = large->bytes_peak - large->bytes_peak / 8;
  if (full) large->bytes_peak = held > lately ? held : lately;
  large->young = NULL;
  large->bytes_young = 0;
  if (full) {
    large->old = NULL;
    large->bytes_old = 0;
    list_sweep(heap, old);
  }
  list_sweep(heap, young);
  ASSERT(heap_large_held(large) <= held, "heap.I1: %zu bytes of large objects were %zu before sweeping",
         heap_large_held(large), held);
  if (large->bytes_holes_resident > RESIDENT_BYTES + large->bytes_peak / 2 * 3) holes_release(large);
}

bool heap_large_has(const struct heap_large *large, struct ref object) {
  uintptr_t run = (uintptr_t)heap_large_of(object);
  if (!heap_area_has(large->area, run) || (run - large->area.start) % LARGE_GRANULE) return false;
  uint32_t granule = granule_of(large, (void *)run);
  return granule < large->granule_top && (*tag_at(large, granule) & 1) == 0 &&
         *tag_at(large, granule) >> 1 == ((struct large_object *)run)->granules;
}
