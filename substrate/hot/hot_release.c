// SPDX-License-Identifier: MIT
//
// hot_release.c: methods that die. Their code is taken away, and so is the code that names them: units in which they
// are inlined, or that test whether a callee is they.
//
// A method's memory can be had again by another one. So nothing may be left that compares with its address, or reads
// its bytecode: neither a unit nor a compilation. Units know what they name; of a compilation that runs nobody knows
// what it will name, because it reads caches as it goes on. So methods are freed only while none runs, and none starts
// while the lock is held. Who can't wait for a pause makes one (hot_hold).
//
// Rejected: leaving the headers of dead methods as tombstones for ever, with only their code freed. Every reader of a
// cache would have to look at the header first and then hold on to what it found, and a program that makes and drops
// code would still grow.
#define LOAM_HOT_MODULE
#include "hot/hot_policy.h"

#include "interp/interp.h"

void hot_hold(struct hot *hot, struct mutator *th) {
  if (hot_thread_is_gone(hot)) return;
  thread_enter_native(th); // collections go on
  pthread_mutex_lock(&hot->lock);
  hot->holds++;
  while (hot->compiling && !hot->closing) pthread_cond_wait(&hot->done, &hot->lock);
  pthread_mutex_unlock(&hot->lock);
  thread_leave_native(th);
}

void hot_go_on(struct hot *hot) {
  if (hot_thread_is_gone(hot)) return;
  pthread_mutex_lock(&hot->lock);
  ASSERT(hot->holds, "hot.I10: compiling goes on, and nobody held it");
  hot->holds--;
  pthread_cond_signal(&hot->work);
  pthread_mutex_unlock(&hot->lock);
}

static bool names_released(const struct hot_unit *unit) {
  if (unit->method->is_released) return true;
  for (uint32_t i = 0; i < unit->named_count; i++)
    if (unit->named[i]->is_released) return true;
  return false;
}

// Takes the code of a method away. If that isn't released itself, it gets other code: caches name nothing dead any
// more.
static void take_away(struct hot_profile *profile) {
  struct hot *hot = profile->hot;
  hot_uninstall(profile);
  bool again = hot->setup.samples && !profile->refused && !profile->method->is_released;
  if (again && profile->state == HOT_IDLE) hot_thread_request(profile);
}

static void name(const struct method *method) {
  if (method->is_released) ((struct method *)(uintptr_t)method)->is_named = true;
}

static void name_methods(const struct hot_unit *unit) {
  for (; unit; unit = unit->next) {
    name(unit->method);
    for (uint32_t i = 0; i < unit->named_count; i++) name(unit->named[i]);
  }
}

// Who is in hot code just now, in a native that it called, leaves it at the next poll.
void hot_avoid(struct hot *hot, bool avoid) {
  if (hot_thread_is_gone(hot)) return;
  pthread_mutex_lock(&hot->lock);
  hot->avoided = avoid;
  for (struct hot_unit *unit = hot->units, *next; avoid && unit; unit = next) {
    next = unit->next;
    take_away(unit->method->profile);
  }
  if (avoid) hot_install_redirect(hot);
  for (struct thread *t = hot->setup.world->threads; avoid && t; t = t->next) interp_want_hot(&t->mutator, true);
  pthread_mutex_unlock(&hot->lock);
}

// Who is gone may have been in the midst of changing the lists of units: so whatever can be in hot code goes on below
// it.
bool hot_avoid_in_child(struct hot *hot, struct mutator *th, struct method *methods) {
  if (!hot_thread_is_gone(hot)) return false;
  for (struct method *method = methods; method; method = method->next)
    if (method->profile) hot_install_clear(method);
  hot_install_redirect_all(thread_of(th));
  interp_want_hot(th, true);
  return true;
}

static void forget_profiles(struct hot *hot) {
  for (struct thread *t = hot->setup.world->threads; t; t = t->next) t->sample_loop = NULL, t->sample_tries = 0;
  for (struct hot_profile **at = &hot->profiles, *profile; (profile = *at);) {
    struct method *method = profile->method;
    if (!method->is_released || method->is_named) {
      at = &profile->next;
      continue;
    }
    ASSERT(!profile->unit && profile->state != HOT_COMPILING, "hot.I10: %s is forgotten, but has code", method->name);
    *at = profile->next;
    if (profile->state == HOT_REQUESTED) hot_policy_drop(profile);
    method->profile = NULL;
    hot_profile_destroy(profile);
  }
}

bool hot_release(struct hot *hot) {
  if (hot_thread_is_gone(hot)) return false; // the locks of a forked process may be held for ever
  pthread_mutex_lock(&hot->lock);
  bool quiet = !hot->compiling;
  if (quiet) {
    for (struct hot_profile *profile = hot->profiles; profile; profile = profile->next)
      if (profile->unit && names_released(profile->unit)) take_away(profile);
    hot_install_find_unused(hot);
    hot_install_free_unused(hot);
    name_methods(hot->units);
    name_methods(hot->retired);
    forget_profiles(hot);
    for (struct hot_profile *profile = hot->profiles; profile; profile = profile->next)
      hot_profile_forget_released(profile);
  }
  pthread_mutex_unlock(&hot->lock);
  return quiet;
}
