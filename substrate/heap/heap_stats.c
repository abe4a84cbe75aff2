// SPDX-License-Identifier: MIT
//
// heap_stats.c: the collector's own counters. They are exact: the hard limit and the tests of it rest on them.
#define HEAP_MODULE
#include "heap/heap_int.h"

void heap_stats_note_held(struct heap *heap) {
  size_t held = heap->plan->bytes_held(heap);
  ASSERT(held <= heap->bytes_max, "heap.I1: %zu bytes held, the limit is %zu", held, heap->bytes_max);
  heap->stats.bytes_used = held;
  if (held > heap->stats.bytes_used_max) heap->stats.bytes_used_max = held;
}

void heap_stats_read(const struct heap *heap, struct heap_stats *out) {
  pthread_mutex_t *lock = (pthread_mutex_t *)&heap->lock;
  pthread_mutex_lock(lock);
  heap_stats_note_held((struct heap *)heap);
  *out = heap->stats;
  pthread_mutex_unlock(lock);
}

const char *heap_plan_name(const struct heap *heap) { return heap->plan->name; }

void heap_read_counters(const struct mutator *th, struct loam_stats *out) {
  struct heap_stats stats;
  heap_stats_read(th->heap, &stats);
  *out = (struct loam_stats){.collections = stats.collections,
                             .collections_full = stats.collections_full,
                             .bytes_allocated = stats.bytes_allocated - (th->alloc_limit - th->alloc_cursor),
                             .bytes_used = stats.bytes_used,
                             .bytes_used_max = stats.bytes_used_max,
                             .pause_ns_total = stats.pause_ns_total,
                             .pause_ns_max = stats.pause_ns_max,
                             .bytes_promoted = stats.bytes_promoted};
}
