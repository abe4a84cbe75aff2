// SPDX-License-Identifier: MIT
//
// hot_sample.c: what a mutator tells when it is asked what runs.
//
// It is at a safepoint: at the head of a loop, or about to call. A loop gives its method two points; a call gives the
// callee one and the caller two, because a small callee is better inlined than compiled; callers further out get one.
// In a loop full of calls a request nearly always meets a call, though the loop is what is to be compiled: so a mutator
// that meets a call looks again at its next safepoints until it comes to a loop, but counts the first call only. Where
// the loop calls, directly or not, the method that it was met in first, it gets the point of a caller, unless that one
// is short enough to be inlined into it: the time is not the loop's.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "frame/frame.h"

#define TRIES 8   // safepoints to look at for one request
#define CALLERS 3 // that get points

static struct method *method_of(const struct value *fp) { return (struct method *)frame_method(fp); }

static void see_call(struct hot *hot, struct method *callee) {
  struct hot_profile *profile = callee->site_count ? hot_profile_of(hot, callee) : NULL;
  if (profile) profile->calls += hot->tick_weight;
  hot_policy_give(hot, callee, 1);
}

static struct hot_loop *meet_loop(struct hot *hot, struct value *fp, uint32_t word, uint32_t points) {
  ASSERT(word < method_of(fp)->code_words, "hot.I1: a loop of %s is met at word %u of %u", method_of(fp)->name, word,
         method_of(fp)->code_words);
  struct hot_profile *profile = hot_profile_of(hot, method_of(fp));
  struct hot_loop *loop = profile ? hot_profile_loop(profile, word) : NULL;
  if (!loop) return NULL;
  hot_profile_see(profile, loop, frame_locals(fp));
  loop->points += points;
  return loop;
}

// Is the call of a method that has so many points made in every round of a loop that comes round often?
static bool is_call_in_rounds(const struct frame_cursor *caller, uint32_t points) {
  const struct method *method = frame_method(caller->fp);
  const struct hot_profile *profile = method->profile;
  uint32_t word = (uint32_t)((size_t)(caller->site_pc - (const char *)method->code) / sizeof(uint64_t));
  for (const struct hot_loop *loop = profile ? profile->loops : NULL; loop; loop = loop->next)
    if (loop->word <= word && word < loop->end && loop->points * ROUNDS_SHORT >= points) return true;
  return false;
}

// A caller is of interest because a small callee is better inlined; what has a loop never is.
static void see_callers(struct hot *hot, struct thread *thread) {
  struct frame_cursor cursor;
  frame_walk_start(&cursor, thread);
  struct hot_profile *profile = hot_profile_of(hot, method_of(cursor.fp));
  for (int i = 0; i < CALLERS; i++) {
    bool has_loop = profile && profile->loops;
    frame_walk_next(&cursor);
    if (!cursor.fp) return;
    if (i == 0 && profile && is_call_in_rounds(&cursor, profile->points)) profile->calls += hot->tick_weight;
    if (has_loop) return;
    struct method *caller = method_of(cursor.fp);
    hot_policy_give(hot, caller, 1);
    profile = caller->profile;
  }
}

// The word of the loop head that the published frame is at. A pc inside an instruction names a part of it, or the call
// that it makes.
static bool is_at_loop(const struct mutator *th, uint32_t *word) {
  const struct method *method = frame_method(th->fp);
  size_t byte = (size_t)(th->pc - (const char *)method->code);
  *word = (uint32_t)(byte / sizeof(uint64_t));
  return method->site_count && byte % sizeof(uint64_t) == 0 && *word < method->code_words &&
         hot_profile_is_poll(method, *word);
}

void hot_sample_loop(struct hot *hot, struct mutator *th) {
  uint32_t word;
  if (th->fp && is_at_loop(th, &word)) meet_loop(hot, th->fp, word, 2 * hot->tick_weight);
}

// Has control come from the loop that is watched to one around it, or out of its method?
static bool has_left_loop(const struct thread *thread) {
  const struct mutator *th = &thread->mutator;
  const struct hot_loop *loop = thread->sample_loop;
  uint32_t word;
  if (th->fp != thread->sample_fp) return th->fp < thread->sample_fp;
  return is_at_loop(th, &word) && word < loop->word && hot_loop_end(frame_method(th->fp), word) > loop->word;
}

// The loop that comes soon behind an inner one is to be entered instead of it, and must not wait for that until a
// sample happens to meet it: a point, if it has none.
static struct hot_loop *see_outer_loop(struct hot *hot, struct mutator *th) {
  uint32_t word;
  if (!is_at_loop(th, &word)) return NULL;
  struct hot_loop *outer = meet_loop(hot, th->fp, word, 0);
  if (outer && !outer->points) outer->points = 1;
  return outer;
}

// True: the mutator goes on looking.
static bool start_watching(struct thread *thread, struct hot_loop *loop) {
  if (!loop || !loop->nested || loop->wanted || loop->watched >= LOOPS_WATCHED) return false;
  ASSERT(!thread->sample_loop, "the loop at word %u is to be watched, and another one is", loop->word);
  thread->sample_loop = loop;
  thread->sample_fp = thread->mutator.fp;
  return true;
}

// One more safepoint behind a loop head: with hundreds of them between it and the next one around it, who leaves hot
// code in that loop would long have stopped looking for the way back. The loop around it is watched in its turn, for
// what is left of these safepoints. True: it is not known yet.
static bool watch_loop(struct hot *hot, struct thread *thread) {
  bool left = has_left_loop(thread), again = false;
  if (!left && ++thread->sample_tries < ROUNDS_LONG) return true;
  pthread_mutex_lock(&hot->lock);
  struct hot_loop *loop = thread->sample_loop;
  loop->watched++;
  loop->left += left;
  ASSERT(loop->left <= loop->watched, "the loop at word %u was left %u times of %u", loop->word, loop->left,
         loop->watched);
  thread->sample_loop = NULL;
  if (left && thread->mutator.fp == thread->sample_fp)
    again = start_watching(thread, see_outer_loop(hot, &thread->mutator));
  pthread_mutex_unlock(&hot->lock);
  if (!again) thread->sample_tries = 0;
  return again;
}

// What the method gets that is met, and the loop that it is in.
static uint32_t points_here(const struct thread *thread) {
  return thread->mutator.fp < thread->sample_fp && thread->sample_in_long ? 1 : 2;
}

bool hot_sample(struct thread *thread, const struct method *callee) {
  struct hot *hot = thread->world->sample_context;
  struct mutator *th = &thread->mutator;
  if (hot_thread_is_gone(hot)) return false;
  if (hot->asleep) hot_thread_wake_sampler(hot); // whatever the answer is: nobody may ask again
  if (!th->fp || th->observer) return false;
  ASSERT(thread->sample_loop || thread->sample_tries < TRIES, "safepoint %u of at most %d is looked at",
         thread->sample_tries, TRIES);
  if (thread->sample_loop) return watch_loop(hot, thread);
  uint32_t word;
  bool at_loop = !callee && is_at_loop(th, &word);
  bool is_first = thread->sample_tries == 0;
  if (is_first) {
    thread->sample_fp = th->fp;
    thread->sample_in_long = method_of(th->fp)->code_words > HOT_INLINE_WORDS_MAX;
  }
  if (is_first || at_loop) {
    uint32_t points = points_here(thread);
    pthread_mutex_lock(&hot->lock);
    if (callee) see_call(hot, (struct method *)callee);
    struct hot_loop *loop = at_loop ? meet_loop(hot, th->fp, word, points * hot->tick_weight) : NULL;
    if (start_watching(thread, loop)) thread->sample_tries = 0;
    hot_policy_give(hot, method_of(th->fp), points);
    if (is_first) see_callers(hot, thread);
    pthread_mutex_unlock(&hot->lock);
  }
  if (thread->sample_loop) return true;
  bool again = !at_loop && thread->sample_tries + 1 < TRIES;
  thread->sample_tries = again ? thread->sample_tries + 1 : 0;
  return again;
}
