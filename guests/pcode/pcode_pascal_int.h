// SPDX-License-Identifier: MIT
//
// pcode_pascal_int.h: between the parts of the Pascal compiler. The text is parsed, names are resolved and types are
// checked in one pass, block by block, into trees; when the whole program is known, so that it is known which variables
// need an address, code is made of the trees. Numbers like 6.4.5 are clauses of ISO 7185:1990.
#ifndef PCODE_PASCAL_INT_H
#define PCODE_PASCAL_INT_H

#include "pcode_pascal.h"

#include <string.h>

// ---- symbols of the text (6.1) ----

enum pascal_token {
  T_END_OF_TEXT,
  T_NAME,
  T_INTEGER,
  T_REAL,
  T_STRING,
  T_PLUS,
  T_MINUS,
  T_TIMES,
  T_SLASH,
  T_EQUAL,
  T_NOT_EQUAL,
  T_LESS,
  T_LESS_EQUAL,
  T_GREATER,
  T_GREATER_EQUAL,
  T_IN,
  T_LEFT_BRACKET,
  T_RIGHT_BRACKET,
  T_PERIOD,
  T_COMMA,
  T_COLON,
  T_SEMICOLON,
  T_ARROW,
  T_LEFT_PARENTHESIS,
  T_RIGHT_PARENTHESIS,
  T_BECOMES,
  T_RANGE,
  T_AND,
  T_ARRAY,
  T_BEGIN,
  T_CASE,
  T_CONST,
  T_DIV,
  T_DO,
  T_DOWNTO,
  T_ELSE,
  T_END,
  T_FILE,
  T_FOR,
  T_FUNCTION,
  T_GOTO,
  T_IF,
  T_LABEL,
  T_MOD,
  T_NIL,
  T_NOT,
  T_OF,
  T_OR,
  T_PACKED,
  T_PROCEDURE,
  T_PROGRAM,
  T_RECORD,
  T_REPEAT,
  T_SET,
  T_THEN,
  T_TO,
  T_TYPE,
  T_UNTIL,
  T_VAR,
  T_WHILE,
  T_WITH,
  T_BAD,
  T_COUNT
};

struct pascal_place {
  const char *at;
  uint32_t line, column;
};

// ---- types (6.4) ----

enum pascal_type_kind {
  TYPE_ERROR,
  TYPE_INTEGER,
  TYPE_REAL,
  TYPE_BOOLEAN,
  TYPE_CHAR,
  TYPE_ENUM,
  TYPE_SUBRANGE,
  TYPE_ARRAY,
  TYPE_RECORD,
  TYPE_SET,
  TYPE_FILE,
  TYPE_POINTER,
  TYPE_NIL,
  TYPE_EMPTY_SET,
  TYPE_CONFORMANT,
  TYPE_ROUTINE
};

struct pascal_variant;

struct pascal_field {
  const struct pascal_name *name;
  struct pascal_type *type;
  int64_t offset;
  struct pascal_variant *variant; // the innermost it lies in, or NULL
  struct pascal_field *next;
};

// case TAG of LABELS: (...); ...
struct pascal_choice {
  struct pascal_type *tag_type;
  struct pascal_field *tag; // NULL: no field; then `offset` is a hidden cell
  int64_t offset;
  struct pascal_variant *variants;
  struct pascal_variant *outer; // the variant it lies in
};
struct pascal_label_value {
  int64_t value;
  struct pascal_label_value *next;
};
struct pascal_variant {
  struct pascal_choice *choice;
  struct pascal_label_value *values;
  struct pascal_choice *inner; // the choice in it, or NULL
  struct pascal_variant *next;
};

struct pascal_type {
  enum pascal_type_kind kind;
  const struct pascal_name *name;            // a declared one, for messages; may be NULL
  bool packed, is_text, has_file, is_string; // is_string: packed array [1..n] of char
  struct pascal_type *host;                  // of a subrange
  int64_t low, high;                         // of an ordinal type
  int64_t size;                              // in cells
  struct pascal_type *index;                 // of an array
  struct pascal_type *element;               // of an array, set, file, pointer
  struct pascal_field *fields;               // of a record
  struct pascal_choice *choice;
  struct pascal_symbol *low_bound, *high_bound; // of a conformant array
  struct pascal_symbol *routine;                // a procedural parameter's own parameters and result
  struct pascal_symbol *constants;              // of an enumeration, in order
};

// ---- names (6.2) ----

enum pascal_symbol_kind {
  SYMBOL_BAD,
  SYMBOL_CONSTANT,
  SYMBOL_TYPE,
  SYMBOL_VARIABLE,
  SYMBOL_PROCEDURE,
  SYMBOL_FUNCTION,
  SYMBOL_STANDARD,
  SYMBOL_BOUND,
  SYMBOL_ROUTINE_PARAMETER
};

struct pascal_name {
  const char *text; // in small letters
  uint32_t length;
  enum pascal_token token;      // T_NAME, or the word that it is
  struct pascal_symbol *symbol; // the innermost; others behind it
  uint64_t used_in;             // the newest scope that used it
  struct pascal_name *next;
};

enum pascal_home { HOME_LOCAL, HOME_STORE };

struct pascal_symbol {
  enum pascal_symbol_kind kind;
  struct pascal_name *name;
  struct pascal_symbol *outer;   // of the same name
  struct pascal_symbol *next;    // in its parameter list or its enumeration
  struct pascal_symbol *sibling; // among its block's variables
  struct pascal_symbol *older;   // defined before it, in whatever scope
  struct pascal_type *type;
  struct pascal_block *block; // it is declared in; of a routine, its own block
  struct pascal_place place;
  uint64_t scope;
  // a constant
  int64_t value;
  double real;
  const char *bytes; // of a string, `value` long
  // a variable, parameter or bound
  enum pascal_home home;
  int64_t at; // the local's number, or the cell's displacement (of the program's variables: address)
  bool by_address, is_parameter, needs_store, threatened, controls, is_program_file, is_result, assigned;
  bool is_control;             // of some for statement, which leaves it undefined
  bool defined;                // it has a value where code is made
  bool is_bytes;               // of an array: each element is a byte, see pcode_emit_place.c
  uint32_t uses, element_uses; // where it stands; of these, as an array of which an element is loaded or stored
  unsigned group;              // of parameters that were declared together, and must have the same type
  // a routine
  struct pascal_symbol *params;
  bool forward, passed;
  bool incomplete; // a constant or type in its own definition
  int standard;    // SYMBOL_STANDARD: enum pascal_standard
};

// ---- trees ----

enum pascal_node_kind {
  NODE_BAD,
  NODE_INTEGER,
  NODE_REAL,
  NODE_STRING,
  NODE_NIL,
  NODE_SET,
  NODE_RANGE,
  NODE_VARIABLE,
  NODE_FIELD,
  NODE_INDEX,
  NODE_DEREFERENCE,
  NODE_BUFFER,
  NODE_WITH_FIELD,
  NODE_CALL,
  NODE_STANDARD,
  NODE_NEGATE,
  NODE_NOT,
  NODE_BINARY,
  NODE_TO_REAL,
  NODE_ROUTINE,
  NODE_BOUND,
  NODE_EMPTY,
  NODE_ASSIGN,
  NODE_IF,
  NODE_WHILE,
  NODE_REPEAT,
  NODE_FOR,
  NODE_CASE,
  NODE_ARM,
  NODE_WITH,
  NODE_GOTO,
  NODE_LABEL,
  NODE_COMPOUND,
  NODE_WRITE_ITEM
};

struct pascal_node {
  enum pascal_node_kind kind;
  enum pascal_token op; // NODE_BINARY; NODE_FOR: T_TO or T_DOWNTO
  struct pascal_type *type;
  struct pascal_place place;
  struct pascal_node *a, *b, *c; // parts
  struct pascal_node *list;      // arguments, statements, elements, arms
  struct pascal_node *next;      // in such a list
  struct pascal_symbol *symbol;
  struct pascal_field *field;
  int64_t value; // a constant's; a string's length; a standard routine; a label
  double real;
  const char *bytes;
  int32_t local; // NODE_WITH: where code keeps the record's address; -1: nowhere
  struct pascal_label *label;
};

struct pascal_label {
  int64_t number;
  struct pascal_place place;
  struct pascal_block *block;
  bool defined, left_to; // left_to: by a goto out of an inner block
  uint32_t code_label;
  const struct pascal_path *path; // the sequence of statements it stands in
  struct pascal_label *next;
};

// A sequence of statements, or a part of a structured one, and what it stands in. A goto may lead into the sequences
// around it only (6.8.1).
struct pascal_path {
  const struct pascal_path *outer;
  unsigned depth;
};

struct pascal_goto {
  struct pascal_label *label;
  struct pascal_place place;
  struct pascal_block *block;
  const struct pascal_path *path;
  struct pascal_goto *next;
};

// A program, procedure or function.
struct pascal_block {
  struct pascal_symbol *routine; // NULL: the program
  struct pascal_block *parent, *next;
  unsigned level;                                   // 1: the program
  struct pascal_symbol *variables, **variables_end; // parameters, result and variables, in order
  struct pascal_symbol *result;
  struct pascal_label *labels;
  struct pascal_node *body;
  struct pascal_place end;
  bool has_blocks, left_to;
  uint32_t number;                 // of its code
  bool linked;                     // takes the static link as its last argument
  bool framed;                     // has cells in the store; when code of it was made, like these locals:
  uint32_t base_local, link_local; // its activation's address, the static link
};

enum pascal_standard {
  STANDARD_ABS,
  STANDARD_SQR,
  STANDARD_SIN,
  STANDARD_COS,
  STANDARD_EXP,
  STANDARD_LN,
  STANDARD_SQRT,
  STANDARD_ARCTAN,
  STANDARD_TRUNC,
  STANDARD_ROUND,
  STANDARD_ORD,
  STANDARD_CHR,
  STANDARD_SUCC,
  STANDARD_PRED,
  STANDARD_ODD,
  STANDARD_EOF,
  STANDARD_EOLN,
  STANDARD_NEW,
  STANDARD_DISPOSE,
  STANDARD_PACK,
  STANDARD_UNPACK,
  STANDARD_RESET,
  STANDARD_REWRITE,
  STANDARD_GET,
  STANDARD_PUT,
  STANDARD_READ,
  STANDARD_READLN,
  STANDARD_WRITE,
  STANDARD_WRITELN,
  STANDARD_PAGE
};

#define PASCAL_DEPTH_MAX 1500 // of nested statements, expressions, types and blocks
#define PASCAL_SMALL 1024
#define PASCAL_RESERVE_EACH 2048 // bytes that are made at most on the way out of a level

// A with statement that is open while its body is parsed.
struct pascal_with {
  struct pascal_node *node;
  struct pascal_with *outer;
};

struct pascal {
  const struct loam_source *source;
  struct arena memory;
  struct error *err;
  unsigned checks;
  // scanner
  const char *at;
  const char *line_start;
  uint32_t line;
  enum pascal_token token;
  struct pascal_place place; // of the token
  size_t length;             // of the token
  struct pascal_name *name;
  int64_t integer;
  double real;
  const char *string; // its characters; `integer` many
  // messages
  unsigned errors;
  uint32_t error_line, error_column;
  bool no_memory, stopped;
  unsigned depth;
  char *reserve; // of which `reserve_used` bytes are in use
  size_t reserve_used;
  // names
  struct pascal_name *names[8192]; // by hash: a program of 300,000 lines may have 30,000
  uint64_t scope, scope_count;
  struct pascal_symbol *newest;
  struct pascal_type *integer_type, *real_type, *boolean_type, *char_type, *text_type, *error_type, *nil_type,
      *empty_set_type, *routine_type;
  struct pascal_symbol *input, *output;
  // blocks
  struct pascal_block *block, *blocks, **blocks_end;
  struct pascal_with *with;
  struct pascal_goto *gotos;
  struct pascal_node *pending; // pointer types whose name is to be found
  const struct pascal_path *path;
  unsigned group_count;
};

// pcode_pascal_scan.c: moves on to the next token.
void pcode_pascal_next(struct pascal *p);
const char *pcode_pascal_token_text(enum pascal_token token);
struct pascal_name *pcode_pascal_intern(struct pascal *p, const char *text, size_t length);
void pcode_pascal_reserve_words(struct pascal *p); // before the first token

// pcode_pascal_note.c
void pcode_pascal_error(struct pascal *p, struct pascal_place place, const char *format, ...) PRINTF_LIKE(3, 4);
// "expected X, found the token".
void pcode_pascal_expected(struct pascal *p, const char *what);
// Takes the token if it is this one.
bool pcode_pascal_take(struct pascal *p, enum pascal_token token);
// Takes it or says that it was expected.
bool pcode_pascal_expect(struct pascal *p, enum pascal_token token);
// A zeroed block of at most PASCAL_SMALL bytes. When memory is out, the text ends where it was read to, and blocks come
// from the reserve, so that what is on its way still finds its lists and names whole; all of it is thrown away.
void *pcode_pascal_memory(struct pascal *p, size_t bytes);
// A zeroed block of any size. When memory is out, the text ends, and this is NULL.
void *pcode_pascal_room(struct pascal *p, size_t bytes);
bool pcode_pascal_descend(struct pascal *p);

// pcode_pascal_name.c
struct pascal_symbol *pcode_pascal_define(struct pascal *p, struct pascal_name *name, struct pascal_place place,
                                          enum pascal_symbol_kind kind);
// The symbol of the name at the token; reports an unknown one. Does not move on.
struct pascal_symbol *pcode_pascal_lookup(struct pascal *p);
uint64_t pcode_pascal_scope_open(struct pascal *p);
void pcode_pascal_scope_close(struct pascal *p, uint64_t outer);
void pcode_pascal_standard_names(struct pascal *p);
// The name at the token, defined as a new symbol; moves on.
struct pascal_symbol *pcode_pascal_new_symbol(struct pascal *p, enum pascal_symbol_kind kind);

// pcode_pascal_type.c
struct pascal_type *pcode_pascal_type_make(struct pascal *p, enum pascal_type_kind kind);
struct pascal_type *pcode_pascal_host(struct pascal_type *type);
bool pcode_pascal_is_ordinal(const struct pascal_type *type);
bool pcode_pascal_is_simple(const struct pascal_type *type); // fits a cell
bool pcode_pascal_compatible(struct pascal_type *a, struct pascal_type *b);
bool pcode_pascal_assignable(struct pascal_type *to, struct pascal_type *from);
bool pcode_pascal_same_routine(struct pascal *p, const struct pascal_symbol *a, const struct pascal_symbol *b);
void pcode_pascal_type_name(const struct pascal_type *type, struct text *out);
bool pcode_pascal_conforms(struct pascal_type *formal, struct pascal_type *actual);

// pcode_pascal_denoter.c: a type at the token.
struct pascal_type *pcode_pascal_type(struct pascal *p);
// An ordinal type at the token.
struct pascal_type *pcode_pascal_ordinal_type(struct pascal *p);
struct pascal_type *pcode_pascal_type_identifier(struct pascal *p);
// Finds the names of pointer types; at the end of a type definition part.
void pcode_pascal_resolve_pointers(struct pascal *p);
// A constant at the token, into a symbol of kind SYMBOL_CONSTANT.
void pcode_pascal_constant(struct pascal *p, struct pascal_symbol *constant);

// pcode_pascal_block.c
void pcode_pascal_program(struct pascal *p);
struct pascal_symbol *pcode_pascal_add_variable(struct pascal *p, struct pascal_block *block, struct pascal_name *name,
                                                struct pascal_place place, struct pascal_type *type);
// pcode_pascal_parameter.c: a formal parameter list at the token, or none.
void pcode_pascal_formal_parameters(struct pascal *p, struct pascal_symbol *routine);
// The parameters as variables of the routine's block.
void pcode_pascal_enter_parameters(struct pascal *p, struct pascal_symbol *routine);

// pcode_pascal_statement.c
struct pascal_node *pcode_pascal_statement(struct pascal *p);
struct pascal_node *pcode_pascal_compound(struct pascal *p);
void pcode_pascal_check_gotos(struct pascal *p);

// pcode_pascal_expression.c
struct pascal_node *pcode_pascal_node(struct pascal *p, enum pascal_node_kind kind, struct pascal_place place);
struct pascal_node *pcode_pascal_expression(struct pascal *p);
// Reports a value that can't be assigned; inserts the conversion to real.
struct pascal_node *pcode_pascal_assign_to(struct pascal *p, struct pascal_type *type, struct pascal_node *value,
                                           const char *what);
// pcode_pascal_variable.c: a variable at the token, whose first name is a symbol.
struct pascal_node *pcode_pascal_variable(struct pascal *p);
struct pascal_node *pcode_pascal_selectors(struct pascal *p, struct pascal_node *node);
struct pascal_node *pcode_pascal_variable_of(struct pascal *p, struct pascal_symbol *symbol, struct pascal_place place);
// The with statement that has a field of the name at the token, or NULL.
struct pascal_node *pcode_pascal_with_field(struct pascal *p);
// The variable is passed by its address, or may be changed by something that is no assignment.
void pcode_pascal_mark_address(struct pascal_node *node);
bool pcode_pascal_is_variable(const struct pascal_node *node);
void pcode_pascal_check_threat(struct pascal *p, struct pascal_node *node);

// pcode_pascal_call.c: arguments of a call; of a standard routine.
void pcode_pascal_arguments(struct pascal *p, struct pascal_node *call);
struct pascal_node *pcode_pascal_standard_call(struct pascal *p, struct pascal_symbol *symbol, bool statement);

// pcode_emit.c: code of the whole program.
void pcode_emit_program(struct pascal *p, struct pcode_image *image);

#endif
