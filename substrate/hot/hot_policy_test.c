// SPDX-License-Identifier: MIT
//
// hot_policy_test.c: what is compiled when, how mutators come into hot code and out of it, and what becomes of code
// that was a wrong guess. Compilation is faked: a unit's code is two handlers of this file, which count and go on in
// the interpreter.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "interp/interp.h"
#include "interp/interp_probe_test.h"
#include "loam/op.h"
#include "os/os_clock.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct probe probe;
static struct hot *hot;

#define METHOD(params, locals, ...) probe_method(&probe, &(struct code_draft)DRAFT(params, locals, __VA_ARGS__))

// ---- the fake -----------------------------------------------------------------------------------------------------

static _Atomic unsigned entered, looped, compiled; // how often
static _Atomic unsigned failing;                   // how often hot code still leaves by its guard
static _Atomic bool slow_compiler, compiler_waits;
static enum loam_err refusal;
static struct hot_request requests[64];
static uint8_t kinds_seen[8];
static _Atomic uint32_t kinds_word;

static _Atomic uint32_t wants_at_entry; // how many looks for hot code were left
static struct hot_guard *leaves_by;     // a guard by which the entry leaves at once

static OP_HANDLER fake_entry(OP_REGISTERS) {
  entered++;
  wants_at_entry = th->wants_hot;
  if (leaves_by) {
    dispatch = (const void *const *)leaves_by;
    OP_TAIL_CALL(hot_leave);
  }
  OP_TAIL_CALL(interp_enter);
}

static bool fails(void) {
  unsigned left = failing;
  while (left && !atomic_compare_exchange_weak(&failing, &left, left - 1)) {
  }
  return left > 0;
}

// Of all units in turn; a mutator may still be in one that is gone.
static struct hot_guard guards[1024];
static _Atomic uint32_t guards_used;

// Leaves at once, or goes on in the interpreter.
static OP_HANDLER fake_loop(OP_REGISTERS) {
  looped++;
  if (fails()) {
    dispatch = (const void *const *)&guards[(guards_used - 1) % COUNT_OF(guards)];
    OP_TAIL_CALL(hot_leave);
  }
  OP_TAIL_CALL(interp_continue);
}

static void note_kinds(const struct hot_request *request) {
  const uint8_t *kinds = request->loop_count ? hot_profile_kinds(request->method, request->loops[0]) : NULL;
  if (!kinds) return;
  memcpy(kinds_seen, kinds, request->method->local_count);
  kinds_word = request->loops[0]; // what the test waits for
}

static struct hot_unit *fake_unit(const struct hot_request *request) {
  struct hot_unit *unit = mem_alloc_zero(1, sizeof *unit);
  uint32_t *words = mem_alloc_zero(HOT_LOOPS_MAX, sizeof *words);
  const void **loops = mem_alloc_zero(HOT_LOOPS_MAX, sizeof *loops);
  unit->method = request->method;
  for (uint32_t i = 0; i < request->loop_count; i++) words[i] = request->loops[i], loops[i] = (const void *)fake_loop;
  unit->published =
      (struct method_code){request->entry ? (const void *)fake_entry : NULL, request->loop_count, words, loops};
  unit->guards = &guards[guards_used % COUNT_OF(guards)];
  unit->guard_count = 1;
  uint32_t pc = request->loop_count ? request->loops[0] * 8 : 0;
  *unit->guards = (struct hot_guard){.method = request->method, .pc = pc, .unit = unit};
  guards_used++;
  unit->code.run = (const uint8_t *)words; // addresses that nobody else has
  unit->code.size = HOT_LOOPS_MAX * sizeof *words;
  return unit;
}

static enum loam_err fake_compile(struct hot_compiler *compiler, const struct hot_request *request,
                                  struct hot_unit **unit, struct error *err) {
  (void)compiler;
  note_kinds(request);
  requests[compiled % COUNT_OF(requests)] = *request;
  compiled++;
  while (slow_compiler) {
    compiler_waits = true;
    sched_yield();
  }
  if (refusal != LOAM_OK) return error_set(err, refusal, "LLVM is not there");
  *unit = fake_unit(request);
  return LOAM_OK;
}

static void fake_destroy(struct hot_compiler *compiler, struct hot_unit *unit) {
  (void)compiler;
  mem_free((void *)unit->published.words);
  mem_free((void *)unit->published.loops);
  mem_free(unit);
}

// ---- around a test ------------------------------------------------------------------------------------------------

static struct loam_guest guest_with_kinds;
static const struct value_kind kinds[] = {{"int", 1, 1}, {"cell", 7, 0}, {NULL, 0, 0}};

static void open_with(const char *const *options) {
  probe_open(&probe, options);
  hot = thread_of(probe.th)->world->sample_context;
  entered = looped = compiled = failing = 0;
  slow_compiler = compiler_waits = false;
  refusal = LOAM_OK;
  kinds_word = 0;
  if (!hot) return;
  hot->compile = fake_compile;
  hot->prepare = NULL;
  hot->destroy_unit = fake_destroy;
  guest_with_kinds = *hot->setup.guest;
  guest_with_kinds.kinds = kinds;
  hot->setup.guest = &guest_with_kinds;
}
static void open_engine(const char *engine) { open_with((const char *const[]){engine, NULL}); }

static void wait_ms(long ms) { nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL); }

// Counts local 0 down to 0 and gives the number of rounds.
static struct method *countdown(void) {
  return METHOD(1, 2, INSN(PUSH, 0), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, 1), INSN(ADD), INSN(STORE, 1),
                INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 2),
                INSN(LOAD, 1), INSN(RETURN));
}

static int64_t call(const struct method *method, int64_t n) { return probe_call(&probe, method, &n, 1); }

// Runs a loop until a condition holds, a minute at most: the thread sanitizer and a busy machine are slow.
#define RUN_UNTIL(method, condition) \
  do { \
    uint64_t start_ = os_clock_ns(); \
    while (!(condition)) { \
      assert_int_equal(call(method, 100000), 100000); \
      if (os_clock_ns() - start_ > UINT64_C(60000000000)) fail_msg("%s never came true", #condition); \
    } \
  } while (0)

static struct hot_unit *unit_of(const struct method *method) {
  pthread_mutex_lock(&hot->lock);
  struct hot_unit *unit = method->profile ? method->profile->unit : NULL;
  pthread_mutex_unlock(&hot->lock);
  return unit;
}

// The sampler looks at guards while programs run.
static void set_at_entry(const struct method *method) {
  pthread_mutex_lock(&hot->lock);
  method->profile->unit->guards[0].at_entry = true;
  pthread_mutex_unlock(&hot->lock);
}

static bool is_given_up(const struct method *method) {
  pthread_mutex_lock(&hot->lock);
  bool refused = method->profile->refused && !method->profile->unit;
  pthread_mutex_unlock(&hot->lock);
  return refused;
}

static struct hot_stats stats(void) {
  struct hot_stats stats;
  hot_stats_read(hot, &stats);
  return stats;
}

// ---- what is compiled ---------------------------------------------------------------------------------------------

static void only_the_loops_that_were_seen_cost_what_is_not_called_often(void **state) {
  (void)state;
  open_engine("--engine=auto");
  pthread_mutex_lock(&hot->lock);
  struct hot_profile *profile = hot_profile_of(hot, countdown());
  hot_policy_measure(profile);
  uint64_t base = hot_policy_model_ns(profile), loop, all;
  (void)hot_profile_loop(profile, 2);
  loop = hot_policy_model_ns(profile);
  profile->calls = 1;
  all = hot_policy_model_ns(profile);
  hot_profile_loop(profile, 2)->points = profile->points = ROUNDS_SHORT + 1; // of which the calls took next to nothing
  uint64_t long_calls = hot_policy_model_ns(profile);
  pthread_mutex_unlock(&hot->lock);
  assert_true(base < loop);
  assert_true(loop < all);
  assert_true(long_calls == loop);
  probe_close(&probe);
}

// Gives a method what it must have run by the model; is it requested?
static bool is_requested_for_its_model(void) {
  struct hot_profile *profile = hot_profile_of(hot, countdown());
  profile->calls = 1;
  hot_policy_measure(profile);
  uint64_t ticks = hot_policy_model_ns(profile) / 1000000 + 2;
  hot->holds++; // nothing is compiled
  for (hot->tick_weight = 2; ticks > 1; ticks -= 2) {
    hot->ticks++;
    hot_policy_give(hot, profile->method, 2);
  }
  return profile->state == HOT_REQUESTED;
}

static void what_units_cost_corrects_the_model(void **state) {
  (void)state;
  for (unsigned dear = 0; dear < 2; dear++) {
    open_engine("--engine=auto");
    pthread_mutex_lock(&hot->lock);
    hot->modelled_ns = UINT64_C(1000000000);
    hot->stats.compile_ns = hot->modelled_ns * (1 + dear);
    bool requested = is_requested_for_its_model();
    pthread_mutex_unlock(&hot->lock);
    assert_int_equal(requested, !dear);
    probe_close(&probe);
  }
}

static void a_loop_that_runs_long_goes_on_in_hot_code(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = countdown();
  assert_int_equal(call(method, 50000000), 50000000); // one call: the loop changes its engine in the middle
  RUN_UNTIL(method, looped > 0);
  const struct method_code *code = __atomic_load_n(&method->hot, __ATOMIC_ACQUIRE);
  assert_int_equal(code->loop_count, 1);
  assert_int_equal(interp_hot_loop(method, code->words[0]) == (const void *)fake_loop, 1);
  assert_true(hot_profile_is_poll(method, code->words[0]));
  assert_true(requests[0].feedback);
  assert_true(stats().install_ns_max < 100000000);
  probe_close(&probe);
}

// The result is 100000, whatever the argument is. `rounds`: of the inner loop, in each of the outer one.
static struct method *nested(int64_t rounds) {
  return METHOD(1, 2, INSN(PUSH, rounds), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 1),
                INSN(LOAD, 1), INSN(JUMP_IF, 2), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0),
                INSN(LOAD, 0), INSN(JUMP_IF, 0), INSN(PUSH, 100000), INSN(RETURN));
}

static void a_short_inner_loop_is_entered_by_the_loop_around_it(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = nested(3);
  while (!unit_of(method)) (void)call(method, 10000000);
  looped = 0;
  RUN_UNTIL(method, looped > 0); // samples meet the inner loop mostly
  assert_int_equal(requests[0].loop_count, 1);
  assert_int_equal(requests[0].loops[0], 0);
  probe_close(&probe);
  open_engine("--engine=auto");
  method = nested(10000000);
  while (!unit_of(method)) (void)call(method, 10);
  assert_int_equal(requests[0].loop_count, 1);
  assert_int_not_equal(requests[0].loops[0], 0);
  assert_true(requests[0].runs_long[0]); // the loop around it is not made with it
  probe_close(&probe);
}

// Samples meet the innermost loop, from which control comes soon to the one around it, and then to the outermost.
static void short_loops_in_short_loops_are_entered_by_the_outermost(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method =
      METHOD(1, 3, INSN(PUSH, 3), INSN(STORE, 2), INSN(PUSH, 200), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, -1),
             INSN(ADD), INSN(STORE, 1), INSN(LOAD, 1), INSN(JUMP_IF, 4), INSN(LOAD, 2), INSN(PUSH, -1), INSN(ADD),
             INSN(STORE, 2), INSN(LOAD, 2), INSN(JUMP_IF, 2), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0),
             INSN(LOAD, 0), INSN(JUMP_IF, 0), INSN(PUSH, 100000), INSN(RETURN));
  while (!unit_of(method)) (void)call(method, 50000);
  assert_int_equal(requests[0].loop_count, 1);
  assert_int_equal(requests[0].loops[0], 0);
  assert_false(requests[0].runs_long[0]);
  probe_close(&probe);
}

// Most rounds of the outer loop make none of the inner one, but nearly all time is spent in that.
static void an_inner_loop_that_is_long_now_and_then_has_an_entry(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = METHOD(
      1, 3, INSN(PUSH, 20000), INSN(STORE, 2), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0), INSN(LOAD, 2),
      INSN(PUSH, -1), INSN(ADD), INSN(STORE, 2), INSN(LOAD, 2), INSN(JUMP_IF, 22), INSN(PUSH, 20000), INSN(STORE, 2),
      INSN(PUSH, 400000), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 1), INSN(LOAD, 1),
      INSN(JUMP_IF, 16), INSN(LOAD, 0), INSN(JUMP_IF, 2), INSN(PUSH, 100000), INSN(RETURN));
  RUN_UNTIL(method, compiled > 0);
  bool wanted = false;
  pthread_mutex_lock(&hot->lock);
  for (const struct hot_loop *loop = method->profile->loops; loop; loop = loop->next)
    wanted |= loop->nested && loop->wanted;
  pthread_mutex_unlock(&hot->lock);
  assert_true(wanted);
  probe_close(&probe);
}

static uint32_t has_left(const struct method *method, bool *outer_was_seen) {
  uint32_t left = 0;
  pthread_mutex_lock(&hot->lock);
  for (const struct hot_loop *loop = method->profile ? method->profile->loops : NULL; loop; loop = loop->next) {
    left += loop->left;
    *outer_was_seen |= !loop->nested && loop->points > 0;
  }
  pthread_mutex_unlock(&hot->lock);
  return left;
}

// One sample in hundreds meets the outer loop: no time to wait for that.
static void who_comes_soon_to_the_outer_loop_has_seen_it(void **state) {
  (void)state;
  open_engine("--engine=auto");
  hot->holds++; // nothing is compiled
  struct method *method =
      METHOD(1, 2, INSN(PUSH, 1), INSN(STORE, 1), INSN(PUSH, 600), INSN(STORE, 1), INSN(LOAD, 1), INSN(PUSH, -1),
             INSN(ADD), INSN(STORE, 1), INSN(LOAD, 1), INSN(JUMP_IF, 4), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD),
             INSN(STORE, 0), INSN(LOAD, 0), INSN(JUMP_IF, 2), INSN(PUSH, 100000), INSN(RETURN));
  bool seen = false;
  RUN_UNTIL(method, has_left(method, &seen) > 0);
  assert_true(seen);
  hot->holds--;
  probe_close(&probe);
}

static void a_method_that_is_called_often_is_entered_in_hot_code(void **state) {
  (void)state;
  open_engine("--engine=auto");
  static struct method *leaf, *tiny;
  tiny = METHOD(1, 1, INSN(LOAD, 0), INSN(RETURN));
  leaf = METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, 1), INSN(ADD), INSN(PUSH, -1), INSN(ADD), INSN(PUSH, 0), INSN(ADD),
                INSN(RETURN));
  struct method *caller =
      METHOD(1, 2, INSN(LOAD, 0), INSN(STORE, 1), INSN(PUSH, 0), INSN(PUSH, 0), INSN(LOAD, 0),
             INSN(CALL, (intptr_t)&tiny, 1), INSN(CALL, (intptr_t)&leaf, 1), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0),
             INSN(LOAD, 0), INSN(JUMP_IF, 2), INSN(LOAD, 1), INSN(RETURN));
  RUN_UNTIL(caller, entered > 0 && unit_of(leaf) && unit_of(caller));
  assert_null(unit_of(tiny)); // it is too short to be worth it
  assert_true(op_entry(leaf) == (const void *)fake_entry);
  assert_int_equal(call(leaf, 3), 3);
  probe_close(&probe);
}

static void what_waits_and_is_inlined_elsewhere_has_to_show_that_it_still_runs(void **state) {
  (void)state;
  open_engine("--engine=auto");
  hot->holds++;
  struct method *outer = countdown(), *inner = countdown();
  pthread_mutex_lock(&hot->lock);
  struct hot_profile *profile = hot_profile_of(hot, inner);
  profile->points = profile->calls = 10000;
  hot_policy_consider(profile);
  assert_int_equal(profile->state, HOT_REQUESTED);
  struct hot_unit *unit = fake_unit(&(struct hot_request){.method = outer});
  unit->guards[0].method = inner;
  hot_install(hot_profile_of(hot, outer), unit);
  assert_int_equal(profile->state, HOT_IDLE);
  assert_int_equal(profile->points, 0);
  profile->points = profile->calls = 10000; // it does
  hot_policy_consider(profile);
  assert_int_equal(profile->state, HOT_REQUESTED);
  hot->holds--;
  pthread_mutex_unlock(&hot->lock);
  probe_close(&probe);
}

static void a_short_program_starts_no_thread(void **state) {
  (void)state;
  open_engine("--engine=auto");
  assert_int_equal(call(countdown(), 10), 10);
  assert_int_equal(call(countdown(), 10), 10); // each called once
  assert_false(hot->has_worker || hot->has_sampler);
  probe_close(&probe);
}

static void the_kinds_of_locals_are_seen_at_loop_heads(void **state) {
  (void)state;
  open_with((const char *const[]){"--engine=auto", "--gc=semispace", NULL});
  // Local 1 is a cell or an integer by turns, local 2 always a cell, local 0 an integer.
  struct method *method = METHOD(1, 3, INSN(PUSH, 5), INSN(CELL), INSN(STORE, 2), INSN(PUSH, 1), INSN(CELL),
                                 INSN(STORE, 1), INSN(LOAD, 0), INSN(PUSH, -1), INSN(ADD), INSN(STORE, 0),
                                 INSN(LOAD, 0), INSN(JUMP_IF, 6), INSN(PUSH, 100000), INSN(RETURN));
  RUN_UNTIL(method, kinds_word > 0);
  assert_int_equal(kinds_seen[0], 1);
  assert_int_equal(kinds_seen[1], 2);
  assert_int_equal(kinds_seen[2], 2);
  pthread_mutex_lock(&hot->lock);
  struct hot_loop *loop = method->profile->loops;
  hot_profile_see(method->profile, loop, (struct value[]){{1}, {3}, {8}});
  hot_profile_see(method->profile, loop, (struct value[]){{3}, {8}, {2}});
  hot->compilations++;
  pthread_mutex_unlock(&hot->lock);
  const uint8_t *later = hot_profile_kinds(method, loop->word);
  assert_int_equal(later[0], 1);
  assert_int_equal(later[1], 0); // an integer after a cell: mixed for ever
  assert_int_equal(later[2], 0); // of no kind
  assert_null(hot_profile_kinds(method, 0));
  probe_close(&probe);
}

// Calls a method that has hot code while the caller looks for a way into some.
static void call_looking(const struct method *caller) {
  probe.th->wants_hot = 1000;
  atomic_store(&probe.th->poll, 0);
  assert_int_equal(call(caller, 3), 3);
}

static void who_calls_hot_code_looks_for_none_but_for_its_caller(void **state) {
  (void)state;
  open_engine("--engine=auto");
  static struct method *leaf;
  leaf = METHOD(1, 1, INSN(LOAD, 0), INSN(RETURN));
  struct method *caller = METHOD(1, 1, INSN(PUSH, 0), INSN(LOAD, 0), INSN(CALL, (intptr_t)&leaf, 1), INSN(RETURN));
  pthread_mutex_lock(&hot->lock);
  hot_install(hot_profile_of(hot, leaf), fake_unit(&(struct hot_request){.method = leaf, .entry = true}));
  pthread_mutex_unlock(&hot->lock);
  call_looking(caller);
  assert_int_equal(wants_at_entry, 0);
  pthread_mutex_lock(&hot->lock);
  hot_install(hot_profile_of(hot, caller), fake_unit(&(struct hot_request){.method = caller, .loop_count = 1}));
  pthread_mutex_unlock(&hot->lock);
  call_looking(caller);
  assert_true(wants_at_entry > 0);
  // Hot code that ends for the same reason is no reason to look longer.
  struct hot_guard guard = {.method = leaf, .planned = true};
  leaves_by = &guard;
  call_looking(caller);
  assert_true(probe.th->wants_hot < wants_at_entry);
  leaves_by = NULL;
  probe_close(&probe);
}

static void a_method_that_is_refused_is_asked_for_once(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = countdown();
  refusal = LOAM_ERR_LIMIT;
  RUN_UNTIL(method, stats().refused > 0);
  for (int i = 0; i < 20; i++) assert_int_equal(call(method, 1000000), 1000000);
  assert_int_equal(compiled, 1);
  assert_null(method->hot);
  assert_int_equal(stats().unavailable[0], 0);
  probe_close(&probe);
}

static void without_llvm_nothing_more_is_asked_for(void **state) {
  (void)state;
  open_engine("--engine=auto");
  refusal = LOAM_ERR_FILE;
  struct method *method = countdown(), *other = countdown();
  RUN_UNTIL(method, stats().unavailable[0]);
  assert_string_equal(stats().unavailable, "LLVM is not there");
  for (int i = 0; i < 20; i++) assert_int_equal(call(other, 1000000), 1000000);
  assert_int_equal(compiled, 1);
  probe_close(&probe);
}

static void the_engine_hot_compiles_at_the_first_call_all_there_is(void **state) {
  (void)state;
  open_engine("--engine=hot");
  struct method *method = countdown();
  assert_int_equal(call(method, 10), 10);
  assert_int_equal(compiled, 1);
  assert_int_equal(entered, 1);
  assert_true(requests[0].entry);
  assert_false(requests[0].feedback);
  assert_int_equal(requests[0].loop_count, 1);
  assert_int_equal(call(method, 10), 10);
  assert_int_equal(compiled, 1);
  refusal = LOAM_ERR_LIMIT;
  struct method *refused = countdown();
  for (int i = 0; i < 3; i++) assert_int_equal(call(refused, 10), 10);
  assert_int_equal(compiled, 2);
  assert_true(op_entry(refused) == refused->compiled);
  probe_close(&probe);
}

// ---- leaving, and coming back -------------------------------------------------------------------------------------

static void only_functions_of_the_name_asked_for_are_compiled(void **state) {
  (void)state;
  open_with((const char *const[]){"--engine=hot", "--hot-only=another", NULL});
  assert_int_equal(call(countdown(), 10), 10);
  assert_int_equal(compiled, 0);
  probe_close(&probe);
  open_with((const char *const[]){"--engine=hot", "--hot-only=tested", NULL});
  assert_int_equal(call(countdown(), 10), 10);
  assert_int_equal(compiled, 1);
  probe_close(&probe);
}

static void who_leaves_in_the_middle_comes_back_at_the_next_loop_head(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = countdown();
  RUN_UNTIL(method, looped > 0);
  pthread_mutex_lock(&hot->lock);
  hot->asleep = true; // no more samples: what happens now is the guard's doing
  pthread_mutex_unlock(&hot->lock);
  unsigned before = looped;
  failing = 10;
  interp_want_hot(probe.th, false);
  assert_int_equal(call(method, 100), 100);
  assert_int_equal(failing, 0);
  assert_true(looped >= before + 10);
  probe_close(&probe);
}

static void who_leaves_where_he_came_in_gets_on(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = countdown();
  RUN_UNTIL(method, looped > 0);
  set_at_entry(method);
  failing = 1000000;
  interp_want_hot(probe.th, false);
  assert_int_equal(call(method, 1000), 1000);
  failing = 0;
  probe_close(&probe);
}

static void a_loop_whose_every_poll_is_wanted_gets_on(void **state) {
  (void)state;
  open_with((const char *const[]){"--engine=auto", "--stress=preempt:3", NULL});
  struct method *method = countdown();
  RUN_UNTIL(method, compiled > 0);
  assert_int_equal(call(method, 100000), 100000);
  probe_close(&probe);
}

// ---- wrong guesses ------------------------------------------------------------------------------------------------

static void a_guard_that_fails_often_is_doubted_and_its_code_made_again(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = countdown();
  RUN_UNTIL(method, looped > 0);
  struct hot_unit *old = unit_of(method);
  uint32_t word = old->published.words[0];
  failing = 1000;
  RUN_UNTIL(method, stats().recompiled > 0 && unit_of(method) != old);
  assert_int_equal(__atomic_load_n(&method->slow_counts[word * 8], __ATOMIC_RELAXED), 255);
  assert_int_equal(__atomic_load_n(&method->slow_counts[word * 8 + 7], __ATOMIC_RELAXED), 255);
  assert_true(stats().guards_failed > 20);
  failing = 0;
  probe_close(&probe);
}

static void code_that_goes_on_failing_is_given_up(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = countdown();
  RUN_UNTIL(method, looped > 0);
  failing = UINT32_MAX / 2;
  RUN_UNTIL(method, is_given_up(method)); // before, it is only taken away until there is new code
  assert_int_equal(stats().recompiled, 6);
  assert_true(op_entry(method) == method->compiled);
  unsigned before = compiled;
  assert_int_equal(call(method, 1000000), 1000000);
  assert_int_equal(compiled, before);
  probe_close(&probe);
}

// ---- freeing ------------------------------------------------------------------------------------------------------

static struct hot_unit *old_unit;
static bool unused_with_return, unused_with_spill, unused_in_the_end;

static bool look_for_unused(struct mutator *th) {
  thread_world_stop(thread_of(th)->world, th);
  hot_find_unused(hot);
  thread_world_resume(thread_of(th)->world, th);
  return old_unit->unused;
}

// A native whose own frame looks as if hot code had called it.
static enum loam_status look_inside(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  uint64_t code = th->fp[FRAME_RETURN_CODE].bits, spill = th->fp[FRAME_SPILL].bits;
  th->fp[FRAME_RETURN_CODE].bits = (uintptr_t)old_unit->code.run + 4;
  unused_with_return = look_for_unused(th);
  th->fp[FRAME_RETURN_CODE].bits = code;
  th->fp[FRAME_SPILL].bits = (uintptr_t)old_unit;
  unused_with_spill = look_for_unused(th);
  th->fp[FRAME_SPILL].bits = spill;
  unused_in_the_end = look_for_unused(th);
  *result = probe_int(0);
  return DONE;
}

static void old_code_is_freed_when_nothing_runs_in_it(void **state) {
  (void)state;
  open_with((const char *const[]){"--engine=hot", "--stress=tier:1000000000", NULL}); // no sampler, may compile again
  struct method *method = countdown();
  assert_int_equal(call(method, 10), 10);
  old_unit = unit_of(method);
  assert_true(hot_compile_now(hot, probe.th, method));
  assert_true(unit_of(method) != old_unit);
  assert_true(old_unit->retired && hot->retired == old_unit);
  static struct method *native;
  native = probe_native(&probe, "look_inside", 0, look_inside);
  probe_call(&probe, METHOD(0, 0, INSN(PUSH, 0), INSN(CALL, (intptr_t)&native, 0), INSN(RETURN)), NULL, 0);
  assert_false(unused_with_return);
  assert_false(unused_with_spill);
  assert_true(unused_in_the_end);
  assert_true(hot_compile_now(hot, probe.th, method)); // the worker frees
  wait_ms(20);
  assert_int_equal(stats().freed, 1);
  probe_close(&probe);
}

// ---- threads, forks, ends -----------------------------------------------------------------------------------------

static void threads_run_the_same_loop_while_its_code_changes(void **state) {
  (void)state;
  open_with((const char *const[]){"--engine=auto", "--gc=semispace", NULL});
  struct method *method = countdown();
  uint32_t threads[4];
  struct error err = {0};
  struct value rounds = probe_int(3000000);
  failing = 3000;
  for (size_t i = 0; i < COUNT_OF(threads); i++)
    assert_int_equal(thread_spawn(probe.th, method, probe_int(0), &rounds, 1, &threads[i], &err), LOAM_OK);
  for (size_t i = 0; i < COUNT_OF(threads); i++) {
    struct value result;
    bool found;
    assert_int_equal(thread_join(probe.th, threads[i], &result, &found), DONE);
    assert_int_equal(probe_to_int(result), 3000000);
  }
  RUN_UNTIL(method, looped > 0);
  probe_close(&probe);
}

static void *let_it_finish(void *arg) {
  wait_ms(30);
  slow_compiler = false;
  return arg;
}

static void a_closing_vm_waits_for_its_compiler_and_for_nothing_else(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = countdown(), *other = countdown();
  slow_compiler = true;
  RUN_UNTIL(method, compiler_waits);
  for (int i = 0; i < 20; i++) assert_int_equal(call(other, 1000000), 1000000); // requested, never answered
  pthread_t freer;
  assert_int_equal(pthread_create(&freer, NULL, let_it_finish, NULL), 0);
  probe_close(&probe);
  pthread_join(freer, NULL);
  assert_int_equal(compiled, 1);
}

static void a_process_that_ends_does_not_wait(void **state) {
  (void)state;
  pid_t child = fork();
  if (child == 0) {
    open_engine("--engine=auto");
    bool idle = !hot_abandon(hot);
    probe_close(&probe);
    open_engine("--engine=auto");
    slow_compiler = true;
    struct method *method = countdown();
    while (!compiler_waits) (void)call(method, 100000);
    _exit(idle && hot_abandon(hot) ? 7 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(WEXITSTATUS(status), 7);
}

static void a_forked_process_goes_on_without_a_compiler(void **state) {
  (void)state;
  open_engine("--engine=auto");
  struct method *method = countdown();
  RUN_UNTIL(method, looped > 0);
  pid_t child = fork();
  if (child == 0) {
    struct method *fresh = countdown();
    bool good = call(method, 3000000) == 3000000 && call(fresh, 3000000) == 3000000 && !fresh->hot;
    good &= hot_compile_now(hot, probe.th, method) && !hot_compile_now(hot, probe.th, fresh) && !hot_abandon(hot);
    method_avoid_hot(probe.th, true); // what it has from its parent, it leaves
    unsigned before = entered + looped;
    good &= !method->hot && call(method, 3000000) == 3000000 && entered + looped == before;
    method_avoid_hot(probe.th, false);
    probe_close(&probe);
    _exit(good ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  probe_close(&probe);
}

// f(n) = n < 2 ? n : f(n - 1) + f(n - 2)
static struct method *fib(struct method **self) {
  return *self = METHOD(1, 1, INSN(LOAD, 0), INSN(PUSH, 2), INSN(LESS), INSN(JUMP_IF, 15), INSN(PUSH, 0), INSN(LOAD, 0),
                        INSN(PUSH, -1), INSN(ADD), INSN(CALL, (intptr_t)self, 1), INSN(PUSH, 0), INSN(LOAD, 0),
                        INSN(PUSH, -2), INSN(ADD), INSN(CALL, (intptr_t)self, 1), INSN(JUMP, 17), INSN(LOAD, 0),
                        INSN(RETURN), INSN(ADD), INSN(RETURN));
}

static void engines_thrown_by_a_die_compute_the_same(void **state) {
  (void)state;
  static struct method *self;
  static const char *const engines[] = {"--engine=auto", "--engine=hot"};
  static const char *const stresses[] = {"--stress=tier:1", "--stress=tier:2,preempt:5", "--stress=tier:7,gc:3"};
  for (size_t i = 0; i < COUNT_OF(engines) * COUNT_OF(stresses); i++) {
    open_with((const char *const[]){engines[i / COUNT_OF(stresses)], stresses[i % COUNT_OF(stresses)], "--gc=semispace",
                                    NULL});
    struct method *loop = countdown(), *recursion = fib(&self);
    failing = 500;
    for (int round = 0; round < 5; round++) {
      assert_int_equal(call(loop, 5000), 5000);
      assert_int_equal(call(recursion, 13), 233);
    }
    assert_true(entered > 0 && looped > 0);
    assert_in_range(compiled, 2, 6);
    assert_false(hot->has_sampler);
    probe_close(&probe);
  }
}

static void watched_programs_are_not_compiled(void **state) {
  (void)state;
  open_with((const char *const[]){"--engine=hot", "--fuel=100000000", "--stress=tier:1", NULL});
  assert_null(hot);
  assert_int_equal(call(countdown(), 1000), 1000);
  probe_close(&probe);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_the_loops_that_were_seen_cost_what_is_not_called_often),
      cmocka_unit_test(what_units_cost_corrects_the_model),
      cmocka_unit_test(a_loop_that_runs_long_goes_on_in_hot_code),
      cmocka_unit_test(a_short_inner_loop_is_entered_by_the_loop_around_it),
      cmocka_unit_test(short_loops_in_short_loops_are_entered_by_the_outermost),
      cmocka_unit_test(an_inner_loop_that_is_long_now_and_then_has_an_entry),
      cmocka_unit_test(who_comes_soon_to_the_outer_loop_has_seen_it),
      cmocka_unit_test(a_method_that_is_called_often_is_entered_in_hot_code),
      cmocka_unit_test(what_waits_and_is_inlined_elsewhere_has_to_show_that_it_still_runs),
      cmocka_unit_test(a_short_program_starts_no_thread),
      cmocka_unit_test(the_kinds_of_locals_are_seen_at_loop_heads),
      cmocka_unit_test(who_calls_hot_code_looks_for_none_but_for_its_caller),
      cmocka_unit_test(a_method_that_is_refused_is_asked_for_once),
      cmocka_unit_test(without_llvm_nothing_more_is_asked_for),
      cmocka_unit_test(the_engine_hot_compiles_at_the_first_call_all_there_is),
      cmocka_unit_test(only_functions_of_the_name_asked_for_are_compiled),
      cmocka_unit_test(who_leaves_in_the_middle_comes_back_at_the_next_loop_head),
      cmocka_unit_test(who_leaves_where_he_came_in_gets_on),
      cmocka_unit_test(a_loop_whose_every_poll_is_wanted_gets_on),
      cmocka_unit_test(a_guard_that_fails_often_is_doubted_and_its_code_made_again),
      cmocka_unit_test(code_that_goes_on_failing_is_given_up),
      cmocka_unit_test(old_code_is_freed_when_nothing_runs_in_it),
      cmocka_unit_test(threads_run_the_same_loop_while_its_code_changes),
      cmocka_unit_test(a_closing_vm_waits_for_its_compiler_and_for_nothing_else),
      cmocka_unit_test(a_process_that_ends_does_not_wait),
      cmocka_unit_test(a_forked_process_goes_on_without_a_compiler),
      cmocka_unit_test(engines_thrown_by_a_die_compute_the_same),
      cmocka_unit_test(watched_programs_are_not_compiled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
