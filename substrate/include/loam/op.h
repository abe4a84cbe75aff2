// SPDX-License-Identifier: MIT
//
// op.h: the dialect of opcode bodies, and what generated code is made of. Included by generated files only.
//
// A body is C, written once in a record of a .ops file. opgen makes an always-inline function of it, with the op's
// immediates and inputs as parameters and its outputs as locals, and each engine calls that function in its own way:
// the interpreter here. A fused op calls the functions of its parts one after the other, so that values pass between
// them in registers and the compiler sees through the whole.
//
// The verbs of a body:
//   NEXT            done; fall through (also at the end of the text)
//   BRANCH          done; go to the op's target
//   CALL(method)    call `method` with the variadic inputs as its arguments (control call)
//   RETURN(v)       leave the function with v (control return)
//   EXIT(v)         leave the interpreter with v
//   SLOW(call)      run a C function that may collect or throw, and go on behind it when it returned DONE
//
// What a body must keep to:
//   - no side effect before a SLOW: the fast form of a body gives up at its SLOW without having done anything, and the
//     slow form runs the body again from its start;
//   - no reference in a C local across a SLOW: the function behind it gets values, and roots them itself;
//   - immediates may be anything: zero, negative, large.
//
// Compiled with OP_STENCIL or OP_BITCODE defined, the same bodies become what the compilers need: stencils with holes,
// or functions to inline whose SLOW stands between two markers.
//
// Each op with a SLOW is compiled twice for the interpreter. In the fast twin SLOW is a tail call to the slow twin, so
// that the fast path has no call, no spill and no native frame; the slow twin publishes the frame and calls.
#ifndef LOAM_OP_H
#define LOAM_OP_H

#include "loam/guest.h"
#include "loam/rt.h"

enum op_outcome { OP_NEXT, OP_BRANCH, OP_CALL, OP_RETURN, OP_EXIT, OP_THROW, OP_SLOW };

#ifdef OP_BITCODE
#define OP_BODY __attribute__((always_inline)) enum op_outcome
// Around a call that may collect: the hot compiler puts the stores and loads of what lives there in their places.
void op_mark_publish(const char *site);
void op_mark_reload(const char *site);
#else
#define OP_BODY static inline __attribute__((always_inline, unused)) enum op_outcome
#endif
#define OP_COLD __attribute__((cold, noinline))

// The interpreter's registers. preserve_none passes the first four in registers that C functions save, so that they
// survive a call from a slow twin.
#define OP_REGISTERS \
  const char *pc, struct value *sp, struct value *fp, struct mutator *th, struct value tos, const void *const *dispatch
#define OP_HANDLER __attribute__((preserve_none)) void
typedef OP_HANDLER op_handler(OP_REGISTERS);
#define OP_TAIL_CALL(handler) __attribute__((musttail)) return (handler)(pc, sp, fp, th, tos, dispatch)

// Continues with the instruction at pc.
#define OP_DISPATCH() OP_TAIL_CALL((op_handler *)dispatch[*(const uint16_t *)pc])

#ifdef OP_STENCIL
// A stencil's immediates are the addresses of symbols, its ways on are jumps to others: the baseline compiler finds
// both by their relocations. The empty asm hides that an address is never 0, negative or odd; clang would delete such
// tests.
#define OP_HOLE(name) \
  ({ \
    uintptr_t hole_ = (uintptr_t)op_hole_##name; \
    __asm__("" : "+r"(hole_)); \
    hole_; \
  })
extern const char op_hole_pc[], op_hole_2[], op_hole_4[], op_hole_6[], op_hole_8[], op_hole_10[], op_hole_12[],
    op_hole_14[], op_hole_16[], op_hole_18[], op_hole_20[], op_hole_22[], op_hole_24[], op_hole_26[], op_hole_28[],
    op_hole_30[], op_hole_32[], op_hole_34[], op_hole_36[], op_hole_38[], op_hole_40[], op_hole_42[], op_hole_44[],
    op_hole_46[], op_hole_48[], op_hole_50[], op_hole_52[], op_hole_54[], op_hole_56[], op_hole_58[], op_hole_60[],
    op_hole_62[];
#define OP_IMM_LOCAL(at) (fp + (intptr_t)OP_HOLE(at))
#define OP_IMM_U16(at) ((uint32_t)OP_HOLE(at))
#define OP_IMM_I32(at) ((int32_t)OP_HOLE(at))
#define OP_IMM_U32(at) ((uint32_t)OP_HOLE(at))
#define OP_IMM_PTR(at) ((void *)OP_HOLE(at))
#define OP_IMM_CACHE(at) ((uint64_t *)OP_HOLE(at))
#define OP_IMM_FEEDBACK(at) ((uint16_t *)OP_HOLE(at))
op_handler op_go_next, op_go_target, op_go_slow, op_go_call, op_go_call_slow, op_go_return;
#define OP_PC() (pc = (const char *)OP_HOLE(pc)) // the instruction's address; a stencil keeps it in no register
#define OP_GO_NEXT(bytes) OP_TAIL_CALL(op_go_next)
#define OP_GO_TARGET(at) OP_TAIL_CALL(op_go_target)
#define OP_GO_SLOW(twin) \
  do { \
    OP_PC(); \
    OP_TAIL_CALL(op_go_slow); \
  } while (0)
#define OP_GO_CALL() OP_TAIL_CALL(op_go_call)
#define OP_GO_CALL_SLOW() OP_TAIL_CALL(op_go_call_slow)
#define OP_GO_RETURN() OP_TAIL_CALL(op_go_return)
#else
// Immediates, at a byte offset from the instruction's start.
#define OP_IMM_LOCAL(at) (fp + *(const int16_t *)(pc + (at)))
#define OP_IMM_U16(at) (*(const uint16_t *)(pc + (at)))
#define OP_IMM_I32(at) (*(const int32_t *)(pc + (at)))
#define OP_IMM_U32(at) (*(const uint32_t *)(pc + (at)))
#define OP_IMM_PTR(at) (*(void *const *)(pc + (at)))
#define OP_IMM_CACHE(at) ((uint64_t *)(uintptr_t)(pc + (at)))
#define OP_IMM_FEEDBACK(at) ((uint16_t *)(uintptr_t)(pc + (at)))
// The ways on.
#define OP_PC() ((void)0)
#define OP_GO_NEXT(bytes) \
  do { \
    pc += (bytes); \
    OP_DISPATCH(); \
  } while (0)
#define OP_GO_TARGET(at) \
  do { \
    pc += (intptr_t)OP_IMM_I32(at) * 8; \
    OP_DISPATCH(); \
  } while (0)
#define OP_GO_SLOW(twin) OP_TAIL_CALL(twin)
#define OP_GO_CALL() OP_DISPATCH()
#define OP_GO_CALL_SLOW() OP_TAIL_CALL(interp_call_slow)
#define OP_GO_RETURN() OP_DISPATCH()
#endif

// Where the slow twins go. Part of substrate/interp.
OP_HANDLER interp_throw(OP_REGISTERS);     // th->pending is set and the frame published
OP_HANDLER interp_call_slow(OP_REGISTERS); // th->call_method is set, pc is the return address, sp the last argument

static inline void op_publish(struct mutator *th, const char *pc, struct value *sp, struct value *fp) {
  th->pc = pc;
  th->sp = sp;
  th->fp = fp;
}

// Lays a callee's frame over its arguments. True when it fits and nobody wants the mutator to stop.
static inline __attribute__((always_inline)) bool op_frame_fits(const struct mutator *th, const struct method *method,
                                                                const struct value *args) {
  uintptr_t end = (uintptr_t)(args + method->local_count + method->frame_words);
  return LIKELY(end <= atomic_load_explicit(&th->poll, memory_order_relaxed)); // pairs with the stores in thread/
}

static inline __attribute__((always_inline)) struct value *op_frame_push(struct mutator *th,
                                                                         const struct method *method,
                                                                         struct value *args, struct value *caller_fp,
                                                                         const char *return_pc) {
  struct value *fp = args + method->local_count;
#pragma clang loop vectorize(disable) unroll(disable)
  for (struct value *local = args + method->param_count; local < fp; local++) *local = th->initial_local;
  fp[FRAME_CALLER].bits = (uintptr_t)caller_fp;
  fp[FRAME_RETURN_PC].bits = (uintptr_t)return_pc;
  fp[FRAME_METHOD].bits = (uintptr_t)method;
  return fp;
}

// Goes into the method in `callee` with the arguments at `args`; the instruction after the call is `length` bytes on.
#define OP_DO_CALL(callee, args, length) \
  do { \
    OP_PC(); \
    pc += (length); \
    if (UNLIKELY(!op_frame_fits(th, callee, args))) { \
      th->call_method = (callee); \
      OP_GO_CALL_SLOW(); \
    } \
    fp = op_frame_push(th, callee, args, fp, pc); \
    sp = fp + FRAME_SPILL; \
    pc = (const char *)(callee)->code; \
    OP_GO_CALL(); \
  } while (0)

// Leaves the function: the result takes the place of the callee value. `frame` is the words below fp that go.
#define OP_DO_RETURN(v, frame) \
  do { \
    sp = fp - (frame); \
    tos = (v); \
    pc = (const char *)(uintptr_t)fp[FRAME_RETURN_PC].bits; \
    fp = (struct value *)(uintptr_t)fp[FRAME_CALLER].bits; \
    OP_GO_RETURN(); \
  } while (0)

#endif
