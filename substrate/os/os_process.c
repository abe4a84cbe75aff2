// SPDX-License-Identifier: MIT
//
// os_process.c: the process's number, kept. Code and threads belong to the process that made them, and whoever makes or
// frees code asks whether it is still that one: several times for each method that is compiled.
#include "os/os_process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic pid_t id;
static void note(void) { id = getpid(); }

static void begin(void) {
  (void)pthread_atfork(NULL, NULL, note);
  note();
}

pid_t os_process_id(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  (void)pthread_once(&once, begin);
  return id;
}
