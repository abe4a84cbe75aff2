// SPDX-License-Identifier: MIT
//
// mitscript_load.c: lowers the course's bytecode to the guest's own ops.
//
// Indices become addresses: of constants, globals, names and functions, so that code finds them without a table. A
// local that inner functions share, and that may change once they do, lives in a cell: the function begins by making
// the cells, and loads and stores of such a local go through them. A record's literal is made at once, when its fields
// are computed. Every index is checked here; the substrate's verifier checks jumps, stack depths and operand types of
// the result.
#include "mitscript_load.h"

#include "mitscript_capture.h"
#include "mitscript_literal.h"
#include "mitscript_ops.h"

#include <stdio.h>
#include <string.h>

#define LOWERED_PER_INSN 2 // at most: a shared local is a reference and a load
#define OPERANDS_MAX 30000 // on a function's stack

// Lowering of one program, and of one of its functions.
struct loader {
  struct vm *vm;
  struct mit_state *state;
  const struct mit_image *image;
  const char *source_name;
  struct arena scratch;
  struct mit_proto **protos; // by position in image->all
  const struct mit_function **functions;
  struct mit_captures *captures; // in the same order
  struct mit_proto *natives[MIT_NATIVE_COUNT];
  enum mit_exception exception;
  struct error *err;
  // The function at work.
  const struct mit_function *function;
  const struct mit_captures *capture;
  struct code_draft draft;
  struct insn *insns;
  uint32_t insn_room;
  uint32_t *first;               // by instruction of the image: the first lowered one; one more for the end
  bool *shared;                  // by local: it lives in a cell
  struct mit_literal **literals; // by instruction of the image: what it is part of
  bool makes_records;            // of literals
  uint16_t activation;           // the hidden local, if the function has one
  char place[160];
};

// Refuses the instruction `at` of the function at work.
static PRINTF_LIKE(3, 4) enum loam_err refuse(struct loader *loader, uint32_t at, const char *format, ...) {
  char what[200];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  loader->exception = MIT_RUNTIME;
  if (at >= loader->function->insn_count) return error_set(loader->err, LOAM_ERR_INPUT, "%s: %s", loader->place, what);
  return error_set(loader->err, LOAM_ERR_INPUT, "%s, instruction %u (%s): %s", loader->place, at,
                   mitscript_image_op_name(loader->function->insns[at].op), what);
}

static enum loam_err no_memory(struct loader *loader) {
  return error_set(loader->err, LOAM_ERR_MEMORY, "no memory to load %s", loader->source_name);
}

static struct insn *emit(struct loader *loader, uint16_t op, uint32_t at) {
  ASSERT(loader->draft.insn_count < loader->insn_room, "%s has more than %u instructions", loader->place,
         loader->insn_room);
  struct insn *insn = &loader->insns[loader->draft.insn_count++];
  const struct mit_insn *from = at < loader->function->insn_count ? &loader->function->insns[at] : NULL;
  *insn = (struct insn){.op = op, .origin = at, .line = from ? from->line : 0, .column = from ? from->column : 0};
  return insn;
}

static enum loam_err emit_imm(struct loader *loader, uint16_t op, uint32_t at, int64_t imm) {
  emit(loader, op, at)->imm[0] = imm;
  return LOAM_OK;
}

// ---- what an instruction's index names -----------------------------------------------------------------------------

static enum loam_err check_index(struct loader *loader, uint32_t at, const char *what, uint32_t count) {
  int32_t index = loader->function->insns[at].operand;
  if (index >= 0 && (uint32_t)index < count) return LOAM_OK;
  return refuse(loader, at, "expected a %s below %u, found %d", what, count, index);
}

static enum loam_err lower_const(struct loader *loader, uint32_t at) {
  enum loam_err kind = check_index(loader, at, "constant", loader->function->constant_count);
  if (kind != LOAM_OK) return kind;
  const struct mit_const *constant = &loader->function->constants[loader->function->insns[at].operand];
  if (constant->kind == MIT_CONST_INT) return emit_imm(loader, MITSCRIPT_OP_LOAD_INT, at, constant->number);
  if (constant->kind != MIT_CONST_STRING) {
    struct value special = constant->kind == MIT_CONST_BOOL ? mit_from_bool(constant->truth) : MIT_NONE;
    return emit_imm(loader, MITSCRIPT_OP_LOAD_SPECIAL, at, (int64_t)special.bits);
  }
  struct mit_constant *slot = arena_alloc(&loader->state->memory, sizeof *slot);
  if (!slot) return no_memory(loader);
  *slot = (struct mit_constant){loader->state->constants, MIT_NONE};
  loader->state->constants = slot;
  struct mutator *th = vm_main_mutator(loader->vm);
  if (mit_string_create(th, constant->string.bytes, constant->string.length, &slot->value) != DONE)
    return error_set(loader->err, LOAM_ERR_LIMIT, "%s: the heap is too small for the program's constants",
                     loader->source_name);
  return emit_imm(loader, MITSCRIPT_OP_LOAD_CONST, at, (intptr_t)slot);
}

static struct mit_proto *proto_of(const struct loader *loader, const struct mit_function *function) {
  ASSERT(function->number < loader->image->function_count, "mitscript.I4: %s is function %u of %u", function->name,
         function->number, loader->image->function_count);
  if (mitscript_image_is_native(function)) return loader->natives[function->outer_index];
  return loader->protos[function->number];
}

static struct mit_proto *inner_proto(const struct loader *loader, uint32_t at) {
  return proto_of(loader, loader->function->functions[loader->function->insns[at].operand]);
}

static enum loam_err lower_func(struct loader *loader, uint32_t at) {
  enum loam_err kind = check_index(loader, at, "function", loader->function->function_count);
  if (kind != LOAM_OK) return kind;
  if (loader->capture->roles[at] == MIT_ROLE_MAKE) return LOAM_OK; // the alloc_closure knows
  return emit_imm(loader, MITSCRIPT_OP_LOAD_FUNC, at, (intptr_t)inner_proto(loader, at));
}

static enum loam_err lower_local(struct loader *loader, uint32_t at) {
  enum loam_err kind = check_index(loader, at, "local", loader->function->local_vars.count);
  if (kind != LOAM_OK) return kind;
  int32_t local = loader->function->insns[at].operand;
  bool load = loader->function->insns[at].op == MIT_LOAD_LOCAL;
  if (!loader->shared[local])
    return emit_imm(loader, load ? MITSCRIPT_OP_LOAD_LOCAL : MITSCRIPT_OP_STORE_LOCAL, at, local);
  if (!load) return emit_imm(loader, MITSCRIPT_OP_STORE_CELL, at, local);
  emit_imm(loader, MITSCRIPT_OP_PUSH_REF, at, local);
  emit(loader, MITSCRIPT_OP_LOAD_REF, at);
  return LOAM_OK;
}

static enum loam_err lower_ref(struct loader *loader, uint32_t at) {
  uint32_t own = loader->function->local_ref_vars.count;
  enum loam_err kind = check_index(loader, at, "reference", own + loader->function->free_vars.count);
  if (kind != LOAM_OK) return kind;
  uint32_t index = (uint32_t)loader->function->insns[at].operand;
  const struct mit_captures *capture = loader->capture;
  bool by_value = capture->by_value[index];
  ASSERT(!by_value || capture->roles[at] != MIT_ROLE_NONE,
         "mitscript.I6: reference %u is wanted, and its variable has none", index);
  if (index >= own)
    return emit_imm(loader, by_value ? MITSCRIPT_OP_LOAD_FREE : MITSCRIPT_OP_PUSH_FREE, at, index - own);
  uint32_t local = capture->ref_locals[index];
  ASSERT(local < loader->function->local_vars.count && loader->shared[local] == !by_value,
         "mitscript.I6: reference %u is local %u of %u", index, local, loader->function->local_vars.count);
  return emit_imm(loader, by_value ? MITSCRIPT_OP_LOAD_LOCAL : MITSCRIPT_OP_PUSH_REF, at, local);
}

// The load_ref behind a push_ref that pushed the value has nothing to do.
static enum loam_err lower_load_ref(struct loader *loader, uint32_t at) {
  bool done = loader->capture->roles[at] == MIT_ROLE_READ_END &&
              loader->capture->by_value[loader->function->insns[at - 1].operand];
  if (!done) emit(loader, MITSCRIPT_OP_LOAD_REF, at);
  return LOAM_OK;
}

static enum loam_err lower_global(struct loader *loader, uint32_t at) {
  enum loam_err kind = check_index(loader, at, "name", loader->function->names.count);
  if (kind != LOAM_OK) return kind;
  const struct mit_insn *insn = &loader->function->insns[at];
  struct mit_bytes name = loader->function->names.items[insn->operand];
  struct mit_global *global = mit_global_get(loader->state, name.bytes, name.length);
  if (!global) return no_memory(loader);
  return emit_imm(loader, insn->op == MIT_LOAD_GLOBAL ? MITSCRIPT_OP_LOAD_GLOBAL : MITSCRIPT_OP_STORE_GLOBAL, at,
                  (intptr_t)global);
}

static enum loam_err lower_field(struct loader *loader, uint32_t at) {
  enum loam_err kind = check_index(loader, at, "name", loader->function->names.count);
  if (kind != LOAM_OK) return kind;
  const struct mit_insn *insn = &loader->function->insns[at];
  struct mit_bytes text = loader->function->names.items[insn->operand];
  const struct mit_name *name = mit_name_intern(loader->state, text.bytes, text.length);
  if (!name) return no_memory(loader);
  return emit_imm(loader, insn->op == MIT_FIELD_LOAD ? MITSCRIPT_OP_FIELD_LOAD : MITSCRIPT_OP_FIELD_STORE, at,
                  (intptr_t)name);
}

static const struct mit_shape *root_shape(const struct loader *loader, uint32_t fields) {
  uint32_t capacity = fields < MIT_CAPACITY_MAX ? fields : MIT_CAPACITY_MAX;
  const struct mit_shape *root = mit_shape_root(loader->state, capacity);
  ASSERT(!root->name && root->capacity == mit_capacity_of(capacity), "a literal of %u fields gets a shape of %u",
         fields, root->capacity);
  return root;
}

static enum loam_err lower_record(struct loader *loader, uint32_t at) {
  const struct mit_shape *root = root_shape(loader, mit_literal_fields(loader->function, loader->capture->targets, at));
  struct insn *insn = emit(loader, MITSCRIPT_OP_ALLOC_RECORD, at);
  insn->imm[0] = root->capacity;
  insn->imm[1] = root->id;
  return LOAM_OK;
}

// Finds out the shape of a literal's record; leaves it NULL when there is none, since two fields have the same name or
// there are too many shapes.
static enum loam_err shape_literal(struct loader *loader, struct mit_literal *literal) {
  const struct mit_shape *shape = root_shape(loader, literal->field_count);
  uint32_t slot;
  for (uint32_t i = 0; i < literal->field_count && shape; i++) {
    uint32_t at = literal->stores[i];
    enum loam_err kind = check_index(loader, at, "name", loader->function->names.count);
    if (kind != LOAM_OK) return kind;
    struct mit_bytes text = loader->function->names.items[loader->function->insns[at].operand];
    const struct mit_name *name = mit_name_intern(loader->state, text.bytes, text.length);
    if (!name) return no_memory(loader);
    shape = mit_shape_find(shape, name, &slot) ? NULL : mit_shape_add(loader->state, shape, name);
  }
  literal->shape = shape;
  return LOAM_OK;
}

// An instruction of a literal. Only the values of the fields are pushed, and the last store makes the record of them.
static enum loam_err lower_literal(struct loader *loader, const struct mit_literal *literal, uint32_t at) {
  ASSERT(literal->field_count && literal->stored == literal->field_count,
         "a literal of %u fields is made, and %u are stored", literal->field_count, literal->stored);
  if (at != literal->stores[literal->field_count - 1]) return LOAM_OK;
  loader->makes_records = true;
  struct insn *insn = emit(loader, MITSCRIPT_OP_MAKE_RECORD, at);
  insn->imm[0] = literal->field_count;
  insn->imm[1] = literal->shape->capacity;
  insn->imm[2] = literal->shape->id;
  return LOAM_OK;
}

// The end of a closure's making: what is before it are its variables, and before them the function.
static enum loam_err lower_make(struct loader *loader, uint32_t at) {
  uint32_t count = 0;
  while (loader->capture->roles[at - 1 - count] == MIT_ROLE_MAKE_HOLDS) count++;
  ASSERT(count < at && loader->capture->roles[at - 1 - count] == MIT_ROLE_MAKE,
         "mitscript.I6: instruction %u makes a closure that holds %u variables, of no function", at, count);
  struct mit_proto *proto = inner_proto(loader, at - 1 - count);
  ASSERT(count == proto->free_count, "instruction %u makes a closure of %u variables, of %u", at, count,
         proto->free_count);
  struct insn *made = emit(loader, MITSCRIPT_OP_MAKE_CLOSURE, at);
  made->imm[0] = count;
  made->imm[1] = loader->activation;
  made->imm[2] = (intptr_t)proto;
  return LOAM_OK;
}

static enum loam_err lower_closure(struct loader *loader, uint32_t at) {
  const struct mit_insn *insn = &loader->function->insns[at];
  int32_t count = insn->operand;
  if (loader->capture->roles[at] == MIT_ROLE_MAKE_END) return lower_make(loader, at);
  if (!insn->has_operand) { // the abbreviated form: as many as the references pushed since the function
    count = 0;
    while ((uint32_t)count < at && loader->function->insns[at - 1 - (uint32_t)count].op == MIT_PUSH_REF) count++;
  }
  if (count < 0 || count > UINT16_MAX)
    return refuse(loader, at, "expected a count from 0 to %d, found %d", UINT16_MAX, count);
  struct insn *made = emit(loader, MITSCRIPT_OP_ALLOC_CLOSURE, at);
  made->imm[0] = count;
  made->imm[1] = loader->activation;
  return LOAM_OK;
}

static enum loam_err lower_call(struct loader *loader, uint32_t at) {
  int32_t count = loader->function->insns[at].operand;
  if (count < 0 || count > UINT16_MAX)
    return refuse(loader, at, "expected a count from 0 to %d, found %d", UINT16_MAX, count);
  return emit_imm(loader, MITSCRIPT_OP_CALL, at, count);
}

// The target is an instruction of the image until resolve_jumps.
static enum loam_err lower_jump(struct loader *loader, uint32_t at) {
  const struct mit_insn *insn = &loader->function->insns[at];
  int64_t target = (int64_t)at + insn->operand;
  if (target < 0 || target > loader->function->insn_count)
    return refuse(loader, at, "expected a jump within %u instructions, found one to %lld", loader->function->insn_count,
                  (long long)target);
  return emit_imm(loader, insn->op == MIT_GOTO ? MITSCRIPT_OP_GOTO : MITSCRIPT_OP_IF, at, target);
}

// Opcodes whose operand is looked up; the others become the op of the same name.
static enum loam_err lower_insn(struct loader *loader, uint32_t at) {
  static const uint16_t plain[MIT_OPCODE_COUNT] = {
      [MIT_STORE_REF] = MITSCRIPT_OP_STORE_REF,
      [MIT_INDEX_LOAD] = MITSCRIPT_OP_INDEX_LOAD,
      [MIT_INDEX_STORE] = MITSCRIPT_OP_INDEX_STORE,
      [MIT_RETURN] = MITSCRIPT_OP_RETURN,
      [MIT_ADD] = MITSCRIPT_OP_ADD,
      [MIT_SUB] = MITSCRIPT_OP_SUB,
      [MIT_MUL] = MITSCRIPT_OP_MUL,
      [MIT_DIV] = MITSCRIPT_OP_DIV,
      [MIT_NEG] = MITSCRIPT_OP_NEG,
      [MIT_GT] = MITSCRIPT_OP_GT,
      [MIT_GEQ] = MITSCRIPT_OP_GEQ,
      [MIT_EQ] = MITSCRIPT_OP_EQ,
      [MIT_AND] = MITSCRIPT_OP_AND,
      [MIT_OR] = MITSCRIPT_OP_OR,
      [MIT_NOT] = MITSCRIPT_OP_NOT,
      [MIT_DUP] = MITSCRIPT_OP_DUP,
      [MIT_SWAP] = MITSCRIPT_OP_SWAP,
      [MIT_POP] = MITSCRIPT_OP_POP,
  };
  enum mit_opcode op = loader->function->insns[at].op;
  struct mit_literal *literal = loader->literals[at];
  if (literal && at == literal->alloc) {
    enum loam_err kind = shape_literal(loader, literal);
    if (kind != LOAM_OK) return kind;
  }
  if (literal && literal->shape) return lower_literal(loader, literal, at);
  switch (op) {
  case MIT_LOAD_CONST: return lower_const(loader, at);
  case MIT_LOAD_FUNC: return lower_func(loader, at);
  case MIT_LOAD_LOCAL:
  case MIT_STORE_LOCAL: return lower_local(loader, at);
  case MIT_LOAD_GLOBAL:
  case MIT_STORE_GLOBAL: return lower_global(loader, at);
  case MIT_PUSH_REF: return lower_ref(loader, at);
  case MIT_LOAD_REF: return lower_load_ref(loader, at);
  case MIT_ALLOC_RECORD: return lower_record(loader, at);
  case MIT_FIELD_LOAD:
  case MIT_FIELD_STORE: return lower_field(loader, at);
  case MIT_ALLOC_CLOSURE: return lower_closure(loader, at);
  case MIT_CALL: return lower_call(loader, at);
  case MIT_GOTO:
  case MIT_IF: return lower_jump(loader, at);
  default:
    ASSERT(op < MIT_OPCODE_COUNT && plain[op], "no op is like %s", mitscript_image_op_name(op));
    emit(loader, plain[op], at);
    return LOAM_OK;
  }
}

// ---- a function ----------------------------------------------------------------------------------------------------

static bool is_main(const struct loader *loader) { return loader->function == loader->image->main; }

// Which locals are shared with inner functions. `local_of` has room for a local of each number.
static enum loam_err match_refs(struct loader *loader, struct mit_numbering *numbering, uint32_t *local_of,
                                uint32_t *ref_locals) {
  const struct mit_function *function = loader->function;
  for (uint32_t i = 0; i < function->local_vars.count; i++) {
    struct mit_bytes name = function->local_vars.items[i];
    uint32_t number = mitscript_image_number(numbering, name.bytes, name.length);
    if (!number) return no_memory(loader);
    local_of[number] = i; // of two of the same name the last one counts
  }
  const uint32_t names = numbering->count;
  for (uint32_t i = 0; i < function->local_ref_vars.count; i++) {
    struct mit_bytes name = function->local_ref_vars.items[i];
    uint32_t number = mitscript_image_number(numbering, name.bytes, name.length);
    if (!number) return no_memory(loader);
    if (number > names)
      return refuse(loader, UINT32_MAX, "expected the names in local_ref_vars among local_vars, found '%.*s'",
                    (int)(name.length < 60 ? name.length : 60), name.bytes);
    ASSERT(number && local_of[number] < function->local_vars.count, "name %u is local %u of %u", number,
           local_of[number], function->local_vars.count);
    ref_locals[i] = local_of[number];
  }
  return LOAM_OK;
}

static enum loam_err find_refs(struct loader *loader, struct mit_captures *captures) {
  const struct mit_function *function = loader->function;
  if (!function->local_ref_vars.count) return LOAM_OK;
  uint32_t *local_of = arena_alloc(&loader->scratch, ((size_t)function->local_vars.count + 1) * sizeof *local_of);
  uint32_t *ref_locals = arena_alloc(&loader->scratch, function->local_ref_vars.count * sizeof *ref_locals);
  if (!local_of || !ref_locals) return no_memory(loader);
  struct mit_numbering numbering = {0};
  enum loam_err kind = match_refs(loader, &numbering, local_of, ref_locals);
  mitscript_image_numbering_fini(&numbering);
  captures->ref_locals = ref_locals;
  return kind;
}

static void find_shared(struct loader *loader) {
  ASSERT(loader->capture->ref_locals || !loader->function->local_ref_vars.count,
         "mitscript.I6: nobody knows what locals the %u references of %s are", loader->function->local_ref_vars.count,
         loader->place);
  for (uint32_t i = 0; i < loader->function->local_ref_vars.count; i++)
    if (!loader->capture->by_value[i]) loader->shared[loader->capture->ref_locals[i]] = true;
}

// The closures of the outermost function are all of one activation, at a prompt too: number 0.
static void emit_prologue(struct loader *loader) {
  if (is_main(loader)) {
    emit_imm(loader, MITSCRIPT_OP_LOAD_INT, 0, 0);
    emit_imm(loader, MITSCRIPT_OP_STORE_LOCAL, 0, loader->activation);
  }
  for (uint32_t i = 0; i < loader->function->local_vars.count; i++)
    if (loader->shared[i]) emit_imm(loader, MITSCRIPT_OP_MAKE_CELL, 0, i);
}

// Behind the last instruction: the outermost function ends well there, another one must not get there.
static enum loam_err emit_epilogue(struct loader *loader) {
  uint32_t end = loader->function->insn_count;
  loader->first[end] = loader->draft.insn_count;
  if (!is_main(loader)) {
    emit(loader, MITSCRIPT_OP_FALL_OFF, end);
    return LOAM_OK;
  }
  emit_imm(loader, MITSCRIPT_OP_LOAD_INT, end, 0);
  emit(loader, MITSCRIPT_OP_RETURN, end);
  return LOAM_OK;
}

static void resolve_jumps(struct loader *loader) {
  for (uint32_t i = 0; i < loader->draft.insn_count; i++) {
    struct insn *insn = &loader->insns[i];
    if (insn->op != MITSCRIPT_OP_GOTO && insn->op != MITSCRIPT_OP_IF) continue;
    ASSERT((uint64_t)insn->imm[0] <= loader->function->insn_count, "instruction %u jumps to %lld of %u", i,
           (long long)insn->imm[0], loader->function->insn_count);
    insn->imm[0] = loader->first[insn->imm[0]];
  }
}

// Divisions by what the instruction before pushes, always, as nothing jumps between both.
static enum loam_err lower_divisions(struct loader *loader) {
  bool *targets = arena_alloc(&loader->scratch, loader->draft.insn_count + 1);
  if (!targets) return no_memory(loader);
  for (uint32_t i = 0; i < loader->draft.insn_count; i++) {
    const struct insn *insn = &loader->insns[i];
    if (insn->op != MITSCRIPT_OP_GOTO && insn->op != MITSCRIPT_OP_IF) continue;
    ASSERT(insn->imm[0] >= 0 && insn->imm[0] <= loader->draft.insn_count, "instruction %u leads to %lld of %u", i,
           (long long)insn->imm[0], loader->draft.insn_count);
    targets[insn->imm[0]] = true;
  }
  for (uint32_t i = 1; i < loader->draft.insn_count; i++) {
    struct insn *insn = &loader->insns[i];
    if (insn->op != MITSCRIPT_OP_DIV || insn[-1].op != MITSCRIPT_OP_LOAD_INT || targets[i]) continue;
    int32_t by = (int32_t)insn[-1].imm[0];
    if (by < 2) continue;
    uint32_t shift = MIT_MAGIC_SHIFT(32 - (uint32_t)__builtin_clz((uint32_t)by - 1));
    insn->op = MITSCRIPT_OP_DIV_BY;
    insn->imm[0] = mit_magic(by, shift);
    insn->imm[1] = shift;
  }
  return LOAM_OK;
}

static enum loam_err lower_function(struct loader *loader, bool with_literals) {
  const struct mit_function *function = loader->function;
  const bool *targets = loader->capture->targets;
  enum loam_err kind = LOAM_OK;
  find_shared(loader);
  if (with_literals && !mit_literals_find(function, targets, &loader->scratch, loader->literals))
    return no_memory(loader);
  emit_prologue(loader);
  for (uint32_t at = 0; at < function->insn_count && kind == LOAM_OK; at++) {
    loader->first[at] = loader->draft.insn_count;
    kind = lower_insn(loader, at);
  }
  if (kind == LOAM_OK) kind = emit_epilogue(loader);
  if (kind != LOAM_OK) return kind;
  resolve_jumps(loader);
  return lower_divisions(loader);
}

static enum loam_err check_counts(struct loader *loader) {
  const struct mit_function *function = loader->function;
  if (function->local_vars.count >= LOCALS_MAX)
    return refuse(loader, UINT32_MAX, "expected fewer than %d locals, found %u", LOCALS_MAX,
                  function->local_vars.count);
  if (function->parameter_count > function->local_vars.count)
    return refuse(loader, UINT32_MAX, "expected at most %u parameters, as many as local_vars, found %u",
                  function->local_vars.count, function->parameter_count);
  if (is_main(loader) && function->parameter_count)
    return refuse(loader, UINT32_MAX, "expected no parameters, found %u", function->parameter_count);
  if (function->free_vars.count > UINT16_MAX || (is_main(loader) && function->free_vars.count))
    return refuse(loader, UINT32_MAX, "expected %s free variables, found %u", is_main(loader) ? "no" : "fewer",
                  function->free_vars.count);
  return LOAM_OK;
}

// Only a function that makes closures needs to number its activations: a local more is a store more in each call.
static bool numbers_activations(const struct loader *loader) {
  const struct mit_function *function = loader->function;
  for (uint32_t at = 0; at < function->insn_count; at++)
    if (function->insns[at].op == MIT_ALLOC_CLOSURE) return true;
  return is_main(loader);
}

static void go_to(struct loader *loader, const struct mit_function *function) {
  ASSERT(function->number < loader->image->function_count, "mitscript.I4: function %u of %u is gone to",
         function->number, loader->image->function_count);
  loader->function = function;
  loader->capture = &loader->captures[function->number];
  snprintf(loader->place, sizeof loader->place, "%.60s: function %.60s", loader->source_name, function->name);
}

static enum loam_err start_function(struct loader *loader) {
  const struct mit_function *function = loader->function;
  uint32_t locals = function->local_vars.count;
  size_t insns = (size_t)function->insn_count * LOWERED_PER_INSN + locals + 8; // the prologue and the epilogue
  loader->insns = arena_alloc(&loader->scratch, insns * sizeof *loader->insns);
  loader->insn_room = (uint32_t)insns;
  loader->first = arena_alloc(&loader->scratch, ((size_t)function->insn_count + 1) * sizeof *loader->first);
  loader->shared = arena_alloc(&loader->scratch, locals * sizeof *loader->shared);
  loader->literals = arena_alloc(&loader->scratch, function->insn_count * sizeof *loader->literals);
  bool enough = loader->insns && loader->first && loader->shared && loader->literals;
  if (!enough) return no_memory(loader);
  ASSERT(locals < LOCALS_MAX && function->parameter_count <= locals, "%s has %u parameters in %u locals", loader->place,
         function->parameter_count, locals);
  loader->activation = (uint16_t)locals;
  loader->makes_records = false;
  loader->draft = (struct code_draft){.name = function->name,
                                      .source_name = loader->source_name,
                                      .insns = loader->insns,
                                      .param_count = (uint16_t)function->parameter_count,
                                      .local_count = (uint16_t)(locals + numbers_activations(loader))};
  return LOAM_OK;
}

static const char *name_insn(const struct verify_job *job, uint32_t index) {
  const struct mit_function *function = ((const struct loader *)job->context)->function;
  uint32_t at = job->draft->insns[index].origin;
  return at < function->insn_count ? mitscript_image_op_name(function->insns[at].op) : "the function's end";
}

static enum loam_err verify(struct loader *loader) {
  struct verify_job job = {.ops = &mitscript_op_table,
                           .draft = &loader->draft,
                           .place = loader->place,
                           .name_insn = name_insn,
                           .context = loader,
                           .depth_max = OPERANDS_MAX};
  enum verify_fault fault;
  enum loam_err kind = verify_code(&job, &fault, loader->err);
  if (kind == LOAM_ERR_INPUT) loader->exception = fault == VERIFY_UNDERFLOW ? MIT_INSUFFICIENT_STACK : MIT_RUNTIME;
  return kind;
}

static enum loam_err make_draft(struct loader *loader, bool with_literals) {
  enum loam_err kind = start_function(loader);
  if (kind == LOAM_OK) kind = lower_function(loader, with_literals);
  return kind == LOAM_OK ? verify(loader) : kind;
}

static enum loam_err load_function(struct loader *loader, struct mit_proto *proto) {
  enum loam_err kind = make_draft(loader, true);
  // The last store of a literal takes the values of all; the message is to tell which store's is none.
  if (kind == LOAM_ERR_INPUT && loader->makes_records) kind = make_draft(loader, false);
  if (kind != LOAM_OK) return kind;
  proto->body_id = (uint64_t)loader->state->programs << 32 | loader->function->same_body_id;
  proto->free_count = loader->function->free_vars.count;
  ASSERT(!proto->method, "function %s is made twice", loader->function->name);
  loader->draft.guest_data = proto;
  return method_create(loader->vm, &loader->draft, &proto->method, loader->err);
}

// ---- a program -----------------------------------------------------------------------------------------------------

static enum loam_err make_protos(struct loader *loader) {
  uint32_t count = loader->image->function_count, i = 0;
  loader->protos = arena_alloc(&loader->scratch, count * sizeof *loader->protos);
  loader->functions = arena_alloc(&loader->scratch, count * sizeof *loader->functions);
  if (!loader->protos || !loader->functions) return no_memory(loader);
  for (const struct mit_function *function = loader->image->all; function; function = function->next, i++) {
    ASSERT(i < count && function->number == i, "mitscript.I4: function %u of %u has number %u", i, count,
           function->number);
    loader->functions[i] = function;
    loader->protos[i] = arena_alloc(&loader->state->memory, sizeof *loader->protos[i]);
    if (!loader->protos[i]) return no_memory(loader);
  }
  ASSERT(i == count, "mitscript.I4: the image lists %u of %u functions", i, count);
  return mit_natives_create(loader->vm, loader->natives, loader->err);
}

// Finds out which variables need cells. That takes all functions, as each says what it does with those of others.
static enum loam_err find_captures(struct loader *loader) {
  uint32_t count = loader->image->function_count;
  loader->captures = arena_alloc(&loader->scratch, count * sizeof *loader->captures);
  if (!loader->captures) return no_memory(loader);
  enum loam_err kind = LOAM_OK;
  for (uint32_t i = 0; i < count && kind == LOAM_OK; i++) {
    struct mit_captures *captures = &loader->captures[i];
    go_to(loader, loader->functions[i]);
    captures->targets = mit_targets_find(loader->function, &loader->scratch);
    if (!captures->targets) return no_memory(loader);
    if (mitscript_image_is_native(loader->function)) continue;
    kind = check_counts(loader);
    if (kind == LOAM_OK) kind = find_refs(loader, captures);
  }
  if (kind != LOAM_OK) return kind;
  return mit_captures_find(loader->image, loader->captures, &loader->scratch) ? LOAM_OK : no_memory(loader);
}

enum loam_err mitscript_load_image(struct vm *vm, const struct mit_image *image, const char *source_name,
                                   struct method **main_method, enum mit_exception *exception, struct error *err) {
  struct loader loader = {
      .vm = vm, .state = vm_guest_state(vm), .image = image, .source_name = source_name, .err = err};
  loader.state->programs++;
  enum loam_err kind = make_protos(&loader);
  if (kind == LOAM_OK) kind = find_captures(&loader);
  for (uint32_t i = 0; i < image->function_count && kind == LOAM_OK; i++) {
    go_to(&loader, loader.functions[i]);
    if (!mitscript_image_is_native(loader.function)) kind = load_function(&loader, loader.protos[i]);
  }
  ASSERT(kind != LOAM_OK || loader.functions[image->function_count - 1] == image->main,
         "mitscript.I4: the last of %u functions is not the outermost", image->function_count);
  if (kind == LOAM_OK) *main_method = loader.protos[image->function_count - 1]->method; // main is the last
  *exception = loader.exception;
  arena_fini(&loader.scratch);
  return kind;
}
