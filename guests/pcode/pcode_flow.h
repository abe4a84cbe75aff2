// SPDX-License-Identifier: MIT
//
// pcode_flow.h: what the verifier finds out about a program of the 39-instruction machine: its blocks (the program and
// its procedures) with their nesting, the instructions of each, the stack before each instruction, and which variables
// need a place in the store.
#ifndef PCODE_FLOW_H
#define PCODE_FLOW_H

#include "pcode_mvp.h"

#define MVP_NOBODY (-1)

struct mvp_block;

// An instruction of a block with what is known of it. Instructions are named by their index in the block.
struct mvp_step {
  struct mvp_insn insn;
  int32_t depth;            // of the operand stack before it; -1 while unknown
  bool joins;               // it can be reached in more than one way, or by a jump
  int32_t address_from;     // the instruction that pushed the address it uses, unchanged; MVP_NOBODY
  int32_t used_by;          // an address: the instruction that loads or stores there, and nothing else; MVP_NOBODY
  int32_t arguments_from;   // a call: where the evaluation of its first argument begins
  bool call_before;         // a call's first argument begins here
  struct mvp_block *callee; // a call
};

// The program or a procedure. Displacements d of its cells: -params .. -1, and 3 .. 3 + vars - 1.
struct mvp_block {
  uint32_t start, line; // of its Deb or DebP; line is that operand
  uint32_t level;       // 1: the program
  uint32_t vars;
  int32_t params;           // words; -1 while unknown
  struct mvp_block *parent; // the block around it; NULL for the program
  bool has_blocks;          // there are blocks in it
  struct mvp_step *steps;
  uint32_t step_count;
  bool *in_store; // by cell, see mvp_block_cell
  struct pcode_proc proc;
  struct mvp_block *next;
};

struct mvp_flow {
  const struct mvp_image *image;
  const char *source_name;
  struct error *err;
  struct arena memory;
  struct mvp_block *blocks, *blocks_last; // the program first
  uint32_t block_count;
  uint32_t *owners;  // by address: 1 + the number of the block the instruction belongs to; 0: can't be reached
  uint32_t *indices; // by address: the step's index in its block
};

// Finds blocks and steps. LOAM_ERR_INPUT with the line when the program is not well-formed.
enum loam_err pcode_mvp_flow_read(struct mvp_flow *flow, struct error *err);
// Simulates the stack in every block, and decides which cells stay in the store.
enum loam_err pcode_mvp_flow_follow(struct mvp_flow *flow);
void pcode_mvp_flow_fini(struct mvp_flow *flow);

enum loam_err PRINTF_LIKE(3, 4)
    pcode_mvp_flow_refuse(const struct mvp_flow *flow, uint32_t line, const char *format, ...);
// The index in in_store of a displacement; -1: the block has no such cell.
int64_t pcode_mvp_block_cell(const struct mvp_block *block, int64_t displacement);
static inline int64_t pcode_mvp_block_cells(const struct mvp_block *block) {
  return (int64_t)block->params + block->vars;
}
// The block that many levels out, or NULL.
struct mvp_block *pcode_mvp_block_out(struct mvp_block *block, int64_t levels);
// How many levels out the variable lies whose address or value an instruction pushes; -1: it does no such thing.
int64_t pcode_mvp_insn_levels(const struct mvp_insn *insn);
// The displacement of that variable.
int64_t pcode_mvp_insn_displacement(const struct mvp_insn *insn);
static inline bool pcode_mvp_insn_is_call(const struct mvp_insn *insn) {
  return insn->op == MVP_APL || insn->op == MVP_APLG;
}
static inline bool pcode_mvp_insn_is_branch(const struct mvp_insn *insn) {
  return insn->op == MVP_BR || insn->op == MVP_BRNC || insn->op == MVP_BRC;
}

#endif
