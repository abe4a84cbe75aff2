// SPDX-License-Identifier: MIT
//
// frame.h: walking the frames of a mutator that is at a safepoint: for roots, for backtraces, for unwinding.
#ifndef LOAM_FRAME_FRAME_H
#define LOAM_FRAME_FRAME_H

#include "loam/rt.h"
#include "thread/thread.h"

// One frame of a walk, innermost first. `site_pc` is the byte that names the instruction: of the top frame its pc, of
// a caller the last byte before its return address.
struct frame_cursor {
  struct value *fp;       // NULL: the walk is over
  struct value *live_top; // the frame's topmost live operand
  const char *site_pc;
  const struct guest_entry *entry;
};

void frame_walk_start(struct frame_cursor *cursor, struct thread *thread);
void frame_walk_next(struct frame_cursor *cursor);

// The return address of frames that guest_call made: the code that leaves the interpreter.
extern const uint64_t frame_exit_code[1];
static inline bool frame_is_entry(const struct value *fp) {
  return fp[FRAME_RETURN_PC].bits == (uintptr_t)frame_exit_code;
}

// Gives every value on the thread's VM stack to the visitor, and its ROOTS.
void frame_scan_roots(struct thread *thread, struct root_visitor *visit);

// Finds the innermost handler of the pending exception among the frames above the last guest_call. True: the published
// fp, sp and pc are the handler's, and the exception is its topmost operand. False: the entry frame is gone and the
// published state is what it was before the guest_call.
bool frame_unwind(struct thread *thread);

// The handler that covers `site_pc`, or NULL.
struct code_handler *frame_handler(const struct method *method, const char *site_pc);

// How many of the first locals hold values at `site_pc`.
uint16_t frame_live_locals(const struct method *method, const char *site_pc);

// Where the instruction of `site_pc` came from. False when the method has no sites (natives): *site is all 0 then.
bool frame_site(const struct method *method, const char *site_pc, struct code_site *site);

#endif
