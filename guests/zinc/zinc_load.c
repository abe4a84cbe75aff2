// SPDX-License-Identifier: MIT
//
// zinc_load.c: from terms to methods, and the listing.
//
//     C[n] = ACCESS(n)    C[\a] = GRAB;C[a]    C[a b] = PUSH(C[b]);C[a]    C[a !b] = REDUCE(C[b]);C[a]
//
// Code is compiled piece by piece from a list of what is still to do, so that deep terms need no deep recursion. A
// definition is compiled once: its term is closed, so its code runs in any environment.
#include "zinc_ops.h"
#include "zinc_parse.h"

#include <stdio.h>

#define INSNS_MAX 1000000 // of a piece of code: arguments of one application
#define OPERANDS_MAX 8

struct loader {
  struct zinc_listener listener;
  struct zinc_state *machine;
  struct zinc_query **queries_end;
  struct zinc_code *at_work;
};

// ---- terms to code -------------------------------------------------------------------------------------------------

static struct zinc_code *add_code(struct zinc_state *machine, const struct zinc_term *term) {
  struct zinc_code *code = arena_alloc(&machine->memory, sizeof *code);
  if (!code) return NULL;
  *code = (struct zinc_code){.number = machine->code_count++, .term = term};
  code->insns_end = &code->insns;
  ASSERT(!*machine->codes_end, "zinc.I4: code %u is put behind one that is not the last", code->number);
  *machine->codes_end = code;
  machine->codes_end = &code->next;
  return code;
}

static struct zinc_insn *add_insn(struct zinc_state *machine, struct zinc_code *code, enum zinc_insn_kind op,
                                  const struct zinc_term *term) {
  struct zinc_insn *insn = arena_alloc(&machine->memory, sizeof *insn);
  if (!insn) return NULL;
  *insn = (struct zinc_insn){.op = op, .line = term->line, .column = term->column};
  *code->insns_end = insn;
  code->insns_end = &insn->next;
  code->insn_count++;
  return insn;
}

// Adds what C[term] begins with; *rest is the term whose code comes next, NULL when the piece ends here.
static bool compile_step(struct zinc_state *machine, struct zinc_code *code, const struct zinc_term *term,
                         const struct zinc_term **rest) {
  static const enum zinc_insn_kind ops[] = {ZINC_ACCESS, ZINC_GRAB, ZINC_PUSH, ZINC_GO_ON};
  bool ends = term->kind == ZINC_LAMBDA && code->insn_count; // a GRAB begins a piece
  struct zinc_insn *insn = add_insn(machine, code, ends ? ZINC_GO_ON : ops[term->kind], term);
  if (!insn) return false;
  *rest = ends ? NULL : term->left;
  if (ends) return (insn->code = add_code(machine, term)) != NULL;
  ASSERT(term->kind != ZINC_DEFINITION || term->code, "zinc.I4: line %u uses a definition without code", term->line);
  insn->index = term->index;
  insn->name = term->name;
  insn->code = term->code;
  if (term->kind != ZINC_APPLICATION) return true;
  insn->code = add_code(machine, term->right);
  if (!term->strict) return insn->code != NULL;
  insn->op = ZINC_REDUCE;
  insn->rest = add_code(machine, term->left);
  *rest = NULL;
  return insn->code && insn->rest;
}

static bool compile_all(struct loader *loader) {
  struct zinc_code *code = loader->at_work ? loader->at_work->next : loader->machine->codes;
  for (; code; loader->at_work = code, code = code->next)
    for (const struct zinc_term *term = code->term; term;)
      if (!compile_step(loader->machine, code, term, &term)) return false;
  return true;
}

static struct zinc_code *define(struct zinc_listener *listener, const char *name, const struct zinc_term *term) {
  struct loader *loader = (struct loader *)listener;
  struct zinc_code *code = add_code(loader->machine, term);
  if (code) code->name = name;
  return code && compile_all(loader) ? code : NULL;
}

static bool evaluate(struct zinc_listener *listener, const struct zinc_term *term, bool strict, bool numeral) {
  struct loader *loader = (struct loader *)listener;
  struct zinc_query *query = arena_alloc(&loader->machine->memory, sizeof *query);
  if (!query) return false;
  *query = (struct zinc_query){add_code(loader->machine, term), strict, numeral, NULL};
  *loader->queries_end = query;
  loader->queries_end = &query->next;
  return query->code && compile_all(loader);
}

static enum loam_err read_text(struct zinc_state *machine, const struct loam_source *source, struct error *err) {
  struct loader loader = {.listener = {&machine->memory, define, evaluate}, .machine = machine};
  machine->queries = NULL;
  loader.queries_end = &machine->queries;
  machine->codes = NULL;
  machine->codes_end = &machine->codes;
  machine->code_count = 0;
  return zinc_parse(source, machine->strict, &loader.listener, err);
}

// ---- code to methods -----------------------------------------------------------------------------------------------

static enum loam_err make_method(struct vm *vm, const char *name, const char *source_name, struct insn *insns,
                                 uint32_t count, void *data, struct method **method, struct error *err) {
  struct code_draft draft = {.name = name, .source_name = source_name, .insns = insns, .insn_count = count};
  struct verify_job job = {.ops = &zinc_op_table, .draft = &draft, .place = name, .depth_max = OPERANDS_MAX};
  enum verify_fault fault;
  draft.guest_data = data;
  enum loam_err kind = verify_code(&job, &fault, err);
  return kind == LOAM_OK ? method_create(vm, &draft, method, err) : kind;
}

enum loam_err zinc_code_create_own(struct vm *vm, struct zinc_code *code, const char *name, uint16_t op,
                                   struct error *err) {
  struct insn insn = {.op = op, .imm = {(intptr_t)code}};
  code->name = name;
  return make_method(vm, name, NULL, &insn, 1, code, &code->method, err);
}

static void lower(const struct zinc_code *code, struct insn *insns) {
  static const uint16_t ops[] = {ZINC_OP_ACCESS, ZINC_OP_PUSH, ZINC_OP_REDUCE, ZINC_OP_GRAB, ZINC_OP_GO_ON};
  uint32_t at = 0;
  for (const struct zinc_insn *insn = code->insns; insn; insn = insn->next, at++) {
    insns[at] = (struct insn){.op = ops[insn->op], .line = insn->line, .column = insn->column, .origin = at};
    insns[at].imm[0] = (intptr_t)insn->code;
    insns[at].imm[1] = (intptr_t)insn->rest;
    ASSERT(at < code->insn_count, "zinc.I4: c%u has more than %u instructions", code->number, code->insn_count);
    if (insn->op == ZINC_ACCESS) insns[at].imm[0] = insn->index;
    if (insn->op != ZINC_GRAB) continue;
    insns[at].imm[0] = (intptr_t)code;
    insns[at].imm[1] = code->insn_count;
  }
  ASSERT(at && at == code->insn_count, "zinc.I4: c%u has %u instructions, not %u", code->number, at, code->insn_count);
  insns[at] = (struct insn){.op = ZINC_OP_LEAVE, .origin = at - 1, .line = insns[at - 1].line};
}

static enum loam_err make_code(struct vm *vm, const char *source_name, struct zinc_code *code, struct error *err) {
  ASSERT(code->insns && code->insn_count && !code->method, "zinc.I4: c%u has %u instructions, or is made twice",
         code->number, code->insn_count);
  char name[32];
  bool grabs = code->insns->op == ZINC_GRAB; // then there is a way to a last instruction, leave
  if (code->insn_count > INSNS_MAX)
    return error_set(err, LOAM_ERR_INPUT, "%s:%u: expected an application to at most %d arguments", source_name,
                     code->insns->line, INSNS_MAX);
  struct insn *insns = mem_alloc_zero(code->insn_count + 1, sizeof *insns);
  if (!insns) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory for its code", source_name);
  snprintf(name, sizeof name, "c%u", code->number);
  lower(code, insns);
  enum loam_err kind = make_method(vm, code->name ? code->name : name, source_name, insns, code->insn_count + grabs,
                                   code, &code->method, err);
  mem_free(insns);
  return kind;
}

static enum loam_err make_loop(struct vm *vm, struct method **loop, struct error *err) {
  struct insn insns[] = {
      {.op = ZINC_OP_NEXT}, {.op = ZINC_OP_ENTER}, {.op = ZINC_OP_AGAIN, .imm = {0}}, {.op = ZINC_OP_STOP}};
  return make_method(vm, "the machine", NULL, insns, COUNT_OF(insns), NULL, loop, err);
}

enum loam_err zinc_load(struct vm *vm, const struct loam_source *source, struct method **loop, struct error *err) {
  struct zinc_state *machine = vm_guest_state(vm);
  enum loam_err kind = read_text(machine, source, err);
  for (struct zinc_code *code = machine->codes; code && kind == LOAM_OK; code = code->next)
    kind = make_code(vm, source->name, code, err);
  return kind == LOAM_OK ? make_loop(vm, loop, err) : kind;
}

// ---- the listing ---------------------------------------------------------------------------------------------------

static void list_code(const struct zinc_code *code, struct text *out) {
  static const char *const names[] = {"ACCESS", "PUSH", "REDUCE", "GRAB"};
  text_printf(out, "c%u:", code->number);
  if (code->name) text_printf(out, "  # %s", code->name);
  text_add_char(out, '\n');
  for (const struct zinc_insn *insn = code->insns; insn; insn = insn->next) {
    if (insn->op == ZINC_GO_ON) {
      text_printf(out, "    # goes on at c%u\n", insn->code->number);
      continue;
    }
    text_printf(out, "    %s", names[insn->op]);
    if (insn->op == ZINC_ACCESS) text_printf(out, "(%u)", insn->index);
    if (insn->code) text_printf(out, "(c%u)", insn->code->number);
    if (insn->op == ZINC_GRAB && *insn->name) text_printf(out, "  # %s", insn->name);
    text_add_char(out, '\n');
    if (insn->rest) text_printf(out, "    # goes on at c%u\n", insn->rest->number);
  }
}

enum loam_err zinc_disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  struct zinc_state *machine = vm_guest_state(vm);
  enum loam_err kind = read_text(machine, source, err);
  if (kind != LOAM_OK) return kind;
  for (const struct zinc_code *code = machine->codes; code; code = code->next) list_code(code, out);
  for (const struct zinc_query *query = machine->queries; query; query = query->next)
    text_printf(out, "# evaluates c%u%s\n", query->code->number, query->numeral ? " to a number" : "");
  return LOAM_OK;
}
