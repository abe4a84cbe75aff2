// SPDX-License-Identifier: MIT
//
// mitscript_shape.h: which fields a record has, and where.
//
// Records that got the same fields in the same order, from the same kind of allocation, share a shape. Shapes form a
// tree: adding a field goes to a child. Code caches a shape and a slot and needs no search. Shapes are C memory and
// live as long as the VM; a record that would make too many becomes a dictionary, whose fields are in a table of its
// own.
#ifndef MITSCRIPT_SHAPE_H
#define MITSCRIPT_SHAPE_H

#include "mitscript_runtime.h"

#define MIT_SHAPE_FIELDS_MAX 64 // a record with more fields becomes a dictionary

struct mit_shape {
  uint32_t id, count;
  uint32_t capacity; // fields in place
  struct mit_shape *parent;
  const struct mit_name *name; // of the last field
  struct mit_shape *children, *sibling;
};

enum loam_err mit_shapes_create(struct mit_state *state, struct error *err);
void mit_shapes_destroy(struct mit_state *state);

// The shape of an empty record with room for at least `capacity` fields in place (it may have more, see its capacity).
const struct mit_shape *mit_shape_root(const struct mit_state *state, uint32_t capacity);
const struct mit_shape *mit_shape_get(const struct mit_state *state, uint32_t id);
// The slot of a field, as inline caches have it; false when the shape has no such field.
bool mit_shape_find(const struct mit_shape *shape, const struct mit_name *name, uint32_t *slot);
// The shape with one more field; NULL when the record had better become a dictionary.
const struct mit_shape *mit_shape_add(struct mit_state *state, const struct mit_shape *shape,
                                      const struct mit_name *name);
static inline uint32_t mit_shape_slot(const struct mit_shape *shape, uint32_t index) {
  return index < shape->capacity ? index : MIT_SLOT_MORE + index - shape->capacity;
}

#endif
