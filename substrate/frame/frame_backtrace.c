// SPDX-License-Identifier: MIT
//
// frame_backtrace.c: the chain of active functions as text, innermost first.
#include "frame/frame.h"

#include <string.h>

// A long chain is shown by its two ends: what failed, and how the program got there.
#define FRAMES_SHOWN_INNER 20
#define FRAMES_SHOWN_OUTER 10

static void print_native(const struct mutator *th, const struct frame_cursor *cursor, struct text *out) {
  const struct loam_guest *guest = thread_of((struct mutator *)th)->world->guest;
  char name[GUEST_NAME_MAX];
  uint32_t insn;
  if (guest->native_place && guest->native_place(th, frame_locals(cursor->fp), name, &insn))
    text_printf(out, "  at %s (instruction %u)\n", name, insn);
  else
    text_printf(out, "  at %s (native)\n", frame_method(cursor->fp)->name);
}

static void print_frame(const struct mutator *th, const struct frame_cursor *cursor, struct text *out) {
  const struct method *method = frame_method(cursor->fp);
  const char *file = method->source_name;
  struct code_site site;
  if (!frame_site(method, cursor->site_pc, &site)) {
    print_native(th, cursor, out);
    return;
  }
  text_printf(out, "  at %s", method->name);
  if (site.line && file)
    text_printf(out, " (%s:%u:%u)\n", file, site.line, site.column);
  else
    text_printf(out, " (%s%sinstruction %u)\n", file ? file : "", file ? ", " : "", site.insn);
}

void backtrace_print(const struct mutator *th, struct text *out) {
  struct thread *thread = thread_of((struct mutator *)th);
  struct frame_cursor cursor;
  size_t count = 0, index = 0;
  for (frame_walk_start(&cursor, thread); cursor.fp; frame_walk_next(&cursor)) count++;
  bool cut = count > FRAMES_SHOWN_INNER + FRAMES_SHOWN_OUTER;
  for (frame_walk_start(&cursor, thread); cursor.fp; frame_walk_next(&cursor), index++) {
    if (cut && index == FRAMES_SHOWN_INNER)
      text_printf(out, "  ... %zu frames left out ...\n", count - FRAMES_SHOWN_INNER - FRAMES_SHOWN_OUTER);
    if (!cut || index < FRAMES_SHOWN_INNER || index >= count - FRAMES_SHOWN_OUTER) print_frame(th, &cursor, out);
  }
  ASSERT(index == count, "frame.I1: %zu frames were counted, and %zu shown", count, index);
}

void frame_watch_locals(struct mutator *th) { thread_of(th)->world->locals_watched = true; }

bool frame_is_watched(const struct mutator *th) { return world_watches_frames(thread_of((struct mutator *)th)->world); }

void frame_each(const struct mutator *th, bool (*fn)(void *context, const struct frame_place *place), void *context) {
  struct frame_cursor cursor;
  for (frame_walk_start(&cursor, thread_of((struct mutator *)th)); cursor.fp; frame_walk_next(&cursor)) {
    const struct method *method = frame_method(cursor.fp);
    struct code_site site;
    (void)frame_site(method, cursor.site_pc, &site);
    struct frame_place place = {method, site.insn, frame_handler(method, cursor.site_pc) != NULL,
                                frame_locals(cursor.fp)};
    if (!fn(context, &place)) return;
  }
}

const char *backtrace_last(const struct mutator *th) {
  const struct thread *thread = thread_of((struct mutator *)th);
  return thread->backtrace.length ? thread->backtrace.bytes : "";
}
