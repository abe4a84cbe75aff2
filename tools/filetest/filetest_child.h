// SPDX-License-Identifier: MIT
//
// filetest_child.h: runs a program with its input and output in files and a time limit.
//
// No shell is involved: the arguments reach the program as they are. Output goes to files instead of pipes, so that
// a child that prints much never waits for its parent, and several children need no event loop. A child that
// outlives its time gets SIGKILL. Output files are capped (RLIMIT_FSIZE), so that a runaway program can't fill the
// disk.
#ifndef FILETEST_CHILD_H
#define FILETEST_CHILD_H

#include "filetest_bytes.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// One running or finished program. Zero-initialise, set `argv` and the paths, then child_start.
struct child {
  const char *const *argv;               // NULL-terminated; argv[0] is the program's path
  const char *stdin_path;                // NULL: /dev/null
  const char *stdout_path, *stderr_path; // created or emptied
  uint64_t time_ms_max;

  pid_t pid; // 0 when it isn't running
  uint64_t start_ms;
  int status; // exit status, or -1 when a signal ended it
  int signal; // the signal, or 0
  bool timed_out;
};

// What children inherit: caps on the size of files they write, no core dumps, no LOAM_OPTIONS. Blocks SIGCHLD
// in this process. Call once.
void child_prepare(void);
// Starts the program; false (with a message on standard error) when that is impossible.
bool child_start(struct child *child);
// Looks after running children: true when the given one has ended, its time has run out, or it never started.
bool child_ended(struct child *child);
// Starts it and waits for its end.
bool child_run(struct child *child);
// Waits until a child ends, for 20 ms at most; for loops over several children. Needs `child_prepare`.
void child_wait(void);
uint64_t child_now_ms(void);

// "exit status 1", "signal 11 (Segmentation fault)", "no end within 5000 ms".
void child_print_end(const struct child *child, struct bytes *out);
// True when the text (a child's standard error) holds a sanitizer's report or a failed check of the program's own.
bool child_is_report(const char *text);
// Whether a child that was given bad input or no memory ended as it should: by itself, in time, without a report, with
// a status of at most `status_max`, and with a message if that is 2 or more. Otherwise `why` says what is wrong.
bool child_ended_well(const struct child *child, const struct bytes *errors, int status_max, struct bytes *why);
// Appends the command line, quoted for a POSIX shell.
void child_print_command(const char *const *argv, struct bytes *out);

#endif
