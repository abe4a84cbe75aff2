// SPDX-License-Identifier: MIT
//
// thread_int.h: what the files of this module share.
#ifndef LOAM_THREAD_THREAD_INT_H
#define LOAM_THREAD_THREAD_INT_H
#ifndef LOAM_THREAD_MODULE
#error "thread_int.h is for the files of substrate/thread; others include thread/thread.h"
#endif

#include "thread/thread.h"

// Sets a request bit and makes the mutator look at it at its next safepoint.
void thread_request(struct thread *thread, enum thread_request request);
// Runs the handshakes that wait for a mutator that is not running guest code just now. The world's lock is held.
void thread_run_handshakes(struct thread *thread);

#endif
