// SPDX-License-Identifier: MIT
//
// hot.h: the hot compiler. Methods that run long are compiled by LLVM on a thread of their own, while the program goes
// on in the lower engines.
//
// The thread is no mutator: it reads bytecode, inline caches and counters, never an object, so that no collection waits
// for it and it waits for none. What to compile is found by sampling: every few milliseconds the mutators are asked to
// stop at their next safepoint, and each tells the method, and the loop, that it is in. Code in the lower engines
// counts nothing for it.
#ifndef LOAM_HOT_HOT_H
#define LOAM_HOT_HOT_H

#include "base/config.h"
#include "emit/emit.h"
#include "loam/guest.h"
#include "loam/rt.h"
#include "thread/thread.h"

struct hot;

struct hot_setup {
  const struct loam_guest *guest;
  const struct vm_config *config;
  struct world *world;
  struct emit_memory *memory;
  // Makes the lower engine's code of a method, if it can; before it has hot code. Any thread may call it.
  void (*compile_below)(void *context, struct method *method);
  void *context;
  bool samples;  // sample and compile in the background; else only hot_compile_now compiles
  bool feedback; // hot_compile_now may use what the lower engines have seen
};

// Makes the hot compiler of a VM; it starts no thread yet. NULL when memory is out. The setup's pointers must outlive
// it.
struct hot *hot_create(const struct hot_setup *setup);
// Waits for a compilation that runs. No mutator may run hot code any more. NULL is allowed.
void hot_destroy(struct hot *hot);

// A method got code in the lower engine. The first one starts the sampling.
void hot_note_compiled(struct hot *hot);

// Compiles a method, its entry and all its loops, while the mutator waits at a safepoint, in native. Does nothing when
// it was tried before, or, with feedback, a few times. True: the method has hot code now.
MAY_GC bool hot_compile_now(struct hot *hot, struct mutator *th, struct method *method);

// For a process that is about to end: nothing more is compiled. True: a compilation still runs, and its thread is let
// go; the VM must not be closed then. Ending the process ends the thread.
bool hot_abandon(struct hot *hot);

// Finds out which old units nothing runs in any more. The world is stopped.
void hot_find_unused(struct hot *hot);

// For freeing methods (rt.h, method_release). Between hot_hold, which waits outside the guest for a compilation that
// runs, and hot_go_on, none starts.
MAY_GC void hot_hold(struct hot *hot, struct mutator *th);
void hot_go_on(struct hot *hot);
// Between hot_hold and hot_go_on: takes all code away, in a stopped world, and lets nobody wait for other; or lets go.
void hot_avoid(struct hot *hot, bool avoid);
// The same in a forked child, for good: all code of these methods, linked by `next`, and nothing is locked. False: this
// is no child.
bool hot_avoid_in_child(struct hot *hot, struct mutator *th, struct method *methods);
// Takes away all code of released methods and all that names them, frees what of it nothing runs in, forgets the
// released methods that nothing names (is_named, which the caller has set for those in frames), and sets is_named of
// those that retired code names. False, and nothing was done: a compilation runs. The world is stopped.
bool hot_release(struct hot *hot);

struct hot_stats {
  char unavailable[480]; // why there is no hot compiler in this process; empty when there is one
  uint32_t methods;      // that were compiled, once or more often
  uint32_t units, inlined, recompiled, refused, freed;
  uint64_t code_bytes, compile_ns, guards_failed;
  uint64_t install_ns_max; // the longest time that putting a unit into place took
};
void hot_stats_read(struct hot *hot, struct hot_stats *stats);

#endif
