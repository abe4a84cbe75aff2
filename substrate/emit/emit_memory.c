// SPDX-License-Identifier: MIT
//
// emit_memory.c: memory for machine code, mapped twice, and the blocks in it.
//
// Compiled code and the substrate's functions call each other with 32-bit distances, so the mapping that runs must lie
// within 2 GB of them. The system puts mappings far from the program; hints walk away from our own
// code until one is taken. The memory is shared and anonymous, not a file's: perf looks into its map of names only for
// memory without a file.
//
// Blocks are handed out from freed ones, the lowest that is large enough first, and else from the top. Freed blocks
// form a list by address, kept in themselves; neighbours become one, and what adjoins the top goes back to it. All else
// that is freed is filled with trap instructions, so that a jump into code that is gone stops there.
#define LOAM_EMIT_MODULE
#include "emit/emit_int.h"

#include "os/os_memory.h"
#include "os/os_process.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CODE_BYTES ((size_t)64 << 20) // address space; pages appear as code is written
#define REACH ((intptr_t)1 << 30)     // half of what a jump reaches: the program's own extent has the rest
#define FIRST_BYTE 64                 // where the first code goes: the function sanitizer reads before what is called
#define HINT_STEP ((intptr_t)16 << 20)
#define ALIGNMENT ((size_t)16) // of a block: what the processor fetches at once
#define TRAP 0xcc              // one byte, like the instruction

// A freed block. Whoever jumps to its start finds traps, too.
struct emit_hole {
  uint8_t traps[8];
  uint32_t next; // by offset in the memory; 0: the last one. No hole is at 0, see FIRST_BYTE
  uint32_t size;
};
_Static_assert(sizeof(struct emit_hole) <= ALIGNMENT, "every freed block must have room for a hole");

// ---- the mappings -------------------------------------------------------------------------------------------------

static bool is_near(const void *at) {
  intptr_t distance = (intptr_t)at - (intptr_t)(uintptr_t)&emit_alloc;
  return distance > -REACH && distance + (intptr_t)CODE_BYTES < REACH;
}

// Reserves addresses near our own code.
static void *reserve_near(void) {
  uintptr_t here = (uintptr_t)&emit_alloc & ~(OS_LARGE_PAGE - 1);
  for (intptr_t away = HINT_STEP; away < REACH; away += HINT_STEP) {
    for (int side = 0; side < 2; side++) {
      void *hint = (void *)(side ? here - (uintptr_t)away - CODE_BYTES : here + (uintptr_t)away);
      void *at = mmap(hint, CODE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (at == MAP_FAILED) return NULL;
      if (is_near(at) && (uintptr_t)at % OS_LARGE_PAGE == 0) return at;
      munmap(at, CODE_BYTES);
    }
  }
  return NULL;
}

// Maps the memory a second time: mremap does so with shared memory when the old size is 0.
static const uint8_t *map_near(void *write_base) {
  void *near = reserve_near();
  if (!near) return NULL;
  if (mremap(write_base, 0, CODE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, near) == near &&
      mprotect(near, CODE_BYTES, PROT_READ | PROT_EXEC) == 0)
    return near;
  munmap(near, CODE_BYTES);
  return NULL;
}

// A forked child runs the code that it shares with its parent: from then on the parent leaves freed code as it is.
static _Atomic bool has_forked;
static void note_fork(void) { has_forked = true; }
static void watch_forks(void) { (void)pthread_atfork(note_fork, NULL, NULL); }

enum loam_err emit_memory_init(struct emit_memory *memory, struct error *err) {
  *memory = (struct emit_memory){.bytes = CODE_BYTES, .top = FIRST_BYTE, .owner = os_process_id()};
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
  void *write_base = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (write_base != MAP_FAILED) memory->run_base = map_near(write_base);
  if (memory->run_base && pthread_mutex_init(&memory->lock, NULL) == 0) {
    memory->write_base = write_base;
    return LOAM_OK;
  }
  if (write_base != MAP_FAILED) munmap(write_base, CODE_BYTES);
  if (memory->run_base) munmap((void *)(uintptr_t)memory->run_base, CODE_BYTES);
  *memory = (struct emit_memory){0};
  return error_set(err, LOAM_ERR_MEMORY, "no memory for compiled code within reach");
}

void emit_memory_fini(struct emit_memory *memory) {
  if (!memory->run_base) return;
  emit_gdb_forget(memory->run_base, CODE_BYTES);
  munmap(memory->write_base, CODE_BYTES);
  munmap((void *)(uintptr_t)memory->run_base, CODE_BYTES);
  pthread_mutex_destroy(&memory->lock);
  *memory = (struct emit_memory){0};
}

// ---- blocks: the lock is held -------------------------------------------------------------------------------------

static struct emit_hole *hole_at(const struct emit_memory *memory, uint32_t offset) {
  ASSERT(offset % ALIGNMENT == 0 && offset < memory->top, "emit.I3: a hole at offset %u of %zu", offset, memory->top);
  return offset ? (struct emit_hole *)(void *)(memory->write_base + offset) : NULL;
}
static uint32_t offset_of(const struct emit_memory *memory, const struct emit_hole *hole) {
  return hole ? (uint32_t)((const uint8_t *)hole - memory->write_base) : 0;
}

static void set_next(struct emit_memory *memory, struct emit_hole *before, struct emit_hole *next) {
  if (before)
    before->next = offset_of(memory, next);
  else
    memory->holes = next;
}

// Takes `size` bytes out of the first hole that has them. Its offset, or 0.
static uint32_t take_hole(struct emit_memory *memory, size_t size) {
  struct emit_hole *before = NULL, *hole = memory->holes;
  for (; hole && hole->size < size; hole = hole_at(memory, hole->next)) before = hole;
  if (!hole) return 0;
  uint32_t offset = offset_of(memory, hole);
  struct emit_hole *rest = hole_at(memory, hole->next);
  if (hole->size > size) {
    ASSERT(hole->size - size >= sizeof *hole, "emit.I3: %zu bytes of a hole of %u leave no room for a hole", size,
           hole->size);
    rest = hole_at(memory, offset + (uint32_t)size);
    rest->next = hole->next;
    rest->size = hole->size - (uint32_t)size;
  }
  set_next(memory, before, rest);
  return offset;
}

// What was written is in the mapping that runs. Pages of the other one would count twice. Who has filled a step soon
// fills the next one, whose pages come cheaper together.
static void release_written(struct emit_memory *memory) {
  enum { STEP = 128 << 10 };
  if (memory->top - memory->written < STEP) return;
  os_memory_release(memory->write_base + memory->written, memory->top - memory->written);
  size_t whole_before = memory->written / OS_LARGE_PAGE, whole = memory->top / OS_LARGE_PAGE;
  if (whole > whole_before)
    os_memory_join(memory->run_base + whole_before * OS_LARGE_PAGE, (whole - whole_before) * OS_LARGE_PAGE);
  memory->written = memory->top;
  if (memory->bytes - memory->top >= STEP) os_memory_populate(memory->write_base + memory->top, STEP);
}

static uint32_t take_top(struct emit_memory *memory, size_t size) {
  if (size > memory->bytes || memory->top > memory->bytes - size) return 0;
  release_written(memory);
  ASSERT(memory->top >= FIRST_BYTE && memory->top % ALIGNMENT == 0, "emit.I3: the next block is at offset %zu",
         memory->top);
  uint32_t offset = (uint32_t)memory->top;
  memory->top += size;
  return offset;
}

// Grows a hole by the one that follows it, where they adjoin.
static void join_next(struct emit_memory *memory, struct emit_hole *hole) {
  struct emit_hole *next = hole_at(memory, hole->next);
  if (!next || (uint8_t *)hole + hole->size != (uint8_t *)next) return;
  hole->size += next->size;
  hole->next = next->next;
  memset(next, TRAP, sizeof *next);
}

static void put_hole(struct emit_memory *memory, uint8_t *at, size_t size) {
  memset(at, TRAP, size);
  struct emit_hole *hole = (struct emit_hole *)(void *)at, *before = NULL, *next = memory->holes;
  ASSERT(at + size <= memory->write_base + memory->top && size % ALIGNMENT == 0,
         "emit.I3: a freed block ends %zu bytes behind the base, the top is at %zu",
         (size_t)(at + size - memory->write_base), memory->top);
  for (; next && next < hole; next = hole_at(memory, next->next)) before = next;
  ASSERT(!before || (uint8_t *)before + before->size <= at, "emit.I2: the block at offset %u is freed twice",
         offset_of(memory, hole));
  ASSERT(!next || at + size <= (uint8_t *)next, "emit.I2: the block at offset %u is freed twice",
         offset_of(memory, hole));
  hole->next = offset_of(memory, next);
  hole->size = (uint32_t)size;
  set_next(memory, before, hole);
  join_next(memory, hole);
  if (before) join_next(memory, before);
}

// Gives the last hole back to the top, if they adjoin.
static void lower_top(struct emit_memory *memory) {
  struct emit_hole *before = NULL, *last = memory->holes;
  for (; last && last->next; last = hole_at(memory, last->next)) before = last;
  if (!last || offset_of(memory, last) + last->size != memory->top) return;
  memory->top -= last->size;
  ASSERT(memory->top >= FIRST_BYTE, "emit.I3: the top is lowered to %zu", memory->top);
  if (memory->written > memory->top) memory->written = memory->top;
  set_next(memory, before, NULL);
  memset(last, TRAP, sizeof *last);
}

// ---- what others call ---------------------------------------------------------------------------------------------

bool emit_alloc(struct emit_memory *memory, size_t bytes, struct emit_block *block) {
  *block = (struct emit_block){0};
  if (!memory->run_base || os_process_id() != memory->owner || bytes > CODE_BYTES) return false;
  size_t size = bytes ? (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1) : ALIGNMENT;
  pthread_mutex_lock(&memory->lock);
  uint32_t offset = has_forked ? 0 : take_hole(memory, size);
  if (!offset) offset = take_top(memory, size);
  if (offset) memory->bytes_used += size;
  ASSERT(memory->bytes_used <= memory->top - FIRST_BYTE, "emit.I4: %zu bytes are in use of %zu that were handed out",
         memory->bytes_used, memory->top - FIRST_BYTE);
  pthread_mutex_unlock(&memory->lock);
  if (offset) *block = (struct emit_block){memory->write_base + offset, memory->run_base + offset, size};
  return offset != 0;
}

void emit_free(struct emit_memory *memory, const struct emit_block *block) {
  if (!block->size) return;
  size_t offset = (size_t)(block->write - memory->write_base);
  CHECK(block->run == memory->run_base + offset && offset + block->size <= memory->bytes,
        "emit.I1: the block at %p is none of this memory's", (const void *)block->run);
  emit_gdb_forget(block->run, block->size);
  if (has_forked || os_process_id() != memory->owner) return; // the other process may run it
  pthread_mutex_lock(&memory->lock);
  put_hole(memory, block->write, block->size);
  lower_top(memory);
  ASSERT(memory->bytes_used >= block->size, "emit.I4: a block of %zu bytes is freed, %zu are in use", block->size,
         memory->bytes_used);
  memory->bytes_used -= block->size;
  pthread_mutex_unlock(&memory->lock);
}

bool emit_contains(const struct emit_memory *memory, const void *address) {
  return memory->run_base && (uintptr_t)address - (uintptr_t)memory->run_base < memory->bytes;
}

bool emit_reaches(const struct emit_memory *memory, const void *address) {
  intptr_t distance = (intptr_t)address - (intptr_t)memory->run_base;
  return distance > INT32_MIN + (intptr_t)CODE_BYTES && distance < INT32_MAX;
}
