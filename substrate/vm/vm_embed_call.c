// SPDX-License-Identifier: MIT
//
// vm_embed_call.c: loam.h's calls in both directions: the host calls the guest, and the guest calls functions of the
// host, which run as natives.
#define LOAM_VM_MODULE
#include "vm/vm_embed.h"

#include <string.h>

#define ARGUMENTS_MAX 255 // of one call, so that they fit in an array on the C stack

// ---- the host calls -----------------------------------------------------------------------------------------------

struct loam_value *loam_lookup(struct loam_vm *vm, const char *name) {
  if (vm_embed_check_usable(vm) != LOAM_OK) return NULL;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  struct value v;
  struct loam_value *found = NULL;
  if (vm->guest->lookup && vm->guest->lookup(scope.th, name, &v))
    found = vm_embed_new_value(vm, v);
  else
    error_set(&vm->error, LOAM_ERR_USAGE, "the program has nothing called %s", name);
  vm_embed_leave(scope);
  return found;
}

// Calls with the arguments in rooted copies: a handle's value moves, and the guest's `call` may collect before it has
// pushed them.
static enum loam_status call_rooted(struct loam_vm *vm, struct mutator *th, struct value callee,
                                    struct loam_value *const *arguments, size_t count, struct value *result) {
  ASSERT(count <= ARGUMENTS_MAX, "%zu arguments were not checked", count);
  struct value values[ARGUMENTS_MAX + 1];
  struct value *slots[ARGUMENTS_MAX + 1];
  for (size_t i = 0; i < count; i++) {
    values[i] = vm_embed_handle(arguments[i])->value;
    slots[i] = &values[i];
  }
  values[count] = callee;
  slots[count] = &values[count];
  struct root_frame roots __attribute__((cleanup(root_frame_drop))) = {th->roots, th, slots, count + 1};
  th->roots = &roots;
  enum loam_status status = vm->guest->call(th, values[count], values, count, result);
  ASSERT(th->roots == &roots, "a call of %s leaves its ROOTS at %p behind", vm->guest->name, (void *)th->roots);
  return status;
}

static enum loam_err check_call(struct loam_vm *vm, const struct loam_value *function,
                                struct loam_value *const *arguments, size_t count) {
  enum loam_err kind = vm_embed_check_usable(vm);
  if (kind != LOAM_OK) return kind;
  if (!vm->guest->call) return error_set(&vm->error, LOAM_ERR_USAGE, "%s has no calls from outside", vm->guest->name);
  if (!function) return error_set(&vm->error, LOAM_ERR_USAGE, "a call without a function");
  if (count > ARGUMENTS_MAX)
    return error_set(&vm->error, LOAM_ERR_USAGE, "expected at most %d arguments, found %zu", ARGUMENTS_MAX, count);
  for (size_t i = 0; i < count; i++)
    if (!arguments[i]) return error_set(&vm->error, LOAM_ERR_USAGE, "argument %zu of a call has no value", i);
  return LOAM_OK;
}

enum loam_err loam_call(struct loam_vm *vm, const struct loam_value *function, struct loam_value *const *arguments,
                        size_t count, struct loam_value **result) {
  if (result) *result = NULL;
  if (check_call(vm, function, arguments, count) != LOAM_OK) return vm->error.kind;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  if (scope.entered && vm_clock_start(vm->vm, &vm->error) != LOAM_OK) return vm_embed_leave(scope), vm->error.kind;
  struct value v = {0};
  enum loam_status status = call_rooted(vm, scope.th, vm_embed_handle(function)->value, arguments, count, &v);
  if (status != DONE)
    vm_embed_take_exception(vm, scope.th);
  else if (result)
    *result = vm_embed_new_value(vm, v);
  if (scope.entered) vm_clock_stop(vm->vm);
  vm_embed_leave(scope);
  return vm->error.kind;
}

enum loam_err loam_call_name(struct loam_vm *vm, const char *name, struct loam_value *const *arguments, size_t count,
                             struct loam_value **result) {
  if (result) *result = NULL;
  struct loam_value *function = loam_lookup(vm, name);
  if (!function) return vm->error.kind;
  enum loam_err kind = loam_call(vm, function, arguments, count, result);
  loam_value_release(vm, function);
  return kind;
}

// ---- the guest calls ----------------------------------------------------------------------------------------------

static void release_call(struct loam_host_call *call) {
  struct heap *heap = call->th->heap;
  for (unsigned i = 0; call->arguments && i < call->argument_count; i++)
    if (call->arguments[i] && call->arguments[i] != call->result) heap_handle_destroy(heap, call->arguments[i]);
  if (call->result) heap_handle_destroy(heap, call->result);
  mem_free(call->arguments);
}

static enum loam_status throw_text(struct mutator *th, const struct loam_guest *guest, const char *text) {
  if (guest->throw_text) return guest->throw_text(th, text);
  struct value v;
  if (!guest->from_text || guest->from_text(th, text, strlen(text), &v) != DONE) return THROWN;
  return throw_value(th, v);
}

static enum loam_status finish_call(struct loam_host_call *call, struct value *result) {
  struct mutator *th = call->th;
  const struct loam_guest *guest = call->function->owner->guest;
  if (th->killed) return THROWN; // something the function called was killed
  if (call->end.kind == LOAM_ERR_GUEST) return throw_text(th, guest, call->end.text);
  if (call->end.kind != LOAM_OK) return vm_kill(th, call->end.kind, "%s", call->end.text);
  *result = call->result ? call->result->value : vm_embed_none(guest);
  return DONE;
}

// The C function of every method that loam_define makes.
static enum loam_status run_host_function(struct mutator *th, struct value *args, struct value *result) {
  const struct method *method = frame_method(th->fp);
  struct host_function *function = method->host_data;
  ASSERT(function, "vm.I6: %s runs as a function of the host's and has none", method->name);
  ASSERT(function->owner->vm == th->vm, "vm.I6: %s belongs to a host program's other VM", method->name);
  ASSERT(args == frame_locals(th->fp), "vm.I6: %s gets %p for its arguments, which are its frame's locals at %p",
         method->name, (void *)args, (void *)frame_locals(th->fp));
  struct loam_host_call call = {.function = function, .th = th, .args = args, .argument_count = method->param_count};
  struct mutator *before = vm_embed_set_current(th);
  function->fn(&call, function->user_data);
  vm_embed_set_current(before);
  enum loam_status status = finish_call(&call, result);
  release_call(&call);
  return status;
}

enum loam_err loam_define(struct loam_vm *vm, const char *name, unsigned argument_count, loam_host_fn *fn,
                          void *user_data) {
  if (vm_embed_check_usable(vm) != LOAM_OK) return vm->error.kind;
  if (!vm->guest->define)
    return error_set(&vm->error, LOAM_ERR_USAGE, "%s can't call functions of the host", vm->guest->name);
  if (argument_count > ARGUMENTS_MAX)
    return error_set(&vm->error, LOAM_ERR_USAGE, "%s: expected at most %d arguments, found %u", name, ARGUMENTS_MAX,
                     argument_count);
  struct host_function *function = mem_alloc(sizeof *function);
  if (!function) return error_set(&vm->error, LOAM_ERR_MEMORY, "%s: no memory for a host function", name);
  *function = (struct host_function){vm->functions, vm, fn, user_data};
  vm->functions = function;
  struct method *method;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  enum loam_err kind =
      method_create_native(vm->vm, name, (uint16_t)argument_count, run_host_function, NULL, &method, &vm->error);
  if (kind == LOAM_OK) {
    method->host_data = function;
    if (vm->guest->define(scope.th, name, method) != DONE) vm_embed_take_exception(vm, scope.th);
  }
  vm_embed_leave(scope);
  return vm->error.kind;
}

struct loam_vm *loam_host_vm(struct loam_host_call *call) { return call->function->owner; }

unsigned loam_host_argument_count(const struct loam_host_call *call) { return call->argument_count; }

const struct loam_value *loam_host_argument(struct loam_host_call *call, unsigned index) {
  if (index >= call->argument_count) return NULL;
  struct loam_vm *vm = call->function->owner;
  if (!call->arguments) call->arguments = mem_alloc_zero(call->argument_count, sizeof(struct handle *));
  if (!call->arguments) return error_set(&vm->error, LOAM_ERR_MEMORY, "no memory for arguments"), NULL;
  if (!call->arguments[index]) call->arguments[index] = vm_embed_handle(vm_embed_new_value(vm, call->args[index]));
  return vm_embed_value(call->arguments[index]);
}

// Puts a value where the call's result is, in place of an earlier one.
static void set_result(struct loam_host_call *call, struct handle *handle) {
  bool is_argument = false;
  for (unsigned i = 0; call->arguments && i < call->argument_count; i++)
    is_argument |= call->arguments[i] == call->result;
  if (call->result && !is_argument && call->result != handle) heap_handle_destroy(call->th->heap, call->result);
  call->result = handle;
}

void loam_host_return(struct loam_host_call *call, struct loam_value *value) {
  if (value) {
    call->end.kind = LOAM_OK;
    set_result(call, vm_embed_handle(value));
    return;
  }
  call->end = call->function->owner->error;
  if (call->end.kind == LOAM_OK) error_set(&call->end, LOAM_ERR_USAGE, "a host function returned no value");
}

void loam_host_throw(struct loam_host_call *call, const char *text) {
  error_set(&call->end, LOAM_ERR_GUEST, "%s", text);
}

void loam_host_stop(struct loam_host_call *call, const char *text) {
  error_set(&call->end, LOAM_ERR_LIMIT, "stop: %s", text);
}
