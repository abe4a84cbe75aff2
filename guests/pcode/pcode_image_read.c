// SPDX-License-Identifier: MIT
//
// pcode_image_read.c: the text of extended P-code, as `loam compile` writes it:
//
//     pcode CELLS                          what the program's variables and strings take
//     string ADDRESS CODE CODE ...         characters that lie there at the start
//     proc NAME PARAMETERS LOCALS HANDLER  a procedure; the first is the program; HANDLER 0 is none
//       OP IMMEDIATE ... # LINE:COLUMN     a branch's target is an instruction's number in its procedure
//
// Everything that the bodies of the instructions take for granted is checked here or by the verifier.
#include "pcode_image.h"

#include "pcode_ops.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 200

struct reader {
  const struct loam_source *source;
  struct pcode_image *image;
  struct error *err;
  const char *at;
  uint32_t line;
  struct pcode_code *code;
};

static enum loam_err refuse(const struct reader *reader, const char *expected) {
  size_t length = strcspn(reader->at, " \t\r\n");
  return error_set(reader->err, LOAM_ERR_INPUT, "%s:%u: expected %s, found '%.*s'", reader->source->name, reader->line,
                   expected, (int)(length < 60 ? length : 60), reader->at);
}

static size_t next_word(struct reader *reader) {
  reader->at += strspn(reader->at, " \t\r");
  return *reader->at == '#' ? 0 : strcspn(reader->at, " \t\r\n");
}

static bool take_word(struct reader *reader, const char *word) {
  size_t length = next_word(reader);
  if (length != strlen(word) || memcmp(reader->at, word, length) != 0) return false;
  reader->at += length;
  return true;
}

static bool take_number(struct reader *reader, int64_t low, int64_t high, int64_t *out) {
  char *end;
  size_t length = next_word(reader);
  *out = strtoll(reader->at, &end, 10);
  if (!length || end != reader->at + length || *out < low || *out > high) return false;
  reader->at = end;
  return true;
}

static enum loam_err read_string(struct reader *reader) {
  int64_t address, code;
  struct text bytes = {0};
  if (!take_number(reader, 0, reader->image->cells, &address)) return refuse(reader, "an address of the program's");
  while (take_number(reader, 0, 255, &code)) text_add_char(&bytes, (char)code);
  enum loam_err kind = LOAM_OK;
  if (next_word(reader))
    kind = refuse(reader, "the code of a character");
  else if (address + (int64_t)bytes.length > reader->image->cells)
    kind = refuse(reader, "a string in the program's cells");
  struct pcode_string *string = arena_alloc(&reader->image->memory, sizeof *string + bytes.length);
  if (!string || bytes.failed) reader->image->failed = true;
  if (string && bytes.length) memcpy(string + 1, bytes.bytes, bytes.length);
  if (string)
    *string = (struct pcode_string){address, (char *)(string + 1), (uint32_t)bytes.length, reader->image->strings};
  if (string) reader->image->strings = string;
  text_fini(&bytes);
  return kind;
}

static enum loam_err read_proc(struct reader *reader) {
  char name[NAME_MAX_BYTES + 1];
  int64_t params, locals, handler;
  size_t length = next_word(reader);
  if (!length || length > NAME_MAX_BYTES) return refuse(reader, "the name of a procedure");
  memcpy(name, reader->at, length);
  name[length] = 0;
  reader->at += length;
  if (!take_number(reader, 0, 30000, &params) || !take_number(reader, params, 31000, &locals) ||
      !take_number(reader, 0, UINT32_MAX, &handler))
    return refuse(reader, "numbers of parameters, locals and the handler");
  uint32_t number = pcode_image_add_code(reader->image, name);
  if (reader->image->failed) return LOAM_OK;
  reader->code = &reader->image->codes[number];
  ASSERT(params <= locals && number < reader->image->code_count,
         "pcode.I5: procedure %u has %lld parameters in %lld locals", number, (long long)params, (long long)locals);
  reader->code->params = (uint32_t)params;
  reader->code->locals = (uint32_t)locals;
  reader->code->handler = (uint32_t)handler;
  return LOAM_OK;
}

// An instruction of the other machine takes for granted what its own loader checked.
static bool is_extended(const struct op_info *info) {
  bool capital = op_name(info)[0] >= 'A' && op_name(info)[0] <= 'Z';
  return !capital || !info->imm_count || op_imms(info)[0].kind == IMM_TARGET || op_imms(info)[0].kind >= IMM_CALLEE;
}

static uint16_t find_op(const char *word, size_t length) {
  uint16_t op = CORE_OP_COUNT;
  for (; op < pcode_op_table.base_count; op++) {
    const struct op_info *info = &pcode_op_table.ops[op];
    if (info->flags & OP_INTERNAL) continue;
    if (strlen(op_name(info)) == length && memcmp(op_name(info), word, length) == 0 && is_extended(info)) break;
  }
  return op;
}

static bool take_immediate(struct reader *reader, enum imm_kind kind, int64_t *out) {
  switch (kind) {
  case IMM_U16:
  case IMM_INDEX: return take_number(reader, 0, UINT16_MAX, out);
  case IMM_I32: return take_number(reader, INT32_MIN, INT32_MAX, out);
  case IMM_PTR: return take_number(reader, INT64_MIN, INT64_MAX, out);
  default: return take_number(reader, 0, UINT32_MAX, out);
  }
}

static enum loam_err read_insn(struct reader *reader) {
  size_t length = next_word(reader);
  struct pcode_insn insn = {.op = find_op(reader->at, length)};
  int64_t line = 0, column = 0;
  if (insn.op == pcode_op_table.base_count) return refuse(reader, "an instruction of extended P-code");
  if (!reader->code) return refuse(reader, "'proc' before the first instruction");
  ASSERT(reader->code == &reader->image->codes[reader->image->code_count - 1],
         "pcode.I5: line %u is an instruction of another procedure than the last of %u", reader->line,
         reader->image->code_count);
  const struct op_info *info = &pcode_op_table.ops[insn.op];
  reader->at += length;
  for (unsigned i = 0; i < info->imm_count && i < 3 && op_imms(info)[i].kind < IMM_CALLEE; i++)
    if (!take_immediate(reader, op_imms(info)[i].kind, &insn.imm[i])) return refuse(reader, "an immediate that fits");
  if (next_word(reader)) return refuse(reader, "no more immediates");
  if (*reader->at == '#') {
    char *end;
    line = strtoll(reader->at + 1, &end, 10);
    if (*end == ':') column = strtoll(end + 1, NULL, 10);
  }
  insn.line = line > 0 && line <= INT32_MAX ? (uint32_t)line : reader->line;
  insn.column = column > 0 && column <= INT32_MAX ? (uint32_t)column : 1;
  pcode_image_add_insn(reader->image, reader->code, insn);
  return LOAM_OK;
}

static enum loam_err read_line(struct reader *reader) {
  ASSERT(reader->at <= reader->source->bytes + reader->source->length, "line %u begins at byte %td of %zu",
         reader->line, reader->at - reader->source->bytes, reader->source->length);
  if (!next_word(reader)) return LOAM_OK;
  if (take_word(reader, "string")) return read_string(reader);
  return take_word(reader, "proc") ? read_proc(reader) : read_insn(reader);
}

static enum loam_err check_handlers(const struct reader *reader) {
  const struct pcode_image *image = reader->image;
  if (!image->code_count) return refuse(reader, "'proc' and a program");
  if (image->codes[0].params) return refuse(reader, "a program without parameters");
  for (uint32_t i = 0; i < image->code_count; i++)
    if (!image->codes[i].count || image->codes[i].handler >= image->codes[i].count)
      return refuse(reader, "procedures with instructions, and handlers among them");
  return LOAM_OK;
}

bool pcode_image_recognise(const struct loam_source *source) {
  const char *at = source->bytes;
  while (*at == '#' || *at == '\n') at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
  return strncmp(at, "pcode ", 6) == 0 && at[6] >= '0' && at[6] <= '9';
}

enum loam_err pcode_image_read(const struct loam_source *source, struct pcode_image *image, struct error *err) {
  struct reader reader = {.source = source, .image = image, .err = err, .at = source->bytes, .line = 1};
  enum loam_err kind = LOAM_OK;
  if (strlen(source->bytes) != source->length) return refuse(&reader, "a text without zero bytes");
  for (; !next_word(&reader) && *reader.at; reader.line++) { // comments
    reader.at += strcspn(reader.at, "\n");
    reader.at += *reader.at == '\n';
  }
  if (!take_word(&reader, "pcode") || !take_number(&reader, 1, PCODE_CELLS, &image->cells))
    return refuse(&reader, "'pcode' and the number of cells");
  while (kind == LOAM_OK && !image->failed && *reader.at) {
    reader.at += strcspn(reader.at, "\n");
    if (!*reader.at) break;
    reader.at++;
    reader.line++;
    kind = read_line(&reader);
  }
  if (kind == LOAM_OK && image->failed)
    return error_set(err, LOAM_ERR_MEMORY, "%s: no memory to read it", source->name);
  return kind == LOAM_OK ? check_handlers(&reader) : kind;
}
