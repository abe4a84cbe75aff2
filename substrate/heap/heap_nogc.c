// SPDX-License-Identifier: MIT
//
// heap_nogc.c: the plan that never collects: a bump pointer up to the limit, then out of memory.
//
// It is what the other plans are measured against, and the right choice for a program that is over before a collection
// would pay. Objects of all sizes are allocated alike.
#define HEAP_MODULE
#include "heap/heap_trace.h"

struct nogc {
  struct heap heap;
  struct heap_bump bump;
};

static enum loam_err nogc_init(struct heap *heap, const struct vm_config *config, struct error *err) {
  (void)config;
  struct nogc *nogc = (struct nogc *)heap;
  heap->objects.bytes = heap->bytes_max;
  heap->trace.area.bytes = heap->bytes_max; // for heap_verify
  if (!heap_space_reserve(&heap->space, (struct heap_area *[]){&heap->objects, &heap->trace.area}, 2))
    return error_set(err, LOAM_ERR_MEMORY, "no address space for a heap of %zu KB", heap->bytes_max >> 10);
  heap_trace_init(&heap->trace);
  nogc->bump = (struct heap_bump){
      .start = heap->objects.start, .cursor = heap->objects.start, .limit = heap->objects.start + heap->bytes_max};
  return LOAM_OK;
}

static void nogc_fini(struct heap *heap) { heap_space_free(&heap->space); }

static uintptr_t nogc_alloc(struct heap *heap, struct mutator *th, size_t bytes) {
  uintptr_t at = heap_bump_take(heap, &((struct nogc *)heap)->bump, th, bytes, BUMP_SHARES);
  if (at) heap_stats_note_held(heap);
  return at;
}

static size_t nogc_bytes_held(const struct heap *heap) {
  const struct heap_bump *bump = &((const struct nogc *)heap)->bump;
  return bump->cursor - bump->start;
}

static const char *nogc_find_fault(const struct heap *heap, struct ref object, size_t bytes) {
  return heap_bump_find_fault(&((const struct nogc *)heap)->bump, object, bytes);
}

const struct heap_plan heap_plan_nogc = {
    .name = "nogc",
    .bytes = sizeof(struct nogc),
    .init = nogc_init,
    .fini = nogc_fini,
    .alloc = nogc_alloc,
    .bytes_held = nogc_bytes_held,
    .find_fault = nogc_find_fault,
};
