// SPDX-License-Identifier: MIT
//
// os_memory.h: pages of address space from the operating system.
//
// The heap and the VM stacks need what malloc can't give: large ranges of addresses that cost nothing until they are
// touched, whose pages can be given back one by one, and guard pages. C structures go through mem_alloc instead.
//
// A range is first reserved (no access), then committed (readable, writable, zero), and its pages appear when they
// are first touched. Committed memory is asked for without a reservation of swap, so that a process may commit far more
// than it will ever touch; a host that forbids overcommitting counts it in full, and then commit says no.
//
// All functions may be called by any thread. Sizes and addresses are rounded by the callee only where it says so.
#ifndef LOAM_OS_OS_MEMORY_H
#define LOAM_OS_OS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reserves `bytes` of address space, rounded up to pages, without access. The caller owns it and gives it to
// os_memory_unmap. NULL when the system has none.
void *os_memory_reserve(size_t bytes);

// Makes pages of a reserved range readable and writable. `start` is page-aligned. False when the system refuses.
bool os_memory_commit(void *start, size_t bytes);

// Readable and writable zero pages in the lowest 2 GB of the address space, where machine code can name them in four
// bytes: `bytes`, whole pages. The caller owns them and gives them to os_memory_unmap. NULL when there are none.
void *os_memory_map_low(size_t bytes);

// Takes access away from pages again, as a guard. `start` is page-aligned. False when the system refuses.
bool os_memory_guard(void *start, size_t bytes);

// Has the system bring in the pages of [start, start + bytes), to be written, at once: each by itself takes two or
// three times as long, when it is touched. Where the system can't, nothing is lost.
void os_memory_populate(void *start, size_t bytes);

// Gives the pages that lie wholly in [start, start + bytes) back to the system; they stay committed and read as zero.
void os_memory_release(void *start, size_t bytes);

// Asks the system to put whole large pages (OS_LARGE_PAGE, aligned like one) on such. For memory that is full, so that
// it takes no more than before, and is read all over: looking up where small pages are takes the processor part of its
// time then. When the system refuses, all stays as it was.
#define OS_LARGE_PAGE ((size_t)2 << 20)
void os_memory_join(const void *start, size_t bytes);

// Has the system bring in large pages where [start, start + bytes) is touched the first time: zeroing one takes less
// than the faults of its small pages. For memory that is filled from one end. When the system has none, all is as
// before.
void os_memory_prefer_large(void *start, size_t bytes);

// Ends a reservation; `bytes` as given to os_memory_reserve.
void os_memory_unmap(void *start, size_t bytes);

// The size of a page, a power of two.
size_t os_memory_page_size(void);

// Bytes of physical memory of the machine; 0 when the system doesn't say.
uint64_t os_memory_physical(void);

#endif
