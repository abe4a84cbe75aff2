// SPDX-License-Identifier: MIT
//
// pcode_mvp.c: the text form of the 39-instruction machine, read and written, and decoding. A line is a mnemonic of
// Fournier or of Brinch Hansen with decimal operands; `#` starts a comment; an address may stand before the mnemonic,
// as in the course's listings, and must be right. Operands that the listings leave out are filled in.
#include "pcode_mvp.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX (1 << 22) // of a program
#define NUMBER_MAX INT32_MAX

const struct mvp_op_info mvp_ops[MVP_OP_COUNT] = {
    [MVP_DEB] = {"Deb", "Program", 4},
    [MVP_FIN] = {"Fin", "EndProg", 0},
    [MVP_DEBP] = {"DebP", "Procedure", 4},
    [MVP_APL] = {"Apl", "ProcCall", 2},
    [MVP_FINP] = {"FinP", "EndProc", 1},
    [MVP_ADRV] = {"AdrV", "Variable", 2},
    [MVP_ADRP] = {"AdrP", "VarParam", 2},
    [MVP_ADRI] = {"AdrI", "Index", 4},
    [MVP_ADRC] = {"AdrC", "Field", 1},
    [MVP_VALV] = {"ValV", "Value", 1},
    [MVP_CNST] = {"Cnst", "Constant", 1},
    [MVP_AFFV] = {"AffV", "Assign", 1},
    [MVP_ADD] = {"Add", "Add", 0},
    [MVP_DIFF] = {"Diff", "Subtract", 0},
    [MVP_MUL] = {"Mul", "Multiply", 0},
    [MVP_DIV] = {"Div", "Divide", 0},
    [MVP_MOD] = {"Mod", "Modulo", 0},
    [MVP_ET] = {"Et", "And", 0},
    [MVP_OU] = {"Ou", "Or", 0},
    [MVP_CEG] = {"Ceg", "Equal", 0},
    [MVP_CNEG] = {"CNeg", "NotEqual", 0},
    [MVP_CPG] = {"Cpg", "Greater", 0},
    [MVP_CNPG] = {"CNpg", "NotGreater", 0},
    [MVP_CPP] = {"Cpp", "Less", 0},
    [MVP_CNPP] = {"CNpp", "NotLess", 0},
    [MVP_NEG] = {"Neg", "Not", 0},
    [MVP_INVS] = {"InvS", "Minus", 0},
    [MVP_BR] = {"Br", "Goto", 1},
    [MVP_BRNC] = {"BrNc", "Do", 1},
    [MVP_BRC] = {"BrC", NULL, 1},
    [MVP_LIRE] = {"Lire", "Read", 0},
    [MVP_ECR] = {"Ecr", "Write", 0},
    [MVP_ADRL] = {"AdrL", "LocalVar", 1},
    [MVP_VARL] = {"VarL", "LocalValue", 1},
    [MVP_ADRG] = {"AdrG", "GlobalVar", 1},
    [MVP_VARG] = {"VarG", "GlobalValue", 1},
    [MVP_VAL1] = {"Val1", "SimpleValue", 0},
    [MVP_AFF1] = {"Aff1", "SimpleAssign", 0},
    [MVP_APLG] = {"AplG", "GlobalCall", 1},
};

void pcode_mvp_image_fini(struct mvp_image *image) {
  mem_free(image->words);
  mem_free(image->lines);
  *image = (struct mvp_image){0};
}

bool pcode_mvp_image_add(struct mvp_image *image, int64_t word, uint32_t line) {
  ASSERT(image->count <= image->capacity, "%u words of code are in room for %u", image->count, image->capacity);
  uint32_t capacity = image->capacity; // which both have
  if (!mem_grow(&image->words, image->count, &capacity, sizeof *image->words) ||
      !mem_grow(&image->lines, image->count, &image->capacity, sizeof *image->lines))
    return false;
  ASSERT(capacity == image->capacity, "%u words of code have room for %u, and their lines for %u", image->count,
         capacity, image->capacity);
  image->words[image->count] = word;
  image->lines[image->count++] = line;
  return true;
}

bool pcode_mvp_insn_decode(const struct mvp_image *image, int64_t address, struct mvp_insn *insn) {
  if (address < 0 || address >= image->count) return false;
  int64_t op = image->words[address];
  if (op < 0 || op >= MVP_OP_COUNT || address + pcode_mvp_insn_size((enum mvp_op)op) > image->count) return false;
  *insn = (struct mvp_insn){.op = (enum mvp_op)op, .address = (uint32_t)address, .line = image->lines[address]};
  ASSERT(mvp_ops[op].operands <= COUNT_OF(insn->operands), "%s has %u operands", mvp_ops[op].name,
         mvp_ops[op].operands);
  for (unsigned i = 0; i < mvp_ops[op].operands; i++) insn->operands[i] = image->words[address + 1 + i];
  return true;
}

// ---- reading -------------------------------------------------------------------------------------------------------

struct reader {
  const struct loam_source *source;
  struct mvp_image *image;
  struct error *err;
  const char *at; // the rest of the line
  uint32_t line;
};

#define REFUSE(reader, ...) refuse(reader, __VA_ARGS__)

static enum loam_err PRINTF_LIKE(2, 3) refuse(const struct reader *reader, const char *format, ...) {
  struct text why = {0};
  va_list args;
  va_start(args, format);
  text_vprintf(&why, format, args);
  va_end(args);
  enum loam_err kind = error_set(reader->err, LOAM_ERR_INPUT, "%s:%u: %s", reader->source->name, reader->line,
                                 why.bytes ? why.bytes : "?");
  text_fini(&why);
  return kind;
}

static size_t word_length(const char *at) { return strcspn(at, " \t\r\n#,;"); }

static const char *skip_blanks(const char *at) { return at + strspn(at, " \t\r,;"); }

static int find_op(const char *at, size_t length) {
  if (length == 3 && memcmp(at, "Ceq", 3) == 0) return MVP_CEG; // as the listing has it
  for (int op = 0; op < MVP_OP_COUNT; op++) {
    const char *names[] = {mvp_ops[op].name, mvp_ops[op].original};
    for (int i = 0; i < 2; i++)
      if (names[i] && strlen(names[i]) == length && memcmp(names[i], at, length) == 0) return op;
  }
  return -1;
}

static bool read_number(struct reader *reader, int64_t *out) {
  char *end;
  const char *at = reader->at = skip_blanks(reader->at);
  size_t length = word_length(at);
  *out = strtoll(at, &end, 10);
  if (!length || end != at + length || *out > NUMBER_MAX || *out < -(int64_t)NUMBER_MAX - 1) return false;
  reader->at = end;
  return true;
}

// Fills in what a listing leaves out: nTemp and lgne of Deb and DebP, or depl too; lgne of AdrI.
static bool complete(enum mvp_op op, int64_t *operands, unsigned count, uint32_t line) {
  bool begins = op == MVP_DEB || op == MVP_DEBP;
  ASSERT(op < MVP_OP_COUNT && count <= MVP_OPERANDS_MAX + 1, "%u operands were read for op %d", count, op);
  if (begins && count >= 1 && count < 4) {
    operands[3] = count == 3 ? operands[2] : line; // nVar depl lgne
    operands[2] = count == 1 ? 5 : operands[1];
    operands[1] = 0;
    return true;
  }
  if (op == MVP_ADRI && count == 3) operands[3] = line;
  return count == mvp_ops[op].operands || (op == MVP_ADRI && count == 3);
}

static enum loam_err read_insn(struct reader *reader) {
  size_t length = word_length(reader->at);
  int64_t operands[MVP_OPERANDS_MAX + 1] = {0};
  int op = find_op(reader->at, length);
  unsigned count = 0;
  if (op < 0)
    return REFUSE(reader, "expected an instruction, found '%.*s'", (int)(length < 60 ? length : 60), reader->at);
  reader->at += length;
  while (count <= MVP_OPERANDS_MAX && read_number(reader, &operands[count])) count++;
  if (*reader->at && *reader->at != '#' && *reader->at != '\n' && count <= MVP_OPERANDS_MAX)
    return REFUSE(reader, "expected a 32-bit number, found '%.*s'",
                  (int)(word_length(reader->at) < 60 ? word_length(reader->at) : 60), reader->at);
  if (!complete((enum mvp_op)op, operands, count, reader->line))
    return REFUSE(reader, "expected %u operands after %s, found %u", mvp_ops[op].operands, mvp_ops[op].name, count);
  if (reader->image->count > WORDS_MAX) return REFUSE(reader, "expected at most %d words of code", WORDS_MAX);
  bool added = pcode_mvp_image_add(reader->image, op, reader->line);
  for (unsigned i = 0; i < mvp_ops[op].operands; i++)
    added = added && pcode_mvp_image_add(reader->image, operands[i], reader->line);
  return added ? LOAM_OK : error_set(reader->err, LOAM_ERR_MEMORY, "%s: no memory to read it", reader->source->name);
}

static enum loam_err read_line(struct reader *reader) {
  int64_t address;
  reader->at = skip_blanks(reader->at);
  if (*reader->at >= '0' && *reader->at <= '9') { // an address; the listings write it without a colon
    size_t length = strspn(reader->at, "0123456789");
    char *end;
    address = strtoll(reader->at, &end, 10);
    if (reader->at[length] == ':') end++;
    if (address != reader->image->count)
      return REFUSE(reader, "expected the instruction at address %u, found address %lld", reader->image->count,
                    (long long)address);
    reader->at = skip_blanks(end);
  }
  return *reader->at && *reader->at != '#' && *reader->at != '\n' ? read_insn(reader) : LOAM_OK;
}

enum loam_err pcode_mvp_image_read(const struct loam_source *source, struct mvp_image *image, struct error *err) {
  struct reader reader = {.source = source, .image = image, .err = err, .at = source->bytes};
  enum loam_err kind = LOAM_OK;
  const char *end = source->bytes + source->length;
  for (const char *line = source->bytes; line < end && kind == LOAM_OK;) {
    const char *next = memchr(line, '\n', (size_t)(end - line));
    reader.line++;
    reader.at = line;
    next = next ? next : end;
    if (memchr(line, 0, (size_t)(next - line))) return REFUSE(&reader, "found a zero byte");
    kind = read_line(&reader);
    line = next + 1;
  }
  return kind;
}

bool pcode_mvp_image_recognise(const struct loam_source *source) {
  const char *at = source->bytes;
  for (;; at++) {
    if (*at == '#') at += strcspn(at, "\n");
    if (!*at || !strchr(" \t\r\n0:", *at)) break; // the first instruction's address is 0
  }
  size_t length = word_length(at);
  at += length;
  int op = find_op(at - length, length);
  return op == MVP_DEB && at[strspn(at, " \t")] >= '0' && at[strspn(at, " \t")] <= '9';
}

// ---- writing -------------------------------------------------------------------------------------------------------

void pcode_mvp_image_print(const struct mvp_image *image, bool listing, struct text *out) {
  struct mvp_insn insn;
  for (uint32_t address = 0; pcode_mvp_insn_decode(image, address, &insn); address += pcode_mvp_insn_size(insn.op)) {
    if (listing) text_printf(out, "%4u ", address);
    text_printf(out, "%s", mvp_ops[insn.op].name);
    for (unsigned i = 0; i < mvp_ops[insn.op].operands; i++) text_printf(out, " %lld", (long long)insn.operands[i]);
    text_add_char(out, '\n');
  }
}
