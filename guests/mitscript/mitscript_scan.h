// SPDX-License-Identifier: MIT
//
// mitscript_scan.h: the lexer that MITScript source and the textual bytecode share.
//
// The input is bytes of known length: a NUL byte is an illegal character like any other, not the end. One token is
// made at a time; tokens point into the source and own nothing. The bytecode text has the same words, strings and
// comments, so its reader uses this lexer too and reads a minus sign in front of an integer itself.
#ifndef MITSCRIPT_SCAN_H
#define MITSCRIPT_SCAN_H

#include "loam/guest.h"

// A byte string of explicit length; may hold NUL bytes. The bytes belong to an arena or to the source.
struct mit_bytes {
  const char *bytes;
  size_t length;
};

enum mit_token_kind {
  MIT_TOKEN_END,
  MIT_TOKEN_NAME,
  MIT_TOKEN_INTEGER,
  MIT_TOKEN_STRING,
  MIT_TOKEN_GLOBAL, // the keywords: from here ...
  MIT_TOKEN_IF,
  MIT_TOKEN_ELSE,
  MIT_TOKEN_WHILE,
  MIT_TOKEN_RETURN,
  MIT_TOKEN_FUN,
  MIT_TOKEN_TRUE,
  MIT_TOKEN_FALSE,
  MIT_TOKEN_NONE, // ... to here
  MIT_TOKEN_PLUS,
  MIT_TOKEN_MINUS,
  MIT_TOKEN_STAR,
  MIT_TOKEN_SLASH,
  MIT_TOKEN_LESS,
  MIT_TOKEN_GREATER,
  MIT_TOKEN_LESS_EQUAL,
  MIT_TOKEN_GREATER_EQUAL,
  MIT_TOKEN_EQUAL,
  MIT_TOKEN_ASSIGN,
  MIT_TOKEN_NOT,
  MIT_TOKEN_AND,
  MIT_TOKEN_OR,
  MIT_TOKEN_DOT,
  MIT_TOKEN_COMMA,
  MIT_TOKEN_SEMICOLON,
  MIT_TOKEN_COLON,
  MIT_TOKEN_PAREN_OPEN,
  MIT_TOKEN_PAREN_CLOSE,
  MIT_TOKEN_BRACE_OPEN,
  MIT_TOKEN_BRACE_CLOSE,
  MIT_TOKEN_BRACKET_OPEN,
  MIT_TOKEN_BRACKET_CLOSE,
};

struct mit_token {
  enum mit_token_kind kind;
  uint32_t line, column; // from 1; the column counts bytes
  struct mit_bytes text; // as in the source; a string with its quotes and escapes
  int32_t number;        // of an integer, reduced modulo 2^32
};

struct mit_scanner {
  const struct loam_source *source;
  size_t at; // the next byte
  uint32_t line;
  size_t line_start; // where that line begins
  bool cut_short;    // the error was that the input ended inside a string
};

// Starts at the first byte of `source`, which must outlive the scanner and its tokens. Refuses sources whose places
// would not fit in 31 bits.
enum loam_err mitscript_scan_open(struct mit_scanner *scanner, const struct loam_source *source, struct error *err);

// Makes the next token; at the end, MIT_TOKEN_END again and again. LOAM_ERR_INPUT when the bytes are no token.
enum loam_err mitscript_scan_next(struct mit_scanner *scanner, struct mit_token *token, struct error *err);

// Is it shaped like a name: a name or a keyword?
static inline bool mitscript_scan_is_word(const struct mit_token *token) {
  return token->kind == MIT_TOKEN_NAME || (token->kind >= MIT_TOKEN_GLOBAL && token->kind <= MIT_TOKEN_NONE);
}

// The bytes a string token stands for, in `arena`; NULL bytes when memory is out.
struct mit_bytes mitscript_scan_decode(struct arena *arena, const struct mit_token *string);

// Adds the string with quotes and the four escapes, so that scanning it gives the same bytes.
void mitscript_scan_encode(struct text *out, struct mit_bytes string);

// How a message calls this kind of token: "';'", "a name".
const char *mitscript_scan_kind_name(enum mit_token_kind kind);

// How a message calls this very token, written to `buffer`: "name 'counter'", "';'", "the end of the input".
#define MIT_TOKEN_WORDS_MAX 64
void mitscript_scan_describe(const struct mit_token *token, char buffer[static MIT_TOKEN_WORDS_MAX]);

// Sets `err` to LOAM_ERR_INPUT with "FILE:LINE:COLUMN: " and the formatted sentence, the source line and a caret below
// the token's first byte.
enum loam_err mitscript_scan_refuse(struct error *err, const struct loam_source *source, const struct mit_token *at,
                                    const char *format, ...) PRINTF_LIKE(4, 5);

// Adds the course's token listing: one token a line, its line number, a type word for names and literals, its text.
// On a lexical error the tokens before it have been added.
enum loam_err mitscript_scan_list(const struct loam_source *source, struct text *out, struct error *err);

#endif
