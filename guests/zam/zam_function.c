// SPDX-License-Identifier: MIT
//
// zam_function.c: functions as methods, and calls that bring too few or too many arguments.
//
// A method takes exactly as many arguments as its function; they are its locals, the last one first, as they lay on the
// machine's stack. A call whose count differs goes to an *adapter*, one for each count, which calls what
// zam_function_adapt finds for it:
//
//   not translated yet       the function's own method, after translating it
//   too few arguments        a method that makes a closure of what there is: [partial, info, function, arguments ...]
//   too many                 a method that calls with the first ones, and its result with the rest
//
// The closure's own function takes the rest of the arguments and calls the original one with all. So nothing of this is
// in the way of a call that fits.
#include "zam_function.h"

#include "zam_cold.h"
#include "zam_load.h"
#include "zam_ops.h"
#include "zam_runtime.h"
#include "zam_translate.h"

#include <string.h>

#define TRACED UINT16_MAX // `saved` of what runs a traced function
enum { TRACED_ENVIRONMENT = ZAM_CLOSURE_VALUES, TRACED_FUNCTION };

// ---- by the word where they begin ----------------------------------------------------------------------------------

// The place of the function at `pc`, or the free one where it would be. Neighbours in the code are neighbours in the
// table: modules make their closures in this order.
static struct zam_function **find_place(const struct zam_code *code, uint32_t pc) {
  uint32_t room = code->function_room, at = (uint32_t)((uint64_t)pc * room / code->words.count);
  ASSERT(at < room && code->function_count < room,
         "zam.I1: word %u of %u is looked for among %u functions, in a table of %u", pc, code->words.count,
         code->function_count, room);
  while (code->functions[at] && code->functions[at]->pc != pc) at = at + 1 < room ? at + 1 : 0;
  return &code->functions[at];
}

static bool grow_table(struct zam_code *code) {
  enum { ROOM_MIN = 64, WORDS_EACH = 30 }; // in the compilers a function takes 60 words
  if (code->function_count < code->function_room / 4 * 3) return true;
  struct zam_code larger = *code;
  larger.function_room = code->function_room ? 2 * code->function_room : ROOM_MIN;
  if (larger.function_room < code->words.count / WORDS_EACH) larger.function_room = code->words.count / WORDS_EACH;
  larger.functions = mem_alloc_zero(larger.function_room, sizeof *larger.functions);
  if (!larger.functions) return false;
  for (uint32_t i = 0; i < code->function_room; i++)
    if (code->functions[i]) *find_place(&larger, code->functions[i]->pc) = code->functions[i];
  mem_free(code->functions);
  *code = larger;
  return true;
}

_Static_assert(sizeof(struct zam_function) == 64, "zam_is_function takes a power of two");

static struct zam_function *make_function(struct zam_state *state) {
  struct zam_function *function = state->empty_functions;
  if (!function) return arena_alloc(&state->functions, sizeof *function);
  state->empty_functions = function->next_empty;
  return function;
}

static struct zam_kin *find_kin(const struct zam_function *function, enum zam_kin_kind kind, uint32_t saved) {
  struct zam_kin *kin = function->kin;
  while (kin && (kin->kind != kind || kin->saved != saved)) kin = kin->next;
  return kin;
}

// What it is a partial application of, or NULL.
static struct zam_function *original_of(const struct zam_function *function) {
  const struct zam_kin *kin = find_kin(function, ZAM_ORIGINAL, function->saved);
  return kin ? kin->function : NULL;
}

static bool add_kin(struct zam_state *state, struct zam_function *function, struct zam_kin kin) {
  struct zam_kin *made = state->empty_kin;
  if (made)
    state->empty_kin = made->next;
  else if (!(made = arena_alloc(&state->memory, sizeof *made)))
    return false;
  kin.next = function->kin;
  *made = kin;
  function->kin = made;
  return true;
}

static void drop_kin(struct zam_state *state, struct zam_kin **at) {
  struct zam_kin *kin = *at;
  *at = kin->next;
  kin->next = state->empty_kin;
  state->empty_kin = kin;
}

// Whoever calls it goes by the adapters from now on.
static void reset_calls(const struct zam_state *state, struct zam_function *function) {
  ASSERT(state->adapters[1] && state->adapters[ZAM_DIRECT_CALLS],
         "zam.I1: the function of word %u is there before the adapters", function->pc);
  memcpy(function->calls, state->adapters + 1, sizeof function->calls);
}

struct zam_function *zam_function_at(struct zam_state *state, struct zam_code *code, uint32_t pc) {
  if (!grow_table(code)) return NULL;
  struct zam_function **place = find_place(code, pc);
  if (*place) return *place;
  struct zam_function *function = make_function(state);
  if (!function) return NULL;
  *function = (struct zam_function){.arity = ZAM_ARITY_UNKNOWN, .pc = pc, .code = code};
  reset_calls(state, function);
  code->function_count++;
  ASSERT(pc < code->words.count && code->function_count < code->function_room,
         "zam.I1: word %u of %u begins function %u, in a table of %u", pc, code->words.count, code->function_count,
         code->function_room);
  return *place = function;
}

enum loam_err zam_function_read_arity(const struct zam_state *state, const struct zam_function *function,
                                      uint32_t *arity, uint32_t *body, struct error *err) {
  struct zam_insn insn;
  *arity = function->arity;
  *body = function->pc;
  if (function->arity != ZAM_ARITY_UNKNOWN) return LOAM_OK;
  if (!function->code || function->code->users)
    return error_set(err, LOAM_ERR_INPUT, "%s: a function is called whose code was released", state->program);
  *arity = 1;
  if (!zam_insn_read(&function->code->words, function->pc, &insn) || insn.op != ZAM_GRAB) return LOAM_OK;
  if (insn.args[0] < 0 || insn.args[0] >= ZAM_ARGS_MAX)
    return error_set(err, LOAM_ERR_INPUT, "%s, function code@%u: expected at most %d arguments, found %d more than one",
                     state->program, function->pc, ZAM_ARGS_MAX, insn.args[0]);
  *arity += (uint32_t)insn.args[0];
  *body += insn.length;
  return LOAM_OK;
}

enum loam_err zam_function_translate(struct zam_state *state, struct zam_function *function, struct error *err) {
  uint32_t params, body;
  struct method *method;
  if (function->arity != ZAM_ARITY_UNKNOWN) return LOAM_OK;
  enum loam_err kind = zam_function_read_arity(state, function, &params, &body, err);
  if (kind == LOAM_OK) kind = zam_translate(state, function, body, params, &method, err);
  if (kind != LOAM_OK) return kind;
  zam_cold_forget(state, function);
  ASSERT(method->param_count == params, "zam.I1: the method of word %u takes %u arguments, the function %u",
         function->pc, method->param_count, params);
  method->identity = function;
  function->method = method;
  function->arity = (uint16_t)params;
  return LOAM_OK;
}

// ---- methods that are put together from ops ------------------------------------------------------------------------

// One at a time, in the state: its instructions are too many for a C frame.
struct zam_assembly {
  uint32_t count;
  struct insn insns[4 * ZAM_ARGS_MAX + 16];
};

static struct zam_assembly *begin_assembly(struct zam_state *state, struct error *err) {
  if (!state->assembly) state->assembly = mem_alloc(sizeof *state->assembly);
  if (state->assembly)
    state->assembly->count = 0; // the instructions are not worth clearing
  else
    error_set(err, LOAM_ERR_MEMORY, "no memory for a call");
  return state->assembly;
}

static void add(struct zam_assembly *as, uint16_t op, int64_t imm) {
  ASSERT(as->count < COUNT_OF(as->insns), "zam.I4: an adapter has more than %u instructions", as->count);
  as->insns[as->count++] = (struct insn){.op = op, .imm = {imm}};
}

static void add_loads(struct zam_assembly *as, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++) add(as, ZAM_OP_LOAD, i);
}

static enum loam_err assemble(struct zam_state *state, const struct zam_assembly *as, const char *name, uint32_t params,
                              struct method **out, struct error *err) {
  ASSERT(as->count && params <= ZAM_ARGS_MAX, "zam.I4: %s has %u instructions, and takes %u arguments", name, as->count,
         params);
  struct code_draft draft = {.name = name,
                             .insns = as->insns,
                             .insn_count = as->count,
                             .param_count = (uint16_t)params,
                             .local_count = (uint16_t)params};
  return method_create(state->vm, &draft, out, err);
}

enum loam_err zam_function_prepare(struct zam_state *state, struct error *err) {
  enum loam_err kind = LOAM_OK;
  for (uint32_t count = 1; count <= ZAM_DIRECT_CALLS && kind == LOAM_OK; count++)
    kind = zam_function_prepare_call(state, count, err);
  return kind;
}

enum loam_err zam_function_prepare_call(struct zam_state *state, uint32_t count, struct error *err) {
  if (count > ZAM_ARGS_MAX)
    return error_set(err, LOAM_ERR_INPUT, "%s: expected at most %d arguments in a call, found %u", state->program,
                     ZAM_ARGS_MAX, count);
  if (state->adapters[count]) return LOAM_OK;
  struct zam_assembly *as = begin_assembly(state, err);
  if (!as) return err->kind;
  add(as, ZAM_OP_CALLEE, 0);
  add_loads(as, 0, count);
  add(as, ZAM_OP_TAIL_ADAPT, count);
  return assemble(state, as, "call", count, &state->adapters[count], err);
}

// Calls a function of `arity` with the first of `count` arguments, and the result with the others.
static enum loam_err make_over(struct zam_state *state, uint32_t count, uint32_t arity, struct method **out,
                               struct error *err) {
  ASSERT(arity && arity < count && count <= ZAM_ARGS_MAX, "zam.I4: %u arguments are over, for a function of %u", count,
         arity);
  if (!state->overs[count]) state->overs[count] = arena_alloc(&state->memory, count * sizeof(struct method *));
  if (!state->overs[count]) return error_set(err, LOAM_ERR_MEMORY, "no memory for a call");
  struct method **slot = &state->overs[count][arity];
  enum loam_err kind = zam_function_prepare_call(state, count - arity, err);
  if (kind == LOAM_OK && !*slot) kind = zam_function_prepare_call(state, arity, err);
  if (kind == LOAM_OK && !*slot) {
    struct zam_assembly *as = begin_assembly(state, err);
    if (!as) return err->kind;
    add(as, ZAM_OP_CALLEE, 0);
    add_loads(as, count - arity, count);
    add(as, ZAM_OP_APPLY, arity);
    add_loads(as, 0, count - arity);
    add(as, ZAM_OP_TAIL_APPLY, count - arity);
    kind = assemble(state, as, "call", count, slot, err);
  }
  *out = *slot;
  return kind;
}

// What a partial application with `saved` arguments of a function of `arity` runs: it takes the others.
static enum loam_err make_restart(struct zam_state *state, uint32_t arity, uint32_t saved, struct method **out,
                                  struct error *err) {
  uint32_t rest = arity - saved, first = ZAM_CLOSURE_VALUES + 1;
  ASSERT(saved && saved < arity, "zam.I1: %u arguments are kept, of a function of %u", saved, arity);
  enum loam_err kind = zam_function_prepare_call(state, arity, err);
  struct zam_assembly *as = kind == LOAM_OK ? begin_assembly(state, err) : NULL;
  if (!as) return err->kind;
  add(as, ZAM_OP_ENVIRONMENT, ZAM_CLOSURE_VALUES);
  add_loads(as, 0, rest);
  for (uint32_t i = saved; i-- > 0;) add(as, ZAM_OP_ENVIRONMENT, first + i);
  add(as, ZAM_OP_TAIL_APPLY, arity);
  return assemble(state, as, "call", rest, out, err);
}

// What calls a function, or a partial application of `before` arguments, with `count` more that are still too few. The
// closure that it makes is told by its values, the last one first.
static enum loam_err make_maker(struct zam_state *state, struct zam_function *partial, uint32_t before, uint32_t count,
                                struct method **out, struct error *err) {
  struct zam_assembly *as = begin_assembly(state, err);
  if (!as) return err->kind;
  uint32_t first = ZAM_CLOSURE_VALUES + 1;
  add_loads(as, 0, count);
  for (uint32_t i = before; i-- > 0;) add(as, ZAM_OP_ENVIRONMENT, first + i);
  if (before)
    add(as, ZAM_OP_ENVIRONMENT, ZAM_CLOSURE_VALUES);
  else
    add(as, ZAM_OP_CALLEE, 0);
  add(as, ZAM_OP_CLOSURE, before + count + 1);
  as->insns[as->count - 1].imm[1] = (intptr_t)partial;
  add(as, ZAM_OP_RETURN, 0);
  return assemble(state, as, "call", count, out, err);
}

// ---- partial application -------------------------------------------------------------------------------------------

static bool relate(struct zam_state *state, struct zam_function *original, struct zam_function *partial) {
  uint16_t saved = partial->saved;
  return add_kin(state, partial, (struct zam_kin){.kind = ZAM_ORIGINAL, .saved = saved, .function = original}) &&
         add_kin(state, original, (struct zam_kin){.kind = ZAM_PARTIAL, .saved = saved, .function = partial});
}

struct zam_function *zam_function_partial(struct zam_state *state, struct zam_function *function, uint32_t saved) {
  struct error err = {0};
  uint32_t arity, body;
  if (zam_function_read_arity(state, function, &arity, &body, &err) != LOAM_OK || saved >= arity) return NULL;
  const struct zam_kin *known = find_kin(function, ZAM_PARTIAL, saved);
  if (known) return known->function;
  struct zam_function *partial = make_function(state);
  if (!partial) return NULL;
  *partial = (struct zam_function){
      .arity = (uint16_t)(arity - saved), .pc = function->pc - 1, .code = function->code, .saved = (uint16_t)saved};
  reset_calls(state, partial);
  if (make_restart(state, arity, saved, &partial->method, &err) != LOAM_OK) return NULL;
  partial->method->identity = partial;
  return relate(state, function, partial) ? partial : NULL;
}

static enum loam_status run_traced(struct mutator *th, struct value *args, struct value *result) {
  const struct value *closure = zam_fields(args[-1]);
  const struct zam_function *function =
      (const struct zam_function *)(uintptr_t)(closure[TRACED_FUNCTION].bits & ~UINT64_C(1));
  enum loam_status status =
      guest_call(th, function->method, closure[TRACED_ENVIRONMENT], args, function->method->param_count);
  *result = th->result;
  return status;
}

struct zam_function *zam_function_traced(struct zam_state *state, struct zam_function *function) {
  struct error err = {0};
  if (zam_function_translate(state, function, &err) != LOAM_OK) return NULL;
  const struct zam_kin *known = find_kin(function, ZAM_PARTIAL, TRACED);
  if (known) return known->function;
  struct zam_function *made = make_function(state);
  if (!made) return NULL;
  *made = *function;
  made->kin = NULL; // the function's own
  made->saved = TRACED;
  reset_calls(state, made);
  if (method_create_native(state->vm, "traced", (uint16_t)function->arity, run_traced, NULL, &made->method, &err) !=
      LOAM_OK)
    return NULL;
  return relate(state, function, made) ? made : NULL;
}

// ---- releasing -----------------------------------------------------------------------------------------------------

static void empty_function(struct zam_state *state, struct zam_function *function) {
  ASSERT(function->code, "zam.I1: the function of word %u is emptied twice", function->pc);
  while (function->kin) drop_kin(state, &function->kin);
  *function = (struct zam_function){.arity = ZAM_ARITY_UNKNOWN, .next_empty = state->empty_functions};
  reset_calls(state, function); // a program may have kept a closure of it
  state->empty_functions = function;
}

// Its partial applications, too, and theirs.
static void empty_family(struct zam_state *state, struct zam_function *function) {
  for (const struct zam_kin *kin = function->kin; kin; kin = kin->next)
    if (kin->kind == ZAM_PARTIAL) empty_family(state, kin->function);
  empty_function(state, function);
}

static void code_drop_user(struct zam_state *state, struct zam_code *code) {
  ASSERT(code->users, "zam.I1: code %u is released once more than it was used", code->number);
  if (--code->users) return;
  for (uint32_t i = 0; i < code->function_room; i++)
    if (code->functions[i]) empty_family(state, code->functions[i]);
  ASSERT(code->number, "zam.I1: the program's own code is freed before its end, with %u functions",
         code->function_count);
  struct zam_code **at = &state->codes;
  while (*at != code) at = &(*at)->next;
  *at = code->next;
  zam_code_free(code);
}

// The substrate has freed a method of the code.
static void note_freed(struct vm *vm, void *function) {
  struct zam_code *code = ((const struct zam_function *)function)->code;
  ASSERT(code, "zam.I1: the method of function %p is freed after its code", function);
  code_drop_user(vm_guest_state(vm), code);
}

// Who calls it from now on is told so by zam_function_translate.
static void release_function(struct mutator *th, struct zam_function *function) {
  struct method *method = function->method;
  ASSERT(function->code, "zam.I1: the function of word %u is released, and is free", function->pc);
  reset_calls(zam_state(th), function);
  for (struct zam_kin **at = &function->kin; *at;) {
    struct method *maker = (*at)->kind == ZAM_MAKER ? (*at)->maker : NULL;
    if (maker)
      drop_kin(zam_state(th), at);
    else
      at = &(*at)->next;
    if (maker) method_release(th, maker, NULL);
  }
  function->method = NULL;
  function->arity = ZAM_ARITY_UNKNOWN;
  if (!method) return;
  method->identity = NULL;
  bool is_own = !function->saved;
  function->code->users += is_own;
  method_release(th, method, is_own ? note_freed : NULL); // what is put together from ops needs no bytecode
}

static void release_family(struct mutator *th, struct zam_function *function) {
  release_function(th, function);
  for (const struct zam_kin *kin = function->kin; kin; kin = kin->next)
    if (kin->kind == ZAM_PARTIAL) release_family(th, kin->function);
}

void zam_function_release_code(struct mutator *th, struct zam_code *code) {
  code->users++; // methods may be freed meanwhile
  for (uint32_t i = 0; i < code->function_room; i++)
    if (code->functions[i]) release_family(th, code->functions[i]);
  code_drop_user(zam_state(th), code);
}

// ---- calls ---------------------------------------------------------------------------------------------------------

// A call of a function of zam_function_traced does what one of the function itself would.
static enum loam_err find_maker(struct zam_state *state, struct zam_function *function, uint32_t count,
                                struct method **out, struct error *err) {
  bool again = function->saved && function->saved != TRACED;
  uint32_t before = again ? function->saved : 0;
  ASSERT(!again || original_of(function), "zam.I1: an application to %u arguments is one of nothing", before);
  struct zam_function *partial = zam_function_partial(state, again ? original_of(function) : function, before + count);
  if (!partial) return error_set(err, LOAM_ERR_MEMORY, "no memory for a partial application");
  const struct zam_kin *known = find_kin(function, ZAM_MAKER, count);
  if (known) return *out = known->maker, LOAM_OK;
  if (make_maker(state, partial, before, count, out, err) != LOAM_OK) return err->kind;
  if (!add_kin(state, function, (struct zam_kin){.kind = ZAM_MAKER, .saved = (uint16_t)count, .maker = *out}))
    return error_set(err, LOAM_ERR_MEMORY, "no memory for a partial application");
  return LOAM_OK;
}

static enum loam_err find_method(struct zam_state *state, struct zam_function *function, uint32_t count,
                                 struct method **out, struct error *err) {
  uint32_t arity, body;
  enum loam_err kind = zam_function_read_arity(state, function, &arity, &body, err);
  if (kind == LOAM_OK && arity != count) kind = zam_check_program(state, err);
  if (kind != LOAM_OK) return kind;
  if (arity < count) return make_over(state, count, arity, out, err);
  if (arity > count) return find_maker(state, function, count, out, err);
  kind = zam_function_translate(state, function, err);
  *out = function->method;
  return kind;
}

static __attribute__((noinline)) enum loam_status adapt_to_method(struct mutator *th, struct value f, uint32_t count,
                                                                  const struct method **method) {
  struct error err = {0};
  struct method *found = NULL;
  if (find_method(zam_state(th), zam_code_of(f), count, &found, &err) != LOAM_OK)
    return vm_kill(th, err.kind, "%s", err.text);
  ASSERT(found->param_count == count, "zam.I1: %s takes %u arguments, and is called with %u", found->name,
         found->param_count, count);
  *method = found;
  if (count <= ZAM_DIRECT_CALLS) zam_code_of(f)->calls[count - 1] = found;
  return DONE;
}

enum loam_status zam_function_adapt(struct mutator *th, struct value f, uint32_t count, const struct method **method) {
  struct zam_function *function = zam_code_of(f);
  ASSERT(function && (!function->code || function->pc <= function->code->words.count),
         "zam.I1: the code of closure %#llx is %p", (unsigned long long)f.bits, (const void *)function);
  return zam_cold_takes(th, function, count, method) ? DONE : adapt_to_method(th, f, count, method);
}

enum loam_status zam_call(struct mutator *th, struct value f, const struct value *args, size_t count,
                          struct value *result) {
  struct value reversed[8];
  const struct method *method;
  CHECK(count <= COUNT_OF(reversed), "zam.I2: a primitive calls with %zu arguments", count);
  for (size_t i = 0; i < count; i++) reversed[i] = args[count - 1 - i];
  if (zam_function_find(th, f, (uint32_t)count, &method) != DONE) return THROWN;
  if (guest_call(th, method, f, reversed, count) != DONE) return THROWN;
  *result = th->result;
  return DONE;
}
