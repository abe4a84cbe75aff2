// SPDX-License-Identifier: MIT
//
// heap_verify.c: checking the invariants of the whole heap (README.md), after a collection or whenever the world
// stands.
//
// Walks everything that can be reached from the roots, each object once (a bit for each word of the heap says which
// were seen), and holds every header and every reference against the invariants. It shares nothing with the collectors
// but the work list's memory, so a mistake of theirs is not repeated here. What it finds is a bug, and ends the
// process.
#define HEAP_MODULE
#include "heap/heap_remember.h"
#include "heap/heap_trace.h"
#include "os/os_memory.h"

// The walk. `visit` comes first: custom layouts and roots get it.
struct verifier {
  struct root_visitor visit;
  struct heap *heap;
  uint64_t *seen, *remembered; // a bit for each word of heap->objects
  struct ref holder;           // whose fields are looked at; REF_NULL: roots
  bool holder_clean;           // it must not refer to a young object
};

static bool bit_set(const struct verifier *v, uint64_t *bits, uintptr_t addr) {
  size_t index = (addr - v->heap->objects.start) / sizeof(uint64_t);
  uint64_t mask = UINT64_C(1) << (index % 64);
  bool was = bits[index / 64] & mask;
  bits[index / 64] |= mask;
  return was;
}

static bool bit_test(const struct verifier *v, const uint64_t *bits, uintptr_t addr) {
  size_t index = (addr - v->heap->objects.start) / sizeof(uint64_t);
  return bits[index / 64] >> (index % 64) & 1;
}

static bool is_young(const struct verifier *v, struct ref object) {
  return v->heap->plan->is_young && v->heap->plan->is_young(v->heap, object);
}

// Checks an object when it is first reached, and its place in the remembered set.
static void check_object(const struct verifier *v, struct ref object) {
  const struct heap *heap = v->heap;
  CHECK(object.addr % sizeof(uint64_t) == 0, "heap.I3: a field of %#zx holds %#zx, which is not aligned",
        v->holder.addr, object.addr);
  uint64_t header = *object_header(object), words = heap_header_words(heap, header);
  CHECK(header != HEAP_POISON, "heap.I10: %#zx refers to %#zx, which was freed", v->holder.addr, object.addr);
  CHECK(!(header & HEADER_FORWARDED), "heap.I2: %#zx refers to %#zx, which has moved to %#llx", v->holder.addr,
        object.addr, (unsigned long long)heap_trace_forwarded(header));
  CHECK(heap->layouts[header & HEADER_TAG_MASK].kind != LAYOUT_NONE, "heap.I2: %#zx refers to %#zx of unused tag %u",
        v->holder.addr, object.addr, (unsigned)(header & HEADER_TAG_MASK));
  CHECK(words > 0 && words < heap->objects.bytes / sizeof(uint64_t), "heap.I2: %#zx refers to %#zx of %llu words",
        v->holder.addr, object.addr, (unsigned long long)words);
  bool large = heap_area_has(heap->large.area, object.addr);
  CHECK(!large || heap_large_has(&heap->large, object), "heap.I3: %#zx refers to %#zx, not the start of a large object",
        v->holder.addr, object.addr);
  const char *fault = large ? NULL : heap->plan->find_fault(heap, object, (words + 1) * sizeof(uint64_t));
  CHECK(!fault, "%s: %#zx, to which %#zx refers (header %#llx)", fault, object.addr, v->holder.addr,
        (unsigned long long)header);
  if (!heap->plan->is_young) return;
  bool young = is_young(v, object), clean = header & HEADER_OLD_CLEAN;
  CHECK(!(young && clean), "heap.I5: young object %#zx has HEADER_OLD_CLEAN", object.addr);
  CHECK(young || clean != bit_test(v, v->remembered, object.addr), "heap.I4: old object %#zx is %s remembered",
        object.addr, clean ? "clean but" : "neither clean nor");
}

static void check_slot(struct root_visitor *visit, struct value *slot) {
  struct verifier *v = (struct verifier *)visit;
  CHECK(slot->bits != HEAP_POISON, "heap.I10: a field of %#zx at %p is poison", v->holder.addr, (void *)slot);
  if (!heap_is_reference(v->heap, slot->bits)) return;
  struct ref object = value_to_ref(*slot);
  uint64_t header = object.addr % sizeof(uint64_t) ? 0 : *object_header(object);
  if (heap_trace_is_inner(&v->heap->trace, header)) object.addr -= heap_header_words(v->heap, header) * sizeof header;
  CHECK(!(v->holder_clean && is_young(v, object)), "heap.I4: clean old object %#zx refers to young %#zx",
        v->holder.addr, object.addr);
  if (object.addr % sizeof(uint64_t) == 0 && bit_set(v, v->seen, object.addr)) return;
  check_object(v, object);
  heap_trace_push(&v->heap->trace, object_fields(object), NULL);
}

static void check_fields(struct verifier *v, struct ref object) {
  struct heap *heap = v->heap;
  uint64_t header = *object_header(object), words = heap_header_words(heap, header);
  uint64_t first = heap->scan_from[header & HEADER_TAG_MASK];
  v->holder = object;
  v->holder_clean = header & HEADER_OLD_CLEAN;
  if (first == SCAN_CUSTOM)
    heap->layouts[header & HEADER_TAG_MASK].scan(object, words, &v->visit);
  else
    for (uint64_t i = first; i < words; i++) check_slot(&v->visit, object_fields(object) + i);
}

static void check_remembered(struct verifier *v) {
  size_t count;
  struct ref *list = heap_remember_list(v->heap, &count);
  for (size_t i = 0; i < count; i++) {
    CHECK(heap_area_has(v->heap->objects, list[i].addr), "heap.I4: %#zx is remembered, and no object", list[i].addr);
    CHECK(!bit_set(v, v->remembered, list[i].addr), "heap.I4: %#zx is remembered twice", list[i].addr);
  }
}

// Two bitmaps of zeros, made at the first check and kept for the next. False when there is no memory for them.
static bool bitmaps_clear(struct heap *heap, size_t bytes) {
  if (heap->bitmaps.bytes) {
    os_memory_release((void *)heap->bitmaps.start, heap->bitmaps.bytes);
    return true;
  }
  struct heap_area area = {0, bytes};
  return heap_space_reserve(&heap->bitmaps, (struct heap_area *[]){&area}, 1);
}

void heap_verify(struct heap *heap) {
  struct heap_trace *trace = &heap->trace;
  CHECK(trace->top == trace->stack, "heap.I9: the work list is in use");
  size_t held = heap->plan->bytes_held(heap);
  CHECK(held <= heap->bytes_max, "heap.I1: %zu bytes held, the limit is %zu", held, heap->bytes_max);
  size_t words = heap->objects.bytes / 8 / 64 + 1;
  if (!bitmaps_clear(heap, 2 * words * sizeof(uint64_t))) return; // no check; the program itself is not wrong
  struct verifier v = {{check_slot, false}, heap, (uint64_t *)heap->bitmaps.start, NULL, REF_NULL, false};
  v.remembered = v.seen + words;
  check_remembered(&v);
  heap_trace_roots(heap, &v.visit);
  while (trace->top > trace->stack) check_fields(&v, (struct ref){(uintptr_t)(--trace->top)->from});
}
