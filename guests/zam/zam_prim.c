// SPDX-License-Identifier: MIT
//
// zam_prim.c: finding primitives by name.
#include "zam_prim.h"

#include "zam_stub.h"

#include <stdlib.h>

static const struct zam_prim *const tables[] = {
    zam_alloc_prims,    zam_array_prims,     zam_backtrace_prims,  zam_bigarray_access_prims,
    zam_bigarray_prims, zam_boxed_prims,     zam_channel_prims,    zam_compare_prims,
    zam_file_prims,     zam_float_prims,     zam_float_text_prims, zam_gc_prims,
    zam_hash_prims,     zam_int_prims,       zam_lexing_prims,     zam_marshal_prims,
    zam_md5_prims,      zam_memprof_prims,   zam_meta_prims,       zam_mutex_prims,
    zam_obj_prims,      zam_parsing_prims,   zam_string_prims,     zam_string_word_prims,
    zam_sys_prims,      zam_reachable_prims, zam_reify_prims,      zam_signal_prims,
    zam_thread_prims,   zam_trace_prims,     zam_weak_prims,       zam_library_prims,
};

#define SORTED_MAX 512
static const struct zam_prim *sorted[SORTED_MAX];
static size_t sorted_count;

static int by_name(const void *a, const void *b) {
  return strcmp((*(const struct zam_prim *const *)a)->name, (*(const struct zam_prim *const *)b)->name);
}

static int against_name(const void *name, const void *prim) {
  return strcmp(name, (*(const struct zam_prim *const *)prim)->name);
}

__attribute__((constructor)) static void sort_tables(void) {
  for (size_t t = 0; t < COUNT_OF(tables); t++)
    for (const struct zam_prim *prim = tables[t]; prim->name; prim++) {
      CHECK(sorted_count < SORTED_MAX, "zam.I3: more than %d primitives", SORTED_MAX);
      sorted[sorted_count++] = prim;
    }
  qsort(sorted, sorted_count, sizeof *sorted, by_name);
}

const struct zam_prim *zam_prim_find(const char *name) {
  const struct zam_prim **found = bsearch(name, sorted, sorted_count, sizeof *sorted, against_name);
  return found ? *found : NULL;
}

static enum loam_status fail_missing(struct mutator *th, const struct zam_prim *prim) {
  struct text text = {0};
  text_printf(&text, "primitive %s is not implemented", prim->name);
  enum loam_status status = text.failed ? zam_raise(th, ZAM_OUT_OF_MEMORY) : zam_fail(th, text.bytes);
  text_fini(&text);
  return status;
}

enum loam_status zam_prim_other(struct mutator *th, const struct zam_prim *prim, struct value *args, uint32_t n,
                                struct value *result) {
  if (prim->op_args != ZAM_PRIM_STUB) return fail_missing(th, prim);
  return zam_stub_call(th, ((const struct zam_stub_prim *)prim)->function, args, n, result);
}
