// SPDX-License-Identifier: MIT
//
// os_process.c: the process's number, kept, and locks that outlive a fork. Code and threads belong to the process that
// made them, and whoever makes or frees code asks whether it is still that one: several times for each method that is
// compiled.
#include "os/os_process.h"

#include "loam/rt.h"

#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic pid_t id;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct os_fork_lock *noted;

// All or none: they are taken in different orders elsewhere.
static bool take_locks(void) {
  for (struct os_fork_lock *at = noted; at; at = at->next) {
    if (pthread_mutex_trylock(at->lock) == 0) continue;
    for (struct os_fork_lock *taken = noted; taken != at; taken = taken->next) pthread_mutex_unlock(taken->lock);
    return false;
  }
  return true;
}

static void before_fork(void) {
  pthread_mutex_lock(&list_lock);
  while (!take_locks()) sched_yield();
}

static void go_on_in_parent(void) {
  for (struct os_fork_lock *at = noted; at; at = at->next) pthread_mutex_unlock(at->lock);
  pthread_mutex_unlock(&list_lock);
}

static void go_on_in_child(void) {
  id = getpid();
  for (struct os_fork_lock *at = noted; at; at = at->next) pthread_mutex_init(at->lock, NULL);
  pthread_mutex_init(&list_lock, NULL);
}

static void begin(void) {
  (void)pthread_atfork(before_fork, go_on_in_parent, go_on_in_child);
  id = getpid();
}

static void begin_once(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, begin);
}

pid_t os_process_id(void) {
  begin_once();
  return id;
}

unsigned os_process_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return (unsigned)CPU_COUNT(&set);
  return 2; // there are more than fit the set
}

void os_process_note_lock(struct os_fork_lock *record, pthread_mutex_t *lock) {
  begin_once();
  pthread_mutex_lock(&list_lock);
  *record = (struct os_fork_lock){.lock = lock, .next = noted};
  noted = record;
  pthread_mutex_unlock(&list_lock);
}

void os_process_forget_lock(struct os_fork_lock *record) {
  pthread_mutex_lock(&list_lock);
  struct os_fork_lock **at = &noted;
  while (*at != record) {
    ASSERT(*at, "a lock is forgotten that was not noted, at %p", (void *)record->lock);
    at = &(*at)->next;
  }
  *at = record->next;
  pthread_mutex_unlock(&list_lock);
}
