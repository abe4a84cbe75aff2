// SPDX-License-Identifier: MIT
//
// heap_space.h: the heap's address range.
//
// A heap makes one reservation when it is created and carves it into areas: objects, side tables, work list. So "is
// this word an address in the heap" is one subtraction and one comparison, side tables are found by arithmetic, and no
// part of the collector can fail for lack of C memory in the middle of a collection. Addresses cost nothing: pages
// appear when they are touched.
#ifndef LOAM_HEAP_HEAP_SPACE_H
#define LOAM_HEAP_HEAP_SPACE_H

#include "loam/rt.h"

// A part of the address range.
struct heap_area {
  uintptr_t start;
  size_t bytes;
};

// True when `addr` lies in the area. Addresses below it wrap around to large differences.
static inline bool heap_area_has(struct heap_area area, uintptr_t addr) { return addr - area.start < area.bytes; }

// Reserves and commits one range and cuts it into the areas, in order and without gaps but for rounding to pages. Each
// area's `bytes` is what it needs, and is rounded up. The caller frees *space with heap_space_free. False, with nothing
// reserved, when the system refuses or the sizes don't fit in an address.
bool heap_space_reserve(struct heap_area *space, struct heap_area *const *areas, size_t count);
void heap_space_free(struct heap_area *space);

#endif
