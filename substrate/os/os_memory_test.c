// SPDX-License-Identifier: MIT
//
// os_memory_test.c: what the heap and the stacks rely on: committed pages are zero and writable, released pages read as
// zero again, and absurd requests say no instead of aborting.
#include "os/os_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static void page_size_is_a_power_of_two(void **state) {
  (void)state;
  size_t page = os_memory_page_size();
  assert_true(page >= 4096);
  assert_int_equal(page & (page - 1), 0);
}

static void machine_has_physical_memory(void **state) {
  (void)state;
  assert_true(os_memory_physical() > os_memory_page_size());
}

static void committed_memory_is_zero_and_writable(void **state) {
  (void)state;
  size_t page = os_memory_page_size(), bytes = 8 * page;
  unsigned char *start = os_memory_reserve(bytes);
  assert_non_null(start);
  assert_true(os_memory_commit(start + page, 2 * page));
  assert_int_equal(start[page], 0);
  memset(start + page, 0xa5, 2 * page);
  assert_int_equal(start[3 * page - 1], 0xa5);
  os_memory_unmap(start, bytes);
}

static void released_pages_read_as_zero_and_partial_pages_stay(void **state) {
  (void)state;
  size_t page = os_memory_page_size(), bytes = 4 * page;
  unsigned char *start = os_memory_reserve(bytes);
  assert_non_null(start);
  assert_true(os_memory_commit(start, bytes));
  memset(start, 0x77, bytes);
  os_memory_release(start + 1, 3 * page);
  assert_int_equal(start[page - 1], 0x77);
  assert_int_equal(start[page], 0);
  assert_int_equal(start[3 * page - 1], 0);
  assert_int_equal(start[3 * page], 0x77);
  start[page] = 1;
  os_memory_unmap(start, bytes);
}

static size_t resident_pages(void *start, size_t pages) {
  unsigned char present[8];
  size_t count = 0;
  assert_true(pages <= sizeof present);
  assert_int_equal(mincore(start, pages * os_memory_page_size(), present), 0);
  for (size_t i = 0; i < pages; i++) count += present[i] & 1;
  return count;
}

static void populated_pages_are_there_and_keep_what_they_held(void **state) {
  (void)state;
  size_t page = os_memory_page_size(), bytes = 6 * page;
  unsigned char *start = os_memory_reserve(bytes);
  assert_non_null(start);
  assert_true(os_memory_commit(start, bytes));
  start[2 * page] = 0x77;
  assert_int_equal(resident_pages(start, 6), 1);
  os_memory_populate(start + page + 8, 2 * page); // parts of three pages
  size_t resident = resident_pages(start, 6);
  assert_true(resident == 3 || resident == 1); // where the system can't, nothing happens
  assert_int_equal(start[2 * page], 0x77);
  assert_int_equal(start[3 * page], 0);
  os_memory_populate(start, 0);
  os_memory_unmap(start, bytes);
}

static void low_pages_are_zero_and_named_in_four_bytes(void **state) {
  (void)state;
  size_t bytes = 3 * os_memory_page_size();
  unsigned char *start = os_memory_map_low(bytes);
  if (!start) skip(); // there need not be any
  assert_true((uintptr_t)start + bytes <= (uintptr_t)INT32_MAX + 1);
  for (size_t i = 0; i < bytes; i++) assert_int_equal(start[i]++, 0);
  os_memory_unmap(start, bytes);
}

static void more_than_the_address_space_is_refused(void **state) {
  (void)state;
  assert_null(os_memory_reserve(SIZE_MAX));
  assert_null(os_memory_reserve(SIZE_MAX / 2));
  assert_null(os_memory_reserve(0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(page_size_is_a_power_of_two),
      cmocka_unit_test(machine_has_physical_memory),
      cmocka_unit_test(committed_memory_is_zero_and_writable),
      cmocka_unit_test(released_pages_read_as_zero_and_partial_pages_stay),
      cmocka_unit_test(populated_pages_are_there_and_keep_what_they_held),
      cmocka_unit_test(low_pages_are_zero_and_named_in_four_bytes),
      cmocka_unit_test(more_than_the_address_space_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
