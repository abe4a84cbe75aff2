// SPDX-License-Identifier: MIT
//
// heap_collect.c: allocation's slow path and the course of a collection, the same for all plans.
//
// A thread that needs a collection stops the world, collects on its own stack, and takes the memory it came for before
// anybody else runs: so other threads can't starve it, and "nothing fits after the hardest try" is the truth when the
// out-of-memory exception is thrown. When another thread was faster with stopping the world, it just tries again.
#define HEAP_MODULE
#include "heap/heap_int.h"

#include "os/os_clock.h"

#include <stdio.h>

static const char *const effort_names[] = {"minor", "full", "defrag"};

static void drop_buffer(struct mutator *th, void *heap) { heap_mutator_drop(heap, th); }

static void print_line(const struct heap *heap, enum heap_effort done, uint64_t before, uint64_t pause_ns) {
  fprintf(stderr, "gc %llu %s (%s): %llu KB -> %llu KB of %zu KB in %llu us\n",
          (unsigned long long)heap->stats.collections, effort_names[done], heap->reason,
          (unsigned long long)before >> 10, (unsigned long long)heap->stats.bytes_used >> 10, heap->bytes_max >> 10,
          (unsigned long long)pause_ns / 1000);
}

// One collection; the world is stopped. Returns how hard it tried.
static enum heap_effort collect_stopped(struct heap *heap, enum heap_effort effort, uint64_t start_ns) {
  heap_stats_note_held(heap);
  uint64_t before = heap->stats.bytes_used;
  heap->world.each_mutator(heap->world.context, drop_buffer, heap);
  enum heap_effort done = heap->plan->collect(heap, effort);
  ASSERT(heap->plan->bytes_held(heap) <= heap->bytes_max, "heap.I1: %zu bytes are held after a %s collection, of %zu",
         heap->plan->bytes_held(heap), effort_names[done], heap->bytes_max);
  ASSERT(heap->stats.bytes_live <= heap->bytes_max, "heap.I1: %llu bytes are alive, of %zu",
         (unsigned long long)heap->stats.bytes_live, heap->bytes_max);
  heap_stats_note_held(heap);
  heap->stats.collections++;
  heap->stats.collections_full += done > EFFORT_LEAST;
  if (heap->verify) heap_verify(heap);
  uint64_t pause_ns = os_clock_ns() - start_ns;
  heap->stats.pause_ns_total += pause_ns;
  if (pause_ns > heap->stats.pause_ns_max) heap->stats.pause_ns_max = pause_ns;
  if (heap->trace_gc) print_line(heap, done, before, pause_ns);
  return done;
}

static uintptr_t alloc_locked(struct heap *heap, struct mutator *th, size_t bytes) {
  pthread_mutex_lock(&heap->lock);
  uintptr_t at = heap->plan->alloc(heap, th, bytes);
  pthread_mutex_unlock(&heap->lock);
  return at;
}

uintptr_t heap_collect_for(struct mutator *th, size_t bytes, enum heap_effort effort, const char *reason) {
  struct heap *heap = th->heap;
  const struct heap_world *world = &heap->world;
  ASSERT(effort <= EFFORT_DEFRAG, "a collection of effort %u, asked for by %s", (unsigned)effort, reason);
  if (!heap->plan->collect) return bytes ? alloc_locked(heap, th, bytes) : 0;
  for (;;) {
    uint64_t start_ns = os_clock_ns(); // before stopping: waiting for the others is part of the pause
    if (!world->stop(world->context, th)) {
      uintptr_t at = bytes ? alloc_locked(heap, th, bytes) : 0;
      if (at || (!bytes && effort == EFFORT_LEAST)) return at;
      continue;
    }
    heap->reason = reason;
    enum heap_effort done = collect_stopped(heap, effort, start_ns);
    uintptr_t at = bytes ? heap->plan->alloc(heap, th, bytes) : 0;
    world->resume(world->context, th);
    if (at || !bytes || done == EFFORT_DEFRAG) return at;
    effort = done + 1;
    reason = "still too little";
  }
}

struct ref heap_alloc_slow(struct mutator *th, uint64_t header, size_t words) {
  struct heap *heap = th->heap;
  ASSERT(words > 0 && heap_header_words(heap, header) == words, "heap.I2: header %#llx for %zu words",
         (unsigned long long)header, words);
  ASSERT((header & (HEADER_GC_MASK | HEADER_FORWARDED)) == 0, "heap.I2: header %#llx of a fresh object",
         (unsigned long long)header);
  uintptr_t at = 0;
  if (words < heap->bytes_max / sizeof(uint64_t)) {
    size_t bytes = (words + 1) * sizeof(uint64_t);
    pthread_mutex_lock(&heap->lock);
    bool due = heap_stress_due(heap);
    if (!due) at = heap->plan->alloc(heap, th, bytes);
    pthread_mutex_unlock(&heap->lock);
    if (!at) at = heap_collect_for(th, bytes, EFFORT_LEAST, due ? "stress" : "allocation");
  }
  if (!at) {
    heap->world.throw_out_of_memory(heap->world.context, th);
    return REF_NULL;
  }
  ASSERT(at % sizeof(uint64_t) == 0 && heap_area_has(heap->objects, at) &&
             heap_area_has(heap->objects, at + words * sizeof(uint64_t)),
         "heap.I3: %zu words are made at %#zx, objects lie from %#zx on, in %zu bytes", words, at, heap->objects.start,
         heap->objects.bytes);
  *(uint64_t *)at = header;
  return (struct ref){at + sizeof(uint64_t)};
}

void heap_collect(struct mutator *th, bool full) {
  heap_collect_for(th, 0, full ? EFFORT_FULL : EFFORT_LEAST, "asked for");
}
