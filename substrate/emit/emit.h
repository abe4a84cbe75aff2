// SPDX-License-Identifier: MIT
//
// emit.h: memory for machine code, and telling perf and gdb what is in it.
//
// The memory is mapped twice: code is written through one mapping and runs in the other, so that no address is both
// writable and executable. The mapping that runs lies within 2 GB of the substrate's own code, so that calls and jumps
// between both reach.
#ifndef LOAM_EMIT_EMIT_H
#define LOAM_EMIT_EMIT_H

#include "loam/rt.h"

#include <pthread.h>
#include <sys/types.h>

// Code memory of one VM. All functions but init and fini may be called by any thread.
struct emit_memory {
  pthread_mutex_t lock;
  uint8_t *write_base;     // the same memory,
  const uint8_t *run_base; // twice; NULL: there is none
  size_t bytes, top;       // the address space, and where what was never handed out starts
  size_t written;          // below, pages of the writable mapping were given back
  size_t bytes_used;       // in blocks now
  struct emit_hole *holes; // freed blocks, by address
  pid_t owner;             // the process that may write: a forked child shares the memory
};

// A piece of code memory; empty when size is 0.
struct emit_block {
  uint8_t *write;
  const uint8_t *run;
  size_t size;
};

// Reserves the memory. LOAM_ERR_MEMORY, and nothing to give back, when the system has none within reach.
enum loam_err emit_memory_init(struct emit_memory *memory, struct error *err);
// Nothing may run in it any more.
void emit_memory_fini(struct emit_memory *memory);

// Gets a block of at least `bytes`, aligned to 16. False when there is no room, or this is a forked child.
bool emit_alloc(struct emit_memory *memory, size_t bytes, struct emit_block *block);
// Nothing may run in the block any more. Its name goes too (emit_name).
void emit_free(struct emit_memory *memory, const struct emit_block *block);
// Is the address in the memory's running half?
bool emit_contains(const struct emit_memory *memory, const void *address);

// Do 32-bit distances from everywhere in the memory reach the address?
bool emit_reaches(const struct emit_memory *memory, const void *address);

// From now on names are told: to perf, in /tmp/perf-PID.map, to gdb, through its JIT interface, or to both. May be
// called again; what was started stays. LOAM_ERR_FILE when perf's file can't be made. Any thread may call it.
enum loam_err emit_names_start(bool perf, bool gdb, struct error *err);
// Tells perf and gdb that the block is code of a function. `engine` is "baseline" or "hot"; `file` may be NULL. Nothing
// happens unless emit_names_start was called in this process.
void emit_name(const struct emit_memory *memory, const struct emit_block *block, const char *engine,
               const char *function, const char *file);

#endif
