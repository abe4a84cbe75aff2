// SPDX-License-Identifier: MIT
//
// mitscript_name.c: interned names, and the global variables they name.
//
// Names are C memory that lives as long as the VM: field names of shapes, names in code, and the keys that programs
// make at run time as long as the record is no dictionary yet, which bounds their number.
#include "mitscript_runtime.h"

#include <string.h>

static bool grow(struct mit_state *state) {
  uint32_t capacity = state->name_capacity ? state->name_capacity * 2 : 256;
  struct mit_name **buckets = mem_alloc_zero(capacity, sizeof *buckets);
  if (!buckets) return false;
  for (uint32_t i = 0; i < state->name_capacity; i++) {
    for (struct mit_name *name = state->names[i], *next; name; name = next) {
      next = name->next;
      name->next = buckets[name->hash & (capacity - 1)];
      buckets[name->hash & (capacity - 1)] = name;
    }
  }
  ASSERT((capacity & (capacity - 1)) == 0 && capacity > state->name_count, "%u names are in %u buckets",
         state->name_count, capacity);
  mem_free(state->names);
  state->names = buckets;
  state->name_capacity = capacity;
  return true;
}

static struct mit_name *find(const struct mit_state *state, const struct mit_key *key) {
  if (!state->name_capacity) return NULL;
  struct mit_name *name = state->names[mit_key_hash(key) & (state->name_capacity - 1)];
  while (name && !(mit_name_key(name).head == key->head && mit_key_has(key, name->bytes))) name = name->next;
  return name;
}

const struct mit_name *mit_name_find(const struct mit_state *state, const struct mit_key *key) {
  return find(state, key);
}

static struct mit_name *intern(struct mit_state *state, const char *bytes, size_t length) {
  uint32_t hash = mit_hash(bytes, length);
  uint64_t word = 0;
  if (length <= MIT_SHORT_BYTES) bytes = memcpy(&word, bytes, length);
  struct mit_key key = mit_bytes_key(bytes, length, hash);
  struct mit_name *found = find(state, &key);
  if (found) return found;
  if (state->name_count >= state->name_capacity && !grow(state)) return NULL;
  struct mit_name *name = arena_alloc(&state->memory, sizeof *name + length + 8);
  if (!name) return NULL;
  struct mit_name **bucket = &state->names[hash & (state->name_capacity - 1)];
  name->hash = hash;
  name->length = (uint32_t)length;
  memcpy(name->bytes, bytes, length);
  name->next = *bucket;
  *bucket = name;
  state->name_count++;
  return name;
}

const struct mit_name *mit_name_intern(struct mit_state *state, const char *bytes, size_t length) {
  return intern(state, bytes, length);
}

struct mit_global *mit_global_get(struct mit_state *state, const char *bytes, size_t length) {
  struct mit_name *name = intern(state, bytes, length);
  if (!name || name->global) return name ? name->global : NULL;
  struct mit_global *global = arena_alloc(&state->memory, sizeof *global);
  if (!global) return NULL;
  *global = (struct mit_global){state->globals, MIT_ABSENT, name};
  return state->globals = name->global = global;
}
