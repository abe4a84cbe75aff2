// SPDX-License-Identifier: MIT
//
// zam_hash.c: polymorphic hashing: MurmurHash3 over the values that a walk in breadth finds, of which the caller says
// how many count and how many may wait. The numbers are visible in every hash table, so they are OCaml's to the bit.
#include "zam_hash.h"

#include "zam_custom.h"
#include "zam_prim.h"

#define QUEUE_MAX 256
#define FORWARDS_MAX 1000

static uint32_t rotate(uint32_t x, unsigned bits) { return x << bits | x >> (32 - bits); }

uint32_t zam_hash_mix(uint32_t hash, uint32_t word) {
  word *= 0xcc9e2d51;
  word = rotate(word, 15) * 0x1b873593;
  return rotate(hash ^ word, 13) * 5 + 0xe6546b64;
}

static uint32_t finish(uint32_t hash) {
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return hash ^ hash >> 16;
}

uint32_t zam_hash_mix_word(uint32_t hash, uint64_t word) {
  return zam_hash_mix(hash, (uint32_t)(word >> 32) ^ (uint32_t)((int64_t)word >> 63) ^ (uint32_t)word);
}

uint32_t zam_hash_mix_float(uint32_t hash, uint64_t bits) {
  uint32_t low = (uint32_t)bits, high = (uint32_t)(bits >> 32);
  if ((high & 0x7ff00000) == 0x7ff00000 && (low | (high & 0xfffff)) != 0) { // all nans are one
    high = 0x7ff00000;
    low = 1;
  } else if (high == 0x80000000 && low == 0) { // and both zeros
    high = 0;
  }
  return zam_hash_mix(zam_hash_mix(hash, low), high);
}

uint32_t zam_hash_mix_float32(uint32_t hash, uint32_t bits) {
  if ((bits & 0x7f800000) == 0x7f800000 && (bits & 0x7fffff) != 0) bits = 0x7f800001;
  if (bits == 0x80000000) bits = 0;
  return zam_hash_mix(hash, bits);
}

uint32_t zam_hash_mix_string(uint32_t hash, struct value v) {
  const uint8_t *bytes = (const uint8_t *)zam_string_bytes(v);
  size_t length = zam_string_length(v), at = 0;
  uint32_t word;
  for (; at + 4 <= length; at += 4) {
    memcpy(&word, bytes + at, 4);
    hash = zam_hash_mix(hash, word);
  }
  word = 0;
  for (size_t i = length; i-- > at;) word = word << 8 | bytes[i];
  if (at < length) hash = zam_hash_mix(hash, word);
  return hash ^ (uint32_t)length;
}

struct walk {
  const struct mutator *th;
  struct value queue[QUEUE_MAX];
  size_t read, written, room;
  int64_t left; // values that count
  uint32_t hash;
};

static void enqueue(struct walk *walk, const struct value *fields, uint64_t from, uint64_t to) {
  ASSERT(walk->written <= QUEUE_MAX && walk->room <= QUEUE_MAX, "zam.I9: %zu values wait in room for %zu",
         walk->written, walk->room);
  for (; from < to && walk->written < walk->room; from++) walk->queue[walk->written++] = fields[from];
}

static void visit_floats(struct walk *walk, struct value v) {
  for (uint64_t i = 0; i < zam_size(v) && (i == 0 || walk->left > 0); i++, walk->left--)
    walk->hash = zam_hash_mix_float(walk->hash, zam_fields(v)[i].bits);
}

static void visit_closure(struct walk *walk, struct value v) {
  const struct value *fields = zam_fields(v);
  uint64_t start = zam_closure_start(v);
  ASSERT(start <= zam_size(v), "zam.I9: field %llu of a closure of %llu is visited", (unsigned long long)start,
         (unsigned long long)zam_size(v));
  walk->hash = zam_hash_mix(walk->hash, (uint32_t)(zam_header(v) & ~HEADER_GC_MASK));
  for (uint64_t i = 0; i < start; i++, walk->left--) walk->hash = zam_hash_mix_word(walk->hash, fields[i].bits);
  enqueue(walk, fields, start, zam_size(v));
}

static void visit_custom(struct walk *walk, struct value v) {
  if (!zam_custom_of(v)->hash) return;
  walk->hash = zam_hash_mix(walk->hash, (uint32_t)zam_custom_of(v)->hash(v));
  walk->left--;
}

static void visit_counted(struct walk *walk, uint32_t hash) {
  walk->hash = hash;
  walk->left--;
}

static void visit(struct walk *walk, struct value v) {
  for (int i = 0; zam_is_block(v) && !zam_is_outside(walk->th, v) && zam_tag(v) == ZAM_TAG_FORWARD; i++) {
    if (i == FORWARDS_MAX) return;
    v = zam_fields(v)[0];
  }
  if (zam_is_int(v) || zam_is_outside(walk->th, v)) return visit_counted(walk, zam_hash_mix_word(walk->hash, v.bits));
  if (zam_tag(v) == ZAM_TAG_INFIX) v.bits -= zam_size(v) * sizeof(struct value);
  switch (zam_tag(v)) {
  case ZAM_TAG_STRING: return visit_counted(walk, zam_hash_mix_string(walk->hash, v));
  case ZAM_TAG_DOUBLE: return visit_counted(walk, zam_hash_mix_float(walk->hash, zam_fields(v)[0].bits));
  case ZAM_TAG_OBJECT:
    return visit_counted(walk, zam_hash_mix_word(walk->hash, (uint64_t)zam_to_int(zam_fields(v)[1])));
  case ZAM_TAG_DOUBLE_ARRAY: return visit_floats(walk, v);
  case ZAM_TAG_CUSTOM: return visit_custom(walk, v);
  case ZAM_TAG_CLOSURE: return visit_closure(walk, v);
  case ZAM_TAG_ABSTRACT: return;
  default:
    walk->hash = zam_hash_mix(walk->hash, (uint32_t)(zam_header(v) & ~HEADER_GC_MASK));
    enqueue(walk, zam_fields(v), 0, zam_size(v));
  }
}

static enum loam_status hash(struct mutator *th, struct value *args, struct value *result) {
  struct walk walk;
  int64_t room = zam_arg_int(args, 1);
  walk.th = th;
  walk.left = zam_arg_int(args, 0);
  walk.room = room < 0 || room > QUEUE_MAX ? QUEUE_MAX : (size_t)room;
  walk.hash = (uint32_t)zam_arg_int(args, 2);
  walk.queue[0] = zam_arg(args, 3);
  walk.read = 0;
  walk.written = 1;
  while (walk.read < walk.written && walk.left > 0) visit(&walk, walk.queue[walk.read++]);
  ASSERT(walk.read <= walk.written && walk.written <= QUEUE_MAX, "zam.I9: %zu of %zu values were met", walk.read,
         walk.written);
  return zam_return_int(result, finish(walk.hash) & 0x3fffffff);
}

const struct zam_prim zam_hash_prims[] = {{"caml_hash", hash, 0, 0}, {NULL, NULL, 0, 0}};
