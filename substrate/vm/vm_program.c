// SPDX-License-Identifier: MIT
//
// vm_program.c: a program's life in a VM: load, run, flush, and what its end means; and the guest's translators.
#define LOAM_VM_MODULE
#include "vm/vm_int.h"

#include "base/check.h"
#include "diag/diag.h"
#include "os/os_clock.h"

#include <stdio.h>
#include <string.h>

#define LOOK_NS UINT64_C(200000) // between looks at the program's file: one for each function took a tenth of ocamlc

static void dump_code(struct vm *vm) {
  struct text out = {0};
  diag_dump_code(vm->code.methods, &out);
  if (out.length && !out.failed) fputs(out.bytes, stderr);
  text_fini(&out);
}

enum loam_err vm_load(struct vm *vm, const struct loam_source *source, struct method **main, struct error *err) {
  check_note_event("load of %llu bytes began", source->length, 0);
  ASSERT(vm->main->state == THREAD_IN_GUEST, "vm.I11: %s is loaded while the main mutator is in state %d", source->name,
         (int)vm->main->state);
  enum loam_err kind = vm->guest->load(vm, source, main, err);
  ASSERT(kind != LOAM_OK || *main, "vm.I4: %s was loaded without a main method", source->name);
  ASSERT(kind != LOAM_OK || (*main)->vm == vm, "vm.I4: the main method of %s belongs to another VM", source->name);
  if (kind == LOAM_OK && vm->config.dump & DUMP_BYTECODE) dump_code(vm);
  return kind;
}

enum loam_err vm_verify(struct vm *vm, const struct loam_source *source, struct error *err) {
  struct method *main;
  enum loam_err kind = vm_load(vm, source, &main, err);
  return kind == LOAM_OK && vm->guest->verify ? vm->guest->verify(vm, err) : kind;
}

int vm_status_of(enum loam_err kind) {
  ASSERT(kind != LOAM_OK, "%s", "success has no status of a failure");
  return kind == LOAM_ERR_LIMIT ? VM_STATUS_LIMIT : VM_STATUS_INPUT;
}

bool vm_program_changed(struct vm *vm) {
  if (!vm->file || !vm->file->mapped) return false;
  uint64_t now = os_clock_ns();
  if (now - __atomic_load_n(&vm->file_looked_ns, __ATOMIC_RELAXED) < LOOK_NS) return false;
  if (vm_file_changed(vm->file)) return true;
  __atomic_store_n(&vm->file_looked_ns, now, __ATOMIC_RELAXED);
  return false;
}

void vm_program_release(const struct vm *vm) {
  if (vm->file) vm_file_release(vm->file);
}

// *status is the guest's own; when the program is refused, the guest may have a word beside the host's.
static enum loam_err load_and_run(struct vm *vm, const struct vm_file *file, int argc, char **argv, int *status,
                                  struct error *err) {
  struct mutator *th = vm_main_mutator(vm);
  if (!vm_engine_is_substrate(vm->config.engine)) {
    ASSERT(vm->guest->run_engine, "vm.I9: %s has no engine %s of its own", vm->guest->name, vm->config.engine);
    *status = vm->guest->run_engine(th, vm->config.engine, &file->source, argc, argv);
    return LOAM_OK;
  }
  struct method *main = NULL;
  struct loam_source source = file->source;
  source.stays = true;
  vm->file = file;
  enum loam_err kind = vm_load(vm, &source, &main, err);
  vm_file_release(file);
  if (kind == LOAM_OK)
    *status = vm->guest->run(th, main, argc, argv);
  else if (kind == LOAM_ERR_INPUT && vm->guest->refuse)
    *status = vm->guest->refuse(vm, err);
  else
    *status = vm_status_of(kind);
  // A program ends with its main function.
  if (kind == LOAM_OK && vm->world.thread_count > 1) thread_world_join_all(&vm->world, th, true, false);
  return kind;
}

int vm_run_file(struct vm *vm, const struct vm_file *file, int argc, char **argv, struct error *err) {
  int status = VM_STATUS_INPUT;
  enum loam_err kind = vm_clock_start(vm, err);
  if (kind == LOAM_OK) kind = load_and_run(vm, file, argc, argv, &status, err);
  vm_clock_stop(vm);
  struct error flush = {0};
  enum loam_err flush_kind = vm_flush(vm, &flush);
  if (vm_kill_reason(vm)->kind != LOAM_OK) {
    *err = *vm_kill_reason(vm);
    status = vm_status_of(err->kind);
  } else if (kind == LOAM_OK && flush_kind != LOAM_OK) {
    *err = flush;
    status = vm_status_of(flush_kind);
  }
  vm_watch_print_stats(vm);
  return status;
}

enum loam_err vm_translate(struct vm *vm, enum vm_translation translation, const struct loam_source *source,
                           struct text *out, struct error *err) {
  static const char *const names[] = {"compiler", "assembler", "disassembler"};
  const struct loam_guest *guest = vm->guest;
  enum loam_err (*const translators[])(struct vm *, const struct loam_source *, struct text *,
                                       struct error *) = {guest->compile, guest->assemble, guest->disassemble};
  ASSERT(translation < COUNT_OF(translators), "%s: there is no translation %d", source->name, (int)translation);
  if (!translators[translation])
    return error_set(err, LOAM_ERR_USAGE, "%s: %s has no %s", source->name, guest->name, names[translation]);
  enum loam_err kind = translators[translation](vm, source, out, err);
  if (kind == LOAM_OK && out->failed)
    kind = error_set(err, LOAM_ERR_MEMORY, "%s: no memory for its translation", source->name);
  return kind;
}
