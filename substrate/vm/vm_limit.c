// SPDX-License-Identifier: MIT
//
// vm_limit.c: how limits end a program: fuel, wall time, a failed output, or the host that says stop.
//
// The first reason is recorded under the lock; then every mutator is asked to end at its next safepoint with an
// exception that no handler catches. What the guest does meanwhile can't change the reason.
#define LOAM_VM_MODULE
#include "vm/vm_int.h"

#include "base/check.h"

#include <stdio.h>

void vm_end(struct vm *vm, enum loam_err kind, const char *text) {
  pthread_mutex_lock(&vm->lock);
  if (!vm->ended && kind != LOAM_OK) error_set(&vm->kill_reason, kind, "%s", text);
  vm->ended = true;
  pthread_mutex_unlock(&vm->lock);
  check_note_event("the program was ended, error kind %llu", kind, 0);
  thread_world_kill(&vm->world);
  box_wake_all(&vm->wake);
}

enum loam_status vm_kill(struct mutator *th, enum loam_err kind, const char *format, ...) {
  char text[sizeof th->vm->kill_reason.text];
  ASSERT(kind != LOAM_OK && kind != LOAM_ERR_GUEST, "vm.I10: a program is killed for error kind %d", (int)kind);
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  vm_end(th->vm, kind, text);
  th->killed = true;
  return throw_value(th, (struct value){0});
}

enum loam_status vm_exit(struct mutator *th) {
  vm_end(th->vm, LOAM_OK, "");
  th->killed = true;
  return throw_value(th, (struct value){0});
}

const struct error *vm_kill_reason(const struct vm *vm) {
  static const struct error none;
  return vm->ended ? &vm->kill_reason : &none;
}

static void time_is_over(void *context) {
  struct vm *vm = context;
  char text[80];
  snprintf(text, sizeof text, "time: the program ran longer than %g seconds (--time-max)",
           (double)vm->config.time_max_ms / 1000);
  vm_end(vm, LOAM_ERR_LIMIT, text);
}

enum loam_err vm_clock_start(struct vm *vm, struct error *err) {
  if (!vm->config.time_max_ms) return LOAM_OK;
  ASSERT(!vm->timer.running, "vm.I3: the clock of %s runs already", vm->guest->name);
  return box_timer_start(&vm->timer, vm->config.time_max_ms, time_is_over, vm, err);
}

void vm_clock_stop(struct vm *vm) { box_timer_stop(&vm->timer); }
