// SPDX-License-Identifier: MIT
//
// hot_hoist.c: what a loop's first round tests is tested before the loop.
//
// In a loop over arrays most tests have the same outcome in each round: is this an array, is that the function which
// the cache names? LLVM takes a test out of a loop when it is not in danger of being made where it would not have been
// made, and a load when it is sure to be made. But there are tests between them whose outcome changes, and each leaves
// with values of its round.
//
// So the way through the first round is copied to before the loop, up to the last test that has the same outcome in all
// rounds. It computes, loads and tests the same as the first round will, leaves where that would, and leaves nothing
// behind: what is not needed for tests goes with LLVM's next pass. What the copy has tested and loaded LLVM finds to be
// known in all rounds. The way ends where something is written or called.
//
// Only loops that have no loops in them are looked at.
#define LOAM_HOT_MODULE
#include "hot/hot_hoist.h"

#include "hot/hot_dominator.h"

#define BLOCKS_MAX 64  // that are copied
#define COPIES_MAX 300 // instructions
#define LEAVING_MAX 6  // branches on a way out

// A block that is copied.
struct step {
  LLVMBasicBlockRef block, copy;
  unsigned end; // of its instructions among `copies`
};

struct copy {
  LLVMValueRef insn, copy;
  bool varies; // from round to round, perhaps
};

struct hoist {
  const struct hot_llvm *l;
  struct hot_build *build;
  LLVMValueRef hot_leave, assume;
  unsigned memory; // the attribute
  struct hot_dominators dominators;
  bool *inside;  // the loop, by number of block
  bool writes;   // does it store or call something?
  bool *is_head; // of a loop
  LLVMBasicBlockRef before, head;
  LLVMBasicBlockRef in; // from the copy to the head
  struct step steps[BLOCKS_MAX];
  struct copy copies[COPIES_MAX]; // joins of the head first
  unsigned step_count, copy_count;
};

// ---- the loop ------------------------------------------------------------------------------------------------------

static bool is_inside(const struct hoist *hoist, LLVMBasicBlockRef block) {
  uint32_t number = hot_dominators_number(&hoist->dominators, block);
  return number != HOT_DOMINATOR_NONE && hoist->inside[number];
}

// Marks what leads to a block of the loop.
static void mark(struct hoist *hoist, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = hoist->l;
  uint32_t number = hot_dominators_number(&hoist->dominators, block);
  if (number == HOT_DOMINATOR_NONE || hoist->inside[number]) return;
  hoist->inside[number] = true;
  for (LLVMUseRef use = l->LLVMGetFirstUse(l->LLVMBasicBlockAsValue(block)); use; use = l->LLVMGetNextUse(use))
    mark(hoist, l->LLVMGetInstructionParent(l->LLVMGetUser(use)));
}

// Does control come to a block from one that it leads to? Such a block comes behind it in the order.
static bool is_way_back(const struct hoist *hoist, LLVMBasicBlockRef from, uint32_t head) {
  uint32_t number = hot_dominators_number(&hoist->dominators, from);
  return number != HOT_DOMINATOR_NONE && number >= head && hot_dominates(&hoist->dominators, head, number);
}

// Finds the loop of a head: its blocks, and the one before it, which leads nowhere else. False: there is none, or it
// has loops in it.
static bool find_loop(struct hoist *hoist, uint32_t head) {
  const struct hot_llvm *l = hoist->l;
  hoist->head = hoist->dominators.blocks[head].block;
  hoist->before = NULL;
  for (uint32_t i = 0; i < hoist->dominators.count; i++) hoist->inside[i] = false;
  hoist->inside[head] = true;
  LLVMUseRef use = l->LLVMGetFirstUse(l->LLVMBasicBlockAsValue(hoist->head));
  for (; use; use = l->LLVMGetNextUse(use)) {
    LLVMBasicBlockRef from = l->LLVMGetInstructionParent(l->LLVMGetUser(use));
    if (is_way_back(hoist, from, head)) {
      mark(hoist, from);
    } else {
      if (hoist->before || !hot_ir_only_way_on(l, from)) return false;
      hoist->before = from;
    }
  }
  for (uint32_t i = head + 1; i < hoist->dominators.count; i++)
    if (hoist->inside[i] && hoist->is_head[i]) return false;
  ASSERT(!hoist->before || !is_inside(hoist, hoist->before), "the block before a loop is in it");
  return hoist->before != NULL;
}

static void find_heads(struct hoist *hoist) {
  const struct hot_llvm *l = hoist->l;
  for (uint32_t i = 0; i < hoist->dominators.count; i++) {
    LLVMUseRef use = l->LLVMGetFirstUse(l->LLVMBasicBlockAsValue(hoist->dominators.blocks[i].block));
    hoist->is_head[i] = false;
    for (; use; use = l->LLVMGetNextUse(use))
      hoist->is_head[i] |= is_way_back(hoist, l->LLVMGetInstructionParent(l->LLVMGetUser(use)), i);
  }
}

// Does it neither read nor write, as LLVM's own functions that compute something?
static bool only_computes(const struct hoist *hoist, LLVMValueRef call) {
  const struct hot_llvm *l = hoist->l;
  LLVMValueRef callee = l->LLVMGetCalledValue(call);
  if (!l->LLVMIsAFunction(callee)) return false;
  LLVMAttributeRef memory =
      l->LLVMGetEnumAttributeAtIndex(callee, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, hoist->memory);
  return memory && l->LLVMGetEnumAttributeValue(memory) == 0;
}

static bool is_assumption(const struct hoist *hoist, LLVMValueRef insn) {
  return hoist->assume && hoist->l->LLVMIsACallInst(insn) && hoist->l->LLVMGetCalledValue(insn) == hoist->assume;
}

static bool block_writes(const struct hoist *hoist, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = hoist->l;
  for (LLVMValueRef insn = l->LLVMGetFirstInstruction(block); insn; insn = l->LLVMGetNextInstruction(insn)) {
    if (l->LLVMGetInstructionOpcode(insn) == LLVMStore) return true;
    if (!l->LLVMIsACallInst(insn) || is_assumption(hoist, insn) || only_computes(hoist, insn)) continue;
    LLVMValueRef callee = l->LLVMGetCalledValue(insn);
    if (l->LLVMIsConstant(callee) || l->LLVMIsAInstruction(callee)) return true; // but for a poll, which is assembler
  }
  return false;
}

// ---- the way through it --------------------------------------------------------------------------------------------

static struct copy *copy_of(struct hoist *hoist, LLVMValueRef value) {
  if (!hoist->l->LLVMIsAInstruction(value)) return NULL;
  for (unsigned i = hoist->copy_count; i-- > 0;)
    if (hoist->copies[i].insn == value) return &hoist->copies[i];
  return NULL;
}

static bool varies(struct hoist *hoist, LLVMValueRef value) {
  const struct copy *copy = copy_of(hoist, value);
  return copy && copy->varies;
}

static bool operands_vary(struct hoist *hoist, LLVMValueRef insn) {
  for (int i = 0; i < hoist->l->LLVMGetNumOperands(insn); i++)
    if (varies(hoist, hoist->l->LLVMGetOperand(insn, (unsigned)i))) return true;
  return false;
}

// May an instruction be done once more, where nothing has happened since?
static bool is_repeatable(const struct hoist *hoist, LLVMValueRef insn) {
  switch (hoist->l->LLVMGetInstructionOpcode(insn)) {
  case LLVMCall: return only_computes(hoist, insn);
  case LLVMStore:
  case LLVMPHI:
  case LLVMAlloca:
  case LLVMFence:
  case LLVMAtomicCmpXchg:
  case LLVMAtomicRMW: return false;
  default: return true;
  }
}

// Adds a block's instructions. False: one of them ends the way. `loads` is set if one loads the same in all rounds.
static bool add_instructions(struct hoist *hoist, LLVMBasicBlockRef block, bool *loads) {
  const struct hot_llvm *l = hoist->l;
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block), insn = hot_ir_first_behind_joins(l, block);
  for (; insn != end; insn = l->LLVMGetNextInstruction(insn)) {
    if (is_assumption(hoist, insn)) continue;
    if (!is_repeatable(hoist, insn) || hoist->copy_count == COPIES_MAX) return false;
    bool is_load = l->LLVMGetInstructionOpcode(insn) == LLVMLoad;
    bool varying = operands_vary(hoist, insn) || (is_load && hoist->writes);
    *loads |= is_load && !varying;
    hoist->copies[hoist->copy_count++] = (struct copy){.insn = insn, .varies = varying};
  }
  return true;
}

// The test in which a block ends: one way stays in the loop, the other one leaves. NULL: it ends in something else.
static LLVMValueRef test_of(const struct hoist *hoist, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = hoist->l;
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
  if (l->LLVMGetNumSuccessors(end) != 2) return NULL;
  LLVMBasicBlockRef yes = l->LLVMGetSuccessor(end, 0), no = l->LLVMGetSuccessor(end, 1);
  if (is_inside(hoist, yes) == is_inside(hoist, no)) return NULL;
  return hot_ir_leaves(l, hoist->hot_leave, is_inside(hoist, yes) ? no : yes, LEAVING_MAX) ? end : NULL;
}

// How many of a block's ways stay in the loop. -1: one goes back to the head, or it ends in no branch.
static int count_ways_on(const struct hoist *hoist, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = hoist->l;
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(block);
  if (l->LLVMGetInstructionOpcode(end) != LLVMBr) return -1;
  int count = 0;
  for (unsigned i = 0; i < l->LLVMGetNumSuccessors(end); i++) {
    LLVMBasicBlockRef to = l->LLVMGetSuccessor(end, i);
    if (to == hoist->head) return -1;
    count += is_inside(hoist, to);
  }
  return count;
}

// How many ways lead to a block from others of the loop. -1: one comes from behind it. So it is where a loop has
// several places to enter it, which has no head.
static int count_ways_in(const struct hoist *hoist, uint32_t number) {
  const struct hot_llvm *l = hoist->l;
  int count = 0;
  LLVMUseRef use = l->LLVMGetFirstUse(l->LLVMBasicBlockAsValue(hoist->dominators.blocks[number].block));
  for (; use; use = l->LLVMGetNextUse(use)) {
    LLVMBasicBlockRef from = l->LLVMGetInstructionParent(l->LLVMGetUser(use));
    if (!is_inside(hoist, from)) continue;
    if (hot_dominators_number(&hoist->dominators, from) >= number) return -1;
    count++;
  }
  return count;
}

// Does a user have the value in the loop, or on a way out of it?
static bool is_used_inside(const struct hoist *hoist, LLVMValueRef value, LLVMValueRef user) {
  const struct hot_llvm *l = hoist->l;
  if (!l->LLVMIsAPHINode(user)) return is_inside(hoist, l->LLVMGetInstructionParent(user));
  for (unsigned i = 0; i < l->LLVMCountIncoming(user); i++)
    if (l->LLVMGetIncomingValue(user, i) == value && !is_inside(hoist, l->LLVMGetIncomingBlock(user, i))) return false;
  return true;
}

// Does what is computed on the way come out of the loop by joins, where ways lead out? Behind these the copy's value
// may be the one that counts.
static bool comes_out_by_joins(const struct hoist *hoist, LLVMValueRef insn) {
  const struct hot_llvm *l = hoist->l;
  for (LLVMUseRef use = l->LLVMGetFirstUse(insn); use; use = l->LLVMGetNextUse(use))
    if (!is_used_inside(hoist, insn, l->LLVMGetUser(use))) return false;
  return true;
}

static bool add_joins(struct hoist *hoist, LLVMBasicBlockRef block) {
  const struct hot_llvm *l = hoist->l;
  LLVMValueRef join = l->LLVMGetFirstInstruction(block);
  for (; l->LLVMIsAPHINode(join); join = l->LLVMGetNextInstruction(join)) {
    if (hoist->copy_count == COPIES_MAX) return false;
    hoist->copies[hoist->copy_count++] = (struct copy){.insn = join, .varies = true};
  }
  return true;
}

// Finds the blocks up to the last test that has the same outcome in all rounds, and that each way through the first
// round comes to: where no way from a block before it leads past it. Gives back how many.
static unsigned find_way(struct hoist *hoist) {
  const struct hot_dominators *d = &hoist->dominators;
  unsigned useful = 0;
  int open = 0; // ways from blocks that were found to others
  hoist->step_count = hoist->copy_count = 0;
  hoist->writes = false;
  for (uint32_t i = 0; i < d->count; i++) hoist->writes |= hoist->inside[i] && block_writes(hoist, d->blocks[i].block);
  for (uint32_t i = hot_dominators_number(d, hoist->head); i < d->count && hoist->step_count < BLOCKS_MAX; i++) {
    if (!hoist->inside[i]) continue;
    LLVMBasicBlockRef block = d->blocks[i].block;
    int in = block == hoist->head ? 0 : count_ways_in(hoist, i);
    bool useful_here = false;
    if (in < 0 || !add_joins(hoist, block)) break;
    open -= in;
    if (!add_instructions(hoist, block, &useful_here)) break;
    int on = count_ways_on(hoist, block);
    if (on < 0) break;
    hoist->steps[hoist->step_count++] = (struct step){.block = block, .end = hoist->copy_count};
    LLVMValueRef test = open == 0 ? test_of(hoist, block) : NULL;
    useful_here |= test && !varies(hoist, hoist->l->LLVMGetCondition(test));
    if (open == 0 && useful_here) useful = hoist->step_count;
    open += on;
  }
  for (unsigned i = 0; useful && i < hoist->steps[useful - 1].end; i++)
    if (!comes_out_by_joins(hoist, hoist->copies[i].insn)) return 0;
  return useful;
}

// ---- the copy ------------------------------------------------------------------------------------------------------

static LLVMValueRef value_before(struct hoist *hoist, LLVMValueRef value) {
  const struct copy *copy = copy_of(hoist, value);
  return copy ? copy->copy : value;
}

// Control comes to a block from `from`, too, with what comes from `like`.
static void add_way(struct hoist *hoist, LLVMBasicBlockRef block, LLVMBasicBlockRef like, LLVMBasicBlockRef from) {
  const struct hot_llvm *l = hoist->l;
  LLVMValueRef join = l->LLVMGetFirstInstruction(block);
  for (; l->LLVMIsAPHINode(join); join = l->LLVMGetNextInstruction(join)) {
    unsigned i = 0, count = l->LLVMCountIncoming(join);
    while (i < count && l->LLVMGetIncomingBlock(join, i) != like) i++;
    ASSERT(i < count, "of %u ways to a join, none comes from the block that was copied", count);
    LLVMValueRef value = value_before(hoist, l->LLVMGetIncomingValue(join, i));
    l->LLVMAddIncoming(join, &value, &from, 1);
  }
}

static LLVMBasicBlockRef block_before(const struct hoist *hoist, LLVMBasicBlockRef block) {
  for (unsigned i = 0; i < hoist->step_count; i++)
    if (hoist->steps[i].block == block) return hoist->steps[i].copy;
  return NULL;
}

static LLVMValueRef copy_join(struct hoist *hoist, LLVMValueRef join) {
  const struct hot_llvm *l = hoist->l;
  LLVMBasicBlockRef block = l->LLVMGetInstructionParent(join);
  LLVMValueRef made = NULL;
  if (block != hoist->head) made = l->LLVMBuildPhi(hoist->build->builder, l->LLVMTypeOf(join), "");
  for (unsigned i = 0; i < l->LLVMCountIncoming(join); i++) {
    LLVMBasicBlockRef from = l->LLVMGetIncomingBlock(join, i);
    LLVMValueRef value = l->LLVMGetIncomingValue(join, i);
    if (!made && from == hoist->in) return value;
    if (!made) continue;
    value = value_before(hoist, value);
    from = block_before(hoist, from);
    ASSERT(from, "a join is copied, and not the block of its way %u", i);
    l->LLVMAddIncoming(made, &value, &from, 1);
  }
  ASSERT(made, "nothing comes to a join of the loop's head from before it");
  return made;
}

static LLVMValueRef copy_instruction(struct hoist *hoist, LLVMValueRef insn) {
  const struct hot_llvm *l = hoist->l;
  if (l->LLVMIsAPHINode(insn)) return copy_join(hoist, insn);
  LLVMValueRef made = l->LLVMInstructionClone(insn);
  for (int i = 0; i < l->LLVMGetNumOperands(insn); i++)
    l->LLVMSetOperand(made, (unsigned)i, value_before(hoist, l->LLVMGetOperand(insn, (unsigned)i)));
  l->LLVMInsertIntoBuilder(hoist->build->builder, made);
  return made;
}

// Where the copy of a block goes for a way of the block's: behind the last one it goes to the head.
static LLVMBasicBlockRef target_of(struct hoist *hoist, const struct step *step, LLVMBasicBlockRef to) {
  LLVMBasicBlockRef copy = block_before(hoist, to);
  if (copy) return copy;
  if (is_inside(hoist, to)) return hoist->in;
  add_way(hoist, to, step->block, step->copy);
  return to;
}

static void copy_end(struct hoist *hoist, const struct step *step) {
  const struct hot_llvm *l = hoist->l;
  LLVMBuilderRef builder = hoist->build->builder;
  LLVMValueRef end = l->LLVMGetBasicBlockTerminator(step->block);
  LLVMBasicBlockRef first = target_of(hoist, step, l->LLVMGetSuccessor(end, 0));
  if (l->LLVMGetNumSuccessors(end) == 1) {
    l->LLVMBuildBr(builder, first);
    return;
  }
  ASSERT(l->LLVMGetNumSuccessors(end) == 2, "a block with %u ways on is copied", l->LLVMGetNumSuccessors(end));
  LLVMValueRef condition = value_before(hoist, l->LLVMGetCondition(end));
  LLVMValueRef branch =
      l->LLVMBuildCondBr(builder, condition, first, target_of(hoist, step, l->LLVMGetSuccessor(end, 1)));
  LLVMValueRef weights = l->LLVMGetMetadata(end, hoist->build->likely_kind);
  if (weights) l->LLVMSetMetadata(branch, hoist->build->likely_kind, weights);
}

// Puts a block of its own before the head.
static void make_way_in(struct hoist *hoist) {
  const struct hot_llvm *l = hoist->l;
  hoist->in = l->LLVMInsertBasicBlockInContext(hoist->build->compiler->context, hoist->head, "");
  l->LLVMPositionBuilderAtEnd(hoist->build->builder, hoist->in);
  l->LLVMBuildBr(hoist->build->builder, hoist->head);
  hot_ir_move_incoming(hoist->build, hoist->head, hoist->before, hoist->in, false);
  LLVMValueRef join = l->LLVMGetFirstInstruction(hoist->head);
  for (unsigned i = 0; l->LLVMIsAPHINode(join); join = l->LLVMGetNextInstruction(join)) hoist->copies[i++].insn = join;
}

static void copy_way(struct hoist *hoist, unsigned steps) {
  const struct hot_llvm *l = hoist->l;
  unsigned done = 0;
  ASSERT(steps && steps <= hoist->step_count, "%u of %u blocks are copied", steps, hoist->step_count);
  make_way_in(hoist);
  hoist->step_count = steps;
  for (unsigned s = 0; s < steps; s++)
    hoist->steps[s].copy = l->LLVMInsertBasicBlockInContext(hoist->build->compiler->context, hoist->in, "");
  l->LLVMSetSuccessor(l->LLVMGetBasicBlockTerminator(hoist->before), 0, hoist->steps[0].copy);
  for (unsigned s = 0; s < steps; s++) {
    const struct step *step = &hoist->steps[s];
    l->LLVMPositionBuilderAtEnd(hoist->build->builder, step->copy);
    for (; done < step->end; done++) hoist->copies[done].copy = copy_instruction(hoist, hoist->copies[done].insn);
    copy_end(hoist, step);
  }
}

// ---- all loops -----------------------------------------------------------------------------------------------------

// Copies lie before innermost loops and in none: what the dominators say of these stays true.
static void run_on(struct hoist *hoist, LLVMValueRef function) {
  struct arena *arena = &hoist->build->plan->memory;
  struct hot_dominators *d = &hoist->dominators;
  bool known = hot_dominators_init(d, hoist->l, arena, function);
  hoist->inside = known ? arena_alloc(arena, d->count * sizeof *hoist->inside) : NULL;
  hoist->is_head = known ? arena_alloc(arena, d->count * sizeof *hoist->is_head) : NULL;
  if (!hoist->inside || !hoist->is_head) {
    hoist->build->plan->failed = true;
    return;
  }
  find_heads(hoist);
  for (uint32_t i = 0; i < d->count; i++) {
    unsigned steps = hoist->is_head[i] && find_loop(hoist, i) ? find_way(hoist) : 0;
    if (steps) copy_way(hoist, steps);
  }
}

void hot_hoist_run(struct hot_build *build) {
  const struct hot_llvm *l = build->l;
  struct hoist *hoist = arena_alloc(&build->plan->memory, sizeof *hoist);
  if (!hoist) {
    build->plan->failed = true;
    return;
  }
  static const char name[] = "memory";
  hoist->l = l;
  hoist->build = build;
  hoist->memory = l->LLVMGetEnumAttributeKindForName(name, sizeof name - 1);
  hoist->hot_leave = l->LLVMGetNamedFunction(build->module, "hot_leave");
  hoist->assume = l->LLVMGetNamedFunction(build->module, "llvm.assume");
  if (!hoist->hot_leave) return;
  for (const struct hot_entry *entry = build->entries; entry; entry = entry->next) run_on(hoist, entry->function);
}
