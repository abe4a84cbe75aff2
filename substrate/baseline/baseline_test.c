// SPDX-License-Identifier: MIT
//
// baseline_test.c: compiled code does what the interpreter does, control moves between both wherever it can, and what
// can't be compiled is interpreted.
#include "baseline/baseline.h"

#include "interp/interp.h"
#include "interp/interp_probe_test.h"
#include "os/os_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct probe probe;
static struct method *where, *thrower, *callee, *native; // called through these variables

// 1 when its caller is compiled code, else 0.
static enum loam_status tell_where(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  *result = probe_int(th->fp[FRAME_RETURN_CODE].bits != 0);
  return DONE;
}

static enum loam_status throw_seven(struct mutator *th, struct value *args, struct value *result) {
  (void)args, (void)result;
  return throw_value(th, probe_int(7));
}

static void open_with(const char *const *options) {
  probe_open(&probe, options);
  where = probe_native(&probe, "where", 0, tell_where);
  thrower = probe_native(&probe, "throw_seven", 0, throw_seven);
}
static void open_engine(const char *engine) { open_with((const char *const[]){engine, NULL}); }

#define METHOD(params, locals, ...) probe_method(&probe, &(struct code_draft)DRAFT(params, locals, __VA_ARGS__))
#define CALL_OF(method, count) INSN(PUSH, 0), INSN(CALL, (intptr_t)&method, count)
#define TELL_WHERE INSN(PUSH, 0), INSN(CALL, (intptr_t)&where, 0)

// ---- each op ------------------------------------------------------------------------------------------------------

// Programs of two parameters and a further local, whose handler, when they have one, covers all and is their last
// instruction but one.
static const struct program {
  bool handled;
  struct code_draft draft;
} programs[] = {
    {false, DRAFT(2, 3, INSN(PUSH, 0), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, -1), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, INT32_MIN), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, INT32_MAX), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(WIDE, 0, 0, 0), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(WIDE, UINT16_MAX, UINT32_MAX, 1), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(WIDE, 1, 2, INT64_MAX), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(WIDE, 1, UINT32_MAX, INT64_MIN), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(WIDE, 0x8000, 0x80000000, -1), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(COUNT), INSN(POP), INSN(COUNT), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(SELF), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(LOAD, 1), INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(ADD), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(LOAD, 2), INSN(STORE, 0), INSN(PUSH, 9), INSN(STORE, 2), INSN(LOAD, 2), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 1), INSN(PUSH, 2), INSN(POP), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 1), INSN(POP), INSN(PUSH, 2), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 1), INSN(PUSH, 2), INSN(SWAP), INSN(POP), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 1), INSN(PUSH, 2), INSN(EITHER), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(LOAD, 0), INSN(LOAD, 1), INSN(ADD), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 1000000000), INSN(PUSH, 1), INSN(ADD), INSN(RETURN))}, // throws
    {true, DRAFT(2, 3, INSN(PUSH, 1000000000), INSN(PUSH, 1), INSN(ADD), INSN(RETURN), INSN(PUSH, 5), INSN(ADD),
                 INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(LOAD, 0), INSN(LOAD, 1), INSN(LESS), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(SUM, 0), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 4), INSN(SUM, 1), INSN(RETURN))},
    {false,
     DRAFT(2, 3, INSN(PUSH, 1), INSN(LOAD, 0), INSN(LOAD, 1), INSN(PUSH, 5), INSN(SUM, 3), INSN(ADD), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(JUMP, 3), INSN(PUSH, 1), INSN(RETURN), INSN(PUSH, 2), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(LOAD, 0), INSN(PUSH, 50), INSN(LESS), INSN(JUMP_IF, 6), INSN(PUSH, 1), INSN(RETURN),
                  INSN(PUSH, 2), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 60), INSN(PUSH, 50), INSN(LESS), INSN(JUMP_IF, 6), INSN(PUSH, 1), INSN(RETURN),
                  INSN(PUSH, 2), INSN(RETURN))},
    // The sum 2 + 1 + .. as long as local 0 lasts, 40 rounds.
    {false, DRAFT(2, 3, INSN(LOAD, 1), INSN(LOAD, 0), INSN(ADD), INSN(STORE, 1), INSN(LOAD, 0), INSN(PUSH, -1),
                  INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 0), INSN(LOAD, 1), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 3), CALL_OF(thrower, 0), INSN(ADD), INSN(RETURN))}, // throws
    {true,
     DRAFT(2, 3, INSN(PUSH, 3), CALL_OF(thrower, 0), INSN(ADD), INSN(RETURN), INSN(PUSH, 5), INSN(ADD), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 3), INSN(THROW))},
    {true, DRAFT(2, 3, INSN(PUSH, 3), INSN(THROW), INSN(PUSH, 6), INSN(ADD), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(LOAD, 0), INSN(BOX), INSN(UNBOX), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(LOAD, 0), INSN(LOAD, 1), INSN(BOX), INSN(STORE, 2), INSN(LOAD_CELL, 2), INSN(UNBOX),
                  INSN(ADD), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(LOAD, 0), INSN(CELL), INSN(UNBOX), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 1), INSN(BOX), INSN(MAKE), INSN(UNDER), INSN(UNBOX), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(MAKE), INSN(MAKE), INSN(UNDER), INSN(UNBOX), INSN(RETURN))},
    // The operand below the top is in a register: through a slow path, into a loop, where it is the top, under others.
    {false, DRAFT(2, 3, INSN(PUSH, 4), INSN(LOAD, 0), INSN(PUSH, 7), INSN(BOX), INSN(UNBOX), INSN(ADD), INSN(ADD),
                  INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 1), INSN(PUSH, 2), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0),
                  INSN(LOAD, 0), INSN(JUMP_IF, 2), INSN(ADD), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 1), INSN(LOAD, 0), INSN(BOX), INSN(STORE, 2), INSN(LOAD, 1), INSN(STORE, 2),
                  INSN(LOAD, 2), INSN(ADD), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(PUSH, 1), INSN(PUSH, 2), INSN(PUSH, 4), INSN(PUSH, 8), INSN(SWAP), INSN(POP),
                  CALL_OF(where, 0), INSN(POP), INSN(ADD), INSN(EITHER), INSN(RETURN))},
    {true, DRAFT(2, 3, INSN(PUSH, 1), INSN(PUSH, 1000000000), INSN(PUSH, 1), INSN(ADD), INSN(ADD), INSN(RETURN),
                 INSN(PUSH, 5), INSN(ADD), INSN(RETURN))},
    // Ops that test a kind: of what they are made for, then of a cell, which one throws for.
    {false, DRAFT(2, 3, INSN(LOAD, 0), INSN(NEGATE), INSN(NEXT), INSN(NEGATE), INSN(RETURN))},
    {false, DRAFT(2, 3, INSN(LOAD, 0), INSN(BOX), INSN(NEXT), INSN(NEGATE), INSN(RETURN))},
    {true, DRAFT(2, 3, INSN(LOAD, 0), INSN(BOX), INSN(STORE, 2), INSN(LOAD, 2), INSN(NEGATE), INSN(RETURN),
                 INSN(PUSH, 5), INSN(ADD), INSN(RETURN))},
    // Unreachable code has no stencil, and none is needed.
    {false, DRAFT(2, 3, INSN(PUSH, 8), INSN(RETURN), INSN(ADD), INSN(ADD), INSN(JUMP, 0))},
};

struct outcome {
  int64_t result, pending;
  bool compiled;
};

static struct outcome run_program(const char *engine, const char *stress, const struct program *program) {
  open_with((const char *const[]){engine, "--gc=semispace", stress, NULL});
  struct code_draft draft = program->draft;
  struct insn_handler handler = {0, draft.insn_count - 3, draft.insn_count - 3};
  draft.handlers = &handler;
  draft.handler_count = program->handled;
  const struct method *method = probe_method(&probe, &draft);
  struct outcome outcome = {.compiled = method->compiled};
  for (int i = 0; i < 3; i++) { // in `auto`, the engine changes between the rounds
    outcome.result = outcome.result * 3 + probe_call(&probe, method, (int64_t[]){40, 2}, 2);
    outcome.pending = probe_to_int(probe.th->pending);
  }
  probe_close(&probe);
  return outcome;
}

// Ways to run compiled code: the first is all baseline code, the others mix the engines.
static const struct way {
  const char *engine, *stress;
} ways[] = {
    {"--engine=baseline", "--stress=gc:1,move,poison"},
    {"--engine=auto", "--stress=gc:1,move,poison"},
    {"--engine=hot", "--stress=gc:1,move,poison"},
    {"--engine=hot", "--stress=deopt:2"},
    {"--engine=auto", "--stress=tier:1,gc:1,move,poison"},
    {"--engine=auto", "--stress=tier:1,deopt:3,gc:1,move,poison"},
};

static void every_op_does_in_compiled_code_what_it_does_in_the_interpreter(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(programs); i++) {
    struct outcome expected = run_program("--engine=interp", ways[0].stress, &programs[i]);
    assert_false(expected.compiled);
    for (size_t w = 0; w < COUNT_OF(ways); w++) {
      struct outcome outcome = run_program(ways[w].engine, ways[w].stress, &programs[i]);
      assert_true(w > 0 || outcome.compiled);
      if (expected.result != outcome.result || expected.pending != outcome.pending)
        fail_msg("program %zu: the interpreter gives %lld, with %s %s it is %lld", i, (long long)expected.result,
                 ways[w].engine, ways[w].stress, (long long)outcome.result);
    }
  }
}

static void locals_and_operands_far_from_the_frame_are_reached(void **state) {
  (void)state;
  open_engine("--engine=baseline");
  struct method *far = METHOD(1, 30000, INSN(LOAD, 0), INSN(STORE, 29999), INSN(PUSH, 1), INSN(STORE, 0),
                              INSN(LOAD, 29999), INSN(LOAD, 0), INSN(ADD), INSN(RETURN));
  assert_non_null(far->compiled);
  assert_int_equal(probe_call(&probe, far, (int64_t[]){41}, 1), 42);
  struct insn insns[PROBE_DEPTH_MAX + 2];
  for (int i = 0; i < PROBE_DEPTH_MAX; i++) insns[i] = (struct insn)INSN(PUSH, i);
  insns[PROBE_DEPTH_MAX] = (struct insn)INSN(SUM, PROBE_DEPTH_MAX);
  insns[PROBE_DEPTH_MAX + 1] = (struct insn)INSN(RETURN);
  struct method *deep =
      probe_method(&probe, &(struct code_draft){.name = "deep", .insns = insns, .insn_count = COUNT_OF(insns)});
  assert_int_equal(probe_call(&probe, deep, NULL, 0), PROBE_DEPTH_MAX * (PROBE_DEPTH_MAX - 1) / 2);
  probe_close(&probe);
}

// ---- moving between the engines -----------------------------------------------------------------------------------

static void a_slow_path_comes_back_into_compiled_code(void **state) {
  (void)state;
  open_engine("--engine=baseline");
  struct method *method =
      METHOD(0, 0, INSN(PUSH, 40), INSN(BOX), INSN(UNBOX), TELL_WHERE, INSN(ADD), TELL_WHERE, INSN(ADD), INSN(RETURN));
  assert_int_equal(probe_call(&probe, method, NULL, 0), 42);
  probe_close(&probe);
}

static void a_handler_of_a_compiled_function_runs_compiled(void **state) {
  (void)state;
  open_engine("--engine=baseline");
  struct code_draft draft = DRAFT(0, 0, CALL_OF(thrower, 0), INSN(RETURN), TELL_WHERE, INSN(ADD), INSN(RETURN));
  draft.handlers = &(struct insn_handler){0, 2, 3};
  draft.handler_count = 1;
  struct method *outer = probe_method(&probe, &draft);
  assert_int_equal(probe_call(&probe, outer, NULL, 0), 8);
  // Through a compiled frame without a handler, too.
  native = METHOD(0, 0, CALL_OF(thrower, 0), INSN(RETURN));
  struct code_draft through = DRAFT(0, 0, CALL_OF(native, 0), INSN(RETURN), TELL_WHERE, INSN(ADD), INSN(RETURN));
  through.handlers = draft.handlers;
  through.handler_count = 1;
  assert_int_equal(probe_call(&probe, probe_method(&probe, &through), NULL, 0), 8);
  probe_close(&probe);
}

// 100 times what its callee says, and where it runs itself.
static struct method *caller_of(struct method **method) {
  return METHOD(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)method, 0), TELL_WHERE, INSN(SUM, 2), INSN(RETURN));
}

static void functions_of_both_engines_call_each_other(void **state) {
  (void)state;
  open_engine("--engine=auto");
  callee = METHOD(0, 0, TELL_WHERE, INSN(PUSH, 10), INSN(ADD), INSN(RETURN));
  struct method *caller = caller_of(&callee);
  uint32_t calls = interp_calls_before_compiling(callee), more = interp_calls_before_compiling(caller) - calls;
  for (uint32_t i = 1; i < calls; i++) assert_int_equal(probe_call(&probe, caller, NULL, 0), 10); // both interpreted
  assert_int_equal(probe_call(&probe, callee, NULL, 0), 11);
  struct method *young = caller_of(&callee);
  assert_int_equal(probe_call(&probe, young, NULL, 0), 11); // interpreted calls compiled
  for (uint32_t i = 0; i < more; i++) assert_int_equal(probe_call(&probe, caller, NULL, 0), 11);
  assert_int_equal(probe_call(&probe, caller, NULL, 0), 12); // both compiled
  callee = METHOD(0, 0, TELL_WHERE, INSN(PUSH, 10), INSN(ADD), INSN(RETURN));
  assert_int_equal(probe_call(&probe, caller, NULL, 0), 11); // compiled calls interpreted, and is come back to
  probe_close(&probe);
}

// native(n): calls `callee` with n - 1 while n is positive, and adds 1.
static enum loam_status count_down(struct mutator *th, struct value *args, struct value *result) {
  int64_t n = probe_to_int(args[0]);
  *result = probe_int(0);
  if (n <= 0) return DONE;
  struct value less = probe_int(n - 1);
  if (guest_call(th, callee, probe_int(0), &less, 1) != DONE) return THROWN;
  *result = probe_int(probe_to_int(th->result) + 1);
  return DONE;
}

static void compiled_code_and_natives_nest(void **state) {
  (void)state;
  open_engine("--engine=baseline");
  native = probe_native(&probe, "count_down", 1, count_down);
  callee =
      METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&native, 1), TELL_WHERE, INSN(ADD), INSN(RETURN));
  assert_int_equal(probe_call(&probe, callee, (int64_t[]){50}, 1), 101);
  probe_close(&probe);
}

// f(n) = n < 2 ? n : f(n - 1) + f(n - 2)
static struct method *fib(struct method **self) {
  return *self = METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, 2), INSN(LESS), INSN(JUMP_IF, 15), INSN(PUSH, 0), INSN(LOAD, 0),
                        INSN(PUSH, -1), INSN(ADD), INSN(CALL, (intptr_t)self, 1), INSN(PUSH, 0), INSN(LOAD, 0),
                        INSN(PUSH, -2), INSN(ADD), INSN(CALL, (intptr_t)self, 1), INSN(JUMP, 17), INSN(LOAD, 0),
                        INSN(RETURN), INSN(ADD), INSN(RETURN));
}

static void endless_recursion_is_the_guests_stack_overflow_and_the_stack_is_usable_again(void **state) {
  (void)state;
  open_with((const char *const[]){"--engine=baseline", "--stack-max=64K", NULL});
  callee = METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&callee, 1), INSN(RETURN));
  static struct method *other;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(probe_call(&probe, callee, (int64_t[]){1}, 1), -999);
    assert_int_equal(probe_to_int(probe.th->pending), PROBE_STACK_OVERFLOW);
    assert_int_equal(probe_call(&probe, fib(&other), (int64_t[]){10}, 1), 55);
  }
  probe_close(&probe);
}

// The number of rounds, of `rounds`, that ran in compiled code.
static struct method *loop(void) {
  return METHOD(1, 2, INSN(PUSH, 0), INSN(STORE, 1), INSN(LOAD, 1), TELL_WHERE, INSN(ADD), INSN(STORE, 1),
                INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 2),
                INSN(LOAD, 1), INSN(RETURN));
}

static void a_loop_that_runs_long_moves_into_compiled_code(void **state) {
  (void)state;
  open_engine("--engine=auto");
  assert_int_equal(probe_call(&probe, loop(), (int64_t[]){100}, 1), 0);
  int64_t compiled = probe_call(&probe, loop(), (int64_t[]){5000}, 1);
  assert_in_range(compiled, 3000, 4990);
  probe_close(&probe);
}

static void who_asks_too_early_is_compiled_later(void **state) {
  (void)state;
  open_engine("--engine=auto");
  probe.th->compile_from = UINT64_MAX / 2;
  struct method *tells = METHOD(0, 0, TELL_WHERE, INSN(RETURN)), *counts = loop();
  uint32_t calls = interp_calls_before_compiling(tells);
  for (uint32_t i = 0; i < 3 * calls; i++) assert_int_equal(probe_call(&probe, tells, NULL, 0), 0);
  assert_int_equal(probe_call(&probe, counts, (int64_t[]){5000}, 1), 0);
  probe.th->compile_from = 1; // that has passed
  for (uint32_t i = 0; i < calls; i++) (void)probe_call(&probe, tells, NULL, 0);
  assert_int_equal(probe_call(&probe, tells, NULL, 0), 1);
  assert_in_range(probe_call(&probe, counts, (int64_t[]){5000}, 1), 3000, 4990);
  probe_close(&probe);
}

static void what_is_called_very_often_is_compiled_in_a_young_program(void **state) {
  (void)state;
  enum { YOUNG_NS = 4000000, TIMES = 16 };
  open_engine("--engine=auto");
  uint64_t from = probe.th->compile_from = os_clock_ns();
  struct method *tells = METHOD(0, 0, TELL_WHERE, INSN(RETURN));
  uint32_t calls = interp_calls_before_compiling(tells);
  for (uint32_t i = 0; i < 2 * calls; i++) {
    bool compiled = probe_call(&probe, tells, NULL, 0);
    if (os_clock_ns() < from + YOUNG_NS) assert_false(compiled);
  }
  for (uint32_t i = 0; i < TIMES * calls; i++) (void)probe_call(&probe, tells, NULL, 0);
  assert_int_equal(probe_call(&probe, tells, NULL, 0), 1);
  probe_close(&probe);
}

static void only_what_runs_without_stress_waits_for_a_time(void **state) {
  (void)state;
  static const char *const stressed[] = {"--stress=gc:1000", "--stress=preempt:1", "--stress=deopt:3",
                                         "--stress=tier:2", "--stress=oom:1000000"};
  open_engine("--engine=auto");
  assert_true(probe.compile_from);
  probe_close(&probe);
  open_engine("--engine=hot");
  assert_false(probe.compile_from);
  probe_close(&probe);
  for (size_t i = 0; i < COUNT_OF(stressed); i++) {
    open_with((const char *const[]){"--engine=auto", stressed[i], NULL});
    assert_false(probe.compile_from);
    probe_close(&probe);
  }
}

static void a_loop_whose_every_poll_is_wanted_goes_on_in_compiled_code(void **state) {
  (void)state;
  open_with((const char *const[]){"--engine=baseline", "--stress=preempt:1", NULL});
  assert_int_equal(probe_call(&probe, loop(), (int64_t[]){100}, 1), 100);
  probe_close(&probe);
}

static void who_watches_instructions_gets_the_interpreter(void **state) {
  (void)state;
  open_with((const char *const[]){"--engine=baseline", "--fuel=1000000", NULL});
  struct method *method = loop();
  assert_null(method->compiled);
  assert_int_equal(probe_call(&probe, method, (int64_t[]){3000}, 1), 0);
  probe_close(&probe);
}

// ---- threads ------------------------------------------------------------------------------------------------------

static void threads_compile_and_run_the_same_functions(void **state) {
  (void)state;
  static struct method *self;
  for (int round = 0; round < 10; round++) {
    open_engine("--engine=auto");
    struct method *function = fib(&self), *rounds = loop();
    uint32_t threads[8];
    struct error err = {0};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
      assert_int_equal(thread_spawn(probe.th, i % 2 ? function : rounds, probe_int(0),
                                    &(struct value){probe_int(i % 2 ? 12 : 3000).bits}, 1, &threads[i], &err),
                       LOAM_OK);
    assert_int_equal(probe_call(&probe, function, (int64_t[]){12}, 1), 144);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
      struct value result;
      bool found;
      assert_int_equal(thread_join(probe.th, threads[i], &result, &found), DONE);
      if (i % 2) assert_int_equal(probe_to_int(result), 144);
    }
    // Where all this takes long, hot code comes meanwhile.
    const void *entry = __atomic_load_n(&function->entry, __ATOMIC_ACQUIRE);
    const struct method_code *hot = __atomic_load_n(&function->hot, __ATOMIC_ACQUIRE);
    const char *compiled = __atomic_load_n(&function->compiled, __ATOMIC_ACQUIRE);
    assert_non_null(compiled);
    assert_true(entry == compiled || (hot && entry == hot->entry));
    probe_close(&probe);
  }
}

// ---- code memory --------------------------------------------------------------------------------------------------

// A compiler of the test's own, beside a VM that only interprets.
static struct baseline compiler;
static struct emit_memory memory;

static void open_compiler(void) {
  open_engine("--engine=interp");
  struct error err = {0};
  assert_int_equal(emit_memory_init(&memory, &err), LOAM_OK);
  baseline_init(&compiler, &probe_op_table, &memory);
}

static void close_compiler(void) {
  baseline_fini(&compiler);
  emit_memory_fini(&memory);
  probe_close(&probe);
}

static void a_function_without_room_for_its_code_stays_with_the_interpreter(void **state) {
  (void)state;
  open_compiler();
  struct method *first = loop(), *second = loop();
  assert_true(baseline_compile(&compiler, first));
  struct emit_block rest;
  assert_true(emit_alloc(&memory, memory.bytes - memory.top - 32, &rest));
  for (int i = 0; i < 3; i++) assert_false(baseline_compile(&compiler, second));
  assert_int_equal(compiler.methods, 1);
  assert_int_equal(compiler.refused, 1); // tried once
  assert_int_equal(probe_call(&probe, first, (int64_t[]){10}, 1), 10);
  assert_int_equal(probe_call(&probe, second, (int64_t[]){10}, 1), 0);
  assert_true(baseline_compile(&compiler, first)); // it is
  close_compiler();
}

static void natives_are_not_compiled(void **state) {
  (void)state;
  open_compiler();
  assert_false(baseline_compile(&compiler, where));
  close_compiler();
}

static void a_function_that_calls_what_is_out_of_reach_stays_with_the_interpreter(void **state) {
  (void)state;
  open_compiler();
  static const void *functions[8];
  for (unsigned i = 0; i < COUNT_OF(functions); i++) functions[i] = (const void *)16;
  struct stencil_set set = *probe_op_table.stencils;
  set.functions = functions;
  struct op_table table = probe_op_table;
  table.stencils = &set;
  compiler.ops = &table;
  assert_false(baseline_compile(&compiler, METHOD(0, 0, INSN(PUSH, 1), INSN(THROW))));
  assert_true(baseline_compile(&compiler, METHOD(0, 0, INSN(PUSH, 1), INSN(RETURN))));
  close_compiler();
}

// Machine code names the bytecode in four bytes.
static void a_function_that_lies_too_high_stays_with_the_interpreter(void **state) {
  (void)state;
  open_compiler();
  struct method high = *METHOD(0, 0, INSN(PUSH, 1), INSN(RETURN));
  high.code = (const uint64_t *)((uintptr_t)INT32_MAX - 7); // nobody reads there
  assert_false(baseline_compile(&compiler, &high));
  assert_true(high.stays_interpreted);
  close_compiler();
}

static void a_forked_process_leaves_the_shared_code_alone(void **state) {
  (void)state;
  open_compiler();
  struct method *before = loop(), *after = loop();
  assert_true(baseline_compile(&compiler, before));
  pid_t child = fork();
  if (child == 0) {
    bool good = !baseline_compile(&compiler, after) && probe_call(&probe, before, (int64_t[]){10}, 1) == 10 &&
                probe_call(&probe, after, (int64_t[]){10}, 1) == 0;
    _exit(good ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_true(baseline_compile(&compiler, after));
  close_compiler();
}

static void no_memory_is_writable_and_executable(void **state) {
  (void)state;
  open_engine("--engine=baseline");
  static struct method *self;
  assert_int_equal(probe_call(&probe, fib(&self), (int64_t[]){10}, 1), 55);
  FILE *maps = fopen("/proc/self/maps", "r");
  assert_non_null(maps);
  char line[500], rights[5];
  int writable = 0, executable = 0;
  while (fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%*s %4s", rights) != 1 || !strstr(line, "/dev/zero")) continue; // shared anonymous memory
    assert_false(rights[1] == 'w' && rights[2] == 'x');
    writable += rights[1] == 'w';
    executable += rights[2] == 'x';
  }
  fclose(maps);
  assert_int_equal(writable, 1);
  assert_int_equal(executable, 1);
  probe_close(&probe);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_op_does_in_compiled_code_what_it_does_in_the_interpreter),
      cmocka_unit_test(locals_and_operands_far_from_the_frame_are_reached),
      cmocka_unit_test(a_slow_path_comes_back_into_compiled_code),
      cmocka_unit_test(a_handler_of_a_compiled_function_runs_compiled),
      cmocka_unit_test(functions_of_both_engines_call_each_other),
      cmocka_unit_test(compiled_code_and_natives_nest),
      cmocka_unit_test(endless_recursion_is_the_guests_stack_overflow_and_the_stack_is_usable_again),
      cmocka_unit_test(a_loop_that_runs_long_moves_into_compiled_code),
      cmocka_unit_test(who_asks_too_early_is_compiled_later),
      cmocka_unit_test(what_is_called_very_often_is_compiled_in_a_young_program),
      cmocka_unit_test(only_what_runs_without_stress_waits_for_a_time),
      cmocka_unit_test(a_loop_whose_every_poll_is_wanted_goes_on_in_compiled_code),
      cmocka_unit_test(who_watches_instructions_gets_the_interpreter),
      cmocka_unit_test(threads_compile_and_run_the_same_functions),
      cmocka_unit_test(a_function_without_room_for_its_code_stays_with_the_interpreter),
      cmocka_unit_test(natives_are_not_compiled),
      cmocka_unit_test(a_function_that_calls_what_is_out_of_reach_stays_with_the_interpreter),
      cmocka_unit_test(a_function_that_lies_too_high_stays_with_the_interpreter),
      cmocka_unit_test(a_forked_process_leaves_the_shared_code_alone),
      cmocka_unit_test(no_memory_is_writable_and_executable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
