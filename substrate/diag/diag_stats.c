// SPDX-License-Identifier: MIT
//
// diag_stats.c: the small table at the end of a run (--stats), and the counts of ops (--stats=ops) from which the tests
// learn which ops were executed.
#include "diag/diag.h"

#include <sys/resource.h>

static void print_row(struct text *out, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
static void print_row(struct text *out, const char *name, const char *format, ...) {
  va_list args;
  va_start(args, format);
  text_printf(out, "  %-18s", name);
  text_vprintf(out, format, args);
  text_add_char(out, '\n');
  va_end(args);
}

static double mega(uint64_t bytes) { return (double)bytes / (1 << 20); }
static double milli(uint64_t ns) { return (double)ns / 1e6; }

static double ratio(uint64_t part, uint64_t whole) { return whole ? (double)part / (double)whole : 0; }

static void print_compiled(const struct diag_run *run, struct text *out) {
  if (!run->functions) return;
  print_row(out, "compiled", "%u of %u functions in %.3f ms", run->functions_compiled, run->functions,
            milli(run->compile_ns));
  if (!run->functions_compiled) return;
  print_row(out, "machine code", "%.1f KB, %.1f bytes an instruction, %.1f million instructions/s",
            (double)run->code_bytes / 1024, ratio(run->code_bytes, run->code_instructions),
            ratio(run->code_instructions * 1000, run->compile_ns));
}

static void print_hot(const struct hot_stats *hot, struct text *out) {
  if (hot->unavailable[0]) print_row(out, "hot compiler", "none: %s", hot->unavailable);
  if (!hot->units) return;
  print_row(out, "hot compiled", "%u functions in %u units, %u calls inlined, %.3f ms in the background", hot->methods,
            hot->units, hot->inlined, milli(hot->compile_ns));
  print_row(out, "hot code", "%.1f KB, longest installation %.1f us", (double)hot->code_bytes / 1024,
            (double)hot->install_ns_max / 1000);
  print_row(out, "hot guards", "%llu failures; %u units made again, %u functions refused, %u units freed",
            (unsigned long long)hot->guards_failed, hot->recompiled, hot->refused, hot->freed);
}

void diag_stats_print(const struct diag_run *run, struct text *out) {
  struct rusage usage = {0};
  getrusage(RUSAGE_SELF, &usage);
  text_printf(out, "loam: %s\n", run->guest);
  print_row(out, "engine", "%s", run->engine);
  print_row(out, "wall time", "%.3f ms", milli(run->wall_ns));
  if (run->instructions) print_row(out, "instructions", "%llu", (unsigned long long)run->instructions);
  print_compiled(run, out);
  if (run->methods_freed)
    print_row(out, "freed", "%u functions, %.1f KB of machine code", run->methods_freed,
              (double)run->code_freed / 1024);
  print_hot(&run->hot, out);
  print_row(out, "collector", "%s", run->plan);
  print_row(out, "collections", "%llu (%llu full)", (unsigned long long)run->heap.collections,
            (unsigned long long)run->heap.collections_full);
  print_row(out, "allocated", "%.3f MB", mega(run->heap.bytes_allocated));
  print_row(out, "heap peak", "%.3f MB", mega(run->heap.bytes_used_max));
  print_row(out, "pauses", "%.3f ms, longest %.3f ms", milli(run->heap.pause_ns_total), milli(run->heap.pause_ns_max));
  print_row(out, "peak memory", "%.3f MB resident", (double)usage.ru_maxrss / 1024); // ru_maxrss is in KB on Linux
}

void diag_stats_print_ops(const struct op_table *ops, const uint64_t *counts, struct text *out) {
  for (unsigned i = CORE_OP_COUNT; i < ops->count; i++)
    text_printf(out, "loam-op: %s %llu\n", op_name(&ops->ops[i]), (unsigned long long)counts[i]);
}

uint64_t diag_stats_instructions(const struct op_table *ops, const uint64_t *counts) {
  ASSERT(ops->base_count >= CORE_OP_COUNT && ops->base_count <= ops->count, "diag.I3: %u of %u ops are no fused ones",
         ops->base_count, ops->count);
  uint64_t sum = 0; // a fused op was counted with each of its parts
  for (unsigned i = CORE_OP_COUNT; i < ops->base_count; i++) sum += counts[i];
  return sum;
}
