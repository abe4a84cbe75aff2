// SPDX-License-Identifier: MIT
//
// pcode_prove.c: which addresses can't leave the store. A walk over the instructions keeps, for each word on the
// operand stack and in the locals, the interval that it lies in, where it is known: a constant, a constant with indices
// that ixa has compared with the bounds, an address in this activation, what der gives. Where control comes together,
// nothing is known. That is little, and finds nearly all accesses to arrays and records that are no parameters.
//
// The compiler could say it itself, but text forms are read from anywhere, and a text must not be believed. So these
// instructions have no name in the text form.
//
// The activation's address counts when only `ent`, the first instruction, stores into its local. Behind it the cells
// are there. A procedure with a handler could come to the handler without them.
#include "pcode_prove.h"

#include "pcode_ops.h"

#include <string.h>

#define WORDS_MAX 64 // of the operand stack that are known; below, nothing is

enum range_kind { RANGE_ANY, RANGE_STORE, RANGE_POINTED, RANGE_ACTIVATION };
struct range {
  enum range_kind kind;
  int64_t low, high; // of the address; of its distance from the activation's
};

struct prover {
  const struct pcode_code *code;
  struct insn *insns;
  bool *targets;
  struct range words[WORDS_MAX];
  unsigned count;
  struct range *locals;
  uint32_t *known; // the round in which a local's range was learnt: rounds begin where control comes together
  uint32_t round;
  int64_t base, cells; // the activation's local, or -1, and its size
};

static const struct range any = {RANGE_ANY, 0, 0};

static void push(struct prover *prover, struct range range) {
  if (prover->count == WORDS_MAX) prover->count = 0; // what lies deeper is forgotten
  prover->words[prover->count++] = range;
}

static struct range pop(struct prover *prover) { return prover->count ? prover->words[--prover->count] : any; }

static struct range moved(struct range range, int64_t distance) {
  range.low += distance;
  range.high += distance;
  return range;
}

// Element `index` was compared with bounds: the address grows by up to their distance.
static struct range indexed(struct range array, int64_t low, int64_t high, int64_t size) {
  if (array.kind == RANGE_ANY || size < 0 || size > PCODE_CELLS || high < low || high - low > PCODE_CELLS) return any;
  array.high += (high - low) * size; // 2^52 at most, and any address that large is refused
  ASSERT(array.low <= array.high, "pcode.I13: an address from %lld to %lld", (long long)array.low,
         (long long)array.high);
  return array.high > INT32_MAX ? any : array;
}

// Behind the last cell lie some more that nothing is in: the fields of what a pointer leads to are all there. A
// constant that names one of them is a mistake, such as P4's nil.
static bool is_inside(const struct prover *prover, struct range range, int64_t displacement) {
  range = moved(range, displacement);
  ASSERT(range.low <= range.high, "pcode.I13: an address lies from %lld to %lld", (long long)range.low,
         (long long)range.high);
  int64_t end = range.kind == RANGE_ACTIVATION ? prover->cells : PCODE_CELLS;
  if (range.kind == RANGE_POINTED) end += PCODE_GUARD_CELLS;
  return range.kind != RANGE_ANY && range.low >= 0 && range.high < end;
}

static bool is_own_cell(const struct prover *prover, const struct insn *insn) {
  return insn->imm[0] == prover->base && insn->imm[1] >= 0 && insn->imm[1] < prover->cells;
}

// ---- surveys -------------------------------------------------------------------------------------------------------

static bool is_target_kind(const struct op_info *info, unsigned i) { return op_imms(info)[i].kind == IMM_TARGET; }

static void find_targets(struct prover *prover) {
  const struct pcode_code *code = prover->code;
  for (uint32_t at = 0; at < code->count; at++) {
    const struct op_info *info = &pcode_op_table.ops[prover->insns[at].op];
    for (unsigned i = 0; i < info->imm_count && i < 3; i++) {
      int64_t to = prover->insns[at].imm[i];
      if (is_target_kind(info, i) && to >= 0 && to < code->count) prover->targets[to] = true;
    }
  }
  ASSERT(code->handler <= code->count, "pcode.I13: the handler of %s is instruction %u of %u", code->name,
         code->handler, code->count);
  if (code->handler) prover->targets[code->handler] = true;
}

static void find_activation(struct prover *prover) {
  const struct pcode_code *code = prover->code;
  const struct insn *first = prover->insns;
  prover->base = -1;
  if (first->op != PCODE_OP_ENT || code->handler || prover->targets[0]) return;
  for (uint32_t at = 1; at < code->count; at++) {
    const struct insn *insn = &prover->insns[at];
    bool stores =
        insn->op == PCODE_OP_STL || insn->op == PCODE_OP_ENT || insn->op == PCODE_OP_DEB || insn->op == PCODE_OP_DEBP;
    if (stores && insn->imm[0] == first->imm[0]) return;
  }
  ASSERT(first->imm[0] >= 0 && first->imm[0] < code->locals, "pcode.I13: the activation is in local %lld of %u",
         (long long)first->imm[0], code->locals);
  prover->base = first->imm[0];
  prover->cells = first->imm[1];
}

// ---- the walk ------------------------------------------------------------------------------------------------------

static struct range local(const struct prover *prover, int64_t index) {
  ASSERT(index >= 0 && index < prover->code->locals, "pcode.I13: local %lld of %u", (long long)index,
         prover->code->locals);
  return prover->known[index] == prover->round ? prover->locals[index] : any;
}

static void set_local(struct prover *prover, int64_t index, struct range range) {
  ASSERT(index >= 0 && index < prover->code->locals, "pcode.I13: local %lld of %u", (long long)index,
         prover->code->locals);
  prover->locals[index] = range;
  prover->known[index] = prover->round;
}

// An instruction that says nothing about addresses. What else than stl stores into a local begins an activation.
static void step_over(struct prover *prover, const struct insn *insn) {
  const struct op_info *info = &pcode_op_table.ops[insn->op];
  if (info->imm_count && op_imms(info)[0].kind == IMM_LOCAL) set_local(prover, insn->imm[0], any);
  int64_t inputs = info->in_count;
  if (info->variadic >= 0) inputs += insn->imm[info->variadic] - 1;
  while (inputs-- > 0 && prover->count) pop(prover);
  for (unsigned i = 0; i < info->out_count; i++) push(prover, any);
}

static void step_load(struct prover *prover, struct insn *insn) {
  if (is_inside(prover, pop(prover), insn->imm[0])) insn->op = PCODE_OP_INP;
  push(prover, any);
}

static void step_store(struct prover *prover, struct insn *insn) {
  pop(prover);
  if (is_inside(prover, pop(prover), insn->imm[0])) insn->op = PCODE_OP_STP;
}

// Elements that are bytes: the array's cells are those of an array with eighth as many elements.
static void step_bytes(struct prover *prover, struct insn *insn) {
  bool loads = insn->op == PCODE_OP_LDB;
  int64_t low = insn->imm[0], high = insn->imm[1];
  if (!loads) pop(prover);
  pop(prover);
  struct range last = indexed(pop(prover), 0, high < low ? -1 : (high - low) / 8, 1);
  if (is_inside(prover, last, 0)) insn->op = loads ? PCODE_OP_LBP : PCODE_OP_SBP;
  if (loads) push(prover, any);
}

static void step(struct prover *prover, struct insn *insn) {
  switch (insn->op) {
  case PCODE_OP_LDC: push(prover, (struct range){RANGE_STORE, insn->imm[0], insn->imm[0]}); break;
  case PCODE_OP_LDL: push(prover, local(prover, insn->imm[0])); break;
  case PCODE_OP_STL: set_local(prover, insn->imm[0], pop(prover)); break;
  case PCODE_OP_LAF: {
    bool own = insn->imm[0] == prover->base;
    push(prover, own ? (struct range){RANGE_ACTIVATION, insn->imm[1], insn->imm[1]} : any);
    break;
  }
  case PCODE_OP_INC: push(prover, moved(pop(prover), insn->imm[0])); break;
  case PCODE_OP_IXA:
    pop(prover);
    push(prover, indexed(pop(prover), insn->imm[0], insn->imm[1], insn->imm[2]));
    break;
  case PCODE_OP_DER:
  case PCODE_OP_DEU:
    pop(prover);
    push(prover, (struct range){RANGE_POINTED, 0, PCODE_CELLS - 1});
    break;
  case PCODE_OP_LDB:
  case PCODE_OP_STB: step_bytes(prover, insn); break;
  case PCODE_OP_CKD:
  case PCODE_OP_CKB:
  case PCODE_OP_CHK:
  case PCODE_OP_CHW: break; // the same value
  case PCODE_OP_IND: step_load(prover, insn); break;
  case PCODE_OP_STO: step_store(prover, insn); break;
  case PCODE_OP_LDF:
    if (is_own_cell(prover, insn)) insn->op = PCODE_OP_LFP;
    push(prover, any);
    break;
  case PCODE_OP_STF:
    if (is_own_cell(prover, insn)) insn->op = PCODE_OP_SFP;
    pop(prover);
    break;
  default: step_over(prover, insn);
  }
}

static void walk(struct prover *prover) {
  find_targets(prover);
  find_activation(prover);
  for (uint32_t at = 0; at < prover->code->count; at++) {
    if (prover->targets[at]) {
      prover->count = 0;
      prover->round++;
    }
    step(prover, &prover->insns[at]);
  }
}

bool pcode_prove(const struct pcode_code *code, struct insn *insns) {
  struct prover prover = {.code = code, .insns = insns, .round = 1};
  prover.targets = mem_alloc_zero(code->count + 1, sizeof *prover.targets);
  prover.locals = mem_alloc_zero(code->locals + 1, sizeof *prover.locals);
  prover.known = mem_alloc_zero(code->locals + 1, sizeof *prover.known);
  bool good = prover.targets && prover.locals && prover.known;
  if (good && code->count) walk(&prover);
  mem_free(prover.targets);
  mem_free(prover.locals);
  mem_free(prover.known);
  return good;
}
