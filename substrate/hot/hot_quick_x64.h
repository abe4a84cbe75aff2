// SPDX-License-Identifier: MIT
//
// hot_quick_x64.h: x86-64 instructions as bytes, with places that are filled when it is known where all code lies.
#ifndef LOAM_HOT_HOT_QUICK_X64_H
#define LOAM_HOT_HOT_QUICK_X64_H

#include "hot/hot_quick_int.h"

// What an instruction reads or writes besides its register: another register, or memory.
struct x64_rm {
  uint8_t reg;         // QUICK_NO_REGISTER: memory, at
  uint8_t base, index; // registers, or QUICK_NO_REGISTER
  uint8_t shift;
  int32_t distance;
  uint32_t constant; // QUICK_NONE, or memory at a constant of the unit
};

// Opcodes: the last byte, and what stands before it.
#define X64_WIDE 0x100 // operands of 64 bits
#define X64_0F 0x200   // of the second table
#define X64_66 0x400   // prefixes
#define X64_F2 0x800
#define X64_F3 0x1000
#define X64_BYTE 0x2000    // the registers are bytes
#define X64_RM_BYTE 0x4000 // only the one that may be memory is

// Conditions, as they stand in jumps: each beside its opposite.
enum x64_condition {
  X64_O = 0,
  X64_NO = 1,
  X64_B = 2,
  X64_AE = 3,
  X64_E = 4,
  X64_NE = 5,
  X64_BE = 6,
  X64_A = 7,
  X64_S = 8,
  X64_P = 10,
  X64_NP = 11,
  X64_L = 12,
  X64_GE = 13,
  X64_LE = 14,
  X64_G = 15
};

static inline enum x64_condition hot_x64_opposite(enum x64_condition condition) { return condition ^ 1; }

enum x64_fixup_kind { X64_TO_LABEL, X64_TO_FUNCTION, X64_TO_ADDRESS, X64_TO_CONSTANT };

// A distance of 32 bits from behind it.
struct x64_fixup {
  enum x64_fixup_kind kind;
  uint32_t at;
  uint64_t target;
};

struct x64_code {
  uint8_t *bytes;
  uint32_t size, room;
  struct x64_fixup *fixups;
  uint32_t fixup_count, fixup_room;
  uint32_t *labels; // where they are; QUICK_NONE: not yet
  uint32_t label_count, label_room;
  uint64_t *constants;
  uint32_t constant_count, constant_room;
  bool no_memory;
};

void hot_x64_code_fini(struct x64_code *code);
static inline struct x64_rm hot_x64_register(uint8_t reg) {
  return (struct x64_rm){.reg = reg, .base = QUICK_NO_REGISTER, .index = QUICK_NO_REGISTER, .constant = QUICK_NONE};
}
static inline struct x64_rm hot_x64_memory(uint8_t base, int32_t distance) {
  return (struct x64_rm){QUICK_NO_REGISTER, base, QUICK_NO_REGISTER, 0, distance, QUICK_NONE};
}
// A constant of the unit, in its memory.
struct x64_rm hot_x64_constant(struct x64_code *code, uint64_t bits);
void hot_x64_put(struct x64_code *code, const void *bytes, uint32_t count);
// An instruction but for its immediate. `reg` may be a digit of the opcode.
void hot_x64_insn(struct x64_code *code, unsigned opcode, unsigned reg, struct x64_rm rm);
// The same, and an immediate behind it, of so many bytes.
void hot_x64_insn_immediate(struct x64_code *code, unsigned opcode, unsigned reg, struct x64_rm rm, int64_t immediate,
                            unsigned bytes);
// Keeps the flags.
void hot_x64_load_constant(struct x64_code *code, uint8_t reg, int64_t n);
void hot_x64_swap_bytes(struct x64_code *code, bool wide, uint8_t reg);
// The address of a function of the unit.
void hot_x64_load_function(struct x64_code *code, uint8_t reg, uint32_t function);
uint32_t hot_x64_label(struct x64_code *code);
void hot_x64_bind(struct x64_code *code, uint32_t label);
void hot_x64_jump(struct x64_code *code, uint32_t label);
void hot_x64_jump_if(struct x64_code *code, enum x64_condition condition, uint32_t label);
// A jump or call (opcodes e9 and e8) to a function of the unit, or to an address within reach.
void hot_x64_jump_to(struct x64_code *code, uint8_t opcode, enum x64_fixup_kind kind, uint64_t target);
// Instructions that do nothing, up to a multiple of so many bytes: a power of two.
void hot_x64_align(struct x64_code *code, uint32_t bytes);

#endif
