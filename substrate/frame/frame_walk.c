// SPDX-License-Identifier: MIT
//
// frame_walk.c: from the innermost frame outwards.
//
// Frames that guest code pushed are linked by FRAME_CALLER. A frame that guest_call pushed returns to frame_exit_code;
// what was published before that call (the pc above all) is in the thread's chain of entries, so the walk takes the
// next entry whenever it leaves such a frame.
#include "frame/frame.h"
#include "heap/heap.h"

#include "loam/guest.h"

const uint64_t frame_exit_code[1] = {CORE_EXIT};

void frame_walk_start(struct frame_cursor *cursor, struct thread *thread) {
  const struct mutator *th = &thread->mutator;
  *cursor = (struct frame_cursor){th->fp, th->sp, th->pc, thread->entries};
}

void frame_walk_next(struct frame_cursor *cursor) {
  struct value *fp = cursor->fp;
  ASSERT(fp, "frame.I1: %s", "the walk goes on behind the outermost frame");
  cursor->live_top = frame_locals(fp) - 1; // the callee value is the caller's operand
  cursor->fp = (struct value *)(uintptr_t)fp[FRAME_CALLER].bits;
  ASSERT(cursor->fp < fp, "frame.I7: the caller's frame at %p lies above that of %s at %p", (void *)cursor->fp,
         frame_method(fp)->name, (void *)fp);
  if (frame_is_entry(fp)) {
    ASSERT(cursor->entry, "frame.I2: %s", "an entry frame without an entry");
    cursor->site_pc = cursor->entry->pc;
    cursor->entry = cursor->entry->outer;
  } else {
    cursor->site_pc = (const char *)(uintptr_t)fp[FRAME_RETURN_PC].bits - 1;
  }
}

static void scan_range(struct value *from, struct value *to, struct root_visitor *visit) {
  for (; from <= to; from++) visit->slot(visit, from);
}

uint16_t frame_live_locals(const struct method *method, const char *site_pc) {
  if (method->init_start == method->param_count) return method->local_count; // all of them, always
  struct code_site site;
  bool found = frame_site(method, site_pc, &site);
  ASSERT(found && site.live_locals <= method->local_count, "frame.I4: %u of %u locals of %s", site.live_locals,
         method->local_count, method->name);
  (void)found;
  return site.live_locals;
}

static void scan_root_frames(const struct mutator *th, struct root_visitor *visit) {
  for (const struct root_frame *frame = th->roots; frame; frame = frame->outer)
    for (size_t i = 0; i < frame->count; i++) visit->slot(visit, frame->slots[i]);
}

// A deep stack is one of recursion: the same few places over and over.
struct place_seen {
  const struct method *method;
  const char *site_pc;
  uint16_t live_locals;
};
#define PLACES_SEEN 16

static uint16_t live_locals_again(struct place_seen *seen, const struct method *method, const char *site_pc) {
  struct place_seen *place = &seen[(uintptr_t)site_pc / sizeof(uint64_t) % PLACES_SEEN];
  if (place->method != method || place->site_pc != site_pc)
    *place = (struct place_seen){method, site_pc, frame_live_locals(method, site_pc)};
  return place->live_locals;
}

void frame_scan_roots(struct thread *thread, struct root_visitor *visit) {
  struct frame_cursor cursor;
  struct place_seen seen[PLACES_SEEN] = {0};
  for (frame_walk_start(&cursor, thread); cursor.fp; frame_walk_next(&cursor)) {
    ASSERT(cursor.live_top >= cursor.fp + FRAME_SPILL &&
               (char *)cursor.live_top < (char *)thread->stack_memory + thread->stack_bytes,
           "frame.I3: %s has operands up to %p above its fp %p", frame_method(cursor.fp)->name, (void *)cursor.live_top,
           (void *)cursor.fp);
    scan_range(cursor.fp + FRAME_WORDS, cursor.live_top, visit);
    struct value *locals = frame_locals(cursor.fp);
    scan_range(locals, locals + live_locals_again(seen, frame_method(cursor.fp), cursor.site_pc) - 1, visit);
  }
  scan_range(thread->stack_base, cursor.live_top, visit); // pushed from outside any frame
  scan_root_frames(&thread->mutator, visit);
  for (uint32_t i = 0; i < thread->remade_count; i++) {
    heap_scan_outside(thread->mutator.heap, thread->remade[i].outside, visit);
    visit->slot(visit, &thread->remade[i].object);
  }
  visit->slot(visit, &thread->outcome);
  visit->slot(visit, &thread->mutator.pending);
  visit->slot(visit, &thread->mutator.result);
}

bool frame_site(const struct method *method, const char *site_pc, struct code_site *site) {
  uint32_t pc = (uint32_t)(site_pc - (const char *)method->code);
  ASSERT(pc < method->code_words * 8u, "frame.I5: byte %u is not in the %u words of %s", pc, method->code_words,
         method->name);
  return method_site_at(method, pc, site);
}
