// SPDX-License-Identifier: MIT
//
// os_process.h: which process this is, and what a forked one finds.
#ifndef LOAM_OS_OS_PROCESS_H
#define LOAM_OS_OS_PROCESS_H

#include <pthread.h>
#include <sys/types.h>

// What getpid says, without asking the kernel each time. A forked child has its own. Any thread may call it.
pid_t os_process_id(void);

// On how many processors this process's threads may run; at least 1. Asks the kernel.
unsigned os_process_processors(void);

// A lock that a thread may hold while another one, which doesn't, forks: in the child nobody would ever give it back. A
// fork waits until it is free, and it is free in the child. The caller owns the record, which is in a list until
// os_process_forget_lock. Any thread may call these, but no thread that holds such a lock may fork.
struct os_fork_lock {
  pthread_mutex_t *lock;
  struct os_fork_lock *next;
};
void os_process_note_lock(struct os_fork_lock *record, pthread_mutex_t *lock);
void os_process_forget_lock(struct os_fork_lock *record);

#endif
