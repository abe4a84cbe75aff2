// SPDX-License-Identifier: MIT
//
// zam_function.h: functions of the bytecode as methods of the substrate, and calls whose argument count is not the
// function's own.
#ifndef ZAM_FUNCTION_H
#define ZAM_FUNCTION_H

#include "zam_state.h"

// The function whose body begins at word `pc` of the code (at the GRAB, if it has one). NULL when memory is out.
struct zam_function *zam_function_at(struct zam_state *state, struct zam_code *code, uint32_t pc);

// Whether an address that is no block's is a function's: a program can make up words, and closures of them.
static inline bool zam_is_function(const struct zam_state *state, struct value v) {
  return arena_has(&state->functions, v.bits, sizeof(struct zam_function));
}

// How many arguments it takes, and the word where its body begins. LOAM_ERR_INPUT when its code says too many.
enum loam_err zam_function_read_arity(const struct zam_state *state, const struct zam_function *function,
                                      uint32_t *arity, uint32_t *body, struct error *err);

// Makes its method, if it has none yet. LOAM_ERR_INPUT when the code is malformed, or was released.
enum loam_err zam_function_translate(struct zam_state *state, struct zam_function *function, struct error *err);

// What a closure of this function with its first `saved` arguments has as code. NULL when it takes no more than these,
// is malformed, or memory is out.
struct zam_function *zam_function_partial(struct zam_state *state, struct zam_function *function, uint32_t saved);

// What a closure has as code that goes on with `function` itself, whatever the code of its environment has become: for
// `#trace`. The closure is [this, info, environment,
// function made odd, an integer to who looks at it]. NULL when it is malformed, or memory is out.
struct zam_function *zam_function_traced(struct zam_state *state, struct zam_function *function);

// Finds the method that applies closure `f` to `count` arguments when they are not as many as the function takes, or
// when it is not translated yet.
MAY_THROW enum loam_status zam_function_adapt(struct mutator *th, struct value f, uint32_t count,
                                              const struct method **method);

// To be called before the first function is made.
enum loam_err zam_function_prepare(struct zam_state *state, struct error *err);

// The program promises to use no function of the code again: it is freed when none of them runs.
MAY_GC void zam_function_release_code(struct mutator *th, struct zam_code *code);

// Makes sure that calls with `count` arguments have their adapter.
enum loam_err zam_function_prepare_call(struct zam_state *state, uint32_t count, struct error *err);

// Calls a closure with arguments in OCaml's order, args[0] first.
MAY_GC MAY_THROW enum loam_status zam_call(struct mutator *th, struct value f, const struct value *args, size_t count,
                                           struct value *result);

// What C code calls to apply `f` to `count` arguments.
MAY_THROW static inline enum loam_status zam_function_find(struct mutator *th, struct value f, uint32_t count,
                                                           const struct method **method) {
  *method = count <= ZAM_DIRECT_CALLS ? zam_code_of(f)->calls[count - 1] : NULL;
  bool is_known = *method && *method != zam_state(th)->adapters[count]; // by an adapter that was called before
  return is_known ? DONE : zam_function_adapt(th, f, count, method);
}

// What an op calls: the function's method when it takes exactly `count`, else what makes up for the difference.
// `target` is the op's cache: the hot compiler's thread reads in it what is called here. Where it names a method of the
// closure's function, that is what this op, whose count is constant, found for it before; nothing of the function is
// read then.
static inline __attribute__((always_inline)) const struct method *zam_callee(const struct mutator *th, struct value f,
                                                                             uint32_t count, uint64_t *target) {
  const struct zam_function *function = zam_code_of(f);
  const struct method *method, *guess = method_guess(target);
#ifndef OP_BITCODE
  if (LIKELY(guess) && LIKELY(guess->identity == function)) return guess;
#endif
  if (LIKELY(count <= ZAM_DIRECT_CALLS))
    method = function->calls[count - 1];
  else
    method = LIKELY(function->arity == count) ? function->method : zam_state(th)->adapters[count];
  if (LIKELY(method_guessed(guess, method))) return guess;
  method_note_called(target, method);
  return method;
}

#endif
