// SPDX-License-Identifier: MIT
//
// hot_fold.c: what an instruction gives, where its operands tell.
//
// Operands are constants, or choices between some: by a condition, or by the way that control came to a block. So
// comparisons of the guest's come: a body makes one of two words of the processor's condition, the next one asks which
// word that is, or whether it is either of them at all. What is computed of a choice is a choice again, made for each
// way by itself; and where all ways give the same, there is none.
#define LOAM_HOT_MODULE
#include "hot/hot_fold.h"

#define WAYS_MAX 8  // of a join
#define DEPTH_MAX 3 // of choices in choices

// An instruction, and what stands for its operands.
struct folded {
  const struct hot_build *build;
  const struct hot_llvm *l;
  LLVMValueRef insn;
  LLVMOpcode opcode;
  unsigned count; // of operands
};

// Where something new would be: before an instruction, or at the end of a block that has none yet.
struct spot {
  LLVMBasicBlockRef block;
  LLVMValueRef before; // or NULL
};

static void go_to(const struct folded *folded, const struct spot *spot) {
  if (spot->before)
    folded->l->LLVMPositionBuilderBefore(folded->build->builder, spot->before);
  else
    folded->l->LLVMPositionBuilderAtEnd(folded->build->builder, spot->block);
}

static bool is_cast(LLVMOpcode opcode) { return opcode == LLVMTrunc || opcode == LLVMZExt || opcode == LLVMSExt; }

static bool is_binary(LLVMOpcode opcode) { return (opcode >= LLVMAdd && opcode <= LLVMXor) || opcode == LLVMICmp; }

bool hot_fold_knows(LLVMOpcode opcode) {
  return is_cast(opcode) || is_binary(opcode) || opcode == LLVMSelect || opcode == LLVMIntToPtr;
}

static bool is(const struct folded *folded, LLVMValueRef value, LLVMOpcode opcode) {
  return folded->l->LLVMIsAInstruction(value) && folded->l->LLVMGetInstructionOpcode(value) == opcode;
}

static bool is_true(const struct hot_llvm *l, LLVMValueRef constant) {
  return l->LLVMConstIntGetZExtValue(constant) != 0;
}

// LLVM's builder computes with constants. NULL: it has no number, as when something is divided by 0.
static LLVMValueRef compute(const struct folded *folded, const LLVMValueRef *operands) {
  const struct hot_llvm *l = folded->l;
  LLVMBuilderRef builder = folded->build->builder;
  LLVMValueRef value;
  if (folded->opcode == LLVMSelect) return operands[is_true(l, operands[0]) ? 1 : 2];
  if (folded->opcode == LLVMIntToPtr) return l->LLVMConstIntToPtr(operands[0], l->LLVMTypeOf(folded->insn));
  if (is_cast(folded->opcode))
    value = l->LLVMBuildCast(builder, folded->opcode, operands[0], l->LLVMTypeOf(folded->insn), "");
  else if (folded->opcode == LLVMICmp)
    value = l->LLVMBuildICmp(builder, l->LLVMGetICmpPredicate(folded->insn), operands[0], operands[1], "");
  else
    value = l->LLVMBuildBinOp(builder, folded->opcode, operands[0], operands[1], "");
  return l->LLVMIsAConstantInt(value) ? value : NULL;
}

// Is a word with bits set or cleared compared with a constant that hasn't them so? Is anything compared with itself?
static LLVMValueRef fold_comparison(const struct folded *folded, const LLVMValueRef *operands) {
  const struct hot_llvm *l = folded->l;
  LLVMIntPredicate predicate = l->LLVMGetICmpPredicate(folded->insn);
  LLVMTypeRef type = l->LLVMTypeOf(operands[0]), i1 = folded->build->i1;
  if (predicate != LLVMIntEQ && predicate != LLVMIntNE) return NULL;
  if (operands[0] == operands[1]) return l->LLVMConstInt(i1, predicate == LLVMIntEQ, 0);
  if (!l->LLVMIsAConstantInt(operands[1]) || (type != folded->build->i64 && type != folded->build->i32)) return NULL;
  bool sets = is(folded, operands[0], LLVMOr);
  if (!sets && !is(folded, operands[0], LLVMAnd)) return NULL;
  LLVMValueRef bits = l->LLVMGetOperand(operands[0], 1);
  if (!l->LLVMIsAConstantInt(bits)) return NULL;
  uint64_t mask = l->LLVMConstIntGetZExtValue(bits), word = l->LLVMConstIntGetZExtValue(operands[1]);
  bool differs = sets ? (mask & ~word) != 0 : (word & ~mask) != 0;
  return differs ? l->LLVMConstInt(i1, predicate == LLVMIntNE, 0) : NULL;
}

static LLVMValueRef evaluate(const struct folded *folded, const LLVMValueRef *operands, const struct spot *spot,
                             unsigned depth);

// Of joins of one block for each way. New instructions are at the end of that way.
static LLVMValueRef fold_ways(const struct folded *folded, const LLVMValueRef *operands, LLVMValueRef join,
                              unsigned depth) {
  const struct hot_llvm *l = folded->l;
  LLVMValueRef values[WAYS_MAX], one[3];
  LLVMBasicBlockRef block = l->LLVMGetInstructionParent(join);
  unsigned ways = l->LLVMCountIncoming(join);
  if (!ways || ways > WAYS_MAX) return NULL;
  bool same = true;
  for (unsigned w = 0; w < ways; w++) {
    LLVMBasicBlockRef from = l->LLVMGetIncomingBlock(join, w);
    for (unsigned i = 0; i < folded->count; i++) {
      one[i] = operands[i];
      if (l->LLVMIsAConstantInt(one[i])) continue;
      if (!is(folded, one[i], LLVMPHI) || l->LLVMGetInstructionParent(one[i]) != block) return NULL;
      if (l->LLVMGetIncomingBlock(one[i], w) != from) return NULL;
      one[i] = l->LLVMGetIncomingValue(one[i], w);
    }
    unsigned same_way = 0; // a switch may lead here more than once
    while (l->LLVMGetIncomingBlock(join, same_way) != from) same_way++;
    if (same_way < w) {
      values[w] = values[same_way];
      continue;
    }
    const struct spot end = {.before = l->LLVMGetBasicBlockTerminator(from)};
    if (!end.before) return NULL; // is still being made
    values[w] = evaluate(folded, one, &end, depth + 1);
    if (!values[w]) return NULL;
    same = same && values[w] == values[0]; // constants are unique
  }
  if (same) return values[0];
  go_to(folded, &(struct spot){.before = join});
  LLVMValueRef made = l->LLVMBuildPhi(folded->build->builder, l->LLVMTypeOf(folded->insn), "");
  for (unsigned w = 0; w < ways; w++) {
    LLVMBasicBlockRef from = l->LLVMGetIncomingBlock(join, w);
    l->LLVMAddIncoming(made, &values[w], &from, 1);
  }
  return made;
}

// Of what a condition chooses for both of its outcomes.
static LLVMValueRef fold_condition(const struct folded *folded, const LLVMValueRef *operands, LLVMValueRef condition,
                                   const struct spot *spot, unsigned depth) {
  const struct hot_llvm *l = folded->l;
  LLVMValueRef values[2], one[3];
  for (unsigned w = 0; w < 2; w++) {
    for (unsigned i = 0; i < folded->count; i++) {
      one[i] = operands[i];
      if (l->LLVMIsAConstantInt(one[i])) continue;
      if (one[i] == condition)
        one[i] = l->LLVMConstInt(folded->build->i1, !w, 0);
      else if (is(folded, one[i], LLVMSelect) && l->LLVMGetOperand(one[i], 0) == condition)
        one[i] = l->LLVMGetOperand(one[i], w + 1);
      else
        return NULL;
    }
    values[w] = evaluate(folded, one, spot, depth + 1);
    if (!values[w]) return NULL;
  }
  if (values[0] == values[1]) return values[0];
  bool is_condition = l->LLVMTypeOf(values[0]) == folded->build->i1 && l->LLVMIsAConstantInt(values[0]) &&
                      l->LLVMIsAConstantInt(values[1]) && is_true(l, values[0]);
  if (is_condition) return condition;
  go_to(folded, spot);
  return l->LLVMBuildSelect(folded->build->builder, condition, values[0], values[1], "");
}

static LLVMValueRef evaluate(const struct folded *folded, const LLVMValueRef *operands, const struct spot *spot,
                             unsigned depth) {
  const struct hot_llvm *l = folded->l;
  LLVMValueRef chosen = NULL;
  for (unsigned i = 0; i < folded->count; i++)
    if (!chosen && !l->LLVMIsAConstantInt(operands[i])) chosen = operands[i];
  if (!chosen) return compute(folded, operands);
  if (folded->opcode == LLVMSelect && l->LLVMIsAConstantInt(operands[0])) return compute(folded, operands);
  if (folded->opcode == LLVMSelect && operands[1] == operands[2]) return operands[1];
  LLVMValueRef value = folded->opcode == LLVMICmp ? fold_comparison(folded, operands) : NULL;
  if (value || depth > DEPTH_MAX) return value;
  if (is(folded, chosen, LLVMPHI)) return fold_ways(folded, operands, chosen, depth);
  if (is(folded, chosen, LLVMSelect))
    return fold_condition(folded, operands, l->LLVMGetOperand(chosen, 0), spot, depth);
  if (folded->opcode != LLVMSelect || chosen != operands[0]) return NULL;
  // Between two constants it is what it would be, but on one way of several, and for a condition itself.
  bool are_constants = l->LLVMIsAConstantInt(operands[1]) && l->LLVMIsAConstantInt(operands[2]);
  bool is_itself = are_constants && l->LLVMTypeOf(operands[1]) == folded->build->i1 && is_true(l, operands[1]);
  return depth || !are_constants || is_itself ? fold_condition(folded, operands, chosen, spot, depth) : NULL;
}

LLVMValueRef hot_fold(const struct hot_build *build, LLVMValueRef insn, LLVMOpcode opcode, const LLVMValueRef *operands,
                      LLVMValueRef before) {
  struct folded folded = {.build = build, .l = build->l, .insn = insn, .opcode = opcode};
  ASSERT(hot_fold_knows(opcode), "hot.I4: what is folded has the opcode %d", (int)opcode);
  folded.count = opcode == LLVMSelect ? 3 : is_binary(opcode) ? 2 : 1;
  const struct spot spot = {.block = build->l->LLVMGetInsertBlock(build->builder), .before = before};
  LLVMValueRef value = evaluate(&folded, operands, &spot, 0);
  go_to(&folded, &spot);
  return value;
}
