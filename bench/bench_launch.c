// SPDX-License-Identifier: MIT
//
// bench_launch.c: runs one program and says what it cost.
//
//   bench_launch OUT ERR PROGRAM ARGS...
//
// Standard output and error of the program go to the files OUT and ERR. One line is printed:
//
//   WALL_NS CPU_NS PEAK_KB STATUS
//
// the time from fork to the end, user and system time together, the peak resident set, and the exit status (128 plus
// the signal for a program that was killed).
//
// Why a program of its own: the kernel counts the pages that a process had before it called exec in its peak. A child
// of the Python interpreter therefore never shows less than Python's own ten megabytes, and starting it takes longer
// than the programs of two milliseconds that are to be measured. This program is small and starts its child at once.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long timeval_ns(struct timeval time) { return time.tv_sec * 1000000000LL + time.tv_usec * 1000LL; }

// Makes descriptor `target` write to the file at `path`; false when it can't be made.
static int redirect(int target, const char *path) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) return 0;
  int ok = dup2(file, target) == target;
  close(file);
  return ok;
}

// The child: 127 is what a shell answers for a program that isn't there.
static void become(char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL); // a run that is given up must not go on in the background
  int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  if (redirect(STDOUT_FILENO, argv[1]) && redirect(STDERR_FILENO, argv[2])) execvp(argv[3], argv + 3);
  _exit(127);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: bench_launch OUT ERR PROGRAM ARGS...\n");
    return 2;
  }
  long long start = clock_ns();
  pid_t child = fork();
  if (child < 0) {
    perror("bench_launch: fork");
    return 2;
  }
  if (child == 0) become(argv);
  int status = 0;
  struct rusage usage;
  if (wait4(child, &status, 0, &usage) != child) {
    perror("bench_launch: wait4");
    return 2;
  }
  long long wall = clock_ns() - start;
  long long cpu = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  printf("%lld %lld %ld %d\n", wall, cpu, usage.ru_maxrss, code);
  return 0;
}
