// SPDX-License-Identifier: MIT
//
// zam_memprof.c: sampling what is allocated. See zam_memprof.h.
//
// Each word is sampled with the same probability; how many are left out until the next one is drawn from the geometric
// distribution. While it samples, the heap gives no buffers, so that every allocation comes to zam_alloc, and no hot
// code runs, which would do without some. A sampled block gets an entry, which records what happens to it: allocated,
// promoted (it lived through a collection), dead. The program's functions are called for these by the instruction that
// allocated, and for what primitives allocate, and for the collector's news, at the next safepoint, in the thread that
// allocated; what they allocate themselves is not sampled. An exception of theirs comes out there.
#include "zam_memprof.h"

#include "zam_backtrace.h"
#include "zam_prim.h"
#include "zam_signal.h"
#include "zam_thread.h"

#include <math.h>

#define NEVER UINT64_MAX

enum tracker { ALLOC_MINOR, ALLOC_MAJOR, PROMOTE, DEALLOC_MINOR, DEALLOC_MAJOR };

struct entry {
  struct entry *next;
  struct value block; // weak
  struct value data;  // what the program made of it
  const struct zam_thread *owner;
  uint64_t samples, size;
  size_t place_count;
  enum zam_memprof_source source;
  bool major; // born so, or promoted
  bool told_alloc, promoted, told_promote, dead, running, gone;
  struct value places[]; // integers
};

struct zam_memprof {
  double rate, scale; // of words; 1 / log(1 - rate)
  uint64_t skip;      // words until the next sample
  uint64_t random;
  size_t callstack_max;
  struct value tracker;
  struct entry *entries, **last;
  struct entry *untold; // the first whose allocation may not have been told
  size_t count, gone;   // entries, and how many of them may be freed
  unsigned runners;     // threads that go through the entries
  bool collected;       // a collection has news of any of them
  bool on;
  enum zam_memprof_source source;
};

static _Thread_local bool suspended; // this thread runs a function of the program's

// ---- drawing -------------------------------------------------------------------------------------------------------

static uint64_t draw(struct zam_memprof *prof) {
  ASSERT(prof->rate <= 0 || prof->random, "samples are drawn without a state");
  if (prof->rate >= 1) return 0;
  if (prof->rate <= 0) return NEVER;
  prof->random ^= prof->random << 13; // xorshift
  prof->random ^= prof->random >> 7;
  prof->random ^= prof->random << 17;
  double unit = ((double)(prof->random >> 11) + 1) / 9007199254740993.0; // in (0, 1), of 53 bits
  double words = log(unit) * prof->scale;
  return words >= 1e15 ? (uint64_t)1e15 : (uint64_t)words;
}

static uint64_t count_samples(struct zam_memprof *prof, uint64_t words) {
  uint64_t samples = 0;
  while (words > prof->skip) {
    samples++;
    words -= prof->skip + 1;
    prof->skip = draw(prof);
  }
  if (prof->skip != NEVER) prof->skip -= words;
  return samples;
}

static void add_entry(struct mutator *th, struct value block, uint64_t samples, uint64_t size,
                      enum zam_memprof_source source) {
  struct zam_state *state = zam_state(th);
  struct zam_memprof *prof = state->memprof;
  struct value places[ZAM_PLACES_MAX];
  size_t count = zam_backtrace_callstack(th, places, prof->callstack_max);
  ASSERT(count <= prof->callstack_max && prof->callstack_max <= ZAM_PLACES_MAX,
         "a sample of %zu places, of at most %zu", count, prof->callstack_max);
  struct entry *entry = mem_alloc_zero(1, sizeof *entry + count * sizeof *places);
  if (!entry) return; // a sample less
  entry->block = block;
  entry->data = ZAM_UNIT;
  entry->owner = state->threads ? state->threads->current : NULL;
  entry->samples = samples;
  entry->size = size;
  entry->source = source;
  entry->major = size > ZAM_MINOR_WORDS_MAX && source != ZAM_MEMPROF_CUSTOM;
  entry->place_count = count;
  memcpy(entry->places, places, count * sizeof *places);
  ASSERT(!*prof->last, "the last of %zu sampled blocks is followed by %p", prof->count, (void *)*prof->last);
  *prof->last = entry;
  prof->last = &entry->next;
  prof->count++;
  if (!prof->untold) prof->untold = entry;
  zam_signals_wake(state);
}

void zam_memprof_sample(struct mutator *th, struct ref object, size_t words) {
  struct zam_memprof *prof = zam_state(th)->memprof;
  if (!prof->on || suspended || !object.addr) return;
  uint64_t samples = count_samples(prof, words + 1);
  if (samples) add_entry(th, value_from_ref(object), samples, words, prof->source);
}

void zam_memprof_sample_custom(struct mutator *th, struct value block, size_t bytes) {
  struct zam_memprof *prof = zam_state(th)->memprof;
  if (!prof || !prof->on || suspended) return;
  uint64_t words = (bytes + 7) / 8, samples = count_samples(prof, words);
  if (samples) add_entry(th, block, samples, words, ZAM_MEMPROF_CUSTOM);
}

// ---- telling -------------------------------------------------------------------------------------------------------

// Calls one of the tracker's functions.
static enum loam_status call(struct mutator *th, struct entry *entry, enum tracker function, struct value argument,
                             struct value *result) {
  ASSERT(!entry->running && !suspended, "a tracker is called for a sample that is told already");
  suspended = entry->running = true;
  enum loam_status status = zam_call(th, zam_fields(zam_state(th)->memprof->tracker)[function], &argument, 1, result);
  suspended = entry->running = false;
  if (status != DONE) entry->gone = true;
  return status;
}

// Keeps the data that an option holds; without any, the entry is of no more interest.
static void take_option(struct entry *entry, struct value option) {
  if (zam_is_int(option))
    entry->gone = true;
  else
    entry->data = zam_fields(option)[0];
}

static enum loam_status tell_alloc(struct mutator *th, struct entry *entry) {
  ASSERT(!entry->told_alloc && entry->samples, "an allocation is told twice, or of %llu samples",
         (unsigned long long)entry->samples);
  struct value callstack = zam_atom(0), info = ZAM_UNIT, option;
  ROOTS(th, &callstack, &info);
  entry->told_alloc = true;
  suspended = true; // for what follows
  struct ref places = entry->place_count ? zam_alloc(th, 0, entry->place_count) : REF_NULL;
  if (places.addr) {
    memcpy(object_fields(places), entry->places, entry->place_count * sizeof(struct value));
    callstack = value_from_ref(places);
  }
  struct ref record = entry->place_count && !places.addr ? REF_NULL : zam_alloc(th, 0, 4);
  suspended = false;
  if (!record.addr) return THROWN;
  info = value_from_ref(record);
  zam_fields(info)[0] = zam_from_int((int64_t)entry->samples);
  zam_fields(info)[1] = zam_from_int((int64_t)entry->size);
  zam_fields(info)[2] = zam_from_int(entry->source);
  zam_fields(info)[3] = callstack;
  if (call(th, entry, entry->major ? ALLOC_MAJOR : ALLOC_MINOR, info, &option) != DONE) return THROWN;
  take_option(entry, option);
  return DONE;
}

static enum loam_status tell(struct mutator *th, struct entry *entry) {
  struct value result;
  if (!entry->told_alloc && tell_alloc(th, entry) != DONE) return THROWN;
  if (!entry->gone && entry->promoted && !entry->told_promote) {
    entry->told_promote = true;
    if (call(th, entry, PROMOTE, entry->data, &result) != DONE) return THROWN;
    take_option(entry, result);
  }
  if (entry->gone || !entry->dead) return DONE;
  entry->gone = true;
  return call(th, entry, entry->major || entry->promoted ? DEALLOC_MAJOR : DEALLOC_MINOR, entry->data, &result);
}

// Frees what is gone, when that is much.
static void sweep(struct zam_memprof *prof) {
  if (prof->runners || prof->gone <= prof->count / 2) return;
  prof->gone = 0;
  prof->last = &prof->entries;
  while (*prof->last) {
    struct entry *entry = *prof->last;
    if (entry->gone && !entry->running) {
      *prof->last = entry->next;
      ASSERT(prof->count, "%p is one sampled block too many", (void *)entry);
      prof->count--;
      mem_free(entry);
    } else {
      prof->last = &entry->next;
    }
  }
}

static bool is_live(const struct zam_threads *threads, const struct zam_thread *owner) {
  const struct zam_thread *lists[] = {threads->all, threads->attached}, *found = NULL;
  for (size_t i = 0; i < COUNT_OF(lists); i++)
    for (const struct zam_thread *t = lists[i]; t && !found; t = t->next)
      if (t == owner) found = t;
  return found;
}

// Of a thread that is no more, any other is told.
static bool is_mine(const struct zam_state *state, const struct entry *entry) {
  const struct zam_threads *threads = state->threads;
  return !threads || entry->owner == threads->current || !is_live(threads, entry->owner);
}

enum loam_status zam_memprof_run(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  struct zam_memprof *prof = state->memprof;
  enum loam_status status = DONE;
  if (!prof || suspended) return DONE;
  bool all = prof->collected;
  struct entry *entry = all ? prof->entries : prof->untold, *left = NULL;
  prof->collected = false;
  prof->untold = NULL;
  prof->runners++;
  for (; entry && status == DONE && prof->on; entry = entry->next) {
    if (entry->gone || entry->running) continue;
    if (entry->told_alloc || is_mine(state, entry))
      status = tell(th, entry);
    else if (!left)
      left = entry; // for its thread
    prof->gone += entry->gone;
  }
  ASSERT(prof->runners, "more threads have told samples than began to");
  prof->runners--;
  if (!prof->on) return status;
  for (; entry && status != DONE; entry = entry->next) {
    bool untold = !entry->gone && !entry->running && !entry->told_alloc;
    if (untold && is_mine(state, entry)) { // what led to it would not have happened
      entry->gone = true;
      prof->gone++;
    } else if (untold && !left) {
      left = entry;
    }
  }
  prof->collected |= status != DONE && all;
  prof->untold = left ? left : prof->untold;
  if (left) state->pending = true;
  sweep(prof);
  return status;
}

// ---- the collector -------------------------------------------------------------------------------------------------

void zam_memprof_roots(struct zam_state *state, struct root_visitor *visit) {
  if (!state->memprof) return;
  visit->slot(visit, &state->memprof->tracker);
  for (struct entry *entry = state->memprof->entries; entry; entry = entry->next) visit->slot(visit, &entry->data);
}

// What lived through a collection is promoted.
void zam_memprof_weak(struct zam_state *state, struct weak_visitor *visit) {
  bool news = false;
  for (struct entry *entry = state->memprof ? state->memprof->entries : NULL; entry; entry = entry->next) {
    if (entry->dead || entry->gone) continue;
    ASSERT(zam_is_block(entry->block), "a sampled block is %#llx", (unsigned long long)entry->block.bits);
    entry->dead = !visit->alive(visit, &entry->block);
    if (entry->dead) entry->block = ZAM_UNIT;
    bool promoted = !entry->dead && !entry->major && !entry->promoted;
    entry->promoted |= promoted;
    news |= promoted || entry->dead;
  }
  if (!news) return;
  state->memprof->collected = true;
  zam_signals_wake(state);
}

void zam_memprof_free(struct zam_state *state) {
  suspended = false;
  if (!state->memprof) return;
  for (struct entry *entry = state->memprof->entries, *next; entry; entry = next) {
    next = entry->next;
    mem_free(entry);
  }
  mem_free(state->memprof);
}

// ---- primitives ----------------------------------------------------------------------------------------------------

static enum loam_status start(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  double rate = zam_float(args[0]);
  int64_t most = zam_arg_int(args, 1);
  *result = ZAM_UNIT;
  if (state->memprof && state->memprof->on) return zam_fail(th, "Gc.Memprof.start: already started.");
  if (most < 0 || !(rate >= 0 && rate <= 1)) return zam_invalid(th, "Gc.Memprof.start");
  struct zam_memprof *prof = state->memprof ? state->memprof : mem_alloc_zero(1, sizeof *prof);
  if (!prof) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  state->memprof = prof;
  if (!prof->last) prof->last = &prof->entries;
  prof->rate = rate;
  prof->scale = rate > 0 && rate < 1 ? 1 / log1p(-rate) : 0;
  if (!prof->random) prof->random = 0x9e3779b97f4a7c15;
  prof->skip = draw(prof);
  prof->callstack_max = most < ZAM_PLACES_MAX ? (size_t)most : ZAM_PLACES_MAX;
  prof->tracker = zam_arg(args, 2);
  method_avoid_hot(th, true);
  prof->on = true;
  heap_watch(th, true);
  return DONE;
}

// What is waiting is told before; what was sampled is forgotten.
static enum loam_status stop(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  (void)args;
  *result = ZAM_UNIT;
  if (!state->memprof || !state->memprof->on) return zam_fail(th, "Gc.Memprof.stop: not started.");
  if (zam_memprof_run(th) != DONE) return THROWN;
  struct zam_memprof *prof = state->memprof;
  prof->on = false;
  for (struct entry *entry = prof->entries; entry; entry = entry->next) entry->gone = true;
  prof->gone = prof->count;
  prof->untold = NULL;
  sweep(prof);
  prof->tracker = ZAM_UNIT;
  heap_watch(th, false);
  method_avoid_hot(th, false);
  return DONE;
}

void zam_memprof_suspend(void) { suspended = true; }

void zam_memprof_enter(struct mutator *th) {
  const struct zam_memprof *prof = zam_state(th)->memprof;
  if (prof && prof->on) heap_watch(th, true);
}

void zam_memprof_set_source(struct zam_state *state, enum zam_memprof_source source) {
  if (state->memprof) state->memprof->source = source;
}

const struct zam_prim zam_memprof_prims[] = {
    {"caml_memprof_start", start, 0, 0}, {"caml_memprof_stop", stop, 0, 0}, {NULL, NULL, 0, 0}};
