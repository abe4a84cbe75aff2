// SPDX-License-Identifier: MIT
//
// mitscript.c: the guest: its state, and the hooks of struct loam_guest.
#include "mitscript.h"

#include "mitscript_compile.h"
#include "mitscript_load.h"
#include "mitscript_ops.h"
#include "mitscript_parse.h"
#include "mitscript_print.h"
#include "mitscript_shape.h"
#include "mitscript_text.h"
#include "mitscript_translate.h"

#include <stdio.h>
#include <string.h>

static enum loam_err open_guest(struct vm *vm, struct error *err) {
  ASSERT(!vm_guest_state(vm), "the guest is opened twice in a VM");
  struct mit_state *state = mem_alloc_zero(1, sizeof *state);
  if (!state) return error_set(err, LOAM_ERR_MEMORY, "no memory for the guest's state");
  state->vm = vm;
  state->no_elements = mit_no_elements();
  vm_set_guest_state(vm, state);
  return mit_shapes_create(state, err);
}

static void close_guest(struct vm *vm) {
  struct mit_state *state = vm_guest_state(vm);
  if (!state) return;
  mit_shapes_destroy(state);
  arena_fini(&state->memory);
  text_fini(&state->exception);
  mem_free(state->names);
  mem_free(state);
}

static void visit_roots(struct vm *vm, struct root_visitor *visit) {
  struct mit_state *state = vm_guest_state(vm);
  for (struct mit_global *global = state->globals; global; global = global->next) visit->slot(visit, &global->value);
  for (struct mit_constant *constant = state->constants; constant; constant = constant->next)
    visit->slot(visit, &constant->value);
}

// Bytecode by its first words. Source looks like many things: its extension tells it.
static bool recognise(const struct loam_source *source) { return mitscript_text_recognise(source); }

static enum loam_err load(struct vm *vm, const struct loam_source *source, struct method **main_method,
                          struct error *err) {
  struct mit_state *state = vm_guest_state(vm);
  struct mit_image image = {0};
  enum mit_exception exception = MIT_NO_EXCEPTION;
  enum loam_err kind = mitscript_image_read(source, 0, &image, err);
  if (kind == LOAM_OK) kind = mitscript_load_image(vm, &image, source->name, main_method, &exception, err);
  state->refused = exception;
  mitscript_image_fini(&image);
  return kind;
}

// Bytecode that can't run ends as if its first bad instruction had been executed.
static int refuse(struct vm *vm, const struct error *err) {
  struct mit_state *state = vm_guest_state(vm);
  struct text line = {0};
  if (state->refused != MIT_NO_EXCEPTION) text_printf(&line, "%s: %s\n", mit_exception_name(state->refused), err->text);
  if (line.length) (void)vm_write(vm_main_mutator(vm), line.bytes, line.length);
  text_fini(&line);
  return MIT_STATUS_EXCEPTION;
}

int mitscript_report(struct mutator *th) {
  ASSERT(th->killed || value_same(th->pending, MIT_EXCEPTION), "an end is reported of %#llx, which is no exception",
         (unsigned long long)th->pending.bits);
  if (th->killed) return MIT_STATUS_EXCEPTION;
  vm_note_uncaught(th);
  const char *line = mit_exception_line(mit_state_of(th)); // written as it lies: C memory may be out
  if (vm_write(th, line, strlen(line)) == DONE && vm_write(th, "\n", 1) == DONE) (void)vm_flush(th->vm, NULL);
  fputs(backtrace_last(th), stderr);
  return MIT_STATUS_EXCEPTION;
}

static int run(struct mutator *th, struct method *main_method, int argc, char **argv) {
  (void)argc, (void)argv; // the language has no way to see them
  return guest_call(th, main_method, MIT_NONE, NULL, 0) == DONE ? 0 : mitscript_report(th);
}

static enum loam_status throw_text(struct mutator *th, const char *text) {
  return mit_throw(th, MIT_RUNTIME, "%s", text);
}

static enum loam_status throw_stack_overflow(struct mutator *th) {
  return mit_throw(th, MIT_RUNTIME, "stack overflow");
}

static void print_value(struct mutator *th, struct value v, struct text *out) {
  if (value_same(v, MIT_EXCEPTION))
    text_printf(out, "%s", mit_exception_line(mit_state_of(th)));
  else
    (void)mit_print_value(th, v, out);
}

// ---- the embedding API ----

static bool lookup(struct mutator *th, const char *name, struct value *out) {
  struct mit_global *global = mit_global_get(mit_state_of(th), name, strlen(name));
  if (global) *out = global->value;
  return global && !value_same(global->value, MIT_ABSENT);
}

static enum loam_status call(struct mutator *th, struct value callee, const struct value *args, size_t count,
                             struct value *result) {
  if (!mit_is_closure(callee) || mit_closure_method(callee)->param_count != count)
    return mit_throw_call(th, callee, count);
  ASSERT(count <= UINT16_MAX, "a function is called with %zu arguments", count);
  enum loam_status status = guest_call(th, mit_closure_method(callee), callee, args, count);
  *result = th->result;
  return status;
}

static enum loam_status define(struct mutator *th, const char *name, struct method *method) {
  struct mit_state *state = mit_state_of(th);
  struct mit_global *global = mit_global_get(state, name, strlen(name));
  struct mit_proto *proto = arena_alloc(&state->memory, sizeof *proto);
  struct value activation = mit_from_int(0);
  if (!global || !proto) return mit_throw_memory(th);
  *proto = (struct mit_proto){method, (uint64_t)++state->programs << 32, 0};
  ASSERT(!method->guest_data, "%s is defined as two functions", name);
  method->guest_data = proto;
  return mit_closure_create(th, mit_from_proto(proto), NULL, 0, &activation, &global->value);
}

static enum loam_status from_int(struct mutator *th, int64_t number, struct value *out) {
  if (number != (int32_t)number) return mit_throw(th, MIT_RUNTIME, "%lld is no 32-bit integer", (long long)number);
  *out = mit_from_int((int32_t)number);
  return DONE;
}

static enum loam_status from_bool(struct mutator *th, bool truth, struct value *out) {
  (void)th;
  *out = mit_from_bool(truth);
  return DONE;
}

static bool to_int(struct mutator *th, struct value v, int64_t *out) {
  (void)th;
  *out = mit_to_int(v);
  return mit_is_int(v);
}

static bool to_bool(struct mutator *th, struct value v, bool *out) {
  (void)th;
  *out = mit_to_bool(v);
  return mit_is_bool(v);
}

static bool to_text(struct mutator *th, struct value v, struct text *out) {
  (void)th;
  if (mit_is_string(v)) mit_string_add_to(v, out);
  return mit_is_string(v);
}

// ---- the guest ----

static const struct heap_layout layouts[256] = {
    [MIT_TAG_FLAT] = {LAYOUT_BYTES, 0, NULL},    [MIT_TAG_VIEW] = {LAYOUT_VALUES, 1, NULL},
    [MIT_TAG_ROPE] = {LAYOUT_VALUES, 1, NULL},   [MIT_TAG_BUFFER] = {LAYOUT_BYTES, 0, NULL},
    [MIT_TAG_RECORD] = {LAYOUT_VALUES, 0, NULL}, [MIT_TAG_VECTOR] = {LAYOUT_VALUES, MIT_VECTOR_VALUES, NULL},
    [MIT_TAG_TABLE] = {LAYOUT_VALUES, 1, NULL},  [MIT_TAG_CLOSURE] = {LAYOUT_VALUES, 1, NULL},
    [MIT_TAG_CELL] = {LAYOUT_VALUES, 0, NULL},
};
static const char *const extensions[] = {".mit", ".mitbc", NULL};
static const char *const engines[] = {"tree", NULL};

const struct loam_guest mitscript_guest = {
    .name = "mitscript",
    .title = "MITScript source and its textual bytecode",
    .extensions = extensions,
    .ops = &mitscript_op_table,
    .layouts = layouts,
    .size_mask = MIT_SIZE_MASK,
    .ref_mask = MIT_REF_MASK,
    .kinds =
        (const struct value_kind[]){{"integer", UINT32_MAX, MIT_INT_TAG}, {"object", MIT_REF_MASK, 0}, {NULL, 0, 0}},
    .initial_local = {MIT_SPECIAL(0)}, // None
    .open = open_guest,
    .close = close_guest,
    .roots = visit_roots,
    .recognise = recognise,
    .load = load,
    .refuse = refuse,
    .run = run,
    .engines = engines,
    .run_engine = mitscript_tree_engine,
    .compile = mitscript_compile,
    .assemble = mitscript_assemble,
    .disassemble = mitscript_disassemble,
    .repl_complete = mitscript_repl_complete,
    .repl_eval = mitscript_repl_eval,
    .throw_stack_overflow = throw_stack_overflow,
    .throw_out_of_memory = mit_throw_memory,
    .throw_text = throw_text,
    .print_value = print_value,
    .lookup = lookup,
    .call = call,
    .define = define,
    .from_int = from_int,
    .from_bool = from_bool,
    .from_text = mit_string_create,
    .to_int = to_int,
    .to_bool = to_bool,
    .to_text = to_text,
    .tools = mitscript_tools,
};
