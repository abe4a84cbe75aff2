// SPDX-License-Identifier: MIT
//
// hot_llvm_used.c: the source of libloam-llvm.so: it names every function of LLVM's that loam calls, so that the linker
// takes from LLVM's archives these, what they need, and nothing else.
//
// That library is a third of the distribution's, has a third of its addresses to relocate, and opens in 3 ms instead of
// 18. Its interface is the same, so hot_llvm.c takes either.
#include "hot/hot_llvm.h"

#define FUNCTION_ROW(name) (const void *)name,
extern const void *const hot_llvm_used[];
const void *const hot_llvm_used[] = {HOT_LLVM_FUNCTIONS(FUNCTION_ROW)};
