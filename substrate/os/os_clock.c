// SPDX-License-Identifier: MIT
//
// os_clock.c: POSIX's clocks as one number.
#include "os/os_clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t os_clock_ns(void) { return read_ns(CLOCK_MONOTONIC); }
uint64_t os_clock_cpu_ns(void) { return read_ns(CLOCK_PROCESS_CPUTIME_ID); }
uint64_t os_clock_thread_ns(void) { return read_ns(CLOCK_THREAD_CPUTIME_ID); }
