// SPDX-License-Identifier: MIT
//
// mitscript_table.c: the fields of a record that is used as a dictionary: open addressing with linear probing, keys
// compared by hash and bytes. Half of the places at most are in use: a search that looks twice waits for the other key,
// and mostly for a branch. Entries are never taken out, since the language can't remove a field; a key that became an
// element keeps its place with an ABSENT value until the table grows.
#include "mitscript_record.h"

#define CAPACITY_FIRST 16 // entries; a power of two

static bool has_bytes(struct value string, const struct mit_key *key) {
  size_t length;
  bool flat;
  return mit_key_has(key, mit_string_bytes(string, &length, &flat));
}

// Where a key is, or the free entry where it belongs.
static inline __attribute__((always_inline)) struct value *find_entry(struct value table, const struct mit_key *key) {
  size_t mask = mit_table_capacity(table) - 1;
  for (size_t i = mit_key_hash(key) & mask;; i = (i + 1) & mask) {
    struct value *entry = mit_table_entry(table, i);
    if (value_same(entry[0], key->string) || mit_is_none(entry[0])) return entry;
    const struct value *other = mit_fields(entry[0]);
    if (other[0].bits != key->head) continue;               // another length or hash
    bool is_short = mit_key_length(key) <= MIT_SHORT_BYTES; // then both are flat
    if (is_short ? mit_key_has(key, (const char *)&other[1]) : has_bytes(entry[0], key)) return entry;
  }
}

struct value *mit_table_find(struct value table, const struct mit_key *key) {
  struct value *entry = find_entry(table, key);
  return mit_is_none(entry[0]) ? NULL : &entry[1];
}

static struct value *find_string(struct value table, struct value string) {
  struct mit_key key = mit_is_tagged(string, MIT_TAG_FLAT) ? mit_flat_key(string) : mit_string_key(string);
  return find_entry(table, &key);
}

static enum loam_status create(struct mutator *th, size_t capacity, struct value *out) {
  size_t words = 1 + 2 * capacity;
  ASSERT(capacity >= CAPACITY_FIRST && (capacity & (capacity - 1)) == 0,
         "mitscript.I1: a dictionary of %zu places, not a power of two", capacity);
  struct ref object = heap_alloc(th, mit_header(MIT_TAG_TABLE, words), words);
  if (!object.addr) return THROWN;
  object_fields(object)[0].bits = 0;
  for (size_t i = 1; i < words; i++) object_fields(object)[i] = MIT_NONE;
  *out = value_from_ref(object);
  return DONE;
}

// Puts an entry into a table that has room and doesn't have the key.
static void insert(struct mutator *th, struct value table, struct value *entry, struct value string, struct value v) {
  size_t at = (size_t)(entry - mit_fields(table));
  heap_store(th, value_to_ref(table), at, string);
  heap_store(th, value_to_ref(table), at + 1, v);
  mit_fields(table)[0].bits++;
  ASSERT(2 * mit_fields(table)[0].bits <= mit_table_capacity(table),
         "mitscript.I1: %llu keys in a dictionary of %zu places", (unsigned long long)mit_fields(table)[0].bits,
         mit_table_capacity(table));
}

static enum loam_status grow(struct mutator *th, struct value record) {
  ROOTS(th, &record);
  struct value made, old = mit_fields(record)[MIT_RECORD_MORE];
  if (create(th, 2 * mit_table_capacity(old), &made) != DONE) return THROWN;
  old = mit_fields(record)[MIT_RECORD_MORE];
  for (size_t i = 0; i < mit_table_capacity(old); i++) {
    const struct value *entry = mit_table_entry(old, i);
    if (mit_is_none(entry[0]) || value_same(entry[1], MIT_ABSENT)) continue;
    ASSERT(mit_is_string(entry[0]), "mitscript.I1: a key of a dictionary is %#llx", (unsigned long long)entry[0].bits);
    insert(th, made, find_string(made, entry[0]), entry[0], entry[1]);
  }
  heap_store(th, value_to_ref(record), MIT_RECORD_MORE, made);
  return DONE;
}

// Whether a key is an integer that the record's vector of elements reaches.
[[maybe_unused]] static bool is_element_key(struct value record, struct value string) {
  int32_t number;
  if (!mit_string_to_index(string, &number) || number < 0) return false;
  return (size_t)number < mit_vector_capacity(mit_fields(record)[MIT_RECORD_ELEMENTS]);
}

// Adds a key that the dictionary doesn't have.
static MAY_GC MAY_THROW enum loam_status add(struct mutator *th, struct value record, struct value string,
                                             struct value v) {
  struct value table = mit_fields(record)[MIT_RECORD_MORE], *entry = find_string(table, string);
  ROOTS(th, &record, &string, &v);
  if (2 * (mit_fields(table)[0].bits + 1) > mit_table_capacity(table)) {
    if (grow(th, record) != DONE) return THROWN;
    table = mit_fields(record)[MIT_RECORD_MORE];
    entry = find_string(table, string);
  }
  ASSERT(!is_element_key(record, string), "mitscript.I2: a key of %zu bytes belongs among the %zu elements",
         mit_string_length(string), mit_vector_capacity(mit_fields(record)[MIT_RECORD_ELEMENTS]));
  insert(th, table, entry, string, v);
  return DONE;
}

enum loam_status mit_table_store(struct mutator *th, struct value record, struct value string, struct value v) {
  struct value table = mit_fields(record)[MIT_RECORD_MORE];
  ASSERT(mit_is_tagged(table, MIT_TAG_TABLE), "mitscript.I1: a dictionary without a table, but %#llx",
         (unsigned long long)table.bits);
  const struct value *entry = find_string(table, string);
  if (mit_is_none(entry[0])) return add(th, record, string, v);
  heap_store(th, value_to_ref(table), (size_t)(entry + 1 - mit_fields(table)), v);
  return DONE;
}

bool mit_table_try_store(struct mutator *th, struct value table, struct value string, struct value v) {
  struct value *entry = find_string(table, string);
  if (mit_is_none(entry[0])) return false;
  heap_store(th, value_to_ref(table), (size_t)(entry + 1 - mit_fields(table)), v);
  return true;
}

enum loam_status mit_table_convert(struct mutator *th, struct value record) {
  const struct mit_shape *shape = mit_shape_get(mit_state_of(th), mit_shape_of(record));
  size_t capacity = CAPACITY_FIRST;
  while (capacity < 2 * ((size_t)shape->count + 2)) capacity *= 2;
  struct value table = MIT_NONE, string;
  ROOTS(th, &record, &table);
  if (create(th, capacity, &table) != DONE) return THROWN;
  for (const struct mit_shape *at = shape; at->name; at = at->parent) {
    if (mit_string_create(th, at->name->bytes, at->name->length, &string) != DONE) return THROWN;
    insert(th, table, find_string(table, string), string, *mit_slot(record, mit_shape_slot(shape, at->count - 1)));
  }
  ASSERT(mit_fields(table)[0].bits == shape->count, "mitscript.I1: %llu keys of %u fields",
         (unsigned long long)mit_fields(table)[0].bits, shape->count);
  heap_store(th, value_to_ref(record), MIT_RECORD_MORE, table);
  mit_set_shape(record, MIT_SHAPE_DICTIONARY);
  for (uint32_t i = 0; i < shape->capacity; i++) mit_fields(record)[MIT_RECORD_FIELDS + i] = MIT_NONE;
  return DONE;
}
