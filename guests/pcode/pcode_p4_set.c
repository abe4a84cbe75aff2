// SPDX-License-Identifier: MIT
//
// pcode_p4_set.c: the sets of the P4 machine. A cell holds a whole set of members from 0 to 255 in one word. The sets
// that compilers make of symbols have small members: their word has a bit for each, and the bodies of the opcodes
// handle them. A set with a member above 62 is an entry of a table of all such sets that ever came up; the word is its
// number and the sign bit. A program that mixes up types can make a word of any kind: a number is looked at before it
// is used.
#include "pcode_p4.h"

#include <string.h>

#define ENTRIES_MAX (1 << 20)
#define BIG (UINT64_C(1) << 63)

// The table: entries in the order they came up, and their places in a hash table with open addressing.
struct pcode_p4_sets {
  struct p4_set *entries;
  uint32_t count, capacity;
  uint32_t *slots; // 1 + an entry's number; twice the capacity
};

static uint32_t hash_of(const struct p4_set *set) {
  uint64_t hash = 0;
  for (int i = 0; i < P4_SET_WORDS; i++) hash = (hash ^ set->words[i]) * UINT64_C(0x9e3779b97f4a7c15); // 2^64 / phi
  return (uint32_t)(hash >> 32);
}

// Where an entry is, or the free slot for it.
static uint32_t *find_slot(const struct pcode_p4_sets *sets, const struct p4_set *set) {
  ASSERT(sets->count <= sets->capacity && (sets->capacity & (sets->capacity - 1)) == 0,
         "pcode.I12: %u sets in a table for %u", sets->count, sets->capacity);
  uint32_t mask = sets->capacity * 2 - 1, at = hash_of(set) & mask;
  while (sets->slots[at] && memcmp(&sets->entries[sets->slots[at] - 1], set, sizeof *set) != 0) at = (at + 1) & mask;
  return &sets->slots[at];
}

static bool enlarge(struct pcode_p4_sets *sets) {
  uint32_t capacity = sets->capacity ? sets->capacity * 2 : 64;
  if (capacity > ENTRIES_MAX) return false;
  struct p4_set *entries = mem_resize(sets->entries, capacity * sizeof *entries);
  if (!entries) return false;
  sets->entries = entries;
  uint32_t *slots = mem_alloc_zero((size_t)capacity * 2, sizeof *slots);
  if (!slots) return false;
  mem_free(sets->slots);
  ASSERT(sets->count <= capacity / 2, "pcode.I12: %u sets move to a table for %u", sets->count, capacity);
  sets->slots = slots;
  sets->capacity = capacity;
  for (uint32_t i = 0; i < sets->count; i++) *find_slot(sets, &entries[i]) = i + 1;
  return true;
}

bool pcode_p4_set_word(struct pcode_state *state, const struct p4_set *set, int64_t *word) {
  uint64_t above = set->words[1] | set->words[2] | set->words[3];
  *word = (int64_t)set->words[0];
  if (!above && *word >= 0) return true;
  if (!state->p4_sets) state->p4_sets = mem_alloc_zero(1, sizeof *state->p4_sets);
  struct pcode_p4_sets *sets = state->p4_sets;
  if (!sets || (sets->count == sets->capacity && !enlarge(sets))) return false;
  uint32_t *slot = find_slot(sets, set);
  if (!*slot) {
    ASSERT(sets->count < sets->capacity, "pcode.I12: set %u of room for %u", sets->count, sets->capacity);
    sets->entries[sets->count] = *set;
    *slot = ++sets->count;
  }
  ASSERT(*slot && *slot <= sets->count, "pcode.I12: a set is entry %u of %u", *slot, sets->count);
  *word = (int64_t)(BIG | (*slot - 1));
  return true;
}

void pcode_p4_sets_close(struct pcode_state *state) {
  if (!state->p4_sets) return;
  mem_free(state->p4_sets->entries);
  mem_free(state->p4_sets->slots);
  mem_free(state->p4_sets);
  state->p4_sets = NULL;
}

// The set that a word stands for.
static enum loam_status open_set(struct mutator *th, struct value word, struct p4_set *set) {
  const struct pcode_p4_sets *sets = pcode_state_of(th)->p4_sets;
  *set = (struct p4_set){{word.bits}};
  if (!(word.bits & BIG)) return DONE;
  uint64_t number = word.bits & ~BIG;
  if (!sets || number >= sets->count) return pcode_throw(th, PCODE_ERROR_SET);
  *set = sets->entries[number];
  return DONE;
}

static enum loam_status close_set(struct mutator *th, const struct p4_set *set, struct value *word) {
  int64_t made;
  if (!pcode_p4_set_word(pcode_state_of(th), set, &made)) return pcode_throw(th, PCODE_ERROR_MEMORY);
  *word = pcode_word(made);
  return DONE;
}

enum loam_status pcode_p4_set_make(struct mutator *th, struct value member, struct value *set) {
  struct p4_set made = {{0}};
  if (member.bits >= P4_SET_MEMBERS) return pcode_throw(th, PCODE_ERROR_MEMBER);
  made.words[member.bits / 64] = UINT64_C(1) << member.bits % 64;
  return close_set(th, &made, set);
}

enum loam_status pcode_p4_set_union(struct mutator *th, struct value l, struct value r, struct value *set) {
  struct p4_set a, b;
  if (open_set(th, l, &a) != DONE || open_set(th, r, &b) != DONE) return THROWN;
  for (int i = 0; i < P4_SET_WORDS; i++) a.words[i] |= b.words[i];
  return close_set(th, &a, set);
}

enum loam_status pcode_p4_set_intersection(struct mutator *th, struct value l, struct value r, struct value *set) {
  struct p4_set a, b;
  if (open_set(th, l, &a) != DONE || open_set(th, r, &b) != DONE) return THROWN;
  for (int i = 0; i < P4_SET_WORDS; i++) a.words[i] &= b.words[i];
  return close_set(th, &a, set);
}

enum loam_status pcode_p4_set_difference(struct mutator *th, struct value l, struct value r, struct value *set) {
  struct p4_set a, b;
  if (open_set(th, l, &a) != DONE || open_set(th, r, &b) != DONE) return THROWN;
  for (int i = 0; i < P4_SET_WORDS; i++) a.words[i] &= ~b.words[i];
  return close_set(th, &a, set);
}

enum loam_status pcode_p4_set_has(struct mutator *th, struct value member, struct value set, struct value *truth) {
  struct p4_set a;
  if (open_set(th, set, &a) != DONE) return THROWN;
  truth->bits = member.bits < P4_SET_MEMBERS && (a.words[member.bits / 64] >> member.bits % 64 & 1);
  return DONE;
}

enum loam_status pcode_p4_set_included(struct mutator *th, struct value inner, struct value outer,
                                       struct value *truth) {
  struct p4_set a, b;
  if (open_set(th, inner, &a) != DONE || open_set(th, outer, &b) != DONE) return THROWN;
  uint64_t rest = 0;
  for (int i = 0; i < P4_SET_WORDS; i++) rest |= a.words[i] & ~b.words[i];
  truth->bits = !rest;
  return DONE;
}
