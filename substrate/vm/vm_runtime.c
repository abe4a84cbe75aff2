// SPDX-License-Identifier: MIT
//
// vm_runtime.c: the functions of rt.h that need the whole VM.
#define LOAM_VM_MODULE
#include "vm/vm_int.h"

#include "base/option.h"

void vm_set_guest_state(struct vm *vm, void *state) {
  vm->guest_state = state;
  for (struct thread *thread = vm->world.threads; thread; thread = thread->next) thread->mutator.guest = state;
}

void *vm_guest_state(const struct vm *vm) { return vm->guest_state; }

struct mutator *vm_main_mutator(struct vm *vm) { return &vm->main->mutator; }

const char *vm_engine(const struct vm *vm) { return vm->config.engine; }

const char *vm_guest_option(const struct vm *vm, const char *name) {
  const char *value = NULL; // the last one given counts
  for (uint32_t i = 0; i < vm->config.guest_option_count; i++) {
    const char *given = option_value_of(vm->config.guest_options[i], name);
    if (given) value = given;
  }
  return value;
}

enum loam_err method_create(struct vm *vm, const struct code_draft *draft, struct method **out, struct error *err) {
  enum loam_err kind = code_method_create(&vm->code, draft, out, err);
  if (kind == LOAM_OK) vm_compile_made(vm, *out);
  return kind;
}

enum loam_err method_create_native(struct vm *vm, const char *name, uint16_t param_count, native_fn *fn,
                                   void *guest_data, struct method **out, struct error *err) {
  return code_native_create(&vm->code, name, param_count, fn, guest_data, out, err);
}

enum loam_status guest_call(struct mutator *th, const struct method *method, struct value callee,
                            const struct value *args, size_t count) {
  ASSERT(method->vm == th->vm, "interp.I1: %s is called by a mutator of another VM", method->name);
  return interp_call(th, method, callee, args, count);
}

void vm_describe_exception(struct mutator *th, struct error *err) {
  struct text text = {0};
  th->vm->guest->print_value(th, th->pending, &text);
  error_set(err, LOAM_ERR_GUEST, "uncaught exception: %s", text.failed || !text.length ? "?" : text.bytes);
  text_fini(&text);
}

void vm_note_uncaught(struct mutator *th) {
  struct vm *vm = th->vm;
  const char *backtrace = backtrace_last(th);
  if (th->killed || !vm->world.keeps_backtraces) return; // there is no host
  vm_describe_exception(th, &vm->uncaught);
  text_clear(&vm->uncaught_backtrace);
  text_add(&vm->uncaught_backtrace, backtrace, strlen(backtrace));
}

enum loam_status vm_write(struct mutator *th, const char *bytes, size_t length) {
  struct box_output *output = &th->vm->output;
  if (LIKELY(box_output_try_write(output, bytes, length))) return DONE;
  thread_enter_native(th); // others may collect while this one waits for its reader
  enum loam_err kind = box_output_write(output, bytes, length, NULL);
  thread_leave_native(th);
  return LIKELY(kind == LOAM_OK) ? DONE : vm_kill(th, kind, "%s", output->error.text);
}

enum loam_err vm_flush(struct vm *vm, struct error *err) { return box_output_flush(&vm->output, err); }

bool vm_read_line(struct mutator *th, struct text *line) {
  struct vm *vm = th->vm;
  // A failed flush comes back at the guest's next write.
  if (box_input_is_terminal(&vm->input)) (void)box_output_flush(&vm->output, NULL);
  thread_enter_native(th); // others may collect while this one waits
  bool got = box_input_read_line(&vm->input, line);
  thread_leave_native(th);
  return got;
}

void vm_set_prompt(struct vm *vm, vm_prompt_fn *next, void *context) {
  vm->prompt = next;
  vm->prompt_context = context;
}

const char *vm_prompt_input(struct mutator *th) {
  struct vm *vm = th->vm;
  if (!vm->prompt) return NULL;
  vm_clock_stop(vm);
  (void)box_output_flush(&vm->output, NULL); // what failed comes back at the next write
  thread_enter_native(th);
  const char *input = vm->prompt(vm->prompt_context);
  thread_leave_native(th);
  return input && vm_clock_start(vm, NULL) == LOAM_OK ? input : NULL;
}
