// SPDX-License-Identifier: MIT
//
// frame_unwind.c: from a pending exception to its handler.
#include "frame/frame.h"

const struct code_handler *frame_handler(const struct method *method, const char *site_pc) {
  uint32_t pc = (uint32_t)(site_pc - (const char *)method->code);
  for (uint32_t i = 0; i < method->handler_count; i++)
    if (method->handlers[i].start <= pc && pc < method->handlers[i].end) return &method->handlers[i];
  return NULL;
}

static void enter_handler(struct mutator *th, const struct frame_cursor *cursor, const struct code_handler *handler) {
  th->fp = cursor->fp;
  th->sp = cursor->fp + FRAME_SPILL + handler->depth + 1;
  *th->sp = th->pending;
  th->pc = (const char *)frame_method(cursor->fp)->code + handler->handler;
  th->pending = (struct value){0};
  text_clear(&thread_of(th)->backtrace);
}

// Keeps what will be gone when the exception has left: once, at the innermost guest_call that it leaves.
static void keep_backtrace(struct thread *thread) {
  if (thread->backtrace.length) return;
  backtrace_print(&thread->mutator, &thread->backtrace);
  if (thread->world->uncaught) thread->world->uncaught(thread);
}

bool frame_unwind(struct thread *thread) {
  struct mutator *th = &thread->mutator;
  struct frame_cursor cursor;
  if (thread->world->thrown && !th->killed) thread->world->thrown(thread);
  if (thread->world->guest->thrown && !th->killed) thread->world->guest->thrown(th);
  for (frame_walk_start(&cursor, thread);; frame_walk_next(&cursor)) {
    ASSERT(cursor.fp, "frame.I2: %s", "an exception leaves guest code that no guest_call entered");
    const struct code_handler *handler = th->killed ? NULL : frame_handler(frame_method(cursor.fp), cursor.site_pc);
    if (handler) {
      enter_handler(th, &cursor, handler);
      return true;
    }
    if (frame_is_entry(cursor.fp)) break;
  }
  keep_backtrace(thread);
  const struct guest_entry *entry = thread->entries;
  th->fp = entry->fp;
  th->sp = entry->sp;
  th->pc = entry->pc;
  return false;
}
