// SPDX-License-Identifier: MIT
//
// mem.h: making C allocations fail on purpose, placing them, and having their pages brought in. The other allocation
// functions are in loam/rt.h.
#ifndef LOAM_BASE_MEM_H
#define LOAM_BASE_MEM_H

#include "loam/rt.h"

// From now on the `nth` request of this process (1 is the next one) and every later one fails; 0 turns it off.
void mem_fail_at(uint64_t nth);

// From now on `bring` (os_memory_populate) is told of pages on which blocks are soon to lie, many at once: a page that
// is met by its first use takes several times as long. It is for a process of loam's own, whose malloc takes from the
// kernel more than it is asked for; to be called before that has grown. NULL turns it off. They are pages for one part
// in MEM_AHEAD_SHARE of what there is, but from MEM_AHEAD_BYTES to MEM_AHEAD_BYTES_MAX. Blocks that are larger than
// that are left alone, as many are never full, unless they are arrays that grow; and those of threads that have a heap
// of their own.
#define MEM_AHEAD_SHARE 16
#define MEM_AHEAD_BYTES ((size_t)16 << 10)
#define MEM_AHEAD_BYTES_MAX ((size_t)32 << 10)
void mem_bring_ahead(void (*bring)(void *start, size_t bytes));

// A request is made that others than these functions meet. True: it is to fail.
bool mem_request_fails(void);

// Memory that begins with a line of the processor's cache.
void *mem_alloc_line(size_t bytes);

#endif
