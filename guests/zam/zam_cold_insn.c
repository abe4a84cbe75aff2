// SPDX-License-Identifier: MIT
//
// zam_cold_insn.c: the instructions of cold code, on a stack in C memory: those that call, allocate, raise or store.
// The others are in zam_cold_pure.c; which are done at all says zam_cold_look.c.
//
// This is a second place that knows what some instructions mean. It pays: see zam_start.c and zam_cold.c. Not here is
// what may be worth translating, or needs a frame: loops, methods of objects.
#include "zam_cold.h"

#include "zam_backtrace.h"
#include "zam_flow.h"
#include "zam_function.h"
#include "zam_runtime.h"
#include "zam_translate.h"

// One step's data, so that instructions are one function each.
struct step {
  struct mutator *th;
  struct zam_state *state;
  struct zam_cold *cold;
  struct zam_activation *at;
  struct zam_insn insn;
};

// How many values the code at work has on the stack.
static uint32_t height(const struct step *step) { return step->cold->count - step->at->base; }

// How many of them may be taken: those above the innermost trap frame.
static uint32_t available(const struct step *step) {
  ASSERT(step->at->trap <= height(step), "zam.I15: a trap frame ends at %u of %u values", step->at->trap, height(step));
  return height(step) - step->at->trap;
}

static bool has_room(const struct step *step, uint32_t count) { return count <= step->at->room - height(step); }

static bool push(struct step *step, struct value v) {
  struct zam_cold *cold = step->cold;
  if (!has_room(step, 1)) return false;
  cold->stack[cold->count++] = v;
  return true;
}

static struct value pop(struct step *step) {
  ASSERT(available(step), "zam.I15: word %u takes what is not there", step->at->pc);
  return step->cold->stack[--step->cold->count];
}

static enum zam_outcome status_of(enum loam_status status) { return status == DONE ? ZAM_GOES_ON : ZAM_FAILS; }

// No frame is there to do it.
static void record_thrown(const struct step *step) {
  if (!step->th->killed) zam_backtrace_record(step->th);
}

// Not inlined: what calls nests needs little of the C stack.
__attribute__((noinline)) enum loam_status zam_cold_check(struct mutator *th) {
  struct error err = {0};
  return zam_check_program(zam_state(th), &err) == LOAM_OK ? DONE : vm_kill(th, err.kind, "%s", err.text);
}

// After a call, of whatever: the next instruction of the outermost code is read in the program's file.
static enum zam_outcome come_back(const struct step *step, enum loam_status status) {
  if (status == DONE && !step->at->function) status = zam_cold_check(step->th);
  return status_of(status);
}

// ---- instructions --------------------------------------------------------------------------------------------------

// The accumulator and what lies below it are `count` arguments, as ops find them: bottom first. They stay where the
// collector sees them until `finish_call`. NULL: not so many, or no memory.
static struct value *begin_call(struct step *step, int32_t count) {
  struct zam_cold *cold = step->cold;
  if (count < 1 || (uint32_t)count - 1 > available(step) || !push(step, cold->acc)) return NULL;
  return &cold->stack[cold->count - (uint32_t)count];
}

static enum zam_outcome finish_call(struct step *step, int32_t count, enum loam_status status, struct value result) {
  ASSERT(count >= 0 && (uint32_t)count <= available(step), "zam.I15: %d arguments are given back, %u are there", count,
         available(step));
  if (status != DONE) record_thrown(step);
  step->cold->count -= (uint32_t)count;
  step->cold->acc = result;
  return status_of(status);
}

static enum zam_outcome make_block(struct step *step, int32_t count, int32_t tag) {
  struct value result = ZAM_UNIT, *args = tag < 0 || tag > 255 ? NULL : begin_call(step, count);
  if (!args) return ZAM_TRANSLATE;
  enum loam_status status = zam_new_block(step->th, (uint32_t)count, (uint32_t)tag, args, &result);
  return finish_call(step, count, status, result);
}

static enum zam_outcome make_float_block(struct step *step, int32_t count) {
  struct value result = ZAM_UNIT, *args = begin_call(step, count);
  if (!args) return ZAM_TRANSLATE;
  enum loam_status status = zam_new_float_block(step->th, (uint32_t)count, args, &result);
  return finish_call(step, count, status, result);
}

static enum zam_outcome call_prim(struct step *step, int32_t count, int32_t number) {
  if (number < 0 || (uint32_t)number >= step->state->prim_count) return ZAM_TRANSLATE;
  const struct zam_prim *prim = step->state->prims[number];
  struct value result = ZAM_UNIT, *args = prim->fn ? begin_call(step, count) : NULL;
  if (!args) return ZAM_TRANSLATE;
  enum loam_status status = prim->fn(step->th, args + count - 1, &result);
  enum zam_outcome outcome = finish_call(step, count, status, result);
  return outcome == ZAM_GOES_ON ? come_back(step, status) : outcome;
}

// Calls the accumulator with the topmost values, which guest_call copies before they are given up.
static enum zam_outcome call(struct step *step, uint32_t count, uint32_t height_after) {
  struct zam_cold *cold = step->cold;
  const struct method *method;
  ASSERT(count <= height(step) && height_after <= height(step) - count,
         "zam.I15: a call takes %u of %u values, and leaves %u", count, height(step), height_after);
  if (zam_function_find(step->th, cold->acc, count, &method) != DONE) return ZAM_FAILS;
  struct value callee = cold->acc, *args = &cold->stack[cold->count - count];
  cold->count = step->at->base + height_after;
  cold->acc = ZAM_UNIT;
  enum loam_status status = guest_call(step->th, method, callee, args, count);
  if (status == DONE) cold->acc = step->th->result;
  step->th->result = ZAM_UNIT; // it keeps nothing alive
  return come_back(step, status);
}

// APPLY with its count as an operand has a return frame below its arguments; APPLY1 to APPLY3 make their own.
static enum zam_outcome apply(struct step *step) {
  uint32_t count = (uint32_t)step->insn.args[0];
  uint32_t taken = count + (step->at->words.words[step->insn.pc] == ZAM_APPLY ? ZAM_RETURN_WORDS : 0);
  return count < 1 || count > ZAM_ARGS_MAX || taken > available(step) ? ZAM_TRANSLATE
                                                                      : call(step, count, height(step) - taken);
}

static bool leaves(const struct step *step, int32_t words) { // a function, whose frame is so large
  return step->at->function && words >= 0 && (uint32_t)words == height(step);
}

// Nothing of this call is kept while the last one runs.
static enum zam_outcome tail_apply(struct step *step) {
  uint32_t count = (uint32_t)step->insn.args[0];
  if (!leaves(step, step->insn.args[1]) || count < 1 || count > height(step)) return ZAM_TRANSLATE;
  *step->at->closure = ZAM_UNIT;
  step->at->gone = true;
  step->at->trap = 0;
  enum zam_outcome outcome = call(step, count, 0);
  return outcome == ZAM_GOES_ON ? ZAM_STOPS : outcome;
}

static enum zam_outcome push_return(struct step *step) {
  if (!has_room(step, ZAM_RETURN_WORDS)) return ZAM_TRANSLATE;
  for (int i = 0; i < ZAM_RETURN_WORDS; i++) (void)push(step, ZAM_UNIT);
  return ZAM_GOES_ON;
}

// ---- exceptions ----------------------------------------------------------------------------------------------------

// A trap frame: where its handler is, how high the one around it ends, and as much again as in the machine.
static enum zam_outcome push_trap(struct step *step) {
  struct zam_activation *at = step->at;
  int64_t handler = zam_insn_only_label(&step->insn);
  if (handler <= step->insn.pc || !has_room(step, ZAM_TRAP_WORDS)) return ZAM_TRANSLATE;
  bool is_first = !at->function && !at->trap; // nothing that is translated knows of trap frames here
  if (is_first && !zam_cold_takes_trap(step->state, at, height(step))) return ZAM_TRANSLATE;
  struct value words[ZAM_TRAP_WORDS] = {ZAM_UNIT, ZAM_UNIT, zam_from_int(at->trap), zam_from_int(handler)};
  for (int i = 0; i < ZAM_TRAP_WORDS; i++) (void)push(step, words[i]);
  at->trap = height(step);
  return ZAM_GOES_ON;
}

// The trap frame around the one that ends at `trap`.
static uint32_t outer_trap(const struct step *step, uint32_t trap) {
  ASSERT(trap >= ZAM_TRAP_WORDS, "zam.I15: a trap frame ends %u values above the bottom", trap);
  return (uint32_t)zam_to_int(step->cold->stack[step->at->base + trap - 2]);
}

// Is this a part of a trap frame?
static bool is_trap_word(const struct step *step, const struct value *slot) {
  uint32_t at = (uint32_t)(slot - step->cold->stack) - step->at->base, trap = step->at->trap;
  while (trap && at < trap - ZAM_TRAP_WORDS) trap = outer_trap(step, trap);
  return at < trap;
}

// Takes off the innermost trap frame, with all above it; returns its handler.
static uint32_t pop_trap(struct step *step) {
  struct zam_activation *at = step->at;
  ASSERT(at->trap >= ZAM_TRAP_WORDS && at->trap <= height(step), "zam.I15: a trap frame ends at %u of %u values",
         at->trap, height(step));
  uint32_t handler = (uint32_t)zam_to_int(step->cold->stack[at->base + at->trap - 1]);
  step->cold->count = at->base + at->trap - ZAM_TRAP_WORDS;
  at->trap = outer_trap(step, at->trap);
  ASSERT(at->trap <= height(step), "zam.I15: the trap frame around one ends at %u of %u values", at->trap,
         height(step));
  return handler;
}

static enum zam_outcome leave_trap(struct step *step) {
  if (!step->at->trap || available(step)) return ZAM_TRANSLATE;
  (void)pop_trap(step);
  return ZAM_GOES_ON;
}

// The exception goes to the innermost handler, if there is one. Compilers put it behind what it is for; where it stands
// before, traps in each other may bring control there very often.
static bool is_handled(struct step *step) {
  struct mutator *th = step->th;
  uint32_t from;
  do {
    if (!step->at->trap || th->killed) return false;
    from = step->at->pc;
    step->at->pc = pop_trap(step);
    step->cold->acc = th->pending;
    th->pending = (struct value){0};
  } while (step->at->pc <= from && thread_safepoint(th) != DONE);
  return true;
}

static enum zam_outcome raise(struct step *step) {
  if (!step->at->function && !step->at->trap) return ZAM_TRANSLATE; // whoever asks where it was finds a frame
  (void)zam_raise_op(step->th, step->cold->acc, step->insn.op);
  record_thrown(step);
  return ZAM_FAILS;
}

static enum zam_outcome divide(struct step *step) {
  struct zam_cold *cold = step->cold;
  if (!available(step)) return ZAM_TRANSLATE;
  int64_t dividend = zam_to_int(cold->acc), divisor = zam_to_int(pop(step));
  if (divisor == 0) {
    (void)zam_raise(step->th, ZAM_DIVISION_BY_ZERO);
    record_thrown(step);
    return ZAM_FAILS;
  }
  cold->acc = zam_from_int(step->insn.op == ZAM_DIVINT ? dividend / divisor : dividend % divisor);
  return ZAM_GOES_ON;
}

static enum zam_outcome find_function(struct step *step, uint32_t index, struct zam_function **function) {
  int64_t pc = step->at->origin + zam_insn_label(&step->at->words, &step->insn, index);
  struct zam_code *code = zam_program_code(step->state);
  if (pc < 0 || pc >= code->words.count) return ZAM_TRANSLATE;
  *function = zam_function_at(step->state, code, (uint32_t)pc);
  if (*function) return ZAM_GOES_ON;
  (void)zam_raise(step->th, ZAM_OUT_OF_MEMORY);
  record_thrown(step);
  return ZAM_FAILS;
}

static enum zam_outcome make_closure(struct step *step) {
  int32_t count = step->insn.args[0];
  struct zam_function *function;
  struct value result = ZAM_UNIT, *args = NULL;
  enum zam_outcome found = find_function(step, 0, &function);
  if (found != ZAM_GOES_ON) return found;
  if (count < 0 || (count && !(args = begin_call(step, count)))) return ZAM_TRANSLATE;
  enum loam_status status = zam_new_closure(step->th, (uint32_t)count, function, args, &result);
  return finish_call(step, count, status, result);
}

// Not inlined, either.
static __attribute__((noinline)) enum zam_outcome make_closures(struct step *step) {
  int32_t count = step->insn.args[0], captured = step->insn.args[1];
  _Alignas(struct zam_closures) char
      room[sizeof(struct zam_closures) + ZAM_COLD_CLOSURES_MAX * sizeof(struct zam_function *)];
  struct zam_closures *made = (struct zam_closures *)room;
  struct value result = ZAM_UNIT, *args = NULL;
  if (count > ZAM_COLD_CLOSURES_MAX || captured < 0 || !has_room(step, (uint32_t)count)) return ZAM_TRANSLATE;
  made->count = (uint32_t)count;
  made->captured = (uint32_t)captured;
  for (int32_t i = 0; i < count; i++) {
    enum zam_outcome found = find_function(step, (uint32_t)i, &made->functions[i]);
    if (found != ZAM_GOES_ON) return found;
  }
  if (captured && !(args = begin_call(step, captured))) return ZAM_TRANSLATE;
  enum loam_status status = zam_new_closures(step->th, made, args, &result);
  enum zam_outcome outcome = finish_call(step, captured, status, result);
  for (int32_t i = 0; i < count && outcome == ZAM_GOES_ON; i++) {
    struct value function = {result.bits + (uint64_t)i * ZAM_CLOSURE_STEP * sizeof(uint64_t)};
    (void)push(step, function);
  }
  return outcome;
}

static enum zam_outcome set_global(struct step *step) {
  struct zam_cold *cold = step->cold;
  uint32_t number = (uint32_t)step->insn.args[0];
  struct value globals = step->state->globals;
  if (number >= step->state->global_count) return ZAM_TRANSLATE;
  ASSERT(step->state->global_count <= zam_size(globals), "zam.I11: %u globals in a block of %llu",
         step->state->global_count, (unsigned long long)zam_size(globals));
  heap_store(step->th, value_to_ref(globals), number, cold->acc);
  cold->acc = ZAM_UNIT;
  return ZAM_GOES_ON;
}

static enum zam_outcome set_field(struct step *step) {
  struct zam_cold *cold = step->cold;
  int32_t field = step->insn.args[0];
  if (field < 0 || !available(step)) return ZAM_TRANSLATE;
  heap_store(step->th, value_to_ref(cold->acc), (size_t)field, pop(step));
  cold->acc = ZAM_UNIT;
  return ZAM_GOES_ON;
}

static enum zam_outcome offset_ref(struct step *step) {
  struct value *field = &zam_fields(step->cold->acc)[0]; // an integer: no barrier
  field->bits += (uint64_t)((int64_t)step->insn.args[0] * 2);
  step->cold->acc = ZAM_UNIT;
  return ZAM_GOES_ON;
}

static enum zam_outcome assign(struct step *step) {
  struct zam_cold *cold = step->cold;
  uint32_t index = (uint32_t)step->insn.args[0];
  if (index >= height(step)) return ZAM_TRANSLATE;
  struct value *slot = &cold->stack[cold->count - 1 - index];
  if (is_trap_word(step, slot)) return ZAM_TRANSLATE;
  *slot = cold->acc;
  cold->acc = ZAM_UNIT;
  return ZAM_GOES_ON;
}

// One that zam_cold_run_pure has left.
static enum zam_outcome run_insn(struct step *step) {
  int32_t n = step->insn.args[0];
  switch (step->insn.op) {
  case ZAM_ASSIGN: return assign(step);
  case ZAM_PUSH_RETADDR: return push_return(step);
  case ZAM_APPLY: return apply(step);
  case ZAM_APPTERM: return tail_apply(step);
  case ZAM_RETURN: return leaves(step, n) ? ZAM_STOPS : ZAM_TRANSLATE;
  case ZAM_CLOSURE: return make_closure(step);
  case ZAM_CLOSUREREC: return make_closures(step);
  case ZAM_SETGLOBAL: return set_global(step);
  case ZAM_MAKEBLOCK: return make_block(step, n, step->insn.args[1]);
  case ZAM_MAKEFLOATBLOCK: return make_float_block(step, n);
  case ZAM_SETFIELD: return set_field(step);
  case ZAM_DIVINT:
  case ZAM_MODINT: return divide(step);
  case ZAM_C_CALLN: return call_prim(step, n, step->insn.args[1]);
  case ZAM_OFFSETREF: return offset_ref(step);
  case ZAM_PUSHTRAP: return push_trap(step);
  case ZAM_POPTRAP: return leave_trap(step);
  case ZAM_RAISE:
  case ZAM_RERAISE:
  case ZAM_RAISE_NOTRACE: return raise(step);
  case ZAM_STOP: return step->at->function ? ZAM_TRANSLATE : ZAM_STOPS;
  default: return ZAM_TRANSLATE;
  }
}

// ---- the whole -----------------------------------------------------------------------------------------------------

static enum zam_outcome run_pending(struct step *step) {
  enum loam_status status = zam_run_pending(step->th);
  if (status != DONE) record_thrown(step);
  return come_back(step, status);
}

enum zam_outcome zam_cold_run(struct mutator *th, struct zam_activation *at) {
  struct zam_state *state = zam_state(th);
  struct step step = {.th = th, .state = state, .cold = state->cold, .at = at};
  for (;;) {
    zam_cold_run_pure(state, at);
    if (!zam_insn_read_plain(&at->words, at->pc, &step.insn)) return ZAM_TRANSLATE;
    bool pushes = step.insn.push;
    if (pushes && !push(&step, step.cold->acc)) return ZAM_TRANSLATE;
    enum zam_outcome outcome = run_insn(&step);
    if (outcome == ZAM_GOES_ON && UNLIKELY(state->pending)) outcome = run_pending(&step);
    if (outcome == ZAM_FAILS && is_handled(&step)) {
      if (come_back(&step, DONE) == ZAM_GOES_ON) continue;
      return ZAM_FAILS;
    }
    if (pushes && outcome == ZAM_TRANSLATE) step.cold->count--;
    if (outcome != ZAM_GOES_ON) return outcome;
    at->pc += step.insn.length;
    if (step.insn.op == ZAM_SETGLOBAL && !at->function) zam_note_read(state, at->pc); // a module ends
  }
}
