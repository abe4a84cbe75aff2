// SPDX-License-Identifier: MIT
//
// zam_host_test.c: what a host program may do that the command doesn't: run a program twice, have several VMs at once.
// The program is an image made here; its VM runs a function of the test's in the place of `run`.
#include "zam_bigarray.h"
#include "zam_cold.h"
#include "zam_custom.h"
#include "zam_function.h"
#include "zam_prim.h"
#include "zam_run.h"
#include "zam_signal.h"
#include "zam_stub.h"

#include "loam/guest.h"
#include "loam/loam.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

// A library's names of these.
void caml_register_custom_operations(const struct zam_custom_ops *ops);
[[noreturn]] void caml_failwith(const char *text);

// Pushes three words, and ends. Behind that, at words 5, 10 and 12: a function that returns its argument and one, one
// that raises its argument, one that calls its own with itself.
static const char image[] = "\x63\0\0\0\x09\0\0\0\x09\0\0\0\x09\0\0\0\x8f\0\0\0"       // CODE
                            "\0\0\0\0\x7f\0\0\0\x01\0\0\0\x28\0\0\0\x01\0\0\0"         //
                            "\0\0\0\0\x5b\0\0\0"                                       //
                            "\0\0\0\0\x0a\0\0\0\x21\0\0\0\x28\0\0\0\x01\0\0\0"         //
                            "\x84\x95\xA6\xBE\0\0\0\x11\0\0\0\x01\0\0\0\x0d\0\0\0\x0d" // DATA: a block of
                            "\x08\0\0\x30\0@@@@@@@@@@@@"                               // twelve zeros
                            "CODE\0\0\0\x44PRIM\0\0\0\0DATA\0\0\0\x25\0\0\0\x03"
                            "Caml1999X030";

typedef int run_fn(struct mutator *th, struct method *main_method, int argc, char **argv);

static int run_with(run_fn *run, const char *engine) {
  struct loam_guest guest = *loam_guest_find("zam");
  struct loam_vm *vm;
  int status = -1;
  guest.run = run;
  const char *const options[] = {engine, "--heap-max=16M", NULL};
  if (loam_open(&guest, options, &vm) == LOAM_OK && loam_load_text(vm, "image", image, sizeof image - 1) == LOAM_OK)
    loam_run(vm, 0, NULL, &status);
  else
    print_error("%s\n", loam_error_text(vm));
  loam_close(vm);
  return status;
}

static int run_in_vm(run_fn *run) { return run_with(run, "--engine=interp"); }

static int run_twice(struct mutator *th, struct method *main_method, int argc, char **argv) {
  struct value *stack = NULL;
  for (int i = 0; i < 3; i++) {
    if (zam_run(th, main_method, argc, argv) != 0) return 1;
    const struct zam_cold *cold = zam_state(th)->cold;
    if (cold->count != 3 || (i && cold->stack != stack)) return 2;
    stack = cold->stack;
  }
  return 0;
}

static void program_that_runs_again_uses_the_same_stack(void **state) {
  (void)state;
  assert_int_equal(run_in_vm(run_twice), 0);
}

// What is called next is a function as its code stands; meanwhile a signal's function calls it, often.
static int translate_meanwhile(struct mutator *th, struct method *main_method, int argc, char **argv) {
  struct zam_state *vm = zam_state(th);
  struct zam_function *function = zam_function_at(vm, vm->codes, 5);
  const struct method *method;
  struct value closure, argument = zam_from_int(41), result;
  if (zam_run(th, main_method, argc, argv) != 0 || !function) return 1;
  if (zam_make_closure(th, 0, function, NULL, &closure) != DONE) return 2;
  ROOTS(th, &closure);
  if (!zam_cold_takes(th, function, 1, &method)) return 3;
  if (guest_call(th, method, closure, &argument, 1) != DONE || zam_to_int(th->result) != 42) return 4;
  if (!zam_cold_takes(th, function, 1, &method)) return 5;
  for (int i = 0; i < ZAM_COLD_CALLS_MAX; i++)
    if (zam_call(th, closure, &argument, 1, &result) != DONE || zam_to_int(result) != 42) return 6;
  if (function->arity != 1) return 7;
  return guest_call(th, method, closure, &argument, 1) == DONE && zam_to_int(th->result) == 42 ? 0 : 8;
}

static void function_that_is_translated_just_before_its_cold_call_is_called(void **state) {
  (void)state;
  assert_int_equal(run_with(translate_meanwhile, "--engine=auto"), 0);
}

// A function calls one that raises: whatever does that, a host sees both, with their places.
static int raise_in_call(struct mutator *th, struct method *main_method, int argc, char **argv) {
  struct zam_state *vm = zam_state(th);
  struct zam_function *raises = zam_function_at(vm, vm->codes, 10), *calls = zam_function_at(vm, vm->codes, 12);
  struct value closure, caller, result;
  if (zam_run(th, main_method, argc, argv) != 0 || !raises || !calls) return 1;
  if (zam_make_closure(th, 0, raises, NULL, &closure) != DONE) return 2;
  ROOTS(th, &closure);
  if (zam_make_closure(th, 0, calls, NULL, &caller) != DONE) return 3;
  if (zam_call(th, caller, &closure, 1, &result) != THROWN) return 4;
  th->pending = (struct value){0};
  const char *expected = "  at code@10 (instruction 11)\n  at code@12 (instruction 14)\n";
  return strcmp(backtrace_last(th), expected) == 0 ? 0 : (print_error("%s", backtrace_last(th)), 5);
}

static void host_sees_where_cold_code_is(void **state) {
  (void)state;
  assert_int_equal(run_with(raise_in_call, "--engine=auto"), 0);
  assert_int_equal(run_with(raise_in_call, "--engine=interp"), 0);
}

// ---- how a program ends --------------------------------------------------------------------------------------------

// Raises the number 1.
static const char raising[] = "\x64\0\0\0\x5b\0\0\0"                                     // CODE
                              "\x84\x95\xA6\xBE\0\0\0\x11\0\0\0\x01\0\0\0\x0d\0\0\0\x0d" // DATA, as above
                              "\x08\0\0\x30\0@@@@@@@@@@@@"
                              "CODE\0\0\0\x08PRIM\0\0\0\0DATA\0\0\0\x25\0\0\0\x03"
                              "Caml1999X030";

static void host_is_told_of_an_uncaught_exception(void **state) {
  (void)state;
  static const char *const engines[] = {"--engine=interp", "--engine=baseline", "--engine=auto"};
  for (size_t i = 0; i < COUNT_OF(engines); i++) {
    const char *const options[] = {engines[i], NULL};
    struct loam_vm *vm;
    int status = -1;
    assert_int_equal(loam_open(loam_guest_find("zam"), options, &vm), LOAM_OK);
    assert_int_equal(loam_load_text(vm, "raising", raising, sizeof raising - 1), LOAM_OK);
    assert_int_equal(loam_run(vm, 0, NULL, &status), LOAM_ERR_GUEST);
    assert_int_equal(status, 2);
    assert_string_equal(loam_error_text(vm), "uncaught exception: 1");
    assert_non_null(strstr(loam_backtrace(vm), "instruction"));
    loam_close(vm);
  }
}

// An exception left a call that the host made; the program goes on, and ends with a status of its own.
static int raise_and_end(struct mutator *th, struct method *main_method, int argc, char **argv) {
  return raise_in_call(th, main_method, argc, argv) == 0 && *backtrace_last(th) ? 3 : 1;
}

static void status_of_a_program_that_ends_by_itself_is_no_error(void **state) {
  (void)state;
  struct loam_guest guest = *loam_guest_find("zam");
  struct loam_vm *vm;
  int status = -1;
  guest.run = raise_and_end;
  assert_int_equal(loam_open(&guest, NULL, &vm), LOAM_OK);
  assert_int_equal(loam_load_text(vm, "image", image, sizeof image - 1), LOAM_OK);
  assert_int_equal(loam_run(vm, 0, NULL, &status), LOAM_OK);
  assert_int_equal(status, 3);
  loam_close(vm);
}

// ---- what it leaves ------------------------------------------------------------------------------------------------

static zam_prim_fn *find_prim(const struct zam_prim *prims, const char *name) {
  while (prims->name && strcmp(prims->name, name) != 0) prims++;
  return prims->fn;
}

// All of them are alive when the VM closes: the heap is large.
enum { HELD = 1000 };
static int hold_c_memory(struct mutator *th, struct method *main_method, int argc, char **argv) {
  (void)main_method, (void)argc, (void)argv;
  zam_prim_fn *mutex = find_prim(zam_mutex_prims, "caml_mutex_new");
  zam_prim_fn *condition = find_prim(zam_mutex_prims, "caml_condition_new");
  int64_t bytes = 100;
  struct value argument = ZAM_UNIT, made;
  for (int i = 0; i < HELD; i++) {
    if (mutex(th, &argument, &made) != DONE || condition(th, &argument, &made) != DONE) return 1;
    if (zam_bigarray_make(th, BIGARRAY_CHAR, 1, NULL, &bytes, &made) != DONE) return 2;
  }
  return 0;
}

// Where a sanitizer has its own allocator, that looks for leaks.
static void closed_vm_gives_back_what_blocks_held(void **state) {
  (void)state;
  assert_int_equal(run_in_vm(hold_c_memory), 0);
  size_t before = mallinfo2().uordblks;
  assert_int_equal(run_in_vm(hold_c_memory), 0);
  size_t after = mallinfo2().uordblks;
  assert_true(after < before + HELD * sizeof(void *));
}

// ---- two VMs -------------------------------------------------------------------------------------------------------

static pthread_barrier_t both_inside, one_left;

static void raise_inside(void *context) {
  (void)context;
  pthread_barrier_wait(&both_inside);
  caml_failwith("of the first");
}

static void stay_inside(void *context) {
  pthread_barrier_wait(&both_inside);
  pthread_barrier_wait(&one_left);
  *(bool *)context = true;
}

static int run_raising(struct mutator *th, struct method *main_method, int argc, char **argv) {
  (void)main_method, (void)argc, (void)argv;
  enum loam_status status = zam_stub_protect(th, raise_inside, NULL);
  pthread_barrier_wait(&one_left);
  bool good = status == THROWN && strcmp(zam_string_bytes(zam_fields(th->pending)[1]), "of the first") == 0;
  th->pending = (struct value){0};
  return good ? 0 : 1;
}

static int run_staying(struct mutator *th, struct method *main_method, int argc, char **argv) {
  (void)main_method, (void)argc, (void)argv;
  bool stayed = false;
  return zam_stub_protect(th, stay_inside, &stayed) == DONE && stayed ? 0 : 1;
}

static void *run_in_thread(void *run) { return run_in_vm((run_fn *)run) == 0 ? run : NULL; }

// What waits for a safepoint is for a mutator of its own VM, also when the program has run, and when another VM's has.
static int is_woken(struct mutator *th) {
  zam_signals_wake(zam_state(th));
  bool woken = atomic_load(&th->poll) == 0;
  return woken && thread_safepoint(th) == DONE && !zam_state(th)->pending && atomic_load(&th->poll) != 0 ? 0 : 1;
}

static int run_and_be_woken(struct mutator *th, struct method *main_method, int argc, char **argv) {
  if (is_woken(th) != 0 || zam_run(th, main_method, argc, argv) != 0 || is_woken(th) != 0) return 1;
  pthread_barrier_wait(&both_inside);
  pthread_barrier_wait(&one_left);
  return is_woken(th);
}

static int run_meanwhile(struct mutator *th, struct method *main_method, int argc, char **argv) {
  pthread_barrier_wait(&both_inside);
  int status = zam_run(th, main_method, argc, argv);
  pthread_barrier_wait(&one_left);
  return status;
}

static void what_waits_is_for_a_mutator_of_its_own_vm(void **state) {
  (void)state;
  run_fn *const runs[] = {run_and_be_woken, run_meanwhile};
  pthread_t threads[COUNT_OF(runs)];
  pthread_barrier_init(&both_inside, NULL, 2);
  pthread_barrier_init(&one_left, NULL, 2);
  for (size_t i = 0; i < COUNT_OF(runs); i++)
    assert_int_equal(pthread_create(&threads[i], NULL, run_in_thread, (void *)runs[i]), 0);
  for (size_t i = 0; i < COUNT_OF(runs); i++) {
    void *good;
    pthread_join(threads[i], &good);
    assert_non_null(good);
  }
  pthread_barrier_destroy(&both_inside);
  pthread_barrier_destroy(&one_left);
}

static void exception_in_c_code_leaves_that_of_its_own_vm(void **state) {
  (void)state;
  run_fn *const runs[] = {run_raising, run_staying};
  pthread_t threads[2];
  pthread_barrier_init(&both_inside, NULL, 2);
  pthread_barrier_init(&one_left, NULL, 2);
  for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, run_in_thread, (void *)runs[i]), 0);
  for (int i = 0; i < 2; i++) {
    void *result;
    pthread_join(threads[i], &result);
    assert_ptr_equal(result, (void *)runs[i]);
  }
}

static const struct zam_custom_ops library_ops = {.identifier = "library"};

static int find_nothing(struct mutator *th, struct method *main_method, int argc, char **argv) {
  (void)main_method, (void)argc, (void)argv;
  return zam_custom_find(zam_state(th), "library") || zam_stub_claim(zam_state(th)) ? 1 : 0;
}

static int find_own(struct mutator *th, struct method *main_method, int argc, char **argv) {
  struct zam_state *vm = zam_state(th);
  (void)main_method, (void)argc, (void)argv;
  if (!zam_stub_claim(vm) || !zam_stub_claim(vm)) return 1;
  caml_register_custom_operations(&library_ops);
  if (zam_custom_find(vm, "library") != &library_ops) return 2;
  pthread_t other;
  void *found_nothing;
  pthread_create(&other, NULL, run_in_thread, (void *)find_nothing);
  pthread_join(other, &found_nothing);
  zam_stub_release(vm);
  return found_nothing && !zam_custom_find(vm, "library") ? 0 : 3;
}

static void operations_that_a_library_registers_are_its_own_vms(void **state) {
  (void)state;
  assert_int_equal(run_in_vm(find_own), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(program_that_runs_again_uses_the_same_stack),
      cmocka_unit_test(function_that_is_translated_just_before_its_cold_call_is_called),
      cmocka_unit_test(host_sees_where_cold_code_is),
      cmocka_unit_test(host_is_told_of_an_uncaught_exception),
      cmocka_unit_test(status_of_a_program_that_ends_by_itself_is_no_error),
      cmocka_unit_test(closed_vm_gives_back_what_blocks_held),
      cmocka_unit_test(what_waits_is_for_a_mutator_of_its_own_vm),
      cmocka_unit_test(exception_in_c_code_leaves_that_of_its_own_vm),
      cmocka_unit_test(operations_that_a_library_registers_are_its_own_vms),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
