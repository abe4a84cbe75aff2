// SPDX-License-Identifier: MIT
//
// mitscript_capture.h: which variables closures may hold by value.
#ifndef MITSCRIPT_CAPTURE_H
#define MITSCRIPT_CAPTURE_H

#include "mitscript_image.h"

// What an instruction of the course's bytecode has to do with references.
enum mit_role {
  MIT_ROLE_NONE,       // nothing that is known
  MIT_ROLE_READ,       // a push_ref whose load_ref comes next
  MIT_ROLE_READ_END,   // that load_ref
  MIT_ROLE_MAKE,       // a load_func: push_refs come next, one for each free variable, and an alloc_closure
  MIT_ROLE_MAKE_HOLDS, // one of those push_refs
  MIT_ROLE_MAKE_END,   // that alloc_closure
};

// Of one function.
struct mit_captures {
  const bool *targets;        // by instruction: something branches there
  const uint32_t *ref_locals; // by local_ref_vars: the local; NULL: nobody wants to know
  uint8_t *roles;             // by instruction: enum mit_role
  bool *by_value;             // by local_ref_vars, then by free_vars
};

// Fills in roles and by_value of all functions, by their numbers; `targets` and `ref_locals` are there. False when
// memory is out.
bool mit_captures_find(const struct mit_image *image, struct mit_captures *captures, struct arena *arena);
// By instruction, whether a goto or an if leads there; NULL when memory is out.
bool *mit_targets_find(const struct mit_function *function, struct arena *arena);

#endif
