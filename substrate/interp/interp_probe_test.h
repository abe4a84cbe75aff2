// SPDX-License-Identifier: MIT
//
// interp_probe_test.h: the probe, a guest for the tests of the modules from thread to interp. Its programs are arrays
// of instructions in C; it has no text form. Odd values are integers; even ones but 0 are cells: objects of one
// integer.
#ifndef LOAM_INTERP_INTERP_PROBE_TEST_H
#define LOAM_INTERP_INTERP_PROBE_TEST_H

#include "loam/guest.h"
#include "probe_ops.h"

static inline struct value probe_int(int64_t n) { return (struct value){(uint64_t)n << 1 | 1}; }
static inline int64_t probe_to_int(struct value v) { return (int64_t)v.bits >> 1; }

static inline bool probe_is_int(struct value v) { return v.bits & 1; }

enum { PROBE_STACK_OVERFLOW = -2, PROBE_OUT_OF_MEMORY = -3, PROBE_DEPTH_MAX = 1000 };

struct probe {
  struct vm *vm;
  struct mutator *th;    // the main mutator, in the guest
  struct arena texts;    // of the options
  uint64_t compile_from; // what th's was: tests don't wait
};

// Opens a VM with options as on the command line ("--fuel=100"), NULL-terminated; NULL for none. Aborts when it can't.
void probe_open(struct probe *probe, const char *const *options);
void probe_close(struct probe *probe);

// What verify_code says of a draft; its instructions are numbered first.
enum loam_err probe_verify(const struct code_draft *draft, enum verify_fault *fault, struct error *err);
// A verified method. Aborts when the draft is refused.
struct method *probe_method(struct probe *probe, const struct code_draft *draft);
struct method *probe_native(struct probe *probe, const char *name, uint16_t param_count, native_fn *fn);

// Calls a method with integers and gives its integer; -999 when it threw: th->pending says what.
int64_t probe_call(struct probe *probe, const struct method *method, const int64_t *args, size_t count);

// A new cell of v, after a full collection.
MAY_GC MAY_THROW enum loam_status probe_box(struct mutator *th, struct value v, struct value *out);
static inline int64_t probe_unbox(struct value cell) { return probe_to_int(object_fields(value_to_ref(cell))[0]); }
// The integer above that of a cell.
enum loam_status probe_cell_next(struct value cell, struct value *out);

// An instruction, and a draft of some.
#define INSN(name, ...) \
  { \
    .op = PROBE_OP_##name, .imm = { __VA_ARGS__ } \
  }
#define DRAFT(params, locals, ...) \
  {.name = "tested", \
   .param_count = (params), \
   .local_count = (locals), \
   .insns = (struct insn[]){__VA_ARGS__}, \
   .insn_count = COUNT_OF(((struct insn[]){__VA_ARGS__}))}

#endif
