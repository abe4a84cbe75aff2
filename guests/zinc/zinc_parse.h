// SPDX-License-Identifier: MIT
//
// zinc_parse.h: the syntax of lambda terms. A text is a sequence of statements:
//
//     NAME = TERM ;     a definition; TERM is closed, but may use definitions above
//     TERM ;            a term to evaluate and print
//     number TERM ;     the same for a Church numeral, printed as a number
//     by name ;         from here on, application is by name (PUSH)
//     by value ;        ... by value (REDUCE)
//
//     TERM:   \x y. TERM      also written with the Greek letter; \. is a binder without a name
//             ATOM ATOM ...   applies from the left; !ATOM is by value, ~ATOM by name, whatever the text is
//     ATOM:   x   3 (the 3rd binder outwards, from 0)   $3 (the Church numeral)   (TERM)
#ifndef ZINC_PARSE_H
#define ZINC_PARSE_H

#include "zinc_value.h"

enum zinc_kind { ZINC_VARIABLE, ZINC_LAMBDA, ZINC_APPLICATION, ZINC_DEFINITION };

// A term with its variables as indices. In arena memory.
struct zinc_term {
  enum zinc_kind kind;
  bool strict;    // ZINC_APPLICATION
  uint32_t index; // ZINC_VARIABLE
  uint32_t line, column;
  const char *name;                     // ZINC_LAMBDA: the binder's, "" without one
  const struct zinc_code *code;         // ZINC_DEFINITION
  const struct zinc_term *left, *right; // ZINC_APPLICATION; the body is `left`
};

// What is told about each statement. `name` is NULL for a term to evaluate. The definition's code comes back for later
// uses of the name; NULL when memory is out.
struct zinc_listener {
  struct arena *memory;
  struct zinc_code *(*define)(struct zinc_listener *listener, const char *name, const struct zinc_term *term);
  bool (*evaluate)(struct zinc_listener *listener, const struct zinc_term *term, bool strict, bool numeral);
};

// Reads a text. `strict`: it begins by value. LOAM_ERR_INPUT with place, expected and found.
enum loam_err zinc_parse(const struct loam_source *source, bool strict, struct zinc_listener *listener,
                         struct error *err);

#endif
