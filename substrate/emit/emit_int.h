// SPDX-License-Identifier: MIT
//
// emit_int.h: what the files of this module share.
#ifndef LOAM_EMIT_EMIT_INT_H
#define LOAM_EMIT_EMIT_INT_H
#ifndef LOAM_EMIT_MODULE
#error "emit_int.h is for the files of substrate/emit; others include emit/emit.h"
#endif

#include "emit/emit.h"

// Shows gdb a function's code. Nothing happens when there is no memory for it.
void emit_gdb_register(const uint8_t *run, size_t size, const char *name);
// Takes back what gdb was shown of these addresses.
void emit_gdb_forget(const uint8_t *run, size_t size);

#endif
