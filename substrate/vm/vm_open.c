// SPDX-License-Identifier: MIT
//
// vm_open.c: makes a VM out of the modules, in their order, and takes it apart again.
//
// Here the arrows that can't point upwards are turned round: the heap asks for roots and for a stopped world through
// callbacks, the threads for the interpreter, and this file says who answers.
#define LOAM_VM_MODULE
#include "vm/vm_int.h"

#include "base/mem.h"
#include "base/option.h"
#include "diag/diag.h"
#include "frame/frame.h"
#include "os/os_clock.h"

#include <stdio.h>
#include <string.h>

// ---- what the heap asks for ---------------------------------------------------------------------------------------

static bool stop_world(void *context, struct mutator *self) {
  return thread_world_stop(&((struct vm *)context)->world, self);
}
static void resume_world(void *context, struct mutator *self) {
  thread_world_resume(&((struct vm *)context)->world, self);
}

static void scan_roots(void *context, struct root_visitor *visit) {
  ASSERT(((struct vm *)context)->world.stopper, "thread.I4: roots are looked at, and nobody stopped the %u mutators",
         ((struct vm *)context)->world.thread_count);
  struct vm *vm = context;
  for (struct thread *thread = vm->world.threads; thread; thread = thread->next) frame_scan_roots(thread, visit);
  if (vm->is_open && vm->guest->roots) vm->guest->roots(vm, visit);
  vm_compile_world_stopped(vm);
  vm_release_world_stopped(vm);
  if (vm->file) vm_file_release(vm->file); // most of what was read of it was read once
}

static void scan_weak(void *context, struct weak_visitor *visit) {
  ASSERT(((struct vm *)context)->world.stopper,
         "thread.I4: weak references are looked at, and nobody stopped the %u mutators",
         ((struct vm *)context)->world.thread_count);
  struct vm *vm = context;
  if (vm->is_open && vm->guest->weak) vm->guest->weak(vm, visit);
}

static void each_mutator(void *context, void (*fn)(struct mutator *th, void *arg), void *arg) {
  struct vm *vm = context;
  for (struct thread *thread = vm->world.threads; thread; thread = thread->next) fn(&thread->mutator, arg);
}

static enum loam_status throw_out_of_memory(void *context, struct mutator *th) {
  return ((struct vm *)context)->guest->throw_out_of_memory(th);
}

// ---- what the threads ask for -------------------------------------------------------------------------------------

static enum loam_status start_thread(struct mutator *th, const struct method *method, struct value callee,
                                     const struct value *args, size_t count) {
  diag_report_set_mutator(th);
  return guest_call(th, method, callee, args, count);
}

static void dump_uncaught(struct thread *thread) {
  struct text out = {0};
  diag_dump_frames(thread, &out);
  if (!out.failed) fputs(out.bytes, stderr);
  text_fini(&out);
}

// ---- opening ------------------------------------------------------------------------------------------------------

static enum loam_err copy_text(struct vm *vm, const char **text, struct error *err) {
  if (!*text) return LOAM_OK;
  size_t length = strlen(*text);
  char *copy = arena_alloc(&vm->texts, length + 1);
  if (!copy) return error_set(err, LOAM_ERR_MEMORY, "no memory for the options");
  memcpy(copy, *text, length);
  *text = copy;
  return LOAM_OK;
}

static enum loam_err copy_config(struct vm *vm, const struct vm_config *config, struct error *err) {
  vm->config = *config;
  if (!vm->config.heap_max) vm->config.heap_max = vm->guest->heap_max_default;
  enum loam_err kind = copy_text(vm, &vm->config.engine, err);
  if (kind == LOAM_OK) kind = copy_text(vm, &vm->config.gc_plan, err);
  if (kind == LOAM_OK) kind = copy_text(vm, &vm->config.guest, err);
  for (uint32_t i = 0; i < config->guest_option_count && kind == LOAM_OK; i++)
    kind = copy_text(vm, &vm->config.guest_options[i], err);
  return kind;
}

// A limit that would not hold is refused.
static enum loam_err check_fuel(const struct vm *vm, struct error *err) {
  if (!vm->config.fuel) return LOAM_OK;
  return error_set(err, LOAM_ERR_USAGE, "--fuel: the engine %s counts no instructions", vm->config.engine);
}

static enum loam_err check_engine(const struct vm *vm, struct error *err) {
  const char *engine = vm->config.engine;
  if (vm_engine_is_substrate(engine)) return LOAM_OK;
  struct text known = {0};
  for (const char *const *name = vm->guest->engines; name && *name; name++) {
    if (strcmp(engine, *name) == 0) return text_fini(&known), check_fuel(vm, err);
    text_printf(&known, ", %s", *name);
  }
  enum loam_err kind =
      error_set(err, LOAM_ERR_USAGE, "--engine: expected one of interp, baseline, hot, auto%s for %s, found '%s'",
                known.length && !known.failed ? known.bytes : "", vm->guest->name, engine);
  text_fini(&known);
  return kind;
}

static enum loam_err open_box(struct vm *vm, struct error *err) {
  pthread_mutex_init(&vm->lock, NULL);
  vm->has_lock = true;
  vm->wake.fd = -1;
  enum loam_err kind = vm->config.time_max_ms ? box_wake_init(&vm->wake, err) : LOAM_OK;
  if (kind == LOAM_OK) kind = box_output_init(&vm->output, &vm->wake, err);
  if (kind != LOAM_OK) return kind;
  vm->has_output = true;
  kind = box_input_init(&vm->input, &vm->wake, err);
  vm->has_input = kind == LOAM_OK;
  return kind;
}

static enum loam_err open_world(struct vm *vm, struct error *err) {
  enum loam_err kind = thread_world_init(&vm->world, &vm->config, vm->guest, err);
  if (kind != LOAM_OK) return kind;
  vm->has_world = true;
  vm->world.start = start_thread;
  if (vm->config.dump & DUMP_FRAMES) vm->world.uncaught = dump_uncaught;
  struct heap_model model = {vm->guest->layouts, vm->guest->size_mask, vm->guest->ref_mask};
  struct heap_world callbacks = {vm,        stop_world,   resume_world,       scan_roots,
                                 scan_weak, each_mutator, throw_out_of_memory};
  return heap_create(&vm->config, &model, &callbacks, &vm->heap, err);
}

static enum loam_err open_main(struct vm *vm, struct error *err) {
  vm->main = thread_create(&vm->world, err);
  if (!vm->main) return err->kind;
  ASSERT(vm->main->number == 0, "vm.I1: the main mutator has number %u", vm->main->number);
  struct mutator *th = &vm->main->mutator;
  th->vm = vm;
  th->ops = vm->guest->ops;
  th->dispatch = vm->guest->ops->handlers;
  th->initial_local = vm->guest->initial_local;
  th->fuel = vm->config.fuel;
  vm_compile_attach(vm, th);
  if (vm->observer.table) interp_observer_attach(&vm->observer, th);
  heap_mutator_init(vm->heap, th);
  thread_leave_native(th);
  diag_report_set_mutator(th);
  return LOAM_OK;
}

static enum loam_err open_parts(struct vm *vm, const struct vm_config *config, struct error *err) {
  enum loam_err kind = copy_config(vm, config, err);
  if (kind == LOAM_OK) kind = check_engine(vm, err);
  if (kind == LOAM_OK) kind = open_box(vm, err);
  if (kind == LOAM_OK) kind = open_world(vm, err);
  if (kind != LOAM_OK) return kind;
  // Fused instructions would hide their parts from who watches each op.
  vm->code = (struct code_space){
      .vm = vm, .ops = vm->guest->ops, .lock = &vm->lock, .fuse = !(config->trace & (TRACE_OPS | TRACE_CALLS))};
  kind = vm_watch_init(vm, err);
  if (kind == LOAM_OK) kind = vm_compile_init(vm, err);
  if (kind == LOAM_OK) kind = open_main(vm, err);
  if (kind == LOAM_OK && vm->guest->open) kind = vm->guest->open(vm, err);
  vm->is_open = kind == LOAM_OK;
  return kind;
}

enum loam_err vm_open(const struct loam_guest *guest, const struct vm_config *config, struct vm **out,
                      struct error *err) {
  struct error own = {0};
  if (!err) err = &own;
  *out = NULL;
  diag_report_init();
  ASSERT(guest->ops->base_count >= CORE_OP_COUNT, "vm.I5: %s has %u ops, fewer than the substrate's own", guest->name,
         guest->ops->base_count);
  if (config->stress_oom_at) mem_fail_at(config->stress_oom_at);
  struct vm *vm = mem_alloc_zero(1, sizeof *vm);
  if (!vm) return error_set(err, LOAM_ERR_MEMORY, "no memory for a VM");
  vm->guest = guest;
  vm->started_ns = os_clock_ns();
  enum loam_err kind = open_parts(vm, config, err);
  if (kind != LOAM_OK)
    vm_close(vm);
  else
    *out = vm;
  return kind;
}

// ---- closing ------------------------------------------------------------------------------------------------------

static void close_main(struct vm *vm) {
  struct mutator *th = &vm->main->mutator;
  thread_world_join_all(&vm->world, th, true, true);
  ASSERT(vm->world.thread_count == 1, "vm.I1: %u mutators outlive the main one", vm->world.thread_count - 1);
  if ((vm->is_open || vm->guest_state) && vm->guest->close) vm->guest->close(vm);
  vm->is_open = false;
  heap_mutator_fini(th);
  thread_enter_native(th);
  thread_destroy(vm->main);
  diag_report_set_mutator(NULL);
}

void vm_close(struct vm *vm) {
  if (!vm) return;
  vm_clock_stop(vm);
  if (vm->main) close_main(vm);
  interp_observer_fini(&vm->observer);
  vm_compile_fini(vm);
  code_space_fini(&vm->code);
  heap_destroy(vm->heap);
  if (vm->has_world) thread_world_fini(&vm->world);
  if (vm->has_output) {
    (void)box_output_flush(&vm->output, NULL); // who wants to know calls vm_flush before
    box_output_fini(&vm->output);
  }
  if (vm->has_input) box_input_fini(&vm->input);
  if (vm->has_lock) {
    box_wake_fini(&vm->wake);
    pthread_mutex_destroy(&vm->lock);
  }
  if (vm->config.stress_oom_at) mem_fail_at(0);
  arena_fini(&vm->texts);
  text_fini(&vm->uncaught_backtrace);
  mem_free(vm);
}
