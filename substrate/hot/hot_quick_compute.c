// SPDX-License-Identifier: MIT
//
// hot_quick_compute.c: instructions that compute a value, load or store one.
//
// A result is made in its register, or in a scratch register when its place is in memory or its register still holds an
// operand. What is 32 bits wide is computed so, and its upper half is 0 then (hot_quick_is_clean).
#define LOAM_HOT_MODULE
#include "hot/hot_quick_emit.h"

static bool fits(int64_t n) { return n == (int32_t)n; }

static unsigned wide(unsigned width) { return width == 64 ? X64_WIDE : 0; }

static bool is_immediate(const struct quick_emitter *e, struct quick_operand operand, int64_t *n) {
  operand = hot_quick_leaf(e->f, operand);
  *n = operand.constant;
  return operand.kind == QUICK_CONSTANT && fits(operand.constant);
}

// ---- memory --------------------------------------------------------------------------------------------------------

struct x64_rm hot_quick_memory_of(struct quick_emitter *e, struct quick_address address) {
  struct x64_rm rm = hot_x64_memory(QUICK_NO_REGISTER, address.distance);
  if (address.is_frame) {
    rm.base = RSP;
    rm.distance += e->f->passed_bytes;
  } else if (address.base.kind == QUICK_VALUE)
    rm.base = hot_quick_register_of(e, address.base, QUICK_SCRATCH);
  else if (address.base.kind == QUICK_CONSTANT && fits(address.base.constant + address.distance))
    rm.distance = (int32_t)(address.base.constant + address.distance);
  else if (address.base.kind != QUICK_ANYTHING)
    hot_quick_load(e, rm.base = QUICK_SCRATCH, address.base);
  ASSERT(address.shift <= 3, "an index times 2 to the %u", address.shift);
  if (address.index.kind != QUICK_VALUE) return rm;
  rm.index = hot_quick_register_of(e, address.index, QUICK_SCRATCH_2);
  rm.shift = address.shift;
  return rm;
}

static bool uses(struct x64_rm rm, uint8_t reg) { return rm.base == reg || rm.index == reg; }

static void load(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct x64_rm rm = hot_quick_memory_of(e, hot_quick_address_of(e->f, insn->operands[0], false));
  uint8_t to = hot_quick_result_register(e, number, insn->is_double ? QUICK_DOUBLE_SCRATCH : QUICK_SCRATCH);
  unsigned opcode = insn->width == 8 ? X64_0F | 0xb6 : insn->width == 16 ? X64_0F | 0xb7 : wide(insn->width) | 0x8b;
  hot_x64_insn(e->code, insn->is_double ? X64_F2 | X64_0F | 0x10 : opcode, to, rm);
  hot_quick_store_result(e, number, to);
}

static void store_register(struct quick_emitter *e, const struct quick_insn *insn, uint8_t reg, struct x64_rm rm) {
  ASSERT(!uses(rm, reg) || reg != QUICK_SCRATCH_2, "%u bits are stored from register %u, where their address is",
         insn->width, reg);
  unsigned opcode = insn->width == 8 ? X64_BYTE | 0x88 : insn->width == 16 ? X64_66 | 0x89 : wide(insn->width) | 0x89;
  hot_x64_insn(e->code, reg >= XMM0 ? X64_F2 | X64_0F | 0x11 : opcode, reg, rm);
}

static void store(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct quick_operand value = hot_quick_leaf(e->f, insn->operands[0]);
  struct x64_rm rm = hot_quick_memory_of(e, hot_quick_address_of(e->f, insn->operands[1], false));
  int64_t n = 0;
  if (value.kind == QUICK_ANYTHING || is_immediate(e, value, &n)) {
    if (insn->width == 8)
      hot_x64_insn_immediate(e->code, 0xc6, 0, rm, n, 1);
    else
      hot_x64_insn_immediate(e->code, (insn->width == 16 ? X64_66 : wide(insn->width)) | 0xc7, 0, rm, n,
                             insn->width == 16 ? 2 : 4);
    return;
  }
  if (!hot_quick_is_register(e, value) && uses(rm, QUICK_SCRATCH_2)) {
    hot_x64_insn(e->code, X64_WIDE | 0x8d, QUICK_SCRATCH, rm);
    rm = hot_x64_memory(QUICK_SCRATCH, 0);
  }
  store_register(e, insn, hot_quick_register_of(e, value, QUICK_SCRATCH_2), rm);
}

static void address(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct quick_operand self = {.kind = QUICK_VALUE, .index = number};
  struct quick_address address = hot_quick_address_of(e->f, self, insn->op == QUICK_ADDRESS);
  uint8_t to = hot_quick_result_register(e, number, QUICK_SCRATCH);
  if (address.base.kind == QUICK_VALUE && address.base.index == number) {
    struct quick_operand index = hot_quick_leaf(e->f, insn->operands[1]);
    if (index.kind == QUICK_VALUE)
      hot_x64_insn_immediate(e->code, X64_WIDE | 0x69, QUICK_SCRATCH_2, hot_quick_rm_of(e, index, QUICK_SCRATCH_2),
                             insn->scale, 4);
    else
      hot_x64_load_constant(e->code, QUICK_SCRATCH_2, (int64_t)((uint64_t)index.constant * (uint64_t)insn->scale));
    hot_x64_insn(e->code, X64_WIDE | 0x03, QUICK_SCRATCH_2, hot_quick_rm_of(e, insn->operands[0], QUICK_SCRATCH));
    hot_quick_store_result(e, number, QUICK_SCRATCH_2);
    return;
  }
  hot_x64_insn(e->code, X64_WIDE | 0x8d, to, hot_quick_memory_of(e, address));
  hot_quick_store_result(e, number, to);
}

// ---- integers ------------------------------------------------------------------------------------------------------

// The opcode of `register = register op rm`; that with an immediate has a digit.
static unsigned opcode_of(unsigned op, unsigned *digit) {
  switch (op) {
  case QUICK_ADD: *digit = 0; return 0x03;
  case QUICK_SUB: *digit = 5; return 0x2b;
  case QUICK_AND: *digit = 4; return 0x23;
  case QUICK_OR: *digit = 1; return 0x0b;
  default: *digit = 6; return 0x33;
  }
}

// to = to op operand
static void apply(struct quick_emitter *e, unsigned op, unsigned width, uint8_t to, struct quick_operand operand) {
  int64_t n;
  unsigned digit;
  if (op == QUICK_MUL) {
    if (is_immediate(e, operand, &n))
      hot_x64_insn_immediate(e->code, wide(width) | 0x69, to, hot_x64_register(to), n, 4);
    else
      hot_x64_insn(e->code, wide(width) | X64_0F | 0xaf, to, hot_quick_rm_of(e, operand, QUICK_SCRATCH_2));
    return;
  }
  unsigned opcode = opcode_of(op, &digit);
  if (!is_immediate(e, operand, &n))
    hot_x64_insn(e->code, wide(width) | opcode, to, hot_quick_rm_of(e, operand, QUICK_SCRATCH_2));
  else if (n == (int8_t)n)
    hot_x64_insn_immediate(e->code, wide(width) | 0x83, digit, hot_x64_register(to), n, 1);
  else
    hot_x64_insn_immediate(e->code, wide(width) | 0x81, digit, hot_x64_register(to), n, 4);
}

// A sum in a register of its own, without a move before it.
static bool add_apart(struct quick_emitter *e, unsigned width, uint8_t to, const struct quick_operand *o) {
  int64_t n;
  if (!hot_quick_is_register(e, o[0]) || hot_quick_is_in(e, o[0], to)) return false;
  struct x64_rm rm = hot_x64_memory(hot_quick_register_of(e, o[0], QUICK_SCRATCH), 0);
  if (is_immediate(e, o[1], &n)) {
    rm.distance = (int32_t)n;
  } else if (hot_quick_is_register(e, o[1]) && !hot_quick_is_in(e, o[1], to)) {
    rm.index = hot_quick_register_of(e, o[1], QUICK_SCRATCH);
  } else {
    return false;
  }
  hot_x64_insn(e->code, wide(width) | 0x8d, to, rm);
  return true;
}

static void arithmetic(struct quick_emitter *e, uint32_t number, unsigned op, bool keep_flags) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct quick_operand o[2] = {insn->operands[0], insn->operands[1]};
  uint8_t to = hot_quick_result_register(e, number, QUICK_SCRATCH);
  if (hot_quick_is_in(e, o[1], to) && !hot_quick_is_in(e, o[0], to)) {
    struct quick_operand first = o[0];
    if (hot_quick_is_commutative(op)) {
      o[0] = o[1];
      o[1] = first;
    } else {
      to = QUICK_SCRATCH;
    }
  }
  struct quick_operand mask = hot_quick_leaf(e->f, o[1]);
  if (op == QUICK_AND && insn->width == 64 && mask.kind == QUICK_CONSTANT && mask.constant == UINT32_MAX) {
    hot_x64_insn(e->code, 0x8b, to, hot_quick_rm_of(e, o[0], QUICK_SCRATCH_2));
  } else if (op != QUICK_ADD || keep_flags || !add_apart(e, insn->width, to, o)) {
    hot_quick_load(e, to, o[0]);
    apply(e, op, insn->width, to, o[1]);
  }
  hot_quick_store_result(e, number, to);
}

// A shift by 1, 2 or 3 into another register, without a move before it.
static bool shift_apart(struct quick_emitter *e, const struct quick_insn *insn, uint8_t to) {
  struct quick_operand count = hot_quick_leaf(e->f, insn->operands[1]);
  if (insn->op != QUICK_SHL || count.constant < 1 || count.constant > 3) return false;
  if (!hot_quick_is_register(e, insn->operands[0]) || hot_quick_is_in(e, insn->operands[0], to)) return false;
  uint8_t from = hot_quick_register_of(e, insn->operands[0], QUICK_SCRATCH);
  struct x64_rm rm = hot_x64_memory(count.constant == 1 ? from : QUICK_NO_REGISTER, 0);
  rm.index = from;
  rm.shift = count.constant == 1 ? 0 : (uint8_t)count.constant;
  hot_x64_insn(e->code, wide(insn->width) | 0x8d, to, rm);
  return true;
}

static void shift(struct quick_emitter *e, uint32_t number, unsigned digit) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct quick_operand count = hot_quick_leaf(e->f, insn->operands[insn->op == QUICK_ROTL ? 2 : 1]);
  uint8_t to = hot_quick_result_register(e, number, QUICK_SCRATCH);
  if (count.kind == QUICK_CONSTANT && shift_apart(e, insn, to)) {
    hot_quick_store_result(e, number, to);
    return;
  }
  if (count.kind == QUICK_CONSTANT) {
    hot_quick_load(e, to, insn->operands[0]);
    hot_x64_insn_immediate(e->code, wide(insn->width) | 0xc1, digit, hot_x64_register(to),
                           count.constant & (insn->width - 1), 1);
  } else {
    hot_quick_load(e, QUICK_SCRATCH_2, count); // rcx
    hot_quick_load(e, to, insn->operands[0]);
    hot_x64_insn(e->code, wide(insn->width) | 0xd3, digit, hot_x64_register(to));
  }
  hot_quick_store_result(e, number, to);
}

// rdx = -1 where rax is negative, else 0: cqo, or cdq.
static void sign_of_rax(struct quick_emitter *e, unsigned width) {
  hot_x64_put(e->code, width == 64 ? "\x48\x99" : "\x99", width == 64 ? 2 : 1);
}

// By 2 to the `power`: what is negative is rounded up, to 0.
static void divide_by_power(struct quick_emitter *e, const struct quick_insn *insn, unsigned power) {
  ASSERT(power > 0 && power < 31, "%u bits are divided by 2 to the %u", insn->width, power);
  unsigned size = wide(insn->width);
  hot_quick_load(e, RAX, insn->operands[0]);
  sign_of_rax(e, insn->width);
  hot_x64_insn_immediate(e->code, size | 0xc1, 5, hot_x64_register(RDX), (int64_t)(insn->width - power), 1);
  hot_x64_insn(e->code, size | 0x03, RAX, hot_x64_register(RDX));
  if (insn->op == QUICK_SDIV) {
    hot_x64_insn_immediate(e->code, size | 0xc1, 7, hot_x64_register(RAX), power, 1);
  } else {
    hot_x64_insn_immediate(e->code, size | 0x81, 4, hot_x64_register(RAX), (INT64_C(1) << power) - 1, 4);
    hot_x64_insn(e->code, size | 0x2b, RAX, hot_x64_register(RDX));
  }
}

// A number m and a shift, so that x / by is x * m / 2 to the (width + shift), rounded down, plus 1 for negative x.
// Warren, Hacker's Delight, "Incorporation into a Compiler (Signed)"; for by >= 2.
struct magic {
  int64_t multiplier;
  unsigned shift;
};

static struct magic magic_of(uint64_t by, unsigned width) {
  __extension__ typedef unsigned __int128 wide_int;
  uint64_t half = UINT64_C(1) << (width - 1), largest = half - 1 - half % by;
  unsigned power = width;
  while (power < 2 * width - 1) {
    wide_int two = (wide_int)1 << power;
    if (two > (wide_int)largest * (by - (uint64_t)(two % by))) break;
    power++;
  }
  ASSERT(by >= 2 && by < half && power - width < width - 1, "%llu divides %u bits by a shift by %u",
         (unsigned long long)by, width, power);
  wide_int two = (wide_int)1 << power;
  uint64_t multiplier = (uint64_t)((two + by - two % by) / by);
  return (struct magic){width == 64 ? (int64_t)multiplier : (int32_t)(uint32_t)multiplier, power - width};
}

static void divide_by_magic(struct quick_emitter *e, const struct quick_insn *insn, int64_t by) {
  struct magic magic = magic_of((uint64_t)by, insn->width);
  unsigned size = wide(insn->width);
  struct x64_rm of = hot_quick_rm_of(e, insn->operands[0], QUICK_SCRATCH_2), rdx = hot_x64_register(RDX);
  if (insn->width == 64) {
    hot_x64_load_constant(e->code, RAX, magic.multiplier);
    hot_x64_insn(e->code, X64_WIDE | 0xf7, 5, of); // the upper half of the product is in rdx
  } else {
    hot_x64_insn(e->code, X64_WIDE | 0x63, RDX, of);
    hot_x64_insn_immediate(e->code, X64_WIDE | 0x69, RDX, rdx, magic.multiplier, 4);
    hot_x64_insn_immediate(e->code, X64_WIDE | 0xc1, 5, rdx, 32, 1);
  }
  if (magic.multiplier < 0) hot_x64_insn(e->code, size | 0x03, RDX, of);
  if (magic.shift) hot_x64_insn_immediate(e->code, size | 0xc1, 7, rdx, magic.shift, 1);
  hot_x64_insn(e->code, size | 0x8b, RAX, rdx);
  hot_x64_insn_immediate(e->code, size | 0xc1, 5, hot_x64_register(RAX), insn->width - 1, 1);
  hot_x64_insn(e->code, size | 0x03, RAX, rdx);
  if (insn->op == QUICK_SDIV) return;
  hot_x64_insn_immediate(e->code, size | 0x69, RDX, hot_x64_register(RAX), by, 4);
  hot_x64_insn(e->code, size | 0x8b, RAX, of);
  hot_x64_insn(e->code, size | 0x2b, RAX, rdx);
}

static bool divide_by_constant(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  int64_t by;
  bool is_signed = insn->op == QUICK_SDIV || insn->op == QUICK_SREM;
  if (!is_signed || !is_immediate(e, insn->operands[1], &by) || by < 2) return false;
  if (hot_quick_leaf(e->f, insn->operands[0]).kind != QUICK_VALUE) return false;
  if ((by & (by - 1)) == 0)
    divide_by_power(e, insn, (unsigned)__builtin_ctzll((uint64_t)by));
  else
    divide_by_magic(e, insn, by);
  hot_quick_store_result(e, number, RAX);
  return true;
}

static void divide(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  ASSERT(!hot_quick_is_in(e, insn->operands[0], RDX) && !hot_quick_is_in(e, insn->operands[1], RDX) &&
             hot_quick_place_of(e, number).reg != RDX,
         "instruction %u divides, and what it divides is in rdx", number);
  if (divide_by_constant(e, number)) return;
  bool is_signed = insn->op == QUICK_SDIV || insn->op == QUICK_SREM;
  bool is_rest = insn->op == QUICK_SREM || insn->op == QUICK_UREM;
  struct x64_rm by = hot_quick_rm_of(e, insn->operands[1], QUICK_SCRATCH_2);
  hot_quick_load(e, RAX, insn->operands[0]);
  if (is_signed)
    sign_of_rax(e, insn->width);
  else
    hot_x64_insn(e->code, 0x33, RDX, hot_x64_register(RDX));
  hot_x64_insn(e->code, wide(insn->width) | 0xf7, is_signed ? 7 : 6, by);
  hot_quick_store_result(e, number, is_rest ? RDX : RAX);
}

// The result of a condition as a number.
static void store_bit(struct quick_emitter *e, uint32_t number, enum x64_condition condition) {
  uint8_t to = hot_quick_result_register(e, number, QUICK_SCRATCH);
  hot_x64_insn(e->code, X64_0F | X64_BYTE | 0x90 | condition, 0, hot_x64_register(QUICK_SCRATCH));
  hot_x64_insn(e->code, X64_0F | X64_RM_BYTE | 0xb6, to, hot_x64_register(QUICK_SCRATCH));
  hot_quick_store_result(e, number, to);
}

static void decide(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  if (insn->op != QUICK_FCMP) {
    store_bit(e, number, hot_quick_compare(e, insn));
    return;
  }
  uint32_t yes = hot_x64_label(e->code), end = hot_x64_label(e->code);
  hot_quick_jump_if_compared(e, insn, true, yes);
  hot_x64_load_constant(e->code, QUICK_SCRATCH, 0);
  hot_x64_jump(e->code, end);
  hot_x64_bind(e->code, yes);
  hot_x64_load_constant(e->code, QUICK_SCRATCH, 1);
  hot_x64_bind(e->code, end);
  hot_quick_store_result(e, number, QUICK_SCRATCH);
}

// Of a choice between words whose condition is one comparison: both operands are there, and one is taken.
static void select_word(struct quick_emitter *e, uint32_t number, enum x64_condition condition) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct quick_operand yes = hot_quick_leaf(e->f, insn->operands[1]), no = hot_quick_leaf(e->f, insn->operands[2]);
  uint8_t to = hot_quick_result_register(e, number, QUICK_SCRATCH);
  if (hot_quick_is_in(e, yes, to)) {
    struct quick_operand swapped = yes;
    yes = no;
    no = swapped;
    condition = hot_x64_opposite(condition);
  }
  uint8_t scratch = to == QUICK_SCRATCH ? QUICK_SCRATCH_2 : QUICK_SCRATCH;
  hot_quick_load(e, to, no);
  hot_x64_insn(e->code, X64_WIDE | X64_0F | 0x40 | condition, to, hot_quick_rm_of(e, yes, scratch));
  hot_quick_store_result(e, number, to);
}

static void select_by_branch(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  uint8_t scratch = insn->is_double ? QUICK_DOUBLE_SCRATCH : QUICK_SCRATCH;
  uint8_t to = hot_quick_result_register(e, number, scratch);
  uint32_t no = hot_x64_label(e->code), end = hot_x64_label(e->code);
  hot_quick_jump_if(e, insn->operands[0], false, no);
  hot_quick_load(e, to, insn->operands[1]);
  hot_x64_jump(e->code, end);
  hot_x64_bind(e->code, no);
  hot_quick_load(e, to, insn->operands[2]);
  hot_x64_bind(e->code, end);
  hot_quick_store_result(e, number, to);
}

static void choose_by_condition(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct quick_operand condition = hot_quick_leaf(e->f, insn->operands[0]);
  const struct quick_insn *test = condition.kind == QUICK_VALUE ? &e->f->insns[condition.index] : NULL;
  if (!test || insn->is_double || (test->is_fused && test->op != QUICK_ICMP)) {
    select_by_branch(e, number);
    return;
  }
  if (test->is_fused) {
    select_word(e, number, hot_quick_compare(e, test));
    return;
  }
  hot_x64_insn_immediate(e->code, X64_RM_BYTE | 0xf6, 0, hot_quick_place_of(e, condition.index), 1, 1);
  select_word(e, number, X64_NE);
}

// The larger or smaller one.
static void choose_by_size(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  static const enum x64_condition conditions[] = {X64_A, X64_AE, X64_B, X64_BE, X64_G, X64_GE, X64_L, X64_LE};
  ASSERT(insn->predicate >= LLVMIntUGT && insn->predicate <= LLVMIntSLE, "a choice by predicate %u", insn->predicate);
  hot_quick_load(e, QUICK_SCRATCH, insn->operands[0]);
  struct x64_rm other = hot_quick_rm_of(e, insn->operands[1], QUICK_SCRATCH_2);
  hot_x64_insn(e->code, wide(insn->width) | 0x3b, QUICK_SCRATCH, other);
  hot_x64_insn(e->code, X64_WIDE | X64_0F | 0x40 | hot_x64_opposite(conditions[insn->predicate - LLVMIntUGT]),
               QUICK_SCRATCH, other);
  hot_quick_store_result(e, number, QUICK_SCRATCH);
}

// What is negative is turned over, which leaves a sign where nothing was to be turned over.
static void absolute(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct x64_rm of = hot_quick_rm_of(e, insn->operands[0], QUICK_SCRATCH_2);
  hot_quick_load(e, QUICK_SCRATCH, insn->operands[0]);
  hot_x64_insn(e->code, wide(insn->width) | 0xf7, 3, hot_x64_register(QUICK_SCRATCH));
  hot_x64_insn(e->code, wide(insn->width) | X64_0F | 0x40 | X64_S, QUICK_SCRATCH, of);
  hot_quick_store_result(e, number, QUICK_SCRATCH);
}

static void swap_bytes(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  uint8_t to = hot_quick_result_register(e, number, QUICK_SCRATCH);
  hot_quick_load(e, to, insn->operands[0]);
  hot_x64_swap_bytes(e->code, insn->width == 64, to);
  hot_quick_store_result(e, number, to);
}

// ---- conversions ---------------------------------------------------------------------------------------------------

static void extend(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  bool is_signed = insn->op == QUICK_SEXT;
  uint8_t to = hot_quick_result_register(e, number, QUICK_SCRATCH);
  struct x64_rm from = hot_quick_rm_of(e, insn->operands[0], QUICK_SCRATCH);
  switch (insn->from_width) {
  case 1:
    hot_quick_load(e, to, insn->operands[0]);
    if (is_signed) hot_x64_insn(e->code, X64_WIDE | 0xf7, 3, hot_x64_register(to));
    break;
  case 8: hot_x64_insn(e->code, X64_0F | X64_RM_BYTE | (is_signed ? X64_WIDE | 0xbe : 0xb6), to, from); break;
  case 16: hot_x64_insn(e->code, X64_0F | (is_signed ? X64_WIDE | 0xbf : 0xb7), to, from); break;
  default: hot_x64_insn(e->code, is_signed ? X64_WIDE | 0x63 : 0x8b, to, from);
  }
  hot_quick_store_result(e, number, to);
}

static void take_bit(struct quick_emitter *e, uint32_t number) {
  uint8_t to = hot_quick_result_register(e, number, QUICK_SCRATCH);
  hot_quick_load(e, to, e->f->insns[number].operands[0]);
  hot_x64_insn_immediate(e->code, 0x83, 4, hot_x64_register(to), 1, 1);
  hot_quick_store_result(e, number, to);
}

// A word as a double, or the other way round: the same bits.
static void reinterpret(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct quick_operand of = hot_quick_leaf(e->f, insn->operands[0]);
  uint8_t to = hot_quick_result_register(e, number, insn->is_double ? QUICK_DOUBLE_SCRATCH : QUICK_SCRATCH);
  if (!hot_quick_is_register(e, of))
    hot_quick_load(e, to, of);
  else if (insn->is_double)
    hot_x64_insn(e->code, X64_66 | X64_WIDE | X64_0F | 0x6e, to, hot_quick_place_of(e, of.index));
  else
    hot_x64_insn(e->code, X64_66 | X64_WIDE | X64_0F | 0x7e, hot_quick_place_of(e, of.index).reg, hot_x64_register(to));
  hot_quick_store_result(e, number, to);
}

static void convert(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  uint8_t to = hot_quick_result_register(e, number, insn->is_double ? QUICK_DOUBLE_SCRATCH : QUICK_SCRATCH);
  if (insn->is_double) { // the register's old value must not be waited for
    struct x64_rm from = hot_quick_rm_of(e, insn->operands[0], QUICK_SCRATCH);
    hot_x64_insn(e->code, X64_0F | 0x57, to, hot_x64_register(to));
    hot_x64_insn(e->code, X64_F2 | wide(insn->from_width) | X64_0F | 0x2a, to, from);
  } else {
    struct x64_rm from = hot_quick_rm_of(e, insn->operands[0], QUICK_DOUBLE_SCRATCH);
    hot_x64_insn(e->code, X64_F2 | wide(insn->width) | X64_0F | 0x2c, to, from);
  }
  hot_quick_store_result(e, number, to);
}

// ---- doubles -------------------------------------------------------------------------------------------------------

static void float_arithmetic(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  static const uint8_t opcodes[] = {0x58, 0x5c, 0x59, 0x5e}; // in the order of QUICK_FADD and those behind it
  ASSERT(insn->op >= QUICK_FADD && insn->op <= QUICK_FDIV && insn->is_double, "operation %u of doubles", insn->op);
  unsigned opcode = X64_F2 | X64_0F | opcodes[insn->op - QUICK_FADD];
  struct quick_operand first = insn->operands[0], second = insn->operands[1];
  uint8_t to = hot_quick_result_register(e, number, QUICK_DOUBLE_SCRATCH);
  if (!hot_quick_folded(e->f, second) && hot_quick_is_in(e, second, to) && !hot_quick_is_in(e, first, to)) {
    if (hot_quick_is_commutative(insn->op)) {
      second = first;
      first = insn->operands[1];
    } else {
      to = QUICK_DOUBLE_SCRATCH;
    }
  }
  const struct quick_insn *load = hot_quick_folded(e->f, second);
  if (load) {
    struct x64_rm rm = hot_quick_memory_of(e, hot_quick_address_of(e->f, load->operands[0], false));
    hot_quick_load(e, to, first);
    hot_x64_insn(e->code, opcode, to, rm);
  } else {
    hot_quick_load(e, to, first);
    hot_x64_insn(e->code, opcode, to, hot_quick_rm_of(e, second, QUICK_DOUBLE_SCRATCH_2));
  }
  hot_quick_store_result(e, number, to);
}

// The sign's bit is turned over, or taken away.
static void change_sign(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct x64_rm scratch = hot_x64_register(QUICK_SCRATCH);
  struct quick_operand of = hot_quick_leaf(e->f, insn->operands[0]);
  if (hot_quick_is_register(e, of))
    hot_x64_insn(e->code, X64_66 | X64_WIDE | X64_0F | 0x7e, hot_quick_place_of(e, of.index).reg, scratch);
  else
    hot_quick_load(e, QUICK_SCRATCH, of);
  hot_x64_insn_immediate(e->code, X64_WIDE | X64_0F | 0xba, insn->op == QUICK_FNEG ? 7 : 6, scratch, 63, 1); // btc, btr
  uint8_t to = hot_quick_result_register(e, number, QUICK_DOUBLE_SCRATCH);
  hot_x64_insn(e->code, X64_66 | X64_WIDE | X64_0F | 0x6e, to, scratch);
  hot_quick_store_result(e, number, to);
}

static void square_root(struct quick_emitter *e, uint32_t number) {
  uint8_t to = hot_quick_result_register(e, number, QUICK_DOUBLE_SCRATCH);
  struct x64_rm from = hot_quick_rm_of(e, e->f->insns[number].operands[0], QUICK_DOUBLE_SCRATCH_2);
  hot_x64_insn(e->code, X64_F2 | X64_0F | 0x51, to, from);
  hot_quick_store_result(e, number, to);
}

void hot_quick_compute(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  switch (insn->op) {
  case QUICK_ADD:
  case QUICK_SUB:
  case QUICK_MUL:
  case QUICK_AND:
  case QUICK_OR:
  case QUICK_XOR: arithmetic(e, number, insn->op, false); return;
  case QUICK_OVERFLOW: arithmetic(e, number, insn->arith, true); return;
  case QUICK_FLAG: store_bit(e, number, X64_O); return;
  case QUICK_SHL: shift(e, number, 4); return;
  case QUICK_LSHR: shift(e, number, 5); return;
  case QUICK_ASHR: shift(e, number, 7); return;
  case QUICK_ROTL: shift(e, number, 0); return;
  case QUICK_SDIV:
  case QUICK_SREM:
  case QUICK_UDIV:
  case QUICK_UREM: divide(e, number); return;
  case QUICK_FADD:
  case QUICK_FSUB:
  case QUICK_FMUL:
  case QUICK_FDIV: float_arithmetic(e, number); return;
  case QUICK_FNEG:
  case QUICK_FABS: change_sign(e, number); return;
  case QUICK_FSQRT: square_root(e, number); return;
  case QUICK_ICMP:
  case QUICK_FCMP:
  case QUICK_POLL: decide(e, number); return;
  case QUICK_ABS: absolute(e, number); return;
  case QUICK_BSWAP: swap_bytes(e, number); return;
  case QUICK_SELECT: choose_by_condition(e, number); return;
  case QUICK_CHOOSE: choose_by_size(e, number); return;
  case QUICK_ZEXT:
  case QUICK_SEXT: extend(e, number); return;
  case QUICK_TO_BIT: take_bit(e, number); return;
  case QUICK_BITCAST: reinterpret(e, number); return;
  case QUICK_SITOFP:
  case QUICK_FPTOSI: convert(e, number); return;
  case QUICK_ADDRESS:
  case QUICK_ALLOCA: address(e, number); return;
  case QUICK_LOAD: load(e, number); return;
  case QUICK_STORE: store(e, number); return;
  default: ASSERT(false, "instruction %u of kind %u computes nothing", number, insn->op);
  }
}
