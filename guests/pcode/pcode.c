// SPDX-License-Identifier: MIT
//
// pcode.c: the guest: its state, its forms, and the hooks of struct loam_guest.
#include "pcode_image.h"
#include "pcode_minus.h"
#include "pcode_mvp.h"
#include "pcode_p4.h"
#include "pcode_pascal.h"
#include "pcode_routine.h"
#include "pcode_ops.h"
#include "pcode_plain.h"
#include "pcode_repl.h"
#include "pcode_value.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define HEAP_MAX_DEFAULT (PCODE_CELLS * 8)

// ---- the state -----------------------------------------------------------------------------------------------------

static enum loam_err open_guest(struct vm *vm, struct error *err) {
  ASSERT(!vm_guest_state(vm), "a VM of pcode is opened with the state %p", vm_guest_state(vm));
  // Mapped, not allocated: an allocator may fill what it gives (MALLOC_PERTURB_), and so touch the whole store.
  struct pcode_state *state =
      mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (state == MAP_FAILED) return error_set(err, LOAM_ERR_MEMORY, "no memory for the store");
  int64_t limit = (int64_t)(heap_bytes_max(vm_main_mutator(vm)) / sizeof state->cells[0]);
  state->vm = vm;
  state->limit = limit < PCODE_CELLS ? limit : PCODE_CELLS;
  state->heap = state->limit;
  ASSERT(state->limit >= 0 && state->heap <= PCODE_CELLS, "pcode.I3: a store of %lld cells, of at most %lld",
         (long long)state->limit, (long long)PCODE_CELLS);
  vm_set_guest_state(vm, state);
  return LOAM_OK;
}

static void close_guest(struct vm *vm) {
  struct pcode_state *state = vm_guest_state(vm);
  if (!state) return;
  arena_fini(&state->memory);
  text_fini(&state->trace);
  text_fini(&state->detail);
  text_fini(&state->input);
  mem_free(state->files);
  pcode_p4_sets_close(state);
  pcode_repl_close(state);
  munmap(state, sizeof *state);
}

static void visit_roots(struct vm *vm, struct root_visitor *visit) { (void)vm, (void)visit; } // there are none

// ---- forms ---------------------------------------------------------------------------------------------------------

static bool has_suffix(const char *name, const char *suffix) {
  size_t length = strlen(name), tail = strlen(suffix);
  return length >= tail && strcmp(name + length - tail, suffix) == 0;
}

static bool recognise(const struct loam_source *source) {
  return pcode_mvp_image_recognise(source) || pcode_image_recognise(source) || pcode_p4_recognise(source);
}

static bool is_p4(const struct loam_source *source) {
  return has_suffix(source->name, ".p4") || pcode_p4_recognise(source);
}

// The program in the source, compiled when it is Pascal-.
static enum loam_err read_image(const struct loam_source *source, struct mvp_image *image, struct error *err) {
  if (has_suffix(source->name, ".pm") || (!pcode_mvp_image_recognise(source) && !has_suffix(source->name, ".mvp")))
    return pcode_minus_compile(source, image, NULL, err);
  return pcode_mvp_image_read(source, image, err);
}

bool pcode_program_is_extended(const struct loam_source *source) {
  return is_p4(source) || pcode_image_recognise(source) || has_suffix(source->name, ".pas") ||
         has_suffix(source->name, ".pcode");
}

// The checks that --checks leaves.
static enum loam_err read_checks(const struct vm *vm, unsigned *checks, struct error *err) {
  static const struct {
    const char *word;
    unsigned checks;
  } words[] = {{"all", PASCAL_CHECK_ALL},
               {"ranges", PASCAL_CHECK_RANGES},
               {"defined", PASCAL_CHECK_RANGES | PASCAL_CHECK_UNDEFINED},
               {"none", 0}};
  const char *option = vm_guest_option(vm, "checks");
  *checks = PASCAL_CHECK_ALL;
  for (size_t i = 0; option && i < COUNT_OF(words); i++) {
    if (strcmp(words[i].word, option) != 0) continue;
    *checks = words[i].checks;
    return LOAM_OK;
  }
  if (!option) return LOAM_OK;
  return error_set(err, LOAM_ERR_INPUT, "--checks: expected all, defined, ranges or none, found '%s'", option);
}

// Reads a P4 program, and translates it or appends its text.
static enum loam_err read_p4(const struct loam_source *source, struct pcode_image *image, struct error *err) {
  struct p4_program program = {0};
  enum loam_err kind = pcode_p4_read(source, &program, err);
  if (kind == LOAM_OK) kind = pcode_p4_translate(&program, image, err);
  pcode_p4_fini(&program);
  return kind;
}

static enum loam_err print_p4(const struct loam_source *source, bool listing, struct text *out, struct error *err) {
  struct p4_program program = {0};
  enum loam_err kind = pcode_p4_read(source, &program, err);
  if (kind == LOAM_OK) pcode_p4_print(&program, listing, out);
  pcode_p4_fini(&program);
  return kind;
}

enum loam_err pcode_program_read(struct vm *vm, const struct loam_source *source, struct pcode_image *image,
                                 struct pascal_names *names, struct error *err) {
  unsigned checks;
  pcode_image_init(image, source->name);
  if (pcode_image_recognise(source) || has_suffix(source->name, ".pcode")) return pcode_image_read(source, image, err);
  if (is_p4(source)) return read_p4(source, image, err);
  enum loam_err kind = read_checks(vm, &checks, err);
  return kind == LOAM_OK ? pcode_pascal_compile(source, checks, image, names, err) : kind;
}

static enum loam_err load_pascal(struct vm *vm, const struct loam_source *source, struct method **main_method,
                                 struct error *err) {
  struct pcode_image image;
  enum loam_err kind = pcode_program_read(vm, source, &image, NULL, err);
  if (kind == LOAM_OK) kind = pcode_image_load(vm, &image, main_method, err);
  pcode_image_fini(&image);
  return kind;
}

static enum loam_err load(struct vm *vm, const struct loam_source *source, struct method **main_method,
                          struct error *err) {
  if (pcode_program_is_extended(source)) return load_pascal(vm, source, main_method, err);
  struct mvp_image image = {0};
  enum loam_err kind = read_image(source, &image, err);
  if (kind == LOAM_OK) kind = pcode_mvp_load(vm, source->name, &image, main_method, err);
  pcode_mvp_image_fini(&image);
  return kind;
}

static enum loam_err print_image(const struct loam_source *source, bool listing, struct text *out, struct error *err) {
  struct mvp_image image = {0};
  enum loam_err kind = read_image(source, &image, err);
  if (kind == LOAM_OK) pcode_mvp_image_print(&image, listing, out);
  pcode_mvp_image_fini(&image);
  return kind;
}

static enum loam_err print_pascal(struct vm *vm, const struct loam_source *source, bool listing, struct text *out,
                                  struct error *err) {
  struct pcode_image image;
  enum loam_err kind = pcode_program_read(vm, source, &image, NULL, err);
  if (kind == LOAM_OK) pcode_image_print(&image, listing, out);
  pcode_image_fini(&image);
  return kind;
}

static enum loam_err translate(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  return pcode_program_is_extended(source) ? print_pascal(vm, source, false, out, err)
                                           : print_image(source, false, out, err);
}

static enum loam_err assemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  return is_p4(source) ? print_p4(source, false, out, err) : translate(vm, source, out, err);
}

static enum loam_err disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  if (is_p4(source)) return print_p4(source, true, out, err);
  return pcode_program_is_extended(source) ? print_pascal(vm, source, true, out, err)
                                           : print_image(source, true, out, err);
}

// ---- running -------------------------------------------------------------------------------------------------------

static int report(struct mutator *th, struct value error) {
  struct text text = {0};
  vm_note_uncaught(th);
  vm_flush(th->vm, NULL);
  pcode_error_print(th, error, &text);
  fputs(text.length ? text.bytes : "?\n", stderr);
  text_fini(&text);
  return 1;
}

void pcode_program_prepare(struct pcode_state *state) {
  pcode_heap_open(state);
  pcode_files_open(state);
  state->top = state->is_pascal ? state->program_cells : 0;
  ASSERT(state->top <= state->heap && state->heap <= state->limit,
         "pcode.I3: activations end at %lld, the heap begins at %lld of %lld", (long long)state->top,
         (long long)state->heap, (long long)state->limit);
  for (int64_t i = 0; i < state->top; i++) state->cells[i] = PCODE_UNDEFINED;
  if (!state->is_pascal) return;
  for (const struct pcode_string *string = state->strings; string; string = string->next) {
    ASSERT(string->address >= 0 && string->address + string->length <= state->program_cells,
           "pcode.I3: a string of %u cells at %lld, the program has %lld", string->length, (long long)string->address,
           (long long)state->program_cells);
    for (uint32_t i = 0; i < string->length; i++) state->cells[string->address + i] = (unsigned char)string->bytes[i];
  }
}

static int run(struct mutator *th, struct method *main_method, int argc, char **argv) {
  struct pcode_state *state = pcode_state_of(th);
  state->argc = argc;
  state->argv = argv;
  pcode_program_prepare(state);
  int result = 0;
  if (guest_call(th, main_method, pcode_word(0), NULL, 0) != DONE) result = th->killed ? 1 : report(th, th->pending);
  if (pcode_files_close(th) != DONE && !result) result = report(th, th->pending); // one error is enough to tell
  return result;
}

static int run_engine(struct mutator *th, const char *engine, const struct loam_source *source, int argc, char **argv) {
  ASSERT(strcmp(engine, "plain") == 0, "engine %s is asked for, and this is the machine as specified", engine);
  (void)engine, (void)argc, (void)argv;
  struct mvp_image image = {0};
  struct error err = {0};
  int status = 2;
  if (read_image(source, &image, &err) != LOAM_OK)
    fprintf(stderr, "loam: %s\n", err.text);
  else
    status = pcode_mvp_plain_run(th, &image) == DONE ? 0 : th->killed ? 1 : report(th, th->pending);
  pcode_mvp_image_fini(&image);
  return status;
}

static enum loam_status throw_stack_overflow(struct mutator *th) { return pcode_throw(th, PCODE_ERROR_STACK); }
static enum loam_status throw_out_of_memory(struct mutator *th) { return pcode_throw(th, PCODE_ERROR_MEMORY); }

static void print_value(struct mutator *th, struct value v, struct text *out) {
  (void)th;
  text_printf(out, "%lld", (long long)pcode_int(v));
}

static const struct heap_layout layouts[256];
static const char *const extensions[] = {".pas", ".pm", ".mvp", ".pcode", ".p4", NULL};
static const char *const engines[] = {"plain", NULL};

static const struct guest_option options[] = {
    {"checks", "WORD", "What a Pascal program is checked for: all, defined (no pointers), ranges or none"},
    {NULL, NULL, NULL},
};

const struct loam_guest pcode_guest = {
    .name = "pcode",
    .title = "P-code machines, Pascal- and Pascal",
    .extensions = extensions,
    .ops = &pcode_op_table,
    .layouts = layouts,
    .size_mask = UINT32_MAX,
    .ref_mask = UINT64_MAX, // no word is a reference
    .initial_local = {(uint64_t)PCODE_UNDEFINED},
    .heap_max_default = HEAP_MAX_DEFAULT,
    .open = open_guest,
    .close = close_guest,
    .roots = visit_roots,
    .recognise = recognise,
    .load = load,
    .run = run,
    .engines = engines,
    .run_engine = run_engine,
    .compile = translate,
    .assemble = assemble,
    .disassemble = disassemble,
    .repl_eval = pcode_repl_eval,
    .repl_load = pcode_repl_load,
    .options = options,
    .throw_stack_overflow = throw_stack_overflow,
    .throw_out_of_memory = throw_out_of_memory,
    .thrown = pcode_watch_thrown,
    .print_value = print_value,
};
