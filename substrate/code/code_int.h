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

// Everything about one draft while it is built. The arrays are in two blocks: `items`, and what begins with
// `first_item`.
struct code_build {
  const struct code_draft *draft;
  const struct op_table *ops;
  const struct code_space *space;
  struct code_item *items;
  uint32_t item_count, loop_count;
  uint32_t *first_item;  // by draft instruction; one more for the end
  int32_t *depths;       // by draft instruction: operands before it, or DEPTH_UNKNOWN
  uint8_t *marks;        // by draft instruction; one more for the end
  uint32_t operands_max; // deepest operand stack
  uint32_t code_words;
  uint32_t site_run_count;
  bool has_places;
};

// True for kinds that the draft gives; the others start as the encoder says.
static inline bool code_imm_is_given(enum imm_kind kind) { return kind < IMM_CALLEE; }
bool code_note_edges(struct code_space *space);                        // makes the table of edges; false: no memory
uint16_t code_first_node(const struct code_space *space, uint16_t op); // see struct code_op
// Fills `depths` and `operands_max` by running the stack effects from the entry and the handlers of what it reaches.
void code_measure_stack(struct code_build *build);
// Chooses fused instructions and lays the code out.
void code_fuse(struct code_build *build, bool fuse);
// Counts the runs that the sites make; returns the bytes that these and the steps take.
size_t code_measure_sites(struct code_build *build);
void code_fill_sites(const struct code_build *build, struct code_site_run *runs);
// Writes the instructions; `code` has build->code_words words.
void code_encode(const struct code_build *build, uint64_t *code);

#endif
