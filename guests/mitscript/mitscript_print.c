// SPDX-License-Identifier: MIT
//
// mitscript_print.c: an image as bytecode text.
//
// Functions may nest deeper than a C stack, so the walk goes by `outer` and `outer_index` instead of recursing, and the
// indentation stops growing after a while.
#include "mitscript_print.h"

#define INDENT_MAX 16 // deeper functions stay at this margin, else the text would grow with the square of the depth

static void words_add(struct text *out, const char *words) { text_printf(out, "%s", words); }

static void line_start(struct text *out, uint32_t indent) {
  text_add_char(out, '\n');
  for (uint32_t i = 0; i < indent && i < INDENT_MAX; i++) text_add_char(out, '\t');
}

static void constants_print(struct text *out, const struct mit_function *function) {
  words_add(out, "constants = [");
  for (uint32_t i = 0; i < function->constant_count; i++) {
    const struct mit_const *constant = &function->constants[i];
    if (i) words_add(out, ", ");
    switch (constant->kind) {
    case MIT_CONST_NONE: words_add(out, "None"); break;
    case MIT_CONST_BOOL: words_add(out, constant->truth ? "true" : "false"); break;
    case MIT_CONST_INT: text_printf(out, "%d", constant->number); break;
    case MIT_CONST_STRING: mitscript_scan_encode(out, constant->string); break;
    }
  }
  words_add(out, "],");
}

static void names_print(struct text *out, uint32_t indent, const char *field, const struct mit_name_list *names) {
  line_start(out, indent);
  text_printf(out, "%s = [", field);
  for (uint32_t i = 0; i < names->count; i++) {
    if (i) words_add(out, ", ");
    text_add(out, names->items[i].bytes, names->items[i].length);
  }
  words_add(out, "],");
}

static void insns_print(struct text *out, uint32_t indent, const struct mit_function *function) {
  line_start(out, indent);
  words_add(out, "instructions = [");
  for (uint32_t i = 0; i < function->insn_count; i++) {
    const struct mit_insn *insn = &function->insns[i];
    line_start(out, indent + 1);
    ASSERT(!insn->has_operand || mitscript_image_op_takes_operand(insn->op), "%s has an operand, and takes none",
           mitscript_image_op_name(insn->op));
    words_add(out, mitscript_image_op_name(insn->op));
    if (insn->has_operand) text_printf(out, "\t%d", insn->operand);
  }
  if (function->insn_count) line_start(out, indent);
  text_add_char(out, ']');
}

// Up to where the functions inside stand.
static void head_print(struct text *out, uint32_t indent) {
  words_add(out, "function");
  line_start(out, indent);
  text_add_char(out, '{');
  line_start(out, indent + 1);
  words_add(out, "functions = [");
}

// From behind them.
static void tail_print(struct text *out, uint32_t indent, const struct mit_function *function) {
  if (function->function_count) line_start(out, indent + 1);
  words_add(out, "],");
  line_start(out, indent + 1);
  constants_print(out, function);
  line_start(out, indent + 1);
  text_printf(out, "parameter_count = %u,", function->parameter_count);
  names_print(out, indent + 1, "local_vars", &function->local_vars);
  names_print(out, indent + 1, "local_ref_vars", &function->local_ref_vars);
  names_print(out, indent + 1, "free_vars", &function->free_vars);
  names_print(out, indent + 1, "names", &function->names);
  insns_print(out, indent + 1, function);
  line_start(out, indent);
  text_add_char(out, '}');
}

void mitscript_print_image(const struct mit_image *image, struct text *out) {
  ASSERT(image->main && !image->main->outer, "a finished image has an outermost function, of %u",
         image->function_count);
  const struct mit_function *at = image->main;
  uint32_t indent = 0, next = 0; // `next`: the inner function to print now
  head_print(out, indent);
  for (;;) {
    if (next < at->function_count) {
      indent += 2;
      if (next) text_add_char(out, ',');
      line_start(out, indent);
      at = at->functions[next];
      next = 0;
      head_print(out, indent);
      continue;
    }
    tail_print(out, indent, at);
    if (!at->outer) break;
    ASSERT(indent >= 2 && at->outer->functions[at->outer_index] == at, "function %u is where it says", at->outer_index);
    indent -= 2;
    next = at->outer_index + 1;
    at = at->outer;
  }
  text_add_char(out, '\n');
}

void mitscript_print_body(const struct mit_function *function, struct text *out) {
  head_print(out, 0);
  for (uint32_t i = 0; i < function->function_count; i++) {
    ASSERT(function->functions[i]->same_body_id, "function %u is numbered before the one around it", i);
    text_printf(out, "#%u ", function->functions[i]->same_body_id);
  }
  tail_print(out, 0, function);
}
