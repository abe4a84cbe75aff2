// SPDX-License-Identifier: MIT
//
// heap_markcompact_test.c: what lives lies together after a collection, in the order in which it was allocated, and
// nearly the whole limit can be filled.
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MB = 1 << 20, COUNT = 900 };

static struct value *fields(struct value v) { return object_fields(value_to_ref(v)); }

static void begin(struct heap_mock *world, size_t heap_max, bool poison) {
  struct vm_config config = {
      .gc_plan = "markcompact", .heap_max = heap_max, .verify = VERIFY_HEAP, .stress_poison = poison};
  heap_mock_init(world, &config);
}

// Objects of many sizes with garbage between them; their order in memory is that of the table, and no word is lost.
static void survivors_slide_together_in_order(void **state) {
  (void)state;
  for (int poison = 0; poison < 2; poison++) {
    struct heap_mock world;
    begin(&world, 8 * MB, poison);
    struct mutator *th = heap_mock_main(&world);
    uint64_t random = 3, live = (COUNT + 1) * 8;
    world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, COUNT));
    for (size_t i = 0; i < COUNT; i++) {
      size_t words = 1 + heap_mock_random(&random) % (i % 50 ? 9 : 900);
      struct ref entry = heap_mock_alloc(th, TAG_BYTES, words);
      for (size_t at = 0; at < words; at++) object_fields(entry)[at].bits = i;
      heap_store(th, value_to_ref(world.roots[0]), i, value_from_ref(entry));
      live += (words + 1) * 8;
      for (size_t n = heap_mock_random(&random) % 4; n > 0; n--) heap_mock_alloc(th, TAG_NODE, 1 + i % 30);
    }
    for (int round = 0; round < 3; round++) {
      heap_collect(th, round);
      assert_int_equal(heap_mock_stats(&world).bytes_used, live);
      uint64_t at = world.roots[0].bits + COUNT * 8;
      for (size_t i = 0; i < COUNT; i++) {
        struct value entry = fields(world.roots[0])[i];
        size_t words = *object_header(value_to_ref(entry)) >> HEADER_GUEST_SHIFT;
        assert_int_equal(entry.bits, at + 8);
        for (size_t w = 0; w < words; w++) assert_int_equal(fields(entry)[w].bits, i);
        at = entry.bits + words * 8;
      }
    }
    heap_mock_fini(&world);
  }
}

// A stress mode that moves is of use only if what is alone in the heap moves, too.
static void every_object_moves_at_each_collection(void **state) {
  (void)state;
  struct heap_mock world;
  begin(&world, MB, true);
  world.roots[0] = value_from_ref(heap_mock_alloc(heap_mock_main(&world), TAG_NODE, 2));
  for (int i = 0; i < 4; i++) {
    uint64_t before = world.roots[0].bits;
    heap_collect(heap_mock_main(&world), i % 2);
    assert_true(world.roots[0].bits != before);
  }
  heap_mock_fini(&world);
}

// A list that is all of the limit but for a step: sliding it needs no second heap, not even while it goes on.
static void full_heap_slides_within_its_limit(void **state) {
  (void)state;
  enum { LENGTH = 600000 }; // of 24 bytes: 14.4 of 15 MB
  struct heap_mock world;
  begin(&world, 15 * MB, false);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_make_list(th, LENGTH));
  assert_true(world.roots[0].bits != 0);
  for (int i = 0; i < 3; i++) {
    heap_mock_alloc(th, TAG_BYTES, 500);
    heap_collect(th, true);
    assert_true(heap_mock_check_list(value_to_ref(world.roots[0]), LENGTH));
  }
  struct heap_stats stats = heap_mock_stats(&world);
  assert_int_equal(stats.bytes_live, LENGTH * 24);
  assert_true(stats.bytes_used_max <= 15 * MB);
  heap_mock_fini(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(survivors_slide_together_in_order),
      cmocka_unit_test(every_object_moves_at_each_collection),
      cmocka_unit_test(full_heap_slides_within_its_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
