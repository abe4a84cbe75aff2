// SPDX-License-Identifier: MIT
//
// interp_frame_x64.c: what baseline code's calls share: laying the callee's frame.
//
// Programs of thousands of functions run out of the processor's cache for code before anything else, and calls are
// half of the code that they run. So a stencil that calls does not bring the work along (OP_DO_CALL, OP_DO_TAIL_CALL):
// it calls one of these functions, which return behind their call, where a jump through the callee's entry stands. That
// jump stays in the stencil, because the processor foretells it by where it is.
//
// They are written in assembly: they change fp, which C functions save, and know from where they were called. Both do
// what op_frame_push and op_frame_replace do (loam/op.h), in these registers, and use up rax, rcx and r8 to r11:
//
//     rax      the first argument     rcx  the return address in the bytecode
//     rdx      the callee; kept       r14  fp: the caller's, then the callee's      r15  the mutator
//
// Where the frame doesn't fit, or somebody wants the mutator, they go on in the slow half of the call.
#include "interp/interp.h"

#include "loam/op.h"

// The jump through `entry` between a call and its landing: three bytes, with a distance of one.
#define ENTER_BYTES 3
_Static_assert(offsetof(struct method, entry) < 128, "the jump to a callee's entry must take three bytes");

// What both begin with and end with. `\at` holds where the frame's locals are.
#define OPERANDS \
  [entry_bytes] "i"(ENTER_BYTES), [locals] "i"(offsetof(struct method, local_count)), \
      [params] "i"(offsetof(struct method, param_count)), [words] "i"(offsetof(struct method, frame_words)), \
      [init] "i"(offsetof(struct method, init_offset)), [poll] "i"(offsetof(struct mutator, poll)), \
      [initial] "i"(offsetof(struct mutator, initial_local)), [callee] "i"(offsetof(struct mutator, call_method)), \
      [code] "i"(offsetof(struct mutator, call_return_code)), [frame_pc] "i"(FRAME_RETURN_PC * 8), \
      [frame_method] "i"(FRAME_METHOD * 8), [frame_code] "i"(FRAME_RETURN_CODE * 8)

// Gives the locals that are no parameters their first value, and returns.
#define INIT_LOCALS \
  "movslq %c[init](%%rdx), %%rcx\n\t" \
  "testq %%rcx, %%rcx\n\t" \
  "jne 1f\n\t" \
  "ret\n" \
  "1:\tmovq %c[initial](%%r15), %%r9\n" \
  "2:\tmovq %%r9, (%%r14,%%rcx)\n\t" \
  "addq $8, %%rcx\n\t" \
  "jne 2b\n\t" \
  "ret\n"

__attribute__((naked)) void interp_frame_push(void) {
  __asm__("movzwl %c[locals](%%rdx), %%r8d\n\t"
          "movl %c[words](%%rdx), %%r9d\n\t"
          "leaq (%%rax,%%r8,8), %%r8\n\t"
          "leaq (%%r8,%%r9,8), %%r9\n\t"
          "cmpq %%r9, %c[poll](%%r15)\n\t"
          "jb 3f\n\t"
          "movq (%%rsp), %%r9\n\t"
          "addq %[entry_bytes], %%r9\n\t"
          "movq %%r14, (%%r8)\n\t"
          "movq %%rcx, %c[frame_pc](%%r8)\n\t"
          "movq %%rdx, %c[frame_method](%%r8)\n\t"
          "movq %%r9, %c[frame_code](%%r8)\n\t"
          "movq %%r8, %%r14\n\t" INIT_LOCALS "3:\tpopq %%r9\n\t"
          "addq %[entry_bytes], %%r9\n\t"
          "movq %%rdx, %c[callee](%%r15)\n\t"
          "movq %%r9, %c[code](%%r15)\n\t"
          "movq %%rcx, %%r12\n\t"
          "movzwl %c[params](%%rdx), %%r8d\n\t"
          "leaq -8(%%rax,%%r8,8), %%r13\n\t"
          "jmp interp_call_slow" ::OPERANDS);
}

// Takes where the running function's first local is in rsi. Callee and arguments move down there three and two words at
// a time, as most calls have at most two, and nearly all at most four; what is copied beyond them is under the frame's
// header, which comes last.
__attribute__((naked)) void interp_frame_replace(void) {
  __asm__("movzwl %c[locals](%%rdx), %%r8d\n\t"
          "movl %c[words](%%rdx), %%r9d\n\t"
          "leaq (%%rsi,%%r8,8), %%r8\n\t"
          "leaq (%%r8,%%r9,8), %%r9\n\t"
          "cmpq %%r9, %c[poll](%%r15)\n\t"
          "jb 3f\n\t"
          "movq (%%r14), %%rdi\n\t" // the caller's
          "movq %c[frame_pc](%%r14), %%r12\n\t"
          "movq %c[frame_code](%%r14), %%r13\n\t"
          "movq %%r8, %%r14\n\t"
          "movzwl %c[params](%%rdx), %%ecx\n\t"
          "movq -8(%%rax), %%r8\n\t"
          "movq (%%rax), %%r9\n\t"
          "movq 8(%%rax), %%r10\n\t"
          "movq %%r8, -8(%%rsi)\n\t"
          "movq %%r9, (%%rsi)\n\t"
          "movq %%r10, 8(%%rsi)\n\t"
          "cmpl $2, %%ecx\n\t"
          "ja 5f\n"
          "4:\tmovq %%rdi, (%%r14)\n\t"
          "movq %%r12, %c[frame_pc](%%r14)\n\t"
          "movq %%rdx, %c[frame_method](%%r14)\n\t"
          "movq %%r13, %c[frame_code](%%r14)\n\t" INIT_LOCALS "5:\tmovq 16(%%rax), %%r8\n\t"
          "movq 24(%%rax), %%r9\n\t"
          "movq %%r8, 16(%%rsi)\n\t"
          "movq %%r9, 24(%%rsi)\n\t"
          "addq $16, %%rax\n\t"
          "addq $16, %%rsi\n\t"
          "subl $2, %%ecx\n\t"
          "cmpl $2, %%ecx\n\t"
          "ja 5b\n\t"
          "jmp 4b\n"
          "3:\tpopq %%r9\n\t"
          "movq %%rdx, %c[callee](%%r15)\n\t"
          "movq %%rcx, %%r12\n\t"
          "movzwl %c[params](%%rdx), %%r8d\n\t"
          "leaq -8(%%rax,%%r8,8), %%r13\n\t"
          "jmp interp_tail_call_slow" ::OPERANDS);
}
