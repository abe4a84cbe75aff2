// SPDX-License-Identifier: MIT
//
// hot_thread.c: the two threads behind the program: the worker, which compiles, and the sampler, which asks the
// mutators what runs and looks at guards.
//
// The sampler's ticks come once a millisecond, but in a program's first moments. They get rarer as long as nothing
// comes of them, and stop while no mutator runs: the requests stay with the mutators, and the first one that finds its
// own wakes the sampler. Both threads leave signals to the host's threads.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "code/code.h"
#include "os/os_clock.h"
#include "os/os_memory.h"
#include "os/os_process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORKER_STACK_BYTES ((size_t)8 << 20) // LLVM's passes recurse
#define WORKER_HEAP_BYTES ((size_t)2 << 20)  // and take this much for the first methods
#define SAMPLER_STACK_BYTES ((size_t)128 << 10)
#define TICK_NS_MIN UINT64_C(1000000)
#define TICK_NS_MAX UINT64_C(16000000)
#define EARLY_NS UINT64_C(40000000)     // so young a program can't afford much,
#define EARLY_TICK_NS UINT64_C(2000000) // and is looked at half as often
#define QUIET_TICKS 40                  // without news, before ticks get rarer
#define IDLE_TICKS 8                    // in which no mutator ran, before the sampler sleeps

bool hot_thread_is_gone(const struct hot *hot) { return os_process_id() != hot->owner; }

// Waits for a signal, but not longer than until then.
static int wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t until) {
  struct timespec deadline = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
  return pthread_cond_timedwait(condition, lock, &deadline);
}

// ---- the worker ---------------------------------------------------------------------------------------------------

static void make_request(const struct hot_profile *profile, struct hot_request *request) {
  const struct world *world = profile->hot->setup.world;
  *request = (struct hot_request){.method = profile->method,
                                  .entry = profile->wants_entry,
                                  .feedback = profile->feedback,
                                  .allowed_ns = hot_policy_allowed_ns(profile),
                                  .unwinds = world_watches_frames(world),
                                  .deopt_every = profile->hot->setup.config->stress_deopt_every};
  for (const struct hot_loop *loop = profile->loops; loop && request->loop_count < HOT_LOOPS_MAX; loop = loop->next)
    if (loop->wanted) {
      ASSERT(hot_profile_is_poll(profile->method, loop->word), "hot.I1: no loop of %s begins at word %u",
             profile->method->name, loop->word);
      request->runs_long[request->loop_count] = hot_policy_runs_long(loop);
      request->loops[request->loop_count++] = loop->word;
    }
}

void hot_thread_give_up(struct hot *hot, const char *why) {
  snprintf(hot->stats.unavailable, sizeof hot->stats.unavailable, "%s", why);
  for (struct hot_profile *profile = hot->profiles; profile; profile = profile->next) profile->refused = true;
}

static void refuse(struct hot_profile *profile, const struct error *err) {
  ASSERT(err->kind != LOAM_OK && !profile->unit == !profile->method->hot, "%s is refused without a reason",
         profile->method->name);
  struct hot *hot = profile->hot;
  profile->refused = true;
  hot->stats.refused++;
  if (hot->setup.config->trace & TRACE_TIERS)
    fprintf(stderr, "hot %s: refused: %s\n", profile->method->name, err->text);
  if (err->kind == LOAM_ERR_FILE && !hot->compiler.llvm) hot_thread_give_up(hot, err->text); // not of this method alone
}

// Answers a request. The lock is held, but not while it compiles.
static void answer(struct hot *hot, struct hot_profile *profile) {
  struct hot_request request;
  struct hot_unit *unit = NULL;
  struct error err = {0};
  ASSERT(profile->state == HOT_REQUESTED, "hot.I8: %s is compiled in state %u", profile->method->name, profile->state);
  ASSERT(!hot->compiling, "hot.I8: %s is compiled while something else is", profile->method->name);
  if (method_is_released(profile->method)) { // since it was requested: its profile goes with the next collection
    hot_policy_drop(profile);
    profile->urgent = false;
    pthread_cond_broadcast(&hot->done);
    return;
  }
  if (!profile->urgent) hot_policy_choose(profile);
  make_request(profile, &request);
  profile->modelled_ns = hot_policy_model_ns(profile);
  hot_policy_drop(profile);
  profile->state = HOT_COMPILING;
  profile->compilations++;
  hot->compilations++;
  hot->compiling = true;
  pthread_mutex_unlock(&hot->lock);
  hot->setup.compile_below(hot->setup.context, profile->method);
  enum loam_err kind = hot->compile(&hot->compiler, &request, &unit, &err);
  ASSERT((kind == LOAM_OK) == (unit != NULL), "compiling %s ends with %d, and code at %p", profile->method->name, kind,
         (void *)unit);
  pthread_mutex_lock(&hot->lock);
  ASSERT(profile->state == HOT_COMPILING && hot->compiling, "hot.I8: %s was compiled, and is in state %d",
         profile->method->name, (int)profile->state);
  profile->known_ns = 0;
  if (kind == LOAM_OK)
    hot_install(profile, unit);
  else if (hot->compiler.too_dear_ns)
    hot_policy_defer(profile, hot->compiler.too_dear_ns);
  else
    refuse(profile, &err);
  profile->urgent = false;
  profile->state = HOT_IDLE;
  hot->compiling = false;
  hot->news = true;
  pthread_cond_broadcast(&hot->done);
}

// LLVM has met an error behind which it can't go on, and wants to end the process. Instead this thread compiles nothing
// any more: it stays where it is, in the midst of LLVM, because the frames of C++ below can't be left in an orderly
// way. The program goes on with the code that it has. Nobody waits for the thread, and what it was working on is its
// own.
[[noreturn]] static void park(void *context, const char *reason) {
  struct hot *hot = context;
  char why[sizeof hot->stats.unavailable];
  (void)snprintf(why, sizeof why, "LLVM gave up: %.*s", (int)strcspn(reason, "\n"), reason);
  pthread_mutex_lock(&hot->lock);
  hot_thread_give_up(hot, why);
  if (hot->setup.config->trace & TRACE_TIERS) fprintf(stderr, "hot: %s\n", why);
  for (struct hot_profile *profile = hot->profiles; profile; profile = profile->next) {
    hot->stats.refused += profile->state == HOT_COMPILING;
    profile->state = HOT_IDLE;
  }
  hot->requested = NULL;
  hot->parked = true;
  hot->compiling = false;
  if (hot->has_worker) pthread_detach(hot->worker);
  hot->has_worker = false;
  pthread_cond_broadcast(&hot->done);
  pthread_mutex_unlock(&hot->lock);
  for (;;) pause();
}

// The C library gets from the kernel at once what LLVM soon asks for in small pieces: a page that is met by its first
// use takes ten times as long.
static void take_memory(void) {
  void *block = mem_alloc(WORKER_HEAP_BYTES);
  if (block) os_memory_populate(block, WORKER_HEAP_BYTES);
  mem_free(block);
}

// Opening LLVM takes as long as a compilation, and can be done before it is known of what. The lock is held, but not
// meanwhile. That it fails the first compilation says.
static void prepare(struct hot *hot) {
  hot->preparing = true;
  pthread_mutex_unlock(&hot->lock);
  take_memory();
  hot->prepare(&hot->compiler);
  pthread_mutex_lock(&hot->lock);
  hot->preparing = false;
}

static void *worker_main(void *arg) {
  struct hot *hot = arg;
  hot_llvm_on_fatal(park, hot);
  pthread_mutex_lock(&hot->lock);
  if (hot->prepared && !hot->closing) prepare(hot);
  while (!hot->closing) {
    struct hot_profile *profile = hot->holds ? NULL : hot_policy_next(hot);
    if (!profile) {
      pthread_cond_wait(&hot->work, &hot->lock);
      continue;
    }
    if (!hot_policy_can_afford(profile)) {
      (void)wait_until(&hot->work, &hot->lock, os_clock_ns() + TICK_NS_MIN * 4);
      continue;
    }
    answer(hot, profile);
    hot_install_free_unused(hot);
    pthread_mutex_unlock(&hot->lock);
    if (hot->setup.samples) (void)thread_world_sample(hot->setup.world); // who is in a loop of it goes over now
    pthread_mutex_lock(&hot->lock);
  }
  pthread_mutex_unlock(&hot->lock);
  return NULL;
}

// ---- the sampler --------------------------------------------------------------------------------------------------

struct pace {
  uint64_t tick_ns;
  uint64_t since;       // the last tick, or when the thread was asked for: it may take milliseconds until it runs
  uint32_t quiet, idle; // ticks in a row
};

// Waits until the next tick, without the lock: mutators take it to answer the last one. Returns what the samples of the
// tick that begins count: as much as it waited.
static uint32_t wait_tick(struct hot *hot, struct pace *pace) {
  uint64_t ns = pace->tick_ns;
  if (ns < EARLY_TICK_NS && os_clock_cpu_ns() - hot->created_ns < EARLY_NS) ns = EARLY_TICK_NS;
  bool idle = pace->idle >= IDLE_TICKS;
  if (idle) {
    hot->asleep = true;
    (void)thread_world_sample(hot->setup.world); // who answers from now on sees `asleep`
  }
  pthread_mutex_lock(&hot->tick_lock);
  while (idle && hot->asleep && !hot->closing) pthread_cond_wait(&hot->tick, &hot->tick_lock);
  while (!idle && !hot->closing && wait_until(&hot->tick, &hot->tick_lock, pace->since + ns) == 0) {
  }
  pthread_mutex_unlock(&hot->tick_lock);
  pace->since = os_clock_ns();
  uint32_t weight = idle ? 1 : (uint32_t)(ns / TICK_NS_MIN);
  ASSERT(weight && ns <= TICK_NS_MAX, "a tick of %llu ns counts %u times", (unsigned long long)ns, weight);
  return weight;
}

static void adapt(struct pace *pace, uint32_t ran, bool changed) {
  ASSERT(pace->tick_ns >= TICK_NS_MIN && pace->tick_ns <= TICK_NS_MAX, "a tick takes %llu ns",
         (unsigned long long)pace->tick_ns);
  pace->idle = ran ? 0 : pace->idle + 1;
  pace->quiet = changed ? 0 : pace->quiet + 1;
  if (changed) pace->tick_ns = TICK_NS_MIN;
  if (pace->quiet < QUIET_TICKS || pace->tick_ns >= TICK_NS_MAX) return;
  pace->tick_ns *= 2;
  pace->quiet = 0;
}

// False: there are no more ticks.
static bool begin_tick(struct hot *hot, uint32_t weight, bool *changed) {
  pthread_mutex_lock(&hot->lock);
  bool goes_on = !hot->closing && !hot->stats.unavailable[0];
  if (goes_on) {
    hot->tick_weight = weight;
    hot->ticks++;
    *changed = hot_policy_look(hot) || hot->news;
    hot->news = false;
    hot_install_free_unused(hot);
  }
  pthread_mutex_unlock(&hot->lock);
  return goes_on;
}

static void *sampler_main(void *arg) {
  struct hot *hot = arg;
  struct pace pace = {.tick_ns = TICK_NS_MIN, .since = hot->sampler_ns};
  bool changed;
  while (begin_tick(hot, wait_tick(hot, &pace), &changed)) adapt(&pace, thread_world_sample(hot->setup.world), changed);
  return NULL;
}

// ---- starting and stopping ----------------------------------------------------------------------------------------

static bool start(pthread_t *thread, size_t stack_bytes, void *(*main)(void *), struct hot *hot) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = pthread_create(thread, &attributes, main, hot) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return started;
}

static const char no_thread[] = "the system has no thread to give";

void hot_thread_start_sampler(struct hot *hot) {
  if (hot->has_sampler || hot->closing || hot->stats.unavailable[0]) return;
  hot->sampler_ns = os_clock_ns();
  hot->has_sampler = start(&hot->sampler, SAMPLER_STACK_BYTES, sampler_main, hot);
  if (!hot->has_sampler) hot_thread_give_up(hot, no_thread);
}

// False: the system has none, and the hot compiler is given up.
static bool start_worker(struct hot *hot) {
  if (!hot->has_worker) hot->has_worker = start(&hot->worker, WORKER_STACK_BYTES, worker_main, hot);
  if (!hot->has_worker) hot_thread_give_up(hot, no_thread);
  return hot->has_worker;
}

void hot_thread_prepare(struct hot *hot) {
  if (!hot->prepare || hot->has_worker || hot->closing || hot->parked || hot->stats.unavailable[0]) return;
  if (os_process_processors() < 2) {
    hot->prepare = NULL;
    return;
  }
  hot->prepared = true;
  (void)start_worker(hot);
}

void hot_thread_request(struct hot_profile *profile) {
  ASSERT(profile->state == HOT_IDLE, "hot.I8: %s is requested while it is compiled", profile->method->name);
  struct hot *hot = profile->hot;
  if (hot->closing || hot->parked) return;
  if (!start_worker(hot)) return;
  if (!profile->size.parts) hot_policy_measure(profile);
  profile->state = HOT_REQUESTED;
  profile->next_requested = hot->requested;
  hot->requested = profile;
  hot->news = true;
  pthread_cond_signal(&hot->work);
}

void hot_thread_wake_sampler(struct hot *hot) {
  pthread_mutex_lock(&hot->tick_lock);
  hot->asleep = false;
  pthread_cond_signal(&hot->tick);
  pthread_mutex_unlock(&hot->tick_lock);
}

void hot_thread_stop(struct hot *hot) {
  bool worker = hot->has_worker, sampler = hot->has_sampler;
  hot->closing = true;
  pthread_cond_broadcast(&hot->work);
  hot_thread_wake_sampler(hot);
  pthread_cond_broadcast(&hot->done);
  pthread_mutex_unlock(&hot->lock);
  if (worker) pthread_join(hot->worker, NULL);
  if (sampler) pthread_join(hot->sampler, NULL);
  pthread_mutex_lock(&hot->lock);
}
