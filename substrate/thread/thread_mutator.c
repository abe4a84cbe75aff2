// SPDX-License-Identifier: MIT
//
// thread_mutator.c: making and ending mutators, and the POSIX threads that guests start.
//
// A VM stack is address space with a guard page at its end. Its soft limit lies one reserve below that, so that the
// guest's own stack-overflow exception still finds room for a native's frame.
#define LOAM_THREAD_MODULE
#include "thread/thread_int.h"

#include "heap/heap.h"
#include "os/os_memory.h"

// For frames that are entered without a check: natives, handlers, what the hot compiler inlined into one function.
#define STACK_RESERVE_BYTES ((size_t)16384)
// Of a stack that is deeper the rest comes in large pages: recursion without end has its exception in 0.4 of the time.
#define STACK_SMALL_BYTES OS_LARGE_PAGE
// A spawned mutator's C stack holds slow paths and natives only, never guest frames.
#define C_STACK_BYTES ((size_t)1 << 20)

static bool stack_create(struct thread *thread, size_t bytes) {
  size_t page = os_memory_page_size();
  bytes = (bytes + STACK_RESERVE_BYTES + page - 1) & ~(page - 1);
  thread->stack_memory = os_memory_reserve(bytes + page); // the last page stays without access
  if (!thread->stack_memory) return false;
  thread->stack_bytes = bytes + page;
  if (!os_memory_commit(thread->stack_memory, bytes)) {
    os_memory_unmap(thread->stack_memory, thread->stack_bytes);
    return false;
  }
  thread->stack_base = thread->stack_memory;
  if (bytes > STACK_SMALL_BYTES)
    os_memory_prefer_large((char *)thread->stack_memory + STACK_SMALL_BYTES, bytes - STACK_SMALL_BYTES);
  thread->stack_limit = (uintptr_t)thread->stack_memory + bytes - STACK_RESERVE_BYTES;
  return true;
}

// Who is not in the guest may change the list only while nobody stops the world. The lock is held.
static void wait_attached(const struct thread *thread) {
  while (thread->attached && thread->world->stopper) pthread_cond_wait(&thread->world->changed, &thread->world->lock);
}

// Puts a thread into the list, unless there are too many.
static bool link_thread(struct world *world, struct thread *thread) {
  pthread_mutex_lock(&world->lock);
  wait_attached(thread);
  bool room = world->thread_count < world->config->thread_max;
  if (room) {
    thread->number = world->next_number++;
    thread->next = world->threads;
    world->threads = thread;
    world->thread_count++;
    world->attached_count += thread->attached;
  }
  pthread_mutex_unlock(&world->lock);
  return room;
}

static void free_thread(struct thread *thread) {
  os_memory_unmap(thread->stack_memory, thread->stack_bytes);
  text_fini(&thread->backtrace);
  mem_free(thread);
}

static struct thread *create(struct world *world, bool attached, struct error *err) {
  struct thread *thread = mem_alloc_zero(1, sizeof *thread);
  if (!thread) {
    error_set(err, LOAM_ERR_MEMORY, "no memory for a mutator");
    return NULL;
  }
  if (!stack_create(thread, world->config->stack_max)) {
    mem_free(thread);
    error_set(err, LOAM_ERR_MEMORY, "no address space for a VM stack of %zu bytes", world->config->stack_max);
    return NULL;
  }
  thread->world = world;
  thread->attached = attached;
  thread->state = THREAD_IN_NATIVE;
  thread->mutator.sp = thread->stack_base - 1;
  thread->mutator.poll = thread->stack_limit;
  if (!link_thread(world, thread)) {
    free_thread(thread);
    error_set(err, LOAM_ERR_LIMIT, "more than %u threads (--threads-max)", world->config->thread_max);
    return NULL;
  }
  thread->tier_random = thread->number + 1; // a seed of its own for each, the same in every run
  if (world->config->stress_preempt_every || world->config->stress_tier_every) thread_request(thread, REQUEST_PREEMPT);
  if (world->kill_wanted) thread_request(thread, REQUEST_KILL);
  return thread;
}

struct thread *thread_create(struct world *world, struct error *err) { return create(world, false, err); }

// Takes a thread out of the list. The lock is held.
static void unlink_thread(struct thread *thread) {
  struct world *world = thread->world;
  struct thread **at = &world->threads;
  while (*at != thread) at = &(*at)->next;
  *at = thread->next;
  world->thread_count--;
  world->attached_count -= thread->attached;
  ASSERT(world->attached_count <= world->thread_count, "thread.I7: %u of %u mutators are attached",
         world->attached_count, world->thread_count);
}

void thread_destroy(struct thread *thread) {
  struct world *world = thread->world;
  pthread_mutex_lock(&world->lock);
  wait_attached(thread);
  ASSERT(thread->state != THREAD_IN_GUEST, "thread.I5: mutator %u is destroyed in the guest", thread->number);
  thread_run_handshakes(thread);
  unlink_thread(thread);
  pthread_cond_broadcast(&world->changed);
  pthread_mutex_unlock(&world->lock);
  free_thread(thread);
}

static void *thread_main(void *arg) {
  struct thread *thread = arg;
  struct mutator *th = &thread->mutator;
  ASSERT(thread->start && thread->state == THREAD_IN_NATIVE, "thread.I6: mutator %u begins in state %d", thread->number,
         (int)thread->state);
  thread_leave_native(th);
  enum loam_status status =
      thread->world->start(th, thread->start, thread->stack_base[0], thread->stack_base + 1, thread->argument_count);
  thread->threw = status == THROWN;
  ASSERT(!thread->entries && !th->roots && !th->fp, "thread.I8: mutator %u ends inside a frame, %p, with ROOTS %p",
         thread->number, (void *)th->fp, (void *)th->roots);
  thread->outcome = status == THROWN ? th->pending : th->result;
  th->sp = thread->stack_base - 1;
  heap_mutator_fini(th);
  pthread_mutex_lock(&thread->world->lock);
  thread->finished = true;
  thread->state = THREAD_IN_NATIVE;
  pthread_cond_broadcast(&thread->world->changed);
  pthread_mutex_unlock(&thread->world->lock);
  return NULL;
}

// What the layers above own in a mutator is the same for all of a VM. Not the fuel: the parent may be using it up.
static void inherit(struct mutator *child, struct mutator *parent) {
  child->guest = parent->guest;
  child->vm = parent->vm;
  child->ops = parent->ops;
  child->observer = parent->observer;
  child->dispatch = parent->dispatch;
  child->resume = parent->resume;
  child->compile = parent->compile;
  child->compile_hot = parent->compile_hot;
  child->deopt_countdown = thread_of(parent)->world->config->stress_deopt_every;
  child->initial_local = parent->initial_local;
  heap_mutator_init(parent->heap, child);
}

struct mutator *thread_attach(struct mutator *other) {
  struct thread *thread = create(thread_of(other)->world, true, &(struct error){0});
  if (!thread) return NULL;
  inherit(&thread->mutator, other);
  thread->mutator.fuel = thread->world->config->fuel;
  return &thread->mutator;
}

void thread_detach(struct mutator *th) {
  ASSERT(!th->fp && !th->roots, "thread.I8: mutator %u is detached inside a frame, %p, with ROOTS %p",
         thread_of(th)->number, (void *)th->fp, (void *)th->roots);
  heap_mutator_fini(th);
  thread_enter_native(th);
  thread_destroy(thread_of(th));
}

static bool start_pthread(struct thread *thread) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, C_STACK_BYTES);
  bool started = pthread_create(&thread->pthread, &attributes, thread_main, thread) == 0;
  pthread_attr_destroy(&attributes);
  if (!started) return false;
  pthread_mutex_lock(&thread->world->lock);
  thread->joinable = true; // not before `pthread` is set
  pthread_cond_broadcast(&thread->world->changed);
  pthread_mutex_unlock(&thread->world->lock);
  return true;
}

// Puts the function and its arguments where the collector finds them and the new thread takes them from.
static void set_start(struct thread *thread, const struct method *method, struct value callee, const struct value *args,
                      size_t count) {
  ASSERT(!thread->start && !thread->joinable, "thread.I6: mutator %u is started again, with %s", thread->number,
         method->name);
  thread->start = method;
  thread->argument_count = (uint32_t)count;
  thread->stack_base[0] = callee;
  for (size_t i = 0; i < count; i++) thread->stack_base[1 + i] = args[i];
  thread->mutator.sp = thread->stack_base + count;
}

enum loam_err thread_spawn(struct mutator *th, const struct method *method, struct value callee,
                           const struct value *args, size_t count, uint32_t *number, struct error *err) {
  ASSERT(count == method->param_count, "thread.I6: %s takes %u arguments, not %zu", method->name, method->param_count,
         count);
  struct error own = {0};
  if (!err) err = &own;
  struct thread *thread = thread_create(thread_of(th)->world, err);
  if (!thread) return err->kind;
  inherit(&thread->mutator, th);
  thread->mutator.compile_from = th->compile_from; // the caller's own: nobody else may read it
  thread->mutator.fuel = th->fuel / 2;
  th->fuel -= thread->mutator.fuel;
  *number = thread->number;
  bool fits = (uintptr_t)(thread->stack_base + count + 1) <= thread->stack_limit;
  if (fits) {
    set_start(thread, method, callee, args, count);
    if (start_pthread(thread)) return LOAM_OK;
  }
  th->fuel += thread->mutator.fuel;
  heap_mutator_fini(&thread->mutator);
  thread_destroy(thread);
  if (!fits) return error_set(err, LOAM_ERR_LIMIT, "%zu arguments don't fit on a thread's stack (--stack-max)", count);
  return error_set(err, LOAM_ERR_LIMIT, "the system has no thread to give");
}

// A spawned thread that the caller is now the one to join, or NULL.
static struct thread *claim_number(struct world *world, const struct thread *self, uint32_t number) {
  pthread_mutex_lock(&world->lock);
  struct thread *thread = world->threads;
  while (thread && thread->number != number) thread = thread->next;
  if (thread && (thread == self || !thread->joinable || thread->joining)) thread = NULL;
  if (thread) thread->joining = true;
  pthread_mutex_unlock(&world->lock);
  return thread;
}

// Waits, outside the guest, until a claimed thread has finished. Gives up its claim and returns false when the waiting
// one is asked to end before and `patient` is not set: two threads may be waiting for each other.
static bool wait_finished(struct thread *self, struct thread *thread, bool patient) {
  struct world *world = self->world;
  pthread_mutex_lock(&world->lock);
  while (!thread->finished && (patient || !(atomic_load(&self->requests) & REQUEST_KILL)))
    pthread_cond_wait(&world->changed, &world->lock);
  bool finished = thread->finished;
  if (!finished) {
    thread->joining = false;
    pthread_cond_broadcast(&world->changed);
  }
  pthread_mutex_unlock(&world->lock);
  return finished;
}

static enum loam_status join_claimed(struct mutator *th, struct thread *thread, bool patient, struct value *result) {
  ASSERT(thread->joining && thread_of(th) != thread, "thread.I9: mutator %u is joined by %u, who has not claimed it",
         thread->number, thread_of(th)->number);
  thread_enter_native(th);
  bool finished = wait_finished(thread_of(th), thread, patient);
  if (finished) pthread_join(thread->pthread, NULL);
  thread_leave_native(th);
  if (!finished) return thread_safepoint(th);
  ASSERT(thread->finished && thread->state == THREAD_IN_NATIVE, "thread.I9: mutator %u is joined in state %d",
         thread->number, (int)thread->state);
  *result = thread->outcome; // read in the guest: until here the collector may have moved it
  bool threw = thread->threw;
  if (thread->mutator.killed) th->killed = true;
  thread_destroy(thread);
  return threw ? throw_value(th, *result) : DONE;
}

enum loam_status thread_join(struct mutator *th, uint32_t number, struct value *result, bool *found) {
  struct thread *thread = claim_number(thread_of(th)->world, thread_of(th), number);
  *found = thread != NULL;
  return thread ? join_claimed(th, thread, false, result) : DONE;
}

// Any thread that nobody joins, claimed; waits for one while there are others. NULL when `self` is alone, but for
// attached threads perhaps.
static struct thread *claim_any(struct world *world, const struct thread *self, bool attached_too) {
  struct thread *claimed = NULL;
  pthread_mutex_lock(&world->lock);
  while (!claimed && world->thread_count - (attached_too ? 0 : world->attached_count) > 1) {
    for (struct thread *t = world->threads; t && !claimed; t = t->next)
      if (t != self && t->joinable && !t->joining) claimed = t;
    if (!claimed) pthread_cond_wait(&world->changed, &world->lock);
  }
  if (claimed) claimed->joining = true;
  pthread_mutex_unlock(&world->lock);
  return claimed;
}

void thread_world_join_all(struct world *world, struct mutator *self, bool kill, bool attached_too) {
  if (kill) thread_world_kill(world);
  for (;;) {
    thread_enter_native(self);
    struct thread *thread = claim_any(world, thread_of(self), attached_too);
    thread_leave_native(self);
    if (!thread) return;
    struct value ignored;
    (void)join_claimed(self, thread, true, &ignored);
  }
}
