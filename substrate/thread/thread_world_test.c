// SPDX-License-Identifier: MIT
//
// thread_world_test.c: mutators that run, wait, are stopped, are asked and are ended. Threads of the tests run the
// probe's code; the tests look at counters that the threads advance.
#include "thread/thread.h"

#include "heap/heap.h"
#include "interp/interp_probe_test.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 4

static struct probe probe;
static struct world *world;
static _Atomic unsigned ticks, arrived;
static _Atomic bool go_on;

static void open_world(const char *const *options) {
  probe_open(&probe, options);
  world = thread_of(probe.th)->world;
  ticks = arrived = 0;
  go_on = false;
}

static int open_plain(void **state) {
  (void)state;
  open_world(NULL);
  return 0;
}

static int close_world(void **state) {
  (void)state;
  probe_close(&probe);
  return 0;
}

#define METHOD(params, locals, ...) probe_method(&probe, &(struct code_draft)DRAFT(params, locals, __VA_ARGS__))

static void wait_ms(long ms) { nanosleep(&(struct timespec){0, ms * 1000000}, NULL); }

static void wait_until_ticks(unsigned least) {
  while (ticks < least) sched_yield();
}

static enum loam_status tick(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  ticks++;
  *result = probe_int(0);
  return DONE;
}

// Waits outside the guest until go_on.
static enum loam_status wait_outside(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  thread_enter_native(th);
  arrived++;
  while (!go_on) sched_yield();
  thread_leave_native(th);
  ticks++;
  *result = probe_int(0);
  return DONE;
}

// A method without parameters that calls the native for ever, or once.
static struct method *caller_of(struct method **native, bool forever) {
  if (!forever) return METHOD(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)native, 0), INSN(RETURN));
  return METHOD(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)native, 0), INSN(POP), INSN(JUMP, 0));
}

static struct method *native_method(native_fn *fn, bool forever) {
  static struct method *natives[16];
  static unsigned next;
  struct method **native = &natives[next++ % COUNT_OF(natives)];
  *native = probe_native(&probe, "native", 0, fn);
  return caller_of(native, forever);
}

static uint32_t spawn(const struct method *method, const struct value *args, size_t count) {
  struct error err = {0};
  uint32_t number = 0;
  enum loam_err kind = thread_spawn(probe.th, method, probe_int(0), args, count, &number, &err);
  assert_string_equal(err.text, "");
  assert_int_equal(kind, LOAM_OK);
  return number;
}

static int64_t join(uint32_t number) {
  struct value result;
  bool found;
  enum loam_status status = thread_join(probe.th, number, &result, &found);
  assert_true(found);
  assert_int_equal(status, DONE);
  return probe_to_int(result);
}

static void stop(void) {
  while (!thread_world_stop(world, probe.th)) continue;
}

static void a_spawned_thread_gives_its_result_once(void **state) {
  (void)state;
  struct method *add = METHOD(2, 2, INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(RETURN));
  uint32_t number = spawn(add, (struct value[]){probe_int(3), probe_int(4)}, 2);
  assert_int_equal(join(number), 7);
  struct value result;
  bool found = true;
  assert_int_equal(thread_join(probe.th, number, &result, &found), DONE);
  assert_false(found);
  assert_int_equal(world->thread_count, 1);
}

static enum loam_status tell_compile_from(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  *result = probe_int((int64_t)th->compile_from);
  return DONE;
}

// A program that has hardly begun is not compiled, whoever runs it.
static void a_spawned_thread_compiles_when_its_parent_does(void **state) {
  (void)state;
  probe.th->compile_from = 12345;
  assert_int_equal(join(spawn(native_method(tell_compile_from, false), NULL, 0)), 12345);
  probe.th->compile_from = 0;
  assert_int_equal(join(spawn(native_method(tell_compile_from, false), NULL, 0)), 0);
}

static void joining_throws_what_the_thread_threw(void **state) {
  (void)state;
  uint32_t number = spawn(METHOD(0, 0, INSN(PUSH, 9), INSN(THROW)), NULL, 0);
  struct value result;
  bool found;
  assert_int_equal(thread_join(probe.th, number, &result, &found), THROWN);
  assert_true(found);
  assert_int_equal(probe_to_int(probe.th->pending), 9);
}

static enum loam_status join_itself(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  bool found;
  (void)thread_join(th, thread_of(th)->number, result, &found);
  *result = probe_int(found);
  return DONE;
}

static void a_thread_does_not_find_itself_to_join(void **state) {
  (void)state;
  assert_int_equal(join(spawn(native_method(join_itself, false), NULL, 0)), 0);
  assert_int_equal(probe_call(&probe, native_method(join_itself, false), NULL, 0), 0); // the main one neither
}

static _Atomic uint32_t numbers[2];
static enum loam_status join_the_other(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  arrived++;
  while (!numbers[0] || !numbers[1]) sched_yield();
  bool found;
  uint32_t other = numbers[0] == thread_of(th)->number ? numbers[1] : numbers[0];
  return thread_join(th, other, result, &found);
}

static void threads_that_join_each_other_can_be_ended(void **state) {
  (void)state;
  numbers[0] = numbers[1] = 0;
  struct method *method = native_method(join_the_other, false);
  for (int i = 0; i < 2; i++) numbers[i] = spawn(method, NULL, 0);
  while (arrived < 2) sched_yield();
  wait_ms(5);
  thread_world_join_all(world, probe.th, true, true);
  assert_int_equal(world->thread_count, 1);
}

static void a_result_moves_with_the_collector_until_it_is_joined(void **state) {
  (void)state;
  open_world((const char *const[]){"--gc=semispace", "--verify=heap", "--stress=poison", NULL});
  uint32_t number = spawn(METHOD(1, 1, INSN(LOAD, 0), INSN(BOX), INSN(RETURN)), (struct value[]){probe_int(31)}, 1);
  struct value result, ignored;
  for (int i = 0; i < 20; i++) assert_int_equal(probe_box(probe.th, probe_int(i), &ignored), DONE);
  bool found;
  assert_int_equal(thread_join(probe.th, number, &result, &found), DONE);
  assert_int_equal(probe_unbox(result), 31);
  assert_int_equal(close_world(NULL), 0);
}

static void arguments_are_roots_before_the_thread_runs(void **state) {
  (void)state;
  open_world((const char *const[]){"--gc=semispace", "--verify=heap", "--stress=poison", NULL});
  struct method *unbox = METHOD(1, 1, INSN(LOAD_CELL, 0), INSN(UNBOX), INSN(RETURN));
  struct value cell, ignored;
  for (int i = 0; i < 20; i++) {
    assert_int_equal(probe_box(probe.th, probe_int(i), &cell), DONE);
    uint32_t number = spawn(unbox, &cell, 1);
    assert_int_equal(probe_box(probe.th, probe_int(0), &ignored), DONE);
    assert_int_equal(join(number), i);
  }
  assert_int_equal(close_world(NULL), 0);
}

static void a_stopped_world_stands_still_and_goes_on(void **state) {
  (void)state;
  struct method *ticker = native_method(tick, true);
  for (int i = 0; i < THREADS; i++) spawn(ticker, NULL, 0);
  wait_until_ticks(100);
  for (int round = 0; round < 5; round++) {
    stop();
    unsigned before = ticks;
    wait_ms(3);
    assert_int_equal(ticks, before);
    thread_world_resume(world, probe.th);
    wait_until_ticks(before + 100);
  }
}

static void stopping_does_not_wait_for_who_is_in_native_and_holds_him_there(void **state) {
  (void)state;
  uint32_t number = spawn(native_method(wait_outside, false), NULL, 0);
  while (!arrived) sched_yield();
  stop();
  go_on = true;
  wait_ms(5);
  assert_int_equal(ticks, 0); // he can't come back while the world is stopped
  thread_world_resume(world, probe.th);
  join(number);
  assert_int_equal(ticks, 1);
}

static enum loam_status stop_often(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  static _Atomic int inside;
  for (int i = 0; i < 200; i++) {
    if (!thread_world_stop(world, th)) continue;
    assert_int_equal(++inside, 1); // nobody else has stopped it
    inside--;
    thread_world_resume(world, th);
  }
  *result = probe_int(0);
  return DONE;
}

static void many_threads_stop_the_world_and_only_one_has_it_at_a_time(void **state) {
  (void)state;
  uint32_t threads[THREADS];
  struct method *stopper = native_method(stop_often, false);
  for (int i = 0; i < THREADS; i++) threads[i] = spawn(stopper, NULL, 0);
  for (int i = 0; i < THREADS; i++) join(threads[i]);
}

static void handshake_fn(struct thread *thread, void *arg) {
  assert_int_equal(thread->number, *(const uint32_t *)arg);
  arrived++;
}

static void a_handshake_runs_in_the_guest_at_a_safepoint(void **state) {
  (void)state;
  uint32_t number = spawn(native_method(tick, true), NULL, 0);
  wait_until_ticks(10);
  thread_enter_native(probe.th);
  for (unsigned i = 0; i < 50; i++) {
    thread_handshake(world->threads, handshake_fn, &number);
    assert_int_equal(arrived, i + 1);
  }
  thread_leave_native(probe.th);
}

static void a_handshake_with_a_thread_in_native_is_run_by_who_asks(void **state) {
  (void)state;
  uint32_t number = spawn(native_method(wait_outside, false), NULL, 0);
  while (!arrived) sched_yield();
  thread_enter_native(probe.th);
  thread_handshake(world->threads, handshake_fn, &number);
  assert_int_equal(arrived, 2);
  thread_leave_native(probe.th);
  go_on = true;
  join(number);
}

static void *ask_often(void *target) {
  for (int i = 0; i < 100; i++) thread_handshake(target, handshake_fn, &((struct thread *)target)->number);
  return NULL;
}

static void several_ask_one_thread_at_once_and_all_are_answered(void **state) {
  (void)state;
  spawn(native_method(tick, true), NULL, 0);
  pthread_t askers[THREADS];
  for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&askers[i], NULL, ask_often, world->threads), 0);
  for (int i = 0; i < THREADS; i++) pthread_join(askers[i], NULL);
  assert_int_equal(arrived, THREADS * 100);
}

static void *attach_often(void *context) {
  const struct method *add = context;
  struct value args[] = {probe_int(20), probe_int(3)};
  for (int round = 0; round < 100; round++) {
    struct mutator *th = thread_attach(probe.th);
    thread_leave_native(th);
    if (guest_call(th, add, probe_int(0), args, 2) == DONE && probe_to_int(th->result) == 23) arrived++;
    thread_detach(th);
  }
  ticks++;
  return NULL;
}

static void threads_of_the_host_come_and_go_while_the_world_stops(void **state) {
  (void)state;
  struct method *add = METHOD(2, 2, INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(RETURN));
  pthread_t hosts[THREADS];
  for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&hosts[i], NULL, attach_often, add), 0);
  while (ticks < THREADS) {
    stop();
    uint32_t count = world->thread_count;
    sched_yield();
    assert_int_equal(world->thread_count, count);
    thread_world_resume(world, probe.th);
  }
  for (int i = 0; i < THREADS; i++) pthread_join(hosts[i], NULL);
  assert_int_equal(arrived, THREADS * 100);
  assert_int_equal(world->thread_count, 1);
  assert_int_equal(world->attached_count, 0);
}

static void *attach_and_wait(void *context) {
  struct mutator *th = thread_attach(context);
  arrived++;
  while (!go_on) sched_yield();
  thread_leave_native(th);
  thread_detach(th);
  return NULL;
}

static void the_end_of_a_program_waits_for_no_thread_of_the_host(void **state) {
  (void)state;
  pthread_t host;
  assert_int_equal(pthread_create(&host, NULL, attach_and_wait, probe.th), 0);
  while (!arrived) sched_yield();
  thread_world_join_all(world, probe.th, false, false);
  assert_int_equal(world->thread_count, 2);
  go_on = true;
  thread_world_join_all(world, probe.th, false, true);
  assert_int_equal(world->thread_count, 1);
  pthread_join(host, NULL);
}

static void *fork_attached(void *context) {
  struct mutator *th = thread_attach(context);
  th->fuel = probe.th->fuel = 5; // its own, whatever others have
  struct mutator *other = thread_attach(th);
  bool full = other->fuel == world->config->fuel;
  thread_leave_native(th);
  pid_t child = fork();
  if (child == 0) {
    thread_forget_others(th);
    bool alone = world->threads == thread_of(th) && world->thread_count == 1;
    thread_world_join_all(world, th, false, false); // hangs if it counts as one too many
    thread_detach(th);
    _exit(alone && world->thread_count == 0 && world->attached_count == 0 ? 0 : 1);
  }
  int status = -1;
  if (child > 0) waitpid(child, &status, 0);
  thread_detach(th);
  thread_leave_native(other);
  thread_detach(other);
  arrived = full && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return NULL;
}

static void a_thread_of_the_host_that_forks_is_the_program_of_the_child(void **state) {
  (void)state;
  pthread_t host;
  assert_int_equal(pthread_create(&host, NULL, fork_attached, probe.th), 0);
  thread_enter_native(probe.th);
  pthread_join(host, NULL);
  thread_leave_native(probe.th);
  assert_int_equal(arrived, 1);
}

static void killing_ends_loops_waits_and_threads_to_come(void **state) {
  (void)state;
  spawn(native_method(tick, true), NULL, 0);
  spawn(METHOD(0, 0, INSN(JUMP, 0)), NULL, 0);
  wait_until_ticks(10);
  thread_world_kill(world);
  spawn(METHOD(0, 0, INSN(JUMP, 0)), NULL, 0);
  thread_world_join_all(world, probe.th, false, true);
  assert_int_equal(world->thread_count, 1);
  assert_int_equal(probe_call(&probe, METHOD(0, 0, INSN(JUMP, 0)), NULL, 0), -999);
  assert_true(probe.th->killed);
}

// A native that does not care that its thread is to end.
static enum loam_status ignore_the_end(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  while (!go_on) {
    (void)thread_safepoint(th);
    ticks++;
  }
  *result = probe_int(0);
  return DONE;
}

static void a_killed_thread_still_stops_for_others(void **state) {
  (void)state;
  uint32_t number = spawn(native_method(ignore_the_end, false), NULL, 0);
  wait_until_ticks(10);
  thread_world_kill(world);
  wait_until_ticks(ticks + 10);
  stop();
  unsigned before = ticks;
  wait_ms(3);
  assert_int_equal(ticks, before);
  thread_world_resume(world, probe.th);
  go_on = true;
  struct value result;
  bool found;
  while (thread_join(probe.th, number, &result, &found), world->thread_count > 1) sched_yield();
}

static void preempt_makes_every_poll_a_safepoint(void **state) {
  (void)state;
  open_world((const char *const[]){"--stress=preempt:1", NULL});
  struct method *loop = METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0),
                               INSN(JUMP_IF, 0), INSN(PUSH, 0), INSN(RETURN));
  uint64_t before = thread_of(probe.th)->safepoints;
  assert_int_equal(probe_call(&probe, loop, (int64_t[]){50}, 1), 0);
  assert_true(thread_of(probe.th)->safepoints >= before + 50);
  assert_int_equal(close_world(NULL), 0);
}

static void interrupt_outlives_a_call_that_finds_no_room(void **state) {
  (void)state;
  open_world(NULL);
  struct mutator *th = probe.th;
  thread_interrupt(th);
  assert_int_equal(thread_stack_check(th, NULL, UINTPTR_MAX), THROWN);
  assert_true(thread_interrupted(th));
  assert_int_equal(atomic_load(&th->poll), 0); // the next safepoint runs it
  th->pending = (struct value){0};
  assert_int_equal(thread_safepoint(th), DONE);
  assert_false(thread_interrupted(th));
  assert_int_equal(close_world(NULL), 0);
}

static void there_are_no_more_threads_than_the_limit(void **state) {
  (void)state;
  open_world((const char *const[]){"--threads-max=3", NULL});
  struct method *waiter = native_method(wait_outside, false);
  uint32_t first = spawn(waiter, NULL, 0), second = spawn(waiter, NULL, 0), third;
  struct error err = {0};
  assert_int_equal(thread_spawn(probe.th, waiter, probe_int(0), NULL, 0, &third, &err), LOAM_ERR_LIMIT);
  assert_string_equal(err.text, "more than 3 threads (--threads-max)");
  assert_int_equal(thread_spawn(probe.th, waiter, probe_int(0), NULL, 0, &third, NULL), LOAM_ERR_LIMIT);
  go_on = true;
  join(first);
  join(second);
  join(spawn(waiter, NULL, 0));
  assert_int_equal(close_world(NULL), 0);
}

static void arguments_that_no_stack_holds_are_refused(void **state) {
  (void)state;
  open_world((const char *const[]){"--stack-max=16K", "--fuel=1000", NULL});
  static struct value args[5000];
  struct method *many = METHOD(COUNT_OF(args), COUNT_OF(args), INSN(PUSH, 1), INSN(RETURN));
  struct error err = {0};
  uint32_t number;
  assert_int_equal(thread_spawn(probe.th, many, probe_int(0), args, COUNT_OF(args), &number, &err), LOAM_ERR_LIMIT);
  assert_non_null(strstr(err.text, "5000 arguments"));
  assert_int_equal(world->thread_count, 1);
  assert_int_equal(probe.th->fuel, 1000); // what the thread was to get is back
  assert_int_equal(close_world(NULL), 0);
}

static void threads_that_make_threads_and_collect_end_well(void **state) {
  (void)state;
  open_world((const char *const[]){"--gc=genimmix", "--verify=heap", "--stress=gc:3,move,poison", NULL});
  struct method *busy = METHOD(1, 2, INSN(LOAD, 0), INSN(BOX), INSN(STORE, 1), INSN(LOAD, 0), INSN(BOX), INSN(POP),
                               INSN(LOAD_CELL, 1), INSN(UNBOX), INSN(RETURN));
  uint32_t threads[3 * THREADS];
  for (int round = 0; round < 3; round++) {
    for (unsigned i = 0; i < COUNT_OF(threads); i++) threads[i] = spawn(busy, (struct value[]){probe_int(i)}, 1);
    struct value ignored;
    assert_int_equal(probe_box(probe.th, probe_int(1), &ignored), DONE);
    for (unsigned i = 0; i < COUNT_OF(threads); i++) assert_int_equal(join(threads[i]), i);
  }
  assert_int_equal(close_world(NULL), 0);
}

int main(void) {
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, open_plain, close_world)
  const struct CMUnitTest tests[] = {
      WITH_WORLD(a_spawned_thread_gives_its_result_once),
      WITH_WORLD(a_spawned_thread_compiles_when_its_parent_does),
      WITH_WORLD(joining_throws_what_the_thread_threw),
      WITH_WORLD(a_thread_does_not_find_itself_to_join),
      WITH_WORLD(threads_that_join_each_other_can_be_ended),
      cmocka_unit_test(a_result_moves_with_the_collector_until_it_is_joined),
      cmocka_unit_test(arguments_are_roots_before_the_thread_runs),
      WITH_WORLD(a_stopped_world_stands_still_and_goes_on),
      WITH_WORLD(stopping_does_not_wait_for_who_is_in_native_and_holds_him_there),
      WITH_WORLD(many_threads_stop_the_world_and_only_one_has_it_at_a_time),
      WITH_WORLD(a_handshake_runs_in_the_guest_at_a_safepoint),
      WITH_WORLD(a_handshake_with_a_thread_in_native_is_run_by_who_asks),
      WITH_WORLD(several_ask_one_thread_at_once_and_all_are_answered),
      WITH_WORLD(threads_of_the_host_come_and_go_while_the_world_stops),
      WITH_WORLD(the_end_of_a_program_waits_for_no_thread_of_the_host),
      WITH_WORLD(a_thread_of_the_host_that_forks_is_the_program_of_the_child),
      WITH_WORLD(killing_ends_loops_waits_and_threads_to_come),
      WITH_WORLD(a_killed_thread_still_stops_for_others),
      cmocka_unit_test(preempt_makes_every_poll_a_safepoint),
      cmocka_unit_test(interrupt_outlives_a_call_that_finds_no_room),
      cmocka_unit_test(there_are_no_more_threads_than_the_limit),
      cmocka_unit_test(arguments_that_no_stack_holds_are_refused),
      cmocka_unit_test(threads_that_make_threads_and_collect_end_well),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
