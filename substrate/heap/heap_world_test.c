// SPDX-License-Identifier: MIT
//
// heap_world_test.c: the mock world: see heap_world_test.h.
//
// Stopping the world: whoever sets `stopping` waits until all others have parked at a safepoint; who comes second parks
// itself and reports that the collection is done.
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

const struct vm_config heap_mock_configs[] = {
    {.gc_plan = "nogc", .heap_max = 8 << 20, .verify = VERIFY_HEAP},
    {.gc_plan = "semispace", .heap_max = 8 << 20, .verify = VERIFY_HEAP},
    {.gc_plan = "semispace", .heap_max = 8 << 20, .verify = VERIFY_HEAP, .stress_gc_every = 5, .stress_poison = true},
    {.gc_plan = "marksweep", .heap_max = 8 << 20, .verify = VERIFY_HEAP},
    {.gc_plan = "marksweep", .heap_max = 8 << 20, .verify = VERIFY_HEAP, .stress_gc_every = 5, .stress_poison = true},
    {.gc_plan = "markcompact", .heap_max = 8 << 20, .verify = VERIFY_HEAP},
    {.gc_plan = "markcompact", .heap_max = 8 << 20, .verify = VERIFY_HEAP, .stress_gc_every = 5, .stress_poison = true},
    {.gc_plan = "genimmix", .heap_max = 8 << 20, .verify = VERIFY_HEAP},
    {.gc_plan = "genimmix", .heap_max = 8 << 20, .nursery_size = 32 << 10, .stress_poison = true},
    {.gc_plan = "genimmix", .heap_max = 8 << 20, .verify = VERIFY_HEAP, .stress_gc_every = 5, .stress_poison = true},
    {.gc_plan = "genimmix",
     .heap_max = 8 << 20,
     .verify = VERIFY_HEAP,
     .stress_gc_every = 7,
     .stress_poison = true,
     .stress_move = true},
};
const size_t heap_mock_config_count = COUNT_OF(heap_mock_configs);

static void scan_odd(struct ref object, size_t words, struct root_visitor *visit) {
  visit->slot(visit, object_fields(object) + words - 1);
}

static const struct heap_layout layouts[256] = {
    [TAG_NODE] = {LAYOUT_VALUES, 0, NULL},
    [TAG_BYTES] = {LAYOUT_BYTES, 0, NULL},
    [TAG_MIXED] = {LAYOUT_VALUES, MIXED_RAW_WORDS, NULL},
    [TAG_ODD] = {LAYOUT_CUSTOM, 0, scan_odd},
    [TAG_INNER] = {LAYOUT_INNER, 0, NULL},
};

// The world's lock is held. Waits, parked, until nobody collects.
static void park(struct heap_mock *world, struct heap_mock_mutator *self) {
  self->parked = true;
  pthread_cond_broadcast(&world->changed);
  while (world->stopping) pthread_cond_wait(&world->changed, &world->lock);
  self->parked = false;
}

static bool others_parked(const struct heap_mock *world, const struct mutator *self) {
  for (int i = 0; i < WORLD_MUTATORS_MAX; i++)
    if (world->joined[i] && &world->mutators[i].th != self && !world->mutators[i].parked) return false;
  return true;
}

static bool thread_world_stop(void *context, struct mutator *self) {
  struct heap_mock *world = context;
  if (world->refuse_stop) {
    world->refuse_stop--;
    return false;
  }
  pthread_mutex_lock(&world->lock);
  if (world->stopping) {
    park(world, (struct heap_mock_mutator *)self);
    pthread_mutex_unlock(&world->lock);
    return false;
  }
  world->stopping = true;
  while (!others_parked(world, self)) pthread_cond_wait(&world->changed, &world->lock);
  pthread_mutex_unlock(&world->lock);
  return true;
}

static void thread_world_resume(void *context, struct mutator *self) {
  struct heap_mock *world = context;
  (void)self;
  pthread_mutex_lock(&world->lock);
  world->stopping = false;
  pthread_cond_broadcast(&world->changed);
  pthread_mutex_unlock(&world->lock);
}

static void world_scan_roots(void *context, struct root_visitor *visit) {
  struct heap_mock *world = context;
  for (int i = 0; i < WORLD_ROOTS; i++) visit->slot(visit, &world->roots[i]);
  if (visit->young_only && world->stored) visit->slot(visit, world->stored);
  for (int i = 0; i < WORLD_MUTATORS_MAX; i++) {
    if (!world->joined[i]) continue;
    for (struct root_frame *frame = world->mutators[i].th.roots; frame; frame = frame->outer)
      for (size_t at = 0; at < frame->count; at++) visit->slot(visit, frame->slots[at]);
  }
}

// Looks at some slots twice, as guests' tables are.
static void world_scan_weak(void *context, struct weak_visitor *visit) {
  struct heap_mock *world = context;
  visit->keep(visit, &world->kept);
  for (int i = 0; i < WORLD_ROOTS; i++)
    if (!visit->alive(visit, &world->weak[i]) || !visit->alive(visit, &world->weak[i]))
      world->weak[i] = (struct value){0};
}

static void world_each_mutator(void *context, void (*fn)(struct mutator *th, void *arg), void *arg) {
  struct heap_mock *world = context;
  for (int i = 0; i < WORLD_MUTATORS_MAX; i++)
    if (world->joined[i]) fn(&world->mutators[i].th, arg);
}

static enum loam_status world_throw_out_of_memory(void *context, struct mutator *th) {
  struct heap_mock *world = context;
  pthread_mutex_lock(&world->lock);
  world->thrown++;
  pthread_mutex_unlock(&world->lock);
  return throw_value(th, value_int(-1));
}

void heap_mock_init(struct heap_mock *world, struct vm_config *config) {
  memset(world, 0, sizeof *world);
  pthread_mutex_init(&world->lock, NULL);
  pthread_cond_init(&world->changed, NULL);
  const struct heap_model model = {layouts, UINT64_C(0xffffffff), 1};
  const struct heap_world calls = {.context = world,
                                   .stop = thread_world_stop,
                                   .resume = thread_world_resume,
                                   .scan_roots = world_scan_roots,
                                   .scan_weak = world_scan_weak,
                                   .each_mutator = world_each_mutator,
                                   .throw_out_of_memory = world_throw_out_of_memory};
  struct error err = {0};
  enum loam_err result = heap_create(config, &model, &calls, &world->heap, &err);
  CHECK(result == LOAM_OK, "no heap: %s", err.text);
  heap_mock_join(world);
}

void heap_mock_fini(struct heap_mock *world) {
  heap_mock_leave(world, heap_mock_main(world));
  heap_destroy(world->heap);
  pthread_cond_destroy(&world->changed);
  pthread_mutex_destroy(&world->lock);
}

struct mutator *heap_mock_join(struct heap_mock *world) {
  pthread_mutex_lock(&world->lock);
  while (world->stopping) pthread_cond_wait(&world->changed, &world->lock);
  int i = 0;
  while (i < WORLD_MUTATORS_MAX && world->joined[i]) i++;
  CHECK(i < WORLD_MUTATORS_MAX, "too many mutators");
  world->mutators[i] = (struct heap_mock_mutator){.parked = false};
  world->joined[i] = true;
  heap_mutator_init(world->heap, &world->mutators[i].th);
  pthread_mutex_unlock(&world->lock);
  return &world->mutators[i].th;
}

void heap_mock_leave(struct heap_mock *world, struct mutator *th) {
  struct heap_mock_mutator *self = (struct heap_mock_mutator *)th;
  heap_mutator_fini(th);
  pthread_mutex_lock(&world->lock);
  if (world->stopping) park(world, self);
  world->joined[self - world->mutators] = false;
  pthread_cond_broadcast(&world->changed);
  pthread_mutex_unlock(&world->lock);
}

void heap_mock_safepoint(struct heap_mock *world, struct mutator *th) {
  if (!world->stopping) return;
  pthread_mutex_lock(&world->lock);
  if (world->stopping) park(world, (struct heap_mock_mutator *)th);
  pthread_mutex_unlock(&world->lock);
}

struct ref heap_mock_alloc(struct mutator *th, enum heap_mock_tag tag, size_t words) {
  struct ref object = heap_alloc(th, header_make(tag, words), words);
  if (object.addr) memset(object_fields(object), 0, words * sizeof(struct value));
  return object;
}

struct heap_stats heap_mock_stats(const struct heap_mock *world) {
  struct heap_stats stats;
  heap_stats_read(world->heap, &stats);
  return stats;
}

struct ref heap_mock_make_list(struct mutator *th, int64_t length) {
  struct value list = {0};
  ROOTS(th, &list);
  for (int64_t i = 0; i < length; i++) {
    struct ref cell = heap_mock_alloc(th, TAG_NODE, 2);
    if (!cell.addr) return REF_NULL;
    object_fields(cell)[0] = value_int(i);
    object_fields(cell)[1] = list;
    list = value_from_ref(cell);
  }
  return value_to_ref(list);
}

bool heap_mock_check_list(struct ref list, int64_t length) {
  while (length-- > 0) {
    if (!list.addr || value_to_int(object_fields(list)[0]) != length) return false;
    list = value_to_ref(object_fields(list)[1]);
  }
  return list.addr == 0;
}

size_t heap_mock_fill(struct heap_mock *world, size_t words) {
  for (size_t count = 0;; count++) {
    struct ref cell = heap_mock_alloc(heap_mock_main(world), TAG_NODE, words);
    if (!cell.addr) return count;
    object_fields(cell)[0] = world->roots[0];
    world->roots[0] = value_from_ref(cell);
  }
}

uint64_t heap_mock_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
  return *state >> 33;
}

int heap_mock_run_tests(const char *group, const struct heap_mock_test *tests, size_t count) {
  int failures = 0;
  for (size_t c = 0; c < heap_mock_config_count; c++) {
    const struct vm_config *config = &heap_mock_configs[c];
    struct CMUnitTest rows[32];
    memset(rows, 0, sizeof rows); // rows without a function are skipped
    CHECK(count <= COUNT_OF(rows), "%zu tests in group %s", count, group);
    for (size_t i = 0; i < count; i++)
      rows[i] = (struct CMUnitTest){tests[i].name, tests[i].run, NULL, NULL, (void *)(uintptr_t)config};
    printf("%s: %s, nursery %zu, every %llu, move %d, poison %d\n", group, config->gc_plan, config->nursery_size,
           (unsigned long long)config->stress_gc_every, config->stress_move, config->stress_poison);
    failures += cmocka_run_group_tests_name(group, rows, NULL, NULL);
  }
  return failures;
}
