// SPDX-License-Identifier: MIT
//
// mem.h: making C allocations fail on purpose, and placing them. The other allocation functions are in loam/rt.h.
#ifndef LOAM_BASE_MEM_H
#define LOAM_BASE_MEM_H

#include "loam/rt.h"

// From now on the `nth` request of this process (1 is the next one) and every later one fails; 0 turns it off.
void mem_fail_at(uint64_t nth);

// Memory that begins with a line of the processor's cache.
void *mem_alloc_line(size_t bytes);

#endif
