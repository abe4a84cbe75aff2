// SPDX-License-Identifier: MIT
//
// mem.h: making C allocations fail on purpose. The allocation functions themselves are in loam/rt.h.
#ifndef LOAM_BASE_MEM_H
#define LOAM_BASE_MEM_H

#include "loam/rt.h"

// From now on the `nth` request of this process (1 is the next one) and every later one fails; 0 turns it off.
void mem_fail_at(uint64_t nth);

#endif
