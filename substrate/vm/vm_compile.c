// SPDX-License-Identifier: MIT
//
// vm_compile.c: which engine runs what. `interp`: the interpreter alone. `baseline`: every method is compiled when it
// is made. `auto`: at its second call, or when a loop in it runs long. Who watches every instruction (fuel, traces,
// counts) gets the interpreter, whatever engine is asked for.
#define LOAM_VM_MODULE
#include "vm/vm_int.h"

#include "diag/diag.h"

#include <string.h>

bool vm_engine_is_substrate(const char *engine) {
  return strcmp(engine, "interp") == 0 || strcmp(engine, "baseline") == 0 || strcmp(engine, "auto") == 0;
}

static bool compile_for_mutator(struct mutator *th, const struct method *method) {
  return baseline_compile(&th->vm->baseline, (struct method *)method);
}

enum loam_err vm_compile_init(struct vm *vm, struct error *err) {
  const struct op_table *ops = vm->guest->ops;
  bool compiles = strcmp(vm->config.engine, "interp") != 0 && vm_engine_is_substrate(vm->config.engine);
  vm->compile_all = compiles && strcmp(vm->config.engine, "baseline") == 0;
  vm->resume = interp_resume_table(ops);
  if (!vm->resume) return error_set(err, LOAM_ERR_MEMORY, "no memory for the engine's tables");
  unsigned names = vm->config.names;
  if (names && emit_names_start(names & NAMES_PERF, names & NAMES_GDB, err) != LOAM_OK) return err->kind;
  // Without memory for code everything runs in the interpreter.
  vm->compiles = compiles && !vm->observer.table && emit_memory_init(&vm->code_memory, NULL) == LOAM_OK;
  if (vm->compiles) baseline_init(&vm->baseline, ops, &vm->code_memory);
  vm->code.entry = interp_entry(vm->compiles && !vm->compile_all);
  return LOAM_OK;
}

void vm_compile_attach(struct vm *vm, struct mutator *th) {
  th->resume = vm->resume;
  th->compile = vm->compiles ? compile_for_mutator : NULL;
}

void vm_compile_made(struct vm *vm, struct method *method) {
  if (vm->compiles && vm->compile_all) (void)baseline_compile(&vm->baseline, method);
}

void vm_compile_read_stats(struct vm *vm, struct diag_run *run) {
  struct baseline *baseline = &vm->baseline;
  if (!vm->compiles) return;
  pthread_mutex_lock(&vm->lock);
  for (const struct method *method = vm->code.methods; method; method = method->next)
    run->functions += method->site_count != 0; // without natives
  pthread_mutex_unlock(&vm->lock);
  pthread_mutex_lock(&baseline->lock);
  run->functions_compiled = baseline->methods;
  run->code_bytes = baseline->code_bytes;
  run->code_instructions = baseline->instructions;
  run->compile_ns = baseline->compile_ns;
  pthread_mutex_unlock(&baseline->lock);
}

void vm_compile_fini(struct vm *vm) {
  baseline_fini(&vm->baseline);
  emit_memory_fini(&vm->code_memory);
  mem_free((void *)vm->resume);
}
