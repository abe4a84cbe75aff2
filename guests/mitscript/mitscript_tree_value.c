// SPDX-License-Identifier: MIT
//
// mitscript_tree_value.c: memory, strings and maps of the tree evaluator, and str().
//
// Nothing is freed before the end, so `s = s + "x"` in a loop must not copy s each time: a concatenation only notes its
// two parts, and the bytes are put together when somebody looks. Both that and str() keep their own stacks, so strings
// and records may be as deep as memory allows; what ends str() on a record that contains itself is a mark on each
// record whose fields are being written.
#include "mitscript_tree_value.h"

#include <stdlib.h>
#include <string.h>

// ---- memory and endings ------------------------------------------------------------------------------------------

bool mitscript_tree_throw(struct mit_tree_state *state, const char *format, ...) {
  va_list args;
  va_start(args, format);
  text_clear(&state->exception);
  text_vprintf(&state->exception, format, args);
  va_end(args);
  return false;
}

bool mitscript_tree_fail(struct mit_tree_state *state, enum loam_err kind, const char *sentence) {
  error_set(&state->error, kind, "%s", sentence);
  return false;
}

static bool memory_count(struct mit_tree_state *state, size_t bytes) {
  ASSERT(state->bytes_used <= state->bytes_max, "%zu bytes are in use of %zu", state->bytes_used, state->bytes_max);
  if (bytes > state->bytes_max - state->bytes_used)
    return mitscript_tree_fail(state, LOAM_ERR_LIMIT, "the tree evaluator reached its memory limit");
  state->bytes_used += bytes;
  return true;
}

void *mitscript_tree_alloc(struct mit_tree_state *state, size_t bytes) {
  if (!memory_count(state, bytes)) return NULL;
  void *block = arena_alloc(&state->arena, bytes ? bytes : 1);
  if (!block) mitscript_tree_fail(state, LOAM_ERR_MEMORY, "out of memory in the tree evaluator");
  return block;
}

// ---- strings -----------------------------------------------------------------------------------------------------

static bool string_make(struct mit_tree_state *state, struct mit_tree_string string, struct mit_tree_value *value) {
  struct mit_tree_string *made = mitscript_tree_alloc(state, sizeof(*made));
  if (!made) return false;
  *made = string;
  *value = (struct mit_tree_value){.kind = MIT_TREE_STRING, .string = made};
  return true;
}

bool mitscript_tree_make_string(struct mit_tree_state *state, const char *bytes, size_t length,
                                struct mit_tree_value *value) {
  char *copy = mitscript_tree_alloc(state, length);
  if (!copy) return false;
  if (length) memcpy(copy, bytes, length);
  return string_make(state, (struct mit_tree_string){.length = length, .bytes = copy}, value);
}

bool mitscript_tree_join(struct mit_tree_state *state, struct mit_tree_string *left, struct mit_tree_string *right,
                         struct mit_tree_value *value) {
  ASSERT(left->length <= state->bytes_max, "a string of %zu bytes is within the limit", left->length);
  if (!left->length || !right->length) {
    *value = (struct mit_tree_value){.kind = MIT_TREE_STRING, .string = left->length ? left : right};
    return true;
  }
  if (right->length > state->bytes_max - left->length)
    return mitscript_tree_fail(state, LOAM_ERR_LIMIT, "a string grew over the tree evaluator's memory limit");
  struct mit_tree_string joined = {.length = left->length + right->length, .left = left, .right = right};
  return string_make(state, joined, value);
}

// Writes the string's parts to `bytes`, last part first. `parts` is a stack of strings, kept as bytes.
static void parts_write(struct mit_tree_string *string, char *bytes, struct text *parts) {
  char *end = bytes + string->length;
  text_add(parts, (const char *)&string, sizeof(string));
  while (parts->length && !parts->failed) {
    struct mit_tree_string *part;
    parts->length -= sizeof(part);
    memcpy(&part, parts->bytes + parts->length, sizeof(part));
    if (part->bytes) {
      ASSERT(part->length <= (size_t)(end - bytes), "a part of %zu bytes goes into %td that are left", part->length,
             end - bytes);
      end -= part->length;
      memcpy(end, part->bytes, part->length);
    } else {
      text_add(parts, (const char *)&part->left, sizeof(part->left));
      text_add(parts, (const char *)&part->right, sizeof(part->right));
    }
  }
  ASSERT(parts->failed || end == bytes, "the parts of a string of %zu bytes fill it", string->length);
}

struct mit_bytes mitscript_tree_bytes(struct mit_tree_state *state, struct mit_tree_string *string) {
  if (string->bytes) return (struct mit_bytes){string->bytes, string->length};
  char *bytes = mitscript_tree_alloc(state, string->length);
  if (!bytes) return (struct mit_bytes){NULL, 0};
  struct text parts = {0};
  parts_write(string, bytes, &parts);
  bool failed = parts.failed;
  text_fini(&parts);
  if (failed) {
    mitscript_tree_fail(state, LOAM_ERR_MEMORY, "out of memory in the tree evaluator");
    return (struct mit_bytes){NULL, 0};
  }
  ASSERT(string->left && string->right, "a string of %zu bytes has neither bytes nor parts", string->length);
  string->bytes = bytes;
  string->left = string->right = NULL;
  return (struct mit_bytes){bytes, string->length};
}

// ---- maps --------------------------------------------------------------------------------------------------------

static struct mit_tree_entry *entry_find(const struct mit_tree_map *map, struct mit_bytes name, uint32_t hash) {
  ASSERT(map->count < map->capacity, "a map has a free entry: %u of %u", map->count, map->capacity);
  for (uint32_t at = hash;; at++) {
    struct mit_tree_entry *entry = &map->entries[at & (map->capacity - 1)];
    if (!entry->name.bytes || (entry->hash == hash && entry->name.length == name.length &&
                               memcmp(entry->name.bytes, name.bytes, name.length) == 0))
      return entry;
  }
}

struct mit_tree_value *mitscript_tree_map_find(const struct mit_tree_map *map, struct mit_bytes name, uint32_t hash) {
  if (!map->count) return NULL;
  struct mit_tree_entry *entry = entry_find(map, name, hash);
  return entry->name.bytes ? &entry->value : NULL;
}

static bool map_grow(struct mit_tree_state *state, struct mit_tree_map *map) {
  struct mit_tree_map bigger = {.count = map->count, .capacity = map->capacity ? map->capacity * 2 : 4};
  ASSERT((bigger.capacity & (bigger.capacity - 1)) == 0, "a map gets room for %u, which is no power of two",
         bigger.capacity);
  bigger.entries = mitscript_tree_alloc(state, bigger.capacity * sizeof(*bigger.entries));
  if (!bigger.entries) return false;
  for (uint32_t i = 0; i < map->capacity; i++) {
    const struct mit_tree_entry *entry = &map->entries[i];
    if (entry->name.bytes) *entry_find(&bigger, entry->name, entry->hash) = *entry;
  }
  *map = bigger;
  return true;
}

bool mitscript_tree_map_put(struct mit_tree_state *state, struct mit_tree_map *map, struct mit_bytes name,
                            uint32_t hash, struct mit_tree_value value, bool copy) {
  struct mit_tree_value *old = mitscript_tree_map_find(map, name, hash);
  if (old) {
    *old = value;
    return true;
  }
  if (map->count + 1 > map->capacity / 4 * 3 && !map_grow(state, map)) return false;
  if (copy) {
    char *bytes = mitscript_tree_alloc(state, name.length);
    if (!bytes) return false;
    if (name.length) memcpy(bytes, name.bytes, name.length);
    name.bytes = bytes;
  }
  ASSERT(name.bytes, "a name of %zu bytes is at no address, as in a free entry", name.length);
  *entry_find(map, name, hash) = (struct mit_tree_entry){name, hash, value};
  map->count++;
  return true;
}

// ---- str() -------------------------------------------------------------------------------------------------------

// A record whose fields are being written.
struct open_record {
  struct mit_tree_record *record;
  struct mit_tree_entry **sorted;
  uint32_t next;
  struct open_record *outer;
};

static int entry_compare(const void *left, const void *right) {
  struct mit_bytes a = (*(struct mit_tree_entry *const *)left)->name;
  struct mit_bytes b = (*(struct mit_tree_entry *const *)right)->name;
  int order = memcmp(a.bytes, b.bytes, a.length < b.length ? a.length : b.length);
  return order ? order : (a.length > b.length) - (a.length < b.length);
}

static bool memory_fail(struct mit_tree_state *state) {
  return mitscript_tree_fail(state, LOAM_ERR_MEMORY, "out of memory in the tree evaluator");
}

static bool record_open(struct mit_tree_state *state, struct mit_tree_record *record, struct open_record **top) {
  if (record->open) return mitscript_tree_throw(state, "RuntimeException: records nest too deeply to be printed");
  struct open_record *opened = mem_alloc(sizeof(*opened));
  if (!opened) return memory_fail(state);
  *opened = (struct open_record){record, mem_alloc(record->fields.count * sizeof(*opened->sorted) + 1), 0, *top};
  *top = opened;
  record->open = true;
  if (!opened->sorted) return memory_fail(state);
  uint32_t count = 0;
  for (uint32_t i = 0; i < record->fields.capacity; i++)
    if (record->fields.entries[i].name.bytes) opened->sorted[count++] = &record->fields.entries[i];
  ASSERT(count == record->fields.count, "a record has %u fields, not %u", record->fields.count, count);
  qsort(opened->sorted, count, sizeof(*opened->sorted), entry_compare);
  return true;
}

static void record_close(struct open_record **top) {
  struct open_record *closed = *top;
  ASSERT(closed->record->open, "a record is closed once: %u fields", closed->record->fields.count);
  *top = closed->outer;
  closed->record->open = false;
  mem_free(closed->sorted);
  mem_free(closed);
}

// Adds a value's text, or for a record its opening brace, and then it is the new top.
static bool value_add(struct mit_tree_state *state, struct mit_tree_value value, struct text *out,
                      struct open_record **top) {
  switch (value.kind) {
  case MIT_TREE_NONE: text_add(out, "None", 4); break;
  case MIT_TREE_BOOL: text_printf(out, "%s", value.truth ? "true" : "false"); break;
  case MIT_TREE_INT: text_printf(out, "%d", value.number); break;
  case MIT_TREE_FUNCTION: text_add(out, "FUNCTION", 8); break;
  case MIT_TREE_STRING: {
    struct mit_bytes bytes = mitscript_tree_bytes(state, value.string);
    if (!bytes.bytes) return false;
    text_add(out, bytes.bytes, bytes.length);
    break;
  }
  case MIT_TREE_RECORD: text_add_char(out, '{'); return record_open(state, value.record, top);
  }
  return true;
}

// Writes fields until the outermost record is closed.
static bool fields_add(struct mit_tree_state *state, struct text *out, struct open_record **top) {
  while (*top) {
    if (out->length > state->bytes_max)
      return mitscript_tree_fail(state, LOAM_ERR_LIMIT, "a string grew over the tree evaluator's memory limit");
    if ((*top)->next == (*top)->record->fields.count) {
      record_close(top);
      text_add_char(out, '}');
    } else {
      struct mit_tree_entry *entry = (*top)->sorted[(*top)->next++];
      text_add(out, entry->name.bytes, entry->name.length);
      text_add_char(out, ':');
      if (!value_add(state, entry->value, out, top)) return false;
      if (entry->value.kind == MIT_TREE_RECORD) continue; // its closing brace comes first
    }
    if (*top) text_add_char(out, ' ');
  }
  return true;
}

bool mitscript_tree_print(struct mit_tree_state *state, struct mit_tree_value value, struct text *out) {
  struct open_record *top = NULL;
  bool good = value_add(state, value, out, &top) && fields_add(state, out, &top);
  while (top) record_close(&top);
  return good && out->failed ? memory_fail(state) : good;
}
