// SPDX-License-Identifier: MIT
//
// hot_select.c: a choice between -1 and another constant is a conditional move.
//
// Where tags are taken from sums, a comparison often chooses between -1 and something else. LLVM's choice of
// instructions takes "-1 or K" apart: the comparison's bit into a register, widened, negated, and K or-ed to it, three
// instructions one behind the other in place of one. In a loop whose next round waits for the result that is a third of
// the round. So K goes through an assembler instruction of no text, behind which nobody knows that it is a constant.
// Between -1 and 0 there is nothing to or, and between neighbours an addition is as good.
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

static void hide(struct hot_build *build, LLVMValueRef select, unsigned operand) {
  ASSERT(operand == 1 || operand == 2, "operand %u of a choice is hidden: the condition, or none", operand);
  const struct hot_llvm *l = build->l;
  LLVMTypeRef type = l->LLVMFunctionType(build->i64, &build->i64, 1, 0);
  LLVMValueRef nothing = l->LLVMGetInlineAsm(type, "", 0, "=r,0", 4, 0, 0, LLVMInlineAsmDialectATT, 0);
  LLVMValueRef constant = l->LLVMGetOperand(select, operand);
  l->LLVMPositionBuilderBefore(build->builder, select);
  l->LLVMSetOperand(select, operand, l->LLVMBuildCall2(build->builder, type, nothing, &constant, 1, ""));
}

void hot_select_run(struct hot_build *build) {
  const struct hot_llvm *l = build->l;
  for (const struct hot_entry *entry = build->entries; entry; entry = entry->next)
    for (LLVMBasicBlockRef block = l->LLVMGetFirstBasicBlock(entry->function); block;
         block = l->LLVMGetNextBasicBlock(block))
      for (LLVMValueRef insn = l->LLVMGetFirstInstruction(block); insn; insn = l->LLVMGetNextInstruction(insn)) {
        if (l->LLVMGetInstructionOpcode(insn) != LLVMSelect || l->LLVMTypeOf(insn) != build->i64) continue;
        unsigned operand = find_constant(l, insn);
        if (operand) hide(build, insn, operand);
      }
}
