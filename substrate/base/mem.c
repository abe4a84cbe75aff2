// SPDX-License-Identifier: MIT
//
// mem.c: C memory. One place, so that a test can make the Nth request fail (--stress=oom:N) and see that every caller
// copes: not a pool, not an accountant; the guest's own objects live in the heap.
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

// Requests left before they fail; 0 is off. Relaxed: which of two racing requests fails does not matter.
static _Atomic uint64_t requests_left;

void mem_fail_at(uint64_t nth) { atomic_store_explicit(&requests_left, nth, memory_order_relaxed); }

static bool request_fails(void) {
  uint64_t left = atomic_load_explicit(&requests_left, memory_order_relaxed);
  if (LIKELY(left == 0)) return false;
  if (left == 1) return true; // stays: whoever asks again is refused again
  atomic_store_explicit(&requests_left, left - 1, memory_order_relaxed);
  return false;
}

void *mem_alloc(size_t bytes) { return request_fails() ? NULL : malloc(bytes ? bytes : 1); }

void *mem_alloc_zero(size_t count, size_t bytes_each) {
  return request_fails() ? NULL : calloc(count ? count : 1, bytes_each ? bytes_each : 1);
}

// The C library's word before each block is reckoned in, so that the next block of this kind can follow without a gap.
void *mem_alloc_line(size_t bytes) {
  enum { LINE_BYTES = 64, WORD_BYTES = sizeof(size_t) };
  size_t size = ((bytes + WORD_BYTES + LINE_BYTES - 1) & ~(size_t)(LINE_BYTES - 1)) - WORD_BYTES;
  void *block;
  return request_fails() || posix_memalign(&block, LINE_BYTES, size) != 0 ? NULL : block;
}

void *mem_resize(void *block, size_t bytes) { return request_fails() ? NULL : realloc(block, bytes ? bytes : 1); }

bool mem_grow_full(void *array, uint32_t *room, size_t bytes_each) {
  if (*room > UINT32_MAX / 2) return false;
  uint32_t more = *room ? 2 * *room : 16;
  void *block;
  memcpy(&block, array, sizeof block); // whatever it points to
  ASSERT(bytes_each && (block || !*room), "an array in room for %u elements is at %p", *room, block);
  block = mem_resize(block, more * bytes_each);
  if (!block) return false;
  memcpy(array, &block, sizeof block);
  *room = more;
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
