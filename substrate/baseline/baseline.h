// SPDX-License-Identifier: MIT
//
// baseline.h: the baseline compiler: copy and patch.
//
// An instruction's machine code is a stencil, made at build time from the op's body; compiling a method copies the
// stencils of its instructions one behind the other and fills their holes. Compiled code uses the interpreter's frames,
// so control moves between both at every instruction: a slow path runs the interpreter's slow twin, which comes back
// through mutator.resume.
#ifndef LOAM_BASELINE_BASELINE_H
#define LOAM_BASELINE_BASELINE_H

#include "emit/emit.h"
#include "loam/guest.h"
#include "loam/rt.h"
#include "os/os_process.h"

#include <pthread.h>

// The compiler of one VM.
struct baseline {
  const struct op_table *ops;
  struct emit_memory *code; // where code goes; NULL: not made
  pthread_mutex_t lock;
  struct os_fork_lock at_fork; // of `lock`: the hot compiler's thread compiles here, too
  uint32_t methods, refused;   // how many were compiled, and how many had to stay with the interpreter
  uint64_t instructions, code_bytes, compile_ns;
};

// The code memory is the caller's, and must outlive the compiler.
void baseline_init(struct baseline *baseline, const struct op_table *ops, struct emit_memory *code);
// Compiled code stays in its memory, but no mutator may run it any more.
void baseline_fini(struct baseline *baseline);

// Compiles a method, once; calls of it go to the code from now on. False when there is no room, or an op of it has no
// stencil: the method stays with the interpreter. Any mutator may call it.
bool baseline_compile(struct baseline *baseline, struct method *method);

// Frees the code of a method that is to be freed, its map with it: nothing runs or names it. Returns its bytes.
size_t baseline_forget(struct baseline *baseline, const struct method *method);

#endif
