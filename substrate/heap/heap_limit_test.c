// SPDX-License-Identifier: MIT
//
// heap_limit_test.c: the hard limit is hard, exact, and no sooner than it says; small heaps work.
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NOGC, SEMISPACE, GENIMMIX, MARKSWEEP, MARKCOMPACT };
static const char *const plans[] = {"nogc", "semispace", "genimmix", "marksweep", "markcompact"};

enum { MB = 1 << 20 };

static struct value *fields(struct value v) { return object_fields(value_to_ref(v)); }

static void fill_one_megabyte(size_t plan, size_t words, bool born_old) {
  struct heap_mock world;
  struct vm_config config = {.gc_plan = plans[plan], .heap_max = MB, .verify = VERIFY_HEAP, .stress_poison = true};
  heap_mock_init(&world, &config);
  heap_pretenure(heap_mock_main(&world), born_old);
  size_t count = heap_mock_fill(&world, words), bytes = count * (words + 1) * 8;
  heap_pretenure(heap_mock_main(&world), false);
  assert_int_equal(world.thrown, 1);
  assert_int_equal(value_to_int(heap_mock_main(&world)->pending), -1);
  // Copying needs reserves: half for semispace, a few blocks of the 32 here for genimmix, a step for markcompact.
  static const size_t least_percent[] = {95, 46, 70, 85, 85};
  size_t least = MB * least_percent[plan] / 100;
  if (bytes < least) fail_msg("%s: only %zu bytes of %zu words fitted", plans[plan], bytes, words);
  assert_true(heap_mock_stats(&world).bytes_used_max <= MB);
  for (struct value at = world.roots[0]; at.bits; at = fields(at)[0]) count--;
  assert_int_equal(count, 0);
  heap_mock_fini(&world);
}

static void heap_of_one_megabyte_ends_in_the_guests_exception(void **state) {
  (void)state;
  static const size_t sizes[] = {2, 9, 100, 900, 5000};
  for (size_t p = 0; p < COUNT_OF(plans); p++) {
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
      fill_one_megabyte(p, sizes[s], false);
      fill_one_megabyte(p, sizes[s], true);
    }
  }
}

static void program_goes_on_after_it_dropped_what_filled_the_heap(void **state) {
  (void)state;
  for (size_t p = NOGC + 1; p < COUNT_OF(plans); p++) {
    struct heap_mock world;
    struct vm_config config = {.gc_plan = plans[p], .heap_max = MB, .verify = VERIFY_HEAP};
    heap_mock_init(&world, &config);
    size_t first = heap_mock_fill(&world, 3);
    for (int round = 0; round < 5; round++) {
      world.roots[0] = (struct value){0};
      size_t again = heap_mock_fill(&world, 3);
      assert_true(again > first * 9 / 10);
    }
    heap_mock_fini(&world);
  }
}

static void object_larger_than_the_heap_is_refused(void **state) {
  (void)state;
  static const size_t sizes[] = {MB / 8, MB, (size_t)1 << 31};
  for (size_t p = 0; p < COUNT_OF(plans); p++) {
    struct heap_mock world;
    struct vm_config config = {.gc_plan = plans[p], .heap_max = MB};
    heap_mock_init(&world, &config);
    for (size_t s = 0; s < COUNT_OF(sizes); s++)
      assert_int_equal(heap_alloc(heap_mock_main(&world), header_make(TAG_BYTES, sizes[s]), sizes[s]).addr, 0);
    assert_int_equal(world.thrown, COUNT_OF(sizes));
    assert_true(heap_mock_alloc(heap_mock_main(&world), TAG_NODE, 2).addr);
    heap_mock_fini(&world);
  }
}

// Allocates garbage until the next collection; returns how many bytes that took.
static size_t fill_nursery(struct heap_mock *world) {
  uint64_t before = heap_mock_stats(world).collections;
  size_t bytes = 0;
  for (; heap_mock_stats(world).collections == before; bytes += 32)
    (void)heap_mock_alloc(heap_mock_main(world), TAG_NODE, 3);
  return bytes;
}

// Garbage that is born old in 1 MB of blocks makes it larger by as much, and another one. Later it is larger where much
// survives.
static void nursery_is_as_large_as_what_is_known_to_live_asks_for(void **state) {
  (void)state;
  for (size_t old = 0; old <= MB; old += MB) {
    struct heap_mock world;
    struct vm_config config = {.gc_plan = "genimmix", .heap_max = 256 * MB};
    heap_mock_init(&world, &config);
    heap_pretenure(heap_mock_main(&world), old);
    for (size_t bytes = 0; bytes < old; bytes += 32) (void)heap_mock_alloc(heap_mock_main(&world), TAG_NODE, 3);
    heap_pretenure(heap_mock_main(&world), false);
    assert_int_equal(heap_mock_stats(&world).bytes_used, old);
    size_t first = fill_nursery(&world), second = fill_nursery(&world), expected = old ? 2 * MB + old : MB;
    assert_in_range(first, expected - 64, expected + 64);
    assert_in_range(second, MB - 64, MB + 64);
    world.roots[0] = value_from_ref(heap_mock_make_list(heap_mock_main(&world), 5000));
    (void)fill_nursery(&world);
    size_t larger = fill_nursery(&world), still = fill_nursery(&world);
    assert_in_range(larger, 3 * MB / 2 - 64, 3 * MB / 2 + 64);
    assert_in_range(still, larger - 64, larger + 64);
    heap_mock_fini(&world);
  }
}

static void nursery_of_a_given_size_is_always_that_large(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {.gc_plan = "genimmix", .heap_max = 256 * MB, .nursery_size = 4 * MB};
  heap_mock_init(&world, &config);
  size_t first = fill_nursery(&world), second = fill_nursery(&world);
  assert_in_range(first, 4 * MB - 64, 4 * MB + 64);
  assert_in_range(second, 4 * MB - 64, 4 * MB + 64);
  heap_mock_fini(&world);
}

// A table of entries of mixed sizes, replaced at random, that keeps `live` bytes alive.
static void churn(const char *plan, size_t heap_max, size_t live, size_t words_max, int steps) {
  struct heap_mock world;
  struct vm_config config = {.gc_plan = plan, .heap_max = heap_max};
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  uint64_t random = heap_max + words_max;
  size_t slots = live / (8 * (words_max / 2 + 3));
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, slots));
  for (int step = 0; step < steps; step++) {
    size_t words = 2 + heap_mock_random(&random) % words_max, slot = heap_mock_random(&random) % slots;
    struct ref entry = heap_mock_alloc(th, TAG_MIXED, words);
    if (!entry.addr)
      fail_msg("%s: %zu KB live, %zu KB limit: out of memory at step %d", plan, live >> 10, heap_max >> 10, step);
    object_fields(entry)[0].bits = words;
    heap_store(th, value_to_ref(world.roots[0]), slot, value_from_ref(entry));
  }
  assert_true(heap_mock_stats(&world).bytes_used_max <= heap_max);
  heap_mock_fini(&world);
}

static void small_heaps_hold_a_working_set_of_half_their_size(void **state) {
  (void)state;
  static const size_t limits[] = {1, 4, 6, 8, 40}, words[] = {4, 20, 200, 900};
  for (size_t l = 0; l < COUNT_OF(limits); l++)
    for (size_t w = 0; w < COUNT_OF(words); w++) {
      size_t heap_max = limits[l] * MB;
      for (size_t p = GENIMMIX; p < COUNT_OF(plans); p++)
        churn(plans[p], heap_max, heap_max / 2, words[w], (int)(heap_max / words[w] / 2));
    }
}

static void counters_are_exact(void **state) {
  (void)state;
  for (size_t p = 0; p < COUNT_OF(plans); p++) {
    struct heap_mock world;
    struct vm_config config = {.gc_plan = plans[p], .heap_max = 4 * MB};
    heap_mock_init(&world, &config);
    struct mutator *th = heap_mock_main(&world);
    world.roots[0] = value_from_ref(heap_mock_make_list(th, 1000)); // 24 bytes each
    for (int i = 0; i < 500; i++) heap_mock_alloc(th, TAG_BYTES, 3);
    heap_mutator_fini(th); // gives its buffer back
    struct heap_stats stats = heap_mock_stats(&world);
    assert_int_equal(stats.bytes_allocated, 1000 * 24 + 500 * 32);
    heap_collect(th, true);
    stats = heap_mock_stats(&world);
    assert_int_equal(stats.bytes_allocated, 1000 * 24 + 500 * 32);
    if (p == NOGC) {
      assert_int_equal(stats.collections, 0);
    } else {
      assert_int_equal(stats.collections, 1);
      assert_int_equal(stats.collections_full, 1);
      assert_int_equal(stats.objects_copied, p == MARKSWEEP ? 0 : 1000);
      assert_int_equal(stats.bytes_copied, p == MARKSWEEP ? 0 : 24000);
      assert_int_equal(stats.bytes_live, 24000);
      assert_true(stats.pause_ns_total >= stats.pause_ns_max && stats.pause_ns_max > 0);
    }
    if (p == SEMISPACE || p == MARKCOMPACT) assert_int_equal(stats.bytes_used, 24000);
    if (p == GENIMMIX || p == MARKSWEEP) assert_int_equal(stats.bytes_used, 32768); // a block
    assert_string_equal(heap_plan_name(world.heap), plans[p]);
    heap_mock_fini(&world);
  }
}

static void minor_collections_come_before_full_ones(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {.heap_max = 16 * MB, .nursery_size = 256 << 10};
  heap_mock_init(&world, &config);
  for (int i = 0; i < 100000; i++) heap_mock_alloc(heap_mock_main(&world), TAG_BYTES, 7);
  struct heap_stats stats = heap_mock_stats(&world);
  assert_int_equal(stats.collections_full, 0);
  assert_in_range(stats.collections, 20, 30); // 6.4 MB in pieces of 256 KB
  assert_true(stats.bytes_used_max < MB);
  heap_mock_fini(&world);
}

static enum loam_err create_result(const struct vm_config *config, struct error *err) {
  static const struct heap_layout none[256];
  const struct heap_model model = {none, 0xff, 1};
  const struct heap_world world = {0};
  struct heap *heap;
  enum loam_err result = heap_create(config, &model, &world, &heap, err);
  if (result == LOAM_OK)
    heap_destroy(heap);
  else
    assert_null(heap);
  return result;
}

static void senseless_options_are_refused_with_a_sentence(void **state) {
  (void)state;
  struct error err = {0};
  assert_int_equal(create_result(&(struct vm_config){.gc_plan = "magic"}, &err), LOAM_ERR_USAGE);
  assert_non_null(strstr(err.text, "magic"));
  assert_int_equal(create_result(&(struct vm_config){.heap_max = 1000}, &err), LOAM_ERR_USAGE);
  assert_int_equal(create_result(&(struct vm_config){.heap_max = SIZE_MAX}, &err), LOAM_ERR_USAGE);
  for (size_t p = 0; p < COUNT_OF(plans); p++) {
    assert_int_equal(create_result(&(struct vm_config){.gc_plan = plans[p]}, &err), LOAM_OK);
    assert_int_equal(create_result(&(struct vm_config){.gc_plan = plans[p], .heap_max = 256 << 10}, &err), LOAM_OK);
    assert_int_equal(create_result(&(struct vm_config){.gc_plan = plans[p], .nursery_size = SIZE_MAX}, &err), LOAM_OK);
  }
}

// Another thread's collection is as good as one's own.
static void refused_stop_leads_to_another_try(void **state) {
  (void)state;
  for (size_t p = NOGC + 1; p < COUNT_OF(plans); p++) {
    struct heap_mock world;
    struct vm_config config = {.gc_plan = plans[p], .heap_max = MB};
    heap_mock_init(&world, &config);
    world.refuse_stop = 3;
    heap_collect(heap_mock_main(&world), false);
    assert_int_equal(world.refuse_stop, 2);
    heap_collect(heap_mock_main(&world), true);
    assert_int_equal(world.refuse_stop, 0);
    assert_int_equal(heap_mock_stats(&world).collections, 1);
    world.refuse_stop = 1;
    for (int i = 0; i < 100000; i++) assert_true(heap_mock_alloc(heap_mock_main(&world), TAG_BYTES, 7).addr);
    assert_int_equal(world.refuse_stop, 0);
    heap_mock_fini(&world);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(heap_of_one_megabyte_ends_in_the_guests_exception),
      cmocka_unit_test(program_goes_on_after_it_dropped_what_filled_the_heap),
      cmocka_unit_test(object_larger_than_the_heap_is_refused),
      cmocka_unit_test(nursery_is_as_large_as_what_is_known_to_live_asks_for),
      cmocka_unit_test(nursery_of_a_given_size_is_always_that_large),
      cmocka_unit_test(small_heaps_hold_a_working_set_of_half_their_size),
      cmocka_unit_test(counters_are_exact),
      cmocka_unit_test(minor_collections_come_before_full_ones),
      cmocka_unit_test(senseless_options_are_refused_with_a_sentence),
      cmocka_unit_test(refused_stop_leads_to_another_try),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
