// SPDX-License-Identifier: MIT
//
// hot_llvm_used.c: the source of libloam-llvm.so: it names every function of LLVM's that hot code takes, so that the
// linker takes from LLVM's archives these, what they need, and nothing else. Nothing of that makes machine code: half
// of LLVM, and the half that has most addresses to relocate.
#include "hot/hot_llvm.h"

#define FUNCTION_ROW(name) (const void *)name,
extern const void *const hot_llvm_used[];
const void *const hot_llvm_used[] = {HOT_LLVM_IR_FUNCTIONS(FUNCTION_ROW)};
