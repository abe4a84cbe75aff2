// SPDX-License-Identifier: MIT
//
// zam_weak.c: ephemerons and weak arrays: abstract blocks [unused, data, key ...] that the collector doesn't look into.
//
// All blocks are in a table, which a full collection goes through at its end; so stores into them need no barrier. A
// collection of young objects alone looks at what was stored since the last one. An empty place holds the address of a
// word outside the heap.
#include "zam_weak.h"

#include "zam_prim.h"

enum { DATA = 1, KEYS };

static uint64_t nothing_word[2];
static struct value nothing(void) { return zam_pointer(&nothing_word[1]); }
static bool is_nothing(struct value v) { return value_same(v, nothing()); }

// What was stored into a block since the last collection.
struct store {
  struct value block;
  uint64_t field;
};

struct zam_weaks {
  struct value *blocks;
  uint32_t count, old_count, room; // those below old_count were there at the last collection
  struct store *stores;
  uint32_t store_count, store_room;
};

// ---- collecting ----------------------------------------------------------------------------------------------------

// The data lives when the block and all keys do. True when that made something live.
static bool keep_data(struct value block, struct weak_visitor *visit) {
  struct value *fields = zam_fields(block), before = fields[DATA];
  if (is_nothing(before) || zam_is_int(before)) return false;
  for (uint64_t i = KEYS; i < zam_size(block); i++)
    if (!visit->alive(visit, &fields[i])) return false;
  if (visit->alive(visit, &fields[DATA])) return false;
  visit->keep(visit, &fields[DATA]);
  return true;
}

// Young data, among what was stored. True when that made something live.
static bool keep_stored_data(struct zam_weaks *weaks, struct weak_visitor *visit) {
  ASSERT(!visit->full, "zam.I12: what was stored is looked at in a full collection, %u stores", weaks->store_count);
  bool more = false;
  for (uint32_t i = 0; i < weaks->store_count; i++) {
    struct store *store = &weaks->stores[i];
    if (store->field == DATA && visit->alive(visit, &store->block)) more |= keep_data(store->block, visit);
  }
  return more;
}

// What was stored and is dead goes; with a key the data.
static void clean_stored(struct zam_weaks *weaks, struct weak_visitor *visit) {
  for (uint32_t i = 0; i < weaks->store_count; i++) {
    struct store *store = &weaks->stores[i];
    ASSERT(store->field >= DATA, "zam.I12: field %llu of a weak block was stored into",
           (unsigned long long)store->field);
    if (!visit->alive(visit, &store->block)) continue;
    struct value *fields = zam_fields(store->block);
    if (visit->alive(visit, &fields[store->field])) continue;
    fields[store->field] = nothing();
    if (store->field != DATA) fields[DATA] = nothing();
  }
}

void zam_weaks_keep(struct zam_state *state, struct weak_visitor *visit) {
  struct zam_weaks *weaks = state->weaks;
  if (!weaks) return;
  while (!visit->full && keep_stored_data(weaks, visit)) continue;
  for (bool more = visit->full; more;) {
    more = false;
    for (uint32_t i = 0; i < weaks->count; i++) {
      struct value block = weaks->blocks[i]; // where it was, as long as it isn't known to live
      if (!visit->alive(visit, &block)) continue;
      weaks->blocks[i] = block;
      more |= keep_data(block, visit);
    }
  }
}

static void clean(struct value block, struct weak_visitor *visit) {
  struct value *fields = zam_fields(block);
  bool all = true;
  for (uint64_t i = KEYS; i < zam_size(block); i++) {
    if (visit->alive(visit, &fields[i])) continue;
    fields[i] = nothing();
    all = false;
  }
  if (!all || !visit->alive(visit, &fields[DATA])) fields[DATA] = nothing();
}

void zam_weaks_clean(struct zam_state *state, struct weak_visitor *visit) {
  struct zam_weaks *weaks = state->weaks;
  if (!weaks) return;
  ASSERT(weaks->old_count <= weaks->count && weaks->store_count <= weaks->store_room,
         "zam.I12: %u of %u weak blocks are old, %u of %u stores are kept", weaks->old_count, weaks->count,
         weaks->store_count, weaks->store_room);
  uint32_t kept = visit->full ? 0 : weaks->old_count;
  if (!visit->full) clean_stored(weaks, visit);
  for (uint32_t i = kept; i < weaks->count; i++) {
    struct value block = weaks->blocks[i];
    if (!visit->alive(visit, &block)) continue;
    if (visit->full) clean(block, visit);
    weaks->blocks[kept++] = block;
  }
  ASSERT(kept <= weaks->count, "zam.I12: %u weak blocks are kept of %u", kept, weaks->count);
  weaks->count = weaks->old_count = kept;
  weaks->store_count = 0;
}

void zam_weaks_free(struct zam_state *state) {
  if (!state->weaks) return;
  mem_free(state->weaks->blocks);
  mem_free(state->weaks->stores);
  mem_free(state->weaks);
}

// ---- making --------------------------------------------------------------------------------------------------------

static bool add(struct zam_state *state, struct value block) {
  if (!state->weaks) state->weaks = mem_alloc_zero(1, sizeof *state->weaks);
  struct zam_weaks *weaks = state->weaks;
  if (!weaks) return false;
  if (!mem_grow(&weaks->blocks, weaks->count, &weaks->room, sizeof *weaks->blocks)) return false;
  weaks->blocks[weaks->count++] = block;
  ASSERT(weaks->count <= weaks->room && weaks->old_count < weaks->count,
         "zam.I12: %u weak blocks are in room for %u, and %u are old", weaks->count, weaks->room, weaks->old_count);
  return true;
}

// Stores into a field of a block that was made by `create`.
static enum loam_status store(struct mutator *th, struct value block, uint64_t field, struct value v) {
  struct zam_weaks *weaks = zam_state(th)->weaks;
  if (!mem_grow(&weaks->stores, weaks->store_count, &weaks->store_room, sizeof *weaks->stores))
    return zam_raise(th, ZAM_OUT_OF_MEMORY);
  ASSERT(weaks->store_count < weaks->store_room, "zam.I12: %u stores into weak blocks, in room for %u",
         weaks->store_count, weaks->store_room);
  if (zam_is_block(v) && !is_nothing(v)) weaks->stores[weaks->store_count++] = (struct store){block, field};
  zam_fields(block)[field] = v;
  return DONE;
}

static enum loam_status store_key(struct mutator *th, struct value block, int64_t index, struct value v) {
  if (index < 0 || (uint64_t)index >= zam_size(block) - KEYS) return zam_invalid(th, "Weak.set");
  return store(th, block, KEYS + (uint64_t)index, v);
}

static enum loam_status create(struct mutator *th, struct value *args, struct value *result) {
  int64_t keys = zam_arg_int(args, 0);
  if (keys < 0 || (uint64_t)keys > ZAM_SIZE_MAX - KEYS) return zam_invalid(th, "Weak.create");
  struct ref object = zam_alloc(th, ZAM_TAG_ABSTRACT, (size_t)keys + KEYS);
  if (!object.addr) return THROWN;
  for (int64_t i = 0; i < keys + KEYS; i++) object_fields(object)[i] = nothing();
  *result = value_from_ref(object);
  return add(zam_state(th), *result) ? DONE : zam_raise(th, ZAM_OUT_OF_MEMORY);
}

// ---- access --------------------------------------------------------------------------------------------------------

// The place of key `index`, or NULL when there is none.
static struct value *key(struct value block, int64_t index) {
  if (index < 0 || (uint64_t)index >= zam_size(block) - KEYS) return NULL;
  return zam_fields(block) + KEYS + index;
}

static enum loam_status set_key(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return store_key(th, args[0], zam_arg_int(args, 1), zam_arg(args, 2));
}

static enum loam_status unset_key(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return store_key(th, args[0], zam_arg_int(args, 1), nothing());
}

// Weak.set takes an option.
static enum loam_status weak_set(struct mutator *th, struct value *args, struct value *result) {
  struct value option = zam_arg(args, 2);
  *result = ZAM_UNIT;
  return store_key(th, args[0], zam_arg_int(args, 1), zam_is_block(option) ? zam_fields(option)[0] : nothing());
}

static enum loam_status set_data(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return store(th, args[0], DATA, zam_arg(args, 1));
}

static enum loam_status unset_data(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  zam_fields(args[0])[DATA] = nothing();
  return zam_return_unit(result);
}

static enum loam_status option_of(struct mutator *th, struct value v, struct value *result) {
  if (is_nothing(v)) return *result = zam_from_int(0), DONE;
  return zam_make_block1(th, 0, v, result);
}

static enum loam_status get_key(struct mutator *th, struct value *args, struct value *result) {
  const struct value *place = key(args[0], zam_arg_int(args, 1));
  return place ? option_of(th, *place, result) : zam_invalid(th, "Weak.get_key");
}

static enum loam_status get_data(struct mutator *th, struct value *args, struct value *result) {
  return option_of(th, zam_fields(args[0])[DATA], result);
}

// A shallow copy of a block, so that who looks at it doesn't keep the original; of other things the thing itself.
static enum loam_status copy_of(struct mutator *th, struct value v, struct value *result) {
  ROOTS(th, &v);
  if (!is_nothing(v) && zam_is_block(v) && zam_size(v) && zam_tag(v) != ZAM_TAG_CUSTOM && zam_tag(v) != ZAM_TAG_INFIX) {
    struct ref object = zam_alloc(th, zam_tag(v), zam_size(v));
    if (!object.addr) return THROWN;
    memcpy(object_fields(object), zam_fields(v), zam_size(v) * sizeof(struct value));
    v = value_from_ref(object);
  }
  return option_of(th, v, result);
}

static enum loam_status get_key_copy(struct mutator *th, struct value *args, struct value *result) {
  const struct value *place = key(args[0], zam_arg_int(args, 1));
  return place ? copy_of(th, *place, result) : zam_invalid(th, "Weak.get_key");
}

static enum loam_status get_data_copy(struct mutator *th, struct value *args, struct value *result) {
  return copy_of(th, zam_fields(args[0])[DATA], result);
}

static enum loam_status check_key(struct mutator *th, struct value *args, struct value *result) {
  const struct value *place = key(args[0], zam_arg_int(args, 1));
  return place ? zam_return_bool(result, !is_nothing(*place)) : zam_invalid(th, "Weak.check");
}

static enum loam_status check_data(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_bool(result, !is_nothing(zam_fields(args[0])[DATA]));
}

static enum loam_status blit_key(struct mutator *th, struct value *args, struct value *result) {
  int64_t from = zam_arg_int(args, 1), to = zam_arg_int(args, 3), count = zam_arg_int(args, 4);
  *result = ZAM_UNIT;
  if (count == 0) return DONE;
  struct value *source = key(args[0], from), *target = key(zam_arg(args, 2), to);
  if (count < 0 || !source || !target || !key(args[0], from + count - 1) || !key(zam_arg(args, 2), to + count - 1))
    return zam_invalid(th, "Weak.blit");
  // From the end when the places overlap so.
  for (int64_t i = 0; i < count; i++) {
    int64_t at = source < target ? count - 1 - i : i;
    if (store_key(th, zam_arg(args, 2), to + at, source[at]) != DONE) return THROWN;
  }
  return DONE;
}

static enum loam_status blit_data(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return store(th, zam_arg(args, 1), DATA, zam_fields(args[0])[DATA]);
}

const struct zam_prim zam_weak_prims[] = {
    {"caml_weak_create", create, 0, 0},
    {"caml_ephe_create", create, 0, 0},
    {"caml_weak_set", weak_set, 0, 0},
    {"caml_ephe_set_key", set_key, 0, 0},
    {"caml_ephe_unset_key", unset_key, 0, 0},
    {"caml_weak_get", get_key, 0, 0},
    {"caml_ephe_get_key", get_key, 0, 0},
    {"caml_weak_get_copy", get_key_copy, 0, 0},
    {"caml_ephe_get_key_copy", get_key_copy, 0, 0},
    {"caml_weak_check", check_key, 0, 0},
    {"caml_ephe_check_key", check_key, 0, 0},
    {"caml_weak_blit", blit_key, 0, 0},
    {"caml_ephe_blit_key", blit_key, 0, 0},
    {"caml_ephe_set_data", set_data, 0, 0},
    {"caml_ephe_unset_data", unset_data, 0, 0},
    {"caml_ephe_get_data", get_data, 0, 0},
    {"caml_ephe_get_data_copy", get_data_copy, 0, 0},
    {"caml_ephe_check_data", check_data, 0, 0},
    {"caml_ephe_blit_data", blit_data, 0, 0},
    {NULL, NULL, 0, 0},
};
