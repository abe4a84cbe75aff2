// SPDX-License-Identifier: MIT
//
// hot_quick_x64.c: x86-64 instructions as bytes. See AMD's and Intel's manuals, "Instruction Format".
#define LOAM_HOT_MODULE
#include "hot/hot_quick_x64.h"

#include <string.h>

#define CODE_MAX (UINT32_C(1) << 24)

void hot_x64_code_fini(struct x64_code *code) {
  mem_free(code->bytes);
  mem_free(code->fixups);
  mem_free(code->labels);
  mem_free(code->constants);
  *code = (struct x64_code){0};
}

void hot_x64_put(struct x64_code *code, const void *bytes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (code->no_memory || code->size >= CODE_MAX || !mem_grow(&code->bytes, code->size, &code->room, 1)) {
      code->no_memory = true;
      return;
    }
    code->bytes[code->size++] = ((const uint8_t *)bytes)[i];
  }
}

static void put_byte(struct x64_code *code, unsigned byte) { hot_x64_put(code, &(uint8_t){(uint8_t)byte}, 1); }

static void put_fixup(struct x64_code *code, enum x64_fixup_kind kind, uint64_t target) {
  if (code->no_memory || !mem_grow(&code->fixups, code->fixup_count, &code->fixup_room, sizeof *code->fixups)) {
    code->no_memory = true;
    return;
  }
  code->fixups[code->fixup_count++] = (struct x64_fixup){kind, code->size, target};
  hot_x64_put(code, &(uint32_t){0}, 4);
}

struct x64_rm hot_x64_constant(struct x64_code *code, uint64_t bits) {
  struct x64_rm rm = hot_x64_memory(QUICK_NO_REGISTER, 0);
  for (rm.constant = 0; rm.constant < code->constant_count; rm.constant++)
    if (code->constants[rm.constant] == bits) return rm;
  if (mem_grow(&code->constants, code->constant_count, &code->constant_room, sizeof *code->constants))
    code->constants[code->constant_count++] = bits;
  else
    code->no_memory = true;
  return rm;
}

// The byte that names a register and a register or memory, and what follows it.
static void put_rm(struct x64_code *code, unsigned reg, struct x64_rm rm) {
  unsigned middle = (reg & 7) << 3;
  if (rm.reg != QUICK_NO_REGISTER) {
    put_byte(code, 0xc0 | middle | (rm.reg & 7));
    return;
  }
  if (rm.constant != QUICK_NONE) {
    put_byte(code, middle | 5);
    put_fixup(code, X64_TO_CONSTANT, rm.constant);
    return;
  }
  ASSERT(rm.index != RSP && rm.shift <= 3, "register %u is an index, times 2 to the %u", rm.index, rm.shift);
  ASSERT((rm.base < XMM0 || rm.base == QUICK_NO_REGISTER) && (rm.index < XMM0 || rm.index == QUICK_NO_REGISTER),
         "registers %u and %u are an address", rm.base, rm.index);
  bool has_base = rm.base != QUICK_NO_REGISTER, has_index = rm.index != QUICK_NO_REGISTER;
  bool is_byte = rm.distance == (int8_t)rm.distance;
  unsigned mode = !has_base || (rm.distance == 0 && (rm.base & 7) != RBP) ? 0 : is_byte ? 0x40 : 0x80;
  bool has_pair = has_index || !has_base || (rm.base & 7) == RSP;
  put_byte(code, mode | middle | (has_pair ? 4u : rm.base & 7u));
  if (has_pair)
    put_byte(code, (unsigned)rm.shift << 6 | (has_index ? (rm.index & 7u) : 4u) << 3 | (has_base ? rm.base & 7u : 5u));
  if (mode == 0x40)
    put_byte(code, (uint8_t)rm.distance);
  else if (mode == 0x80 || !has_base)
    hot_x64_put(code, &rm.distance, 4);
}

void hot_x64_insn(struct x64_code *code, unsigned opcode, unsigned reg, struct x64_rm rm) {
  ASSERT(reg < QUICK_REGISTERS && (rm.reg < QUICK_REGISTERS || rm.reg == QUICK_NO_REGISTER),
         "instruction %x has the registers %u and %u", opcode, reg, rm.reg);
  reg &= 15;
  if (rm.reg != QUICK_NO_REGISTER) rm.reg &= 15;
  if (opcode & X64_66) put_byte(code, 0x66);
  if (opcode & X64_F2) put_byte(code, 0xf2);
  if (opcode & X64_F3) put_byte(code, 0xf3);
  unsigned low = rm.reg != QUICK_NO_REGISTER ? rm.reg : rm.base != QUICK_NO_REGISTER ? rm.base : 0;
  unsigned rex = (opcode & X64_WIDE ? 8u : 0u) | (reg >> 3) << 2 | (low >> 3);
  if (rm.reg == QUICK_NO_REGISTER && rm.index != QUICK_NO_REGISTER) rex |= (rm.index >> 3) << 1;
  bool is_low_byte = rm.reg != QUICK_NO_REGISTER && rm.reg >= RSP;
  bool names_byte = (opcode & (X64_BYTE | X64_RM_BYTE) && is_low_byte) || (opcode & X64_BYTE && reg >= RSP);
  if (rex || names_byte) put_byte(code, 0x40 | rex);
  if (opcode & X64_0F) put_byte(code, 0x0f);
  put_byte(code, opcode & 0xff);
  put_rm(code, reg, rm);
}

void hot_x64_insn_immediate(struct x64_code *code, unsigned opcode, unsigned reg, struct x64_rm rm, int64_t immediate,
                            unsigned bytes) {
  ASSERT(rm.constant == QUICK_NONE, "an immediate behind the distance of constant %u", rm.constant);
  ASSERT(immediate >> (8 * bytes) == 0 || immediate >> (8 * bytes - 1) == -1, "%lld is an immediate of %u bytes",
         (long long)immediate, bytes);
  hot_x64_insn(code, opcode, reg, rm);
  hot_x64_put(code, &immediate, bytes);
}

void hot_x64_load_constant(struct x64_code *code, uint8_t reg, int64_t n) {
  ASSERT(reg < XMM0, "%lld is loaded into register %u", (long long)n, reg);
  if (n == (int64_t)(uint32_t)n) {
    if (reg >> 3) put_byte(code, 0x41);
    put_byte(code, 0xb8u | (reg & 7u));
    hot_x64_put(code, &n, 4);
  } else if (n == (int32_t)n) {
    hot_x64_insn_immediate(code, X64_WIDE | 0xc7, 0, hot_x64_register(reg), n, 4);
  } else {
    put_byte(code, 0x48u | reg >> 3);
    put_byte(code, 0xb8u | (reg & 7u));
    hot_x64_put(code, &n, 8);
  }
}

void hot_x64_swap_bytes(struct x64_code *code, bool wide, uint8_t reg) {
  if (wide || reg >> 3) put_byte(code, 0x40u | (wide ? 8u : 0u) | reg >> 3);
  put_byte(code, 0x0f);
  put_byte(code, 0xc8u | (reg & 7u));
}

void hot_x64_load_function(struct x64_code *code, uint8_t reg, uint32_t function) {
  ASSERT(reg < XMM0, "the address of function %u is loaded into register %u", function, reg);
  put_byte(code, 0x48u | reg >> 3 << 2);
  put_byte(code, 0x8d);
  put_byte(code, (reg & 7u) << 3 | 5);
  put_fixup(code, X64_TO_FUNCTION, function);
}

uint32_t hot_x64_label(struct x64_code *code) {
  if (!mem_grow(&code->labels, code->label_count, &code->label_room, sizeof *code->labels)) {
    code->no_memory = true;
    return 0;
  }
  code->labels[code->label_count] = QUICK_NONE;
  return code->label_count++;
}

void hot_x64_bind(struct x64_code *code, uint32_t label) {
  if (code->no_memory) return;
  ASSERT(label < code->label_count && code->labels[label] == QUICK_NONE, "label %u of %u is bound twice", label,
         code->label_count);
  code->labels[label] = code->size;
}

// Back, the distance is known, and mostly short.
static bool put_short(struct x64_code *code, unsigned opcode, uint32_t label) {
  if (code->no_memory) return true;
  ASSERT(label < code->label_count, "a jump to label %u of %u", label, code->label_count);
  uint32_t to = code->labels[label];
  if (to == QUICK_NONE || code->size + 2 - to > 128) return false;
  put_byte(code, opcode);
  put_byte(code, (uint8_t)(to - code->size - 1));
  return true;
}

void hot_x64_jump(struct x64_code *code, uint32_t label) {
  if (put_short(code, 0xeb, label)) return;
  put_byte(code, 0xe9);
  put_fixup(code, X64_TO_LABEL, label);
}

void hot_x64_jump_if(struct x64_code *code, enum x64_condition condition, uint32_t label) {
  ASSERT(condition <= X64_G, "a jump to label %u if %d", label, condition);
  if (put_short(code, 0x70u | condition, label)) return;
  put_byte(code, 0x0f);
  put_byte(code, 0x80u | condition);
  put_fixup(code, X64_TO_LABEL, label);
}

void hot_x64_jump_to(struct x64_code *code, uint8_t opcode, enum x64_fixup_kind kind, uint64_t target) {
  put_byte(code, opcode);
  put_fixup(code, kind, target);
}

void hot_x64_align(struct x64_code *code, uint32_t bytes) {
  static const uint8_t no_operation[] = {0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0}; // with as many prefixes
  static const uint8_t shorter[][9] = {{0x90},
                                       {0x66, 0x90},
                                       {0x0f, 0x1f, 0},
                                       {0x0f, 0x1f, 0x40, 0},
                                       {0x0f, 0x1f, 0x44, 0, 0},
                                       {0x66, 0x0f, 0x1f, 0x44, 0, 0},
                                       {0x0f, 0x1f, 0x80, 0, 0, 0, 0},
                                       {0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0},
                                       {0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0}};
  ASSERT(bytes && (bytes & (bytes - 1)) == 0, "code begins at a multiple of %u bytes", bytes);
  for (uint32_t left; (left = -code->size % bytes) && !code->no_memory;)
    hot_x64_put(code, left < sizeof no_operation ? shorter[left - 1] : no_operation,
                left < sizeof no_operation ? left : sizeof no_operation);
}
