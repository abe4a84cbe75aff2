// SPDX-License-Identifier: MIT
//
// mitscript_string.c: strings, and joining them in less than quadratic time.
//
// Programs build long strings by appending. A short result is copied (FLAT). When a long string is appended to, its
// bytes go into a buffer with room to spare, and the result is a view of the buffer's first bytes; appending to the
// view that ends where the buffer's used part ends writes behind it, so that n appends copy n bytes twice at most. A
// long string that is prepended to becomes a rope, made flat when its bytes are asked for. Strings never change: a
// buffer only grows behind what any view of it sees.
#include "mitscript_runtime.h"

#include <string.h>

#define LENGTH_MAX ((size_t)INT32_MAX)
#define COPY_MAX 256 // joined strings up to this length are copied: cheaper than any sharing

// The first word of every string object: length in the low half, hash in the upper (0: not known).
static size_t head_length(struct value string) { return (uint32_t)mit_fields(string)[0].bits; }

static bool is_flat_rope(struct value string) { return mit_is_none(mit_fields(string)[2]); }

size_t mit_string_length(struct value string) { return head_length(string); }

// Each has a word of bytes, and what the bytes leave of the last word is 0 (mit_same_short).
static size_t words_for(size_t bytes) { return bytes ? 1 + (bytes + 7) / 8 : 2; }

// Makes a flat string without its bytes. `used` 0 for a string; a buffer's first word is the bytes in use.
static enum loam_status create_bytes(struct mutator *th, enum mit_tag tag, size_t bytes, size_t head,
                                     struct value *out) {
  size_t words = words_for(bytes);
  struct ref object = heap_alloc(th, mit_header(tag, words), words);
  if (!object.addr) return THROWN;
  object_fields(object)[0].bits = head;
  object_fields(object)[words - 1].bits = 0;
  *out = value_from_ref(object);
  return DONE;
}

static char *bytes_of(struct value object) { return (char *)&mit_fields(object)[1]; } // of a flat string or a buffer

enum loam_status mit_string_create(struct mutator *th, const char *bytes, size_t length, struct value *out) {
  if (length > LENGTH_MAX) return mit_throw(th, MIT_RUNTIME, "a string longer than %zu bytes", LENGTH_MAX);
  if (create_bytes(th, MIT_TAG_FLAT, length, length, out) != DONE) return THROWN;
  memcpy(bytes_of(*out), bytes, length);
  return DONE;
}

const char *mit_string_bytes(struct value string, size_t *length, bool *flat) {
  *length = head_length(string);
  *flat = true;
  for (;;) {
    switch (object_tag(value_to_ref(string))) {
    case MIT_TAG_FLAT: return bytes_of(string);
    case MIT_TAG_VIEW: return bytes_of(mit_fields(string)[1]);
    default:
      if (!is_flat_rope(string)) {
        *flat = false;
        return NULL;
      }
      string = mit_fields(string)[1];
    }
  }
}

// Copies a string's bytes so that they end at `end`. Ropes lean to either side, so the pieces still to copy are on a
// stack of our own; a piece that is a rope is replaced by its two sides.
static bool copy_pieces(struct value string, char *end) {
  size_t whole;
  bool is_flat;
  const char *all = mit_string_bytes(string, &whole, &is_flat);
  if (is_flat) {
    memcpy(end - whole, all, whole);
    return true;
  }
  size_t capacity = 64, count = 1;
  struct value *pieces = mem_alloc(capacity * sizeof *pieces);
  if (!pieces) return false;
  const char *start = end - whole;
  pieces[0] = string;
  while (count) {
    struct value piece = pieces[--count];
    size_t length;
    bool flat;
    const char *bytes = mit_string_bytes(piece, &length, &flat);
    if (flat) {
      ASSERT(length <= (size_t)(end - start), "mitscript.I3: a piece of %zu bytes goes into %td that are left", length,
             end - start);
      end -= length;
      memcpy(end, bytes, length);
      continue;
    }
    if (count + 2 > capacity) {
      struct value *more = mem_resize(pieces, 2 * capacity * sizeof *pieces);
      if (!more) break;
      pieces = more;
      capacity *= 2;
    }
    pieces[count++] = mit_fields(piece)[1]; // left; the right side is copied first, from the end
    pieces[count++] = mit_fields(piece)[2];
  }
  mem_free(pieces);
  ASSERT(count || end == start, "a rope of %zu bytes has %td more than its pieces", whole, end - start);
  return count == 0;
}

void mit_string_add_to(struct value string, struct text *out) {
  size_t length;
  bool flat;
  const char *bytes = mit_string_bytes(string, &length, &flat);
  if (flat) {
    text_add(out, bytes, length);
    return;
  }
  char *copy = mem_alloc(length);
  if (copy && copy_pieces(string, copy + length))
    text_add(out, copy, length);
  else
    out->failed = true;
  mem_free(copy);
}

enum loam_status mit_string_flatten(struct mutator *th, struct value string) {
  if (object_tag(value_to_ref(string)) != MIT_TAG_ROPE || is_flat_rope(string)) return DONE;
  struct value flat = MIT_NONE;
  ROOTS(th, &string, &flat);
  size_t length = head_length(string);
  if (create_bytes(th, MIT_TAG_FLAT, length, length, &flat) != DONE) return THROWN;
  if (!copy_pieces(string, bytes_of(flat) + length)) return mit_throw_memory(th);
  heap_store(th, value_to_ref(string), 1, flat);
  heap_store(th, value_to_ref(string), 2, MIT_NONE);
  return DONE;
}

// Both halves of a product have something of all bits. The numbers are the first bits of pi and of the golden ratio.
static uint64_t mix(uint64_t hash, uint64_t word) {
  unsigned __int128 product = (unsigned __int128)(hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}
#define HASH_START UINT64_C(0x243f6a8885a308d3)

static uint32_t finish(uint64_t hash) { return (uint32_t)(hash ^ hash >> 32); }

static uint32_t hash_short(uint64_t word, size_t length) { return finish(mix(HASH_START ^ length, word)); }

uint32_t mit_hash(const char *bytes, size_t length) {
  uint64_t word = 0, hash = HASH_START ^ length;
  if (length <= MIT_SHORT_BYTES) {
    memcpy(&word, bytes, length);
    return hash_short(word, length);
  }
  for (const char *end = bytes + length - 8;; bytes += 8) { // the last word may overlap with the one before
    memcpy(&word, bytes < end ? bytes : end, 8);
    hash = mix(hash, word);
    if (bytes >= end) return finish(hash);
  }
}

struct mit_key mit_string_key(struct value string) {
  uint64_t *head = &mit_fields(string)[0].bits;
  size_t length;
  bool flat;
  const char *bytes = mit_string_bytes(string, &length, &flat);
  ASSERT(flat, "mitscript.I3: the hash of a rope of %zu bytes is asked for", length);
  if (!(*head >> 32)) {
    bool is_short = length <= MIT_SHORT_BYTES;
    ASSERT(!is_short || mit_is_tagged(string, MIT_TAG_FLAT), "mitscript.I5: a string of %zu bytes is not flat", length);
    uint32_t hash = is_short ? hash_short(mit_fields(string)[1].bits, length) : mit_hash(bytes, length);
    *head |= (uint64_t)hash << 32;
  }
  return (struct mit_key){bytes, *head, string};
}

// An integer's digits, as str() writes them.
bool mit_string_to_index(struct value string, int32_t *out) {
  size_t length;
  bool flat;
  const char *bytes = mit_string_bytes(string, &length, &flat);
  bool negative = length > 1 && bytes[0] == '-';
  size_t first = negative;
  if (length == first || length - first > 10 || (bytes[first] == '0' && length > 1)) return false;
  int64_t number = 0;
  for (size_t i = first; i < length; i++) {
    if (bytes[i] < '0' || bytes[i] > '9') return false;
    number = number * 10 + (bytes[i] - '0');
  }
  if (negative) number = -number;
  *out = (int32_t)number;
  return number == *out;
}

// ---- joining -------------------------------------------------------------------------------------------------------

// What is joined: a flat string, or an integer's digits.
struct piece {
  const uint64_t *words; // the bytes, and zeros to the end of the last word
  size_t length;
  union mit_digits digits;
};

static bool read_piece(struct value v, struct piece *piece) {
  if (mit_is_int(v)) {
    piece->length = mit_digits(mit_to_int(v), &piece->digits);
    piece->words = piece->digits.words;
    return true;
  }
  if (!mit_is_tagged(v, MIT_TAG_FLAT)) return false;
  piece->length = head_length(v);
  piece->words = &mit_fields(v)[1].bits;
  return true;
}

// Lays both one behind the other, in whole words: a call of memcpy, whose length nobody can foretell, takes longer.
static void join_words(uint64_t *to, const struct piece *left, const struct piece *right) {
  const uint64_t *from = left->words, *behind = right->words; // stores to *to may change the pieces, to clang
  size_t whole = left->length / 8, count = (right->length + 7) / 8, length = left->length + right->length;
  unsigned bits = left->length % 8 * 8; // of left's last word
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 0; i < whole; i++) *to++ = from[i];
  uint64_t rest = bits ? from[whole] : 0;
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 0; i < count; i++) {
    *to++ = rest | behind[i] << bits;
    rest = behind[i] >> 1 >> (63 - bits);
  }
  if (length > 8 * (whole + count)) *to = rest;
}

bool mit_string_join_short(struct mutator *th, struct value l, struct value r, struct value *out) {
  struct piece left, right;
  if (!read_piece(l, &left) || !read_piece(r, &right)) return false;
  size_t length = left.length + right.length, words = words_for(length);
  if (length > COPY_MAX) return false;
  if (!left.length || !right.length) {
    struct value whole = left.length ? l : r;
    if (mit_is_int(whole)) return false;
    *out = whole;
    return true;
  }
  struct ref object = heap_try_alloc(th, mit_header(MIT_TAG_FLAT, words), words);
  if (!object.addr) return false;
  object_fields(object)[0].bits = length;
  join_words(&object_fields(object)[1].bits, &left, &right);
  *out = value_from_ref(object);
  return true;
}

static enum loam_status join_copy(struct mutator *th, struct value left, struct value right, size_t length,
                                  struct value *out) {
  ROOTS(th, &left, &right);
  struct value made = MIT_NONE;
  if (create_bytes(th, MIT_TAG_FLAT, length, length, &made) != DONE) return THROWN;
  char *end = bytes_of(made) + length;
  if (!copy_pieces(right, end) || !copy_pieces(left, end - head_length(right))) return mit_throw_memory(th);
  *out = made;
  return DONE;
}

static enum loam_status join_rope(struct mutator *th, struct value left, struct value right, size_t length,
                                  struct value *out) {
  ROOTS(th, &left, &right);
  ASSERT(length > COPY_MAX, "mitscript.I5: a rope of %zu bytes is made", length);
  struct ref object = heap_alloc(th, mit_header(MIT_TAG_ROPE, 3), 3);
  if (!object.addr) return THROWN;
  object_fields(object)[0].bits = length;
  object_fields(object)[1] = left;
  object_fields(object)[2] = right;
  *out = value_from_ref(object);
  return DONE;
}

static size_t buffer_room(struct value buffer) { return (mit_words(buffer) - 1) * 8 - mit_fields(buffer)[0].bits; }

static bool ends_its_buffer(struct value string) {
  if (object_tag(value_to_ref(string)) != MIT_TAG_VIEW) return false;
  return mit_fields(mit_fields(string)[1])[0].bits == head_length(string);
}

// The bytes of `left` in a buffer with as much room again.
static enum loam_status create_buffer(struct mutator *th, struct value left, size_t length, struct value *out) {
  ROOTS(th, &left);
  if (create_bytes(th, MIT_TAG_BUFFER, 2 * length, head_length(left), out) != DONE) return THROWN;
  size_t left_length;
  bool flat;
  const char *bytes = mit_string_bytes(left, &left_length, &flat);
  ASSERT(flat && left_length <= 2 * length, "mitscript.I3: %zu bytes go into a buffer of %zu", left_length, 2 * length);
  memcpy(bytes_of(*out), bytes, left_length);
  return DONE;
}

// `left` is flat or a view; `right` is not longer.
static enum loam_status join_append(struct mutator *th, struct value left, struct value right, size_t length,
                                    struct value *out) {
  struct value buffer = MIT_NONE, made = MIT_NONE;
  ROOTS(th, &left, &right, &buffer, &made);
  ASSERT(length > COPY_MAX, "mitscript.I5: a view of %zu bytes is made", length);
  struct ref view = heap_alloc(th, mit_header(MIT_TAG_VIEW, 2), 2);
  if (!view.addr) return THROWN;
  object_fields(view)[0].bits = length;
  object_fields(view)[1] = MIT_NONE;
  made = value_from_ref(view);
  size_t more = head_length(right);
  if (ends_its_buffer(left) && buffer_room(mit_fields(left)[1]) >= more)
    buffer = mit_fields(left)[1];
  else if (create_buffer(th, left, length, &buffer) != DONE)
    return THROWN;
  uint64_t *used = &mit_fields(buffer)[0].bits;
  if (!copy_pieces(right, bytes_of(buffer) + *used + more)) return mit_throw_memory(th);
  *used += more;
  ASSERT(*used == length, "a string of %zu bytes ends at byte %llu of its buffer", length, (unsigned long long)*used);
  heap_store(th, value_to_ref(made), 1, buffer);
  *out = made;
  return DONE;
}

enum loam_status mit_string_join(struct mutator *th, struct value left, struct value right, struct value *out) {
  size_t left_length = head_length(left), right_length = head_length(right), length = left_length + right_length;
  if (length > LENGTH_MAX) return mit_throw(th, MIT_RUNTIME, "a string longer than %zu bytes", LENGTH_MAX);
  if (!left_length || !right_length) {
    *out = left_length ? left : right;
    return DONE;
  }
  if (length <= COPY_MAX) return join_copy(th, left, right, length, out);
  bool left_is_rope = object_tag(value_to_ref(left)) == MIT_TAG_ROPE;
  if (left_is_rope && is_flat_rope(left)) {
    left = mit_fields(left)[1];
    left_is_rope = false;
  }
  if (left_is_rope || right_length > left_length) return join_rope(th, left, right, length, out);
  return join_append(th, left, right, length, out);
}
