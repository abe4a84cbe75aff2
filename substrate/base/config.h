// SPDX-License-Identifier: MIT
//
// config.h: what the options table fills in and every module reads: one VM's limits, engine, collector and
// diagnostics. Plain data; the texts are borrowed for the VM's life. The options table (base/option_table.c) has a row
// for each field, with its name, default, help and the kind of bug it provokes.
#ifndef LOAM_BASE_CONFIG_H
#define LOAM_BASE_CONFIG_H

#include "loam/rt.h"

enum stats_flag { STATS_TABLE = 1, STATS_OPS = 2 };
enum dump_flag { DUMP_BYTECODE = 1, DUMP_FRAMES = 2, DUMP_IR = 4, DUMP_ASM = 8, DUMP_MAPS = 16 };
enum names_flag { NAMES_PERF = 1, NAMES_GDB = 2 };
enum trace_flag { TRACE_OPS = 1, TRACE_CALLS = 2, TRACE_GC = 4, TRACE_TIERS = 8, TRACE_FRAMES = 16 };
enum verify_flag { VERIFY_HEAP = 1, VERIFY_IR = 2 };
enum hot_code_flag { HOT_CODE_LLVM = 1 };

#define CONFIG_GUEST_OPTIONS_MAX 16 // options only one guest knows; none has more than a handful

struct vm_config {
  const char *guest;             // the command line's word for the language of its file; NULL: it is recognised
  const char *engine;            // "interp", or an engine of the guest's own
  const char *hot_only;          // the hot compiler compiles functions of this name only; NULL: all
  unsigned hot_code;             // enum hot_code_flag: who makes the hot compiler's machine code
  const char *gc_plan;           // "genimmix", "semispace", "marksweep", "markcompact", "nogc"
  size_t heap_max;               // bytes the heap may hold, by the collector's own counter; 0: the guest's default
  size_t nursery_size;           // bytes; 0: chosen by the plan
  size_t stack_max;              // bytes of one mutator's VM stack
  uint64_t fuel;                 // instructions the program may run; 0: no limit
  uint64_t time_max_ms;          // wall time; 0: no limit
  uint32_t thread_max;           // mutators alive at once
  unsigned stats;                // enum stats_flag: what to print at the end
  unsigned dump, trace, verify;  // enum dump_flag, trace_flag, verify_flag
  unsigned names;                // enum names_flag: who is told the names of compiled functions
  uint64_t stress_gc_every;      // collect at every Nth allocation; 0: off
  bool stress_move;              // move every object at every collection
  bool stress_poison;            // overwrite what a collection left behind
  uint64_t stress_preempt_every; // yield the processor at every Nth safepoint; 0: off
  uint64_t stress_oom_at;        // the Nth C allocation fails; 0: off
  uint64_t stress_deopt_every;   // leave hot code at every Nth of its instructions; 0: off
  uint64_t stress_tier_every;    // change the engine at every Nth safepoint; 0: off
  // Options only the guest knows, as "NAME=VALUE" or "NAME".
  const char *guest_options[CONFIG_GUEST_OPTIONS_MAX];
  uint32_t guest_option_count;
};

#endif
