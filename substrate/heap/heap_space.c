// SPDX-License-Identifier: MIT
//
// heap_space.c: reserving the heap's address range and cutting it up. See heap_space.h for the idea.
#include "heap/heap_space.h"

#include "os/os_memory.h"

static size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

bool heap_space_reserve(struct heap_area *space, struct heap_area *const *areas, size_t count) {
  size_t page = os_memory_page_size(), total = 0;
  for (size_t i = 0; i < count; i++) {
    size_t rounded = round_up(areas[i]->bytes, page);
    if (rounded < areas[i]->bytes || __builtin_add_overflow(total, rounded, &total)) return false;
    areas[i]->bytes = rounded;
  }
  char *start = os_memory_reserve(total);
  if (!start) return false;
  if (!os_memory_commit(start, total)) {
    os_memory_unmap(start, total);
    return false;
  }
  *space = (struct heap_area){(uintptr_t)start, total};
  uintptr_t at = (uintptr_t)start;
  for (size_t i = 0; i < count; i++) {
    areas[i]->start = at;
    at += areas[i]->bytes;
  }
  ASSERT(at == space->start + space->bytes, "areas end at %#zx, the reservation at %#zx", at,
         space->start + space->bytes);
  return true;
}

void heap_space_free(struct heap_area *space) {
  if (space->bytes) os_memory_unmap((void *)space->start, space->bytes);
  *space = (struct heap_area){0, 0};
}
