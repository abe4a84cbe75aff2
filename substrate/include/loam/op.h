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
//   CALL(method)    call `method` with the variadic inputs as its arguments (control call, or tail: in place of the
//                   running function)
//   RETURN(v)       leave the function with v (control return)
//   THROW(v)        raise the exception v (control throw). Hot code goes to a handler in the same unit at once: no
//   frame
//                   is walked, and the guest's `thrown` is not called. A body that wants it says SLOW before
//   EXIT(v)         leave the interpreter with v
//   SLOW(call)      run a C function that may collect or throw, and go on behind it when it returned DONE
//   NEW(object, header, words, call)   declare `object`, fresh and of `words` words, which the body fills at once;
//   `call`
//                   does all of the body when the mutator's buffer is full. Hot code may do without the object: what
//                   the body does for each word is written with REPEAT (rt.h)
//   BOX(out, header, word, call)   make a box, an object of one word that never changes; `call` makes it when the
//                   mutator's buffer is full
//   UNBOX(v)        the word in a box
//   BOX_TYPED(out, header, type, word, call), UNBOX_TYPED(v)   the same of an object of two words, `type` before the
//                   word; `header` and `type` are constants or immediates
//   IS_BOX_TYPED(v, no_ref, header, type)   whether a value is such an object; one with a bit of `no_ref` is no
//   reference
// The hot compiler makes no box whose word alone is used, so a guest declares what it makes boxes of (guest.h). It may
// make a box later than the program says, behind a loop.
//
// What a body must keep to:
//   - no side effect before a SLOW: the fast form of a body gives up at its SLOW without having done anything, and the
//     slow form runs the body again from its start;
//   - no reference in a C local across a SLOW: the function behind it gets values, and roots them itself;
//   - immediates may be anything: zero, negative, large.
//
// Compiled with OP_STENCIL or OP_BITCODE defined, the same bodies become what the compilers need: stencils with holes,
// or the fast functions themselves as bitcode, for the hot compiler to inline.
//
// Each op with a SLOW is compiled twice for the interpreter. In the fast twin SLOW is a tail call to the slow twin, so
// that the fast path has no call, no spill and no native frame; the slow twin publishes the frame and calls.
#ifndef LOAM_OP_H
#define LOAM_OP_H

#include "loam/guest.h"
#include "loam/rt.h"

enum op_outcome { OP_NEXT, OP_BRANCH, OP_CALL, OP_RETURN, OP_EXIT, OP_THROW, OP_SLOW, OP_RAISE };

#ifdef OP_BITCODE
#define OP_BODY __attribute__((always_inline)) enum op_outcome // not static: bitcode has it although nothing calls it
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
// A loop in the interpreter asks for compiled code every so many rounds. Testing has no side effect, because it comes
// before a SLOW; the rounds are counted behind it. Relaxed: threads may lose some of each other's rounds.
#define OP_LOOP_ROUNDS 1024
static inline __attribute__((always_inline)) bool op_loop_is_hot(const uint16_t *heat) {
#if defined(OP_STENCIL) || defined(OP_BITCODE)
  return (void)heat, false;
#else
  return UNLIKELY(__atomic_load_n(heat, __ATOMIC_RELAXED) % OP_LOOP_ROUNDS == OP_LOOP_ROUNDS - 1);
#endif
}
static inline __attribute__((always_inline)) void op_loop_count(uint16_t *heat) {
#if defined(OP_STENCIL) || defined(OP_BITCODE)
  (void)heat;
#else
  __atomic_store_n(heat, (uint16_t)(__atomic_load_n(heat, __ATOMIC_RELAXED) + 1), __ATOMIC_RELAXED);
#endif
}

// What a call jumps to. Another thread may be compiling the method: pairs with the release in baseline_compile.c.
static inline __attribute__((always_inline)) const void *op_entry(const struct method *method) {
  return __atomic_load_n(&method->entry, __ATOMIC_ACQUIRE);
}

#define OP_TAIL_CALL(handler) __attribute__((musttail)) return (handler)(pc, sp, fp, th, tos, dispatch)
#ifndef OP_STENCIL
// ---- the interpreter: immediates are in the code, at a byte offset from the instruction's start ----

// Continues with the instruction at pc.
#define OP_DISPATCH() OP_TAIL_CALL((op_handler *)dispatch[*(const uint16_t *)pc])

#define OP_IMM_LOCAL(at) (fp + *(const int16_t *)(pc + (at)))
#define OP_IMM_U16(at) (*(const uint16_t *)(pc + (at)))
#define OP_IMM_INDEX(at) ((size_t)OP_IMM_U16(at))
#define OP_IMM_FRAME(at) (fp - OP_IMM_U16(at))
#define OP_IMM_I32(at) (*(const int32_t *)(pc + (at)))
#define OP_IMM_U32(at) (*(const uint32_t *)(pc + (at)))
#define OP_IMM_PTR(at) (*(void *const *)(pc + (at)))
#define OP_IMM_CACHE(at) ((uint64_t *)(uintptr_t)(pc + (at)))
#define OP_IMM_FEEDBACK(at) ((uint16_t *)(uintptr_t)(pc + (at)))

#define OP_CONTINUE(length) \
  do { \
    pc += (length); \
    OP_DISPATCH(); \
  } while (0)
#define OP_GO_TO(at) \
  do { \
    pc += (intptr_t)OP_IMM_I32(at) * 8; \
    OP_DISPATCH(); \
  } while (0)
#define OP_GO_SLOW(slow_twin) OP_TAIL_CALL(slow_twin)
#define OP_RETURN_PC(length) (pc + (length))
#define OP_RETURN_CODE() ((uintptr_t)0)
#define OP_TAIL_CALL_CODE(handler) OP_TAIL_CALL(handler)
#define OP_RETURN_TO(handler) OP_TAIL_CALL(handler)
// A method that is interpreted is entered here, not in interp_enter: so the branch to its first instruction is each
// call's own, and the processor can foretell it.
#define OP_ENTER(callee) \
  do { \
    const void *entry_ = op_entry(callee); \
    if (LIKELY(entry_ == (const void *)interp_enter) || LIKELY(op_count_call(callee, entry_))) { \
      pc = (const char *)(callee)->code; \
      sp = fp + FRAME_SPILL; \
      dispatch = th->dispatch; \
      OP_DISPATCH(); \
    } \
    OP_TAIL_CALL((op_handler *)entry_); \
  } while (0)

#else
// ---- stencils: immediates are holes, named by their offset, that the baseline compiler fills ----
//
// A hole is an address that the linker never sees. Values that may be zero, negative or large pass through an assembler
// instruction, because clang takes an address to be none of these. Left in the open, for clang to make them parts of
// the instructions that use them, are addresses in the bytecode, which lies below 2 GB, and a local's distance; the
// extractor checks that that became a signed displacement. Compiled code has no use for pc, sp and the handler table: a
// stencil hands on what it found in their registers, which costs nothing, and computes its own where it needs them.
#define OP_STENCIL_REGISTERS \
  const char *pc_kept, struct value *sp_kept, struct value *fp, struct mutator *th, struct value tos, \
      const void *const *dispatch_kept
#define OP_TAIL_CALL_CODE(handler) \
  __attribute__((musttail)) return (handler)(pc_kept, sp_kept, fp, th, tos, dispatch_kept)
#define OP_RETURN_TO(handler) __attribute__((musttail)) return (handler)(pc_kept, sp, fp, th, tos, dispatch_kept)
#define OP_HOLE(at) op_hole_##at
#define OP_HOLE_32(at) \
  ({ \
    uint64_t op_value_; \
    __asm__("movl $op_hole_" #at ", %k0" : "=r"(op_value_)); \
    __builtin_assume(op_value_ <= UINT32_MAX); \
    (uint32_t)op_value_; \
  })
#define OP_HOLE_64(at) \
  ({ \
    uintptr_t op_value_; \
    __asm__("movabsq $op_hole_" #at ", %0" : "=r"(op_value_)); \
    op_value_; \
  })
#define OP_IMM_LOCAL(at) ((struct value *)((char *)fp + (intptr_t)OP_HOLE(at)))
#define OP_IMM_U16(at) OP_HOLE_32(at)
// A number of words to clang, which multiplies it again, so that the hole is a displacement; and never 0. So a body may
// use an index immediate as the subscript of a load or store of an object's words, and for nothing else.
#define OP_IMM_INDEX(at) ((size_t)((struct value *)OP_HOLE(at) - (struct value *)0))
#define OP_IMM_FRAME(at) OP_IMM_LOCAL(at)
#define OP_IMM_I32(at) ((int32_t)OP_HOLE_32(at))
#define OP_IMM_U32(at) OP_HOLE_32(at)
#define OP_IMM_PTR(at) ((void *)OP_HOLE_64(at))
#define OP_IMM_CACHE(at) ((uint64_t *)OP_HOLE(at_##at))
#define OP_IMM_FEEDBACK(at) ((uint16_t *)OP_HOLE(at_##at))

extern char op_hole_1[], op_hole_2[], op_hole_4[], op_hole_6[], op_hole_8[], op_hole_10[], op_hole_12[], op_hole_14[],
    op_hole_16[], op_hole_18[], op_hole_20[], op_hole_22[], op_hole_24[], op_hole_26[], op_hole_28[], op_hole_30[],
    op_hole_32[], op_hole_34[], op_hole_36[], op_hole_38[], op_hole_40[], op_hole_42[], op_hole_44[], op_hole_46[],
    op_hole_48[];
extern char op_hole_args_2[], op_hole_args_4[], op_hole_args_6[], op_hole_args_8[], op_hole_args_10[],
    op_hole_args_12[], op_hole_args_14[], op_hole_args_16[], op_hole_args_18[], op_hole_args_20[], op_hole_args_22[],
    op_hole_args_24[], op_hole_args_26[], op_hole_args_28[], op_hole_args_30[], op_hole_args_32[];
extern char op_hole_at_2[], op_hole_at_4[], op_hole_at_6[], op_hole_at_8[], op_hole_at_10[], op_hole_at_12[],
    op_hole_at_14[], op_hole_at_16[], op_hole_at_18[], op_hole_at_20[], op_hole_at_22[], op_hole_at_24[],
    op_hole_at_26[], op_hole_at_28[], op_hole_at_30[], op_hole_at_32[], op_hole_at_34[], op_hole_at_36[],
    op_hole_at_38[], op_hole_at_40[], op_hole_at_42[], op_hole_at_44[], op_hole_at_46[], op_hole_at_48[];
extern char op_hole_back[], op_hole_below[], op_hole_pc[];
OP_HANDLER op_next(OP_REGISTERS);   // the code of the next instruction
OP_HANDLER op_target(OP_REGISTERS); // the code of the target
OP_HANDLER op_slow(OP_REGISTERS);   // this instruction's copy of op_slow_exit
OP_HANDLER op_slow_twin(OP_REGISTERS);
// The same as op_slow, behind the test of that number: see struct stencil_span.
#define OP_KIND(n, test) \
  do { \
    if (UNLIKELY(!(test))) OP_TAIL_CALL_CODE(op_kind_##n); \
  } while (0)
OP_HANDLER op_kind_0(OP_REGISTERS), op_kind_1(OP_REGISTERS), op_kind_2(OP_REGISTERS), op_kind_3(OP_REGISTERS),
    op_kind_4(OP_REGISTERS), op_kind_5(OP_REGISTERS), op_kind_6(OP_REGISTERS), op_kind_7(OP_REGISTERS),
    op_kind_8(OP_REGISTERS), op_kind_9(OP_REGISTERS), op_kind_10(OP_REGISTERS), op_kind_11(OP_REGISTERS),
    op_kind_12(OP_REGISTERS), op_kind_13(OP_REGISTERS), op_kind_14(OP_REGISTERS), op_kind_15(OP_REGISTERS);

// Where the operand on top would be spilled. Hole 1 is its distance from fp: compiled code keeps no stack pointer.
#define OP_STACK() ((struct value *)((char *)fp + (intptr_t)OP_HOLE(1)))
#define OP_STACK_EMPTY() (fp + FRAME_SPILL)
// The operand so far below the top, for a stencil's end: the compiler leaves the load out where there is none.
#define OP_BELOW(n) (((struct value *)((char *)fp + (intptr_t)OP_HOLE(below)))[-(n)])
// OP_STACK() less as many words as the U16 at `at` says; and fp again, from where the operand on top is.
#define OP_ARGS(at) ((struct value *)((char *)fp + (intptr_t)OP_HOLE(args_##at)))
#define OP_BACK(sp) ((struct value *)((char *)(sp) + (intptr_t)OP_HOLE(back)))
#define OP_PC() ((const char *)OP_HOLE(pc)) // of the instruction, in the bytecode
#define OP_DISPATCH() \
  do { \
    dispatch = th->dispatch; \
    OP_TAIL_CALL((op_handler *)dispatch[*(const uint16_t *)pc]); \
  } while (0)
#define OP_CONTINUE(length) OP_TAIL_CALL_CODE(op_next)
#define OP_GO_TO(at) OP_TAIL_CALL_CODE(op_target)
#define OP_GO_SLOW(slow_twin) OP_TAIL_CALL_CODE(op_slow)
#define OP_RETURN_PC(length) (OP_PC() + (length))
#define OP_RETURN_CODE() \
  ({ \
    uintptr_t op_value_; \
    __asm__("leaq op_hole_return(%%rip), %0" : "=r"(op_value_)); \
    op_value_; \
  })
#define OP_ENTER(callee) OP_TAIL_CALL_CODE((op_handler *)op_entry(callee))
#endif

#ifdef OP_BITCODE
// What the hot compiler replaces (substrate/hot/hot_box.c). An object is made in three steps: it is named, the
// mutator's buffer is tested for room, and then it is there. A full buffer is no reason to doubt an instruction.
// `type` 0: there is none; `index` is the word's in the object.
__attribute__((nomerge)) uint64_t op_marker_box(struct mutator *th, uint64_t header, uint64_t type, uint64_t word);
__attribute__((nomerge)) uint64_t op_marker_new(struct mutator *th, uint64_t header, uint64_t words);
__attribute__((const, nomerge)) bool op_marker_fits(uint64_t box);
__attribute__((pure, nomerge)) uint64_t op_marker_made(uint64_t box);
__attribute__((const)) uint64_t op_marker_unbox(uint64_t object, uint64_t index);
__attribute__((const)) bool op_marker_is_box(uint64_t object, uint64_t no_ref, uint64_t header, uint64_t type);
#define NEW(object, header, words, call) \
  struct ref object = {op_marker_new(th, header, words)}; \
  if (UNLIKELY(!op_marker_fits(object.addr))) SLOW_UNCOUNTED(call); \
  object.addr = op_marker_made(object.addr)
#define BOX_TYPED(out, header, type, word, call) \
  do { \
    uint64_t box_ = op_marker_box(th, header, (uint64_t)(uintptr_t)(type), word); \
    if (UNLIKELY(!op_marker_fits(box_))) SLOW_UNCOUNTED(call); \
    (out).bits = op_marker_made(box_); \
  } while (0)
#define BOX(out, header, word, call) BOX_TYPED(out, header, 0, word, call)
#define UNBOX(v) op_marker_unbox((v).bits, 0)
#define UNBOX_TYPED(v) op_marker_unbox((v).bits, 1)
#define IS_BOX_TYPED(v, no_ref, header, type) op_marker_is_box((v).bits, no_ref, header, (uint64_t)(uintptr_t)(type))
#else
#define NEW(object, header, words, call) \
  struct ref object = heap_try_alloc(th, header, words); \
  if (UNLIKELY(!object.addr)) { \
    SLOW_UNCOUNTED(call); \
    NEXT; \
  } \
  (void)0
#define BOX(out, header, word, call) \
  do { \
    struct ref box_ = heap_try_alloc(th, header, 1); \
    if (LIKELY(box_.addr)) { \
      object_fields(box_)->bits = (word); \
      (out) = value_from_ref(box_); \
    } else { \
      SLOW_UNCOUNTED(call); \
    } \
  } while (0)
#define BOX_TYPED(out, header, type, word, call) \
  do { \
    struct ref box_ = heap_try_alloc(th, header, 2); \
    if (LIKELY(box_.addr)) { \
      object_fields(box_)[0].bits = (uint64_t)(uintptr_t)(type); \
      object_fields(box_)[1].bits = (word); \
      (out) = value_from_ref(box_); \
    } else { \
      SLOW_UNCOUNTED(call); \
    } \
  } while (0)
#define UNBOX(v) (object_fields(value_to_ref(v))[0].bits)
#define UNBOX_TYPED(v) (object_fields(value_to_ref(v))[1].bits)
#define IS_BOX_TYPED(v, no_ref, header, type) \
  (((v).bits & (no_ref)) == 0 && (v).bits && ((*object_header(value_to_ref(v)) ^ (header)) & ~HEADER_GC_MASK) == 0 && \
   object_fields(value_to_ref(v))[0].bits == (uint64_t)(uintptr_t)(type))
#endif

// Where the slow twins go. Part of substrate/interp.
OP_HANDLER interp_throw(OP_REGISTERS);          // th->pending is set and the frame published
OP_HANDLER interp_enter(OP_REGISTERS);          // starts the method of the frame at fp in the interpreter
OP_HANDLER interp_enter_counting(OP_REGISTERS); // the same, while it may be compiled: that is seen to
// Goes on at pc: in compiled code where the method of the frame at fp has some, else in the interpreter.
OP_HANDLER interp_resume(OP_REGISTERS);
OP_HANDLER interp_call_slow(OP_REGISTERS); // th->call_method is set, pc is the return address, sp the last argument
OP_HANDLER interp_continue(OP_REGISTERS);  // goes on at pc in the interpreter, whatever is in `dispatch`
// Hot code goes on at pc in a lower engine. `dispatch` is the guard that failed. Part of substrate/hot.
OP_HANDLER hot_leave(OP_REGISTERS);
OP_HANDLER interp_tail_call_slow(OP_REGISTERS); // the same

// Counts a call of a method that is entered so. False: it is entered otherwise, or it was called often enough, which
// interp_enter_counting sees to. Two threads' calls may count as one: most methods are called again and again, and an
// addition that lets others wait takes as long as the rest of the call.
static inline __attribute__((always_inline)) bool op_count_call(const struct method *method, const void *entry) {
  uint32_t calls = __atomic_load_n(&method->calls, __ATOMIC_RELAXED) + 1;
  if (entry != (const void *)interp_enter_counting || calls >= interp_calls_before_compiling(method)) return false;
  __atomic_store_n(&((struct method *)method)->calls, calls, __ATOMIC_RELAXED);
  return true;
}

static inline void op_publish(struct mutator *th, const char *pc, struct value *sp, struct value *fp) {
  th->pc = pc;
  th->sp = sp;
  th->fp = fp;
}

// Notes that the fast form of the body at `site` gave up; see method.slow_counts. The compiler and other threads write
// there too, and counts may get lost: relaxed.
#define OP_SLOW_COUNT_MAX 254
static inline void op_count_slow(const struct value *fp, const char *site) {
  const struct method *method = frame_method(fp);
  uint8_t *counts = method_slow_counts(method);
  if (!counts) return;
  uint8_t *at = &counts[site - (const char *)method->code];
  uint8_t count = __atomic_load_n(at, __ATOMIC_RELAXED);
  if (count < OP_SLOW_COUNT_MAX) __atomic_store_n(at, (uint8_t)(count + 1), __ATOMIC_RELAXED);
}

// Lays a callee's frame over its arguments. True when it fits and nobody wants the mutator to stop.
static inline __attribute__((always_inline)) bool op_frame_fits(const struct mutator *th, const struct method *method,
                                                                const struct value *args) {
  uintptr_t end = (uintptr_t)(args + method->local_count + method->frame_words);
  return LIKELY(end <= thread_poll_word(th)); // pairs with the stores in thread/
}

static inline __attribute__((always_inline)) struct value *op_frame_push(struct mutator *th,
                                                                         const struct method *method,
                                                                         struct value *args, struct value *caller_fp,
                                                                         const char *return_pc, uintptr_t return_code) {
  struct value *fp = args + method->local_count;
  fp[FRAME_CALLER].bits = (uintptr_t)caller_fp;
  fp[FRAME_RETURN_PC].bits = (uintptr_t)return_pc;
  fp[FRAME_METHOD].bits = (uintptr_t)method;
  fp[FRAME_RETURN_CODE].bits = return_code;
#pragma clang loop vectorize(disable) unroll(disable)
  for (intptr_t at = method->init_offset; at; at += (intptr_t)sizeof *fp)
    *(struct value *)((char *)fp + at) = th->initial_local;
  return fp;
}

#ifdef OP_BITCODE
// ---- bitcode: what the hot compiler's own code at calls is made of; see the functions of the same names above ----

__attribute__((always_inline)) bool op_hot_frame_fits(const struct mutator *th, const struct method *method,
                                                      const struct value *args) {
  return op_frame_fits(th, method, args);
}

__attribute__((always_inline)) struct value *op_hot_frame_push(struct mutator *th, const struct method *method,
                                                               struct value *args, struct value *fp,
                                                               const char *return_pc, uintptr_t return_code) {
  return op_frame_push(th, method, args, fp, return_pc, return_code);
}

__attribute__((always_inline)) const void *op_hot_entry(const struct method *method) { return op_entry(method); }
#endif

// Goes into the method in `callee` with the arguments at `args`; the instruction after the call is `length` bytes on.
#define OP_DO_CALL(callee, args, length) \
  do { \
    if (UNLIKELY(!op_frame_fits(th, callee, args))) { \
      pc = OP_RETURN_PC(length); \
      th->call_method = (callee); \
      th->call_return_code = OP_RETURN_CODE(); \
      OP_TAIL_CALL(interp_call_slow); \
    } \
    pc = OP_RETURN_PC(length); \
    fp = op_frame_push(th, callee, args, fp, pc, OP_RETURN_CODE()); \
    OP_ENTER(callee); \
  } while (0)

// Puts a callee and its arguments in the place of the running function's, and its frame over them.
static inline __attribute__((always_inline)) struct value *
op_frame_replace(struct mutator *th, const struct method *method, const struct value *args, struct value *locals,
                 const struct value *fp) {
  struct value *caller_fp = (struct value *)(uintptr_t)fp[FRAME_CALLER].bits;
  const char *return_pc = (const char *)(uintptr_t)fp[FRAME_RETURN_PC].bits;
  uintptr_t return_code = fp[FRAME_RETURN_CODE].bits;
  uint32_t count = method->param_count;
  locals[-1] = args[-1]; // upwards: the arguments may lie over the frame that was read above
#pragma clang loop vectorize(disable) unroll(disable)
  for (uint32_t i = 0; i < count; i++) locals[i] = args[i];
  return op_frame_push(th, method, locals, caller_fp, return_pc, return_code);
}

// The same as a call, but the running function is done: its frame, which begins at `frame`, goes first.
#define OP_DO_TAIL_CALL(callee, args, length, frame) \
  do { \
    struct value *locals_ = (frame) + 1; \
    if (UNLIKELY(!op_frame_fits(th, callee, locals_))) { \
      pc = OP_RETURN_PC(length); \
      th->call_method = (callee); \
      OP_TAIL_CALL(interp_tail_call_slow); \
    } \
    fp = op_frame_replace(th, callee, args, locals_, fp); \
    OP_ENTER(callee); \
  } while (0)

// Raises `v`, from the part `index` of the instruction; `top` is the topmost operand below it.
#define OP_DO_THROW(v, index, top) \
  do { \
    op_publish(th, OP_RETURN_PC(index), top, fp); \
    th->pending = (v); \
    OP_TAIL_CALL_CODE(interp_throw); \
  } while (0)

// Compiled code finds its fp from sp, so that stencils needn't look for it before they know that it is the interpreter
// to which they return. The interpreter mostly returns to itself.
#ifdef OP_STENCIL
#define OP_IN_INTERPRETER false
#else
#define OP_IN_INTERPRETER true
#endif
#define OP_FORGET_FRAME(now) \
  do { \
    if (!(now)) break; \
    pc = (const char *)(uintptr_t)fp[FRAME_RETURN_PC].bits; \
    fp = (struct value *)(uintptr_t)fp[FRAME_CALLER].bits; \
  } while (0)

// Leaves the function: the result takes the place of the callee value, which is at `frame`.
#define OP_DO_RETURN(v, frame) \
  do { \
    op_handler *code_ = (op_handler *)(uintptr_t)fp[FRAME_RETURN_CODE].bits; \
    tos = (v); \
    sp = (frame); \
    OP_FORGET_FRAME(OP_IN_INTERPRETER); \
    if (code_) OP_RETURN_TO(code_); \
    OP_FORGET_FRAME(!OP_IN_INTERPRETER); \
    OP_DISPATCH(); \
  } while (0)

#endif
