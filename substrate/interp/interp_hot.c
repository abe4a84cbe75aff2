// SPDX-License-Identifier: MIT
//
// interp_hot.c: leaving the interpreter for compiled code: at a method's second call, and at the head of a loop that runs
// often.
#include "interp/interp.h"

#include "frame/frame.h"
#include "loam/op.h"

#define CALLS_BEFORE_COMPILING 2 // once is often the whole life of a function

enum loam_status interp_loop(struct mutator *th) {
  if (POLL_WANTED(th) && thread_safepoint(th) != DONE) return THROWN;
  const struct method *method = frame_method(th->fp);
  if (!th->compile || !(method->compiled || th->compile(th, method))) return DONE;
  th->reenter = true; // interp_throw goes on in the compiled code, at this instruction
  return THROWN;
}

static OP_HANDLER interp_enter_counting(OP_REGISTERS) {
  struct method *method = (struct method *)frame_method(fp);
  if (++method->calls >= CALLS_BEFORE_COMPILING && th->compile) {
    method->entry = (const void *)interp_enter; // tried once: it is compiled now, or stays here
    if (th->compile(th, method)) OP_TAIL_CALL((op_handler *)method->entry);
  }
  OP_TAIL_CALL(interp_enter);
}

const void *interp_entry(bool counting) {
  return counting ? (const void *)interp_enter_counting : (const void *)interp_enter;
}

const void *const *interp_resume_table(const struct op_table *ops) {
  const void **table = mem_alloc(ops->count * sizeof *table);
  for (unsigned i = 0; table && i < ops->count; i++) table[i] = (const void *)interp_resume;
  return table;
}
