// SPDX-License-Identifier: MIT
//
// zam_master.c: the master lock, and the clock that makes programs hand it over.
//
// Who waits for the lock is outside the guest, so that collections go on without it. A thread that yields while others
// wait doesn't take the lock again before one of them had it: it waits behind them. The tick posts OCaml's own
// preemption signal every 50 ms, whose function, in module Thread, yields.
#include "zam_backtrace.h"
#include "zam_channel.h"
#include "zam_memprof.h"
#include "zam_signal.h"
#include "zam_stub.h"
#include "zam_thread.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#define TICK_MS 50
#define END_ROUND_MS 1
#define END_ROUNDS 1000 // of a millisecond; what doesn't come back by then is waited for without limit

static struct zam_threads *forkable; // of the VM that a fork would leave with one thread

// ---- the lock; all with `lock` held ---------------------------------------------------------------------------------

static void take(struct zam_state *state, struct zam_thread *me) {
  struct zam_threads *threads = state->threads;
  threads->waiters++;
  ASSERT(me->th, "zam.I18: thread %u waits for the master lock before it has begun", me->number);
  while (threads->busy) pthread_cond_wait(&threads->is_free, &threads->lock);
  threads->waiters--;
  threads->busy = true;
  threads->current = me;
  ASSERT(!state->backtrace, "zam.I18: thread %u takes the master lock, and another's backtrace is there", me->number);
  state->backtrace = me->backtrace;
  me->backtrace = NULL;
  zam_signals_set_receiver(state, me->th);
  zam_memprof_enter(me->th);
}

// A thread in zam_thread_wait.
struct zam_waiting {
  struct zam_thread *thread;
  zam_may_go_fn *may_go;
  const void *context;
  struct zam_mutex *mutex;
  bool overdue;   // it has waited since before the last tick
  bool has_mutex; // it was handed it
  pthread_cond_t wake;
  struct zam_waiting *next;
};

static bool anybody_may_go(const struct zam_threads *threads) {
  const struct zam_waiting *w = threads->news ? threads->waiting : NULL;
  while (w && !w->may_go(w->context)) w = w->next;
  return w;
}

// Not sooner: without the master lock they could do nothing. Who then finds that another one was faster waits on, and
// that one will give the lock again.
static void wake_waiting(struct zam_threads *threads) {
  if (!threads->news) return;
  threads->news = false;
  for (struct zam_waiting *w = threads->waiting; w; w = w->next)
    if (w->may_go(w->context)) pthread_cond_signal(&w->wake);
}

// Whoever has a mutex most of the time takes it again long before another thread is awake. So it is handed to the
// thread that has waited for it longest, if that is a tick or more.
void zam_mutex_set_free(struct zam_threads *threads, struct zam_mutex *mutex) {
  ASSERT(zam_mutex_is_mine(threads, mutex), "zam.I18: thread %u frees a mutex that it doesn't have",
         threads->current->number);
  zam_mutex_set_owner(mutex, NULL);
  threads->news = true;
  struct zam_waiting *w = threads->overdue ? threads->waiting : NULL;
  while (w && !(w->overdue && w->mutex == mutex && w->may_go(w->context))) w = w->next;
  if (!w) return;
  zam_mutex_set_owner(mutex, w->thread);
  w->has_mutex = true;
  pthread_cond_signal(&w->wake);
}

static void give(struct zam_state *state, struct zam_thread *me) {
  struct zam_threads *threads = state->threads;
  ASSERT(threads->busy && threads->current == me, "zam.I18: thread %u gives the master lock, thread %u has it",
         me->number, threads->current->number);
  me->backtrace = state->backtrace;
  state->backtrace = NULL;
  zam_signals_set_receiver(state, NULL);
  threads->busy = false;
  pthread_cond_signal(&threads->is_free);
  wake_waiting(threads);
}

// ---- waiting -------------------------------------------------------------------------------------------------------

static _Thread_local struct zam_thread *self; // of the thread that waits

void zam_blocking_enter(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  struct zam_threads *threads = state->threads;
  int number = errno;
  zam_stub_park(state);
  thread_enter_native(th);
  if (threads) {
    pthread_mutex_lock(&threads->lock);
    self = threads->current;
    ASSERT(self->th == th, "zam.I18: mutator %p waits, and thread %u has the master lock", (void *)th, self->number);
    give(state, self);
    pthread_mutex_unlock(&threads->lock);
  }
  errno = number;
}

void zam_blocking_leave(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  struct zam_threads *threads = state->threads;
  int number = errno;
  if (threads) {
    pthread_mutex_lock(&threads->lock);
    ASSERT(self && self->th == th, "zam.I18: a thread is back that did not begin to wait, %p", (const void *)th);
    take(state, self);
    pthread_mutex_unlock(&threads->lock);
  }
  thread_leave_native(th);
  zam_stub_unpark(state);
  errno = number;
}

void zam_thread_yield(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  struct zam_threads *threads = state->threads;
  pthread_mutex_lock(&threads->lock);
  bool wanted = threads->waiters > 0 || anybody_may_go(threads);
  pthread_mutex_unlock(&threads->lock);
  if (!wanted) return;
  zam_stub_park(state);
  thread_enter_native(th);
  pthread_mutex_lock(&threads->lock);
  struct zam_thread *me = threads->current;
  ASSERT(me->th == th, "zam.I18: mutator %p waits, and thread %u has the master lock", (void *)th, me->number);
  give(state, me);
  // The signal wakes one that waited before: not this one.
  threads->waiters++;
  do pthread_cond_wait(&threads->is_free, &threads->lock);
  while (threads->busy);
  threads->waiters--;
  take(state, me);
  pthread_mutex_unlock(&threads->lock);
  thread_leave_native(th);
  zam_stub_unpark(state);
}

static void list(struct zam_threads *threads, struct zam_waiting *waiting) {
  struct zam_waiting **at = &threads->waiting;
  while (*at) at = &(*at)->next;
  *at = waiting;
}

static void unlist(struct zam_threads *threads, const struct zam_waiting *waiting) {
  struct zam_waiting **at = &threads->waiting;
  while (*at && *at != waiting) at = &(*at)->next;
  ASSERT(*at, "zam.I18: thread %u waits no more, and never did", waiting->thread->number);
  *at = waiting->next;
}

bool zam_thread_wait(struct mutator *th, zam_may_go_fn *may_go, const void *context, struct zam_mutex *mutex) {
  struct zam_state *state = zam_state(th);
  struct zam_threads *threads = state->threads;
  struct zam_waiting waiting = {.may_go = may_go, .context = context, .mutex = mutex, .wake = PTHREAD_COND_INITIALIZER};
  zam_stub_park(state);
  thread_enter_native(th);
  pthread_mutex_lock(&threads->lock);
  struct zam_thread *me = threads->current;
  ASSERT(me->th == th, "zam.I18: mutator %p waits, and thread %u has the master lock", (void *)th, me->number);
  give(state, me);
  waiting.thread = me;
  list(threads, &waiting);
  while (!threads->ending && !waiting.has_mutex && !may_go(context)) pthread_cond_wait(&waiting.wake, &threads->lock);
  unlist(threads, &waiting);
  bool good = !threads->ending;
  ASSERT(!good || !mutex || waiting.has_mutex || !zam_mutex_is_taken(mutex),
         "zam.I18: thread %u is to have a mutex that is taken", me->number);
  if (good && mutex) zam_mutex_set_owner(mutex, me);
  take(state, me);
  pthread_mutex_unlock(&threads->lock);
  thread_leave_native(th);
  zam_stub_unpark(state);
  return good;
}

// ---- the clock -----------------------------------------------------------------------------------------------------

// Waits for a change, but not long. `lock` is held.
static void wait_until(struct zam_threads *threads, pthread_cond_t *change, long ms) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += ms * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  pthread_cond_timedwait(change, &threads->lock, &until);
}

// Gets all but `me` out of what they wait for, in the system too. `lock` is held.
static void wake_all(struct zam_threads *threads, const struct zam_thread *me) {
  pthread_cond_broadcast(&threads->is_free);
  pthread_cond_broadcast(&threads->changed);
  for (struct zam_waiting *w = threads->waiting; w; w = w->next) pthread_cond_signal(&w->wake);
  for (struct zam_thread *t = threads->all; t; t = t->next)
    if (t != me && t->th) pthread_kill(t->pthread, SIGVTALRM);
}

static void note_overdue(struct zam_threads *threads) {
  threads->overdue = threads->waiting;
  for (struct zam_waiting *w = threads->waiting; w; w = w->next) w->overdue = true;
}

static void *tick_main(void *context) {
  struct zam_state *state = context;
  struct zam_threads *threads = state->threads;
  pthread_mutex_lock(&threads->lock);
  while (!threads->tick_stop) {
    wait_until(threads, &threads->tick_ends, TICK_MS);
    note_overdue(threads);
    if (threads->waiters || anybody_may_go(threads)) zam_signal_note(state, SIGVTALRM);
    if (threads->ending && threads->all) wake_all(threads, NULL);
  }
  pthread_mutex_unlock(&threads->lock);
  return NULL;
}

// The clock's thread is to run no signal's handler.
bool zam_threads_start_tick(struct zam_state *state) {
  struct zam_threads *threads = state->threads;
  sigset_t all, before;
  if (threads->ticks) return true;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  threads->tick_stop = false;
  threads->ticks = pthread_create(&threads->tick, NULL, tick_main, state) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return threads->ticks;
}

void zam_threads_stop_tick(struct zam_state *state) {
  struct zam_threads *threads = state->threads;
  if (!threads || !threads->ticks) return;
  pthread_mutex_lock(&threads->lock);
  threads->tick_stop = true;
  pthread_cond_broadcast(&threads->tick_ends);
  pthread_mutex_unlock(&threads->lock);
  pthread_join(threads->tick, NULL);
  threads->ticks = false;
}

// ---- beginning and end ---------------------------------------------------------------------------------------------

static void init_locks(struct zam_threads *threads) {
  pthread_mutex_init(&threads->lock, NULL);
  pthread_cond_init(&threads->is_free, NULL);
  pthread_cond_init(&threads->changed, NULL);
  pthread_cond_init(&threads->tick_ends, NULL);
}

// In the child of a fork the caller alone is left, with the master lock. What the others did on channels is over.
static void after_fork(void) {
  struct zam_threads *threads = forkable;
  if (!threads) return;
  struct zam_thread *me = threads->current;
  init_locks(threads);
  threads->waiters = 0;
  threads->waiting = NULL;
  threads->ticks = false;
  threads->ended_count = 0;
  threads->all = me;
  threads->attached = NULL;
  me->attached = false;
  me->next = NULL;
  zam_stub_forget_parked();
  for (struct zam_channel *channel = zam_state(me->th)->channels; channel; channel = channel->next)
    if (!zam_mutex_is_mine(threads, &channel->mutex)) zam_mutex_set_owner(&channel->mutex, NULL);
  thread_forget_others(me->th);
}

bool zam_threads_start(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  static _Atomic bool handles_fork;
  ASSERT(!state->threads, "%s begins to have threads a second time", state->program);
  struct zam_threads *threads = mem_alloc_zero(1, sizeof *threads);
  if (!threads) return false;
  init_locks(threads);
  threads->main = (struct zam_thread){.th = th, .pthread = pthread_self(), .descriptor = ZAM_UNIT};
  threads->all = threads->current = &threads->main;
  threads->busy = true;
  state->threads = threads;
  forkable = threads;
  if (!atomic_exchange(&handles_fork, true)) pthread_atfork(NULL, NULL, after_fork);
  return true;
}

void zam_thread_begin(struct mutator *th, struct zam_thread *me) {
  struct zam_state *state = zam_state(th);
  thread_enter_native(th);
  pthread_mutex_lock(&state->threads->lock);
  me->th = th;
  me->pthread = pthread_self();
  take(state, me);
  if (me->attached) {
    me->next = state->threads->attached;
    state->threads->attached = me;
  }
  pthread_mutex_unlock(&state->threads->lock);
  thread_leave_native(th);
}

void zam_thread_end(struct mutator *th, struct zam_thread *me, bool *ended) {
  struct zam_state *state = zam_state(th);
  struct zam_threads *threads = state->threads;
  pthread_mutex_lock(&threads->lock);
  *ended = true;
  struct zam_thread **at = me->attached ? &threads->attached : &threads->all;
  while (*at && *at != me) at = &(*at)->next;
  ASSERT(*at || threads->ending || me->attached || me == &threads->main, "zam.I18: thread %u ends, and is not listed",
         me->number);
  if (*at) *at = me->next;
  ASSERT(me == &threads->main || me->attached || threads->ended_count < threads->ended_room,
         "zam.I12: thread %u ends, %zu of %zu have ended", me->number, threads->ended_count, threads->ended_room);
  if (me != &threads->main && !me->attached) threads->ended[threads->ended_count++] = me->number; // there is room
  threads->news = true;
  give(state, me);
  pthread_cond_broadcast(&threads->changed);
  pthread_mutex_unlock(&threads->lock);
  mem_free(me->backtrace);
  me->backtrace = NULL;
  if (me != &threads->main) mem_free(me);
}

// From any thread: those that wait find out, now or at the next tick.
void zam_threads_note_end(struct zam_state *state) {
  struct zam_threads *threads = state->threads;
  if (!threads) return;
  zam_signals_prepare_end();
  pthread_mutex_lock(&threads->lock);
  threads->ending = true;
  state->pending = true;
  wake_all(threads, threads->current);
  pthread_mutex_unlock(&threads->lock);
}

// No thread lives but the main one, if that does.
static bool is_alone(const struct zam_threads *threads) {
  return !threads->all || (threads->all == &threads->main && !threads->main.next);
}

// The others are asked by the substrate to end, and do so at a safepoint; what they wait for in the system a signal
// interrupts.
void zam_threads_end(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  struct zam_threads *threads = state->threads;
  if (!threads) return;
  zam_threads_stop_tick(state);
  if (is_alone(threads)) return;
  (void)vm_exit(th);
  zam_threads_note_end(state);
  thread_enter_native(th);
  pthread_mutex_lock(&threads->lock);
  give(state, &threads->main);
  for (int round = 0; round < END_ROUNDS && !is_alone(threads); round++) {
    state->pending = true;
    wake_all(threads, &threads->main);
    wait_until(threads, &threads->changed, END_ROUND_MS);
  }
  state->backtrace = threads->main.backtrace;
  threads->main.backtrace = NULL;
  pthread_mutex_unlock(&threads->lock);
  thread_leave_native(th);
}

void zam_threads_roots(struct zam_state *state, struct root_visitor *visit) {
  struct zam_threads *threads = state->threads;
  if (!threads) return;
  struct zam_thread *lists[] = {threads->all, threads->attached};
  for (size_t i = 0; i < COUNT_OF(lists); i++) {
    for (struct zam_thread *t = lists[i]; t; t = t->next) {
      visit->slot(visit, &t->descriptor);
      zam_backtrace_visit(t->backtrace, visit);
    }
  }
}

void zam_threads_free(struct zam_state *state) {
  struct zam_threads *threads = state->threads;
  if (!threads) return;
  zam_threads_stop_tick(state);
  if (forkable == threads) forkable = NULL;
  pthread_mutex_destroy(&threads->lock);
  pthread_cond_destroy(&threads->is_free);
  pthread_cond_destroy(&threads->changed);
  pthread_cond_destroy(&threads->tick_ends);
  mem_free(threads->ended);
  mem_free(threads);
  state->threads = NULL;
}
