// SPDX-License-Identifier: MIT
//
// interp_hot.c: leaving the interpreter for compiled code: at a method's second call, and at the head of a loop that
// runs often.
#include "interp/interp.h"

#include "frame/frame.h"
#include "loam/op.h"

#define CALLS_BEFORE_COMPILING 2 // once is often the whole life of a function

static bool is_compiled(const struct method *method) {
  return __atomic_load_n(&method->compiled, __ATOMIC_RELAXED); // interp_resume reads it again, with acquire
}

enum loam_status interp_loop(struct mutator *th, uint16_t *heat) {
  if (POLL_WANTED(th) && thread_safepoint(th) != DONE) return THROWN;
  if (!op_loop_is_hot(heat) || !th->compile) return DONE;
  const struct method *method = frame_method(th->fp);
  if (!is_compiled(method) && !th->compile(th, method)) return DONE;
  op_loop_count(heat); // or the next slow path of this instruction would come here again
  th->reenter = true;  // interp_throw goes on in the compiled code, at this instruction
  return THROWN;
}

// The first two calls of a method. Another thread may be compiling it meanwhile: only this entry is replaced.
static OP_HANDLER interp_enter_counting(OP_REGISTERS) {
  struct method *method = (struct method *)frame_method(fp);
  if (__atomic_add_fetch(&method->calls, 1, __ATOMIC_RELAXED) >= CALLS_BEFORE_COMPILING && th->compile) {
    const void *counting = (const void *)interp_enter_counting;
    if (th->compile(th, method)) OP_TAIL_CALL((op_handler *)op_entry(method));
    (void)__atomic_compare_exchange_n(&method->entry, &counting, (const void *)interp_enter, false, __ATOMIC_RELEASE,
                                      __ATOMIC_RELAXED);
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
