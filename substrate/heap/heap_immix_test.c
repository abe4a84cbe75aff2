// SPDX-License-Identifier: MIT
//
// heap_immix_test.c: the default plan's mature space: holes are used again, fragmented blocks are emptied, memory goes
// back to the system.
#include "heap/heap_world_test.h"
#include "os/os_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MB = 1 << 20 };

static struct value *fields(struct value v) { return object_fields(value_to_ref(v)); }

// Fills roots[0] with a table of `count` entries of `words` words, and lets go of all but every `kept`th.
static void fragment(struct heap_mock *world, size_t count, size_t words, size_t kept) {
  struct mutator *th = heap_mock_main(world);
  world->roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, count));
  for (size_t i = 0; i < count; i++) {
    struct ref entry = heap_mock_alloc(th, TAG_NODE, words);
    assert_true(entry.addr);
    object_fields(entry)[0] = value_int((int64_t)i);
    heap_store(th, value_to_ref(world->roots[0]), i, value_from_ref(entry));
  }
  heap_collect(th, true);
  for (size_t i = 0; i < count; i++)
    if (i % kept) heap_store(th, value_to_ref(world->roots[0]), i, (struct value){0});
}

static void check(struct heap_mock *world, size_t count, size_t kept) {
  for (size_t i = 0; i < count; i += kept)
    assert_int_equal(value_to_int(fields(fields(world->roots[0])[i])[0]), (int64_t)i);
}

static void fragmented_blocks_are_emptied(void **state) {
  (void)state;
  static const size_t words[] = {2, 3, 15, 40, 300};
  for (size_t w = 0; w < COUNT_OF(words); w++) {
    struct heap_mock world;
    struct vm_config config = {.heap_max = 16 * MB, .verify = VERIFY_HEAP, .stress_poison = true};
    heap_mock_init(&world, &config);
    size_t count = 5 * MB / (8 * (words[w] + 1));
    fragment(&world, count, words[w], 10);
    for (int i = 0; i < 3; i++) heap_collect(heap_mock_main(&world), true);
    struct heap_stats stats = heap_mock_stats(&world);
    if (stats.bytes_used > stats.bytes_live * 3 / 2)
      fail_msg("%zu words: %zu KB live, %zu KB held", words[w], (size_t)stats.bytes_live >> 10,
               (size_t)stats.bytes_used >> 10);
    check(&world, count, 10);
    heap_mock_fini(&world);
  }
}

// Objects of half a block need whole free blocks; the heap is full of holes that are smaller.
static void medium_objects_fit_after_small_ones_have_left_holes(void **state) {
  (void)state;
  static const size_t words[] = {2, 12, 30, 100};
  for (size_t w = 0; w < COUNT_OF(words); w++) {
    struct heap_mock world;
    struct vm_config config = {.heap_max = 4 * MB, .verify = VERIFY_HEAP, .stress_poison = true};
    heap_mock_init(&world, &config);
    size_t count = 26 * MB / 10 / (8 * (words[w] + 2)), bytes = 0;
    fragment(&world, count, words[w], 4);
    for (;;) {
      struct ref chunk = heap_mock_alloc(heap_mock_main(&world), TAG_NODE, 900);
      if (!chunk.addr) break;
      object_fields(chunk)[0] = world.roots[1];
      world.roots[1] = value_from_ref(chunk);
      bytes += 901 * 8;
    }
    if (bytes < 18 * MB / 10) fail_msg("after %zu words only %zu KB fitted", words[w], bytes >> 10);
    check(&world, count, 4);
    heap_mock_fini(&world);
  }
}

// At the limit there are hardly any free blocks to move objects into: emptying has to start with one.
static void full_heap_recovers_when_scattered_objects_die(void **state) {
  (void)state;
  static const size_t words[] = {2, 15, 60, 400};
  enum { SLOTS = 40000, KEPT = 4 };
  for (size_t w = 0; w < COUNT_OF(words); w++) {
    struct heap_mock world;
    struct vm_config config = {.heap_max = 1 * MB, .verify = VERIFY_HEAP, .stress_poison = true};
    heap_mock_init(&world, &config);
    struct mutator *th = heap_mock_main(&world);
    world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, SLOTS));
    size_t filled[2] = {0, 0};
    for (int round = 0; round < 2; round++) {
      for (size_t i = 0; i < SLOTS; i++) {
        if (fields(world.roots[0])[i].bits) continue;
        struct ref entry = heap_mock_alloc(th, TAG_NODE, words[w]);
        if (!entry.addr) break;
        heap_store(th, value_to_ref(world.roots[0]), i, value_from_ref(entry));
        filled[round]++;
      }
      for (size_t i = 0; i < SLOTS; i++)
        if (i % KEPT) heap_store(th, value_to_ref(world.roots[0]), i, (struct value){0});
    }
    if (filled[1] < filled[0] * 6 / 10)
      fail_msg("%zu words: %zu at first, then only %zu", words[w], filled[0], filled[1]);
    heap_mock_fini(&world);
  }
}

static void holes_are_allocated_from_again(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {
      .heap_max = 16 * MB, .verify = VERIFY_HEAP, .stress_poison = true, .nursery_size = 128 << 10};
  heap_mock_init(&world, &config);
  fragment(&world, 100000, 4, 2);
  heap_collect(heap_mock_main(&world), true);
  uint64_t held = heap_mock_stats(&world).bytes_used;
  world.roots[1] = value_from_ref(heap_mock_make_list(heap_mock_main(&world), 20000));
  heap_collect(heap_mock_main(&world), false);
  // 480 KB of new old objects, most of them in holes.
  assert_true(heap_mock_stats(&world).bytes_used < held + (480 << 10));
  check(&world, 100000, 2);
  assert_true(heap_mock_check_list(value_to_ref(world.roots[1]), 20000));
  heap_mock_fini(&world);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define RESIDENT_IS_MEANINGLESS 1 // the sanitizer's own memory grows with the program's
#endif
#endif
#ifndef RESIDENT_IS_MEANINGLESS
#define RESIDENT_IS_MEANINGLESS 0
#endif

static size_t resident_bytes(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  assert_non_null(file);
  assert_int_equal(fscanf(file, "%*s %ld", &pages), 1);
  fclose(file);
  return (size_t)pages * os_memory_page_size();
}

static void memory_appears_when_used_and_is_given_back(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {.heap_max = 512 * MB};
  if (RESIDENT_IS_MEANINGLESS) skip();
  size_t before = resident_bytes();
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  heap_mock_make_list(th, 10);
  assert_true(resident_bytes() < before + 300 * 1024);
  world.roots[0] = value_from_ref(heap_mock_make_list(th, 3000000)); // 72 MB
  for (int i = 1; i < 10; i++) world.roots[i] = value_from_ref(heap_mock_alloc(th, TAG_BYTES, MB / 2));
  for (int i = 1; i < 10; i++) memset(fields(world.roots[i]), 1, 4 * MB);
  assert_true(resident_bytes() > before + 100 * MB);
  memset(world.roots, 0, sizeof world.roots);
  for (int i = 0; i < 8; i++) heap_collect(th, true); // what was held lately may be held again soon
  assert_true(resident_bytes() < before + 24 * MB);
  heap_mock_fini(&world);
}

// How much young collections copy until the next full one, of lists that live or die.
static size_t copied_until_full(struct heap_mock *world, bool lives) {
  struct mutator *th = heap_mock_main(world);
  struct heap_stats before = heap_mock_stats(world), now = before;
  while (now.collections_full == before.collections_full) {
    world->roots[0] = value_from_ref(heap_mock_make_list(th, 5000));
    if (lives) {
      struct ref pair = heap_mock_alloc(th, TAG_NODE, 2);
      object_fields(pair)[0] = world->roots[0];
      object_fields(pair)[1] = world->roots[1];
      world->roots[1] = value_from_ref(pair);
    }
    heap_collect(th, false);
    now = heap_mock_stats(world);
  }
  return now.bytes_promoted - before.bytes_promoted;
}

// Old objects grow by 2 MB before the first full collection, and again while less than 1 MB of them lives; else by 6.
static void full_collections_come_sooner_while_most_of_what_was_copied_dies(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {.heap_max = 256 * MB};
  heap_mock_init(&world, &config);
  for (int i = 0; i < 3; i++) assert_in_range(copied_until_full(&world, false), 2 * MB, 3 * MB);
  assert_in_range(copied_until_full(&world, true), 2 * MB, 3 * MB);
  assert_in_range(copied_until_full(&world, true), 5 * MB, 7 * MB);
  heap_mock_fini(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fragmented_blocks_are_emptied),
      cmocka_unit_test(medium_objects_fit_after_small_ones_have_left_holes),
      cmocka_unit_test(full_heap_recovers_when_scattered_objects_die),
      cmocka_unit_test(holes_are_allocated_from_again),
      cmocka_unit_test(memory_appears_when_used_and_is_given_back),
      cmocka_unit_test(full_collections_come_sooner_while_most_of_what_was_copied_dies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
