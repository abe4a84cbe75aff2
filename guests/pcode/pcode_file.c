// SPDX-License-Identifier: MIT
//
// pcode_file.c: see pcode_file.h. A component is fetched when it is looked at (lazy input): a program that asks for a
// number can print its question first.
#include "pcode_file.h"

#include "pcode_image.h"

#include <stdio.h>
#include <string.h>

#define FILES_MAX 4096
#define BYTES_MAX (1 << 30)

// ---- variables and files -------------------------------------------------------------------------------------------

struct pcode_file *pcode_file_of(struct mutator *th, struct value variable) {
  struct pcode_state *state = pcode_state_of(th);
  int64_t at = pcode_int(variable), number = pcode_is_cell(at) ? state->cells[at] : 0;
  if (number >= 1 && number <= state->file_count && state->files[number - 1].used &&
      pcode_are_cells(at, 1 + (int64_t)state->files[number - 1].component))
    return &state->files[number - 1];
  pcode_throw(th, PCODE_ERROR_FILE_UNDEFINED);
  return NULL;
}

struct pcode_file *pcode_file_reading(struct mutator *th, struct value variable) {
  struct pcode_file *file = pcode_file_of(th, variable);
  if (file && file->mode == PCODE_FILE_READING) return file;
  if (file) pcode_throw(th, file->mode == PCODE_FILE_WRITING ? PCODE_ERROR_NOT_READING : PCODE_ERROR_FILE_UNDEFINED);
  return NULL;
}

struct pcode_file *pcode_file_writing(struct mutator *th, struct value variable) {
  struct pcode_file *file = pcode_file_of(th, variable);
  if (file && file->mode == PCODE_FILE_WRITING) return file;
  if (file) pcode_throw(th, file->mode == PCODE_FILE_READING ? PCODE_ERROR_NOT_WRITING : PCODE_ERROR_FILE_UNDEFINED);
  return NULL;
}

static struct pcode_file *add_file(struct pcode_state *state) {
  for (uint32_t i = 0; i < state->file_count; i++)
    if (!state->files[i].used) return &state->files[i];
  if (state->file_count == FILES_MAX) return NULL;
  struct pcode_file *files = mem_resize(state->files, (state->file_count + 1) * sizeof *files);
  if (!files) return NULL;
  state->files = files;
  ASSERT(state->file_count < FILES_MAX, "pcode.I7: file %u of %u", state->file_count, FILES_MAX);
  return &files[state->file_count++];
}

// (variable, cells of a component, whether it is a text)
enum loam_status pcode_run_opn(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_state *state = pcode_state_of(th);
  struct pcode_file *file = add_file(state);
  (void)result;
  if (!file) return pcode_throw(th, PCODE_ERROR_MEMORY);
  *file = (struct pcode_file){.used = true, .is_text = args[2].bits, .component = (uint32_t)args[1].bits};
  if (!pcode_are_cells(pcode_int(args[0]), 1 + (int64_t)file->component))
    return pcode_throw_address(th, pcode_int(args[0]));
  state->cells[args[0].bits] = file - state->files + 1;
  return DONE;
}

// (variable, place among the program's files; -1: standard input, -2: standard output)
enum loam_status pcode_run_bnd(struct mutator *th, const struct value *args, struct value *result) {
  const struct pcode_state *state = pcode_state_of(th);
  struct pcode_file *file = pcode_file_of(th, args[0]);
  int64_t place = pcode_int(args[1]);
  (void)result;
  if (!file) return THROWN;
  file->is_input = place == -1;
  file->is_output = place == -2;
  if (place < 0) file->mode = file->is_input ? PCODE_FILE_READING : PCODE_FILE_WRITING;
  file->is_empty_line = true;
  if (place >= 0 && place + 1 < state->argc) file->path = state->argv[place + 1]; // behind the program itself
  return DONE;
}

static enum loam_status save(struct mutator *th, struct pcode_file *file) {
  if (!file->path || !file->changed) return DONE;
  FILE *out = fopen(file->path, "wb");
  bool good = out && fwrite(file->bytes.bytes, 1, file->bytes.length, out) == file->bytes.length;
  if (out) good = fclose(out) == 0 && good;
  file->changed = false;
  return good ? DONE : pcode_throw_text(th, PCODE_ERROR_FILE_WRITE, file->path);
}

static enum loam_status close_file(struct mutator *th, struct pcode_file *file) {
  ASSERT(file->used, "pcode.I7: a file of %zu bytes is closed twice", file->bytes.length);
  enum loam_status status = save(th, file);
  text_fini(&file->bytes);
  *file = (struct pcode_file){0};
  return status;
}

enum loam_status pcode_run_cls(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_of(th, args[0]);
  (void)result;
  return file ? close_file(th, file) : THROWN;
}

void pcode_files_open(struct pcode_state *state) { state->input_open = false; }

enum loam_status pcode_files_close(struct mutator *th) {
  struct pcode_state *state = pcode_state_of(th);
  enum loam_status status = DONE;
  for (uint32_t i = 0; i < state->file_count; i++)
    if (state->files[i].used && close_file(th, &state->files[i]) != DONE) status = THROWN;
  mem_free(state->files);
  state->files = NULL;
  state->file_count = 0;
  return status;
}

// ---- modes ---------------------------------------------------------------------------------------------------------

static enum loam_status load(struct mutator *th, struct pcode_file *file) {
  char block[65536];
  size_t length;
  FILE *in = fopen(file->path, "rb");
  if (!in) return pcode_throw_text(th, PCODE_ERROR_FILE_OPEN, file->path);
  text_clear(&file->bytes);
  while ((length = fread(block, 1, sizeof block, in)) > 0 && file->bytes.length < BYTES_MAX)
    text_add(&file->bytes, block, length);
  bool failed = ferror(in) || file->bytes.failed || file->bytes.length >= BYTES_MAX;
  fclose(in);
  return failed ? pcode_throw_text(th, PCODE_ERROR_FILE_OPEN, file->path) : DONE;
}

enum loam_status pcode_run_rst(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_of(th, args[0]);
  (void)result;
  if (!file) return THROWN;
  if (file->is_output) return pcode_throw(th, PCODE_ERROR_RESET);
  bool fresh = file->mode == PCODE_FILE_UNDEFINED;
  if (fresh && !file->path && !file->is_input) return pcode_throw(th, PCODE_ERROR_RESET);
  if (file->path && !file->changed && load(th, file) != DONE) return THROWN;
  size_t length = file->bytes.length;
  if (file->is_text && length && file->bytes.bytes[length - 1] != '\n') text_add_char(&file->bytes, '\n');
  file->mode = PCODE_FILE_READING;
  file->filled = false;
  file->at = 0;
  return DONE;
}

enum loam_status pcode_run_rwr(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_of(th, args[0]);
  (void)result;
  if (!file) return THROWN;
  if (file->is_input) return pcode_throw(th, PCODE_ERROR_NOT_WRITING);
  text_clear(&file->bytes);
  file->mode = PCODE_FILE_WRITING;
  file->changed = file->is_empty_line = true;
  file->filled = false;
  for (uint32_t i = 0; i < file->component; i++) pcode_cells(th)[args[0].bits + 1 + i] = PCODE_UNDEFINED;
  return DONE;
}

// ---- components ----------------------------------------------------------------------------------------------------

static size_t component_bytes(const struct pcode_file *file) {
  return file->is_text ? 1 : file->component * sizeof(int64_t);
}

bool pcode_file_at_end(struct mutator *th, struct pcode_file *file) {
  if (file->mode == PCODE_FILE_WRITING) return true;
  if (file->at + component_bytes(file) <= file->bytes.length) return false;
  if (!file->is_input) return true;
  text_clear(&file->bytes); // what was read is not needed again
  file->at = 0;
  if (!pcode_read_line(th, &file->bytes)) return true;
  text_add_char(&file->bytes, '\n');
  return false;
}

// Puts the component at the place that is read into the buffer variable.
static enum loam_status fill(struct mutator *th, struct pcode_file *file, int64_t variable) {
  if (pcode_file_at_end(th, file)) return pcode_throw(th, PCODE_ERROR_AT_END);
  int64_t *buffer = &pcode_cells(th)[variable + 1];
  ASSERT(file->at + component_bytes(file) <= file->bytes.length &&
             pcode_are_cells(variable, 1 + (int64_t)file->component),
         "pcode.I7: bytes %zu to %zu are read of %zu", file->at, file->at + component_bytes(file), file->bytes.length);
  const char *from = file->bytes.bytes + file->at;
  if (file->is_text)
    *buffer = *from == '\n' ? ' ' : (unsigned char)*from;
  else
    memcpy(buffer, from, component_bytes(file));
  file->filled = true;
  return DONE;
}

enum loam_status pcode_run_buf(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_of(th, args[0]);
  if (!file) return THROWN;
  if (file->mode == PCODE_FILE_UNDEFINED) return pcode_throw(th, PCODE_ERROR_FILE_UNDEFINED);
  if (file->mode == PCODE_FILE_READING && !file->filled && fill(th, file, pcode_int(args[0])) != DONE) return THROWN;
  *result = pcode_word(pcode_int(args[0]) + 1);
  return DONE;
}

enum loam_status pcode_run_get(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_reading(th, args[0]);
  (void)result;
  if (!file) return THROWN;
  if (pcode_file_at_end(th, file)) return pcode_throw(th, PCODE_ERROR_AT_END);
  ASSERT(file->at + component_bytes(file) <= file->bytes.length, "pcode.I7: byte %zu of %zu is left behind", file->at,
         file->bytes.length);
  file->at += component_bytes(file);
  file->filled = false;
  return DONE;
}

static enum loam_status put(struct mutator *th, const struct value *args, bool looks) {
  struct pcode_file *file = pcode_file_writing(th, args[0]);
  if (!file) return THROWN;
  int64_t *buffer = &pcode_cells(th)[args[0].bits + 1];
  ASSERT(pcode_are_cells(pcode_int(args[0]), 1 + (int64_t)file->component),
         "pcode.I7: a buffer of %u cells lies behind cell %lld", file->component, (long long)pcode_int(args[0]));
  if (looks && buffer[0] == PCODE_UNDEFINED) return pcode_throw(th, PCODE_ERROR_BUFFER);
  char c = (char)buffer[0];
  enum loam_status status = file->is_text ? pcode_file_add(th, file, &c, 1)
                                          : pcode_file_add(th, file, (const char *)buffer, component_bytes(file));
  for (uint32_t i = 0; i < file->component; i++) buffer[i] = PCODE_UNDEFINED;
  return status;
}
enum loam_status pcode_run_put(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, put(th, args, true);
}
enum loam_status pcode_run_ptu(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, put(th, args, false);
}

enum loam_status pcode_run_eof(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_of(th, args[0]);
  if (!file) return THROWN;
  if (file->mode == PCODE_FILE_UNDEFINED) return pcode_throw(th, PCODE_ERROR_FILE_UNDEFINED);
  result->bits = pcode_file_at_end(th, file);
  return DONE;
}

enum loam_status pcode_run_eln(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_reading(th, args[0]);
  if (!file) return THROWN;
  if (pcode_file_at_end(th, file)) return pcode_throw(th, PCODE_ERROR_AT_END);
  ASSERT(file->at < file->bytes.length, "pcode.I7: byte %zu of %zu is looked at", file->at, file->bytes.length);
  result->bits = file->bytes.bytes[file->at] == '\n';
  return DONE;
}

enum loam_status pcode_file_add(struct mutator *th, struct pcode_file *file, const char *bytes, size_t length) {
  if (!length) return DONE;
  file->is_empty_line = bytes[length - 1] == '\n';
  if (file->is_output) return vm_write(th, bytes, length);
  if (file->bytes.length + length < BYTES_MAX) text_add(&file->bytes, bytes, length);
  return file->bytes.failed || file->bytes.length + length >= BYTES_MAX ? pcode_throw(th, PCODE_ERROR_MEMORY) : DONE;
}
