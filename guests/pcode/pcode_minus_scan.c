// SPDX-License-Identifier: MIT
//
// pcode_minus_scan.c: symbols of Pascal-. Words are English, and French as well in a program that begins with
// "programme". Letters of two bytes (accents) belong to names.
#include "pcode_minus_int.h"

#include <stdio.h>
#include <string.h>

#define NUMERAL_MAX 32767
#define COLUMNS(a) (a), sizeof(a) - 1

static const struct {
  const char *word;
  size_t length;
  enum minus_symbol symbol;
  bool french;
} words[] = {
    {COLUMNS("and"), MINUS_AND, false},
    {COLUMNS("array"), MINUS_ARRAY, false},
    {COLUMNS("begin"), MINUS_BEGIN, false},
    {COLUMNS("const"), MINUS_CONST, false},
    {COLUMNS("div"), MINUS_DIV, false},
    {COLUMNS("do"), MINUS_DO, false},
    {COLUMNS("else"), MINUS_ELSE, false},
    {COLUMNS("end"), MINUS_END, false},
    {COLUMNS("if"), MINUS_IF, false},
    {COLUMNS("mod"), MINUS_MOD, false},
    {COLUMNS("not"), MINUS_NOT, false},
    {COLUMNS("of"), MINUS_OF, false},
    {COLUMNS("or"), MINUS_OR, false},
    {COLUMNS("procedure"), MINUS_PROCEDURE, false},
    {COLUMNS("program"), MINUS_PROGRAM, false},
    {COLUMNS("record"), MINUS_RECORD, false},
    {COLUMNS("then"), MINUS_THEN, false},
    {COLUMNS("type"), MINUS_TYPE, false},
    {COLUMNS("var"), MINUS_VAR, false},
    {COLUMNS("while"), MINUS_WHILE, false},
    {COLUMNS("et"), MINUS_AND, true},
    {COLUMNS("tableau"), MINUS_ARRAY, true},
    {COLUMNS("debut"), MINUS_BEGIN, true},
    {COLUMNS("d\303\251but"), MINUS_BEGIN, true},
    {COLUMNS("faire"), MINUS_DO, true},
    {COLUMNS("sinon"), MINUS_ELSE, true},
    {COLUMNS("fin"), MINUS_END, true},
    {COLUMNS("si"), MINUS_IF, true},
    {COLUMNS("non"), MINUS_NOT, true},
    {COLUMNS("de"), MINUS_OF, true},
    {COLUMNS("ou"), MINUS_OR, true},
    {COLUMNS("proc\303\251"
             "dure"),
     MINUS_PROCEDURE, true},
    {COLUMNS("alors"), MINUS_THEN, true},
    {COLUMNS("tantque"), MINUS_WHILE, true},
    {COLUMNS("enregistrement"), MINUS_RECORD, true},
};

void pcode_minus_error(struct minus *minus, const char *text) {
  minus->failed = true;
  if (minus->error_line == minus->line) return;
  minus->error_line = minus->line;
  fprintf(stderr, "Line %4u  %s\n", minus->line, text);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool pcode_minus_same_name(const char *a, size_t a_length, const char *b, size_t b_length) {
  if (a_length != b_length) return false;
  for (size_t i = 0; i < a_length; i++)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

static bool at_end(const struct minus *minus) { return minus->at >= minus->source->bytes + minus->source->length; }

// Comments nest.
static void skip_comment(struct minus *minus) {
  ASSERT(*minus->at == '{', "a comment at line %u begins with '%c'", minus->line, *minus->at);
  unsigned depth = 0;
  for (; !at_end(minus); minus->at++) {
    if (*minus->at == '\n') minus->line++;
    if (*minus->at == '{') depth++;
    if (*minus->at == '}' && !--depth) {
      minus->at++;
      return;
    }
  }
  pcode_minus_error(minus, "Invalid Comment");
}

static void skip_blanks(struct minus *minus) {
  while (!at_end(minus)) {
    if (*minus->at == '{') {
      skip_comment(minus);
      continue;
    }
    if (*minus->at == '/' && minus->at[1] == '/') { // loam's own: a comment up to the end of the line
      minus->at += strcspn(minus->at, "\n");
      continue;
    }
    if (!*minus->at || !strchr(" \t\r\n\f", *minus->at)) return;
    minus->line += *minus->at++ == '\n';
  }
}

static void scan_word(struct minus *minus) {
  const char *start = minus->at;
  while (is_letter(*minus->at) || is_digit(*minus->at)) minus->at++;
  minus->name = start;
  minus->name_length = (size_t)(minus->at - start);
  ASSERT(minus->name_length && minus->at <= minus->source->bytes + minus->source->length,
         "a name of %zu letters at line %u", minus->name_length, minus->line);
  minus->symbol = MINUS_NAME;
  if (pcode_minus_same_name(start, minus->name_length, COLUMNS("programme"))) {
    minus->french = true;
    minus->symbol = MINUS_PROGRAM;
  }
  for (size_t i = 0; i < COUNT_OF(words); i++)
    if ((minus->french || !words[i].french) &&
        pcode_minus_same_name(start, minus->name_length, words[i].word, words[i].length))
      minus->symbol = words[i].symbol;
}

static void scan_numeral(struct minus *minus) {
  minus->symbol = MINUS_NUMERAL;
  for (minus->numeral = 0; is_digit(*minus->at); minus->at++)
    if (minus->numeral <= NUMERAL_MAX) minus->numeral = minus->numeral * 10 + (*minus->at - '0');
  if (minus->numeral <= NUMERAL_MAX) return;
  pcode_minus_error(minus, "Invalid Numeral");
  minus->numeral = 0;
}

static void scan_special(struct minus *minus) {
  static const struct {
    char text[3];
    enum minus_symbol symbol;
  } specials[] = {{":=", MINUS_BECOMES},
                  {"<>", MINUS_NOT_EQUAL},
                  {"<=", MINUS_NOT_GREATER},
                  {">=", MINUS_NOT_LESS},
                  {"..", MINUS_DOUBLE_DOT},
                  {"+", MINUS_PLUS},
                  {"-", MINUS_MINUS},
                  {"*", MINUS_ASTERISK},
                  {"=", MINUS_EQUAL},
                  {"<", MINUS_LESS},
                  {">", MINUS_GREATER},
                  {",", MINUS_COMMA},
                  {";", MINUS_SEMICOLON},
                  {":", MINUS_COLON},
                  {".", MINUS_PERIOD},
                  {"(", MINUS_LEFT_PARENTHESIS},
                  {")", MINUS_RIGHT_PARENTHESIS},
                  {"[", MINUS_LEFT_BRACKET},
                  {"]", MINUS_RIGHT_BRACKET}};
  for (size_t i = 0; i < COUNT_OF(specials); i++) {
    size_t length = strlen(specials[i].text);
    if (strncmp(minus->at, specials[i].text, length) != 0) continue;
    minus->at += length;
    minus->symbol = specials[i].symbol;
    return;
  }
  minus->at++;
  minus->symbol = MINUS_UNKNOWN;
}

void pcode_minus_next_symbol(struct minus *minus) {
  skip_blanks(minus);
  if (at_end(minus))
    minus->symbol = MINUS_END_OF_TEXT;
  else if (is_letter(*minus->at))
    scan_word(minus);
  else if (is_digit(*minus->at))
    scan_numeral(minus);
  else
    scan_special(minus);
  ASSERT(minus->at <= minus->source->bytes + minus->source->length, "a symbol at line %u ends behind the text",
         minus->line);
}
