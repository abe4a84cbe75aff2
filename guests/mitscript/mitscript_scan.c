// SPDX-License-Identifier: MIT
//
// mitscript_scan.c: bytes to tokens, and the message that shows where in the source something is wrong.
//
// The lexer is a switch on the next byte. Words are told from keywords by a short table. A column counts bytes from the
// start of its line, so a token alone says where its line begins in the source, and messages need no line index.
#include "mitscript_scan.h"

#include <stdio.h>
#include <string.h>

// In the order of enum mit_token_kind.
static const char *const kind_spellings[] = {
    NULL,   NULL, NULL, NULL, "global", "if", "else", "while", "return", "fun", "true", "false",
    "None", "+",  "-",  "*",  "/",      "<",  ">",    "<=",    ">=",     "==",  "=",    "!",
    "&",    "|",  ".",  ",",  ";",      ":",  "(",    ")",     "{",      "}",   "[",    "]",
};
_Static_assert(COUNT_OF(kind_spellings) == MIT_TOKEN_BRACKET_CLOSE + 1, "one spelling for each kind of token");

const char *mitscript_scan_kind_name(enum mit_token_kind kind) {
  static const char *const quoted[] = {
      "the end of the input",
      "a name",
      "an integer",
      "a string",
      "'global'",
      "'if'",
      "'else'",
      "'while'",
      "'return'",
      "'fun'",
      "'true'",
      "'false'",
      "'None'",
      "'+'",
      "'-'",
      "'*'",
      "'/'",
      "'<'",
      "'>'",
      "'<='",
      "'>='",
      "'=='",
      "'='",
      "'!'",
      "'&'",
      "'|'",
      "'.'",
      "','",
      "';'",
      "':'",
      "'('",
      "')'",
      "'{'",
      "'}'",
      "'['",
      "']'",
  };
  _Static_assert(COUNT_OF(quoted) == COUNT_OF(kind_spellings), "one name for each kind of token");
  ASSERT((size_t)kind < COUNT_OF(quoted), "a token kind is one of the enum, not %d", (int)kind);
  return quoted[kind];
}

void mitscript_scan_describe(const struct mit_token *token, char buffer[static MIT_TOKEN_WORDS_MAX]) {
  int shown = token->text.length > 40 ? 40 : (int)token->text.length;
  const char *cut = token->text.length > 40 ? "..." : "";
  if (token->kind == MIT_TOKEN_NAME)
    snprintf(buffer, MIT_TOKEN_WORDS_MAX, "name '%.*s%s'", shown, token->text.bytes, cut);
  else if (token->kind == MIT_TOKEN_INTEGER)
    snprintf(buffer, MIT_TOKEN_WORDS_MAX, "integer %.*s%s", shown, token->text.bytes, cut);
  else
    snprintf(buffer, MIT_TOKEN_WORDS_MAX, "%s", mitscript_scan_kind_name(token->kind));
}

// ---- messages ----------------------------------------------------------------------------------------------------

#define EXCERPT_MAX 90 // bytes of a source line shown in a message: a terminal's width, and fits struct error

// Copies the part of the source line around the token to `line` and returns where the caret goes.
static size_t excerpt_make(const struct loam_source *source, const struct mit_token *at, char line[EXCERPT_MAX + 1]) {
  ASSERT(at->column && at->text.bytes - (at->column - 1) >= source->bytes, "column %u is in the source", at->column);
  const char *first = at->text.bytes - (at->column - 1), *end = source->bytes + source->length;
  size_t caret = at->column - 1, shown = 0;
  if (caret > EXCERPT_MAX * 2 / 3) { // a far column: show what surrounds it
    first += caret - EXCERPT_MAX / 2;
    caret = EXCERPT_MAX / 2;
  }
  for (; first < end && *first != '\n' && shown < EXCERPT_MAX; first++) {
    unsigned char c = (unsigned char)*first;
    if (c == '\r' && (first + 1 == end || first[1] == '\n')) break;
    line[shown++] = c == '\t' ? ' ' : (c < ' ' || c > '~') ? '?' : (char)c;
  }
  line[shown] = '\0';
  return caret;
}

enum loam_err mitscript_scan_refuse(struct error *err, const struct loam_source *source, const struct mit_token *at,
                                    const char *format, ...) {
  char sentence[180], line[EXCERPT_MAX + 1];
  va_list args;
  va_start(args, format);
  vsnprintf(sentence, sizeof(sentence), format, args);
  va_end(args);
  size_t caret = excerpt_make(source, at, line);
  return error_set(err, LOAM_ERR_INPUT, "%s:%u:%u: %s\n  %s\n  %*s^", source->name, at->line, at->column, sentence,
                   line, (int)caret, "");
}

// ---- tokens ------------------------------------------------------------------------------------------------------

enum loam_err mitscript_scan_open(struct mit_scanner *scanner, const struct loam_source *source, struct error *err) {
  *scanner = (struct mit_scanner){.source = source, .line = 1};
  if (source->length <= INT32_MAX) return LOAM_OK;
  return error_set(err, LOAM_ERR_INPUT, "%s: expected at most %d bytes, found %zu", source->name, INT32_MAX,
                   source->length);
}

static bool byte_is_digit(int c) { return c >= '0' && c <= '9'; }
static bool byte_starts_name(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool byte_continues_name(int c) { return byte_starts_name(c) || byte_is_digit(c); }

// The byte `ahead` places on, or -1 after the end.
static int byte_peek(const struct mit_scanner *s, size_t ahead) {
  return ahead < s->source->length - s->at ? (unsigned char)s->source->bytes[s->at + ahead] : -1;
}

static void scanner_step(struct mit_scanner *s) {
  ASSERT(s->at < s->source->length, "byte %zu of %zu is taken", s->at, s->source->length);
  if (s->source->bytes[s->at++] != '\n') return;
  s->line++;
  s->line_start = s->at;
}

static void blank_skip(struct mit_scanner *s) {
  for (;;) {
    int c = byte_peek(s, 0);
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f')
      scanner_step(s);
    else if (c == '/' && byte_peek(s, 1) == '/')
      while (byte_peek(s, 0) >= 0 && byte_peek(s, 0) != '\n') s->at++;
    else
      return;
  }
}

static enum mit_token_kind word_kind(struct mit_bytes word) {
  for (int kind = MIT_TOKEN_GLOBAL; kind <= MIT_TOKEN_NONE; kind++)
    if (strlen(kind_spellings[kind]) == word.length && memcmp(kind_spellings[kind], word.bytes, word.length) == 0)
      return (enum mit_token_kind)kind;
  return MIT_TOKEN_NAME;
}

static void word_scan(struct mit_scanner *s, struct mit_token *token) {
  ASSERT(byte_starts_name(byte_peek(s, 0)), "a word begins with byte %d, at line %u", byte_peek(s, 0), s->line);
  while (byte_continues_name(byte_peek(s, 0))) s->at++;
  token->text.length = (size_t)(s->source->bytes + s->at - token->text.bytes);
  token->kind = word_kind(token->text);
}

static void integer_scan(struct mit_scanner *s, struct mit_token *token) {
  uint32_t number = 0;
  for (; byte_is_digit(byte_peek(s, 0)); s->at++) number = number * 10 + (uint32_t)(byte_peek(s, 0) - '0');
  token->kind = MIT_TOKEN_INTEGER;
  token->number = (int32_t)number;
}

// A token for one place in the source, to point a message at.
static struct mit_token place_here(const struct mit_scanner *s) {
  ASSERT(s->line_start <= s->at && s->at <= s->source->length,
         "line %u begins at byte %zu, and byte %zu of %zu is next", s->line, (size_t)s->line_start, (size_t)s->at,
         s->source->length);
  return (struct mit_token){
      .line = s->line, .column = (uint32_t)(s->at - s->line_start) + 1, .text = {s->source->bytes + s->at, 0}};
}

static enum loam_err escape_refuse(struct mit_scanner *s, struct error *err) {
  struct mit_token place = place_here(s);
  int c = byte_peek(s, 1);
  if (c > ' ' && c <= '~')
    return mitscript_scan_refuse(err, s->source, &place, "expected \\\", \\\\, \\n or \\t, found '\\%c'", c);
  return mitscript_scan_refuse(err, s->source, &place, "expected \\\", \\\\, \\n or \\t, found '\\' and byte 0x%02x",
                               (unsigned)c);
}

static enum loam_err string_scan(struct mit_scanner *s, struct mit_token *token, struct error *err) {
  token->kind = MIT_TOKEN_STRING;
  ASSERT(byte_peek(s, 0) == '"', "a string begins with byte %d, at line %u", byte_peek(s, 0), s->line);
  s->at++;
  for (;;) {
    int c = byte_peek(s, 0), after = byte_peek(s, 1);
    if (c < 0 || (c == '\\' && after < 0)) {
      s->cut_short = true;
      return mitscript_scan_refuse(err, s->source, token,
                                   "expected '\"' to end this string, found the end of the input");
    }
    if (c == '"') break;
    if (c == '\\') {
      if (after != '"' && after != '\\' && after != 'n' && after != 't') return escape_refuse(s, err);
      s->at++;
    }
    scanner_step(s);
  }
  s->at++;
  return LOAM_OK;
}

static enum loam_err byte_refuse(struct mit_scanner *s, const struct mit_token *token, struct error *err) {
  int c = byte_peek(s, 0);
  if (c > ' ' && c <= '~')
    return mitscript_scan_refuse(err, s->source, token,
                                 "expected a word, a number, a string or an operator, found '%c'", c);
  return mitscript_scan_refuse(err, s->source, token,
                               "expected a word, a number, a string or an operator, found byte 0x%02x", (unsigned)c);
}

static enum mit_token_kind punctuation_kind(const struct mit_scanner *s) {
  int c = byte_peek(s, 0);
  bool equal = byte_peek(s, 1) == '=';
  if (c == '<') return equal ? MIT_TOKEN_LESS_EQUAL : MIT_TOKEN_LESS;
  if (c == '>') return equal ? MIT_TOKEN_GREATER_EQUAL : MIT_TOKEN_GREATER;
  if (c == '=') return equal ? MIT_TOKEN_EQUAL : MIT_TOKEN_ASSIGN;
  for (int kind = MIT_TOKEN_PLUS; kind <= MIT_TOKEN_BRACKET_CLOSE; kind++)
    if (kind_spellings[kind][0] == c) return (enum mit_token_kind)kind;
  return MIT_TOKEN_END;
}

enum loam_err mitscript_scan_next(struct mit_scanner *s, struct mit_token *token, struct error *err) {
  blank_skip(s);
  *token = place_here(s);
  const char *start = token->text.bytes;
  int c = byte_peek(s, 0);
  if (c < 0) return LOAM_OK;
  if (byte_starts_name(c)) {
    word_scan(s, token);
  } else if (byte_is_digit(c)) {
    integer_scan(s, token);
  } else if (c == '"') {
    enum loam_err failed = string_scan(s, token, err);
    if (failed) return failed;
  } else {
    token->kind = punctuation_kind(s);
    if (token->kind == MIT_TOKEN_END) return byte_refuse(s, token, err);
    s->at += strlen(kind_spellings[token->kind]);
  }
  token->text.length = (size_t)(s->source->bytes + s->at - start);
  ASSERT(token->text.length && s->at <= s->source->length, "a token has bytes: %zu, up to %zu", token->text.length,
         s->at);
  return LOAM_OK;
}

// ---- strings -----------------------------------------------------------------------------------------------------

struct mit_bytes mitscript_scan_decode(struct arena *arena, const struct mit_token *string) {
  ASSERT(string->kind == MIT_TOKEN_STRING && string->text.length >= 2, "decode takes a string token, not kind %d",
         (int)string->kind);
  const char *from = string->text.bytes + 1, *end = string->text.bytes + string->text.length - 1;
  char *bytes = arena_alloc(arena, (size_t)(end - from) + 1);
  if (!bytes) return (struct mit_bytes){NULL, 0};
  size_t length = 0;
  for (; from < end; from++) {
    char c = *from;
    if (c == '\\') {
      c = *++from;
      c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
    }
    bytes[length++] = c;
  }
  return (struct mit_bytes){bytes, length};
}

void mitscript_scan_encode(struct text *out, struct mit_bytes string) {
  text_add_char(out, '"');
  for (size_t i = 0; i < string.length; i++) {
    char c = string.bytes[i];
    const char *escape = c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '\n' ? "\\n" : c == '\t' ? "\\t" : NULL;
    if (escape)
      text_add(out, escape, 2);
    else
      text_add_char(out, c);
  }
  text_add_char(out, '"');
}

// ---- the course's listing ----------------------------------------------------------------------------------------

static const char *type_word(enum mit_token_kind kind) {
  switch (kind) {
  case MIT_TOKEN_STRING: return "STRINGLITERAL ";
  case MIT_TOKEN_INTEGER: return "INTLITERAL ";
  case MIT_TOKEN_TRUE:
  case MIT_TOKEN_FALSE: return "BOOLEANLITERAL ";
  case MIT_TOKEN_NAME: return "IDENTIFIER ";
  default: return "";
  }
}

enum loam_err mitscript_scan_list(const struct loam_source *source, struct text *out, struct error *err) {
  struct mit_scanner scanner;
  struct mit_token token;
  enum loam_err failed = mitscript_scan_open(&scanner, source, err);
  if (failed) return failed;
  while ((failed = mitscript_scan_next(&scanner, &token, err)) == LOAM_OK && token.kind != MIT_TOKEN_END) {
    text_printf(out, "%u %s", token.line, type_word(token.kind));
    text_add(out, token.text.bytes, token.text.length);
    text_add_char(out, '\n');
  }
  if (!failed && out->failed) return error_set(err, LOAM_ERR_MEMORY, "out of memory while listing tokens");
  return failed;
}
