// SPDX-License-Identifier: MIT
//
// heap_world_test.h: a mock world for the heap's tests and benchmarks: mutators that are plain pthreads, roots that are
// ROOTS and an array, and some kinds of objects. It stands for the thread module and a guest, and does no more than
// struct heap_world asks.
//
// Values: odd words are integers, even words but 0 are references.
#ifndef LOAM_HEAP_HEAP_WORLD_TEST_H
#define LOAM_HEAP_HEAP_WORLD_TEST_H

#include "heap/heap.h"

#include <pthread.h>

enum heap_mock_tag { TAG_NODE = 1, TAG_BYTES = 2, TAG_MIXED = 3, TAG_ODD = 4, TAG_INNER = 5 };

// How many raw words a TAG_MIXED object starts with. A TAG_ODD object scans its last word only, by a callback. The word
// header_make(TAG_INNER, n) in field n - 1 of an object lets others refer to field n.
enum { MIXED_RAW_WORDS = 2 };

enum { WORLD_MUTATORS_MAX = 8, WORLD_ROOTS = 16 };

struct heap_mock_mutator {
  struct mutator th; // first: the heap gives us this
  bool parked;
};

struct heap_mock {
  struct heap *heap;
  struct heap_mock_mutator mutators[WORLD_MUTATORS_MAX];
  bool joined[WORLD_MUTATORS_MAX];
  struct value roots[WORLD_ROOTS]; // of all threads
  struct value weak[WORLD_ROOTS];  // become 0 when their object dies
  struct value kept;               // dies last: made live again when nothing else refers to it
  struct value *stored;            // a field that somebody remembers by its address, or NULL
  pthread_mutex_t lock;
  pthread_cond_t changed;
  _Atomic bool stopping;
  unsigned thrown;      // out-of-memory exceptions so far
  unsigned refuse_stop; // so many times `stop` says that somebody else has collected
};

// Makes a world with a heap of `heap_max` bytes; what else the test wants is in `config`. Aborts when that fails.
void heap_mock_init(struct heap_mock *world, struct vm_config *config);
void heap_mock_fini(struct heap_mock *world);

// A thread's mutator begins and ends. heap_mock_init made the first, mutators[0].
struct mutator *heap_mock_join(struct heap_mock *world);
void heap_mock_leave(struct heap_mock *world, struct mutator *th);

// Stops here when somebody collects.
void heap_mock_safepoint(struct heap_mock *world, struct mutator *th);

static inline struct mutator *heap_mock_main(struct heap_mock *world) { return &world->mutators[0].th; }

static inline struct value value_int(int64_t number) { return (struct value){(uint64_t)number << 1 | 1}; }
static inline int64_t value_to_int(struct value v) { return (int64_t)v.bits >> 1; }

// An object whose fields are all 0, or REF_NULL when the limit is reached. Large ones are filled before a safepoint,
// too.
struct ref heap_mock_alloc(struct mutator *th, enum heap_mock_tag tag, size_t words);

struct heap_stats heap_mock_stats(const struct heap_mock *world);

// A list of `length` TAG_NODE objects {number, next}, the numbers counting down to 0; checks it again.
struct ref heap_mock_make_list(struct mutator *th, int64_t length);
bool heap_mock_check_list(struct ref list, int64_t length);

// Prepends cells of `words` words to the list in roots[0] until memory is out; returns how many fitted.
size_t heap_mock_fill(struct heap_mock *world, size_t words);

// Deterministic pseudo-random numbers.
uint64_t heap_mock_random(uint64_t *state);

// The plans in all their stress modes, for tests that must hold for each; heap limits of 8 MB.
extern const struct vm_config heap_mock_configs[];
extern const size_t heap_mock_config_count;

// Runs each test once with each configuration as its initial state. Returns the number of failures.
struct heap_mock_test {
  const char *name;
  void (*run)(void **state);
};
int heap_mock_run_tests(const char *group, const struct heap_mock_test *tests, size_t count);

#endif
