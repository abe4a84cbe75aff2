// SPDX-License-Identifier: MIT
//
// heap_handle_test.c: handles keep objects alive and follow them.
#include "base/mem.h"
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct vm_config config_of(void **state) { return *(const struct vm_config *)*state; }

static void handle_follows_its_object(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  struct handle *handles[10];
  for (int i = 0; i < 10; i++) {
    handles[i] = heap_handle_create(world.heap, value_from_ref(heap_mock_make_list(th, i)));
    assert_non_null(handles[i]);
  }
  heap_collect(th, false);
  heap_collect(th, true);
  for (int i = 0; i < 10; i++) assert_true(heap_mock_check_list(value_to_ref(handles[i]->value), i));
  for (int i = 0; i < 10; i += 2) heap_handle_destroy(world.heap, handles[i]);
  heap_collect(th, true);
  for (int i = 1; i < 10; i += 2) assert_true(heap_mock_check_list(value_to_ref(handles[i]->value), i));
  heap_mock_fini(&world); // frees the rest
}

static void destroyed_handle_keeps_nothing_alive(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {.heap_max = 1 << 20, .verify = VERIFY_HEAP};
  heap_mock_init(&world, &config);
  struct handle *handle =
      heap_handle_create(world.heap, value_from_ref(heap_mock_make_list(heap_mock_main(&world), 100)));
  heap_collect(heap_mock_main(&world), true);
  assert_int_equal(heap_mock_stats(&world).bytes_live, 2400);
  handle->value = value_int(1);
  heap_collect(heap_mock_main(&world), true);
  assert_int_equal(heap_mock_stats(&world).bytes_live, 0);
  heap_handle_destroy(world.heap, handle);
  heap_handle_destroy(world.heap, NULL);
  heap_mock_fini(&world);
}

static void lack_of_c_memory_is_reported(void **state) {
  (void)state;
  struct heap_mock world;
  struct vm_config config = {.heap_max = 1 << 20};
  heap_mock_init(&world, &config);
  mem_fail_at(1);
  assert_null(heap_handle_create(world.heap, value_int(1)));
  static const struct heap_layout none[256];
  const struct heap_model model = {none, 0xff, 1};
  const struct heap_world calls = {0};
  struct heap *heap;
  struct error err = {0};
  assert_int_equal(heap_create(&config, &model, &calls, &heap, &err), LOAM_ERR_MEMORY);
  assert_null(heap);
  mem_fail_at(0);
  heap_mock_fini(&world);
}

int main(void) {
  static const struct heap_mock_test each_plan[] = {{"handle_follows_its_object", handle_follows_its_object}};
  const struct CMUnitTest once[] = {
      cmocka_unit_test(destroyed_handle_keeps_nothing_alive),
      cmocka_unit_test(lack_of_c_memory_is_reported),
  };
  return heap_mock_run_tests("handle", each_plan, COUNT_OF(each_plan)) + cmocka_run_group_tests(once, NULL, NULL);
}
