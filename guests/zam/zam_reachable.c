// SPDX-License-Identifier: MIT
//
// zam_reachable.c: Obj.reachable_words: a walk over all blocks that a value leads to, each once. What was met is in a
// hash table by address: nothing moves, because nothing is allocated in the heap.
#include "zam_prim.h"

#define TABLE_START 1024 // a power of two

struct waiting {
  const struct value *at;
  uint64_t count;
};

struct reach {
  uint64_t *table; // addresses; 0: free
  size_t table_size, count;
  struct waiting *stack;
  uint32_t depth, room;
  uint64_t words;
};

static size_t slot_of(const struct reach *reach, uint64_t address) {
  size_t at = (size_t)((address >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (reach->table_size - 1);
  while (reach->table[at] && reach->table[at] != address) at = (at + 1) & (reach->table_size - 1);
  return at;
}

static bool grow_table(struct reach *reach) {
  struct reach larger = {.table_size = reach->table_size ? 2 * reach->table_size : TABLE_START};
  larger.table = mem_alloc_zero(larger.table_size, sizeof *larger.table);
  if (!larger.table) return false;
  for (size_t i = 0; i < reach->table_size; i++)
    if (reach->table[i]) larger.table[slot_of(&larger, reach->table[i])] = reach->table[i];
  mem_free(reach->table);
  reach->table = larger.table;
  reach->table_size = larger.table_size;
  return true;
}

static bool push(struct reach *reach, const struct value *at, uint64_t count) {
  if (count == 0) return true;
  if (!mem_grow(&reach->stack, reach->depth, &reach->room, sizeof *reach->stack)) return false;
  ASSERT(reach->depth < reach->room, "zam.I9: %u wait in room for %u", reach->depth, reach->room);
  reach->stack[reach->depth++] = (struct waiting){at, count};
  return true;
}

// Counts a block that wasn't met before. False: memory is out.
static bool visit(struct reach *reach, struct value v) {
  if (!zam_is_block(v) || v.bits == 0) return true;
  if (zam_tag(v) == ZAM_TAG_INFIX) v.bits -= zam_size(v) * sizeof(struct value);
  uint64_t size = zam_size(v), first = 0;
  if (size == 0) return true; // an atom
  if (2 * (reach->count + 1) > reach->table_size && !grow_table(reach)) return false;
  uint64_t *slot = &reach->table[slot_of(reach, v.bits)];
  ASSERT(reach->count < reach->table_size, "zam.I9: %zu blocks were met, in a table of %zu", reach->count,
         reach->table_size);
  if (*slot) return true;
  *slot = v.bits;
  reach->count++;
  reach->words += size + 1;
  if (zam_tag(v) >= ZAM_TAG_ABSTRACT) return true;
  if (zam_tag(v) == ZAM_TAG_CLOSURE) first = zam_closure_start(v);
  return push(reach, zam_fields(v) + first, size - first);
}

static enum loam_status reachable_words(struct mutator *th, struct value *args, struct value *result) {
  struct reach reach = {0};
  bool good = visit(&reach, args[0]);
  while (good && reach.depth) {
    struct waiting *top = &reach.stack[reach.depth - 1];
    ASSERT(top->count, "zam.I9: a block waits, %u deep, of which no field is left", reach.depth);
    struct value next = *top->at++;
    if (--top->count == 0) reach.depth--;
    good = visit(&reach, next);
  }
  mem_free(reach.table);
  mem_free(reach.stack);
  return good ? zam_return_int(result, (int64_t)reach.words) : zam_raise(th, ZAM_OUT_OF_MEMORY);
}

const struct zam_prim zam_reachable_prims[] = {{"caml_obj_reachable_words", reachable_words, 0, 0}, {NULL, NULL, 0, 0}};
