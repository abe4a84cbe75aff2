// SPDX-License-Identifier: MIT
//
// vm_compile.c: which engine runs what. `interp`: the interpreter alone. `baseline`: every method is compiled when it
// is made. `auto`: after some hundred calls, or when a loop in it runs long, if the program is not just beginning; what
// goes on running long, by the hot compiler in the background. `hot`: every method by the hot compiler, when it is
// called first, while the program waits: for tests. Who watches every instruction (fuel, traces, counts) gets the
// interpreter, whatever engine is asked for.
#define LOAM_VM_MODULE
#include "vm/vm_int.h"

#include "diag/diag.h"

#include <string.h>

// The first methods that are compiled cost more than their code: pages of memory for code are made, tables are read for
// the first time, a thread for samples begins; 0.3 ms in all. A program that ends when it has hardly begun does
// without; others lose a part of this time.
#define FIRST_CODE_NS UINT64_C(2000000)

static bool is_engine(const struct vm *vm, const char *name) { return strcmp(vm->config.engine, name) == 0; }

bool vm_engine_is_substrate(const char *engine) {
  static const char *const engines[] = {"interp", "baseline", "hot", "auto"};
  for (size_t i = 0; i < COUNT_OF(engines); i++)
    if (strcmp(engine, engines[i]) == 0) return true;
  return false;
}

// For mutator.compile and compile_hot.
static bool compile_for_mutator(struct mutator *th, const struct method *method) {
  struct vm *vm = th->vm;
  ASSERT(vm->compiles && method->vm == vm, "vm.I8: %s is to be compiled for a VM that compiles nothing of it",
         method->name);
  code_method_count_slow(&vm->code, (struct method *)method);
  bool compiled = baseline_compile(&vm->baseline, (struct method *)method);
  if (compiled && vm->hot) hot_note_compiled(vm->hot);
  return compiled;
}

static bool compile_hot_for_mutator(struct mutator *th, const struct method *method) {
  ASSERT(th->vm->hot && method->vm == th->vm, "vm.I8: %s is to be compiled for a VM without a hot compiler",
         method->name);
  return hot_compile_now(th->vm->hot, th, (struct method *)method);
}

static void compile_below(void *context, struct method *method) {
  struct vm *vm = context;
  ASSERT(method->vm == vm && vm->compiles, "vm.I8: %s is compiled below for another VM", method->name);
  code_method_count_slow(&vm->code, method);
  (void)baseline_compile(&vm->baseline, method);
}

// Under --stress=tier methods are compiled when the die says so, so that a run can be run again.
static enum loam_err init_hot(struct vm *vm, struct error *err) {
  bool tiers = vm->config.stress_tier_every != 0;
  struct hot_setup setup = {.guest = vm->guest,
                            .config = &vm->config,
                            .world = &vm->world,
                            .memory = &vm->code_memory,
                            .compile_below = compile_below,
                            .context = vm,
                            .samples = is_engine(vm, "auto") && !tiers,
                            .feedback = tiers};
  vm->hot = hot_create(&setup);
  return vm->hot ? LOAM_OK : error_set(err, LOAM_ERR_MEMORY, "no memory for the hot compiler");
}

enum loam_err vm_compile_init(struct vm *vm, struct error *err) {
  const struct op_table *ops = vm->guest->ops;
  ASSERT(!vm->code.methods && !vm->code.entry, "vm.I8: %s was made before the engine was chosen",
         vm->code.methods ? vm->code.methods->name : "nothing");
  bool compiles = !is_engine(vm, "interp") && vm_engine_is_substrate(vm->config.engine);
  vm->compile_all = compiles && !is_engine(vm, "auto");
  vm->resume = interp_resume_table(ops);
  if (!vm->resume) return error_set(err, LOAM_ERR_MEMORY, "no memory for the engine's tables");
  unsigned names = vm->config.names;
  if (names && emit_names_start(names & NAMES_PERF, names & NAMES_GDB, err) != LOAM_OK) return err->kind;
  // Without memory for code everything runs in the interpreter.
  vm->compiles = compiles && !vm->observer.table && emit_memory_init(&vm->code_memory, NULL) == LOAM_OK;
  if (vm->compiles) baseline_init(&vm->baseline, ops, &vm->code_memory);
  vm->code.entry = interp_entry(vm->compiles && !vm->compile_all ? INTERP_ENTRY_COUNTING : INTERP_ENTRY);
  return vm->compiles && !is_engine(vm, "baseline") ? init_hot(vm, err) : LOAM_OK;
}

// From when on methods are compiled. Under stress they are from the beginning: it is for programs of tests, and what
// happens when does not depend on the clock.
static uint64_t compile_from(const struct vm *vm) {
  const struct vm_config *config = &vm->config;
  bool stressed = config->stress_gc_every || config->stress_preempt_every || config->stress_deopt_every ||
                  config->stress_tier_every || config->stress_oom_at;
  return is_engine(vm, "auto") && !stressed ? vm->started_ns + FIRST_CODE_NS : 0;
}

bool vm_compiles_lazily(const struct vm *vm) { return is_engine(vm, "auto"); }

void vm_compile_attach(struct vm *vm, struct mutator *th) {
  ASSERT(vm->resume && (!vm->hot || vm->compiles), "vm.I8: a mutator comes before the engine, %s, is ready",
         vm->config.engine);
  th->resume = vm->resume;
  th->compile = vm->compiles ? compile_for_mutator : NULL;
  th->compile_from = compile_from(vm);
  th->compile_hot = vm->hot ? compile_hot_for_mutator : NULL;
  th->deopt_countdown = vm->config.stress_deopt_every;
}

void vm_compile_made(struct vm *vm, struct method *method) {
  if (!vm->compiles || !vm->compile_all) return;
  ASSERT(method->entry == vm->code.entry, "vm.I8: %s, just made, is entered at %p, not %p", method->name, method->entry,
         vm->code.entry);
  code_method_count_slow(&vm->code, method);
  (void)baseline_compile(&vm->baseline, method);
  if (vm->hot) __atomic_store_n(&method->entry, interp_entry(INTERP_ENTRY_HOT), __ATOMIC_RELEASE);
}

void vm_compile_world_stopped(struct vm *vm) {
  if (vm->hot) hot_find_unused(vm->hot);
}

bool vm_compile_abandon(struct vm *vm) { return vm->hot && hot_abandon(vm->hot); }

void vm_compile_read_stats(struct vm *vm, struct diag_run *run) {
  struct baseline *baseline = &vm->baseline;
  run->methods_freed = vm->methods_freed;
  run->code_freed = vm->code_freed;
  if (!vm->compiles) return;
  run->functions = vm->methods_freed;
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
  if (vm->hot) hot_stats_read(vm->hot, &run->hot);
}

void vm_compile_fini(struct vm *vm) {
  hot_destroy(vm->hot);
  baseline_fini(&vm->baseline);
  emit_memory_fini(&vm->code_memory);
  mem_free((void *)vm->resume);
}
