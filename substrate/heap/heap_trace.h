// SPDX-License-Identifier: MIT
//
// heap_trace.h: following references, without recursion.
//
// The work list is a stack of slices: runs of values in live objects that were not looked at yet. A collector gives
// heap_trace_drain its `edge` function, which sees each value once, may change it, and pushes what it newly reached.
// `edge` is a constant at each call, so that the compiler makes one tight loop per kind of collection out of these
// inline functions; an interface of function pointers here costs a third of a minor collection's time.
//
// The stack can't overflow: an object is pushed at most once in a collection, a slice cut in two replaces itself, and
// the smallest object has 16 bytes, as much as a slice. So the area has as many bytes as the heap may hold; its pages
// appear as they are used, and cutting long slices keeps them few.
#ifndef LOAM_HEAP_HEAP_TRACE_H
#define LOAM_HEAP_HEAP_TRACE_H

#include "heap/heap_int.h"

#include <string.h>

typedef void heap_edge_fn(struct heap_trace *trace, struct value *slot);

// For edge functions and what they call for each object.
#define ALWAYS_INLINE inline __attribute__((always_inline))

// Longest run of values that is scanned before its first child's turn comes.
enum { TRACE_SLICE_MAX = 512 };

// In long slices, how many values ahead an object's header is fetched: its miss then overlaps with others' work.
enum { TRACE_AHEAD = 16 };

// Sets the size of the area for a heap of at most `bytes_max`, before the space is reserved; then the stack itself.
static inline void heap_trace_plan_area(struct heap_trace *trace, size_t bytes_max) {
  trace->area.bytes = bytes_max + sizeof(struct heap_slice);
}
void heap_trace_init(struct heap_trace *trace);
// Gives the pages of the idle stack back that were not used since the last time, but for the first few.
void heap_trace_release(struct heap_trace *trace);

static ALWAYS_INLINE void heap_trace_push(struct heap_trace *trace, struct value *from, struct value *to) {
  ASSERT(trace->top < trace->limit, "heap.I9: work list full at %p", (void *)trace->top);
  *trace->top++ = (struct heap_slice){from, to};
}

// Pushes what an object refers to. `words` is its payload's length, `first` what scan_from says about its tag.
static ALWAYS_INLINE void heap_trace_push_values(struct heap_trace *trace, struct ref object, uint64_t first,
                                                 uint64_t words) {
  struct value *fields = object_fields(object);
  if (LIKELY(first < words))
    heap_trace_push(trace, fields + first, fields + words);
  else if (UNLIKELY(first == SCAN_CUSTOM))
    heap_trace_push(trace, fields, NULL);
}
static ALWAYS_INLINE void heap_trace_push_object(struct heap_trace *trace, struct ref object, uint64_t header,
                                                 uint64_t words) {
  heap_trace_push_values(trace, object, heap_of_trace(trace)->scan_from[header & HEADER_TAG_MASK], words);
}

// Calls the layout's own scan function for a LAYOUT_CUSTOM object.
void heap_trace_scan_custom(struct heap_trace *trace, struct ref object);

// A reference to a header inside another object: treats that object, and moves the reference along.
void heap_trace_inner(struct heap_trace *trace, struct value *slot, uint64_t header);

static ALWAYS_INLINE bool heap_trace_is_inner(struct heap_trace *trace, uint64_t header) {
  return UNLIKELY(heap_of_trace(trace)->scan_from[header & HEADER_TAG_MASK] == SCAN_INNER) &&
         !(header & HEADER_FORWARDED);
}

// Lets the layer above go through what it holds weakly. `alive` and `keep` are the plan's.
static inline struct heap_trace *heap_trace_of_weak(struct weak_visitor *visit) {
  return (struct heap_trace *)((char *)visit - offsetof(struct heap_trace, weak));
}
static inline void heap_trace_weak(struct heap *heap, bool full,
                                   bool (*alive)(struct weak_visitor *visit, struct value *slot),
                                   void (*keep)(struct weak_visitor *visit, struct value *slot)) {
  heap->trace.weak = (struct weak_visitor){alive, keep, full};
  if (heap->world.scan_weak) heap->world.scan_weak(heap->world.context, &heap->trace.weak);
}
// Asks `alive` about the object around an inner header.
bool heap_trace_inner_alive(struct weak_visitor *visit, struct value *slot, uint64_t header);

// Works until nothing is left. `edge` must be a constant.
static ALWAYS_INLINE void heap_trace_drain(struct heap_trace *trace, heap_edge_fn *edge) {
  struct heap_slice *bottom = trace->stack;
  while (trace->top > bottom) {
    struct heap_slice slice = *--trace->top;
    if (UNLIKELY((uintptr_t)slice.to - (uintptr_t)slice.from > TRACE_AHEAD * sizeof(uint64_t))) { // or it is NULL
      if (slice.to == NULL) {
        heap_trace_scan_custom(trace, (struct ref){(uintptr_t)slice.from});
        continue;
      }
      if (slice.to - slice.from > TRACE_SLICE_MAX) {
        heap_trace_push(trace, slice.from + TRACE_SLICE_MAX, slice.to);
        slice.to = slice.from + TRACE_SLICE_MAX;
      }
      for (; slice.to - slice.from > TRACE_AHEAD; slice.from++) {
        __builtin_prefetch((const void *)(slice.from[TRACE_AHEAD].bits - sizeof(uint64_t)));
        edge(trace, slice.from);
      }
    }
    for (; slice.from < slice.to; slice.from++) edge(trace, slice.from);
  }
}

// Gives all roots to `visit`, which is a trace's visitor or begins like one: the world's and the handles.
void heap_trace_roots(struct heap *heap, struct root_visitor *visit);

// Copies an object with its header to `to`, the new header word's address, and leaves the forwarding address behind.
// `header` becomes the copy's header. Returns the new object.
static inline struct ref heap_trace_copy(uint64_t *from, uintptr_t to, uint64_t header, uint64_t words) {
  uint64_t *target = (uint64_t *)to;
  ASSERT(words, "heap.I2: object %#zx has no words", (size_t)(from + 1));
  // Two words at a time; the first and the last two, which may overlap, are all of most objects.
  memcpy(target + words - 1, from + words - 1, 2 * sizeof(uint64_t));
  memcpy(target, from, 2 * sizeof(uint64_t));
#pragma clang loop vectorize(disable) unroll(disable)
  for (uint64_t i = 2; i + 1 < words; i += 2) memcpy(target + i, from + i, 2 * sizeof(uint64_t));
  target[0] = header;
  struct ref object = {to + sizeof(uint64_t)};
  *from = object.addr | HEADER_FORWARDED;
  return object;
}

// Where a forwarded header leads.
static inline uint64_t heap_trace_forwarded(uint64_t header) { return header & ~HEADER_FORWARDED; }

// Hands the work of marking a large object to the trace: true when it was reached for the first time.
static inline bool heap_trace_mark_large(struct heap_trace *trace, struct ref object, uint64_t header_bits) {
  struct large_object *large = heap_large_of(object);
  if (large->marked) return false;
  large->marked = true;
  uint64_t header = *object_header(object) |= header_bits;
  heap_trace_push_object(trace, object, header, heap_header_words(heap_of_trace(trace), header));
  return true;
}

#endif
