// SPDX-License-Identifier: MIT
//
// pcode_value.h: the store, the state, and what the bodies of opcodes and their slow paths need.
//
// A value is a raw word: an integer, a truth value 0 or 1, a character's code, the bits of a real, an address. There
// are no references: the collector has nothing to do. The store is one array of cells in C memory; an address is the
// index of a cell. Activations lie at its lower end and grow upwards, what `new` makes lies at its upper end and grows
// downwards. PCODE_CELLS is a constant, so that an address is checked by comparing it with a constant; the memory is
// not touched before it is used.
#ifndef PCODE_VALUE_H
#define PCODE_VALUE_H

#include "loam/guest.h"

#define PCODE_CELLS (INT64_C(1) << 26)       // 512 MiB of address space
#define PCODE_GUARD_CELLS (INT64_C(1) << 16) // behind them: see pcode_prove.c
// What a variable holds before its first assignment. No integer of Pascal is that small, and as a real it is -0.0,
// which stores turn into 0.0 where that is looked at.
#define PCODE_UNDEFINED INT64_MIN
#define PCODE_UNDEFINED_BYTE 255 // the same of an element that is a byte

// What a running program can be ended by; pcode_error.c has the texts. Thrown values are these.
enum pcode_error {
  PCODE_ERROR_NONE,
  PCODE_ERROR_JUMP, // no error: a goto that leaves procedures
#define PCODE_ERROR(name, text) PCODE_ERROR_##name,
#include "pcode_error.def"
#undef PCODE_ERROR
  PCODE_ERROR_COUNT
};

struct pcode_file;
struct pcode_prompt;
struct pcode_string;
struct pcode_p4_sets;

// A procedure of the program. `method` is NULL until its code is made.
struct pcode_proc {
  const char *name;
  struct method *method;
  uint32_t number;
};

// What a VM of this guest holds.
struct pcode_state {
  struct vm *vm;
  struct arena memory;
  int64_t top;                   // the first cell above the topmost activation
  int64_t heap;                  // the first cell of what `new` made
  int64_t limit;                 // cells that may be used
  uint32_t line;                 // of the error that was thrown, where the instruction says it
  int64_t jump_base, jump_label; // where a goto that leaves procedures goes to
  struct text trace;             // the backtrace of the error that was thrown
  struct text detail;            // more about it
  struct text input;             // a line of standard input, and how much of it was read
  size_t input_at;
  bool input_open; // `input` holds a line
  bool minus;      // the program is Pascal-: errors are told in its way
  struct pcode_proc **procs;
  uint32_t proc_count;
  struct pcode_file *files; // by number - 1; pcode_file.c
  uint32_t file_count;
  int64_t free_blocks[64];      // what `dispose` gave back: chains of blocks by size, see pcode_heap.c
  int64_t serial;               // of the next block of `new`
  struct pcode_string *strings; // to be put into the store when the program starts
  int64_t program_cells;        // from address 0
  bool is_pascal;
  struct pcode_p4_sets *p4_sets; // sets of the P4 machine that are no word; pcode_p4_set.c
  struct pcode_prompt *prompt;   // pcode_repl.c; NULL without one
  int argc;                      // the program's own command line
  char **argv;
  int64_t guard; // what `der` finds before cell 0: no pointer
  int64_t cells[PCODE_CELLS + PCODE_GUARD_CELLS];
};

static inline struct pcode_state *pcode_state_of(const struct mutator *th) { return guest_state(th); }
static inline int64_t *pcode_cells(const struct mutator *th) { return pcode_state_of(th)->cells; }
static inline struct value pcode_word(int64_t n) { return (struct value){(uint64_t)n}; }
static inline int64_t pcode_int(struct value v) { return (int64_t)v.bits; }
static inline bool pcode_is_cell(int64_t address) { return (uint64_t)address < PCODE_CELLS; }
// Byte i, counted from `low`, behind the address of a cell; PCODE_BYTES_END or more: outside of the store.
#define PCODE_BYTES_END ((uint64_t)PCODE_CELLS * sizeof(int64_t))
static inline uint64_t pcode_byte_at(struct value a, struct value i, int64_t low) {
  return a.bits * sizeof(int64_t) + (i.bits - (uint64_t)low);
}
static inline uint8_t *pcode_bytes(const struct mutator *th) { return (uint8_t *)pcode_cells(th); }
// Whether `count` cells begin at an address.
static inline bool pcode_are_cells(int64_t address, int64_t count) {
  return (uint64_t)address < PCODE_CELLS && (uint64_t)count <= (uint64_t)(PCODE_CELLS - address);
}

// What a call of a procedure calls, and its inline cache learns; method_guess says why it is asked first.
static inline __attribute__((always_inline)) const struct method *pcode_callee(const struct pcode_proc *proc,
                                                                               uint64_t *target) {
  const struct method *method = proc->method, *guess = method_guess(target);
  if (LIKELY(method_guessed(guess, method))) return guess;
  method_note_called(target, method);
  return method;
}

// Throws an error. Returns THROWN.
MAY_THROW enum loam_status pcode_throw(struct mutator *th, enum pcode_error error);
// Throws the error about an address outside of the store.
MAY_THROW enum loam_status pcode_throw_address(struct mutator *th, int64_t address);
// What is printed about a thrown value.
void pcode_error_print(struct mutator *th, struct value error, struct text *out);

// A line of the input, without its newline: standard input's, or what the prompt was given. False at the end.
MAY_GC bool pcode_read_line(struct mutator *th, struct text *line);
// The integer at the input, for Lire.
MAY_GC MAY_THROW enum loam_status pcode_read_integer(struct mutator *th, int64_t *out);
// A line with the integer, for Ecr.
MAY_THROW enum loam_status pcode_write_integer(struct mutator *th, int64_t n);
// Copies cells; they may overlap.
MAY_THROW enum loam_status pcode_move(struct mutator *th, int64_t to, int64_t from, int64_t count);

// A real and its bits.
static inline double pcode_real(struct value v) {
  union {
    uint64_t bits;
    double real;
  } u = {v.bits};
  return u.real;
}
static inline struct value pcode_from_real(double real) {
  union {
    double real;
    uint64_t bits;
  } u = {real};
  return (struct value){u.bits};
}

// Errors of extended P-code, with the values in question. Return THROWN.
MAY_THROW enum loam_status pcode_throw_index(struct mutator *th, int64_t index, int64_t low, int64_t high);
MAY_THROW enum loam_status pcode_throw_range(struct mutator *th, int64_t error, int64_t value, int64_t low,
                                             int64_t high);
MAY_THROW enum loam_status pcode_throw_pointer(struct mutator *th, int64_t pointer);
MAY_THROW enum loam_status pcode_throw_text(struct mutator *th, enum pcode_error error, const char *detail);

// What bodies call; pcode_native.c.
MAY_THROW enum loam_status pcode_set_range(struct mutator *th, int64_t set, int64_t low, int64_t high);
MAY_THROW enum loam_status pcode_set_check(struct mutator *th, int64_t set, int64_t low, int64_t high);
MAY_THROW enum loam_status pcode_compare(struct mutator *th, int64_t a, int64_t b, int64_t count, struct value *order);
MAY_THROW enum loam_status pcode_duplicate(struct mutator *th, int64_t from, int64_t count, struct value *copy);
MAY_THROW enum loam_status pcode_jump(struct mutator *th, int64_t base, int64_t label);
// Sets of the P4 machine; pcode_p4_set.c.
MAY_THROW enum loam_status pcode_p4_set_make(struct mutator *th, struct value member, struct value *set);
MAY_THROW enum loam_status pcode_p4_set_union(struct mutator *th, struct value l, struct value r, struct value *set);
MAY_THROW enum loam_status pcode_p4_set_intersection(struct mutator *th, struct value l, struct value r,
                                                     struct value *set);
MAY_THROW enum loam_status pcode_p4_set_difference(struct mutator *th, struct value l, struct value r,
                                                   struct value *set);
MAY_THROW enum loam_status pcode_p4_set_has(struct mutator *th, struct value member, struct value set,
                                            struct value *truth);
MAY_THROW enum loam_status pcode_p4_set_included(struct mutator *th, struct value inner, struct value outer,
                                                 struct value *truth);
MAY_THROW enum loam_status pcode_p4_throw_pointer(struct mutator *th, int64_t pointer);
// Runs a routine of the library (pcode_routine.h).
MAY_GC MAY_THROW enum loam_status pcode_routine_run(struct mutator *th, uint32_t routine, const struct value *args,
                                                    struct value *result);

#endif
