// SPDX-License-Identifier: MIT
//
// hot_plan_live.c: which locals of a method some way on reads before it writes them.
//
// What no way on reads need not be kept: a frame that is published gets the initial value in its place, so that it
// holds on to nothing that is garbage, and neither an object nor a box is made only because a local had it once. Where
// somebody watches frames (--trace=frames, a debugger), all engines must show the same in them, and all locals count as
// read.
//
// The usual data flow, backwards over instructions until nothing changes. An op says that it does nothing but set its
// local (OP_SETS, which opgen finds in bodies); every other that names one reads it. Handlers count as successors of
// all that they cover.
#define LOAM_HOT_MODULE
#include "hot/hot_plan.h"

#include <string.h>

static uint32_t set_words(const struct method *method) { return method->local_count / 64u + 1; }

static bool add_set(uint64_t *to, const uint64_t *from, uint32_t words) {
  uint64_t changed = 0;
  for (uint32_t i = 0; from && i < words; i++) {
    changed |= from[i] & ~to[i];
    to[i] |= from[i];
  }
  return changed != 0;
}

static void add_handlers(const struct hot_method *info, const struct code_insn *insn, uint64_t *to) {
  const struct method *method = info->method;
  uint32_t end = insn->pc + insn->info->words * 8u;
  for (uint32_t i = 0; i < method->handler_count; i++)
    if (method->handlers[i].start < end && insn->pc < method->handlers[i].end)
      (void)add_set(to, info->live[method->handlers[i].handler / 8], set_words(method));
}

// Through one instruction, or a part of a fused one, backwards. `imms` are its own.
static void pass_op(const struct op_info *op, const int64_t *imms, uint64_t *set) {
  for (unsigned i = 0; i < op->imm_count; i++) {
    if (op_imms(op)[i].kind != IMM_LOCAL) continue;
    uint64_t bit = UINT64_C(1) << (imms[i] % 64);
    if (op->flags & OP_SETS)
      set[imms[i] / 64] &= ~bit;
    else
      set[imms[i] / 64] |= bit;
  }
}

static void pass_insn(const struct op_table *ops, const struct code_insn *insn, uint64_t *set) {
  const struct op_info *info = insn->info;
  if (!info->part_count) {
    pass_op(info, insn->imm, set);
    return;
  }
  const int64_t *imms = insn->imm + info->imm_count;
  for (unsigned p = info->part_count; p-- > 0;) {
    const struct op_info *part = &ops->ops[op_parts(info)[p]];
    imms -= part->imm_count;
    pass_op(part, imms, set);
  }
}

// What is live before the instruction, into `set`, which holds zeros.
static void find_live(const struct op_table *ops, const struct hot_method *info, const struct code_insn *insn,
                      uint64_t *set) {
  uint32_t words = set_words(info->method);
  enum op_control control = insn->info->control;
  ASSERT(insn->pc / 8 + insn->info->words <= info->method->code_words,
         "hot.I1: the instruction at %u of %s ends behind it", insn->pc, info->method->name);
  if (control == CONTROL_NEXT || control == CONTROL_BRANCH || control == CONTROL_CALL)
    (void)add_set(set, info->live[insn->pc / 8 + insn->info->words], words);
  for (unsigned i = 0; i < insn->info->imm_count; i++)
    if (op_imms(insn->info)[i].kind == IMM_TARGET) (void)add_set(set, info->live[insn->imm[i] / 8], words);
  pass_insn(ops, insn, set);
  add_handlers(info, insn, set); // some part may throw before another sets
}

// Instructions from the last to the first: once more than loops lie in each other, and once to see that it is done.
static void solve(const struct op_table *ops, const struct hot_method *info, const uint32_t *starts, uint32_t count,
                  uint64_t *scratch) {
  uint32_t words = set_words(info->method);
  for (bool changed = true; changed;) {
    changed = false;
    for (uint32_t i = count; i-- > 0;) {
      struct code_insn insn;
      code_decode(info->method, starts[i], &insn);
      memset(scratch, 0, words * sizeof *scratch);
      find_live(ops, info, &insn, scratch);
      changed |= add_set(info->live[starts[i] / 8], scratch, words);
    }
  }
}

static bool analyse(struct hot_plan *plan, const struct op_table *ops, struct hot_method *info) {
  const struct method *method = info->method;
  uint32_t words = set_words(method), count = 0;
  info->live = arena_alloc(&plan->memory, (method->code_words + 1u) * sizeof *info->live);
  uint32_t *starts = arena_alloc(&plan->memory, method->code_words * sizeof *starts);
  uint64_t *scratch = arena_alloc(&plan->memory, words * sizeof *scratch);
  if (!info->live || !starts || !scratch) return false;
  struct code_insn insn;
  for (uint32_t pc = 0; pc < method->code_words * 8u; pc += insn.info->words * 8u) {
    code_decode(method, pc, &insn);
    if (hot_plan_depth(method, pc) == DEPTH_UNKNOWN) continue;
    info->live[pc / 8] = arena_alloc(&plan->memory, words * sizeof(uint64_t));
    if (!info->live[pc / 8]) return false;
    starts[count++] = pc;
  }
  solve(ops, info, starts, count, scratch);
  return true;
}

// The instruction whose bytes a pc is among.
static uint32_t start_of(const struct hot_method *info, uint32_t pc) {
  uint32_t word = pc / 8;
  while (word && !info->live[word]) word--;
  ASSERT(info->live[word], "hot.I1: nothing comes to byte %u of %s", pc, info->method->name);
  return word * 8;
}

// False: nothing is known to be dead there.
static bool add_live(const struct hot_method *info, uint32_t pc, uint64_t *set) {
  ASSERT(pc / 8 < info->method->code_words, "hot.I1: byte %u of %s, which has %u words", pc, info->method->name,
         info->method->code_words);
  uint32_t words = set_words(info->method);
  if (pc % 8 == 0) return info->live[pc / 8] && (add_set(set, info->live[pc / 8], words), true);
  struct code_insn insn;
  code_decode(info->method, start_of(info, pc), &insn);
  uint32_t end = insn.pc + insn.info->words * 8u;
  if (pc + 1 != end || !info->live[end / 8] || insn.info->part_count >= 8) return false;
  (void)add_set(set, info->live[end / 8], words);
  add_handlers(info, &insn, set);
  return true;
}

const uint64_t *hot_plan_live_set(struct hot_plan *plan, const struct op_table *ops, const struct hot_context *context,
                                  uint32_t pc) {
  struct hot_method *info = context->info;
  uint32_t words = set_words(context->method), live = hot_plan_live(context->method, pc);
  uint64_t *set = arena_alloc(&plan->memory, words * sizeof *set);
  if (!set || (!info->live && !analyse(plan, ops, info))) {
    plan->failed = true;
    return set;
  }
  if (plan->request->unwinds || !add_live(info, pc, set)) memset(set, 0xff, words * sizeof *set);
  for (uint32_t i = live; i < words * 64; i++) set[i / 64] &= ~(UINT64_C(1) << (i % 64));
  return set;
}

bool hot_plan_covers(const struct method *method, const uint64_t *all, const uint64_t *some) {
  uint64_t missing = 0;
  for (uint32_t i = 0; i < set_words(method); i++) missing |= some[i] & ~all[i];
  return !missing;
}
