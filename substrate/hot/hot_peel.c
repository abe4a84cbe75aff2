// SPDX-License-Identifier: MIT
//
// hot_peel.c: calls of which only the way to a quick end is inlined.
//
// Half of the calls of a recursion or more end it: they test something, and return. Where a recursive call is not
// inlined any more, what leads from its first instruction to a return without a call is: a context of its own,
// *peeled*. Where it comes to something else, the call is made for real, from its beginning, since nothing has happened
// yet: what ran has written nothing and called no slow body, and the arguments are where the caller put them. So the
// ends of a recursion need no frame, and no jumps that the processor must guess.
#define LOAM_HOT_MODULE
#include "hot/hot_plan.h"

#define PEEL_WORDS_MAX 32    // of the method's code, made for each such call: some ten instructions
#define METHOD_WORDS_MAX 512 // that are looked at

enum { AHEAD_CALL = 1, AHEAD_RETURN = 2, PEEL_END = 4 }; // what may come, the instruction itself included; end here

static bool is_call(const struct code_insn *insn) {
  return insn->info->control == CONTROL_CALL || insn->info->control == CONTROL_TAIL;
}

// May an instruction not be run and then be run again? Its slow bodies, where they are often called, might do anything.
static bool is_done_once(const struct hot_plan *plan, const struct method *method, const struct code_insn *insn) {
  if (insn->info->flags & OP_WRITES || is_call(insn)) return true;
  for (unsigned part = 0; part == 0 || part < insn->info->part_count; part++)
    if (insn->info->flags & OP_SLOW_PATH && hot_plan_doubts(plan, method, insn->pc + part)) return true;
  return false;
}

// All ways lead forward, as the method has no loop: what comes behind the instruction is known.
static void look_ahead(const struct hot_plan *plan, struct hot_method *info, const struct code_insn *insn) {
  enum op_control control = insn->info->control;
  uint8_t ahead = is_call(insn) ? AHEAD_CALL : control == CONTROL_RETURN ? AHEAD_RETURN : 0;
  int64_t target = hot_plan_target(insn);
  ASSERT(target < 0 || target > insn->pc, "hot.I1: %s has no loop, and branches at %u back to %lld", info->method->name,
         insn->pc, (long long)target);
  if (target >= 0) ahead |= info->ahead[target / 8];
  if (control == CONTROL_NEXT || control == CONTROL_BRANCH) ahead |= info->ahead[insn->pc / 8 + insn->info->words];
  ahead &= AHEAD_CALL | AHEAD_RETURN;
  if (ahead & AHEAD_CALL && is_done_once(plan, info->method, insn)) ahead |= PEEL_END;
  info->ahead[insn->pc / 8] = ahead;
}

// Does the way come to a return soon? `seen` is where it leads, by code word.
static bool comes_back(const struct hot_method *info, bool *seen) {
  uint32_t words = 0;
  bool returns = false;
  struct code_insn insn;
  seen[0] = true;
  for (uint32_t pc = 0; pc < info->method->code_words * 8u; pc += insn.info->words * 8u) {
    code_decode(info->method, pc, &insn);
    if (!seen[pc / 8] || info->ahead[pc / 8] & PEEL_END) continue;
    enum op_control control = insn.info->control;
    int64_t target = hot_plan_target(&insn);
    if (target >= 0) seen[target / 8] = true;
    if (control == CONTROL_NEXT || control == CONTROL_BRANCH) seen[pc / 8 + insn.info->words] = true;
    returns |= control == CONTROL_RETURN;
    words += insn.info->words;
  }
  return returns && words <= PEEL_WORDS_MAX;
}

bool hot_peel_prepare(struct hot_plan *plan, struct hot_method *info) {
  const struct method *method = info->method;
  if (info->ahead) return info->is_peelable;
  uint32_t count = 0, *pcs = arena_alloc(&plan->memory, method->code_words * sizeof *pcs);
  bool *seen = arena_alloc(&plan->memory, method->code_words + 1u);
  uint8_t *ahead = arena_alloc(&plan->memory, method->code_words + 1u);
  if (!pcs || !seen || !ahead) {
    plan->failed = true;
    return false;
  }
  info->ahead = ahead;
  if (info->has_loop || method->handler_count || method->code_words > METHOD_WORDS_MAX) return false;
  struct code_insn insn;
  for (uint32_t pc = 0; pc < method->code_words * 8u; pc += insn.info->words * 8u) {
    code_decode(method, pc, &insn);
    pcs[count++] = pc;
  }
  ASSERT(count <= method->code_words, "hot.I1: %s has %u instructions in %u words", method->name, count,
         method->code_words);
  while (count) {
    code_decode(method, pcs[--count], &insn);
    look_ahead(plan, info, &insn);
  }
  return info->is_peelable = comes_back(info, seen);
}

bool hot_peel_ends(const struct hot_context *context, uint32_t pc) {
  return context->is_peeled && context->info->ahead[pc / 8] & PEEL_END;
}

bool hot_peel_may_end(const struct hot_context *context, uint32_t pc) {
  return context->is_peeled && context->info->ahead[pc / 8] & AHEAD_CALL;
}
