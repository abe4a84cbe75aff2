// SPDX-License-Identifier: MIT
//
// pcode_p4.c: the text form of P4 programs, read and written. A line's first character says what it is: `i` a comment,
// `l` a label, `q` the end of one of the two sections, a blank an instruction. `#` starts a comment too, which is
// loam's own. A mnemonic has three letters and, for some, the letter of a type right behind it; numbers are decimal.
// The text of an lca goes up to the line's last quote.
#include "pcode_p4.h"

#include "pcode_routine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 1000000
#define INSNS_MAX (1 << 22)
#define TEXT_BYTES_MAX 10000
#define LOAD_ADDRESS 3 // of the first section; the start code lies before it

const struct p4_op_info pcode_p4_ops[P4_OP_COUNT] = {
#define P4_OP(name, letters, form) [P4_##name] = {#name, letters, P4_FORM_##form},
#include "pcode_p4.def"
#undef P4_OP
};

const struct p4_standard pcode_p4_standards[] = {
    {"get", "a", 0, PCODE_ROUTINE_p4get},    {"put", "a", 0, PCODE_ROUTINE_p4put},
    {"rst", "a", 0, PCODE_ROUTINE_p4rst},    {"rln", "a", 0, PCODE_ROUTINE_p4rln},
    {"new", "ai", 0, PCODE_ROUTINE_p4new},   {"wln", "a", 0, PCODE_ROUTINE_p4wln},
    {"wrs", "aiia", 0, PCODE_ROUTINE_p4wrs}, {"eln", "a", 'b', PCODE_ROUTINE_p4eln},
    {"wri", "iia", 0, PCODE_ROUTINE_p4wri},  {"wrr", "ria", 0, PCODE_ROUTINE_p4wrr},
    {"wrc", "cia", 0, PCODE_ROUTINE_p4wrc},  {"rdi", "aa", 0, PCODE_ROUTINE_p4rdi},
    {"rdr", "aa", 0, PCODE_ROUTINE_p4rdr},   {"rdc", "aa", 0, PCODE_ROUTINE_p4rdc},
    {"sin", "r", 'r', PCODE_ROUTINE_sin},    {"cos", "r", 'r', PCODE_ROUTINE_cos},
    {"exp", "r", 'r', PCODE_ROUTINE_exp},    {"log", "r", 'r', PCODE_ROUTINE_log},
    {"sqt", "r", 'r', P4_NO_ROUTINE},        {"atn", "r", 'r', PCODE_ROUTINE_atn},
    {"sav", "a", 0, PCODE_ROUTINE_p4sav},    {NULL, NULL, 0, 0},
};

void pcode_p4_fini(struct p4_program *program) {
  mem_free(program->insns);
  mem_free(program->labels);
  mem_free(program->label_at);
  arena_fini(&program->memory);
  *program = (struct p4_program){0};
}

// ---- reading -------------------------------------------------------------------------------------------------------

struct reader {
  const struct loam_source *source;
  struct p4_program *program;
  struct error *err;
  const char *at, *end; // the rest of the line
  uint32_t line;
  unsigned sections; // that ended
};

static enum loam_err refuse(const struct reader *reader, const char *expected) {
  size_t length = 0;
  while (reader->at + length < reader->end && length < 60 && !strchr(" \t\r", reader->at[length])) length++;
  if (!length)
    return error_set(reader->err, LOAM_ERR_INPUT, "%s:%u: expected %s, found the end of the line", reader->source->name,
                     reader->line, expected);
  return error_set(reader->err, LOAM_ERR_INPUT, "%s:%u: expected %s, found '%.*s'", reader->source->name, reader->line,
                   expected, (int)length, reader->at);
}

static enum loam_err miss_memory(const struct reader *reader) {
  return error_set(reader->err, LOAM_ERR_MEMORY, "%s: no memory to read it", reader->source->name);
}

static void skip_blanks(struct reader *reader) {
  while (reader->at < reader->end && strchr(" \t\r", *reader->at)) reader->at++;
}

static bool is_at_end(struct reader *reader) {
  skip_blanks(reader);
  return reader->at == reader->end || *reader->at == '#';
}

static bool take_char(struct reader *reader, char c) {
  if (reader->at == reader->end || *reader->at != c) return false;
  reader->at++;
  return true;
}

static bool take_number(struct reader *reader, int64_t low, int64_t high, int64_t *out) {
  char *end;
  if (is_at_end(reader)) return false;
  const char *digits = reader->at + (*reader->at == '-' || *reader->at == '+');
  if (*digits < '0' || *digits > '9' || strspn(digits, "0123456789") > 19) return false;
  *out = strtoll(reader->at, &end, 10);
  if (*out < low || *out > high || *out == INT64_MAX) return false;
  reader->at = end;
  return true;
}

static bool note_label(struct p4_program *program, uint32_t number, uint32_t place) {
  ASSERT(number <= LABEL_MAX && place < program->label_capacity, "label %u of at most %d has place %u", number,
         LABEL_MAX, place);
  if (number >= program->number_end) {
    uint32_t end = number + number / 2 + 256;
    uint32_t *table = mem_resize(program->label_at, end * sizeof *table);
    if (!table) return false;
    memset(table + program->number_end, 0, (end - program->number_end) * sizeof *table);
    program->label_at = table;
    program->number_end = end;
  }
  program->label_at[number] = place + 1;
  return true;
}

// l n, l n=v
static enum loam_err read_label(struct reader *reader) {
  struct p4_program *program = reader->program;
  struct p4_label label = {.line = reader->line, .at = program->count};
  const char *found = ++reader->at;
  int64_t number;
  if (!take_number(reader, 0, LABEL_MAX, &number)) return refuse(reader, "the number of a label");
  label.number = (uint32_t)number;
  skip_blanks(reader);
  label.has_value = take_char(reader, '=');
  if (label.has_value && !take_number(reader, 0, PCODE_CELLS, &label.value)) return refuse(reader, "a number of cells");
  if (!is_at_end(reader)) return refuse(reader, "the end of the line");
  reader->at = found + strspn(found, " \t");
  if (label.number < program->number_end && program->label_at[label.number])
    return refuse(reader, "a label that was not defined before");
  if (!mem_grow(&program->labels, program->label_count, &program->label_capacity, sizeof label) ||
      !note_label(program, label.number, program->label_count))
    return miss_memory(reader);
  program->labels[program->label_count++] = label;
  return LOAM_OK;
}

static enum loam_err read_set(struct reader *reader, struct p4_insn *insn) {
  int64_t member;
  uint64_t *set = arena_alloc(&reader->program->memory, P4_SET_WORDS * sizeof *set);
  if (!set) return miss_memory(reader);
  memset(set, 0, P4_SET_WORDS * sizeof *set);
  while (take_number(reader, 0, P4_SET_MEMBERS - 1, &member)) set[member / 64] |= UINT64_C(1) << member % 64;
  insn->set = set;
  skip_blanks(reader);
  return take_char(reader, ')') ? LOAM_OK : refuse(reader, "a member of a set, from 0 to 255, or ')'");
}

static enum loam_err read_char(struct reader *reader, struct p4_insn *insn) {
  skip_blanks(reader);
  if (reader->end - reader->at < 3 || reader->at[0] != '\'' || reader->at[2] != '\'')
    return refuse(reader, "a character in quotes");
  insn->q = (unsigned char)reader->at[1];
  reader->at += 3;
  return LOAM_OK;
}

static enum loam_err read_real(struct reader *reader, struct p4_insn *insn) {
  char *end;
  skip_blanks(reader);
  double real = strtod(reader->at, &end);
  bool is_number = reader->at < reader->end && strchr("+-.0123456789", *reader->at) && isfinite(real);
  if (!is_number || end == reader->at || end > reader->end) return refuse(reader, "a real number");
  insn->q = pcode_int(pcode_from_real(real));
  reader->at = end;
  return LOAM_OK;
}

static enum loam_err read_constant(struct reader *reader, struct p4_insn *insn) {
  switch (insn->type) {
  case 'i':
    return take_number(reader, -INT64_MAX, INT64_MAX, &insn->q) ? LOAM_OK : refuse(reader, "an integer of 64 bits");
  case 'b': return take_number(reader, 0, 1, &insn->q) ? LOAM_OK : refuse(reader, "0 or 1");
  case 'r': return read_real(reader, insn);
  case 'c': return read_char(reader, insn);
  case '(': return read_set(reader, insn);
  default: insn->q = P4_NIL; return LOAM_OK;
  }
}

static enum loam_err read_text(struct reader *reader, struct p4_insn *insn) {
  const char *end = reader->end;
  skip_blanks(reader);
  if (!take_char(reader, '\'')) return refuse(reader, "a text in quotes");
  while (end > reader->at && end[-1] != '\'') end--;
  if (end == reader->at) return refuse(reader, "a text and the quote behind it");
  if (end - reader->at > TEXT_BYTES_MAX) return refuse(reader, "a text of at most 10000 characters");
  ASSERT(end[-1] == '\'' && end <= reader->end, "a text ends with '%c'", end[-1]);
  insn->text = reader->at;
  insn->length = (uint32_t)(end - 1 - reader->at);
  reader->at = end;
  return LOAM_OK;
}

static enum loam_err read_label_use(struct reader *reader, struct p4_insn *insn) {
  int64_t number;
  skip_blanks(reader);
  if (!take_char(reader, 'l') || !take_number(reader, 0, LABEL_MAX, &number)) return refuse(reader, "a label, l n");
  insn->label = (uint32_t)number;
  return LOAM_OK;
}

static enum loam_err read_standard(struct reader *reader, struct p4_insn *insn) {
  skip_blanks(reader);
  for (const struct p4_standard *standard = pcode_p4_standards; standard->name; standard++) {
    size_t length = strlen(standard->name);
    if ((size_t)(reader->end - reader->at) < length || memcmp(standard->name, reader->at, length) != 0) continue;
    insn->standard = standard;
    reader->at += length;
    return LOAM_OK;
  }
  return refuse(reader, "a standard procedure");
}

static enum loam_err read_operands(struct reader *reader, struct p4_insn *insn) {
  switch (pcode_p4_ops[insn->op].form) {
  case P4_FORM_PLAIN: return LOAM_OK;
  case P4_FORM_LEVEL:
    if (!take_number(reader, 0, 255, &insn->p)) return refuse(reader, "a number of levels");
    return take_number(reader, 0, INT32_MAX, &insn->q) ? LOAM_OK : refuse(reader, "a cell");
  case P4_FORM_NUMBER:
    return take_number(reader, -INT32_MAX, INT32_MAX, &insn->q) ? LOAM_OK : refuse(reader, "a 32-bit number");
  case P4_FORM_COMPARE:
    if (insn->type != 'm') return LOAM_OK;
    return take_number(reader, 0, INT32_MAX, &insn->q) ? LOAM_OK : refuse(reader, "a number of cells");
  case P4_FORM_CONST: return read_constant(reader, insn);
  case P4_FORM_COUNT_LABEL:
    if (!take_number(reader, 0, 30000, &insn->p)) return refuse(reader, "a number");
    return read_label_use(reader, insn);
  case P4_FORM_LABEL: return read_label_use(reader, insn);
  case P4_FORM_NAME: return read_standard(reader, insn);
  case P4_FORM_RANGE:
    if (!take_number(reader, -INT64_MAX, INT64_MAX, &insn->p)) return refuse(reader, "an integer of 64 bits");
    return take_number(reader, -INT64_MAX, INT64_MAX, &insn->q) ? LOAM_OK : refuse(reader, "an integer of 64 bits");
  case P4_FORM_STRING: return read_text(reader, insn);
  }
  return LOAM_OK;
}

static enum loam_err read_insn(struct reader *reader) {
  struct p4_program *program = reader->program;
  struct p4_insn insn = {.op = 0, .line = reader->line};
  while (insn.op < P4_OP_COUNT && (reader->end - reader->at < 3 || memcmp(pcode_p4_ops[insn.op].name, reader->at, 3)))
    insn.op++;
  if (insn.op == P4_OP_COUNT) return refuse(reader, "an instruction of the P4 machine");
  reader->at += 3;
  const char *letters = pcode_p4_ops[insn.op].letters;
  if (*letters) {
    char letter = reader->at < reader->end ? *reader->at : ' ';
    if (!strchr(letters, letter)) {
      char expected[64];
      snprintf(expected, sizeof expected, "a type of %s behind '%s'", letters, pcode_p4_ops[insn.op].name);
      return refuse(reader, expected);
    }
    insn.type = letter;
    reader->at++;
  }
  enum loam_err kind = read_operands(reader, &insn);
  if (kind != LOAM_OK) return kind;
  if (!is_at_end(reader)) return refuse(reader, "the end of the line");
  if (program->count == INSNS_MAX) return refuse(reader, "a smaller program");
  if (!mem_grow(&program->insns, program->count, &program->capacity, sizeof insn)) return miss_memory(reader);
  program->insns[program->count++] = insn;
  return LOAM_OK;
}

static enum loam_err read_line(struct reader *reader) {
  if (reader->at == reader->end || *reader->at == '#') return LOAM_OK;
  if (reader->sections == 2) return is_at_end(reader) ? LOAM_OK : refuse(reader, "nothing behind the second 'q'");
  switch (*reader->at) {
  case 'i': return LOAM_OK;
  case 'l': return read_label(reader);
  case 'q':
    if (++reader->sections == 1) reader->program->start = reader->program->count;
    return LOAM_OK;
  case ' ':
  case '\t':
  case '\r': return is_at_end(reader) ? LOAM_OK : read_insn(reader);
  default: return refuse(reader, "i, l, q or a blank at the line's beginning");
  }
}

// Replaces labels by what they stand for.
static enum loam_err resolve(const struct reader *reader) {
  struct p4_program *program = reader->program;
  for (uint32_t i = 0; i < program->count; i++) {
    struct p4_insn *insn = &program->insns[i];
    enum p4_form form = pcode_p4_ops[insn->op].form;
    if (form != P4_FORM_LABEL && form != P4_FORM_COUNT_LABEL) continue;
    uint32_t place = insn->label < program->number_end ? program->label_at[insn->label] : 0;
    const struct p4_label *label = place ? &program->labels[place - 1] : NULL;
    if (!label || label->has_value != (insn->op == P4_ent))
      return error_set(reader->err, LOAM_ERR_INPUT, "%s:%u: expected a label that is defined %s, found 'l %u'",
                       reader->source->name, insn->line, insn->op == P4_ent ? "with a value" : "before an instruction",
                       insn->label);
    ASSERT(label->number == insn->label && label->at <= program->count, "pcode.I11: label %u is %u, at %u of %u",
           insn->label, label->number, label->at, program->count);
    insn->q = label->has_value ? label->value : label->at;
  }
  return LOAM_OK;
}

enum loam_err pcode_p4_read(const struct loam_source *source, struct p4_program *program, struct error *err) {
  struct reader reader = {.source = source, .program = program, .err = err, .at = source->bytes};
  const char *end = source->bytes + source->length;
  enum loam_err kind = LOAM_OK;
  program->source_name = source->name;
  ASSERT(!program->count && !program->label_count, "%s is read behind another program of %u instructions", source->name,
         program->count);
  for (const char *line = source->bytes; line < end && kind == LOAM_OK; line = reader.end + 1) {
    const char *next = memchr(line, '\n', (size_t)(end - line));
    reader.line++;
    reader.at = line;
    reader.end = next ? next : end;
    ASSERT(reader.end >= line && reader.end <= end, "line %u ends %td bytes behind the text", reader.line,
           reader.end - end);
    if (memchr(line, 0, (size_t)(reader.end - line)))
      return error_set(err, LOAM_ERR_INPUT, "%s:%u: found a zero byte", source->name, reader.line);
    kind = read_line(&reader);
  }
  if (kind != LOAM_OK) return kind;
  if (reader.sections < 2)
    return error_set(err, LOAM_ERR_INPUT, "%s:%u: expected 'q' behind each of two sections, found the end of the text",
                     source->name, reader.line);
  return resolve(&reader);
}

bool pcode_p4_recognise(const struct loam_source *source) {
  const char *at = source->bytes;
  while (*at == '#' || *at == '\n') at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
  if (*at != 'i' && *at != 'l') return false;
  at++;
  size_t blanks = strspn(at, " \t"), digits = strspn(at + blanks, "0123456789");
  at += blanks + digits;
  return digits && strchr("\r\n", at[strspn(at, " \t")]);
}

// ---- writing -------------------------------------------------------------------------------------------------------

static uint32_t address_of(const struct p4_program *program, uint32_t at) {
  ASSERT(at <= program->count, "pcode.I11: instruction %u of %u has an address", at, program->count);
  return at >= program->start ? at - program->start : at + LOAD_ADDRESS;
}

static void print_constant(const struct p4_insn *insn, struct text *out) {
  switch (insn->type) {
  case 'r': text_printf(out, " %.17g", pcode_real(pcode_word(insn->q))); break;
  case 'c': text_printf(out, " '%c'", (char)insn->q); break;
  case 'n': break;
  case '(':
    for (unsigned i = 0; i < P4_SET_MEMBERS; i++)
      if (insn->set[i / 64] >> i % 64 & 1) text_printf(out, " %u", i);
    text_printf(out, " )");
    break;
  default: text_printf(out, " %lld", (long long)insn->q);
  }
}

static void print_insn(const struct p4_program *program, const struct p4_insn *insn, bool listing, struct text *out) {
  enum p4_form form = pcode_p4_ops[insn->op].form;
  text_printf(out, " %s", pcode_p4_ops[insn->op].name);
  if (insn->type) text_add_char(out, insn->type);
  if (form == P4_FORM_LEVEL || form == P4_FORM_RANGE || form == P4_FORM_COUNT_LABEL)
    text_printf(out, " %lld", (long long)insn->p);
  if (form == P4_FORM_LEVEL || form == P4_FORM_RANGE || form == P4_FORM_NUMBER || insn->type == 'm')
    text_printf(out, " %lld", (long long)insn->q);
  if (form == P4_FORM_CONST) print_constant(insn, out);
  if (form == P4_FORM_NAME) text_printf(out, " %s", insn->standard->name);
  if (form == P4_FORM_STRING) text_printf(out, "'%.*s'", (int)insn->length, insn->text);
  if (form == P4_FORM_LABEL || form == P4_FORM_COUNT_LABEL) text_printf(out, " l %u", insn->label);
  if (listing && insn->op == P4_ent) text_printf(out, "  # %lld", (long long)insn->q);
  if (listing && insn->op != P4_ent && (form == P4_FORM_LABEL || form == P4_FORM_COUNT_LABEL))
    text_printf(out, "  # %u", address_of(program, (uint32_t)insn->q));
  text_add_char(out, '\n');
}

void pcode_p4_print(const struct p4_program *program, bool listing, struct text *out) {
  uint32_t next = 0;
  for (uint32_t i = 0; i <= program->count; i++) {
    for (; next < program->label_count && program->labels[next].at == i; next++) {
      const struct p4_label *label = &program->labels[next];
      text_printf(out, "l %u", label->number);
      if (label->has_value) text_printf(out, "= %lld", (long long)label->value);
      text_add_char(out, '\n');
    }
    if (i == program->start) text_printf(out, "q\n");
    if (i == program->count) break;
    if (listing) text_printf(out, "%5u", address_of(program, i));
    print_insn(program, &program->insns[i], listing, out);
  }
  ASSERT(next == program->label_count, "%u of %u labels were printed", next, program->label_count);
  text_printf(out, "q\n");
}
