// SPDX-License-Identifier: MIT
//
// hot_inline.h: bodies in the place of their calls; see hot_inline.c.
#ifndef LOAM_HOT_HOT_INLINE_H
#define LOAM_HOT_HOT_INLINE_H

#include "hot/hot_ir.h"

enum hot_bodies { HOT_BODIES_SIMPLE, HOT_BODIES_ALL }; // simple: of one block

// Copies each body that was linked to where the unit calls it; the body stays, for other units. False: memory is out.
// That a body has not one return is a bug in the guest's build, and ends the process.
bool hot_inline_run(struct hot_build *build, enum hot_bodies which);

// Adds what is known of one declaration to another one of the same function.
void hot_inline_copy_attributes(const struct hot_llvm *l, LLVMValueRef to, LLVMValueRef from);

#endif
