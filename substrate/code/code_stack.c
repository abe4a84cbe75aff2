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
  struct code_build *build;
  uint32_t again;    // the lowest instruction behind the one at hand that was reached, or the draft's end
  uint32_t handlers; // that were not reached when it was last asked
  int32_t deepest;
};

// Control comes from one instruction to another, with so many operands.
static inline void reach(struct depth_walk *walk, struct code_note *notes, uint32_t from, uint32_t to, int32_t depth) {
  struct code_note *note = &notes[to];
  if (note->reached) {
    ASSERT(note->reached == depth + 1, "code.I3: %d operands come to instruction %u, where another path brings %u",
           depth, to, note->reached - 1u);
    return;
  }
  note->reached = (uint16_t)(depth + 1);
  if (to < from && to < walk->again) walk->again = to;
}

// An exception in a reached instruction brings one operand to its handlers. A handler of unreached code alone is not
// reached either: what it jumps to must not get its depth.
static void reach_handlers(struct depth_walk *walk, uint32_t from) {
  const struct code_draft *draft = walk->build->draft;
  struct code_note *notes = walk->build->notes;
  walk->handlers = 0;
  for (uint32_t i = 0; i < draft->handler_count; i++) {
    const struct insn_handler *handler = &draft->handlers[i];
    if (handler->start <= from && from < handler->end) {
      reach(walk, notes, from, handler->handler, 1);
      if (walk->deepest < 1) walk->deepest = 1;
    }
    walk->handlers += !notes[handler->handler].reached;
  }
}

static void mark_target(struct code_build *build, uint32_t from, int64_t target) {
  ASSERT(target >= 0 && target < (int64_t)build->draft->insn_count, "code.I1: instruction %u of %s jumps to %lld of %u",
         from, build->draft->name, (long long)target, build->draft->insn_count);
  struct code_note *note = &build->notes[target];
  bool loops = target <= (int64_t)from;
  build->branch_count++;
  build->loop_count += loops && !(note->marks & CODE_LOOP);
  note->marks |= loops ? CODE_LEADER | CODE_LOOP : CODE_LEADER;
}

static void reach_target(struct depth_walk *walk, uint32_t from, int64_t target, int32_t depth, bool marks) {
  if (marks) mark_target(walk->build, from, target);
  reach(walk, walk->build->notes, from, (uint32_t)target, depth);
}

static void mark_handlers(struct code_build *build) {
  const struct code_draft *draft = build->draft;
  for (uint32_t i = 0; i < draft->handler_count; i++) {
    const struct insn_handler *handler = &draft->handlers[i];
    ASSERT(handler->start <= handler->end && handler->end <= draft->insn_count && handler->handler < draft->insn_count,
           "code.I1: handler %u of %s covers [%u, %u) of %u and is at %u", i, draft->name, handler->start, handler->end,
           draft->insn_count, handler->handler);
    build->notes[handler->start].marks |= CODE_LEADER;
    build->notes[handler->end].marks |= CODE_LEADER;
    build->notes[handler->handler].marks |= CODE_LEADER;
  }
}

static inline int32_t inputs_of(const struct code_op *facts, const struct insn *insn) {
  if (LIKELY(facts->variadic < 0)) return facts->in_count;
  return facts->in_count - 1 + (int32_t)insn->imm[facts->variadic];
}

// From instruction `at` on. The first round, with `marks`, looks at all, reached or not. A round ends where the stack
// gets too deep.
static inline __attribute__((always_inline)) void go_round(struct depth_walk *walk, uint32_t at, bool marks) {
  struct code_build *build = walk->build;
  const struct insn *insns = build->draft->insns;
  struct code_note *notes = build->notes;
  const struct code_op *ops = build->space->op_facts;
  const uint32_t count = build->draft->insn_count, base_count = build->ops->base_count;
  uint32_t lines = 0;
  for (; at < count; at++) {
    const struct insn *insn = &insns[at];
    struct code_note *note = &notes[at];
    ASSERT(insn->op < base_count && insn->op != CORE_POLL,
           "code.I4: a draft of %s has op %u of %u; polls are the builder's", build->draft->name, insn->op, base_count);
    const struct code_op *facts = &ops[insn->op];
    if (marks) lines |= insn->line;
    if (!note->reached) {
      if (marks && facts->target >= 0) mark_target(build, at, insn->imm[facts->target]);
      continue;
    }
    if (UNLIKELY(walk->handlers) && note->marks) reach_handlers(walk, at); // their range begins here, perhaps
    int32_t depth = note->reached - 1 - (LIKELY(facts->is_plain) ? facts->in_count : inputs_of(facts, insn));
    ASSERT(depth >= 0, "code.I3: instruction %u (%s) pops %d operands below the stack", at,
           op_name(&build->ops->ops[insn->op]), -depth);
    depth += facts->out_count;
    if (UNLIKELY(depth > walk->deepest)) {
      walk->deepest = depth;
      if (depth >= DEPTH_UNKNOWN) break;
    }
    if (UNLIKELY(!facts->is_plain)) {
      if (facts->target >= 0) reach_target(walk, at, insn->imm[facts->target], depth, marks);
      if (!facts->falls_through) continue;
    }
    reach(walk, notes, at, at + 1, depth);
  }
  build->has_places |= lines != 0;
}

void code_look_at(struct code_build *build) {
  uint32_t count = build->draft->insn_count;
  struct depth_walk walk = {.build = build, .again = count, .handlers = build->draft->handler_count};
  build->notes[count].marks = CODE_LEADER; // nothing goes on there
  mark_handlers(build);
  build->notes[0].reached = 1;
  go_round(&walk, 0, true);
  while (walk.again < count && walk.deepest < DEPTH_UNKNOWN) { // else the depths are no true ones
    uint32_t from = walk.again;
    walk.again = count;
    go_round(&walk, from, false);
  }
  build->operands_max = (uint32_t)walk.deepest + 1; // one more: a fused part may spill above what it takes
}
