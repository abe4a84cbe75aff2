// SPDX-License-Identifier: MIT
//
// hot_late.c: a test that a later one implies is made only where that one fails.
//
// A load from an array leaves for a hole in it; the addition behind it leaves unless the word is an integer, which a
// hole is not. LLVM keeps both tests, since they leave from different places. Nothing happens between them that anybody
// sees, so the first one can wait: when all tests up to the second have passed, the word is no hole. Where one of them
// fails, the first is made up for, and code leaves where it would have left. In a loop over an array that is a branch
// less for each load, and branches are what such loops consist of.
//
// What lies between is run with a word that has not passed its test. So it must store nothing, call nothing, divide
// nothing, and load from no address that was computed from the word: body-dialect.md says what that means for bodies.
//
// Only this form is looked for: a word is loaded, compared with one constant, and control goes on without joins.
#define LOAM_HOT_MODULE
#include "hot/hot_late.h"

#include <string.h>

#define GUARDS_MAX 6 // between a test and the one that implies it
#define DEPTH_MAX 12 // of what addresses are computed from
#define TESTS_MAX 6  // one behind the other on a way out

// A block that ends in a test of which one way leaves.
struct guard {
  LLVMBasicBlockRef block, leave, on;
  LLVMValueRef branch;
  bool leaves_when; // the condition holds
};

struct late {
  const struct hot_llvm *l;
  struct hot_build *build;
  LLVMValueRef hot_leave;
  struct guard first; // leaves when `word` is `constant`
  LLVMValueRef word;
  uint64_t constant;
  struct guard guards[GUARDS_MAX]; // behind it, up to the one that implies it
  unsigned count;
};

static bool read_guard(const struct late *late, LLVMBasicBlockRef block, struct guard *guard) {
  const struct hot_llvm *l = late->l;
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
  if (l->LLVMGetInstructionOpcode(end) != LLVMBr || l->LLVMGetNumSuccessors(end) != 2) return false;
  LLVMBasicBlockRef yes = l->LLVMGetSuccessor(end, 0), no = l->LLVMGetSuccessor(end, 1);
  bool when = hot_ir_leaves(l, late->hot_leave, yes, TESTS_MAX);
  if (when == hot_ir_leaves(l, late->hot_leave, no, TESTS_MAX)) return false;
  ASSERT(yes != no, "both ways of a test lead to the same block, and one of them leaves");
  *guard = (struct guard){.block = block, .branch = end, .leaves_when = when};
  guard->leave = when ? yes : no;
  guard->on = when ? no : yes;
  return true;
}

static bool is_equality(const struct late *late, LLVMValueRef condition, bool holds) {
  if (late->l->LLVMGetInstructionOpcode(condition) != LLVMICmp) return false;
  LLVMIntPredicate predicate = late->l->LLVMGetICmpPredicate(condition);
  bool is = predicate == (holds ? LLVMIntEQ : LLVMIntNE);
  return is && late->l->LLVMIsAConstantInt(late->l->LLVMGetOperand(condition, 1));
}

static LLVMValueRef condition_of(const struct late *late, const struct guard *guard) {
  LLVMValueRef condition = late->l->LLVMGetCondition(guard->branch);
  return late->l->LLVMIsAInstruction(condition) ? condition : NULL;
}

// Does the block's test leave when a word that it loads is a constant?
static bool read_first(struct late *late, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = late->l;
  if (!read_guard(late, block, &late->first)) return false;
  LLVMValueRef condition = condition_of(late, &late->first);
  if (!condition || !is_equality(late, condition, late->first.leaves_when)) return false;
  late->word = l->LLVMGetOperand(condition, 0);
  if (l->LLVMTypeOf(late->word) != late->build->i64 || !l->LLVMIsAInstruction(late->word)) return false;
  late->constant = l->LLVMConstIntGetZExtValue(l->LLVMGetOperand(condition, 1));
  return l->LLVMGetInstructionOpcode(late->word) == LLVMLoad && l->LLVMGetInstructionParent(late->word) == block;
}

// ---- what lies behind it -------------------------------------------------------------------------------------------

static bool is_behind(const struct late *late, LLVMBasicBlockRef block) {
  if (block == late->first.block) return true;
  for (unsigned i = 0; i < late->count; i++)
    if (late->guards[i].block == block) return true;
  return false;
}

// Is a value computed from the word? What is not in the blocks from the word on was there before it.
static bool depends(const struct late *late, LLVMValueRef value, unsigned depth) {
  const struct hot_llvm *l = late->l;
  if (value == late->word) return true;
  if (!l->LLVMIsAInstruction(value) || l->LLVMIsAPHINode(value)) return false;
  if (!is_behind(late, l->LLVMGetInstructionParent(value))) return false;
  if (!depth) return true;
  for (int i = 0; i < l->LLVMGetNumOperands(value); i++)
    if (depends(late, l->LLVMGetOperand(value, (unsigned)i), depth - 1)) return true;
  return false;
}

static bool may_be_earlier(const struct late *late, LLVMValueRef insn) {
  switch (late->l->LLVMGetInstructionOpcode(insn)) {
  case LLVMLoad: return !depends(late, late->l->LLVMGetOperand(insn, 0), DEPTH_MAX);
  case LLVMGetElementPtr:
  case LLVMIntToPtr:
  case LLVMPtrToInt:
  case LLVMAdd:
  case LLVMSub:
  case LLVMMul:
  case LLVMAnd:
  case LLVMOr:
  case LLVMXor:
  case LLVMShl:
  case LLVMLShr:
  case LLVMAShr:
  case LLVMTrunc:
  case LLVMZExt:
  case LLVMSExt:
  case LLVMICmp:
  case LLVMSelect: return true;
  default: return false;
  }
}

// Is the word among those that are joined by "or"?
static bool is_among(const struct late *late, LLVMValueRef value, unsigned depth) {
  const struct hot_llvm *l = late->l;
  if (value == late->word) return true;
  if (!depth || !l->LLVMIsAInstruction(value) || l->LLVMGetInstructionOpcode(value) != LLVMOr) return false;
  return is_among(late, l->LLVMGetOperand(value, 0), depth - 1) ||
         is_among(late, l->LLVMGetOperand(value, 1), depth - 1);
}

// Is some bit of the word another than the constant's, when bits of it are equal to `bits`?
static bool differs(const struct late *late, LLVMValueRef masked, uint64_t bits) {
  const struct hot_llvm *l = late->l;
  if (masked == late->word) return bits != late->constant;
  if (!l->LLVMIsAInstruction(masked) || l->LLVMGetInstructionOpcode(masked) != LLVMAnd) return false;
  LLVMValueRef mask = l->LLVMGetOperand(masked, 1), value = l->LLVMGetOperand(masked, 0);
  if (!l->LLVMIsAConstantInt(mask)) return false;
  uint64_t constant = late->constant & l->LLVMConstIntGetZExtValue(mask);
  return value == late->word ? constant != bits : bits == 0 && constant != 0 && is_among(late, value, DEPTH_MAX);
}

// Is the word not the constant when a condition holds, or when it does not?
static bool implies(const struct late *late, LLVMValueRef condition, bool holds, unsigned depth) {
  const struct hot_llvm *l = late->l;
  if (!depth || !l->LLVMIsAInstruction(condition)) return false;
  if (l->LLVMGetInstructionOpcode(condition) == (holds ? LLVMAnd : LLVMOr))
    return implies(late, l->LLVMGetOperand(condition, 0), holds, depth - 1) ||
           implies(late, l->LLVMGetOperand(condition, 1), holds, depth - 1);
  if (!is_equality(late, condition, holds)) return false;
  return differs(late, l->LLVMGetOperand(condition, 0), l->LLVMConstIntGetZExtValue(l->LLVMGetOperand(condition, 1)));
}

// Finds the guards up to the one that implies the first. False: there is none, or something stands between.
static bool find_implying(struct late *late) {
  const struct hot_llvm *l = late->l;
  LLVMBasicBlockRef block = late->first.on;
  for (late->count = 0; late->count < GUARDS_MAX && hot_ir_only_way(l, block);) {
    LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
    struct guard *guard = &late->guards[late->count];
    *guard = (struct guard){0};
    if (!hot_ir_only_way_on(l, block) && !read_guard(late, block, guard)) return false;
    guard->block = block;
    late->count++;
    for (LLVMValueRef insn = l->LLVMGetFirstInstruction(block); insn != end; insn = l->LLVMGetNextInstruction(insn))
      if (!may_be_earlier(late, insn)) return false;
    block = guard->branch ? guard->on : hot_ir_only_way_on(l, block);
    LLVMValueRef condition = guard->branch ? condition_of(late, guard) : NULL;
    if (!guard->branch) continue;
    if (!condition) return false;
    if (implies(late, condition, !guard->leaves_when, DEPTH_MAX)) return true;
    if (guard->leave == late->first.leave || depends(late, condition, DEPTH_MAX)) return false;
  }
  return false;
}

// ---- moving it -----------------------------------------------------------------------------------------------------

// Puts the first test on the way by which a guard leaves.
static void test_behind(struct late *late, const struct guard *guard) {
  const struct hot_llvm *l = late->l;
  LLVMBuilderRef builder = late->build->builder;
  LLVMBasicBlockRef test = l->LLVMInsertBasicBlockInContext(late->build->compiler->context, guard->leave, "");
  hot_ir_move_incoming(late->build, late->first.leave, late->first.block, test, true);
  hot_ir_move_incoming(late->build, guard->leave, guard->block, test, false);
  unsigned way = l->LLVMGetSuccessor(guard->branch, 0) == guard->leave ? 0 : 1;
  ASSERT(l->LLVMGetSuccessor(guard->branch, way) == guard->leave && guard->leaves_when == !way,
         "a test leaves by way %u of two, when its condition is %d", way, guard->leaves_when);
  l->LLVMSetSuccessor(guard->branch, way, test);
  l->LLVMPositionBuilderAtEnd(builder, test);
  LLVMValueRef constant = l->LLVMConstInt(late->build->i64, late->constant, 0);
  LLVMValueRef is = l->LLVMBuildICmp(builder, LLVMIntEQ, late->word, constant, "");
  l->LLVMBuildCondBr(builder, is, late->first.leave, guard->leave);
}

static void move_first(struct late *late) {
  const struct hot_llvm *l = late->l;
  for (unsigned i = 0; i < late->count; i++)
    if (late->guards[i].branch && late->guards[i].leave != late->first.leave) test_behind(late, &late->guards[i]);
  hot_ir_move_incoming(late->build, late->first.leave, late->first.block, NULL, false);
  l->LLVMInstructionEraseFromParent(late->first.branch);
  l->LLVMPositionBuilderAtEnd(late->build->builder, late->first.block);
  l->LLVMBuildBr(late->build->builder, late->first.on);
}

// The last guard may leave where the first does, if that needs not know from which of them.
static bool can_share(const struct late *late) {
  ASSERT(late->count && late->guards[late->count - 1].branch,
         "the %u guards up to the one that implies a test end with none", late->count);
  const struct guard *last = &late->guards[late->count - 1];
  return last->leave != late->first.leave || !late->l->LLVMIsAPHINode(late->l->LLVMGetFirstInstruction(last->leave));
}

void hot_late_run(struct hot_build *build) {
  const struct hot_llvm *l = build->l;
  struct late late = {.l = l, .build = build, .hot_leave = l->LLVMGetNamedFunction(build->module, "hot_leave")};
  if (!late.hot_leave) return;
  for (const struct hot_entry *entry = build->entries; entry; entry = entry->next)
    for (LLVMBasicBlockRef block = l->LLVMGetFirstBasicBlock(entry->function); block;
         block = l->LLVMGetNextBasicBlock(block))
      if (read_first(&late, block) && find_implying(&late) && can_share(&late)) move_first(&late);
}
