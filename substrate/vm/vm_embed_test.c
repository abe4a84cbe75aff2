// SPDX-License-Identifier: MIT
//
// vm_embed_test.c: what a host program relies on: calls in both directions, limits, errors with their place, values
// that survive collections. The guest is the tutorial machine, in its assembler.
#include "loam/loam.h"

#include "base/mem.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char program[] = "func double 1\n"
                              "  load 0\n  load 0\n  add\n  return\n"
                              "func fail 0\n"
                              "  nil\n  first\n  return\n"
                              "func forever 0\n"
                              "again:\n  jump again\n"
                              "func chain 1 1\n" // a list of n pairs
                              "  nil\n  store 1\n"
                              "more:\n  load 0\n  load 1\n  pair\n  store 1\n"
                              "  load 0\n  push 1\n  sub\n  store 0\n  load 0\n  jump_if more\n"
                              "  load 1\n  return\n"
                              "func ask 1\n"
                              "  function host\n  load 0\n  push 7\n  call 2\n  return\n"
                              "func main 0\n"
                              "  function print\n  push 42\n  call 1\n  return\n";

struct fixture {
  struct loam_vm *vm;
  struct text output;
  int host_calls;
};

static bool collect(void *context, const char *bytes, size_t length) {
  text_add(context, bytes, length);
  return true;
}

// host(a, b): a + b; -1: throws, -2: stops the program, -3: calls back, -4: calls something that fails, -5: no result.
static void host(struct loam_host_call *call, void *user_data) {
  struct fixture *fixture = user_data;
  struct loam_vm *vm = loam_host_vm(call);
  struct loam_value *result = NULL;
  int64_t a = 0, b = 0;
  fixture->host_calls++;
  if (!loam_value_to_int(vm, loam_host_argument(call, 0), &a)) return loam_host_return(call, NULL);
  if (!loam_value_to_int(vm, loam_host_argument(call, 1), &b)) return loam_host_return(call, NULL);
  if (a == -1) return loam_host_throw(call, "no");
  if (a == -2) return loam_host_stop(call, "enough");
  if (a == -5) return;
  if (a == -3) {
    struct loam_value *argument = loam_value_int(vm, b);
    if (argument) loam_call_name(vm, "double", &argument, 1, &result);
    loam_value_release(vm, argument);
    return loam_host_return(call, result);
  }
  if (a == -4) {
    loam_call_name(vm, "fail", NULL, 0, &result);
    return loam_host_return(call, loam_value_int(vm, loam_error_kind(vm) == LOAM_ERR_GUEST));
  }
  loam_host_return(call, loam_value_int(vm, a + b));
}

static enum loam_err open_with(struct fixture *fixture, const char *const *options) {
  *fixture = (struct fixture){0};
  enum loam_err kind = loam_open(loam_guest_find("toy"), options, &fixture->vm);
  if (kind != LOAM_OK) return kind;
  loam_set_output(fixture->vm, collect, &fixture->output);
  kind = loam_define(fixture->vm, "host", 2, host, fixture);
  return kind == LOAM_OK ? loam_load_text(fixture->vm, "program", program, sizeof program - 1) : kind;
}

static void close_fixture(struct fixture *fixture) {
  loam_close(fixture->vm);
  text_fini(&fixture->output);
}

static enum loam_err call_int(struct loam_vm *vm, const char *name, int64_t number, struct loam_value **result) {
  struct loam_value *argument = loam_value_int(vm, number);
  if (!argument) return loam_error_kind(vm);
  enum loam_err kind = loam_call_name(vm, name, &argument, 1, result);
  loam_value_release(vm, argument);
  return kind;
}

static void expect_int(struct loam_vm *vm, const char *name, int64_t number, int64_t expected) {
  struct loam_value *result = NULL;
  int64_t got = 0;
  if (call_int(vm, name, number, &result) != LOAM_OK) fail_msg("%s", loam_error_text(vm));
  assert_true(loam_value_to_int(vm, result, &got));
  assert_int_equal(got, expected);
  loam_value_release(vm, result);
}

// ---- programs -----------------------------------------------------------------------------------------------------

static void program_runs_and_its_output_goes_to_the_host(void **state) {
  (void)state;
  struct fixture f;
  int status = -1;
  assert_int_equal(open_with(&f, NULL), LOAM_OK);
  assert_int_equal(loam_run(f.vm, 0, NULL, &status), LOAM_OK);
  assert_int_equal(status, 0);
  assert_string_equal(f.output.bytes, "42\n");
  assert_int_equal(loam_run(f.vm, 0, NULL, NULL), LOAM_OK);
  assert_string_equal(f.output.bytes, "42\n42\n");
  close_fixture(&f);
}

static void malformed_program_is_refused_with_its_place(void **state) {
  (void)state;
  struct fixture f;
  assert_int_equal(open_with(&f, NULL), LOAM_OK);
  assert_int_equal(loam_load_text(f.vm, "bad", "func f 0\n  jmp x\n", 17), LOAM_ERR_INPUT);
  assert_non_null(strstr(loam_error_text(f.vm), "bad:2"));
  assert_int_equal(loam_load_file(f.vm, "/nowhere/at/all"), LOAM_ERR_FILE);
  assert_int_equal(loam_run(f.vm, 0, NULL, NULL), LOAM_ERR_USAGE);
  close_fixture(&f);
}

static void wrong_options_are_refused_with_a_vm_that_says_why(void **state) {
  (void)state;
  static const char *const options[] = {"--fule=1", NULL};
  struct loam_vm *vm;
  assert_int_equal(loam_open(loam_guest_find("toy"), options, &vm), LOAM_ERR_USAGE);
  assert_string_equal(loam_error_text(vm), "there is no option --fule; did you mean --fuel?");
  assert_int_equal(loam_load_text(vm, "p", "", 0), LOAM_ERR_USAGE);
  assert_null(loam_value_int(vm, 1));
  loam_stop(vm);
  loam_close(vm);
  assert_int_equal(loam_open(NULL, NULL, &vm), LOAM_ERR_USAGE);
  loam_close(vm);
  loam_close(NULL);
}

// ---- calls --------------------------------------------------------------------------------------------------------

static void host_calls_functions_of_the_guest(void **state) {
  (void)state;
  struct fixture f;
  assert_int_equal(open_with(&f, NULL), LOAM_OK);
  expect_int(f.vm, "double", 21, 42);
  expect_int(f.vm, "double", -4, -8);
  struct loam_value *nothing = loam_lookup(f.vm, "missing");
  assert_null(nothing);
  assert_string_equal(loam_error_text(f.vm), "the program has nothing called missing");
  assert_int_equal(loam_call(f.vm, NULL, NULL, 0, NULL), LOAM_ERR_USAGE);
  close_fixture(&f);
}

static void guest_calls_functions_of_the_host(void **state) {
  (void)state;
  struct fixture f;
  struct loam_value *result;
  assert_int_equal(open_with(&f, NULL), LOAM_OK);
  expect_int(f.vm, "ask", 5, 12);
  expect_int(f.vm, "ask", -3, 14); // the host calls the guest again
  expect_int(f.vm, "ask", -4, 1);  // an exception there is the host's to handle
  assert_int_equal(call_int(f.vm, "ask", -5, &result), LOAM_OK);
  assert_true(loam_value_is_none(f.vm, result));
  loam_value_release(f.vm, result);
  assert_int_equal(f.host_calls, 4);
  close_fixture(&f);
}

static void exceptions_come_back_with_their_backtrace(void **state) {
  (void)state;
  struct fixture f;
  struct loam_value *result;
  assert_int_equal(open_with(&f, NULL), LOAM_OK);
  assert_int_equal(loam_call_name(f.vm, "fail", NULL, 0, &result), LOAM_ERR_GUEST);
  assert_null(result);
  assert_non_null(strstr(loam_backtrace(f.vm), "at fail (program:8"));
  assert_int_equal(call_int(f.vm, "ask", -1, NULL), LOAM_ERR_GUEST);
  assert_non_null(strstr(loam_backtrace(f.vm), "at ask"));
  expect_int(f.vm, "double", 1, 2); // it goes on
  assert_string_equal(loam_error_text(f.vm), "");
  close_fixture(&f);
}

static void values_survive_collections(void **state) {
  (void)state;
  static const char *const options[] = {"--stress=gc:1,move,poison", "--verify=heap", NULL};
  struct fixture f;
  struct loam_value *chain;
  assert_int_equal(open_with(&f, options), LOAM_OK);
  assert_int_equal(call_int(f.vm, "chain", 4, &chain), LOAM_OK);
  struct loam_value *copy = loam_value_copy(f.vm, chain);
  loam_value_release(f.vm, chain);
  loam_collect(f.vm);
  assert_string_equal(loam_value_describe(f.vm, copy), "(1 . (2 . (3 . (4 . nil))))");
  loam_value_release(f.vm, copy);
  struct loam_stats stats;
  loam_stats_read(f.vm, &stats);
  assert_true(stats.collections >= 4 && stats.bytes_allocated >= 4 * 24);
  close_fixture(&f);
}

// ---- limits -------------------------------------------------------------------------------------------------------

static void expect_end(struct loam_vm *vm, enum loam_err kind, const char *text) {
  assert_int_equal(kind, LOAM_ERR_LIMIT);
  assert_string_equal(loam_error_text(vm), text);
  assert_null(loam_value_int(vm, 1)); // it is over for good
  assert_int_equal(loam_run(vm, 0, NULL, NULL), LOAM_ERR_LIMIT);
  assert_string_equal(loam_error_text(vm), text);
}

static void fuel_ends_the_program_for_good(void **state) {
  (void)state;
  static const char *const options[] = {"--fuel=1000", NULL};
  struct fixture f;
  assert_int_equal(open_with(&f, options), LOAM_OK);
  enum loam_err kind = loam_call_name(f.vm, "forever", NULL, 0, NULL);
  assert_non_null(strstr(loam_backtrace(f.vm), "at forever (program:12"));
  expect_end(f.vm, kind, "fuel: the program used up its 1000 instructions (--fuel)");
  close_fixture(&f);
}

static void time_counts_only_while_the_guest_runs(void **state) {
  (void)state;
  static const char *const options[] = {"--time-max=100ms", NULL};
  struct fixture f;
  assert_int_equal(open_with(&f, options), LOAM_OK);
  usleep(150000);
  expect_int(f.vm, "double", 2, 4);
  enum loam_err kind = loam_call_name(f.vm, "forever", NULL, 0, NULL);
  expect_end(f.vm, kind, "time: the program ran longer than 0.1 seconds (--time-max)");
  close_fixture(&f);
}

static void *stop_soon(void *vm) {
  usleep(20000);
  loam_stop(vm);
  return NULL;
}

static void host_stops_a_program_from_another_thread(void **state) {
  (void)state;
  struct fixture f;
  pthread_t thread;
  assert_int_equal(open_with(&f, NULL), LOAM_OK);
  assert_int_equal(pthread_create(&thread, NULL, stop_soon, f.vm), 0);
  enum loam_err kind = loam_call_name(f.vm, "forever", NULL, 0, NULL);
  pthread_join(thread, NULL);
  expect_end(f.vm, kind, "stop: the host program ended it");
  close_fixture(&f);
}

static void host_function_stops_the_program(void **state) {
  (void)state;
  struct fixture f;
  assert_int_equal(open_with(&f, NULL), LOAM_OK);
  expect_end(f.vm, call_int(f.vm, "ask", -2, NULL), "stop: enough");
  close_fixture(&f);
}

// ---- a slow reader ------------------------------------------------------------------------------------------------

static const char chatter[] =
    "func chatter 1\n" // prints for ever
    "again:\n  function print\n  load 0\n  call 1\n  pop\n  jump again\n"
    "func main 0 1\n" // waits until nobody reads that; makes a million pairs, then goes on reading
    "  function spawn\n  function chatter\n  push 1\n  call 2\n  pop\n"
    "  function reader\n  push 0\n  call 1\n  pop\n"
    "  push 1000000\n  store 0\n"
    "more:\n  nil\n  nil\n  pair\n  pop\n"
    "  load 0\n  push 1\n  sub\n  store 0\n  load 0\n  jump_if more\n"
    "  function reader\n  push 1\n  call 1\n  return\n";

struct reader {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool asked, answers, starved;
};

static void await(struct reader *reader, const bool *flag) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += 60;
  while (!*flag && !reader->starved)
    reader->starved = pthread_cond_timedwait(&reader->changed, &reader->lock, &deadline) != 0;
}

static bool read_late(void *context, const char *bytes, size_t length) {
  (void)bytes, (void)length;
  struct reader *reader = context;
  pthread_mutex_lock(&reader->lock);
  reader->asked = true;
  pthread_cond_broadcast(&reader->changed);
  await(reader, &reader->answers);
  pthread_mutex_unlock(&reader->lock);
  return true;
}

// reader(0): waits until it has something to read; reader(1): reads, and ends the program.
static void call_reader(struct loam_host_call *call, void *user_data) {
  struct reader *reader = user_data;
  int64_t answers = 0;
  loam_value_to_int(loam_host_vm(call), loam_host_argument(call, 0), &answers);
  pthread_mutex_lock(&reader->lock);
  if (!answers) await(reader, &reader->asked);
  reader->answers = answers;
  pthread_cond_broadcast(&reader->changed);
  pthread_mutex_unlock(&reader->lock);
  if (answers) return loam_host_stop(call, "enough");
  loam_host_return(call, loam_value_int(loam_host_vm(call), 0));
}

static void collections_go_on_while_a_thread_waits_for_its_reader(void **state) {
  (void)state;
  static const char *const options[] = {"--heap-max=4M", NULL};
  struct reader reader = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  struct loam_vm *vm;
  struct loam_stats stats;
  assert_int_equal(loam_open(loam_guest_find("toy"), options, &vm), LOAM_OK);
  loam_set_output(vm, read_late, &reader);
  assert_int_equal(loam_define(vm, "reader", 1, call_reader, &reader), LOAM_OK);
  assert_int_equal(loam_load_text(vm, "chatter", chatter, sizeof chatter - 1), LOAM_OK);
  enum loam_err kind = loam_run(vm, 0, NULL, NULL);
  if (kind != LOAM_ERR_LIMIT) fail_msg("%s", loam_error_text(vm));
  assert_string_equal(loam_error_text(vm), "stop: enough");
  loam_stats_read(vm, &stats);
  loam_close(vm);
  assert_false(reader.starved);
  assert_true(stats.collections > 0);
}

// ---- no memory ----------------------------------------------------------------------------------------------------

// A host's whole use of a VM; any step may fail.
static void use_everything(void) {
  struct fixture f;
  struct loam_value *result = NULL;
  if (open_with(&f, NULL) == LOAM_OK) {
    loam_run(f.vm, 0, NULL, NULL);
    for (int64_t a = 3; a >= -5; a--)
      if (a != -2 && call_int(f.vm, "ask", a, &result) == LOAM_OK) loam_value_release(f.vm, result);
    if (loam_call_name(f.vm, "fail", NULL, 0, &result) == LOAM_OK) loam_value_release(f.vm, result);
    if (call_int(f.vm, "chain", 3, &result) == LOAM_OK) {
      loam_value_describe(f.vm, result);
      loam_value_release(f.vm, result);
    }
  }
  close_fixture(&f);
}

static void every_failed_allocation_leads_to_a_clean_end(void **state) {
  (void)state;
  for (uint64_t nth = 1; nth <= 120; nth++) {
    mem_fail_at(nth);
    use_everything();
    mem_fail_at(0);
  }
  use_everything();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(program_runs_and_its_output_goes_to_the_host),
      cmocka_unit_test(malformed_program_is_refused_with_its_place),
      cmocka_unit_test(wrong_options_are_refused_with_a_vm_that_says_why),
      cmocka_unit_test(host_calls_functions_of_the_guest),
      cmocka_unit_test(guest_calls_functions_of_the_host),
      cmocka_unit_test(exceptions_come_back_with_their_backtrace),
      cmocka_unit_test(values_survive_collections),
      cmocka_unit_test(fuel_ends_the_program_for_good),
      cmocka_unit_test(time_counts_only_while_the_guest_runs),
      cmocka_unit_test(host_stops_a_program_from_another_thread),
      cmocka_unit_test(host_function_stops_the_program),
      cmocka_unit_test(collections_go_on_while_a_thread_waits_for_its_reader),
      cmocka_unit_test(every_failed_allocation_leads_to_a_clean_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
