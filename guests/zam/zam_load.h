// SPDX-License-Identifier: MIT
//
// zam_load.h: from a bytecode executable to a program that can run.
#ifndef ZAM_LOAD_H
#define ZAM_LOAD_H

#include "zam_image.h"
#include "zam_state.h"

// Hooks of struct loam_guest. Loading translates the outermost function only; the others follow when they are called.
enum loam_err zam_load(struct vm *vm, const struct loam_source *source, struct method **main_method, struct error *err);
// Translates every function.
enum loam_err zam_verify(struct vm *vm, struct error *err);

// A new fragment of code, of the words at `bytes`, which need no alignment. NULL when memory is out.
struct zam_code *zam_code_create(struct zam_state *state, const char *bytes, size_t length);
void zam_code_free(struct zam_code *code); // which nothing lists any more

// Calls `fn` for the word at which each function of the code begins, as its CLOSURE instructions say. False from it
// ends the walk. LOAM_ERR_INPUT where the code can't be read from one instruction to the next.
typedef bool zam_function_fn(void *context, uint32_t pc);
enum loam_err zam_code_each_function(const struct zam_code *code, const char *place, zam_function_fn *fn, void *context,
                                     struct error *err);

#endif
