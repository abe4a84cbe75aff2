// SPDX-License-Identifier: MIT
//
// os_memory.c: pages of address space through mmap and its relatives. Nothing here knows what the pages are for.
//
// Reserving maps without access and without swap reservation; committing changes the protection only. One mapping per
// reservation keeps the kernel's list of ranges short and start-up to two system calls. The alternative, mapping each
// block when it is needed, costs a system call per block and scatters the heap, which then has no cheap range check.
#include "os/os_memory.h"

#include "loam/rt.h"

#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 // Linux 6.1; others refuse it
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 // Linux 5.14; others refuse it
#endif

size_t os_memory_page_size(void) {
  long size = sysconf(_SC_PAGESIZE);
  return size > 0 ? (size_t)size : 4096;
}

uint64_t os_memory_physical(void) {
  long pages = sysconf(_SC_PHYS_PAGES);
  return pages > 0 ? (uint64_t)pages * os_memory_page_size() : 0;
}

static size_t round_to_pages(size_t bytes) {
  size_t page = os_memory_page_size();
  return (bytes + page - 1) & ~(page - 1);
}

void *os_memory_reserve(size_t bytes) {
  size_t rounded = round_to_pages(bytes);
  if (rounded < bytes || rounded == 0) return NULL;
  void *start = mmap(NULL, rounded, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return start == MAP_FAILED ? NULL : start;
}

bool os_memory_commit(void *start, size_t bytes) {
  ASSERT((uintptr_t)start % os_memory_page_size() == 0, "commit of %p, which is not the start of a page", start);
  return mprotect(start, round_to_pages(bytes), PROT_READ | PROT_WRITE) == 0;
}

void *os_memory_map_low(size_t bytes) {
  ASSERT(bytes && bytes % os_memory_page_size() == 0, "%zu bytes are no whole pages", bytes);
#ifdef MAP_32BIT
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_32BIT;
  void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  return start == MAP_FAILED ? NULL : start;
#else
  return NULL;
#endif
}

bool os_memory_guard(void *start, size_t bytes) {
  ASSERT((uintptr_t)start % os_memory_page_size() == 0, "guard at %p, which is not the start of a page", start);
  return mprotect(start, round_to_pages(bytes), PROT_NONE) == 0;
}

void os_memory_join(const void *start, size_t bytes) {
  ASSERT((uintptr_t)start % OS_LARGE_PAGE == 0, "%p is not the start of a large page", start);
  (void)madvise((void *)(uintptr_t)start, bytes, MADV_COLLAPSE);
}

void os_memory_populate(void *start, size_t bytes) {
  size_t page = os_memory_page_size();
  uintptr_t from = (uintptr_t)start & ~(page - 1);
  if (bytes) (void)madvise((void *)from, (uintptr_t)start + bytes - from, MADV_POPULATE_WRITE);
}

void os_memory_prefer_large(void *start, size_t bytes) { (void)madvise(start, bytes, MADV_HUGEPAGE); }

void os_memory_release(void *start, size_t bytes) {
  size_t page = os_memory_page_size();
  uintptr_t from = ((uintptr_t)start + page - 1) & ~(page - 1);
  uintptr_t to = ((uintptr_t)start + bytes) & ~(page - 1);
  // Failing only means that the pages stay resident: the memory is still ours, and nobody relies on the zeros.
  if (from < to) (void)madvise((void *)from, to - from, MADV_DONTNEED);
}

void os_memory_unmap(void *start, size_t bytes) {
  if (start == NULL) return;
  int result = munmap(start, round_to_pages(bytes));
  ASSERT(result == 0, "munmap of %zu bytes at %p failed", bytes, start);
  (void)result;
}
