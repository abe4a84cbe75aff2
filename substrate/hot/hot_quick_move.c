// SPDX-License-Identifier: MIT
//
// hot_quick_move.c: from where values are to where they are wanted.
#define LOAM_HOT_MODULE
#include "hot/hot_quick_emit.h"

#define MOV_LOAD (X64_WIDE | 0x8b)
#define MOV_STORE (X64_WIDE | 0x89)
#define MOVSD_LOAD (X64_F2 | X64_0F | 0x10)
#define MOVSD_STORE (X64_F2 | X64_0F | 0x11)
#define MOVAPS (X64_0F | 0x28)
#define XORPS (X64_0F | 0x57)

static bool is_double(uint8_t reg) { return reg >= XMM0 && reg < QUICK_REGISTERS; }

static struct x64_rm place_of_group(const struct quick_emitter *e, const struct quick_group *group) {
  if (group->reg != QUICK_NO_REGISTER) return hot_x64_register(group->reg);
  ASSERT(group->slot >= 0 && group->slot < e->f->frame_bytes, "a value is at %d of %d bytes", group->slot,
         e->f->frame_bytes);
  return hot_x64_memory(RSP, e->f->passed_bytes + group->slot);
}

struct x64_rm hot_quick_place_of(const struct quick_emitter *e, uint32_t value) {
  const struct quick_group *group = hot_quick_group_of(e->f, value);
  ASSERT(hot_quick_lives_at(group, 2 * e->number) || hot_quick_lives_at(group, 2 * e->number + 1),
         "hot.I11: the code of instruction %u reads or makes value %u, which doesn't live there", e->number, value);
  return place_of_group(e, group);
}

bool hot_quick_is_register(const struct quick_emitter *e, struct quick_operand operand) {
  operand = hot_quick_leaf(e->f, operand);
  return operand.kind == QUICK_VALUE && hot_quick_place_of(e, operand.index).reg != QUICK_NO_REGISTER;
}

bool hot_quick_is_in(const struct quick_emitter *e, struct quick_operand operand, uint8_t reg) {
  operand = hot_quick_leaf(e->f, operand);
  return operand.kind == QUICK_VALUE && hot_quick_place_of(e, operand.index).reg == reg;
}

static void load_double_constant(struct quick_emitter *e, uint8_t reg, int64_t bits) {
  if (bits == 0)
    hot_x64_insn(e->code, XORPS, reg, hot_x64_register(reg));
  else
    hot_x64_insn(e->code, MOVSD_LOAD, reg, hot_x64_constant(e->code, (uint64_t)bits));
}

static void load_place(struct quick_emitter *e, uint8_t reg, struct x64_rm from) {
  if (from.reg == reg) return;
  if (from.reg != QUICK_NO_REGISTER) {
    hot_quick_move_register(e, reg, from.reg);
    return;
  }
  hot_x64_insn(e->code, is_double(reg) ? MOVSD_LOAD : MOV_LOAD, reg, from);
}

void hot_quick_move_register(struct quick_emitter *e, uint8_t to, uint8_t from) {
  ASSERT(is_double(to) == is_double(from), "a move from register %u to %u", from, to);
  if (to != from) hot_x64_insn(e->code, is_double(to) ? MOVAPS : MOV_LOAD, to, hot_x64_register(from));
}

void hot_quick_load(struct quick_emitter *e, uint8_t reg, struct quick_operand operand) {
  operand = hot_quick_leaf(e->f, operand);
  if (operand.kind == QUICK_ANYTHING) return;
  if (operand.kind == QUICK_VALUE)
    load_place(e, reg, hot_quick_place_of(e, operand.index));
  else if (operand.kind == QUICK_FUNCTION)
    hot_x64_load_function(e->code, reg, operand.index);
  else if (is_double(reg))
    load_double_constant(e, reg, operand.constant);
  else
    hot_x64_load_constant(e->code, reg, operand.constant);
}

uint8_t hot_quick_register_of(struct quick_emitter *e, struct quick_operand operand, uint8_t scratch) {
  operand = hot_quick_leaf(e->f, operand);
  if (hot_quick_is_register(e, operand)) return hot_quick_place_of(e, operand.index).reg;
  hot_quick_load(e, scratch, operand);
  return scratch;
}

struct x64_rm hot_quick_rm_of(struct quick_emitter *e, struct quick_operand operand, uint8_t scratch) {
  operand = hot_quick_leaf(e->f, operand);
  if (operand.kind == QUICK_VALUE) return hot_quick_place_of(e, operand.index);
  if (is_double(scratch) && operand.kind == QUICK_CONSTANT)
    return hot_x64_constant(e->code, (uint64_t)operand.constant);
  hot_quick_load(e, scratch, operand);
  return hot_x64_register(scratch);
}

uint8_t hot_quick_result_register(const struct quick_emitter *e, uint32_t value, uint8_t scratch) {
  struct x64_rm place = hot_quick_place_of(e, value);
  return place.reg == QUICK_NO_REGISTER ? scratch : place.reg;
}

void hot_quick_store_result(struct quick_emitter *e, uint32_t value, uint8_t reg) {
  struct x64_rm place = hot_quick_place_of(e, value);
  ASSERT(value == e->number, "instruction %u makes value %u", e->number, value);
  if (place.reg == QUICK_NO_REGISTER)
    hot_x64_insn(e->code, is_double(reg) ? MOVSD_STORE : MOV_STORE, reg, place);
  else
    hot_quick_move_register(e, place.reg, reg);
}

// ---- several at once -----------------------------------------------------------------------------------------------

static bool same_place(struct x64_rm a, struct x64_rm b) {
  if (a.reg != QUICK_NO_REGISTER || b.reg != QUICK_NO_REGISTER) return a.reg == b.reg;
  return a.distance == b.distance; // both are words of the native frame
}

static void add_move(struct quick_emitter *e, struct quick_move move) {
  if (mem_grow(&e->moves, e->move_count, &e->move_room, sizeof *e->moves))
    e->moves[e->move_count++] = move;
  else
    e->code->no_memory = true;
}

void hot_quick_move_add_place(struct quick_emitter *e, struct x64_rm from, struct x64_rm to) {
  if (!same_place(from, to)) add_move(e, (struct quick_move){.constant.kind = QUICK_VALUE, .from = from, .to = to});
}

void hot_quick_move_add(struct quick_emitter *e, struct quick_operand from, struct x64_rm to) {
  from = hot_quick_leaf(e->f, from);
  if (from.kind == QUICK_VALUE)
    hot_quick_move_add_place(e, hot_quick_place_of(e, from.index), to);
  else if (from.kind != QUICK_ANYTHING)
    add_move(e, (struct quick_move){from, hot_x64_register(QUICK_NO_REGISTER), to});
}

static bool is_constant(const struct quick_move *move) { return move->constant.kind != QUICK_VALUE; }

static void move_one(struct quick_emitter *e, const struct quick_move *move, uint8_t via) {
  int64_t n = move->constant.constant;
  if (move->to.reg != QUICK_NO_REGISTER && is_constant(move)) {
    hot_quick_load(e, move->to.reg, move->constant);
  } else if (move->to.reg != QUICK_NO_REGISTER) {
    load_place(e, move->to.reg, move->from);
  } else if (move->constant.kind == QUICK_CONSTANT && n == (int32_t)n) {
    hot_x64_insn_immediate(e->code, X64_WIDE | 0xc7, 0, move->to, n, 4);
  } else if (!is_constant(move) && move->from.reg != QUICK_NO_REGISTER) {
    hot_x64_insn(e->code, is_double(move->from.reg) ? MOVSD_STORE : MOV_STORE, move->from.reg, move->to);
  } else {
    if (is_constant(move))
      hot_quick_load(e, via, move->constant);
    else
      load_place(e, via, move->from);
    hot_x64_insn(e->code, MOV_STORE, via, move->to);
  }
}

// Does somebody else still take what is where this move goes?
static bool is_blocked(const struct quick_emitter *e, uint32_t move) {
  for (uint32_t i = 0; i < e->move_count; i++)
    if (i != move && !is_constant(&e->moves[i]) && same_place(e->moves[i].from, e->moves[move].to)) return true;
  return false;
}

void hot_quick_move_all(struct quick_emitter *e, uint8_t via, uint8_t cycle) {
  while (e->move_count) {
    uint32_t ready = 0;
    while (ready < e->move_count && is_blocked(e, ready)) ready++;
    if (ready < e->move_count) {
      move_one(e, &e->moves[ready], via);
      e->moves[ready] = e->moves[--e->move_count];
      continue;
    }
    // They go in a circle: what one takes waits in a register, and the circle is open. It is gone through before
    // another one is met.
    struct quick_move *first = &e->moves[0];
    uint8_t waiting = is_double(first->from.reg) || is_double(first->to.reg) ? QUICK_DOUBLE_SCRATCH : cycle;
    ASSERT(!is_constant(first) && first->from.reg != waiting, "a circle of %u moves through register %u", e->move_count,
           waiting);
    load_place(e, waiting, first->from);
    first->from = hot_x64_register(waiting);
  }
}

bool hot_quick_move_joins(struct quick_emitter *e, uint32_t from, uint32_t to) {
  const struct quick_block *block = &e->f->blocks[to];
  ASSERT(e->move_count == 0, "%u moves were not made", e->move_count);
  for (uint32_t i = block->first; i < block->end; i++) {
    const struct quick_insn *insn = &e->f->insns[i];
    if (insn->op == QUICK_PARAM) continue;
    if (insn->op != QUICK_PHI) break;
    const struct quick_group *group = hot_quick_group_of(e->f, i);
    if (!insn->is_emitted || !group->range_count) continue;
    for (uint32_t k = 0; k < insn->operand_count; k++) {
      if (insn->targets[k] != from) continue;
      hot_quick_move_add(e, insn->operands[k], place_of_group(e, group));
      break;
    }
  }
  return e->move_count > 0;
}
