// SPDX-License-Identifier: MIT
//
// code_print.c: encoded code back to instructions, and to text.
#define LOAM_CODE_MODULE
#include "code/code_int.h"

#include "frame/frame.h"

#include <inttypes.h>
#include <string.h>

static int64_t get(const char *at, enum imm_kind kind) {
  uint16_t half;
  int32_t word;
  int64_t all;
  switch (kind) {
  case IMM_LOCAL:
  case IMM_CALLEE: memcpy(&half, at, 2); return (int16_t)half;
  case IMM_FEEDBACK: return __atomic_load_n((const uint16_t *)at, __ATOMIC_RELAXED);       // mutators may write it
  case IMM_CACHE: return (int64_t)__atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE); // see method_note_called
  case IMM_U16:
  case IMM_INDEX:
  case IMM_FRAME: memcpy(&half, at, 2); return half;
  case IMM_U32: memcpy(&word, at, 4); return (uint32_t)word;
  case IMM_I32:
  case IMM_TARGET: memcpy(&word, at, 4); return word;
  default: memcpy(&all, at, 8); return all;
  }
}

void code_decode(const struct method *method, uint32_t pc, struct code_insn *out) {
  CHECK(pc < method->code_words * 8u, "code.I4: %s has no byte %u", method->name, pc);
  const char *at = (const char *)method->code + pc;
  uint16_t op;
  memcpy(&op, at, sizeof op);
  CHECK(op < method->ops->count, "code.I4: %s has no instruction at byte %u", method->name, pc);
  out->info = &method->ops->ops[op];
  out->pc = pc;
  for (unsigned i = 0; i < out->info->imm_count; i++) {
    enum imm_kind kind = op_imms(out->info)[i].kind;
    int64_t value = get(at + op_imms(out->info)[i].offset, kind);
    if (kind == IMM_LOCAL) value += method->local_count;
    if (kind == IMM_TARGET) value = pc + value * 8;
    out->imm[i] = value;
  }
}

static void print_imm(const struct op_imm *imm, int64_t value, struct text *out) {
  switch (imm->kind) {
  case IMM_PTR: text_printf(out, " %s=%#" PRIx64, imm_name(imm), (uint64_t)value); break;
  case IMM_TARGET: text_printf(out, " %s->%" PRId64, imm_name(imm), value); break;
  case IMM_CACHE:
  case IMM_FEEDBACK:
    if (value) text_printf(out, " %s=%#" PRIx64, imm_name(imm), (uint64_t)value);
    break;
  case IMM_CALLEE:
  case IMM_FRAME: break; // follow from the number of locals
  default: text_printf(out, " %s=%" PRId64, imm_name(imm), value);
  }
}

void method_print(const struct method *method, struct text *out) {
  text_printf(out, "%s: %u parameters, %u locals, %u frame words, %u code words\n", method->name, method->param_count,
              method->local_count, method->frame_words, method->code_words);
  for (uint32_t i = 0; i < method->handler_count; i++) {
    const struct code_handler *handler = &method->handlers[i];
    text_printf(out, "  handler %u..%u -> %u\n", handler->start, handler->end, handler->handler);
  }
  struct code_insn insn;
  for (uint32_t pc = 0; pc < method->code_words * 8u; pc += insn.info->words * 8u) {
    code_decode(method, pc, &insn);
    struct code_site site;
    text_printf(out, "  %5u", pc);
    if (frame_site(method, (const char *)method->code + pc, &site)) text_printf(out, " %4u", site.line);
    text_printf(out, "  %s", op_name(insn.info));
    for (unsigned i = 0; i < insn.info->imm_count; i++) print_imm(&op_imms(insn.info)[i], insn.imm[i], out);
    text_add_char(out, '\n');
  }
}
