// SPDX-License-Identifier: MIT
//
// heap_thread_test.c: mutators that allocate, store and collect at the same time. Also run under the thread sanitizer.
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 24, LENGTH = 200, TABLE_SLOTS = 64 };

struct job {
  struct heap_mock *world;
  unsigned number;
  pthread_t thread;
  bool good;
};

static bool collects(const struct heap_mock *world) { return strcmp(heap_plan_name(world->heap), "nogc") != 0; }

// Builds lists of its own, and puts each into a table that all threads share, at slots that only this thread uses.
static void work(struct job *job, struct mutator *th) {
  struct heap_mock *world = job->world;
  struct value list = {0};
  ROOTS(th, &list);
  uint64_t random = job->number;
  job->good = true;
  for (int round = 0; round < ROUNDS && job->good; round++) {
    int64_t length = 1 + (int64_t)(heap_mock_random(&random) % LENGTH);
    list = value_from_ref(heap_mock_make_list(th, length));
    size_t slot = heap_mock_random(&random) % (TABLE_SLOTS / THREADS) * THREADS + job->number;
    heap_store(th, value_to_ref(world->roots[0]), slot, list);
    if (round % 8 == 0) heap_mock_alloc(th, TAG_BYTES, 2000);
    if (round % 16 == 5) heap_collect(th, round % 32 == 5);
    heap_mock_safepoint(world, th);
    struct value stored = object_fields(value_to_ref(world->roots[0]))[slot];
    job->good = value_same(stored, list) && heap_mock_check_list(value_to_ref(list), length);
  }
}

static void *run_work(void *argument) {
  struct job *job = argument;
  struct mutator *th = heap_mock_join(job->world);
  work(job, th);
  heap_mock_leave(job->world, th);
  return NULL;
}

static void threads_allocate_store_and_collect_together(void **state) {
  struct vm_config config = *(const struct vm_config *)*state;
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct job jobs[THREADS];
  world.roots[0] = value_from_ref(heap_mock_alloc(heap_mock_main(&world), TAG_NODE, TABLE_SLOTS));
  for (unsigned i = 0; i < THREADS; i++) {
    jobs[i] = (struct job){.world = &world, .number = i};
    assert_int_equal(pthread_create(&jobs[i].thread, NULL, run_work, &jobs[i]), 0);
  }
  // The main mutator takes part in every collection until the others have finished.
  heap_mock_leave(&world, heap_mock_main(&world));
  for (unsigned i = 0; i < THREADS; i++) pthread_join(jobs[i].thread, NULL);
  heap_mock_join(&world);
  for (unsigned i = 0; i < THREADS; i++) assert_true(jobs[i].good);
  heap_collect(heap_mock_main(&world), true);
  heap_verify(world.heap);
  assert_int_equal(world.thrown, 0);
  if (collects(&world)) assert_true(heap_mock_stats(&world).collections > THREADS * ROUNDS / 32);
  heap_mock_fini(&world);
}

// All threads together keep more alive than fits: each gets the exception, none hangs, and then there is room again.
static void fill(struct mutator *th) {
  struct value list = {0};
  ROOTS(th, &list);
  for (;;) {
    struct ref cell = heap_mock_alloc(th, TAG_NODE, 20);
    if (!cell.addr) break;
    object_fields(cell)[0] = list;
    list = value_from_ref(cell);
  }
}

static void *run_fill(void *argument) {
  struct job *job = argument;
  struct mutator *th = heap_mock_join(job->world);
  fill(th);
  job->good = th->pending.bits != 0;
  heap_mock_leave(job->world, th);
  return NULL;
}

static void threads_that_fill_the_heap_all_get_the_exception(void **state) {
  struct vm_config config = *(const struct vm_config *)*state;
  if (strcmp(config.gc_plan, "nogc") == 0) return; // leaves nothing to go on with
  config.heap_max = 2 << 20;
  config.stress_gc_every = 0;
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct job jobs[THREADS];
  for (unsigned i = 0; i < THREADS; i++) {
    jobs[i] = (struct job){.world = &world, .number = i};
    assert_int_equal(pthread_create(&jobs[i].thread, NULL, run_fill, &jobs[i]), 0);
  }
  heap_mock_leave(&world, heap_mock_main(&world));
  for (unsigned i = 0; i < THREADS; i++) pthread_join(jobs[i].thread, NULL);
  heap_mock_join(&world);
  for (unsigned i = 0; i < THREADS; i++) assert_true(jobs[i].good);
  assert_int_equal(world.thrown, THREADS);
  assert_true(heap_mock_make_list(heap_mock_main(&world), 20000).addr != 0);
  heap_mock_fini(&world);
}

int main(void) {
  static const struct heap_mock_test tests[] = {
      {"threads_allocate_store_and_collect_together", threads_allocate_store_and_collect_together},
      {"threads_that_fill_the_heap_all_get_the_exception", threads_that_fill_the_heap_all_get_the_exception},
  };
  return heap_mock_run_tests("thread", tests, COUNT_OF(tests));
}
