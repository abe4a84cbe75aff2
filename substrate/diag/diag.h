// SPDX-License-Identifier: MIT
//
// diag.h: looking inside: the report of a failed check, dumps, traces and the table of numbers. All of it goes to
// standard error; none of it costs a program that doesn't ask.
#ifndef LOAM_DIAG_DIAG_H
#define LOAM_DIAG_DIAG_H

#include "base/config.h"
#include "heap/heap.h"
#include "hot/hot.h"
#include "interp/interp.h"
#include "thread/thread.h"

// Adds guest, method, pc, options and command to the report of a failed check. Once per process; more do nothing.
void diag_report_init(void);
// The command line for the report. Borrowed for the life of the process.
void diag_report_set_command(int argc, char **argv);
// The mutator that runs on the calling thread, for the report; NULL when it is gone. Gives the one before.
struct mutator *diag_report_set_mutator(struct mutator *th);

// The code of all methods of a list, in the order they were made (--dump=bytecode).
void diag_dump_code(const struct method *newest, struct text *out);
// The frames of a mutator at a safepoint, innermost first, with locals and operands (--dump=frames).
void diag_dump_frames(struct thread *thread, struct text *out);

// For interp_observer.trace: one line for the instruction that runs next (--trace=ops,calls).
void diag_trace_op(struct mutator *th, const struct op_info *op);

// One line for all frames: what stands in it is the same in every engine (--trace=frames). `what` happens.
void diag_trace_frames(struct thread *thread, const char *what);

// What a run came to.
struct diag_run {
  const char *guest, *engine, *plan;
  uint64_t wall_ns;
  uint64_t instructions; // 0: not counted
  struct heap_stats heap;
  // Of the compiler; functions 0: it was not there.
  uint32_t functions, functions_compiled;
  uint64_t code_bytes, code_instructions, compile_ns;
  uint32_t methods_freed; // that were released
  uint64_t code_freed;    // bytes of their baseline code
  struct hot_stats hot;
};
void diag_stats_print(const struct diag_run *run, struct text *out);
// "loam-op: NAME COUNT" for each op of the guest's, those that only loading makes among them, and each fused one, whose
// parts are counted too; in the table's order.
void diag_stats_print_ops(const struct op_table *ops, const uint64_t *counts, struct text *out);
// How many of the guest's own instructions the counts stand for.
uint64_t diag_stats_instructions(const struct op_table *ops, const uint64_t *counts);

#endif
