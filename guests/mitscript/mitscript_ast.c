// SPDX-License-Identifier: MIT
//
// mitscript_ast.c: writes a syntax tree as text: the course's pretty-printed form, and the key by which the compiler
// tells whether two functions have the same body.
//
// It recurses as the tree does, and the parser has bounded that.
#include "mitscript_ast.h"

struct printer {
  struct text *out;
  uint32_t indent;
  bool inner_by_id; // write functions inside as their same_body_id
};

static void block_print(struct printer *p, const struct mit_block *block);
static void expr_print(struct printer *p, const struct mit_expr *expr);

static void word_print(struct printer *p, const char *word) { text_printf(p->out, "%s", word); }
static void symbol_print(struct printer *p, const struct mit_symbol *symbol) {
  text_add(p->out, symbol->text.bytes, symbol->text.length);
}

static void line_start(struct printer *p) {
  text_add_char(p->out, '\n');
  for (uint32_t i = 0; i < p->indent; i++) text_add_char(p->out, '\t');
}

static void path_print(struct printer *p, const struct mit_path *path) {
  symbol_print(p, path->symbol);
  for (const struct mit_step *step = path->steps; step; step = step->next) {
    if (step->kind == MIT_STEP_FIELD) {
      text_add_char(p->out, '.');
      symbol_print(p, step->field);
    } else if (step->kind == MIT_STEP_INDEX) {
      text_add_char(p->out, '[');
      expr_print(p, step->index);
      text_add_char(p->out, ']');
    } else {
      text_add_char(p->out, '(');
      for (const struct mit_arg *arg = step->args; arg; arg = arg->next) {
        expr_print(p, arg->value);
        if (arg->next) text_add_char(p->out, ',');
      }
      text_add_char(p->out, ')');
    }
  }
}

// One operator, as its punctuation alone.
static const char *op_spelling(enum mit_token_kind op) {
  switch (op) {
  case MIT_TOKEN_PLUS: return "+";
  case MIT_TOKEN_MINUS: return "-";
  case MIT_TOKEN_STAR: return "*";
  case MIT_TOKEN_SLASH: return "/";
  case MIT_TOKEN_LESS: return "<";
  case MIT_TOKEN_GREATER: return ">";
  case MIT_TOKEN_LESS_EQUAL: return "<=";
  case MIT_TOKEN_GREATER_EQUAL: return ">=";
  case MIT_TOKEN_EQUAL: return "==";
  case MIT_TOKEN_AND: return "&";
  case MIT_TOKEN_OR: return "|";
  default: ASSERT(false, "token kind %d is an operator between operands", (int)op); return "";
  }
}

static void chain_print(struct printer *p, const struct mit_chain *chain) {
  for (const struct mit_link *link = chain->links; link; link = link->next) text_add_char(p->out, '(');
  expr_print(p, chain->first);
  for (const struct mit_link *link = chain->links; link; link = link->next) {
    word_print(p, op_spelling(link->op));
    expr_print(p, link->operand);
    text_add_char(p->out, ')');
  }
}

static void record_print(struct printer *p, const struct mit_field *fields) {
  text_add_char(p->out, '{');
  p->indent++;
  for (const struct mit_field *field = fields; field; field = field->next) {
    line_start(p);
    symbol_print(p, field->name);
    text_add_char(p->out, ':');
    expr_print(p, field->value);
    text_add_char(p->out, ';');
  }
  p->indent--;
  if (fields) line_start(p);
  text_add_char(p->out, '}');
}

static void fun_print(struct printer *p, const struct mit_fun *fun) {
  word_print(p, "fun(");
  for (const struct mit_param *param = fun->params; param; param = param->next) {
    symbol_print(p, param->symbol);
    if (param->next) text_add_char(p->out, ',');
  }
  word_print(p, ") ");
  block_print(p, &fun->body);
}

static void inner_print(struct printer *p, const struct mit_fun *fun) {
  if (!p->inner_by_id) {
    fun_print(p, fun);
    return;
  }
  ASSERT(fun->same_body_id, "function %u is numbered before the ones around it", fun->number);
  text_printf(p->out, "fun#%u", fun->same_body_id);
}

static void prefix_print(struct printer *p, char op, const struct mit_expr *operand) {
  text_add_char(p->out, '(');
  text_add_char(p->out, op);
  expr_print(p, operand);
  text_add_char(p->out, ')');
}

static void expr_print(struct printer *p, const struct mit_expr *expr) {
  switch (expr->kind) {
  case MIT_EXPR_NONE: word_print(p, "None"); break;
  case MIT_EXPR_BOOL: word_print(p, expr->truth ? "true" : "false"); break;
  case MIT_EXPR_INT: text_printf(p->out, "%d", expr->number); break;
  case MIT_EXPR_STRING: mitscript_scan_encode(p->out, expr->string); break;
  case MIT_EXPR_PATH: path_print(p, &expr->path); break;
  case MIT_EXPR_NOT: prefix_print(p, '!', expr->operand); break;
  case MIT_EXPR_NEGATE: prefix_print(p, '-', expr->operand); break;
  case MIT_EXPR_CHAIN: chain_print(p, &expr->chain); break;
  case MIT_EXPR_FUN: inner_print(p, expr->fun); break;
  case MIT_EXPR_RECORD: record_print(p, expr->fields); break;
  }
}

static void condition_print(struct printer *p, const char *word, const struct mit_stmt *stmt) {
  word_print(p, word);
  expr_print(p, stmt->value);
  word_print(p, ") ");
  block_print(p, &stmt->body);
  if (!stmt->has_otherwise) return;
  word_print(p, " else ");
  block_print(p, &stmt->otherwise);
}

static void stmt_print(struct printer *p, const struct mit_stmt *stmt) {
  line_start(p);
  switch (stmt->kind) {
  case MIT_STMT_IF: condition_print(p, "if (", stmt); return;
  case MIT_STMT_WHILE: condition_print(p, "while (", stmt); return;
  case MIT_STMT_GLOBAL:
    word_print(p, "global ");
    symbol_print(p, stmt->symbol);
    break;
  case MIT_STMT_ASSIGN:
    expr_print(p, stmt->target);
    word_print(p, " = ");
    expr_print(p, stmt->value);
    break;
  case MIT_STMT_RETURN:
    word_print(p, "return ");
    expr_print(p, stmt->value);
    break;
  case MIT_STMT_CALL: expr_print(p, stmt->value); break;
  }
  text_add_char(p->out, ';');
}

static void block_print(struct printer *p, const struct mit_block *block) {
  text_add_char(p->out, '{');
  p->indent++;
  for (const struct mit_stmt *stmt = block->first; stmt; stmt = stmt->next) stmt_print(p, stmt);
  p->indent--;
  line_start(p);
  text_add_char(p->out, '}');
}

void mitscript_ast_print(const struct mit_program *program, struct text *out) {
  struct printer p = {.out = out};
  block_print(&p, &program->main->body);
  ASSERT(!p.indent, "the text of a program ends %u levels deep", p.indent);
  text_add_char(out, '\n');
}

void mitscript_ast_print_fun(const struct mit_fun *fun, struct text *out) {
  struct printer p = {.out = out, .inner_by_id = true};
  fun_print(&p, fun);
}
