// SPDX-License-Identifier: MIT
//
// hot_fold.h: what an instruction gives, where its operands tell; see hot_fold.c.
#ifndef LOAM_HOT_HOT_FOLD_H
#define LOAM_HOT_HOT_FOLD_H

#include "hot/hot_ir.h"

// The value of `insn`, an instruction of `opcode`, if its operands were these; NULL: that takes computing. What must be
// chosen is written where the builder is: before an instruction, or, NULL, at the end of a block.
LLVMValueRef hot_fold(const struct hot_build *build, LLVMValueRef insn, LLVMOpcode opcode, const LLVMValueRef *operands,
                      LLVMValueRef before);
// Does hot_fold know instructions of this opcode? They have three operands at most.
bool hot_fold_knows(LLVMOpcode opcode);

#endif
