// SPDX-License-Identifier: MIT
//
// hot_inline.h: bodies in the place of their calls; see hot_inline.c.
#ifndef LOAM_HOT_HOT_INLINE_H
#define LOAM_HOT_HOT_INLINE_H

#include "hot/hot_ir.h"

// Copies each body that was linked to where it is called, and deletes it. False: memory is out (plan->failed), or a
// body has not one return.
bool hot_inline_run(struct hot_build *build);

// Adds what is known of one declaration to another one of the same function.
void hot_inline_copy_attributes(const struct hot_llvm *l, LLVMValueRef to, LLVMValueRef from);

#endif
