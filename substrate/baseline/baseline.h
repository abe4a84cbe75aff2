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

#include "loam/guest.h"
#include "loam/rt.h"

#include <pthread.h>
#include <sys/types.h>

// The code of one VM. Machine code is written through one mapping of its memory and run through another, so that no
// address is both writable and executable.
struct baseline {
  const struct op_table *ops;
  pthread_mutex_t lock;
  uint8_t *write_base;     // the same memory,
  const uint8_t *run_base; // twice
  size_t bytes, bytes_used;
  struct arena memory;       // the maps from bytecode to code
  pid_t owner;               // the process that writes; see baseline_compile
  uint32_t methods, refused; // how many were compiled, and how many had to stay with the interpreter
  uint64_t instructions, compile_ns;
};

// Reserves memory for code near the substrate's own, so that jumps reach it. LOAM_ERR_MEMORY, and nothing to give
// back, when the system has none: everything then runs in the interpreter.
enum loam_err baseline_init(struct baseline *baseline, const struct op_table *ops, struct error *err);
// No mutator may run compiled code any more.
void baseline_fini(struct baseline *baseline);

// Compiles a method, once; calls of it go to the code from now on. False when there is no room, or an op of it has no
// stencil: the method stays with the interpreter. Any mutator may call it.
bool baseline_compile(struct baseline *baseline, struct method *method);

#endif
