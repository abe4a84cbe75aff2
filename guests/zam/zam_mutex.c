// SPDX-License-Identifier: MIT
//
// zam_mutex.c: modules Mutex and Condition. What they hold is guarded by the threads' `lock`: who waits for them looks
// without having the master lock.
#include "zam_custom.h"
#include "zam_final.h"
#include "zam_prim.h"
#include "zam_thread.h"

#include <errno.h>

// Who waits takes a ticket; signals release them in order.
struct condition {
  uint64_t tickets, released;
};

static void *data_of(struct value v) { return (void *)(uintptr_t)zam_fields(v)[1].bits; }

static int compare_data(struct value a, struct value b) {
  uint64_t left = zam_fields(a)[1].bits, right = zam_fields(b)[1].bits;
  return (left > right) - (left < right);
}
static intptr_t hash_data(struct value v) { return (intptr_t)data_of(v); }

static const struct zam_custom_ops mutex_ops = {.identifier = "_mutex", .compare = compare_data, .hash = hash_data};
static const struct zam_custom_ops condition_ops = {
    .identifier = "_condition", .compare = compare_data, .hash = hash_data};

static void data_died(struct zam_state *state, struct value block) {
  (void)state;
  mem_free(data_of(block));
}

static struct zam_threads *threads_of(const struct mutator *th) { return zam_state(th)->threads; }

static enum loam_status make(struct mutator *th, const struct zam_custom_ops *ops, size_t bytes, struct value *result) {
  void *data = mem_alloc_zero(1, bytes);
  if (!data || (!threads_of(th) && !zam_threads_start(th))) return mem_free(data), zam_raise(th, ZAM_OUT_OF_MEMORY);
  if (zam_make_custom_int(th, ops, (int64_t)(intptr_t)data, result) == DONE &&
      zam_finals_watch(th, *result, data_died) == DONE)
    return DONE;
  mem_free(data);
  return THROWN;
}

// ---- Mutex ---------------------------------------------------------------------------------------------------------

static enum loam_status mutex_new(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return make(th, &mutex_ops, sizeof(struct zam_mutex), result);
}

static bool is_free(const void *context) { return !zam_mutex_is_taken(context); }

bool zam_mutex_take(struct mutator *th, struct zam_mutex *mutex) {
  return zam_mutex_try(th, mutex) || zam_thread_wait(th, is_free, mutex, mutex);
}

bool zam_mutex_try(struct mutator *th, struct zam_mutex *mutex) {
  struct zam_threads *threads = threads_of(th);
  pthread_mutex_lock(&threads->lock);
  ASSERT(threads->busy && threads->current->th == th, "zam.I18: mutator %p takes a mutex, and has not the master lock",
         (void *)th);
  bool taken = zam_mutex_is_taken(mutex);
  if (!taken) zam_mutex_set_owner(mutex, threads->current);
  pthread_mutex_unlock(&threads->lock);
  return !taken;
}

bool zam_mutex_release(struct mutator *th, struct zam_mutex *mutex) {
  struct zam_threads *threads = threads_of(th);
  pthread_mutex_lock(&threads->lock);
  ASSERT(threads->busy && threads->current->th == th,
         "zam.I18: mutator %p gives a mutex back, and has not the master lock", (void *)th);
  bool mine = zam_mutex_is_mine(threads, mutex);
  if (mine) zam_mutex_set_free(threads, mutex);
  pthread_mutex_unlock(&threads->lock);
  return mine;
}

static enum loam_status mutex_lock(struct mutator *th, struct value *args, struct value *result) {
  struct zam_mutex *mutex = data_of(args[0]);
  *result = ZAM_UNIT;
  if (zam_mutex_is_mine(threads_of(th), mutex)) return zam_raise_sys(th, "Mutex.lock", EDEADLK);
  return zam_mutex_take(th, mutex) ? DONE : thread_safepoint(th);
}

static enum loam_status mutex_try_lock(struct mutator *th, struct value *args, struct value *result) {
  return zam_return_bool(result, zam_mutex_try(th, data_of(args[0])));
}

static enum loam_status mutex_unlock(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return zam_mutex_release(th, data_of(args[0])) ? DONE : zam_raise_sys(th, "Mutex.unlock", EPERM);
}

// ---- Condition -----------------------------------------------------------------------------------------------------

static enum loam_status condition_new(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return make(th, &condition_ops, sizeof(struct condition), result);
}

struct wait {
  const struct condition *condition;
  const struct zam_mutex *mutex;
  uint64_t ticket;
};

// Signalled, and the mutex is free.
static bool is_signalled(const void *context) {
  const struct wait *wait = context;
  ASSERT(wait->condition->released <= wait->condition->tickets && wait->ticket < wait->condition->tickets,
         "waiter %llu of %llu waits, and %llu were released", (unsigned long long)wait->ticket,
         (unsigned long long)wait->condition->tickets, (unsigned long long)wait->condition->released);
  return wait->ticket < wait->condition->released && !zam_mutex_is_taken(wait->mutex);
}

static enum loam_status condition_wait(struct mutator *th, struct value *args, struct value *result) {
  struct condition *condition = data_of(args[0]);
  struct zam_mutex *mutex = data_of(zam_arg(args, 1));
  struct wait wait = {condition, mutex, 0};
  struct zam_threads *threads = threads_of(th);
  *result = ZAM_UNIT;
  pthread_mutex_lock(&threads->lock);
  wait.ticket = condition->tickets;
  bool mine = zam_mutex_is_mine(threads, mutex);
  if (mine) {
    condition->tickets++;
    zam_mutex_set_free(threads, mutex);
  }
  pthread_mutex_unlock(&threads->lock);
  if (!mine) return zam_raise_sys(th, "Condition.wait", EPERM);
  return zam_thread_wait(th, is_signalled, &wait, mutex) ? DONE : thread_safepoint(th);
}

// Lets the threads with the next `most` tickets go on.
static enum loam_status release(struct mutator *th, struct condition *condition, uint64_t most, struct value *result) {
  struct zam_threads *threads = threads_of(th);
  pthread_mutex_lock(&threads->lock);
  ASSERT(condition->released <= condition->tickets, "%llu of %llu waiting threads were released",
         (unsigned long long)condition->released, (unsigned long long)condition->tickets);
  uint64_t waiting = condition->tickets - condition->released;
  condition->released += most < waiting ? most : waiting;
  threads->news = true;
  pthread_mutex_unlock(&threads->lock);
  return zam_return_unit(result);
}

static enum loam_status condition_signal(struct mutator *th, struct value *args, struct value *result) {
  return release(th, data_of(args[0]), 1, result);
}

static enum loam_status condition_broadcast(struct mutator *th, struct value *args, struct value *result) {
  return release(th, data_of(args[0]), UINT64_MAX, result);
}

const struct zam_prim zam_mutex_prims[] = {
    {"caml_mutex_new", mutex_new, 0, 0},
    {"caml_mutex_lock", mutex_lock, 0, 0},
    {"caml_mutex_try_lock", mutex_try_lock, 0, 0},
    {"caml_mutex_unlock", mutex_unlock, 0, 0},
    {"caml_condition_new", condition_new, 0, 0},
    {"caml_condition_wait", condition_wait, 0, 0},
    {"caml_condition_signal", condition_signal, 0, 0},
    {"caml_condition_broadcast", condition_broadcast, 0, 0},
    {NULL, NULL, 0, 0},
};
