// SPDX-License-Identifier: MIT
//
// pcode_p4_run.c: the standard procedures of the P4 machine, in terms of the library's. A file is the address of its
// buffer: 5 input, 6 output, 7 prd, 8 prr; the variable that the library wants lies behind the program's cells. The
// buffer of a file that is read holds the next character always, as a program may look at it with `ldo`; a blank at an
// end of line and at the file's end.
#include "pcode_file.h"
#include "pcode_p4.h"

#include <string.h>

// The library's variable of a file; address -1, at which no file is, when it is none.
static struct value variable_of(struct mutator *th, struct value file) {
  uint64_t number = file.bits - P4_FIRST_FILE;
  if (number >= P4_FILES) return pcode_word(-1);
  return pcode_word(pcode_state_of(th)->program_cells - 2 * (P4_FILES - (int64_t)number));
}

// Puts the next character into a file's buffer.
static enum loam_status look(struct mutator *th, struct value address) {
  struct pcode_file *file = pcode_file_reading(th, variable_of(th, address));
  if (!file) return THROWN;
  char c = pcode_file_at_end(th, file) ? '\n' : file->bytes.bytes[file->at];
  ASSERT(address.bits >= P4_FIRST_FILE && address.bits < P4_FIRST_FILE + P4_FILES,
         "pcode.I7: the variable of a P4 file is cell %llu", (unsigned long long)address.bits);
  pcode_cells(th)[address.bits] = c == '\n' ? ' ' : (unsigned char)c;
  return DONE;
}

// Makes a file ready that the start code has opened.
enum loam_status pcode_run_p4opn(struct mutator *th, const struct value *args, struct value *result) {
  struct value variable = variable_of(th, args[0]);
  struct pcode_file *file = pcode_file_of(th, variable);
  if (!file) return THROWN;
  bool is_read = args[0].bits == P4_FIRST_FILE || args[0].bits == P4_FIRST_FILE + 2;
  if (!file->path && !file->is_input && !file->is_output)
    return pcode_throw_text(th, is_read ? PCODE_ERROR_FILE_OPEN : PCODE_ERROR_FILE_WRITE,
                            is_read ? "prd, as the command line doesn't name it"
                                    : "prr, as the command line doesn't name it");
  if (file->is_output) return DONE;
  if (!is_read) return pcode_run_rwr(th, &variable, result);
  return pcode_run_rst(th, &variable, result) == DONE ? look(th, args[0]) : THROWN;
}

enum loam_status pcode_run_p4get(struct mutator *th, const struct value *args, struct value *result) {
  struct value variable = variable_of(th, args[0]);
  return pcode_run_get(th, &variable, result) == DONE ? look(th, args[0]) : THROWN;
}

enum loam_status pcode_run_p4rln(struct mutator *th, const struct value *args, struct value *result) {
  struct value variable = variable_of(th, args[0]);
  return pcode_run_rln(th, &variable, result) == DONE ? look(th, args[0]) : THROWN;
}

enum loam_status pcode_run_p4put(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_file *file = pcode_file_writing(th, variable_of(th, args[0]));
  (void)result;
  if (!file) return THROWN;
  ASSERT(args[0].bits >= P4_FIRST_FILE && args[0].bits < P4_FIRST_FILE + P4_FILES,
         "pcode.I7: the variable of a P4 file is cell %llu", (unsigned long long)args[0].bits);
  char c = (char)pcode_cells(th)[args[0].bits];
  return pcode_file_add(th, file, &c, 1);
}

enum loam_status pcode_run_p4wln(struct mutator *th, const struct value *args, struct value *result) {
  struct value variable = variable_of(th, args[0]);
  return pcode_run_wln(th, &variable, result);
}

enum loam_status pcode_run_p4eln(struct mutator *th, const struct value *args, struct value *result) {
  struct value variable = variable_of(th, args[0]);
  return pcode_run_eln(th, &variable, result);
}

enum loam_status pcode_run_p4eof(struct mutator *th, const struct value *args, struct value *result) {
  struct value variable = variable_of(th, args[0]);
  return pcode_run_eof(th, &variable, result);
}

// ---- reading: (address, file)
// ----------------------------------------------------------------------------------------

static enum loam_status read_with(struct mutator *th, pcode_routine_fn *read, const struct value *args) {
  struct value variable = variable_of(th, args[1]), made;
  if (!pcode_is_cell(pcode_int(args[0]))) return pcode_throw_address(th, pcode_int(args[0]));
  if (read(th, &variable, &made) != DONE) return THROWN;
  pcode_cells(th)[args[0].bits] = pcode_int(made);
  return look(th, args[1]);
}

enum loam_status pcode_run_p4rdi(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, read_with(th, pcode_run_rdi, args);
}
enum loam_status pcode_run_p4rdr(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, read_with(th, pcode_run_rdr, args);
}
enum loam_status pcode_run_p4rdc(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, read_with(th, pcode_run_rdc, args);
}

// ---- writing: (value, width, file)
// -----------------------------------------------------------------------------------

static enum loam_status write_with(struct mutator *th, pcode_routine_fn *write, const struct value *args) {
  struct value made, moved[] = {variable_of(th, args[2]), args[0], args[1]};
  if (pcode_int(moved[2]) < 1) moved[2] = pcode_word(1); // as many as it needs
  return write(th, moved, &made);
}

enum loam_status pcode_run_p4wri(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, write_with(th, pcode_run_wri, args);
}
enum loam_status pcode_run_p4wrr(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, write_with(th, pcode_run_wrr, args);
}
enum loam_status pcode_run_p4wrc(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, write_with(th, pcode_run_wrc, args);
}

// (address, width, length, file)
enum loam_status pcode_run_p4wrs(struct mutator *th, const struct value *args, struct value *result) {
  struct value moved[] = {variable_of(th, args[3]), args[0], args[2], args[1]};
  if (pcode_int(args[1]) < 1) return pcode_file_writing(th, moved[0]) ? DONE : THROWN;
  return pcode_run_wrs(th, moved, result);
}

// ---- the heap ------------------------------------------------------------------------------------------------------

// (address of a pointer, cells)
enum loam_status pcode_run_p4new(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_state *state = pcode_state_of(th);
  int64_t size = pcode_int(args[1]);
  ASSERT(state->top <= state->heap, "pcode.I3: activations end at %lld, the heap begins at %lld", (long long)state->top,
         (long long)state->heap);
  (void)result;
  if (!pcode_is_cell(pcode_int(args[0]))) return pcode_throw_address(th, pcode_int(args[0]));
  if (size < 0 || size > state->heap - state->top) return pcode_throw(th, PCODE_ERROR_MEMORY);
  state->heap -= size;
  state->cells[args[0].bits] = state->heap;
  return DONE;
}

// Keeps the heap's end, for rst.
enum loam_status pcode_run_p4sav(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_state *state = pcode_state_of(th);
  (void)result;
  if (!pcode_is_cell(pcode_int(args[0]))) return pcode_throw_address(th, pcode_int(args[0]));
  state->cells[args[0].bits] = state->heap;
  return DONE;
}

// Gives back what was made since.
enum loam_status pcode_run_p4rst(struct mutator *th, const struct value *args, struct value *result) {
  struct pcode_state *state = pcode_state_of(th);
  (void)result;
  if (pcode_int(args[0]) < state->heap || pcode_int(args[0]) > state->limit)
    return pcode_p4_throw_pointer(th, pcode_int(args[0]));
  ASSERT(state->top <= state->heap, "pcode.I3: activations end at %lld, the heap begins at %lld", (long long)state->top,
         (long long)state->heap);
  state->heap = pcode_int(args[0]);
  return DONE;
}

enum loam_status pcode_p4_throw_pointer(struct mutator *th, int64_t pointer) {
  if (pointer == P4_NIL) return pcode_throw(th, PCODE_ERROR_NIL);
  enum loam_status status = pcode_throw(th, PCODE_ERROR_NO_POINTER);
  text_printf(&pcode_state_of(th)->detail, ": %lld", (long long)pointer);
  return status;
}
