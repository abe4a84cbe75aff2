// SPDX-License-Identifier: MIT
//
// heap_marks.c: marking everything in one go, for the plans without generations. See heap_marks.h for the idea.
//
// Nearly all of marking's time is spent on waiting for headers. So a reference first goes through a short queue: it is
// fetched when it enters, and looked at when it leaves. After Cher, Hosking and Vitek, "Software prefetching for
// mark-sweep garbage collection", ASPLOS 2004.
#define HEAP_MODULE
#include "heap/heap_marks.h"

#include <string.h>

void heap_marks_clear(struct heap_marks *marks, size_t bytes) {
  memset((void *)marks->area.start, 0, (bytes + MARKS_WORD_BYTES - 1) / MARKS_WORD_BYTES * sizeof(uint64_t));
  marks->bytes = 0;
}

static ALWAYS_INLINE void mark_object(struct heap_trace *trace, struct ref object) {
  struct heap_marking *plan = (struct heap_marking *)heap_of_trace(trace);
  struct heap_marks *marks = &plan->marks;
  uintptr_t at = object.addr - sizeof(uint64_t);
  bool small = heap_area_has(marks->objects, at);
  if (small && heap_marks_has(marks, at)) return; // met twice in the queue
  uint64_t header = *object_header(object);
  if (heap_trace_is_inner(trace, header)) {
    struct value outer = {object.addr};
    heap_trace_inner(trace, &outer, header);
  } else if (UNLIKELY(!small)) {
    heap_trace_mark_large(trace, object, 0);
  } else {
    uint64_t words = heap_header_words(&plan->heap, header);
    heap_marks_set(marks, at, words + 1);
    marks->bytes += (words + 1) * sizeof(uint64_t);
    heap_trace_push_object(trace, object, header, words);
  }
}

static ALWAYS_INLINE void mark_edge(struct heap_trace *trace, struct value *slot) {
  struct heap_marks *marks = &((struct heap_marking *)heap_of_trace(trace))->marks;
  struct ref object = value_to_ref(*slot);
  if (!heap_is_reference(heap_of_trace(trace), object.addr)) return;
  uintptr_t at = object.addr - sizeof(uint64_t);
  // The bit of a header inside a live object is set, too.
  if (heap_area_has(marks->objects, at) && heap_marks_has(marks, at)) return;
  __builtin_prefetch(object_header(object));
  struct ref *place = &marks->ahead[marks->ahead_next++ % MARKS_AHEAD], earlier = *place;
  *place = object;
  if (earlier.addr) mark_object(trace, earlier);
}

// Works until neither list nor queue have anything left.
static void mark_drain(struct heap_trace *trace) {
  struct heap_marks *marks = &((struct heap_marking *)heap_of_trace(trace))->marks;
  for (bool more = true; more;) {
    heap_trace_drain(trace, mark_edge);
    more = false;
    for (unsigned i = 0; i < MARKS_AHEAD; i++) {
      struct ref object = marks->ahead[i];
      if (!object.addr) continue;
      marks->ahead[i] = REF_NULL;
      mark_object(trace, object);
      more = true;
    }
  }
}

static void mark_visit(struct root_visitor *visit, struct value *slot) { mark_edge((struct heap_trace *)visit, slot); }

static bool mark_alive(struct weak_visitor *visit, struct value *slot) {
  struct heap_trace *trace = heap_trace_of_weak(visit);
  struct heap_marking *plan = (struct heap_marking *)heap_of_trace(trace);
  struct ref object = value_to_ref(*slot);
  if (!heap_is_reference(&plan->heap, object.addr)) return true;
  uintptr_t at = object.addr - sizeof(uint64_t);
  if (heap_area_has(plan->marks.objects, at)) return heap_marks_has(&plan->marks, at);
  uint64_t header = *object_header(object);
  if (heap_trace_is_inner(trace, header)) return heap_trace_inner_alive(visit, slot, header);
  return heap_large_of(object)->marked;
}

static void mark_keep(struct weak_visitor *visit, struct value *slot) {
  struct heap_trace *trace = heap_trace_of_weak(visit);
  mark_edge(trace, slot);
  mark_drain(trace);
}

void heap_marks_trace(struct heap_marking *plan) {
  struct heap *heap = &plan->heap;
  struct heap_trace *trace = &heap->trace;
  ASSERT(plan->marks.bytes == 0, "%zu bytes are marked before marking", plan->marks.bytes);
  trace->visit.slot = mark_visit;
  heap_trace_roots(heap, &trace->visit);
  mark_drain(trace);
  heap_trace_weak(heap, true, mark_alive, mark_keep);
  heap_trace_release(trace);
  heap_large_sweep(heap, true);
}
