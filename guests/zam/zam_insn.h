// SPDX-License-Identifier: MIT
//
// zam_insn.h: the 149 instructions as they stand in the CODE section: numbers, operands, where each goes on.
#ifndef ZAM_INSN_H
#define ZAM_INSN_H

#include "loam/rt.h"

#include <stdbool.h>
#include <stdint.h>

enum zam_opcode {
  ZAM_ACC0 = 0,
  ZAM_ACC7 = 7,
  ZAM_ACC,
  ZAM_PUSH,
  ZAM_PUSHACC0,
  ZAM_PUSHACC1,
  ZAM_PUSHACC7 = 17,
  ZAM_PUSHACC,
  ZAM_POP,
  ZAM_ASSIGN,
  ZAM_ENVACC1,
  ZAM_ENVACC4 = 24,
  ZAM_ENVACC,
  ZAM_PUSHENVACC1,
  ZAM_PUSHENVACC4 = 29,
  ZAM_PUSHENVACC,
  ZAM_PUSH_RETADDR,
  ZAM_APPLY,
  ZAM_APPLY1,
  ZAM_APPLY2,
  ZAM_APPLY3,
  ZAM_APPTERM,
  ZAM_APPTERM1,
  ZAM_APPTERM2,
  ZAM_APPTERM3,
  ZAM_RETURN,
  ZAM_RESTART,
  ZAM_GRAB,
  ZAM_CLOSURE,
  ZAM_CLOSUREREC,
  ZAM_OFFSETCLOSUREM3,
  ZAM_OFFSETCLOSURE0,
  ZAM_OFFSETCLOSURE3,
  ZAM_OFFSETCLOSURE,
  ZAM_PUSHOFFSETCLOSUREM3,
  ZAM_PUSHOFFSETCLOSURE0,
  ZAM_PUSHOFFSETCLOSURE3,
  ZAM_PUSHOFFSETCLOSURE,
  ZAM_GETGLOBAL,
  ZAM_PUSHGETGLOBAL,
  ZAM_GETGLOBALFIELD,
  ZAM_PUSHGETGLOBALFIELD,
  ZAM_SETGLOBAL,
  ZAM_ATOM0,
  ZAM_ATOM,
  ZAM_PUSHATOM0,
  ZAM_PUSHATOM,
  ZAM_MAKEBLOCK,
  ZAM_MAKEBLOCK1,
  ZAM_MAKEBLOCK2,
  ZAM_MAKEBLOCK3,
  ZAM_MAKEFLOATBLOCK,
  ZAM_GETFIELD0,
  ZAM_GETFIELD3 = 70,
  ZAM_GETFIELD,
  ZAM_GETFLOATFIELD,
  ZAM_SETFIELD0,
  ZAM_SETFIELD3 = 76,
  ZAM_SETFIELD,
  ZAM_SETFLOATFIELD,
  ZAM_VECTLENGTH,
  ZAM_GETVECTITEM,
  ZAM_SETVECTITEM,
  ZAM_GETBYTESCHAR,
  ZAM_SETBYTESCHAR,
  ZAM_BRANCH,
  ZAM_BRANCHIF,
  ZAM_BRANCHIFNOT,
  ZAM_SWITCH,
  ZAM_BOOLNOT,
  ZAM_PUSHTRAP,
  ZAM_POPTRAP,
  ZAM_RAISE,
  ZAM_CHECK_SIGNALS,
  ZAM_C_CALL1,
  ZAM_C_CALL5 = 97,
  ZAM_C_CALLN,
  ZAM_CONST0,
  ZAM_CONST3 = 102,
  ZAM_CONSTINT,
  ZAM_PUSHCONST0,
  ZAM_PUSHCONST3 = 107,
  ZAM_PUSHCONSTINT,
  ZAM_NEGINT,
  ZAM_ADDINT,
  ZAM_SUBINT,
  ZAM_MULINT,
  ZAM_DIVINT,
  ZAM_MODINT,
  ZAM_ANDINT,
  ZAM_ORINT,
  ZAM_XORINT,
  ZAM_LSLINT,
  ZAM_LSRINT,
  ZAM_ASRINT,
  ZAM_EQ,
  ZAM_NEQ,
  ZAM_LTINT,
  ZAM_LEINT,
  ZAM_GTINT,
  ZAM_GEINT,
  ZAM_OFFSETINT,
  ZAM_OFFSETREF,
  ZAM_ISINT,
  ZAM_GETMETHOD,
  ZAM_BEQ,
  ZAM_BNEQ,
  ZAM_BLTINT,
  ZAM_BLEINT,
  ZAM_BGTINT,
  ZAM_BGEINT,
  ZAM_ULTINT,
  ZAM_UGEINT,
  ZAM_BULTINT,
  ZAM_BUGEINT,
  ZAM_GETPUBMET,
  ZAM_GETDYNMET,
  ZAM_STOP,
  ZAM_EVENT,
  ZAM_BREAK,
  ZAM_RERAISE,
  ZAM_RAISE_NOTRACE,
  ZAM_GETSTRINGCHAR,
  ZAM_OPCODE_COUNT
};

// What an operand is. ZAM_LABEL: a distance in words from the operand itself.
enum zam_operand { ZAM_NUMBER, ZAM_LABEL, ZAM_PRIMITIVE, ZAM_GLOBAL };

struct zam_opcode_info {
  const char *name;
  const char *operands; // one letter each: n number, l label, p primitive, g global; "*" for SWITCH and CLOSUREREC
  uint8_t plain;        // the op it is, or is short for
  uint8_t facts;        // enum zam_insn_fact, of it as it stands: what pushes first reads the accumulator
  uint8_t words;        // how many operands there are; of a "*", before the labels
  int8_t label;         // which one is the label, or -1
  int8_t value;         // with `has_value`: a first operand that is not written
  bool has_value;
  bool push;            // after a push
  bool operands_matter; // to what it does, or how long it is
};
extern const struct zam_opcode_info zam_opcodes[ZAM_OPCODE_COUNT];

// What an instruction does; of most 0: it takes the accumulator, leaves another, and falls through.
enum zam_insn_fact {
  ZAM_ENDS = 1,            // doesn't fall through
  ZAM_BRANCHES = 2,        // goes to its labels
  ZAM_READS_NO_ACC = 4,    // nor, with ZAM_WRITES_NO_ACC, changes it
  ZAM_WRITES_NO_ACC = 8,   // may leave it as it is, or of no use
  ZAM_ALONE = 16,          // is no part of a function's body
  ZAM_TAKES_1 = 32,        // off the stack, after its push
  ZAM_TAKES_2 = 64,        //
  ZAM_TAKES_COUNTED = 128, // so many as its operands say
};

// One instruction of a code fragment. SWITCH and CLOSUREREC have their labels behind `args`.
struct zam_insn {
  uint32_t pc, length; // in words
  uint8_t op;
  uint8_t facts; // enum zam_insn_fact
  bool push;     // of one read in its plain form: first pushes the accumulator
  int32_t args[2];
};

// The instructions of a range of words.
struct zam_words {
  const int32_t *words;
  uint32_t count;
};

// Reads the instruction at `pc`. False when its number is unknown or its operands don't fit in the code.
bool zam_insn_read(const struct zam_words *code, uint32_t pc, struct zam_insn *insn);

// Two ops that differ in a constant are one with an operand: the push in front of it, and the operand written out.
// PUSHACC3 is ACC 3 with `push`; APPLY2 is APPLY 2; BRANCHIF stays what it is. This reads an instruction in that form;
// inline, because whoever translates or does bytecode begins with it.
static inline bool zam_insn_read_plain(const struct zam_words *code, uint32_t pc, struct zam_insn *insn) {
  if (pc >= code->count || (uint32_t)code->words[pc] >= ZAM_OPCODE_COUNT) return false;
  const int32_t *at = code->words + pc;
  const struct zam_opcode_info *info = &zam_opcodes[*at];
  if (UNLIKELY(info->operands_matter)) return zam_insn_read(code, pc, insn);
  if (info->words >= code->count - pc) return false;
  int32_t first = info->words > 0 ? at[1] : 0, second = info->words > 1 ? at[2] : 0;
  *insn = (struct zam_insn){.pc = pc,
                            .length = 1u + info->words,
                            .op = info->plain,
                            .facts = info->facts,
                            .push = info->push,
                            .args = {info->has_value ? info->value : first, info->has_value ? first : second}};
  return true;
}

// How many labels an instruction has, and where the index-th leads: a word's index, not checked against the code.
uint32_t zam_insn_label_count(const struct zam_insn *insn);
int64_t zam_insn_label(const struct zam_words *code, const struct zam_insn *insn, uint32_t index);
// The labels of a SWITCH or CLOSUREREC as they stand: each is a distance from the first one.
const int32_t *zam_insn_labels(const struct zam_words *code, const struct zam_insn *insn);
// The same for the only label of an instruction, which is an operand.
static inline int64_t zam_insn_only_label(const struct zam_insn *insn) {
  int at = zam_opcodes[insn->op].label;
  return (int64_t)insn->pc + 1 + at + insn->args[at];
}

// How many words it takes off the stack (not those that it only reads), after its push.
uint32_t zam_insn_counted(const struct zam_insn *insn); // of one with ZAM_TAKES_COUNTED
static inline uint32_t zam_insn_taken(const struct zam_insn *insn) {
  return insn->facts & ZAM_TAKES_COUNTED ? zam_insn_counted(insn) : insn->facts / ZAM_TAKES_1;
}

#endif
