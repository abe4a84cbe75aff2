// SPDX-License-Identifier: MIT
//
// mem.h: making C allocations fail on purpose. The allocation functions themselves are in loam/rt.h.
#ifndef LOAM_BASE_MEM_H
#define LOAM_BASE_MEM_H

#include "loam/rt.h"

// From now on the `nth` request of this process (1 is the next one) and every later one fails; 0 turns it off.
void mem_fail_at(uint64_t nth);

#define MEM_LARGE_PAGE ((size_t)2 << 20) // the processor's

// A large page of memory, aligned like one; for mem_free. NULL when memory is out.
void *mem_alloc_large_page(void);

// Asks the system to put whole large pages on such. For memory that is full, so that it takes no more than before, and
// is read all over: in a large program, looking up where small pages are takes the processor part of its time. When the
// system refuses, all stays as it was.
void mem_join_pages(const void *start, size_t bytes);

#endif
