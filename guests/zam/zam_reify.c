// SPDX-License-Identifier: MIT
//
// zam_reify.c: programs that make programs: the toplevel and Dynlink hand over bytecode in memory, and get a function
// of no use but to be called once; and they make room for more globals.
#include "zam_debug.h"
#include "zam_debugger.h"
#include "zam_function.h"
#include "zam_load.h"
#include "zam_prim.h"

// The bytes of an array of byte sequences, one after the other.
static bool gather(struct value parts, struct text *out) {
  for (uint64_t i = 0; i < zam_size(parts); i++)
    text_add(out, zam_string_bytes(zam_fields(parts)[i]), zam_string_length(zam_fields(parts)[i]));
  return !out->failed;
}

// Parts of the code, their debug information, their digest: a handle and a closure. What isn't released is freed with
// its VM.
static enum loam_status reify_bytecode(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  struct text bytes = {0};
  struct value handle, closure;
  struct zam_code *code = gather(args[0], &bytes) ? zam_code_create(state, bytes.bytes, bytes.length, false) : NULL;
  text_fini(&bytes);
  struct zam_function *function = code && code->words.count ? zam_function_at(state, code, 0) : NULL;
  if (!function) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  ASSERT(code->number && code->next, "zam.I1: code %u of word 0 is made where the program's is not", code->number);
  zam_debug_add(th, code, zam_arg(args, 1));
  if (!zam_debugger_note_code(th, code, args - 1)) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  if (zam_make_closure(th, 0, function, NULL, &closure) != DONE) return THROWN;
  ROOTS(th, &closure);
  struct ref object = zam_alloc(th, ZAM_TAG_ABSTRACT, 1);
  if (!object.addr) return THROWN;
  handle = value_from_ref(object);
  zam_fields(handle)[0] = zam_pointer(code);
  return zam_make_block2(th, 0, closure, handle, result);
}

static enum loam_status release_bytecode(struct mutator *th, struct value *args, struct value *result) {
  struct value *handle = zam_fields(args[0]);
  struct zam_code *code = zam_state(th)->codes;
  while (code && !value_same(zam_pointer(code), *handle)) code = code->next;
  *handle = ZAM_UNIT;
  if (code && code->number && !code->users) { // the program's own isn't made so
    zam_debugger_note_release(th, code);
    zam_function_release_code(th, code);
  }
  return zam_return_unit(result);
}

// Room for at least `count` globals. Those that are there keep their places; the block is another one.
static enum loam_status realloc_global(struct mutator *th, struct value *args, struct value *result) {
  enum { ROUND_TO = 256 };
  struct zam_state *state = zam_state(th);
  int64_t asked = zam_arg_int(args, 0);
  *result = ZAM_UNIT;
  if (asked < 0 || asked > UINT32_MAX - ROUND_TO) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  ASSERT(zam_size(state->globals) == state->global_count, "zam.I11: %u globals in a block of %llu", state->global_count,
         (unsigned long long)zam_size(state->globals));
  if ((uint64_t)asked < zam_size(state->globals)) return DONE;
  size_t wanted = ((size_t)asked + ROUND_TO) & ~(size_t)(ROUND_TO - 1);
  ASSERT(wanted > state->global_count && wanted <= UINT32_MAX, "zam.I11: %u globals move to room for %zu",
         state->global_count, wanted);
  struct ref object = zam_alloc(th, 0, wanted);
  if (!object.addr) return THROWN;
  size_t count = zam_size(state->globals);
  for (size_t i = 0; i < wanted; i++)
    object_fields(object)[i] = i < count ? zam_fields(state->globals)[i] : zam_from_int(0);
  state->globals = value_from_ref(object);
  state->global_count = (uint32_t)wanted;
  return DONE;
}

// Only programs with their sections inside have a table; others read their own file.
static enum loam_status get_section_table(struct mutator *th, struct value *args, struct value *result) {
  (void)args, (void)result;
  return zam_raise(th, ZAM_NOT_FOUND);
}

const struct zam_prim zam_reify_prims[] = {
    {"caml_reify_bytecode", reify_bytecode, 0, 0},
    {"caml_static_release_bytecode", release_bytecode, 0, 0},
    {"caml_realloc_global", realloc_global, 0, 0},
    {"caml_get_section_table", get_section_table, 0, 0},
    {NULL, NULL, 0, 0},
};
