// SPDX-License-Identifier: MIT
//
// heap_alloc_bench.c: what the collectors cost, against a bump allocator that never collects.
//
// Mutators in C do little but allocate, so the ratios here are worse than any guest's: what passes here passes there.
// Each program runs once per plan, the heap limit three times what it keeps alive; the best of several rounds counts.
// Usage: heap_alloc_bench [nursery KB] [program]
#include "heap/heap_world_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

// A complete tree; its subtrees are roots while the next is built.
static struct ref tree_make(struct mutator *th, int depth) {
  struct value left = {0}, right = {0};
  ROOTS(th, &left, &right);
  if (depth > 0) {
    left = value_from_ref(tree_make(th, depth - 1));
    right = value_from_ref(tree_make(th, depth - 1));
  }
  struct ref node = heap_alloc(th, header_make(TAG_NODE, 2), 2);
  object_fields(node)[0] = left;
  object_fields(node)[1] = right;
  return node;
}

static uint64_t tree_count(struct ref node) {
  struct value left = object_fields(node)[0], right = object_fields(node)[1];
  return left.bits ? 1 + tree_count(value_to_ref(left)) + tree_count(value_to_ref(right)) : 1;
}

// Many trees of all sizes beside one that stays: the usual picture of a functional program.
static uint64_t run_trees(struct mutator *th) {
  enum { DEPTH = 16 };
  uint64_t sum = 0;
  struct value kept = {0}, tree = {0};
  ROOTS(th, &kept, &tree);
  kept = value_from_ref(tree_make(th, DEPTH));
  for (int depth = 4; depth <= DEPTH; depth += 4) {
    for (int i = 0; i < 1 << (DEPTH - depth + 4); i++) {
      tree = value_from_ref(tree_make(th, depth));
      sum += tree_count(value_to_ref(tree));
    }
  }
  return sum + tree_count(value_to_ref(kept));
}

// A queue of fixed length: every object lives for a while and then dies in order, which is hard on generations.
static uint64_t run_queue(struct mutator *th) {
  enum { LENGTH = 30000, STEPS = 6000000 };
  struct value head = {0}, tail = {0};
  ROOTS(th, &head, &tail);
  head = tail = value_from_ref(heap_mock_alloc(th, TAG_NODE, 3));
  uint64_t sum = 0;
  for (int i = 0; i < STEPS; i++) {
    struct ref node = heap_alloc(th, header_make(TAG_NODE, 3), 3);
    object_fields(node)[0] = (struct value){0};
    object_fields(node)[1] = object_fields(node)[2] = value_int(i);
    heap_store(th, value_to_ref(tail), 0, value_from_ref(node));
    tail = value_from_ref(node);
    if (i < LENGTH) continue;
    sum += object_fields(value_to_ref(head))[1].bits;
    head = object_fields(value_to_ref(head))[0];
  }
  return sum;
}

// Lists that are built, mapped and dropped: nearly everything dies at once.
static uint64_t run_lists(struct mutator *th) {
  uint64_t sum = 0;
  struct value list = {0}, mapped = {0}, at = {0};
  ROOTS(th, &list, &mapped, &at);
  for (int round = 0; round < 20000; round++) {
    list = mapped = (struct value){0};
    for (int i = 0; i < 200; i++) {
      struct ref cell = heap_alloc(th, header_make(TAG_NODE, 2), 2);
      object_fields(cell)[0] = value_int(i);
      object_fields(cell)[1] = list;
      list = value_from_ref(cell);
    }
    for (at = list; at.bits; at = object_fields(value_to_ref(at))[1]) {
      struct ref cell = heap_alloc(th, header_make(TAG_NODE, 2), 2);
      object_fields(cell)[0] = object_fields(value_to_ref(at))[0];
      object_fields(cell)[1] = mapped;
      mapped = value_from_ref(cell);
    }
    sum += object_fields(value_to_ref(mapped))[0].bits;
  }
  return sum;
}

// A table whose entries are replaced in random order: old objects die in no order, and the barrier is busy.
static uint64_t run_table(struct mutator *th) {
  enum { SLOTS = 100000, STEPS = 4000000 };
  struct value table = {0};
  ROOTS(th, &table);
  table = value_from_ref(heap_mock_alloc(th, TAG_NODE, SLOTS));
  uint64_t random = 12345;
  for (int i = 0; i < STEPS; i++) {
    random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
    size_t words = 2 + (random >> 60);
    struct ref entry = heap_alloc(th, header_make(TAG_MIXED, words), words);
    for (size_t at = 0; at < words; at++) object_fields(entry)[at] = value_int(i);
    heap_store(th, value_to_ref(table), (random >> 33) % SLOTS, value_from_ref(entry));
  }
  return object_fields(value_to_ref(table))[7].bits != 0;
}

// Strings that grow: byte objects of 16 bytes to 40 KB.
static uint64_t run_bytes(struct mutator *th) {
  struct value text = {0};
  ROOTS(th, &text);
  uint64_t sum = 0;
  for (int round = 0; round < 300; round++) {
    text = value_from_ref(heap_mock_alloc(th, TAG_BYTES, 1));
    for (size_t words = 2; words < 5000; words += 1 + words / 64) {
      struct ref longer = heap_alloc(th, header_make(TAG_BYTES, words), words);
      size_t before = (size_t)(*object_header(value_to_ref(text)) >> HEADER_GUEST_SHIFT);
      memcpy(object_fields(longer), object_fields(value_to_ref(text)), before * 8);
      memset(object_fields(longer) + before, 1, (words - before) * 8);
      text = value_from_ref(longer);
      sum += words;
    }
  }
  return sum;
}

static const struct program {
  const char *name;
  uint64_t (*run)(struct mutator *th);
  size_t live_kb; // what it keeps alive
} programs[] = {
    {"trees", run_trees, 6144},  {"queue", run_queue, 960}, {"lists", run_lists, 16},
    {"table", run_table, 10156}, {"bytes", run_bytes, 80},
};

static double run_once(const struct program *program, const char *plan, size_t heap_max, size_t nursery,
                       struct heap_stats *stats) {
  struct heap_mock world;
  struct vm_config config = {.gc_plan = plan, .heap_max = heap_max, .nursery_size = nursery};
  if (getenv("HEAP_TRACE")) config.trace = TRACE_GC;
  heap_mock_init(&world, &config);
  double start = now_ms();
  uint64_t sum = program->run(heap_mock_main(&world));
  double ms = now_ms() - start;
  *stats = heap_mock_stats(&world);
  heap_mock_fini(&world);
  CHECK(sum && !world.thrown, "%s ran out of memory under %s", program->name, plan);
  return ms;
}

static double run_best(const struct program *program, const char *plan, size_t heap_max, size_t nursery,
                       struct heap_stats *stats) {
  double best = 0;
  for (int round = 0; round < 5; round++) {
    double ms = run_once(program, plan, heap_max, nursery, stats);
    if (round == 0 || ms < best) best = ms;
  }
  return best;
}

int main(int argc, char **argv) {
  size_t nursery = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) << 10 : 0;
  static const char *const others[] = {"semispace", "marksweep", "markcompact"};
  printf("%-8s %9s %9s %6s %10s %10s %11s %8s %6s %9s %9s\n", "program", "nogc ms", "genimmix", "ratio", others[0],
         others[1], others[2], "minor", "full", "copied KB", "pause us");
  for (size_t i = 0; i < COUNT_OF(programs); i++) {
    const struct program *program = &programs[i];
    if (argc > 2 && strcmp(argv[2], program->name) != 0) continue;
    size_t heap_max = 3 * program->live_kb << 10;
    if (heap_max < (size_t)1 << 20) heap_max = (size_t)1 << 20;
    struct heap_stats stats, other;
    double bump = run_best(program, "nogc", (size_t)4 << 30, 0, &other);
    double immix = run_best(program, "genimmix", heap_max, nursery, &stats);
    double ms[COUNT_OF(others)];
    for (size_t o = 0; o < COUNT_OF(others); o++) ms[o] = run_best(program, others[o], heap_max, 0, &other);
    printf("%-8s %9.1f %9.1f %6.2f %10.1f %10.1f %11.1f %8llu %6llu %9llu %9llu\n", program->name, bump, immix,
           immix / bump, ms[0], ms[1], ms[2], (unsigned long long)(stats.collections - stats.collections_full),
           (unsigned long long)stats.collections_full, (unsigned long long)stats.bytes_copied >> 10,
           (unsigned long long)stats.pause_ns_max / 1000);
  }
  return 0;
}
