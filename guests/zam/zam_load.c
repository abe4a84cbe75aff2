// SPDX-License-Identifier: MIT
//
// zam_load.c: the sections of an executable become code, primitives and globals.
#include "zam_load.h"

#include "zam_debugger.h"
#include "zam_function.h"
#include "zam_intern.h"
#include "zam_library.h"
#include "zam_prim.h"
#include "zam_start.h"
#include "zam_translate.h"

#include <string.h>

struct zam_code *zam_code_create(struct zam_state *state, const char *bytes, size_t length, bool stays) {
  uint32_t count = (uint32_t)(length / sizeof(int32_t));
  bool as_it_is = stays && (uintptr_t)bytes % _Alignof(int32_t) == 0;
  struct zam_code *code = mem_alloc(sizeof *code);
  int32_t *copy = as_it_is ? NULL : mem_alloc(length + 1);
  if (!code || (!copy && !as_it_is)) {
    mem_free(code);
    mem_free(copy);
    return NULL;
  }
  if (copy) memcpy(copy, bytes, length);
  const int32_t *words = copy ? copy : (const int32_t *)(const void *)bytes;
  *code = (struct zam_code){.words = {words, count}, .copy = copy, .number = state->code_count++, .next = state->codes};
  ASSERT(!code->next || code->next->number < code->number, "code %u is made after code %u", code->number,
         code->next->number);
  return state->codes = code;
}

void zam_code_free(struct zam_code *code) {
  ASSERT(!code->function_count || code->function_count < code->function_room,
         "zam.I1: code %u with %u functions, in a table of %u", code->number, code->function_count,
         code->function_room);
  for (uint32_t i = 0; i < code->function_room; i++)
    if (code->functions[i] && code->functions[i]->arity == ZAM_ARITY_UNKNOWN) mem_free(code->functions[i]->cold_code);
  mem_free(code->copy);
  mem_free(code->functions);
  mem_free(code->places);
  arena_fini(&code->place_texts);
  zam_watch_free(code->watch);
  mem_free(code);
}

static const char *copy_text(struct zam_state *state, const char *text) {
  size_t length = strlen(text);
  char *copy = arena_alloc(&state->memory, length + 1); // zeroed
  return copy ? memcpy(copy, text, length) : NULL;
}

// ---- primitives ----------------------------------------------------------------------------------------------------

static bool is_builtin(const char *name) {
  for (const char *const *known = zam_builtin_names; *known; known++)
    if (strcmp(*known, name) == 0) return true;
  return false;
}

// What a builtin without code becomes: calling it raises Failure with its name.
static const struct zam_prim *make_missing(struct zam_state *state, const char *name) {
  struct zam_prim *prim = arena_alloc(&state->memory, sizeof *prim);
  const char *copy = copy_text(state, name);
  if (!prim || !copy) return NULL;
  *prim = (struct zam_prim){.name = copy};
  return prim;
}

static enum loam_err refuse_prim(struct zam_state *state, const struct zam_image *image, const char *name,
                                 struct error *err) {
  struct text message = {0};
  text_printf(&message, "unknown C primitive `%s'", name);
  zam_libraries_print(state, &message);
  if (image->source->length > 4 && memcmp(image->source->bytes, "\177ELF", 4) == 0)
    text_printf(&message,
                "\nThis program was linked with C code of its own (ocamlc -custom): it runs without a machine");
  enum loam_err kind = zam_library_fatal(state, err, &message);
  text_fini(&message);
  return kind;
}

static enum loam_err read_prims(struct zam_state *state, const struct zam_image *image, struct error *err) {
  ASSERT(!state->prims && !state->prim_count, "zam.I3: %u primitives are there before they are read",
         state->prim_count);
  size_t at = 0, count = 0;
  if (image->prim.length && image->prim.bytes[image->prim.length - 1])
    return error_set(err, LOAM_ERR_INPUT, "%s, section PRIM: expected names ended by zero bytes, found one that isn't",
                     state->program);
  for (size_t i = 0; i < image->prim.length; i++) count += image->prim.bytes[i] == 0;
  state->prims = mem_alloc_zero(count + 1, sizeof *state->prims);
  if (!state->prims) return error_set(err, LOAM_ERR_MEMORY, "no memory for the primitives");
  // No more than were counted: the file is mapped, and may be written to meanwhile.
  for (const char *name; state->prim_count < count && (name = zam_section_name(&image->prim, &at));
       state->prim_count++) {
    const struct zam_prim *prim = zam_prim_find(name);
    if (!prim && is_builtin(name)) prim = make_missing(state, name);
    if (!prim) prim = zam_library_find(state, name);
    if (!prim) return refuse_prim(state, image, name, err);
    state->prims[state->prim_count] = prim;
  }
  return LOAM_OK;
}

// ---- globals -------------------------------------------------------------------------------------------------------

static enum loam_err read_globals(struct zam_state *state, const struct zam_image *image, struct error *err) {
  ASSERT(!state->global_count, "zam.I11: globals are read, and %u are there", state->global_count);
  struct zam_marshal_header header;
  if (!zam_marshal_read_header(image->data.bytes, image->data.length, &header) ||
      header.data_bytes > image->data.length - header.header_bytes)
    return error_set(err, LOAM_ERR_INPUT, "%s, section DATA: expected a marshalled value, found something else",
                     state->program);
  struct mutator *th = vm_main_mutator(state->vm);
  struct value globals;
  if (zam_intern(th, image->data.bytes + header.header_bytes, &header, &globals) != DONE)
    return error_set(err, LOAM_ERR_INPUT, "%s, section DATA: it can't be read", state->program);
  if (!zam_is_block(globals) || zam_tag(globals) != 0 || zam_size(globals) < ZAM_UNDEFINED_RECURSIVE_MODULE + 1)
    return error_set(err, LOAM_ERR_INPUT, "%s, section DATA: expected a block of globals, found something else",
                     state->program);
  state->globals = globals;
  state->global_count = (uint32_t)zam_size(globals);
  return LOAM_OK;
}

static enum loam_status run_main(struct mutator *th, struct value *args, struct value *result) {
  (void)args;
  *result = ZAM_UNIT;
  return zam_start_run(th);
}

enum loam_err zam_load(struct vm *vm, const struct loam_source *source, struct method **main_method,
                       struct error *err) {
  struct zam_state *state = vm_guest_state(vm);
  struct zam_image image;
  enum loam_err kind = zam_image_read(source, &image, err);
  if (kind != LOAM_OK) return kind;
  if (state->codes) return error_set(err, LOAM_ERR_USAGE, "%s: a VM of zam runs one program", source->name);
  state->program = copy_text(state, source->name);
  struct zam_code *code = zam_code_create(state, image.code.bytes, image.code.length, source->stays);
  if (!code || !state->program) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory for its code", source->name);
  kind = zam_function_prepare(state, err);
  if (kind == LOAM_OK) kind = zam_libraries_open(state, &image, err);
  if (kind == LOAM_OK) kind = read_prims(state, &image, err);
  if (kind == LOAM_OK) kind = read_globals(state, &image, err);
  if (kind != LOAM_OK) return kind;
  return method_create_native(vm, "main", 0, run_main, NULL, main_method, err);
}

enum loam_err zam_load_piece(struct zam_state *state, uint32_t pc, uint32_t depth, struct method **method,
                             uint32_t *next, struct error *err) {
  struct zam_code *code = zam_program_code(state);
  if (pc >= code->words.count)
    return error_set(err, LOAM_ERR_INPUT, "%s, word %u: expected an instruction, found the end of the code",
                     state->program, pc);
  struct zam_function *function = zam_function_at(state, code, pc);
  if (!function) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory for its code", state->program);
  return zam_translate_piece(state, function, depth, next, method, err);
}

// ---- all functions -------------------------------------------------------------------------------------------------

enum loam_err zam_code_each_function(const struct zam_code *code, const char *place, zam_function_fn *fn, void *context,
                                     struct error *err) {
  struct zam_insn insn;
  for (uint32_t pc = 0; pc < code->words.count; pc += insn.length) {
    if (!zam_insn_read(&code->words, pc, &insn))
      return error_set(err, LOAM_ERR_INPUT, "%s, word %u: expected an instruction, found %d", place, pc,
                       code->words.words[pc]);
    if (insn.op != ZAM_CLOSURE && insn.op != ZAM_CLOSUREREC) continue;
    uint32_t count = zam_insn_label_count(&insn);
    for (uint32_t i = 0; i < count; i++) {
      int64_t to = zam_insn_label(&code->words, &insn, i);
      if (to < 0 || to >= code->words.count)
        return error_set(err, LOAM_ERR_INPUT, "%s, word %u: expected a function inside the code, found one at %lld",
                         place, pc, (long long)to);
      if (!fn(context, (uint32_t)to)) return LOAM_OK;
    }
  }
  return LOAM_OK;
}

struct verification {
  struct zam_state *state;
  struct error *err;
  enum loam_err kind;
};

static bool verify_function(void *context, uint32_t pc) {
  struct verification *job = context;
  struct zam_function *function = zam_function_at(job->state, job->state->codes, pc);
  job->kind = function ? zam_function_translate(job->state, function, job->err)
                       : error_set(job->err, LOAM_ERR_MEMORY, "no memory for a function");
  return job->kind == LOAM_OK;
}

enum loam_err zam_verify(struct vm *vm, struct error *err) {
  struct verification job = {vm_guest_state(vm), err, LOAM_OK};
  struct method *method;
  uint32_t piece = 0;
  ASSERT(job.state->codes && !job.state->codes->next, "the newest of %u codes is verified, and not the program's",
         job.state->code_count);
  job.state->verifies = true;
  do {
    job.kind = zam_load_piece(job.state, piece, 0, &method, &piece, err);
  } while (job.kind == LOAM_OK && piece);
  if (job.kind != LOAM_OK) return job.kind;
  enum loam_err kind = zam_code_each_function(job.state->codes, job.state->program, verify_function, &job, err);
  return kind == LOAM_OK ? job.kind : kind;
}
