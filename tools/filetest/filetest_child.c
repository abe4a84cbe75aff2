// SPDX-License-Identifier: MIT
//
// filetest_child.c: child processes with files for input and output and a time limit. See filetest_child.h.
#include "filetest_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// The largest output of a test program that is looked at. The deepest honest test prints a few hundred KB.
#define OUTPUT_BYTES_MAX (UINT64_C(64) << 20)

uint64_t child_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// SIGCHLD stays blocked, so one that comes before the wait ends it at once; the time is for limits.
void child_wait(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigtimedwait(&signals, NULL, &(struct timespec){.tv_nsec = 20000000});
}

void child_prepare(void) {
  struct rlimit file_size = {OUTPUT_BYTES_MAX, OUTPUT_BYTES_MAX}, no_core = {0, 0};
  setrlimit(RLIMIT_FSIZE, &file_size);
  setrlimit(RLIMIT_CORE, &no_core);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  unsetenv("LOAM_OPTIONS");
}

bool child_start(struct child *child) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  int write_flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&files, 0, child->stdin_path ? child->stdin_path : "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, child->stdout_path, write_flags, 0600);
  posix_spawn_file_actions_addopen(&files, 2, child->stderr_path, write_flags, 0600);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t no_signals;
  sigemptyset(&no_signals);
  posix_spawnattr_setsigmask(&attributes, &no_signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  child->status = -1;
  child->signal = 0;
  child->timed_out = false;
  child->start_ms = child_now_ms();
  int failed = posix_spawn(&child->pid, child->argv[0], &files, &attributes, (char *const *)child->argv, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (!failed) return true;
  child->pid = 0;
  fprintf(stderr, "%s: can't start '%s': %s\n", bytes_tool_name, child->argv[0], strerror(failed));
  return false;
}

bool child_ended(struct child *child) {
  if (!child->pid) return true;
  int status;
  pid_t got = waitpid(child->pid, &status, WNOHANG);
  if (got == 0) {
    if (child_now_ms() - child->start_ms < child->time_ms_max) return false;
    child->timed_out = true;
    kill(child->pid, SIGKILL);
    got = waitpid(child->pid, &status, 0);
  }
  child->pid = 0;
  if (got < 0) return true;
  if (WIFEXITED(status)) child->status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) child->signal = WTERMSIG(status);
  return true;
}

bool child_run(struct child *child) {
  if (!child_start(child)) return false;
  while (!child_ended(child)) child_wait();
  return true;
}

void child_print_end(const struct child *child, struct bytes *out) {
  if (child->timed_out)
    bytes_printf(out, "no end within %llu ms", (unsigned long long)child->time_ms_max);
  else if (child->signal)
    bytes_printf(out, "signal %d (%s)", child->signal, strsignal(child->signal));
  else
    bytes_printf(out, "exit status %d", child->status);
}

bool child_is_report(const char *text) {
  static const char *const marks[] = {"AddressSanitizer", "LeakSanitizer",  "ThreadSanitizer", "MemorySanitizer",
                                      "runtime error: ",  "check failed: ", "CHECK failed"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (strstr(text, marks[i])) return true;
  return false;
}

bool child_ended_well(const struct child *child, const struct bytes *errors, int status_max, struct bytes *why) {
  if (child->signal || child->timed_out || child->status > status_max) {
    child_print_end(child, why);
    return false;
  }
  if (child_is_report(errors->data)) {
    bytes_add_text(why, "a sanitizer or a check of the program's own reports a bug");
    return false;
  }
  if (child->status >= 2 && errors->length == 0) {
    bytes_printf(why, "exit status %d without a message", child->status);
    return false;
  }
  return true;
}

void child_print_command(const char *const *argv, struct bytes *out) {
  for (size_t i = 0; argv[i]; i++) {
    if (i) bytes_add_text(out, " ");
    bool plain = argv[i][0] && !argv[i][strspn(argv[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                        "0123456789_-./=:,+@%")];
    if (plain) {
      bytes_add_text(out, argv[i]);
      continue;
    }
    bytes_add_text(out, "'");
    for (const char *c = argv[i]; *c; c++) {
      if (*c == '\'')
        bytes_add_text(out, "'\\''");
      else
        bytes_add(out, c, 1);
    }
    bytes_add_text(out, "'");
  }
}
