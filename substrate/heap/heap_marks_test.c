// SPDX-License-Identifier: MIT
//
// heap_marks_test.c: the table of marks against an array of one byte for each word.
#define HEAP_MODULE
#include "heap/heap_marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 1000, START = 1 << 20 };

static uint64_t table[WORDS / MARKS_WORD_BITS + 2];
static bool naive[WORDS];

static struct heap_marks marks_of(void) {
  struct heap_marks marks = {.objects = {START, WORDS * 8}};
  heap_marks_plan_area(&marks, WORDS * 8);
  assert_true(marks.area.bytes <= sizeof table);
  marks.area.start = (uintptr_t)table;
  return marks;
}

static uintptr_t naive_next(size_t from, size_t limit, bool set) {
  while (from < limit && naive[from] != set) from++;
  return START + from * 8;
}

static void ranges_are_set_and_found_as_in_an_array_of_bools(void **state) {
  (void)state;
  struct heap_marks marks = marks_of();
  // Each length from each position of a word, so that every way to touch its borders is there.
  static const size_t lengths[] = {1, 2, 3, 63, 64, 65, 127, 128, 129, 200};
  for (size_t from = 0; from < 130; from++) {
    for (size_t l = 0; l < COUNT_OF(lengths); l++) {
      size_t length = lengths[l];
      memset(naive, 0, sizeof naive);
      heap_marks_clear(&marks, WORDS * 8);
      for (size_t at = from; at + length <= WORDS; at += length + 1 + from % 5) {
        heap_marks_set(&marks, START + at * 8, length);
        memset(naive + at, 1, length);
      }
      for (size_t at = 0; at < WORDS; at++) {
        assert_int_equal(heap_marks_has(&marks, START + at * 8), naive[at]);
        if ((at + from) % 7) continue;
        for (size_t limit = at; limit <= WORDS; limit += 61)
          for (int set = 0; set < 2; set++)
            assert_int_equal(heap_marks_next(&marks, START + at * 8, START + limit * 8, set),
                             naive_next(at, limit, set));
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(ranges_are_set_and_found_as_in_an_array_of_bools)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
