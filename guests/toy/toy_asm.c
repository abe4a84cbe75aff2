// SPDX-License-Identifier: MIT
//
// toy_asm.c: from text to methods.
//
//     func NAME PARAMETERS [LOCALS]     starts a function; LOCALS are in addition to the parameters
//     LABEL:                            names the next instruction
//     catch FROM TO HANDLER             exceptions between two labels go to a third
//     OP [OPERAND]                      an instruction, as guests/toy/ops/toy.ops declares them
//     # ...                             a comment
//
// A first pass over the lines finds the functions, so that they can be used before they are defined; the second
// assembles one function after the other. Mnemonics and operands come from the generated op table: a new record needs
// no line here.
#include "toy_asm.h"

#include "toy_ops.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSNS_MAX 4096
#define LABELS_MAX 256
#define WORDS_MAX 4
#define OPERANDS_ON_STACK_MAX 4096

struct word {
  const char *text;
  int length;
};

struct label {
  struct word name;
  uint32_t insn;
};

// One pass over the lines of a program.
struct assembler {
  struct vm *vm;
  struct toy_state *state;
  const struct loam_source *source;
  const char *at; // the next line
  uint32_t line;
  struct word words[WORDS_MAX];
  unsigned word_count;
  struct toy_function *function; // being assembled
  struct code_draft draft;
  struct insn *insns;
  struct label *labels;
  struct word *targets; // by instruction: the label it names, until it is resolved
  struct insn_handler handlers[16];
  struct word handler_labels[16][3];
  uint32_t label_count;
  struct error *err;
  struct text *listing; // for the disassembler, or NULL
};

#define REFUSE(as, format, ...) \
  error_set((as)->err, LOAM_ERR_INPUT, "%s:%u: " format, (as)->source->name, (as)->line, __VA_ARGS__)

static bool word_is(struct word word, const char *text) {
  return (size_t)word.length == strlen(text) && memcmp(word.text, text, (size_t)word.length) == 0;
}

static bool words_equal(struct word a, struct word b) {
  return a.length == b.length && memcmp(a.text, b.text, (size_t)a.length) == 0;
}

// Cuts the next line that has words into them. False at the end.
static bool next_line(struct assembler *as) {
  const char *end = as->source->bytes + as->source->length;
  while (as->at < end) {
    const char *stop = memchr(as->at, '\n', (size_t)(end - as->at));
    if (!stop) stop = end;
    as->line++;
    as->word_count = 0;
    const char *c = as->at;
    while (c < stop && *c != '#' && as->word_count < WORDS_MAX) {
      const char *start = c;
      while (c < stop && *c != '#' && !isspace((unsigned char)*c)) c++;
      if (c > start) as->words[as->word_count++] = (struct word){start, (int)(c - start)};
      else c++;
    }
    as->at = stop < end ? stop + 1 : end;
    if (as->word_count) return true;
  }
  return false;
}

static bool parse_number(struct word word, int64_t low, int64_t high, int64_t *out) {
  char digits[24];
  if (word.length >= (int)sizeof digits) return false;
  memcpy(digits, word.text, (size_t)word.length);
  digits[word.length] = 0;
  char *end;
  *out = strtoll(digits, &end, 10);
  return word.length && !*end && *out >= low && *out <= high;
}

struct toy_function *toy_find(const struct toy_state *state, const char *name, size_t length) {
  for (struct toy_function *f = state->functions; f; f = f->next)
    if (strlen(f->name) == length && memcmp(f->name, name, length) == 0) return f;
  return NULL;
}

struct toy_function *toy_add(struct toy_state *state, const char *name, size_t length) {
  struct toy_function *f = arena_alloc(&state->memory, sizeof *f + length + 1);
  if (!f) return NULL;
  char *copy = (char *)(f + 1);
  memcpy(copy, name, length);
  *f = (struct toy_function){copy, NULL, state->functions};
  return state->functions = f;
}

static enum loam_err find_functions(struct assembler *as) {
  while (next_line(as)) {
    if (!word_is(as->words[0], "func")) continue;
    int64_t number;
    bool good = as->word_count >= 3 && parse_number(as->words[2], 0, 100, &number) &&
                (as->word_count == 3 || parse_number(as->words[3], 0, 1000, &number));
    if (!good) return REFUSE(as, "expected 'func NAME PARAMETERS [LOCALS]', found %u words", as->word_count);
    struct word name = as->words[1];
    if (toy_find(as->state, name.text, (size_t)name.length))
      return REFUSE(as, "expected a new name, found a second function %.*s", name.length, name.text);
    if (!toy_add(as->state, name.text, (size_t)name.length)) return REFUSE(as, "no memory for %s", "a function");
  }
  as->at = as->source->bytes;
  as->line = 0;
  return LOAM_OK;
}

static enum loam_err find_label(struct assembler *as, struct word name, int64_t *insn) {
  for (uint32_t i = 0; i < as->label_count; i++) {
    if (!words_equal(as->labels[i].name, name)) continue;
    *insn = as->labels[i].insn;
    return LOAM_OK;
  }
  return REFUSE(as, "expected a label of function %s, found '%.*s'", as->function->name, name.length, name.text);
}

static enum loam_err parse_operand(struct assembler *as, const struct op_info *info, struct insn *insn) {
  if (info->imm_count == 0 || info->imms[0].kind == IMM_FRAME)
    return as->word_count == 1 ? LOAM_OK : REFUSE(as, "expected no operand after %s, found one", info->name);
  if (as->word_count != 2) return REFUSE(as, "expected one operand after %s, found %u", info->name, as->word_count - 1);
  struct word word = as->words[1];
  if (info->imms[0].kind == IMM_TARGET) {
    as->targets[as->draft.insn_count] = word;
    return LOAM_OK;
  }
  if (info->imms[0].kind == IMM_PTR) {
    struct toy_function *f = toy_find(as->state, word.text, (size_t)word.length);
    insn->imm[0] = (intptr_t)f;
    return f ? LOAM_OK : REFUSE(as, "expected the name of a function, found '%.*s'", word.length, word.text);
  }
  if (parse_number(word, INT32_MIN, INT32_MAX, &insn->imm[0])) return LOAM_OK;
  return REFUSE(as, "expected a 32-bit number, found '%.*s'", word.length, word.text);
}

static enum loam_err parse_insn(struct assembler *as) {
  if (as->draft.insn_count == INSNS_MAX) return REFUSE(as, "more than %d instructions in a function", INSNS_MAX);
  for (uint16_t op = CORE_OP_COUNT; op < toy_op_table.base_count; op++) {
    if (!word_is(as->words[0], toy_op_table.ops[op].name)) continue;
    struct insn *insn = &as->insns[as->draft.insn_count];
    *insn = (struct insn){.op = op, .line = as->line, .column = 1, .origin = as->draft.insn_count};
    as->targets[as->draft.insn_count] = (struct word){0};
    enum loam_err kind = parse_operand(as, &toy_op_table.ops[op], insn);
    as->draft.insn_count++;
    return kind;
  }
  return REFUSE(as, "expected an instruction, found '%.*s'", as->words[0].length, as->words[0].text);
}

static enum loam_err parse_catch(struct assembler *as) {
  if (as->word_count != 4) return REFUSE(as, "expected 'catch FROM TO HANDLER', found %u words", as->word_count);
  if (as->draft.handler_count == COUNT_OF(as->handlers)) return REFUSE(as, "more than %zu handlers", COUNT_OF(as->handlers));
  memcpy(as->handler_labels[as->draft.handler_count++], as->words + 1, 3 * sizeof(struct word));
  return LOAM_OK;
}

static enum loam_err parse_line(struct assembler *as) {
  struct word first = as->words[0];
  if (!as->function) return REFUSE(as, "expected 'func', found '%.*s'", first.length, first.text);
  if (word_is(first, "catch")) return parse_catch(as);
  if (first.text[first.length - 1] != ':') return parse_insn(as);
  if (as->label_count == LABELS_MAX) return REFUSE(as, "more than %d labels in a function", LABELS_MAX);
  as->labels[as->label_count++] = (struct label){{first.text, first.length - 1}, as->draft.insn_count};
  return LOAM_OK;
}

static enum loam_err resolve_labels(struct assembler *as) {
  enum loam_err kind = LOAM_OK;
  for (uint32_t i = 0; i < as->draft.insn_count && kind == LOAM_OK; i++)
    if (as->targets[i].text) kind = find_label(as, as->targets[i], &as->insns[i].imm[0]);
  for (uint32_t i = 0; i < as->draft.handler_count && kind == LOAM_OK; i++) {
    int64_t places[3] = {0};
    for (unsigned j = 0; j < 3 && kind == LOAM_OK; j++) kind = find_label(as, as->handler_labels[i][j], &places[j]);
    as->handlers[i] = (struct insn_handler){(uint32_t)places[0], (uint32_t)places[1], (uint32_t)places[2]};
  }
  return kind;
}

static void list_function(struct assembler *as) {
  text_printf(as->listing, "func %s %u %u\n", as->draft.name, as->draft.param_count,
              as->draft.local_count - as->draft.param_count);
  for (uint32_t i = 0; i < as->draft.insn_count; i++) {
    const struct insn *insn = &as->insns[i];
    const struct op_info *info = &toy_op_table.ops[insn->op];
    text_printf(as->listing, "%5u  %s", i, info->name);
    if (info->imm_count && info->imms[0].kind == IMM_PTR)
      text_printf(as->listing, " %s", ((const struct toy_function *)(intptr_t)insn->imm[0])->name);
    else if (info->imm_count && info->imms[0].kind != IMM_FRAME) text_printf(as->listing, " %lld", (long long)insn->imm[0]);
    text_add_char(as->listing, '\n');
  }
}

// The function's text is complete: checks it and makes its method.
static enum loam_err finish_function(struct assembler *as) {
  if (!as->function) return LOAM_OK;
  char place[128];
  snprintf(place, sizeof place, "%s: function %.80s", as->source->name, as->function->name);
  struct verify_job job = {.ops = &toy_op_table,
                           .draft = &as->draft,
                           .place = place,
                           .depth_max = OPERANDS_ON_STACK_MAX,
                           .handler_type = TOY_TYPE_VALUE};
  enum verify_fault fault;
  enum loam_err kind = resolve_labels(as);
  if (kind == LOAM_OK) kind = verify_code(&job, &fault, as->err);
  if (kind == LOAM_OK && as->listing) list_function(as);
  return kind == LOAM_OK ? method_create(as->vm, &as->draft, &as->function->method, as->err) : kind;
}

static enum loam_err start_function(struct assembler *as) {
  enum loam_err kind = finish_function(as);
  if (kind != LOAM_OK) return kind;
  int64_t params = 0, locals = 0;
  parse_number(as->words[2], 0, 100, &params);
  if (as->word_count == 4) parse_number(as->words[3], 0, 1000, &locals);
  as->function = toy_find(as->state, as->words[1].text, (size_t)as->words[1].length);
  as->label_count = 0;
  as->draft = (struct code_draft){.name = as->function->name,
                                  .source_name = as->source->name,
                                  .insns = as->insns,
                                  .handlers = as->handlers,
                                  .param_count = (uint16_t)params,
                                  .local_count = (uint16_t)(params + locals),
                                  .guest_data = as->function};
  return LOAM_OK;
}

static enum loam_err assemble(struct assembler *as) {
  enum loam_err kind = find_functions(as);
  while (kind == LOAM_OK && next_line(as)) kind = word_is(as->words[0], "func") ? start_function(as) : parse_line(as);
  return kind == LOAM_OK ? finish_function(as) : kind;
}

static enum loam_err load(struct vm *vm, const struct loam_source *source, struct text *listing, struct error *err) {
  struct arena scratch = {0};
  struct assembler as = {.vm = vm, .state = vm_guest_state(vm), .source = source, .at = source->bytes, .listing = listing,
                         .err = err,
                         .insns = arena_alloc(&scratch, INSNS_MAX * sizeof *as.insns),
                         .targets = arena_alloc(&scratch, INSNS_MAX * sizeof *as.targets),
                         .labels = arena_alloc(&scratch, LABELS_MAX * sizeof *as.labels)};
  enum loam_err kind = as.insns && as.targets && as.labels ? assemble(&as) : error_set(err, LOAM_ERR_MEMORY, "no memory to assemble");
  arena_fini(&scratch);
  return kind;
}

enum loam_err toy_load(struct vm *vm, const struct loam_source *source, struct method **main_method, struct error *err) {
  enum loam_err kind = load(vm, source, NULL, err);
  if (kind != LOAM_OK) return kind;
  struct toy_function *f = toy_find(vm_guest_state(vm), "main", 4);
  if (!f || !f->method || f->method->param_count)
    return error_set(err, LOAM_ERR_INPUT, "%s: expected a function main without parameters, found none", source->name);
  *main_method = f->method;
  return LOAM_OK;
}

enum loam_err toy_disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  return load(vm, source, out, err);
}
