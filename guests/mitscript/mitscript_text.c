// SPDX-License-Identifier: MIT
//
// mitscript_text.c: reads bytecode text.
//
// Functions nest by their first field and may do so deeper than a C stack. So the reader keeps the unfinished functions
// in a list of its own and takes one step at a time: open a function, read a field, close a function. All other fields
// are flat lists, gathered in one buffer and then copied into the image.
#include "mitscript_text.h"

#include "mitscript_print.h"

#include <stdio.h>
#include <string.h>

struct inner {
  struct mit_function *function;
  struct inner *next;
};

// A function that is being read.
struct unfinished {
  struct mit_function *function;
  struct unfinished *outer;
  unsigned next_field; // the first field of the table that may still come
  bool in_functions;   // between the brackets of its first field
  struct inner *inner, **inner_end;
};

struct reader {
  struct mit_scanner scanner;
  struct mit_token token; // the next one
  const struct loam_source *source;
  struct mit_image *image;
  struct mit_function **all_end;
  struct unfinished *top;
  struct text items;       // the list at hand, as bytes
  const char *source_name; // in the image's arena
  struct error *err;
};

// ---- tokens and errors -------------------------------------------------------------------------------------------

static bool memory_refuse(struct reader *r) {
  error_set(r->err, LOAM_ERR_MEMORY, "%s: out of memory while reading bytecode", r->source->name);
  return false;
}

static bool token_refuse(struct reader *r, const char *expected) {
  char found[MIT_TOKEN_WORDS_MAX];
  mitscript_scan_describe(&r->token, found);
  mitscript_scan_refuse(r->err, r->source, &r->token, "expected %s, found %s", expected, found);
  return false;
}

static bool token_next(struct reader *r) { return mitscript_scan_next(&r->scanner, &r->token, r->err) == LOAM_OK; }

static bool token_accept(struct reader *r, enum mit_token_kind kind) {
  return r->token.kind == kind ? token_next(r) : token_refuse(r, mitscript_scan_kind_name(kind));
}

static bool token_is(const struct mit_token *token, const char *word) {
  return mitscript_scan_is_word(token) && strlen(word) == token->text.length &&
         memcmp(word, token->text.bytes, token->text.length) == 0;
}

// Behind an item of a list: takes a comma, or leaves the closing bracket.
static bool separator_accept(struct reader *r) {
  if (r->token.kind == MIT_TOKEN_BRACKET_CLOSE) return true;
  if (r->token.kind != MIT_TOKEN_COMMA) return token_refuse(r, "',' or ']'");
  if (!token_next(r)) return false;
  return r->token.kind != MIT_TOKEN_BRACKET_CLOSE || token_refuse(r, "another item after ','");
}

static bool bytes_keep(struct reader *r, struct mit_bytes from, struct mit_bytes *to) {
  char *bytes = arena_alloc(&r->image->arena, from.length + 1);
  if (!bytes) return memory_refuse(r);
  memcpy(bytes, from.bytes, from.length);
  *to = (struct mit_bytes){bytes, from.length};
  return true;
}

// Copies the gathered items of `size` bytes each into the image.
static void *items_keep(struct reader *r, size_t size, uint32_t *count) {
  void *items = r->items.failed ? NULL : arena_alloc(&r->image->arena, r->items.length + 1);
  if (!items) {
    memory_refuse(r);
    return NULL;
  }
  if (r->items.length) memcpy(items, r->items.bytes, r->items.length);
  ASSERT(r->items.length % size == 0, "%zu bytes are whole items of %zu", r->items.length, size);
  *count = (uint32_t)(r->items.length / size);
  return items;
}

// An integer with an optional sign right before it. *fits: is it within 32 bits? *number is reduced if not.
static bool integer_read(struct reader *r, int32_t *number, bool *fits) {
  bool negative = r->token.kind == MIT_TOKEN_MINUS;
  if (negative) {
    const char *digits = r->token.text.bytes + 1;
    if (!token_next(r)) return false;
    if (r->token.kind == MIT_TOKEN_INTEGER && r->token.text.bytes != digits)
      return token_refuse(r, "digits right after '-'");
  }
  if (r->token.kind != MIT_TOKEN_INTEGER) return token_refuse(r, "an integer");
  int64_t exact = 0;
  for (size_t i = 0; i < r->token.text.length && exact <= UINT32_MAX; i++)
    exact = exact * 10 + (r->token.text.bytes[i] - '0');
  *fits = exact <= (negative ? -(int64_t)INT32_MIN : INT32_MAX);
  ASSERT(r->token.text.length, "an integer at line %u has no digits", r->token.line);
  *number = negative ? (int32_t)-(uint32_t)r->token.number : r->token.number;
  return token_next(r);
}

// ---- flat fields -------------------------------------------------------------------------------------------------

static bool constant_read(struct reader *r, struct mit_const *constant) {
  bool fits;
  switch (r->token.kind) {
  case MIT_TOKEN_NONE: constant->kind = MIT_CONST_NONE; return token_next(r);
  case MIT_TOKEN_TRUE:
  case MIT_TOKEN_FALSE:
    constant->kind = MIT_CONST_BOOL;
    constant->truth = r->token.kind == MIT_TOKEN_TRUE;
    return token_next(r);
  case MIT_TOKEN_STRING:
    constant->kind = MIT_CONST_STRING;
    constant->string = mitscript_scan_decode(&r->image->arena, &r->token);
    return constant->string.bytes ? token_next(r) : memory_refuse(r);
  case MIT_TOKEN_MINUS:
  case MIT_TOKEN_INTEGER: constant->kind = MIT_CONST_INT; return integer_read(r, &constant->number, &fits);
  default: return token_refuse(r, "a constant or ']'");
  }
}

static bool constants_read(struct reader *r, struct mit_function *function) {
  if (!token_accept(r, MIT_TOKEN_BRACKET_OPEN)) return false;
  while (r->token.kind != MIT_TOKEN_BRACKET_CLOSE) {
    struct mit_const constant = {0};
    if (!constant_read(r, &constant) || !separator_accept(r)) return false;
    text_add(&r->items, (const char *)&constant, sizeof(constant));
  }
  function->constants = items_keep(r, sizeof(struct mit_const), &function->constant_count);
  return function->constants && token_next(r);
}

static bool names_read(struct reader *r, struct mit_name_list *names) {
  if (!token_accept(r, MIT_TOKEN_BRACKET_OPEN)) return false;
  while (r->token.kind != MIT_TOKEN_BRACKET_CLOSE) {
    struct mit_bytes name;
    if (!mitscript_scan_is_word(&r->token)) return token_refuse(r, "a name or ']'");
    if (!bytes_keep(r, r->token.text, &name) || !token_next(r) || !separator_accept(r)) return false;
    text_add(&r->items, (const char *)&name, sizeof(name));
  }
  names->items = items_keep(r, sizeof(struct mit_bytes), &names->count);
  return names->items && token_next(r);
}

static bool local_vars_read(struct reader *r, struct mit_function *f) { return names_read(r, &f->local_vars); }
static bool local_ref_vars_read(struct reader *r, struct mit_function *f) { return names_read(r, &f->local_ref_vars); }
static bool free_vars_read(struct reader *r, struct mit_function *f) { return names_read(r, &f->free_vars); }
static bool global_names_read(struct reader *r, struct mit_function *f) { return names_read(r, &f->names); }

static bool parameter_count_read(struct reader *r, struct mit_function *function) {
  struct mit_token place = r->token;
  int32_t count;
  bool fits;
  if (!integer_read(r, &count, &fits)) return false;
  if (!fits || count < 0) {
    mitscript_scan_refuse(r->err, r->source, &place, "expected a count from 0 to %d, found %s", INT32_MAX,
                          fits ? "a negative one" : "a number that takes more than 32 bits");
    return false;
  }
  function->parameter_count = (uint32_t)count;
  return true;
}

static bool operand_read(struct reader *r, struct mit_insn *insn) {
  struct mit_token place = r->token;
  bool given = place.kind == MIT_TOKEN_INTEGER || place.kind == MIT_TOKEN_MINUS, fits;
  if (!given && insn->op == MIT_ALLOC_CLOSURE) return true;
  if (!given) {
    char expected[48];
    snprintf(expected, sizeof(expected), "the operand of '%s'", mitscript_image_op_name(insn->op));
    return token_refuse(r, expected);
  }
  insn->has_operand = true;
  if (!integer_read(r, &insn->operand, &fits)) return false;
  if (fits) return true;
  mitscript_scan_refuse(r->err, r->source, &place, "expected an operand of at most 32 bits, found a larger one");
  return false;
}

static bool instructions_read(struct reader *r, struct mit_function *function) {
  if (!token_accept(r, MIT_TOKEN_BRACKET_OPEN)) return false;
  while (r->token.kind != MIT_TOKEN_BRACKET_CLOSE) {
    struct mit_insn insn = {.line = r->token.line, .column = r->token.column};
    if (!mitscript_scan_is_word(&r->token) || !mitscript_image_op_find(r->token.text, &insn.op))
      return token_refuse(r, "an instruction or ']'");
    if (!token_next(r)) return false;
    if (mitscript_image_op_takes_operand(insn.op) && !operand_read(r, &insn)) return false;
    text_add(&r->items, (const char *)&insn, sizeof(insn));
  }
  function->insns = items_keep(r, sizeof(struct mit_insn), &function->insn_count);
  return function->insns && token_next(r);
}

// ---- functions ---------------------------------------------------------------------------------------------------

// The fields in their order. `functions` has no reader: see inner_step.
static const struct {
  const char *name;
  bool (*read)(struct reader *r, struct mit_function *function);
} fields[] = {
    {"functions", NULL},
    {"constants", constants_read},
    {"parameter_count", parameter_count_read},
    {"local_vars", local_vars_read},
    {"local_ref_vars", local_ref_vars_read},
    {"free_vars", free_vars_read},
    {"names", global_names_read},
    {"instructions", instructions_read},
};

static bool function_open(struct reader *r, const char *expected) {
  if (!token_is(&r->token, "function")) return token_refuse(r, expected);
  struct mit_function *function = arena_alloc(&r->image->arena, sizeof(*function));
  struct unfinished *top = arena_alloc(&r->image->arena, sizeof(*top));
  if (!function || !top) return memory_refuse(r);
  function->source_name = r->source_name;
  function->line = r->token.line;
  function->column = r->token.column;
  top->function = function;
  top->outer = r->top;
  top->inner_end = &top->inner;
  r->top = top;
  return token_next(r) && token_accept(r, MIT_TOKEN_BRACE_OPEN);
}

// Lists the function in the image, and in the one around it.
static bool function_close(struct reader *r) {
  struct unfinished *closed = r->top;
  ASSERT(closed->next_field <= COUNT_OF(fields), "a function ends behind field %u of %zu", closed->next_field,
         COUNT_OF(fields));
  ASSERT(!closed->in_functions, "a function ends behind its list of functions, at line %u", r->token.line);
  *r->all_end = closed->function;
  r->all_end = &closed->function->next;
  r->image->function_count++;
  r->top = closed->outer;
  if (!token_next(r)) return false; // '}'
  if (!r->top) {
    r->image->main = closed->function;
    return true;
  }
  struct inner *link = arena_alloc(&r->image->arena, sizeof(*link));
  if (!link) return memory_refuse(r);
  link->function = closed->function;
  *r->top->inner_end = link;
  r->top->inner_end = &link->next;
  r->top->function->function_count++;
  return separator_accept(r);
}

// Behind a field: a comma, or the end of the function.
static bool field_end(struct reader *r) {
  if (r->token.kind == MIT_TOKEN_COMMA) return token_next(r);
  return r->token.kind == MIT_TOKEN_BRACE_CLOSE || token_refuse(r, "',' or '}'");
}

// Between the brackets of `functions`: opens the next function or ends the list.
static bool inner_step(struct reader *r) {
  struct unfinished *top = r->top;
  ASSERT(top->next_field == 1, "functions are the first field, not number %u", top->next_field);
  if (r->token.kind != MIT_TOKEN_BRACKET_CLOSE) return function_open(r, "'function' or ']'");
  struct mit_function *function = top->function;
  function->functions = arena_alloc(&r->image->arena, function->function_count * sizeof(*function->functions) + 1);
  if (!function->functions) return memory_refuse(r);
  uint32_t count = 0;
  for (struct inner *inner = top->inner; inner; inner = inner->next) function->functions[count++] = inner->function;
  ASSERT(count == function->function_count, "%u functions were counted, not %u", function->function_count, count);
  top->in_functions = false;
  return token_next(r) && field_end(r);
}

static bool field_refuse(struct reader *r) {
  char expected[80];
  const unsigned next = r->top->next_field;
  if (next == COUNT_OF(fields))
    snprintf(expected, sizeof(expected), "'}'");
  else if (next == COUNT_OF(fields) - 1)
    snprintf(expected, sizeof(expected), "'%s' or '}'", fields[next].name);
  else
    snprintf(expected, sizeof(expected), "'%s', a later field or '}'", fields[next].name);
  return token_refuse(r, expected);
}

// Inside a function: reads the next field or closes the function.
static bool field_step(struct reader *r) {
  if (r->token.kind == MIT_TOKEN_BRACE_CLOSE) return function_close(r);
  unsigned field = r->top->next_field;
  while (field < COUNT_OF(fields) && !token_is(&r->token, fields[field].name)) field++;
  if (field == COUNT_OF(fields)) return field_refuse(r);
  r->top->next_field = field + 1;
  if (!token_next(r) || !token_accept(r, MIT_TOKEN_ASSIGN)) return false;
  if (!fields[field].read) {
    r->top->in_functions = true;
    return token_accept(r, MIT_TOKEN_BRACKET_OPEN);
  }
  text_clear(&r->items);
  return fields[field].read(r, r->top->function) && field_end(r);
}

// Numbers functions by what they do. The outermost one's first functions are the natives, whatever is written there.
static bool functions_number(struct reader *r) {
  struct mit_numbering numbering = {0};
  struct text key = {0};
  bool good = true;
  for (struct mit_function *f = r->image->all; f && good; f = f->next) {
    text_clear(&key);
    if (mitscript_image_is_native(f))
      text_printf(&key, "native %u", f->outer_index);
    else
      mitscript_print_body(f, &key);
    f->same_body_id = key.failed ? 0 : mitscript_image_number(&numbering, key.bytes, key.length);
    good = f->same_body_id != 0;
  }
  text_fini(&key);
  mitscript_image_numbering_fini(&numbering);
  return good;
}

static bool image_read(struct reader *r) {
  struct mit_bytes name;
  if (!bytes_keep(r, (struct mit_bytes){r->source->name, strlen(r->source->name)}, &name)) return false;
  r->source_name = name.bytes;
  if (!token_next(r) || !function_open(r, "'function'")) return false;
  while (r->top)
    if (!(r->top->in_functions ? inner_step(r) : field_step(r))) return false;
  if (r->token.kind != MIT_TOKEN_END) return token_refuse(r, mitscript_scan_kind_name(MIT_TOKEN_END));
  ASSERT(r->image->main && r->image->function_count, "an image of %u functions has no outermost one",
         r->image->function_count);
  if (!mitscript_image_finish(r->image) || !functions_number(r)) return memory_refuse(r);
  return true;
}

enum loam_err mitscript_text_read(const struct loam_source *source, struct mit_image *image, struct error *err) {
  *image = (struct mit_image){0};
  struct error own = {0};
  struct reader r = {.source = source, .image = image, .all_end = &image->all, .err = &own};
  if (mitscript_scan_open(&r.scanner, source, &own) == LOAM_OK) image_read(&r);
  text_fini(&r.items);
  if (own.kind && err) *err = own;
  return own.kind;
}

bool mitscript_text_recognise(const struct loam_source *source) {
  struct mit_scanner scanner;
  struct mit_token word, brace;
  return mitscript_scan_open(&scanner, source, NULL) == LOAM_OK &&
         mitscript_scan_next(&scanner, &word, NULL) == LOAM_OK && token_is(&word, "function") &&
         mitscript_scan_next(&scanner, &brace, NULL) == LOAM_OK && brace.kind == MIT_TOKEN_BRACE_OPEN;
}
