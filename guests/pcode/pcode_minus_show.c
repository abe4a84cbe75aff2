// SPDX-License-Identifier: MIT
//
// pcode_minus_show.c: variables of Pascal- as a reader of the program knows them: by name, with their values. What a
// variable holds before its first assignment is whatever the machine left there, so a Boolean may be a number.
#include "pcode_minus_int.h"

#define ELEMENTS_MAX 12 // of an array
#define TEXT_MAX 400    // of a value: an array of records of arrays has an end

struct view {
  const int64_t *cells;
  int64_t limit;
  struct text *out;
  size_t start;
};

static bool is_variable(const struct minus_object *object) {
  return object->kind == MINUS_VARIABLE || object->kind == MINUS_VALUE_PARAMETER || object->kind == MINUS_VAR_PARAMETER;
}

const struct minus_object *pcode_minus_object_at(const struct minus_block *block, int64_t displacement) {
  for (const struct minus_object *object = block->objects; object; object = object->next)
    if (is_variable(object) && object->displacement == displacement) return object;
  return NULL;
}

int64_t pcode_minus_object_words(const struct minus_object *object) {
  return object->kind == MINUS_VAR_PARAMETER ? 1 : pcode_minus_type_length(object->type);
}

static void show_value(struct view *view, const struct minus_object *type, int64_t address);

static bool is_long(const struct view *view) { return view->out->length - view->start > TEXT_MAX; }

static void show_array(struct view *view, const struct minus_object *type, int64_t address) {
  int64_t count = type->high - type->low + 1, size = pcode_minus_type_length(type->type);
  ASSERT(count > 0 && size > 0, "pcode.I17: an array of %lld elements of %lld words is shown", (long long)count,
         (long long)size);
  text_add_char(view->out, '[');
  for (int64_t i = 0; i < count; i++) {
    if (i) text_printf(view->out, ", ");
    if (i == ELEMENTS_MAX || is_long(view)) {
      text_printf(view->out, "...");
      break;
    }
    show_value(view, type->type, address + i * size);
  }
  text_add_char(view->out, ']');
}

static void show_record(struct view *view, const struct minus_object *type, int64_t address) {
  text_add_char(view->out, '(');
  for (const struct minus_object *field = type->members; field; field = field->next) {
    text_printf(view->out, "%.*s: ", (int)field->length, field->name);
    if (is_long(view)) {
      text_printf(view->out, "...");
      break;
    }
    show_value(view, field->type, address + field->displacement);
    if (field->next) text_printf(view->out, ", ");
  }
  text_add_char(view->out, ')');
}

static bool is_boolean(const struct minus_object *type) {
  return type->kind == MINUS_STANDARD_TYPE && pcode_minus_same_name(type->name, type->length, "boolean", 7);
}

static void show_value(struct view *view, const struct minus_object *type, int64_t address) {
  if (type->kind == MINUS_ARRAY_TYPE) {
    show_array(view, type, address);
  } else if (type->kind == MINUS_RECORD_TYPE) {
    show_record(view, type, address);
  } else if (address < 0 || address >= view->limit) {
    text_printf(view->out, "?");
  } else if (is_boolean(type) && (view->cells[address] == 0 || view->cells[address] == 1)) {
    text_printf(view->out, view->cells[address] ? "true" : "false");
  } else {
    text_printf(view->out, "%lld", (long long)view->cells[address]);
  }
}

void pcode_minus_show(const struct minus_object *object, const int64_t *cells, int64_t limit, int64_t address,
                      struct text *out) {
  ASSERT(is_variable(object), "pcode.I14: a name of kind %d is shown as a variable", (int)object->kind);
  struct view view = {.cells = cells, .limit = limit, .out = out, .start = out->length};
  text_printf(out, "%.*s", (int)object->length, object->name);
  if (object->kind == MINUS_VAR_PARAMETER) {
    int64_t held = address >= 0 && address < limit ? cells[address] : -1;
    text_printf(out, " -> %lld", (long long)held);
    address = held;
  }
  text_printf(out, " = ");
  show_value(&view, object->type, address);
}
