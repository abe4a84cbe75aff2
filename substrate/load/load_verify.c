// SPDX-License-Identifier: MIT
//
// load_verify.c: data-flow analysis over the stack effects of the opcode records.
//
// Where paths can meet, at the targets of branches and the starts of handlers, the state is kept: the types of the
// operands. From there instructions are run on a copy of it, one after the other, and the result flows to where they
// branch to. Where two paths meet their depths must be equal, and types that differ become `any`, which nothing may use
// that wants a certain type. States only ever get less certain, so that the walk ends. A program that makes it keep too
// much, or walk too long, is refused: files may be made to do that.
//
// Alternative rejected: types in the bytecode (stack maps). The guests here have none, or optional ones.
#include "loam/guest.h"
#include "loam/rt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STATE_UNREACHED UINT32_MAX
#define VARIABLE_COUNT 26 // 'a to 'z
#define TYPE_UNBOUND 0xff
#define KEPT_MAX ((size_t)64 << 20)  // bytes of one function's states
#define FLOW_MAX ((uint64_t)1 << 31) // types carried into them, all in all: some seconds

struct state {
  uint32_t depth;
  uint8_t *types; // as long as the depth
};

struct verifier {
  const struct verify_job *job;
  const struct code_draft *draft;
  struct arena memory;
  struct state *states; // before each leader
  bool *is_leader;      // instructions where paths can meet, and the first
  bool *is_reached;
  uint32_t *pending; // leaders whose state changed
  uint32_t pending_count;
  bool *is_pending;
  size_t kept;   // bytes of all states
  uint64_t flow; // types that flowed
  uint8_t *now;  // the state that the instruction at work makes, depth_max + 2 long
  uint32_t depth;
  uint8_t variables[VARIABLE_COUNT];
  enum verify_fault fault;
  struct error *err;
};

static const struct op_info *info_at(const struct verifier *v, uint32_t at) {
  return &v->job->ops->ops[v->draft->insns[at].op];
}

#define REFUSE(v, at, ...) refuse((v), (at), VERIFY_OTHER, __VA_ARGS__)

static const char *name_at(const struct verifier *v, uint32_t at) {
  return v->job->name_insn ? v->job->name_insn(v->job, at) : op_name(info_at(v, at));
}

static PRINTF_LIKE(4, 5) enum loam_err
    refuse(struct verifier *v, uint32_t at, enum verify_fault fault, const char *format, ...) {
  char what[256];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  v->fault = fault;
  return error_set(v->err, LOAM_ERR_INPUT, "%s, instruction %u (%s): %s", v->job->place, v->draft->insns[at].origin,
                   name_at(v, at), what);
}

// The given value of the record's index-th immediate.
static int64_t imm_at(const struct verifier *v, uint32_t at, unsigned index) {
  const struct op_info *info = info_at(v, at);
  unsigned given = 0;
  for (unsigned i = 0; i < index; i++) given += op_imms(info)[i].kind < IMM_CALLEE;
  ASSERT(given < INSN_IMMS_MAX, "load.I6: immediate %u of %s is number %u of a draft's", index, op_name(info), given);
  return v->draft->insns[at].imm[given];
}

static enum loam_err check_range(struct verifier *v, uint32_t at, const struct op_imm *imm, int64_t value, int64_t low,
                                 int64_t high) {
  if (value >= low && value <= high) return LOAM_OK;
  return REFUSE(v, at, "expected %s from %" PRId64 " to %" PRId64 ", found %" PRId64,
                imm->kind == IMM_LOCAL ? "a local" : imm_name(imm), low, high, value);
}

static enum loam_err check_imms(struct verifier *v, uint32_t at) {
  const struct op_info *info = info_at(v, at);
  enum loam_err kind = LOAM_OK;
  for (unsigned i = 0; i < info->imm_count && kind == LOAM_OK; i++) {
    const struct op_imm *imm = &op_imms(info)[i];
    int64_t value = imm_at(v, at, i);
    switch (imm->kind) {
    case IMM_LOCAL: kind = check_range(v, at, imm, value, 0, (int64_t)v->draft->local_count - 1); break;
    case IMM_U16:
    case IMM_INDEX: kind = check_range(v, at, imm, value, 0, UINT16_MAX); break;
    case IMM_I32: kind = check_range(v, at, imm, value, INT32_MIN, INT32_MAX); break;
    case IMM_U32: kind = check_range(v, at, imm, value, 0, UINT32_MAX); break;
    case IMM_TARGET:
      if (value < 0 || value >= v->draft->insn_count)
        kind =
            REFUSE(v, at, "expected a target from 0 to %u, found a jump to %" PRId64, v->draft->insn_count - 1, value);
      break;
    default: break;
    }
  }
  return kind;
}

static const char *type_name(const struct verifier *v, uint8_t type) {
  ASSERT(type < v->job->ops->type_count, "load.I1: operand type %u of %u", type, v->job->ops->type_count);
  return type == TYPE_ANY ? "values of different kinds on different paths" : v->job->ops->type_names[type];
}

// A variable stands for the type it meets; for `any` when it meets different ones.
static void bind(struct verifier *v, unsigned variable, uint8_t found) {
  ASSERT(variable < VARIABLE_COUNT, "load.I3: type variable %u of %d", variable, VARIABLE_COUNT);
  uint8_t *type = &v->variables[variable];
  *type = *type == TYPE_UNBOUND || *type == found ? found : TYPE_ANY;
}

// Takes the topmost operand, which must fit `wanted`.
static enum loam_err pop(struct verifier *v, uint32_t at, uint8_t wanted) {
  ASSERT(v->depth, "load.I2: instruction %u pops below the stack after its depth was checked", at);
  uint8_t found = v->now[--v->depth];
  if (wanted & TYPE_VARIABLE)
    bind(v, wanted & ~TYPE_VARIABLE, found);
  else if (wanted != TYPE_ANY && wanted != found)
    return REFUSE(v, at, "expected a %s on the stack, found %s", type_name(v, wanted), type_name(v, found));
  return LOAM_OK;
}

static enum loam_err check_depth(struct verifier *v, uint32_t at) {
  const struct op_info *info = info_at(v, at);
  int64_t wanted = info->in_count;
  if (info->variadic >= 0) wanted += imm_at(v, at, (unsigned)info->variadic) - 1;
  if (wanted <= v->depth) return LOAM_OK;
  return refuse(v, at, VERIFY_UNDERFLOW, "expected %" PRId64 " operands on the stack, found %u", wanted, v->depth);
}

static enum loam_err pop_inputs(struct verifier *v, uint32_t at) {
  const struct op_info *info = info_at(v, at);
  enum loam_err kind = check_depth(v, at);
  memset(v->variables, TYPE_UNBOUND, sizeof v->variables);
  for (int i = info->in_count - 1; i >= 0 && kind == LOAM_OK; i--) {
    int64_t times = info->variadic >= 0 && i == info->in_count - 1 ? imm_at(v, at, (unsigned)info->variadic) : 1;
    for (; times > 0 && kind == LOAM_OK; times--) kind = pop(v, at, op_inputs(info)[i].type);
  }
  return kind;
}

static enum loam_err push_outputs(struct verifier *v, uint32_t at) {
  const struct op_info *info = info_at(v, at);
  if (v->depth + info->out_count > v->job->depth_max)
    return REFUSE(v, at, "more than %u operands on the stack", v->job->depth_max);
  for (unsigned i = 0; i < info->out_count; i++) {
    uint8_t type = op_outputs(info)[i].type;
    ASSERT(!(type & TYPE_VARIABLE) || v->variables[type & ~TYPE_VARIABLE] != TYPE_UNBOUND,
           "load.I3: %s pushes a type variable that no input binds", op_name(info));
    v->now[v->depth++] = type & TYPE_VARIABLE ? v->variables[type & ~TYPE_VARIABLE] : type;
  }
  return LOAM_OK;
}

static void add_pending(struct verifier *v, uint32_t at) {
  if (v->is_pending[at]) return;
  ASSERT(v->pending_count < v->draft->insn_count, "load.I7: %u of %u instructions wait", v->pending_count,
         v->draft->insn_count);
  v->is_pending[at] = true;
  v->pending[v->pending_count++] = at;
}

// The first state that comes to a leader is kept.
static enum loam_err keep(struct verifier *v, uint32_t from, uint32_t to) {
  ASSERT(v->states[to].depth == STATE_UNREACHED, "load.I5: the state of instruction %u is kept twice", to);
  struct state *state = &v->states[to];
  v->kept += v->depth;
  if (v->kept > KEPT_MAX) return REFUSE(v, from, "too many operands on the stack at too many branch targets");
  state->types = arena_alloc(&v->memory, v->depth);
  if (!state->types) return error_set(v->err, LOAM_ERR_MEMORY, "no memory to verify %s", v->job->place);
  state->depth = v->depth;
  memcpy(state->types, v->now, v->depth);
  add_pending(v, to);
  return LOAM_OK;
}

// Lets the state `now` flow into the leader `to` from `from`.
static enum loam_err flow(struct verifier *v, uint32_t from, int64_t to) {
  ASSERT(to >= 0 && to < v->draft->insn_count, "load.I6: instruction %u leads to %" PRId64 " of %u", from, to,
         v->draft->insn_count);
  ASSERT(v->is_leader[to], "load.I5: paths meet at instruction %" PRId64 ", which no branch leads to", to);
  struct state *state = &v->states[to];
  v->flow += v->depth + 1;
  if (v->flow > FLOW_MAX) return REFUSE(v, from, "too many branches with too many operands on the stack");
  if (state->depth == STATE_UNREACHED) return keep(v, from, (uint32_t)to);
  if (state->depth != v->depth)
    return REFUSE(v, from, "%u operands go to instruction %u, where another path brings %u", v->depth,
                  v->draft->insns[to].origin, state->depth);
  for (uint32_t i = 0; i < v->depth; i++) {
    if (state->types[i] == v->now[i] || state->types[i] == TYPE_ANY) continue;
    state->types[i] = TYPE_ANY;
    add_pending(v, (uint32_t)to);
  }
  return LOAM_OK;
}

// An exception in a covered instruction brings one operand to its handler.
static enum loam_err flow_to_handlers(struct verifier *v, uint32_t at) {
  enum loam_err kind = LOAM_OK;
  uint8_t first = v->now[0];
  uint32_t depth = v->depth;
  for (uint32_t i = 0; i < v->draft->handler_count && kind == LOAM_OK; i++) {
    const struct insn_handler *handler = &v->draft->handlers[i];
    if (at < handler->start || at >= handler->end) continue;
    v->now[0] = v->job->handler_type;
    v->depth = 1;
    kind = flow(v, at, handler->handler);
  }
  v->now[0] = first;
  v->depth = depth;
  return kind;
}

// Runs an instruction on the state `now`.
static enum loam_err run_insn(struct verifier *v, uint32_t at) {
  const struct op_info *info = info_at(v, at);
  v->is_reached[at] = true;
  enum loam_err kind = flow_to_handlers(v, at);
  struct verify_state seen = {(uint16_t)v->depth, v->now}; // what is taken stays in its place until something is pushed
  if (kind == LOAM_OK) kind = pop_inputs(v, at);
  if (kind == LOAM_OK && v->job->check_insn) kind = v->job->check_insn(v->job, at, &seen, v->err);
  if (kind == LOAM_OK) kind = push_outputs(v, at);
  for (unsigned i = 0; i < info->imm_count && kind == LOAM_OK; i++)
    if (op_imms(info)[i].kind == IMM_TARGET) kind = flow(v, at, imm_at(v, at, i));
  return kind;
}

static bool falls_through(const struct op_info *info) {
  return info->control == CONTROL_NEXT || info->control == CONTROL_BRANCH || info->control == CONTROL_CALL;
}

// Runs the instructions from a leader to the next one, or to where they don't go on.
static enum loam_err run_block(struct verifier *v, uint32_t at) {
  ASSERT(v->states[at].depth <= v->job->depth_max + 1, "load.I5: a block begins at instruction %u with depth %u", at,
         v->states[at].depth);
  v->depth = v->states[at].depth;
  memcpy(v->now, v->states[at].types, v->depth);
  for (;; at++) {
    enum loam_err kind = run_insn(v, at);
    if (kind != LOAM_OK || !falls_through(info_at(v, at))) return kind;
    if (at + 1 == v->draft->insn_count) return REFUSE(v, at, "the function's end is reached without a return");
    if (v->is_leader[at + 1]) return flow(v, at, (int64_t)at + 1);
  }
}

static enum loam_err check_handlers(struct verifier *v) {
  for (uint32_t i = 0; i < v->draft->handler_count; i++) {
    const struct insn_handler *handler = &v->draft->handlers[i];
    if (handler->start < handler->end && handler->end <= v->draft->insn_count &&
        handler->handler < v->draft->insn_count)
      continue;
    return error_set(v->err, LOAM_ERR_INPUT,
                     "%s, exception handler %u: expected instructions below %u, found [%u, %u) -> %u", v->job->place, i,
                     v->draft->insn_count, handler->start, handler->end, handler->handler);
  }
  return LOAM_OK;
}

// What doesn't depend on the flow: locals that a frame can address, handlers, and each instruction's op and immediates.
static enum loam_err check_draft(struct verifier *v) {
  const struct code_draft *draft = v->draft;
  v->fault = VERIFY_OTHER;
  if (draft->local_count > LOCALS_MAX || draft->param_count > draft->local_count)
    return error_set(v->err, LOAM_ERR_INPUT, "%s: expected at most %d locals with all parameters, found %u, %u",
                     v->job->place, LOCALS_MAX, draft->local_count, draft->param_count);
  enum loam_err kind = check_handlers(v);
  for (uint32_t at = 0; at < draft->insn_count && kind == LOAM_OK; at++) {
    uint16_t op = draft->insns[at].op;
    if (op < CORE_OP_COUNT || op >= v->job->ops->base_count)
      return error_set(v->err, LOAM_ERR_INPUT, "%s, instruction %u: expected an op of %s, found number %u",
                       v->job->place, draft->insns[at].origin, v->job->ops->guest, op);
    kind = check_imms(v, at);
  }
  return kind;
}

static void find_leaders(struct verifier *v) {
  v->is_leader[0] = true;
  for (uint32_t i = 0; i < v->draft->handler_count; i++) v->is_leader[v->draft->handlers[i].handler] = true;
  for (uint32_t at = 0; at < v->draft->insn_count; at++) {
    const struct op_info *info = info_at(v, at);
    for (unsigned i = 0; i < info->imm_count; i++)
      if (op_imms(info)[i].kind == IMM_TARGET) v->is_leader[imm_at(v, at, i)] = true;
  }
}

static enum loam_err check_unreached(struct verifier *v) {
  enum loam_err kind = LOAM_OK;
  if (!v->job->check_insn) return kind;
  for (uint32_t at = 0; at < v->draft->insn_count && kind == LOAM_OK; at++)
    if (!v->is_reached[at]) kind = v->job->check_insn(v->job, at, NULL, v->err);
  return kind;
}

static bool allocate(struct verifier *v) {
  uint32_t count = v->draft->insn_count;
  v->states = arena_alloc(&v->memory, count * sizeof *v->states);
  v->is_leader = arena_alloc(&v->memory, count * sizeof *v->is_leader);
  v->is_reached = arena_alloc(&v->memory, count * sizeof *v->is_reached);
  v->pending = arena_alloc(&v->memory, count * sizeof *v->pending);
  v->is_pending = arena_alloc(&v->memory, count * sizeof *v->is_pending);
  v->now = arena_alloc(&v->memory, v->job->depth_max + 2);
  return v->states && v->is_leader && v->is_reached && v->pending && v->is_pending && v->now;
}

enum loam_err verify_code(const struct verify_job *job, enum verify_fault *fault, struct error *err) {
  struct verifier v = {.job = job, .draft = job->draft, .fault = VERIFY_OTHER, .err = err};
  enum loam_err kind;
  *fault = VERIFY_OTHER;
  ASSERT(job->depth_max <= UINT16_MAX, "load.I4: %s may have %u operands, more than a verify_state counts", job->place,
         job->depth_max);
  if (v.draft->insn_count == 0)
    return error_set(err, LOAM_ERR_INPUT, "%s: expected instructions, found none", job->place);
  if (!allocate(&v)) {
    kind = error_set(err, LOAM_ERR_MEMORY, "no memory to verify %s", job->place);
    goto out;
  }
  for (uint32_t i = 0; i < v.draft->insn_count; i++) v.states[i].depth = STATE_UNREACHED;
  kind = check_draft(&v);
  if (kind == LOAM_OK) find_leaders(&v);
  if (kind == LOAM_OK) kind = flow(&v, 0, 0);
  while (kind == LOAM_OK && v.pending_count) {
    uint32_t at = v.pending[--v.pending_count];
    v.is_pending[at] = false;
    kind = run_block(&v, at);
  }
  if (kind == LOAM_OK) kind = check_unreached(&v);
out:
  arena_fini(&v.memory);
  *fault = kind == LOAM_OK ? VERIFY_GOOD : v.fault;
  return kind;
}
