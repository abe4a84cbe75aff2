// SPDX-License-Identifier: MIT
//
// hot_create.c: the hot compiler of a VM, from its making to its end, and what it is asked in between.
//
// It costs a program that never gets hot a structure: the sampler starts when a method gets code in the lower engine,
// the worker, which opens LLVM, when one is halfway to be requested.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "code/code.h"
#include "os/os_clock.h"
#include "os/os_process.h"

#include <time.h>
#include <unistd.h>

#define COMPILATIONS_NOW_MAX 3 // of a method, by hot_compile_now with feedback

static void init_conditions(struct hot *hot) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); // what os_clock_ns reads
  pthread_cond_init(&hot->work, &attributes);
  pthread_cond_init(&hot->done, NULL);
  pthread_cond_init(&hot->tick, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&hot->lock, NULL);
  pthread_mutex_init(&hot->tick_lock, NULL);
}

struct hot *hot_create(const struct hot_setup *setup) {
  ASSERT(setup->guest && setup->world && setup->config && !setup->world->sample,
         "a hot compiler is made without a guest or a world, or as the world's second");
  struct hot *hot = mem_alloc_zero(1, sizeof *hot);
  if (!hot) return NULL;
  hot->setup = *setup;
  hot->created_ns = os_clock_cpu_ns();
  hot->compiler = (struct hot_compiler){.ops = setup->guest->ops,
                                        .guest = setup->guest,
                                        .memory = setup->memory,
                                        .verify = setup->config->verify & VERIFY_IR,
                                        .by_llvm = setup->config->hot_code & HOT_CODE_LLVM,
                                        .dump = setup->config->dump};
  hot->tick_weight = 1;
  hot->compile = hot_compile;
  hot->prepare = hot_compiler_prepare;
  hot->destroy_unit = hot_unit_destroy;
  hot->owner = os_process_id();
  init_conditions(hot);
  setup->world->sample_context = hot;
  setup->world->sample = hot_sample;
  return hot;
}

static void destroy_units(struct hot *hot, struct hot_unit *unit) {
  for (struct hot_unit *next; unit; unit = next) {
    next = unit->next;
    hot->destroy_unit(&hot->compiler, unit);
  }
}

void hot_destroy(struct hot *hot) {
  if (!hot || hot_thread_is_gone(hot)) return; // a forked process: the locks may be held by threads that it hasn't got
  pthread_mutex_lock(&hot->lock);
  hot_thread_stop(hot);
  pthread_mutex_unlock(&hot->lock);
  destroy_units(hot, hot->units);
  destroy_units(hot, hot->retired);
  for (struct hot_profile *profile = hot->profiles, *next; profile; profile = next) {
    next = profile->next;
    hot_profile_destroy(profile);
  }
  if (!hot->parked) hot_compiler_fini(&hot->compiler); // else the worker is in it, for ever
  pthread_cond_destroy(&hot->work);
  pthread_cond_destroy(&hot->done);
  pthread_cond_destroy(&hot->tick);
  pthread_mutex_destroy(&hot->tick_lock);
  pthread_mutex_destroy(&hot->lock);
  mem_free(hot);
}

void hot_note_compiled(struct hot *hot) {
  if (!hot->setup.samples || hot->closing || hot_thread_is_gone(hot)) return;
  hot->news = true;
  if (hot->has_sampler) return; // most methods come later
  pthread_mutex_lock(&hot->lock);
  hot_thread_start_sampler(hot);
  pthread_mutex_unlock(&hot->lock);
}

// ---- at once ------------------------------------------------------------------------------------------------------

// Requests a method for somebody who waits. NULL: there is nothing to wait for.
static struct hot_profile *request_now(struct hot *hot, struct mutator *th, struct method *method) {
  struct hot_profile *profile = method->site_count ? hot_profile_of(hot, method) : NULL;
  if (!profile || profile->refused || hot->closing || hot->avoided || hot->stats.unavailable[0]) return NULL;
  if (method_is_released(method)) return NULL;
  if (profile->state != HOT_IDLE) { // another mutator waits for it, or the policy has requested it
    profile->urgent = true;
    pthread_cond_signal(&hot->work);
    return profile;
  }
  if (profile->compilations >= (hot->setup.feedback ? COMPILATIONS_NOW_MAX : 1)) return NULL;
  ASSERT(!profile->urgent, "hot.I8: %s is idle, and somebody waits for it", method->name);
  hot_profile_want_all(profile);
  if (hot->setup.feedback) hot_sample_loop(hot, th); // no sampler has
  profile->feedback = hot->setup.feedback;
  profile->urgent = true;
  hot_thread_request(profile);
  return profile;
}

bool hot_compile_now(struct hot *hot, struct mutator *th, struct method *method) {
  if (!hot_thread_is_gone(hot)) {
    pthread_mutex_lock(&hot->lock);
    struct hot_profile *profile = request_now(hot, th, method);
    pthread_mutex_unlock(&hot->lock);
    if (profile) {
      thread_enter_native(th); // collections go on
      pthread_mutex_lock(&hot->lock);
      while (profile->state != HOT_IDLE && !hot->closing) pthread_cond_wait(&hot->done, &hot->lock);
      pthread_mutex_unlock(&hot->lock);
      thread_leave_native(th);
    }
  }
  return __atomic_load_n(&method->hot, __ATOMIC_ACQUIRE) != NULL;
}

bool hot_abandon(struct hot *hot) {
  if (hot_thread_is_gone(hot)) return false;
  pthread_mutex_lock(&hot->lock);
  hot->closing = true;
  pthread_cond_broadcast(&hot->work);
  hot_thread_wake_sampler(hot);
  bool busy = hot->compiling || hot->preparing;
  if (busy) pthread_detach(hot->worker);
  if (busy && hot->has_sampler) pthread_detach(hot->sampler);
  pthread_mutex_unlock(&hot->lock);
  return busy;
}

void hot_stats_read(struct hot *hot, struct hot_stats *stats) {
  if (hot_thread_is_gone(hot)) {
    *stats = hot->stats;
    return;
  }
  pthread_mutex_lock(&hot->lock);
  *stats = hot->stats;
  stats->guards_failed += hot_policy_failures(hot);
  pthread_mutex_unlock(&hot->lock);
}
