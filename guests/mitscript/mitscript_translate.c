// SPDX-License-Identifier: MIT
//
// mitscript_translate.c: compile (source to bytecode text), assemble (bytecode text, abbreviated or not, to its full
// form) and disassemble (either, one numbered instruction a line with what its operand names).
#include "mitscript_translate.h"

#include "mitscript_compile.h"
#include "mitscript_load.h"
#include "mitscript_parse.h"
#include "mitscript_print.h"
#include "mitscript_text.h"

#include <string.h>

static enum loam_err compile_source(const struct loam_source *source, unsigned flags, struct mit_image *image,
                                    struct error *err) {
  struct mit_program program = {0};
  enum loam_err kind = mitscript_parse_program(&program, source, err);
  if (kind == LOAM_OK) kind = mitscript_compile_program(&program, flags, image, err);
  mitscript_parse_fini(&program);
  return kind;
}

static bool has_extension(const char *name, const char *extension) {
  size_t length = strlen(name), tail = strlen(extension);
  return length >= tail && strcmp(name + length - tail, extension) == 0;
}

enum loam_err mitscript_image_read(const struct loam_source *source, unsigned flags, struct mit_image *image,
                                   struct error *err) {
  bool is_text = mitscript_text_recognise(source) || has_extension(source->name, ".mitbc");
  if (is_text) return mitscript_text_read(source, image, err);
  return compile_source(source, flags, image, err);
}

enum loam_err mitscript_compile(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  (void)vm;
  struct mit_image image = {0};
  enum loam_err kind = mitscript_image_read(source, 0, &image, err);
  if (kind == LOAM_OK) mitscript_print_image(&image, out);
  mitscript_image_fini(&image);
  return kind;
}

enum loam_err mitscript_assemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  if (!mitscript_text_recognise(source))
    return error_set(err, LOAM_ERR_INPUT, "%s: expected bytecode text, which begins with 'function {'", source->name);
  return mitscript_compile(vm, source, out, err);
}

// ---- disassembling ----

static void print_constant(const struct mit_const *constant, struct text *out) {
  switch (constant->kind) {
  case MIT_CONST_NONE: text_printf(out, "None"); break;
  case MIT_CONST_BOOL: text_printf(out, "%s", constant->truth ? "true" : "false"); break;
  case MIT_CONST_INT: text_printf(out, "%d", constant->number); break;
  case MIT_CONST_STRING: mitscript_scan_encode(out, constant->string); break;
  }
}

static void print_name(const struct mit_name_list *list, uint32_t index, struct text *out) {
  if (index < list->count)
    text_printf(out, "%.*s", (int)list->items[index].length, list->items[index].bytes);
  else
    text_printf(out, "?");
}

// What the operand of an instruction stands for.
static void print_meaning(const struct mit_function *function, uint32_t at, struct text *out) {
  const struct mit_insn *insn = &function->insns[at];
  uint32_t index = (uint32_t)insn->operand, own = function->local_ref_vars.count;
  ASSERT(at < function->insn_count && insn->has_operand, "instruction %u of %u has no operand to explain", at,
         function->insn_count);
  if (insn->op == MIT_CALL || insn->op == MIT_ALLOC_CLOSURE) return; // a count
  text_printf(out, "  // ");
  switch (insn->op) {
  case MIT_LOAD_CONST:
    if (index < function->constant_count) print_constant(&function->constants[index], out);
    break;
  case MIT_LOAD_FUNC:
    if (index < function->function_count) text_printf(out, "%s", function->functions[index]->name);
    break;
  case MIT_LOAD_LOCAL:
  case MIT_STORE_LOCAL: print_name(&function->local_vars, index, out); break;
  case MIT_PUSH_REF:
    print_name(index < own ? &function->local_ref_vars : &function->free_vars, index < own ? index : index - own, out);
    break;
  case MIT_GOTO:
  case MIT_IF: text_printf(out, "to %lld", (long long)at + insn->operand); break;
  case MIT_LOAD_GLOBAL:
  case MIT_STORE_GLOBAL:
  case MIT_FIELD_LOAD:
  case MIT_FIELD_STORE: print_name(&function->names, index, out); break;
  default: break;
  }
}

static void print_function(const struct mit_function *function, struct text *out) {
  text_printf(out, "function %s: %u parameters, %u locals, %u shared, %u free\n", function->name,
              function->parameter_count, function->local_vars.count, function->local_ref_vars.count,
              function->free_vars.count);
  for (uint32_t i = 0; i < function->insn_count; i++) {
    const struct mit_insn *insn = &function->insns[i];
    text_printf(out, "%6u %5u  %s", i, insn->line, mitscript_image_op_name(insn->op));
    if (insn->has_operand) {
      text_printf(out, " %d", insn->operand);
      print_meaning(function, i, out);
    }
    text_add_char(out, '\n');
  }
}

enum loam_err mitscript_disassemble(struct vm *vm, const struct loam_source *source, struct text *out,
                                    struct error *err) {
  (void)vm;
  struct mit_image image = {0};
  enum loam_err kind = mitscript_image_read(source, 0, &image, err);
  for (const struct mit_function *function = image.all; kind == LOAM_OK && function; function = function->next)
    print_function(function, out);
  mitscript_image_fini(&image);
  return kind;
}
