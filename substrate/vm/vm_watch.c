// SPDX-License-Identifier: MIT
//
// vm_watch.c: who watches the instructions (fuel, traces, counts), and the numbers at the end.
#define LOAM_VM_MODULE
#include "vm/vm_int.h"

#include "diag/diag.h"
#include "os/os_clock.h"

#include <stdio.h>

static enum loam_status out_of_fuel(struct mutator *th) {
  return vm_kill(th, LOAM_ERR_LIMIT, "fuel: the program used up its %llu instructions (--fuel)",
                 (unsigned long long)th->vm->config.fuel);
}

// A native's frame is on top, and published.
static enum loam_status trace_native(struct mutator *th, struct value *args, struct value *result) {
  const struct method *method = frame_method(th->fp);
  ASSERT(method->site_count == 0, "%s is traced as a native, and has %u sites", method->name, method->site_count);
  diag_trace_frames(thread_of(th), "calls");
  return code_native_function(method)(th, args, result);
}

static void trace_thrown(struct thread *thread) { diag_trace_frames(thread, "throws"); }

enum loam_err vm_watch_init(struct vm *vm, struct error *err) {
  const struct vm_config *config = &vm->config;
  if (config->trace & TRACE_FRAMES) {
    vm->code.watch = trace_native;
    vm->world.thrown = trace_thrown;
  }
  bool count = config->stats & STATS_OPS;
  if (!count && !config->fuel && !(config->trace & (TRACE_OPS | TRACE_CALLS))) return LOAM_OK;
  if (interp_observer_init(&vm->observer, vm->guest->ops, count) != LOAM_OK)
    return error_set(err, LOAM_ERR_MEMORY, "no memory to watch the instructions");
  vm->observer.fuel = config->fuel != 0;
  vm->observer.out_of_fuel = out_of_fuel;
  vm->observer.trace_ops = config->trace & TRACE_OPS;
  vm->observer.trace_calls = config->trace & TRACE_CALLS;
  vm->observer.trace = diag_trace_op;
  return LOAM_OK;
}

static uint64_t instructions(const struct vm *vm) {
  if (vm->observer.counts) return diag_stats_instructions(vm->guest->ops, vm->observer.counts);
  ASSERT(vm->main->mutator.fuel <= vm->config.fuel, "%llu instructions are left of %llu",
         (unsigned long long)vm->main->mutator.fuel, (unsigned long long)vm->config.fuel);
  return vm->config.fuel ? vm->config.fuel - vm->main->mutator.fuel : 0;
}

void vm_watch_print_stats(struct vm *vm) {
  struct text out = {0};
  if (vm->config.stats & STATS_TABLE) {
    struct diag_run run = {.guest = vm->guest->name,
                           .engine = vm->config.engine,
                           .plan = heap_plan_name(vm->heap),
                           .wall_ns = os_clock_ns() - vm->started_ns,
                           .instructions = instructions(vm)};
    heap_stats_read(vm->heap, &run.heap);
    vm_compile_read_stats(vm, &run);
    diag_stats_print(&run, &out);
  }
  if (vm->observer.counts) diag_stats_print_ops(vm->guest->ops, vm->observer.counts, &out);
  if (out.length && !out.failed) fputs(out.bytes, stderr);
  text_fini(&out);
}
