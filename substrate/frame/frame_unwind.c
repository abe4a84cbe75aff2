// SPDX-License-Identifier: MIT
//
// frame_unwind.c: from a pending exception to its handler.
#include "frame/frame.h"

struct code_handler *frame_handler(const struct method *method, const char *site_pc) {
  uint32_t pc = (uint32_t)(site_pc - (const char *)method->code);
  ASSERT(pc < method->code_words * 8u, "frame.I5: byte %u is not in the %u words of %s", pc, method->code_words,
         method->name);
  for (uint32_t i = 0; i < method->handler_count; i++)
    if (method->handlers[i].start <= pc && pc < method->handlers[i].end) return &method->handlers[i];
  return NULL;
}

// `frames` go.
static void enter_handler(struct mutator *th, struct value *fp, struct code_handler *handler, uint32_t frames) {
  ASSERT(FRAME_SPILL + handler->depth + 1 < frame_method(fp)->frame_words &&
             handler->handler < frame_method(fp)->code_words * 8u,
         "frame.I6: a handler of %s at byte %u wants %u operands in a frame of %u words", frame_method(fp)->name,
         handler->handler, handler->depth + 1, frame_method(fp)->frame_words);
  uint32_t caught = __atomic_load_n(&handler->caught, __ATOMIC_RELAXED);
  if (caught < CATCHES_COUNTED) __atomic_store_n(&handler->caught, caught + 1, __ATOMIC_RELAXED);
  if (frames > __atomic_load_n(&handler->frames, __ATOMIC_RELAXED))
    __atomic_store_n(&handler->frames, frames, __ATOMIC_RELAXED);
  th->fp = fp;
  th->sp = fp + FRAME_SPILL + handler->depth + 1;
  *th->sp = th->pending;
  th->pc = (const char *)frame_method(fp)->code + handler->handler;
  th->pending = (struct value){0};
  text_clear(&thread_of(th)->backtrace);
}

// Keeps what will be gone when the exception has left, if somebody wants it: once, at the innermost guest_call that it
// leaves.
static void keep_backtrace(struct thread *thread) {
  const struct world *world = thread->world;
  bool wanted = !world->guest->thrown || world->keeps_backtraces || world->uncaught || thread->mutator.killed;
  if (thread->backtrace.length || !wanted) return;
  backtrace_print(&thread->mutator, &thread->backtrace);
  if (world->uncaught) world->uncaught(thread);
}

// A frame_walk of its own, as short as it can be: it goes no further than to the last guest_call.
bool frame_unwind(struct thread *thread) {
  struct mutator *th = &thread->mutator;
  if (thread->world->thrown && !th->killed) thread->world->thrown(thread);
  if (thread->world->guest->thrown && !th->killed) thread->world->guest->thrown(th);
  struct value *fp = th->fp;
  uint32_t frames = 0;
  for (const char *site_pc = th->pc;;) {
    ASSERT(fp, "frame.I2: %s", "an exception leaves guest code that no guest_call entered");
    const struct method *method = frame_method(fp);
    struct code_handler *handler = method->has_handlers && !th->killed ? frame_handler(method, site_pc) : NULL;
    if (handler) {
      enter_handler(th, fp, handler, frames);
      return true;
    }
    if (frame_is_entry(fp)) break;
    site_pc = (const char *)(uintptr_t)fp[FRAME_RETURN_PC].bits - 1;
    fp = (struct value *)(uintptr_t)fp[FRAME_CALLER].bits;
    frames++;
  }
  keep_backtrace(thread);
  const struct guest_entry *entry = thread->entries;
  ASSERT(entry && entry->fp < fp, "frame.I2: an exception leaves the frame at %p for one above it", (void *)fp);
  th->fp = entry->fp;
  th->sp = entry->sp;
  th->pc = entry->pc;
  return false;
}
