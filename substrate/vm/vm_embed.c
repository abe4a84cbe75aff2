// SPDX-License-Identifier: MIT
//
// vm_embed.c: loam.h's VM: opening and closing, errors, programs, the guest's input and output.
#define LOAM_VM_MODULE
#include "vm/vm_embed.h"

#include "base/option.h"
#include "diag/diag.h"

#include <string.h>

#ifndef LOAM_VERSION
#define LOAM_VERSION "0.1.0" // the build says what it is
#endif

const char *loam_version(void) { return LOAM_VERSION; }
const char *loam_guest_name(const struct loam_guest *guest) { return guest->name; }

// ---- brackets and errors ------------------------------------------------------------------------------------------

static _Thread_local struct mutator *current;

struct mutator *vm_embed_set_current(struct mutator *th) {
  struct mutator *before = current;
  current = th;
  return before;
}

struct vm_embed_scope vm_embed_enter(struct loam_vm *vm) {
  if (current && current->vm == vm->vm) return (struct vm_embed_scope){current, false};
  struct mutator *th = vm_main_mutator(vm->vm);
  ASSERT(thread_of(th)->state == THREAD_IN_NATIVE, "vm.I2: a host thread enters a VM of %s that another one uses",
         vm->guest->name);
  thread_leave_native(th);
  diag_report_set_mutator(th);
  return (struct vm_embed_scope){th, true};
}

void vm_embed_leave(struct vm_embed_scope scope) {
  if (!scope.entered) return;
  ASSERT(!current || current->vm != scope.th->vm,
         "vm.I2: a host thread leaves a VM of which a host function still runs here, mutator %u",
         thread_of(current)->number);
  diag_report_set_mutator(NULL);
  thread_enter_native(scope.th);
}

void vm_embed_clear_error(struct loam_vm *vm) {
  vm->error.kind = LOAM_OK;
  vm->error.text[0] = 0;
  text_clear(&vm->backtrace);
}

enum loam_err vm_embed_check_usable(struct loam_vm *vm) {
  vm_embed_clear_error(vm);
  if (!vm->vm) return error_set(&vm->error, LOAM_ERR_USAGE, "the VM was not opened");
  const struct error *reason = vm_kill_reason(vm->vm);
  if (reason->kind != LOAM_OK) vm->error = *reason;
  return vm->error.kind;
}

static void take_backtrace(struct loam_vm *vm, const char *backtrace) {
  text_clear(&vm->backtrace);
  text_add(&vm->backtrace, backtrace, strlen(backtrace));
}

enum loam_err vm_embed_take_exception(struct loam_vm *vm, struct mutator *th) {
  const struct error *reason = vm_kill_reason(vm->vm);
  if (reason->kind != LOAM_OK)
    vm->error = *reason;
  else
    vm_describe_exception(th, &vm->error);
  take_backtrace(vm, backtrace_last(th));
  return vm->error.kind;
}

enum loam_err loam_error_kind(const struct loam_vm *vm) { return vm ? vm->error.kind : LOAM_ERR_MEMORY; }
const char *loam_error_text(const struct loam_vm *vm) { return vm ? vm->error.text : "no memory for a VM"; }
const char *loam_backtrace(const struct loam_vm *vm) {
  return vm && vm->backtrace.length && !vm->backtrace.failed ? vm->backtrace.bytes : "";
}

// ---- opening and closing ------------------------------------------------------------------------------------------

enum loam_err loam_open(const struct loam_guest *guest, const char *const *options, struct loam_vm **out) {
  struct loam_vm *vm = *out = mem_alloc_zero(1, sizeof *vm);
  if (!vm) return LOAM_ERR_MEMORY;
  if (!guest) return error_set(&vm->error, LOAM_ERR_USAGE, "no guest was given; loam_guest_at lists them");
  vm->guest = guest;
  struct vm_config config;
  option_config_init(&config);
  enum loam_err kind = LOAM_OK;
  for (; options && *options && kind == LOAM_OK; options++)
    kind = option_parse(&config, *options, guest->options, &vm->error);
  if (kind == LOAM_OK) kind = vm_open(guest, &config, &vm->vm, &vm->error);
  ASSERT((vm->vm != NULL) == (kind == LOAM_OK), "a VM of %s, opened with result %d, is at %p", guest->name, (int)kind,
         (void *)vm->vm);
  if (kind != LOAM_OK) return kind;
  vm->vm->world.keeps_backtraces = true; // for loam_backtrace
  vm_embed_leave((struct vm_embed_scope){vm_main_mutator(vm->vm), true});
  return LOAM_OK;
}

static void drop_program(struct loam_vm *vm) {
  vm_file_fini(&vm->program);
  mem_free(vm->program_name);
  vm->program_name = NULL;
  vm->main = NULL;
}

void loam_close(struct loam_vm *vm) {
  if (!vm) return;
  if (vm->vm) {
    (void)vm_embed_enter(vm);
    vm_close(vm->vm);
  }
  drop_program(vm);
  for (struct host_function *f = vm->functions, *next; f; f = next) {
    next = f->next;
    mem_free(f);
  }
  text_fini(&vm->backtrace);
  text_fini(&vm->scratch);
  mem_free(vm);
}

void loam_stop(struct loam_vm *vm) {
  if (vm->vm) vm_end(vm->vm, LOAM_ERR_LIMIT, "stop: the host program ended it");
}

// ---- input and output ---------------------------------------------------------------------------------------------

void loam_set_output(struct loam_vm *vm, loam_write_fn *write, void *context) {
  if (vm->vm) box_output_redirect(&vm->vm->output, write, context);
}

static bool read_line(void *context, struct text *line) {
  struct loam_vm *vm = context;
  const char *bytes = NULL;
  size_t length = 0;
  ASSERT(vm->read, "lines of %s come from a host function that was taken away", vm->guest->name);
  if (!vm->read(vm->read_context, &bytes, &length)) return false;
  text_add(line, bytes, length);
  return true;
}

void loam_set_input(struct loam_vm *vm, loam_read_fn *read, void *context) {
  vm->read = read;
  vm->read_context = context;
  if (vm->vm) box_input_redirect(&vm->vm->input, read ? read_line : NULL, vm);
}

enum loam_err loam_flush(struct loam_vm *vm) {
  enum loam_err kind = vm_embed_check_usable(vm);
  return kind == LOAM_OK ? vm_flush(vm->vm, &vm->error) : kind;
}

// ---- programs -----------------------------------------------------------------------------------------------------

// Loads vm->program, whose name is vm->program_name.
static enum loam_err load_program(struct loam_vm *vm) {
  if (!vm->program_name) return error_set(&vm->error, LOAM_ERR_MEMORY, "no memory for a program");
  vm->program.source.name = vm->program_name;
  if (!vm_engine_is_substrate(vm_engine(vm->vm))) return LOAM_OK;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  enum loam_err kind = vm_load(vm->vm, &vm->program.source, &vm->main, &vm->error);
  vm_embed_leave(scope);
  return kind;
}

enum loam_err loam_load_file(struct loam_vm *vm, const char *path) {
  enum loam_err kind = vm_embed_check_usable(vm);
  if (kind != LOAM_OK) return kind;
  drop_program(vm);
  kind = vm_file_read(path, &vm->program, &vm->error);
  if (kind != LOAM_OK) return kind;
  vm->program_name = mem_copy_text(vm->program.source.name, strlen(vm->program.source.name));
  return load_program(vm);
}

enum loam_err loam_load_text(struct loam_vm *vm, const char *name, const char *bytes, size_t length) {
  enum loam_err kind = vm_embed_check_usable(vm);
  if (kind != LOAM_OK) return kind;
  drop_program(vm);
  vm->program.bytes = mem_copy_text(bytes, length);
  if (!vm->program.bytes) return error_set(&vm->error, LOAM_ERR_MEMORY, "%s: no memory for a program", name);
  vm->program.source = (struct loam_source){name, vm->program.bytes, length, false};
  vm->program_name = mem_copy_text(name, strlen(name));
  return load_program(vm);
}

static int run_program(struct loam_vm *vm, struct mutator *th, int argc, char **argv) {
  if (vm->main) return vm->guest->run(th, vm->main, argc, argv);
  ASSERT(vm->guest->run_engine, "vm.I9: %s has no engine %s of its own", vm->guest->name, vm_engine(vm->vm));
  return vm->guest->run_engine(th, vm_engine(vm->vm), &vm->program.source, argc, argv);
}

// What a program that was run ended with, if not by itself.
static void take_end(struct loam_vm *vm, struct mutator *th) {
  const struct text *backtrace = &vm->vm->uncaught_backtrace;
  if (vm_kill_reason(vm->vm)->kind != LOAM_OK) {
    vm_embed_take_exception(vm, th);
  } else if (vm->vm->uncaught.kind != LOAM_OK) {
    vm->error = vm->vm->uncaught;
    take_backtrace(vm, backtrace->length && !backtrace->failed ? backtrace->bytes : "");
  }
}

enum loam_err loam_run(struct loam_vm *vm, int argc, char **argv, int *status) {
  enum loam_err kind = vm_embed_check_usable(vm);
  if (kind != LOAM_OK) return kind;
  if (!vm->program_name) return error_set(&vm->error, LOAM_ERR_USAGE, "no program is loaded");
  struct vm_embed_scope scope = vm_embed_enter(vm);
  int own = 0;
  if (!scope.entered) {
    error_set(&vm->error, LOAM_ERR_USAGE, "a host function can't run the program that called it");
  } else if (vm_clock_start(vm->vm, &vm->error) == LOAM_OK) {
    vm->vm->uncaught.kind = LOAM_OK;
    own = run_program(vm, scope.th, argc, argv);
    vm_clock_stop(vm->vm);
    vm_flush(vm->vm, &vm->error);
    take_end(vm, scope.th);
  }
  vm_embed_leave(scope);
  if (status) *status = own;
  return vm->error.kind;
}

// ---- memory -------------------------------------------------------------------------------------------------------

void loam_stats_read(const struct loam_vm *vm, struct loam_stats *stats) {
  *stats = (struct loam_stats){0};
  if (!vm->vm) return;
  struct heap_stats heap;
  heap_stats_read(vm->vm->heap, &heap);
  *stats = (struct loam_stats){.collections = heap.collections,
                               .collections_full = heap.collections_full,
                               .bytes_allocated = heap.bytes_allocated,
                               .bytes_used = heap.bytes_used,
                               .bytes_used_max = heap.bytes_used_max,
                               .pause_ns_total = heap.pause_ns_total,
                               .pause_ns_max = heap.pause_ns_max,
                               .bytes_promoted = heap.bytes_promoted};
}

void loam_collect(struct loam_vm *vm) {
  if (!vm->vm) return;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  heap_collect(scope.th, true);
  vm_embed_leave(scope);
}
