// SPDX-License-Identifier: MIT
//
// box_timer.c: a watchdog thread. It sleeps until its deadline or until it is stopped, so that a program without a time
// limit has neither the thread nor a clock to look at.
#include "box/box.h"

#include "os/os_clock.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)
#define STACK_BYTES ((size_t)64 << 10) // it only sets flags

static void *timer_main(void *arg) {
  struct box_timer *timer = arg;
  struct timespec deadline = {(time_t)(timer->deadline_ns / NS_PER_S), (long)(timer->deadline_ns % NS_PER_S)};
  pthread_mutex_lock(&timer->lock);
  int outcome = 0;
  while (!timer->stop && outcome != ETIMEDOUT)
    outcome = pthread_cond_timedwait(&timer->changed, &timer->lock, &deadline);
  bool expired = !timer->stop;
  ASSERT(timer->running, "box.I4: %s", "a timer rings after it was joined");
  pthread_mutex_unlock(&timer->lock);
  if (expired) timer->expired(timer->context);
  return NULL;
}

static int start_thread(struct box_timer *timer) {
  pthread_attr_t attributes;
  int failure = pthread_attr_init(&attributes);
  if (failure) return failure;
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  failure = pthread_create(&timer->thread, &attributes, timer_main, timer);
  pthread_attr_destroy(&attributes);
  return failure;
}

enum loam_err box_timer_start(struct box_timer *timer, uint64_t ms, void (*expired)(void *context), void *context,
                              struct error *err) {
  ASSERT(expired, "box.I4: a timer of %llu ms has nobody to tell", (unsigned long long)ms);
  *timer = (struct box_timer){.expired = expired, .context = context};
  timer->deadline_ns = os_clock_ns() + ms * 1000000;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_mutex_init(&timer->lock, NULL);
  pthread_cond_init(&timer->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  timer->running = true; // before there is a thread that looks at it
  int failure = start_thread(timer);
  if (!failure) return LOAM_OK;
  timer->running = false;
  pthread_cond_destroy(&timer->changed);
  pthread_mutex_destroy(&timer->lock);
  return error_set(err, LOAM_ERR_LIMIT, "no thread for the time limit: %s", strerror(failure));
}

void box_timer_stop(struct box_timer *timer) {
  if (!timer->running) return;
  pthread_mutex_lock(&timer->lock);
  timer->stop = true;
  pthread_cond_signal(&timer->changed);
  pthread_mutex_unlock(&timer->lock);
  pthread_join(timer->thread, NULL);
  pthread_cond_destroy(&timer->changed);
  pthread_mutex_destroy(&timer->lock);
  timer->running = false;
}
