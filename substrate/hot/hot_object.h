// SPDX-License-Identifier: MIT
//
// hot_object.h: from the object file that LLVM makes to code that runs.
//
// A linker for one purpose: ELF64 for x86-64, relocatable, small code model; code and constants, nothing that is
// written when it runs. The code should be position-independent: other code refers to its constants with addresses
// below 4 GB, which code memory rarely has. Unwind tables are left out: frames of the VM are walked on the VM stack.
// What a linker does about libraries is one table look-up here.
#ifndef LOAM_HOT_HOT_OBJECT_H
#define LOAM_HOT_HOT_OBJECT_H

#include "emit/emit.h"
#include "loam/guest.h"
#include "loam/rt.h"

// A function that the object defines.
struct hot_function {
  const char *name;
  const void *address;
  size_t size;
};

// A loaded object. The code's block is the caller's (emit_free); functions and names live until hot_object_fini.
struct hot_object {
  struct emit_block code;
  struct hot_function *functions; // in the object's order
  uint32_t function_count;
};

// Puts the object's code and constants into one block of the memory and resolves its names: in the tables, which end
// with a NULL name, and then among what LLVM calls by itself (memcpy, memmove, memset, memcmp). Functions
// out of reach are called through jumps in the block. LOAM_ERR_INPUT names the symbol that is unknown, or what the
// object has that is not expected; LOAM_ERR_MEMORY when there is no room. On failure there is nothing to give back. Any
// thread may call it.
enum loam_err hot_object_load(struct emit_memory *memory, const void *bytes, size_t size,
                              const struct op_symbol *const *symbol_tables, size_t table_count, struct hot_object *out,
                              struct error *err);
// What a name stands for: in the tables, and then among what LLVM calls by itself; NULL: nobody defines it.
const void *hot_object_find_name(const struct op_symbol *const *symbol_tables, size_t table_count, const char *name);
// The function of that name, or NULL.
const struct hot_function *hot_object_function(const struct hot_object *object, const char *name);
// The code's block stays.
void hot_object_fini(struct hot_object *object);

#endif
