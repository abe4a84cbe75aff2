// SPDX-License-Identifier: MIT
//
// mem.c: C memory. One place, so that a test can make the Nth request fail (--stress=oom:N) and see that every caller
// copes: not a pool, not an accountant; the guest's own objects live in the heap.
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAP_BYTES_MAX ((uintptr_t)1 << 32) // further up blocks lie elsewhere
#define GROWN_BYTES_MIN ((size_t)16 << 10)  // arrays of this length are worth a system call,
#define GROWN_BYTES_MAX ((size_t)256 << 10) // and longer ones are better where they are, if there is room

// Requests left before they fail; 0 is off. Relaxed: which of two racing requests fails does not matter.
static _Atomic uint64_t requests_left;

void mem_fail_at(uint64_t nth) { atomic_store_explicit(&requests_left, nth, memory_order_relaxed); }

bool mem_request_fails(void) {
  uint64_t left = atomic_load_explicit(&requests_left, memory_order_relaxed);
  if (LIKELY(left == 0)) return false;
  if (left == 1) return true; // stays: whoever asks again is refused again
  atomic_store_explicit(&requests_left, left - 1, memory_order_relaxed);
  return false;
}

// ---- pages ahead of their use ---------------------------------------------------------------------------------------

static void (*bring)(void *start, size_t bytes);
static uintptr_t heap_start;      // of the heap that grows at the program's break,
static _Atomic uintptr_t brought; // and the end of what is there of it; 0: off

void mem_bring_ahead(void (*fn)(void *start, size_t bytes)) {
  bring = fn;
  heap_start = (uintptr_t)sbrk(0);
  atomic_store_explicit(&brought, fn ? heap_start : 0, memory_order_relaxed);
}

// Two threads may do it at once; the pages come once.
static void bring_ahead(uintptr_t from, uintptr_t end, size_t bytes, bool soon_full) {
  uintptr_t top = (uintptr_t)sbrk(0), ahead = (from - heap_start) / MEM_AHEAD_SHARE;
  if (end > top) return; // no block of that heap
  if (ahead < MEM_AHEAD_BYTES) ahead = MEM_AHEAD_BYTES;
  if (ahead > MEM_AHEAD_BYTES_MAX) ahead = MEM_AHEAD_BYTES_MAX;
  if (bytes <= ahead || soon_full) {
    if (end - from > bytes + ahead) from = end - bytes; // between them lies what the C library gave to others
    end = top - end < ahead ? top : end + ahead;
    bring((void *)from, end - from);
  }
  atomic_store_explicit(&brought, end, memory_order_relaxed);
}

static void note(void *block, size_t bytes, bool soon_full) {
  uintptr_t from = atomic_load_explicit(&brought, memory_order_relaxed), end = (uintptr_t)block + bytes;
  if (UNLIKELY(from && end - from - 1 < HEAP_BYTES_MAX)) // not below: modulo 2^64
    bring_ahead(from, end, bytes, soon_full);
}

static void *noted(void *block, size_t bytes) {
  note(block, bytes, false);
  return block;
}

// ---- blocks ---------------------------------------------------------------------------------------------------------

void *mem_alloc(size_t bytes) { return mem_request_fails() ? NULL : noted(malloc(bytes ? bytes : 1), bytes); }

void *mem_alloc_zero(size_t count, size_t bytes_each) {
  return mem_request_fails() ? NULL : noted(calloc(count ? count : 1, bytes_each ? bytes_each : 1), count * bytes_each);
}

// The C library's word before each block is reckoned in, so that the next block of this kind can follow without a gap.
void *mem_alloc_line(size_t bytes) {
  enum { LINE_BYTES = 64, WORD_BYTES = sizeof(size_t) };
  size_t size = ((bytes + WORD_BYTES + LINE_BYTES - 1) & ~(size_t)(LINE_BYTES - 1)) - WORD_BYTES;
  void *block;
  return mem_request_fails() || posix_memalign(&block, LINE_BYTES, size) != 0 ? NULL : noted(block, size);
}

void *mem_resize(void *block, size_t bytes) {
  return mem_request_fails() ? NULL : noted(realloc(block, bytes ? bytes : 1), bytes);
}

// As mem_resize, but what moves finds its pages there. `used` bytes of the block are full, half of the new one.
static void *grow(void *block, size_t used, size_t bytes) {
  if (bytes < GROWN_BYTES_MIN || bytes > GROWN_BYTES_MAX || !atomic_load_explicit(&brought, memory_order_relaxed))
    return mem_resize(block, bytes);
  void *grown = mem_request_fails() ? NULL : malloc(bytes);
  if (!grown) return NULL;
  note(grown, bytes, true);
  memcpy(grown, block, used);
  free(block);
  return grown;
}

bool mem_grow_full(void *array, uint32_t *room, size_t bytes_each) {
  if (*room > UINT32_MAX / 2) return false;
  uint32_t more = *room ? 2 * *room : 16;
  void *block;
  memcpy(&block, array, sizeof block); // whatever it points to
  ASSERT(bytes_each && (block || !*room), "an array in room for %u elements is at %p", *room, block);
  block = grow(block, *room * bytes_each, more * bytes_each);
  if (!block) return false;
  memcpy(array, &block, sizeof block);
  *room = more;
  return true;
}

bool mem_reserve(void *array, uint32_t *room, uint32_t count, size_t bytes_each) {
  if (count <= *room) return true;
  ASSERT(bytes_each, "an array of %u elements has none of any size", count);
  void *block = mem_alloc(count * bytes_each), *before;
  if (!block) return false;
  memcpy(&before, array, sizeof before); // whatever it points to
  mem_free(before);
  memcpy(array, &block, sizeof block);
  *room = count;
  return true;
}

void mem_free(void *block) { free(block); }

char *mem_copy_text(const char *text, size_t length) {
  ASSERT(text || !length, "%zu bytes are copied from nowhere", length);
  char *copy = mem_alloc(length + 1);
  if (!copy) return NULL;
  memcpy(copy, text, length);
  copy[length] = 0;
  return copy;
}
