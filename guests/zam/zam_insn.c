// SPDX-License-Identifier: MIT
//
// zam_insn.c: reading instructions. A row for each opcode, in the order of their numbers, says what its operands are
// and what it is short for: PUSHACC3 for a push and ACC 3, MAKEBLOCK2 t for MAKEBLOCK 2,t. SWITCH and CLOSUREREC are
// the two of variable length.
#include "zam_insn.h"
#include "loam/rt.h"

#define PLAIN(name) {name, "", 0, -1, 0, false, false, 0}
#define SHORT(name, plain, push, value) {name, "", 0, -1, plain, push, true, value}
const struct zam_opcode_info zam_opcodes[ZAM_OPCODE_COUNT] = {
    SHORT("ACC0", ZAM_ACC, false, 0),
    SHORT("ACC1", ZAM_ACC, false, 1),
    SHORT("ACC2", ZAM_ACC, false, 2),
    SHORT("ACC3", ZAM_ACC, false, 3),
    SHORT("ACC4", ZAM_ACC, false, 4),
    SHORT("ACC5", ZAM_ACC, false, 5),
    SHORT("ACC6", ZAM_ACC, false, 6),
    SHORT("ACC7", ZAM_ACC, false, 7),
    {"ACC", "n", 1, -1, 0, false, false, 0},
    PLAIN("PUSH"),
    SHORT("PUSHACC0", ZAM_ACC, true, 0),
    SHORT("PUSHACC1", ZAM_ACC, true, 1),
    SHORT("PUSHACC2", ZAM_ACC, true, 2),
    SHORT("PUSHACC3", ZAM_ACC, true, 3),
    SHORT("PUSHACC4", ZAM_ACC, true, 4),
    SHORT("PUSHACC5", ZAM_ACC, true, 5),
    SHORT("PUSHACC6", ZAM_ACC, true, 6),
    SHORT("PUSHACC7", ZAM_ACC, true, 7),
    {"PUSHACC", "n", 1, -1, ZAM_ACC, true, false, 0},
    {"POP", "n", 1, -1, 0, false, false, 0},
    {"ASSIGN", "n", 1, -1, 0, false, false, 0},
    SHORT("ENVACC1", ZAM_ENVACC, false, 1),
    SHORT("ENVACC2", ZAM_ENVACC, false, 2),
    SHORT("ENVACC3", ZAM_ENVACC, false, 3),
    SHORT("ENVACC4", ZAM_ENVACC, false, 4),
    {"ENVACC", "n", 1, -1, 0, false, false, 0},
    SHORT("PUSHENVACC1", ZAM_ENVACC, true, 1),
    SHORT("PUSHENVACC2", ZAM_ENVACC, true, 2),
    SHORT("PUSHENVACC3", ZAM_ENVACC, true, 3),
    SHORT("PUSHENVACC4", ZAM_ENVACC, true, 4),
    {"PUSHENVACC", "n", 1, -1, ZAM_ENVACC, true, false, 0},
    {"PUSH_RETADDR", "l", 1, 0, 0, false, false, 0},
    {"APPLY", "n", 1, -1, 0, false, false, 0},
    SHORT("APPLY1", ZAM_APPLY, false, 1),
    SHORT("APPLY2", ZAM_APPLY, false, 2),
    SHORT("APPLY3", ZAM_APPLY, false, 3),
    {"APPTERM", "nn", 2, -1, 0, false, false, 0},
    {"APPTERM1", "n", 1, -1, ZAM_APPTERM, false, true, 1},
    {"APPTERM2", "n", 1, -1, ZAM_APPTERM, false, true, 2},
    {"APPTERM3", "n", 1, -1, ZAM_APPTERM, false, true, 3},
    {"RETURN", "n", 1, -1, 0, false, false, 0},
    PLAIN("RESTART"),
    {"GRAB", "n", 1, -1, 0, false, false, 0},
    {"CLOSURE", "nl", 2, 1, 0, false, false, 0},
    {"CLOSUREREC", "*", 2, -1, 0, false, false, 0},
    SHORT("OFFSETCLOSUREM3", ZAM_OFFSETCLOSURE, false, -3),
    SHORT("OFFSETCLOSURE0", ZAM_OFFSETCLOSURE, false, 0),
    SHORT("OFFSETCLOSURE3", ZAM_OFFSETCLOSURE, false, 3),
    {"OFFSETCLOSURE", "n", 1, -1, 0, false, false, 0},
    SHORT("PUSHOFFSETCLOSUREM3", ZAM_OFFSETCLOSURE, true, -3),
    SHORT("PUSHOFFSETCLOSURE0", ZAM_OFFSETCLOSURE, true, 0),
    SHORT("PUSHOFFSETCLOSURE3", ZAM_OFFSETCLOSURE, true, 3),
    {"PUSHOFFSETCLOSURE", "n", 1, -1, ZAM_OFFSETCLOSURE, true, false, 0},
    {"GETGLOBAL", "g", 1, -1, 0, false, false, 0},
    {"PUSHGETGLOBAL", "g", 1, -1, ZAM_GETGLOBAL, true, false, 0},
    {"GETGLOBALFIELD", "gn", 2, -1, 0, false, false, 0},
    {"PUSHGETGLOBALFIELD", "gn", 2, -1, ZAM_GETGLOBALFIELD, true, false, 0},
    {"SETGLOBAL", "g", 1, -1, 0, false, false, 0},
    SHORT("ATOM0", ZAM_ATOM, false, 0),
    {"ATOM", "n", 1, -1, 0, false, false, 0},
    SHORT("PUSHATOM0", ZAM_ATOM, true, 0),
    {"PUSHATOM", "n", 1, -1, ZAM_ATOM, true, false, 0},
    {"MAKEBLOCK", "nn", 2, -1, 0, false, false, 0},
    {"MAKEBLOCK1", "n", 1, -1, ZAM_MAKEBLOCK, false, true, 1},
    {"MAKEBLOCK2", "n", 1, -1, ZAM_MAKEBLOCK, false, true, 2},
    {"MAKEBLOCK3", "n", 1, -1, ZAM_MAKEBLOCK, false, true, 3},
    {"MAKEFLOATBLOCK", "n", 1, -1, 0, false, false, 0},
    SHORT("GETFIELD0", ZAM_GETFIELD, false, 0),
    SHORT("GETFIELD1", ZAM_GETFIELD, false, 1),
    SHORT("GETFIELD2", ZAM_GETFIELD, false, 2),
    SHORT("GETFIELD3", ZAM_GETFIELD, false, 3),
    {"GETFIELD", "n", 1, -1, 0, false, false, 0},
    {"GETFLOATFIELD", "n", 1, -1, 0, false, false, 0},
    SHORT("SETFIELD0", ZAM_SETFIELD, false, 0),
    SHORT("SETFIELD1", ZAM_SETFIELD, false, 1),
    SHORT("SETFIELD2", ZAM_SETFIELD, false, 2),
    SHORT("SETFIELD3", ZAM_SETFIELD, false, 3),
    {"SETFIELD", "n", 1, -1, 0, false, false, 0},
    {"SETFLOATFIELD", "n", 1, -1, 0, false, false, 0},
    PLAIN("VECTLENGTH"),
    PLAIN("GETVECTITEM"),
    PLAIN("SETVECTITEM"),
    PLAIN("GETBYTESCHAR"),
    PLAIN("SETBYTESCHAR"),
    {"BRANCH", "l", 1, 0, 0, false, false, 0},
    {"BRANCHIF", "l", 1, 0, 0, false, false, 0},
    {"BRANCHIFNOT", "l", 1, 0, 0, false, false, 0},
    {"SWITCH", "*", 1, -1, 0, false, false, 0},
    PLAIN("BOOLNOT"),
    {"PUSHTRAP", "l", 1, 0, 0, false, false, 0},
    PLAIN("POPTRAP"),
    PLAIN("RAISE"),
    PLAIN("CHECK_SIGNALS"),
    {"C_CALL1", "p", 1, -1, ZAM_C_CALLN, false, true, 1},
    {"C_CALL2", "p", 1, -1, ZAM_C_CALLN, false, true, 2},
    {"C_CALL3", "p", 1, -1, ZAM_C_CALLN, false, true, 3},
    {"C_CALL4", "p", 1, -1, ZAM_C_CALLN, false, true, 4},
    {"C_CALL5", "p", 1, -1, ZAM_C_CALLN, false, true, 5},
    {"C_CALLN", "np", 2, -1, 0, false, false, 0},
    SHORT("CONST0", ZAM_CONSTINT, false, 0),
    SHORT("CONST1", ZAM_CONSTINT, false, 1),
    SHORT("CONST2", ZAM_CONSTINT, false, 2),
    SHORT("CONST3", ZAM_CONSTINT, false, 3),
    {"CONSTINT", "n", 1, -1, 0, false, false, 0},
    SHORT("PUSHCONST0", ZAM_CONSTINT, true, 0),
    SHORT("PUSHCONST1", ZAM_CONSTINT, true, 1),
    SHORT("PUSHCONST2", ZAM_CONSTINT, true, 2),
    SHORT("PUSHCONST3", ZAM_CONSTINT, true, 3),
    {"PUSHCONSTINT", "n", 1, -1, ZAM_CONSTINT, true, false, 0},
    PLAIN("NEGINT"),
    PLAIN("ADDINT"),
    PLAIN("SUBINT"),
    PLAIN("MULINT"),
    PLAIN("DIVINT"),
    PLAIN("MODINT"),
    PLAIN("ANDINT"),
    PLAIN("ORINT"),
    PLAIN("XORINT"),
    PLAIN("LSLINT"),
    PLAIN("LSRINT"),
    PLAIN("ASRINT"),
    PLAIN("EQ"),
    PLAIN("NEQ"),
    PLAIN("LTINT"),
    PLAIN("LEINT"),
    PLAIN("GTINT"),
    PLAIN("GEINT"),
    {"OFFSETINT", "n", 1, -1, 0, false, false, 0},
    {"OFFSETREF", "n", 1, -1, 0, false, false, 0},
    PLAIN("ISINT"),
    PLAIN("GETMETHOD"),
    {"BEQ", "nl", 2, 1, 0, false, false, 0},
    {"BNEQ", "nl", 2, 1, 0, false, false, 0},
    {"BLTINT", "nl", 2, 1, 0, false, false, 0},
    {"BLEINT", "nl", 2, 1, 0, false, false, 0},
    {"BGTINT", "nl", 2, 1, 0, false, false, 0},
    {"BGEINT", "nl", 2, 1, 0, false, false, 0},
    PLAIN("ULTINT"),
    PLAIN("UGEINT"),
    {"BULTINT", "nl", 2, 1, 0, false, false, 0},
    {"BUGEINT", "nl", 2, 1, 0, false, false, 0},
    {"GETPUBMET", "nn", 2, -1, 0, false, false, 0},
    PLAIN("GETDYNMET"),
    PLAIN("STOP"),
    PLAIN("EVENT"),
    PLAIN("BREAK"),
    PLAIN("RERAISE"),
    PLAIN("RAISE_NOTRACE"),
    PLAIN("GETSTRINGCHAR"),
};

// Operands of the two ops of variable length: how many words follow.
static int64_t variable_length(uint8_t op, const int32_t *args) {
  ASSERT(op == ZAM_SWITCH || op == ZAM_CLOSUREREC, "zam.I13: %s has a fixed length", zam_opcodes[op].name);
  if (op == ZAM_CLOSUREREC) return 2 + (int64_t)args[0];
  return 1 + (int64_t)((uint32_t)args[0] & 0xffff) + (int64_t)((uint32_t)args[0] >> 16);
}

// All but what the operands are, of an instruction with `fixed` ones; false: they don't fit in the code.
static inline __attribute__((always_inline)) bool read_operands(const struct zam_words *code, uint32_t pc,
                                                                uint32_t fixed, struct zam_insn *insn) {
  const int32_t *at = code->words + pc;
  if (fixed > code->count - pc - 1) return false;
  insn->pc = pc;
  insn->length = 1 + fixed;
  insn->args[0] = insn->args[1] = 0;
  if (fixed > 0) insn->args[0] = at[1];
  if (fixed > 1) insn->args[1] = at[2];
  return true;
}

// Reads an instruction whose operands say more than that they are operands.
static __attribute__((noinline)) bool read_special(const struct zam_words *code, uint32_t pc, struct zam_insn *insn) {
  uint8_t op = (uint8_t)code->words[pc];
  if (!read_operands(code, pc, zam_opcodes[op].words, insn)) return false;
  insn->op = op;
  insn->facts = zam_insn_facts[op];
  insn->push = false;
  bool nothing = op != ZAM_SWITCH && insn->args[op == ZAM_CLOSUREREC] <= 0;
  if (nothing) insn->facts |= ZAM_READS_NO_ACC; // a closure of nothing
  if (op == ZAM_CLOSURE) return true;
  int64_t length = variable_length(op, insn->args);
  if (length > code->count - pc - 1 || (op == ZAM_CLOSUREREC && insn->args[0] < 1)) return false;
  insn->length = 1 + (uint32_t)length;
  return true;
}

static inline bool is_special(uint32_t number) {
  return number == ZAM_CLOSURE || number == ZAM_CLOSUREREC || number == ZAM_SWITCH;
}

bool zam_insn_read(const struct zam_words *code, uint32_t pc, struct zam_insn *insn) {
  if (pc >= code->count || (uint32_t)code->words[pc] >= ZAM_OPCODE_COUNT) return false;
  uint32_t number = (uint32_t)code->words[pc];
  if (is_special(number)) return read_special(code, pc, insn);
  insn->op = (uint8_t)number;
  insn->facts = zam_insn_facts[number];
  insn->push = false;
  return read_operands(code, pc, zam_opcodes[number].words, insn);
}

bool zam_insn_read_plain(const struct zam_words *code, uint32_t pc, struct zam_insn *insn) {
  if (pc >= code->count || (uint32_t)code->words[pc] >= ZAM_OPCODE_COUNT) return false;
  uint32_t number = (uint32_t)code->words[pc];
  if (UNLIKELY(is_special(number))) return read_special(code, pc, insn);
  const struct zam_opcode_info *info = &zam_opcodes[number];
  insn->op = info->plain ? info->plain : (uint8_t)number;
  insn->facts = zam_insn_facts[number];
  insn->push = info->push;
  if (!read_operands(code, pc, info->words, insn)) return false;
  if (!info->has_value) return true;
  insn->args[1] = insn->args[0];
  insn->args[0] = info->value;
  return true;
}

uint32_t zam_insn_label_count(const struct zam_insn *insn) {
  const struct zam_opcode_info *info = &zam_opcodes[insn->op];
  if (insn->op == ZAM_SWITCH || insn->op == ZAM_CLOSUREREC) return insn->length - 1 - info->words;
  return info->label >= 0;
}

const int32_t *zam_insn_labels(const struct zam_words *code, const struct zam_insn *insn) {
  ASSERT(insn->op == ZAM_SWITCH || insn->op == ZAM_CLOSUREREC, "zam.I13: word %u has one label at most", insn->pc);
  return code->words + insn->pc + 1 + zam_opcodes[insn->op].words;
}

int64_t zam_insn_label(const struct zam_words *code, const struct zam_insn *insn, uint32_t index) {
  if (zam_opcodes[insn->op].label >= 0) return zam_insn_only_label(insn);
  const int32_t *labels = zam_insn_labels(code, insn);
  ASSERT(index < zam_insn_label_count(insn) && insn->pc + insn->length <= code->count,
         "zam.I13: label %u of word %u, of %u words", index, insn->pc, insn->length);
  return labels - code->words + labels[index];
}

#define NO_ACC (ZAM_READS_NO_ACC | ZAM_WRITES_NO_ACC)
#define COMPARES (ZAM_WRITES_NO_ACC | ZAM_BRANCHES)
#define LEAVES (ZAM_WRITES_NO_ACC | ZAM_ENDS)
// By an opcode as it stands in the code: one that pushes first reads the accumulator.
const uint8_t zam_insn_facts[ZAM_OPCODE_COUNT] = {
    [ZAM_ACC0... ZAM_ACC] = ZAM_READS_NO_ACC,
    [ZAM_ENVACC1... ZAM_ENVACC] = ZAM_READS_NO_ACC,
    [ZAM_OFFSETCLOSUREM3... ZAM_OFFSETCLOSURE] = ZAM_READS_NO_ACC,
    [ZAM_GETGLOBAL] = ZAM_READS_NO_ACC,
    [ZAM_GETGLOBALFIELD] = ZAM_READS_NO_ACC,
    [ZAM_ATOM0... ZAM_ATOM] = ZAM_READS_NO_ACC,
    [ZAM_CONST0... ZAM_CONSTINT] = ZAM_READS_NO_ACC,
    [ZAM_PUSH] = ZAM_WRITES_NO_ACC,
    [ZAM_POP] = NO_ACC | ZAM_TAKES_COUNTED,
    [ZAM_PUSH_RETADDR] = NO_ACC,
    [ZAM_PUSHTRAP] = NO_ACC,
    [ZAM_POPTRAP] = NO_ACC,
    [ZAM_CHECK_SIGNALS] = NO_ACC,
    [ZAM_BRANCH] = NO_ACC | ZAM_BRANCHES | ZAM_ENDS,
    [ZAM_BRANCHIF] = COMPARES,
    [ZAM_BRANCHIFNOT] = COMPARES,
    [ZAM_BEQ... ZAM_BGEINT] = COMPARES,
    [ZAM_BULTINT] = COMPARES,
    [ZAM_BUGEINT] = COMPARES,
    [ZAM_SWITCH] = COMPARES | ZAM_ENDS,
    [ZAM_APPTERM... ZAM_APPTERM3] = LEAVES | ZAM_TAKES_COUNTED,
    [ZAM_RETURN] = LEAVES | ZAM_TAKES_COUNTED,
    [ZAM_RAISE] = LEAVES,
    [ZAM_RERAISE] = LEAVES,
    [ZAM_RAISE_NOTRACE] = LEAVES,
    [ZAM_STOP] = LEAVES,
    [ZAM_EVENT] = ZAM_ALONE,
    [ZAM_BREAK] = ZAM_ALONE,
    [ZAM_GRAB] = ZAM_ALONE,
    [ZAM_RESTART] = ZAM_ALONE,
    [ZAM_APPLY... ZAM_APPLY3] = ZAM_TAKES_COUNTED,
    [ZAM_CLOSURE] = ZAM_TAKES_COUNTED,
    [ZAM_CLOSUREREC] = ZAM_TAKES_COUNTED,
    [ZAM_MAKEBLOCK... ZAM_MAKEFLOATBLOCK] = ZAM_TAKES_COUNTED,
    [ZAM_C_CALL1... ZAM_C_CALLN] = ZAM_TAKES_COUNTED,
    [ZAM_SETVECTITEM] = ZAM_TAKES_2,
    [ZAM_SETBYTESCHAR] = ZAM_TAKES_2,
    [ZAM_SETFIELD0... ZAM_SETFLOATFIELD] = ZAM_TAKES_1,
    [ZAM_GETVECTITEM] = ZAM_TAKES_1,
    [ZAM_GETBYTESCHAR] = ZAM_TAKES_1,
    [ZAM_GETSTRINGCHAR] = ZAM_TAKES_1,
    [ZAM_ULTINT... ZAM_UGEINT] = ZAM_TAKES_1,
    [ZAM_ADDINT... ZAM_GEINT] = ZAM_TAKES_1,
};

uint32_t zam_insn_counted(const struct zam_insn *insn) {
  int32_t count = insn->args[insn->op == ZAM_APPTERM || insn->op == ZAM_CLOSUREREC];
  if (insn->op == ZAM_POP || insn->op == ZAM_RETURN || insn->op == ZAM_APPLY || insn->op == ZAM_APPTERM)
    return (uint32_t)count;
  return count > 0 ? (uint32_t)count - 1 : 0; // the accumulator is the first of them
}
