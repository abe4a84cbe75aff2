// SPDX-License-Identifier: MIT
//
// os_clock.h: the clock that pauses, compile times and deadlines are measured with.
#ifndef LOAM_OS_OS_CLOCK_H
#define LOAM_OS_OS_CLOCK_H

#include <stdint.h>

// Nanoseconds of the monotonic clock, from an unspecified start. Any thread may call it.
uint64_t os_clock_ns(void);
// Processor time of all threads of the process.
uint64_t os_clock_cpu_ns(void);
// Processor time of the calling thread.
uint64_t os_clock_thread_ns(void);

#endif
