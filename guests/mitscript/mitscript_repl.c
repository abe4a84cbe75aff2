// SPDX-License-Identifier: MIT
//
// mitscript_repl.c: the prompt. An input is statements, or one expression whose value is printed. Inputs share their
// top-level variables, as one program would.
#include "mitscript.h"
#include "mitscript_compile.h"
#include "mitscript_load.h"
#include "mitscript_parse.h"
#include "mitscript_runtime.h"

#include <stdio.h>
#include <string.h>

static struct loam_source source_of(const char *input) {
  return (struct loam_source){.name = "<input>", .bytes = input, .length = strlen(input)};
}

bool mitscript_repl_complete(const char *input) {
  struct loam_source source = source_of(input);
  return !mitscript_parse_is_incomplete(&source);
}

// Binds the natives, as every program's first instructions do.
static enum loam_err bind_natives(struct mutator *th, struct error *err) {
  struct mit_state *state = mit_state_of(th);
  struct mit_proto *protos[3];
  static const char *const names[] = {"print", "input", "intcast"};
  if (state->programs) return LOAM_OK;
  enum loam_err kind = mit_natives_create(th->vm, protos, err);
  for (unsigned i = 0; i < COUNT_OF(names) && kind == LOAM_OK; i++) {
    struct mit_global *global = mit_global_get(state, names[i], strlen(names[i]));
    struct value activation = mit_from_int(0);
    if (!global || mit_closure_create(th, mit_from_proto(protos[i]), NULL, 0, &activation, &global->value) != DONE)
      kind = error_set(err, LOAM_ERR_MEMORY, "no memory for the natives");
  }
  return kind;
}

// The input's code. *is_expression: it returns a value to print.
static enum loam_err compile_input(const struct loam_source *source, struct mit_image *image, bool *is_expression,
                                   struct error *err) {
  struct mit_program program = {0};
  struct error as_expression = {0};
  enum loam_err kind = mitscript_parse_program(&program, source, err);
  *is_expression = false;
  if (kind == LOAM_ERR_INPUT) {
    mitscript_parse_fini(&program);
    program = (struct mit_program){0};
    *is_expression = mitscript_parse_expression(&program, source, &as_expression) == LOAM_OK;
    if (*is_expression) kind = LOAM_OK;
  }
  if (kind == LOAM_OK) kind = mitscript_compile_program(&program, MIT_COMPILE_BARE, image, err);
  mitscript_parse_fini(&program);
  return kind;
}

static enum loam_status print_result(struct mutator *th) {
  if (mit_is_none(th->result)) return DONE;
  struct text line = {0};
  enum loam_status status = mit_print(th, th->result, &line);
  text_add_char(&line, '\n');
  if (status == DONE) status = line.failed ? mit_throw_memory(th) : vm_write(th, line.bytes, line.length);
  text_fini(&line);
  return status;
}

bool mitscript_repl_eval(struct mutator *th, const char *input) {
  struct loam_source source = source_of(input);
  struct mit_image image = {0};
  struct error err = {0};
  struct method *method;
  enum mit_exception exception;
  bool is_expression = false;
  enum loam_err kind = bind_natives(th, &err);
  if (kind == LOAM_OK) kind = compile_input(&source, &image, &is_expression, &err);
  if (kind == LOAM_OK) kind = mitscript_load_image(th->vm, &image, source.name, &method, &exception, &err);
  mitscript_image_fini(&image);
  if (kind != LOAM_OK)
    fprintf(stderr, "%s\n", err.text);
  else if (guest_call(th, method, MIT_NONE, NULL, 0) != DONE)
    mitscript_report(th);
  else if (is_expression && print_result(th) != DONE)
    mitscript_report(th);
  return true;
}
