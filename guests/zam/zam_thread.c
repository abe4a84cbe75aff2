// SPDX-License-Identifier: MIT
//
// zam_thread.c: module Thread: what OCaml's own runtime has in dllthreads. That library can't be used here: it swaps
// the machine's stack registers.
//
// A thread is a mutator of the substrate. Its numbers are given back when it has ended and somebody makes another one:
// the program's own Thread.join waits for the status in its descriptor, not for the substrate's thread.
#include "zam_thread.h"

#include "zam_backtrace.h"
#include "zam_custom.h"
#include "zam_final.h"
#include "zam_prim.h"
#include "zam_run.h"
#include "zam_signal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

enum { DESCRIPTOR_NUMBER, DESCRIPTOR_FUNCTION, DESCRIPTOR_STATUS, DESCRIPTOR_FIELDS };

static void free_status(struct zam_threads *threads, union zam_thread_status *status) {
  status->next_free = threads->free_statuses;
  threads->free_statuses = status;
}

static void status_died(struct zam_state *state, struct value block) {
  ASSERT(state->threads, "zam.I18: the status of a thread dies after the threads");
  free_status(state->threads, (union zam_thread_status *)(uintptr_t)zam_fields(block)[1].bits);
}

static union zam_thread_status *make_status(struct zam_state *state) {
  ASSERT(state->threads, "zam.I18: a thread gets a status in a program that has none");
  union zam_thread_status *status = state->threads->free_statuses;
  if (!status) return arena_alloc(&state->memory, sizeof *status);
  state->threads->free_statuses = status->next_free;
  status->ended = false;
  return status;
}

static int compare_status(struct value a, struct value b) {
  uint64_t left = zam_fields(a)[1].bits, right = zam_fields(b)[1].bits;
  return (left > right) - (left < right);
}

static const struct zam_custom_ops status_ops = {.identifier = "_threadstatus", .compare = compare_status};

static bool *status_of(struct value descriptor) {
  return &((union zam_thread_status *)(uintptr_t)zam_fields(zam_fields(descriptor)[DESCRIPTOR_STATUS])[1].bits)->ended;
}

static enum loam_status make_descriptor(struct mutator *th, struct value function, struct value *out) {
  struct value status = ZAM_UNIT;
  ROOTS(th, &function, &status);
  union zam_thread_status *made = make_status(zam_state(th));
  if (!made) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  if (zam_make_custom_int(th, &status_ops, (int64_t)(intptr_t)made, &status) != DONE ||
      zam_finals_watch(th, status, status_died) != DONE)
    return free_status(zam_state(th)->threads, made), THROWN;
  struct value number = zam_from_int(zam_state(th)->threads->next_id++);
  return zam_make_block3(th, 0, status, function, number, out);
}

static enum loam_status initialize(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  (void)args;
  *result = ZAM_UNIT;
  if (!state->threads && !zam_threads_start(th)) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  if (zam_is_block(state->threads->main.descriptor)) return DONE;
  return make_descriptor(th, ZAM_UNIT, &state->threads->main.descriptor);
}

static enum loam_status cleanup(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  zam_threads_stop_tick(zam_state(th));
  return zam_return_unit(result);
}

// ---- life ----------------------------------------------------------------------------------------------------------

// A native: the function, and the struct zam_thread made odd. What the function raises was reported in OCaml.
static enum loam_status thread_main(struct mutator *th, struct value *args, struct value *result) {
  struct zam_thread *me = (struct zam_thread *)(uintptr_t)(args[1].bits - 1);
  ASSERT(zam_is_int(args[1]) && !me->attached && !me->th, "zam.I18: thread %u begins twice", me->number);
  struct value unit = ZAM_UNIT;
  zam_thread_begin(th, me);
  enum loam_status status = thread_safepoint(th); // the program may be over
  if (status == DONE) status = zam_call(th, args[0], &unit, 1, result);
  if (me->leaving && !zam_state(th)->threads->ending) th->killed = false;
  if (!th->killed) status = DONE;
  zam_thread_end(th, me, status_of(me->descriptor));
  *result = ZAM_UNIT;
  return status;
}

// Forgets the threads that have ended.
static enum loam_status join_ended(struct mutator *th) {
  struct zam_threads *threads = zam_state(th)->threads;
  while (threads->ended_count) {
    ASSERT(threads->ended_count <= threads->ended_room, "%zu threads have ended, in room for %zu", threads->ended_count,
           threads->ended_room);
    struct value ignored;
    bool found;
    uint32_t number = threads->ended[--threads->ended_count];
    if (thread_join(th, number, &ignored, &found) != DONE) return THROWN;
  }
  return DONE;
}

// Room for one more to end, and for all that live.
static bool reserve_ended(struct zam_threads *threads) {
  size_t live = 1;
  for (const struct zam_thread *t = threads->all; t; t = t->next) live++;
  if (threads->ended_count + live <= threads->ended_room) return true;
  size_t room = 2 * (threads->ended_count + live);
  uint32_t *ended = mem_resize(threads->ended, room * sizeof *ended);
  if (!ended) return false;
  ASSERT(room > threads->ended_room, "%zu threads may end in room for %zu, which was %zu", live, room,
         threads->ended_room);
  threads->ended = ended;
  threads->ended_room = room;
  return true;
}

static enum loam_status raise_code(struct mutator *th, const char *what, int code) {
  return code == ENOMEM ? zam_raise(th, ZAM_OUT_OF_MEMORY) : zam_raise_sys(th, what, code);
}

static struct method *main_method(struct zam_state *state) {
  struct error err = {0};
  if (!state->thread_main &&
      method_create_native(state->vm, "thread", 2, thread_main, NULL, &state->thread_main, &err) != LOAM_OK)
    return NULL;
  return state->thread_main;
}

static enum loam_status create(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  struct zam_threads *threads = state->threads;
  struct method *method = main_method(state);
  if (!threads) return zam_invalid(th, "Thread.create: not initialized");
  if (join_ended(th) != DONE) return THROWN;
  struct zam_thread *made = mem_alloc_zero(1, sizeof *made);
  if (!made || !method || !reserve_ended(threads)) return mem_free(made), zam_raise(th, ZAM_OUT_OF_MEMORY);
  if (make_descriptor(th, args[0], result) != DONE) return mem_free(made), THROWN;
  made->descriptor = *result;
  pthread_mutex_lock(&threads->lock);
  made->next = threads->all;
  threads->all = made;
  pthread_mutex_unlock(&threads->lock);
  struct value start[] = {args[0], {(uintptr_t)made + 1}};
  struct error err = {0};
  bool good = thread_spawn(th, method, ZAM_UNIT, start, COUNT_OF(start), &made->number, &err) == LOAM_OK;
  if (good && zam_threads_start_tick(state)) return DONE;
  if (good) return zam_raise_sys(th, "Thread.create", EAGAIN);
  pthread_mutex_lock(&threads->lock);
  struct zam_thread **at = &threads->all;
  while (*at != made) at = &(*at)->next;
  *at = made->next;
  pthread_mutex_unlock(&threads->lock);
  mem_free(made);
  return zam_raise_text(th, ZAM_SYS_ERROR, "Thread.create: Resource temporarily unavailable");
}

struct mutator *zam_thread_attach(struct zam_state *state) {
  struct zam_threads *threads = state->threads;
  struct zam_thread *me = threads ? mem_alloc_zero(1, sizeof *me) : NULL;
  struct mutator *th = me ? thread_attach(threads->main.th) : NULL;
  if (!th) return mem_free(me), NULL;
  me->attached = true;
  me->descriptor = ZAM_UNIT;
  thread_leave_native(th);
  zam_thread_begin(th, me);
  struct value descriptor;
  bool made = make_descriptor(th, ZAM_UNIT, &descriptor) == DONE;
  if (made) me->descriptor = descriptor;
  made = zam_threads_start_tick(state) && made;
  zam_blocking_enter(th);
  if (made) return th;
  (void)zam_thread_detach(th);
  return NULL;
}

bool zam_thread_detach(struct mutator *th) {
  zam_blocking_leave(th);
  struct zam_thread *me = zam_state(th)->threads->current;
  bool ended;
  ASSERT(me, "zam.I18: a thread that is in the guest is nobody");
  if (!me->attached) return zam_blocking_enter(th), false;
  zam_thread_end(th, me, zam_is_block(me->descriptor) ? status_of(me->descriptor) : &ended);
  thread_detach(th);
  return true;
}

static enum loam_status get_self(struct mutator *th, struct value *args, struct value *result) {
  const struct zam_threads *threads = zam_state(th)->threads;
  (void)args;
  if (!threads) return zam_invalid(th, "Thread.self: not initialized");
  ASSERT(threads->current, "zam.I18: a thread asks who it is, and nobody has the master lock");
  *result = threads->current->descriptor;
  return DONE;
}

static enum loam_status id(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  *result = zam_fields(args[0])[DESCRIPTOR_NUMBER];
  return DONE;
}

static enum loam_status uncaught(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  struct text text = {0};
  int64_t number = zam_to_int(zam_fields(state->threads->current->descriptor)[DESCRIPTOR_NUMBER]);
  text_printf(&text, "Thread %lld killed on uncaught exception ", (long long)number);
  zam_exception_print(state, args[0], &text);
  text_add_char(&text, '\n');
  if (state->backtrace_active) zam_backtrace_print(th, &text);
  if (!text.failed) fputs(text.bytes, stderr);
  text_fini(&text);
  return zam_return_unit(result);
}

static bool has_no_other(const void *context) { return !((const struct zam_threads *)context)->all; }

// The main thread ends when all others have: the process with it, and nothing that at_exit registered runs.
static enum loam_status exit_main(struct mutator *th, struct zam_threads *threads) {
  pthread_mutex_lock(&threads->lock);
  *status_of(threads->main.descriptor) = true;
  struct zam_thread **at = &threads->all;
  while (*at != &threads->main) at = &(*at)->next;
  *at = threads->main.next;
  threads->news = true;
  pthread_mutex_unlock(&threads->lock);
  if (!zam_thread_wait(th, has_no_other, threads, NULL)) return thread_safepoint(th);
  threads->all = &threads->main;
  threads->main.next = NULL;
  return zam_exit(th, 0);
}

static enum loam_status leave(struct mutator *th, struct value *args, struct value *result) {
  struct zam_threads *threads = zam_state(th)->threads;
  (void)args;
  *result = ZAM_UNIT;
  if (!threads) return zam_invalid(th, "Thread.exit: not initialized");
  if (threads->current == &threads->main) return exit_main(th, threads);
  threads->current->leaving = true;
  th->killed = true; // up to thread_main; no handler sees it
  return throw_value(th, ZAM_UNIT);
}

static enum loam_status yield(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  *result = ZAM_UNIT;
  if (!zam_state(th)->threads) return DONE;
  if (zam_state(th)->pending && zam_run_pending(th) != DONE) return THROWN;
  zam_thread_yield(th);
  return zam_state(th)->pending ? zam_run_pending(th) : DONE;
}

static bool has_ended(const void *context) { return *(const bool *)context; }

// The descriptor is an argument, and so a root: the status lives.
static enum loam_status join(struct mutator *th, struct value *args, struct value *result) {
  bool *ended = status_of(args[0]);
  *result = ZAM_UNIT;
  if (!*ended && !zam_thread_wait(th, has_ended, ended, NULL)) return thread_safepoint(th);
  return zam_state(th)->pending ? zam_run_pending(th) : DONE;
}

// ---- signals -------------------------------------------------------------------------------------------------------

static void read_set(struct value list, sigset_t *set) {
  sigemptyset(set);
  for (; zam_is_block(list); list = zam_fields(list)[1])
    sigaddset(set, zam_signal_to_system(zam_to_int(zam_fields(list)[0])));
}

static enum loam_status make_list(struct mutator *th, const sigset_t *set, struct value *result) {
  struct value list = zam_from_int(0);
  ROOTS(th, &list);
  for (int number = 1; number < NSIG; number++)
    if (sigismember(set, number) == 1 &&
        zam_make_block2(th, 0, list, zam_from_int(zam_signal_from_system(number)), &list) != DONE)
      return THROWN;
  *result = list;
  return DONE;
}

static enum loam_status set_mask(struct mutator *th, struct value *args, struct value *result) {
  static const int how[] = {SIG_SETMASK, SIG_BLOCK, SIG_UNBLOCK};
  sigset_t set, before;
  read_set(zam_arg(args, 1), &set);
  int code = pthread_sigmask(how[zam_arg_int(args, 0)], &set, &before);
  if (code) return raise_code(th, "Thread.sigmask", code);
  if (zam_state(th)->pending && zam_run_pending(th) != DONE) return THROWN;
  return make_list(th, &before, result);
}

static enum loam_status wait_signal(struct mutator *th, struct value *args, struct value *result) {
  sigset_t set;
  int number = 0;
  read_set(args[0], &set);
  zam_blocking_enter(th);
  int code = sigwait(&set, &number);
  zam_blocking_leave(th);
  if (code) return raise_code(th, "Thread.wait_signal", code);
  return zam_return_int(result, zam_signal_from_system(number));
}

const struct zam_prim zam_thread_prims[] = {
    {"caml_thread_initialize", initialize, 0, 0},
    {"caml_thread_cleanup", cleanup, 0, 0},
    {"caml_thread_new", create, 0, 0},
    {"caml_thread_self", get_self, 0, 0},
    {"caml_thread_id", id, 0, 0},
    {"caml_thread_uncaught_exception", uncaught, 0, 0},
    {"caml_thread_exit", leave, 0, 0},
    {"caml_thread_yield", yield, 0, 0},
    {"caml_thread_join", join, 0, 0},
    {"caml_thread_sigmask", set_mask, 0, 0},
    {"caml_wait_signal", wait_signal, 0, 0},
    {NULL, NULL, 0, 0},
};
