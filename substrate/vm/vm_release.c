// SPDX-License-Identifier: MIT
//
// vm_release.c: methods that die (rt.h, method_release).
//
// Who could still need a released method: a frame that runs it; an inline cache, which the hot compiler reads; code of
// the hot compiler in which it is inlined or named; and a compilation that runs. With the world stopped, and no
// compilation running, one look at all of them decides: caches are cleared, code that names it is taken away, and where
// then neither a frame nor code that still runs names it, it is freed at once, with its header, its bytecode and its
// machine code. Where one does, it waits for the next look: at the next collection after more was released, at every
// sixteenth in any case, or when so much was released that the world is stopped for it.
#define LOAM_VM_MODULE
#include "vm/vm_int.h"

#include "frame/frame.h"

enum { RELEASED_MAX = 64, LOOK_EVERY = 16 };

static void name(const struct method *method) {
  if (method && method->is_released) ((struct method *)(uintptr_t)method)->is_named = true;
}

static void name_in_thread(struct thread *thread) {
  struct frame_cursor cursor;
  for (frame_walk_start(&cursor, thread); cursor.fp; frame_walk_next(&cursor)) name(frame_method(cursor.fp));
  name(thread->mutator.call_method); // it may be about to be called
  name(thread->start);
}

static void unmake(void *context, struct method *method) {
  struct vm *vm = context;
  ASSERT(method->is_released && !method->is_named && vm->released, "vm.I7: %s is freed: released %d, named %d, of %u",
         method->name, method->is_released, method->is_named, vm->released);
  vm->released--;
  vm->methods_freed++;
  if (vm->compiles) vm->code_freed += baseline_forget(&vm->baseline, method);
  if (method->freed) method->freed(vm, method->guest_data);
}

// The world is stopped.
static void look(struct vm *vm) {
  ASSERT(vm->world.stopper, "thread.I4: %u released methods are looked for, and nobody stopped the world",
         vm->released);
  for (struct method *method = vm->code.methods; method; method = method->next) method->is_named = false;
  for (struct thread *thread = vm->world.threads; thread; thread = thread->next) name_in_thread(thread);
  code_clear_caches(&vm->code);
  if (vm->hot && !hot_release(vm->hot)) return;
  vm->released_fresh = 0;
  code_free_released(&vm->code, unmake, vm);
}

void vm_release_world_stopped(struct vm *vm) {
  if (vm->released && (vm->released_fresh || ++vm->released_rounds % LOOK_EVERY == 0)) look(vm);
}

static void stop_and_look(struct mutator *th) {
  struct vm *vm = th->vm;
  if (vm->hot) hot_hold(vm->hot, th);
  if (thread_world_stop(&vm->world, th)) { // else somebody collected meanwhile, and has looked
    look(vm);
    thread_world_resume(&vm->world, th);
  }
  if (vm->hot) hot_go_on(vm->hot);
}

void method_avoid_hot(struct mutator *th, bool avoid) {
  struct vm *vm = th->vm;
  if (!vm->hot || hot_avoid_in_child(vm->hot, th, avoid ? vm->code.methods : NULL)) return;
  if (!avoid) {
    hot_avoid(vm->hot, false);
    hot_go_on(vm->hot);
    return;
  }
  hot_hold(vm->hot, th);
  while (!thread_world_stop(&vm->world, th)) {
  }
  hot_avoid(vm->hot, true);
  thread_world_resume(&vm->world, th);
}

void method_release(struct mutator *th, struct method *method, void (*freed)(struct vm *vm, void *guest_data)) {
  struct vm *vm = th->vm;
  ASSERT(method->vm == vm, "vm.I7: %s is released by a mutator of another VM", method->name);
  CHECK(!method->is_released, "vm.I7: %s is released twice", method->name);
  pthread_mutex_lock(&vm->lock);
  method->freed = freed;
  __atomic_store_n(&method->is_released, true, __ATOMIC_RELAXED); // the hot compiler looks at any time
  vm->released++;
  bool many = ++vm->released_fresh >= RELEASED_MAX;
  pthread_mutex_unlock(&vm->lock);
  if (many) stop_and_look(th);
}
