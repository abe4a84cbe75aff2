// SPDX-License-Identifier: MIT
//
// code_memory.h: blocks for methods, in the lowest 2 GB of the address space: machine code names them, and the bytecode
// in them, all the time, and an address of four bytes fits into the instruction that uses it, where one of eight takes
// two instructions more than twice as long. (Toy's fib takes 0.86 of its time.) What lies elsewhere, because the system
// has no such memory, or no more of it, is interpreted (baseline_compile.c).
#ifndef LOAM_CODE_CODE_MEMORY_H
#define LOAM_CODE_CODE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define CODE_BLOCK_CLASSES 41 // of sizes; 0: a block that is in no chunk

// All 0 at the beginning. Its owner sees to it that one thread is here at a time.
struct code_memory {
  struct code_chunk *chunks;    // newest first
  char *cursor, *end, *touched; // in the newest: what is free, and up to where its pages are there
  struct code_free_block *free[CODE_BLOCK_CLASSES];
};

// A block that begins with a line of the processor's cache. *class is for code_memory_free. NULL: memory is out.
void *code_memory_alloc(struct code_memory *memory, size_t bytes, uint8_t *class);

// May be given out again.
void code_memory_free(struct code_memory *memory, void *block, uint8_t class);

// Frees all blocks, but for those of class 0.
void code_memory_fini(struct code_memory *memory);

#endif
