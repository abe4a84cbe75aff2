// SPDX-License-Identifier: MIT
//
// heap_budget.c: the default plan's arithmetic. See heap_budget.h for what is divided, and why there is a reserve.
#define HEAP_MODULE
#include "heap/heap_budget.h"

#include "os/os_memory.h"

// The nursery starts small enough to stay in a second-level cache and not to make small programs large: what is used
// for the first time costs more than collecting where little lives. Where more does, it grows a little, and to twice
// such a cache for programs whose objects live longer. Measured with heap_alloc_bench: from 1 MB up, size matters only
// where much survives. Beside many constants that were born old it is at first larger by as much and some more, since
// such a program is large anyway: if it ends before that it is never collected, and what its beginning makes, which
// mostly stays, is copied once. (Compilers of one line take a tenth less time without their collection.)
enum {
  NURSERY_MIN = 32 << 10,
  NURSERY_START = 1 << 20,
  NURSERY_USUAL = 3 << 19,
  NURSERY_FIRST = 2 << 20,
  NURSERY_MAX = 4 << 20
};

// Old objects may always grow by this much before a full collection, if the limit lets them: what a compiler makes for
// a small file, all of which stays. (With 4 MB its runs of 70 to 700 ms take 1 to 2 % more time.) But by less as long
// as little is known to live, before the first one and behind it: memory that is used again was touched before.
enum { GROWTH_MIN = 6 << 20, GROWTH_FIRST = 2 << 20 };

// What is surely used of each block that copying fills: the object that came next didn't fit.
enum { BLOCK_USABLE = IMMIX_BLOCK_BYTES - HEAP_LARGE_BYTES };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

void heap_budget_init(struct genimmix *plan, size_t wanted) {
  size_t bytes_max = plan->heap.bytes_max;
  size_t size = larger(smaller(wanted ? wanted : NURSERY_MAX, bytes_max / (wanted ? 2 : 4)), NURSERY_MIN) & ~(size_t)7;
  plan->nursery_area.bytes = size;
  plan->nursery_size = wanted ? size : smaller(size, NURSERY_START);
  plan->first = !wanted && size > NURSERY_START;
  plan->headroom = larger(bytes_max / 50, IMMIX_BLOCK_BYTES);
  plan->live_small = SIZE_MAX / 2;
}

size_t heap_budget_reserve(size_t bytes) {
  // Two blocks are begun at the end: for small and for medium objects.
  size_t blocks = bytes ? (bytes + BLOCK_USABLE - 1) / BLOCK_USABLE + 2 : 0;
  return blocks * IMMIX_BLOCK_BYTES;
}

// The largest nursery that fits in `bytes` together with its reserve.
static size_t nursery_fit(size_t bytes) {
  if (bytes <= 2 * IMMIX_BLOCK_BYTES) return 0;
  size_t rest = bytes - 2 * IMMIX_BLOCK_BYTES, blocks = rest / (BLOCK_USABLE + IMMIX_BLOCK_BYTES);
  size_t fit = blocks * BLOCK_USABLE, more = (blocks + 1) * IMMIX_BLOCK_BYTES;
  if (rest > more) fit = larger(fit, rest - more); // one more block of reserve, and what is then left
  ASSERT(fit + heap_budget_reserve(fit) <= bytes, "heap.I6: nursery of %zu and its reserve in %zu bytes", fit, bytes);
  return fit & ~(size_t)7;
}

size_t heap_budget_left(const struct genimmix *plan) {
  size_t held = heap_genimmix_mature_held(plan) + plan->headroom;
  return held < plan->heap.bytes_max ? plan->heap.bytes_max - held : 0;
}

void heap_budget_limit_nursery(struct genimmix *plan) {
  size_t fit = nursery_fit(heap_budget_left(plan)), held = heap_genimmix_nursery_held(plan);
  ASSERT(held + heap_budget_reserve(held) <= heap_budget_left(plan),
         "heap.I6: a nursery of %zu bytes and its reserve, and %zu are left", held, heap_budget_left(plan));
  plan->nursery.limit = plan->nursery.start + smaller(fit, plan->nursery_size);
}

void heap_budget_enlarge_first(struct genimmix *plan) {
  if (plan->first)
    plan->nursery_size = smaller(NURSERY_FIRST + heap_genimmix_mature_held(plan), plan->nursery_area.bytes);
  heap_budget_limit_nursery(plan);
}

void heap_budget_resize_nursery(struct genimmix *plan, size_t held, size_t survived) {
  bool much = survived > held / 16;
  size_t usual = smaller(much ? NURSERY_USUAL : NURSERY_START, plan->nursery_area.bytes);
  if (plan->first && plan->nursery_size > usual) {
    uintptr_t end = plan->nursery.start + usual;
    os_memory_release((void *)end, plan->nursery_size - usual);
    plan->nursery_size = usual;
    if (plan->nursery.populated > end) plan->nursery.populated = end;
  }
  plan->first = false;
  plan->nursery_size = larger(plan->nursery_size, usual);
  // A larger one would be much of what such a program holds.
  bool small = heap_genimmix_mature_held(plan) < 2 * plan->nursery_area.bytes;
  if (!small && much && held >= plan->nursery_size / 2)
    plan->nursery_size = smaller(2 * plan->nursery_size, plan->nursery_area.bytes);
}

// By as much as is alive; but so that half of what is left stays for the nursery and for moving things in the full
// collection, or, where there is plenty, all that the nursery can use.
void heap_budget_set_threshold(struct genimmix *plan) {
  size_t left = heap_budget_left(plan), live = plan->heap.stats.bytes_live;
  size_t growth = larger(live, live > GROWTH_FIRST / 2 ? GROWTH_MIN : GROWTH_FIRST);
  size_t nursery = plan->nursery_area.bytes + heap_budget_reserve(plan->nursery_area.bytes);
  size_t most = left > 4 * nursery ? left - nursery : left / 2;
  plan->threshold = heap_genimmix_mature_held(plan) + smaller(growth, most);
  ASSERT(plan->threshold <= plan->heap.bytes_max, "heap.I1: a collection is due at %zu bytes, the limit is %zu",
         plan->threshold, plan->heap.bytes_max);
}

void heap_budget_set_blocks(struct genimmix *plan) {
  size_t others = heap_genimmix_nursery_held(plan) + heap_large_held(&plan->heap.large);
  ASSERT(others <= plan->heap.bytes_max, "heap.I1: %zu bytes in nursery and large objects", others);
  plan->mature.blocks_max = (uint32_t)((plan->heap.bytes_max - others) / IMMIX_BLOCK_BYTES);
}

uint32_t heap_budget_evacuation(const struct genimmix *plan, enum immix_choice choice) {
  const struct heap_immix *mature = &plan->mature;
  uint32_t left = mature->blocks_max - mature->blocks_used;
  ASSERT(mature->blocks_used <= mature->blocks_max, "heap.I1: %u blocks are in use, of %u", mature->blocks_used,
         mature->blocks_max);
  if (choice != IMMIX_EMPTIEST) return left;
  // Where neighbours die together, marking in place leaves few holes, and nothing needs to move.
  if (!plan->fragmented) return 0;
  // While memory is plentiful, only a part: the copies add to what the process holds.
  bool plentiful = heap_genimmix_mature_held(plan) <= plan->heap.bytes_max / 2;
  return plentiful ? (uint32_t)smaller(left, mature->blocks_used / 4) : left;
}
