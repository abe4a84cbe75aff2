// SPDX-License-Identifier: MIT
//
// interp_call.c: into the interpreter from C, and the slow halves of calling and throwing.
//
// A guest call never recurses on the C stack: handlers push frames on the VM stack and go on. Only guest_call nests C
// frames, when a native calls back.
#include "interp/interp.h"

#include "frame/frame.h"
#include "loam/op.h"

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/resource.h>

// What a native and the slow paths below it may use of the C stack once guest_call let them in; sanitizers need most.
#define C_STACK_RESERVE_BYTES ((size_t)96 << 10)
#define C_STACK_BYTES_GUESS ((size_t)1 << 20) // when the system doesn't tell where the C stack ends

// Enters preserve_none code. Its own function, without locals and without sanitizer instrumentation: clang 19 loses rbx
// in a caller that realigns its stack, as the sanitizers make it do.
__attribute__((noinline, disable_sanitizer_instrumentation)) static void enter(const char *pc, struct value *sp,
                                                                               struct value *fp, struct mutator *th) {
  ((op_handler *)op_entry(frame_method(fp)))(pc, sp, fp, th, (struct value){0}, th->dispatch);
}

// Puts the callee and its arguments above what is published.
static struct value *push_arguments(struct mutator *th, struct value callee, const struct value *args, size_t count) {
  struct value *at = th->sp + 1;
  *at++ = callee;
  for (size_t i = 0; i < count; i++) at[i] = args[i];
  th->sp = at + count - 1;
  return at;
}

// Where the first thread's stack ends; 0: this is another one, or it is unlimited. The C library would read
// /proc/self/maps for it, which takes 50 us and maps 200 KB of its code. The command's name lies at the other end.
static uintptr_t first_stack_low(void) {
  struct rlimit limit;
  uintptr_t top = getauxval(AT_EXECFN), here = (uintptr_t)__builtin_frame_address(0);
  // The system keeps so much free below, at least; a limit that was raised later says nothing.
  const rlim_t most = 128 << 20;
  if (!top || getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur > most || limit.rlim_cur >= top) return 0;
  uintptr_t low = top - limit.rlim_cur;
  return low <= here && here < top ? low : 0; // by the address: a thread that forked is the first one, too
}

// The lowest address that the calling thread's C stack should reach.
static uintptr_t c_stack_limit(void) {
  static _Thread_local uintptr_t limit;
  if (limit) return limit;
  uintptr_t low = first_stack_low();
  pthread_attr_t attributes;
  void *start;
  size_t bytes;
  if (!low && pthread_getattr_np(pthread_self(), &attributes) == 0) {
    if (pthread_attr_getstack(&attributes, &start, &bytes) == 0) low = (uintptr_t)start;
    pthread_attr_destroy(&attributes);
  }
  if (!low) low = (uintptr_t)__builtin_frame_address(0) - C_STACK_BYTES_GUESS;
  return limit = low + C_STACK_RESERVE_BYTES;
}

// Natives that call back nest C frames, so that the C stack may end before the VM stack does.
static bool fits(const struct thread *thread, uintptr_t end) {
  return end <= thread->stack_limit && (!thread->entries || (uintptr_t)__builtin_frame_address(0) >= c_stack_limit());
}

enum loam_status interp_call(struct mutator *th, const struct method *method, struct value callee,
                             const struct value *args, size_t count) {
  struct thread *thread = thread_of(th);
  ASSERT(count == method->param_count, "interp.I1: %s takes %u arguments, not %zu", method->name, method->param_count,
         count);
  ASSERT(thread->state == THREAD_IN_GUEST, "interp.I4: %s is called in state %d", method->name, (int)thread->state);
  ASSERT(th->sp >= thread->stack_base - 1 && (!th->fp || th->sp >= th->fp + FRAME_SPILL),
         "interp.I5: %s is called with the stack published up to %p, the frame at %p", method->name, (void *)th->sp,
         (void *)th->fp);
  const struct root_frame *roots = th->roots;
  struct guest_entry entry = {thread->entries, th->fp, th->sp, th->pc};
  text_clear(&thread->backtrace);
  uintptr_t end = (uintptr_t)(th->sp + 2 + method->local_count + method->frame_words);
  if (!fits(thread, end)) return thread->world->guest->throw_stack_overflow(th);
  struct value *locals = push_arguments(th, callee, args, count);
  thread->entries = &entry;
  struct value *fp = op_frame_push(th, method, locals, entry.fp, (const char *)frame_exit_code, 0);
  enter((const char *)method->code, fp + FRAME_SPILL, fp, th);
  ASSERT(thread->entries == &entry, "interp.I2: %s comes back to another guest_call", method->name);
  ASSERT(th->roots == roots, "interp.I2: %s comes back with ROOTS %p of a function that is gone", method->name,
         (void *)th->roots);
  thread->entries = entry.outer;
  th->fp = entry.fp;
  th->sp = entry.sp;
  th->pc = entry.pc;
  bool threw = th->threw;
  th->threw = false;
  return threw ? THROWN : DONE;
}

OP_HANDLER interp_throw(OP_REGISTERS) {
  op_handler *code = (op_handler *)th->reenter;
  if (code) { // nothing was thrown: a loop goes on in another engine
    th->reenter = NULL;
  } else if (frame_unwind(thread_of(th))) {
    code = (op_handler *)interp_handler(th);
  } else {
    th->threw = true;
    return; // to interp_call
  }
  pc = th->pc;
  sp = th->sp;
  fp = th->fp;
  tos = *sp;
  OP_TAIL_CALL(code);
}

OP_HANDLER interp_enter(OP_REGISTERS) {
  pc = (const char *)frame_method(fp)->code;
  sp = fp + FRAME_SPILL;
  dispatch = th->dispatch;
  OP_DISPATCH();
}

OP_HANDLER interp_continue(OP_REGISTERS) {
  dispatch = th->dispatch;
  OP_DISPATCH();
}

OP_HANDLER interp_resume(OP_REGISTERS) {
  if (pc != (const char *)frame_exit_code && !th->observer && thread_of(th)->tier != TIER_INTERP) {
    const void *code = interp_code_at(frame_method(fp), pc);
    if (code) OP_TAIL_CALL((op_handler *)code);
  }
  dispatch = th->dispatch;
  OP_DISPATCH();
}

// Into a method whose frame stands, when the guest wants to be called before.
static OP_HANDLER enter_interrupted(OP_REGISTERS) {
  const struct method *method = frame_method(fp);
  op_publish(th, (const char *)method->code, fp + FRAME_SPILL, fp);
  if (thread_run_interrupt(th) != DONE) OP_TAIL_CALL(interp_throw);
  OP_TAIL_CALL((op_handler *)op_entry(method));
}

// What was about to be called has its frame, or won't get one: nothing in the mutator names it, or its code, any more.
static void forget_call(struct mutator *th) {
  th->call_method = NULL;
  th->call_return_code = 0;
}

OP_HANDLER interp_tail_call_slow(OP_REGISTERS) {
  const struct method *method = th->call_method;
  ASSERT(method, "interp.I6: %s tail-calls, and did not say whom", frame_method(fp)->name);
  struct value *locals = frame_locals(fp);
  op_publish(th, pc - 1, sp, fp);
  if (thread_stack_check(th, method, (uintptr_t)(locals + method->local_count + method->frame_words)) != DONE) {
    forget_call(th);
    OP_TAIL_CALL(interp_throw);
  }
  const void *entry = interp_tier_changes(th) ? interp_tier_entry(th, method) : NULL;
  fp = op_frame_replace(th, method, sp - method->param_count + 1, locals, fp);
  forget_call(th);
  if (thread_interrupted(th)) OP_TAIL_CALL(enter_interrupted);
  OP_TAIL_CALL((op_handler *)(entry ? entry : op_entry(method)));
}

OP_HANDLER interp_call_slow(OP_REGISTERS) {
  const struct method *method = th->call_method;
  ASSERT(method, "interp.I6: %s calls, and did not say whom", frame_method(fp)->name);
  struct value *args = sp - method->param_count + 1;
  ASSERT(args > fp + FRAME_WORDS, "interp.I6: the arguments of %s begin at %p, the operands of its caller %s at %p",
         method->name, (void *)args, frame_method(fp)->name, (void *)(fp + FRAME_WORDS));
  op_publish(th, pc - 1, sp, fp); // the call is the instruction that ends at pc
  if (thread_stack_check(th, method, (uintptr_t)(args + method->local_count + method->frame_words)) != DONE) {
    forget_call(th);
    OP_TAIL_CALL(interp_throw);
  }
  bool changes = interp_tier_changes(th);
  const void *entry = changes ? interp_tier_entry(th, method) : NULL;
  uintptr_t code = changes ? interp_tier_return(th, pc, th->call_return_code) : th->call_return_code;
  if (th->wants_hot) interp_look_in_call(th, method);
  fp = op_frame_push(th, method, args, fp, pc, code);
  forget_call(th);
  if (thread_interrupted(th)) OP_TAIL_CALL(enter_interrupted);
  OP_TAIL_CALL((op_handler *)(entry ? entry : op_entry(method)));
}
