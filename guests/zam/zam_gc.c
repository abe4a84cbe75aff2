// SPDX-License-Identifier: MIT
//
// zam_gc.c: module Gc. Collections and finalisers are real; the numbers are those that the substrate's collector has a
// meaning for, and 0 for the others: it has no slices, chunks or free lists.
#include "zam_gc.h"

#include "zam_final.h"
#include "zam_memprof.h"
#include "zam_prim.h"
#include "zam_run.h"
#include "zam_signal.h"

#include <stdarg.h>
#include <stdio.h>

enum { STAT_FIELDS = 17, STAT_FLOATS = 3 };
enum { SAY_MAJOR = 1, SAY_STACK = 8, SAY_COMPACTION = 16, SAY_PARAMETERS = 32, SAY_TOTALS = 0x400 }; // verbosity

__attribute__((format(printf, 3, 4))) static void say(const struct zam_state *state, unsigned level, const char *format,
                                                      ...) {
  if (!(state->control[ZAM_CONTROL_VERBOSE] & level)) return;
  va_list args;
  va_start(args, format);
  (void)vfprintf(stderr, format, args);
  va_end(args);
}

// What raises an exception leaves what comes behind it to the next safepoint.
static enum loam_status run_all(struct mutator *th, bool signals) {
  if ((!signals || zam_signals_run(th) == DONE) && zam_memprof_run(th) == DONE && zam_finals_run(th) == DONE)
    return DONE;
  zam_signals_wake(zam_state(th));
  return THROWN;
}

static enum loam_status run_finalisers(struct mutator *th, struct value *result) {
  *result = ZAM_UNIT;
  return run_all(th, false);
}

enum loam_status zam_run_pending(struct mutator *th) {
  zam_state(th)->pending = false;
  atomic_store(&caml_something_to_do, 0);
  return run_all(th, true);
}

static enum loam_status gc_minor(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  heap_collect(th, false);
  return run_finalisers(th, result);
}

static enum loam_status gc_major(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  say(zam_state(th), SAY_MAJOR, "Finishing major GC cycle (requested by user)\n");
  heap_collect(th, true);
  return run_finalisers(th, result);
}

// Until finalisers let nothing more die.
static enum loam_status collect_all(struct mutator *th, const char *why, struct value *result) {
  struct zam_state *state = zam_state(th);
  say(state, SAY_MAJOR, "Full major GC cycle (%s)\n", why);
  state->forced_majors++;
  for (int round = 0; round < 3; round++) {
    heap_collect(th, true);
    if (run_finalisers(th, result) != DONE) return THROWN;
  }
  return DONE;
}

static enum loam_status gc_full_major(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return collect_all(th, "requested by user", result);
}

static enum loam_status gc_compaction(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  say(zam_state(th), SAY_COMPACTION, "Heap compaction requested\n");
  zam_state(th)->compactions++;
  return collect_all(th, "compaction", result);
}

static enum loam_status gc_slice(struct mutator *th, struct value *args, struct value *result) {
  (void)th, (void)args;
  return zam_return_int(result, 0);
}

// A record of floats, boxed, and then integers.
static enum loam_status make_record(struct mutator *th, const double *floats, size_t float_count,
                                    const uint64_t *numbers, size_t number_count, struct value *result) {
  ASSERT(float_count + number_count, "zam.I5: a record of nothing");
  struct value record = ZAM_UNIT, box;
  ROOTS(th, &record);
  struct ref object = zam_alloc(th, 0, float_count + number_count);
  if (!object.addr) return THROWN;
  record = value_from_ref(object);
  for (size_t i = 0; i < float_count; i++) zam_fields(record)[i] = ZAM_UNIT;
  for (size_t i = 0; i < number_count; i++) zam_fields(record)[float_count + i] = zam_from_int((int64_t)numbers[i]);
  for (size_t i = 0; i < float_count; i++) {
    if (zam_make_float(th, floats[i], &box) != DONE) return THROWN;
    heap_store(th, value_to_ref(record), i, box);
  }
  *result = record;
  return DONE;
}

// What is promoted counts as allocated a second time, as major words.
static void read_words(const struct mutator *th, struct loam_stats *stats, double floats[STAT_FLOATS]) {
  heap_read_counters(th, stats);
  uint64_t words = stats->bytes_allocated / sizeof(uint64_t), major = zam_state(th)->major_words;
  ASSERT(major <= words, "zam.I16: %llu words of large blocks are among %llu", (unsigned long long)major,
         (unsigned long long)words);
  uint64_t promoted = stats->bytes_promoted / sizeof(uint64_t);
  if (promoted > words - major) promoted = words - major;
  ASSERT(promoted <= words - major, "zam.I16: %llu words were promoted of %llu", (unsigned long long)promoted,
         (unsigned long long)(words - major));
  floats[0] = (double)(words - major);
  floats[1] = (double)promoted;
  floats[2] = (double)(major + promoted);
}

enum { MINORS, MAJORS, HEAP_WORDS, HEAP_CHUNKS, COMPACTIONS = 10, TOP_WORDS, FORCED_MAJORS = 13 };
static void read_numbers(const struct mutator *th, const struct loam_stats *stats,
                         uint64_t numbers[STAT_FIELDS - STAT_FLOATS]) {
  ASSERT(stats->collections_full <= stats->collections, "%llu full collections are among %llu",
         (unsigned long long)stats->collections_full, (unsigned long long)stats->collections);
  numbers[MINORS] = stats->collections;
  numbers[MAJORS] = stats->collections_full;
  numbers[HEAP_WORDS] = stats->bytes_used / sizeof(uint64_t);
  numbers[HEAP_CHUNKS] = 1; // one range of addresses
  numbers[COMPACTIONS] = zam_state(th)->compactions;
  numbers[TOP_WORDS] = stats->bytes_used_max / sizeof(uint64_t);
  numbers[FORCED_MAJORS] = zam_state(th)->forced_majors;
}

static enum loam_status gc_stat(struct mutator *th, struct value *args, struct value *result) {
  struct loam_stats stats;
  double floats[STAT_FLOATS];
  uint64_t numbers[STAT_FIELDS - STAT_FLOATS] = {0};
  (void)args;
  read_words(th, &stats, floats);
  read_numbers(th, &stats, numbers);
  return make_record(th, floats, STAT_FLOATS, numbers, COUNT_OF(numbers), result);
}

static enum loam_status gc_counters(struct mutator *th, struct value *args, struct value *result) {
  struct loam_stats stats;
  double floats[STAT_FLOATS];
  (void)args;
  read_words(th, &stats, floats);
  return make_record(th, floats, STAT_FLOATS, NULL, 0, result);
}

static enum loam_status gc_minor_words(struct mutator *th, struct value *args, struct value *result) {
  struct loam_stats stats;
  double floats[STAT_FLOATS];
  (void)args;
  read_words(th, &stats, floats);
  return zam_make_float(th, floats[0], result);
}

void zam_gc_reset(struct zam_state *state) {
  static const uint64_t control[ZAM_CONTROLS] = {262144, 15, 120, 0, 500, 1048576, 2, 1, 44, 100, 8192};
  memcpy(state->control, control, sizeof control);
}

void zam_gc_print_parameters(const struct zam_state *state) {
  enum { HEAP_WORDS_MIN = 61440 }; // ocamlrun's
  const uint64_t *control = state->control;
  ASSERT(control[ZAM_CONTROL_OVERHEAD] && control[ZAM_CONTROL_WINDOW], "an overhead of %llu and a window of %llu stay",
         (unsigned long long)control[ZAM_CONTROL_OVERHEAD], (unsigned long long)control[ZAM_CONTROL_WINDOW]);
  uint64_t heap_words = 126976, percent_max = 1000; // above that, the increment is in words
  const char *unit = "%";
  if (zam_run_parameter('h', &heap_words) && heap_words < HEAP_WORDS_MIN) heap_words = HEAP_WORDS_MIN;
  uint64_t increment = control[ZAM_CONTROL_INCREMENT];
  if (increment > percent_max) {
    increment /= 1024;
    unit = "k words";
  }
  say(state, SAY_PARAMETERS,
      "Initial minor heap size: %lluk words\nInitial major heap size: %lluk bytes\nInitial space overhead: %llu%%\n"
      "Initial max overhead: %llu%%\nInitial heap increment: %llu%s\nInitial allocation policy: %llu\n"
      "Initial smoothing window: %llu\n",
      (unsigned long long)control[ZAM_CONTROL_MINOR_WORDS] / 1024, (unsigned long long)heap_words / 128,
      (unsigned long long)control[ZAM_CONTROL_OVERHEAD], (unsigned long long)control[ZAM_CONTROL_MAX_OVERHEAD],
      (unsigned long long)increment, unit, (unsigned long long)control[ZAM_CONTROL_POLICY],
      (unsigned long long)control[ZAM_CONTROL_WINDOW]);
  say(state, SAY_STACK, "Initial stack limit: %lluk bytes\n",
      (unsigned long long)control[ZAM_CONTROL_STACK_WORDS] / 128);
}

void zam_gc_print_totals(const struct mutator *th) {
  struct loam_stats stats;
  double floats[STAT_FLOATS];
  uint64_t numbers[STAT_FIELDS - STAT_FLOATS] = {0};
  static const struct {
    const char *name;
    unsigned index;
  } lines[] = {{"minor_collections", MINORS},
               {"major_collections", MAJORS},
               {"heap_words", HEAP_WORDS},
               {"heap_chunks", HEAP_CHUNKS},
               {"top_heap_words", TOP_WORDS},
               {"compactions", COMPACTIONS},
               {"forced_major_collections", FORCED_MAJORS}};
  read_words(th, &stats, floats);
  read_numbers(th, &stats, numbers);
  say(zam_state(th), SAY_TOTALS, "allocated_words: %.0f\nminor_words: %.0f\npromoted_words: %.0f\nmajor_words: %.0f\n",
      floats[0] + floats[2] - floats[1], floats[0], floats[1], floats[2]);
  for (size_t i = 0; i < COUNT_OF(lines); i++)
    say(zam_state(th), SAY_TOTALS, "%s: %llu\n", lines[i].name, (unsigned long long)numbers[lines[i].index]);
}

static enum loam_status gc_get(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  return make_record(th, NULL, 0, zam_state(th)->control, ZAM_CONTROLS, result);
}

void zam_gc_normalise(struct zam_state *state) {
  enum { WORDS_MIN = 4096, WORDS_MAX = 1 << 28, PAGE_WORDS = 512, POLICY_MAX = 2, WINDOW_MAX = 50 };
  uint64_t *control = state->control, words = control[ZAM_CONTROL_MINOR_WORDS];
  words = words < WORDS_MIN ? WORDS_MIN : words > WORDS_MAX ? WORDS_MAX : words;
  control[ZAM_CONTROL_MINOR_WORDS] = (words + PAGE_WORDS - 1) / PAGE_WORDS * PAGE_WORDS;
  if (!control[ZAM_CONTROL_OVERHEAD]) control[ZAM_CONTROL_OVERHEAD] = 1;
  if (control[ZAM_CONTROL_POLICY] > POLICY_MAX) control[ZAM_CONTROL_POLICY] = POLICY_MAX;
  if (!control[ZAM_CONTROL_WINDOW]) control[ZAM_CONTROL_WINDOW] = 1;
  if (control[ZAM_CONTROL_WINDOW] > WINDOW_MAX) control[ZAM_CONTROL_WINDOW] = WINDOW_MAX;
}

// The record may be an older, shorter one.
static enum loam_status gc_set(struct mutator *th, struct value *args, struct value *result) {
  for (uint64_t i = 0; i < ZAM_CONTROLS && i < zam_size(args[0]); i++)
    zam_state(th)->control[i] = (uint64_t)zam_to_int(zam_fields(args[0])[i]);
  zam_gc_normalise(zam_state(th));
  return zam_return_unit(result);
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
    {"caml_gc_compaction", gc_compaction, 0, 0},
    {"caml_gc_major_slice", gc_slice, 0, 0},
    {"caml_gc_stat", gc_stat, 0, 0},
    {"caml_gc_quick_stat", gc_stat, 0, 0},
    {"caml_gc_counters", gc_counters, 0, 0},
    {"caml_gc_minor_words", gc_minor_words, 0, 0},
    {"caml_gc_get", gc_get, 0, 0},
    {"caml_gc_set", gc_set, 0, 0},
    {"caml_get_minor_free", zero, 0, 0},
    {"caml_get_major_bucket", zero, 0, 0},
    {"caml_get_major_credit", zero, 0, 0},
    {"caml_gc_huge_fallback_count", zero, 0, 0},
    {"caml_final_register", register_first, 0, 0},
    {"caml_final_register_called_without_value", register_last, 0, 0},
    {"caml_final_release", ignore, 0, 0},
    {NULL, NULL, 0, 0},
};
