// SPDX-License-Identifier: MIT
//
// hot_remake.c: what hot code did without is made, where it is left.
//
// Two kinds of things: boxes, whose words stand in their places in frames, with a note for each (hot_box.c); and
// objects that were never made (hot_scalar.c). Those stand in thread.unmade, outside the heap, and frames and other
// such objects have their addresses there, which a collection passes by. So the order is: take the words away; find the
// objects that something refers to and make them roots; make boxes, also those in the objects; make the objects, one by
// one, each a copy that still refers to places outside the heap; and then, when nothing collects any more, put the
// copies' addresses everywhere.
#define LOAM_HOT_MODULE
#include "hot/hot_remake.h"

#include "hot/hot_int.h"

#include "frame/frame.h"
#include "heap/heap.h"
#include "loam/op.h"

#include <string.h>

void hot_note_unboxed(struct mutator *th, struct value *word, uint64_t header, uint64_t type, uint64_t object) {
  struct thread *thread = thread_of(th);
  CHECK(thread->unboxed_count < THREAD_UNBOXED_MAX, "hot.I9: %u words without boxes", thread->unboxed_count);
  thread->unboxed[thread->unboxed_count++] = (struct thread_unboxed){word, header, type, object};
}

static bool is_unmade(const struct thread *thread, struct value v) {
  return v.bits - (uintptr_t)thread->unmade < sizeof thread->unmade;
}

// There is no memory, and a handler in one of the frames that lack values catches that.
static bool is_caught_within(struct thread *thread, const struct value *lowest) {
  struct frame_cursor cursor;
  for (frame_walk_start(&cursor, thread); cursor.fp; frame_walk_next(&cursor)) {
    if (frame_handler(frame_method(cursor.fp), cursor.site_pc)) return true;
    if (frame_locals(cursor.fp) <= lowest) return false;
  }
  return false;
}

// The frames' values are lost. Who goes on without them would compute nonsense.
static enum loam_status give_up(struct mutator *th, struct value *lowest) {
  struct thread *thread = thread_of(th);
  for (struct value *at = lowest; at <= th->sp; at++)
    if (is_unmade(thread, *at)) *at = thread->world->guest->initial_local;
  thread->remade_count = 0;
  if (th->killed || !is_caught_within(thread, lowest + 1)) return THROWN;
  return vm_kill(th, LOAM_ERR_MEMORY, "no memory for the values of %s, whose hot code was left",
                 frame_method(th->fp)->name);
}

// The box that another place has got for the same object: programs may compare addresses.
static bool find_box(const struct thread_unboxed *unboxed, uint32_t index, struct value *out) {
  for (uint32_t i = 0; i < index; i++)
    if (unboxed[i].object == unboxed[index].object) return *out = *unboxed[i].place, true;
  return false;
}

// Takes the words out of their places, which hold something harmless while objects move: words may look like addresses.
static uint32_t take_words(struct thread *thread, struct value *top, uint64_t *words) {
  const struct loam_guest *guest = thread->world->guest;
  uint32_t count = 0;
  for (uint32_t i = 0; i < thread->unboxed_count; i++) {
    struct thread_unboxed unboxed = thread->unboxed[i];
    if (!unboxed.place) unboxed.place = top;
    if (!unboxed.place) continue;
    thread->unboxed[count] = unboxed;
    words[count++] = unboxed.place->bits;
    *unboxed.place = guest->initial_local;
  }
  thread->unboxed_count = 0;
  return count;
}

static enum loam_status make_boxes(struct mutator *th, const uint64_t *words, uint32_t count) {
  struct thread *thread = thread_of(th);
  const struct loam_guest *guest = thread->world->guest;
  for (uint32_t i = 0; i < count; i++) {
    const struct thread_unboxed *unboxed = &thread->unboxed[i];
    struct value box;
    if (!find_box(thread->unboxed, i, &box) &&
        guest->make_box(th, unboxed->header, unboxed->type, words[i], &box) != DONE)
      return THROWN;
    *unboxed->place = box;
  }
  return DONE;
}

// ---- objects -------------------------------------------------------------------------------------------------------

static struct thread_remade *find_remade(struct thread *thread, struct value v) {
  for (uint32_t i = 0; i < thread->remade_count; i++)
    if (thread->remade[i].outside.addr == v.bits) return &thread->remade[i];
  return NULL;
}

// A local that is dead may hold an address from an earlier time: no object is there, or one that somebody else needs.
static void note_object(struct thread *thread, struct value v) {
  if (!is_unmade(thread, v) || !*object_header(value_to_ref(v)) || find_remade(thread, v)) return;
  CHECK(thread->remade_count < THREAD_UNMADE_MAX, "hot.I9: %u objects that were not made", thread->remade_count);
  thread->remade[thread->remade_count++] = (struct thread_remade){value_to_ref(v), {0}};
}

static size_t words_of(const struct thread *thread, struct ref object) {
  return (*object_header(object) >> HEADER_GUEST_SHIFT) & thread->world->guest->size_mask;
}

// What the frames have, and what that refers to.
static void find_objects(struct thread *thread, const struct value *lowest) {
  for (const struct value *at = lowest; at <= thread->mutator.sp; at++) note_object(thread, *at);
  for (uint32_t i = 0; i < thread->remade_count; i++) {
    struct ref object = thread->remade[i].outside;
    for (size_t w = 0; w < words_of(thread, object); w++) note_object(thread, object_fields(object)[w]);
  }
}

static enum loam_status make_objects(struct thread *thread) {
  for (uint32_t i = 0; i < thread->remade_count; i++) {
    struct ref outside = thread->remade[i].outside;
    size_t words = words_of(thread, outside);
    struct ref object = heap_alloc(&thread->mutator, *object_header(outside), words);
    if (!object.addr) return THROWN;
    ASSERT(words < THREAD_UNMADE_WORDS, "hot.I9: an object of %zu words was left without in room for %d", words,
           THREAD_UNMADE_WORDS);
    memcpy(object_fields(object), object_fields(outside), words * sizeof(struct value));
    ASSERT(!is_unmade(thread, value_from_ref(object)), "hot.I9: an object was made at %#zx, where none is",
           object.addr);
    thread->remade[i].object = value_from_ref(object);
  }
  return DONE;
}

static void link_objects(struct thread *thread, struct value *lowest) {
  for (uint32_t i = 0; i < thread->remade_count; i++) {
    struct ref object = value_to_ref(thread->remade[i].object);
    for (size_t w = 0; w < words_of(thread, object); w++) {
      struct thread_remade *field = find_remade(thread, object_fields(object)[w]);
      if (field) heap_store(&thread->mutator, object, w, field->object);
    }
  }
  for (struct value *at = lowest; at <= thread->mutator.sp; at++) {
    struct thread_remade *word = find_remade(thread, *at);
    if (word) *at = word->object;
  }
  thread->remade_count = 0;
}

OP_COLD enum loam_status hot_remake(struct mutator *th, struct value *lowest, struct value *top) {
  struct thread *thread = thread_of(th);
  uint64_t words[THREAD_UNBOXED_MAX];
  uint32_t count = take_words(thread, top, words);
  bool has_unmade = thread->has_unmade;
  if (has_unmade) find_objects(thread, lowest);
  thread->has_unmade = false;
  enum loam_status status = make_boxes(th, words, count) == DONE ? make_objects(thread) : THROWN;
  if (status == DONE)
    link_objects(thread, lowest);
  else
    status = give_up(th, lowest);
  if (has_unmade) memset(thread->unmade, 0, sizeof thread->unmade);
  return status;
}
