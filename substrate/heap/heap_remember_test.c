// SPDX-License-Identifier: MIT
//
// heap_remember_test.c: old objects that refer to young ones: the barrier's bit, the remembered set, and what the
// verifier says when somebody stores without the barrier.
#include "heap/heap_world_test.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct value *fields(struct value v) { return object_fields(value_to_ref(v)); }
static bool is_clean(struct value v) { return *object_header(value_to_ref(v)) & HEADER_OLD_CLEAN; }

static void begin(struct heap_mock *world) {
  struct vm_config config = {.heap_max = 8 << 20, .verify = VERIFY_HEAP, .stress_poison = true};
  heap_mock_init(world, &config);
}

static void fresh_object_needs_no_barrier(void **state) {
  (void)state;
  struct heap_mock world;
  begin(&world);
  world.roots[0] = value_from_ref(heap_mock_alloc(heap_mock_main(&world), TAG_NODE, 3));
  world.roots[1] = value_from_ref(heap_mock_alloc(heap_mock_main(&world), TAG_NODE, 3000));
  assert_false(is_clean(world.roots[0]) || is_clean(world.roots[1]));
  heap_collect(heap_mock_main(&world), false);
  assert_true(is_clean(world.roots[0]) && is_clean(world.roots[1]));
  heap_mock_fini(&world);
}

static void stored_into_old_object_survives_minor_collections(void **state) {
  (void)state;
  struct heap_mock world;
  begin(&world);
  struct mutator *th = heap_mock_main(&world);
  for (int i = 0; i < 4; i++)
    world.roots[i] = value_from_ref(heap_mock_alloc(th, (enum heap_mock_tag[]){1, 1, 3, 4}[i], 3));
  world.roots[1] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 3000));
  heap_collect(th, true);
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < 4; i++) {
      heap_store(th, value_to_ref(world.roots[i]), 2, value_from_ref(heap_mock_make_list(th, 5 + round)));
      assert_false(is_clean(world.roots[i]));
    }
    heap_collect(th, false);
    for (int i = 0; i < 4; i++) {
      assert_true(is_clean(world.roots[i]));
      assert_true(heap_mock_check_list(value_to_ref(fields(world.roots[i])[2]), 5 + round));
    }
  }
  assert_int_equal(heap_mock_stats(&world).collections_full, 1);
  heap_mock_fini(&world);
}

static void remembered_object_may_die_before_the_next_collection(void **state) {
  (void)state;
  for (int full = 0; full < 2; full++) {
    struct heap_mock world;
    begin(&world);
    struct mutator *th = heap_mock_main(&world);
    world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 2));
    heap_collect(th, false);
    heap_store(th, value_to_ref(world.roots[0]), 0, value_from_ref(heap_mock_make_list(th, 4)));
    world.roots[0] = (struct value){0};
    heap_collect(th, full);
    heap_collect(th, true);
    assert_int_equal(heap_mock_stats(&world).bytes_live, 0);
    heap_mock_fini(&world);
  }
}

static void object_is_remembered_once(void **state) {
  (void)state;
  struct heap_mock world;
  begin(&world);
  struct mutator *th = heap_mock_main(&world);
  world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 2));
  heap_collect(th, false);
  for (int i = 0; i < 1000; i++) {
    heap_store(th, value_to_ref(world.roots[0]), 0, world.roots[0]);
    heap_remember(th, value_to_ref(world.roots[0]));
  }
  heap_verify(world.heap); // says so when an object is there twice
  heap_mock_fini(&world);
}

// A guest may remember a field of its own accord: what it holds lives on, and no old object refers to a young one then.
static void field_may_be_remembered_by_its_address(void **state) {
  (void)state;
  for (int full = 0; full < 2; full++) {
    struct heap_mock world;
    begin(&world);
    struct mutator *th = heap_mock_main(&world);
    world.roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 3));
    heap_collect(th, false);
    struct ref list = heap_mock_make_list(th, 7);
    world.stored = &fields(world.roots[0])[1];
    *world.stored = value_from_ref(list);
    assert_true(heap_has(th, list.addr) && !heap_has(th, (uintptr_t)&world));
    heap_collect(th, full);
    world.stored = NULL;
    assert_true(heap_mock_check_list(value_to_ref(fields(world.roots[0])[1]), 7));
    heap_mock_fini(&world);
  }
}

// Runs `crime` in a child process, and gives what it said before it aborted.
static void assert_caught(void (*crime)(struct heap_mock *world), const char *invariant) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  fflush(NULL);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    struct heap_mock world;
    signal(SIGABRT, SIG_DFL);
    dup2(ends[1], STDERR_FILENO);
    begin(&world);
    crime(&world);
    _exit(0);
  }
  close(ends[1]);
  char text[4096] = "";
  size_t length = 0;
  for (ssize_t got; (got = read(ends[0], text + length, sizeof text - 1 - length)) > 0;) length += (size_t)got;
  close(ends[0]);
  int status;
  waitpid(child, &status, 0);
  text[length] = 0;
  if (!WIFSIGNALED(status)) fail_msg("not caught: %s", invariant);
  if (!strstr(text, invariant)) fail_msg("expected %s, got: %s", invariant, text);
}

static void store_without_barrier(struct heap_mock *world) {
  struct mutator *th = heap_mock_main(world);
  world->roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 2));
  heap_collect(th, false);
  fields(world->roots[0])[1] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 2));
  heap_verify(world->heap);
}

static void keep_an_address(struct heap_mock *world) {
  struct mutator *th = heap_mock_main(world);
  world->roots[0] = value_from_ref(heap_mock_alloc(th, TAG_NODE, 2));
  struct value kept = world->roots[0];
  heap_collect(th, false); // moves it
  world->roots[1] = kept;
  heap_verify(world->heap);
}

static void read_what_is_freed(struct heap_mock *world) {
  struct mutator *th = heap_mock_main(world);
  struct ref lost = heap_mock_alloc(th, TAG_NODE, 2);
  heap_collect(th, false);
  world->roots[0] = object_fields(lost)[0];
  heap_verify(world->heap);
}

static void break_a_header(struct heap_mock *world) {
  world->roots[0] = value_from_ref(heap_mock_alloc(heap_mock_main(world), TAG_NODE, 2));
  *object_header(value_to_ref(world->roots[0])) = header_make(77, 2);
  heap_verify(world->heap);
}

static void overrun_an_object(struct heap_mock *world) {
  world->roots[0] = value_from_ref(heap_mock_alloc(heap_mock_main(world), TAG_NODE, 2));
  *object_header(value_to_ref(world->roots[0])) = header_make(TAG_BYTES, 1 << 20);
  heap_verify(world->heap);
}

static void point_into_an_object(struct heap_mock *world) {
  world->roots[0] = value_from_ref(heap_mock_alloc(heap_mock_main(world), TAG_NODE, 2));
  world->roots[0].bits += 2;
  heap_verify(world->heap);
}

static void verifier_catches_every_kind_of_damage(void **state) {
  (void)state;
  assert_caught(store_without_barrier, "heap.I4");
  assert_caught(keep_an_address, "heap.I10");
  assert_caught(read_what_is_freed, "heap.I10");
  assert_caught(break_a_header, "heap.I2");
  assert_caught(overrun_an_object, "heap.I3");
  assert_caught(point_into_an_object, "heap.I3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fresh_object_needs_no_barrier),
      cmocka_unit_test(stored_into_old_object_survives_minor_collections),
      cmocka_unit_test(remembered_object_may_die_before_the_next_collection),
      cmocka_unit_test(object_is_remembered_once),
      cmocka_unit_test(field_may_be_remembered_by_its_address),
      cmocka_unit_test(verifier_catches_every_kind_of_damage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
