// SPDX-License-Identifier: MIT
//
// mitscript_record.c: records by field name and by index of any kind.
#include "mitscript_record.h"

// Names that programs may make at run time, and how long they may be, since they are kept for good; others are a
// dictionary's.
#define NAMES_KEPT_MAX 16384
#define NAME_LENGTH_MAX 64

const uint64_t mit_no_elements_object[3]
    __attribute__((aligned(16))) = {MIT_TAG_VECTOR | (uint64_t)MIT_VECTOR_VALUES << HEADER_GUEST_SHIFT |
                                    (uint64_t)MIT_SHAPE_NO_RECORD << MIT_SHAPE_SHIFT};

enum loam_status mit_vector_create(struct mutator *th, size_t capacity, struct value *out) {
  ASSERT(capacity <= (size_t)INT32_MAX + 1, "mitscript.I2: a vector of %zu elements", capacity);
  size_t words = MIT_VECTOR_VALUES + capacity;
  struct ref object = heap_alloc(th, mit_header(MIT_TAG_VECTOR, words), words);
  if (!object.addr) return THROWN;
  object_fields(object)[MIT_VECTOR_COUNT].bits = 0;
  object_fields(object)[MIT_VECTOR_LIVE].bits = 0;
  for (size_t i = MIT_VECTOR_VALUES; i < words; i++) object_fields(object)[i] = MIT_ABSENT;
  *out = value_from_ref(object);
  return DONE;
}

// An empty record, or one whose fields are filled in at once.
static MAY_GC MAY_THROW enum loam_status create(struct mutator *th, uint32_t shape, uint32_t capacity,
                                                struct value *out) {
  size_t words = MIT_RECORD_FIELDS + capacity;
  struct ref object = heap_alloc(th, mit_record_header(shape, words), words);
  if (!object.addr) return THROWN;
  struct value *fields = object_fields(object);
  fields[MIT_RECORD_MORE] = MIT_NONE;
  fields[MIT_RECORD_ELEMENTS] = mit_no_elements();
  for (uint32_t i = 0; i < capacity; i++) fields[MIT_RECORD_FIELDS + i] = MIT_NONE;
  *out = value_from_ref(object);
  return DONE;
}

enum loam_status mit_record_create(struct mutator *th, uint32_t capacity, struct value *out) {
  const struct mit_shape *root = mit_shape_root(mit_state_of(th), capacity);
  return create(th, root->id, root->capacity, out);
}

enum loam_status mit_record_make(struct mutator *th, const struct value *values, uint32_t count, uint32_t shape,
                                 uint32_t capacity, struct value *out) {
  ASSERT(count == mit_shape_get(mit_state_of(th), shape)->count && count <= capacity,
         "mitscript.I1: %u fields for a record of shape %u with room for %u", count, shape, capacity);
  if (create(th, shape, capacity, out) != DONE) return THROWN;
  for (uint32_t i = 0; i < count; i++)
    mit_fields(*out)[MIT_RECORD_FIELDS + i] = values[i]; // where the collector left them
  return DONE;
}

// Makes `more` have room for `count` fields beyond those in place.
static enum loam_status reserve_more(struct mutator *th, struct value r, uint32_t count) {
  struct value old = mit_fields(r)[MIT_RECORD_MORE], made;
  size_t capacity = mit_is_none(old) ? 0 : mit_vector_capacity(old);
  if (count <= capacity) return DONE;
  ASSERT(count == capacity + 1, "mitscript.I1: a record with room for %zu more fields gets its field %u", capacity,
         count);
  ROOTS(th, &r);
  if (mit_vector_create(th, capacity ? 2 * capacity : 4, &made) != DONE) return THROWN;
  old = mit_fields(r)[MIT_RECORD_MORE];
  for (size_t i = 0; i < capacity; i++)
    mit_fields(made)[MIT_VECTOR_VALUES + i] = mit_fields(old)[MIT_VECTOR_VALUES + i];
  heap_store(th, value_to_ref(r), MIT_RECORD_MORE, made);
  return DONE;
}

// Stores into a slot as inline caches have it.
static void store_slot(struct mutator *th, struct value r, uint32_t slot, struct value v) {
  ASSERT(slot < MIT_SLOT_MORE ? MIT_RECORD_FIELDS + slot < mit_words(r)
                              : mit_is_tagged(mit_fields(r)[MIT_RECORD_MORE], MIT_TAG_VECTOR) &&
                                    slot - MIT_SLOT_MORE < mit_vector_capacity(mit_fields(r)[MIT_RECORD_MORE]),
         "mitscript.I1: a record of %llu words and shape %u has no slot %u", (unsigned long long)mit_words(r),
         mit_shape_of(r), slot);
  if (slot < MIT_SLOT_MORE)
    heap_store(th, value_to_ref(r), MIT_RECORD_FIELDS + slot, v);
  else
    heap_store(th, value_to_ref(mit_fields(r)[MIT_RECORD_MORE]), MIT_VECTOR_VALUES + (slot - MIT_SLOT_MORE), v);
}

// Gives a record the next shape and its new field's value.
static enum loam_status add_field(struct mutator *th, struct value r, const struct mit_shape *next, struct value v) {
  uint32_t slot = mit_shape_slot(next, next->count - 1);
  ASSERT(next->parent->id == mit_shape_of(r), "mitscript.I1: a record of shape %u gets a field more, and shape %u",
         mit_shape_of(r), next->id);
  ROOTS(th, &r, &v);
  if (slot >= MIT_SLOT_MORE && reserve_more(th, r, slot - MIT_SLOT_MORE + 1) != DONE) return THROWN;
  mit_set_shape(r, next->id);
  store_slot(th, r, slot, v);
  return DONE;
}

// ---- by name, in code ----------------------------------------------------------------------------------------------

// The hot compiler's thread may be reading it.
static void set_cache(uint64_t *cache, uint32_t shape, uint32_t flags, uint32_t slot) {
  __atomic_store_n(cache, (uint64_t)slot << 32 | shape << MIT_KEY_SHIFT | flags, __ATOMIC_RELAXED);
}

enum loam_status mit_field_load(struct mutator *th, struct value r, const struct mit_name *name, uint64_t *cache,
                                struct value *out) {
  if (!mit_is_record(r)) return mit_throw_cast(th);
  uint32_t shape = mit_shape_of(r), slot;
  if (shape != MIT_SHAPE_DICTIONARY && mit_shape_find(mit_shape_get(mit_state_of(th), shape), name, &slot)) {
    set_cache(cache, shape, slot < MIT_SLOT_MORE ? 0 : MIT_KEY_MORE, slot);
    *out = *mit_slot(r, slot);
    return DONE;
  }
  struct mit_key key = mit_name_key(name);
  *out = mit_named_load(mit_state_of(th), r, &key);
  return DONE;
}

enum loam_status mit_field_store(struct mutator *th, struct value r, const struct mit_name *name, uint64_t *cache,
                                 struct value v) {
  struct mit_state *state = mit_state_of(th);
  if (!mit_is_record(r)) return mit_throw_cast(th);
  uint32_t id = mit_shape_of(r), slot;
  const struct mit_shape *shape = id == MIT_SHAPE_DICTIONARY ? NULL : mit_shape_get(state, id), *next;
  if (shape && mit_shape_find(shape, name, &slot)) {
    if (slot < MIT_SLOT_MORE) set_cache(cache, id, 0, slot);
    store_slot(th, r, slot, v);
    return DONE;
  }
  if (shape && (next = mit_shape_add(state, shape, name))) {
    slot = mit_shape_slot(next, next->count - 1);
    ASSERT(slot >= MIT_SLOT_MORE || slot >> MIT_ADD_SHAPE_SHIFT == 0,
           "mitscript.I1: slot %u doesn't fit beside a shape's number", slot);
    if (slot < MIT_SLOT_MORE) set_cache(cache, id, MIT_KEY_ADD, next->id << MIT_ADD_SHAPE_SHIFT | slot);
    return add_field(th, r, next, v);
  }
  struct value string;
  ROOTS(th, &r, &v);
  if (mit_string_create(th, name->bytes, name->length, &string) != DONE) return THROWN;
  return mit_named_store(th, r, string, v);
}

// ---- by a string ---------------------------------------------------------------------------------------------------

struct value mit_named_load(struct mit_state *state, struct value r, const struct mit_key *key) {
  uint32_t id = mit_shape_of(r), slot;
  if (id == MIT_SHAPE_DICTIONARY) {
    const struct value *found = mit_table_find(mit_fields(r)[MIT_RECORD_MORE], key);
    return found && !value_same(*found, MIT_ABSENT) ? *found : MIT_NONE;
  }
  const struct mit_name *name = mit_name_find(state, key);
  return name && mit_shape_find(mit_shape_get(state, id), name, &slot) ? *mit_slot(r, slot) : MIT_NONE;
}

// Adds a field, or stores into one, of a record that is no dictionary.
static MAY_GC MAY_THROW enum loam_status store_in_shape(struct mutator *th, struct value r, struct value string,
                                                        struct value v) {
  struct mit_state *state = mit_state_of(th);
  uint32_t slot;
  const struct mit_shape *shape = mit_shape_get(state, mit_shape_of(r)), *next = NULL;
  struct mit_key key = mit_string_key(string);
  const struct mit_name *name = mit_name_find(state, &key);
  if (name && mit_shape_find(shape, name, &slot)) {
    store_slot(th, r, slot, v);
    return DONE;
  }
  // A name that no code mentions is not made a shape's beyond a few fields: such records are dictionaries.
  bool keeps = shape->count < shape->capacity + 8 && state->name_count < NAMES_KEPT_MAX &&
               mit_key_length(&key) <= NAME_LENGTH_MAX;
  if (!name && keeps) name = mit_name_intern(state, key.bytes, mit_key_length(&key));
  if (name && (next = mit_shape_add(state, shape, name))) return add_field(th, r, next, v);
  ROOTS(th, &r, &string, &v);
  return mit_table_convert(th, r) == DONE ? mit_table_store(th, r, string, v) : THROWN;
}

// `string` is flat.
enum loam_status mit_named_store(struct mutator *th, struct value r, struct value string, struct value v) {
  return mit_shape_of(r) == MIT_SHAPE_DICTIONARY ? mit_table_store(th, r, string, v) : store_in_shape(th, r, string, v);
}

// ---- by an index of any kind ---------------------------------------------------------------------------------------

// Whether a flat string is an integer. Most keys begin with something else.
static bool is_number(struct value flat, int32_t *number) {
  char first = *(const char *)&mit_fields(flat)[1];
  return ((first >= '0' && first <= '9') || first == '-') && mit_string_to_index(flat, number);
}

// Makes an index that is neither an integer nor flat a string in one piece.
static MAY_GC MAY_THROW enum loam_status flatten(struct mutator *th, struct value *i) {
  if (!mit_is_string(*i) && mit_to_string(th, *i, i) != DONE) return THROWN;
  return mit_string_flatten(th, *i);
}

static MAY_GC MAY_THROW enum loam_status load_any(struct mutator *th, struct value r, struct value i,
                                                  struct value *out) {
  ROOTS(th, &r, &i);
  int32_t number;
  if (flatten(th, &i) != DONE) return THROWN;
  if (mit_string_to_index(i, &number)) {
    *out = mit_element_load(th, r, number);
    return DONE;
  }
  struct mit_key key = mit_string_key(i);
  *out = mit_named_load(mit_state_of(th), r, &key);
  return DONE;
}

struct value mit_index_try_load(struct mutator *th, struct value r, struct value i) {
  int32_t number;
  if (!mit_is_record(r)) return MIT_ABSENT;
  if (mit_is_int(i)) return mit_element_load(th, r, mit_to_int(i));
  if (!mit_is_tagged(i, MIT_TAG_FLAT)) return MIT_ABSENT;
  if (is_number(i, &number)) return mit_element_load(th, r, number);
  struct mit_key key = mit_flat_key(i);
  return mit_named_load(mit_state_of(th), r, &key);
}

enum loam_status mit_index_load(struct mutator *th, struct value r, struct value i, struct value *out) {
  if (!mit_is_record(r)) return mit_throw_cast(th);
  *out = mit_index_try_load(th, r, i);
  return value_same(*out, MIT_ABSENT) ? load_any(th, r, i, out) : DONE;
}

bool mit_index_try_store(struct mutator *th, struct value r, struct value i, struct value v) {
  int32_t number;
  if (!mit_is_record(r) || !mit_is_tagged(i, MIT_TAG_FLAT) || is_number(i, &number)) return false;
  if (mit_shape_of(r) == MIT_SHAPE_DICTIONARY) return mit_table_try_store(th, mit_fields(r)[MIT_RECORD_MORE], i, v);
  struct mit_state *state = mit_state_of(th);
  struct mit_key key = mit_flat_key(i);
  const struct mit_name *name = mit_name_find(state, &key);
  uint32_t slot;
  if (!name || !mit_shape_find(mit_shape_get(state, mit_shape_of(r)), name, &slot)) return false;
  store_slot(th, r, slot, v);
  return true;
}

static MAY_GC MAY_THROW enum loam_status store_any(struct mutator *th, struct value r, struct value i, struct value v) {
  ROOTS(th, &r, &i, &v);
  int32_t number;
  if (flatten(th, &i) != DONE) return THROWN;
  return mit_string_to_index(i, &number) ? mit_element_store(th, r, number, v) : mit_named_store(th, r, i, v);
}

enum loam_status mit_index_store(struct mutator *th, struct value r, struct value i, struct value v) {
  int32_t number;
  if (!mit_is_record(r)) return mit_throw_cast(th);
  if (mit_is_int(i)) return mit_element_store(th, r, mit_to_int(i), v);
  if (!mit_is_tagged(i, MIT_TAG_FLAT)) return store_any(th, r, i, v);
  return is_number(i, &number) ? mit_element_store(th, r, number, v) : mit_named_store(th, r, i, v);
}
