// SPDX-License-Identifier: MIT
//
// mitscript_element.c: integer keys.
//
// Keys from 0 are elements of a vector as long as they lie densely enough; others, and negative ones, are in the
// record's dictionary under their digits. Invariant mitscript.I2: an integer key below the vector's capacity is never
// in the dictionary. So a store behind the last element needs no look at the dictionary as long as the vector has room,
// and growing the vector moves what comes into its reach.
#include "mitscript_record.h"

#define CAPACITY_FIRST 8
#define CAPACITY_MAX ((size_t)INT32_MAX + 1) // as many as there are keys
// A key this far behind a vector is still made an element: a quarter of a vector or more is in use. `live` elements are
// counted, not the place of the last one: keys like 1, 2, 4, 8 ... would make a vector of holes.
static bool is_dense(size_t index, size_t live) { return index <= 2 * live + 32; }

static struct mit_key key_of_number(int32_t i, union mit_digits *digits) {
  size_t length = mit_digits(i, digits);
  return mit_bytes_key(digits->bytes, length, mit_hash(digits->bytes, length));
}

struct value mit_element_load(const struct mutator *th, struct value r, int32_t i) {
  struct value elements = mit_fields(r)[MIT_RECORD_ELEMENTS];
  if (i >= 0 && (size_t)i < mit_vector_capacity(elements)) {
    struct value v = mit_fields(elements)[MIT_VECTOR_VALUES + i];
    return value_same(v, MIT_ABSENT) ? MIT_NONE : v;
  }
  union mit_digits digits;
  struct mit_key key = key_of_number(i, &digits);
  return mit_named_load(mit_state_of(th), r, &key);
}

// Puts an element where the vector has room.
static void put(struct mutator *th, struct value elements, size_t index, struct value v) {
  struct value *words = mit_fields(elements);
  ASSERT(index < mit_vector_capacity(elements), "mitscript.I2: element %zu is put into a vector of %zu", index,
         mit_vector_capacity(elements));
  if (value_same(words[MIT_VECTOR_VALUES + index], MIT_ABSENT)) words[MIT_VECTOR_LIVE].bits++;
  if (words[MIT_VECTOR_COUNT].bits <= index) words[MIT_VECTOR_COUNT].bits = index + 1;
  heap_store(th, value_to_ref(elements), MIT_VECTOR_VALUES + index, v);
}

// The integer keys of the dictionary that the vector now reaches become elements.
static void take_from_dictionary(struct mutator *th, struct value r, struct value elements) {
  if (mit_shape_of(r) != MIT_SHAPE_DICTIONARY) return;
  struct value table = mit_fields(r)[MIT_RECORD_MORE];
  for (size_t i = 0; i < mit_table_capacity(table); i++) {
    struct value *entry = mit_table_entry(table, i);
    int32_t number;
    if (mit_is_none(entry[0]) || value_same(entry[1], MIT_ABSENT) || !mit_string_to_index(entry[0], &number)) continue;
    if (number < 0 || (size_t)number >= mit_vector_capacity(elements)) continue;
    put(th, elements, (size_t)number, entry[1]);
    entry[1] = MIT_ABSENT;
  }
}

static enum loam_status grow(struct mutator *th, struct value r, size_t capacity) {
  struct value made;
  ROOTS(th, &r);
  if (mit_vector_create(th, capacity, &made) != DONE) return THROWN;
  struct value old = mit_fields(r)[MIT_RECORD_ELEMENTS];
  size_t count = mit_fields(old)[MIT_VECTOR_COUNT].bits;
  for (size_t i = 0; i < count; i++) mit_fields(made)[MIT_VECTOR_VALUES + i] = mit_fields(old)[MIT_VECTOR_VALUES + i];
  ASSERT(count <= capacity, "mitscript.I2: %zu elements go into a vector of %zu", count, capacity);
  mit_fields(made)[MIT_VECTOR_COUNT].bits = count;
  mit_fields(made)[MIT_VECTOR_LIVE] = mit_fields(old)[MIT_VECTOR_LIVE];
  heap_store(th, value_to_ref(r), MIT_RECORD_ELEMENTS, made);
  take_from_dictionary(th, r, made);
  return DONE;
}

static enum loam_status store_sparse(struct mutator *th, struct value r, int32_t i, struct value v) {
  union mit_digits digits;
  struct mit_key key = key_of_number(i, &digits);
  struct value string = MIT_NONE;
  ROOTS(th, &r, &v, &string);
  if (mit_string_create(th, key.bytes, mit_key_length(&key), &string) != DONE) return THROWN;
  if (mit_shape_of(r) != MIT_SHAPE_DICTIONARY && mit_table_convert(th, r) != DONE) return THROWN;
  return mit_table_store(th, r, string, v);
}

enum loam_status mit_element_store(struct mutator *th, struct value r, int32_t i, struct value v) {
  struct value elements = mit_fields(r)[MIT_RECORD_ELEMENTS];
  size_t live = mit_fields(elements)[MIT_VECTOR_LIVE].bits, capacity = mit_vector_capacity(elements), index = (size_t)i;
  if (i < 0 || (index >= capacity && !is_dense(index, live))) return store_sparse(th, r, i, v);
  ROOTS(th, &r, &v);
  if (index >= capacity) {
    size_t wanted = capacity ? 2 * capacity : CAPACITY_FIRST;
    if (wanted <= index) wanted = index + 1;
    if (grow(th, r, wanted < CAPACITY_MAX ? wanted : CAPACITY_MAX) != DONE) return THROWN;
    elements = mit_fields(r)[MIT_RECORD_ELEMENTS];
  }
  ASSERT(mit_fields(elements)[MIT_VECTOR_LIVE].bits <= mit_fields(elements)[MIT_VECTOR_COUNT].bits,
         "mitscript.I2: %llu elements of %llu are there",
         (unsigned long long)mit_fields(elements)[MIT_VECTOR_LIVE].bits,
         (unsigned long long)mit_fields(elements)[MIT_VECTOR_COUNT].bits);
  put(th, elements, index, v);
  return DONE;
}
