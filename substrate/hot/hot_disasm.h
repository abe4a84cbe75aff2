// SPDX-License-Identifier: MIT
//
// hot_disasm.h: machine code as text, by LLVM.
#ifndef LOAM_HOT_HOT_DISASM_H
#define LOAM_HOT_HOT_DISASM_H

#include "loam/guest.h"
#include "loam/rt.h"

// What else is known of the code. All functions may be NULL.
struct hot_disasm_notes {
  void *context;
  // The name of what a call or jump goes to, or NULL. Asked for addresses outside the code only.
  const char *(*name)(void *context, uint64_t address);
  // Adds to the line of the instruction with these bytes of the code. What is added comes behind " # ".
  void (*note)(void *context, size_t at, size_t length, struct text *out);
};

// Adds a line for each instruction: its address, the assembly text, and the names and notes. The code would run at
// `address`. Bytes that are no instruction come as .byte. LOAM_ERR_FILE when LLVM can't be opened: nothing is added.
// Any thread may call it.
enum loam_err hot_disasm(const void *code, size_t size, uint64_t address, struct text *out, struct error *err);
enum loam_err hot_disasm_noted(const void *code, size_t size, uint64_t address, const struct hot_disasm_notes *notes,
                               struct text *out, struct error *err);

// Adds the assembly text of an op's fast body (GUEST_OP_fast in the table's bitcode, which must be there) as a function
// of its own. Any thread may call it.
enum loam_err hot_disasm_body(const struct op_table *ops, const char *op, struct text *out, struct error *err);

#endif
