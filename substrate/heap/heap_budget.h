// SPDX-License-Identifier: MIT
//
// heap_budget.h: how the default plan divides its limit between nursery, mature space, large objects and reserves.
//
//     bytes_max >= nursery + reserve for copying it + mature blocks + large objects (+ headroom, for mutators)
//
// The reserve is what a minor collection may need if the whole nursery survives, with the worst waste at the ends of
// blocks. Keeping it at all times means that copying never fails half-way (heap.I6). So the nursery shrinks as the
// old objects grow, and near the limit full collections become frequent before memory is out.
#ifndef LOAM_HEAP_HEAP_BUDGET_H
#define LOAM_HEAP_HEAP_BUDGET_H

#include "heap/heap_genimmix.h"

// Sets up the sizes before the space is reserved; `wanted` is the user's nursery size or 0.
void heap_budget_init(struct genimmix *plan, size_t wanted);

// Bytes in free blocks that copying a nursery of `bytes` may need.
size_t heap_budget_reserve(size_t bytes);

// What mutators may still use, beside mature and large objects.
size_t heap_budget_left(const struct genimmix *plan);

// Sets how far the nursery may be filled, after the mature space or the large objects have changed.
void heap_budget_limit_nursery(struct genimmix *plan);

// Makes the first nursery larger by what was born old, and sets how far it may be filled.
void heap_budget_enlarge_first(struct genimmix *plan);

// Makes the nursery larger when so many of its bytes survived that fewer collections would save work; but smaller after
// the first collection.
void heap_budget_resize_nursery(struct genimmix *plan, size_t held, size_t survived);

// Sets at how much memory in old objects the next full collection is due, after one has ended.
void heap_budget_set_threshold(struct genimmix *plan);

// Sets how many blocks may be in use during a collection: all that the limit leaves beside nursery and large objects.
void heap_budget_set_blocks(struct genimmix *plan);

// How many of the free blocks defragmentation shall plan with.
uint32_t heap_budget_evacuation(const struct genimmix *plan, enum immix_choice choice);

#endif
