// SPDX-License-Identifier: MIT
//
// hot_width.c: conversions between 32 and 64 bits are made where the processor makes them for nothing.
//
// An instruction that computes 32 bits clears the upper half of its register. LLVM knows that within a block only: an
// index that comes round a loop in 32 bits is extended by a move in each round, to be compared and to address with. So
// a join of 32 bits that somebody wants extended becomes one of 64 bits, of what comes into it extended at once.
//
// The lower half of a register is there for the asking, too. LLVM writes a test of a word's tag as a comparison of
// "word & 0xffffffff", which is a move where the comparison ends up in a block behind it, as the second of two tests
// that are one condition does. Compared is the truncated word.
#define LOAM_HOT_MODULE
#include "hot/hot_width.h"

#define LOW_HALF UINT64_C(0xffffffff)

// ---- what is extended ----------------------------------------------------------------------------------------------

static bool is_computed(const struct hot_llvm *l, LLVMValueRef value) {
  if (!l->LLVMIsAInstruction(value)) return false;
  switch (l->LLVMGetInstructionOpcode(value)) {
  case LLVMAdd:
  case LLVMSub:
  case LLVMMul:
  case LLVMAnd:
  case LLVMOr:
  case LLVMXor:
  case LLVMShl:
  case LLVMLShr:
  case LLVMAShr: return true;
  default: return false;
  }
}

static bool joins_computed(const struct hot_llvm *l, LLVMValueRef join) {
  for (unsigned i = 0; i < l->LLVMCountIncoming(join); i++)
    if (is_computed(l, l->LLVMGetIncomingValue(join, i))) return true;
  return false;
}

// Who chooses it in place of another value gets a conditional move as long as both are of 32 bits.
static bool is_chosen(const struct hot_llvm *l, LLVMValueRef value) {
  for (LLVMUseRef use = l->LLVMGetFirstUse(value); use; use = l->LLVMGetNextUse(use))
    if (l->LLVMGetInstructionOpcode(l->LLVMGetUser(use)) == LLVMSelect) return true;
  return false;
}

// An extension to 64 bits among a value's users, or NULL.
static LLVMValueRef find_extension(const struct hot_build *build, LLVMValueRef value) {
  const struct hot_llvm *l = build->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(value); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    if (l->LLVMGetInstructionOpcode(user) == LLVMZExt && l->LLVMTypeOf(user) == build->i64) return user;
  }
  return NULL;
}

// The value's extension, where it is computed.
static LLVMValueRef extend(const struct hot_build *build, LLVMValueRef value) {
  ASSERT(build->l->LLVMTypeOf(value) == build->i32, "what is extended has not 32 bits");
  const struct hot_llvm *l = build->l;
  if (l->LLVMIsAInstruction(value))
    l->LLVMPositionBuilderBefore(build->builder, l->LLVMIsAPHINode(value)
                                                     ? hot_ir_first_behind_joins(l, l->LLVMGetInstructionParent(value))
                                                     : l->LLVMGetNextInstruction(value));
  return l->LLVMBuildZExt(build->builder, value, build->i64, "");
}

// The same for what comes into a join, once for each value: what comes from one block in two ways must be the same.
static LLVMValueRef extend_incoming(const struct hot_build *build, LLVMValueRef join, unsigned i, LLVMValueRef wide) {
  const struct hot_llvm *l = build->l;
  LLVMValueRef value = l->LLVMGetIncomingValue(join, i);
  for (unsigned k = 0; k < i; k++)
    if (l->LLVMGetIncomingValue(join, k) == value) return l->LLVMGetIncomingValue(wide, k);
  return value == join ? wide : extend(build, value);
}

// The join that takes the place of this one.
static LLVMValueRef widen(const struct hot_build *build, LLVMValueRef join) {
  const struct hot_llvm *l = build->l;
  l->LLVMPositionBuilderBefore(build->builder, join);
  LLVMValueRef wide = l->LLVMBuildPhi(build->builder, build->i64, "");
  for (unsigned i = 0; i < l->LLVMCountIncoming(join); i++) {
    LLVMBasicBlockRef from = l->LLVMGetIncomingBlock(join, i);
    LLVMValueRef value = extend_incoming(build, join, i, wide);
    l->LLVMAddIncoming(wide, &value, &from, 1);
  }
  for (LLVMValueRef extension; (extension = find_extension(build, join));) {
    l->LLVMReplaceAllUsesWith(extension, wide);
    l->LLVMInstructionEraseFromParent(extension);
  }
  l->LLVMPositionBuilderBefore(build->builder, hot_ir_first_behind_joins(l, l->LLVMGetInstructionParent(join)));
  l->LLVMReplaceAllUsesWith(join, l->LLVMBuildTrunc(build->builder, wide, build->i32, ""));
  l->LLVMInstructionEraseFromParent(join);
  return wide;
}

// What comes next is asked behind the widening of a join, which erases its extension: mostly the next instruction.
static void widen_joins(const struct hot_build *build, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = build->l;
  for (LLVMValueRef join = l->LLVMGetFirstInstruction(block), next; l->LLVMIsAPHINode(join); join = next) {
    bool wanted = l->LLVMTypeOf(join) == build->i32 && joins_computed(l, join) && !is_chosen(l, join) &&
                  find_extension(build, join);
    LLVMValueRef wide = wanted ? widen(build, join) : join;
    next = l->LLVMGetNextInstruction(wide);
  }
}

// ---- what is truncated ---------------------------------------------------------------------------------------------

static bool is_constant_up_to_low_half(const struct hot_llvm *l, LLVMValueRef value) {
  return l->LLVMIsAConstantInt(value) && l->LLVMConstIntGetZExtValue(value) <= LOW_HALF;
}

// The word whose lower half is compared with a constant, or NULL.
static LLVMValueRef word_compared(const struct hot_build *build, LLVMValueRef insn) {
  const struct hot_llvm *l = build->l;
  if (l->LLVMGetInstructionOpcode(insn) != LLVMICmp) return NULL;
  LLVMIntPredicate predicate = l->LLVMGetICmpPredicate(insn);
  LLVMValueRef masked = l->LLVMGetOperand(insn, 0);
  if ((predicate != LLVMIntEQ && predicate != LLVMIntNE) || l->LLVMTypeOf(masked) != build->i64) return NULL;
  if (!l->LLVMIsAInstruction(masked) || l->LLVMGetInstructionOpcode(masked) != LLVMAnd) return NULL;
  LLVMValueRef mask = l->LLVMGetOperand(masked, 1);
  bool is_low_half = l->LLVMIsAConstantInt(mask) && l->LLVMConstIntGetZExtValue(mask) == LOW_HALF;
  return is_low_half && is_constant_up_to_low_half(l, l->LLVMGetOperand(insn, 1)) ? l->LLVMGetOperand(masked, 0) : NULL;
}

static void compare_truncated(const struct hot_build *build, LLVMValueRef insn, LLVMValueRef word) {
  const struct hot_llvm *l = build->l;
  LLVMValueRef masked = l->LLVMGetOperand(insn, 0);
  l->LLVMPositionBuilderBefore(build->builder, insn);
  l->LLVMSetOperand(insn, 0, l->LLVMBuildTrunc(build->builder, word, build->i32, ""));
  uint64_t constant = l->LLVMConstIntGetZExtValue(l->LLVMGetOperand(insn, 1));
  ASSERT(constant <= LOW_HALF, "a lower half is compared with %#llx", (unsigned long long)constant);
  l->LLVMSetOperand(insn, 1, l->LLVMConstInt(build->i32, constant, 0));
  if (!l->LLVMGetFirstUse(masked)) l->LLVMInstructionEraseFromParent(masked);
}

// ---- two tests of tags ---------------------------------------------------------------------------------------------

static bool is_test_of_low_half(const struct hot_build *build, LLVMValueRef value) {
  const struct hot_llvm *l = build->l;
  bool is = l->LLVMIsAInstruction(value) && l->LLVMGetInstructionOpcode(value) == LLVMICmp &&
            l->LLVMGetICmpPredicate(value) == LLVMIntEQ;
  LLVMValueRef low = is ? l->LLVMGetOperand(value, 0) : NULL;
  return low && l->LLVMTypeOf(low) == build->i32 && l->LLVMIsAInstruction(low) &&
         l->LLVMGetInstructionOpcode(low) == LLVMTrunc && l->LLVMIsAConstantInt(l->LLVMGetOperand(value, 1));
}

// 0 when a test holds.
static LLVMValueRef difference(const struct hot_build *build, LLVMValueRef test) {
  const struct hot_llvm *l = build->l;
  uint32_t constant = (uint32_t)l->LLVMConstIntGetZExtValue(l->LLVMGetOperand(test, 1));
  return l->LLVMBuildAdd(build->builder, l->LLVMGetOperand(test, 0), l->LLVMConstInt(build->i32, -constant, 0), "");
}

// The same condition in one branch; NULL where it isn't one of two tests.
static LLVMValueRef test_at_once(const struct hot_build *build, LLVMValueRef both) {
  const struct hot_llvm *l = build->l;
  if (l->LLVMGetInstructionOpcode(both) != LLVMAnd || l->LLVMTypeOf(both) != build->i1) return NULL;
  LLVMValueRef one = l->LLVMGetOperand(both, 0), two = l->LLVMGetOperand(both, 1);
  if (!is_test_of_low_half(build, one) || !is_test_of_low_half(build, two)) return NULL;
  l->LLVMPositionBuilderBefore(build->builder, both);
  LLVMValueRef differ = l->LLVMBuildOr(build->builder, difference(build, one), difference(build, two), "");
  return l->LLVMBuildICmp(build->builder, LLVMIntEQ, differ, l->LLVMConstInt(build->i32, 0, 0), "");
}

void hot_width_run(struct hot_build *build) {
  const struct hot_llvm *l = build->l;
  for (const struct hot_entry *entry = build->entries; entry; entry = entry->next)
    for (LLVMBasicBlockRef block = l->LLVMGetFirstBasicBlock(entry->function); block;
         block = l->LLVMGetNextBasicBlock(block)) {
      widen_joins(build, block);
      for (LLVMValueRef insn = l->LLVMGetFirstInstruction(block); insn; insn = l->LLVMGetNextInstruction(insn)) {
        LLVMValueRef word = word_compared(build, insn);
        if (word) compare_truncated(build, insn, word);
        LLVMValueRef at_once = test_at_once(build, insn);
        if (at_once) l->LLVMReplaceAllUsesWith(insn, at_once);
      }
    }
}
