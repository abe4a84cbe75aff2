// SPDX-License-Identifier: MIT
//
// mitscript_gen_expression.c: random expressions of a wanted kind. Each kind has a table of forms; deep expressions
// choose among the simple ones only. Every expression is written in parentheses where the grammar could read it
// otherwise, and plainly where it could not, so that both spellings are tested.
#include "mitscript_gen_int.h"

#include <stdlib.h>
#include <string.h>

static const struct type type_int = {KIND_INT, 0}, type_bool = {KIND_BOOL, 0}, type_string = {KIND_STRING, 0};

static void put_int_literal(struct generator *gen) {
  static const char *const special[] = {"2147483647", "2147483648", "65536", "46341", "1000000007", "4294967295"};
  if (gen_one_in(gen, 12))
    gen_put(gen, "%s", special[gen_below(gen, sizeof special / sizeof *special)]);
  else if (gen_one_in(gen, 6))
    gen_put(gen, "%u", gen_below(gen, 100000));
  else
    gen_put(gen, "%u", gen_below(gen, 10));
}

static unsigned put_string_literal(struct generator *gen) {
  static const char *const texts[] = {"",  "a",   "b",    "key",      "two words", "1",    "-7",
                                      "x", "\\n", "\\\"", "tab\\tab", "None",      "true", "{x:1 }"};
  gen_put(gen, "\"%s\"", texts[gen_below(gen, sizeof texts / sizeof *texts)]);
  return 10;
}

// An index that is inside every array: they have 8 elements.
static void put_array_index(struct generator *gen, unsigned depth) {
  if (gen_one_in(gen, 3)) {
    gen_put(gen, "%u", gen_below(gen, 8));
    return;
  }
  gen_put(gen, "mod(");
  gen_expression(gen, type_int, depth);
  gen_put(gen, ", 8)");
}

static void put_dict_key(struct generator *gen, unsigned depth) {
  unsigned form = gen_below(gen, 3);
  if (form == 0)
    gen_put(gen, "\"key%u\"", gen_below(gen, 6));
  else if (form == 1)
    gen_put(gen, "%u", gen_below(gen, 6));
  else {
    gen_put(gen, "\"key\" + mod(");
    gen_expression(gen, type_int, depth);
    gen_put(gen, ", 6)");
  }
}

// A field of a visible record: writes `r.f` or `r["f"]` when some record has a field of the type.
static bool put_field(struct generator *gen, struct type type) {
  for (unsigned tries = 0; tries < 4; tries++) {
    struct type record = {KIND_RECORD, gen_below(gen, RECORD_TYPES)};
    const struct record_type *shape = &gen->records[record.detail];
    unsigned field = gen_below(gen, shape->field_count);
    if (!gen_same_type(shape->fields[field], type)) continue;
    const struct variable *variable = gen_pick_variable(gen, record);
    if (!variable) continue;
    if (gen_one_in(gen, 3))
      gen_put(gen, "%s[\"f%u\"]", variable->name, field);
    else
      gen_put(gen, "%s.f%u", variable->name, field);
    return true;
  }
  return false;
}

static void put_arguments(struct generator *gen, const struct signature *signature, unsigned depth) {
  unsigned count = signature->param_count;
  if (gen_one_in(gen, gen->options.mistakes * 2)) count = gen_below(gen, PARAMS_MAX + 1);
  gen_put(gen, "(");
  for (unsigned i = 0; i < count; i++) {
    if (i) gen_put(gen, ", ");
    struct type type = i < signature->param_count ? signature->params[i] : type_int;
    gen_expression_within(gen, type, depth, LENGTH_VALUE);
  }
  gen_put(gen, ")");
}

// A call of a visible function with that result.
static bool put_call(struct generator *gen, struct type result, unsigned depth) {
  for (unsigned tries = 0; tries < 4; tries++) {
    struct type function = {KIND_FUNCTION, gen_below(gen, SIGNATURES)};
    const struct signature *signature = &gen->signatures[function.detail];
    if (!gen_same_type(signature->result, result)) continue;
    const struct variable *variable = gen_pick_variable(gen, function);
    if (!variable) continue;
    gen_put(gen, "%s", variable->name);
    put_arguments(gen, signature, depth);
    return true;
  }
  return false;
}

// A variable, field or call of the type; false when there is none to be had.
static bool put_place(struct generator *gen, struct type type, unsigned depth, unsigned *length) {
  *length = gen_type_length(gen, type);
  unsigned form = gen_below(gen, 6);
  if (form == 0 && put_field(gen, type)) return true;
  if (form == 1 && depth > 0 && put_call(gen, type, depth - 1)) return true;
  const struct variable *variable = gen_pick_variable(gen, type);
  if (!variable) return false;
  gen_put(gen, "%s", variable->name);
  if (type.kind == KIND_STRING) *length = variable->length;
  return true;
}

static void put_binary(struct generator *gen, struct type operands, const char *operator, unsigned depth) {
  bool parentheses = !gen_one_in(gen, 4);
  gen_put(gen, parentheses ? "(" : "");
  gen_expression(gen, operands, depth);
  gen_put(gen, " %s ", operator);
  gen_expression(gen, operands, depth);
  gen_put(gen, parentheses ? ")" : "");
}

static void put_int(struct generator *gen, unsigned depth) {
  static const char *const operators[] = {"+", "-", "*", "+", "-"};
  struct type array = {KIND_ARRAY, 0};
  const struct variable *variable;
  switch (gen_below(gen, 8)) {
  case 0:
  case 1:
  case 2:
    gen_put(gen, "(");
    gen_expression(gen, type_int, depth - 1);
    gen_put(gen, " %s ", operators[gen_below(gen, 5)]);
    gen_expression(gen, type_int, depth - 1);
    gen_put(gen, ")");
    return;
  case 3:
    gen_put(gen, "(");
    gen_expression(gen, type_int, depth - 1);
    // The second form is never zero: -1 is no square modulo 4.
    if (gen_one_in(gen, 10))
      gen_put(gen, " / mod(fuel, 9))");
    else
      gen_put(gen, " / %s%u)", gen_one_in(gen, 4) ? "-" : "", 1 + gen_below(gen, 9));
    return;
  case 4:
    gen_put(gen, "-");
    put_int_literal(gen);
    return;
  case 5:
    if ((variable = gen_pick_variable(gen, array))) {
      gen_put(gen, "%s[", variable->name);
      put_array_index(gen, depth - 1);
      gen_put(gen, "]");
      return;
    }
    break;
  case 6:
    gen_put(gen, "intcast(\"\" + ");
    gen_expression(gen, type_int, depth - 1);
    gen_put(gen, ")");
    return;
  default: break;
  }
  unsigned length;
  if (!put_place(gen, type_int, depth, &length)) put_int_literal(gen);
}

static void put_equality(struct generator *gen, unsigned depth) {
  struct type left = gen_random_type(gen, gen->options.function_equality);
  struct type right = gen_one_in(gen, 4) ? gen_random_type(gen, false) : left;
  gen_put(gen, "(");
  gen_expression(gen, left, depth);
  gen_put(gen, " == ");
  if (gen_one_in(gen, 8))
    gen_put(gen, "None");
  else
    gen_expression(gen, right, depth);
  gen_put(gen, ")");
}

static void put_bool(struct generator *gen, unsigned depth) {
  static const char *const relations[] = {"<", ">", "<=", ">="};
  unsigned length;
  switch (gen_below(gen, 7)) {
  case 0:
  case 1:
    gen_put(gen, "(");
    gen_expression(gen, type_int, depth - 1);
    gen_put(gen, " %s ", relations[gen_below(gen, 4)]);
    gen_expression(gen, type_int, depth - 1);
    gen_put(gen, ")");
    return;
  case 2: put_equality(gen, depth - 1); return;
  case 3:
    gen_put(gen, "(!");
    gen_expression(gen, type_bool, depth - 1);
    gen_put(gen, ")");
    return;
  case 4:
    gen_put(gen, "(");
    put_binary(gen, type_bool, gen_one_in(gen, 2) ? "&" : "|", depth - 1);
    gen_put(gen, ")");
    return;
  default:
    if (!put_place(gen, type_bool, depth, &length)) gen_put(gen, gen_one_in(gen, 2) ? "true" : "false");
  }
}

static unsigned put_string(struct generator *gen, unsigned depth) {
  unsigned length = 0, left, right;
  switch (gen_below(gen, 5)) {
  case 0:
  case 1:
    gen_put(gen, "(");
    left = gen_expression(gen, type_string, depth - 1);
    gen_put(gen, " + ");
    right = gen_expression(gen, gen_random_type(gen, true), depth - 1);
    gen_put(gen, ")");
    return left + right;
  case 2:
    gen_put(gen, "(");
    left = gen_expression(gen, gen_random_type(gen, true), depth - 1);
    gen_put(gen, " + ");
    right = gen_expression(gen, type_string, depth - 1);
    gen_put(gen, ")");
    return left + right;
  case 3:
    if (gen_one_in(gen, 4)) {
      const struct variable *dict = gen_pick_variable(gen, (struct type){KIND_DICT, 0});
      if (dict) {
        gen_put(gen, "(\"\" + %s[", dict->name);
        put_dict_key(gen, depth - 1);
        gen_put(gen, "])");
        return 12;
      }
    }
    break;
  default: break;
  }
  return put_place(gen, type_string, depth, &length) ? length : put_string_literal(gen);
}

static unsigned put_record(struct generator *gen, struct type type, unsigned depth) {
  unsigned length;
  const struct record_type *shape = &gen->records[type.detail];
  if (gen_one_in(gen, 2) && put_place(gen, type, depth, &length)) return length;
  // In parentheses a record or function literal is an operand of any operator, and an argument or right side too.
  gen_put(gen, "({ ");
  unsigned first = gen_below(gen, shape->field_count);
  for (unsigned i = 0; i < shape->field_count; i++) {
    unsigned field = (first + i) % shape->field_count; // fields come in different orders
    gen_put(gen, "f%u: ", field);
    gen_expression_within(gen, shape->fields[field], depth ? depth - 1 : 0, LENGTH_VALUE);
    gen_put(gen, "; ");
  }
  gen_put(gen, "})");
  return shape->length;
}

static unsigned put_array(struct generator *gen, struct type type, unsigned depth) {
  unsigned length;
  if (gen_one_in(gen, 2) && put_place(gen, type, depth, &length)) return length;
  if (type.kind == KIND_DICT)
    gen_put(gen, "({})");
  else {
    gen_put(gen, "array(");
    gen_expression(gen, type_int, depth ? depth - 1 : 0);
    gen_put(gen, ")");
  }
  return gen_type_length(gen, type);
}

// An expression of some other type, a variable that isn't there, or None.
static unsigned put_mistake(struct generator *gen, struct type type) {
  struct type other = {(type.kind + 1 + gen_below(gen, KIND_DICT - 1)) % KIND_FUNCTION, 0};
  switch (gen_below(gen, 4)) {
  case 0: gen_put(gen, "not_there"); return 20;
  case 1: gen_put(gen, "None"); return 20;
  default: return gen_expression(gen, other, 0);
  }
}

unsigned gen_expression(struct generator *gen, struct type type, unsigned depth) {
  unsigned length = gen_type_length(gen, type);
  if (gen_one_in(gen, gen->options.mistakes)) return put_mistake(gen, type);
  switch (type.kind) {
  case KIND_INT:
    if (depth)
      put_int(gen, depth);
    else if (gen_one_in(gen, 2) || !put_place(gen, type, 0, &length))
      put_int_literal(gen);
    break;
  case KIND_BOOL:
    if (depth)
      put_bool(gen, depth);
    else if (!put_place(gen, type, 0, &length))
      gen_put(gen, gen_one_in(gen, 2) ? "true" : "false");
    break;
  case KIND_STRING:
    if (depth)
      length = put_string(gen, depth);
    else if (gen_one_in(gen, 2) || !put_place(gen, type, 0, &length))
      length = put_string_literal(gen);
    break;
  case KIND_RECORD: length = put_record(gen, type, depth); break;
  case KIND_FUNCTION:
    if ((gen->function_depth >= 3 || depth == 0 || !gen_one_in(gen, 3)) && put_place(gen, type, 0, &length)) break;
    gen_put(gen, "(");
    gen_function(gen, type.detail, "");
    gen_put(gen, ")");
    break;
  default: length = put_array(gen, type, depth); break;
  }
  return length;
}

unsigned gen_expression_within(struct generator *gen, struct type type, unsigned depth, unsigned length_max) {
  size_t start = gen->out->length;
  unsigned length = gen_expression(gen, type, depth);
  if (type.kind != KIND_STRING || length <= length_max) return length;
  gen->out->length = start; // too long: take it back
  gen->out->data[start] = '\0';
  return put_string_literal(gen);
}
