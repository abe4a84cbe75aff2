// SPDX-License-Identifier: MIT
//
// hot_half_low.c: which words always have the same lower half.
//
// A lower half follows from those that a word is computed of. A join's is assumed to be what is known to come in,
// itself left out, until something disproves it: so what goes round a loop is found. What a word was tested for is a
// fact where control comes from the test alone.
#define LOAM_HOT_MODULE
#include "hot/hot_half_int.h"

#define CONDITION_DEPTH 6 // of tests that one branch joins

static struct hot_half_node **bucket_of(struct hot_half *half, LLVMValueRef value) {
  return &half->buckets[((uintptr_t)value >> 4) % HOT_HALF_BUCKETS];
}

struct hot_half_node *hot_half_node_of(struct hot_half *half, LLVMValueRef value) {
  for (struct hot_half_node *node = *bucket_of(half, value); node; node = node->chain)
    if (node->value == value) return node;
  return NULL;
}

void *hot_half_allocate(struct hot_half *half, size_t bytes) {
  void *memory = arena_alloc(&half->build->plan->memory, bytes);
  if (!memory) half->build->plan->failed = true;
  return memory;
}

static struct hot_half_node *make_node(struct hot_half *half, LLVMValueRef value) {
  struct hot_half_node *node = hot_half_node_of(half, value), **bucket = bucket_of(half, value);
  if (node || !(node = hot_half_allocate(half, sizeof *node))) return node;
  *node = (struct hot_half_node){.chain = *bucket, .value = value, .low.state = HOT_LOW_ANY};
  return *bucket = node;
}

static bool is_word(const struct hot_half *half, LLVMValueRef value) {
  return half->l->LLVMTypeOf(value) == half->build->i64;
}

uint64_t hot_half_constant(const struct hot_half *half, LLVMValueRef value) {
  ASSERT(half->l->LLVMIsAConstantInt(value), "the number is asked for of what is no constant");
  return half->l->LLVMConstIntGetZExtValue(value);
}

// ---- facts ---------------------------------------------------------------------------------------------------------

static void add_fact(struct hot_half *half, LLVMValueRef value, uint32_t bits, uint32_t block, bool at_end) {
  ASSERT(block < half->dominators.count, "a fact is known in block %u of %u", block, half->dominators.count);
  if (half->l->LLVMIsConstant(value)) return;
  struct hot_half_node *node = make_node(half, value);
  struct hot_half_fact *fact = hot_half_allocate(half, sizeof *fact);
  if (!node || !fact) return;
  *fact = (struct hot_half_fact){.next = node->facts, .bits = bits, .block = block, .at_end = at_end};
  node->facts = fact;
}

// What it tells of a word's lower half that a word, or part of it, is equal to a constant.
static void add_equality(struct hot_half *half, LLVMValueRef compare, uint32_t block, bool at_end) {
  const struct hot_llvm *l = half->l;
  LLVMValueRef part = l->LLVMGetOperand(compare, 0), constant = l->LLVMGetOperand(compare, 1);
  if (!l->LLVMIsAConstantInt(constant) || !l->LLVMIsAInstruction(part)) return;
  uint32_t bits = (uint32_t)hot_half_constant(half, constant);
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(part);
  if (opcode == LLVMTrunc && l->LLVMTypeOf(part) == half->build->i32) {
    if (is_word(half, l->LLVMGetOperand(part, 0))) add_fact(half, l->LLVMGetOperand(part, 0), bits, block, at_end);
  } else if (opcode == LLVMAnd && is_word(half, part)) {
    LLVMValueRef mask = l->LLVMGetOperand(part, 1);
    if (l->LLVMIsAConstantInt(mask) && (uint32_t)hot_half_constant(half, mask) == UINT32_MAX)
      add_fact(half, l->LLVMGetOperand(part, 0), bits, block, at_end);
  }
}

static void add_facts(struct hot_half *half, LLVMValueRef condition, bool holds, uint32_t block, bool at_end,
                      unsigned depth) {
  const struct hot_llvm *l = half->l;
  if (!depth || !l->LLVMIsAInstruction(condition)) return;
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(condition);
  if (opcode == LLVMICmp) {
    if (l->LLVMGetICmpPredicate(condition) == (holds ? LLVMIntEQ : LLVMIntNE))
      add_equality(half, condition, block, at_end);
  } else if (opcode == (holds ? LLVMAnd : LLVMOr)) {
    add_facts(half, l->LLVMGetOperand(condition, 0), holds, block, at_end, depth - 1);
    add_facts(half, l->LLVMGetOperand(condition, 1), holds, block, at_end, depth - 1);
  } else if (opcode == LLVMSelect) { // a and then b is "a ? b : false", a or else b is "a ? true : b"
    LLVMValueRef other = l->LLVMGetOperand(condition, holds ? 2 : 1);
    if (!l->LLVMIsAConstantInt(other) || hot_half_constant(half, other) == holds) return;
    add_facts(half, l->LLVMGetOperand(condition, 0), holds, block, at_end, depth - 1);
    add_facts(half, l->LLVMGetOperand(condition, holds ? 1 : 2), holds, block, at_end, depth - 1);
  }
}

// By the branch that alone leads to a block.
static void add_branch_facts(struct hot_half *half, uint32_t number) {
  const struct hot_llvm *l = half->l;
  LLVMBasicBlockRef block = half->dominators.blocks[number].block, from = hot_ir_only_way(l, block);
  LLVMValueRef end = from ? l->LLVMGetBasicBlockTerminator(from) : NULL;
  if (!end || l->LLVMGetInstructionOpcode(end) != LLVMBr || l->LLVMGetNumSuccessors(end) != 2) return;
  add_facts(half, l->LLVMGetCondition(end), l->LLVMGetSuccessor(end, 0) == block, number, false, CONDITION_DEPTH);
}

struct hot_half_low hot_half_low_in(struct hot_half *half, LLVMValueRef value, uint32_t block, bool at_end) {
  if (half->l->LLVMIsAConstantInt(value))
    return (struct hot_half_low){HOT_LOW_KNOWN, (uint32_t)hot_half_constant(half, value)};
  const struct hot_half_node *node = hot_half_node_of(half, value);
  if (!node) return (struct hot_half_low){HOT_LOW_ANY, 0};
  if (node->low.state != HOT_LOW_ANY) return node->low;
  for (const struct hot_half_fact *fact = node->facts; fact; fact = fact->next)
    if (fact->block == block ? at_end || !fact->at_end : hot_dominates(&half->dominators, fact->block, block))
      return (struct hot_half_low){HOT_LOW_KNOWN, fact->bits};
  return node->low;
}

// ---- what lower halves are -----------------------------------------------------------------------------------------

bool hot_half_takes_lower(const struct hot_half *half, LLVMValueRef insn) {
  LLVMValueRef mask = half->l->LLVMGetOperand(insn, 1);
  return half->l->LLVMIsAConstantInt(mask) && !(hot_half_constant(half, mask) >> HOT_HALF_BITS);
}

static bool is_computed(const struct hot_half *half, LLVMValueRef insn) {
  if (!is_word(half, insn)) return false;
  switch (half->l->LLVMGetInstructionOpcode(insn)) {
  case LLVMAnd: return !hot_half_takes_lower(half, insn);
  case LLVMPHI:
  case LLVMAdd:
  case LLVMSub:
  case LLVMMul:
  case LLVMOr:
  case LLVMXor:
  case LLVMShl:
  case LLVMSelect: return true;
  default: return false;
  }
}

static void collect(struct hot_half *half) {
  const struct hot_llvm *l = half->l;
  for (uint32_t i = 0; i < half->dominators.count; i++) {
    LLVMBasicBlockRef block = half->dominators.blocks[i].block;
    add_branch_facts(half, i);
    for (LLVMValueRef insn = l->LLVMGetFirstInstruction(block); insn; insn = l->LLVMGetNextInstruction(insn)) {
      if (half->assume && l->LLVMIsACallInst(insn) && l->LLVMGetCalledValue(insn) == half->assume)
        add_facts(half, l->LLVMGetOperand(insn, 0), true, i, true, CONDITION_DEPTH);
      struct hot_half_node *node = is_computed(half, insn) ? make_node(half, insn) : NULL;
      if (!node) continue;
      node->block = i;
      node->low = (struct hot_half_low){HOT_LOW_OPEN, 0};
      node->previous = half->nodes_last;
      *(half->nodes_last ? &half->nodes_last->next : &half->nodes) = node;
      half->nodes_last = node;
    }
  }
}

static struct hot_half_low meet(struct hot_half_low a, struct hot_half_low b) {
  if (a.state == HOT_LOW_OPEN || b.state == HOT_LOW_ANY) return b;
  if (b.state == HOT_LOW_OPEN || a.state == HOT_LOW_ANY) return a;
  return a.bits == b.bits ? a : (struct hot_half_low){HOT_LOW_ANY, 0};
}

static struct hot_half_low low_of_join(struct hot_half *half, const struct hot_half_node *node) {
  const struct hot_llvm *l = half->l;
  struct hot_half_low low = {HOT_LOW_OPEN, 0};
  for (unsigned i = 0; i < l->LLVMCountIncoming(node->value) && low.state != HOT_LOW_ANY; i++) {
    uint32_t from = hot_dominators_number(&half->dominators, l->LLVMGetIncomingBlock(node->value, i));
    if (from == HOT_DOMINATOR_NONE) continue;
    low = meet(low, hot_half_low_in(half, l->LLVMGetIncomingValue(node->value, i), from, true));
  }
  return low;
}

static uint32_t compute_low(LLVMOpcode opcode, uint32_t a, uint32_t b) {
  switch (opcode) {
  case LLVMAdd: return a + b;
  case LLVMSub: return a - b;
  case LLVMMul: return a * b;
  case LLVMAnd: return a & b;
  case LLVMOr: return a | b;
  case LLVMXor: return a ^ b;
  case LLVMShl: return b < HOT_HALF_BITS ? a << b : 0;
  default: ASSERT(false, "opcode %d is not computed with", (int)opcode); return 0;
  }
}

static struct hot_half_low low_of(struct hot_half *half, const struct hot_half_node *node) {
  const struct hot_llvm *l = half->l;
  ASSERT(node->block < half->dominators.count, "a word is computed in block %u of %u", node->block,
         half->dominators.count);
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(node->value);
  if (opcode == LLVMPHI) return low_of_join(half, node);
  bool selects = opcode == LLVMSelect;
  LLVMValueRef second = l->LLVMGetOperand(node->value, selects ? 2 : 1);
  struct hot_half_low a = hot_half_low_in(half, l->LLVMGetOperand(node->value, selects), node->block, false);
  struct hot_half_low b = hot_half_low_in(half, second, node->block, false);
  if (selects) return meet(a, b);
  if (opcode == LLVMShl) { // by a constant, or by anything
    if (!l->LLVMIsAConstantInt(second)) return (struct hot_half_low){HOT_LOW_ANY, 0};
    if (hot_half_constant(half, second) >= HOT_HALF_BITS) return (struct hot_half_low){HOT_LOW_KNOWN, 0};
  }
  bool is_zero = (a.state == HOT_LOW_KNOWN && !a.bits) || (b.state == HOT_LOW_KNOWN && !b.bits);
  if (is_zero && (opcode == LLVMMul || opcode == LLVMAnd)) return (struct hot_half_low){HOT_LOW_KNOWN, 0};
  if (a.state == HOT_LOW_ANY || b.state == HOT_LOW_ANY) return (struct hot_half_low){HOT_LOW_ANY, 0};
  if (a.state == HOT_LOW_OPEN || b.state == HOT_LOW_OPEN) return (struct hot_half_low){HOT_LOW_OPEN, 0};
  return (struct hot_half_low){HOT_LOW_KNOWN, compute_low(opcode, a.bits, b.bits)};
}

static void settle(struct hot_half *half) {
  for (bool changed = true; changed;) {
    changed = false;
    for (struct hot_half_node *node = half->nodes; node; node = node->next) {
      if (node->low.state == HOT_LOW_ANY) continue;
      struct hot_half_low low = low_of(half, node);
      if (low.state < node->low.state || (node->low.state == HOT_LOW_KNOWN && low.bits != node->low.bits))
        low = (struct hot_half_low){HOT_LOW_ANY, 0};
      changed |= low.state != node->low.state;
      node->low = low;
    }
  }
}

bool hot_half_find_lows(struct hot_half *half) {
  ASSERT(!half->nodes && !half->nodes_last, "the lower halves of a function's words are found twice");
  collect(half);
  if (half->build->plan->failed) return false;
  settle(half);
  return true;
}
