// SPDX-License-Identifier: MIT
//
// hot_llvm_used.c: the source of libloam-llvm.so: it names every function of LLVM's that hot code takes, so that the
// linker takes from LLVM's archives these, what they need, and nothing else. Nothing of that makes machine code: half
// of LLVM, and the half that has most addresses to relocate.
#include "hot/hot_llvm.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define FUNCTION_ROW(name) (const void *)name,
extern const void *const hot_llvm_used[];
const void *const hot_llvm_used[] = {HOT_LLVM_IR_FUNCTIONS(FUNCTION_ROW)};

// The library's variables, of which its static constructors write nearly every page, come at once: else each costs a
// page fault. The linker says where they are.
extern char __bss_start[], _end[];
__attribute__((constructor(101))) static void bring_variables(void) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)__bss_start & -page;
  (void)madvise((void *)start, (uintptr_t)_end - start, MADV_POPULATE_WRITE); // refused: they come one by one
}

// LLVM can read and write compressed debug sections, of which there are none here: it gets functions that fail. The two
// libraries that have them would take a sixth of the time that opening this one takes.
#define INSTEAD(type, name, result) \
  type name(void); \
  type name(void) { return result; }
INSTEAD(long, compress2, -1)
INSTEAD(long, compressBound, -1)
INSTEAD(long, crc32, -1)
INSTEAD(long, uncompress, -1)
INSTEAD(long, ZSTD_CCtx_setParameter, -1)
INSTEAD(long, ZSTD_compress2, -1)
INSTEAD(long, ZSTD_compressBound, -1)
INSTEAD(long, ZSTD_createCCtx, 0)
INSTEAD(long, ZSTD_decompress, -1)
INSTEAD(long, ZSTD_freeCCtx, -1)
INSTEAD(long, ZSTD_isError, 1)
INSTEAD(const char *, ZSTD_getErrorName, "nothing is compressed here")
