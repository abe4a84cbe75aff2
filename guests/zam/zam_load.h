// SPDX-License-Identifier: MIT
//
// zam_load.h: from a bytecode executable to a program that can run.
#ifndef ZAM_LOAD_H
#define ZAM_LOAD_H

#include "zam_image.h"
#include "zam_state.h"

// Hooks of struct loam_guest. Loading translates nothing: functions are translated when they are called first,
// outermost code as zam_start.c says.
enum loam_err zam_load(struct vm *vm, const struct loam_source *source, struct method **main_method, struct error *err);
// Translates every function.
enum loam_err zam_verify(struct vm *vm, struct error *err);

// Translates the program's outermost code from a word on, where the stack has `depth` words, up to where a module is
// complete. Its method takes what is on the stack, bottom first, and the accumulator as its closure; it returns the
// word where the next piece begins, as an integer, or 0 at the program's end. `next`, unless it is NULL, gets the same.
enum loam_err zam_load_piece(struct zam_state *state, uint32_t pc, uint32_t depth, struct method **method,
                             uint32_t *next, struct error *err);

// A new fragment of code, of the words at `bytes`, which need no alignment. Where they stay, it is not a copy of them.
// NULL when memory is out.
struct zam_code *zam_code_create(struct zam_state *state, const char *bytes, size_t length, bool stays);
void zam_code_free(struct zam_code *code); // which nothing lists any more

// Calls `fn` for the word at which each function of the code begins, as its CLOSURE instructions say. False from it
// ends the walk. LOAM_ERR_INPUT where the code can't be read from one instruction to the next.
typedef bool zam_function_fn(void *context, uint32_t pc);
enum loam_err zam_code_each_function(const struct zam_code *code, const char *place, zam_function_fn *fn, void *context,
                                     struct error *err);

#endif
