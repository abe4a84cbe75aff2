// SPDX-License-Identifier: MIT
//
// toy_asm.h: the assembler of the tutorial machine.
#ifndef TOY_ASM_H
#define TOY_ASM_H

#include "loam/guest.h"
#include "toy_value.h"

// The guest's state: every function, newest first. The memory of all of it is the arena's.
struct toy_state {
  struct arena memory;
  struct toy_function *functions;
};

struct toy_function *toy_find(const struct toy_state *state, const char *name, size_t length);
// Adds a function without code. NULL when memory is out.
struct toy_function *toy_add(struct toy_state *state, const char *name, size_t length);

// Assembles, verifies and loads a program. The functions stay with the state.
enum loam_err toy_load(struct vm *vm, const struct loam_source *source, struct method **main_method, struct error *err);
// Prints a program as the assembler understood it, with the instructions numbered.
enum loam_err toy_disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err);

#endif
