// SPDX-License-Identifier: MIT
//
// hot_half.c: words of which the lower half is a constant are computed with as their upper half.
//
// A guest may keep its integers in the upper half of a word, with a tag below. LLVM knows nothing of that where such a
// word comes around a loop: a join (phi) of words stays one, is shifted down wherever the integer is used, and sums of
// what was shifted up are computed in 64 bits. So here a join that always has the same lower half becomes one of 32
// bits, and so does what is computed of it. What looks at the lower half knows it; comparisons of two such words are
// comparisons of their upper halves. Who wants the word itself, most often a way out that stores it in a frame, makes
// it there.
//
// Words used here: a word is *narrow* when its upper half takes its place: a join into which something comes that was
// computed, and whatever is computed of a narrow word or shifted up. A *leaf* is any other word with a known lower
// half, such as one that was loaded and tested: its upper half is shifted down where a narrow word needs it.
#define LOAM_HOT_MODULE
#include "hot/hot_half.h"

#include "hot/hot_half_int.h"

#include <string.h>

// ---- what becomes narrow -------------------------------------------------------------------------------------------

static bool is_narrow(struct hot_half *half, LLVMValueRef value) {
  const struct hot_half_node *node = hot_half_node_of(half, value);
  return node && node->narrow;
}

// Does something come into a join that is computed?
static bool joins_computed(struct hot_half *half, LLVMValueRef join) {
  const struct hot_llvm *l = half->l;
  for (unsigned i = 0; i < l->LLVMCountIncoming(join); i++) {
    LLVMValueRef value = l->LLVMGetIncomingValue(join, i);
    const struct hot_half_node *node = hot_half_node_of(half, value);
    if (!node || node->low.state != HOT_LOW_KNOWN) continue;
    LLVMOpcode opcode = l->LLVMGetInstructionOpcode(value);
    if (opcode == LLVMPHI ? node->narrow : opcode != LLVMAnd && opcode != LLVMSelect) return true;
  }
  return false;
}

static bool is_known(struct hot_half *half, const struct hot_half_node *node, unsigned operand) {
  LLVMValueRef value = half->l->LLVMGetOperand(node->value, operand);
  return hot_half_low_in(half, value, node->block, false).state == HOT_LOW_KNOWN;
}

static bool is_narrow_computation(struct hot_half *half, const struct hot_half_node *node) {
  const struct hot_llvm *l = half->l;
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(node->value);
  LLVMValueRef second = l->LLVMGetOperand(node->value, 1);
  if (opcode == LLVMSelect) return is_narrow(half, second) || is_narrow(half, l->LLVMGetOperand(node->value, 2));
  if (opcode == LLVMShl && hot_half_constant(half, second) >= HOT_HALF_BITS) return true;
  if (!is_narrow(half, l->LLVMGetOperand(node->value, 0)) && !is_narrow(half, second)) return false;
  return opcode != LLVMAnd || (is_known(half, node, 0) && is_known(half, node, 1)); // x & 0 may be of any x
}

static bool is_used_narrow_only(struct hot_half *half, LLVMValueRef value) {
  const struct hot_llvm *l = half->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(value); use; use = l->LLVMGetNextUse(use))
    if (!is_narrow(half, l->LLVMGetUser(use))) return false;
  return true;
}

// Is a word that is computed of leaves computed as well as an upper half, when that is all that is asked of it?
// Products are, and what differs from a leaf by a constant.
static bool is_as_well_narrow(struct hot_half *half, const struct hot_half_node *node) {
  const struct hot_llvm *l = half->l;
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(node->value);
  if (opcode == LLVMSelect || opcode == LLVMShl || opcode == LLVMAnd) return false;
  return (opcode == LLVMMul || l->LLVMIsAConstantInt(l->LLVMGetOperand(node->value, 1))) &&
         is_used_narrow_only(half, node->value);
}

// False: there is nothing.
static bool choose(struct hot_half *half) {
  const struct hot_llvm *l = half->l;
  bool any = false;
  for (bool changed = true; changed;) {
    changed = false;
    for (struct hot_half_node *node = half->nodes; node; node = node->next)
      if (node->low.state == HOT_LOW_KNOWN && !node->narrow && l->LLVMIsAPHINode(node->value) &&
          joins_computed(half, node->value))
        changed = any = node->narrow = true;
  }
  if (!any) return false;
  for (struct hot_half_node *node = half->nodes; node; node = node->next)
    if (node->low.state == HOT_LOW_KNOWN && !l->LLVMIsAPHINode(node->value))
      node->narrow = is_narrow_computation(half, node);
  for (struct hot_half_node *node = half->nodes_last; node; node = node->previous)
    if (node->low.state == HOT_LOW_KNOWN && !node->narrow && !l->LLVMIsAPHINode(node->value))
      node->narrow = is_as_well_narrow(half, node);
  return true;
}

// ---- upper halves --------------------------------------------------------------------------------------------------

// Goes on writing where a value is there.
static void position_behind(struct hot_half *half, LLVMValueRef value) {
  const struct hot_llvm *l = half->l;
  LLVMValueRef next;
  if (!l->LLVMIsAInstruction(value))
    next = hot_ir_first_behind_joins(l, l->LLVMGetFirstBasicBlock(half->function));
  else if (l->LLVMIsAPHINode(value))
    next = hot_ir_first_behind_joins(l, l->LLVMGetInstructionParent(value));
  else
    next = l->LLVMGetNextInstruction(value);
  l->LLVMPositionBuilderBefore(half->build->builder, next);
}

static LLVMValueRef shift_down(struct hot_half *half, LLVMValueRef value) {
  ASSERT(half->l->LLVMTypeOf(value) == half->build->i64, "the upper half is asked of what is no word");
  LLVMBuilderRef builder = half->build->builder;
  LLVMValueRef shifted = half->l->LLVMBuildLShr(builder, value, hot_ir_i64(half->build, HOT_HALF_BITS), "");
  return half->l->LLVMBuildTrunc(builder, shifted, half->build->i32, "");
}

// The upper half of a word whose lower half is known. Moves the builder.
static LLVMValueRef upper_of(struct hot_half *half, LLVMValueRef value) {
  const struct hot_llvm *l = half->l;
  if (l->LLVMIsAConstantInt(value))
    return hot_ir_i32(half->build, (uint32_t)(hot_half_constant(half, value) >> HOT_HALF_BITS));
  struct hot_half_node *node = hot_half_node_of(half, value);
  ASSERT(node, "the upper half is asked of a word of which nothing is known");
  if (node->upper) return node->upper;
  ASSERT(!node->narrow, "a narrow word is used before it is computed");
  position_behind(half, value);
  return node->upper = shift_down(half, value);
}

// The lower half of any word, at the builder's place.
static LLVMValueRef lower_of(struct hot_half *half, LLVMValueRef value, const struct hot_half_node *at) {
  struct hot_half_low low = hot_half_low_in(half, value, at->block, false);
  if (low.state == HOT_LOW_KNOWN) return hot_ir_i32(half->build, low.bits);
  const struct hot_llvm *l = half->l;
  if (l->LLVMIsAInstruction(value) && l->LLVMGetInstructionOpcode(value) == LLVMZExt &&
      l->LLVMTypeOf(l->LLVMGetOperand(value, 0)) == half->build->i32)
    return l->LLVMGetOperand(value, 0);
  return l->LLVMBuildTrunc(half->build->builder, value, half->build->i32, "");
}

static LLVMValueRef add_constant(struct hot_half *half, LLVMValueRef value, uint32_t constant) {
  if (!constant) return value;
  return half->l->LLVMBuildAdd(half->build->builder, value, hot_ir_i32(half->build, constant), "");
}

// (a * 2^32 + A) * (b * 2^32 + B): of that, a * B + b * A and what is carried from A * B. Where one of the lower halves
// is 0, the other may be any.
static LLVMValueRef multiply(struct hot_half *half, const struct hot_half_node *node, LLVMValueRef a, LLVMValueRef b) {
  const struct hot_llvm *l = half->l;
  LLVMBuilderRef builder = half->build->builder;
  struct hot_half_low low_a = hot_half_low_in(half, a, node->block, false),
                      low_b = hot_half_low_in(half, b, node->block, false);
  LLVMValueRef sum = NULL;
  if (low_a.state == HOT_LOW_KNOWN && !(low_b.state == HOT_LOW_KNOWN && !low_b.bits)) {
    LLVMValueRef upper = upper_of(half, a);
    l->LLVMPositionBuilderBefore(builder, node->value);
    sum = l->LLVMBuildMul(builder, upper, lower_of(half, b, node), "");
  }
  if (low_b.state == HOT_LOW_KNOWN && !(low_a.state == HOT_LOW_KNOWN && !low_a.bits)) {
    LLVMValueRef upper = upper_of(half, b);
    l->LLVMPositionBuilderBefore(builder, node->value);
    LLVMValueRef product = l->LLVMBuildMul(builder, upper, lower_of(half, a, node), "");
    sum = sum ? l->LLVMBuildAdd(builder, sum, product, "") : product;
  }
  if (!sum) return hot_ir_i32(half->build, 0);
  uint64_t carry = low_a.state == HOT_LOW_KNOWN && low_b.state == HOT_LOW_KNOWN ? (uint64_t)low_a.bits * low_b.bits : 0;
  return add_constant(half, sum, (uint32_t)(carry >> HOT_HALF_BITS));
}

static LLVMValueRef shift_up(struct hot_half *half, const struct hot_half_node *node, LLVMValueRef value, uint64_t by) {
  const struct hot_llvm *l = half->l;
  LLVMBuilderRef builder = half->build->builder;
  if (by >= HOT_HALF_BITS) {
    l->LLVMPositionBuilderBefore(builder, node->value);
    LLVMValueRef lower = lower_of(half, value, node);
    return by == HOT_HALF_BITS
               ? lower
               : l->LLVMBuildShl(builder, lower, hot_ir_i32(half->build, (uint32_t)by - HOT_HALF_BITS), "");
  }
  LLVMValueRef upper = upper_of(half, value);
  ASSERT(hot_half_low_in(half, value, node->block, false).state == HOT_LOW_KNOWN,
         "a word of which nothing is known is shifted up by %llu", (unsigned long long)by);
  uint64_t low = hot_half_low_in(half, value, node->block, false).bits;
  l->LLVMPositionBuilderBefore(builder, node->value);
  upper = l->LLVMBuildShl(builder, upper, hot_ir_i32(half->build, (uint32_t)by), "");
  return l->LLVMBuildOr(builder, upper, hot_ir_i32(half->build, (uint32_t)(low << by >> HOT_HALF_BITS)), "");
}

static LLVMValueRef compute_upper(struct hot_half *half, const struct hot_half_node *node) {
  const struct hot_llvm *l = half->l;
  LLVMBuilderRef builder = half->build->builder;
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(node->value);
  bool selects = opcode == LLVMSelect;
  LLVMValueRef a = l->LLVMGetOperand(node->value, selects), b = l->LLVMGetOperand(node->value, selects ? 2 : 1);
  if (opcode == LLVMMul) return multiply(half, node, a, b);
  if (opcode == LLVMShl) return shift_up(half, node, a, hot_half_constant(half, b));
  ASSERT(selects || (is_known(half, node, 0) && is_known(half, node, 1)),
         "an upper half is computed by opcode %d of words of which nothing is known", (int)opcode);
  uint32_t low_a = hot_half_low_in(half, a, node->block, false).bits,
           low_b = hot_half_low_in(half, b, node->block, false).bits, carry;
  a = upper_of(half, a);
  b = upper_of(half, b);
  l->LLVMPositionBuilderBefore(builder, node->value);
  switch (opcode) {
  case LLVMAdd:
    carry = low_a + low_b < low_a;
    if (l->LLVMIsAConstantInt(b)) return add_constant(half, a, (uint32_t)hot_half_constant(half, b) + carry);
    return add_constant(half, l->LLVMBuildAdd(builder, a, b, ""), carry);
  case LLVMSub: return add_constant(half, l->LLVMBuildSub(builder, a, b, ""), 0u - (low_a < low_b));
  case LLVMAnd: return l->LLVMBuildAnd(builder, a, b, "");
  case LLVMOr: return l->LLVMBuildOr(builder, a, b, "");
  case LLVMXor: return l->LLVMBuildXor(builder, a, b, "");
  default: return l->LLVMBuildSelect(builder, l->LLVMGetOperand(node->value, 0), a, b, "");
  }
}

static void fill_join(struct hot_half *half, const struct hot_half_node *node) {
  const struct hot_llvm *l = half->l;
  for (unsigned i = 0; i < l->LLVMCountIncoming(node->value); i++) {
    LLVMBasicBlockRef from = l->LLVMGetIncomingBlock(node->value, i);
    bool comes = hot_dominators_number(&half->dominators, from) != HOT_DOMINATOR_NONE;
    LLVMValueRef value = l->LLVMGetIncomingValue(node->value, i);
    LLVMValueRef upper = comes ? upper_of(half, value) : l->LLVMGetPoison(half->build->i32);
    l->LLVMAddIncoming(node->upper, &upper, &from, 1);
  }
}

static void make_uppers(struct hot_half *half) {
  const struct hot_llvm *l = half->l;
  for (struct hot_half_node *node = half->nodes; node; node = node->next) {
    if (!node->narrow || !l->LLVMIsAPHINode(node->value)) continue;
    l->LLVMPositionBuilderBefore(half->build->builder, node->value);
    node->upper = l->LLVMBuildPhi(half->build->builder, half->build->i32, "");
  }
  for (struct hot_half_node *node = half->nodes; node; node = node->next)
    if (node->narrow && !node->upper) node->upper = compute_upper(half, node);
  for (struct hot_half_node *node = half->nodes; node; node = node->next)
    if (node->narrow && l->LLVMIsAPHINode(node->value)) fill_join(half, node);
}

// ---- who uses narrow words -----------------------------------------------------------------------------------------

// The word of a narrow one, at the builder's place.
static LLVMValueRef make_word(struct hot_half *half, const struct hot_half_node *node) {
  ASSERT(node->narrow && node->upper, "a word is made of an upper half that is not there");
  const struct hot_llvm *l = half->l;
  LLVMBuilderRef builder = half->build->builder;
  LLVMValueRef word = l->LLVMBuildZExt(builder, node->upper, half->build->i64, "");
  word = l->LLVMBuildShl(builder, word, hot_ir_i64(half->build, HOT_HALF_BITS), "");
  return l->LLVMBuildOr(builder, word, hot_ir_i64(half->build, node->low.bits), "");
}

// The word of a narrow one for an instruction, or for a join that has it from `block`. What joins have from a block is
// made once: a branch may lead to them by two ways.
static LLVMValueRef word_for(struct hot_half *half, struct hot_half_node *node, LLVMValueRef insn,
                             LLVMBasicBlockRef block) {
  const struct hot_llvm *l = half->l;
  bool joins = l->LLVMIsAPHINode(insn);
  struct hot_half_made *made = joins ? &node->at_end : &node->made;
  if (made->block == block) return made->word;
  l->LLVMPositionBuilderBefore(half->build->builder, joins ? l->LLVMGetBasicBlockTerminator(block) : insn);
  *made = (struct hot_half_made){block, make_word(half, node)};
  return made->word;
}

// What an earlier way from the same block brings into a join, or NULL: two ways from a block bring the same value.
static LLVMValueRef coming_before(const struct hot_half *half, LLVMValueRef join, unsigned way) {
  const struct hot_llvm *l = half->l;
  for (unsigned i = 0; i < way; i++)
    if (l->LLVMGetIncomingBlock(join, i) == l->LLVMGetIncomingBlock(join, way)) return l->LLVMGetOperand(join, i);
  return NULL;
}

static void give_words(struct hot_half *half, LLVMValueRef insn) {
  const struct hot_llvm *l = half->l;
  for (int i = 0; i < l->LLVMGetNumOperands(insn); i++) {
    struct hot_half_node *node = hot_half_node_of(half, l->LLVMGetOperand(insn, (unsigned)i));
    if (!node || !node->narrow) continue;
    LLVMBasicBlockRef block =
        l->LLVMIsAPHINode(insn) ? l->LLVMGetIncomingBlock(insn, (unsigned)i) : l->LLVMGetInstructionParent(insn);
    LLVMValueRef same = l->LLVMIsAPHINode(insn) ? coming_before(half, insn, (unsigned)i) : NULL;
    l->LLVMSetOperand(insn, (unsigned)i, same ? same : word_for(half, node, insn, block));
  }
}

// What compares the upper halves of words a and b, whose lower halves differ, as `predicate` compares the words.
static LLVMIntPredicate order_of_uppers(LLVMIntPredicate predicate, bool a_is_less) {
  ASSERT(predicate != LLVMIntEQ && predicate != LLVMIntNE, "words with other lower halves are compared by predicate %d",
         (int)predicate);
  switch (predicate) {
  case LLVMIntULT:
  case LLVMIntULE: return a_is_less ? LLVMIntULE : LLVMIntULT;
  case LLVMIntUGT:
  case LLVMIntUGE: return a_is_less ? LLVMIntUGT : LLVMIntUGE;
  case LLVMIntSLT:
  case LLVMIntSLE: return a_is_less ? LLVMIntSLE : LLVMIntSLT;
  default: return a_is_less ? LLVMIntSGT : LLVMIntSGE;
  }
}

static LLVMValueRef compare(struct hot_half *half, LLVMValueRef insn, uint32_t block) {
  const struct hot_llvm *l = half->l;
  LLVMValueRef a = l->LLVMGetOperand(insn, 0), b = l->LLVMGetOperand(insn, 1);
  struct hot_half_low low_a = hot_half_low_in(half, a, block, false), low_b = hot_half_low_in(half, b, block, false);
  LLVMIntPredicate predicate = l->LLVMGetICmpPredicate(insn);
  if (low_a.state != HOT_LOW_KNOWN || low_b.state != HOT_LOW_KNOWN) return NULL;
  if (low_a.bits != low_b.bits) {
    if (predicate == LLVMIntEQ || predicate == LLVMIntNE)
      return l->LLVMConstInt(half->build->i1, predicate == LLVMIntNE, 0);
    predicate = order_of_uppers(predicate, low_a.bits < low_b.bits);
  }
  a = upper_of(half, a);
  b = upper_of(half, b);
  l->LLVMPositionBuilderBefore(half->build->builder, insn);
  return l->LLVMBuildICmp(half->build->builder, predicate, a, b, "");
}

// What an instruction computes of its first operand's halves, if that is all.
static LLVMValueRef use_halves(struct hot_half *half, LLVMValueRef insn) {
  const struct hot_llvm *l = half->l;
  LLVMBuilderRef builder = half->build->builder;
  const struct hot_half_node *node = hot_half_node_of(half, l->LLVMGetOperand(insn, 0));
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(insn);
  if (!node || !node->narrow) return NULL;
  if (opcode == LLVMTrunc && l->LLVMGetIntTypeWidth(l->LLVMTypeOf(insn)) <= HOT_HALF_BITS)
    return l->LLVMConstInt(l->LLVMTypeOf(insn), node->low.bits, 0); // the type's bits of it
  if (opcode != LLVMAnd && opcode != LLVMLShr && opcode != LLVMAShr) return NULL;
  LLVMValueRef second = l->LLVMGetOperand(insn, 1);
  if (!l->LLVMIsAConstantInt(second)) return NULL;
  uint64_t constant = hot_half_constant(half, second);
  if (opcode == LLVMAnd)
    return hot_half_takes_lower(half, insn) ? hot_ir_i64(half->build, node->low.bits & constant) : NULL;
  if (constant < HOT_HALF_BITS) return NULL;
  l->LLVMPositionBuilderBefore(builder, insn);
  LLVMValueRef rest = hot_ir_i64(half->build, constant - HOT_HALF_BITS);
  bool is_signed = opcode == LLVMAShr;
  LLVMValueRef wide = is_signed ? l->LLVMBuildSExt(builder, node->upper, half->build->i64, "")
                                : l->LLVMBuildZExt(builder, node->upper, half->build->i64, "");
  if (constant == HOT_HALF_BITS) return wide;
  return is_signed ? l->LLVMBuildAShr(builder, wide, rest, "") : l->LLVMBuildLShr(builder, wide, rest, "");
}

static bool uses_narrow(struct hot_half *half, LLVMValueRef insn) {
  for (int i = 0; i < half->l->LLVMGetNumOperands(insn); i++)
    if (is_narrow(half, half->l->LLVMGetOperand(insn, (unsigned)i))) return true;
  return false;
}

// What replaced an instruction takes its uses; it goes at the end: nodes are found by address, which no other may get.
static void replace(struct hot_half *half, LLVMValueRef insn, LLVMValueRef by) {
  struct hot_half_dead *dead = hot_half_allocate(half, sizeof *dead);
  ASSERT(half->l->LLVMTypeOf(insn) == half->l->LLVMTypeOf(by), "opcode %d is replaced by a value of another type",
         (int)half->l->LLVMGetInstructionOpcode(insn));
  half->l->LLVMReplaceAllUsesWith(insn, by);
  if (!dead) return;
  *dead = (struct hot_half_dead){half->dead, insn};
  half->dead = dead;
}

static void rewrite_use(struct hot_half *half, LLVMValueRef insn, uint32_t block) {
  LLVMValueRef by =
      half->l->LLVMGetInstructionOpcode(insn) == LLVMICmp ? compare(half, insn, block) : use_halves(half, insn);
  if (by)
    replace(half, insn, by);
  else
    give_words(half, insn);
}

static void rewrite_uses(struct hot_half *half) {
  const struct hot_llvm *l = half->l;
  for (uint32_t i = 0; i < half->dominators.count; i++)
    for (LLVMValueRef insn = l->LLVMGetFirstInstruction(half->dominators.blocks[i].block), next; insn; insn = next) {
      next = l->LLVMGetNextInstruction(insn);
      if (!is_narrow(half, insn) && uses_narrow(half, insn)) rewrite_use(half, insn, i);
    }
}

// A leaf whose upper half was made is compared by that, too, where it can be, so that only one of them is kept.
static void compare_leaves(struct hot_half *half) {
  const struct hot_llvm *l = half->l;
  for (uint32_t i = 0; i < half->dominators.count; i++)
    for (LLVMValueRef insn = l->LLVMGetFirstInstruction(half->dominators.blocks[i].block), next; insn; insn = next) {
      next = l->LLVMGetNextInstruction(insn);
      if (l->LLVMGetInstructionOpcode(insn) != LLVMICmp || uses_narrow(half, insn)) continue;
      const struct hot_half_node *a = hot_half_node_of(half, l->LLVMGetOperand(insn, 0)),
                                 *b = hot_half_node_of(half, l->LLVMGetOperand(insn, 1));
      LLVMValueRef by = (a && a->upper) || (b && b->upper) ? compare(half, insn, i) : NULL;
      if (by) replace(half, insn, by);
    }
}

static void erase(struct hot_half *half) {
  const struct hot_llvm *l = half->l;
  LLVMValueRef none = l->LLVMGetPoison(half->build->i64);
  for (struct hot_half_dead *dead = half->dead; dead; dead = dead->next) l->LLVMInstructionEraseFromParent(dead->insn);
  for (struct hot_half_node *node = half->nodes; node; node = node->next)
    if (node->narrow) {
      l->LLVMReplaceAllUsesWith(node->value, none); // those go, too
      l->LLVMInstructionEraseFromParent(node->value);
    }
}

static void run(struct hot_half *half) {
  memset(half->buckets, 0, sizeof half->buckets);
  half->nodes = half->nodes_last = NULL;
  half->dead = NULL;
  if (!hot_dominators_init(&half->dominators, half->l, &half->build->plan->memory, half->function)) {
    half->build->plan->failed = true;
    return;
  }
  if (!hot_half_find_lows(half) || !choose(half)) return;
  make_uppers(half);
  rewrite_uses(half);
  compare_leaves(half);
  erase(half);
}

void hot_half_run(struct hot_build *build) {
  struct hot_half half = {.build = build, .l = build->l};
  half.assume = build->l->LLVMGetNamedFunction(build->module, "llvm.assume");
  for (const struct hot_entry *entry = build->entries; entry && !build->plan->failed; entry = entry->next) {
    half.function = entry->function;
    run(&half);
  }
}
