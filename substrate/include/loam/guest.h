// SPDX-License-Identifier: MIT
//
// guest.h: what the substrate calls in a guest. A guest exports one symbol, a `const struct loam_guest`; everything
// the substrate and the command line know of the guest is in it.
#ifndef LOAM_GUEST_H
#define LOAM_GUEST_H

#include "loam/rt.h"

// ---- opcode tables, generated from the guest's .ops records ------------------------------------------------------

// How an immediate is written in the code and what the assembler gives for it. From IMM_CALLEE on it gives nothing.
enum imm_kind {
  IMM_LOCAL,    // i16 in the code: negative index from fp; the assembler gives the local's index
  IMM_U16,      // u16
  IMM_INDEX,    // u16: of a word
  IMM_I32,      // i32
  IMM_U32,      // u32
  IMM_TARGET,   // i32: distance in words; the assembler gives an instruction index
  IMM_PTR,      // u64: an address that outlives the code
  IMM_CALLEE,   // i16: where the running function's callee value is; not given by the assembler
  IMM_CACHE,    // u64, starts as 0: an inline cache; not given by the assembler
  IMM_FEEDBACK, // u16, starts as 0: bits that slow paths set; not given by the assembler
  IMM_FRAME,    // u16: the method's local_count; added to every op that leaves the function; not given by the assembler
};

enum op_control {
  CONTROL_NEXT,   // falls through
  CONTROL_BRANCH, // falls through or goes to its target
  CONTROL_GOTO,   // goes to its target
  CONTROL_CALL,   // calls; the result is pushed
  CONTROL_RETURN, // leaves the function
  CONTROL_STOP,   // never falls through: throws, or leaves the interpreter
  CONTROL_TAIL,   // calls; what is called takes the place of the running function and returns to its caller
  CONTROL_THROW,  // throws a value
};

enum op_flag {
  OP_SLOW_PATH = 1, // may collect or throw
  OP_WRITES = 2,    // changes a local, the heap or the world
  OP_INTERNAL = 4,  // made by the loader; assemblers don't know it
  OP_SETS = 8,      // stores into its only local, without having read it
};

// The records say how far away in bytes their names and lists lie, from the struct that says it, and not where: an
// address in a table is a relocation, and the thousands of a guest that is not even used would cost each start time and
// memory.
struct op_imm {
  int32_t name;
  uint8_t kind;   // enum imm_kind
  uint8_t offset; // bytes from the start of the instruction
};

struct op_operand {
  int32_t name;
  uint8_t type; // TYPE_ANY, an enum <guest>_type, or TYPE_VARIABLE | n: the nth type variable of the record
};
#define TYPE_VARIABLE 0x80

struct op_info {
  int32_t name;
  int32_t number;  // in the guest's own bytecode; -1 when it has none
  uint8_t words;   // length of the encoded instruction
  uint8_t control; // enum op_control
  uint8_t flags;   // enum op_flag
  uint8_t imm_count, in_count, out_count;
  int8_t variadic;       // index of the immediate that counts the last input, or -1
  uint8_t part_count;    // 0 for an op of its own
  int32_t imms, in, out; // bottom first; a variadic input is the last
  int32_t parts;         // a fused op: its parts, in order
};

// An op's manual page; errors and variants may be 0, there is nothing to say then.
struct op_page {
  int32_t doc, errors, source, test, variants;
  int32_t file; // its record
  uint32_t line;
};

static inline const char *op_name(const struct op_info *op) { return (const char *)op + op->name; }
static inline const char *imm_name(const struct op_imm *imm) { return (const char *)imm + imm->name; }
static inline const char *operand_name(const struct op_operand *operand) {
  return (const char *)operand + operand->name;
}
static inline const char *op_page_text(const struct op_page *page, int32_t text) {
  return text ? (const char *)page + text : NULL;
}
static inline const struct op_imm *op_imms(const struct op_info *op) {
  return (const void *)((const char *)op + op->imms);
}
static inline const struct op_operand *op_inputs(const struct op_info *op) {
  return (const void *)((const char *)op + op->in);
}
static inline const struct op_operand *op_outputs(const struct op_info *op) {
  return (const void *)((const char *)op + op->out);
}
static inline const uint16_t *op_parts(const struct op_info *op) {
  return (const void *)((const char *)op + op->parts);
}

// What an op that is not fused has to do with kinds of values, as its record says; bits are inputs and outputs. A
// stencil tests `needs`, kind by kind. When all of those are of the kind, so are `gives`; and if not, and the bit of
// the kind is in `only`, the op throws.
enum { OP_KINDS = 2, OP_OUTPUTS = 4, OP_FROM_ELSEWHERE = -1, OP_FROM_LOCAL = -2 };
struct op_kinds {
  uint8_t needs[OP_KINDS], gives[OP_KINDS], only;
  int8_t stored, from[OP_OUTPUTS]; // which input its local becomes, and an output is; or where else that is from
};

#define OP_NONE 0xffff
// The substrate's own ops come first in every guest's table, in the order of interp/core.ops.
enum core_op { CORE_EXIT, CORE_NATIVE, CORE_POLL, CORE_OP_COUNT };

// The trie of fusable sequences, its nodes' rows laid over each other: at the place `node + op` is the edge that leads
// from the node on for the op, or another node's. The root is 0.
struct op_fusion {
  _Alignas(8) uint16_t from; // whose edge it is; OP_NONE: nobody's
  uint16_t next_node;        // 0: no sequence goes on
  uint16_t fused;            // the op of the sequence that ends there, or OP_NONE
};

// ---- stencils, for the baseline compiler ----

// What fills a hole of a stencil. Up to HOLE_HOT, all holes of a kind get the same for an instruction.
enum hole_what {
  HOLE_STACK,     // the distance in bytes from fp to where the top operand is spilled
  HOLE_BACK,      // minus the distance from fp to where the operand on top is once the instruction is done
  HOLE_PC,        // the instruction's address in the bytecode
  HOLE_NEXT,      // the code of the next instruction
  HOLE_RETURN,    // where a callee returns to: the copy of the landing behind this stencil
  HOLE_TARGET,    // the code of the branch target
  HOLE_SLOW,      // this instruction's copy of the slow exit
  HOLE_SLOW_TWIN, // in a slow exit: the op's slow twin
  HOLE_COLD,      // the stencil's cold part, out of the hot one
  HOLE_HOT,       // the other way round
  HOLE_IMM,       // the immediate at byte `at` of the instruction
  HOLE_HIGH,      // that, of 32 bits, as the upper half of a word
  HOLE_ARGS,      // HOLE_STACK, less as many operands as the immediate at byte `at` says
  HOLE_SYMBOL,    // a function
};
enum hole_form { HOLE_ABSOLUTE_64, HOLE_ABSOLUTE_32, HOLE_SIGNED_32, HOLE_SIGNED_8, HOLE_RELATIVE_32 };
struct stencil_hole {
  uint16_t offset;
  uint16_t at; // of HOLE_SYMBOL: which of the set's functions
  int32_t addend;
  uint8_t what, form; // enum hole_what, enum hole_form
};
// Machine code of one op; without STENCIL_EXISTS there is none.
enum stencil_flag {
  STENCIL_EXISTS = 1,    // though it may be empty
  STENCIL_GOES_SLOW = 2, // it has a slow exit
  STENCIL_CALLS = 4,     // it has a landing behind it
  STENCIL_NAMES = 8,     // it names functions
  STENCIL_CACHES = 16    // it leaves the operand below the top in a register, and not in memory
};
// Bytes of the hot part that test an input for a kind, and aren't needed where that is known. `test` is the number of
// the test in the instruction, counting through its parts, the kinds of each, and its inputs.
struct stencil_span {
  uint16_t start;
  uint8_t size, test;
};
// The hot part's `size` bytes come first, and are followed by the cold part's, which need not lie beside them. The last
// `reload_size` bytes of the hot part load the operand that is on top then; nothing is lost without when there is none.
struct stencil {
  uint32_t code, holes; // where they begin in the set's arrays
  uint16_t size, reload_size, cold_size, hole_count, flags, spans, span_count;
};
// An op's stencils: for any operand stack, for an empty one, and for one whose operand below the top is in a register.
// From STENCIL_NEAR on come the same again, where all distances from fp fit 8 bits.
enum stencil_form { STENCIL_ANY, STENCIL_EMPTY, STENCIL_CACHED, STENCIL_NEAR, STENCIL_FORMS = 2 * STENCIL_NEAR };
// What goes between stencils: to a slow twin, without and with the second operand in its register; that operand's way
// into the register, where control comes from elsewhere, and out of it; and what is behind a stencil that calls.
enum stencil_joint { JOINT_SLOW_EXIT, JOINT_SLOW_EXIT_CACHED, JOINT_ENTER, JOINT_SPILL, JOINT_LANDING };
// An op that has stencils of its own for the values from 0 of the immediate at byte `at`.
struct stencil_few {
  uint16_t op, first; // where those of the value 0 are; OP_NONE ends the list
  uint8_t count, at;
};
// A guest's stencils. They hold numbers in place of addresses, as records do.
struct stencil_set {
  const uint8_t *code;
  const struct stencil_hole *holes;
  const void *const *functions;
  const struct stencil (*ops)[STENCIL_FORMS]; // by op, then those of `few`
  const struct stencil (*joints)[2];          // by enum stencil_joint; the second is near
  const struct stencil_span *spans;           // of each stencil in the order of the code
  const struct stencil_few *few;              // in the order of the ops
  const uint16_t *retries;                    // by op, what its stencils give up to, among `ops`; 0: there is none
};

// ---- bodies as bitcode, for the hot compiler ----

// A function that bodies call, for the bitcode's undefined names.
struct op_symbol {
  const char *name;
  const void *address;
};
// An LLVM module with a function GUEST_OP_fast for each op that is not fused, and the op_hot_ functions of op.h.
struct op_bitcode {
  const char *bytes;
  size_t size;
  const struct op_symbol *symbols; // ended by a NULL name
};

struct op_table {
  const char *guest;
  const struct op_info *ops;
  const struct op_page *pages; // by op
  uint16_t count;
  uint16_t base_count;           // ops before it are the substrate's and the guest's, after it fused ones
  const char *const *type_names; // by enum <guest>_type; [0] is "any"
  uint8_t type_count;
  const struct op_fusion *fusions;
  const void *const *handlers;   // the interpreter's dispatch table, op -> handler
  const void *const *slow_twins; // by op; NULL for an op without a slow path
  const struct stencil_set *stencils;
  // By op, for ops that are not fused and have a slow path: the whole body as a C function with the same parameters as
  // in the bitcode. It publishes, makes its call, and returns any outcome but OP_SLOW.
  const void *const *slow_bodies;
  const struct op_bitcode *bitcode; // NULL: built without
  const struct op_kinds *kinds;     // by op that is not fused; NULL: there are none
};

// ---- objects ------------------------------------------------------------------------------------------------------

enum layout_kind {
  LAYOUT_NONE,   // this tag is not used
  LAYOUT_VALUES, // raw_words raw words, then values to the end
  LAYOUT_BYTES,  // no references
  LAYOUT_CUSTOM, // the callback says
  LAYOUT_INNER,  // a header inside another object, for references into its middle: the payload of that object lies as
                 // many words before this one's as the size says
};

// How the collector sees objects of one tag. Their size in words is in the header: the guest bits & size_mask.
struct heap_layout {
  enum layout_kind kind;
  uint16_t raw_words;
  // LAYOUT_CUSTOM: calls visit->slot for every slot that may hold a reference.
  void (*scan)(struct ref object, size_t words, struct root_visitor *visit);
};

// A kind of value that can be told by a mask: v.bits & mask == bits. The hot compiler watches which kinds locals have
// at loop heads, and makes code for these.
struct value_kind {
  const char *name;
  uint64_t mask, bits;
};

// ---- the guest ----------------------------------------------------------------------------------------------------

// A program text or bytecode file in memory. `bytes` stay the caller's and are followed by a NUL byte.
struct loam_source {
  const char *name; // for messages
  const char *bytes;
  size_t length;
  bool stays; // the bytes are there for as long as the VM is, so that what is loaded may point into them
};

// An option only this guest knows: --NAME=VALUE.
struct guest_option {
  const char *name, *value_name, *help;
};

// A further name of the binary: a compiler's, beside `loam`. `main` gets the whole command line.
struct guest_tool {
  const char *name;
  int (*main)(int argc, char **argv);
  bool keeps_sigpipe; // as the process was started with it; else a write to a closed pipe fails
};

// For a tool that works on the text of a program alone: reads a file ("-" is standard input) into memory. The caller
// gives source->bytes to mem_free.
enum loam_err guest_tool_read(const char *path, struct loam_source *source, struct error *err);

// For a tool that runs a program and is done then: does what loam_run_file does, and may end the process itself, so
// that nothing is freed and nobody waits for the hot compiler. -1 with `err` set when the file can't be read or `check`
// refuses it; the message is the tool's then.
typedef enum loam_err guest_tool_check_fn(const struct loam_source *source, struct error *err);
struct loam_guest;
int guest_tool_run(const struct loam_guest *guest, const char *path, guest_tool_check_fn *check,
                   const char *const *options, int argc, char **argv, struct error *err);

#define GUEST_NAME_MAX 64 // of a function, as native_place gives it

struct loam_guest {
  const char *name;              // "toy"
  const char *title;             // one line for `loam help`
  const char *const *extensions; // ".toy", NULL-terminated; the first is the source form
  const struct op_table *ops;
  const struct heap_layout *layouts; // 256, by tag
  uint64_t size_mask;                // which of the header's guest bits are the size in words
  uint64_t ref_mask;                 // a value is a reference when it is not 0 and has none of these bits
  const struct value_kind *kinds;    // ended by a NULL name; the first that fits counts. NULL: none
  struct value initial_local;        // what a local that is not a parameter starts as
  // Makes what bodies make with BOX (loam/op.h), where hot code leaves that did without; type 0: it has none. NULL: no
  // body does.
  MAY_GC MAY_THROW enum loam_status (*make_box)(struct mutator *th, uint64_t header, uint64_t type, uint64_t word,
                                                struct value *out);
  struct value none;       // what the embedding API calls none; all bits 0: the same as initial_local
  size_t heap_max_default; // bytes; 0: the substrate's default

  // Makes and unmakes the guest's state (vm_set_guest_state). `open` runs once, with the main mutator ready; when it
  // fails after setting a state, `close` is called all the same.
  enum loam_err (*open)(struct vm *vm, struct error *err);
  void (*close)(struct vm *vm);
  // Gives every root outside heap, frames and ROOTS to the visitor. The world is stopped.
  void (*roots)(struct vm *vm, struct root_visitor *visit);

  // Goes through what the guest holds weakly. Called in each collection when everything reachable is known; the world
  // is stopped. NULL: nothing is held so.
  void (*weak)(struct vm *vm, struct weak_visitor *visit);

  // True when the bytes look like a program of this guest, whatever the file is called.
  bool (*recognise)(const struct loam_source *source);
  // Loads and verifies a program, in source or bytecode form. `main` is owned by the VM.
  enum loam_err (*load)(struct vm *vm, const struct loam_source *source, struct method **main, struct error *err);
  // Checks what `load` leaves for later, function by function. NULL: it leaves nothing.
  enum loam_err (*verify)(struct vm *vm, struct error *err);
  // Reports why `load` refused a program, in the guest's own way beside the host's message; returns the exit status.
  // NULL: the host's message is enough.
  int (*refuse)(struct vm *vm, const struct error *err);
  // Runs a loaded program and reports an uncaught exception in the guest's own way, behind vm_note_uncaught, but
  // nothing when th->killed: whoever called reports limits. Returns the exit status.
  int (*run)(struct mutator *th, struct method *main, int argc, char **argv);
  // Engines of the guest's own beside the substrate's ("tree"): NULL-terminated names, and how to run a source in one.
  const char *const *engines;
  int (*run_engine)(struct mutator *th, const char *engine, const struct loam_source *source, int argc, char **argv);

  // Translators between the guest's forms; NULL where it has none. `out` gets the text.
  enum loam_err (*compile)(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err);
  enum loam_err (*assemble)(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err);
  enum loam_err (*disassemble)(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err);

  // The prompt: evaluates one complete input, prints its value if it has one, and reports errors itself; false when the
  // input asked for the prompt's end. `complete` says whether `input` is a whole statement or wants more lines.
  // `repl_load` takes the program named behind the guest, whose bytes stay for as long as the VM does; NULL: there is
  // no such program.
  bool (*repl_complete)(const char *input);
  bool (*repl_eval)(struct mutator *th, const char *input);
  enum loam_err (*repl_load)(struct mutator *th, const struct loam_source *source, struct error *err);

  // The guest's own exceptions for the substrate's conditions: set pending and return THROWN.
  enum loam_status (*throw_stack_overflow)(struct mutator *th);
  enum loam_status (*throw_out_of_memory)(struct mutator *th);
  // An exception of the guest's that says `text`, for functions of the host. NULL: the text itself, as a value.
  enum loam_status (*throw_text)(struct mutator *th, const char *text);
  // What somebody asked for with thread_interrupt. The mutator is at a safepoint, and may call guest code. NULL: nobody
  // asks.
  MAY_GC MAY_THROW enum loam_status (*interrupted)(struct mutator *th);
  // Told of each exception when its search for a handler begins, with the frames as they were; NULL: need not know.
  // Must not allocate in the heap.
  void (*thrown)(struct mutator *th);
  // For backtraces: where a native of the guest's is, given its locals, that runs guest code itself. Fills the
  // function's name and the guest's instruction; false: it does no such thing. NULL: none does.
  bool (*native_place)(const struct mutator *th, const struct value *locals, char name[GUEST_NAME_MAX], uint32_t *insn);
  // The text of a value, for backtraces, traces and dumps. Must not allocate in the heap.
  void (*print_value)(struct mutator *th, struct value v, struct text *out);
  // `--trace=ops`: what the line for an instruction says, before it runs; `insn` is its number in the guest's own code.
  // False: no line for it. NULL: the substrate's own lines. Must not allocate in the heap.
  bool (*trace_op)(struct mutator *th, const struct op_info *op, uint32_t insn, struct text *line);
  // The embedding API: finds a function or variable by its name, calls a value, makes a callable value of a method
  // (whose guest_data is the guest's to set).
  bool (*lookup)(struct mutator *th, const char *name, struct value *out);
  enum loam_status (*call)(struct mutator *th, struct value callee, const struct value *args, size_t count,
                           struct value *result);
  enum loam_status (*define)(struct mutator *th, const char *name, struct method *method);
  // Conversion of host values: integers, booleans, strings.
  enum loam_status (*from_int)(struct mutator *th, int64_t number, struct value *out);
  enum loam_status (*from_bool)(struct mutator *th, bool truth, struct value *out);
  enum loam_status (*from_text)(struct mutator *th, const char *bytes, size_t length, struct value *out);
  bool (*to_int)(struct mutator *th, struct value v, int64_t *out);
  bool (*to_bool)(struct mutator *th, struct value v, bool *out);
  bool (*to_text)(struct mutator *th, struct value v, struct text *out);

  const struct guest_option *options; // ended by a NULL name; NULL when there are none
  const struct guest_tool *tools;     // ended by a NULL name; NULL when there are none
};

#endif
