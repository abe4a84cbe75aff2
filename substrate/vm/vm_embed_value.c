// SPDX-License-Identifier: MIT
//
// vm_embed_value.c: loam.h's values: a host's numbers and texts as values of the guest, and back.
#define LOAM_VM_MODULE
#include "vm/vm_embed.h"

#include <string.h>

struct loam_value *vm_embed_new_value(struct loam_vm *vm, struct value v) {
  struct handle *handle = heap_handle_create(vm->vm->heap, v);
  if (!handle) error_set(&vm->error, LOAM_ERR_MEMORY, "no memory for a value's handle");
  return vm_embed_value(handle);
}

static struct loam_value *refuse_kind(struct loam_vm *vm, const char *kind) {
  error_set(&vm->error, LOAM_ERR_USAGE, "%s has no %s", vm->guest->name, kind);
  return NULL;
}

// The end of making a value, inside a bracket.
static struct loam_value *finish(struct loam_vm *vm, struct vm_embed_scope scope, enum loam_status status,
                                 struct value v) {
  struct loam_value *value = NULL;
  if (status == DONE)
    value = vm_embed_new_value(vm, v);
  else
    vm_embed_take_exception(vm, scope.th);
  vm_embed_leave(scope);
  return value;
}

struct loam_value *loam_value_none(struct loam_vm *vm) {
  if (vm_embed_check_usable(vm) != LOAM_OK) return NULL;
  return finish(vm, vm_embed_enter(vm), DONE, vm_embed_none(vm->guest));
}

struct loam_value *loam_value_bool(struct loam_vm *vm, bool truth) {
  if (vm_embed_check_usable(vm) != LOAM_OK) return NULL;
  if (!vm->guest->from_bool) return refuse_kind(vm, "truth values");
  struct vm_embed_scope scope = vm_embed_enter(vm);
  struct value v = {0};
  enum loam_status status = vm->guest->from_bool(scope.th, truth, &v);
  return finish(vm, scope, status, v);
}

struct loam_value *loam_value_int(struct loam_vm *vm, int64_t number) {
  if (vm_embed_check_usable(vm) != LOAM_OK) return NULL;
  if (!vm->guest->from_int) return refuse_kind(vm, "integers");
  struct vm_embed_scope scope = vm_embed_enter(vm);
  struct value v = {0};
  enum loam_status status = vm->guest->from_int(scope.th, number, &v);
  return finish(vm, scope, status, v);
}

struct loam_value *loam_value_text(struct loam_vm *vm, const char *bytes, size_t length) {
  if (vm_embed_check_usable(vm) != LOAM_OK) return NULL;
  if (!vm->guest->from_text) return refuse_kind(vm, "texts");
  struct vm_embed_scope scope = vm_embed_enter(vm);
  struct value v = {0};
  enum loam_status status = vm->guest->from_text(scope.th, bytes, length, &v);
  return finish(vm, scope, status, v);
}

struct loam_value *loam_value_copy(struct loam_vm *vm, const struct loam_value *value) {
  if (!value || vm_embed_check_usable(vm) != LOAM_OK) return NULL;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  return finish(vm, scope, DONE, vm_embed_handle(value)->value);
}

void loam_value_release(struct loam_vm *vm, struct loam_value *value) {
  if (value) heap_handle_destroy(vm->vm->heap, vm_embed_handle(value));
}

bool loam_value_is_none(struct loam_vm *vm, const struct loam_value *value) {
  if (!value) return false;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  bool is_none = value_same(vm_embed_handle(value)->value, vm_embed_none(vm->guest));
  vm_embed_leave(scope);
  return is_none;
}

bool loam_value_to_bool(struct loam_vm *vm, const struct loam_value *value, bool *truth) {
  if (!value) return false;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  bool is = vm->guest->to_bool && vm->guest->to_bool(scope.th, vm_embed_handle(value)->value, truth);
  vm_embed_leave(scope);
  return is;
}

bool loam_value_to_int(struct loam_vm *vm, const struct loam_value *value, int64_t *number) {
  if (!value) return false;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  bool is = vm->guest->to_int && vm->guest->to_int(scope.th, vm_embed_handle(value)->value, number);
  vm_embed_leave(scope);
  return is;
}

bool loam_value_to_text(struct loam_vm *vm, const struct loam_value *value, const char **bytes, size_t *length) {
  if (!value) return false;
  struct vm_embed_scope scope = vm_embed_enter(vm);
  text_clear(&vm->scratch);
  bool is = vm->guest->to_text && vm->guest->to_text(scope.th, vm_embed_handle(value)->value, &vm->scratch);
  vm_embed_leave(scope);
  if (!is || vm->scratch.failed) return false;
  *bytes = vm->scratch.length ? vm->scratch.bytes : "";
  *length = vm->scratch.length;
  return true;
}

const char *loam_value_describe(struct loam_vm *vm, const struct loam_value *value) {
  if (!value) return "";
  struct vm_embed_scope scope = vm_embed_enter(vm);
  text_clear(&vm->scratch);
  vm->guest->print_value(scope.th, vm_embed_handle(value)->value, &vm->scratch);
  vm_embed_leave(scope);
  return vm->scratch.length && !vm->scratch.failed ? vm->scratch.bytes : "";
}
