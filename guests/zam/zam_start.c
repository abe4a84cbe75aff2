// SPDX-License-Identifier: MIT
//
// zam_start.c: the outermost code is mostly what each module does once: it makes closures and blocks and stores them.
// Translating that takes longer than doing it, so that instructions without a future are done here, one after the
// other, on a stack in C memory. What may be worth translating, or can't be done without a frame, is not: loops
// (CHECK_SIGNALS), switches, traps, methods. Where one of these comes, the rest of its module is translated, with what
// is on the stack as parameters, and run; with the next module it goes on here.
//
// This is a second place that knows what some instructions mean. It pays: of the compiler's 47,000 instructions that
// run at its start, 34,000 are outermost code. Who watches each instruction gets everything translated.
#include "zam_start.h"

#include "zam_backtrace.h"
#include "zam_load.h"
#include "zam_runtime.h"
#include "zam_translate.h"

enum outcome {
  GOES_ON,
  STOPS,     // the program's end
  TRANSLATE, // not here
  FAILS,     // thrown
};

// One step's data, so that instructions are one function each.
struct step {
  struct mutator *th;
  struct zam_state *state;
  struct zam_start *start;
  const struct zam_code *code;
  struct zam_insn insn;
};

static struct zam_start *start_of(struct zam_state *state) {
  if (!state->start) state->start = mem_alloc_zero(1, sizeof *state->start);
  return state->start;
}

static bool push(struct zam_start *start, struct value v) {
  enum { STACK_MAX = 1 << 20 };
  if (start->count == start->room) {
    uint32_t room = start->room ? 2 * start->room : 256;
    struct value *stack = room <= STACK_MAX ? mem_resize(start->stack, room * sizeof *stack) : NULL;
    if (!stack) return false;
    start->stack = stack;
    start->room = room;
  }
  start->stack[start->count++] = v;
  return true;
}

static struct value pop(struct zam_start *start) {
  ASSERT(start->count, "zam.I15: word %u takes from an empty stack", start->pc);
  return start->stack[--start->count];
}

static enum outcome status_of(enum loam_status status) { return status == DONE ? GOES_ON : FAILS; }

// After a call, which may have taken long: the next instruction is read in the program's file.
static enum outcome come_back(const struct step *step, enum loam_status status) {
  struct error err = {0};
  if (status == DONE && zam_check_program(step->state, &err) != LOAM_OK)
    status = vm_kill(step->th, err.kind, "%s", err.text);
  return status_of(status);
}

// ---- instructions --------------------------------------------------------------------------------------------------

// The accumulator and what lies below it are `count` arguments, as ops find them: bottom first. They stay where the
// collector sees them until `finish_call`. NULL: not so many, or no memory.
static struct value *begin_call(struct zam_start *start, int32_t count) {
  if (count < 1 || (uint32_t)count - 1 > start->count || !push(start, start->acc)) return NULL;
  return &start->stack[start->count - (uint32_t)count];
}

static enum outcome finish_call(struct step *step, int32_t count, enum loam_status status, struct value result) {
  ASSERT(count >= 0 && (uint32_t)count <= step->start->count, "zam.I15: %d arguments are given back, %u are there",
         count, step->start->count);
  step->start->count -= (uint32_t)count;
  step->start->acc = result;
  return status_of(status);
}

static enum outcome make_block(struct step *step, int32_t count, int32_t tag) {
  struct value result = ZAM_UNIT, *args = tag < 0 || tag > 255 ? NULL : begin_call(step->start, count);
  if (!args) return TRANSLATE;
  enum loam_status status = zam_new_block(step->th, (uint32_t)count, (uint32_t)tag, args, &result);
  return finish_call(step, count, status, result);
}

static enum outcome call_prim(struct step *step, int32_t count, int32_t number) {
  if (number < 0 || (uint32_t)number >= step->state->prim_count) return TRANSLATE;
  const struct zam_prim *prim = step->state->prims[number];
  struct value result = ZAM_UNIT, *args = prim->fn ? begin_call(step->start, count) : NULL;
  if (!args) return TRANSLATE;
  enum loam_status status = prim->fn(step->th, args + count - 1, &result);
  if (status != DONE) zam_backtrace_record(step->th); // no frame is there to do it
  enum outcome outcome = finish_call(step, count, status, result);
  return outcome == GOES_ON ? come_back(step, status) : outcome;
}

static enum outcome apply(struct step *step, int32_t count) {
  struct zam_start *start = step->start;
  const struct method *method;
  if ((uint32_t)count > start->count) return TRANSLATE;
  if (zam_function_adapt(step->th, start->acc, (uint32_t)count, &method) != DONE) return FAILS;
  struct value callee = start->acc;
  start->count -= (uint32_t)count; // guest_call copies them first; they live as long as the function wants them
  start->acc = ZAM_UNIT;
  enum loam_status status = guest_call(step->th, method, callee, &start->stack[start->count], (size_t)count);
  if (status == DONE) start->acc = step->th->result;
  return come_back(step, status);
}

static struct zam_function *function_at(struct step *step, uint32_t index) {
  int64_t pc = zam_insn_label(&step->code->words, &step->insn, index);
  bool inside = pc >= 0 && pc < step->code->words.count;
  return inside ? zam_function_at(step->state, (struct zam_code *)step->code, (uint32_t)pc) : NULL;
}

static enum outcome make_closure(struct step *step) {
  int32_t count = step->insn.args[0];
  struct zam_function *function = function_at(step, 0);
  struct value result = ZAM_UNIT, *args = NULL;
  if (!function || count < 0 || (count && !(args = begin_call(step->start, count)))) return TRANSLATE;
  enum loam_status status = zam_new_closure(step->th, (uint32_t)count, function, args, &result);
  return finish_call(step, count, status, result);
}

static enum outcome make_closures(struct step *step) {
  enum { FUNCTIONS_MAX = 64 };
  int32_t count = step->insn.args[0], captured = step->insn.args[1];
  _Alignas(struct zam_closures) char room[sizeof(struct zam_closures) + FUNCTIONS_MAX * sizeof(struct zam_function *)];
  struct zam_closures *made = (struct zam_closures *)room;
  struct value result = ZAM_UNIT, *args = NULL;
  if (count > FUNCTIONS_MAX || captured < 0) return TRANSLATE;
  made->count = (uint32_t)count;
  made->captured = (uint32_t)captured;
  for (int32_t i = 0; i < count; i++)
    if (!(made->functions[i] = function_at(step, (uint32_t)i))) return TRANSLATE;
  if (captured && !(args = begin_call(step->start, captured))) return TRANSLATE;
  enum loam_status status = zam_new_closures(step->th, made, args, &result);
  enum outcome outcome = finish_call(step, captured, status, result);
  for (int32_t i = 0; i < count && outcome == GOES_ON; i++) {
    struct value function = {result.bits + (uint64_t)i * ZAM_CLOSURE_STEP * sizeof(uint64_t)};
    if (!push(step->start, function)) outcome = status_of(zam_raise(step->th, ZAM_OUT_OF_MEMORY));
  }
  return outcome;
}

static enum outcome global(struct step *step) {
  struct zam_start *start = step->start;
  int32_t number = step->insn.args[0], field = step->insn.args[1];
  struct value globals = step->state->globals;
  if (number < 0 || (uint32_t)number >= step->state->global_count || field < 0) return TRANSLATE;
  ASSERT(step->state->global_count <= zam_size(globals), "zam.I11: %u globals in a block of %llu",
         step->state->global_count, (unsigned long long)zam_size(globals));
  if (step->insn.op == ZAM_SETGLOBAL) {
    heap_store(step->th, value_to_ref(globals), (size_t)number, start->acc);
    start->acc = ZAM_UNIT;
  } else {
    start->acc = zam_fields(globals)[number];
    if (step->insn.op == ZAM_GETGLOBALFIELD) start->acc = zam_fields(start->acc)[field];
  }
  return GOES_ON;
}

static enum outcome access_field(struct step *step) {
  struct zam_start *start = step->start;
  int32_t field = step->insn.args[0];
  if (field < 0 || (step->insn.op == ZAM_SETFIELD && !start->count)) return TRANSLATE;
  if (step->insn.op == ZAM_GETFIELD) {
    start->acc = zam_fields(start->acc)[field];
  } else {
    heap_store(step->th, value_to_ref(start->acc), (size_t)field, pop(start));
    start->acc = ZAM_UNIT;
  }
  return GOES_ON;
}

static enum outcome stack_slot(struct step *step) {
  struct zam_start *start = step->start;
  uint32_t index = (uint32_t)step->insn.args[0];
  if (index >= start->count) return TRANSLATE;
  struct value *slot = &start->stack[start->count - 1 - index];
  if (step->insn.op == ZAM_ASSIGN) {
    *slot = start->acc;
    start->acc = ZAM_UNIT;
  } else {
    start->acc = *slot;
  }
  return GOES_ON;
}

static enum outcome drop(struct step *step) {
  uint32_t count = (uint32_t)step->insn.args[0];
  if (count > step->start->count) return TRANSLATE;
  step->start->count -= count;
  return GOES_ON;
}

static bool compare(unsigned op, struct value left, struct value right) { // op: counted from EQ or BEQ
  switch (op) {
  case 0: return left.bits == right.bits;
  case 1: return left.bits != right.bits;
  case 2: return (int64_t)left.bits < (int64_t)right.bits;
  case 3: return (int64_t)left.bits <= (int64_t)right.bits;
  case 4: return (int64_t)left.bits > (int64_t)right.bits;
  default: return (int64_t)left.bits >= (int64_t)right.bits;
  }
}

static enum outcome compute(struct step *step) {
  struct zam_start *start = step->start;
  if (!start->count) return TRANSLATE;
  struct value left = start->acc, right = start->stack[start->count - 1];
  uint64_t a = (uint64_t)zam_to_int(left), b = (uint64_t)zam_to_int(right);
  switch (step->insn.op) {
  case ZAM_ADDINT: a += b; break;
  case ZAM_SUBINT: a -= b; break;
  case ZAM_MULINT: a *= b; break;
  case ZAM_ANDINT: a &= b; break;
  case ZAM_ORINT: a |= b; break;
  case ZAM_XORINT: a ^= b; break;
  case ZAM_LSLINT: a <<= b & 63; break;
  case ZAM_LSRINT: a = left.bits >> (b & 63) >> 1; break;
  case ZAM_ASRINT: a = (uint64_t)((int64_t)a >> (b & 63)); break;
  default: a = compare(step->insn.op - ZAM_EQ, left, right); break;
  }
  start->acc = zam_from_int((int64_t)a);
  start->count--;
  return GOES_ON;
}

// Forwards only: what is behind may come again.
static enum outcome branch(struct step *step) {
  struct zam_insn *insn = &step->insn;
  struct value acc = step->start->acc;
  int64_t to = zam_insn_label(&step->code->words, insn, 0);
  if (to <= insn->pc || to >= step->code->words.count) return TRANSLATE;
  bool compares = insn->op >= ZAM_BEQ && insn->op <= ZAM_BGEINT;
  bool goes = compares                 ? compare(insn->op - ZAM_BEQ, zam_from_int(insn->args[0]), acc)
              : insn->op == ZAM_BRANCH ? true
                                       : zam_to_bool(acc) == (insn->op == ZAM_BRANCHIF);
  ASSERT(compares || insn->op == ZAM_BRANCH || insn->op == ZAM_BRANCHIF || insn->op == ZAM_BRANCHIFNOT,
         "instruction %u branches", insn->op);
  if (goes) insn->length = (uint32_t)to - insn->pc;
  return GOES_ON;
}

static bool computes(uint8_t op) { // but may not raise
  return op >= ZAM_ADDINT && op <= ZAM_GEINT && op != ZAM_DIVINT && op != ZAM_MODINT;
}

static enum outcome run_insn(struct step *step) {
  struct zam_start *start = step->start;
  int32_t n = step->insn.args[0];
  switch (step->insn.op) {
  case ZAM_ACC:
  case ZAM_ASSIGN: return stack_slot(step);
  case ZAM_POP: return drop(step);
  case ZAM_PUSH: return push(start, start->acc) ? GOES_ON : TRANSLATE;
  case ZAM_APPLY: return step->code->words.words[step->insn.pc] == ZAM_APPLY ? TRANSLATE : apply(step, n);
  case ZAM_CLOSURE: return make_closure(step);
  case ZAM_CLOSUREREC: return make_closures(step);
  case ZAM_GETGLOBAL:
  case ZAM_GETGLOBALFIELD:
  case ZAM_SETGLOBAL: return global(step);
  case ZAM_ATOM: start->acc = zam_atom((unsigned)n & 255); return GOES_ON;
  case ZAM_MAKEBLOCK: return make_block(step, n, step->insn.args[1]);
  case ZAM_GETFIELD:
  case ZAM_SETFIELD: return access_field(step);
  case ZAM_BOOLNOT: start->acc = zam_from_bool(!zam_to_bool(start->acc)); return GOES_ON;
  case ZAM_C_CALLN: return call_prim(step, n, step->insn.args[1]);
  case ZAM_CONSTINT: start->acc = zam_from_int(n); return GOES_ON;
  case ZAM_OFFSETINT: start->acc.bits += (uint64_t)((int64_t)n * 2); return GOES_ON;
  case ZAM_ISINT: start->acc = zam_from_bool(zam_is_int(start->acc)); return GOES_ON;
  case ZAM_STOP: return STOPS;
  case ZAM_BRANCH:
  case ZAM_BRANCHIF:
  case ZAM_BRANCHIFNOT:
  case ZAM_BEQ ... ZAM_BGEINT: return branch(step);
  default: return computes(step->insn.op) ? compute(step) : TRANSLATE;
  }
}

// ---- the whole -----------------------------------------------------------------------------------------------------

// Does what it can; `pc` is left at what it could not.
static enum outcome run_directly(struct step *step) {
  struct zam_start *start = step->start;
  for (;;) {
    if (!zam_insn_read_plain(&step->code->words, start->pc, &step->insn)) return TRANSLATE;
    bool pushes = step->insn.push;
    if (pushes && !push(start, start->acc)) return TRANSLATE;
    enum outcome outcome = run_insn(step);
    if (outcome == GOES_ON && UNLIKELY(step->state->pending)) outcome = status_of(zam_run_pending(step->th));
    if (pushes && outcome == TRANSLATE) start->count--;
    if (outcome != GOES_ON) return outcome;
    start->pc += step->insn.length;
    if (step->insn.op == ZAM_SETGLOBAL) zam_note_read(step->state, start->pc); // a module ends
  }
}

// Runs the rest of the module, translated; `pc` is where the next begins, or 0.
static enum loam_status run_translated(struct mutator *th, struct zam_start *start) {
  struct error err = {0};
  struct method *method;
  struct value acc = start->acc;
  uint32_t count = start->count;
  if (zam_load_piece(zam_state(th), start->pc, count, &method, NULL, &err) != LOAM_OK)
    return vm_kill(th, err.kind, "%s", err.text);
  start->runs = false; // its frame stands for the outermost code
  start->count = 0;
  start->acc = ZAM_UNIT;
  enum loam_status status = guest_call(th, method, acc, start->stack, count);
  start->runs = true;
  start->pc = status == DONE ? (uint32_t)zam_to_int(th->result) : 0;
  return status;
}

enum loam_status zam_start_run(struct mutator *th) {
  struct zam_state *state = zam_state(th);
  struct zam_start *start = start_of(state);
  if (!start) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  struct step step = {.th = th, .state = state, .start = start, .code = zam_program_code(state)};
  *start = (struct zam_start){.stack = start->stack, .room = start->room, .acc = ZAM_UNIT, .runs = true};
  enum loam_status status = DONE;
  do {
    enum outcome outcome = th->observer || state->debugger ? TRANSLATE : run_directly(&step);
    if (outcome == FAILS) status = THROWN;
    if (outcome == STOPS) break;
    if (outcome == TRANSLATE) status = run_translated(th, start);
  } while (status == DONE && start->pc);
  start->runs = false;
  return status;
}

void zam_start_roots(struct zam_state *state, struct root_visitor *visit) {
  struct zam_start *start = state->start;
  for (uint32_t i = 0; start && i < start->count; i++) visit->slot(visit, &start->stack[i]);
  if (start) visit->slot(visit, &start->acc);
}

void zam_start_free(struct zam_state *state) {
  if (state->start) mem_free(state->start->stack);
  mem_free(state->start);
}
