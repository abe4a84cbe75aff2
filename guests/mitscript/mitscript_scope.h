// SPDX-License-Identifier: MIT
//
// mitscript_scope.h: what each name in a program means, found before it runs.
//
// A function's own names are its parameters and what its body assigns, less what its body declares `global`. A name
// means: in the innermost enclosing function that has it as its own or declares it global, that function's variable or
// the global; in none, the global. `global` counts wherever it stands in the body.
#ifndef MITSCRIPT_SCOPE_H
#define MITSCRIPT_SCOPE_H

#include "mitscript_ast.h"

enum mit_variable_kind {
  MIT_VARIABLE_GLOBAL, // declared `global` in its function
  MIT_VARIABLE_LOCAL,  // the function's own
  MIT_VARIABLE_FREE,   // an enclosing function's
};

// What one name means in one function.
struct mit_variable {
  enum mit_variable_kind kind;
  struct mit_symbol *symbol;
  struct mit_fun *fun;
  struct mit_variable *next;          // of fun->variables: all of them
  struct mit_variable *next_kind;     // of fun->locals in slot order without parameters, or of fun->free in order
  struct mit_variable *next_captured; // of fun->captured, in order
  struct mit_variable *shadowed;      // while resolving
  struct mit_variable *source;        // free: the variable of the directly enclosing function that has its cell
  uint32_t slot;                      // local: its slot, parameters first; free: its index among the free ones
  uint32_t captured_index;            // local: its index among the captured ones
  bool captured;                      // local: an inner function uses it
};

// Sets path.variable throughout the program, and in each function:
//   locals, local_count      its own names in order of first assignment; the count includes the parameters
//   captured, captured_count its own names that inner functions use, in order of first such use
//   free, free_count         names it or its inner functions use from enclosing functions, in order of first use
// With a repeated parameter name the last one is the variable. False when memory is out.
bool mitscript_scope_resolve(struct mit_program *program);

#endif
