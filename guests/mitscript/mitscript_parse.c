// SPDX-License-Identifier: MIT
//
// mitscript_parse.c: recursive descent for statements, precedence climbing for operators.
//
// One token of lookahead decides everything. Operators of one precedence are collected into a chain by a loop, so only
// what nests in the text recurses here; `depth` counts that recursion (some constructs twice, for they take more C
// stack) and every node knows its height, and both are held below MIT_NESTING_MAX. Parse functions return NULL or false
// after setting the error, and callers just leave: all memory is the program's arena.
#include "mitscript_parse.h"

#include <string.h>

#define SYMBOL_BUCKETS_MIN 64

struct parser {
  struct mit_scanner scanner;
  struct mit_token token; // the next one
  struct mit_program *program;
  struct mit_fun *fun; // the innermost function
  struct mit_fun **functions_end;
  uint32_t function_count;
  struct mit_symbol **buckets;
  size_t bucket_count, symbol_count; // a power of two
  uint32_t depth;
  bool cut_short; // the error was that the input ended
  struct error *err;
};

static struct mit_expr *expression_parse(struct parser *p);
static bool block_parse(struct parser *p, struct mit_block *block);

// ---- errors and memory -------------------------------------------------------------------------------------------

static bool memory_refuse(struct parser *p) {
  error_set(p->err, LOAM_ERR_MEMORY, "%s: out of memory while parsing", p->program->source->name);
  return false;
}

static void *node_alloc(struct parser *p, size_t bytes) {
  void *node = arena_alloc(&p->program->arena, bytes);
  if (!node) memory_refuse(p);
  return node;
}

static bool token_refuse(struct parser *p, const char *expected) {
  char found[MIT_TOKEN_WORDS_MAX];
  mitscript_scan_describe(&p->token, found);
  p->cut_short = p->token.kind == MIT_TOKEN_END;
  mitscript_scan_refuse(p->err, p->program->source, &p->token, "expected %s, found %s", expected, found);
  return false;
}

static bool nesting_refuse(struct parser *p) {
  mitscript_scan_refuse(p->err, p->program->source, &p->token,
                        "expected at most %d expressions and blocks inside each other, found more", MIT_NESTING_MAX);
  return false;
}

static bool nesting_enter(struct parser *p) { return ++p->depth <= MIT_NESTING_MAX || nesting_refuse(p); }
static void nesting_leave(struct parser *p) {
  ASSERT(p->depth, "what is left was entered, at line %u", p->token.line);
  p->depth--;
}

static bool token_next(struct parser *p) {
  if (mitscript_scan_next(&p->scanner, &p->token, p->err) == LOAM_OK) return true;
  p->cut_short = p->scanner.cut_short;
  return false;
}

static bool token_accept(struct parser *p, enum mit_token_kind kind) {
  if (p->token.kind != kind) return token_refuse(p, mitscript_scan_kind_name(kind));
  return token_next(p);
}

static struct mit_expr *expr_make(struct parser *p, enum mit_expr_kind kind) {
  struct mit_expr *expr = node_alloc(p, sizeof(*expr));
  if (!expr) return NULL;
  expr->kind = kind;
  expr->line = p->token.line;
  expr->column = p->token.column;
  expr->height = 1;
  return expr;
}

// Makes `height` that of a node with a part as high as `part`.
static bool height_cover(struct parser *p, uint32_t *height, uint32_t part) {
  ASSERT(part && part <= MIT_NESTING_MAX, "a part has a height of its own, not %u", part);
  if (part + 1 > *height) *height = part + 1;
  return *height <= MIT_NESTING_MAX || nesting_refuse(p);
}

// ---- names -------------------------------------------------------------------------------------------------------

static bool buckets_grow(struct parser *p) {
  size_t count = p->bucket_count ? p->bucket_count * 2 : SYMBOL_BUCKETS_MIN;
  struct mit_symbol **buckets = mem_alloc_zero(count, sizeof(*buckets));
  if (!buckets) return memory_refuse(p);
  for (size_t i = 0; i < p->bucket_count; i++)
    for (struct mit_symbol *symbol = p->buckets[i], *next; symbol; symbol = next) {
      next = symbol->next;
      symbol->next = buckets[symbol->hash & (count - 1)];
      buckets[symbol->hash & (count - 1)] = symbol;
    }
  mem_free(p->buckets);
  ASSERT((count & (count - 1)) == 0 && count > p->symbol_count, "%zu names are in %zu buckets", p->symbol_count, count);
  p->buckets = buckets;
  p->bucket_count = count;
  return true;
}

static struct mit_symbol *symbol_intern(struct parser *p, struct mit_bytes text) {
  if (p->symbol_count >= p->bucket_count && !buckets_grow(p)) return NULL;
  ASSERT(text.length, "a name has letters, at line %u", p->token.line);
  uint32_t hash = hash_bytes(text.bytes, text.length);
  struct mit_symbol **bucket = &p->buckets[hash & (p->bucket_count - 1)];
  for (struct mit_symbol *symbol = *bucket; symbol; symbol = symbol->next)
    if (symbol->hash == hash && symbol->text.length == text.length &&
        memcmp(symbol->text.bytes, text.bytes, text.length) == 0)
      return symbol;
  struct mit_symbol *symbol = node_alloc(p, sizeof(*symbol));
  if (!symbol) return NULL;
  *symbol = (struct mit_symbol){.text = text, .hash = hash, .next = *bucket};
  *bucket = symbol;
  p->symbol_count++;
  return symbol;
}

// Takes a name token.
static struct mit_symbol *name_parse(struct parser *p) {
  if (p->token.kind != MIT_TOKEN_NAME) {
    token_refuse(p, "a name");
    return NULL;
  }
  struct mit_symbol *symbol = symbol_intern(p, p->token.text);
  return symbol && token_next(p) ? symbol : NULL;
}

// ---- paths -------------------------------------------------------------------------------------------------------

static bool args_parse(struct parser *p, struct mit_step *call, uint32_t *height) {
  struct mit_arg **end = &call->args;
  call->kind = MIT_STEP_CALL;
  if (!nesting_enter(p) || !token_next(p)) return false; // '('
  while (p->token.kind != MIT_TOKEN_PAREN_CLOSE) {
    if (call->args) {
      if (p->token.kind != MIT_TOKEN_COMMA) return token_refuse(p, "',' or ')'");
      if (!token_next(p)) return false;
    }
    struct mit_arg *arg = node_alloc(p, sizeof(*arg));
    if (!arg || !(arg->value = expression_parse(p)) || !height_cover(p, height, arg->value->height)) return false;
    *end = arg;
    end = &arg->next;
    call->arg_count++;
  }
  nesting_leave(p);
  return token_next(p);
}

static bool index_parse(struct parser *p, struct mit_step *step, uint32_t *height) {
  step->kind = MIT_STEP_INDEX;
  if (!nesting_enter(p) || !token_next(p) || !(step->index = expression_parse(p))) return false;
  nesting_leave(p);
  return height_cover(p, height, step->index->height) && token_accept(p, MIT_TOKEN_BRACKET_CLOSE);
}

static bool step_parse(struct parser *p, struct mit_step *step, uint32_t *height) {
  step->line = p->token.line;
  step->column = p->token.column;
  if (p->token.kind == MIT_TOKEN_PAREN_OPEN) return args_parse(p, step, height);
  if (p->token.kind == MIT_TOKEN_BRACKET_OPEN) return index_parse(p, step, height);
  step->kind = MIT_STEP_FIELD;
  if (!token_next(p)) return false;
  step->line = p->token.line;
  step->column = p->token.column;
  return (step->field = name_parse(p)) != NULL;
}

// A name and its steps; after a call there are no more. Says in `called` whether it ended so.
static struct mit_expr *path_parse(struct parser *p, bool *called) {
  *called = false;
  struct mit_expr *path = expr_make(p, MIT_EXPR_PATH);
  if (!path || !(path->path.symbol = name_parse(p))) return NULL;
  struct mit_step **end = &path->path.steps;
  ASSERT(!*end, "a new path has no steps, at line %u", path->line);
  while (!*called && (p->token.kind == MIT_TOKEN_DOT || p->token.kind == MIT_TOKEN_BRACKET_OPEN ||
                      p->token.kind == MIT_TOKEN_PAREN_OPEN)) {
    struct mit_step *step = node_alloc(p, sizeof(*step));
    if (!step || !step_parse(p, step, &path->height)) return NULL;
    *end = step;
    end = &step->next;
    *called = step->kind == MIT_STEP_CALL;
  }
  return path;
}

// ---- functions and records ---------------------------------------------------------------------------------------

static struct mit_fun *fun_begin(struct parser *p) {
  struct mit_fun *fun = node_alloc(p, sizeof(*fun));
  if (!fun) return NULL;
  fun->outer = p->fun;
  fun->line = p->token.line;
  fun->column = p->token.column;
  p->fun = fun;
  return fun;
}

static void fun_end(struct parser *p, struct mit_fun *fun) {
  ASSERT(p->fun == fun, "functions end from the inside out, at line %u", p->token.line);
  ASSERT(!fun->number, "function %u ends twice, at line %u", fun->number, p->token.line);
  fun->number = ++p->function_count;
  *p->functions_end = fun;
  p->functions_end = &fun->next;
  p->fun = fun->outer;
}

static bool params_parse(struct parser *p, struct mit_fun *fun) {
  struct mit_param **end = &fun->params;
  if (!token_accept(p, MIT_TOKEN_PAREN_OPEN)) return false;
  while (p->token.kind != MIT_TOKEN_PAREN_CLOSE) {
    if (fun->params) {
      if (p->token.kind != MIT_TOKEN_COMMA) return token_refuse(p, "',' or ')'");
      if (!token_next(p)) return false;
    } else if (p->token.kind != MIT_TOKEN_NAME) {
      return token_refuse(p, "a parameter name or ')'");
    }
    struct mit_param *param = node_alloc(p, sizeof(*param));
    if (!param || !(param->symbol = name_parse(p))) return false;
    *end = param;
    end = &param->next;
    fun->param_count++;
  }
  return token_next(p);
}

static struct mit_expr *fun_parse(struct parser *p) {
  struct mit_expr *expr = expr_make(p, MIT_EXPR_FUN);
  if (!expr || !(expr->fun = fun_begin(p))) return NULL;
  if (!token_next(p) || !params_parse(p, expr->fun) || !block_parse(p, &expr->fun->body)) return NULL;
  if (!height_cover(p, &expr->height, expr->fun->body.height)) return NULL;
  fun_end(p, expr->fun);
  return expr;
}

static struct mit_expr *record_parse(struct parser *p) {
  struct mit_expr *expr = expr_make(p, MIT_EXPR_RECORD);
  if (!expr || !token_next(p)) return NULL;
  struct mit_field **end = &expr->fields;
  while (p->token.kind != MIT_TOKEN_BRACE_CLOSE) {
    struct mit_field *field = node_alloc(p, sizeof(*field));
    if (!field) return NULL;
    field->line = p->token.line;
    field->column = p->token.column;
    if (p->token.kind != MIT_TOKEN_NAME) {
      token_refuse(p, "a field name or '}'");
      return NULL;
    }
    if (!(field->name = name_parse(p)) || !token_accept(p, MIT_TOKEN_COLON)) return NULL;
    if (!(field->value = expression_parse(p)) || !token_accept(p, MIT_TOKEN_SEMICOLON)) return NULL;
    if (!height_cover(p, &expr->height, field->value->height)) return NULL;
    *end = field;
    end = &field->next;
  }
  return token_next(p) ? expr : NULL;
}

// ---- operators ---------------------------------------------------------------------------------------------------

// Precedences of operators between two operands, and that of '!', which stands before one.
enum level { LEVEL_NONE, LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_SUM, LEVEL_PRODUCT };

static enum level token_level(enum mit_token_kind kind) {
  switch (kind) {
  case MIT_TOKEN_OR: return LEVEL_OR;
  case MIT_TOKEN_AND: return LEVEL_AND;
  case MIT_TOKEN_LESS:
  case MIT_TOKEN_GREATER:
  case MIT_TOKEN_LESS_EQUAL:
  case MIT_TOKEN_GREATER_EQUAL:
  case MIT_TOKEN_EQUAL: return LEVEL_COMPARE;
  case MIT_TOKEN_PLUS:
  case MIT_TOKEN_MINUS: return LEVEL_SUM;
  case MIT_TOKEN_STAR:
  case MIT_TOKEN_SLASH: return LEVEL_PRODUCT;
  default: return LEVEL_NONE;
  }
}

static struct mit_expr *literal_parse(struct parser *p) {
  struct mit_expr *expr = expr_make(p, MIT_EXPR_NONE);
  if (!expr) return NULL;
  switch (p->token.kind) {
  case MIT_TOKEN_NONE: break;
  case MIT_TOKEN_TRUE:
  case MIT_TOKEN_FALSE:
    expr->kind = MIT_EXPR_BOOL;
    expr->truth = p->token.kind == MIT_TOKEN_TRUE;
    break;
  case MIT_TOKEN_INTEGER:
    expr->kind = MIT_EXPR_INT;
    expr->number = p->token.number;
    break;
  case MIT_TOKEN_STRING:
    expr->kind = MIT_EXPR_STRING;
    expr->string = mitscript_scan_decode(&p->program->arena, &p->token);
    if (expr->string.bytes) break;
    memory_refuse(p);
    return NULL;
  default: token_refuse(p, "an expression"); return NULL;
  }
  return token_next(p) ? expr : NULL;
}

static struct mit_expr *operand_parse(struct parser *p);

// `op` and the operand that `parse` finds after it.
static struct mit_expr *prefix_parse(struct parser *p, enum mit_expr_kind kind,
                                     struct mit_expr *operand(struct parser *)) {
  struct mit_expr *expr = expr_make(p, kind);
  if (!expr || !nesting_enter(p) || !token_next(p) || !(expr->operand = operand(p))) return NULL;
  nesting_leave(p);
  return height_cover(p, &expr->height, expr->operand->height) ? expr : NULL;
}

// What unary minus and the operators between operands apply to.
static struct mit_expr *operand_parse(struct parser *p) {
  bool called;
  struct mit_expr *inner;
  switch (p->token.kind) {
  case MIT_TOKEN_MINUS: return prefix_parse(p, MIT_EXPR_NEGATE, operand_parse);
  case MIT_TOKEN_NAME: return path_parse(p, &called);
  case MIT_TOKEN_PAREN_OPEN:
    if (!token_next(p) || !(inner = expression_parse(p)) || !token_accept(p, MIT_TOKEN_PAREN_CLOSE)) return NULL;
    return inner;
  default: return literal_parse(p);
  }
}

static struct mit_expr *operation_parse(struct parser *p, enum level lowest);
static struct mit_expr *negated_parse(struct parser *p) { return operation_parse(p, LEVEL_NOT); }

static struct mit_link *link_parse(struct parser *p, enum level level) {
  struct mit_link *link = node_alloc(p, sizeof(*link));
  if (!link) return NULL;
  link->op = p->token.kind;
  link->line = p->token.line;
  link->column = p->token.column;
  return token_next(p) && (link->operand = operation_parse(p, level + 1)) ? link : NULL;
}

// All operators of `level` that follow `first`, as one chain.
static struct mit_expr *chain_parse(struct parser *p, struct mit_expr *first, enum level level) {
  struct mit_expr *chain = expr_make(p, MIT_EXPR_CHAIN);
  if (!chain || !height_cover(p, &chain->height, first->height)) return NULL;
  chain->line = first->line;
  chain->column = first->column;
  chain->chain.first = first;
  struct mit_link **end = &chain->chain.links;
  ASSERT(level != LEVEL_NONE && token_level(p->token.kind) == level, "a chain of level %d begins with one of level %d",
         level, token_level(p->token.kind));
  while (token_level(p->token.kind) == level) {
    struct mit_link *link = link_parse(p, level);
    if (!link || !height_cover(p, &chain->height, link->operand->height)) return NULL;
    *end = link;
    end = &link->next;
  }
  return chain;
}

// An operand and what follows it, as long as the operators bind at least as tightly as `lowest`.
static struct mit_expr *operation_parse(struct parser *p, enum level lowest) {
  if (!nesting_enter(p)) return NULL;
  struct mit_expr *left = p->token.kind == MIT_TOKEN_NOT && lowest <= LEVEL_NOT
                              ? prefix_parse(p, MIT_EXPR_NOT, negated_parse)
                              : operand_parse(p);
  for (enum level level; left && (level = token_level(p->token.kind)) != LEVEL_NONE && level >= lowest;)
    left = chain_parse(p, left, level);
  nesting_leave(p);
  return left;
}

static struct mit_expr *expression_parse(struct parser *p) {
  if (p->token.kind != MIT_TOKEN_FUN && p->token.kind != MIT_TOKEN_BRACE_OPEN) return operation_parse(p, LEVEL_OR);
  if (!nesting_enter(p)) return NULL;
  struct mit_expr *expr = p->token.kind == MIT_TOKEN_FUN ? fun_parse(p) : record_parse(p);
  nesting_leave(p);
  return expr;
}

// ---- statements --------------------------------------------------------------------------------------------------

static bool value_parse(struct parser *p, struct mit_stmt *stmt, uint32_t *height) {
  return (stmt->value = expression_parse(p)) && height_cover(p, height, stmt->value->height);
}

static bool path_statement_parse(struct parser *p, struct mit_stmt *stmt, uint32_t *height) {
  bool called;
  struct mit_expr *path = path_parse(p, &called);
  if (!path || !height_cover(p, height, path->height)) return false;
  if (called) {
    stmt->kind = MIT_STMT_CALL;
    stmt->value = path;
  } else {
    stmt->kind = MIT_STMT_ASSIGN;
    stmt->target = path;
    if (p->token.kind != MIT_TOKEN_ASSIGN)
      return token_refuse(p, path->path.steps ? "'=', '(', '.' or '['" : "'=' or '('");
    if (!token_next(p) || !value_parse(p, stmt, height)) return false;
  }
  return token_accept(p, MIT_TOKEN_SEMICOLON);
}

static bool condition_parse(struct parser *p, struct mit_stmt *stmt, uint32_t *height) {
  if (!nesting_enter(p) || !token_next(p) || !token_accept(p, MIT_TOKEN_PAREN_OPEN)) return false;
  if (!value_parse(p, stmt, height) || !token_accept(p, MIT_TOKEN_PAREN_CLOSE)) return false;
  if (!block_parse(p, &stmt->body)) return false;
  nesting_leave(p);
  return height_cover(p, height, stmt->body.height);
}

static bool if_parse(struct parser *p, struct mit_stmt *stmt, uint32_t *height) {
  stmt->kind = MIT_STMT_IF;
  if (!condition_parse(p, stmt, height)) return false;
  if (p->token.kind != MIT_TOKEN_ELSE) return true;
  stmt->has_otherwise = true;
  return token_next(p) && block_parse(p, &stmt->otherwise) && height_cover(p, height, stmt->otherwise.height);
}

// Parses one statement into `stmt`; `expected` says what else may stand here.
static bool statement_parse(struct parser *p, struct mit_stmt *stmt, uint32_t *height, const char *expected) {
  stmt->line = p->token.line;
  stmt->column = p->token.column;
  switch (p->token.kind) {
  case MIT_TOKEN_NAME: return path_statement_parse(p, stmt, height);
  case MIT_TOKEN_IF: return if_parse(p, stmt, height);
  case MIT_TOKEN_WHILE: stmt->kind = MIT_STMT_WHILE; return condition_parse(p, stmt, height);
  case MIT_TOKEN_GLOBAL:
    stmt->kind = MIT_STMT_GLOBAL;
    return token_next(p) && (stmt->symbol = name_parse(p)) && token_accept(p, MIT_TOKEN_SEMICOLON);
  case MIT_TOKEN_RETURN:
    stmt->kind = MIT_STMT_RETURN;
    return token_next(p) && value_parse(p, stmt, height) && token_accept(p, MIT_TOKEN_SEMICOLON);
  default: return token_refuse(p, expected);
  }
}

// Statements up to a token of kind `end`, which is left.
static bool statements_parse(struct parser *p, struct mit_block *block, enum mit_token_kind end) {
  const char *expected = end == MIT_TOKEN_END ? "a statement" : "a statement or '}'";
  block->height = 1;
  for (struct mit_stmt **last = &block->first; p->token.kind != end; last = &(*last)->next) {
    *last = node_alloc(p, sizeof(**last));
    uint32_t height = 1;
    if (!*last || !statement_parse(p, *last, &height, expected) || !height_cover(p, &block->height, height))
      return false;
  }
  return true;
}

static bool block_parse(struct parser *p, struct mit_block *block) {
  if (!nesting_enter(p) || !token_accept(p, MIT_TOKEN_BRACE_OPEN)) return false;
  if (!statements_parse(p, block, MIT_TOKEN_BRACE_CLOSE)) return false;
  nesting_leave(p);
  return token_next(p);
}

// ---- whole inputs ------------------------------------------------------------------------------------------------

static bool single_expression_parse(struct parser *p, struct mit_block *block) {
  struct mit_stmt *stmt = node_alloc(p, sizeof(*stmt));
  block->height = 1;
  if (!stmt) return false;
  *stmt = (struct mit_stmt){.kind = MIT_STMT_RETURN, .line = p->token.line, .column = p->token.column};
  block->first = stmt;
  if (!value_parse(p, stmt, &block->height)) return false;
  return p->token.kind == MIT_TOKEN_END || token_refuse(p, "an operator or the end of the input");
}

static enum loam_err input_parse(struct mit_program *program, const struct loam_source *source, bool expression,
                                 bool *cut_short, struct error *err) {
  *program = (struct mit_program){.source = source};
  struct error own = {0};
  struct parser p = {.program = program, .functions_end = &program->functions, .err = &own};
  if (mitscript_scan_open(&p.scanner, source, &own) == LOAM_OK && token_next(&p) && (program->main = fun_begin(&p))) {
    struct mit_block *body = &program->main->body;
    if (expression ? single_expression_parse(&p, body) : statements_parse(&p, body, MIT_TOKEN_END)) {
      ASSERT(!p.depth, "all that was entered was left, not %u", p.depth);
      fun_end(&p, program->main);
    }
  }
  mem_free(p.buckets);
  *cut_short = p.cut_short;
  ASSERT(own.kind || program->main->number == p.function_count, "the program is function %u of %u",
         program->main->number, p.function_count);
  if (own.kind && err) *err = own;
  return own.kind;
}

enum loam_err mitscript_parse_program(struct mit_program *program, const struct loam_source *source,
                                      struct error *err) {
  bool cut_short;
  return input_parse(program, source, false, &cut_short, err);
}

enum loam_err mitscript_parse_expression(struct mit_program *program, const struct loam_source *source,
                                         struct error *err) {
  bool cut_short;
  return input_parse(program, source, true, &cut_short, err);
}

bool mitscript_parse_is_incomplete(const struct loam_source *source) {
  struct mit_program program;
  bool cut_short = false;
  enum loam_err failed = input_parse(&program, source, true, &cut_short, NULL);
  mitscript_parse_fini(&program);
  if (!failed) return false;
  input_parse(&program, source, false, &cut_short, NULL);
  mitscript_parse_fini(&program);
  return cut_short;
}

void mitscript_parse_fini(struct mit_program *program) {
  arena_fini(&program->arena);
  *program = (struct mit_program){0};
}
