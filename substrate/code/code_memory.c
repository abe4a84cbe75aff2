// SPDX-License-Identifier: MIT
//
// code_memory.c: blocks of some sizes, in chunks of low memory. Those up to a kilobyte are whole lines, larger ones of
// four sizes between a power of two and the next; what is freed is kept by its size. Methods are freed rarely, and
// seldom all together: no chunk is given back before the end. Very large blocks have a mapping of their own. Where
// the system has no low memory, as on other processors, all are the C library's.
#include "code/code_memory.h"

#include "base/mem.h"
#include "os/os_memory.h"

#include <stdbool.h>
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif

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

// Stands before a block of class 0, which ends where its pages do.
struct code_own_block {
  void *start;
  size_t mapped; // 0: `start` is the C library's
};

// The address sanitizer is told which bytes of a chunk nobody has.
#if __has_feature(address_sanitizer)
#define HIDE(start, bytes) __asan_poison_memory_region(start, bytes)
#define SHOW(start, bytes) __asan_unpoison_memory_region(start, bytes)
#else
#define HIDE(start, bytes) ((void)(start), (void)(bytes))
#define SHOW(start, bytes) ((void)(start), (void)(bytes))
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
  struct code_chunk *chunk = os_memory_map_low(CHUNK_BYTES);
  if (!chunk) return false;
  chunk->next = memory->chunks;
  memory->chunks = chunk;
  memory->cursor = memory->touched = (char *)chunk;
  memory->end = memory->cursor + CHUNK_BYTES;
  memory->cursor += LINE_BYTES; // the chunk's head
  HIDE(memory->cursor, CHUNK_BYTES - LINE_BYTES);
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

static size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) & ~(unit - 1); }

static void *put_head(char *start, size_t mapped, char *block) {
  *(struct code_own_block *)(block - LINE_BYTES) = (struct code_own_block){start, mapped};
  return block;
}

static void *borrow_own(size_t bytes) {
  char *start = mem_alloc_line(LINE_BYTES + bytes);
  return start ? put_head(start, 0, start + LINE_BYTES) : NULL;
}

static void *take_own(size_t bytes) {
  size_t room = round_up(bytes, LINE_BYTES), mapped = round_up(LINE_BYTES + room, os_memory_page_size());
  char *start = os_memory_map_low(mapped);
  return start ? put_head(start, mapped, start + mapped - room) : borrow_own(bytes);
}

static void free_own(char *block) {
  struct code_own_block own = *(struct code_own_block *)(block - LINE_BYTES);
  if (own.mapped)
    os_memory_unmap(own.start, own.mapped);
  else
    mem_free(own.start);
}

static void *shown(void *block, size_t bytes) {
  SHOW(block, bytes);
  return block;
}

void *code_memory_alloc(struct code_memory *memory, size_t bytes, uint8_t *class) {
  if (mem_request_fails()) return NULL;
  *class = bytes <= BLOCK_BYTES_MAX ? class_of(bytes ? bytes : 1) : 0;
  struct code_free_block *block = *class ? memory->free[*class] : NULL;
  if (block) {
    memory->free[*class] = block->next;
    return shown(block, bytes);
  }
  void *fresh = *class ? take_fresh(memory, bytes_of(*class)) : NULL;
  if (fresh) return shown(fresh, bytes);
  *class = 0;
  return take_own(bytes);
}

void code_memory_free(struct code_memory *memory, void *block, uint8_t class) {
  if (!class) {
    free_own(block);
    return;
  }
  struct code_free_block *free = block;
  ASSERT(class < CODE_BLOCK_CLASSES, "code.I13: a block of class %u is freed", class);
  SHOW(block, sizeof *free);
  free->next = memory->free[class];
  memory->free[class] = free;
  HIDE(free + 1, bytes_of(class) - sizeof *free);
}

void code_memory_fini(struct code_memory *memory) {
  for (struct code_chunk *chunk = memory->chunks, *next; chunk; chunk = next) {
    next = chunk->next;
    SHOW(chunk, CHUNK_BYTES);
    os_memory_unmap(chunk, CHUNK_BYTES);
  }
  *memory = (struct code_memory){0};
}
