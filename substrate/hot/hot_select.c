// SPDX-License-Identifier: MIT
//
// hot_select.c: a choice between -1 and another constant is a conditional move.
//
// Where tags are taken from sums, a comparison often chooses between -1 and something else. LLVM's choice of
// instructions takes "-1 or K" apart: the comparison's bit into a register, widened, negated, and K or-ed to it, three
// instructions one behind the other in place of one. In a loop whose next round waits for the result that is a third of
// the round. So K goes through an assembler instruction of no text, behind which nobody knows that it is a constant.
// Between -1 and 0 there is nothing to or, and between neighbours an addition is as good.
//
// Where the choice is added to something, both sums are made and one is chosen, though that is an instruction more: the
// sums need not wait for the comparison, which mostly has to wait for the same. LLVM would make one sum of them again,
// so one goes through such an instruction, too. toy's loop has three instructions one behind the other in place of
// four.
#define LOAM_HOT_MODULE
#include "hot/hot_select.h"

// The operand of a select that is to be hidden, or 0.
static unsigned find_constant(const struct hot_llvm *l, LLVMValueRef select) {
  int64_t values[2];
  for (unsigned i = 0; i < 2; i++) {
    LLVMValueRef constant = l->LLVMGetOperand(select, i + 1);
    if (!l->LLVMIsAConstantInt(constant)) return 0;
    values[i] = l->LLVMConstIntGetSExtValue(constant);
  }
  unsigned other = values[0] == -1 ? 1 : 0;
  bool is_taken_apart = values[!other] == -1 && (values[other] > 0 || values[other] < -2);
  return is_taken_apart ? other + 1 : 0;
}

// The same value, of which nobody knows what it is.
static LLVMValueRef hide(struct hot_build *build, LLVMValueRef value) {
  const struct hot_llvm *l = build->l;
  LLVMTypeRef type = l->LLVMFunctionType(build->i64, &build->i64, 1, 0);
  LLVMValueRef nothing = l->LLVMGetInlineAsm(type, "", 0, "=r,0", 4, 0, 0, LLVMInlineAsmDialectATT, 0);
  return l->LLVMBuildCall2(build->builder, type, nothing, &value, 1, "");
}

// The addition that alone uses a choice, or NULL.
static LLVMValueRef only_addition(const struct hot_llvm *l, LLVMValueRef select) {
  LLVMUseRef use = l->LLVMGetFirstUse(select);
  LLVMValueRef user = use && !l->LLVMGetNextUse(use) ? l->LLVMGetUser(use) : NULL;
  return user && l->LLVMGetInstructionOpcode(user) == LLVMAdd ? user : NULL;
}

// Chooses between two sums in place of adding what is chosen. The choice.
static LLVMValueRef choose_sum(struct hot_build *build, LLVMValueRef select, LLVMValueRef addition) {
  const struct hot_llvm *l = build->l;
  LLVMValueRef other = l->LLVMGetOperand(addition, l->LLVMGetOperand(addition, 0) == select), sums[2];
  ASSERT(other != select, "a choice is added to itself, and has one use");
  l->LLVMPositionBuilderBefore(build->builder, addition);
  for (unsigned i = 0; i < 2; i++)
    sums[i] = l->LLVMBuildAdd(build->builder, other, l->LLVMGetOperand(select, i + 1), "");
  sums[1] = hide(build, sums[1]);
  LLVMValueRef sum = l->LLVMBuildSelect(build->builder, l->LLVMGetOperand(select, 0), sums[0], sums[1], "");
  l->LLVMReplaceAllUsesWith(addition, sum);
  l->LLVMInstructionEraseFromParent(addition);
  l->LLVMInstructionEraseFromParent(select);
  return sum;
}

// The choice that takes the place of this one.
static LLVMValueRef choose_at_once(struct hot_build *build, LLVMValueRef select, unsigned operand) {
  const struct hot_llvm *l = build->l;
  ASSERT(operand == 1 || operand == 2, "operand %u of a choice is hidden: the condition, or none", operand);
  LLVMValueRef addition = only_addition(l, select);
  if (addition) return choose_sum(build, select, addition);
  l->LLVMPositionBuilderBefore(build->builder, select);
  l->LLVMSetOperand(select, operand, hide(build, l->LLVMGetOperand(select, operand)));
  return select;
}

void hot_select_run(struct hot_build *build) {
  const struct hot_llvm *l = build->l;
  for (const struct hot_entry *entry = build->entries; entry; entry = entry->next)
    for (LLVMBasicBlockRef block = l->LLVMGetFirstBasicBlock(entry->function); block;
         block = l->LLVMGetNextBasicBlock(block))
      for (LLVMValueRef insn = l->LLVMGetFirstInstruction(block); insn; insn = l->LLVMGetNextInstruction(insn)) {
        if (l->LLVMGetInstructionOpcode(insn) != LLVMSelect || l->LLVMTypeOf(insn) != build->i64) continue;
        unsigned operand = find_constant(l, insn);
        if (operand) insn = choose_at_once(build, insn, operand);
      }
}
