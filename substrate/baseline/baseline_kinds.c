// SPDX-License-Identifier: MIT
//
// baseline_kinds.c: which tests of kinds a method's code can do without.
//
// Records say what an op has to do with a kind of values, such as integers (`kind`, tools/opgen): which inputs its fast
// path tests, whether it throws for others, and what it makes. From that follows what locals and operands are known to
// be: a local that was subtracted from is an integer until it is stored into, and a sum of two integers is one.
//
// All of this is about the program, and not about code: an op that throws for anything but integers does so in every
// engine. So what is known before an instruction holds wherever control came from, the interpreter, a slow path or hot
// code, and code that relies on it may be entered everywhere. That is why a fast path proves nothing: behind an
// addition that may have joined strings nothing is known, although it took the way of integers.
//
// A state is what is known of the locals at a place, one mask for each kind; at a branch target, what all that leads
// there has in common. States at targets begin as everything and only lose; passes over the code go on until no branch
// back has taken something from its target. Operands are followed from one instruction to the next, not across targets.
#define LOAM_BASELINE_MODULE
#include "baseline/baseline_int.h"

#include <string.h>

enum { LOCALS_FOLLOWED = 64, DEPTH_FOLLOWED = 32, PASSES_MAX = 6 };

struct operand {
  uint8_t kinds; // a bit for each that it is known to be of
  int8_t local;  // it was loaded from this local, which hasn't changed since; -1: none
};
static const struct operand unknown = {0, -1};

struct state {
  uint64_t locals[OP_KINDS];
};

struct analysis {
  const struct baseline_code *code;
  struct state now, *labels;            // by number of a branch target
  struct operand stack[DEPTH_FOLLOWED]; // deeper ones are not followed
};

// A part of an instruction, or the whole, while it is gone through.
struct part {
  const struct op_info *info;
  const struct op_kinds *kinds;
  uint32_t depth; // below its inputs
  uint32_t above; // the depth with them
  int local;      // that it names; -1: none that is followed
};

static struct operand operand_at(const struct analysis *analysis, uint32_t depth) {
  if (depth >= DEPTH_FOLLOWED) return unknown;
  struct operand operand = analysis->stack[depth];
  for (int k = 0; k < OP_KINDS && operand.local >= 0; k++)
    operand.kinds |= (uint8_t)((analysis->now.locals[k] >> operand.local & 1) << k);
  return operand;
}

static struct part part_of(const struct op_table *ops, uint16_t op, const struct op_imm *imms, const char *insn,
                           uint32_t depth) {
  struct part part = {.info = &ops->ops[op], .kinds = &ops->kinds[op], .above = depth, .local = -1};
  uint32_t inputs = part.info->in_count;
  for (int i = 0; i < part.info->imm_count; i++) {
    int16_t half;
    if (imms[i].kind != IMM_LOCAL && i != part.info->variadic) continue; // mutators may be writing it
    memcpy(&half, insn + imms[i].offset, sizeof half);
    if (imms[i].kind == IMM_LOCAL && half < 0 && half >= -LOCALS_FOLLOWED) part.local = -1 - half;
    if (i == part.info->variadic) inputs += (uint16_t)half - 1u;
  }
  ASSERT(inputs <= depth, "%s takes %u operands of %u", op_name(part.info), inputs, depth);
  part.depth = depth - inputs;
  return part;
}

// Notes which of a part's tests, from number *test on, ask for what is known. Returns by output the kinds that it is
// of.
static void pass_tests(struct analysis *analysis, const struct part *part, unsigned *test, uint16_t *known,
                       uint8_t *given) {
  for (unsigned k = 0; k < OP_KINDS; k++) {
    if (!(part->kinds->needs[k] | part->kinds->gives[k])) continue;
    bool only = part->kinds->only >> k & 1, all = true;
    for (uint32_t i = 0, needs = part->kinds->needs[k]; needs; i++, needs >>= 1) {
      if (!(needs & 1)) continue;
      struct operand input = operand_at(analysis, part->depth + i);
      bool is = input.kinds >> k & 1;
      if (is) *known |= (uint16_t)(1u << *test);
      all &= is;
      ++*test;
      if (only && input.local >= 0) analysis->now.locals[k] |= UINT64_C(1) << input.local;
    }
    for (unsigned o = 0; o < part->info->out_count; o++)
      if ((all || only) && (part->kinds->gives[k] >> o & 1)) given[o] |= (uint8_t)(1u << k);
  }
}

// A local becomes something of these kinds; operands that were loaded from it are what it was.
static void set_local(struct analysis *analysis, int local, uint8_t kinds, uint32_t depth) {
  ASSERT(local >= 0 && local < LOCALS_FOLLOWED, "local %d of %d is followed", local, LOCALS_FOLLOWED);
  for (uint32_t d = 0; d < depth && d < DEPTH_FOLLOWED; d++)
    if (analysis->stack[d].local == local) analysis->stack[d] = (struct operand){operand_at(analysis, d).kinds, -1};
  for (int k = 0; k < OP_KINDS; k++) {
    uint64_t bit = UINT64_C(1) << local;
    analysis->now.locals[k] = (analysis->now.locals[k] & ~bit) | (kinds >> k & 1 ? bit : 0);
  }
}

static void pass_part(struct analysis *analysis, const struct part *part, unsigned *test, uint16_t *known) {
  uint8_t given[OP_OUTPUTS] = {0};
  struct operand outputs[OP_OUTPUTS];
  pass_tests(analysis, part, test, known, given);
  for (uint32_t o = 0; o < part->info->out_count; o++) {
    int from = part->kinds->from[o];
    outputs[o] = from >= 0               ? operand_at(analysis, part->depth + (uint32_t)from)
                 : from == OP_FROM_LOCAL ? (struct operand){0, (int8_t)part->local}
                                         : (struct operand){given[o], -1};
  }
  if ((part->info->flags & OP_WRITES) && part->local >= 0) {
    int stored = part->kinds->stored;
    uint8_t kinds = stored >= 0 ? operand_at(analysis, part->depth + (uint32_t)stored).kinds : 0;
    for (uint32_t o = 0; o < part->info->out_count; o++) // what came from it is what it was
      if (outputs[o].local == part->local) outputs[o] = unknown;
    set_local(analysis, part->local, kinds, part->above);
  }
  for (uint32_t o = 0; o < part->info->out_count && part->depth + o < DEPTH_FOLLOWED; o++)
    analysis->stack[part->depth + o] = outputs[o];
}

static void pass_instruction(struct analysis *analysis, struct baseline_insn *insn) {
  unsigned test = 0;
  uint16_t known = 0;
  uint32_t depth = insn->depth;
  const struct method *method = analysis->code->method;
  const struct op_imm *imms = op_imms(insn->info);
  const char *bytes = (const char *)(method->code + insn->word);
  for (unsigned p = 0; p < insn->info->part_count || p == 0; p++) {
    uint16_t op = insn->info->part_count ? op_parts(insn->info)[p] : insn->op;
    struct part part = part_of(method->ops, op, imms, bytes, depth);
    pass_part(analysis, &part, &test, &known);
    imms += part.info->imm_count;
    depth = part.depth + part.info->out_count;
  }
  ASSERT(test <= BASELINE_TESTS_MAX, "baseline.I5: %s tests %u inputs", op_name(insn->info), test);
  insn->known = known;
}

// Control comes to a label with what is known now. Does that take something from what was known there?
static bool reach(struct analysis *analysis, uint32_t label) {
  ASSERT(label && label <= analysis->code->label_count, "baseline.I4: control comes to label %u of %u", label,
         analysis->code->label_count);
  uint64_t lost = 0;
  for (int k = 0; k < OP_KINDS; k++) {
    uint64_t *there = &analysis->labels[label].locals[k];
    lost |= *there & ~analysis->now.locals[k];
    *there &= analysis->now.locals[k];
  }
  return lost != 0;
}

// Control comes to the instruction from elsewhere, too. To handlers it comes with any state.
static void enter(struct analysis *analysis, const struct baseline_insn *insn) {
  for (int d = 0; d < DEPTH_FOLLOWED; d++) analysis->stack[d] = unknown;
  if (insn->is_handler) memset(&analysis->now, 0, sizeof analysis->now);
  if (!insn->label) return;
  reach(analysis, insn->label);
  analysis->now = analysis->labels[insn->label];
}

// One pass. True when a branch back has taken something from what was known at its target, which was passed before.
static bool pass(struct analysis *analysis) {
  bool again = false;
  memset(&analysis->now, 0, sizeof analysis->now);
  for (int d = 0; d < DEPTH_FOLLOWED; d++) analysis->stack[d] = unknown;
  for (uint32_t i = 0; i < analysis->code->count; i++) {
    struct baseline_insn *insn = &analysis->code->insns[i];
    if (insn->label || insn->is_handler) enter(analysis, insn);
    pass_instruction(analysis, insn);
    if (insn->target != BASELINE_NO_TARGET)
      again |= reach(analysis, analysis->code->insns[insn->target].label) && insn->target <= i;
    bool goes_on = insn->info->control == CONTROL_NEXT || insn->info->control == CONTROL_BRANCH ||
                   insn->info->control == CONTROL_CALL;
    if (!goes_on) memset(&analysis->now, 0xff, sizeof analysis->now); // the next is a target, or a handler
  }
  return again;
}

void baseline_find_known(const struct baseline_code *code) {
  if (!code->method->ops->kinds) return;
  size_t size = (1 + (size_t)code->label_count) * sizeof(struct state);
  struct analysis analysis = {.code = code, .labels = mem_alloc(size)};
  int passes = 0;
  if (analysis.labels) {
    memset(analysis.labels, 0xff, size);
    while (passes < PASSES_MAX && pass(&analysis)) passes++;
  }
  if (!analysis.labels || passes == PASSES_MAX)
    for (uint32_t i = 0; i < code->count; i++) code->insns[i].known = 0;
  mem_free(analysis.labels);
}
