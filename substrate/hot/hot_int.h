// SPDX-License-Identifier: MIT
//
// hot_int.h: what the files of this module share. From a request to running code:
//
//   request --hot_plan--> plan: which methods are inlined where, which functions the unit has
//           --hot_ir----> an LLVM module: the ops' bodies called one after the other
//           --LLVM------> an object file in memory
//           --hot_object-> machine code in the code memory, its symbols resolved: a unit
#ifndef LOAM_HOT_HOT_INT_H
#define LOAM_HOT_HOT_INT_H
#ifndef LOAM_HOT_MODULE
#error "hot_int.h is for the files of substrate/hot; others include hot/hot.h"
#endif

#include "emit/emit.h"
#include "hot/hot.h"
#include "hot/hot_llvm.h"

#define HOT_LOOPS_MAX 16        // loop heads of one method that code is made for
#define HOT_INLINE_WORDS_MAX 64 // of the code of a method that is inlined: about 25 instructions

// What to compile.
struct hot_request {
  const struct method *method;
  bool entry;                    // for calls
  uint32_t loops[HOT_LOOPS_MAX]; // for entering at these loop heads: code words of instructions that start with a poll
  bool runs_long[HOT_LOOPS_MAX]; // who enters there does not soon come to a loop around it
  uint32_t loop_count;
  bool feedback;        // the program ran: caches and slow_counts tell what happens. False: assume nothing
  bool unwinds;         // somebody watches exceptions and frames: all of them unwind, no local is taken for dead
  uint64_t deopt_every; // --stress=deopt:N, or 0
  uint64_t allowed_ns;  // what it may take, as far as the plan tells; 0: whatever it takes
};

// A frame of an inlined method, for who leaves from within it: its header is not in memory then.
struct hot_frame {
  const struct hot_frame *caller; // NULL: the unit's own method, whose frame is there
  const struct method *method;
  const char *return_pc;  // in the caller
  uint32_t words;         // from the caller's fp to this one's
  struct hot_frame *next; // all of a unit
};

// A place where code assumes something and leaves when it is not so. In a unit's table; code counts its failures.
struct hot_guard {
  const struct method *method;   // of the frame that is on top when it leaves: not the unit's in inlined code
  uint32_t pc;                   // the instruction where the interpreter or baseline code goes on,
  uint32_t depth;                // with so many operands
  const struct hot_frame *frame; // that method's, to be made; NULL when it is the unit's
  bool planned;                  // no assumption failed: this is where the code ends
  const struct method *expected; // a callee that it assumes, or NULL;
  uint32_t targets;              // it knew so many of that place's, see struct hot_targets
  bool at_entry;                 // nothing was done since the code was entered here: entering again would leave again
  struct hot_unit *unit;         // whose guard it is
  bool doubted;                  // it failed so often that the policy has learned from it
  _Atomic uint32_t failures;
  uint32_t failures_seen; // at the policy's last look
};

// What a compilation is made of: IR of the plan, with the bodies linked; LLVM's passes; machine code of what they
// leave.
enum hot_phase { HOT_IR, HOT_PASSES, HOT_CODE, HOT_PHASES };

// The code that one compilation made. Freed when nothing runs in it any more.
struct hot_unit {
  struct hot_unit *next;
  const struct method *method;
  struct emit_block code;
  struct method_code published; // what method->hot points to; its arrays belong to the unit
  struct hot_guard *guards;
  uint32_t guard_count;
  _Atomic uint32_t failures; // of all guards: as long as none is added, nobody need look at them
  uint32_t failures_seen;
  struct hot_frame *frames;
  const struct method **named; // methods whose addresses the code, the guards and the frames hold
  uint32_t named_count;
  uint32_t instructions; // of the guests' bytecode, inlined ones included, once each
  uint32_t inlined;      // methods inlined
  uint32_t functions;    // of LLVM's
  char by_llvm[64];      // why LLVM made the machine code; empty: it did not
  uint64_t compile_ns;   // processor time, with opening LLVM,
  uint64_t phase_ns[HOT_PHASES];
  bool retired;        // replaced: no new entry
  bool in_use, unused; // while retired: see hot_find_unused
};

// One LLVM context with what is kept between compilations. Used by one thread at a time.
struct hot_compiler {
  const struct op_table *ops;
  const struct loam_guest *guest;
  struct emit_memory *memory;
  const struct hot_llvm *llvm;  // NULL until the first compilation
  LLVMContextRef context;       // made anew every HOT_CONTEXT_UNITS compilations
  LLVMModuleRef bodies;         // the context's: those of the guest's bodies that its units have called
  LLVMTargetMachineRef machine; // of hot_machine.h; NULL until LLVM makes machine code
  uint32_t units_in_context;
  uint64_t too_dear_ns; // what the last request would have taken, when that was not allowed; else 0
  bool verify;          // have LLVM check its input
  bool by_llvm;         // all machine code: hot_quick.h isn't asked
  unsigned dump;        // enum dump_flag: the IR, the machine code, on standard error
};
#define HOT_CONTEXT_UNITS 100 // LLVM keeps types and constants of a context for ever

// Opens LLVM on its first use. Failures (no library, a method that is too large or too dear, an op that has
// no bitcode) leave `err` set and nothing to free; the method then stays with the lower engines. The caller must keep
// the methods alive. `unit` is the caller's: hot_unit_destroy.
enum loam_err hot_compile(struct hot_compiler *compiler, const struct hot_request *request, struct hot_unit **unit,
                          struct error *err);
void hot_compiler_fini(struct hot_compiler *compiler);
// Opens LLVM and a context, which the first compilation does otherwise, and says why when it can't.
void hot_compiler_prepare(struct hot_compiler *compiler);
// Gives the unit's code memory back. Nothing may run in it, or return to it.
void hot_unit_destroy(struct hot_compiler *compiler, struct hot_unit *unit);

// The kinds that the locals of a method had at a loop head when it was seen there: by local, an index into the guest's
// kinds + 1, or 0 where it is not known or not always the same. NULL when nothing was seen. Any thread may ask.
const uint8_t *hot_profile_kinds(const struct method *method, uint32_t word);

// What a call was seen to call, where that was not always the same; in the order in which they were seen.
#define HOT_TARGETS_MAX 2
struct hot_targets {
  const struct method *methods[HOT_TARGETS_MAX];
  uint32_t count; // 0: nothing is known, or the call's cache tells
  bool more;      // there were others
};
// Of the call at a byte of a method. Any thread may ask.
struct hot_targets hot_profile_targets(const struct method *method, uint32_t pc);

#endif
