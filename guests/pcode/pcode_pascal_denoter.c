// SPDX-License-Identifier: MIT
//
// pcode_pascal_denoter.c: types (6.4) and constants (6.3). Every value of a simple type takes a cell, also in packed
// types. A set takes four, for values from 0 to 255. A file takes one for its number, and those of its buffer. Variants
// have cells of their own and don't overlap: a wrong tag can't show a pointer as a number.
#include "pcode_pascal_int.h"

#define SIZE_MAX_CELLS (INT64_C(1) << 26)
#define SET_CELLS 4
#define SET_HIGH 255

static struct pascal_type *record_type(struct pascal *p, bool packed);

// ---- constants -----------------------------------------------------------------------------------------------------

static void copy_constant(struct pascal *p, struct pascal_symbol *constant, bool signed_, bool negative) {
  const struct pascal_symbol *named = pcode_pascal_lookup(p);
  if (named->kind != SYMBOL_CONSTANT && named->kind != SYMBOL_BAD) pcode_pascal_expected(p, "a constant");
  if (named->incomplete) pcode_pascal_expected(p, "a constant that is complete");
  if (named->kind == SYMBOL_CONSTANT) {
    constant->type = named->type;
    constant->value = named->value;
    constant->real = named->real;
    constant->bytes = named->bytes;
  }
  if (signed_ && constant->type->kind != TYPE_INTEGER && constant->type->kind != TYPE_REAL)
    pcode_pascal_expected(p, "a number after a sign");
  if (negative && constant->type->kind == TYPE_REAL) constant->real = -constant->real;
  if (negative && constant->type->kind == TYPE_INTEGER) constant->value = -constant->value;
}

static struct pascal_type *string_type(struct pascal *p, int64_t length) {
  ASSERT(length >= 0, "pcode.I17: a string has %lld characters", (long long)length);
  struct pascal_type *type = pcode_pascal_type_make(p, TYPE_ARRAY);
  type->index = pcode_pascal_type_make(p, TYPE_SUBRANGE);
  type->index->host = p->integer_type;
  type->index->low = 1;
  type->index->high = type->size = length;
  type->element = p->char_type;
  type->packed = type->is_string = true;
  return type;
}

static void string_constant(struct pascal *p, struct pascal_symbol *constant) {
  constant->value = p->integer;
  constant->bytes = p->string;
  constant->type = p->integer == 1 ? p->char_type : string_type(p, p->integer);
  if (p->integer == 1) constant->value = (unsigned char)*p->string;
}

void pcode_pascal_constant(struct pascal *p, struct pascal_symbol *constant) {
  bool negative = p->token == T_MINUS, signed_ = negative || p->token == T_PLUS;
  constant->type = p->error_type;
  if (signed_) pcode_pascal_next(p);
  switch (p->token) {
  case T_INTEGER:
    constant->type = p->integer_type;
    constant->value = negative ? -p->integer : p->integer;
    break;
  case T_REAL:
    constant->type = p->real_type;
    constant->real = negative ? -p->real : p->real;
    break;
  case T_STRING:
    if (signed_) pcode_pascal_expected(p, "a number after a sign");
    string_constant(p, constant);
    break;
  case T_NAME: copy_constant(p, constant, signed_, negative); break;
  default: pcode_pascal_expected(p, "a constant"); return;
  }
  pcode_pascal_next(p);
}

// ---- simple types --------------------------------------------------------------------------------------------------

struct pascal_type *pcode_pascal_type_identifier(struct pascal *p) {
  if (p->token != T_NAME) {
    pcode_pascal_expected(p, "the name of a type");
    return p->error_type;
  }
  struct pascal_symbol *symbol = pcode_pascal_lookup(p);
  if (symbol->kind != SYMBOL_TYPE && symbol->kind != SYMBOL_BAD) pcode_pascal_expected(p, "the name of a type");
  if (symbol->kind == SYMBOL_TYPE && symbol->type == p->error_type)
    pcode_pascal_error(p, p->place, "expected a type that is complete, found '%s' in its own definition",
                       symbol->name->text);
  pcode_pascal_next(p);
  return symbol->kind == SYMBOL_TYPE ? symbol->type : p->error_type;
}

static struct pascal_type *enumeration(struct pascal *p) {
  struct pascal_type *type = pcode_pascal_type_make(p, TYPE_ENUM);
  struct pascal_symbol **end = &type->constants;
  pcode_pascal_next(p);
  do {
    struct pascal_symbol *symbol = pcode_pascal_new_symbol(p, SYMBOL_CONSTANT);
    symbol->type = type;
    symbol->value = type->high++;
    *end = symbol;
    end = &symbol->next;
  } while (pcode_pascal_take(p, T_COMMA));
  type->high--;
  ASSERT(type->low == 0 && type->high >= 0, "pcode.I17: an enumeration goes from %lld to %lld", (long long)type->low,
         (long long)type->high);
  pcode_pascal_expect(p, T_RIGHT_PARENTHESIS);
  return type;
}

static struct pascal_type *subrange(struct pascal *p) {
  struct pascal_symbol low = {0}, high = {0};
  struct pascal_place place = p->place;
  pcode_pascal_constant(p, &low);
  pcode_pascal_expect(p, T_RANGE);
  pcode_pascal_constant(p, &high);
  struct pascal_type *type = pcode_pascal_type_make(p, TYPE_SUBRANGE);
  type->host = low.type;
  type->low = low.value;
  type->high = high.value;
  if (low.type->kind == TYPE_ERROR || high.type->kind == TYPE_ERROR) return p->error_type;
  if (!pcode_pascal_is_ordinal(low.type) || low.type != high.type)
    pcode_pascal_error(p, place, "expected two constants of the same ordinal type");
  else if (low.value > high.value)
    pcode_pascal_error(p, place, "expected a first constant that is not greater than the second");
  else
    return type;
  return p->error_type;
}

struct pascal_type *pcode_pascal_ordinal_type(struct pascal *p) {
  struct pascal_place place = p->place;
  if (p->token == T_LEFT_PARENTHESIS) return enumeration(p);
  if (p->token == T_NAME && pcode_pascal_lookup(p)->kind != SYMBOL_CONSTANT) {
    struct pascal_type *type = pcode_pascal_type_identifier(p);
    if (pcode_pascal_is_ordinal(type)) return type;
    pcode_pascal_error(p, place, "expected an ordinal type");
    return p->error_type;
  }
  return subrange(p);
}

// ---- structured types ----------------------------------------------------------------------------------------------

static int64_t check_size(struct pascal *p, struct pascal_place place, int64_t count, int64_t each) {
  ASSERT(count >= 0 && each >= 0, "pcode.I17: %lld times %lld cells are asked for", (long long)count, (long long)each);
  int64_t size;
  if (!__builtin_mul_overflow(count, each, &size) && size <= SIZE_MAX_CELLS) return size;
  pcode_pascal_error(p, place, "expected a type that fits the store of %lld cells", (long long)SIZE_MAX_CELLS);
  return 1;
}

static struct pascal_type *array_type(struct pascal *p, bool packed) {
  struct pascal_place place = p->place;
  struct pascal_type *type = pcode_pascal_type_make(p, TYPE_ARRAY);
  if (!pcode_pascal_descend(p)) return p->error_type;
  type->packed = packed;
  type->index = pcode_pascal_ordinal_type(p);
  if (pcode_pascal_take(p, T_COMMA)) {
    type->element = array_type(p, packed);
  } else {
    pcode_pascal_expect(p, T_RIGHT_BRACKET);
    pcode_pascal_expect(p, T_OF);
    type->element = pcode_pascal_type(p);
  }
  p->depth--;
  if (type->index->kind == TYPE_ERROR || type->element->kind == TYPE_ERROR) return p->error_type;
  if (type->index->low < INT32_MIN || type->index->high > INT32_MAX) {
    pcode_pascal_error(p, place, "expected an index type whose values have 32 bits");
    return p->error_type;
  }
  type->size = check_size(p, place, type->index->high - type->index->low + 1, type->element->size);
  ASSERT(type->index->low <= type->index->high && type->size > 0,
         "pcode.I17: an array from %lld to %lld has %lld cells", (long long)type->index->low,
         (long long)type->index->high, (long long)type->size);
  type->has_file = type->element->has_file;
  type->is_string = packed && type->element == p->char_type && type->index->low == 1 && type->size > 1 &&
                    pcode_pascal_host(type->index)->kind == TYPE_INTEGER;
  return type;
}

static struct pascal_type *set_type(struct pascal *p, bool packed) {
  struct pascal_place place = p->place;
  struct pascal_type *type = pcode_pascal_type_make(p, TYPE_SET);
  type->packed = packed;
  type->size = SET_CELLS;
  type->element = pcode_pascal_ordinal_type(p);
  bool whole = type->element->kind == TYPE_INTEGER; // the values that fit
  if (type->element->kind != TYPE_ERROR && !whole && (type->element->low < 0 || type->element->high > SET_HIGH))
    pcode_pascal_error(p, place, "expected a set of values from 0 to %d", SET_HIGH);
  return type;
}

static struct pascal_type *file_type(struct pascal *p) {
  struct pascal_place place = p->place;
  struct pascal_type *type = pcode_pascal_type_make(p, TYPE_FILE);
  type->element = pcode_pascal_type(p);
  if (type->element->has_file) pcode_pascal_error(p, place, "expected a type without files");
  ASSERT(type->element->size > 0, "pcode.I17: a file's component has %lld cells", (long long)type->element->size);
  type->size = 1 + type->element->size;
  type->has_file = true;
  return type;
}

static struct pascal_type *pointer_type(struct pascal *p) {
  struct pascal_type *type = pcode_pascal_type_make(p, TYPE_POINTER);
  type->element = p->error_type;
  pcode_pascal_next(p);
  if (p->token != T_NAME) {
    pcode_pascal_expected(p, "the name of a type");
    return type;
  }
  struct pascal_node *pending = pcode_pascal_memory(p, sizeof *pending); // the type may come later in this part
  *pending = (struct pascal_node){.place = p->place, .type = type, .next = p->pending};
  pending->bytes = (const char *)p->name;
  p->pending = pending;
  pcode_pascal_next(p);
  return type;
}

void pcode_pascal_resolve_pointers(struct pascal *p) {
  for (struct pascal_node *pending = p->pending; pending; pending = pending->next) {
    ASSERT(pending->type->kind == TYPE_POINTER, "pcode.I17: a type of kind %d waits for what it points to",
           pending->type->kind);
    struct pascal_name *name = (struct pascal_name *)pending->bytes;
    const struct pascal_symbol *symbol = name->symbol;
    name->used_in = p->scope_count;
    if (symbol && symbol->kind == SYMBOL_TYPE)
      pending->type->element = symbol->type;
    else
      pcode_pascal_error(p, pending->place, "expected the name of a type, found '%s'", name->text);
  }
  p->pending = NULL;
}

static struct pascal_type *structured_type(struct pascal *p, bool packed) {
  switch (p->token) {
  case T_ARRAY:
    pcode_pascal_next(p);
    pcode_pascal_expect(p, T_LEFT_BRACKET);
    return array_type(p, packed);
  case T_RECORD: return record_type(p, packed);
  case T_SET:
    pcode_pascal_next(p);
    pcode_pascal_expect(p, T_OF);
    return set_type(p, packed);
  case T_FILE:
    pcode_pascal_next(p);
    pcode_pascal_expect(p, T_OF);
    return file_type(p);
  default:
    if (packed) pcode_pascal_expected(p, "'array', 'record', 'set' or 'file' after 'packed'");
    if (p->token == T_NAME && pcode_pascal_lookup(p)->kind != SYMBOL_CONSTANT) return pcode_pascal_type_identifier(p);
    return pcode_pascal_ordinal_type(p);
  }
}

struct pascal_type *pcode_pascal_type(struct pascal *p) {
  if (p->token == T_ARROW) return pointer_type(p);
  if (!pcode_pascal_descend(p)) return p->error_type;
  struct pascal_type *type = structured_type(p, pcode_pascal_take(p, T_PACKED));
  p->depth--;
  return type;
}

// ---- records (6.4.3.3) ---------------------------------------------------------------------------------------------

struct record {
  struct pascal_type *type;
  struct pascal_field **end;
};

static struct pascal_field *add_field(struct pascal *p, struct record *record, struct pascal_variant *variant) {
  struct pascal_field *field = pcode_pascal_memory(p, sizeof *field);
  *field = (struct pascal_field){.variant = variant, .type = p->error_type};
  if (p->token != T_NAME) {
    pcode_pascal_expected(p, "the name of a field");
    return field;
  }
  for (const struct pascal_field *other = record->type->fields; other; other = other->next)
    if (other->name == p->name)
      pcode_pascal_error(p, p->place, "expected a new name of a field, found '%s' again", p->name->text);
  field->name = p->name;
  *record->end = field;
  record->end = &field->next;
  pcode_pascal_next(p);
  return field;
}

static void place_field(struct record *record, struct pascal_field *field, struct pascal_type *type) {
  ASSERT(record->type->size >= 0 && type->size >= 0, "pcode.I17: a field of %lld cells behind %lld",
         (long long)type->size, (long long)record->type->size);
  field->type = type;
  field->offset = record->type->size;
  record->type->size += type->size;
  record->type->has_file |= type->has_file;
}

static void fixed_fields(struct pascal *p, struct record *record, struct pascal_variant *variant) {
  struct pascal_field *first = add_field(p, record, variant);
  while (pcode_pascal_take(p, T_COMMA)) add_field(p, record, variant);
  pcode_pascal_expect(p, T_COLON);
  struct pascal_place place = p->place;
  struct pascal_type *type = pcode_pascal_type(p);
  for (; first; first = first->next) place_field(record, first, type);
  check_size(p, place, record->type->size, 1);
}

static void field_list(struct pascal *p, struct record *record, struct pascal_variant *variant);

static void variant_labels(struct pascal *p, struct pascal_choice *choice, struct pascal_variant *variant) {
  do {
    struct pascal_symbol constant = {0};
    struct pascal_place place = p->place;
    pcode_pascal_constant(p, &constant);
    if (!pcode_pascal_compatible(constant.type, choice->tag_type))
      pcode_pascal_error(p, place, "expected a constant of the tag's type");
    else if (choice->tag_type->kind != TYPE_ERROR && constant.type->kind != TYPE_ERROR &&
             (constant.value < choice->tag_type->low || constant.value > choice->tag_type->high))
      pcode_pascal_error(p, place, "expected a value of the tag's type");
    for (const struct pascal_variant *other = choice->variants; other; other = other->next)
      for (const struct pascal_label_value *value = other->values; value; value = value->next)
        if (value->value == constant.value) pcode_pascal_error(p, place, "expected a value that no other variant has");
    struct pascal_label_value *value = pcode_pascal_memory(p, sizeof *value);
    *value = (struct pascal_label_value){constant.value, variant->values};
    variant->values = value;
  } while (pcode_pascal_take(p, T_COMMA));
}

static void check_all_values(struct pascal *p, struct pascal_place place, const struct pascal_choice *choice) {
  uint64_t count = 0, last = (uint64_t)choice->tag_type->high - (uint64_t)choice->tag_type->low;
  for (const struct pascal_variant *variant = choice->variants; variant; variant = variant->next)
    for (const struct pascal_label_value *value = variant->values; value; value = value->next) count++;
  ASSERT(choice->tag_type->low <= choice->tag_type->high, "pcode.I17: a tag goes from %lld to %lld",
         (long long)choice->tag_type->low, (long long)choice->tag_type->high);
  if (choice->tag_type->kind == TYPE_ERROR || count > last) return;
  pcode_pascal_error(p, place, "expected a variant for every value of the tag's type (6.4.3.3)");
}

static void choice_tag(struct pascal *p, struct record *record, struct pascal_choice *choice) {
  const char *rest = p->at + strspn(p->at, " \t\r\n");
  choice->offset = record->type->size;
  if (p->token == T_NAME && *rest == ':') {
    choice->tag = add_field(p, record, choice->outer);
    pcode_pascal_expect(p, T_COLON);
  }
  struct pascal_place place = p->place;
  choice->tag_type = pcode_pascal_type_identifier(p);
  if (!pcode_pascal_is_ordinal(choice->tag_type)) {
    pcode_pascal_error(p, place, "expected an ordinal type for the tag");
    choice->tag_type = p->error_type;
  }
  if (choice->tag)
    place_field(record, choice->tag, choice->tag_type);
  else
    record->type->size++;
}

static struct pascal_choice *variant_part(struct pascal *p, struct record *record, struct pascal_variant *outer) {
  struct pascal_choice *choice = pcode_pascal_memory(p, sizeof *choice);
  struct pascal_place place = p->place;
  choice->outer = outer;
  pcode_pascal_next(p);
  choice_tag(p, record, choice);
  pcode_pascal_expect(p, T_OF);
  while (p->token != T_END && p->token != T_RIGHT_PARENTHESIS && !p->stopped) {
    struct pascal_variant *variant = pcode_pascal_memory(p, sizeof *variant);
    variant->choice = choice;
    variant_labels(p, choice, variant);
    variant->next = choice->variants;
    choice->variants = variant;
    pcode_pascal_expect(p, T_COLON);
    if (!pcode_pascal_expect(p, T_LEFT_PARENTHESIS)) break;
    field_list(p, record, variant);
    if (!pcode_pascal_expect(p, T_RIGHT_PARENTHESIS) || !pcode_pascal_take(p, T_SEMICOLON)) break;
  }
  check_all_values(p, place, choice);
  return choice;
}

static void field_list(struct pascal *p, struct record *record, struct pascal_variant *variant) {
  if (!pcode_pascal_descend(p)) return;
  while (p->token != T_END && p->token != T_RIGHT_PARENTHESIS && !p->stopped) {
    if (p->token == T_CASE) {
      struct pascal_choice *choice = variant_part(p, record, variant);
      *(variant ? &variant->inner : &record->type->choice) = choice;
      pcode_pascal_take(p, T_SEMICOLON);
      break;
    }
    fixed_fields(p, record, variant);
    if (!pcode_pascal_take(p, T_SEMICOLON)) break;
  }
  p->depth--;
}

static struct pascal_type *record_type(struct pascal *p, bool packed) {
  struct record record = {.type = pcode_pascal_type_make(p, TYPE_RECORD)};
  record.type->packed = packed;
  record.type->size = 0;
  record.end = &record.type->fields;
  pcode_pascal_next(p);
  field_list(p, &record, NULL);
  pcode_pascal_expect(p, T_END);
  ASSERT(record.type->size >= 0, "pcode.I17: a record has %lld cells", (long long)record.type->size);
  if (!record.type->size) record.type->size = 1; // every variable has a cell
  return record.type;
}
