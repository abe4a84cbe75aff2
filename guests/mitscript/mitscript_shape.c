// SPDX-License-Identifier: MIT
//
// mitscript_shape.c: the tree of shapes. Searches walk the chain of parents: they are short, and an inline cache stands
// before almost every one.
#include "mitscript_shape.h"

// Shapes that programs may make; a program that needs more uses its records as dictionaries.
#define SHAPES_KEPT_MAX 8192
#define CHILDREN_MAX 256 // of one shape: more different next fields means keys, not fields
#define ROOT_COUNT 5     // capacities 0, 2, 4, 8, 16

struct mit_shapes {
  struct arena memory;
  struct mit_shape *by_id[SHAPES_KEPT_MAX]; // up to `count`; what is behind it is never touched
  uint32_t count;
};
_Static_assert(SHAPES_KEPT_MAX <= MIT_SHAPES_MAX, "a shape's number must fit into the header");

static const uint32_t root_capacities[ROOT_COUNT] = {0, 2, 4, 8, MIT_CAPACITY_MAX};

static struct mit_shape *make_shape(struct mit_shapes *shapes) {
  ASSERT(shapes->count >= MIT_SHAPE_FIRST && shapes->count <= SHAPES_KEPT_MAX,
         "mitscript.I1: there are %u shapes of %d", shapes->count, SHAPES_KEPT_MAX);
  if (shapes->count == SHAPES_KEPT_MAX) return NULL;
  struct mit_shape *shape = arena_alloc(&shapes->memory, sizeof *shape);
  if (!shape) return NULL;
  shape->id = shapes->count;
  return shapes->by_id[shapes->count++] = shape;
}

enum loam_err mit_shapes_create(struct mit_state *state, struct error *err) {
  struct mit_shapes *shapes = mem_alloc(sizeof *shapes);
  state->shapes = shapes;
  if (!shapes) return error_set(err, LOAM_ERR_MEMORY, "no memory for the shapes of records");
  shapes->memory = (struct arena){0};
  shapes->count = MIT_SHAPE_FIRST; // the first numbers are taken
  for (unsigned i = 0; i < ROOT_COUNT; i++) {
    struct mit_shape *root = make_shape(shapes);
    if (!root) return error_set(err, LOAM_ERR_MEMORY, "no memory for the shapes of records");
    root->capacity = root_capacities[i];
  }
  return LOAM_OK;
}

void mit_shapes_destroy(struct mit_state *state) {
  if (state->shapes) arena_fini(&state->shapes->memory);
  mem_free(state->shapes);
}

const struct mit_shape *mit_shape_root(const struct mit_state *state, uint32_t capacity) {
  unsigned i = 0;
  while (i + 1 < ROOT_COUNT && root_capacities[i] < capacity) i++;
  ASSERT(capacity <= MIT_CAPACITY_MAX, "mitscript.I1: a record with %u fields in place, of at most %d", capacity,
         MIT_CAPACITY_MAX);
  return state->shapes->by_id[MIT_SHAPE_FIRST + i];
}

const struct mit_shape *mit_shape_get(const struct mit_state *state, uint32_t id) {
  ASSERT(id >= MIT_SHAPE_FIRST && id < state->shapes->count, "mitscript.I1: a record has shape %u of %u", id,
         state->shapes->count);
  return state->shapes->by_id[id];
}

bool mit_shape_find(const struct mit_shape *shape, const struct mit_name *name, uint32_t *slot) {
  for (const struct mit_shape *at = shape; at->name; at = at->parent) {
    if (at->name != name) continue;
    *slot = mit_shape_slot(shape, at->count - 1);
    return true;
  }
  return false;
}

const struct mit_shape *mit_shape_add(struct mit_state *state, const struct mit_shape *shape,
                                      const struct mit_name *name) {
  if (shape->count == MIT_SHAPE_FIELDS_MAX) return NULL;
  unsigned siblings = 0;
  for (struct mit_shape *child = shape->children; child; child = child->sibling, siblings++)
    if (child->name == name) return child;
  struct mit_shape *child = siblings < CHILDREN_MAX ? make_shape(state->shapes) : NULL;
  if (!child) return NULL;
  struct mit_shape *parent = state->shapes->by_id[shape->id];
  ASSERT(parent == shape, "mitscript.I1: shape %u is at %p, not %p", shape->id, (void *)parent, (const void *)shape);
  child->count = shape->count + 1;
  child->capacity = shape->capacity;
  child->parent = parent;
  child->name = name;
  child->sibling = parent->children;
  parent->children = child;
  return child;
}
