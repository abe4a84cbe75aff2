// SPDX-License-Identifier: MIT
//
// heap_create.c: the life of a heap and of a mutator's part in it.
#define HEAP_MODULE
#include "heap/heap_int.h"
#include "os/os_memory.h"

#include <string.h>

static const struct heap_plan *const plans[] = {&heap_plan_genimmix, &heap_plan_semispace, &heap_plan_marksweep,
                                                &heap_plan_markcompact, &heap_plan_nogc};

// Below this the blocks that copying needs in reserve leave too little; above, lengths of free runs overflow.
static const size_t limit_min = (size_t)256 << 10, limit_max = (size_t)1 << 40;

static const struct heap_plan *plan_find(const char *name) {
  if (!name) return plans[0];
  for (size_t i = 0; i < COUNT_OF(plans); i++)
    if (strcmp(plans[i]->name, name) == 0) return plans[i];
  return NULL;
}

// A quarter of the machine's memory: the program's own limit where nobody gave one.
static size_t limit_default(void) {
  uint64_t quarter = os_memory_physical() / 4 & ~(uint64_t)0xfffff;
  if (quarter < (uint64_t)64 << 20) quarter = (uint64_t)64 << 20;
  return quarter < limit_max ? quarter : limit_max;
}

static void model_init(struct heap *heap, const struct heap_model *model) {
  heap->layouts = model->layouts;
  heap->size_mask = model->size_mask;
  heap->ref_mask = model->ref_mask;
  for (unsigned tag = 0; tag < 256; tag++) {
    const struct heap_layout *layout = &model->layouts[tag];
    ASSERT(layout->kind != LAYOUT_CUSTOM || layout->scan, "heap.I2: objects of tag %u have no function that scans them",
           tag);
    heap->scan_from[tag] = layout->kind == LAYOUT_VALUES   ? layout->raw_words
                           : layout->kind == LAYOUT_CUSTOM ? SCAN_CUSTOM
                           : layout->kind == LAYOUT_INNER  ? SCAN_INNER
                                                           : SCAN_NOTHING;
  }
}

// Lets the plan reserve its space. Without a limit of the user's own, a host that is short of addresses gets a smaller
// heap instead of a refusal.
static enum loam_err plan_init(struct heap *heap, const struct vm_config *config, struct error *err) {
  heap->bytes_max = config->heap_max ? config->heap_max : limit_default();
  enum loam_err result = heap->plan->init(heap, config, err);
  while (result == LOAM_ERR_MEMORY && !config->heap_max && heap->bytes_max > (size_t)128 << 20) {
    heap->bytes_max /= 2;
    result = heap->plan->init(heap, config, err);
  }
  return result;
}

enum loam_err heap_create(const struct vm_config *config, const struct heap_model *model,
                          const struct heap_world *world, struct heap **out, struct error *err) {
  *out = NULL;
  const struct heap_plan *plan = plan_find(config->gc_plan);
  if (!plan)
    return error_set(err, LOAM_ERR_USAGE,
                     "no collector named %s; there are genimmix, semispace, marksweep, markcompact and nogc",
                     config->gc_plan);
  if (config->heap_max && (config->heap_max < limit_min || config->heap_max > limit_max))
    return error_set(err, LOAM_ERR_USAGE, "heap limit of %zu bytes; it must be between %zu KB and %zu GB",
                     config->heap_max, limit_min >> 10, limit_max >> 30);
  struct heap *heap = mem_alloc_zero(1, plan->bytes);
  if (!heap) return error_set(err, LOAM_ERR_MEMORY, "no memory for the heap's structure");
  heap->plan = plan;
  heap->world = *world;
  heap->trace_gc = (config->trace & TRACE_GC) != 0;
  heap->verify = (config->verify & VERIFY_HEAP) != 0;
  heap->reason = "none";
  model_init(heap, model);
  heap_stress_init(heap, config);
  enum loam_err result = plan_init(heap, config, err);
  if (result != LOAM_OK) {
    mem_free(heap);
    return result;
  }
  pthread_mutex_init(&heap->lock, NULL);
  heap_handle_init(heap);
  *out = heap;
  return LOAM_OK;
}

void heap_destroy(struct heap *heap) {
  if (!heap) return;
  heap_handle_fini(heap);
  heap->plan->fini(heap);
  heap_space_free(&heap->bitmaps);
  pthread_mutex_destroy(&heap->lock);
  mem_free(heap);
}

size_t heap_bytes_max(const struct mutator *th) { return th->heap->bytes_max; }

void heap_mutator_init(struct heap *heap, struct mutator *th) {
  ASSERT(heap->objects.start % sizeof(uint64_t) == 0 && heap->objects.bytes >= heap->bytes_max,
         "heap.I1: %zu bytes of addresses for objects, %zu of them", heap->objects.bytes, heap->bytes_max);
  th->heap = heap;
  th->heap_start = heap->objects.start;
  th->heap_bytes = heap->objects.bytes;
  th->alloc_cursor = th->alloc_limit = 0;
}

static bool pretenure(struct heap *heap, struct mutator *th, bool on) {
  if (!heap->plan->pretenure) return true;
  pthread_mutex_lock(&heap->lock);
  bool done = heap->plan->pretenure(heap, th, on);
  pthread_mutex_unlock(&heap->lock);
  return done;
}

void heap_pretenure(struct mutator *th, bool on) {
  if (pretenure(th->heap, th, on)) return;
  heap_collect_for(th, 0, EFFORT_FULL, "objects to be born old");
  (void)pretenure(th->heap, th, on);
}

void heap_mutator_drop(struct heap *heap, struct mutator *th) {
  if (heap->plan->pretenure) (void)heap->plan->pretenure(heap, th, false);
  heap_bump_drop(heap, th);
}

void heap_mutator_fini(struct mutator *th) {
  struct heap *heap = th->heap;
  pthread_mutex_lock(&heap->lock);
  heap_mutator_drop(heap, th);
  pthread_mutex_unlock(&heap->lock);
}

void heap_watch(struct mutator *th, bool on) {
  th->heap->watched = on;
  heap_mutator_fini(th); // gives its buffer back
}
