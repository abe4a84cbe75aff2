// SPDX-License-Identifier: MIT
//
// code_stack.c: how deep an operand stack gets. The code was verified, so each instruction has one depth, whatever path
// leads to it; unreachable ones have none and are passed over.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

// A walk over the instructions of a draft that have a depth and were not looked at since they got it.
struct depth_walk {
  const struct code_build *build;
  int32_t *depths;
  uint32_t *pending;
  uint32_t pending_count;
  int32_t deepest;
};

static void reach(struct depth_walk *walk, int64_t insn, int32_t depth) {
  if (insn >= (int64_t)walk->build->draft->insn_count || walk->depths[insn] != DEPTH_UNKNOWN) return;
  walk->depths[insn] = depth;
  if (depth > walk->deepest) walk->deepest = depth;
  walk->pending[walk->pending_count++] = (uint32_t)insn;
}

static int32_t inputs_of(const struct op_info *info, const struct insn *insn) {
  if (info->variadic < 0) return info->in_count;
  return info->in_count - 1 + (int32_t)code_insn_imm(info, insn, (unsigned)info->variadic);
}

// An exception in a reached instruction brings one operand to its handlers. A handler of unreached code alone is not
// reached either: what it jumps to must not get its depth.
static void reach_handlers(struct depth_walk *walk, uint32_t at) {
  const struct code_draft *draft = walk->build->draft;
  for (uint32_t i = 0; i < draft->handler_count; i++)
    if (draft->handlers[i].start <= at && at < draft->handlers[i].end) reach(walk, draft->handlers[i].handler, 1);
}

static void step(struct depth_walk *walk, uint32_t at) {
  const struct insn *insn = &walk->build->draft->insns[at];
  const struct op_info *info = &walk->build->ops->ops[insn->op];
  int32_t depth = walk->depths[at] - inputs_of(info, insn);
  reach_handlers(walk, at);
  ASSERT(depth >= 0, "code.I3: instruction %u (%s) pops %d operands below the stack", at, info->name, -depth);
  depth += info->out_count;
  for (unsigned i = 0; i < info->imm_count; i++)
    if (info->imms[i].kind == IMM_TARGET) reach(walk, code_insn_imm(info, insn, i), depth);
  bool falls = info->control == CONTROL_NEXT || info->control == CONTROL_BRANCH || info->control == CONTROL_CALL;
  if (falls) reach(walk, (int64_t)at + 1, depth);
}

bool code_measure_stack(struct code_build *build) {
  uint32_t count = build->draft->insn_count;
  struct depth_walk walk = {.build = build,
                            .depths = arena_alloc(&build->scratch, count * sizeof *walk.depths),
                            .pending = arena_alloc(&build->scratch, count * sizeof *walk.pending)};
  if (!walk.depths || !walk.pending) return false;
  for (uint32_t i = 0; i < count; i++) walk.depths[i] = DEPTH_UNKNOWN;
  reach(&walk, 0, 0);
  while (walk.pending_count) step(&walk, walk.pending[--walk.pending_count]);
  build->depths = walk.depths;
  build->operands_max = (uint32_t)walk.deepest + 1; // one more: a fused part may spill above what it takes
  return true;
}
