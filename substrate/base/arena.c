// SPDX-License-Identifier: MIT
//
// arena.c: memory that is freed all at once. Chunks double from 4 to 64 KB; what is larger than a quarter of a chunk
// gets a chunk of its own, so that little is wasted.
#include "loam/rt.h"

#include <string.h>

#define CHUNK_BYTES_MIN ((size_t)4096)
#define CHUNK_BYTES_MAX ((size_t)64 << 10)
#define ALIGNMENT ((size_t)16)

struct arena_chunk {
  struct arena_chunk *next;
  size_t bytes;
};
_Static_assert(sizeof(struct arena_chunk) % 16 == 0, "the memory after a chunk's head must stay aligned");

static struct arena_chunk *chunk_create(struct arena *arena, size_t bytes) {
  struct arena_chunk *chunk = mem_alloc(sizeof *chunk + bytes);
  if (!chunk) return NULL;
  *chunk = (struct arena_chunk){arena->chunks, bytes};
  arena->chunks = chunk;
  return chunk;
}

static char *alloc_slow(struct arena *arena, size_t bytes) {
  size_t size = arena->chunks ? arena->chunks->bytes * 2 : CHUNK_BYTES_MIN;
  if (size > CHUNK_BYTES_MAX) size = CHUNK_BYTES_MAX;
  if (bytes > size / 4) { // its own chunk; the current one goes on
    struct arena_chunk *chunk = chunk_create(arena, bytes);
    return chunk ? (char *)(chunk + 1) : NULL;
  }
  struct arena_chunk *chunk = chunk_create(arena, size);
  if (!chunk) return NULL;
  arena->cursor = (char *)(chunk + 1) + bytes;
  arena->limit = (char *)(chunk + 1) + size;
  return (char *)(chunk + 1);
}

void *arena_alloc(struct arena *arena, size_t bytes) {
  if (bytes > SIZE_MAX / 2) return NULL;
  bytes = bytes ? (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1) : ALIGNMENT; // an empty block has an address too
  char *block;
  if (bytes <= (size_t)(arena->limit - arena->cursor)) {
    block = arena->cursor;
    arena->cursor += bytes;
  } else {
    block = alloc_slow(arena, bytes);
    if (!block) return NULL;
  }
  ASSERT((uintptr_t)block % ALIGNMENT == 0 && arena->cursor <= arena->limit,
         "base.I3: a block of %zu bytes at %p, with %td bytes behind it", bytes, (void *)block,
         arena->limit - arena->cursor);
  memset(block, 0, bytes);
  return block;
}

bool arena_has(const struct arena *arena, uintptr_t at, size_t bytes) {
  ASSERT(bytes >= ALIGNMENT && bytes <= CHUNK_BYTES_MIN / 4 && (bytes & (bytes - 1)) == 0,
         "base.I3: blocks of %zu bytes don't fill a chunk", bytes);
  for (const struct arena_chunk *chunk = arena->chunks; chunk; chunk = chunk->next) {
    uintptr_t start = (uintptr_t)(chunk + 1), used = chunk->bytes;
    if (start + used == (uintptr_t)arena->limit) used = (uintptr_t)arena->cursor - start;
    if (at - start < used) return (at - start) % bytes == 0;
  }
  return false;
}

void arena_fini(struct arena *arena) {
  for (struct arena_chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
    next = chunk->next;
    mem_free(chunk);
  }
  *arena = (struct arena){0};
}
