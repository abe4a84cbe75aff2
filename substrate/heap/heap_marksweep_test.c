// SPDX-License-Identifier: MIT
//
// heap_marksweep_test.c: nothing moves, and the gaps between what lives are used again, whatever fits.
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MB = 1 << 20, BLOCK = 32 << 10 };

static struct value *fields(struct value v) { return object_fields(value_to_ref(v)); }

static void begin(struct heap_mock *world, size_t heap_max) {
  struct vm_config config = {
      .gc_plan = "marksweep", .heap_max = heap_max, .verify = VERIFY_HEAP, .stress_poison = true};
  heap_mock_init(world, &config);
}

// A table in roots[0] with `count` objects of `words` words, each holding its number.
static void table_fill(struct heap_mock *world, size_t count, size_t words) {
  struct mutator *th = heap_mock_main(world);
  world->roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, count));
  for (size_t i = 0; i < count; i++) {
    struct ref entry = heap_mock_alloc(th, TAG_MIXED, words);
    assert_true(entry.addr != 0);
    object_fields(entry)[0] = value_int((int64_t)i);
    heap_store(th, value_to_ref(world->roots[0]), i, value_from_ref(entry));
  }
}

// The same, and then every other object dies.
static void table_fill_holed(struct heap_mock *world, size_t count, size_t words) {
  struct mutator *th = heap_mock_main(world);
  table_fill(world, count, words);
  for (size_t i = 0; i < count; i += 2) heap_store(th, value_to_ref(world->roots[0]), i, value_int(0));
  heap_collect(th, true);
}

static void nothing_ever_moves(void **state) {
  (void)state;
  enum { COUNT = 5000 };
  static uint64_t before[COUNT];
  struct heap_mock world;
  begin(&world, 8 * MB);
  struct mutator *th = heap_mock_main(&world);
  table_fill(&world, COUNT, 5);
  uint64_t table = world.roots[0].bits;
  for (int i = 0; i < COUNT; i++) before[i] = fields(world.roots[0])[i].bits;
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < 20000; i++) heap_mock_alloc(th, TAG_BYTES, 1 + (size_t)i % 40);
    heap_collect(th, round % 2);
  }
  assert_int_equal(world.roots[0].bits, table);
  for (int i = 0; i < COUNT; i++) {
    assert_int_equal(fields(world.roots[0])[i].bits, before[i]);
    assert_int_equal(value_to_int(fields(fields(world.roots[0])[i])[0]), i);
  }
  heap_mock_fini(&world);
}

// The holes have their size, and an object of that size fits into each.
static void holes_of_single_objects_are_filled(void **state) {
  (void)state;
  enum { COUNT = 20000, WORDS = 3 };
  struct heap_mock world;
  begin(&world, 8 * MB);
  struct mutator *th = heap_mock_main(&world);
  table_fill_holed(&world, COUNT, WORDS);
  uint64_t used = heap_mock_stats(&world).bytes_used;
  for (size_t i = 0; i < COUNT; i += 2) {
    struct ref entry = heap_mock_alloc(th, TAG_MIXED, WORDS);
    heap_store(th, value_to_ref(world.roots[0]), i, value_from_ref(entry));
  }
  // The table itself is large, and stays. A block for where the first run began.
  assert_true(heap_mock_stats(&world).bytes_used <= used + BLOCK);
  heap_collect(th, true);
  assert_true(heap_mock_stats(&world).bytes_used <= used + BLOCK);
  heap_mock_fini(&world);
}

// Holes that are all too small must not keep a medium object from a free block, nor the small ones from the holes.
static void medium_objects_leave_the_holes_to_small_ones(void **state) {
  (void)state;
  enum { COUNT = 20000, WORDS = 9 };
  struct heap_mock world;
  begin(&world, 8 * MB);
  struct mutator *th = heap_mock_main(&world);
  table_fill_holed(&world, COUNT, WORDS);
  uint64_t used = heap_mock_stats(&world).bytes_used;
  for (size_t i = 0; i < COUNT; i += 2) {
    struct ref entry = heap_mock_alloc(th, TAG_MIXED, i % 200 ? WORDS : 100);
    heap_store(th, value_to_ref(world.roots[0]), i, value_from_ref(entry));
  }
  size_t medium = COUNT / 200 * 101 * 8;
  assert_true(heap_mock_stats(&world).bytes_used <= used + (medium / BLOCK + 3) * BLOCK);
  heap_mock_fini(&world);
}

// One object in each block lives: what is free there is found, and blocks without any are free as a whole.
static void sparse_blocks_are_filled_before_fresh_ones(void **state) {
  (void)state;
  enum { COUNT = 40000, WORDS = 7, EACH = 512 }; // 512 objects of 64 bytes are a block
  struct heap_mock world;
  begin(&world, 8 * MB);
  struct mutator *th = heap_mock_main(&world);
  table_fill(&world, COUNT, WORDS);
  uint64_t full = heap_mock_stats(&world).bytes_used;
  for (size_t i = 0; i < COUNT; i++)
    if (i % EACH || i > COUNT / 2) heap_store(th, value_to_ref(world.roots[0]), i, value_int(0));
  heap_collect(th, true);
  uint64_t sparse = heap_mock_stats(&world).bytes_used;
  assert_true(sparse < full * 6 / 10);
  for (int i = 0; i < COUNT / 3; i++) heap_mock_alloc(th, TAG_BYTES, WORDS);
  assert_true(heap_mock_stats(&world).bytes_used <= sparse + BLOCK);
  world.roots[0] = (struct value){0};
  heap_collect(th, true);
  assert_int_equal(heap_mock_stats(&world).bytes_used, 0);
  heap_mock_fini(&world);
}

// Of many objects that die few live on for a while: not in every block, so that there are blocks for a large object.
static void survivors_leave_blocks_for_large_objects(void **state) {
  (void)state;
  enum { COUNT = 500, EACH = 60, WORDS = 4, LARGE_WORDS = 512 << 7 }; // 20 KB live, 1.2 MB to replace them, 512 KB
  struct heap_mock world;
  begin(&world, MB);
  struct mutator *th = heap_mock_main(&world);
  table_fill(&world, COUNT, WORDS);
  for (size_t i = 0; i < 20 * COUNT * EACH; i++) {
    struct ref entry = heap_mock_alloc(th, TAG_MIXED, WORDS);
    assert_true(entry.addr != 0);
    if (i % EACH == 0) heap_store(th, value_to_ref(world.roots[0]), i / EACH % COUNT, value_from_ref(entry));
  }
  assert_true(heap_mock_alloc(th, TAG_BYTES, LARGE_WORDS).addr != 0);
  heap_mock_fini(&world);
}

// Holes don't stand for blocks when nothing fits into them: else each block, or each object, costs a collection.
static void holes_that_nothing_fits_into_cost_no_collections(void **state) {
  (void)state;
  enum { COUNT = 90000, EACH = 6, WORDS = 4, LONGER = 30, BYTES_MAX = 8 * MB };
  struct heap_mock world;
  begin(&world, BYTES_MAX);
  struct mutator *th = heap_mock_main(&world);
  table_fill(&world, COUNT, WORDS);
  for (size_t i = 0; i < COUNT; i++)
    if (i % EACH) heap_store(th, value_to_ref(world.roots[0]), i, value_int(0));
  heap_collect(th, true);
  uint64_t before = heap_mock_stats(&world).collections;
  for (size_t bytes = 0; bytes < BYTES_MAX; bytes += (LONGER + 1) * 8)
    assert_true(heap_mock_alloc(th, TAG_BYTES, LONGER).addr != 0);
  assert_true(heap_mock_stats(&world).collections <= before + 8); // an eighth of the limit each, or what lives
  heap_mock_fini(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_ever_moves),
      cmocka_unit_test(holes_of_single_objects_are_filled),
      cmocka_unit_test(medium_objects_leave_the_holes_to_small_ones),
      cmocka_unit_test(sparse_blocks_are_filled_before_fresh_ones),
      cmocka_unit_test(survivors_leave_blocks_for_large_objects),
      cmocka_unit_test(holes_that_nothing_fits_into_cost_no_collections),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
