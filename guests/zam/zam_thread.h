// SPDX-License-Identifier: MIT
//
// zam_thread.h: OCaml's threads: mutators of which one at a time, who holds the master lock, touches values.
//
// Who waits for the system, or for another thread, lets go of the lock: it brackets the wait with zam_blocking_enter
// and zam_blocking_leave. Everything else that primitives do is undisturbed. Where a program polls, the tick of a clock
// makes it hand the lock over. What all waits here are guarded by is one lock of C's, `lock`; it is held for moments.
#ifndef ZAM_THREAD_H
#define ZAM_THREAD_H

#include "zam_state.h"

#include <pthread.h>

// One of the program's threads.
struct zam_thread {
  struct mutator *th;
  pthread_t pthread;
  struct value descriptor;         // the program's: [number, function, status]
  struct zam_backtrace *backtrace; // kept here while another one runs
  uint32_t number;                 // the substrate's
  bool leaving;                    // it ends itself, with Thread.exit
  bool attached;                   // C code's own
  struct zam_thread *next;
};

// Whether a thread has ended, where no collection moves it. In the VM's arena: blocks that live when it ends don't die.
union zam_thread_status {
  bool ended;
  union zam_thread_status *next_free;
};

// A lock of the program's, or a channel's, where C code expects a pointer.
struct zam_mutex {
  struct zam_thread *owner; // written under `lock`; NULL: it is free
};

struct zam_threads {
  pthread_mutex_t lock;
  pthread_cond_t is_free; // the master lock
  pthread_cond_t changed; // a thread has ended, for who waits for the end of all
  pthread_cond_t tick_ends;
  bool busy;                   // somebody has the master lock
  bool news;                   // something changed that threads wait for; who gives the master lock wakes them
  bool overdue;                // some of them wait since before the last tick
  struct zam_waiting *waiting; // the longest first
  bool ending, ticks, tick_stop;
  unsigned waiters;             // for the master lock
  struct zam_thread *current;   // who has it, or had it last
  struct zam_thread *all, main; // those that live; the program's first
  struct zam_thread *attached;  // those of C code, which nobody waits for
  int64_t next_id;
  union zam_thread_status *free_statuses; // those whose blocks have died, to be used again
  uint32_t *ended;                        // numbers of threads that are to be joined
  size_t ended_count, ended_room;
  pthread_t tick;
};

// Lets other threads run while this one waits and touches no value. errno stays what it is.
void zam_blocking_enter(struct mutator *th);
MAY_GC void zam_blocking_leave(struct mutator *th);
// Hands the master lock to who waits for it, if anybody does.
MAY_GC void zam_thread_yield(struct mutator *th);

// What a thread waits for; asked under `lock`, by any thread, whenever there is news.
typedef bool zam_may_go_fn(const void *context);
// Waits, with the master lock free, until the thread may go on; then takes `mutex`, unless it is NULL, in the same
// moment. False: the program ends, and so does the wait.
MAY_GC bool zam_thread_wait(struct mutator *th, zam_may_go_fn *may_go, const void *context, struct zam_mutex *mutex);
// Waits for a lock and takes it. False: the program ends.
MAY_GC bool zam_mutex_take(struct mutator *th, struct zam_mutex *mutex);
// Whether the caller has it. Without the lock: it is true from when the caller took it until it gives it back, whatever
// other threads write meanwhile (relaxed; pairs with zam_mutex_set_owner).
static inline bool zam_mutex_is_mine(const struct zam_threads *threads, const struct zam_mutex *mutex) {
  return __atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == threads->current;
}
// Under `lock`.
static inline void zam_mutex_set_owner(struct zam_mutex *mutex, struct zam_thread *owner) {
  __atomic_store_n(&mutex->owner, owner, __ATOMIC_RELAXED);
}
// Frees it, or hands it to who has waited too long. Under `lock`, by who has it.
void zam_mutex_set_free(struct zam_threads *threads, struct zam_mutex *mutex);
// Whether somebody has it. Who then takes it does nothing before he has the master lock, too.
static inline bool zam_mutex_is_taken(const struct zam_mutex *mutex) {
  return __atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) != NULL;
}
// Takes it when it is free. False: it is not.
bool zam_mutex_try(struct mutator *th, struct zam_mutex *mutex);
// False: the caller doesn't have it.
bool zam_mutex_release(struct mutator *th, struct zam_mutex *mutex);

// Makes the caller, the main thread, one of the program's threads. False when memory is out.
bool zam_threads_start(struct mutator *th);
// The tick begins with the second thread.
bool zam_threads_start_tick(struct zam_state *state);
void zam_threads_stop_tick(struct zam_state *state);
// A thread's first and last step. Between them it holds the master lock, or waits for it.
MAY_GC void zam_thread_begin(struct mutator *th, struct zam_thread *me);
void zam_thread_end(struct mutator *th, struct zam_thread *me, bool *ended); // sets *ended, for who joins it

// For a thread of C code's own: makes it one of the program's, outside the guest as in a blocking section. NULL: memory
// is out, or the program has no threads.
struct mutator *zam_thread_attach(struct zam_state *state);
// Ends that. False: the thread is no such one.
bool zam_thread_detach(struct mutator *th);

// The program is to end, whoever waits for what.
void zam_threads_note_end(struct zam_state *state);
// At its end, in the main thread: makes what other threads wait for come to an end, so that they can.
void zam_threads_end(struct mutator *th);
void zam_threads_roots(struct zam_state *state, struct root_visitor *visit);
void zam_threads_free(struct zam_state *state);

#endif
