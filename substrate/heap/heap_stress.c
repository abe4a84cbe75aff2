// SPDX-License-Identifier: MIT
//
// heap_stress.c: making rare things frequent. A collection at every Nth allocation finds values that were not rooted;
// moving every object finds addresses that were kept; poison finds uses of what is dead. Moving is the plans' work.
#define HEAP_MODULE
#include "heap/heap_int.h"

void heap_stress_init(struct heap *heap, const struct vm_config *config) {
  heap->stress = (struct heap_stress){
      .every = config->stress_gc_every,
      .countdown = config->stress_gc_every,
      .move = config->stress_move,
      .poison = config->stress_poison,
  };
}

bool heap_stress_due(struct heap *heap) {
  if (!heap->stress.every || --heap->stress.countdown) return false;
  heap->stress.countdown = heap->stress.every;
  return true;
}

void heap_stress_poison(const struct heap *heap, uintptr_t start, size_t bytes) {
  if (!heap->stress.poison) return;
  ASSERT(start % 8 == 0 && bytes % 8 == 0, "poison of %zu bytes at %#zx", bytes, start);
  for (uint64_t *word = (uint64_t *)start, *end = (uint64_t *)(start + bytes); word < end; word++) *word = HEAP_POISON;
}
