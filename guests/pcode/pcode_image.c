// SPDX-License-Identifier: MIT
//
// pcode_image.c: programs of extended P-code: making them, and making methods of them.
#include "pcode_image.h"

#include "pcode_ops.h"
#include "pcode_prove.h"
#include "pcode_routine.h"

#include <stdio.h>
#include <string.h>

#define OPERANDS_MAX 10000
#define LOCALS_KEPT_MAX 31000
#define WATCHED_INSNS 3 // that an instruction under observation becomes

void pcode_image_init(struct pcode_image *image, const char *source_name) {
  *image = (struct pcode_image){.source_name = source_name};
}

void pcode_image_fini(struct pcode_image *image) {
  for (uint32_t i = 0; i < image->code_count; i++) mem_free(image->codes[i].insns);
  mem_free(image->codes);
  arena_fini(&image->memory);
  *image = (struct pcode_image){0};
}

uint32_t pcode_image_add_code(struct pcode_image *image, const char *name) {
  if (!mem_grow(&image->codes, image->code_count, &image->code_capacity, sizeof *image->codes)) {
    image->failed = true;
    return 0;
  }
  size_t length = strlen(name);
  char *copy = arena_alloc(&image->memory, length + 1);
  if (copy) memcpy(copy, name, length);
  image->codes[image->code_count] = (struct pcode_code){.name = copy ? copy : "?"};
  return image->code_count++;
}

uint32_t pcode_image_add_insn(struct pcode_image *image, struct pcode_code *code, struct pcode_insn insn) {
  ASSERT(insn.op < pcode_op_table.base_count, "pcode.I4: op %u of %u is added to %s", insn.op,
         pcode_op_table.base_count, code->name);
  if (!mem_grow(&code->insns, code->count, &code->capacity, sizeof *code->insns)) {
    image->failed = true;
    return 0;
  }
  code->insns[code->count] = insn;
  return code->count++;
}

// ---- methods -------------------------------------------------------------------------------------------------------

static enum loam_err refuse(const struct pcode_image *image, const struct pcode_code *code, uint32_t at,
                            struct error *err, const char *expected, int64_t found) {
  return error_set(err, LOAM_ERR_INPUT, "%s:%u: %s, instruction %u: expected %s, found %lld", image->source_name,
                   code->insns[at].line, code->name, at, expected, (long long)found);
}

// Turns an instruction's immediates into those of the draft, and checks what the substrate's verifier can't know.
static enum loam_err lower(const struct pcode_state *state, const struct pcode_image *image,
                           const struct pcode_code *code, uint32_t at, struct insn *out, struct error *err) {
  const struct pcode_insn *insn = &code->insns[at];
  const struct op_info *info = &pcode_op_table.ops[insn->op];
  ASSERT(at < code->count, "pcode.I4: instruction %u of %u of %s becomes code", at, code->count, code->name);
  *out = (struct insn){.op = insn->op, .line = insn->line, .column = insn->column, .origin = at};
  for (unsigned i = 0; i < 3; i++) out->imm[i] = insn->imm[i];
  for (unsigned i = 0; i < info->imm_count && i < 3; i++)
    if (op_imms(info)[i].kind == IMM_LOCAL && (insn->imm[i] < 0 || insn->imm[i] >= code->locals))
      return refuse(image, code, at, err, "a local of the procedure", insn->imm[i]);
  if ((insn->op == PCODE_OP_LDO || insn->op == PCODE_OP_SRO) && insn->imm[0] >= PCODE_CELLS)
    return refuse(image, code, at, err, "an address in the store", insn->imm[0]);
  if (insn->op == PCODE_OP_CUP) {
    if (insn->imm[1] < 0 || insn->imm[1] >= image->code_count)
      return refuse(image, code, at, err, "the number of a procedure", insn->imm[1]);
    if (image->codes[insn->imm[1]].params != insn->imm[0])
      return refuse(image, code, at, err, "as many arguments as the procedure has", insn->imm[0]);
    out->imm[1] = (intptr_t)state->procs[insn->imm[1]];
  }
  if (insn->op == PCODE_OP_CSP &&
      (insn->imm[1] < 0 || insn->imm[1] >= PCODE_ROUTINE_COUNT || pcode_routines[insn->imm[1]].count != insn->imm[0]))
    return refuse(image, code, at, err, "a routine of the library with its arguments", insn->imm[1]);
  return LOAM_OK;
}

// Puts a call of `stp` before each instruction; branches lead to the calls.
static void watch_insns(const struct pcode_code *code, struct insn *insns) {
  for (uint32_t i = code->count; i-- > 0;) {
    struct insn insn = insns[i];
    const struct op_info *info = &pcode_op_table.ops[insn.op];
    for (unsigned k = 0; k < info->imm_count; k++)
      if (op_imms(info)[k].kind == IMM_TARGET) insn.imm[k] *= WATCHED_INSNS;
    struct insn *to = &insns[(size_t)i * WATCHED_INSNS];
    ASSERT(to >= &insns[i], "pcode.I14: instruction %u is moved onto one before it", i);
    to[2] = insn;
    to[1] = (struct insn){.op = PCODE_OP_POP, .line = insn.line, .column = insn.column, .origin = i};
    to[0] = to[1];
    to[0].op = PCODE_OP_CSP;
    to[0].imm[1] = PCODE_ROUTINE_stp;
  }
}

// The procedure's own instruction: a proof, or watching, may have made it another one.
static const char *name_insn(const struct verify_job *job, uint32_t index) {
  const struct pcode_code *code = job->context;
  ASSERT(job->draft->insns[index].origin < code->count, "pcode.I4: instruction %u of %u of %s is named",
         job->draft->insns[index].origin, code->count, code->name);
  return op_name(&pcode_op_table.ops[code->insns[job->draft->insns[index].origin].op]);
}

// Lowers, verifies and creates; `insns` has room for all of it.
static enum loam_err create_method(struct vm *vm, const struct pcode_image *image, uint32_t number, struct insn *insns,
                                   struct error *err) {
  struct pcode_state *state = vm_guest_state(vm);
  const struct pcode_code *code = &image->codes[number];
  uint32_t each = image->is_watched ? WATCHED_INSNS : 1;
  char place[160];
  struct insn_handler handler = {0, code->handler * each, code->handler * each};
  ASSERT(code->params <= code->locals && code->handler <= code->count,
         "%s has %u parameters in %u locals, and a handler at %u of %u", code->name, code->params, code->locals,
         code->handler, code->count);
  struct code_draft draft = {
      .name = code->name, .source_name = image->source_name, .insns = insns, .insn_count = code->count * each};
  draft.param_count = (uint16_t)code->params;
  draft.local_count = (uint16_t)code->locals;
  draft.handlers = &handler;
  draft.handler_count = code->handler ? 1 : 0;
  draft.guest_data = state->procs[number];
  snprintf(place, sizeof place, "%.80s: %.70s", image->source_name, code->name);
  struct verify_job job = {.ops = &pcode_op_table,
                           .draft = &draft,
                           .place = place,
                           .name_insn = name_insn,
                           .context = (void *)code,
                           .depth_max = OPERANDS_MAX,
                           .handler_type = PCODE_TYPE_WORD};
  enum verify_fault fault;
  enum loam_err kind = LOAM_OK;
  for (uint32_t i = 0; i < code->count && kind == LOAM_OK; i++) kind = lower(state, image, code, i, &insns[i], err);
  if (kind == LOAM_OK && image->is_watched)
    watch_insns(code, insns);
  else if (kind == LOAM_OK && !pcode_prove(code, insns))
    kind = error_set(err, LOAM_ERR_MEMORY, "%s: no memory for its code", image->source_name);
  if (kind == LOAM_OK) kind = verify_code(&job, &fault, err);
  if (kind == LOAM_OK) kind = method_create(vm, &draft, &state->procs[number]->method, err);
  return kind;
}

static enum loam_err make_method(struct vm *vm, const struct pcode_image *image, uint32_t number, struct error *err) {
  const struct pcode_code *code = &image->codes[number];
  if (code->locals > LOCALS_KEPT_MAX)
    return error_set(err, LOAM_ERR_INPUT, "%s: %s: expected at most %d locals", image->source_name, code->name,
                     LOCALS_KEPT_MAX);
  size_t each = image->is_watched ? WATCHED_INSNS : 1;
  struct insn *insns = mem_alloc_zero(code->count * each + 1, sizeof *insns);
  if (!insns) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory for its code", image->source_name);
  enum loam_err kind = create_method(vm, image, number, insns, err);
  mem_free(insns);
  return kind;
}

enum loam_err pcode_image_load(struct vm *vm, struct pcode_image *image, struct method **main, struct error *err) {
  struct pcode_state *state = vm_guest_state(vm);
  struct pcode_proc *procs = arena_alloc(&state->memory, image->code_count * sizeof *procs);
  ASSERT(image->code_count && image->cells >= 0, "pcode.I8: a program of %u procedures with %lld cells",
         image->code_count, (long long)image->cells);
  state->procs = arena_alloc(&state->memory, image->code_count * sizeof *state->procs);
  if (!procs || !state->procs) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory for its code", image->source_name);
  for (uint32_t i = 0; i < image->code_count; i++) {
    procs[i] = (struct pcode_proc){.number = i};
    state->procs[i] = &procs[i];
  }
  if (image->cells > PCODE_CELLS || image->cells > state->limit)
    return error_set(err, LOAM_ERR_INPUT,
                     "%s: expected a program whose variables fit the store of %lld cells, found %lld",
                     image->source_name, (long long)state->limit, (long long)image->cells);
  enum loam_err kind = LOAM_OK;
  for (uint32_t i = 0; i < image->code_count && kind == LOAM_OK; i++) kind = make_method(vm, image, i, err);
  if (kind != LOAM_OK) return kind;
  *main = procs[0].method;
  state->proc_count = image->code_count;
  state->program_cells = image->cells;
  state->strings = NULL;
  for (const struct pcode_string *string = image->strings; string; string = string->next) {
    ASSERT(string->address >= 0 && string->address + string->length <= image->cells,
           "pcode.I3: a string of %u cells at %lld, the program has %lld", string->length, (long long)string->address,
           (long long)image->cells);
    struct pcode_string *copy = arena_alloc(&state->memory, sizeof *copy + string->length);
    if (!copy) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory for its strings", image->source_name);
    memcpy(copy + 1, string->bytes, string->length);
    *copy = (struct pcode_string){string->address, (char *)(copy + 1), string->length, state->strings};
    state->strings = copy;
  }
  state->is_pascal = true;
  return LOAM_OK;
}

// ---- text ----------------------------------------------------------------------------------------------------------

static void add_number(struct text *out, const char *before, int64_t n) {
  char digits[TEXT_DIGITS_MAX], *at = text_digits(n, digits + sizeof digits);
  text_add(out, before, strlen(before));
  text_add(out, at, (size_t)(digits + sizeof digits - at));
}

static void add_insn(const struct pcode_insn *insn, struct text *out) {
  const struct op_info *info = &pcode_op_table.ops[insn->op];
  text_add(out, op_name(info), strlen(op_name(info)));
  for (unsigned k = 0; k < info->imm_count && k < 3 && op_imms(info)[k].kind < IMM_CALLEE; k++)
    add_number(out, " ", insn->imm[k]);
}

void pcode_image_print_insn(const struct pcode_image *image, const struct pcode_insn *insn, struct text *out) {
  add_insn(insn, out);
  if (insn->op == PCODE_OP_CUP && insn->imm[1] >= 0 && insn->imm[1] < image->code_count)
    text_printf(out, "  # %s", image->codes[insn->imm[1]].name);
  if (insn->op == PCODE_OP_CSP && insn->imm[1] >= 0 && insn->imm[1] < PCODE_ROUTINE_COUNT)
    text_printf(out, "  # %s", pcode_routines[insn->imm[1]].name);
}

void pcode_image_print(const struct pcode_image *image, bool listing, struct text *out) {
  text_printf(out, "pcode %lld\n", (long long)image->cells);
  for (const struct pcode_string *string = image->strings; string; string = string->next) {
    text_printf(out, "string %lld", (long long)string->address);
    for (uint32_t i = 0; i < string->length; i++) text_printf(out, " %u", (unsigned char)string->bytes[i]);
    text_add_char(out, '\n');
  }
  for (uint32_t number = 0; number < image->code_count; number++) {
    const struct pcode_code *code = &image->codes[number];
    text_printf(out, "proc %s %u %u %u\n", code->name, code->params, code->locals, code->handler);
    for (uint32_t i = 0; i < code->count; i++) {
      const struct pcode_insn *insn = &code->insns[i];
      if (listing) text_printf(out, "%5u ", i);
      text_add(out, "  ", 2);
      if (listing) pcode_image_print_insn(image, insn, out);
      if (!listing) add_insn(insn, out);
      if (!listing && insn->line) {
        add_number(out, " # ", insn->line);
        add_number(out, ":", insn->column);
      }
      text_add_char(out, '\n');
    }
  }
}
