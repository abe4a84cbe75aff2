// SPDX-License-Identifier: MIT
//
// zam_prim.c: finding primitives by name.
#include "zam_prim.h"

#include "zam_stub.h"

#include <pthread.h>
#include <string.h>

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

// By name: a table open at the next place, filled when the first is looked for.
#define PLACES 2048
static const struct zam_prim *places[PLACES];

static const struct zam_prim **place_of(const char *name) {
  uint32_t at = hash_bytes(name, strlen(name)) % PLACES;
  while (places[at] && strcmp(places[at]->name, name) != 0) at = (at + 1) % PLACES;
  return &places[at];
}

static void fill_places(void) {
  size_t count = 0;
  for (size_t t = 0; t < COUNT_OF(tables); t++)
    for (const struct zam_prim *prim = tables[t]; prim->name; prim++, count++) {
      ASSERT(!*place_of(prim->name), "zam.I3: two primitives are named %s", prim->name);
      *place_of(prim->name) = prim;
    }
  CHECK(count < PLACES / 2, "zam.I3: %zu primitives, more than %d", count, PLACES / 2);
}

const struct zam_prim *zam_prim_find(const char *name) {
  static pthread_once_t once = PTHREAD_ONCE_INIT; // programs may be loaded in several threads
  (void)pthread_once(&once, fill_places);
  return *place_of(name);
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
  ASSERT(!prim->fn, "%s has a function, and is called without it", prim->name);
  if (prim->op_args != ZAM_PRIM_STUB) return fail_missing(th, prim);
  return zam_stub_call(th, ((const struct zam_stub_prim *)prim)->function, args, n, result);
}
