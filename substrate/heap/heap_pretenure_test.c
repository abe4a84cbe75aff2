// SPDX-License-Identifier: MIT
//
// heap_pretenure_test.c: objects that are born old: nobody copies them, what they refer to lives. (That memory is held
// to its limit: heap_limit_test.c.)
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MB = 1 << 20, LENGTH = 20000 }; // a list of so many is longer than many blocks

static struct value *fields(struct value v) { return object_fields(value_to_ref(v)); }

static struct value make_list(struct mutator *th, int64_t length) {
  return value_from_ref(heap_mock_make_list(th, length));
}

static bool check_list(struct value list, int64_t length) { return heap_mock_check_list(value_to_ref(list), length); }

static void begin(struct heap_mock *world) {
  struct vm_config config = {.heap_max = 16 * MB, .verify = VERIFY_HEAP, .stress_poison = true};
  heap_mock_init(world, &config);
}

static void born_old_is_not_copied(void **state) {
  (void)state;
  struct heap_mock world;
  begin(&world);
  struct mutator *th = heap_mock_main(&world);
  heap_pretenure(th, true);
  world.roots[0] = make_list(th, LENGTH);
  heap_pretenure(th, false);
  assert_true(*object_header(value_to_ref(world.roots[0])) & HEADER_OLD_CLEAN);
  struct value young = world.roots[1] = make_list(th, 3), old = world.roots[0];
  heap_collect(th, false);
  assert_true(value_same(old, world.roots[0]) && !value_same(young, world.roots[1]));
  struct heap_stats stats = heap_mock_stats(&world);
  assert_int_equal(stats.objects_copied, 3);
  assert_int_equal(stats.bytes_copied, stats.bytes_promoted);
  assert_true(check_list(world.roots[0], LENGTH) && check_list(world.roots[1], 3));
  heap_mock_fini(&world);
}

static void it_is_freed_when_it_dies(void **state) {
  (void)state;
  struct heap_mock world;
  begin(&world);
  struct mutator *th = heap_mock_main(&world);
  for (int round = 0; round < 8; round++) {
    heap_pretenure(th, true);
    world.roots[round % 2] = make_list(th, LENGTH);
    heap_pretenure(th, false);
    heap_collect(th, round % 3 == 0);
    assert_true(check_list(world.roots[round % 2], LENGTH));
  }
  memset(world.roots, 0, sizeof world.roots);
  heap_collect(th, true);
  assert_int_equal(heap_mock_stats(&world).bytes_live, 0);
  assert_int_equal(heap_mock_stats(&world).bytes_used, 0);
  heap_mock_fini(&world);
}

// What dies soon after all is collected as often as if it had been copied.
static void batches_that_die_hold_little(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {.heap_max = 256 * MB};
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  for (int round = 0; round < 300; round++) {
    heap_pretenure(th, true);
    world.roots[0] = make_list(th, LENGTH);
    heap_pretenure(th, false);
  }
  assert_true(check_list(world.roots[0], LENGTH));
  assert_in_range(heap_mock_stats(&world).bytes_used_max, 2 * MB, 6 * MB);
  heap_mock_fini(&world);
}

// Every kind of object; what it refers to is older and young, or large and young, or younger and stored with a barrier.
static void what_it_refers_to_lives(void **state) {
  (void)state;
  static const enum heap_mock_tag tags[] = {TAG_NODE, TAG_MIXED, TAG_ODD};
  struct heap_mock world;
  begin(&world);
  struct mutator *th = heap_mock_main(&world);
  struct value young = world.roots[8] = make_list(th, 7);
  heap_pretenure(th, true);
  struct value large = world.roots[9] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 3000));
  for (size_t i = 0; i < COUNT_OF(tags); i++) {
    world.roots[i] = value_from_ref(heap_mock_alloc(th, tags[i], 3));
    fields(world.roots[i])[2] = young;
    world.roots[i + 3] = value_from_ref(heap_mock_alloc(th, tags[i], 3));
    fields(world.roots[i + 3])[2] = large;
    world.roots[i + 10] = value_from_ref(heap_mock_alloc(th, tags[i], 3));
  }
  fields(large)[2999] = world.roots[0];
  world.roots[6] = value_from_ref(heap_mock_alloc(th, TAG_BYTES, 3));
  memset(fields(world.roots[6]), 0x42, 24); // looks like references
  heap_pretenure(th, false);
  heap_verify(world.heap);
  for (size_t i = 0; i < COUNT_OF(tags); i++) {
    struct value list = make_list(th, 9);
    heap_store(th, value_to_ref(world.roots[i + 10]), 2, list);
  }
  world.roots[8] = world.roots[9] = (struct value){0};
  for (int round = 0; round < 3; round++) {
    heap_collect(th, round == 2);
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
      assert_true(check_list(fields(world.roots[i])[2], 7));
      assert_true(check_list(fields(world.roots[i + 10])[2], 9));
      assert_true(value_same(fields(fields(world.roots[i + 3])[2])[2999], world.roots[0]));
    }
  }
  heap_mock_fini(&world);
}

static void collection_ends_it(void **state) {
  (void)state;
  struct heap_mock world;
  begin(&world);
  struct mutator *th = heap_mock_main(&world);
  for (int full = 0; full < 2; full++) {
    heap_pretenure(th, true);
    world.roots[0] = make_list(th, 5);
    heap_collect(th, full);
    world.roots[1] = make_list(th, 5);
    assert_false(*object_header(value_to_ref(world.roots[1])) & HEADER_OLD_CLEAN);
    heap_pretenure(th, false);
    heap_collect(th, false);
    assert_true(check_list(world.roots[0], 5) && check_list(world.roots[1], 5));
  }
  heap_mock_fini(&world);
}

// It may be asked for and ended as often as one likes, by whoever has it or not, with nothing made between.
static void who_does_not_have_it_changes_nothing(void **state) {
  (void)state;
  struct heap_mock world;
  begin(&world);
  struct mutator *th = heap_mock_main(&world), *other = heap_mock_join(&world);
  heap_pretenure(th, false);
  heap_pretenure(th, true);
  heap_pretenure(th, true);
  heap_pretenure(other, true); // th has it
  heap_pretenure(other, false);
  world.roots[0] = make_list(th, 5);
  world.roots[1] = make_list(other, 5);
  heap_mock_leave(&world, other);
  heap_pretenure(th, false);
  heap_pretenure(th, false);
  assert_true(*object_header(value_to_ref(world.roots[0])) & HEADER_OLD_CLEAN);
  assert_false(*object_header(value_to_ref(world.roots[1])) & HEADER_OLD_CLEAN);
  other = heap_mock_join(&world);
  heap_pretenure(other, true);
  world.roots[2] = make_list(other, 5);
  heap_mock_leave(&world, other); // which ends it
  assert_true(*object_header(value_to_ref(world.roots[2])) & HEADER_OLD_CLEAN);
  heap_collect(th, false);
  for (int i = 0; i < 3; i++) assert_true(check_list(world.roots[i], 5));
  heap_mock_fini(&world);
}

// Random objects with random references, pretenured now and then, in all plans and stress modes.
static void graph_is_kept(void **state) {
  struct heap_mock world;
  struct vm_config config = *(const struct vm_config *)*state;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  uint64_t seed = 42;
  int64_t lengths[WORLD_ROOTS] = {0};
  for (int round = 0; round < 300; round++) {
    size_t root = heap_mock_random(&seed) % WORLD_ROOTS;
    bool old = heap_mock_random(&seed) % 3 == 0;
    if (old) heap_pretenure(th, true);
    lengths[root] = (int64_t)(heap_mock_random(&seed) % 200) + 1;
    world.roots[root] = (struct value){0};
    world.roots[root] = make_list(th, lengths[root]);
    if (old) heap_pretenure(th, false);
    for (size_t i = 0; i < WORLD_ROOTS; i++)
      if (lengths[i]) assert_true(check_list(world.roots[i], lengths[i]));
  }
  heap_mock_fini(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(born_old_is_not_copied),       cmocka_unit_test(it_is_freed_when_it_dies),
      cmocka_unit_test(batches_that_die_hold_little), cmocka_unit_test(what_it_refers_to_lives),
      cmocka_unit_test(collection_ends_it),           cmocka_unit_test(who_does_not_have_it_changes_nothing),
  };
  const struct heap_mock_test in_all[] = {{"graph_is_kept", graph_is_kept}};
  return cmocka_run_group_tests(tests, NULL, NULL) + heap_mock_run_tests("pretenure", in_all, COUNT_OF(in_all));
}
