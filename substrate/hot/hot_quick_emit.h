// SPDX-License-Identifier: MIT
//
// hot_quick_emit.h: what the writers of instructions share: where values are, and how they are moved.
#ifndef LOAM_HOT_HOT_QUICK_EMIT_H
#define LOAM_HOT_HOT_QUICK_EMIT_H

#include "hot/hot_quick_x64.h"

// A branch whose moves are made on the way.
struct quick_stub {
  uint32_t label, from, to;
};

// What is to be brought to a place: what is in another, or a constant.
struct quick_move {
  struct quick_operand constant; // QUICK_VALUE: it is none
  struct x64_rm from, to;
};

struct quick_emitter {
  const struct quick_function *f;
  struct x64_code *code;
  const struct emit_memory *memory;
  uint32_t number;          // of the instruction that is being written
  uint32_t first_label;     // the label of the function's first block; the others' follow
  int32_t frame_bytes;      // that the code takes of the native stack
  struct quick_stub *stubs; // still to be written
  uint32_t stub_count, stub_room;
  struct quick_move *moves;
  uint32_t move_count, move_room;
  uint32_t *saved, saved_count; // groups that may have to be stored around calls
};

// ---- hot_quick_move.c ----------------------------------------------------------------------------------------------

// Where a value is that the instruction being written reads or makes.
struct x64_rm hot_quick_place_of(const struct quick_emitter *e, uint32_t value);
bool hot_quick_is_register(const struct quick_emitter *e, struct quick_operand operand);
// Is the operand in this register?
bool hot_quick_is_in(const struct quick_emitter *e, struct quick_operand operand, uint8_t reg);
// Brings an operand into a register. Keeps the flags.
void hot_quick_load(struct quick_emitter *e, uint8_t reg, struct quick_operand operand);
// The register that an operand is in: its own, or this one, into which it is brought.
uint8_t hot_quick_register_of(struct quick_emitter *e, struct quick_operand operand, uint8_t scratch);
// An operand as an instruction reads it: in a register, or in memory. A constant is brought into the register.
struct x64_rm hot_quick_rm_of(struct quick_emitter *e, struct quick_operand operand, uint8_t scratch);
// The register in which a value's result is to be made, and what brings it to its place.
uint8_t hot_quick_result_register(const struct quick_emitter *e, uint32_t value, uint8_t scratch);
void hot_quick_store_result(struct quick_emitter *e, uint32_t value, uint8_t reg);
// Moves between two registers of a kind. Keeps the flags.
void hot_quick_move_register(struct quick_emitter *e, uint8_t to, uint8_t from);

// Notes a move; nothing where nothing is to be moved.
void hot_quick_move_add(struct quick_emitter *e, struct quick_operand from, struct x64_rm to);
void hot_quick_move_add_place(struct quick_emitter *e, struct x64_rm from, struct x64_rm to);
// Makes all moves that were noted, as if at the same time, by the help of two registers that are no move's: `via` for
// what goes from memory to memory, `cycle` for a circle. They may be one if no circle goes through memory.
void hot_quick_move_all(struct quick_emitter *e, uint8_t via, uint8_t cycle);
// Notes the moves that a branch from one block to another takes. Is there any?
bool hot_quick_move_joins(struct quick_emitter *e, uint32_t from, uint32_t to);

// ---- hot_quick_compute.c -------------------------------------------------------------------------------------------

// Memory at an address, by the help of the two scratch registers.
struct x64_rm hot_quick_memory_of(struct quick_emitter *e, struct quick_address address);
// Writes the code of an instruction that computes a value or stores one.
void hot_quick_compute(struct quick_emitter *e, uint32_t number);

// ---- hot_quick_branch.c --------------------------------------------------------------------------------------------

// Goes to the label if a condition is `sense`.
void hot_quick_jump_if(struct quick_emitter *e, struct quick_operand condition, bool sense, uint32_t label);
// The same for a comparison.
void hot_quick_jump_if_compared(struct quick_emitter *e, const struct quick_insn *insn, bool sense, uint32_t label);
// Compares words; the predicate under which the result holds is what comes back.
enum x64_condition hot_quick_compare(struct quick_emitter *e, const struct quick_insn *insn);
void hot_quick_branch(struct quick_emitter *e, uint32_t number);
void hot_quick_jump_out(struct quick_emitter *e, uint32_t number);
void hot_quick_call(struct quick_emitter *e, uint32_t number);

#endif
