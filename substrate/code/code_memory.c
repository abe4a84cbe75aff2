// SPDX-License-Identifier: MIT
//
// code_memory.c: blocks of some sizes, in chunks of low memory. Those up to a kilobyte are whole lines, larger ones of
// four sizes between a power of two and the next; what is freed is kept by its size. Methods are freed rarely, and
// seldom all together: no chunk is given back before the end. Where the system has no low memory, as on other
// processors, and where a block is very large, it is the C library's; and under the address sanitizer, which shall
// see what is used behind its end.
#include "code/code_memory.h"

#include "base/mem.h"
#include "os/os_memory.h"

#include <stdbool.h>

enum {
  LINE_BYTES = 64,
  LINE_CLASSES = 16, // the sizes of so many lines at most,
  STEPS = 4,         // and so many between a power of two and the next
  CHUNK_BYTES = 1 << 20,
  TOUCH_BYTES = 32 << 10, // brought in at once
  BLOCK_BYTES_MAX = 64 << 10
};

struct code_chunk {
  struct code_chunk *next;
};

struct code_free_block {
  struct code_free_block *next;
};

#if __has_feature(address_sanitizer)
static const bool takes_low = false;
#else
static const bool takes_low = true;
#endif

static size_t bytes_of(uint8_t class) {
  ASSERT(class && class < CODE_BLOCK_CLASSES, "code.I13: a block is of class %u", class);
  if (class <= LINE_CLASSES) return class * (size_t)LINE_BYTES;
  unsigned above = class - LINE_CLASSES - 1u;
  size_t power = (size_t)LINE_CLASSES * LINE_BYTES << above / STEPS;
  return power + power / STEPS * (above % STEPS + 1);
}

static uint8_t class_of(size_t bytes) {
  ASSERT(bytes <= BLOCK_BYTES_MAX, "code.I13: %zu bytes are wanted of a chunk", bytes);
  if (bytes <= LINE_CLASSES * LINE_BYTES) return (uint8_t)((bytes + LINE_BYTES - 1) / LINE_BYTES);
  uint8_t class = LINE_CLASSES + 1;
  while (bytes_of(class) < bytes) class ++;
  return class;
}

static bool add_chunk(struct code_memory *memory) {
  struct code_chunk *chunk = takes_low ? os_memory_map_low(CHUNK_BYTES) : NULL;
  if (!chunk) return false;
  chunk->next = memory->chunks;
  memory->chunks = chunk;
  memory->cursor = memory->touched = (char *)chunk;
  memory->end = memory->cursor + CHUNK_BYTES;
  memory->cursor += LINE_BYTES; // the chunk's head
  return true;
}

// A block that nobody had yet. NULL: there is no low memory.
static void *take_fresh(struct code_memory *memory, size_t bytes) {
  if (bytes > (size_t)(memory->end - memory->cursor) && !add_chunk(memory)) return NULL;
  char *block = memory->cursor;
  memory->cursor += bytes;
  if (memory->cursor > memory->touched) {
    size_t left = (size_t)(memory->end - memory->touched), more = (size_t)(memory->cursor - memory->touched);
    more = (more + TOUCH_BYTES - 1) & ~(size_t)(TOUCH_BYTES - 1);
    if (more > left) more = left;
    os_memory_populate(memory->touched, more);
    memory->touched += more;
  }
  ASSERT((uintptr_t)block % LINE_BYTES == 0 && memory->cursor <= memory->end,
         "code.I13: a block of %zu bytes at %p, with %td bytes behind it", bytes, (void *)block,
         memory->end - memory->cursor);
  return block;
}

void *code_memory_alloc(struct code_memory *memory, size_t bytes, uint8_t *class) {
  if (mem_request_fails()) return NULL;
  *class = bytes <= BLOCK_BYTES_MAX ? class_of(bytes ? bytes : 1) : 0;
  struct code_free_block *block = *class ? memory->free[*class] : NULL;
  if (block) {
    memory->free[*class] = block->next;
    return block;
  }
  void *fresh = *class ? take_fresh(memory, bytes_of(*class)) : NULL;
  if (fresh) return fresh;
  *class = 0;
  return mem_alloc_line(bytes);
}

void code_memory_free(struct code_memory *memory, void *block, uint8_t class) {
  if (!class) {
    mem_free(block);
    return;
  }
  struct code_free_block *free = block;
  ASSERT(class < CODE_BLOCK_CLASSES, "code.I13: a block of class %u is freed", class);
  free->next = memory->free[class];
  memory->free[class] = free;
}

void code_memory_fini(struct code_memory *memory) {
  for (struct code_chunk *chunk = memory->chunks, *next; chunk; chunk = next) {
    next = chunk->next;
    os_memory_unmap(chunk, CHUNK_BYTES);
  }
  *memory = (struct code_memory){0};
}
