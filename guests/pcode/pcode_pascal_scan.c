// SPDX-License-Identifier: MIT
//
// pcode_pascal_scan.c: the tokens of Pascal (6.1). Letters are the same in both cases. Comments end with either of
// their marks and don't nest; `//` begins one up to the end of the line, which is loam's own. The alternative symbols
// (6.1.9) are `(.` `.)` `@` and `(*` `*)`.
#include "pcode_pascal_int.h"

#include <stdlib.h>

static const char *const token_texts[T_COUNT] = {"the end of the text",
                                                 "a name",
                                                 "an integer",
                                                 "a real number",
                                                 "a string",
                                                 "'+'",
                                                 "'-'",
                                                 "'*'",
                                                 "'/'",
                                                 "'='",
                                                 "'<>'",
                                                 "'<'",
                                                 "'<='",
                                                 "'>'",
                                                 "'>='",
                                                 "'in'",
                                                 "'['",
                                                 "']'",
                                                 "'.'",
                                                 "','",
                                                 "':'",
                                                 "';'",
                                                 "'^'",
                                                 "'('",
                                                 "')'",
                                                 "':='",
                                                 "'..'",
                                                 "'and'",
                                                 "'array'",
                                                 "'begin'",
                                                 "'case'",
                                                 "'const'",
                                                 "'div'",
                                                 "'do'",
                                                 "'downto'",
                                                 "'else'",
                                                 "'end'",
                                                 "'file'",
                                                 "'for'",
                                                 "'function'",
                                                 "'goto'",
                                                 "'if'",
                                                 "'label'",
                                                 "'mod'",
                                                 "'nil'",
                                                 "'not'",
                                                 "'of'",
                                                 "'or'",
                                                 "'packed'",
                                                 "'procedure'",
                                                 "'program'",
                                                 "'record'",
                                                 "'repeat'",
                                                 "'set'",
                                                 "'then'",
                                                 "'to'",
                                                 "'type'",
                                                 "'until'",
                                                 "'var'",
                                                 "'while'",
                                                 "'with'",
                                                 "a strange character"};

const char *pcode_pascal_token_text(enum pascal_token token) {
  ASSERT(token < T_COUNT && token_texts[token], "token %d of %d has no text", token, T_COUNT);
  return token_texts[token];
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool at_end(const struct pascal *p) { return p->at >= p->source->bytes + p->source->length; }

static struct pascal_place here(const struct pascal *p) {
  ASSERT(p->at >= p->line_start && p->at <= p->source->bytes + p->source->length,
         "line %u begins %td bytes behind here", p->line, p->line_start - p->at);
  return (struct pascal_place){p->at, p->line, (uint32_t)(p->at - p->line_start) + 1};
}

static void new_line(struct pascal *p) {
  p->line++;
  p->line_start = p->at + 1;
}

static void skip_comment(struct pascal *p) {
  struct pascal_place start = here(p);
  for (p->at += *p->at == '(' ? 2 : 1; !at_end(p); p->at++) {
    if (*p->at == '\n') new_line(p);
    if (*p->at == '}' || (*p->at == '*' && p->at[1] == ')')) {
      p->at += *p->at == '}' ? 1 : 2;
      return;
    }
  }
  pcode_pascal_error(p, start, "expected the end of this comment, found the end of the text");
}

static void skip_blanks(struct pascal *p) {
  for (; !at_end(p); p->at++) {
    while (*p->at == ' ') p->at++;
    while (*p->at == '{' || (*p->at == '(' && p->at[1] == '*')) skip_comment(p);
    if (*p->at == '/' && p->at[1] == '/')
      while (!at_end(p) && *p->at != '\n') p->at++;
    if (*p->at == '\n') new_line(p);
    if (!*p->at || !strchr(" \t\r\n\f", *p->at)) return;
  }
}

// ---- words ---------------------------------------------------------------------------------------------------------

struct pascal_name *pcode_pascal_intern(struct pascal *p, const char *text, size_t length) {
  ASSERT(length, "a name of no letters is looked up at line %u", p->line);
  uint32_t hash = hash_bytes(text, length);
  struct pascal_name **slot = &p->names[hash % COUNT_OF(p->names)];
  for (struct pascal_name *name = *slot; name; name = name->next)
    if (name->length == length && memcmp(name->text, text, length) == 0) return name;
  struct pascal_name *name = pcode_pascal_memory(p, sizeof *name);
  char *copy = pcode_pascal_room(p, length + 1);
  if (copy) memcpy(copy, text, length);
  name->text = copy ? copy : "";
  name->length = copy ? (uint32_t)length : 0;
  name->token = T_NAME;
  name->next = *slot;
  *slot = name;
  return name;
}

void pcode_pascal_reserve_words(struct pascal *p) {
  for (int token = T_IN; token < T_BAD; token++) {
    const char *word = token_texts[token] + 1; // between quotes; signs stand among them
    if (is_letter(*word)) pcode_pascal_intern(p, word, strlen(word) - 1)->token = (enum pascal_token)token;
  }
}

static void scan_word(struct pascal *p) {
  char text[1024];
  const char *start = p->at;
  size_t length = 0;
  for (; is_letter(*p->at) || is_digit(*p->at); p->at++)
    if (length < sizeof text) text[length++] = lower(*p->at);
  if ((size_t)(p->at - start) > sizeof text)
    pcode_pascal_error(p, p->place, "expected a name of at most %zu characters", sizeof text);
  struct pascal_name *name = pcode_pascal_intern(p, text, length);
  p->token = name->token;
  p->name = p->token == T_NAME ? name : NULL;
}

// ---- numbers and strings -------------------------------------------------------------------------------------------

static void scan_digits(struct pascal *p) {
  while (is_digit(*p->at)) p->at++;
}

static void scan_number(struct pascal *p) {
  const char *start = p->at;
  bool is_real = false, overflow = false;
  int64_t value = 0;
  for (; is_digit(*p->at); p->at++)
    overflow |= __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *p->at - '0', &value);
  if (*p->at == '.' && is_digit(p->at[1])) {
    is_real = true;
    p->at++;
    scan_digits(p);
  }
  bool sign = lower(*p->at) == 'e' && (p->at[1] == '+' || p->at[1] == '-');
  if (lower(*p->at) == 'e' && is_digit(p->at[1 + sign])) {
    is_real = true;
    p->at += 1 + sign;
    scan_digits(p);
  }
  p->token = is_real ? T_REAL : T_INTEGER;
  p->integer = overflow ? 0 : value;
  if (is_real) p->real = strtod(start, NULL);
  if (is_real && p->real > 1.7976931348623157e308)
    pcode_pascal_error(p, p->place, "expected a real number up to 1.79e308");
  if (!is_real && overflow) pcode_pascal_error(p, p->place, "expected an integer up to maxint, 9223372036854775807");
  if (is_letter(*p->at)) pcode_pascal_error(p, here(p), "expected a blank between a number and a word");
}

static void scan_string(struct pascal *p) {
  size_t length = 0;
  const char *end = p->at + 1;
  while (end < p->source->bytes + p->source->length && *end != '\n' && (*end != '\'' || end[1] == '\''))
    end += *end == '\'' ? 2 : 1;
  char *bytes = pcode_pascal_room(p, (size_t)(end - p->at) + 1);
  p->token = bytes ? T_STRING : T_END_OF_TEXT;
  if (!bytes) return;
  for (p->at++; p->at < end; p->at += *p->at == '\'' ? 2 : 1) bytes[length++] = *p->at;
  if (!at_end(p) && *p->at == '\'')
    p->at++;
  else
    pcode_pascal_error(p, p->place, "expected a quote at the end of this string, found the end of the line");
  if (!length) pcode_pascal_error(p, p->place, "expected a character in the string");
  ASSERT(length <= (size_t)(end - p->place.at), "a string of %zu characters was read from %td", length,
         end - p->place.at);
  p->string = bytes;
  p->integer = (int64_t)length;
}

// ---- the rest ------------------------------------------------------------------------------------------------------

static void scan_special(struct pascal *p) {
  static const struct {
    char text[3];
    enum pascal_token token;
  } specials[] = {{":=", T_BECOMES}, // of two that begin alike the longer one first
                  {";", T_SEMICOLON},
                  {",", T_COMMA},
                  {")", T_RIGHT_PARENTHESIS},
                  {":", T_COLON},
                  {"<>", T_NOT_EQUAL},
                  {"<=", T_LESS_EQUAL},
                  {">=", T_GREATER_EQUAL},
                  {"..", T_RANGE},
                  {"(.", T_LEFT_BRACKET},
                  {".)", T_RIGHT_BRACKET},
                  {"+", T_PLUS},
                  {"-", T_MINUS},
                  {"*", T_TIMES},
                  {"/", T_SLASH},
                  {"=", T_EQUAL},
                  {"<", T_LESS},
                  {">", T_GREATER},
                  {"[", T_LEFT_BRACKET},
                  {"]", T_RIGHT_BRACKET},
                  {".", T_PERIOD},
                  {"^", T_ARROW},
                  {"@", T_ARROW},
                  {"(", T_LEFT_PARENTHESIS}};
  for (size_t i = 0; i < COUNT_OF(specials); i++) {
    char second = specials[i].text[1];
    if (p->at[0] != specials[i].text[0] || (second && p->at[1] != second)) continue;
    p->at += second ? 2 : 1;
    p->token = specials[i].token;
    return;
  }
  p->at++;
  while ((*p->at & 0xc0) == 0x80) p->at++; // the rest of a character of several bytes
  p->token = T_BAD;
}

void pcode_pascal_next(struct pascal *p) {
  skip_blanks(p);
  p->place = here(p);
  if (at_end(p) || p->stopped)
    p->token = T_END_OF_TEXT;
  else if (is_letter(*p->at))
    scan_word(p);
  else if (is_digit(*p->at))
    scan_number(p);
  else if (*p->at == '\'')
    scan_string(p);
  else
    scan_special(p);
  ASSERT(p->at >= p->place.at && p->token < T_COUNT, "token %d at line %u ends %td bytes before it begins", p->token,
         p->line, p->place.at - p->at);
  p->length = (size_t)(p->at - p->place.at);
}
