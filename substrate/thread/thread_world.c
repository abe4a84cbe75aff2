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

enum loam_err thread_world_init(struct world *world, const struct vm_config *config, const struct loam_guest *guest,
                                struct error *err) {
  *world = (struct world){.config = config, .guest = guest};
  if (pthread_mutex_init(&world->lock, NULL) == 0) {
    if (pthread_cond_init(&world->changed, NULL) == 0) {
      os_process_note_lock(&world->at_fork, &world->lock);
      return LOAM_OK;
    }
    pthread_mutex_destroy(&world->lock);
  }
  return error_set(err, LOAM_ERR_MEMORY, "no memory for the lock of the mutators");
}

void thread_world_fini(struct world *world) {
  ASSERT(!world->threads, "thread.I5: the world ends with mutator %u alive", world->threads->number);
  os_process_forget_lock(&world->at_fork);
  pthread_mutex_destroy(&world->lock);
  pthread_cond_destroy(&world->changed);
}

// Waits until nobody stops the world. The lock is held; the mutator is not in the guest.
static void wait_for_world(struct world *world) {
  while (world->stopper) pthread_cond_wait(&world->changed, &world->lock);
}

bool thread_world_stop(struct world *world, struct mutator *self) {
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

void thread_world_resume(struct world *world, struct mutator *self) {
  pthread_mutex_lock(&world->lock);
  ASSERT(world->stopper == thread_of(self), "thread.I3: the world is resumed by mutator %u, who did not stop it",
         thread_of(self)->number);
  for (struct thread *t = world->threads; t; t = t->next) {
    ASSERT(t == world->stopper || t->state != THREAD_IN_GUEST,
           "thread.I4: mutator %u is in the guest while the world is stopped", t->number);
    request_done(t, REQUEST_STOP);
  }
  world->stopper = NULL;
  pthread_cond_broadcast(&world->changed);
  pthread_mutex_unlock(&world->lock);
}

void thread_enter_native(struct mutator *th) {
  struct thread *me = thread_of(th);
  pthread_mutex_lock(&me->world->lock);
  ASSERT(me->state == THREAD_IN_GUEST, "thread.I1: mutator %u enters native from state %d", me->number, me->state);
  me->state = THREAD_IN_NATIVE;
  if (me->world->stopper || me->handshakes) pthread_cond_broadcast(&me->world->changed);
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

void thread_run_handshakes(struct thread *thread) {
  request_done(thread, REQUEST_HANDSHAKE);
  for (struct handshake *handshake; (handshake = thread->handshakes);) {
    thread->handshakes = handshake->next;
    handshake->fn(thread, handshake->arg);
    handshake->done = true; // and gone as soon as the lock is free
  }
  pthread_cond_broadcast(&thread->world->changed);
}

void thread_handshake(struct thread *target, void (*fn)(struct thread *thread, void *arg), void *arg) {
  struct world *world = target->world;
  pthread_mutex_lock(&world->lock);
  ASSERT(world->thread_count, "thread.I5: mutator %u of a world that has none is asked for a handshake",
         target->number);
  struct handshake handshake = {.fn = fn, .arg = arg, .next = target->handshakes};
  target->handshakes = &handshake;
  thread_request(target, REQUEST_HANDSHAKE);
  while (!handshake.done) { // once it is done, the target may be gone
    if (target->state == THREAD_IN_GUEST)
      pthread_cond_wait(&world->changed, &world->lock);
    else
      thread_run_handshakes(target); // it is outside: its frames hold still as long as the lock is held
  }
  pthread_mutex_unlock(&world->lock);
}

void thread_world_kill(struct world *world) {
  pthread_mutex_lock(&world->lock);
  world->kill_wanted = true;
  for (struct thread *t = world->threads; t; t = t->next) thread_request(t, REQUEST_KILL);
  pthread_cond_broadcast(&world->changed);
  pthread_mutex_unlock(&world->lock);
}

uint32_t thread_world_sample(struct world *world) {
  uint32_t ran = 0;
  pthread_mutex_lock(&world->lock);
  for (struct thread *t = world->threads; t; t = t->next) {
    ran += !(atomic_load(&t->requests) & REQUEST_SAMPLE);
    thread_request(t, REQUEST_SAMPLE);
  }
  pthread_mutex_unlock(&world->lock);
  return ran;
}

static void sample(struct thread *me, const struct method *callee) {
  request_done(me, REQUEST_SAMPLE);
  if (me->world->sample && me->world->sample(me, callee)) thread_request(me, REQUEST_SAMPLE);
}

static void preempt(struct thread *me) {
  uint64_t every = me->world->config->stress_preempt_every;
  if (every && ++me->safepoints % every == 0) sched_yield();
}

// Runs what others wait for, and holds still while the world is stopped.
static void stop_here(struct thread *me) {
  pthread_mutex_lock(&me->world->lock);
  ASSERT(me->state == THREAD_IN_GUEST, "thread.I1: mutator %u is at a safepoint in state %d", me->number, me->state);
  thread_run_handshakes(me);
  me->state = THREAD_STOPPED;
  pthread_cond_broadcast(&me->world->changed);
  wait_for_world(me->world);
  me->state = THREAD_IN_GUEST;
  pthread_mutex_unlock(&me->world->lock);
}

// `callee` is what the mutator is about to call, or NULL.
static enum loam_status safepoint(struct mutator *th, const struct method *callee) {
  struct thread *me = thread_of(th);
  ASSERT(me->state == THREAD_IN_GUEST, "thread.I1: mutator %u polls in state %d", me->number, (int)me->state);
  atomic_store(&th->poll, me->stack_limit);
  unsigned requests = atomic_load(&me->requests);
  if (requests & (REQUEST_STOP | REQUEST_HANDSHAKE)) stop_here(me); // who is to end stops for others all the same
  if (requests & REQUEST_SAMPLE) sample(me, callee);
  if (requests & REQUEST_PREEMPT) preempt(me);
  if (requests & REQUEST_KILL) th->killed = true;
  if (th->killed || requests & REQUEST_PREEMPT) atomic_store(&th->poll, 0); // every further safepoint comes here too
  return th->killed ? throw_value(th, (struct value){0}) : DONE;
}

enum loam_status thread_run_interrupt(struct mutator *th) {
  struct thread *me = thread_of(th);
  if (!thread_interrupted(th)) return DONE;
  request_done(me, REQUEST_GUEST);
  return me->world->guest->interrupted ? me->world->guest->interrupted(th) : DONE;
}

enum loam_status thread_safepoint(struct mutator *th) {
  return safepoint(th, NULL) == DONE ? thread_run_interrupt(th) : THROWN;
}

void thread_interrupt(struct mutator *th) { thread_request(thread_of(th), REQUEST_GUEST); }

void thread_forget_others(struct mutator *th) {
  struct world *world = thread_of(th)->world;
  pthread_mutex_init(&world->lock, NULL); // somebody who is no more may have held it
  pthread_cond_init(&world->changed, NULL);
  world->threads = thread_of(th);
  ASSERT(world->threads->state == THREAD_IN_GUEST, "thread.I1: mutator %u forks in state %d", world->threads->number,
         (int)world->threads->state);
  world->threads->next = NULL;
  world->thread_count = 1;
  thread_of(th)->attached = false; // it is the program now, which nobody else keeps running
  world->attached_count = 0;
  world->stopper = NULL;
}

enum loam_status thread_stack_check(struct mutator *th, const struct method *callee, uintptr_t end) {
  struct thread *me = thread_of(th);
  if (atomic_load(&th->poll) == 0 && safepoint(th, callee) != DONE) return THROWN;
  if (end <= me->stack_limit) return DONE;
  if (thread_interrupted(th)) atomic_store(&th->poll, 0); // the caller would have run it
  return me->world->guest->throw_stack_overflow(th);
}
