// SPDX-License-Identifier: MIT
//
// heap_trace.c: the parts of following references that are not in the inner loop. See heap_trace.h for the idea.
#define HEAP_MODULE
#include "heap/heap_trace.h"

#include "os/os_memory.h"

// Bytes of the idle stack that always keep their pages: enough for most minor collections.
enum { RESIDENT_BYTES = 64 << 10 };

void heap_trace_init(struct heap_trace *trace) {
  trace->stack = trace->top = (struct heap_slice *)trace->area.start;
  trace->limit = trace->stack + trace->area.bytes / sizeof(struct heap_slice);
}

void heap_trace_release(struct heap_trace *trace) {
  ASSERT(trace->top == trace->stack, "heap.I9: %td slices left over", trace->top - trace->stack);
  // Slices are never zero, so the first zero at one of these places lies above all that was pushed since the last time.
  size_t used = RESIDENT_BYTES;
  for (; used < trace->area.bytes; used *= 2) {
    uint64_t *mark = (uint64_t *)(trace->area.start + used);
    if (!*mark) break;
    *mark = 0;
  }
  if (used < trace->resident) os_memory_release((char *)trace->area.start + used, trace->resident - used);
  trace->resident = used < trace->area.bytes ? used : trace->area.bytes;
}

void heap_trace_scan_custom(struct heap_trace *trace, struct ref object) {
  uint64_t header = *object_header(object);
  const struct heap *heap = heap_of_trace(trace);
  heap->layouts[header & HEADER_TAG_MASK].scan(object, heap_header_words(heap, header), &trace->visit);
}

void heap_scan_outside(const struct heap *heap, struct ref object, struct root_visitor *visit) {
  uint64_t header = *object_header(object), words = heap_header_words(heap, header);
  uint64_t first = heap->scan_from[header & HEADER_TAG_MASK];
  if (first == SCAN_CUSTOM) heap->layouts[header & HEADER_TAG_MASK].scan(object, words, visit);
  for (uint64_t i = first; i < words; i++) visit->slot(visit, object_fields(object) + i);
}

void heap_trace_inner(struct heap_trace *trace, struct value *slot, uint64_t header) {
  uint64_t distance = heap_header_words(heap_of_trace(trace), header) * sizeof(uint64_t);
  struct value outer = {slot->bits - distance};
  trace->visit.slot(&trace->visit, &outer);
  slot->bits = outer.bits + distance;
}

bool heap_trace_inner_alive(struct weak_visitor *visit, struct value *slot, uint64_t header) {
  uint64_t distance = heap_header_words(heap_of_trace(heap_trace_of_weak(visit)), header) * sizeof(uint64_t);
  struct value outer = {slot->bits - distance};
  bool alive = visit->alive(visit, &outer);
  slot->bits = outer.bits + distance;
  return alive;
}

void heap_trace_roots(struct heap *heap, struct root_visitor *visit) {
  heap->world.scan_roots(heap->world.context, visit);
  heap_handle_scan(heap, visit);
}
