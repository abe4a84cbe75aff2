// SPDX-License-Identifier: MIT
//
// code_stack.c: what is known of each instruction of a draft: who comes there, and how deep the operand stack is then.
// The code was verified, so each instruction has one depth, whatever path leads to it; unreachable ones have none and
// are passed over.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

#include <string.h>

// A walk over the instructions of a draft, in order. What only a branch backwards reaches is found in a further round,
// from there on.
struct depth_walk {
  const struct code_build *build;
  const struct insn *insns;
  const struct code_op *facts; // of the ops
  uint16_t *depths;
  uint32_t count;
  uint32_t at, again; // the instruction at hand; the lowest one behind it that was reached, or `count`
  uint32_t handlers;  // that were not reached when it was last asked
  int32_t deepest;
};

static inline void reach(struct depth_walk *walk, uint32_t insn, int32_t depth) {
  if (depth > walk->deepest) walk->deepest = depth;
  if (insn >= walk->count || walk->depths[insn] != DEPTH_UNKNOWN) {
    ASSERT(insn >= walk->count || walk->depths[insn] == depth || walk->deepest >= DEPTH_UNKNOWN,
           "code.I3: %d operands come to instruction %u, where another path brings %u", depth, insn,
           walk->depths[insn]);
    return;
  }
  walk->depths[insn] = (uint16_t)(depth < DEPTH_UNKNOWN ? depth : 0); // it is refused for that
  if (insn < walk->at && insn < walk->again) walk->again = insn;
}

static inline int32_t inputs_of(const struct code_op *facts, const struct insn *insn) {
  if (LIKELY(facts->variadic < 0)) return facts->in_count;
  return facts->in_count - 1 + (int32_t)insn->imm[facts->variadic];
}

// An exception in a reached instruction brings one operand to its handlers. A handler of unreached code alone is not
// reached either: what it jumps to must not get its depth.
static void reach_handlers(struct depth_walk *walk) {
  const struct code_draft *draft = walk->build->draft;
  walk->handlers = 0;
  for (uint32_t i = 0; i < draft->handler_count; i++) {
    const struct insn_handler *handler = &draft->handlers[i];
    if (handler->start <= walk->at && walk->at < handler->end) reach(walk, handler->handler, 1);
    walk->handlers += walk->depths[handler->handler] == DEPTH_UNKNOWN;
  }
}

// Runs the instruction at hand, which was reached.
static inline __attribute__((always_inline)) void step(struct depth_walk *walk, const struct insn *insn,
                                                       const struct code_op *facts) {
  int32_t depth = walk->depths[walk->at] - inputs_of(facts, insn);
  bool enters = walk->handlers && walk->build->marks[walk->at] & CODE_LEADER; // their range, perhaps
  if (UNLIKELY(enters)) reach_handlers(walk);
  ASSERT(depth >= 0 || walk->deepest >= DEPTH_UNKNOWN, "code.I3: instruction %u (%s) pops %d operands below the stack",
         walk->at, op_name(&walk->build->ops->ops[insn->op]), -depth);
  depth += facts->out_count;
  if (facts->target >= 0) reach(walk, (uint32_t)insn->imm[facts->target], depth);
  if (facts->falls_through) reach(walk, walk->at + 1, depth);
}

static void mark_target(struct code_build *build, uint32_t from, int64_t target) {
  ASSERT(target >= 0 && target < (int64_t)build->draft->insn_count, "code.I1: instruction %u of %s jumps to %lld of %u",
         from, build->draft->name, (long long)target, build->draft->insn_count);
  bool loops = target <= (int64_t)from;
  build->loop_count += loops && !(build->marks[target] & CODE_LOOP);
  build->marks[target] |= loops ? CODE_LEADER | CODE_LOOP : CODE_LEADER;
}

static void mark_handlers(struct code_build *build) {
  const struct code_draft *draft = build->draft;
  for (uint32_t i = 0; i < draft->handler_count; i++) {
    const struct insn_handler *handler = &draft->handlers[i];
    ASSERT(handler->start <= handler->end && handler->end <= draft->insn_count && handler->handler < draft->insn_count,
           "code.I1: handler %u of %s covers [%u, %u) of %u and is at %u", i, draft->name, handler->start, handler->end,
           draft->insn_count, handler->handler);
    build->marks[handler->start] |= CODE_LEADER;
    build->marks[handler->end] |= CODE_LEADER;
    build->marks[handler->handler] |= CODE_LEADER;
  }
}

// From the instruction at hand on. The first round, with `marks`, looks at all, reached or not.
static inline __attribute__((always_inline)) void go_round(struct code_build *build, struct depth_walk *walk,
                                                           bool marks) {
  for (; walk->at < walk->count; walk->at++) {
    const struct insn *insn = &walk->insns[walk->at];
    ASSERT(insn->op < build->ops->base_count, "code.I4: a draft of %s has op %u of %u", build->draft->name, insn->op,
           build->ops->base_count);
    const struct code_op *facts = &walk->facts[insn->op];
    if (marks) build->has_places |= insn->line != 0;
    if (marks && facts->target >= 0) mark_target(build, walk->at, insn->imm[facts->target]);
    if (walk->depths[walk->at] != DEPTH_UNKNOWN) step(walk, insn, facts);
  }
}

void code_look_at(struct code_build *build) {
  const struct code_draft *draft = build->draft;
  uint32_t count = draft->insn_count;
  struct depth_walk walk = {.build = build,
                            .insns = draft->insns,
                            .facts = build->space->op_facts,
                            .depths = build->depths,
                            .count = count,
                            .again = count,
                            .handlers = draft->handler_count};
  memset(build->marks, 0, (size_t)count + 1);
  memset(build->depths, UINT8_MAX, count * sizeof *build->depths); // DEPTH_UNKNOWN
  mark_handlers(build);
  reach(&walk, 0, 0);
  go_round(build, &walk, true);
  while (walk.again < count) {
    walk.at = walk.again;
    walk.again = count;
    go_round(build, &walk, false);
  }
  build->operands_max = (uint32_t)walk.deepest + 1; // one more: a fused part may spill above what it takes
}
