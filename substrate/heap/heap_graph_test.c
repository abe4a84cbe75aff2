// SPDX-License-Identifier: MIT
//
// heap_graph_test.c: what is reachable survives, whatever its shape, under every plan and stress mode.
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct vm_config config_of(void **state) { return *(const struct vm_config *)*state; }

static bool collects(const struct vm_config *config) { return strcmp(config->gc_plan, "nogc") != 0; }

static struct value *fields(struct value v) { return object_fields(value_to_ref(v)); }

static void list_survives_collections(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_make_list(th, 1000));
  heap_collect(th, false);
  assert_true(heap_mock_check_list(value_to_ref(world.roots[0]), 1000));
  heap_collect(th, true);
  assert_true(heap_mock_check_list(value_to_ref(world.roots[0]), 1000));
  heap_collect(th, true);
  assert_true(heap_mock_check_list(value_to_ref(world.roots[0]), 1000));
  heap_mock_fini(&world);
}

static void cycle_survives_and_is_freed(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 2));
  world.roots[1] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 2));
  heap_store(th, value_to_ref(world.roots[0]), 0, world.roots[1]);
  heap_store(th, value_to_ref(world.roots[1]), 0, world.roots[0]);
  heap_store(th, value_to_ref(world.roots[1]), 1, world.roots[1]);
  world.roots[1] = (struct value){0};
  heap_collect(th, false);
  heap_collect(th, true);
  struct value first = world.roots[0], second = fields(first)[0];
  assert_true(value_same(fields(second)[0], first));
  assert_true(value_same(fields(second)[1], second));
  world.roots[0] = (struct value){0};
  heap_collect(th, true);
  if (collects(&config)) assert_int_equal(heap_mock_stats(&world).bytes_live, 0);
  heap_mock_fini(&world);
}

static void shared_object_is_copied_once(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 1));
  fields(world.roots[0])[0] = value_int(42);
  for (int i = 1; i < WORLD_ROOTS; i++) {
    world.roots[i] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 1));
    fields(world.roots[i])[0] = world.roots[0];
  }
  heap_collect(th, false);
  heap_collect(th, true);
  for (int i = 1; i < WORLD_ROOTS; i++) assert_true(value_same(fields(world.roots[i])[0], world.roots[0]));
  assert_int_equal(value_to_int(fields(world.roots[0])[0]), 42);
  if (collects(&config)) assert_int_equal(heap_mock_stats(&world).bytes_live, WORLD_ROOTS * 16);
  heap_mock_fini(&world);
}

static void raw_words_and_bytes_are_not_followed(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  uint64_t raw = 0;
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_MIXED, 4));
  world.roots[1] = value_from_ref(heap_mock_alloc(th, TAG_BYTES, 3));
  raw = value_from_ref(heap_mock_alloc(th, TAG_NODE, 1)).bits;
  fields(world.roots[0])[0].bits = fields(world.roots[0])[1].bits = raw;
  for (int i = 0; i < 3; i++) fields(world.roots[1])[i].bits = raw;
  heap_store(th, value_to_ref(world.roots[0]), 3, world.roots[1]);
  heap_collect(th, false);
  heap_collect(th, true);
  assert_int_equal(fields(world.roots[0])[1].bits, raw);
  assert_int_equal(fields(world.roots[1])[2].bits, raw);
  assert_true(value_same(fields(world.roots[0])[3], world.roots[1]));
  if (collects(&config)) assert_int_equal(heap_mock_stats(&world).bytes_live, 40 + 32);
  heap_mock_fini(&world);
}

static void custom_layout_is_asked_for_its_slots(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_ODD, 3));
  fields(world.roots[0])[0].bits = 0x1230; // no reference, and not looked at
  heap_collect(th, false);
  world.roots[1] = value_from_ref(heap_mock_make_list(th, 10));
  heap_store(th, value_to_ref(world.roots[0]), 2, world.roots[1]);
  world.roots[1] = (struct value){0};
  heap_collect(th, false);
  heap_collect(th, true);
  assert_int_equal(fields(world.roots[0])[0].bits, 0x1230);
  assert_true(heap_mock_check_list(value_to_ref(fields(world.roots[0])[2]), 10));
  heap_mock_fini(&world);
}

static void references_outside_the_heap_are_left_alone(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  static uint64_t outside[2];
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 2));
  world.roots[1] = (struct value){(uintptr_t)&outside[1]};
  fields(world.roots[0])[0] = world.roots[1];
  fields(world.roots[0])[1] = (struct value){UINT64_C(0x7ffffffffffffff0)};
  heap_collect(th, false);
  heap_collect(th, true);
  assert_int_equal(world.roots[1].bits, (uintptr_t)&outside[1]);
  assert_int_equal(fields(world.roots[0])[0].bits, (uintptr_t)&outside[1]);
  assert_int_equal(fields(world.roots[0])[1].bits, UINT64_C(0x7ffffffffffffff0));
  heap_mock_fini(&world);
}

// The chain is as deep as the heap allows: marking must not use the C stack.
static void chain_of_a_hundred_thousand_objects_is_followed(void **state) {
  struct vm_config config = config_of(state);
  config.stress_gc_every = 0; // too long a program for that
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_make_list(th, 100000));
  heap_collect(th, true);
  assert_true(heap_mock_check_list(value_to_ref(world.roots[0]), 100000));
  heap_mock_fini(&world);
}

// Builds and rebuilds random graphs, and keeps a copy of the edges in C to compare with.
enum { GRAPH_NODES = 200, GRAPH_STEPS = 3000, GRAPH_DEGREE = 3 };

static void graph_check(struct value table, int to[GRAPH_NODES][GRAPH_DEGREE]) {
  for (int i = 0; i < GRAPH_NODES; i++) {
    struct value node = fields(table)[i];
    assert_int_equal(value_to_int(fields(node)[0]), i);
    for (int edge = 0; edge < GRAPH_DEGREE; edge++) {
      struct value target = fields(node)[1 + edge];
      if (to[i][edge] < 0)
        assert_int_equal(target.bits, 0);
      else
        assert_true(value_same(target, fields(table)[to[i][edge]]));
    }
  }
}

static void random_graph_keeps_its_edges(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  int to[GRAPH_NODES][GRAPH_DEGREE];
  uint64_t random = 7;
  memset(to, 0xff, sizeof to);
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, GRAPH_NODES));
  for (int i = 0; i < GRAPH_NODES; i++) {
    struct ref node = heap_mock_alloc(th, TAG_NODE, 1 + GRAPH_DEGREE);
    object_fields(node)[0] = value_int(i);
    heap_store(th, value_to_ref(world.roots[0]), (size_t)i, value_from_ref(node));
  }
  for (int step = 0; step < GRAPH_STEPS; step++) {
    int from = (int)(heap_mock_random(&random) % GRAPH_NODES), edge = (int)(heap_mock_random(&random) % GRAPH_DEGREE);
    to[from][edge] = (int)(heap_mock_random(&random) % (GRAPH_NODES + 20));
    if (to[from][edge] >= GRAPH_NODES) to[from][edge] = -1;
    world.roots[1] = value_from_ref(heap_mock_alloc(th, TAG_BYTES, 1 + heap_mock_random(&random) % 90)); // garbage
    struct value target = {0};
    if (to[from][edge] >= 0) target = fields(world.roots[0])[to[from][edge]];
    heap_store(th, value_to_ref(fields(world.roots[0])[from]), (size_t)(1 + edge), target);
    if (step % 500 == 0) graph_check(world.roots[0], to);
  }
  graph_check(world.roots[0], to);
  heap_collect(th, true);
  graph_check(world.roots[0], to);
  assert_int_equal(world.thrown, 0);
  heap_mock_fini(&world);
}

static void references_into_the_middle_keep_and_follow_the_object(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 6));
  fields(world.roots[0])[3].bits = header_make(TAG_INNER, 4);
  fields(world.roots[0])[5] = value_int(77);
  world.weak[0] = world.roots[1] = (struct value){world.roots[0].bits + 4 * sizeof(uint64_t)};
  world.roots[0] = (struct value){0};
  world.roots[2] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 1));
  fields(world.roots[2])[0] = world.roots[1];
  for (int full = 0; full < 3; full++) {
    heap_collect(th, full);
    assert_int_equal(value_to_int(fields(world.roots[1])[1]), 77);
    assert_true(value_same(fields(world.roots[2])[0], world.roots[1]));
    assert_true(value_same(world.weak[0], world.roots[1]));
  }
  world.roots[1] = world.roots[2] = (struct value){0};
  heap_collect(th, true);
  if (collects(&config)) assert_int_equal(heap_mock_stats(&world).bytes_live, 0);
  if (collects(&config)) assert_int_equal(world.weak[0].bits, 0);
  heap_mock_fini(&world);
}

static void weak_references_follow_the_living_and_forget_the_dead(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  static const size_t sizes[] = {1, 40, 3000};
  for (size_t i = 0; i < COUNT_OF(sizes); i++) {
    world.roots[i] = world.weak[2 * i] = value_from_ref(heap_mock_alloc(th, TAG_NODE, sizes[i]));
    fields(world.roots[i])[0] = value_int((int64_t)i);
    world.weak[2 * i + 1] = value_from_ref(heap_mock_alloc(th, TAG_NODE, sizes[i]));
  }
  world.kept = world.weak[7] = value_from_ref(heap_mock_make_list(th, 300)); // before it, much that dies
  world.weak[8] = value_int(3);
  for (int full = 0; full < 3; full++) {
    heap_collect(th, full);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
      assert_true(value_same(world.weak[2 * i], world.roots[i]));
      assert_int_equal(value_to_int(fields(world.roots[i])[0]), i);
      if (collects(&config)) assert_int_equal(world.weak[2 * i + 1].bits, 0);
    }
    assert_true(heap_mock_check_list(value_to_ref(world.kept), 300));
    assert_true(value_same(world.weak[7], world.kept));
    assert_int_equal(value_to_int(world.weak[8]), 3);
  }
  heap_mock_fini(&world);
}

static void roots_of_c_functions_are_updated(void **state) {
  struct vm_config config = config_of(state);
  struct heap_mock world;
  heap_mock_init(&world, &config);
  struct mutator *th = heap_mock_main(&world);
  struct value outer = value_from_ref(heap_mock_make_list(th, 3)), number = value_int(5);
  ROOTS(th, &outer, &number);
  {
    struct value list = value_from_ref(heap_mock_make_list(th, 50));
    assert_true(heap_mock_check_list(value_to_ref(list), 50));
  }
  heap_collect(th, true);
  assert_true(heap_mock_check_list(value_to_ref(outer), 3));
  assert_int_equal(value_to_int(number), 5);
  heap_mock_fini(&world);
}

int main(void) {
  static const struct heap_mock_test tests[] = {
      {"list_survives_collections", list_survives_collections},
      {"cycle_survives_and_is_freed", cycle_survives_and_is_freed},
      {"shared_object_is_copied_once", shared_object_is_copied_once},
      {"raw_words_and_bytes_are_not_followed", raw_words_and_bytes_are_not_followed},
      {"custom_layout_is_asked_for_its_slots", custom_layout_is_asked_for_its_slots},
      {"references_outside_the_heap_are_left_alone", references_outside_the_heap_are_left_alone},
      {"chain_of_a_hundred_thousand_objects_is_followed", chain_of_a_hundred_thousand_objects_is_followed},
      {"random_graph_keeps_its_edges", random_graph_keeps_its_edges},
      {"references_into_the_middle_keep_and_follow_the_object", references_into_the_middle_keep_and_follow_the_object},
      {"weak_references_follow_the_living_and_forget_the_dead", weak_references_follow_the_living_and_forget_the_dead},
      {"roots_of_c_functions_are_updated", roots_of_c_functions_are_updated},
  };
  return heap_mock_run_tests("graph", tests, COUNT_OF(tests));
}
