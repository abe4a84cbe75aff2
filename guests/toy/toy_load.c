// SPDX-License-Identifier: MIT
//
// toy_load.c: the assembler, from text to methods, and the disassembler.
//
//     func NAME PARAMETERS [LOCALS]     starts a function; LOCALS are in addition to the parameters
//     LABEL:                            names the next instruction
//     catch FROM TO HANDLER             exceptions between two labels go to a third
//     OP [OPERAND]                      an instruction, as ops/toy.ops declares it
//     # ...                             a comment
//
// A first pass over the lines finds the functions, so that they can be used before they are defined; the second makes
// the code of one function after the other, and looks ahead for its labels. Mnemonics and operands come from the
// generated op table: a new record needs no line here. Stack depths are the substrate's verifier's to check.
#include "toy_ops.h"
#include "toy_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS_MAX 1000 // names are searched one by one
#define LINES_MAX 4096     // of a function
#define OPERANDS_MAX 4096  // on a function's stack
#define WORDS_MAX 5        // one more than any line needs

struct word {
  const char *text;
  int length;
};

struct label {
  struct word name;
  uint32_t insn;
};

// Assembling one program.
struct assembler {
  struct vm *vm;
  struct toy_state *state;
  const struct loam_source *source;
  struct error *err;
  struct text *listing; // for the disassembler, or NULL
  const char *at;       // the next line
  uint32_t line;
  struct word words[WORDS_MAX];
  unsigned word_count;
  struct toy_function *function; // at work
  struct code_draft draft;       // of that function
  struct insn insns[LINES_MAX];
  struct insn_handler handlers[LINES_MAX];
  struct label labels[LINES_MAX];
  uint32_t label_count;
};

#define REFUSE(as, format, ...) \
  error_set((as)->err, LOAM_ERR_INPUT, "%s:%u: " format, (as)->source->name, (as)->line, __VA_ARGS__)

static bool word_is(struct word word, const char *text, size_t length) {
  return (size_t)word.length == length && memcmp(word.text, text, length) == 0;
}
static bool first_is(const struct assembler *as, const char *text) { return word_is(as->words[0], text, strlen(text)); }
static bool is_label(const struct assembler *as) {
  ASSERT(as->word_count && as->words[0].length > 0, "toy.I2: line %u has no word, and is looked at", as->line);
  return as->words[0].text[as->words[0].length - 1] == ':';
}

// Cuts the next line that has words into them. False at the end.
static bool next_line(struct assembler *as) {
  for (as->word_count = 0; *as->at && !as->word_count; as->at += *as->at == '\n') {
    as->line++;
    while (*as->at && *as->at != '\n') {
      as->at += strspn(as->at, " \t\r");
      size_t length = strcspn(as->at, " \t\r\n#");
      if (length && as->word_count < WORDS_MAX) as->words[as->word_count++] = (struct word){as->at, (int)length};
      as->at += length;
      if (*as->at == '#') as->at += strcspn(as->at, "\n");
    }
  }
  return as->word_count > 0;
}

static bool parse_number(struct word word, int64_t low, int64_t high, int64_t *out) {
  char *end;
  *out = strtoll(word.text, &end, 10);
  return end == word.text + word.length && *out >= low && *out <= high;
}

// ---- functions and labels ------------------------------------------------------------------------------------------

struct toy_function *toy_find(const struct toy_state *state, const char *name, size_t length) {
  struct toy_function *f = state->functions;
  while (f && !word_is((struct word){name, (int)length}, f->name, strlen(f->name))) f = f->next;
  return f;
}

struct toy_function *toy_add(struct toy_state *state, const char *name, size_t length) {
  struct toy_function *f = arena_alloc(&state->memory, sizeof *f + length + 1);
  if (!f) return NULL;
  f->name = memcpy(f + 1, name, length);
  f->next = state->functions;
  return state->functions = f;
}

static enum loam_err declare_function(struct assembler *as) {
  int64_t params, locals = 0;
  bool good = (as->word_count == 3 || as->word_count == 4) && parse_number(as->words[2], 0, 100, &params) &&
              (as->word_count == 3 || parse_number(as->words[3], 0, 1000, &locals));
  if (!good) return REFUSE(as, "expected 'func NAME PARAMETERS [LOCALS]', found %u words", as->word_count);
  struct word name = as->words[1];
  const struct toy_function *old = toy_find(as->state, name.text, (size_t)name.length);
  if (old && !old->method) // with a method it belongs to an earlier program, or to the machine
    return REFUSE(as, "expected a new name, found a second function %.*s", name.length, name.text);
  struct toy_function *f = toy_add(as->state, name.text, (size_t)name.length);
  if (!f) return error_set(as->err, LOAM_ERR_MEMORY, "%s: no memory for a function", as->source->name);
  f->params = (uint16_t)params;
  f->locals = (uint16_t)(params + locals);
  return LOAM_OK;
}

static enum loam_err declare_functions(struct assembler *as) {
  enum loam_err kind = LOAM_OK;
  for (unsigned count = 0; kind == LOAM_OK && next_line(as);) {
    if (!first_is(as, "func")) continue;
    kind = ++count > FUNCTIONS_MAX ? REFUSE(as, "expected at most %d functions", FUNCTIONS_MAX) : declare_function(as);
  }
  return kind;
}

static enum loam_err find_label(const struct assembler *as, struct word name, int64_t *insn) {
  for (uint32_t i = 0; i < as->label_count; i++) {
    if (!word_is(name, as->labels[i].name.text, (size_t)as->labels[i].name.length)) continue;
    *insn = as->labels[i].insn;
    return LOAM_OK;
  }
  ASSERT(as->function, "toy.I1: a label is looked for in line %u, outside of any function", as->line);
  return REFUSE(as, "expected a label of function %s, found '%.*s'", as->function->name, name.length, name.text);
}

// Finds the labels between here and the next function.
static enum loam_err declare_labels(struct assembler *as) {
  const char *at = as->at;
  uint32_t line = as->line, insn = 0, lines = 0;
  as->label_count = 0;
  while (next_line(as) && !first_is(as, "func")) {
    if (lines++ == LINES_MAX) return REFUSE(as, "expected at most %d lines in a function", LINES_MAX);
    ASSERT(as->label_count < LINES_MAX, "toy.I2: label %u in the %u lines of a function", as->label_count, lines);
    struct word name = {as->words[0].text, as->words[0].length - 1};
    if (is_label(as))
      as->labels[as->label_count++] = (struct label){name, insn};
    else
      insn += !first_is(as, "catch");
  }
  as->at = at;
  as->line = line;
  return LOAM_OK;
}

// ---- code ----------------------------------------------------------------------------------------------------------

// What the assembler gives an instruction: its first immediate, unless that is the machine's own business.
static bool has_operand(const struct op_info *info) { return info->imm_count && op_imms(info)[0].kind < IMM_CALLEE; }

static enum loam_err parse_operand(const struct assembler *as, const struct op_info *info, int64_t *imm) {
  unsigned wanted = has_operand(info);
  if (as->word_count != 1 + wanted)
    return REFUSE(as, "expected %u operands after %s, found %u", wanted, op_name(info), as->word_count - 1);
  if (!wanted) return LOAM_OK;
  struct word word = as->words[1];
  if (op_imms(info)[0].kind == IMM_TARGET) return find_label(as, word, imm);
  if (op_imms(info)[0].kind == IMM_PTR) {
    const struct toy_function *f = toy_find(as->state, word.text, (size_t)word.length);
    *imm = (intptr_t)f;
    return f ? LOAM_OK : REFUSE(as, "expected the name of a function, found '%.*s'", word.length, word.text);
  }
  if (parse_number(word, INT32_MIN, INT32_MAX, imm)) return LOAM_OK;
  return REFUSE(as, "expected a 32-bit number, found '%.*s'", word.length, word.text);
}

static enum loam_err parse_insn(struct assembler *as) {
  uint16_t op = CORE_OP_COUNT;
  while (op < toy_op_table.base_count && !first_is(as, op_name(&toy_op_table.ops[op]))) op++;
  if (op == toy_op_table.base_count)
    return REFUSE(as, "expected an instruction, found '%.*s'", as->words[0].length, as->words[0].text);
  ASSERT(as->draft.insn_count < LINES_MAX, "toy.I2: instruction %u of %s, which has fewer lines", as->draft.insn_count,
         as->function->name);
  struct insn *insn = &as->insns[as->draft.insn_count];
  *insn = (struct insn){.op = op, .line = as->line, .column = 1, .origin = as->draft.insn_count++};
  return parse_operand(as, &toy_op_table.ops[op], &insn->imm[0]);
}

static enum loam_err parse_catch(struct assembler *as) {
  if (as->word_count != 4) return REFUSE(as, "expected 'catch FROM TO HANDLER', found %u words", as->word_count);
  int64_t from, to, handler;
  if (find_label(as, as->words[1], &from) != LOAM_OK || find_label(as, as->words[2], &to) != LOAM_OK ||
      find_label(as, as->words[3], &handler) != LOAM_OK)
    return LOAM_ERR_INPUT;
  ASSERT(as->draft.handler_count < LINES_MAX, "toy.I2: handler %u of %s, which has fewer lines",
         as->draft.handler_count, as->function->name);
  as->handlers[as->draft.handler_count++] = (struct insn_handler){(uint32_t)from, (uint32_t)to, (uint32_t)handler};
  return LOAM_OK;
}

static void list_function(const struct assembler *as) {
  const struct code_draft *draft = &as->draft;
  ASSERT(draft->local_count >= draft->param_count, "toy.I1: %s has %u parameters in %u locals", draft->name,
         draft->param_count, draft->local_count);
  text_printf(as->listing, "func %s %u %u\n", draft->name, draft->param_count, draft->local_count - draft->param_count);
  for (uint32_t i = 0; i < draft->insn_count; i++) {
    const struct op_info *info = &toy_op_table.ops[as->insns[i].op];
    int64_t imm = as->insns[i].imm[0];
    text_printf(as->listing, "%5u  %s", i, op_name(info));
    if (has_operand(info) && op_imms(info)[0].kind == IMM_PTR)
      text_printf(as->listing, " %s", ((const struct toy_function *)(intptr_t)imm)->name);
    else if (has_operand(info))
      text_printf(as->listing, " %lld", (long long)imm);
    text_add_char(as->listing, '\n');
  }
}

// The function's text is complete: checks it and makes its method.
static enum loam_err finish_function(struct assembler *as) {
  if (!as->function) return LOAM_OK;
  char place[128];
  snprintf(place, sizeof place, "%.60s: function %.50s", as->source->name, as->function->name);
  struct verify_job job = {&toy_op_table, &as->draft, place, NULL, NULL, NULL, OPERANDS_MAX, TOY_TYPE_VALUE};
  enum verify_fault fault;
  enum loam_err kind = verify_code(&job, &fault, as->err);
  if (kind == LOAM_OK && as->listing) list_function(as);
  return kind == LOAM_OK ? method_create(as->vm, &as->draft, &as->function->method, as->err) : kind;
}

static enum loam_err start_function(struct assembler *as) {
  enum loam_err kind = finish_function(as);
  struct toy_function *f = as->function = toy_find(as->state, as->words[1].text, (size_t)as->words[1].length);
  ASSERT(f && !f->method, "toy.I1: line %u begins a function that was not declared for it", as->line);
  as->draft =
      (struct code_draft){f->name, as->source->name, as->insns, 0, as->handlers, 0, f->params, f->locals, f, NULL};
  return kind == LOAM_OK ? declare_labels(as) : kind;
}

static enum loam_err assemble_line(struct assembler *as) {
  if (first_is(as, "func")) return start_function(as);
  if (!as->function) return REFUSE(as, "expected 'func', found '%.*s'", as->words[0].length, as->words[0].text);
  if (first_is(as, "catch")) return parse_catch(as);
  return is_label(as) ? LOAM_OK : parse_insn(as);
}

enum loam_err toy_disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  struct assembler *as = mem_alloc_zero(1, sizeof *as);
  if (!as) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory to assemble it", source->name);
  as->vm = vm;
  as->state = vm_guest_state(vm);
  as->source = source;
  as->err = err;
  as->listing = out;
  as->at = source->bytes;
  struct toy_function *before = as->state->functions;
  enum loam_err kind =
      strlen(source->bytes) == source->length ? declare_functions(as) : REFUSE(as, "found a zero byte%s", "");
  as->at = source->bytes;
  as->line = 0;
  while (kind == LOAM_OK && next_line(as)) kind = assemble_line(as);
  if (kind == LOAM_OK) kind = finish_function(as);
  if (kind != LOAM_OK) as->state->functions = before; // those without code must not be found
  mem_free(as);
  return kind;
}

enum loam_err toy_load(struct vm *vm, const struct loam_source *source, struct method **main_method,
                       struct error *err) {
  enum loam_err kind = toy_disassemble(vm, source, NULL, err);
  if (kind != LOAM_OK) return kind;
  const struct toy_function *f = toy_find(vm_guest_state(vm), "main", 4);
  ASSERT(!f || f->method, "toy.I1: main was assembled, and has no code, in %s", source->name);
  if (!f || f->method->param_count)
    return error_set(err, LOAM_ERR_INPUT, "%s: expected a function main without parameters, found none", source->name);
  *main_method = f->method;
  return LOAM_OK;
}
