// SPDX-License-Identifier: MIT
//
// pcode_p4.h: programs of the P4 machine (Nori, Ammann, Jensen, Nägeli, Jacobi: the Pascal-P compiler, ETH Zürich): the
// textual P-code that the P4 compiler writes. In memory a program is a list of instructions; labels are resolved. A
// program becomes loam's methods by way of extended P-code: pcode_p4_flow.c verifies it, pcode_p4_lower.c translates.
//
// Words: a *cell* is a place in the store, one for a value of any type, a set included. An *activation* has the result
// of a function in cell 0, links in 1 to 4, parameters and variables from 5 on. The *program* is the procedure that the
// start code calls; its activation begins at address 0, and cells 5 to 8 are the buffers of input, output, prd, prr.
#ifndef PCODE_P4_H
#define PCODE_P4_H

#include "pcode_image.h"

enum p4_op {
#define P4_OP(name, letters, form) P4_##name,
#include "pcode_p4.def"
#undef P4_OP
  P4_OP_COUNT
};

#define P4_FIRST_CELL 5    // of parameters and variables
#define P4_FIRST_FILE 5    // input; then output, prd, prr
#define P4_FILES 4         //
#define P4_PROGRAM_CELLS 9 // at least
// No variable's address: the one behind the store.
#define P4_NIL PCODE_CELLS

// What follows a mnemonic and its type letter.
enum p4_form {
  P4_FORM_PLAIN,
  P4_FORM_LEVEL,   // p q: levels, a cell
  P4_FORM_NUMBER,  // q
  P4_FORM_COMPARE, // q for type m
  P4_FORM_CONST,
  P4_FORM_LABEL,       // l n
  P4_FORM_COUNT_LABEL, // p l n
  P4_FORM_NAME,        // of a standard procedure
  P4_FORM_RANGE,       // low high
  P4_FORM_STRING,
};

struct p4_op_info {
  const char *name;
  const char *letters; // the types it is there for; "": it has no letter
  enum p4_form form;
};
extern const struct p4_op_info pcode_p4_ops[P4_OP_COUNT];

// A standard procedure: its operands' types, the top last, and its result's, or 0.
struct p4_standard {
  const char *name, *operands;
  char result;
  uint16_t routine; // of the library
};
extern const struct p4_standard pcode_p4_standards[];

struct p4_insn {
  enum p4_op op;
  char type;           // its letter, or 0
  uint32_t line;       // of the text
  int64_t p, q;        // as in the text; a label's instruction or value, a constant's word; low and high
  uint32_t label;      // its number, where there is one
  const char *text;    // lca
  uint32_t length;     //
  const uint64_t *set; // ldc(
  const struct p4_standard *standard;
};

// A line `l n` or `l n=v`.
struct p4_label {
  uint32_t number, line;
  uint32_t at; // the instruction it stands before
  bool has_value;
  int64_t value;
};

// A program. Zero-initialise; pcode_p4_fini frees it.
struct p4_program {
  struct arena memory;
  const char *source_name;
  struct p4_insn *insns;
  uint32_t count, capacity;
  uint32_t start;          // the first instruction of the start code
  struct p4_label *labels; // in the text's order
  uint32_t label_count, label_capacity;
  uint32_t *label_at; // by number: 1 + its place in `labels`, or 0
  uint32_t number_end;
};

bool pcode_p4_recognise(const struct loam_source *source);
// Reads the text form. LOAM_ERR_INPUT with the line, what was expected and what was found.
enum loam_err pcode_p4_read(const struct loam_source *source, struct p4_program *program, struct error *err);
// Appends the text form; with addresses and the labels' places in comments when `listing`.
void pcode_p4_print(const struct p4_program *program, bool listing, struct text *out);
void pcode_p4_fini(struct p4_program *program);
// Verifies the program and translates it to extended P-code.
enum loam_err pcode_p4_translate(struct p4_program *program, struct pcode_image *image, struct error *err);

// ---- what the verifier finds out
// -------------------------------------------------------------------------------------

#define P4_NOBODY (-1)

// An operand: what type it has, and which lda or mst pushed it.
struct p4_slot {
  char type; // a i r b c s; k: a mark
  int32_t from;
};

struct p4_step {
  struct p4_slot *slots; // the operands before it; NULL while it was not reached
  uint32_t depth;
  bool is_reached;
  int32_t callee, mark; // cup: the procedure, and its mst
};

struct p4_proc {
  uint32_t first, end; // its instructions
  int64_t cells;       // of its activation, with the links
  int32_t parent;      // the procedure around it
  uint32_t level;      // 0: not called; 1: the program
  int32_t params;      // cells; -1 while unknown
  char result;         // type letter; p: it has none
  bool has_children;   // an activation of it is the static link of another
  int64_t lowest;      // from this cell on any may be reached by an address
  bool *in_store;      // by cell: it is reached by an address or from another procedure
  uint32_t code;       // its number in the image
};

struct p4_flow {
  struct p4_program *program;
  struct error *err;
  struct arena memory;
  struct p4_proc *procs;
  uint32_t proc_count;
  int32_t main;
  int32_t *owners; // by instruction: the procedure it begins, or P4_NOBODY
  struct p4_step *steps;
  uint32_t *work; // instructions to go on from
  uint32_t work_count;
  int32_t *calls; // procedures in the order they were reached
  uint32_t call_count;
  bool uses_file[P4_FILES]; // its buffer's address or value is taken
};

// Finds procedures, follows the operand stack in each that can be reached, decides which cells stay in the store.
enum loam_err pcode_p4_flow_find(struct p4_flow *flow);
void pcode_p4_flow_fini(struct p4_flow *flow);
// The procedure that many levels out; NULL: there is none.
struct p4_proc *pcode_p4_proc_out(const struct p4_flow *flow, struct p4_proc *proc, int64_t levels);
static inline bool pcode_p4_cell_in_store(const struct p4_proc *proc, int64_t cell) {
  return cell >= proc->lowest || proc->in_store[cell];
}
// How many instructions ujp and ujc begin at one: the table of an xjp.
uint32_t pcode_p4_table_length(const struct p4_program *program, uint32_t at);

// ---- sets: pcode_p4_set.c
// ---------------------------------------------------------------------------------------------

// A set of members from 0 to 255 is one word. With all members below 63 it has a bit for each; any other is the sign
// bit and the number of an entry in the state's table, where each set is once: so equal sets are equal words.
#define P4_SET_WORDS 4
#define P4_SET_MEMBERS 256
struct p4_set {
  uint64_t words[P4_SET_WORDS];
};
// The word of a set. False when the table is full or memory is out.
bool pcode_p4_set_word(struct pcode_state *state, const struct p4_set *set, int64_t *word);
void pcode_p4_sets_close(struct pcode_state *state);

#endif
