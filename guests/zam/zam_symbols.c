// SPDX-License-Identifier: MIT
//
// zam_symbols.c: reading section SYMB: a marshalled record of a count and a map from identifiers to globals. A map is 0
// or a node [left, key, global, right, height]; an identifier is one of four blocks, whose first field is its name.
// Nothing of it is trusted.
#include "zam_symbols.h"

#include "zam_intern.h"
#include "zam_runtime.h"

enum { NODE_LEFT, NODE_KEY, NODE_GLOBAL, NODE_RIGHT, NODE_HEIGHT, NODE_FIELDS };
enum { IDENTIFIER_TAGS = 4 };

struct walk {
  const struct mutator *th;
  struct zam_symbols *symbols;
  struct arena *memory;
  uint32_t nodes; // left to be met: as many as there are globals
};

static bool is_block(const struct mutator *th, struct value v, uint64_t fields) {
  return zam_is_block(v) && !zam_is_outside(th, v) && zam_tag(v) < ZAM_TAG_LAZY && zam_size(v) >= fields;
}

static void take_name(struct walk *walk, struct value key, struct value global) {
  if (!is_block(walk->th, key, 1) || zam_tag(key) >= IDENTIFIER_TAGS || !zam_is_int(global)) return;
  struct value name = zam_fields(key)[0];
  uint64_t index = (uint64_t)zam_to_int(global);
  if (index >= walk->symbols->count || !zam_is_block(name) || zam_is_outside(walk->th, name)) return;
  if (zam_tag(name) != ZAM_TAG_STRING) return;
  size_t length = zam_string_length(name);
  char *copy = arena_alloc(walk->memory, length + 1); // zeroed
  if (copy) walk->symbols->names[index] = memcpy(copy, zam_string_bytes(name), length);
}

static void walk_map(struct walk *walk, struct value map, unsigned depth) {
  ASSERT(walk->nodes <= walk->symbols->count, "%u names are left of %u", walk->nodes, walk->symbols->count);
  enum { DEPTH_MAX = 64 }; // maps are balanced
  while (is_block(walk->th, map, NODE_FIELDS) && walk->nodes && depth <= DEPTH_MAX) {
    const struct value *node = zam_fields(map);
    walk->nodes--;
    take_name(walk, node[NODE_KEY], node[NODE_GLOBAL]);
    walk_map(walk, node[NODE_LEFT], depth + 1);
    map = node[NODE_RIGHT];
  }
}

void zam_symbols_read(struct mutator *th, const struct zam_section *section, struct zam_symbols *symbols) {
  enum { GLOBALS_MAX = 1 << 24 };
  struct zam_marshal_header header;
  struct value table;
  *symbols = (struct zam_symbols){0};
  if (!section->bytes || !zam_marshal_read_header(section->bytes, section->length, &header)) return;
  if (header.data_bytes > section->length - header.header_bytes) return;
  if (zam_intern(th, section->bytes + header.header_bytes, &header, &table) != DONE) {
    th->pending = (struct value){0};
    return;
  }
  if (!is_block(th, table, 2) || !zam_is_int(zam_fields(table)[0])) return;
  uint64_t count = (uint64_t)zam_to_int(zam_fields(table)[0]);
  if (count > GLOBALS_MAX) return;
  struct arena *memory = &zam_state(th)->memory;
  symbols->names = arena_alloc(memory, count * sizeof *symbols->names); // zeroed
  if (!symbols->names) return;
  symbols->count = (uint32_t)count;
  struct walk walk = {th, symbols, memory, symbols->count};
  walk_map(&walk, zam_fields(table)[1], 0);
}
