// SPDX-License-Identifier: MIT
//
// thread_world.c: the rendezvous. One lock guards all states; the fast side of it is the poll word alone.
//
// A request and the poll word are two words, so their order matters. The asker sets the request bit, then clears the
// poll word. The mutator, on its slow path, restores the poll word first and reads its requests after: whatever was
// asked before the restoring is seen, and what is asked later clears the poll word again. All four accesses are
// sequentially consistent; the fast path's load is relaxed, because a mutator may be a little late.
#define LOAM_THREAD_MODULE
#include "thread/thread_int.h"

#include <sched.h>
#include <string.h>

void thread_request(struct thread *thread, enum thread_request request) {
  atomic_fetch_or(&thread->requests, (unsigned)request);
  atomic_store(&thread->mutator.poll, 0);
}

static void request_done(struct thread *thread, enum thread_request request) {
  atomic_fetch_and(&thread->requests, ~(unsigned)request);
}

enum loam_err world_init(struct world *world, const struct vm_config *config, const struct loam_guest *guest,
                         struct error *err) {
  *world = (struct world){.config = config, .guest = guest};
  if (pthread_mutex_init(&world->lock, NULL) != 0 || pthread_cond_init(&world->changed, NULL) != 0)
    return error_set(err, LOAM_ERR_MEMORY, "no memory for the lock of the mutators");
  return LOAM_OK;
}

void world_fini(struct world *world) {
  ASSERT(!world->threads, "thread.I5: the world ends with mutator %u alive", world->threads->number);
  pthread_mutex_destroy(&world->lock);
  pthread_cond_destroy(&world->changed);
}

// Waits until nobody stops the world. The lock is held; the mutator is not in the guest.
static void wait_for_world(struct world *world) {
  while (world->stopper) pthread_cond_wait(&world->changed, &world->lock);
}

bool world_stop(struct world *world, struct mutator *self) {
  struct thread *me = thread_of(self);
  pthread_mutex_lock(&world->lock);
  ASSERT(me->state == THREAD_IN_GUEST, "thread.I2: mutator %u stops the world from state %d", me->number, me->state);
  if (world->stopper) { // somebody else was first: be stopped instead
    me->state = THREAD_STOPPED;
    pthread_cond_broadcast(&world->changed);
    wait_for_world(world);
    me->state = THREAD_IN_GUEST;
    pthread_mutex_unlock(&world->lock);
    return false;
  }
  world->stopper = me;
  for (struct thread *t = world->threads; t; t = t->next)
    if (t != me) thread_request(t, REQUEST_STOP);
  for (struct thread *t = world->threads; t; t = t->next)
    while (t != me && t->state == THREAD_IN_GUEST) pthread_cond_wait(&world->changed, &world->lock);
  pthread_mutex_unlock(&world->lock);
  return true;
}

void world_resume(struct world *world, struct mutator *self) {
  pthread_mutex_lock(&world->lock);
  ASSERT(world->stopper == thread_of(self), "thread.I3: the world is resumed by mutator %u, who did not stop it",
         thread_of(self)->number);
  for (struct thread *t = world->threads; t; t = t->next) request_done(t, REQUEST_STOP);
  world->stopper = NULL;
  pthread_cond_broadcast(&world->changed);
  pthread_mutex_unlock(&world->lock);
}

void thread_enter_native(struct mutator *th) {
  struct thread *me = thread_of(th);
  pthread_mutex_lock(&me->world->lock);
  ASSERT(me->state == THREAD_IN_GUEST, "thread.I1: mutator %u enters native from state %d", me->number, me->state);
  me->state = THREAD_IN_NATIVE;
  if (me->world->stopper || me->handshake) pthread_cond_broadcast(&me->world->changed);
  pthread_mutex_unlock(&me->world->lock);
}

void thread_leave_native(struct mutator *th) {
  struct thread *me = thread_of(th);
  pthread_mutex_lock(&me->world->lock);
  ASSERT(me->state == THREAD_IN_NATIVE, "thread.I1: mutator %u leaves native from state %d", me->number, me->state);
  wait_for_world(me->world);
  me->state = THREAD_IN_GUEST;
  pthread_mutex_unlock(&me->world->lock);
}

// Runs a handshake that waits for `thread`. The lock is held.
static void run_handshake(struct thread *thread) {
  if (!thread->handshake) return;
  thread->handshake(thread, thread->handshake_arg);
  thread->handshake = NULL;
  request_done(thread, REQUEST_HANDSHAKE);
  pthread_cond_broadcast(&thread->world->changed);
}

void thread_handshake(struct thread *target, void (*fn)(struct thread *thread, void *arg), void *arg) {
  struct world *world = target->world;
  pthread_mutex_lock(&world->lock);
  while (target->handshake) pthread_cond_wait(&world->changed, &world->lock);
  target->handshake = fn;
  target->handshake_arg = arg;
  thread_request(target, REQUEST_HANDSHAKE);
  while (target->handshake == fn && target->handshake_arg == arg) {
    if (target->state == THREAD_IN_GUEST) pthread_cond_wait(&world->changed, &world->lock);
    else run_handshake(target); // it is outside: its frames hold still as long as the lock is held
  }
  pthread_mutex_unlock(&world->lock);
}

void world_kill(struct world *world) {
  pthread_mutex_lock(&world->lock);
  world->kill_wanted = true;
  for (struct thread *t = world->threads; t; t = t->next) thread_request(t, REQUEST_KILL);
  pthread_cond_broadcast(&world->changed);
  pthread_mutex_unlock(&world->lock);
}

static void preempt(struct thread *me) {
  if (++me->safepoints % me->world->config->stress_preempt_every == 0) sched_yield();
}

enum loam_status thread_safepoint(struct mutator *th) {
  struct thread *me = thread_of(th);
  if (th->killed) return THROWN;
  atomic_store(&th->poll, me->stack_limit);
  unsigned requests = atomic_load(&me->requests);
  if (requests & (REQUEST_STOP | REQUEST_HANDSHAKE)) {
    pthread_mutex_lock(&me->world->lock);
    run_handshake(me);
    me->state = THREAD_STOPPED;
    pthread_cond_broadcast(&me->world->changed);
    wait_for_world(me->world);
    me->state = THREAD_IN_GUEST;
    pthread_mutex_unlock(&me->world->lock);
  }
  if (requests & REQUEST_PREEMPT) {
    preempt(me);
    atomic_store(&th->poll, 0);
  }
  if (!(requests & REQUEST_KILL)) return DONE;
  th->killed = true; // every further safepoint of this mutator throws too
  atomic_store(&th->poll, 0);
  return THROWN;
}

enum loam_status thread_stack_check(struct mutator *th, uintptr_t end) {
  struct thread *me = thread_of(th);
  if (atomic_load(&th->poll) == 0 && thread_safepoint(th) != DONE) return THROWN;
  if (end <= me->stack_limit) return DONE;
  return me->world->guest->throw_stack_overflow(th);
}
