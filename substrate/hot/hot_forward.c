// SPDX-License-Identifier: MIT
//
// hot_forward.c: who reads a slot gets what was stored there last, as far as control comes one way.
//
// When an instruction's code is made, what bodies before it have stored is not known: they are calls. Here those of one
// block are inlined, and what they leave is often a constant, such as the integer that is added next. LLVM's first pass
// would find it, too; but a body that is inlined for a constant is copied without what it does for others, so who has
// it before leaves LLVM less: of `i == 1` a comparison of words, where what compares strings would have to be removed.
//
// Blocks are looked at from those that lead to them, if by one way only; what is known is a list, each entry of which
// goes before those that were put there earlier, and which gets shorter on the way back.
#define LOAM_HOT_MODULE
#include "hot/hot_forward.h"

#include "hot/hot_fold.h"

#define HEADS 256u
#define PASSED_MAX 8 // blocks without instructions, one behind the other

// What a variable holds; NULL: something that isn't known.
struct known {
  LLVMValueRef variable, value;
  uint32_t before; // the entry before it with the same head, + 1; or 0
};

// A block on the way, its ways on that were not taken yet, and how long the list was.
struct step {
  LLVMBasicBlockRef block;
  uint32_t ways, count;
};

struct forward {
  const struct hot_build *build;
  const struct hot_llvm *l;
  LLVMBasicBlockRef first;  // of those on the way
  LLVMBasicBlockRef *joins; // that control comes to; NULL in the place of one that is gone
  struct known *known;
  struct step *steps;
  uint32_t count, room, depth, join_count, block_count;
  uint32_t heads[HEADS]; // entries + 1
};

static uint32_t head_of(LLVMValueRef variable) { return (uint32_t)((uintptr_t)variable >> 5) % HEADS; }

static struct known *find(const struct forward *forward, LLVMValueRef variable) {
  for (uint32_t i = forward->heads[head_of(variable)]; i; i = forward->known[i - 1].before)
    if (forward->known[i - 1].variable == variable) return &forward->known[i - 1];
  return NULL;
}

static void add(struct forward *forward, LLVMValueRef variable, LLVMValueRef value) {
  ASSERT(forward->count < forward->room, "hot.I4: more than %u stores and loads are known of", forward->room);
  uint32_t *head = &forward->heads[head_of(variable)];
  forward->known[forward->count] = (struct known){.variable = variable, .value = value, .before = *head};
  *head = ++forward->count;
}

static void forget(struct forward *forward, uint32_t count) {
  while (forward->count > count) {
    const struct known *last = &forward->known[--forward->count];
    forward->heads[head_of(last->variable)] = last->before;
  }
}

// Is a variable only loaded, stored and passed to bodies?
static bool is_slot(const struct hot_llvm *l, LLVMValueRef variable) {
  for (LLVMUseRef use = l->LLVMGetFirstUse(variable); use; use = l->LLVMGetNextUse(use)) {
    LLVMValueRef user = l->LLVMGetUser(use);
    LLVMOpcode opcode = l->LLVMGetInstructionOpcode(user);
    bool stores = opcode == LLVMStore && l->LLVMGetOperand(user, 0) != variable;
    if (!stores && opcode != LLVMLoad && opcode != LLVMCall) return false;
  }
  return true;
}

// Computes what nobody uses.
static bool is_idle(const struct hot_llvm *l, LLVMValueRef insn) {
  if (!l->LLVMIsAInstruction(insn) || l->LLVMGetFirstUse(insn)) return false;
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(insn);
  return hot_fold_knows(opcode) || opcode == LLVMGetElementPtr || opcode == LLVMPtrToInt || opcode == LLVMPHI;
}

static void replace(const struct forward *forward, LLVMValueRef insn, LLVMValueRef value) {
  ASSERT(insn != value, "hot.I4: a value stands for itself");
  forward->l->LLVMReplaceAllUsesWith(insn, value);
  forward->l->LLVMInstructionEraseFromParent(insn);
}

static void fold(const struct forward *forward, LLVMValueRef insn, LLVMOpcode opcode) {
  const struct hot_llvm *l = forward->l;
  LLVMValueRef operands[3];
  unsigned count = (unsigned)l->LLVMGetNumOperands(insn);
  ASSERT(count <= COUNT_OF(operands), "hot.I4: what is computed has %u operands", count);
  for (unsigned i = 0; i < count; i++) operands[i] = l->LLVMGetOperand(insn, i);
  l->LLVMPositionBuilderBefore(forward->build->builder, insn);
  LLVMValueRef value = hot_fold(forward->build, insn, opcode, operands, insn);
  if (!value) return;
  replace(forward, insn, value);
  for (unsigned i = 0; i < count; i++) {
    bool again = (i > 0 && operands[i] == operands[0]) || (i > 1 && operands[i] == operands[1]);
    if (!again && is_idle(l, operands[i])) l->LLVMInstructionEraseFromParent(operands[i]);
  }
}

// What a variable holds as what is loaded of it; NULL: that isn't known.
static LLVMValueRef as_loaded(const struct forward *forward, LLVMValueRef value, LLVMValueRef load) {
  const struct hot_llvm *l = forward->l;
  const struct hot_build *build = forward->build;
  if (!value) return NULL;
  LLVMTypeRef from = l->LLVMTypeOf(value), to = l->LLVMTypeOf(load);
  if (from == to) return value;
  l->LLVMPositionBuilderBefore(build->builder, load);
  if (from == build->ptr && to == build->i64) return l->LLVMBuildPtrToInt(build->builder, value, to, "");
  if (from == build->i64 && to == build->ptr) return l->LLVMBuildIntToPtr(build->builder, value, to, "");
  return NULL;
}

static void look_at(struct forward *forward, LLVMValueRef insn) {
  const struct hot_llvm *l = forward->l;
  LLVMOpcode opcode = l->LLVMGetInstructionOpcode(insn);
  if (is_idle(l, insn)) {
    l->LLVMInstructionEraseFromParent(insn);
  } else if (opcode == LLVMAlloca) {
    if (is_slot(l, insn)) add(forward, insn, NULL);
  } else if (opcode == LLVMLoad) {
    const struct known *known = find(forward, l->LLVMGetOperand(insn, 0));
    LLVMValueRef value = known ? as_loaded(forward, known->value, insn) : NULL;
    if (value) {
      replace(forward, insn, value);
    } else if (known) {
      add(forward, known->variable, insn);
    }
  } else if (opcode == LLVMStore) {
    const struct known *known = find(forward, l->LLVMGetOperand(insn, 1));
    if (known) add(forward, known->variable, l->LLVMGetOperand(insn, 0));
  } else if (opcode == LLVMCall) {
    for (unsigned i = 0, count = l->LLVMGetNumArgOperands(insn); i < count; i++) {
      const struct known *known = find(forward, l->LLVMGetOperand(insn, i));
      if (known) add(forward, known->variable, NULL);
    }
  } else if (opcode == LLVMPHI && l->LLVMCountIncoming(insn) == 1) {
    replace(forward, insn, l->LLVMGetIncomingValue(insn, 0));
  } else if (hot_fold_knows(opcode)) {
    fold(forward, insn, opcode);
  }
}

// A block isn't there any more.
static void forget_block(struct forward *forward, LLVMBasicBlockRef block) {
  for (uint32_t i = 0; i < forward->join_count; i++)
    if (forward->joins[i] == block) forward->joins[i] = NULL;
}

// Nobody comes from there any more. The joins get new ones in their places, which are not what a slot was known to
// hold.
static void close_way(struct forward *forward, LLVMBasicBlockRef block, LLVMBasicBlockRef from) {
  const struct hot_llvm *l = forward->l;
  if (!l->LLVMIsAPHINode(l->LLVMGetFirstInstruction(block))) return;
  for (uint32_t i = 0; i < forward->count; i++) {
    LLVMValueRef value = forward->known[i].value;
    if (value && l->LLVMIsAPHINode(value) && l->LLVMGetInstructionParent(value) == block)
      forward->known[i].value = NULL;
  }
  hot_ir_move_incoming(forward->build, block, from, NULL, false);
}

// What it computes may be used in a loop that nothing leads to, either: LLVM removes that.
static void delete_block(struct forward *forward, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = forward->l;
  for (LLVMValueRef insn = l->LLVMGetFirstInstruction(block); insn; insn = l->LLVMGetNextInstruction(insn))
    if (l->LLVMGetFirstUse(insn)) l->LLVMReplaceAllUsesWith(insn, l->LLVMGetPoison(l->LLVMTypeOf(insn)));
  forget_block(forward, block);
  l->LLVMDeleteBasicBlock(block);
}

// A block goes, if nothing leads to it any more, and so may those that it led to. Not the first: it is being looked at.
// The block goes when only one way leads on from it, so that what goes on the other way ends where this goes on.
static void drop_unreached(struct forward *forward, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = forward->l;
  while (block && block != forward->first && !l->LLVMGetFirstUse(l->LLVMBasicBlockAsValue(block))) {
    LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
    unsigned ways = l->LLVMGetNumSuccessors(end);
    if (ways > 2) return;
    LLVMBasicBlockRef other = ways == 2 ? l->LLVMGetSuccessor(end, 0) : NULL;
    LLVMBasicBlockRef on = ways ? l->LLVMGetSuccessor(end, ways - 1) : NULL;
    if (other && other != on) {
      close_way(forward, other, block);
      l->LLVMInstructionEraseFromParent(end);
      l->LLVMPositionBuilderAtEnd(forward->build->builder, block);
      l->LLVMBuildBr(forward->build->builder, on);
      drop_unreached(forward, other);
    }
    if (on) close_way(forward, on, block);
    delete_block(forward, block);
    block = on;
  }
}

// Blocks without instructions are passed by, when nothing is joined where they lead to.
static void pass_by(struct forward *forward, LLVMValueRef end, unsigned way) {
  const struct hot_llvm *l = forward->l;
  for (unsigned i = 0; i < PASSED_MAX; i++) {
    LLVMBasicBlockRef empty = l->LLVMGetSuccessor(end, way), on = hot_ir_only_way_on(l, empty);
    if (!on || on == empty || empty == forward->first) return;
    if (l->LLVMGetFirstInstruction(empty) != l->LLVMGetBasicBlockTerminator(empty)) return;
    if (l->LLVMIsAPHINode(l->LLVMGetFirstInstruction(on))) return;
    l->LLVMSetSuccessor(end, way, on);
    drop_unreached(forward, empty);
  }
}

// A branch that constants decide is none, nor is one of which both ways lead to the same block, unless that joins them.
static void decide(struct forward *forward, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = forward->l;
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
  if (l->LLVMGetInstructionOpcode(end) != LLVMBr || l->LLVMGetNumSuccessors(end) != 2) return;
  for (unsigned way = 0; way < 2; way++) pass_by(forward, end, way);
  LLVMValueRef condition = l->LLVMGetCondition(end);
  LLVMBasicBlockRef on = l->LLVMGetSuccessor(end, 0), other = l->LLVMGetSuccessor(end, 1);
  if (on == other ? l->LLVMIsAPHINode(l->LLVMGetFirstInstruction(on)) != NULL : !l->LLVMIsAConstantInt(condition))
    return;
  if (on != other && !l->LLVMConstIntGetZExtValue(condition)) {
    on = other;
    other = l->LLVMGetSuccessor(end, 0);
  }
  if (on != other) close_way(forward, other, block);
  l->LLVMInstructionEraseFromParent(end);
  l->LLVMPositionBuilderAtEnd(forward->build->builder, block);
  l->LLVMBuildBr(forward->build->builder, on);
  if (on != other) drop_unreached(forward, other);
}

// The block that follows this one and nothing else, if it isn't the first; NULL: there is none.
static LLVMBasicBlockRef follower(const struct forward *forward, LLVMBasicBlockRef block) {
  LLVMBasicBlockRef next = hot_ir_only_way_on(forward->l, block);
  return next && next != forward->first && hot_ir_only_way(forward->l, next) == block ? next : NULL;
}

// Joins of one way are what comes that way. Those behind `from` come from `block` then.
static void append(struct forward *forward, LLVMBasicBlockRef block, LLVMBasicBlockRef from) {
  const struct hot_llvm *l = forward->l;
  for (LLVMValueRef join; l->LLVMIsAPHINode(join = l->LLVMGetFirstInstruction(from));) {
    ASSERT(l->LLVMCountIncoming(join) == 1, "hot.I4: a join of %u ways, where one leads to",
           l->LLVMCountIncoming(join));
    l->LLVMReplaceAllUsesWith(join, l->LLVMGetIncomingValue(join, 0));
    l->LLVMInstructionEraseFromParent(join);
  }
  l->LLVMInstructionEraseFromParent(l->LLVMGetBasicBlockTerminator(block));
  l->LLVMReplaceAllUsesWith(l->LLVMBasicBlockAsValue(from), l->LLVMBasicBlockAsValue(block));
  l->LLVMPositionBuilderAtEnd(forward->build->builder, block);
  for (LLVMValueRef insn; (insn = l->LLVMGetFirstInstruction(from));) {
    l->LLVMInstructionRemoveFromParent(insn);
    l->LLVMInsertIntoBuilder(forward->build->builder, insn);
  }
  forget_block(forward, from);
  l->LLVMDeleteBasicBlock(from);
}

static void enter(struct forward *forward, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = forward->l;
  uint32_t count = forward->count;
  LLVMValueRef insn = l->LLVMGetFirstInstruction(block);
  for (LLVMBasicBlockRef next = block; next; next = follower(forward, block)) {
    if (next != block) {
      LLVMValueRef last = l->LLVMGetPreviousInstruction(l->LLVMGetBasicBlockTerminator(block));
      append(forward, block, next);
      insn = last ? l->LLVMGetNextInstruction(last) : l->LLVMGetFirstInstruction(block);
    }
    for (LLVMValueRef on; insn; insn = on) {
      on = l->LLVMGetNextInstruction(insn);
      look_at(forward, insn);
    }
    decide(forward, block);
  }
  uint32_t ways = l->LLVMGetNumSuccessors(l->LLVMGetBasicBlockTerminator(block));
  forward->steps[forward->depth++] = (struct step){.block = block, .ways = ways, .count = count};
}

// Control comes to a block by several ways, or back to it.
static void add_join(struct forward *forward, LLVMBasicBlockRef block) {
  for (uint32_t i = 0; i < forward->join_count; i++)
    if (forward->joins[i] == block) return;
  ASSERT(forward->join_count < forward->block_count, "hot.I4: more than %u blocks are joins", forward->block_count);
  forward->joins[forward->join_count++] = block;
}

// From a block to all that come from it alone.
static void follow(struct forward *forward, LLVMBasicBlockRef first) {
  const struct hot_llvm *l = forward->l;
  forward->first = first;
  enter(forward, first);
  while (forward->depth) {
    struct step *step = &forward->steps[forward->depth - 1];
    if (!step->ways) {
      forget(forward, step->count);
      forward->depth--;
      continue;
    }
    LLVMBasicBlockRef next = l->LLVMGetSuccessor(l->LLVMGetBasicBlockTerminator(step->block), --step->ways);
    if (next != first && hot_ir_only_way(l, next) == step->block)
      enter(forward, next);
    else
      add_join(forward, next);
  }
}

// Variables that are only stored to go.
static void remove_unread(const struct forward *forward, LLVMBasicBlockRef entry) {
  const struct hot_llvm *l = forward->l;
  for (LLVMValueRef insn = l->LLVMGetFirstInstruction(entry), on; insn; insn = on) {
    on = l->LLVMGetNextInstruction(insn);
    if (l->LLVMGetInstructionOpcode(insn) != LLVMAlloca) continue;
    bool is_read = false;
    for (LLVMUseRef use = l->LLVMGetFirstUse(insn); use && !is_read; use = l->LLVMGetNextUse(use)) {
      LLVMValueRef user = l->LLVMGetUser(use);
      is_read = l->LLVMGetInstructionOpcode(user) != LLVMStore || l->LLVMGetOperand(user, 0) == insn;
    }
    if (is_read) continue;
    for (LLVMUseRef use; (use = l->LLVMGetFirstUse(insn));) {
      LLVMValueRef store = l->LLVMGetUser(use);
      if (store == on) on = l->LLVMGetNextInstruction(store);
      l->LLVMInstructionEraseFromParent(store);
    }
    l->LLVMInstructionEraseFromParent(insn);
  }
}

// What is computed for nobody, the last of it first.
static void sweep(const struct forward *forward, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = forward->l;
  for (LLVMValueRef insn = l->LLVMGetBasicBlockTerminator(block), before; insn; insn = before) {
    before = l->LLVMGetPreviousInstruction(insn);
    if (is_idle(l, insn)) l->LLVMInstructionEraseFromParent(insn);
  }
}

// The variables of a function are known of in all of it, what they hold in no block but those behind the first. Blocks
// that nothing leads to are not looked at: in a loop of such, what is before a block may be behind it as well.
static void forward_function(struct forward *forward, LLVMValueRef function) {
  const struct hot_llvm *l = forward->l;
  LLVMBasicBlockRef entry = l->LLVMGetEntryBasicBlock(function);
  for (LLVMValueRef insn = l->LLVMGetFirstInstruction(entry); insn; insn = l->LLVMGetNextInstruction(insn))
    if (l->LLVMGetInstructionOpcode(insn) == LLVMAlloca) look_at(forward, insn);
  uint32_t variables = forward->count;
  forward->join_count = 0;
  add_join(forward, entry);
  for (uint32_t i = 0; i < forward->join_count; i++)
    if (forward->joins[i]) follow(forward, forward->joins[i]);
  ASSERT(forward->count == variables, "hot.I4: %u variables are known of, then %u", variables, forward->count);
  forget(forward, 0);
  remove_unread(forward, entry);
  for (LLVMBasicBlockRef block = entry; block; block = l->LLVMGetNextBasicBlock(block)) sweep(forward, block);
}

// For each instruction two entries, as variables are met twice, and for each operand of a call one.
static bool reserve(struct forward *forward, struct hot_build *build, LLVMValueRef function) {
  const struct hot_llvm *l = forward->l;
  forward->room = 0;
  for (LLVMBasicBlockRef b = l->LLVMGetFirstBasicBlock(function); b; b = l->LLVMGetNextBasicBlock(b))
    for (LLVMValueRef insn = l->LLVMGetFirstInstruction(b); insn; insn = l->LLVMGetNextInstruction(insn))
      forward->room += l->LLVMIsACallInst(insn) ? l->LLVMGetNumArgOperands(insn) : 2;
  forward->block_count = l->LLVMCountBasicBlocks(function);
  forward->known = arena_alloc(&build->plan->memory, forward->room * sizeof *forward->known);
  forward->steps = arena_alloc(&build->plan->memory, forward->block_count * sizeof *forward->steps);
  forward->joins = arena_alloc(&build->plan->memory, forward->block_count * sizeof(LLVMBasicBlockRef));
  return forward->known && forward->steps && forward->joins;
}

bool hot_forward_run(struct hot_build *build) {
  struct forward forward = {.build = build, .l = build->l};
  for (const struct hot_entry *entry = build->entries; entry; entry = entry->next) {
    if (!reserve(&forward, build, entry->function)) return false;
    forward_function(&forward, entry->function);
  }
  return true;
}
