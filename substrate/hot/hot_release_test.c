// SPDX-License-Identifier: MIT
//
// hot_release_test.c: a released method is freed with all its code as soon as nothing runs or names it, and no sooner;
// in every engine. What hot code has of it goes, too, though its memory be had again by another method.
#define LOAM_HOT_MODULE
#include "hot/hot_fixture_test.h"

#include "heap/heap.h"

#include <unistd.h>

static const char *const engines[] = {"--engine=interp", "--engine=baseline", "--engine=auto", "--engine=hot"};
static const char *const stress_modes[] = {"--stack-max=1M", "--stress=tier:1", "--stress=tier:2,deopt:3,gc:3,move"};
static int freed; // the sum of the guest data of what was freed

static void note_freed(struct vm *vm, void *guest_data) {
  assert_ptr_equal(vm, probe.vm);
  freed += (int)(intptr_t)guest_data;
}

static void open_engine(const char *engine, const char *stress) {
  probe_open(&probe, (const char *const[]){engine, "--gc=semispace", stress, NULL});
  hot = thread_of(probe.th)->world->sample_context;
  freed = 0;
}

#define IN_EACH_ENGINE(...) \
  for (size_t i = 0; i < COUNT_OF(engines) * COUNT_OF(stress_modes); i++) { \
    open_engine(engines[i / COUNT_OF(stress_modes)], stress_modes[i % COUNT_OF(stress_modes)]); \
    __VA_ARGS__; \
    probe_close(&probe); \
  }

// Counts down from its argument, and gives `n`.
static struct method *make_loop(int64_t n, int data) {
  struct code_draft draft = DRAFT(1, 1, INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0),
                                  INSN(JUMP_IF, 0), INSN(PUSH, n), INSN(RETURN));
  draft.guest_data = (void *)(intptr_t)data;
  return probe_method(&probe, &draft);
}

static uint32_t methods_made(void) {
  uint32_t count = 0;
  // The newest leads to all others.
  for (const struct method *method = make_loop(0, 0); method; method = method->next) count++;
  return count;
}

static void release_and_collect(void) {
  struct method *method = make_loop(7, 1);
  uint32_t before = methods_made();
  for (int round = 0; round < 3; round++) assert_int_equal(call(method, 5), 7);
  method_release(probe.th, method, note_freed);
  for (int round = 0; round < 100 && !freed; round++) heap_collect(probe.th, round % 2); // hot code may be being made
  assert_int_equal(freed, 1);
  assert_int_equal(methods_made(), before); // one went, one was made by counting
}

static void method_that_nothing_runs_is_freed_at_the_next_collection(void **state) {
  (void)state;
  IN_EACH_ENGINE(release_and_collect());
}

static struct method *running, *killer;

// Releases what called it, and collects until it would be gone.
static enum loam_status kill_caller(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  method_release(th, running, note_freed);
  for (int round = 0; round < 40; round++) heap_collect(th, round % 2);
  *result = probe_int(freed);
  return DONE;
}

static void release_what_runs(void) {
  killer = probe_native(&probe, "killer", 0, kill_caller);
  struct code_draft draft =
      DRAFT(1, 1, INSN(PUSH, 0), INSN(CALL, (intptr_t)&killer, 0), INSN(LOAD, 0), INSN(ADD), INSN(RETURN));
  draft.guest_data = (void *)(intptr_t)1;
  running = probe_method(&probe, &draft);
  assert_int_equal(call(running, 30), 30); // nothing was freed
  assert_int_equal(freed, 0);
  for (int round = 0; round < 100 && !freed; round++) heap_collect(probe.th, round % 2);
  assert_int_equal(freed, 1);
}

static void method_that_runs_lives_until_it_returns(void **state) {
  (void)state;
  IN_EACH_ENGINE(release_what_runs());
}

// Without a collection: so many are released that the world is stopped for it.
static void make_and_drop(void) {
  enum { COUNT = 1000, WAITING_MAX = 100 };
  for (int i = 0; i < COUNT; i++) {
    struct method *method = make_loop(i, 1);
    assert_int_equal(call(method, i % 50 ? 2 : 30), i);
    method_release(probe.th, method, note_freed);
    if (i + 1 - freed > WAITING_MAX) fail_msg("%d of %d methods were freed", freed, i + 1);
  }
}

static void thousands_of_methods_are_made_and_dropped(void **state) {
  (void)state;
  // Where LLVM makes code for each of them, a few engines are enough.
  static const char *const modes[][2] = {{"--engine=interp", "--stack-max=1M"},
                                         {"--engine=baseline", "--stack-max=1M"},
                                         {"--engine=auto", "--stack-max=1M"},
                                         {"--engine=baseline", "--stress=preempt:3"}};
  for (size_t i = 0; i < COUNT_OF(modes); i++) {
    open_engine(modes[i][0], modes[i][1]);
    make_and_drop();
    probe_close(&probe);
  }
}

// ---- what hot code has of it ---------------------------------------------------------------------------------------

static struct method *callee;

static struct method *make_adder(int64_t n, int data) {
  struct code_draft draft = DRAFT(1, 1, INSN(LOAD, 0), INSN(PUSH, n), INSN(ADD), INSN(RETURN));
  draft.guest_data = (void *)(intptr_t)data;
  return probe_method(&probe, &draft);
}

static void collect_until_freed(int wanted) {
  for (int round = 0; round < 40 && freed < wanted; round++) heap_collect(probe.th, round % 2);
  assert_int_equal(freed, wanted);
}

// The new callee may get the memory of the old one, and code that knew its address would add the old number: so no such
// code may be left when it is freed.
static void swap_callees(struct method *caller, uint32_t inlined) {
  callee = make_adder(1, 1);
  for (int n = 1; n <= 4; n++) {
    warm_up(caller, 5);
    assert_int_equal(call(caller, 5), 5 + n);
    if (n <= 2) compile(caller);
    if (n == 1) assert_int_equal(stats().inlined, inlined);
    assert_int_equal(call(caller, 6), 6 + n);
    freed = 0;
    method_release(probe.th, callee, note_freed);
    callee = NULL;
    collect_until_freed(1);
    assert_null(hot->units);
    assert_null(hot->retired);
    callee = make_adder(n + 1, 1);
  }
  assert_int_equal(call(caller, 6), 6 + 5);
}

static void code_that_inlines_a_dead_method_goes_with_it(void **state) {
  (void)state;
  IN_EACH_MODE(swap_callees(METHOD(1, 1, INSN(PUSH, 100), INSN(LOAD, 0), CALL_OF(callee, 1), INSN(RETURN)), 1));
}

static void code_that_ends_in_a_dead_method_goes_with_it(void **state) {
  (void)state;
  IN_EACH_MODE(swap_callees(METHOD(1, 1, INSN(PUSH, 100), INSN(LOAD, 0), INSN(TAIL_SEEN, (intptr_t)&callee, 1)), 0));
}

// While one compiles, it may be reading any method; nobody can know which it will name.
static void nothing_is_freed_while_a_compilation_runs(void **state) {
  (void)state;
  open_with("--stack-max=1M");
  freed = 0;
  struct method *method = make_loop(3, 1);
  assert_int_equal(call(method, 3), 3);
  hot->compiling = true;
  method_release(probe.th, method, note_freed);
  for (int round = 0; round < 40; round++) heap_collect(probe.th, round % 2);
  assert_int_equal(freed, 0);
  hot->compiling = false;
  collect_until_freed(1);
  probe_close(&probe);
}

static void hot_code_of_a_dead_method_is_freed(void) {
  freed = 0;
  struct method *method = make_loop(3, 1);
  warm_up(method, 20);
  compile(method);
  assert_int_equal(call(method, 20), 3);
  size_t used = hot->compiler.memory->bytes_used;
  uint32_t units = stats().freed;
  method_release(probe.th, method, note_freed);
  collect_until_freed(1);
  assert_int_equal(stats().freed, units + 1);
  assert_true(hot->compiler.memory->bytes_used < used);
  assert_null(hot->units);
  assert_null(hot->retired);
}

static void units_and_profiles_go_with_their_method(void **state) {
  (void)state;
  IN_EACH_MODE(hot_code_of_a_dead_method_is_freed());
}

static bool is_asked_for(const struct hot_profile *profile) {
  pthread_mutex_lock(&hot->lock);
  bool asked = profile->urgent || profile->state != HOT_IDLE;
  pthread_mutex_unlock(&hot->lock);
  return asked;
}

static void what_is_released_while_it_waits_is_not_compiled(void **state) {
  (void)state;
  open_engine("--engine=auto", "--stack-max=1M");
  struct method *method = make_loop(7, 0);
  pthread_mutex_lock(&hot->lock);
  struct hot_profile *profile = hot_profile_of(hot, method);
  hot_profile_want_all(profile);
  profile->urgent = true; // a mutator waits for it
  hot_thread_request(profile);
  __atomic_store_n(&method->is_released, true, __ATOMIC_RELAXED);
  pthread_mutex_unlock(&hot->lock);
  while (is_asked_for(profile)) usleep(1000);
  assert_int_equal(hot->compilations, 0);
  assert_false(hot_compile_now(hot, probe.th, method));            // nor does who runs it wait again
  __atomic_store_n(&method->is_released, false, __ATOMIC_RELAXED); // nobody has promised anything
  assert_int_equal(call(method, 5), 7);
  probe_close(&probe);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(method_that_nothing_runs_is_freed_at_the_next_collection),
      cmocka_unit_test(method_that_runs_lives_until_it_returns),
      cmocka_unit_test(thousands_of_methods_are_made_and_dropped),
      cmocka_unit_test(code_that_inlines_a_dead_method_goes_with_it),
      cmocka_unit_test(code_that_ends_in_a_dead_method_goes_with_it),
      cmocka_unit_test(nothing_is_freed_while_a_compilation_runs),
      cmocka_unit_test(units_and_profiles_go_with_their_method),
      cmocka_unit_test(what_is_released_while_it_waits_is_not_compiled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
