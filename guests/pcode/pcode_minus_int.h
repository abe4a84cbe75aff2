// SPDX-License-Identifier: MIT
//
// pcode_minus_int.h: between the parts of the Pascal- compiler: scanner, names, code, parser.
#ifndef PCODE_MINUS_INT_H
#define PCODE_MINUS_INT_H

#include "pcode_minus.h"

enum minus_symbol {
  MINUS_END_OF_TEXT,
  MINUS_NAME,
  MINUS_NUMERAL,
  MINUS_UNKNOWN,
  MINUS_PLUS,
  MINUS_MINUS,
  MINUS_ASTERISK,
  MINUS_EQUAL,
  MINUS_NOT_EQUAL,
  MINUS_LESS,
  MINUS_NOT_GREATER,
  MINUS_GREATER,
  MINUS_NOT_LESS,
  MINUS_BECOMES,
  MINUS_COMMA,
  MINUS_SEMICOLON,
  MINUS_COLON,
  MINUS_PERIOD,
  MINUS_DOUBLE_DOT,
  MINUS_LEFT_PARENTHESIS,
  MINUS_RIGHT_PARENTHESIS,
  MINUS_LEFT_BRACKET,
  MINUS_RIGHT_BRACKET,
  MINUS_AND,
  MINUS_ARRAY,
  MINUS_BEGIN,
  MINUS_CONST,
  MINUS_DIV,
  MINUS_DO,
  MINUS_ELSE,
  MINUS_END,
  MINUS_IF,
  MINUS_MOD,
  MINUS_NOT,
  MINUS_OF,
  MINUS_OR,
  MINUS_PROCEDURE,
  MINUS_PROGRAM,
  MINUS_RECORD,
  MINUS_THEN,
  MINUS_TYPE,
  MINUS_VAR,
  MINUS_WHILE
};

enum minus_kind {
  MINUS_UNDEFINED,  // it was used, and that was reported
  MINUS_INCOMPLETE, // it is being defined

  MINUS_CONSTANT,
  MINUS_STANDARD_TYPE,
  MINUS_ARRAY_TYPE,
  MINUS_RECORD_TYPE,
  MINUS_FIELD,
  MINUS_VARIABLE,
  MINUS_VALUE_PARAMETER,
  MINUS_VAR_PARAMETER,
  MINUS_PROCEDURE_NAME,
  MINUS_READ,
  MINUS_WRITE
};

// What a name stands for. A type is one as well.
struct minus_object {
  const char *name;
  size_t length;
  enum minus_kind kind;
  struct minus_object *type;    // of a constant, variable, parameter or field; of an array's elements
  int64_t value;                // a constant's; a type's length in words; a procedure's label
  int64_t low, high;            // of an array's indices
  int64_t displacement;         // of a variable, parameter or field
  uint32_t level;               // of the block it is declared in
  struct minus_object *members; // a record's fields, a procedure's parameters, in order
  struct minus_object *next;    // among those, or in its scope, newest first
};

struct minus_scope {
  struct minus_object *objects; // newest first
  struct minus_scope *outer;
  uint32_t level;
  int64_t temps, temps_max; // words on the stack, now and at most
};

// An instruction before labels have addresses. A label is an instruction too.
struct minus_insn {
  int op; // enum mvp_op, or MINUS_LABEL
  uint32_t line;
  int64_t args[MVP_OPERANDS_MAX]; // a jump's displacement is a label
  uint32_t address;
};
#define MINUS_LABEL MVP_OP_COUNT

struct minus {
  const struct loam_source *source;
  struct arena memory;
  const char *at; // after the symbol
  uint32_t line, error_line;
  enum minus_symbol symbol;
  const char *name; // of a MINUS_NAME
  size_t name_length;
  int64_t numeral;
  bool french, failed, no_memory;
  unsigned depth;
  struct minus_scope *scope;
  struct minus_object *integer, *boolean, *universal; // types; the last one is that of what had an error
  struct minus_insn *insns;
  uint32_t insn_count, insn_capacity, label_count;
  struct minus_block *blocks; // newest first
};

// pcode_minus_scan.c
void pcode_minus_next_symbol(struct minus *minus);
// Reports an error at the symbol, unless its line has one.
void pcode_minus_error(struct minus *minus, const char *text);
bool pcode_minus_same_name(const char *a, size_t a_length, const char *b, size_t b_length);

// pcode_minus_name.c
struct minus_object *pcode_minus_define(struct minus *minus, const char *name, size_t length, enum minus_kind kind);
// The object the symbol names; reports "Undefined Name", and defines it, when there is none. Moves on.
struct minus_object *pcode_minus_find(struct minus *minus);
// Defines the symbol and moves on.
struct minus_object *pcode_minus_new_name(struct minus *minus, enum minus_kind kind);
void pcode_minus_scope_open(struct minus *minus, struct minus_scope *scope);
void pcode_minus_scope_close(struct minus *minus);
void pcode_minus_standard_block(struct minus *minus, struct minus_scope *scope);
int64_t pcode_minus_type_length(const struct minus_object *type);

// pcode_minus_code.c
int64_t pcode_minus_new_label(struct minus *minus);
// Adds an instruction in its full form, and returns its index.
uint32_t pcode_minus_emit(struct minus *minus, int op, int64_t a, int64_t b, int64_t c, int64_t d);
void pcode_minus_emit_label(struct minus *minus, int64_t label);
void pcode_minus_push(struct minus *minus, int64_t words);
void pcode_minus_pop(struct minus *minus, int64_t words);
// Chooses composites, gives labels addresses and writes the code. False when memory is out.
bool pcode_minus_assemble(struct minus *minus, struct mvp_image *image);

// pcode_minus_statement.c: the statement at the symbol.
void pcode_minus_compound_statement(struct minus *minus);
// pcode_minus_expression.c
struct minus_object *pcode_minus_expression(struct minus *minus);
// A variable's address; its type.
struct minus_object *pcode_minus_variable_access(struct minus *minus, struct minus_object *object);
void pcode_minus_check_types(struct minus *minus, const struct minus_object *a, const struct minus_object *b);
// pcode_minus.c: the symbol is this one: moves on; else reports "Invalid Syntax" and stays.
bool pcode_minus_expect(struct minus *minus, enum minus_symbol symbol);
// Goes down one level of nesting; false, with an error, when there are too many.
bool pcode_minus_descend(struct minus *minus);

#endif
