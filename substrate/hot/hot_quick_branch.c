// SPDX-License-Identifier: MIT
//
// hot_quick_branch.c: comparisons, branches, calls, and jumps out of the function.
#define LOAM_HOT_MODULE
#include "hot/hot_quick_emit.h"

// ---- comparisons ---------------------------------------------------------------------------------------------------

static enum x64_condition condition_of(unsigned predicate) {
  static const enum x64_condition conditions[] = {X64_E,  X64_NE, X64_A,  X64_AE, X64_B,
                                                  X64_BE, X64_G,  X64_GE, X64_L,  X64_LE};
  ASSERT(predicate >= LLVMIntEQ && predicate <= LLVMIntSLE, "a comparison by predicate %u", predicate);
  return conditions[predicate - LLVMIntEQ];
}

static unsigned sized(unsigned width) {
  return width == 8 ? X64_BYTE : width == 16 ? X64_66 | 1 : width == 32 ? 1 : X64_WIDE | 1;
}

// An immediate of a comparison, if the constant can be one.
static bool compare_immediate(struct quick_emitter *e, bool is_test, unsigned width, struct x64_rm left,
                              struct quick_operand right) {
  if (right.kind != QUICK_CONSTANT || right.constant != (int32_t)right.constant) return false;
  unsigned size = sized(width), bytes = width == 8 ? 1 : width == 16 ? 2 : 4;
  if (is_test) {
    bool low = right.constant == (uint8_t)right.constant; // the lowest byte will do
    hot_x64_insn_immediate(e->code, low ? X64_BYTE | 0xf6 : size | 0xf6, 0, left, right.constant, low ? 1 : bytes);
  } else if (right.constant == 0 && left.reg != QUICK_NO_REGISTER) {
    hot_x64_insn(e->code, size | 0x84, left.reg, left);
  } else if (width == 8) {
    hot_x64_insn_immediate(e->code, X64_BYTE | 0x80, 7, left, right.constant, 1);
  } else if (right.constant == (int8_t)right.constant) {
    hot_x64_insn_immediate(e->code, (size & ~1u) | 0x83, 7, left, right.constant, 1);
  } else {
    hot_x64_insn_immediate(e->code, (size & ~1u) | 0x81, 7, left, right.constant, bytes);
  }
  return true;
}

// What is compared, in a register or in memory. The second scratch register is free for the other operand then.
static struct x64_rm left_of(struct quick_emitter *e, struct quick_operand left, struct quick_operand right) {
  const struct quick_insn *load = hot_quick_folded(e->f, left);
  if (!load) return hot_quick_rm_of(e, left, QUICK_SCRATCH);
  struct x64_rm rm = hot_quick_memory_of(e, hot_quick_address_of(e->f, load->operands[0], false));
  if (rm.index != QUICK_SCRATCH_2 || hot_quick_is_register(e, right)) return rm;
  hot_x64_insn(e->code, X64_WIDE | 0x8d, QUICK_SCRATCH, rm);
  return hot_x64_memory(QUICK_SCRATCH, 0);
}

enum x64_condition hot_quick_compare(struct quick_emitter *e, const struct quick_insn *insn) {
  struct quick_operand compared[2];
  if (insn->op == QUICK_POLL) {
    struct x64_rm word = hot_quick_memory_of(e, hot_quick_address_of(e->f, insn->operands[0], false));
    word.distance += insn->scale;
    hot_x64_insn_immediate(e->code, X64_WIDE | 0x83, 7, word, 0, 1);
    return condition_of(insn->predicate);
  }
  unsigned width = hot_quick_compared(e->f, insn, compared), size = sized(width);
  ASSERT(insn->op == QUICK_ICMP && width >= 8, "operation %u compares %u bits", insn->op, width);
  struct quick_operand right = hot_quick_leaf(e->f, compared[1]);
  struct x64_rm left = left_of(e, compared[0], right);
  if (compare_immediate(e, insn->is_test, width, left, right)) return condition_of(insn->predicate);
  if (left.reg != QUICK_NO_REGISTER && !insn->is_test) // cmp register, what is there; test knows no such form
    hot_x64_insn(e->code, size | 0x3a, left.reg, hot_quick_rm_of(e, right, QUICK_SCRATCH_2));
  else
    hot_x64_insn(e->code, size | (insn->is_test ? 0x84 : 0x38), hot_quick_register_of(e, right, QUICK_SCRATCH_2), left);
  return condition_of(insn->predicate);
}

// What a comparison of doubles leaves in the flags: "unordered" sets all three, as if the first were smaller and equal.
struct float_test {
  bool swaps; // the operands
  enum x64_condition condition;
  enum { ALONE, AND_ORDERED, OR_UNORDERED } parity;
};

static struct float_test float_test_of(unsigned predicate) {
  switch (predicate) {
  case LLVMRealOEQ: return (struct float_test){false, X64_E, AND_ORDERED};
  case LLVMRealUNE: return (struct float_test){false, X64_NE, OR_UNORDERED};
  case LLVMRealOGT: return (struct float_test){false, X64_A, ALONE};
  case LLVMRealOGE: return (struct float_test){false, X64_AE, ALONE};
  case LLVMRealOLT: return (struct float_test){true, X64_A, ALONE};
  case LLVMRealOLE: return (struct float_test){true, X64_AE, ALONE};
  case LLVMRealULT: return (struct float_test){false, X64_B, ALONE};
  case LLVMRealULE: return (struct float_test){false, X64_BE, ALONE};
  case LLVMRealUGT: return (struct float_test){true, X64_B, ALONE};
  case LLVMRealUGE: return (struct float_test){true, X64_BE, ALONE};
  case LLVMRealUEQ: return (struct float_test){false, X64_E, ALONE};
  case LLVMRealONE: return (struct float_test){false, X64_NE, ALONE};
  case LLVMRealUNO: return (struct float_test){false, X64_P, ALONE};
  default: return (struct float_test){false, X64_NP, ALONE};
  }
}

static void jump_if_double(struct quick_emitter *e, const struct quick_insn *insn, bool sense, uint32_t label) {
  struct float_test test = float_test_of(insn->predicate);
  struct quick_operand first = insn->operands[test.swaps], second = insn->operands[!test.swaps];
  uint8_t left = hot_quick_register_of(e, first, QUICK_DOUBLE_SCRATCH);
  hot_x64_insn(e->code, X64_66 | X64_0F | 0x2e, left, hot_quick_rm_of(e, second, QUICK_DOUBLE_SCRATCH_2)); // ucomisd
  if (test.parity == ALONE) {
    hot_x64_jump_if(e->code, sense ? test.condition : hot_x64_opposite(test.condition), label);
  } else if ((test.parity == OR_UNORDERED) == sense) { // either of two ways leads there
    hot_x64_jump_if(e->code, X64_P, label);
    hot_x64_jump_if(e->code, X64_NE, label);
  } else {
    uint32_t past = hot_x64_label(e->code);
    hot_x64_jump_if(e->code, X64_P, past);
    hot_x64_jump_if(e->code, X64_E, label);
    hot_x64_bind(e->code, past);
  }
}

void hot_quick_jump_if_compared(struct quick_emitter *e, const struct quick_insn *insn, bool sense, uint32_t label) {
  if (insn->op == QUICK_FCMP) {
    jump_if_double(e, insn, sense, label);
    return;
  }
  enum x64_condition condition = hot_quick_compare(e, insn);
  hot_x64_jump_if(e->code, sense ? condition : hot_x64_opposite(condition), label);
}

// ---- conditions ----------------------------------------------------------------------------------------------------

// Both, or one of two; what decides against jumping first leads past the second.
static void jump_if_two(struct quick_emitter *e, struct quick_operand first, struct quick_operand second, bool both,
                        bool sense, uint32_t label) {
  if (both != sense) { // one of them is enough
    hot_quick_jump_if(e, first, sense, label);
    hot_quick_jump_if(e, second, sense, label);
    return;
  }
  uint32_t past = hot_x64_label(e->code);
  hot_quick_jump_if(e, first, !sense, past);
  hot_quick_jump_if(e, second, sense, label);
  hot_x64_bind(e->code, past);
}

static void jump_if_fused(struct quick_emitter *e, const struct quick_insn *insn, bool sense, uint32_t label) {
  const struct quick_operand *o = insn->operands;
  switch (insn->op) {
  case QUICK_FLAG:
    ASSERT(e->f->insns[e->number].op == QUICK_BRANCH_IF, "the flag is asked for by operation %u",
           e->f->insns[e->number].op);
    hot_x64_jump_if(e->code, sense ? X64_O : X64_NO, label);
    return;
  case QUICK_AND: jump_if_two(e, o[0], o[1], true, sense, label); return;
  case QUICK_OR: jump_if_two(e, o[0], o[1], false, sense, label); return;
  case QUICK_XOR: hot_quick_jump_if(e, o[0], !sense, label); return;
  case QUICK_SELECT: { // a ? b : false, or a ? true : b
    bool both = o[2].kind == QUICK_CONSTANT && o[2].constant == 0;
    jump_if_two(e, o[0], both ? o[1] : o[2], both, sense, label);
    return;
  }
  default: hot_quick_jump_if_compared(e, insn, sense, label);
  }
}

void hot_quick_jump_if(struct quick_emitter *e, struct quick_operand condition, bool sense, uint32_t label) {
  condition = hot_quick_leaf(e->f, condition);
  if (condition.kind != QUICK_VALUE) {
    if ((condition.constant != 0) == sense) hot_x64_jump(e->code, label);
    return;
  }
  const struct quick_insn *insn = &e->f->insns[condition.index];
  if (insn->is_fused) {
    jump_if_fused(e, insn, sense, label);
    return;
  }
  hot_x64_insn_immediate(e->code, X64_RM_BYTE | 0xf6, 0, hot_quick_place_of(e, condition.index), 1, 1);
  hot_x64_jump_if(e->code, sense ? X64_NE : X64_E, label);
}

// ---- branches ------------------------------------------------------------------------------------------------------

// Where to go for a block when values have to be moved on the way: to a stub.
static uint32_t label_of(struct quick_emitter *e, uint32_t from, uint32_t to) {
  bool moves = hot_quick_move_joins(e, from, to);
  e->move_count = 0;
  if (!moves) return e->first_label + to;
  if (!mem_grow(&e->stubs, e->stub_count, &e->stub_room, sizeof *e->stubs)) {
    e->code->no_memory = true;
    return e->first_label + to;
  }
  e->stubs[e->stub_count++] = (struct quick_stub){hot_x64_label(e->code), from, to};
  return e->stubs[e->stub_count - 1].label;
}

// Goes on at a block, which may come next.
static void go_on(struct quick_emitter *e, uint32_t from, uint32_t to) {
  if (hot_quick_move_joins(e, from, to)) hot_quick_move_all(e, QUICK_SCRATCH, QUICK_SCRATCH_2);
  if (to != from + 1) hot_x64_jump(e->code, e->first_label + to);
}

static void branch_if(struct quick_emitter *e, const struct quick_insn *insn) {
  uint32_t yes = insn->targets[0], no = insn->targets[1];
  const struct quick_block *blocks = e->f->blocks;
  bool falls_to_yes = yes == insn->block + 1 || (no != insn->block + 1 && blocks[yes].weight < blocks[no].weight);
  if (yes == no) {
    go_on(e, insn->block, yes);
    return;
  }
  hot_quick_jump_if(e, insn->operands[0], !falls_to_yes, label_of(e, insn->block, falls_to_yes ? no : yes));
  go_on(e, insn->block, falls_to_yes ? yes : no);
}

static void switch_to(struct quick_emitter *e, const struct quick_insn *insn) {
  struct x64_rm value = hot_quick_rm_of(e, insn->operands[0], QUICK_SCRATCH);
  unsigned size = sized(insn->width);
  for (uint32_t i = 1; i < insn->operand_count; i++) {
    uint32_t label = label_of(e, insn->block, insn->targets[i]);
    if (!compare_immediate(e, false, insn->width, value, insn->operands[i])) {
      hot_x64_load_constant(e->code, QUICK_SCRATCH_2, insn->operands[i].constant);
      hot_x64_insn(e->code, size | 0x38, QUICK_SCRATCH_2, value);
    }
    hot_x64_jump_if(e->code, X64_E, label);
  }
  ASSERT(insn->operand_count >= 1 && insn->width >= 8, "%u cases of %u bits", insn->operand_count, insn->width);
  go_on(e, insn->block, insn->targets[0]);
}

void hot_quick_branch(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  if (insn->op == QUICK_BRANCH_IF)
    branch_if(e, insn);
  else if (insn->op == QUICK_SWITCH)
    switch_to(e, insn);
  else
    go_on(e, insn->block, insn->targets[0]);
}

// ---- calls and jumps -----------------------------------------------------------------------------------------------

static void go_to_address(struct quick_emitter *e, uint8_t opcode, int64_t address) {
  if (emit_reaches(e->memory, (const void *)(uintptr_t)address)) {
    hot_x64_jump_to(e->code, opcode, X64_TO_ADDRESS, (uint64_t)address);
    return;
  }
  hot_x64_load_constant(e->code, QUICK_SCRATCH, address);
  hot_x64_insn(e->code, 0xff, opcode == 0xe8 ? 2 : 4, hot_x64_register(QUICK_SCRATCH));
}

void hot_quick_jump_out(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  ASSERT(insn->operand_count == QUICK_PARAMS + 1, "a handler is called with %u words", insn->operand_count - 1);
  struct quick_operand target = hot_quick_leaf(e->f, insn->operands[QUICK_PARAMS]);
  for (uint32_t i = 0; i < QUICK_PARAMS; i++)
    hot_quick_move_add(e, insn->operands[i], hot_x64_register(hot_quick_jump_registers[i]));
  if (target.kind == QUICK_VALUE) hot_quick_move_add(e, target, hot_x64_register(QUICK_SCRATCH));
  hot_quick_move_all(e, QUICK_SCRATCH_2, QUICK_SCRATCH_2);
  if (e->frame_bytes) hot_x64_insn_immediate(e->code, X64_WIDE | 0x81, 0, hot_x64_register(RSP), e->frame_bytes, 4);
  if (target.kind == QUICK_FUNCTION)
    hot_x64_jump_to(e->code, 0xe9, X64_TO_FUNCTION, target.index);
  else if (target.kind == QUICK_VALUE)
    hot_x64_insn(e->code, 0xff, 4, hot_x64_register(QUICK_SCRATCH));
  else
    go_to_address(e, 0xe9, target.constant);
}

// Stores or loads what the callee may lose.
static void save(struct quick_emitter *e, uint32_t number, bool back) {
  for (uint32_t i = 0; i < e->saved_count; i++) {
    const struct quick_group *group = &e->f->groups[e->saved[i]];
    if (!hot_quick_lives_at(group, 2 * number) || !hot_quick_lives_at(group, 2 * number + 1)) continue;
    if (hot_quick_group_of(e->f, number) == group) continue; // the result comes there
    ASSERT(!hot_quick_is_kept(group->reg), "register %u is saved, which C functions keep", group->reg);
    unsigned opcode = group->is_double ? X64_F2 | X64_0F | (back ? 0x10u : 0x11u) : X64_WIDE | (back ? 0x8bu : 0x89u);
    hot_x64_insn(e->code, opcode, group->reg, hot_x64_memory(RSP, e->f->passed_bytes + group->slot));
  }
}

static void store_call_result(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  if (!hot_quick_group_of(e->f, number)->range_count) return; // nobody wants it
  if (insn->width == 1 || insn->width == 8)
    hot_x64_insn(e->code, X64_0F | X64_RM_BYTE | 0xb6, RAX, hot_x64_register(RAX));
  hot_quick_store_result(e, number, insn->is_double ? XMM0 : RAX);
}

void hot_quick_call(struct quick_emitter *e, uint32_t number) {
  const struct quick_insn *insn = &e->f->insns[number];
  struct quick_operand target = hot_quick_leaf(e->f, insn->operands[insn->operand_count - 1]);
  uint32_t words = 0, doubles = 0;
  save(e, number, false);
  for (uint32_t i = 0; i + 1 < insn->operand_count; i++) {
    struct x64_rm to = hot_x64_memory(RSP, (int32_t)(words - QUICK_WORDS_PASSED) * 8); // behind those in registers
    if (insn->operands[i].is_double)
      to = hot_x64_register((uint8_t)(XMM0 + doubles++));
    else if (words++ < QUICK_WORDS_PASSED)
      to = hot_x64_register(hot_quick_call_registers[words - 1]);
    hot_quick_move_add(e, insn->operands[i], to);
  }
  ASSERT(words <= QUICK_WORDS_PASSED || (int32_t)(words - QUICK_WORDS_PASSED) * 8 <= e->f->passed_bytes,
         "%u words are passed, and there is room for %d bytes of them", words, e->f->passed_bytes);
  if (target.kind == QUICK_VALUE) hot_quick_move_add(e, target, hot_x64_register(R10));
  hot_quick_move_all(e, QUICK_SCRATCH, QUICK_SCRATCH);
  if (target.kind == QUICK_VALUE)
    hot_x64_insn(e->code, 0xff, 2, hot_x64_register(R10));
  else
    go_to_address(e, 0xe8, target.constant);
  store_call_result(e, number);
  save(e, number, true);
}
