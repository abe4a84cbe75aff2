// SPDX-License-Identifier: MIT
//
// hot_dominator.h: the blocks of a function in an order in which control comes to them, and which of them it must have
// come through.
#ifndef LOAM_HOT_HOT_DOMINATOR_H
#define LOAM_HOT_HOT_DOMINATOR_H

#include "hot/hot_ir.h"

struct hot_dominator {
  LLVMBasicBlockRef block;
  uint32_t above; // the nearest block before it through which every way to it leads; the first one's: itself
};

struct hot_dominators {
  const struct hot_llvm *l;
  struct hot_dominator *blocks; // each behind at least one of those that lead to it; what nothing leads to is left out
  uint32_t count;
  uint32_t *numbers, mask; // a hash table: indices of blocks + 1
};

#define HOT_DOMINATOR_NONE UINT32_MAX

// Fails when memory is out. All is in the arena, and true until somebody changes the function's branches.
bool hot_dominators_init(struct hot_dominators *d, const struct hot_llvm *l, struct arena *arena,
                         LLVMValueRef function);
// The index of a block; HOT_DOMINATOR_NONE where nothing leads to it.
uint32_t hot_dominators_number(const struct hot_dominators *d, LLVMBasicBlockRef block);
// Does every way to the block b lead through a? A block's way leads through itself.
bool hot_dominates(const struct hot_dominators *d, uint32_t a, uint32_t b);

#endif
