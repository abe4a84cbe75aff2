// SPDX-License-Identifier: MIT
//
// code_int.h: a draft on its way to code.
#ifndef LOAM_CODE_CODE_INT_H
#define LOAM_CODE_CODE_INT_H
#ifndef LOAM_CODE_MODULE
#error "code_int.h is for the files of substrate/code; others include code/code.h"
#endif

#include "code/code.h"

// ---- the guest's ops (code_op.c)

// What is asked of a draft's op for each instruction. The guest's table is too large to stay in the processor's cache.
struct code_op {
  _Alignas(8) uint8_t in_count;
  uint8_t out_count;
  bool is_plain; // takes as many operands each time, has no target, and falls through
  bool falls_through;
  int8_t target;   // which given immediate is the branch target, or -1
  int8_t variadic; // which one counts the last input, or -1
};

// How an instruction of an op, fused or not, is written.
struct code_form {
  const struct code_imm *imms;
  uint8_t imm_count;
  uint8_t words;
  uint8_t part_count; // at least 1
  uint8_t target_at;  // the byte where its branch target is; 0: it has none
};

// An immediate of an instruction. Those of one are in the order of `to`.
struct code_imm {
  uint16_t from; // where it is given, if it is: bytes from the first of the draft's instructions that become this one
  uint8_t to;    // byte offset in the instruction
  uint8_t kind;  // enum imm_kind
};

// True for kinds that the draft gives; the others start as the encoder says.
static inline bool code_imm_is_given(enum imm_kind kind) { return kind < IMM_CALLEE; }
// Makes the space's tables, once. False: memory is out.
bool code_note_ops(struct code_space *space);

// ---- a draft while it is built

enum code_mark {
  CODE_LEADER = 1, // something jumps there, or a range of a handler begins or ends
  CODE_LOOP = 2,   // something below jumps there: a poll stands before it
};

// What is found out about an instruction of a draft.
struct code_note {
  uint32_t pc;      // byte offset in the code, + its index inside a fused instruction
  uint16_t reached; // operands before it, + 1; 0: nothing leads there
  uint8_t marks;    // enum code_mark
};
static inline uint16_t code_depth(uint16_t reached) { return (uint16_t)(reached - 1); } // 0: DEPTH_UNKNOWN

// Everything about one draft. The arrays are in `scratch`.
struct code_build {
  const struct code_draft *draft;
  const struct op_table *ops;
  struct code_space *space;
  struct code_scratch scratch;
  struct code_note *notes; // by instruction; one more for the end
  uint32_t loop_count, branch_count;
  uint32_t operands_max; // deepest operand stack
  bool has_places;
  // What the method is to get:
  uint64_t *code;
  uint32_t code_words;
  struct code_site_run *runs;   // of the sites,
  struct code_site_step *steps; // so many as there are instructions and polls in all
  uint32_t run_count, site_count;
  uint32_t *branches; // byte offsets of the instructions with a target
};

// Where the poll of a loop's first instruction is: it is the first part of the same instruction, or the word before.
static inline uint32_t code_poll_pc(const struct code_note *note) { return (note->pc - 1) & ~7u; }
// Where control comes to a leader.
static inline uint32_t code_leader_pc(const struct code_build *build, uint32_t insn) {
  const struct code_note *note = &build->notes[insn];
  bool loops = note->marks & CODE_LOOP;
  ASSERT(note->pc % 8 <= loops,
         "code.I5: instruction %u of %s, where something begins or ends, is part %u of a fused one", insn,
         build->draft->name, note->pc % 8);
  return loops ? code_poll_pc(note) : note->pc;
}

// Notes marks, and by running the stack effects from the entry and the handlers of what it reaches depths and
// `operands_max`; counts loops and branches.
void code_look_at(struct code_build *build);
// Fills `code`, with fused instructions or without, and notes where each instruction of the draft is in it.
void code_encode(struct code_build *build, bool fuse);
// Fills `runs` and `steps`.
void code_find_sites(struct code_build *build);

// They take so many bytes in a method.
static inline size_t code_site_bytes(const struct code_build *build) {
  return build->run_count * sizeof *build->runs + (build->site_count - build->run_count) * sizeof *build->steps;
}
void code_copy_sites(const struct code_build *build, struct code_site_run *to);

#endif
