// SPDX-License-Identifier: MIT
//
// toy.c: the tutorial machine: what is left of a language VM when the substrate has done its part. Here are what the
// bodies of its opcodes call, its state, and the hooks of struct loam_guest.
#include "toy_ops.h"
#include "toy_value.h"

#include <stdio.h>
#include <string.h>

enum loam_status toy_throw(struct mutator *th, enum toy_error error) { return throw_value(th, toy_from_int(error)); }

enum loam_status toy_pair(struct mutator *th, struct value first, struct value second, struct value *out) {
  ROOTS(th, &first, &second);
  struct ref object = heap_alloc_slow(th, header_make(TOY_TAG_PAIR, TOY_PAIR_WORDS), TOY_PAIR_WORDS);
  if (!object.addr) return THROWN;
  object_fields(object)[0] = first;
  object_fields(object)[1] = second;
  *out = value_from_ref(object);
  return DONE;
}

#define PRINT_MAX 1000 // pairs of a chain; it may be a ring

static void print_part(struct value v, struct text *out) { // pairs are "..." here
  if (toy_is_int(v)) return text_printf(out, "%lld", (long long)toy_to_int(v));
  if (toy_is_function(v)) return text_printf(out, "function %s", toy_to_function(v)->name);
  text_add(out, toy_is_pair(v) ? "..." : "nil", 3);
}

void toy_print(struct value v, struct text *out) {
  unsigned depth = 0;
  for (; toy_is_pair(v) && depth < PRINT_MAX; depth++) {
    text_add_char(out, '(');
    print_part(object_fields(value_to_ref(v))[0], out);
    text_add(out, " . ", 3);
    v = object_fields(value_to_ref(v))[1];
  }
  print_part(v, out);
  while (depth--) text_add_char(out, ')');
}

enum loam_status toy_check_call(struct mutator *th, struct value callee, size_t count) {
  if (!toy_is_function(callee)) return toy_throw(th, TOY_ERROR_TYPE);
  ASSERT(toy_to_function(callee)->method, "toy.I1: %s is called, and has no code", toy_to_function(callee)->name);
  return toy_to_function(callee)->method->param_count == count ? DONE : toy_throw(th, TOY_ERROR_ARITY);
}

enum loam_status toy_call(struct mutator *th, struct value callee, const struct value *args, size_t count,
                          struct value *result) {
  if (toy_check_call(th, callee, count) != DONE) return THROWN;
  enum loam_status status = guest_call(th, toy_to_function(callee)->method, callee, args, count);
  *result = th->result;
  return status;
}

// ---- the guest -----------------------------------------------------------------------------------------------------

static enum loam_err open_guest(struct vm *vm, struct error *err) {
  struct toy_state *state = mem_alloc_zero(1, sizeof *state);
  if (!state) return error_set(err, LOAM_ERR_MEMORY, "no memory for the machine's state");
  state->kept = TOY_NIL;
  vm_set_guest_state(vm, state);
  return toy_natives_create(vm, err);
}

static void close_guest(struct vm *vm) {
  struct toy_state *state = vm_guest_state(vm);
  if (state) arena_fini(&state->memory);
  mem_free(state);
}

static void visit_roots(struct vm *vm, struct root_visitor *visit) {
  visit->slot(visit, &((struct toy_state *)vm_guest_state(vm))->kept);
}

static bool recognise(const struct loam_source *source) { // the first word that is no comment
  const char *c = source->bytes;
  while (*c == '#' || *c == '\n' || *c == ' ')
    if (*c++ == '#')
      while (*c && *c != '\n') c++;
  return strncmp(c, "func ", 5) == 0;
}

static int run(struct mutator *th, struct method *main_method, int argc, char **argv) {
  ASSERT(!main_method->param_count, "toy.I1: the main function has %u parameters", main_method->param_count);
  static const char *const names[] = {"type error", "arity error", "stack overflow", "out of memory", "no such thread"};
  (void)argc, (void)argv;
  if (guest_call(th, main_method, TOY_NIL, NULL, 0) == DONE) return 0;
  if (th->killed) return 1; // whoever set the limit says so
  vm_note_uncaught(th);
  struct text text = {0};
  toy_print(th->pending, &text);
  int64_t error = toy_is_int(th->pending) ? toy_to_int(th->pending) - TOY_ERROR_TYPE : -1;
  if (error >= 0 && error < (int64_t)COUNT_OF(names)) text_printf(&text, " (%s)", names[error]);
  fprintf(stderr, "uncaught exception: %s\n%s", text.bytes ? text.bytes : "?", backtrace_last(th));
  text_fini(&text);
  return 1;
}

static enum loam_status throw_stack_overflow(struct mutator *th) { return toy_throw(th, TOY_ERROR_STACK); }
static enum loam_status throw_out_of_memory(struct mutator *th) { return toy_throw(th, TOY_ERROR_MEMORY); }
static enum loam_status throw_text(struct mutator *th, const char *text) {
  return (void)text, throw_value(th, TOY_NIL);
}
static void print_value(struct mutator *th, struct value v, struct text *out) { (void)th, toy_print(v, out); }

static bool lookup(struct mutator *th, const char *name, struct value *out) {
  struct toy_function *f = toy_find(guest_state(th), name, strlen(name));
  if (f) *out = toy_from_function(f);
  return f != NULL;
}

static enum loam_status define(struct mutator *th, const char *name, struct method *method) {
  struct toy_function *f = toy_add(guest_state(th), name, strlen(name));
  if (!f) return toy_throw(th, TOY_ERROR_MEMORY);
  ASSERT(method, "toy.I1: %s is defined without code", name);
  f->method = method;
  return DONE;
}

static enum loam_status from_int(struct mutator *th, int64_t n, struct value *out) {
  (void)th;
  *out = toy_from_int(n);
  return DONE;
}

static bool to_int(struct mutator *th, struct value v, int64_t *out) {
  (void)th;
  *out = toy_to_int(v);
  return toy_is_int(v);
}

static const struct heap_layout layouts[256] = {[TOY_TAG_PAIR] = {LAYOUT_VALUES, 0, NULL}};

const struct loam_guest toy_guest = {
    .name = "toy",
    .title = "the tutorial machine",
    .extensions = (const char *const[]){".toy", NULL},
    .ops = &toy_op_table,
    .layouts = layouts,
    .size_mask = UINT32_MAX,
    .ref_mask = TOY_TAG_MASK,
    .kinds =
        (const struct value_kind[]){{"integer", TOY_TAG_MASK, TOY_INT_TAG}, {"pair", TOY_TAG_MASK, 0}, {NULL, 0, 0}},
    .initial_local = {3}, // nil
    .open = open_guest,
    .close = close_guest,
    .roots = visit_roots,
    .recognise = recognise,
    .load = toy_load,
    .run = run,
    .disassemble = toy_disassemble,
    .throw_stack_overflow = throw_stack_overflow,
    .throw_out_of_memory = throw_out_of_memory,
    .throw_text = throw_text,
    .print_value = print_value,
    .lookup = lookup,
    .call = toy_call,
    .define = define,
    .from_int = from_int,
    .to_int = to_int,
};
