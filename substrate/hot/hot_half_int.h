// SPDX-License-Identifier: MIT
//
// hot_half_int.h: what hot_half.c knows of one function's words; for hot_half_*.c.
#ifndef LOAM_HOT_HOT_HALF_INT_H
#define LOAM_HOT_HOT_HALF_INT_H

#include "hot/hot_dominator.h"
#include "hot/hot_half.h"

#define HOT_HALF_BITS 32

// What is known of a lower half. States come in this order only; OPEN: nothing was found yet that it may be.
struct hot_half_low {
  enum { HOT_LOW_OPEN, HOT_LOW_KNOWN, HOT_LOW_ANY } state;
  uint32_t bits;
};

// What a lower half is in a block, and in all that this dominates.
struct hot_half_fact {
  struct hot_half_fact *next;
  uint32_t bits, block;
  bool at_end; // only at the block's end; otherwise from its beginning
};

// A word made again.
struct hot_half_made {
  LLVMBasicBlockRef block;
  LLVMValueRef word;
};

struct hot_half_node {
  struct hot_half_node *chain;           // of its bucket
  struct hot_half_node *next, *previous; // all that are computed, in the order of blocks
  LLVMValueRef value;
  uint32_t block;
  struct hot_half_low low; // as it is computed, whatever it was tested for
  struct hot_half_fact *facts;
  bool narrow;
  LLVMValueRef upper;                // NULL: not made
  struct hot_half_made made, at_end; // the last words: before a use in a block, and at a block's end
};

// An instruction that nobody uses any more.
struct hot_half_dead {
  struct hot_half_dead *next;
  LLVMValueRef insn;
};

#define HOT_HALF_BUCKETS 1024

struct hot_half {
  struct hot_build *build;
  const struct hot_llvm *l;
  struct hot_dominators dominators;
  LLVMValueRef function, assume; // LLVM's, or NULL
  struct hot_half_node *buckets[HOT_HALF_BUCKETS], *nodes, *nodes_last;
  struct hot_half_dead *dead;
};

// ---- hot_half_low.c ------------------------------------------------------------------------------------------------

// Zeroed memory of the plan, which has failed when that is out.
void *hot_half_allocate(struct hot_half *half, size_t bytes);
// NULL: of the word nothing is known.
struct hot_half_node *hot_half_node_of(struct hot_half *half, LLVMValueRef value);
uint64_t hot_half_constant(const struct hot_half *half, LLVMValueRef value);
// Is it x & C, where C has no bits in its upper half?
bool hot_half_takes_lower(const struct hot_half *half, LLVMValueRef insn);
// Makes the nodes of a function, with what is known of them. False: memory is out.
bool hot_half_find_lows(struct hot_half *half);
// What the lower half of a word is known to be in a block.
struct hot_half_low hot_half_low_in(struct hot_half *half, LLVMValueRef value, uint32_t block, bool at_end);

#endif
