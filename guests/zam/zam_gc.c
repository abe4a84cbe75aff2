// SPDX-License-Identifier: MIT
//
// zam_gc.c: module Gc. Collections and finalisers are real; the numbers are those that the substrate's collector has a
// meaning for, and 0 for the others: it has no slices, chunks or free lists.
#include "zam_final.h"
#include "zam_prim.h"
#include "zam_signal.h"

enum { STAT_FIELDS = 17, STAT_FLOATS = 3, CONTROL_FIELDS = 11 };

static enum loam_status run_finalisers(struct mutator *th, struct value *result) {
  *result = ZAM_UNIT;
  return zam_finals_run(th);
}

enum loam_status zam_run_pending(struct mutator *th) {
  zam_state(th)->pending = false;
  return zam_signals_run(th) == DONE ? zam_finals_run(th) : THROWN;
}

static enum loam_status gc_minor(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  heap_collect(th, false);
  return run_finalisers(th, result);
}

static enum loam_status gc_major(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  heap_collect(th, true);
  return run_finalisers(th, result);
}

// Until finalisers let nothing more die.
static enum loam_status gc_full_major(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  for (int round = 0; round < 3; round++) {
    heap_collect(th, true);
    if (run_finalisers(th, result) != DONE) return THROWN;
  }
  return DONE;
}

static enum loam_status gc_slice(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, 0);
}

// A record of floats, boxed, and integers, all 0.
static enum loam_status make_record(struct mutator *th, size_t floats, size_t fields, struct value *result) {
  struct value record = ZAM_UNIT, zero;
  ROOTS(th, &record);
  struct ref object = zam_alloc(th, 0, fields);
  if (!object.addr) return THROWN;
  record = value_from_ref(object);
  for (size_t i = 0; i < fields; i++) zam_fields(record)[i] = zam_from_int(0);
  for (size_t i = 0; i < floats; i++) {
    if (zam_make_float(th, 0, &zero) != DONE) return THROWN;
    heap_store(th, value_to_ref(record), i, zero);
  }
  *result = record;
  return DONE;
}

static enum loam_status gc_stat(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return make_record(th, STAT_FLOATS, STAT_FIELDS, result);
}

static enum loam_status gc_counters(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return make_record(th, STAT_FLOATS, STAT_FLOATS, result);
}

static enum loam_status gc_minor_words(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return zam_make_float(th, 0, result);
}

// The control record, as OCaml's own runtime starts with it.
static enum loam_status gc_get(struct mutator *th, struct value *args, struct value *result) {
  static const int64_t control[CONTROL_FIELDS] = {262144, 15, 120, 0, 500, 1048576, 2, 1, 44, 100, 8192};
  (void)args;
  if (make_record(th, 0, CONTROL_FIELDS, result) != DONE) return THROWN;
  for (size_t i = 0; i < CONTROL_FIELDS; i++) zam_fields(*result)[i] = zam_from_int(control[i]);
  return DONE;
}

static enum loam_status ignore(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_unit(result);
}

static enum loam_status zero(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, 0);
}

// ---- finalisers ----------------------------------------------------------------------------------------------------

static enum loam_status final_register(struct mutator *th, const struct value *args, bool last, struct value *result) {
  struct value v = zam_arg(args, 1);
  *result = ZAM_UNIT;
  if (zam_is_int(v) || zam_size(v) == 0 || zam_tag(v) == ZAM_TAG_LAZY || zam_tag(v) == ZAM_TAG_DOUBLE ||
      zam_tag(v) == ZAM_TAG_FORWARD)
    return zam_invalid(th, "Gc.finalise");
  return zam_finals_register(th, args[0], v, last);
}

static enum loam_status register_first(struct mutator *th, struct value *args, struct value *result) {
  return final_register(th, args, false, result);
}
static enum loam_status register_last(struct mutator *th, struct value *args, struct value *result) {
  return final_register(th, args, true, result);
}

const struct zam_prim zam_gc_prims[] = {
    {"caml_gc_minor", gc_minor, 0, 0},
    {"caml_gc_major", gc_major, 0, 0},
    {"caml_gc_full_major", gc_full_major, 0, 0},
    {"caml_gc_compaction", gc_full_major, 0, 0},
    {"caml_gc_major_slice", gc_slice, 0, 0},
    {"caml_gc_stat", gc_stat, 0, 0},
    {"caml_gc_quick_stat", gc_stat, 0, 0},
    {"caml_gc_counters", gc_counters, 0, 0},
    {"caml_gc_minor_words", gc_minor_words, 0, 0},
    {"caml_gc_get", gc_get, 0, 0},
    {"caml_gc_set", ignore, 0, 0},
    {"caml_get_minor_free", zero, 0, 0},
    {"caml_get_major_bucket", zero, 0, 0},
    {"caml_get_major_credit", zero, 0, 0},
    {"caml_gc_huge_fallback_count", zero, 0, 0},
    {"caml_final_register", register_first, 0, 0},
    {"caml_final_register_called_without_value", register_last, 0, 0},
    {"caml_final_release", ignore, 0, 0},
    {NULL, NULL, 0, 0},
};
