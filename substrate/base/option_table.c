// SPDX-License-Identifier: MIT
//
// option_table.c: the options, one row each: the only place that knows their names, defaults and help.
#include "base/option.h"

#define FIELD(name) sizeof(((struct vm_config *)0)->name), offsetof(struct vm_config, name)
#define AT(name) offsetof(struct vm_config, name)
#define KB (UINT64_C(1) << 10)
#define TB (UINT64_C(1) << 40)

static const struct option_word stats_words[] = {
    {"table", "engine, times, instructions if counted, collections, memory", NULL, WORD_BIT, STATS_TABLE, AT(stats)},
    {"ops", "how often each op ran, one line each", NULL, WORD_BIT, STATS_OPS, AT(stats)},
};

static const struct option_word dump_words[] = {
    {"bytecode", "the code of every function after loading", NULL, WORD_BIT, DUMP_BYTECODE, AT(dump)},
    {"frames", "frames with locals and operands at an uncaught exception", NULL, WORD_BIT, DUMP_FRAMES, AT(dump)},
    {"ir", "LLVM's form of what the hot compiler compiles", NULL, WORD_BIT, DUMP_IR, AT(dump)},
    {"asm", "the machine code that the hot compiler makes", NULL, WORD_BIT, DUMP_ASM, AT(dump)},
    {"maps", "where that code is entered, and where it leaves for which instruction", NULL, WORD_BIT, DUMP_MAPS,
     AT(dump)},
};

static const struct option_word hot_code_words[] = {
    {"llvm", "LLVM", "hot code that differs from LLVM's", WORD_BIT, HOT_CODE_LLVM, AT(hot_code)},
};

static const struct option_word names_words[] = {
    {"perf", "perf, in /tmp/perf-PID.map", NULL, WORD_BIT, NAMES_PERF, AT(names)},
    {"gdb", "gdb, through its interface for such code", NULL, WORD_BIT, NAMES_GDB, AT(names)},
};

static const struct option_word trace_words[] = {
    {"ops", "every instruction, with its place and the top of stack", NULL, WORD_BIT, TRACE_OPS, AT(trace)},
    {"calls", "calls and returns", NULL, WORD_BIT, TRACE_CALLS, AT(trace)},
    {"gc", "every collection", NULL, WORD_BIT, TRACE_GC, AT(trace)},
    {"tiers", "what the hot compiler made, and what it took back", NULL, WORD_BIT, TRACE_TIERS, AT(trace)},
    {"frames", "all frames with their values, at calls of natives and exceptions: the same in every engine", NULL,
     WORD_BIT, TRACE_FRAMES, AT(trace)},
};

static const struct option_word verify_words[] = {
    {"heap", "walk all live objects after every collection", "a store without its barrier, a field not initialised",
     WORD_BIT, VERIFY_HEAP, AT(verify)},
    {"ir", "have LLVM check what the hot compiler gives it",
     "code of the hot compiler that LLVM takes for something else", WORD_BIT, VERIFY_IR, AT(verify)},
};

static const struct option_word stress_words[] = {
    {"gc", "collect at every Nth allocation", "a reference held in C across a call that may collect", WORD_COUNT, 0,
     AT(stress_gc_every)},
    {"move", "move every object at every collection", "an address kept where the collector can't see it", WORD_SWITCH,
     0, AT(stress_move)},
    {"poison", "overwrite what a collection left behind", "the use of an object after it died or moved", WORD_SWITCH, 0,
     AT(stress_poison)},
    {"preempt", "yield the processor at every Nth safepoint", "a race between threads of the guest", WORD_COUNT, 0,
     AT(stress_preempt_every)},
    {"deopt", "leave hot code at every Nth of its instructions", "a frame that hot code leaves incomplete", WORD_COUNT,
     0, AT(stress_deopt_every)},
    {"tier", "change the engine at every Nth safepoint", "a difference between the engines' frames", WORD_COUNT, 0,
     AT(stress_tier_every)},
    {"oom", "let the Nth C allocation and all later ones fail", "a failed allocation that is not looked at", WORD_COUNT,
     0, AT(stress_oom_at)},
};

// `max` where no other limit is known: a tebibyte keeps sums of sizes far from overflow.
const struct option_row option_table[] = {
    {"guest", "NAME", "The language of FILE (default: by its content, then by its name)", NULL, OPTION_NAME,
     FIELD(guest), 0, 0, NULL, 0, NULL},
    {"engine", "NAME", "What runs the program: interp, baseline, hot, auto, or an engine of the guest's own", "auto",
     OPTION_NAME, FIELD(engine), 0, 0, NULL, 0, NULL},
    {"hot-only", "NAME", "Compile functions of this name only with the hot compiler (default: all)", NULL, OPTION_NAME,
     FIELD(hot_only), 0, 0, NULL, 0, NULL},
    {"hot-code", "WORDS", "Who writes hot machine code (default: loam itself, and LLVM what loam can't)", NULL,
     OPTION_WORDS, FIELD(hot_code), 0, 0, hot_code_words, COUNT_OF(hot_code_words), NULL},
    {"heap-max", "SIZE", "Bytes the program's objects may take, by the collector's counter (default: the guest's)",
     NULL, OPTION_SIZE, FIELD(heap_max), 256 * KB, TB, NULL, 0, NULL},
    {"nursery", "SIZE", "Bytes allocated between two small collections (default: chosen by the collector)", NULL,
     OPTION_SIZE, FIELD(nursery_size), 4 * KB, TB, NULL, 0, NULL},
    {"stack-max", "SIZE", "Bytes of each thread's stack", "64M", OPTION_SIZE, FIELD(stack_max), 16 * KB, TB, NULL, 0,
     NULL},
    {"fuel", "N", "Instructions the program may run (default: no limit)", NULL, OPTION_COUNT, FIELD(fuel), 1,
     UINT64_MAX / 2, NULL, 0, NULL},
    {"time-max", "SECONDS", "Wall time the program may take, as 2, 0.5 or 250ms (default: no limit)", NULL, OPTION_TIME,
     FIELD(time_max_ms), 1, UINT64_C(1000) * 60 * 60 * 24 * 365, NULL, 0, NULL},
    {"threads-max", "N", "Threads the program may have at once", "256", OPTION_COUNT, FIELD(thread_max), 1, 32768, NULL,
     0, NULL},
    {"gc", "PLAN", "The collector: genimmix, semispace, marksweep, markcompact or nogc", "genimmix", OPTION_NAME,
     FIELD(gc_plan), 0, 0, NULL, 0, NULL},
    {"stats", "WORDS", "Numbers on standard error at the end", NULL, OPTION_WORDS, FIELD(stats), 0, 0, stats_words,
     COUNT_OF(stats_words), "table"},
    {"dump", "WORDS", "Shows on standard error", NULL, OPTION_WORDS, FIELD(dump), 0, 0, dump_words,
     COUNT_OF(dump_words), NULL},
    {"names", "WORDS", "Tells the names of compiled functions to", NULL, OPTION_WORDS, FIELD(names), 0, 0, names_words,
     COUNT_OF(names_words), NULL},
    {"trace", "WORDS", "Tells on standard error", NULL, OPTION_WORDS, FIELD(trace), 0, 0, trace_words,
     COUNT_OF(trace_words), NULL},
    {"stress", "WORDS", "Provokes bugs", NULL, OPTION_WORDS, 0, 0, 0, 0, stress_words, COUNT_OF(stress_words), NULL},
    {"verify", "WORDS", "Checks more than a run needs", NULL, OPTION_WORDS, FIELD(verify), 0, 0, verify_words,
     COUNT_OF(verify_words), NULL},
};
const size_t option_count = COUNT_OF(option_table);
