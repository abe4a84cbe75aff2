// SPDX-License-Identifier: MIT
//
// hot_machine.h: machine code of a unit by LLVM, where hot_quick.h doesn't know what there is to do.
#ifndef LOAM_HOT_HOT_MACHINE_H
#define LOAM_HOT_HOT_MACHINE_H

#include "hot/hot_ir.h"
#include "hot/hot_object.h"

// Makes machine code of the build's module, behind all passes, and loads it; names are looked up in `tables`. Opens the
// distribution's LLVM in the first call. `object` is the caller's. Fails with LOAM_ERR_FILE when there is none or LLVM
// makes no code, LOAM_ERR_LIMIT or LOAM_ERR_MEMORY when that can't be loaded; there is nothing to free then.
enum loam_err hot_machine_generate(struct hot_build *build, const struct op_symbol *const *tables, size_t table_count,
                                   struct hot_object *object, struct error *err);
// Gives back what the compiler keeps between calls of it, if it was called.
void hot_machine_fini(struct hot_compiler *compiler);

#endif
