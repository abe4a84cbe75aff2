// SPDX-License-Identifier: MIT
//
// mitscript_convert.c: str(v) of A.6. Records nest without bound, so the ones being printed are on a stack of our own.
// A record that contains itself is found by Brent's way of finding cycles: one of the open records is remembered, and a
// later one each time the depth has doubled; sooner or later it is the one that comes again.
#include "mitscript_record.h"

#include <stdlib.h>
#include <string.h>

#define NESTING_MAX 100000
#define TEXT_MAX ((size_t)INT32_MAX) // no string is longer
// A record that is shared many times has a text that is longer than the heap, by any factor. This much is printed.
#define TEXT_PER_HEAP 16
#define VALUES_PER_LOOK 4096 // printed between two looks at the limits that end the program

// A field to print: its name as bytes (NULL for an element, whose digits are kept here) and its value.
struct field {
  const char *bytes;
  size_t length;
  struct value value;
  union mit_digits digits;
};

// A record being printed: its fields in order, and how many are done.
struct level {
  struct level *outer;
  struct value record;
  size_t nesting;
  size_t count, done;
  struct field fields[];
};

// An element's bytes are its own digits, wherever sorting moves it.
static const char *bytes_of(const struct field *field) { return field->bytes ? field->bytes : field->digits.bytes; }

static int compare_fields(const void *a, const void *b) {
  const struct field *left = a, *right = b;
  size_t shorter = left->length < right->length ? left->length : right->length;
  int order = memcmp(bytes_of(left), bytes_of(right), shorter);
  return order ? order : (left->length > right->length) - (left->length < right->length);
}

static size_t count_fields(const struct mit_state *state, struct value r) {
  uint32_t shape = mit_shape_of(r);
  size_t named = shape == MIT_SHAPE_DICTIONARY ? mit_table_capacity(mit_fields(r)[MIT_RECORD_MORE])
                                               : mit_shape_get(state, shape)->count;
  return named + mit_fields(mit_fields(r)[MIT_RECORD_ELEMENTS])[MIT_VECTOR_COUNT].bits;
}

// The digits of a number below 10^8, a byte each, the first one lowest: the halves of four digits, of two, of one,
// each time all at once. 10486 / 2^20 and 103 / 2^10 are a little more than 1/100 and 1/10, by so little that the
// quotients are exact.
static uint64_t eight_digits(uint32_t n) {
  uint64_t fours = n / 10000 | (uint64_t)(n % 10000) << 32;
  uint64_t hundreds = fours * 10486 >> 20 & 0x0000007f0000007f;
  uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
  uint64_t tens = twos * 103 >> 10 & 0x000f000f000f000f;
  return tens | (twos - 10 * tens) << 8;
}

size_t mit_digits(int32_t n, union mit_digits *out) {
  if ((uint32_t)n < 100000000) {
    uint64_t digits = eight_digits((uint32_t)n);
    unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) & ~7u; // bits before the first digit
    out->words[0] = (digits | 0x3030303030303030) >> zeros;
    out->words[1] = 0;
    return 8 - zeros / 8;
  }
  char text[TEXT_DIGITS_MAX], *end = text + sizeof text, *at = text_digits(n, end);
  ASSERT(end - at <= (ptrdiff_t)sizeof *out, "%d has %td digits", n, end - at);
  *out = (union mit_digits){.words = {0}};
  memcpy(out->bytes, at, (size_t)(end - at));
  return (size_t)(end - at);
}

static void add_element_fields(struct level *level, struct value r) {
  struct value elements = mit_fields(r)[MIT_RECORD_ELEMENTS];
  for (uint64_t i = 0; i < mit_fields(elements)[MIT_VECTOR_COUNT].bits; i++) {
    struct value v = mit_fields(elements)[MIT_VECTOR_VALUES + i];
    if (value_same(v, MIT_ABSENT)) continue;
    struct field *field = &level->fields[level->count++];
    field->length = mit_digits((int32_t)i, &field->digits);
    field->bytes = NULL;
    field->value = v;
  }
}

static void add_named_fields(struct level *level, const struct mit_state *state, struct value r) {
  if (mit_shape_of(r) != MIT_SHAPE_DICTIONARY) {
    const struct mit_shape *shape = mit_shape_get(state, mit_shape_of(r));
    for (const struct mit_shape *at = shape; at->name; at = at->parent)
      level->fields[level->count++] =
          (struct field){at->name->bytes, at->name->length, *mit_slot(r, mit_shape_slot(shape, at->count - 1)), {""}};
    return;
  }
  struct value table = mit_fields(r)[MIT_RECORD_MORE];
  for (size_t i = 0; i < mit_table_capacity(table); i++) {
    const struct value *entry = mit_table_entry(table, i);
    if (mit_is_none(entry[0]) || value_same(entry[1], MIT_ABSENT)) continue;
    struct field *field = &level->fields[level->count++];
    bool flat;
    field->bytes = mit_string_bytes(entry[0], &field->length, &flat);
    field->value = entry[1];
  }
}

static bool open_record(const struct mit_state *state, struct value r, struct level **top) {
  struct level *level = mem_alloc(sizeof *level + count_fields(state, r) * sizeof(struct field));
  if (!level) return false;
  ASSERT(mit_is_record(r), "a record is opened to be printed, and is %#llx", (unsigned long long)r.bits);
  *level = (struct level){.outer = *top, .record = r, .nesting = *top ? (*top)->nesting + 1 : 1};
  add_element_fields(level, r);
  add_named_fields(level, state, r);
  ASSERT(level->count <= count_fields(state, r), "a record of %zu fields shows %zu", count_fields(state, r),
         level->count);
  qsort(level->fields, level->count, sizeof *level->fields, compare_fields);
  *top = level;
  return true;
}

static void close_record(struct level **top) {
  struct level *level = *top;
  ASSERT(level->done <= level->count && level->nesting == (level->outer ? level->outer->nesting + 1 : 1),
         "a record is closed with %zu of %zu fields printed, nested %zu deep", level->done, level->count,
         level->nesting);
  *top = level->outer;
  mem_free(level);
}

// Whether the record that was opened last is open already. *seen is an open record, or NULL.
static bool is_open(const struct level *top, const struct level **seen) {
  ASSERT(!*seen || (*seen)->nesting < top->nesting, "the record remembered is nested %zu deep, the last one %zu",
         (*seen)->nesting, top->nesting);
  if (*seen && value_same((*seen)->record, top->record)) return true;
  if ((top->nesting & (top->nesting - 1)) == 0) *seen = top; // a power of two
  return false;
}

static void print_simple(struct value v, struct text *out) {
  if (mit_is_int(v)) {
    union mit_digits digits;
    size_t length = mit_digits(mit_to_int(v), &digits);
    text_add(out, digits.bytes, length);
  } else if (mit_is_none(v)) {
    text_add(out, "None", 4);
  } else if (mit_is_bool(v)) {
    text_printf(out, "%s", mit_to_bool(v) ? "true" : "false");
  } else if (mit_is_object(v) && mit_is_string(v)) {
    mit_string_add_to(v, out);
  } else {
    text_add(out, "FUNCTION", 8);
  }
}

static size_t text_max(const struct mutator *th) {
  size_t heap = heap_bytes_max(th);
  return heap < TEXT_MAX / TEXT_PER_HEAP ? TEXT_PER_HEAP * heap : TEXT_MAX;
}

// Prints what `v` begins with: opens a record, or adds a simple value. False when records nest too deeply.
static bool print_start(const struct mit_state *state, struct value v, struct level **top, const struct level **seen,
                        struct text *out) {
  if (!mit_is_record(v)) {
    print_simple(v, out);
    if (*top) text_add_char(out, ' ');
    return true;
  }
  text_add_char(out, '{');
  if (open_record(state, v, top)) return !is_open(*top, seen) && (*top)->nesting <= NESTING_MAX;
  out->failed = true;
  return true;
}

// Closes the records that are complete.
static void print_ends(struct level **top, const struct level **seen, struct text *out) {
  while (*top && (*top)->done == (*top)->count) {
    if (*top == *seen) *seen = NULL;
    close_record(top);
    text_add_char(out, '}');
    if (*top) text_add_char(out, ' ');
  }
}

bool mit_print_value(struct mutator *th, struct value v, struct text *out) {
  const struct mit_state *state = mit_state_of(th);
  const size_t length_max = text_max(th);
  struct level *top = NULL;
  const struct level *seen = NULL;
  bool good;
  for (unsigned values = 1;; values++) {
    good = print_start(state, v, &top, &seen, out);
    if (good) print_ends(&top, &seen, out);
    if (out->length > length_max) out->failed = true;
    if (values % VALUES_PER_LOOK == 0 && vm_kill_reason(state->vm)->kind != LOAM_OK) out->failed = true;
    if (!good || out->failed || !top) break;
    ASSERT(top->done < top->count, "field %zu of %zu is printed", top->done, top->count);
    struct field *field = &top->fields[top->done++];
    text_add(out, bytes_of(field), field->length);
    text_add_char(out, ':');
    v = field->value;
  }
  while (top) close_record(&top);
  return good;
}

enum loam_status mit_print(struct mutator *th, struct value v, struct text *out) {
  bool good = mit_print_value(th, v, out);
  const struct error *killed = vm_kill_reason(mit_state_of(th)->vm);
  if (killed->kind != LOAM_OK) return vm_kill(th, killed->kind, "%s", killed->text);
  if (out->failed) return mit_throw_memory(th);
  return good ? DONE : mit_throw(th, MIT_RUNTIME, "records nest too deeply to be printed");
}

enum loam_status mit_to_string(struct mutator *th, struct value v, struct value *out) {
  if (mit_is_string(v)) {
    *out = v;
    return DONE;
  }
  if (mit_is_int(v)) {
    union mit_digits digits;
    size_t length = mit_digits(mit_to_int(v), &digits);
    return mit_string_create(th, digits.bytes, length, out);
  }
  struct text text = {0};
  enum loam_status status = mit_print(th, v, &text);
  if (status == DONE) status = mit_string_create(th, text.bytes, text.length, out);
  text_fini(&text);
  return status;
}
