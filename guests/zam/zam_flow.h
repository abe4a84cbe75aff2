// SPDX-License-Identifier: MIT
//
// zam_flow.h: what is known of a function's code before it is translated: which instructions it reaches, what lies on
// the stack before each, where the accumulator matters.
//
// The stack before an instruction is a list of cells, the topmost first; instructions share tails of it. A cell is made
// by the instruction that pushes it. Cells are of two classes, which the translator treats differently: a *variable* is
// read by its index, or lies below a trap frame, and gets a local; a *temporary* is only ever taken off the stack by
// the instruction that uses it up, and stays on the operand stack. Cells that meet where paths join, or that one
// instruction takes together, are in one class.
#ifndef ZAM_FLOW_H
#define ZAM_FLOW_H

#include "zam_state.h"

#include "loam/rt.h"

enum zam_cell_kind {
  ZAM_CELL_VALUE,
  ZAM_CELL_RETURN, // of PUSH_RETADDR
  ZAM_CELL_TRAP,   // of PUSHTRAP
};

enum { ZAM_RETURN_WORDS = 3, ZAM_TRAP_WORDS = 4 };

struct zam_cell {
  struct zam_cell *below;
  struct zam_cell *far;     // one further below, so that any is found in few steps
  struct zam_cell *trap;    // the innermost trap frame from here downwards
  struct zam_cell *same_as; // towards the representative of its class
  uint32_t depth;           // words of the stack up to here, as the guest counts them
  uint32_t handler;         // of a trap frame: the node where its handler starts
  uint32_t variables;       // up to here; the local of a variable is one less
  uint8_t kind;
  bool variable; // of the representative: the class
  bool sealed;   // this and all below are variables
};

struct zam_node {
  struct zam_insn insn; // in its plain form
  bool loops;           // something branches here from below
  bool acc_before;      // the accumulator's value is on the operand stack before it
  uint32_t first_insn;  // of what it becomes
  struct zam_cell *stack;
  struct zam_cell *pushed; // by a push in it, or by PUSH or GETPUBMET
  struct zam_cell *slot;   // that ACC reads, or ASSIGN writes
};

// A word that something branches to and that was not looked at yet.
struct zam_label {
  uint32_t pc;
  bool loops, acc_before; // of the node to be
  struct zam_cell *stack;
};

// What is known of a function's words, which lie together: 0: nothing; 1 + the index of its node; or that of its label
// with ZAM_PLACE_WAITS.
#define ZAM_PLACE_WAITS ((uint32_t)1 << 31)
struct zam_places {
  uint32_t *words;
  uint32_t first, count, room; // the words of the code that it is about; all of `room` are 0 behind them
};

// Arrays that are kept from one function to the next. All places are 0 between them.
#define ZAM_CELLS_EACH 128
struct zam_scratch {
  struct zam_places places;
  struct zam_node *nodes, *spare;
  struct zam_cell **cells; // by ZAM_CELLS_EACH, which don't move
  struct zam_label *labels;
  uint32_t node_room, spare_room, cell_room, label_room;
  // Of struct zam_emit.
  struct insn *insns;
  uint16_t *lives;
  struct zam_patch *patches;
  uint32_t insn_room, patch_room;
};
void zam_scratch_fini(struct zam_scratch *scratch);

struct zam_flow {
  const struct zam_words *code;
  uint32_t entry; // word where the body starts
  uint32_t params;
  uint32_t words; // that it is long, if that is known; an instruction has one or two, as a rule
  bool in_pieces; // the outermost code: ends where a module is complete
  bool watched;   // each cell is a variable, its local is its depth; all nodes want the accumulator: zam_debugger.h
  uint32_t next;  // the word where the next piece begins; 0: there is none
  struct zam_scratch *scratch; // the next arrays are borrowed from there
  struct zam_node *nodes;      // by pc, when the analysis is done
  uint32_t node_count, node_room;
  uint32_t end;  // of the last node that was made
  bool disorder; // one began before the end of the one made before it
  bool traps;    // some instruction pushes a trap
  struct zam_cell *entry_stack;
  struct zam_cell *next_cell, *cells_end; // in the block at work
  uint32_t cell_blocks;                   // so many: cells are made from the entry on, what is below comes first
  struct zam_label *labels;
  uint32_t label_count, label_room;
  char why[160]; // what is wrong with the code, after a failure with LOAM_ERR_INPUT
  uint32_t why_pc;
};

// Runs the analysis. LOAM_ERR_INPUT with `why` when the code leaves its range, underflows the stack or has two depths
// at one place; LOAM_ERR_MEMORY. To be followed by zam_flow_fini in any case.
enum loam_err zam_flow_run(struct zam_flow *flow);
void zam_flow_fini(struct zam_flow *flow); // cells are used again, then

// The node at a word that has one.
static inline struct zam_node *zam_flow_node(const struct zam_flow *flow, uint32_t pc) {
  const struct zam_places *places = &flow->scratch->places;
  ASSERT(pc - places->first < places->count, "zam.I13: word %u is not among the %u from %u on", pc, places->count,
         places->first);
  uint32_t place = places->words[pc - places->first];
  ASSERT(place && place <= flow->node_count, "zam.I13: word %u has node %u of %u", pc, place, flow->node_count);
  return &flow->nodes[place - 1];
}
// The node that control falls through to.
static inline const struct zam_node *zam_flow_next(const struct zam_node *node) { return node + 1; }
// The representative of a cell's class.
struct zam_cell *zam_cell_class(struct zam_cell *cell);
static inline bool zam_cell_is_variable(struct zam_cell *cell) { return zam_cell_class(cell)->variable; }

// The cell that the guest reads as S[index] in `stack`, or NULL.
struct zam_cell *zam_stack_at(struct zam_cell *stack, uint32_t index);

static inline bool zam_reads_acc(const struct zam_node *node) { return !(node->insn.facts & ZAM_READS_NO_ACC); }
static inline bool zam_writes_acc(const struct zam_node *node) { return !(node->insn.facts & ZAM_WRITES_NO_ACC); }
static inline bool zam_falls_through(const struct zam_node *node) { return !(node->insn.facts & ZAM_ENDS); }

#endif
