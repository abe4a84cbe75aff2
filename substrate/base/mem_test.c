// SPDX-License-Identifier: MIT
//
// mem_test.c: arrays that grow keep what is in them, also when memory is out; arenas know their blocks; pages are
// brought in ahead of blocks.
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void an_array_grows_and_keeps_its_elements(void **state) {
  (void)state;
  uint32_t *array = NULL, room = 0, moves = 0;
  for (uint32_t count = 0; count < 10000; count++) {
    uint32_t before = room;
    assert_true(mem_grow(&array, count, &room, sizeof *array));
    assert_in_range(room, count + 1, before ? 2 * before : UINT32_MAX);
    moves += room != before;
    array[count] = count;
  }
  assert_in_range(moves, 1, 14); // each time to twice its room
  for (uint32_t i = 0; i < 10000; i++) assert_int_equal(array[i], i);
  mem_free(array);
}

static void an_array_that_memory_is_out_for_stays_as_it_is(void **state) {
  (void)state;
  uint32_t *array = NULL, room = 0;
  assert_true(mem_grow(&array, 0, &room, sizeof *array));
  array[room - 1] = 7;
  uint32_t *before = array, full = room;
  mem_fail_at(1);
  bool grown = mem_grow(&array, full, &room, sizeof *array);
  bool fits = mem_grow(&array, full - 1, &room, sizeof *array); // asks for nothing
  mem_fail_at(0);
  assert_false(grown);
  assert_true(fits);
  assert_ptr_equal(array, before);
  assert_int_equal(room, full);
  assert_int_equal(array[full - 1], 7);
  mem_free(array);
}

static void an_array_has_no_more_elements_than_can_be_counted(void **state) {
  (void)state;
  char *array = NULL;
  uint32_t room = UINT32_C(1) << 31;
  assert_false(mem_grow(&array, room, &room, 1));
  assert_null(array);
}

static void an_array_has_room_for_what_is_to_come(void **state) {
  (void)state;
  uint32_t *array = NULL, room = 0;
  assert_true(mem_reserve(&array, &room, 100, sizeof *array));
  assert_int_equal(room, 100);
  array[99] = 7;
  uint32_t *before = array;
  assert_true(mem_reserve(&array, &room, 100, sizeof *array)); // there is
  assert_ptr_equal(array, before);
  mem_fail_at(1);
  bool reserved = mem_reserve(&array, &room, 101, sizeof *array);
  mem_fail_at(0);
  assert_false(reserved);
  assert_ptr_equal(array, before);
  assert_int_equal(array[99], 7);
  assert_true(mem_reserve(&array, &room, 1000, sizeof *array));
  array[999] = 7;
  mem_free(array);
}

static struct {
  uintptr_t end;
  size_t times, most;
} brought;

static void note_brought(void *start, size_t bytes) {
  assert_true((uintptr_t)start >= brought.end && bytes);
  brought.times++;
  brought.end = (uintptr_t)start + bytes;
  if (bytes > brought.most) brought.most = bytes;
}

static void pages_are_there_before_the_blocks_on_them(void **state) {
  (void)state;
  enum { COUNT = 2000, BYTES = 1000 };
  static char *blocks[COUNT];
  memset(&brought, 0, sizeof brought);
  mem_bring_ahead(note_brought);
  uintptr_t top = (uintptr_t)sbrk(0);
  for (int i = 0; i < COUNT; i++) blocks[i] = mem_alloc(BYTES);
  bool grows = (uintptr_t)sbrk(0) > top + (COUNT - 1) * BYTES; // no sanitizer's, which has its blocks elsewhere
  for (int i = 0; grows && i < COUNT; i++)
    if ((uintptr_t)blocks[i] >= top) assert_true((uintptr_t)blocks[i] + BYTES <= brought.end);
  if (grows) assert_in_range(brought.times, 2, COUNT * BYTES / MEM_AHEAD_BYTES);
  uintptr_t end = brought.end;
  char *large = mem_alloc((size_t)1 << 20), *after = mem_alloc(BYTES); // more than there is ahead of
  if (grows) assert_true(brought.end == end || brought.end - end <= brought.most);
  mem_bring_ahead(NULL);
  size_t times = brought.times;
  char *late = mem_alloc((size_t)1 << 16);
  assert_int_equal(brought.times, times);
  for (int i = 0; i < COUNT; i++) mem_free(blocks[i]);
  mem_free(large);
  mem_free(after);
  mem_free(late);
}

static void an_arena_knows_the_blocks_of_one_size(void **state) {
  (void)state;
  enum { COUNT = 1000, BYTES = 64 };
  struct arena arena = {0};
  assert_false(arena_has(&arena, 0, BYTES));
  for (int i = 0; i < COUNT; i++) {
    uintptr_t at = (uintptr_t)arena_alloc(&arena, BYTES);
    assert_true(arena_has(&arena, at, BYTES));
    assert_false(arena_has(&arena, at + 8, BYTES));
    assert_false(arena_has(&arena, (uintptr_t)arena.cursor, BYTES)); // the next one
  }
  assert_false(arena_has(&arena, (uintptr_t)&arena, BYTES));
  arena_fini(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_array_grows_and_keeps_its_elements),
      cmocka_unit_test(an_array_that_memory_is_out_for_stays_as_it_is),
      cmocka_unit_test(an_array_has_no_more_elements_than_can_be_counted),
      cmocka_unit_test(an_array_has_room_for_what_is_to_come),
      cmocka_unit_test(pages_are_there_before_the_blocks_on_them),
      cmocka_unit_test(an_arena_knows_the_blocks_of_one_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
