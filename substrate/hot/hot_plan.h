// SPDX-License-Identifier: MIT
//
// hot_plan.h: what a unit is made of, before there is IR: contexts, which are methods in the place where they are used,
// and entries, which are places where control comes in from outside.
//
// The words of all frames of a unit are numbered from the root's fp: local i of the root is word i - local_count, and
// the frame of an inlined method lies where a call would have put it. So "word 12" means the same memory in every
// context, and an argument is a local of the callee without being moved.
#ifndef LOAM_HOT_HOT_PLAN_H
#define LOAM_HOT_HOT_PLAN_H

#include "code/code.h"
#include "hot/hot_int.h"

// What is known of a method's bytecode. All arrays are by code word.
struct hot_method {
  struct hot_method *next;
  const struct method *method;
  bool *leader;       // a block starts here: something branches to it
  uint32_t *loop_end; // of a loop head: the byte behind the last branch back to it; else 0
  // Here the method calls itself in its own place, as far as is known: a loop whose head is its first instruction.
  bool *self_tail;
  uint32_t calls; // that it makes
  bool calls_itself;
  bool has_loop;
  // Of a loop head, hot_profile_kinds as it was when first asked for: while this compiles, the profile goes on
  // changing.
  const uint8_t **kinds;
  bool *kinds_known;
  uint8_t *ahead; // by code word: what calls and returns come; hot_peel.c, NULL until asked for
  bool is_peelable;
  uint64_t **live; // by instruction: bits of locals; see hot_plan_live.c. NULL until asked for, or nothing comes there
};

// A method where it is used: the unit's own, the root, or one inlined at a call.
struct hot_context {
  struct hot_method *info;
  const struct method *method;
  struct hot_context *caller, *callees, *sibling;
  uint32_t call_pc, return_pc; // in the caller
  // Who is called in the place of an inlined method gets its frame, and its caller. Such contexts are in its list
  // `tails`, through `sibling`; tail_pc: of the call, in the method that was replaced.
  struct hot_context *tails;
  uint32_t tail_pc;
  int32_t fp_word;             // of its frame
  uint32_t depth;              // how many callers it has in the unit
  bool is_peeled;              // only a way to its end is made here: see hot_peel.c
  LLVMBasicBlockRef real_call; // of the function being made: calls it for real
  struct hot_frame *frame;     // its description, made when a guard needs it
  uint8_t *copies;             // by code word: functions of the unit that have a block for it
  struct hot_block **blocks;   // by code word: of the function being made
};

enum hot_entry_kind {
  HOT_ENTRY_CALL,
  HOT_ENTRY_SELF,
  HOT_ENTRY_LOOP,
  HOT_ENTRY_RETURN,
  HOT_ENTRY_HANDLER,
  HOT_ENTRY_JOIN
};

// Where control comes in: a call of the root, one by itself (hot_plan_brings_argument), a loop head, the return of a
// call that was made, a handler of the root's for what unwinds, or a place that several functions of a large unit come
// to. Each is a function.
struct hot_entry {
  struct hot_entry *next;
  struct hot_context *context;
  enum hot_entry_kind kind;
  uint32_t pc;
  LLVMValueRef function;
  bool full;                           // made when the unit was full: it leaves at once, and is not worth entering
  uint32_t words_left;                 // at most, on one way out
  uint32_t unmade_count, unmade_words; // objects that it does not make, of so many words with headers (hot_scalar.c)
};

// A method that the unit's code names.
struct hot_named {
  struct hot_named *next;
  const struct method *method;
};

struct hot_plan {
  struct arena memory;
  const struct hot_request *request;
  struct hot_method *methods;
  struct hot_context *root;
  struct hot_named *named;
  uint32_t words_inlined, inlined, calls; // calls: in what was inlined
  bool failed;                            // memory is out
};

// Starts a plan: the root's context. False when memory is out.
bool hot_plan_init(struct hot_plan *plan, const struct hot_request *request);
void hot_plan_fini(struct hot_plan *plan);

// Notes that the unit names a method. What is inlined is noted by itself.
void hot_plan_name(struct hot_plan *plan, const struct method *method);

// What the call at a byte calls, when that is known not to be always the same; else none.
struct hot_targets hot_plan_targets(const struct hot_plan *plan, const struct method *method, uint32_t pc);

// The context for the method at a call, when it is to be inlined there; `arg_word` is the word of its first argument.
// NULL: make a call. Asked again, the answer is the same.
struct hot_context *hot_plan_inline(struct hot_plan *plan, struct hot_context *caller, uint32_t call_pc,
                                    uint32_t return_pc, const struct method *callee, int32_t arg_word);

// The same for a tail call in an inlined method.
struct hot_context *hot_plan_inline_tail(struct hot_plan *plan, struct hot_context *replaced, uint32_t tail_pc,
                                         const struct method *callee);

// The byte that an instruction branches to, or -1.
int64_t hot_plan_target(const struct code_insn *insn);

// Is a call of this method worth to be peeled? What is asked below of contexts that are peeled is then known.
bool hot_peel_prepare(struct hot_plan *plan, struct hot_method *info);
// Does the way through a peeled context end before the instruction at `pc`? May it end there or later?
bool hot_peel_ends(const struct hot_context *context, uint32_t pc);
bool hot_peel_may_end(const struct hot_context *context, uint32_t pc);

// True when nothing may be assumed at a place: too often it was not so.
static inline bool hot_plan_doubts(const struct hot_plan *plan, const struct method *method, uint32_t pc) {
  // What a slow path takes when it is no exception any more. (With 200 more code was made again: 22 programs took 1.02
  // times as long, at both sizes.)
  enum { OFTEN = 40 };
  if (!plan->request->feedback) return true;
  const uint8_t *counts = method_slow_counts(method);
  return !counts || __atomic_load_n(&counts[pc], __ATOMIC_RELAXED) >= OFTEN;
}

// Is this a loop head whose loop the place (context, pc) is in?
bool hot_plan_encloses(const struct hot_context *head, uint32_t head_pc, const struct hot_context *context,
                       uint32_t pc);

// The head of the outermost loop around a loop head; that itself when there is none.
uint32_t hot_plan_outermost_loop(const struct hot_context *context, uint32_t pc);

// Where the root's locals may be written from an entry on: the first byte of such an instruction, by local, and behind
// the last one for its callee value; UINT32_MAX where none is. NULL when memory is out. Inlined or not, a call is taken
// to come back; the heads of loops around the entry end the search, as they end its function.
uint32_t *hot_plan_written(struct hot_plan *plan, const struct hot_entry *entry);
// What control has done before it comes to an instruction, or part of one, lies before this byte.
uint32_t hot_plan_horizon(const struct hot_method *info, uint32_t pc);

// Operands before an instruction or part of one.
uint32_t hot_plan_depth(const struct method *method, uint32_t pc);
// Locals that hold values at one, the first so many.
uint32_t hot_plan_live(const struct method *method, uint32_t pc);
// Of these, as bits, the locals whose values something may read from an instruction on; for the last byte of a call, as
// a frame's return address less one is, from its return on. Never NULL but when memory is out, which is noted.
const uint64_t *hot_plan_live_set(struct hot_plan *plan, const struct op_table *ops, const struct hot_context *context,
                                  uint32_t pc);
static inline bool hot_plan_has(const uint64_t *set, uint32_t local) { return set[local / 64] >> local % 64 & 1; }
// Has `all` all locals of another set of the method?
bool hot_plan_covers(const struct method *method, const uint64_t *all, const uint64_t *some);

static inline bool hot_plan_is_loop(const struct hot_context *context, uint32_t pc) {
  return context->info->loop_end[pc / 8] != 0;
}

// Do calls of the root by itself bring its last argument in a register, to a function of their own (HOT_ENTRY_SELF)?
// What is read right behind having been stored comes some cycles late, and what is decided by it is known later still.
static inline bool hot_plan_brings_argument(const struct hot_plan *plan) {
  const struct hot_context *root = plan->root;
  return root->info->calls_itself && root->method->param_count && !hot_plan_is_loop(root, 0);
}

// The word of the operand on top when `depth` operands are on the context's stack.
static inline int32_t hot_plan_top(const struct hot_context *context, uint32_t depth) {
  return context->fp_word + FRAME_SPILL + (int32_t)depth;
}
static inline int32_t hot_plan_local(const struct hot_context *context, int64_t local) {
  return context->fp_word - context->method->local_count + (int32_t)local;
}
// Where a context's callee value is, and its result goes.
static inline int32_t hot_plan_callee(const struct hot_context *context) { return hot_plan_local(context, -1); }

#endif
