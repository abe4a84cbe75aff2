// SPDX-License-Identifier: MIT
//
// zam_insn.c: reading instructions. A row for each opcode, in the order of their numbers, says what its operands are
// and what it is short for: PUSHACC3 for a push and ACC 3, MAKEBLOCK2 t for MAKEBLOCK 2,t. SWITCH and CLOSUREREC are
// the two of variable length.
#include "zam_insn.h"

#define NO_ACC (ZAM_READS_NO_ACC | ZAM_WRITES_NO_ACC)
#define COMPARES (ZAM_WRITES_NO_ACC | ZAM_BRANCHES)
#define LEAVES (ZAM_WRITES_NO_ACC | ZAM_ENDS)
// Do its operands say how long it is, or whether it reads the accumulator?
#define MATTER(op) (ZAM_##op == ZAM_SWITCH || ZAM_##op == ZAM_CLOSUREREC || ZAM_##op == ZAM_CLOSURE)
#define OP(op, operands, words, label, facts) \
  {#op, operands, ZAM_##op, facts, words, label, 0, false, false, MATTER(op)}
// Short for `op` with a first operand of `value`; for a push and `op`; for both.
#define OF(name, op, operands, words, value, facts) \
  {name, operands, ZAM_##op, facts, words, -1, value, true, false, false}
#define PUSH(name, op, operands, words) {name, operands, ZAM_##op, 0, words, -1, 0, false, true, false}
#define PUSH_OF(name, op, value) {name, "", ZAM_##op, 0, 0, -1, value, true, true, false}
const struct zam_opcode_info zam_opcodes[ZAM_OPCODE_COUNT] = {
    OF("ACC0", ACC, "", 0, 0, ZAM_READS_NO_ACC),
    OF("ACC1", ACC, "", 0, 1, ZAM_READS_NO_ACC),
    OF("ACC2", ACC, "", 0, 2, ZAM_READS_NO_ACC),
    OF("ACC3", ACC, "", 0, 3, ZAM_READS_NO_ACC),
    OF("ACC4", ACC, "", 0, 4, ZAM_READS_NO_ACC),
    OF("ACC5", ACC, "", 0, 5, ZAM_READS_NO_ACC),
    OF("ACC6", ACC, "", 0, 6, ZAM_READS_NO_ACC),
    OF("ACC7", ACC, "", 0, 7, ZAM_READS_NO_ACC),
    OP(ACC, "n", 1, -1, ZAM_READS_NO_ACC),
    OP(PUSH, "", 0, -1, ZAM_WRITES_NO_ACC),
    PUSH_OF("PUSHACC0", ACC, 0),
    PUSH_OF("PUSHACC1", ACC, 1),
    PUSH_OF("PUSHACC2", ACC, 2),
    PUSH_OF("PUSHACC3", ACC, 3),
    PUSH_OF("PUSHACC4", ACC, 4),
    PUSH_OF("PUSHACC5", ACC, 5),
    PUSH_OF("PUSHACC6", ACC, 6),
    PUSH_OF("PUSHACC7", ACC, 7),
    PUSH("PUSHACC", ACC, "n", 1),
    OP(POP, "n", 1, -1, NO_ACC | ZAM_TAKES_COUNTED),
    OP(ASSIGN, "n", 1, -1, 0),
    OF("ENVACC1", ENVACC, "", 0, 1, ZAM_READS_NO_ACC),
    OF("ENVACC2", ENVACC, "", 0, 2, ZAM_READS_NO_ACC),
    OF("ENVACC3", ENVACC, "", 0, 3, ZAM_READS_NO_ACC),
    OF("ENVACC4", ENVACC, "", 0, 4, ZAM_READS_NO_ACC),
    OP(ENVACC, "n", 1, -1, ZAM_READS_NO_ACC),
    PUSH_OF("PUSHENVACC1", ENVACC, 1),
    PUSH_OF("PUSHENVACC2", ENVACC, 2),
    PUSH_OF("PUSHENVACC3", ENVACC, 3),
    PUSH_OF("PUSHENVACC4", ENVACC, 4),
    PUSH("PUSHENVACC", ENVACC, "n", 1),
    OP(PUSH_RETADDR, "l", 1, 0, NO_ACC),
    OP(APPLY, "n", 1, -1, ZAM_TAKES_COUNTED),
    OF("APPLY1", APPLY, "", 0, 1, ZAM_TAKES_COUNTED),
    OF("APPLY2", APPLY, "", 0, 2, ZAM_TAKES_COUNTED),
    OF("APPLY3", APPLY, "", 0, 3, ZAM_TAKES_COUNTED),
    OP(APPTERM, "nn", 2, -1, LEAVES | ZAM_TAKES_COUNTED),
    OF("APPTERM1", APPTERM, "n", 1, 1, LEAVES | ZAM_TAKES_COUNTED),
    OF("APPTERM2", APPTERM, "n", 1, 2, LEAVES | ZAM_TAKES_COUNTED),
    OF("APPTERM3", APPTERM, "n", 1, 3, LEAVES | ZAM_TAKES_COUNTED),
    OP(RETURN, "n", 1, -1, LEAVES | ZAM_TAKES_COUNTED),
    OP(RESTART, "", 0, -1, ZAM_ALONE),
    OP(GRAB, "n", 1, -1, ZAM_ALONE),
    OP(CLOSURE, "nl", 2, 1, ZAM_TAKES_COUNTED),
    OP(CLOSUREREC, "*", 2, -1, ZAM_TAKES_COUNTED),
    OF("OFFSETCLOSUREM3", OFFSETCLOSURE, "", 0, -3, ZAM_READS_NO_ACC),
    OF("OFFSETCLOSURE0", OFFSETCLOSURE, "", 0, 0, ZAM_READS_NO_ACC),
    OF("OFFSETCLOSURE3", OFFSETCLOSURE, "", 0, 3, ZAM_READS_NO_ACC),
    OP(OFFSETCLOSURE, "n", 1, -1, ZAM_READS_NO_ACC),
    PUSH_OF("PUSHOFFSETCLOSUREM3", OFFSETCLOSURE, -3),
    PUSH_OF("PUSHOFFSETCLOSURE0", OFFSETCLOSURE, 0),
    PUSH_OF("PUSHOFFSETCLOSURE3", OFFSETCLOSURE, 3),
    PUSH("PUSHOFFSETCLOSURE", OFFSETCLOSURE, "n", 1),
    OP(GETGLOBAL, "g", 1, -1, ZAM_READS_NO_ACC),
    PUSH("PUSHGETGLOBAL", GETGLOBAL, "g", 1),
    OP(GETGLOBALFIELD, "gn", 2, -1, ZAM_READS_NO_ACC),
    PUSH("PUSHGETGLOBALFIELD", GETGLOBALFIELD, "gn", 2),
    OP(SETGLOBAL, "g", 1, -1, 0),
    OF("ATOM0", ATOM, "", 0, 0, ZAM_READS_NO_ACC),
    OP(ATOM, "n", 1, -1, ZAM_READS_NO_ACC),
    PUSH_OF("PUSHATOM0", ATOM, 0),
    PUSH("PUSHATOM", ATOM, "n", 1),
    OP(MAKEBLOCK, "nn", 2, -1, ZAM_TAKES_COUNTED),
    OF("MAKEBLOCK1", MAKEBLOCK, "n", 1, 1, ZAM_TAKES_COUNTED),
    OF("MAKEBLOCK2", MAKEBLOCK, "n", 1, 2, ZAM_TAKES_COUNTED),
    OF("MAKEBLOCK3", MAKEBLOCK, "n", 1, 3, ZAM_TAKES_COUNTED),
    OP(MAKEFLOATBLOCK, "n", 1, -1, ZAM_TAKES_COUNTED),
    OF("GETFIELD0", GETFIELD, "", 0, 0, 0),
    OF("GETFIELD1", GETFIELD, "", 0, 1, 0),
    OF("GETFIELD2", GETFIELD, "", 0, 2, 0),
    OF("GETFIELD3", GETFIELD, "", 0, 3, 0),
    OP(GETFIELD, "n", 1, -1, 0),
    OP(GETFLOATFIELD, "n", 1, -1, 0),
    OF("SETFIELD0", SETFIELD, "", 0, 0, ZAM_TAKES_1),
    OF("SETFIELD1", SETFIELD, "", 0, 1, ZAM_TAKES_1),
    OF("SETFIELD2", SETFIELD, "", 0, 2, ZAM_TAKES_1),
    OF("SETFIELD3", SETFIELD, "", 0, 3, ZAM_TAKES_1),
    OP(SETFIELD, "n", 1, -1, ZAM_TAKES_1),
    OP(SETFLOATFIELD, "n", 1, -1, ZAM_TAKES_1),
    OP(VECTLENGTH, "", 0, -1, 0),
    OP(GETVECTITEM, "", 0, -1, ZAM_TAKES_1),
    OP(SETVECTITEM, "", 0, -1, ZAM_TAKES_2),
    OP(GETBYTESCHAR, "", 0, -1, ZAM_TAKES_1),
    OP(SETBYTESCHAR, "", 0, -1, ZAM_TAKES_2),
    OP(BRANCH, "l", 1, 0, NO_ACC | ZAM_BRANCHES | ZAM_ENDS),
    OP(BRANCHIF, "l", 1, 0, COMPARES),
    OP(BRANCHIFNOT, "l", 1, 0, COMPARES),
    OP(SWITCH, "*", 1, -1, COMPARES | ZAM_ENDS),
    OP(BOOLNOT, "", 0, -1, 0),
    OP(PUSHTRAP, "l", 1, 0, NO_ACC),
    OP(POPTRAP, "", 0, -1, NO_ACC),
    OP(RAISE, "", 0, -1, LEAVES),
    OP(CHECK_SIGNALS, "", 0, -1, NO_ACC),
    OF("C_CALL1", C_CALLN, "p", 1, 1, ZAM_TAKES_COUNTED),
    OF("C_CALL2", C_CALLN, "p", 1, 2, ZAM_TAKES_COUNTED),
    OF("C_CALL3", C_CALLN, "p", 1, 3, ZAM_TAKES_COUNTED),
    OF("C_CALL4", C_CALLN, "p", 1, 4, ZAM_TAKES_COUNTED),
    OF("C_CALL5", C_CALLN, "p", 1, 5, ZAM_TAKES_COUNTED),
    OP(C_CALLN, "np", 2, -1, ZAM_TAKES_COUNTED),
    OF("CONST0", CONSTINT, "", 0, 0, ZAM_READS_NO_ACC),
    OF("CONST1", CONSTINT, "", 0, 1, ZAM_READS_NO_ACC),
    OF("CONST2", CONSTINT, "", 0, 2, ZAM_READS_NO_ACC),
    OF("CONST3", CONSTINT, "", 0, 3, ZAM_READS_NO_ACC),
    OP(CONSTINT, "n", 1, -1, ZAM_READS_NO_ACC),
    PUSH_OF("PUSHCONST0", CONSTINT, 0),
    PUSH_OF("PUSHCONST1", CONSTINT, 1),
    PUSH_OF("PUSHCONST2", CONSTINT, 2),
    PUSH_OF("PUSHCONST3", CONSTINT, 3),
    PUSH("PUSHCONSTINT", CONSTINT, "n", 1),
    OP(NEGINT, "", 0, -1, 0),
    OP(ADDINT, "", 0, -1, ZAM_TAKES_1),
    OP(SUBINT, "", 0, -1, ZAM_TAKES_1),
    OP(MULINT, "", 0, -1, ZAM_TAKES_1),
    OP(DIVINT, "", 0, -1, ZAM_TAKES_1),
    OP(MODINT, "", 0, -1, ZAM_TAKES_1),
    OP(ANDINT, "", 0, -1, ZAM_TAKES_1),
    OP(ORINT, "", 0, -1, ZAM_TAKES_1),
    OP(XORINT, "", 0, -1, ZAM_TAKES_1),
    OP(LSLINT, "", 0, -1, ZAM_TAKES_1),
    OP(LSRINT, "", 0, -1, ZAM_TAKES_1),
    OP(ASRINT, "", 0, -1, ZAM_TAKES_1),
    OP(EQ, "", 0, -1, ZAM_TAKES_1),
    OP(NEQ, "", 0, -1, ZAM_TAKES_1),
    OP(LTINT, "", 0, -1, ZAM_TAKES_1),
    OP(LEINT, "", 0, -1, ZAM_TAKES_1),
    OP(GTINT, "", 0, -1, ZAM_TAKES_1),
    OP(GEINT, "", 0, -1, ZAM_TAKES_1),
    OP(OFFSETINT, "n", 1, -1, 0),
    OP(OFFSETREF, "n", 1, -1, 0),
    OP(ISINT, "", 0, -1, 0),
    OP(GETMETHOD, "", 0, -1, 0),
    OP(BEQ, "nl", 2, 1, COMPARES),
    OP(BNEQ, "nl", 2, 1, COMPARES),
    OP(BLTINT, "nl", 2, 1, COMPARES),
    OP(BLEINT, "nl", 2, 1, COMPARES),
    OP(BGTINT, "nl", 2, 1, COMPARES),
    OP(BGEINT, "nl", 2, 1, COMPARES),
    OP(ULTINT, "", 0, -1, ZAM_TAKES_1),
    OP(UGEINT, "", 0, -1, ZAM_TAKES_1),
    OP(BULTINT, "nl", 2, 1, COMPARES),
    OP(BUGEINT, "nl", 2, 1, COMPARES),
    OP(GETPUBMET, "nn", 2, -1, 0),
    OP(GETDYNMET, "", 0, -1, 0),
    OP(STOP, "", 0, -1, LEAVES),
    OP(EVENT, "", 0, -1, ZAM_ALONE),
    OP(BREAK, "", 0, -1, ZAM_ALONE),
    OP(RERAISE, "", 0, -1, LEAVES),
    OP(RAISE_NOTRACE, "", 0, -1, LEAVES),
    OP(GETSTRINGCHAR, "", 0, -1, ZAM_TAKES_1),
};

// Operands of the two ops of variable length: how many words follow.
static int64_t variable_length(uint8_t op, const int32_t *args) {
  ASSERT(op == ZAM_SWITCH || op == ZAM_CLOSUREREC, "zam.I13: %s has a fixed length", zam_opcodes[op].name);
  if (op == ZAM_CLOSUREREC) return 2 + (int64_t)args[0];
  return 1 + (int64_t)((uint32_t)args[0] & 0xffff) + (int64_t)((uint32_t)args[0] >> 16);
}

// Of an instruction whose operands say more than that they are operands: how long it is, and what it does.
static bool look_at_operands(const struct zam_words *code, struct zam_insn *insn) {
  bool nothing = insn->op != ZAM_SWITCH && insn->args[insn->op == ZAM_CLOSUREREC] <= 0;
  if (nothing) insn->facts |= ZAM_READS_NO_ACC; // a closure of nothing
  if (insn->op == ZAM_CLOSURE) return true;
  int64_t length = variable_length(insn->op, insn->args);
  if (length > code->count - insn->pc - 1 || (insn->op == ZAM_CLOSUREREC && insn->args[0] < 1)) return false;
  insn->length = 1 + (uint32_t)length;
  ASSERT(insn->length > zam_opcodes[insn->op].words, "zam.I13: word %u is %s, of %u words", insn->pc,
         zam_opcodes[insn->op].name, insn->length);
  return true;
}

bool zam_insn_read(const struct zam_words *code, uint32_t pc, struct zam_insn *insn) {
  if (pc >= code->count || (uint32_t)code->words[pc] >= ZAM_OPCODE_COUNT) return false;
  const int32_t *at = code->words + pc;
  const struct zam_opcode_info *info = &zam_opcodes[*at];
  if (info->words >= code->count - pc) return false;
  *insn = (struct zam_insn){.pc = pc,
                            .length = 1u + info->words,
                            .op = (uint8_t)*at,
                            .facts = info->facts,
                            .args = {info->words > 0 ? at[1] : 0, info->words > 1 ? at[2] : 0}};
  return !info->operands_matter || look_at_operands(code, insn);
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

uint32_t zam_insn_counted(const struct zam_insn *insn) {
  ASSERT(insn->facts & ZAM_TAKES_COUNTED, "zam.I14: word %u is %s, which counts nothing", insn->pc,
         zam_opcodes[insn->op].name);
  int32_t count = insn->args[insn->op == ZAM_APPTERM || insn->op == ZAM_CLOSUREREC];
  if (insn->op == ZAM_POP || insn->op == ZAM_RETURN || insn->op == ZAM_APPLY || insn->op == ZAM_APPTERM)
    return (uint32_t)count;
  return count > 0 ? (uint32_t)count - 1 : 0; // the accumulator is the first of them
}
