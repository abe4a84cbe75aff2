// SPDX-License-Identifier: MIT
//
// heap_large_test.c: objects of more than a quarter of a block: they stay where they are, die young or old, and their
// memory is found again.
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MB = 1 << 20, LARGE_WORDS = 5000 };

static struct vm_config config_of(void **state) { return *(const struct vm_config *)*state; }
static bool collects(const struct vm_config *config) { return strcmp(config->gc_plan, "nogc") != 0; }
static struct value *fields(struct value v) { return object_fields(value_to_ref(v)); }

static void large_object_stays_where_it_is(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, LARGE_WORDS));
  uint64_t at = world.roots[0].bits;
  fields(world.roots[0])[LARGE_WORDS - 1] = value_int(9);
  for (int i = 0; i < 4; i++) heap_collect(th, i % 2);
  assert_int_equal(world.roots[0].bits, at);
  assert_int_equal(value_to_int(fields(world.roots[0])[LARGE_WORDS - 1]), 9);
  heap_mock_fini(&world);
}

static void fresh_large_object_keeps_what_is_stored_into_it(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, LARGE_WORDS));
  for (size_t i = 0; i < 300; i++) {
    struct ref list = heap_mock_make_list(th, 3);
    heap_store(th, value_to_ref(world.roots[0]), i * 16, value_from_ref(list));
    if (i == 150) heap_collect(th, false);
  }
  heap_collect(th, false);
  heap_collect(th, true);
  for (size_t i = 0; i < 300; i++) assert_true(heap_mock_check_list(value_to_ref(fields(world.roots[0])[i * 16]), 3));
  heap_mock_fini(&world);
}

static void large_object_keeps_another_alive(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, LARGE_WORDS));
  for (int i = 0; i < 3; i++) {
    heap_collect(th, i % 2);
    struct ref inner = heap_mock_alloc(th, TAG_MIXED, LARGE_WORDS);
    heap_store(th, inner, LARGE_WORDS - 1, fields(world.roots[0])[7]);
    heap_store(th, value_to_ref(world.roots[0]), 7, value_from_ref(inner));
  }
  heap_collect(th, false);
  heap_collect(th, true);
  struct value at = fields(world.roots[0])[7];
  for (int i = 0; i < 3; i++, at = fields(at)[LARGE_WORDS - 1]) assert_true(at.bits != 0);
  assert_int_equal(at.bits, 0);
  if (collects(&config)) assert_in_range(heap_mock_stats(&world).bytes_live, 4 * 40008, 4 * 41 * 1024);
  heap_mock_fini(&world);
}

static void dead_large_objects_make_room(void **state) {
  struct vm_config config = config_of(state);
  if (!collects(&config)) return;
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  uint64_t random = 11;
  for (int i = 0; i < 1000; i++) { // 160 MB in a heap of 8 MB
    size_t words = 1500 + heap_mock_random(&random) % 37000;
    world.roots[i % 4] = value_from_ref(heap_mock_alloc(th, TAG_BYTES, words));
    assert_true(world.roots[i % 4].bits != 0);
    fields(world.roots[i % 4])[words - 1] = value_int(i);
  }
  assert_int_equal(world.thrown, 0);
  assert_true(heap_mock_stats(&world).bytes_used_max <= config.heap_max);
  heap_mock_fini(&world);
}

static void dead_large_object_is_freed_by_a_minor_collection(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {.heap_max = 8 * MB, .verify = VERIFY_HEAP};
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  heap_mock_alloc(th, TAG_BYTES, LARGE_WORDS);
  assert_true(heap_mock_stats(&world).bytes_used > 40000);
  heap_collect(th, false);
  assert_true(heap_mock_stats(&world).bytes_used < 40000);
  assert_int_equal(heap_mock_stats(&world).collections_full, 0);
  heap_mock_fini(&world);
}

static void large_object_of_nearly_the_whole_heap_fits(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {.heap_max = 4 * MB, .verify = VERIFY_HEAP};
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  for (int i = 0; i < 10; i++) {
    world.roots[0] = (struct value){0};
    world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_BYTES, 3 * MB / 8));
    assert_true(world.roots[0].bits != 0);
    assert_true(heap_mock_alloc(th, TAG_NODE, 100).addr);
  }
  assert_int_equal(heap_alloc(th, header_make(TAG_BYTES, MB / 8), MB / 8).addr, 0);
  assert_int_equal(world.thrown, 1);
  heap_mock_fini(&world);
}

// The fast path asks only whether an object fits in the buffer; no buffer may be so long that a large one does.
static void object_of_any_size_near_the_threshold_survives(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  for (size_t words = 1000; words < 4200; words += words < 1040 ? 1 : 64) {
    heap_mock_alloc(th, TAG_NODE, 1); // leaves the rest of a buffer
    world.roots[words % 3] = value_from_ref(heap_mock_alloc(th, TAG_NODE, words));
    fields(world.roots[words % 3])[words - 1] = value_int((int64_t)words);
    if (words % 8 == 0) heap_collect(th, words % 16 == 0);
    assert_int_equal(value_to_int(fields(world.roots[words % 3])[words - 1]), words);
  }
  heap_mock_fini(&world);
}

int main(void) {
  static const struct heap_mock_test each_plan[] = {
      {"large_object_stays_where_it_is", large_object_stays_where_it_is},
      {"fresh_large_object_keeps_what_is_stored_into_it", fresh_large_object_keeps_what_is_stored_into_it},
      {"large_object_keeps_another_alive", large_object_keeps_another_alive},
      {"dead_large_objects_make_room", dead_large_objects_make_room},
      {"object_of_any_size_near_the_threshold_survives", object_of_any_size_near_the_threshold_survives},
  };
  const struct CMUnitTest once[] = {
      cmocka_unit_test(dead_large_object_is_freed_by_a_minor_collection),
      cmocka_unit_test(large_object_of_nearly_the_whole_heap_fits),
  };
  return heap_mock_run_tests("large", each_plan, COUNT_OF(each_plan)) + cmocka_run_group_tests(once, NULL, NULL);
}
