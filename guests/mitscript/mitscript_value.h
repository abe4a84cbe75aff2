// SPDX-License-Identifier: MIT
//
// mitscript_value.h: MITScript's values and how its objects lie in the heap.
//
// The low bits of a word say what it is:
//
//     ....1     an integer: its 32 bits are the upper half of the word, the lower half is 1, so that sums, differences
//               and comparisons work on whole words and wrap as the language wants
//     ...010    None, false, true, and ABSENT (an unset global, a hole among a record's elements)
//     ...110    a function of the program that is not a closure yet (struct mit_proto)
//     ...000    an object of the heap
//
// In an object's header the guest bits are size:32 | shape:21. What is no record has a shape that no cache holds (and a
// cache that holds none is 0), so that one comparison of the upper header bits tells both "is a record" and "has this
// shape".
#ifndef MITSCRIPT_VALUE_H
#define MITSCRIPT_VALUE_H

#include "loam/rt.h"

#define MIT_INT_TAG UINT64_C(1)
#define MIT_REF_MASK UINT64_C(3)
#define MIT_SPECIAL(n) (UINT64_C(2) | (uint64_t)(n) << 3)
#define MIT_NONE ((struct value){MIT_SPECIAL(0)})
#define MIT_FALSE ((struct value){MIT_SPECIAL(1)})
#define MIT_TRUE ((struct value){MIT_SPECIAL(3)}) // one bit beside false
#define MIT_TRUTH_BIT (MIT_SPECIAL(1) ^ MIT_SPECIAL(3))
#define MIT_ABSENT ((struct value){MIT_SPECIAL(4)})
#define MIT_EXCEPTION ((struct value){MIT_SPECIAL(5)}) // pending; its text is in the guest's state
#define MIT_PROTO_TAG UINT64_C(6)

// Tags of objects. The three kinds of strings come first.
enum mit_tag {
  MIT_TAG_FLAT = 1, // string: length and hash | the bytes
  MIT_TAG_VIEW,     // string: length and hash | the first bytes of a buffer
  MIT_TAG_ROPE,     // string: length and hash | left, right; right is None once left is the whole, flat
  MIT_TAG_BUFFER,   // bytes in use | bytes, with room to append
  MIT_TAG_RECORD,   // more fields | elements | fields
  MIT_TAG_VECTOR,   // count in use | count not absent | values
  MIT_TAG_TABLE,    // count in use | key, value, key, value, ...
  MIT_TAG_CLOSURE,  // method | activation | cells and values of variables
  MIT_TAG_CELL,     // a variable that functions share
};

#define MIT_SIZE_BITS 32
#define MIT_SHAPE_SHIFT (HEADER_GUEST_SHIFT + MIT_SIZE_BITS)
#define MIT_SIZE_MASK UINT64_C(0xffffffff)
#define MIT_SHAPES_MAX (1u << 20)
enum mit_shape_id { MIT_SHAPE_NO_RECORD = 1, MIT_SHAPE_DICTIONARY, MIT_SHAPE_FIRST };

// The header of a fresh object. Records get their shape from mit_record_header.
static inline uint64_t mit_header(enum mit_tag tag, size_t words) {
  return header_make(tag, words) | (uint64_t)MIT_SHAPE_NO_RECORD << MIT_SHAPE_SHIFT;
}
static inline uint64_t mit_record_header(uint32_t shape, size_t words) {
  return header_make(MIT_TAG_RECORD, words) | (uint64_t)shape << MIT_SHAPE_SHIFT;
}

// ---- what a value is -----------------------------------------------------------------------------------------------

// One bit tells an integer. The hot compiler's form of the same test names all 32 bits that are the same in every
// integer, so that LLVM knows them too when it computes with the value. A stencil tests each value by itself, which
// needs no register.
#ifdef OP_BITCODE
static inline bool mit_is_int(struct value v) { return (uint32_t)v.bits == MIT_INT_TAG; }
static inline bool mit_are_ints(struct value a, struct value b) { return mit_is_int(a) && mit_is_int(b); }
#else
static inline bool mit_is_int(struct value v) { return v.bits & MIT_INT_TAG; }
#ifdef OP_STENCIL
static inline bool mit_are_ints(struct value a, struct value b) { return mit_is_int(a) && mit_is_int(b); }
#else
static inline bool mit_are_ints(struct value a, struct value b) { return a.bits & b.bits & MIT_INT_TAG; }
#endif
#endif
static inline bool mit_is_bool(struct value v) { return (v.bits & ~MIT_TRUTH_BIT) == MIT_SPECIAL(1); }
static inline bool mit_are_bools(struct value a, struct value b) { return mit_is_bool(a) && mit_is_bool(b); }
static inline bool mit_is_none(struct value v) { return v.bits == MIT_SPECIAL(0); }
static inline bool mit_is_object(struct value v) { return (v.bits & MIT_REF_MASK) == 0; }
static inline bool mit_is_tagged(struct value v, enum mit_tag tag) {
  return mit_is_object(v) && object_tag(value_to_ref(v)) == (unsigned)tag;
}
static inline bool mit_is_record(struct value v) { return mit_is_tagged(v, MIT_TAG_RECORD); }
static inline bool mit_is_closure(struct value v) { return mit_is_tagged(v, MIT_TAG_CLOSURE); }
static inline bool mit_is_string(struct value v) {
  return mit_is_object(v) && object_tag(value_to_ref(v)) <= MIT_TAG_ROPE;
}

static inline struct value mit_from_int(int32_t n) { return (struct value){(uint64_t)(uint32_t)n << 32 | MIT_INT_TAG}; }
static inline int32_t mit_to_int(struct value v) { return (int32_t)(v.bits >> 32); }
// a / b for a b that is not 0; the processor refuses the smallest integer by -1. Half as many cycles as with 64 bits.
static inline int32_t mit_quotient(int32_t a, int32_t b) {
  return UNLIKELY(b == -1) ? (int32_t)(0 - (uint32_t)a) : a / b;
}
// a / b for a b from 2 up, with its magic number: a third of a division's cycles. 2^shift / b is a little less than the
// magic number, by so little that the floor of the product is the quotient, or for a negative a one less. (Granlund and
// Montgomery, Division by Invariant Integers using Multiplication, 1994, figure 5.1.) LLVM does that by itself.
#define MIT_MAGIC_SHIFT(log2) (31 + (log2)) // for b from 2^(log2 - 1) + 1 to 2^log2
static inline uint32_t mit_magic(int32_t b, uint32_t shift) {
  return (uint32_t)((UINT64_C(1) << shift) / (uint32_t)b + 1);
}
static inline int32_t mit_quotient_by(int32_t a, int32_t b, uint32_t magic, uint32_t shift) {
#ifdef OP_BITCODE
  return (void)magic, (void)shift, mit_quotient(a, b);
#else
  return (void)b, (int32_t)(((int64_t)a * (int64_t)magic >> shift) - (a >> 31));
#endif
}
static inline struct value mit_from_bool(bool truth) { return truth ? MIT_TRUE : MIT_FALSE; }
static inline bool mit_to_bool(struct value v) { return v.bits == MIT_SPECIAL(3); }

static inline struct value *mit_fields(struct value v) { return object_fields(value_to_ref(v)); }
static inline size_t mit_words(struct value v) { // payload words of an object
  return (*object_header(value_to_ref(v)) >> HEADER_GUEST_SHIFT) & MIT_SIZE_MASK;
}

// ---- strings -------------------------------------------------------------------------------------------------------

// A string's first word has its length in the low half. Of a flat one, the word behind it has up to eight bytes of
// text, and zeros to its end.
#define MIT_SHORT_BYTES 8
static inline bool mit_are_short(struct value a, struct value b) { // both flat, and the first not longer than that
  return mit_is_tagged(a, MIT_TAG_FLAT) && mit_is_tagged(b, MIT_TAG_FLAT) &&
         (uint32_t)mit_fields(a)[0].bits <= MIT_SHORT_BYTES;
}
static inline bool mit_same_short(struct value a, struct value b) {
  const struct value *left = mit_fields(a), *right = mit_fields(b);
  return (uint32_t)left[0].bits == (uint32_t)right[0].bits && left[1].bits == right[1].bits;
}

// ---- functions -----------------------------------------------------------------------------------------------------

// A function of a program, before it is a closure. Lives as long as the VM.
struct mit_proto {
  struct method *method;
  uint64_t body_id;    // equal for functions with the same parameters and body (A.5)
  uint32_t free_count; // variables that a closure of it holds
};

static inline struct value mit_from_proto(const struct mit_proto *proto) {
  return (struct value){(uintptr_t)proto | MIT_PROTO_TAG};
}
static inline const struct mit_proto *mit_to_proto(struct value v) {
  return (const struct mit_proto *)(uintptr_t)(v.bits & ~UINT64_C(7));
}

// From MIT_CLOSURE_CELLS on comes what it holds of its free variables: their cells or their values (mitscript.I6).
enum mit_closure_word { MIT_CLOSURE_METHOD, MIT_CLOSURE_ACTIVATION, MIT_CLOSURE_CELLS };
static inline const struct method *mit_closure_method(struct value v) {
  return (const struct method *)(uintptr_t)mit_fields(v)[MIT_CLOSURE_METHOD].bits;
}

// ---- records -------------------------------------------------------------------------------------------------------

// A record's words. Fields of its shape are in place up to the shape's inline capacity and in the vector `more` beyond;
// a record that is used as a dictionary has a table there. Elements are what integer keys from 0 reach.
enum mit_record_word { MIT_RECORD_MORE, MIT_RECORD_ELEMENTS, MIT_RECORD_FIELDS };
// How many fields in place a record made from a literal of so many has, up to MIT_CAPACITY_MAX.
#define MIT_CAPACITY_MAX 16
static inline uint32_t mit_capacity_of(uint32_t fields) {
  return fields > 8 ? MIT_CAPACITY_MAX : fields > 4 ? 8 : fields > 2 ? 4 : fields ? 2 : 0;
}
// A vector's words: the place behind the last element, how many elements it has that are not ABSENT (both raw; 0 for a
// vector of fields), then values up to its size.
enum mit_vector_word { MIT_VECTOR_COUNT, MIT_VECTOR_LIVE, MIT_VECTOR_VALUES };
static inline size_t mit_vector_capacity(struct value vector) { return mit_words(vector) - MIT_VECTOR_VALUES; }
// Stores behind the last element in use; the vector has room.
static inline __attribute__((always_inline)) void mit_vector_append(struct mutator *th, struct value vector,
                                                                    struct value v) {
  struct value *words = mit_fields(vector);
  size_t at = words[MIT_VECTOR_COUNT].bits++;
  words[MIT_VECTOR_LIVE].bits++;
  heap_store(th, value_to_ref(vector), MIT_VECTOR_VALUES + at, v);
}

// The elements of a record that has none: a vector of no values, outside the heap.
extern const uint64_t mit_no_elements_object[3];
static inline struct value mit_no_elements(void) { return (struct value){(uintptr_t)&mit_no_elements_object[1]}; }

// What inline caches hold: slot << 32 | key. A record's key is the upper half of its header: the shape, and no bit of
// its size, which is small; what is no record has a key that no cache holds. With MIT_KEY_MORE the slot is in `more`,
// from MIT_SLOT_MORE on. With MIT_KEY_ADD a store adds the field: the slot, which is in place, and the shape that the
// record gets. So what is most frequent takes one comparison.
#define MIT_KEY_SHIFT (MIT_SHAPE_SHIFT - 32) // of the shape
#define MIT_KEY_MORE UINT32_C(1)
#define MIT_KEY_ADD UINT32_C(2)
#define MIT_SLOT_MORE (UINT32_C(1) << 16)
#define MIT_ADD_SHAPE_SHIFT 12 // of the new shape; the slot is below
_Static_assert(MIT_SHAPES_MAX == 1u << (32 - MIT_ADD_SHAPE_SHIFT), "a shape must fit above the slot");
static inline uint32_t mit_key_of(struct value object) {
  return (uint32_t)(*object_header(value_to_ref(object)) >> 32);
}
// Is the cache for records of this one's shape?
static inline bool mit_cache_knows(const uint64_t *cache, struct value object) {
  return mit_is_object(object) &&
         ((mit_key_of(object) ^ (uint32_t)*cache) | MIT_KEY_MORE | MIT_KEY_ADD) == (MIT_KEY_MORE | MIT_KEY_ADD);
}
static inline uint32_t mit_shape_of(struct value object) { // MIT_SHAPE_NO_RECORD for what is none
  return (uint32_t)(*object_header(value_to_ref(object)) >> MIT_SHAPE_SHIFT);
}
static inline void mit_set_shape(struct value record, uint32_t shape) { // its size is in the lower half
  uint64_t *header = object_header(value_to_ref(record));
  *header = (uint32_t)*header | (uint64_t)shape << MIT_SHAPE_SHIFT;
}
// Does what a cache with MIT_KEY_ADD says.
static inline __attribute__((always_inline)) void mit_field_add(struct mutator *th, struct value record, uint32_t add,
                                                                struct value v) {
  mit_set_shape(record, add >> MIT_ADD_SHAPE_SHIFT);
  heap_store(th, value_to_ref(record), MIT_RECORD_FIELDS + (add & ((1u << MIT_ADD_SHAPE_SHIFT) - 1)), v);
}
static inline struct value *mit_slot_more(struct value record, uint32_t slot) {
  return &mit_fields(mit_fields(record)[MIT_RECORD_MORE])[MIT_VECTOR_VALUES + (slot - MIT_SLOT_MORE)];
}
static inline struct value *mit_slot(struct value record, uint32_t slot) {
  return slot < MIT_SLOT_MORE ? &mit_fields(record)[MIT_RECORD_FIELDS + slot] : mit_slot_more(record, slot);
}

#endif
