// SPDX-License-Identifier: MIT
//
// pcode_stack.c: simulates the operand stack of a block's code, to know three things: that no instruction finds too
// little on it; where the evaluation of a call's first argument begins; and which addresses are only used to load or
// store the variable they are of. A variable whose every address is so used is a local of the substrate; every other
// one keeps its cell in the store. An address that was passed on may lead to any cell from its own to the block's last.
#include "pcode_flow.h"

#include <string.h>

#define DEPTH_MAX 16000
#define WORDS_MAX 10000              // of one ValV or AffV
#define REACH_MAX (INT64_C(1) << 40) // more than an activation has cells

// One word of the simulated stack.
struct entry {
  int32_t producer; // the instruction that pushed the address it is, or is computed from; MVP_NOBODY
  int32_t start;    // where its evaluation begins; MVP_NOBODY when that is in another basic block
  int64_t reach;    // how many cells behind its own the address may lead to
  bool changed;     // it is not the producer's address itself
};

struct walk {
  struct mvp_flow *flow;
  struct mvp_block *block;
  struct entry *stack;
  int32_t depth;
  uint32_t *to_do; // indices of steps that begin a basic block
  uint32_t to_do_count;
};

static enum loam_err refuse_depth(const struct walk *walk, const struct mvp_step *step, int32_t wanted) {
  return pcode_mvp_flow_refuse(walk->flow, step->insn.line, "expected %d words on the stack before %s, found %d",
                               wanted, mvp_ops[step->insn.op].name, walk->depth);
}

// ---- cells that need the store -------------------------------------------------------------------------------------

// Marks the cells an address may lead to: from the variable's own, `reach` more; -1: any.
static void keep_cells(const struct walk *walk, int32_t producer, int64_t reach) {
  ASSERT(producer >= 0 && (uint32_t)producer < walk->block->step_count, "pcode.I9: step %d of %u pushed an address",
         producer, walk->block->step_count);
  const struct mvp_insn *insn = &walk->block->steps[producer].insn;
  if (insn->op == MVP_ADRP) return; // what a variable parameter holds was marked where it was passed
  struct mvp_block *owner = pcode_mvp_block_out(walk->block, pcode_mvp_insn_levels(insn));
  ASSERT(owner, "pcode.I9: the instruction at %u pushed an address of no block", insn->address);
  int64_t first = pcode_mvp_insn_displacement(insn), last = 3 + (int64_t)owner->vars - 1;
  if (reach >= 0 && first + reach < last) last = first + reach;
  for (int64_t d = first; d <= last; d++) {
    int64_t cell = pcode_mvp_block_cell(owner, d);
    ASSERT(cell < pcode_mvp_block_cells(owner), "pcode.I5: cell %lld of a block of %lld", (long long)cell,
           (long long)pcode_mvp_block_cells(owner));
    if (cell >= 0) owner->in_store[cell] = true;
  }
}

static void keep_entry(const struct walk *walk, const struct entry *entry) {
  if (entry->producer != MVP_NOBODY) keep_cells(walk, entry->producer, -1);
}

// ---- one instruction -----------------------------------------------------------------------------------------------

static enum loam_err push(struct walk *walk, const struct mvp_step *step, struct entry entry) {
  if (walk->depth == DEPTH_MAX)
    return pcode_mvp_flow_refuse(walk->flow, step->insn.line, "expected at most %d words on the stack", DEPTH_MAX);
  walk->stack[walk->depth++] = entry;
  return LOAM_OK;
}

// An instruction loads or stores `count` words at the address in `entry`.
static void use_address(const struct walk *walk, uint32_t index, const struct entry *entry, int64_t count) {
  if (entry->producer == MVP_NOBODY) return;
  struct mvp_step *producer = &walk->block->steps[entry->producer];
  ASSERT((uint32_t)entry->producer < walk->block->step_count, "pcode.I9: step %d of %u pushed an address",
         entry->producer, walk->block->step_count);
  if (count == 1 && !entry->changed && pcode_mvp_insn_levels(&producer->insn) == 0 && producer->insn.op != MVP_ADRP) {
    producer->used_by = (int32_t)index;
    walk->block->steps[index].address_from = entry->producer;
  } else {
    keep_cells(walk, entry->producer, entry->reach + count - 1);
  }
}

static enum loam_err check_variable(const struct walk *walk, const struct mvp_insn *insn) {
  int64_t levels = pcode_mvp_insn_levels(insn);
  if (levels < 0) return LOAM_OK;
  struct mvp_block *owner = pcode_mvp_block_out(walk->block, levels);
  if (!owner)
    return pcode_mvp_flow_refuse(walk->flow, insn->line, "expected from 0 to %u levels out, found %lld",
                                 walk->block->level - 1, (long long)levels);
  int64_t cell = pcode_mvp_block_cell(owner, pcode_mvp_insn_displacement(insn));
  if (cell < 0)
    return pcode_mvp_flow_refuse(walk->flow, insn->line,
                                 "expected a displacement from 3 to %u or from -%d to -1, found %lld", owner->vars + 2,
                                 owner->params, (long long)pcode_mvp_insn_displacement(insn));
  if (owner != walk->block) owner->in_store[cell] = true;
  return LOAM_OK;
}

// The address may lead to `cells` more. Beyond every activation it need not be exact.
static void extend(struct entry *address, int64_t cells) {
  address->changed = true;
  address->reach = cells > REACH_MAX - address->reach ? REACH_MAX : address->reach + cells;
}

static enum loam_err follow_index(struct walk *walk, const struct mvp_step *step) {
  int64_t low = step->insn.operands[0], high = step->insn.operands[1], size = step->insn.operands[2];
  if (low > high || size < 1)
    return pcode_mvp_flow_refuse(walk->flow, step->insn.line,
                                 "expected bounds in order and elements of a word or more");
  if (walk->depth < 2) return refuse_depth(walk, step, 2);
  keep_entry(walk, &walk->stack[--walk->depth]);
  extend(&walk->stack[walk->depth - 1], (high - low + 1) * size - 1); // of 32 bits each
  return LOAM_OK;
}

static enum loam_err follow_field(struct walk *walk, const struct mvp_step *step) {
  if (walk->depth < 1) return refuse_depth(walk, step, 1);
  if (step->insn.operands[0] < 0)
    return pcode_mvp_flow_refuse(walk->flow, step->insn.line, "expected a displacement in a record, found %lld",
                                 (long long)step->insn.operands[0]);
  extend(&walk->stack[walk->depth - 1], step->insn.operands[0]);
  return LOAM_OK;
}

static int64_t word_count(const struct mvp_insn *insn) {
  return insn->op == MVP_VALV || insn->op == MVP_AFFV ? insn->operands[0] : 1;
}

static enum loam_err follow_load(struct walk *walk, uint32_t index) {
  struct mvp_step *step = &walk->block->steps[index];
  int64_t count = word_count(&step->insn);
  if (walk->depth < 1) return refuse_depth(walk, step, 1);
  if (count < 1 || count > WORDS_MAX)
    return pcode_mvp_flow_refuse(walk->flow, step->insn.line, "expected from 1 to %d words, found %lld", WORDS_MAX,
                                 (long long)count);
  struct entry address = walk->stack[--walk->depth];
  use_address(walk, index, &address, count);
  enum loam_err kind = LOAM_OK;
  while (count-- && kind == LOAM_OK) kind = push(walk, step, (struct entry){MVP_NOBODY, address.start, 0, false});
  return kind;
}

static enum loam_err follow_store(struct walk *walk, uint32_t index) {
  struct mvp_step *step = &walk->block->steps[index];
  int64_t count = step->insn.op == MVP_LIRE ? 0 : word_count(&step->insn);
  if (count < 0 || count > WORDS_MAX)
    return pcode_mvp_flow_refuse(walk->flow, step->insn.line, "expected from 1 to %d words, found %lld", WORDS_MAX,
                                 (long long)count);
  if (walk->depth < count + 1) return refuse_depth(walk, step, (int32_t)count + 1);
  for (int64_t i = 0; i < count; i++) keep_entry(walk, &walk->stack[--walk->depth]);
  use_address(walk, index, &walk->stack[--walk->depth], count ? count : 1);
  return LOAM_OK;
}

static enum loam_err follow_call(struct walk *walk, uint32_t index) {
  struct mvp_step *step = &walk->block->steps[index];
  int32_t count = step->callee->params;
  ASSERT(count >= 0, "pcode.I9: the procedure at %u takes %d words", step->callee->start, count);
  if (walk->depth < count) return refuse_depth(walk, step, count);
  for (int32_t i = 0; i < count; i++) keep_entry(walk, &walk->stack[walk->depth - 1 - i]);
  walk->depth -= count;
  step->arguments_from = count ? walk->stack[walk->depth].start : (int32_t)index;
  if (step->arguments_from == MVP_NOBODY)
    return pcode_mvp_flow_refuse(walk->flow, step->insn.line, "expected parameters that are computed without a jump");
  walk->block->steps[step->arguments_from].call_before = true;
  return LOAM_OK;
}

// Instructions that take words and leave one, or none.
static enum loam_err follow_plain(struct walk *walk, uint32_t index) {
  struct mvp_step *step = &walk->block->steps[index];
  enum mvp_op op = step->insn.op;
  int32_t takes = op >= MVP_ADD && op <= MVP_CNPP ? 2 : op == MVP_FIN || op == MVP_FINP || op == MVP_BR ? 0 : 1;
  bool pushes = pcode_mvp_insn_levels(&step->insn) >= 0 || op == MVP_CNST;
  bool is_address = op == MVP_ADRV || op == MVP_ADRL || op == MVP_ADRG || op == MVP_ADRP;
  struct entry made = {is_address ? (int32_t)index : MVP_NOBODY, (int32_t)index, 0, false};
  if (pushes) return push(walk, step, made);
  if (walk->depth < takes) return refuse_depth(walk, step, takes);
  for (int32_t i = 0; i < takes; i++) {
    keep_entry(walk, &walk->stack[--walk->depth]);
    made.start = walk->stack[walk->depth].start;
  }
  bool leaves = (op >= MVP_ADD && op <= MVP_CNPP) || op == MVP_NEG || op == MVP_INVS;
  return leaves ? push(walk, step, made) : LOAM_OK;
}

static enum loam_err follow_step(struct walk *walk, uint32_t index) {
  const struct mvp_step *step = &walk->block->steps[index];
  enum loam_err kind = check_variable(walk, &step->insn);
  if (kind != LOAM_OK) return kind;
  switch (step->insn.op) {
  case MVP_ADRI: return follow_index(walk, step);
  case MVP_ADRC: return follow_field(walk, step);
  case MVP_VALV:
  case MVP_VAL1: return follow_load(walk, index);
  case MVP_AFFV:
  case MVP_AFF1:
  case MVP_LIRE: return follow_store(walk, index);
  case MVP_APL:
  case MVP_APLG: return follow_call(walk, index);
  default: return follow_plain(walk, index);
  }
}

// ---- basic blocks --------------------------------------------------------------------------------------------------

// Control may go on at a step with this stack. What is on it there comes from more than one place.
static enum loam_err meet(struct walk *walk, const struct mvp_step *from, uint32_t index) {
  struct mvp_step *to = &walk->block->steps[index];
  for (int32_t i = 0; i < walk->depth; i++) keep_entry(walk, &walk->stack[i]);
  if (to->depth >= 0 && to->depth != walk->depth)
    return pcode_mvp_flow_refuse(walk->flow, from->insn.line,
                                 "expected %d words on the stack where %s at %u leads, found %d", to->depth,
                                 mvp_ops[from->insn.op].name, from->insn.address, walk->depth);
  ASSERT(index < walk->block->step_count && walk->to_do_count < walk->block->step_count,
         "pcode.I9: step %u of %u waits, with %u others", index, walk->block->step_count, walk->to_do_count);
  if (to->depth < 0) walk->to_do[walk->to_do_count++] = index;
  to->depth = walk->depth;
  return LOAM_OK;
}

static uint32_t target_of(const struct walk *walk, const struct mvp_insn *insn) {
  return walk->flow->indices[(int64_t)insn->address + insn->operands[0]];
}

static enum loam_err follow_from(struct walk *walk, uint32_t index) {
  walk->depth = walk->block->steps[index].depth;
  ASSERT(walk->depth >= 0 && walk->depth <= DEPTH_MAX, "pcode.I9: step %u of the block at %u is reached with %d words",
         index, walk->block->start, walk->depth);
  for (int32_t i = 0; i < walk->depth; i++) walk->stack[i] = (struct entry){MVP_NOBODY, MVP_NOBODY, 0, false};
  for (;; index++) {
    ASSERT(index < walk->block->step_count, "pcode.I9: control runs behind the %u steps of the block at %u",
           walk->block->step_count, walk->block->start);
    struct mvp_step *step = &walk->block->steps[index];
    const struct mvp_insn *insn = &step->insn;
    step->depth = walk->depth;
    enum loam_err kind = follow_step(walk, index);
    if (kind == LOAM_OK && pcode_mvp_insn_is_branch(insn)) kind = meet(walk, step, target_of(walk, insn));
    if (kind != LOAM_OK || insn->op == MVP_BR || insn->op == MVP_FIN || insn->op == MVP_FINP) return kind;
    if (step[1].joins || pcode_mvp_insn_is_branch(insn)) return meet(walk, step, index + 1);
  }
}

static enum loam_err follow_block(struct walk *walk) {
  struct mvp_block *block = walk->block;
  struct mvp_insn start;
  pcode_mvp_insn_decode(walk->flow->image, block->start, &start);
  for (uint32_t i = 0; i < block->step_count; i++)
    if (pcode_mvp_insn_is_branch(&block->steps[i].insn))
      block->steps[target_of(walk, &block->steps[i].insn)].joins = true;
  uint32_t first = walk->flow->indices[(int64_t)start.address + start.operands[2]];
  block->steps[first].depth = 0;
  walk->to_do[0] = first;
  walk->to_do_count = 1;
  enum loam_err kind = LOAM_OK;
  while (walk->to_do_count && kind == LOAM_OK) kind = follow_from(walk, walk->to_do[--walk->to_do_count]);
  return kind;
}

enum loam_err pcode_mvp_flow_follow(struct mvp_flow *flow) {
  struct walk walk = {.flow = flow};
  walk.stack = mem_alloc((DEPTH_MAX + 1) * sizeof *walk.stack);
  walk.to_do = mem_alloc((flow->image->count + 1) * sizeof *walk.to_do);
  enum loam_err kind = LOAM_OK;
  if (!walk.stack || !walk.to_do)
    kind = error_set(flow->err, LOAM_ERR_MEMORY, "%s: no memory to verify it", flow->source_name);
  for (walk.block = flow->blocks; walk.block && kind == LOAM_OK; walk.block = walk.block->next)
    kind = follow_block(&walk);
  mem_free(walk.stack);
  mem_free(walk.to_do);
  return kind;
}
