// SPDX-License-Identifier: MIT
//
// zam_emit.h: a draft that grows: instructions, which locals live at each, branches to places that are not written yet,
// handlers.
#ifndef ZAM_EMIT_H
#define ZAM_EMIT_H

#include "zam_flow.h"
#include "zam_state.h"

struct zam_patch {
  uint32_t insn, pc;
};

struct zam_emit {
  struct zam_state *state;
  struct zam_function *function;
  struct zam_flow *flow;
  struct error *err;
  char name[24]; // in messages and backtraces
  struct insn *insns;
  uint16_t *lives;
  struct zam_patch *patches;
  struct insn_handler *handlers;
  uint32_t count, room, patch_count, patch_room, handler_count, handler_room;
  uint32_t pc;               // of the guest's instruction at work
  uint32_t live, live_after; // locals that hold values now; behind its inputs
  uint32_t local_count;
  bool failed; // the error is set, or memory is out
};

// Borrows the scratch arrays of emit->flow.
void zam_emit_init(struct zam_emit *emit);

// Of this many instructions of bytecode, which become as many or some more.
bool zam_emit_reserve(struct zam_emit *emit, uint32_t count);

// Appends an instruction; returns its index.
uint32_t zam_emit(struct zam_emit *emit, uint16_t op, int64_t first, int64_t second);
// Appends a branch to the instruction at a word of the code. `value` is the immediate in front of its target, if any.
void zam_emit_branch(struct zam_emit *emit, uint16_t op, int64_t value, int64_t pc);
// Makes the branch at index `at` lead to the next instruction.
void zam_emit_target_here(struct zam_emit *emit, uint32_t at);
// The function has at least so many locals.
void zam_emit_locals(struct zam_emit *emit, uint32_t count);
// A local above all that are in use; for values that no safepoint may find there.
uint32_t zam_emit_scratch(struct zam_emit *emit, const struct zam_cell *stack);
// Sets the error. `format` has two %u.
void zam_emit_refuse(struct zam_emit *emit, const char *format, uint32_t first, uint32_t second);

// Resolves branches, makes handlers, has the draft verified and makes the method.
enum loam_err zam_emit_finish(struct zam_emit *emit, uint32_t params, struct method **out);
void zam_emit_fini(struct zam_emit *emit); // before zam_flow_fini

#endif
