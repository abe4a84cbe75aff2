// SPDX-License-Identifier: MIT
//
// mitscript_ast.h: the syntax tree of a MITScript program.
//
// Everything lives in the program's arena and points into the source, which must outlive it. What the grammar repeats
// without bound is a list here, never a nesting: `a + b - c` is one chain with two links, `r.x[i].f(y)` one path with
// four steps, statements are linked by `next`. So a walk over the tree recurses only where the program text nests, and
// the parser bounds that: no node is higher than MIT_NESTING_MAX. Parentheses leave no trace.
#ifndef MITSCRIPT_AST_H
#define MITSCRIPT_AST_H

#include "mitscript_scan.h"

// How deep expressions, blocks and functions may nest, all counted together, and how high a tree may be: about 290
// parentheses, or 150 blocks, calls or functions inside each other. Chosen so that the parser and every walk fit in a
// C stack of 256 KB even in an unoptimised build with sanitizers.
#define MIT_NESTING_MAX 300

struct mit_variable; // see mitscript_scope.h
struct mit_expr;

// An interned name: two names are the same when their addresses are.
struct mit_symbol {
  struct mit_bytes text;
  uint32_t hash;
  struct mit_symbol *next;        // of its bucket
  struct mit_variable *visible;   // while resolving: its meaning in the function at hand; NULL: global
  uint32_t listed_in, list_index; // while compiling: the function whose `names` list it was put into, and where
};

enum mit_expr_kind {
  MIT_EXPR_NONE,
  MIT_EXPR_BOOL,   // truth
  MIT_EXPR_INT,    // number
  MIT_EXPR_STRING, // string
  MIT_EXPR_PATH,   // path
  MIT_EXPR_NOT,    // operand
  MIT_EXPR_NEGATE, // operand
  MIT_EXPR_CHAIN,  // chain
  MIT_EXPR_FUN,    // fun
  MIT_EXPR_RECORD, // fields
};

// A use of a variable, and where to go from there: `.field`, `[index]`, `(arguments)`. A call is always the last step.
struct mit_path {
  struct mit_symbol *symbol;
  struct mit_variable *variable; // set by resolving; NULL: global
  struct mit_step *steps;
};

enum mit_step_kind { MIT_STEP_FIELD, MIT_STEP_INDEX, MIT_STEP_CALL };
struct mit_step {
  enum mit_step_kind kind;
  uint32_t line, column; // of the field name, '[' or '('
  struct mit_step *next;
  struct mit_symbol *field;
  struct mit_expr *index;
  struct mit_arg *args;
  uint32_t arg_count;
};
struct mit_arg {
  struct mit_expr *value;
  struct mit_arg *next;
};

// Left-associative operators of one precedence: first, then each link's operator applied to what came before.
struct mit_chain {
  struct mit_expr *first;
  struct mit_link *links; // at least one
};
struct mit_link {
  enum mit_token_kind op;
  uint32_t line, column; // of the operator
  struct mit_expr *operand;
  struct mit_link *next;
};

struct mit_field {
  struct mit_symbol *name;
  uint32_t line, column;
  struct mit_expr *value;
  struct mit_field *next;
};

struct mit_expr {
  enum mit_expr_kind kind;
  uint32_t line, column;
  uint32_t height; // 1 for a leaf, else one more than the highest part
  union {
    bool truth;
    int32_t number;
    struct mit_bytes string;
    struct mit_path path;
    struct mit_expr *operand;
    struct mit_chain chain;
    struct mit_fun *fun;
    struct mit_field *fields;
  };
};

enum mit_stmt_kind { MIT_STMT_ASSIGN, MIT_STMT_CALL, MIT_STMT_GLOBAL, MIT_STMT_IF, MIT_STMT_WHILE, MIT_STMT_RETURN };

struct mit_block {
  struct mit_stmt *first;
  uint32_t height;
};

struct mit_stmt {
  enum mit_stmt_kind kind;
  uint32_t line, column;
  struct mit_stmt *next;
  struct mit_expr *target;          // assign: a path that ends in no call
  struct mit_expr *value;           // assign, call, return: the expression; if, while: the condition
  struct mit_symbol *symbol;        // global
  struct mit_block body, otherwise; // if, while; `otherwise` is empty without an else part
  bool has_otherwise;
};

struct mit_param {
  struct mit_symbol *symbol;
  struct mit_param *next;
};

// A function, or the program as the outermost one (`outer` NULL: its variables are the globals).
struct mit_fun {
  struct mit_fun *outer, *next; // next: in the order in which functions end, so inner ones come first
  uint32_t line, column;
  struct mit_param *params;
  uint32_t param_count;
  struct mit_block body;
  uint32_t number; // from 1, in that order; the program is the last
  // Set by resolving, see mitscript_scope.h.
  struct mit_variable *variables, *captured, *captured_tail, *free, *free_tail, *locals, *locals_tail;
  uint32_t local_count, captured_count, free_count;
  // Set by the compiler: equal for functions with the same parameters and the same body, and what it becomes.
  uint32_t same_body_id;
  struct mit_function *compiled;
};

// A parsed program. Owns everything by its arena.
struct mit_program {
  const struct loam_source *source;
  struct arena arena;
  struct mit_fun *main;
  struct mit_fun *functions; // all, main last
};

// Adds the program in a normal form: in braces, tab-indented, every operation in parentheses, without places.
void mitscript_ast_print(const struct mit_program *program, struct text *out);

// Adds one function in that form. Functions inside are written as their same_body_id, which must be set: so two
// functions have the same parameters and body exactly when they give the same text.
void mitscript_ast_print_fun(const struct mit_fun *fun, struct text *out);

#endif
