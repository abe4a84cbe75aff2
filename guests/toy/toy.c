// SPDX-License-Identifier: MIT
//
// toy.c: the tutorial machine: what is left of a language VM when the substrate has done its part. Here are its state,
// its natives (print, spawn, join), and the hooks of struct loam_guest.
#include "loam/guest.h"
#include "toy_asm.h"
#include "toy_ops.h"
#include "toy_value.h"

#include <stdio.h>
#include <string.h>

// ---- values --------------------------------------------------------------------------------------------------------

enum loam_status toy_throw(struct mutator *th, enum toy_error error) { return throw_value(th, toy_from_int(error)); }

enum loam_status toy_pair(struct mutator *th, struct value first, struct value second, struct value *out) {
  ROOTS(th, &first, &second);
  struct ref object = heap_alloc_slow(th, header_make(TOY_TAG_PAIR, 2), 2);
  if (!object.addr) return THROWN;
  object_fields(object)[0] = first;
  object_fields(object)[1] = second;
  *out = value_from_ref(object);
  return DONE;
}

#define PRINT_DEPTH_MAX 1000 // a longer chain of pairs is cut: it may be a ring

void toy_print(struct value v, struct text *out) {
  unsigned depth = 0;
  for (; toy_is_pair(v) && depth < PRINT_DEPTH_MAX; depth++) {
    struct value first = object_fields(value_to_ref(v))[0];
    text_add_char(out, '(');
    if (toy_is_pair(first)) text_add(out, "...", 3);
    else toy_print(first, out);
    text_add(out, " . ", 3);
    v = object_fields(value_to_ref(v))[1];
  }
  if (toy_is_pair(v)) text_add(out, "...", 3);
  else if (toy_is_int(v)) text_printf(out, "%lld", (long long)toy_to_int(v));
  else if (toy_is_function(v)) text_printf(out, "function %s", toy_to_function(v)->name);
  else text_add(out, "nil", 3);
  while (depth--) text_add_char(out, ')');
}

// ---- natives -------------------------------------------------------------------------------------------------------

static enum loam_status native_print(struct mutator *th, struct value *args, struct value *result) {
  struct text line = {0};
  toy_print(args[0], &line);
  text_add_char(&line, '\n');
  enum loam_status status = line.failed ? toy_throw(th, TOY_ERROR_MEMORY) : vm_write(th, line.bytes, line.length);
  text_fini(&line);
  *result = TOY_NIL;
  return status;
}

static enum loam_status native_spawn(struct mutator *th, struct value *args, struct value *result) {
  if (!toy_is_function(args[0])) return toy_throw(th, TOY_ERROR_TYPE);
  const struct method *method = toy_to_function(args[0])->method;
  if (method->param_count != 1) return toy_throw(th, TOY_ERROR_ARITY);
  uint32_t number;
  if (thread_spawn(th, method, args[0], &args[1], 1, &number, NULL) != LOAM_OK) return toy_throw(th, TOY_ERROR_THREAD);
  *result = toy_from_int(number);
  return DONE;
}

static enum loam_status native_join(struct mutator *th, struct value *args, struct value *result) {
  bool found = false;
  if (!toy_is_int(args[0])) return toy_throw(th, TOY_ERROR_TYPE);
  enum loam_status status = thread_join(th, (uint32_t)toy_to_int(args[0]), result, &found);
  return found ? status : toy_throw(th, TOY_ERROR_THREAD);
}

static enum loam_err add_native(struct vm *vm, const char *name, uint16_t params, native_fn *fn, struct error *err) {
  struct toy_function *f = toy_add(vm_guest_state(vm), name, strlen(name));
  if (!f) return error_set(err, LOAM_ERR_MEMORY, "no memory for native %s", name);
  return method_create_native(vm, name, params, fn, f, &f->method, err);
}

// ---- the guest -----------------------------------------------------------------------------------------------------

static enum loam_err open_guest(struct vm *vm, struct error *err) {
  struct toy_state *state = mem_alloc_zero(1, sizeof *state);
  if (!state) return error_set(err, LOAM_ERR_MEMORY, "no memory for the machine's state");
  vm_set_guest_state(vm, state);
  enum loam_err kind = add_native(vm, "print", 1, native_print, err);
  if (kind == LOAM_OK) kind = add_native(vm, "spawn", 2, native_spawn, err);
  if (kind == LOAM_OK) kind = add_native(vm, "join", 1, native_join, err);
  return kind;
}

static void close_guest(struct vm *vm) {
  struct toy_state *state = vm_guest_state(vm);
  if (state) arena_fini(&state->memory);
  mem_free(state);
}

static void no_roots(struct vm *vm, struct root_visitor *visit) { (void)vm, (void)visit; }

static bool recognise(const struct loam_source *source) { // the first word that is no comment
  const char *c = source->bytes;
  while (*c == '#' || *c == '\n' || *c == ' ')
    if (*c++ == '#')
      while (*c && *c != '\n') c++;
  return strncmp(c, "func ", 5) == 0;
}

static void report(struct mutator *th) {
  static const char *const names[] = {"type error", "arity error", "stack overflow", "out of memory", "no such thread"};
  struct text text = {0};
  int64_t error = toy_is_int(th->pending) ? -toy_to_int(th->pending) : 0;
  if (error >= 1 && error <= (int64_t)COUNT_OF(names)) text_printf(&text, "%s", names[error - 1]);
  else toy_print(th->pending, &text);
  fprintf(stderr, "uncaught exception: %s\n%s", text.bytes ? text.bytes : "?", backtrace_last(th));
  text_fini(&text);
}

static int run(struct mutator *th, struct method *main_method, int argc, char **argv) {
  (void)argc, (void)argv;
  if (guest_call(th, main_method, TOY_NIL, NULL, 0) == DONE) return 0;
  if (!th->killed) report(th);
  return 1;
}

static enum loam_status throw_stack_overflow(struct mutator *th) { return toy_throw(th, TOY_ERROR_STACK); }
static enum loam_status throw_out_of_memory(struct mutator *th) { return toy_throw(th, TOY_ERROR_MEMORY); }
static void print_value(struct mutator *th, struct value v, struct text *out) { (void)th, toy_print(v, out); }

static bool lookup(struct mutator *th, const char *name, struct value *out) {
  struct toy_function *f = toy_find(guest_state(th), name, strlen(name));
  if (f) *out = toy_from_function(f);
  return f != NULL;
}

static enum loam_status call(struct mutator *th, struct value callee, const struct value *args, size_t count,
                             struct value *result) {
  if (!toy_is_function(callee)) return toy_throw(th, TOY_ERROR_TYPE);
  const struct method *method = toy_to_function(callee)->method;
  if (method->param_count != count) return toy_throw(th, TOY_ERROR_ARITY);
  enum loam_status status = guest_call(th, method, callee, args, count);
  *result = th->result;
  return status;
}

static enum loam_status define(struct mutator *th, const char *name, struct method *method) {
  struct toy_function *f = toy_add(guest_state(th), name, strlen(name));
  if (!f) return toy_throw(th, TOY_ERROR_MEMORY);
  f->method = method;
  return DONE;
}

static enum loam_status from_int(struct mutator *th, int64_t n, struct value *out) {
  (void)th;
  *out = toy_from_int(n);
  return DONE;
}

static enum loam_status from_bool(struct mutator *th, bool truth, struct value *out) { return from_int(th, truth, out); }

static enum loam_status from_text(struct mutator *th, const char *bytes, size_t length, struct value *out) {
  (void)bytes, (void)length, (void)out;
  return toy_throw(th, TOY_ERROR_TYPE); // the machine has no texts
}

static bool to_int(struct mutator *th, struct value v, int64_t *out) {
  (void)th;
  *out = toy_to_int(v);
  return toy_is_int(v);
}

static bool to_bool(struct mutator *th, struct value v, bool *out) {
  (void)th;
  *out = toy_is_true(v);
  return true;
}

static bool to_text(struct mutator *th, struct value v, struct text *out) {
  print_value(th, v, out);
  return true;
}

static const struct heap_layout layouts[256] = {[TOY_TAG_PAIR] = {LAYOUT_VALUES, 0, NULL, "pair"}};
static const char *const extensions[] = {".toy", NULL};

const struct loam_guest toy_guest = {
    .name = "toy",
    .title = "the tutorial machine",
    .extensions = extensions,
    .ops = &toy_op_table,
    .layouts = layouts,
    .size_mask = UINT32_MAX,
    .ref_mask = TOY_TAG_MASK,
    .initial_local = {3}, // nil
    .open = open_guest,
    .close = close_guest,
    .roots = no_roots,
    .recognise = recognise,
    .load = toy_load,
    .run = run,
    .disassemble = toy_disassemble,
    .throw_stack_overflow = throw_stack_overflow,
    .throw_out_of_memory = throw_out_of_memory,
    .print_value = print_value,
    .lookup = lookup,
    .call = call,
    .define = define,
    .from_int = from_int,
    .from_bool = from_bool,
    .from_text = from_text,
    .to_int = to_int,
    .to_bool = to_bool,
    .to_text = to_text,
};
