// SPDX-License-Identifier: MIT
//
// hot_outcome.c: whoever knows the outcome of a body goes where the test of it would send him.
//
// An inlined body ends in a join of constants, one for each way through it, and what called it compares the join with
// OP_SLOW and goes on or leaves. LLVM's jump threading finds that out, too, but late and with much effort: until then
// each guard has three blocks and two branches, and values that are carried over them get joins, to be removed again.
// Here nearly all values are in slots, and what a block beyond the test uses was computed before the join: so it is
// enough to lead branches elsewhere.
//
// Only this form is looked for: a block that has nothing but the join, its comparison and the branch; or, where that
// was computed (hot_forward.c), a join of what it gives.
#define LOAM_HOT_MODULE
#include "hot/hot_outcome.h"

struct test {
  LLVMBasicBlockRef block, yes, no;
  LLVMValueRef join, is; // the constant that the outcome is compared with
  bool equal;            // yes: it is that; otherwise it is not
};

static bool has_one_use(const struct hot_llvm *l, LLVMValueRef value) {
  LLVMUseRef use = l->LLVMGetFirstUse(value);
  return use && !l->LLVMGetNextUse(use);
}

// The condition of the branch: a comparison of the join, or the join itself.
static bool read_condition(const struct hot_llvm *l, LLVMValueRef condition, struct test *test) {
  if (condition == test->join) {
    test->is = l->LLVMConstInt(l->LLVMTypeOf(condition), 1, 0);
    test->equal = true;
    return true;
  }
  if (l->LLVMGetInstructionOpcode(condition) != LLVMICmp || l->LLVMGetOperand(condition, 0) != test->join) return false;
  LLVMIntPredicate predicate = l->LLVMGetICmpPredicate(condition);
  test->is = l->LLVMGetOperand(condition, 1);
  test->equal = predicate == LLVMIntEQ;
  return l->LLVMIsAConstantInt(test->is) && (test->equal || predicate == LLVMIntNE) && has_one_use(l, condition);
}

static bool read_test(const struct hot_llvm *l, LLVMBasicBlockRef block, struct test *test) {
  LLVMValueRef join = l->LLVMGetFirstInstruction(block), branch = l->LLVMGetBasicBlockTerminator(block);
  if (!l->LLVMIsAPHINode(join) || !has_one_use(l, join)) return false;
  if (l->LLVMGetInstructionOpcode(branch) != LLVMBr || l->LLVMGetNumSuccessors(branch) != 2) return false;
  LLVMValueRef condition = l->LLVMGetCondition(branch), next = l->LLVMGetNextInstruction(join);
  *test = (struct test){.block = block, .join = join};
  test->yes = l->LLVMGetSuccessor(branch, 0);
  test->no = l->LLVMGetSuccessor(branch, 1);
  if (!l->LLVMIsAInstruction(condition) || !read_condition(l, condition, test)) return false;
  return condition == join ? next == branch : next == condition && l->LLVMGetNextInstruction(next) == branch;
}

// Everybody who comes here knows the outcome, and nobody has a join where he goes.
static bool is_known(const struct hot_llvm *l, const struct test *test) {
  for (unsigned i = 0; i < l->LLVMCountIncoming(test->join); i++)
    if (!l->LLVMIsAConstantInt(l->LLVMGetIncomingValue(test->join, i))) return false;
  return !l->LLVMIsAPHINode(l->LLVMGetFirstInstruction(test->yes)) &&
         !l->LLVMIsAPHINode(l->LLVMGetFirstInstruction(test->no));
}

static void lead(const struct hot_llvm *l, const struct test *test, unsigned index) {
  bool is = l->LLVMGetIncomingValue(test->join, index) == test->is; // constants are unique
  ASSERT(l->LLVMIsAConstantInt(l->LLVMGetIncomingValue(test->join, index)), "outcome %u of a body is not known", index);
  LLVMValueRef to = l->LLVMBasicBlockAsValue(is == test->equal ? test->yes : test->no);
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(l->LLVMGetIncomingBlock(test->join, index));
  for (int i = 0; i < l->LLVMGetNumOperands(end); i++)
    if (l->LLVMGetOperand(end, (unsigned)i) == l->LLVMBasicBlockAsValue(test->block))
      l->LLVMSetOperand(end, (unsigned)i, to);
}

static void thread_function(const struct hot_llvm *l, LLVMValueRef function) {
  for (LLVMBasicBlockRef block = l->LLVMGetFirstBasicBlock(function), next; block; block = next) {
    struct test test;
    next = l->LLVMGetNextBasicBlock(block);
    if (!read_test(l, block, &test) || !is_known(l, &test)) continue;
    for (unsigned i = 0; i < l->LLVMCountIncoming(test.join); i++) lead(l, &test, i);
    ASSERT(!l->LLVMGetFirstUse(test.join) || has_one_use(l, test.join), "an outcome goes that more than its test uses");
    l->LLVMDeleteBasicBlock(block);
  }
}

void hot_outcome_run(struct hot_build *build) {
  for (const struct hot_entry *entry = build->entries; entry; entry = entry->next)
    thread_function(build->l, entry->function);
}
