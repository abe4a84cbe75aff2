// SPDX-License-Identifier: MIT
//
// code_stack.c: how deep an operand stack gets. The code was verified, so each instruction has one depth, whatever path
// leads to it; unreachable ones have none and are passed over.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

// A walk over the instructions of a draft, in order. What only a branch backwards reaches is found in a further round,
// from there on.
struct depth_walk {
  const struct code_build *build;
  int32_t *depths;
  int64_t at, again; // the instruction at hand; the lowest one behind it that was reached, or -1
  int32_t deepest;
};

static inline void reach(struct depth_walk *walk, int64_t insn, int32_t depth) {
  ASSERT(insn >= 0, "code.I1: control goes to instruction %lld", (long long)insn);
  if (insn >= (int64_t)walk->build->draft->insn_count || walk->depths[insn] != DEPTH_UNKNOWN) {
    ASSERT(insn >= (int64_t)walk->build->draft->insn_count || walk->depths[insn] == depth,
           "code.I3: %d operands come to instruction %lld, where another path brings %d", depth, (long long)insn,
           walk->depths[insn]);
    return;
  }
  walk->depths[insn] = depth;
  if (depth > walk->deepest) walk->deepest = depth;
  if (insn < walk->at && (walk->again < 0 || insn < walk->again)) walk->again = insn;
}

static inline int32_t inputs_of(const struct code_op *facts, const struct insn *insn) {
  if (facts->variadic < 0) return facts->in_count;
  return facts->in_count - 1 + (int32_t)insn->imm[facts->variadic];
}

// An exception in a reached instruction brings one operand to its handlers. A handler of unreached code alone is not
// reached either: what it jumps to must not get its depth.
static void reach_handlers(struct depth_walk *walk, uint32_t at) {
  const struct code_draft *draft = walk->build->draft;
  for (uint32_t i = 0; i < draft->handler_count; i++)
    if (draft->handlers[i].start <= at && at < draft->handlers[i].end) reach(walk, draft->handlers[i].handler, 1);
}

static inline void step(struct depth_walk *walk, uint32_t at) {
  const struct insn *insn = &walk->build->draft->insns[at];
  const struct code_op *facts = &walk->build->space->op_facts[insn->op];
  int32_t depth = walk->depths[at] - inputs_of(facts, insn);
  if (walk->build->draft->handler_count) reach_handlers(walk, at);
  ASSERT(depth >= 0, "code.I3: instruction %u (%s) pops %d operands below the stack", at,
         op_name(&walk->build->ops->ops[insn->op]), -depth);
  depth += facts->out_count;
  if (facts->target >= 0) reach(walk, insn->imm[facts->target], depth);
  if (facts->falls_through) reach(walk, (int64_t)at + 1, depth);
}

void code_measure_stack(struct code_build *build) {
  uint32_t count = build->draft->insn_count;
  struct depth_walk walk = {.build = build, .depths = build->depths};
  for (uint32_t i = 0; i < count; i++) walk.depths[i] = DEPTH_UNKNOWN;
  reach(&walk, 0, 0);
  for (walk.again = 0; walk.again >= 0;) {
    walk.at = walk.again;
    for (walk.again = -1; walk.at < (int64_t)count; walk.at++)
      if (walk.depths[walk.at] != DEPTH_UNKNOWN) step(&walk, (uint32_t)walk.at);
  }
  build->operands_max = (uint32_t)walk.deepest + 1; // one more: a fused part may spill above what it takes
}
