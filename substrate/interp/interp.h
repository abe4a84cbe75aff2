// SPDX-License-Identifier: MIT
//
// interp.h: the interpreter's edges: entering it from C, and watching every instruction.
//
// The handlers themselves are generated from the guests' records (loam/op.h, tools/opgen).
#ifndef LOAM_INTERP_INTERP_H
#define LOAM_INTERP_INTERP_H

#include "base/config.h"
#include "loam/guest.h"
#include "thread/thread.h"

// Calls `method`; see guest_call in rt.h.
MAY_GC MAY_THROW enum loam_status interp_call(struct mutator *th, const struct method *method, struct value callee,
                                              const struct value *args, size_t count);

// What a method's `entry` is while it is not compiled.
enum interp_entry {
  INTERP_ENTRY,          // it stays so until somebody else compiles it
  INTERP_ENTRY_COUNTING, // calls count towards compiling it (mutator.compile)
  INTERP_ENTRY_HOT,      // the first call lets the hot compiler compile it (mutator.compile_hot)
  INTERP_ENTRY_LOOPS,    // its loops have hot code: at the first one it goes over
};
const void *interp_entry(enum interp_entry entry);
// What it is without hot code: baseline code, or INTERP_ENTRY.
const void *interp_entry_below(const struct method *method);

// The hot code for the loop head at code word `word`, or NULL. Valid until the next safepoint.
const void *interp_hot_loop(const struct method *method, size_t word);
// Where the handler at th->pc goes on.
const void *interp_handler(struct mutator *th);
// Hot code was left in the middle: the next loop head that has hot code is to go back. Slow paths of polls and calls
// look for it a few times, or longer when it was left because it was asked to stop, not because it failed.
void interp_want_hot(struct mutator *th, bool asked);
// One look for it that found nothing.
void interp_look_for_hot(struct mutator *th);
// One look by who is about to call a method.
void interp_look_in_call(struct mutator *th, const struct method *callee);

// --stress=tier. Where a call of `method` goes, which may compile it; where the loop head at th->pc goes on, or NULL:
// as it is; where a call that is being made returns to: `code`, or another engine's code for the same place.
MAY_GC const void *interp_tier_entry(struct mutator *th, const struct method *method);
MAY_GC const void *interp_tier_loop(struct mutator *th);
uintptr_t interp_tier_return(struct mutator *th, const char *return_pc, uintptr_t code);
static inline bool interp_tier_changes(struct mutator *th) {
  return UNLIKELY(thread_of(th)->world->config->stress_tier_every) && !th->observer;
}

// The baseline compiler's code for the instruction at pc; NULL when there is none.
static inline const void *interp_code_at(const struct method *method, const char *pc) {
  const char *compiled = __atomic_load_n(&method->compiled, __ATOMIC_ACQUIRE);
  if (!compiled) return NULL;
  uint32_t at = method->compiled_at[(size_t)(pc - (const char *)method->code) / sizeof *method->code];
  return at == METHOD_NOT_COMPILED ? NULL : compiled + at;
}

// Where a callee returns to in that code: to the landing before the instruction at pc, which is behind a call. 0:
// nowhere.
static inline uintptr_t interp_landing_at(const struct method *method, const char *pc) {
  const char *code = interp_code_at(method, pc);
  return code ? (uintptr_t)(code - method->ops->stencils->joints[JOINT_LANDING][0].size) : 0;
}

// The table for mutator.resume: every op goes on in compiled code where there is some. The caller frees it with
// mem_free; NULL when memory is out.
const void *const *interp_resume_table(const struct op_table *ops);

// Watching: a handler table whose every entry first looks at the instruction. It costs only who asks for it.
struct interp_observer {
  const void *const *table; // for mutator.dispatch
  uint64_t *counts;         // how often each op ran, when wanted; op_table.count long
  bool trace_ops, trace_calls, fuel;
  // What a fuel limit does: sets `killed` and a pending exception, returns THROWN.
  enum loam_status (*out_of_fuel)(struct mutator *th);
  void (*trace)(struct mutator *th, const struct op_info *op); // the frame is published
};

// Makes the table; LOAM_ERR_MEMORY when there is none.
enum loam_err interp_observer_init(struct interp_observer *observer, const struct op_table *ops, bool count_ops);
void interp_observer_fini(struct interp_observer *observer);
// Puts the observer before a mutator's every instruction from its next guest_call on, where no method is compiled yet.
void interp_observer_attach(struct interp_observer *observer, struct mutator *th);

#endif
