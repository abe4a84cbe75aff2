// SPDX-License-Identifier: MIT
//
// code_int.h: a draft on its way to code.
#ifndef LOAM_CODE_CODE_INT_H
#define LOAM_CODE_CODE_INT_H
#ifndef LOAM_CODE_MODULE
#error "code_int.h is for the files of substrate/code; others include code/code.h"
#endif

#include "code/code.h"

// An instruction of the code to be, before fusion: one of the draft, or a poll that the builder adds.
struct code_item {
  const struct insn *insn; // of the draft; what a poll belongs to
  uint32_t pc;             // byte offset, + the part's index inside a fused instruction
  uint16_t op;
  uint16_t fused; // the fused op that starts here, or OP_NONE
  uint8_t parts;  // items that this instruction takes; 0 for the later parts of a fused one
  bool leader;    // something jumps here
};

// What is asked of an op for each instruction. The guest's table is too large to stay in the processor's cache.
struct code_op {
  int8_t target;   // which given immediate is the branch target, or -1
  int8_t variadic; // which one counts the last input, or -1
  bool falls_through;
  uint8_t in_count, out_count, imm_count;
  uint16_t node; // of the trie of fusable sequences, where those that begin with it go on; 0: none does
};

// An edge of the guest's trie of fusable sequences, in a table open at the next place.
struct code_edge {
  uint32_t from;      // node and op; CODE_EDGE_FREE: none
  uint16_t next_node; // where it leads
  uint16_t fused;     // the sequence that ends there; or OP_NONE
};
#define CODE_EDGE_FREE UINT32_MAX

// Everything about one draft while it is built. The arrays are in two blocks, which begin with `first_item` and with
// `items`.
struct code_build {
  const struct code_draft *draft;
  const struct op_table *ops;
  const struct code_space *space;
  struct code_item *items;
  uint32_t item_count, loop_count;
  uint32_t *first_item;  // by draft instruction that is the first part of one of the code; one more for the end
  uint16_t *depths;      // by draft instruction: operands before it, or DEPTH_UNKNOWN
  uint8_t *marks;        // by draft instruction: enum code_mark; one more for the end
  uint32_t operands_max; // deepest operand stack
  uint32_t code_words;
  struct code_site_run *runs;   // of the sites,
  struct code_site_step *steps; // so many as there are items in all
  uint32_t run_count;
  bool has_places;
};

// What is known of a draft instruction: something jumps there, or a range of a handler begins or ends; something below
// jumps there.
enum code_mark { CODE_LEADER = 1, CODE_LOOP = 2 };

// True for kinds that the draft gives; the others start as the encoder says.
static inline bool code_imm_is_given(enum imm_kind kind) { return kind < IMM_CALLEE; }
bool code_note_edges(struct code_space *space);                        // makes the table of edges; false: no memory
uint16_t code_first_node(const struct code_space *space, uint16_t op); // see struct code_op
// Fills `marks`, and by running the stack effects from the entry and the handlers of what it reaches `depths` and
// `operands_max`.
void code_look_at(struct code_build *build);
// Makes the items: chooses fused instructions and lays the code out.
void code_fuse(struct code_build *build, bool fuse);
// Fills `runs` and `steps`. They take so many bytes in a method.
void code_find_sites(struct code_build *build);
static inline size_t code_site_bytes(const struct code_build *build) {
  return build->run_count * sizeof *build->runs + (build->item_count - build->run_count) * sizeof *build->steps;
}
void code_copy_sites(const struct code_build *build, struct code_site_run *to);
// Writes the instructions; `code` has build->code_words words.
void code_encode(const struct code_build *build, uint64_t *code);

#endif
