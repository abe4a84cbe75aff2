// SPDX-License-Identifier: MIT
//
// zam_slots_test.c: sets of addresses, against an array that says what is in.
#include "zam_slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SLOTS 3000

static struct value slots[SLOTS];
static bool wanted[SLOTS];

static void count_visit(struct root_visitor *visit, struct value *slot) {
  (void)visit;
  slot->bits++;
}

// Each slot of the set is visited once, no other.
static void expect_same(const struct zam_slots *set) {
  struct root_visitor visit = {count_visit, true};
  memset(slots, 0, sizeof slots);
  zam_slots_visit(set, &visit);
  for (size_t i = 0; i < SLOTS; i++) assert_int_equal(slots[i].bits, wanted[i]);
}

static void set_holds_what_was_added_and_not_removed(void **state) {
  struct zam_slots set = {0};
  uint32_t random = 1;
  (void)state;
  expect_same(&set);
  for (int step = 0; step < 200000; step++) {
    random = random * 1664525 + 1013904223;
    size_t i = (random >> 8) % SLOTS;
    bool add = step / 20000 % 2 ? (random & 7) == 0 : (random & 7) != 0; // it grows and shrinks
    if (add)
      assert_true(zam_slots_add(&set, &slots[i]));
    else
      zam_slots_remove(&set, &slots[i]);
    wanted[i] = add;
    if (step % 5000 == 0) expect_same(&set);
  }
  expect_same(&set);
  zam_slots_clear(&set);
  memset(wanted, 0, sizeof wanted);
  expect_same(&set);
  zam_slots_clear(&set);
  mem_free(set.table);
}

// Places that were freed come back: a set of few doesn't grow, however many come and go.
static void set_of_few_stays_small(void **state) {
  struct zam_slots set = {0};
  (void)state;
  for (int i = 0; i < 100000; i++) {
    assert_true(zam_slots_add(&set, &slots[i % SLOTS]));
    zam_slots_remove(&set, &slots[i % SLOTS]);
  }
  assert_int_equal(set.count, 0);
  assert_true(set.room <= 128);
  mem_free(set.table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(set_holds_what_was_added_and_not_removed),
      cmocka_unit_test(set_of_few_stays_small),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
