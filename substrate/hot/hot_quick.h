// SPDX-License-Identifier: MIT
//
// hot_quick.h: machine code of a unit's IR in a thirtieth of the time that LLVM takes for it.
//
// With LLVM's, half of the time until a unit is there went into some 150 passes over machine code, and a program of a
// tenth of a second was over before that had paid. This generator makes x86-64 code of the same IR, behind the same
// passes over IR, in four steps: it reads a function (hot_quick_read.c), decides what is part of what
// (hot_quick_select.c), gives each value a register or a word of the stack for all its life (hot_quick_place.c), and
// writes instructions (hot_quick_emit.h). It knows what hot units are made of, and refuses the rest.
// docs/internals/machine-code.md follows a function through it.
#ifndef LOAM_HOT_HOT_QUICK_H
#define LOAM_HOT_HOT_QUICK_H

#include "hot/hot_ir.h"
#include "hot/hot_object.h"

// Makes code of all functions of the unit's module, with names resolved in the tables (see hot_object_load). The object
// is the caller's, as one from there. LOAM_ERR_LIMIT: the module has something that this generator doesn't know, which
// the error names; LLVM's will do. LOAM_ERR_MEMORY: there is no room. On failure there is nothing to give back.
enum loam_err hot_quick_generate(const struct hot_build *build, const struct op_symbol *const *symbol_tables,
                                 size_t table_count, struct hot_object *out, struct error *err);

#endif
