// SPDX-License-Identifier: MIT
//
// zam_prim.h: primitives by name, and what they are written with.
//
// Each file of primitives exports a table of them, ended by a NULL name; zam_prim.c puts the tables together.
#ifndef ZAM_PRIM_H
#define ZAM_PRIM_H

#include "zam_runtime.h"

// Rows without an op, and those of ops without immediates, leave these out.
#pragma clang diagnostic ignored "-Wmissing-field-initializers"
extern const struct zam_prim zam_alloc_prims[], zam_array_prims[], zam_backtrace_prims[], zam_bigarray_access_prims[],
    zam_bigarray_prims[], zam_boxed_prims[], zam_channel_prims[], zam_compare_prims[], zam_file_prims[],
    zam_float_prims[], zam_float_text_prims[], zam_gc_prims[], zam_hash_prims[], zam_int_prims[], zam_library_prims[],
    zam_lexing_prims[], zam_marshal_prims[], zam_md5_prims[], zam_memprof_prims[], zam_meta_prims[], zam_mutex_prims[],
    zam_obj_prims[], zam_parsing_prims[], zam_reachable_prims[], zam_reify_prims[], zam_signal_prims[],
    zam_string_prims[], zam_string_word_prims[], zam_sys_prims[], zam_thread_prims[], zam_trace_prims[],
    zam_weak_prims[];

// The primitive of this name, or NULL when there is none.
const struct zam_prim *zam_prim_find(const char *name);
// The names of all primitives that bytecode may count on, in the order that ocamlc knows, ended by NULL.
extern const char *const zam_builtin_names[];

// The index-th argument, from 0.
static inline struct value zam_arg(const struct value *args, int index) { return args[-index]; }
static inline int64_t zam_arg_int(const struct value *args, int index) { return zam_to_int(args[-index]); }
static inline enum loam_status zam_return_unit(struct value *result) {
  *result = ZAM_UNIT;
  return DONE;
}
static inline enum loam_status zam_return_int(struct value *result, int64_t n) {
  *result = zam_from_int(n);
  return DONE;
}
static inline enum loam_status zam_return_bool(struct value *result, bool truth) {
  *result = zam_from_bool(truth);
  return DONE;
}

#endif
