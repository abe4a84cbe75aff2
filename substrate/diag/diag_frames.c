// SPDX-License-Identifier: MIT
//
// diag_frames.c: --trace=frames: one line for all frames of a mutator, at places that every engine comes to in the same
// state: calls of natives, and exceptions.
//
// Hot code publishes there what it otherwise keeps to itself, so two engines' lines are the same or one of them is
// wrong. Hence nothing stands in a line that may differ: no address (objects move), no engine, no byte of the code.
// (But stacks end at different depths: hot code asks less often whether a frame fits.) The program runs as it would
// unwatched: natives are called through a function that prints, and nobody is interpreted for it.
#include "diag/diag.h"

#include "frame/frame.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_SHOWN 12
#define VALUES_SHOWN 32 // of the locals, of the operands
#define VALUE_BYTES 40

// Adds the text of a value, cut short, with "@" for an address that the guest shows.
static void add_value(struct mutator *th, struct value v, struct text *line) {
  struct text text = {0};
  thread_of(th)->world->guest->print_value(th, v, &text);
  const char *at = text.failed || !text.bytes ? "?" : text.bytes, *end = at + strnlen(at, VALUE_BYTES);
  while (at < end) {
    bool address = at[0] == '0' && at[1] == 'x' && isxdigit((unsigned char)at[2]);
    if (address) {
      at += 2;
      while (isxdigit((unsigned char)*at)) at++;
    }
    text_add_char(line, address ? '@' : *at++);
  }
  text_fini(&text);
}

static void add_values(struct mutator *th, const char *before, const struct value *from, const struct value *to,
                       struct text *line) {
  ASSERT(to >= from - 1, "%td values are shown", to - from + 1);
  for (const struct value *at = from; at <= to; at++) {
    if (at - from == VALUES_SHOWN) {
      text_printf(line, ", ...");
      return;
    }
    text_printf(line, "%s", at == from ? before : ", ");
    add_value(th, *at, line);
  }
}

static void add_frame(struct mutator *th, const struct frame_cursor *cursor, struct text *line) {
  const struct method *method = frame_method(cursor->fp);
  ASSERT(frame_live_locals(method, cursor->site_pc) <= method->local_count, "%s has %u locals, of which %u live",
         method->name, method->local_count, frame_live_locals(method, cursor->site_pc));
  struct code_site site;
  text_printf(line, " | %s", method->name);
  if (frame_site(method, cursor->site_pc, &site)) text_printf(line, "#%u:%u", site.insn, site.line);
  const struct value *locals = frame_locals(cursor->fp);
  add_values(th, " ", locals, locals + frame_live_locals(method, cursor->site_pc) - 1, line);
  add_values(th, "; ", cursor->fp + FRAME_WORDS, cursor->live_top, line);
}

void diag_trace_frames(struct thread *thread, const char *what) {
  struct text line = {0};
  text_printf(&line, "loam-frames: [%u] %s", thread->number, what);
  struct frame_cursor cursor;
  unsigned shown = 0;
  for (frame_walk_start(&cursor, thread); cursor.fp && shown < FRAMES_SHOWN; frame_walk_next(&cursor), shown++)
    add_frame(&thread->mutator, &cursor, &line);
  for (char *at = line.bytes; !line.failed && at && *at; at++)
    if (*at == '\n') *at = ' ';
  if (!line.failed) fprintf(stderr, "%s%s\n", line.bytes, cursor.fp ? " | ..." : "");
  text_fini(&line);
}
