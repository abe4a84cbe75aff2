// SPDX-License-Identifier: MIT
//
// os_process_test.c: a forked child has a number of its own, and finds the locks free that it was promised.
#include "os/os_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

// What the child's main thread says by its exit status.
static int run_in_child(int (*ask)(void)) {
  int status = -1;
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(ask());
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int has_own_number(void) { return os_process_id() == getpid(); }

static void child_has_a_number_of_its_own(void **state) {
  (void)state;
  assert_int_equal(os_process_id(), getpid());
  assert_int_equal(run_in_child(has_own_number), 1);
  assert_int_equal(os_process_id(), getpid());
}

static int finds_locks_free(void) { return pthread_mutex_trylock(&first) == 0 && pthread_mutex_trylock(&second) == 0; }

// Holds a lock when the other thread forks, and gives it back later.
static void *hold(void *lock) {
  pthread_mutex_lock(lock);
  pthread_barrier_wait(&both);
  usleep(20000);
  pthread_mutex_unlock(lock);
  return NULL;
}

static void child_finds_locks_free_that_others_held(void **state) {
  (void)state;
  struct os_fork_lock records[2];
  pthread_mutex_t *const locks[] = {&first, &second};
  os_process_note_lock(&records[0], &first);
  os_process_note_lock(&records[1], &second);
  pthread_barrier_init(&both, NULL, 2);
  for (size_t i = 0; i < 2; i++) {
    pthread_t holder;
    assert_int_equal(pthread_create(&holder, NULL, hold, locks[i]), 0);
    pthread_barrier_wait(&both);
    assert_int_equal(run_in_child(finds_locks_free), 1);
    assert_int_equal(pthread_mutex_trylock(locks[1 - i]), 0); // the parent's are free, too
    pthread_mutex_unlock(locks[1 - i]);
    pthread_join(holder, NULL);
  }
  pthread_barrier_destroy(&both);
  os_process_forget_lock(&records[0]);
  os_process_forget_lock(&records[1]);
  pthread_mutex_lock(&first); // forgotten: nobody waits for it
  assert_int_equal(run_in_child(has_own_number), 1);
  pthread_mutex_unlock(&first);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(child_has_a_number_of_its_own),
      cmocka_unit_test(child_finds_locks_free_that_others_held),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
