// SPDX-License-Identifier: MIT
//
// zinc_parse.c: reads lambda terms. Names become indices while reading: `binders` is the chain of what is bound here,
// innermost first. Terms nest as deep as DEPTH_MAX, because reading them is recursive.
#include "zinc_parse.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 4000
#define NUMERAL_MAX 100000

struct binder {
  const char *name;
  struct binder *outer;
};

struct definition {
  const char *name;
  const struct zinc_code *code;
  struct definition *older;
};

struct parser {
  const struct loam_source *source;
  struct error *err;
  struct zinc_listener *listener;
  const char *at; // the token
  size_t length;  // of it; 0 at the end
  uint32_t line;
  const char *line_start;
  bool strict, failed;
  unsigned depth;
  struct binder *binders;
  struct definition *definitions;
};

// ---- tokens --------------------------------------------------------------------------------------------------------

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_greek(const char *at) { return memcmp(at, "\xce\xbb", 2) == 0; } // the letter lambda; text ends with NUL

static size_t measure(const char *at) {
  size_t length = 0;
  if (is_letter(*at))
    while (is_letter(at[length]) || is_digit(at[length]) || at[length] == '\'') length++;
  else if (is_digit(*at))
    while (is_digit(at[length])) length++;
  else if (*at)
    length = is_greek(at) ? 2 : 1;
  return length;
}

static void advance(struct parser *parser) {
  for (parser->at += parser->length;; parser->at++) {
    if (*parser->at == '#') parser->at += strcspn(parser->at, "\n");
    if (*parser->at == '\n') {
      parser->line++;
      parser->line_start = parser->at + 1;
    } else if (!*parser->at || !strchr(" \t\r", *parser->at)) {
      break;
    }
  }
  ASSERT(parser->at <= parser->source->bytes + parser->source->length && parser->line_start <= parser->at,
         "zinc.I5: line %u goes on behind the text", parser->line);
  parser->length = measure(parser->at);
}

static uint32_t column_of(const struct parser *parser) { return (uint32_t)(parser->at - parser->line_start) + 1; }

// Refuses the text at the token; only the first refusal counts.
static void expect_other(struct parser *parser, const char *expected) {
  if (parser->failed) return;
  parser->failed = true;
  const char *name = parser->source->name;
  if (!parser->length && parser->at < parser->source->bytes + parser->source->length)
    error_set(parser->err, LOAM_ERR_INPUT, "%s:%u:%u: expected %s, found a zero byte", name, parser->line,
              column_of(parser), expected);
  else
    error_set(parser->err, LOAM_ERR_INPUT, "%s:%u:%u: expected %s, found %s%.*s%s", name, parser->line,
              column_of(parser), expected, parser->length ? "'" : "the end of the text",
              (int)(parser->length < 60 ? parser->length : 60), parser->at, parser->length ? "'" : "");
}

static void miss_memory(struct parser *parser) {
  if (parser->failed) return;
  parser->failed = true;
  error_set(parser->err, LOAM_ERR_MEMORY, "%s: no memory to read it", parser->source->name);
}

static void *get_memory(struct parser *parser, size_t bytes) {
  void *block = parser->failed ? NULL : arena_alloc(parser->listener->memory, bytes);
  if (!block) miss_memory(parser);
  return block;
}

static bool token_is(const struct parser *parser, const char *text) {
  return strlen(text) == parser->length && memcmp(parser->at, text, parser->length) == 0;
}

static bool take(struct parser *parser, const char *text) {
  bool there = token_is(parser, text);
  if (there) advance(parser);
  return there;
}

static char *take_name(struct parser *parser) {
  char *name = get_memory(parser, parser->length + 1);
  if (name) memcpy(name, parser->at, parser->length);
  advance(parser);
  return name;
}

// The digits at the token as a number up to `most`.
static uint32_t take_number(struct parser *parser, uint32_t most, const char *expected) {
  uint64_t number = 0;
  if (!parser->length || !is_digit(*parser->at)) expect_other(parser, expected);
  for (size_t i = 0; i < parser->length && number <= most; i++) number = number * 10 + (uint64_t)(parser->at[i] - '0');
  if (number > most) expect_other(parser, expected);
  advance(parser);
  return (uint32_t)number;
}

// ---- terms ---------------------------------------------------------------------------------------------------------

static const struct zinc_term *parse_term(struct parser *parser);

static struct zinc_term *make_term(struct parser *parser, enum zinc_kind kind) {
  ASSERT(kind <= ZINC_DEFINITION, "zinc.I4: a term of kind %d", kind);
  struct zinc_term *term = get_memory(parser, sizeof *term);
  if (!term) return NULL;
  *term = (struct zinc_term){.kind = kind, .line = parser->line, .column = column_of(parser), .name = ""};
  return term;
}

static struct zinc_term *make_variable(struct parser *parser, uint32_t index) {
  struct zinc_term *term = make_term(parser, ZINC_VARIABLE);
  if (term) term->index = index;
  return term;
}

static struct zinc_term *make_lambda(struct parser *parser, const char *name, const struct zinc_term *body) {
  struct zinc_term *term = make_term(parser, ZINC_LAMBDA);
  if (!term) return NULL;
  term->name = name;
  term->left = body;
  return term;
}

static struct zinc_term *make_application(struct parser *parser, const struct zinc_term *left,
                                          const struct zinc_term *right, bool strict) {
  struct zinc_term *term = make_term(parser, ZINC_APPLICATION);
  if (!term) return NULL;
  term->strict = strict;
  term->left = left;
  term->right = right;
  return term;
}

// \f.\x. f (f (... x))
static const struct zinc_term *make_numeral(struct parser *parser, uint32_t number) {
  const struct zinc_term *term = make_variable(parser, 0);
  while (number-- && term) term = make_application(parser, make_variable(parser, 1), term, parser->strict);
  return make_lambda(parser, "f", make_lambda(parser, "x", term));
}

static const struct zinc_term *parse_name(struct parser *parser) {
  uint32_t index = 0;
  for (struct binder *binder = parser->binders; binder; binder = binder->outer, index++) {
    if (!token_is(parser, binder->name)) continue;
    struct zinc_term *term = make_variable(parser, index);
    advance(parser);
    return term;
  }
  for (struct definition *definition = parser->definitions; definition; definition = definition->older) {
    if (!token_is(parser, definition->name)) continue;
    struct zinc_term *term = make_term(parser, ZINC_DEFINITION);
    if (term) term->code = definition->code;
    advance(parser);
    return term;
  }
  expect_other(parser,
               "a variable that is bound here or a definition above (recursion needs a fixed-point combinator)");
  return NULL;
}

static const struct zinc_term *parse_index(struct parser *parser) {
  uint32_t bound = 0;
  for (struct binder *binder = parser->binders; binder; binder = binder->outer) bound++;
  if (!bound) expect_other(parser, "a term; an index needs a binder around it (a Church numeral is written $3)");
  struct zinc_term *term = make_variable(parser, 0);
  uint32_t index = take_number(parser, bound ? bound - 1 : 0, "an index less than the number of binders around it");
  if (term) term->index = index;
  return term;
}

static bool at_atom(const struct parser *parser) {
  return parser->length &&
         (is_letter(*parser->at) || is_digit(*parser->at) || *parser->at == '(' || *parser->at == '$');
}
static bool at_lambda(const struct parser *parser) { return token_is(parser, "\\") || is_greek(parser->at); }

static const struct zinc_term *parse_atom(struct parser *parser) {
  if (at_lambda(parser)) return parse_term(parser); // extends as far as it can
  if (!at_atom(parser)) {
    expect_other(parser, "a term");
    return NULL;
  }
  if (is_letter(*parser->at)) return parse_name(parser);
  if (is_digit(*parser->at)) return parse_index(parser);
  if (take(parser, "$")) return make_numeral(parser, take_number(parser, NUMERAL_MAX, "a number up to 100000"));
  advance(parser);
  const struct zinc_term *term = parse_term(parser);
  if (!take(parser, ")")) expect_other(parser, "')' or more of the term");
  return term;
}

static const struct zinc_term *parse_application(struct parser *parser) {
  const struct zinc_term *term = parse_atom(parser);
  for (;;) {
    bool strict = parser->strict;
    if (parser->failed) return NULL;
    if (take(parser, "!"))
      strict = true;
    else if (take(parser, "~"))
      strict = false;
    else if (!at_atom(parser) && !at_lambda(parser))
      return term;
    const struct zinc_term *argument = parse_atom(parser);
    term = make_application(parser, term, argument, strict);
  }
}

static const struct zinc_term *parse_lambda(struct parser *parser, unsigned count) {
  struct zinc_term *lambda = make_lambda(parser, "", NULL);
  struct binder binder = {"", parser->binders};
  bool named = parser->length && is_letter(*parser->at);
  if (named) binder.name = take_name(parser);
  if (!binder.name || !lambda) return NULL;
  parser->binders = &binder;
  lambda->name = binder.name;
  parser->depth += count > 0; // the first binder's term has been counted
  if (parser->depth > DEPTH_MAX) expect_other(parser, "terms that nest at most 4000 deep");
  if (!named && count)
    expect_other(parser, "a variable or '.'");
  else if (named && !take(parser, "."))
    lambda->left = parse_lambda(parser, count + 1);
  else if (!named && !take(parser, "."))
    expect_other(parser, "a variable or '.'");
  else
    lambda->left = parse_term(parser);
  parser->depth -= count > 0;
  ASSERT(parser->binders == &binder, "zinc.I5: the body of \\%s leaves binders behind", binder.name);
  parser->binders = binder.outer;
  return lambda;
}

static const struct zinc_term *parse_term(struct parser *parser) {
  if (parser->failed) return NULL;
  if (++parser->depth > DEPTH_MAX) expect_other(parser, "terms that nest at most 4000 deep");
  const struct zinc_term *term = NULL;
  if (!parser->failed && at_lambda(parser)) {
    advance(parser);
    term = parse_lambda(parser, 0);
  } else if (!parser->failed) {
    term = parse_application(parser);
  }
  ASSERT(parser->depth > 0, "zinc.I5: a term at line %u ends that did not begin", parser->line);
  parser->depth--;
  return term;
}

// ---- statements ----------------------------------------------------------------------------------------------------

static bool next_is(const struct parser *parser, char c) { // the token after this one
  const char *at = parser->at + parser->length;
  return at[strspn(at, " \t\r\n")] == c;
}

static void parse_definition(struct parser *parser) {
  for (struct definition *known = parser->definitions; known; known = known->older)
    if (token_is(parser, known->name)) return expect_other(parser, "a new name for the definition");
  struct definition *definition = get_memory(parser, sizeof *definition);
  const char *name = take_name(parser);
  advance(parser); // =
  const struct zinc_term *term = parse_term(parser);
  if (parser->failed) return;
  ASSERT(term && !parser->binders, "zinc.I5: the definition of %s leaves binders behind", name);
  struct zinc_code *code = parser->listener->define(parser->listener, name, term);
  *definition = (struct definition){name, code, parser->definitions};
  parser->definitions = definition;
  if (!code) miss_memory(parser);
}

static void parse_strategy(struct parser *parser) {
  advance(parser);
  if (!token_is(parser, "name") && !token_is(parser, "value")) expect_other(parser, "'name' or 'value'");
  parser->strict = token_is(parser, "value");
  advance(parser);
}

static void parse_statement(struct parser *parser) {
  if (parser->length && is_letter(*parser->at) && next_is(parser, '=')) return parse_definition(parser);
  if (token_is(parser, "by")) return parse_strategy(parser);
  bool numeral = take(parser, "number");
  const struct zinc_term *term = parse_term(parser);
  ASSERT(parser->failed || (term && !parser->binders && !parser->depth), "zinc.I5: a term ends %u deep", parser->depth);
  if (!parser->failed && !parser->listener->evaluate(parser->listener, term, parser->strict, numeral))
    miss_memory(parser);
}

enum loam_err zinc_parse(const struct loam_source *source, bool strict, struct zinc_listener *listener,
                         struct error *err) {
  struct parser parser = {.source = source, .err = err, .listener = listener, .strict = strict};
  parser.at = parser.line_start = source->bytes;
  parser.line = 1;
  advance(&parser);
  while (parser.length && !parser.failed) {
    parse_statement(&parser);
    if (!parser.failed && !take(&parser, ";") && parser.length) expect_other(&parser, "';' or more of the term");
  }
  if (!parser.failed && parser.at != source->bytes + source->length) expect_other(&parser, "a statement");
  return parser.failed ? (err ? err->kind : LOAM_ERR_INPUT) : LOAM_OK;
}
