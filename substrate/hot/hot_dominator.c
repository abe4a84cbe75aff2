// SPDX-License-Identifier: MIT
//
// hot_dominator.c: dominators of a function's blocks, which LLVM's C interface does not tell.
//
// The method is Cooper's, Harvey's and Kennedy's ("A Simple, Fast Dominance Algorithm"): blocks in reverse postorder,
// and each one's dominator is where the known ways to it meet, until nothing changes any more. Functions have some
// hundred blocks, and few rounds are needed.
#define LOAM_HOT_MODULE
#include "hot/hot_dominator.h"

static uint32_t *slot_of(const struct hot_dominators *d, LLVMBasicBlockRef block) {
  uint32_t at = (uint32_t)((uintptr_t)block >> 4) & d->mask;
  while (d->numbers[at] && d->blocks[d->numbers[at] - 1].block != block) at = (at + 1) & d->mask;
  return &d->numbers[at];
}

uint32_t hot_dominators_number(const struct hot_dominators *d, LLVMBasicBlockRef block) {
  uint32_t number = *slot_of(d, block);
  return number ? number - 1 : HOT_DOMINATOR_NONE;
}

// A block on the way of the search that numbers them.
struct step {
  LLVMBasicBlockRef block;
  unsigned next; // of its successors
};

// Depth first; `blocks` is filled from its end, and d->numbers has who was met.
static void order(struct hot_dominators *d, struct step *steps, uint32_t room, LLVMBasicBlockRef first) {
  const struct hot_llvm *l = d->l;
  uint32_t depth = 0, met = 0, left = room;
  struct hot_dominator *order = d->blocks, *seen = d->blocks + room;
  d->blocks = seen;
  seen[met] = (struct hot_dominator){.block = first};
  *slot_of(d, first) = ++met;
  steps[depth++] = (struct step){first, 0};
  while (depth) {
    struct step *step = &steps[depth - 1];
    LLVMValueRef end = l->LLVMGetBasicBlockTerminator(step->block);
    if (step->next == l->LLVMGetNumSuccessors(end)) {
      order[--left].block = step->block;
      depth--;
      continue;
    }
    LLVMBasicBlockRef to = l->LLVMGetSuccessor(end, step->next++);
    uint32_t *slot = slot_of(d, to);
    if (*slot) continue;
    seen[met] = (struct hot_dominator){.block = to};
    *slot = ++met;
    steps[depth++] = (struct step){to, 0};
  }
  ASSERT(met == room - left, "%u blocks were met, and %u left", met, room - left);
  d->blocks = order + left;
  d->count = met;
}

// Where two ways up meet.
static uint32_t meet(const struct hot_dominators *d, uint32_t a, uint32_t b) {
  while (a != b) {
    if (a > b)
      a = d->blocks[a].above;
    else
      b = d->blocks[b].above;
  }
  return a;
}

static uint32_t find_above(const struct hot_dominators *d, uint32_t number) {
  const struct hot_llvm *l = d->l;
  uint32_t above = HOT_DOMINATOR_NONE;
  LLVMUseRef use = l->LLVMGetFirstUse(l->LLVMBasicBlockAsValue(d->blocks[number].block));
  for (; use; use = l->LLVMGetNextUse(use)) {
    uint32_t from = hot_dominators_number(d, l->LLVMGetInstructionParent(l->LLVMGetUser(use)));
    if (from == HOT_DOMINATOR_NONE || d->blocks[from].above == HOT_DOMINATOR_NONE) continue;
    above = above == HOT_DOMINATOR_NONE ? from : meet(d, above, from);
  }
  ASSERT(above < number, "block %u of a function has its dominator %u behind it", number, above);
  return above;
}

bool hot_dominators_init(struct hot_dominators *d, const struct hot_llvm *l, struct arena *arena,
                         LLVMValueRef function) {
  uint32_t room = l->LLVMCountBasicBlocks(function), size = 16;
  while (size < 2 * room) size *= 2;
  *d = (struct hot_dominators){.l = l, .mask = size - 1};
  d->blocks = arena_alloc(arena, 2 * room * sizeof *d->blocks);
  d->numbers = arena_alloc(arena, size * sizeof *d->numbers);
  struct step *steps = arena_alloc(arena, room * sizeof *steps);
  if (!d->blocks || !d->numbers || !steps) return false;
  order(d, steps, room, l->LLVMGetFirstBasicBlock(function));
  for (uint32_t i = 0; i < size; i++) d->numbers[i] = 0;
  for (uint32_t i = 0; i < d->count; i++) {
    *slot_of(d, d->blocks[i].block) = i + 1;
    d->blocks[i].above = i ? HOT_DOMINATOR_NONE : 0;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (uint32_t i = 1; i < d->count; i++) {
      uint32_t above = find_above(d, i);
      changed |= above != d->blocks[i].above;
      d->blocks[i].above = above;
    }
  }
  return true;
}

bool hot_dominates(const struct hot_dominators *d, uint32_t a, uint32_t b) {
  ASSERT(a < d->count && b < d->count, "dominators of block %u by %u, of %u blocks", b, a, d->count);
  while (b > a) b = d->blocks[b].above;
  return a == b;
}
