// SPDX-License-Identifier: MIT
//
// pcode_minus.c: programs, declarations and blocks of Pascal-. See pcode_minus.h.
#include "pcode_minus.h"
#include "pcode_minus_int.h"

#define DEPTH_MAX 1000
#define LENGTH_MAX (1 << 20) // words of a type

static void block(struct minus *minus, uint32_t start, int64_t body, uint32_t line, struct minus_block *self);

bool pcode_minus_expect(struct minus *minus, enum minus_symbol symbol) {
  bool there = minus->symbol == symbol;
  if (there)
    pcode_minus_next_symbol(minus);
  else
    pcode_minus_error(minus, "Invalid Syntax");
  return there;
}

bool pcode_minus_descend(struct minus *minus) {
  ASSERT(minus->depth >= 0 && minus->depth <= DEPTH_MAX, "pcode.I16: %d blocks and statements nest, of at most %d",
         (int)minus->depth, DEPTH_MAX);
  if (minus->depth++ < DEPTH_MAX) return true;
  pcode_minus_error(minus, "Invalid Syntax");
  minus->at = minus->source->bytes + minus->source->length; // nothing more of this text makes sense
  minus->symbol = MINUS_END_OF_TEXT;
  minus->depth--;
  return false;
}

static struct minus_object *type_name(struct minus *minus) {
  struct minus_object *object = pcode_minus_find(minus);
  switch (object->kind) {
  case MINUS_STANDARD_TYPE: return object->type && object->type != minus->universal ? object->type : object; // entier
  case MINUS_ARRAY_TYPE:
  case MINUS_RECORD_TYPE: return object;
  case MINUS_UNDEFINED:
  case MINUS_INCOMPLETE: return minus->universal;
  default: pcode_minus_error(minus, "Invalid Name Kind"); return minus->universal;
  }
}

static int64_t constant(struct minus *minus, struct minus_object **type) {
  int64_t value = 0;
  *type = minus->universal;
  if (minus->symbol == MINUS_NUMERAL) {
    value = minus->numeral;
    *type = minus->integer;
    pcode_minus_next_symbol(minus);
  } else if (minus->symbol == MINUS_NAME) {
    struct minus_object *object = pcode_minus_find(minus);
    if (object->kind > MINUS_CONSTANT) pcode_minus_error(minus, "Invalid Name Kind");
    if (object->kind != MINUS_CONSTANT) return 0;
    value = object->value;
    *type = object->type;
  } else {
    pcode_minus_error(minus, "Invalid Syntax");
  }
  return value;
}

// ---- definitions ---------------------------------------------------------------------------------------------------

// After an error in a definition: to the next one or the next part.
static void synchronise(struct minus *minus) {
  while (minus->symbol != MINUS_NAME && minus->symbol != MINUS_TYPE && minus->symbol != MINUS_VAR &&
         minus->symbol != MINUS_PROCEDURE && minus->symbol != MINUS_BEGIN && minus->symbol != MINUS_END_OF_TEXT)
    pcode_minus_next_symbol(minus);
}

static void constant_definitions(struct minus *minus) {
  pcode_minus_next_symbol(minus);
  do {
    struct minus_object *object = pcode_minus_new_name(minus, MINUS_INCOMPLETE);
    pcode_minus_expect(minus, MINUS_EQUAL);
    object->value = constant(minus, &object->type);
    object->kind = MINUS_CONSTANT;
    if (!pcode_minus_expect(minus, MINUS_SEMICOLON)) synchronise(minus);
  } while (minus->symbol == MINUS_NAME);
}

static void array_type(struct minus *minus, struct minus_object *array) {
  struct minus_object *low_type, *high_type;
  pcode_minus_next_symbol(minus);
  pcode_minus_expect(minus, MINUS_LEFT_BRACKET);
  array->low = constant(minus, &low_type);
  pcode_minus_expect(minus, MINUS_DOUBLE_DOT);
  array->high = constant(minus, &high_type);
  pcode_minus_check_types(minus, low_type, minus->integer);
  pcode_minus_check_types(minus, high_type, minus->integer);
  if (array->low > array->high) {
    pcode_minus_error(minus, "Invalid Index Range");
    array->low = array->high;
  }
  pcode_minus_expect(minus, MINUS_RIGHT_BRACKET);
  pcode_minus_expect(minus, MINUS_OF);
  array->type = type_name(minus);
  array->value = (array->high - array->low + 1) * pcode_minus_type_length(array->type);
  if (array->value > LENGTH_MAX) pcode_minus_error(minus, "Invalid Index Range");
  if (array->value > LENGTH_MAX) array->value = 1;
  array->kind = MINUS_ARRAY_TYPE;
  ASSERT(array->value > 0 && array->value <= LENGTH_MAX, "pcode.I17: an array from %lld to %lld has %lld words",
         (long long)array->low, (long long)array->high, (long long)array->value);
}

// Names and their type: NAME, NAME: TYPE. They are the newest objects of the scope; the first of them comes back.
static struct minus_object *group(struct minus *minus, enum minus_kind kind, struct minus_object **type) {
  struct minus_object *first = pcode_minus_new_name(minus, kind);
  while (minus->symbol == MINUS_COMMA) {
    pcode_minus_next_symbol(minus);
    pcode_minus_new_name(minus, kind);
  }
  pcode_minus_expect(minus, MINUS_COLON);
  *type = type_name(minus);
  return first;
}

// The objects of a scope, oldest first.
static struct minus_object *in_order(struct minus_object *newest) {
  struct minus_object *list = NULL;
  while (newest) {
    struct minus_object *next = newest->next;
    newest->next = list;
    list = newest;
    newest = next;
  }
  return list;
}

static void set_types(struct minus_object *newest, struct minus_object *before, struct minus_object *type) {
  ASSERT(type, "pcode.I17: names get no type");
  for (; newest != before; newest = newest->next) newest->type = type;
}

static void record_type(struct minus *minus, struct minus_object *record) {
  struct minus_scope scope;
  pcode_minus_scope_open(minus, &scope);
  scope.level = scope.outer->level;
  do {
    struct minus_object *before = scope.objects, *type;
    pcode_minus_next_symbol(minus);
    group(minus, MINUS_FIELD, &type);
    set_types(scope.objects, before, type);
  } while (minus->symbol == MINUS_SEMICOLON);
  pcode_minus_expect(minus, MINUS_END);
  pcode_minus_scope_close(minus);
  record->members = in_order(scope.objects);
  for (struct minus_object *field = record->members; field; field = field->next) {
    field->displacement = record->value;
    record->value += pcode_minus_type_length(field->type);
  }
  if (record->value > LENGTH_MAX) pcode_minus_error(minus, "Invalid Type");
  if (record->value > LENGTH_MAX) record->value = 1;
  record->kind = MINUS_RECORD_TYPE;
  ASSERT(record->value >= 0 && record->value <= LENGTH_MAX, "pcode.I17: a record has %lld words",
         (long long)record->value);
}

static void type_definitions(struct minus *minus) {
  pcode_minus_next_symbol(minus);
  do {
    struct minus_object *object = pcode_minus_new_name(minus, MINUS_INCOMPLETE);
    pcode_minus_expect(minus, MINUS_EQUAL);
    if (minus->symbol == MINUS_ARRAY)
      array_type(minus, object);
    else if (minus->symbol == MINUS_RECORD)
      record_type(minus, object);
    else
      pcode_minus_error(minus, "Invalid Syntax");
    if (object->kind == MINUS_INCOMPLETE) object->kind = MINUS_UNDEFINED;
    if (!pcode_minus_expect(minus, MINUS_SEMICOLON)) synchronise(minus);
  } while (minus->symbol == MINUS_NAME);
}

// The words the variables take.
static int64_t variable_definitions(struct minus *minus) {
  int64_t words = 0;
  pcode_minus_next_symbol(minus);
  do {
    struct minus_object *before = minus->scope->objects, *type;
    group(minus, MINUS_VARIABLE, &type);
    int64_t length = pcode_minus_type_length(type), count = 0;
    set_types(minus->scope->objects, before, type);
    for (struct minus_object *o = minus->scope->objects; o != before; o = o->next) count++;
    int64_t at = 3 + words + count * length;
    for (struct minus_object *o = minus->scope->objects; o != before; o = o->next) o->displacement = at -= length;
    ASSERT(at == 3 + words, "pcode.I5: variables begin at word %lld of an activation, behind %lld", (long long)at,
           (long long)words);
    words += count * length;
    if (words > LENGTH_MAX) pcode_minus_error(minus, "Invalid Type");
    if (!pcode_minus_expect(minus, MINUS_SEMICOLON)) synchronise(minus);
  } while (minus->symbol == MINUS_NAME);
  return words;
}

// ---- procedures ----------------------------------------------------------------------------------------------------

static struct minus_object *copy_parameters(struct minus *minus, const struct minus_object *newest) {
  struct minus_object *list = NULL; // the scope's chain goes on with the procedure's own names
  for (; newest; newest = newest->next) {
    struct minus_object *copy = arena_alloc(&minus->memory, sizeof *copy);
    if (!copy) {
      minus->no_memory = minus->failed = true;
      return list;
    }
    *copy = *newest;
    copy->next = list;
    list = copy;
  }
  return list;
}

// The words of the parameters.
static int64_t formal_parameters(struct minus *minus) {
  int64_t words = 0;
  if (minus->symbol != MINUS_LEFT_PARENTHESIS) return 0;
  do {
    pcode_minus_next_symbol(minus);
    bool by_address = minus->symbol == MINUS_VAR;
    if (by_address) pcode_minus_next_symbol(minus);
    struct minus_object *before = minus->scope->objects, *type;
    group(minus, by_address ? MINUS_VAR_PARAMETER : MINUS_VALUE_PARAMETER, &type);
    set_types(minus->scope->objects, before, type);
  } while (minus->symbol == MINUS_SEMICOLON);
  pcode_minus_expect(minus, MINUS_RIGHT_PARENTHESIS);
  for (struct minus_object *o = minus->scope->objects; o; o = o->next) { // the last one first
    words += o->kind == MINUS_VAR_PARAMETER ? 1 : pcode_minus_type_length(o->type);
    o->displacement = -words;
  }
  return words;
}

// Notes a block, whose Deb or DebP has a label.
static struct minus_block *new_block(struct minus *minus, const char *name, size_t length, int64_t label) {
  struct minus_block *made = arena_alloc(&minus->memory, sizeof *made);
  if (!made) {
    minus->no_memory = minus->failed = true;
    return NULL;
  }
  *made = (struct minus_block){.name = name, .name_length = length, .label = label, .next = minus->blocks};
  return minus->blocks = made;
}

static void procedure_definition(struct minus *minus) {
  uint32_t line = minus->line;
  struct minus_scope scope;
  pcode_minus_next_symbol(minus);
  struct minus_object *procedure = pcode_minus_new_name(minus, MINUS_PROCEDURE_NAME);
  procedure->value = pcode_minus_new_label(minus);
  pcode_minus_scope_open(minus, &scope);
  int64_t params = formal_parameters(minus);
  procedure->members = copy_parameters(minus, scope.objects);
  pcode_minus_expect(minus, MINUS_SEMICOLON);
  pcode_minus_emit_label(minus, procedure->value);
  int64_t body = pcode_minus_new_label(minus);
  uint32_t start = pcode_minus_emit(minus, MVP_DEBP, 0, 0, body, 0);
  if (pcode_minus_descend(minus)) {
    block(minus, start, body, line, new_block(minus, procedure->name, procedure->length, procedure->value));
    minus->depth--;
  }
  pcode_minus_emit(minus, MVP_FINP, params, 0, 0, 0);
  pcode_minus_scope_close(minus);
  pcode_minus_expect(minus, MINUS_SEMICOLON);
}

static void block(struct minus *minus, uint32_t start, int64_t body, uint32_t line, struct minus_block *self) {
  int64_t words = 0;
  if (minus->symbol == MINUS_CONST) constant_definitions(minus);
  if (minus->symbol == MINUS_TYPE) type_definitions(minus);
  if (minus->symbol == MINUS_VAR) words = variable_definitions(minus);
  while (minus->symbol == MINUS_PROCEDURE) procedure_definition(minus);
  pcode_minus_emit_label(minus, body);
  pcode_minus_compound_statement(minus);
  if (minus->no_memory) return;
  ASSERT(self && start < minus->insn_count && minus->insns[start].op <= MVP_DEBP,
         "pcode.I8: a block begins with instruction %u of %u", start, minus->insn_count);
  self->objects = minus->scope->objects;
  minus->insns[start].args[0] = words;
  minus->insns[start].args[1] = minus->scope->temps_max;
  minus->insns[start].args[3] = line;
}

static void program(struct minus *minus) {
  struct minus_scope standard, scope;
  pcode_minus_standard_block(minus, &standard);
  pcode_minus_next_symbol(minus);
  uint32_t line = minus->line;
  pcode_minus_expect(minus, MINUS_PROGRAM);
  const char *name = minus->name;
  size_t name_length = minus->name_length;
  pcode_minus_expect(minus, MINUS_NAME);
  pcode_minus_expect(minus, MINUS_SEMICOLON);
  pcode_minus_scope_open(minus, &scope);
  int64_t label = pcode_minus_new_label(minus), body = pcode_minus_new_label(minus);
  pcode_minus_emit_label(minus, label);
  uint32_t start = pcode_minus_emit(minus, MVP_DEB, 0, 0, body, 0);
  block(minus, start, body, line, new_block(minus, name, name_length, label));
  pcode_minus_emit(minus, MVP_FIN, 0, 0, 0, 0);
  pcode_minus_expect(minus, MINUS_PERIOD);
  if (minus->symbol != MINUS_END_OF_TEXT) pcode_minus_error(minus, "Invalid Syntax");
}

enum loam_err pcode_minus_compile(const struct loam_source *source, struct mvp_image *image, struct minus_names *names,
                                  struct error *err) {
  struct minus minus = {.source = source, .at = source->bytes, .line = 1};
  enum loam_err kind = LOAM_OK;
  program(&minus);
  if (minus.no_memory)
    kind = error_set(err, LOAM_ERR_MEMORY, "%s: no memory to compile it", source->name);
  else if (minus.failed)
    kind = error_set(err, LOAM_ERR_INPUT, "%s: Compilation Errors", source->name);
  else if (!pcode_minus_assemble(&minus, image))
    kind = error_set(err, LOAM_ERR_MEMORY, "%s: no memory for its code", source->name);
  ASSERT(kind != LOAM_OK || (!minus.depth && image->count), "pcode.I16: %d statements are open behind %u words of code",
         (int)minus.depth, image->count);
  mem_free(minus.insns);
  if (names && kind == LOAM_OK)
    *names = (struct minus_names){minus.memory, minus.blocks};
  else
    arena_fini(&minus.memory);
  return kind;
}
