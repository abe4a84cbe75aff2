// SPDX-License-Identifier: MIT
//
// os_process.h: which process this is.
#ifndef LOAM_OS_OS_PROCESS_H
#define LOAM_OS_OS_PROCESS_H

#include <sys/types.h>

// What getpid says, without asking the kernel each time. A forked child has its own. Any thread may call it.
pid_t os_process_id(void);

#endif
