// SPDX-License-Identifier: MIT
//
// diag_dump.c: methods and frames as text. A frame dump shows what a backtrace leaves out: every local and operand, in
// the guest's own notation.
#include "diag/diag.h"

#include "frame/frame.h"

#define FRAMES_SHOWN 100 // deep recursion repeats itself

void diag_dump_code(const struct method *newest, struct text *out) {
  const struct method *printed = NULL; // the list is newest first, and singly linked: one walk for each method
  while (printed != newest) {
    const struct method *method = newest;
    while (method->next != printed) {
      method = method->next;
      ASSERT(method, "diag.I2: %s is not among the methods any more", printed->name);
    }
    method_print(method, out);
    printed = method;
  }
}

static void print_values(struct thread *thread, const char *what, const struct value *from, const struct value *to,
                         struct text *out) {
  for (const struct value *at = from; at <= to; at++) {
    text_printf(out, "    %s %td: ", what, at - from);
    thread->world->guest->print_value(&thread->mutator, *at, out);
    text_add_char(out, '\n');
  }
}

static void print_frame(struct thread *thread, const struct frame_cursor *cursor, struct text *out) {
  const struct method *method = frame_method(cursor->fp);
  struct code_site site;
  (void)frame_site(method, cursor->site_pc, &site);
  text_printf(out, "  %s", method->name);
  if (site.line) text_printf(out, " (%s:%u)", method->source_name ? method->source_name : "?", site.line);
  text_printf(out, ", pc %td\n", cursor->site_pc - (const char *)method->code);
  ASSERT(cursor->live_top >= cursor->fp + FRAME_WORDS - 1, "diag.I1: the operands of %s end %td words below its frame",
         method->name, cursor->fp + FRAME_WORDS - 1 - cursor->live_top);
  struct value *locals = frame_locals(cursor->fp);
  print_values(thread, "local", locals, locals + frame_live_locals(method, cursor->site_pc) - 1, out);
  print_values(thread, "operand", cursor->fp + FRAME_WORDS, cursor->live_top, out);
}

void diag_dump_frames(struct thread *thread, struct text *out) {
  text_printf(out, "frames of mutator %u:\n", thread->number);
  struct frame_cursor cursor;
  unsigned shown = 0;
  for (frame_walk_start(&cursor, thread); cursor.fp && shown < FRAMES_SHOWN; frame_walk_next(&cursor), shown++)
    print_frame(thread, &cursor, out);
  if (cursor.fp) text_printf(out, "  ... more frames, not shown ...\n");
}
