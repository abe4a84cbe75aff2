// SPDX-License-Identifier: MIT
//
// zam_insn.c: reading instructions. A row for each opcode, in the order of their numbers, says what its operands are;
// SWITCH and CLOSUREREC are the two of variable length.
#include "zam_insn.h"

#include <string.h>

const struct zam_opcode_info zam_opcodes[ZAM_OPCODE_COUNT] = {
    {"ACC0", ""},
    {"ACC1", ""},
    {"ACC2", ""},
    {"ACC3", ""},
    {"ACC4", ""},
    {"ACC5", ""},
    {"ACC6", ""},
    {"ACC7", ""},
    {"ACC", "n"},
    {"PUSH", ""},
    {"PUSHACC0", ""},
    {"PUSHACC1", ""},
    {"PUSHACC2", ""},
    {"PUSHACC3", ""},
    {"PUSHACC4", ""},
    {"PUSHACC5", ""},
    {"PUSHACC6", ""},
    {"PUSHACC7", ""},
    {"PUSHACC", "n"},
    {"POP", "n"},
    {"ASSIGN", "n"},
    {"ENVACC1", ""},
    {"ENVACC2", ""},
    {"ENVACC3", ""},
    {"ENVACC4", ""},
    {"ENVACC", "n"},
    {"PUSHENVACC1", ""},
    {"PUSHENVACC2", ""},
    {"PUSHENVACC3", ""},
    {"PUSHENVACC4", ""},
    {"PUSHENVACC", "n"},
    {"PUSH_RETADDR", "l"},
    {"APPLY", "n"},
    {"APPLY1", ""},
    {"APPLY2", ""},
    {"APPLY3", ""},
    {"APPTERM", "nn"},
    {"APPTERM1", "n"},
    {"APPTERM2", "n"},
    {"APPTERM3", "n"},
    {"RETURN", "n"},
    {"RESTART", ""},
    {"GRAB", "n"},
    {"CLOSURE", "nl"},
    {"CLOSUREREC", "*"},
    {"OFFSETCLOSUREM3", ""},
    {"OFFSETCLOSURE0", ""},
    {"OFFSETCLOSURE3", ""},
    {"OFFSETCLOSURE", "n"},
    {"PUSHOFFSETCLOSUREM3", ""},
    {"PUSHOFFSETCLOSURE0", ""},
    {"PUSHOFFSETCLOSURE3", ""},
    {"PUSHOFFSETCLOSURE", "n"},
    {"GETGLOBAL", "g"},
    {"PUSHGETGLOBAL", "g"},
    {"GETGLOBALFIELD", "gn"},
    {"PUSHGETGLOBALFIELD", "gn"},
    {"SETGLOBAL", "g"},
    {"ATOM0", ""},
    {"ATOM", "n"},
    {"PUSHATOM0", ""},
    {"PUSHATOM", "n"},
    {"MAKEBLOCK", "nn"},
    {"MAKEBLOCK1", "n"},
    {"MAKEBLOCK2", "n"},
    {"MAKEBLOCK3", "n"},
    {"MAKEFLOATBLOCK", "n"},
    {"GETFIELD0", ""},
    {"GETFIELD1", ""},
    {"GETFIELD2", ""},
    {"GETFIELD3", ""},
    {"GETFIELD", "n"},
    {"GETFLOATFIELD", "n"},
    {"SETFIELD0", ""},
    {"SETFIELD1", ""},
    {"SETFIELD2", ""},
    {"SETFIELD3", ""},
    {"SETFIELD", "n"},
    {"SETFLOATFIELD", "n"},
    {"VECTLENGTH", ""},
    {"GETVECTITEM", ""},
    {"SETVECTITEM", ""},
    {"GETBYTESCHAR", ""},
    {"SETBYTESCHAR", ""},
    {"BRANCH", "l"},
    {"BRANCHIF", "l"},
    {"BRANCHIFNOT", "l"},
    {"SWITCH", "*"},
    {"BOOLNOT", ""},
    {"PUSHTRAP", "l"},
    {"POPTRAP", ""},
    {"RAISE", ""},
    {"CHECK_SIGNALS", ""},
    {"C_CALL1", "p"},
    {"C_CALL2", "p"},
    {"C_CALL3", "p"},
    {"C_CALL4", "p"},
    {"C_CALL5", "p"},
    {"C_CALLN", "np"},
    {"CONST0", ""},
    {"CONST1", ""},
    {"CONST2", ""},
    {"CONST3", ""},
    {"CONSTINT", "n"},
    {"PUSHCONST0", ""},
    {"PUSHCONST1", ""},
    {"PUSHCONST2", ""},
    {"PUSHCONST3", ""},
    {"PUSHCONSTINT", "n"},
    {"NEGINT", ""},
    {"ADDINT", ""},
    {"SUBINT", ""},
    {"MULINT", ""},
    {"DIVINT", ""},
    {"MODINT", ""},
    {"ANDINT", ""},
    {"ORINT", ""},
    {"XORINT", ""},
    {"LSLINT", ""},
    {"LSRINT", ""},
    {"ASRINT", ""},
    {"EQ", ""},
    {"NEQ", ""},
    {"LTINT", ""},
    {"LEINT", ""},
    {"GTINT", ""},
    {"GEINT", ""},
    {"OFFSETINT", "n"},
    {"OFFSETREF", "n"},
    {"ISINT", ""},
    {"GETMETHOD", ""},
    {"BEQ", "nl"},
    {"BNEQ", "nl"},
    {"BLTINT", "nl"},
    {"BLEINT", "nl"},
    {"BGTINT", "nl"},
    {"BGEINT", "nl"},
    {"ULTINT", ""},
    {"UGEINT", ""},
    {"BULTINT", "nl"},
    {"BUGEINT", "nl"},
    {"GETPUBMET", "nn"},
    {"GETDYNMET", ""},
    {"STOP", ""},
    {"EVENT", ""},
    {"BREAK", ""},
    {"RERAISE", ""},
    {"RAISE_NOTRACE", ""},
    {"GETSTRINGCHAR", ""},
};

// Operands of the two ops of variable length: how many words follow.
static int64_t variable_length(uint8_t op, const int32_t *args) {
  if (op == ZAM_CLOSUREREC) return 2 + (int64_t)args[0];
  return 1 + (int64_t)((uint32_t)args[0] & 0xffff) + (int64_t)((uint32_t)args[0] >> 16);
}

bool zam_insn_read(const struct zam_words *code, uint32_t pc, struct zam_insn *insn) {
  if (pc >= code->count) return false;
  uint32_t number = (uint32_t)code->words[pc], left = code->count - pc - 1;
  if (number >= ZAM_OPCODE_COUNT) return false;
  const char *operands = zam_opcodes[number].operands;
  uint32_t fixed = *operands == '*' ? (number == ZAM_CLOSUREREC ? 2 : 1) : (uint32_t)strlen(operands);
  if (fixed > left) return false;
  *insn = (struct zam_insn){.pc = pc, .length = 1 + fixed, .op = (uint8_t)number};
  for (uint32_t i = 0; i < fixed; i++) insn->args[i] = code->words[pc + 1 + i];
  if (*operands != '*') return true;
  int64_t length = variable_length(insn->op, insn->args);
  if (length > left || (number == ZAM_CLOSUREREC && insn->args[0] < 1)) return false;
  insn->length = 1 + (uint32_t)length;
  return true;
}

uint32_t zam_insn_label_count(const struct zam_words *code, const struct zam_insn *insn) {
  (void)code;
  const char *operands = zam_opcodes[insn->op].operands;
  if (*operands == '*') return insn->length - (insn->op == ZAM_CLOSUREREC ? 3 : 2);
  return strchr(operands, 'l') != NULL;
}

int64_t zam_insn_label(const struct zam_words *code, const struct zam_insn *insn, uint32_t index) {
  const char *operands = zam_opcodes[insn->op].operands;
  if (*operands == '*') { // all relative to the first
    uint32_t base = insn->pc + (insn->op == ZAM_CLOSUREREC ? 3 : 2);
    return (int64_t)base + code->words[base + index];
  }
  uint32_t at = insn->pc + 1 + (uint32_t)(strchr(operands, 'l') - operands);
  return (int64_t)at + code->words[at];
}

// A run of opcodes that stand for operands first, first + 1, ...; and what they are short for.
struct short_form {
  uint8_t from, to, plain;
  bool push;
  int8_t first;
  uint8_t step;
};
static const struct short_form short_forms[] = {
    {ZAM_ACC0, ZAM_ACC7, ZAM_ACC, false, 0, 1},
    {ZAM_PUSHACC0, ZAM_PUSHACC7, ZAM_ACC, true, 0, 1},
    {ZAM_ENVACC1, ZAM_ENVACC4, ZAM_ENVACC, false, 1, 1},
    {ZAM_PUSHENVACC1, ZAM_PUSHENVACC4, ZAM_ENVACC, true, 1, 1},
    {ZAM_OFFSETCLOSUREM3, ZAM_OFFSETCLOSURE3, ZAM_OFFSETCLOSURE, false, -3, 3},
    {ZAM_PUSHOFFSETCLOSUREM3, ZAM_PUSHOFFSETCLOSURE3, ZAM_OFFSETCLOSURE, true, -3, 3},
    {ZAM_ATOM0, ZAM_ATOM0, ZAM_ATOM, false, 0, 1},
    {ZAM_PUSHATOM0, ZAM_PUSHATOM0, ZAM_ATOM, true, 0, 1},
    {ZAM_GETFIELD0, ZAM_GETFIELD3, ZAM_GETFIELD, false, 0, 1},
    {ZAM_SETFIELD0, ZAM_SETFIELD3, ZAM_SETFIELD, false, 0, 1},
    {ZAM_CONST0, ZAM_CONST3, ZAM_CONSTINT, false, 0, 1},
    {ZAM_PUSHCONST0, ZAM_PUSHCONST3, ZAM_CONSTINT, true, 0, 1},
};
// Those that keep their operands.
static const uint8_t long_forms[][2] = {
    {ZAM_PUSHACC, ZAM_ACC},
    {ZAM_PUSHENVACC, ZAM_ENVACC},
    {ZAM_PUSHOFFSETCLOSURE, ZAM_OFFSETCLOSURE},
    {ZAM_PUSHGETGLOBAL, ZAM_GETGLOBAL},
    {ZAM_PUSHGETGLOBALFIELD, ZAM_GETGLOBALFIELD},
    {ZAM_PUSHATOM, ZAM_ATOM},
    {ZAM_PUSHCONSTINT, ZAM_CONSTINT},
};

// MAKEBLOCK2 t is MAKEBLOCK 2,t; C_CALL2 p is C_CALLN 2,p; APPTERM2 m is APPTERM 2,m; APPLY2 is APPLY 2.
static bool count_in_name(struct zam_insn *insn) {
  static const struct {
    uint8_t from, to, plain;
  } runs[] = {{ZAM_MAKEBLOCK1, ZAM_MAKEBLOCK3, ZAM_MAKEBLOCK},
              {ZAM_C_CALL1, ZAM_C_CALL5, ZAM_C_CALLN},
              {ZAM_APPTERM1, ZAM_APPTERM3, ZAM_APPTERM},
              {ZAM_APPLY1, ZAM_APPLY3, ZAM_APPLY}};
  for (unsigned i = 0; i < sizeof runs / sizeof *runs; i++) {
    if (insn->op < runs[i].from || insn->op > runs[i].to) continue;
    insn->args[1] = insn->args[0];
    insn->args[0] = insn->op - runs[i].from + 1;
    insn->op = runs[i].plain;
    return true;
  }
  return false;
}

struct zam_insn zam_insn_plain(const struct zam_insn *insn, bool *push) {
  struct zam_insn plain = *insn;
  *push = false;
  if (count_in_name(&plain)) return plain;
  for (unsigned i = 0; i < sizeof short_forms / sizeof *short_forms; i++) {
    const struct short_form *form = &short_forms[i];
    if (insn->op < form->from || insn->op > form->to) continue;
    plain.op = form->plain;
    plain.args[0] = form->first + (insn->op - form->from) * form->step;
    *push = form->push;
    return plain;
  }
  for (unsigned i = 0; i < sizeof long_forms / sizeof *long_forms; i++) {
    if (insn->op != long_forms[i][0]) continue;
    plain.op = long_forms[i][1];
    *push = true;
  }
  return plain;
}
