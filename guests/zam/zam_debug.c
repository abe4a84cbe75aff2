// SPDX-License-Identifier: MIT
//
// zam_debug.c: reading the DBUG section: for each unit the offset of its code, a marshalled list of events, and a list
// of folders. An event is a record: position in the unit's code, module, location, kind, name of the function; a
// location has two positions [file; line; offset of the line; offset]. They are copied to C memory, sorted by their
// place in the code; the marshalled values are garbage then.
//
// Nothing in them is trusted: neither what stands in an executable nor what a program gives for code that it made.
// Where something else is found than an event has there, reading ends; without debug information a program runs as with
// it.
#include "zam_debug.h"

#include "zam_image.h"
#include "zam_intern.h"
#include "zam_runtime.h"

#include <errno.h>
#include <stdlib.h>

enum { EVENT_POSITION, EVENT_MODULE, EVENT_LOCATION, EVENT_KIND, EVENT_FUNCTION };
enum { POSITION_FILE, POSITION_LINE, POSITION_LINE_START, POSITION_OFFSET };
#define TEXT_BYTES_MAX ((size_t)64 << 20) // of all names of a code: data may mention a long one often

struct zam_debug {
  enum zam_debug_status status;
  bool loaded; // the program's own
};

static uint32_t read_be32(const char *at) {
  const uint8_t *bytes = (const uint8_t *)at;
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool has_tag(const struct mutator *th, struct value v, unsigned tag) {
  return zam_is_block(v) && !zam_is_outside(th, v) && zam_tag(v) == tag;
}

static bool is_record(const struct mutator *th, struct value v, uint64_t fields) {
  return has_tag(th, v, 0) && zam_size(v) >= fields;
}

static bool is_position(const struct mutator *th, struct value v) {
  if (!is_record(th, v, POSITION_OFFSET + 1) || !has_tag(th, zam_fields(v)[POSITION_FILE], ZAM_TAG_STRING))
    return false;
  for (unsigned i = POSITION_LINE; i <= POSITION_OFFSET; i++)
    if (!zam_is_int(zam_fields(v)[i])) return false;
  return true;
}

static bool is_event(const struct mutator *th, struct value v) {
  if (!is_record(th, v, EVENT_FUNCTION + 1) || !zam_is_int(zam_fields(v)[EVENT_POSITION])) return false;
  struct value location = zam_fields(v)[EVENT_LOCATION];
  return has_tag(th, zam_fields(v)[EVENT_FUNCTION], ZAM_TAG_STRING) && is_record(th, location, 2) &&
         is_position(th, zam_fields(location)[0]) && is_position(th, zam_fields(location)[1]);
}

// Most events share it with the one before, `last`.
static const char *copy_text(struct zam_code *code, struct value text, const char *last) {
  size_t length = zam_string_length(text);
  if (last && strlen(last) == length && memcmp(last, zam_string_bytes(text), length) == 0) return last;
  if (length > TEXT_BYTES_MAX - code->place_text_bytes) return "?";
  char *copy = arena_alloc(&code->place_texts, length + 1); // zeroed
  if (!copy) return "?";
  code->place_text_bytes += length;
  return memcpy(copy, zam_string_bytes(text), length);
}

static bool add_event(struct zam_code *code, struct value event, uint32_t code_offset) {
  if (!mem_grow(&code->places, code->place_count, &code->place_room, sizeof *code->places)) return false;
  const struct value *fields = zam_fields(event), *location = zam_fields(fields[EVENT_LOCATION]);
  const struct value *start = zam_fields(location[0]), *end = zam_fields(location[1]);
  int64_t line_start = zam_to_int(start[POSITION_LINE_START]);
  const struct zam_place *last = code->place_count ? &code->places[code->place_count - 1] : NULL;
  code->places[code->place_count] =
      (struct zam_place){.pc = (code_offset + (uint32_t)zam_to_int(fields[EVENT_POSITION])) / sizeof(int32_t),
                         .file = copy_text(code, start[POSITION_FILE], last ? last->file : NULL),
                         .function = copy_text(code, fields[EVENT_FUNCTION], last ? last->function : NULL),
                         .line = (uint32_t)zam_to_int(start[POSITION_LINE]),
                         .start = (uint32_t)(zam_to_int(start[POSITION_OFFSET]) - line_start),
                         .end = (uint32_t)(zam_to_int(end[POSITION_OFFSET]) - line_start)};
  code->place_count++;
  return true;
}

// Reads one marshalled value and moves *at behind it. False: it is malformed.
static bool read_value(struct mutator *th, const struct zam_section *section, size_t *at, struct value *out) {
  struct zam_marshal_header header;
  const char *bytes = section->bytes + *at;
  size_t left = section->length - *at;
  if (!zam_marshal_read_header(bytes, left, &header) || header.data_bytes > left - header.header_bytes) return false;
  *at += header.header_bytes + header.data_bytes;
  return zam_intern(th, bytes + header.header_bytes, &header, out) == DONE;
}

// Adds a list of events. False: it is none, or memory is out. The second reader of the list meets the first, which is
// twice as fast, where it leads back into itself.
static bool add_events(const struct mutator *th, struct zam_code *code, struct value events, uint32_t code_offset) {
  struct value slow = events;
  for (uint64_t i = 1; !zam_is_int(events); i++) {
    if (!is_record(th, events, 2) || !is_event(th, zam_fields(events)[0])) return false;
    if (!add_event(code, zam_fields(events)[0], code_offset)) return false;
    events = zam_fields(events)[1];
    if (i % 2 == 0) slow = zam_fields(slow)[1];
    if (value_same(events, slow)) return false;
  }
  return true;
}

static bool read_unit(struct mutator *th, const struct zam_section *section, size_t *at) {
  struct value events, folders;
  if (section->length - *at < 4) return false;
  uint32_t code_offset = read_be32(section->bytes + *at);
  *at += 4;
  if (!read_value(th, section, at, &events)) return false;
  if (!add_events(th, zam_program_code(zam_state(th)), events, code_offset)) return false;
  return read_value(th, section, at, &folders);
}

static int by_pc(const void *a, const void *b) {
  uint32_t left = ((const struct zam_place *)a)->pc, right = ((const struct zam_place *)b)->pc;
  return (left > right) - (left < right);
}

static void sort_places(struct zam_code *code) {
  if (code->place_count) qsort(code->places, code->place_count, sizeof *code->places, by_pc);
}

static bool read_section(struct mutator *th, const struct zam_section *section) {
  size_t at = 4;
  if (section->length < at) return false;
  bool good = true;
  for (uint32_t units = read_be32(section->bytes); good && units; units--) good = read_unit(th, section, &at);
  ASSERT(at <= section->length, "section DBUG is read up to byte %zu, of %zu", at, section->length);
  sort_places(zam_program_code(zam_state(th))); // of what was read before it went wrong, too
  return good;
}

static enum zam_debug_status load(struct mutator *th) {
  struct loam_source source;
  struct zam_image image;
  struct error err = {0};
  errno = 0;
  if (guest_tool_read(zam_state(th)->program, &source, &err) != LOAM_OK)
    return errno == EMFILE || errno == ENFILE ? ZAM_DEBUG_TOO_MANY_FILES : ZAM_DEBUG_NO_FILE;
  enum zam_debug_status status = ZAM_DEBUG_MAGIC;
  if (zam_image_read(&source, &image, &err) == LOAM_OK) {
    status = !image.dbug.bytes || read_section(th, &image.dbug) ? ZAM_DEBUG_GOOD : ZAM_DEBUG_CORRUPT;
    th->pending = (struct value){0}; // what a malformed section raised
  }
  mem_free((void *)source.bytes);
  return status;
}

enum zam_debug_status zam_debug_load(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  if (!state->debug) state->debug = mem_alloc_zero(1, sizeof *state->debug);
  struct zam_debug *debug = state->debug;
  if (!debug) return ZAM_DEBUG_NO_FILE;
  if (!debug->loaded) debug->status = load(th);
  debug->loaded = true;
  return debug->status;
}

void zam_debug_add(const struct mutator *th, struct zam_code *code, struct value events) {
  for (uint64_t i = 0; zam_is_block(events) && i < zam_size(events); i++) // unit: there is none
    if (!add_events(th, code, zam_fields(events)[i], 0)) break;
  sort_places(code);
}

const struct zam_place *zam_debug_find(const struct zam_code *code, uint32_t pc) {
  uint32_t low = 0, high = code->place_count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (code->places[middle].pc < pc)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == code->place_count || code->places[low].pc > pc + 1) return NULL;
  return &code->places[low];
}

void zam_debug_free(struct zam_state *state) { mem_free(state->debug); }
