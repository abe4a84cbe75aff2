// SPDX-License-Identifier: MIT
//
// zinc.c: the marked Krivine machine, from which ZINC grew: what the bodies of its instructions call, and the hooks of
// struct loam_guest. A row of the transition table is quoted as (code, environment, stack); <c, e> is marked.
#include "zinc_ops.h"
#include "zinc_value.h"

#include <stdio.h>
#include <string.h>

enum loam_status zinc_throw(struct mutator *th, enum zinc_error error) { return throw_value(th, zinc_from_int(error)); }

// ---- transitions ---------------------------------------------------------------------------------------------------

// The machine's registers are roots: read them again after this.
static struct value *make_cell(struct mutator *th) {
  struct ref cell = heap_alloc(th, ZINC_CELL_HEADER, ZINC_CELL_WORDS);
  return cell.addr ? object_fields(cell) : NULL;
}

enum loam_status zinc_push(struct mutator *th, struct value code) {
  struct zinc_state *machine = guest_state(th);
  struct value *cell = make_cell(th);
  if (!cell) return THROWN;
  ASSERT(zinc_code(code) && code.bits & ZINC_REF_MASK, "zinc.I1: word %llx is pushed as code",
         (unsigned long long)code.bits);
  cell[ZINC_CODE] = code;
  cell[ZINC_ENV] = machine->env;
  cell[ZINC_NEXT] = machine->stack;
  machine->stack = value_from_ref((struct ref){(uintptr_t)cell});
  return DONE;
}

// (GRAB;c, e, (c', e').s) -> (c, (c', e').e, s)
enum loam_status zinc_grab(struct mutator *th) {
  struct zinc_state *machine = guest_state(th);
  ASSERT(zinc_is_plain(machine->stack), "zinc.I2: GRAB takes stack %llx into the environment",
         (unsigned long long)machine->stack.bits);
  struct value *cell = make_cell(th);
  if (!cell) return THROWN;
  const struct value *top = zinc_cell(machine->stack);
  cell[ZINC_CODE] = top[ZINC_CODE];
  cell[ZINC_ENV] = top[ZINC_ENV];
  cell[ZINC_NEXT] = machine->env;
  machine->stack = top[ZINC_NEXT];
  machine->env = value_from_ref((struct ref){(uintptr_t)cell});
  return DONE;
}

// (GRAB;c, e, <c', e'>.s) -> (c', e', (GRAB;c, e).s); (GRAB;c, e, empty) stops.
enum loam_status zinc_give_back(struct mutator *th, const struct zinc_code *self) {
  struct zinc_state *machine = guest_state(th);
  machine->code = self;
  machine->going = ZINC_STOPPED;
  if (!machine->stack.bits) return DONE;
  struct value *cell = make_cell(th);
  if (!cell) return THROWN;
  const struct value *top = zinc_cell(machine->stack);
  ASSERT(zinc_is_marked(top[ZINC_CODE]), "zinc.I2: c%u gives itself to %llx, which is no marked closure", self->number,
         (unsigned long long)top[ZINC_CODE].bits);
  cell[ZINC_CODE] = zinc_from_code(self);
  cell[ZINC_ENV] = machine->env;
  cell[ZINC_NEXT] = top[ZINC_NEXT];
  machine->code = zinc_code(top[ZINC_CODE]);
  machine->env = top[ZINC_ENV];
  machine->stack = value_from_ref((struct ref){(uintptr_t)cell});
  machine->going = ZINC_GOES_ON;
  return DONE;
}

// (TICK, e, (c, e').s) -> (c, e', <COUNT, empty>.s)
enum loam_status zinc_tick(struct mutator *th, const struct zinc_code *self) {
  struct zinc_state *machine = guest_state(th);
  if (!zinc_is_plain(machine->stack)) return zinc_give_back(th, self);
  struct value *cell = make_cell(th);
  if (!cell) return THROWN;
  const struct value *top = zinc_cell(machine->stack);
  cell[ZINC_CODE] = zinc_from_mark(&machine->count);
  cell[ZINC_ENV] = (struct value){0};
  cell[ZINC_NEXT] = top[ZINC_NEXT];
  machine->code = zinc_code(top[ZINC_CODE]);
  machine->env = top[ZINC_ENV];
  machine->stack = value_from_ref((struct ref){(uintptr_t)cell});
  machine->going = ZINC_GOES_ON;
  return DONE;
}

// (COUNT, empty, (NUMBER, n).s) -> (NUMBER, n + 1, s)
enum loam_status zinc_count(struct mutator *th) {
  struct zinc_state *machine = guest_state(th);
  ASSERT(machine->stack.bits, "zinc.I2: COUNT was given no value");
  const struct value *top = zinc_cell(machine->stack);
  if (zinc_code(top[ZINC_CODE]) != &machine->number) return zinc_throw(th, ZINC_ERROR_NUMERAL);
  machine->code = &machine->number;
  ASSERT(zinc_to_int(top[ZINC_ENV]) >= 0, "zinc.I1: NUMBER's environment is %llx",
         (unsigned long long)top[ZINC_ENV].bits);
  machine->env = zinc_from_int(zinc_to_int(top[ZINC_ENV]) + 1);
  machine->stack = top[ZINC_NEXT];
  return DONE;
}

enum loam_status zinc_number(struct mutator *th, const struct zinc_code *self) {
  const struct zinc_state *machine = guest_state(th);
  return zinc_is_plain(machine->stack) ? zinc_throw(th, ZINC_ERROR_NUMERAL) : zinc_give_back(th, self);
}

// ---- the guest -----------------------------------------------------------------------------------------------------

static enum loam_err open_guest(struct vm *vm, struct error *err) {
  struct zinc_state *machine = mem_alloc_zero(1, sizeof *machine);
  if (!machine) return error_set(err, LOAM_ERR_MEMORY, "no memory for the machine's state");
  const char *strategy = vm_guest_option(vm, "strategy"), *print = vm_guest_option(vm, "print");
  machine->codes_end = &machine->codes;
  machine->strict = strategy && strcmp(strategy, "value") == 0;
  vm_set_guest_state(vm, machine);
  if (strategy && !machine->strict && strcmp(strategy, "name") != 0)
    return error_set(err, LOAM_ERR_INPUT, "--strategy: expected name or value, found '%s'", strategy);
  if (print && strcmp(print, "names") != 0 && strcmp(print, "indices") != 0)
    return error_set(err, LOAM_ERR_INPUT, "--print: expected names or indices, found '%s'", print);
  enum loam_err kind = zinc_code_create_own(vm, &machine->tick, "TICK", ZINC_OP_TICK, err);
  if (kind == LOAM_OK) kind = zinc_code_create_own(vm, &machine->count, "COUNT", ZINC_OP_COUNT, err);
  if (kind == LOAM_OK) kind = zinc_code_create_own(vm, &machine->number, "NUMBER", ZINC_OP_NUMBER, err);
  return kind;
}

static void close_guest(struct vm *vm) {
  struct zinc_state *machine = vm_guest_state(vm);
  if (machine) arena_fini(&machine->memory);
  mem_free(machine);
}

static void visit_roots(struct vm *vm, struct root_visitor *visit) {
  struct zinc_state *machine = vm_guest_state(vm);
  visit->slot(visit, &machine->env);
  visit->slot(visit, &machine->stack);
}

static enum loam_status start(struct mutator *th, struct method *loop, const struct zinc_query *query) {
  struct zinc_state *machine = guest_state(th);
  machine->code = query->code;
  machine->env = machine->stack = (struct value){0};
  if (query->numeral) { // the term, tick, 0
    machine->env = zinc_from_int(0);
    if (zinc_push(th, zinc_from_code(&machine->number)) != DONE) return THROWN;
    machine->env = (struct value){0};
    if (zinc_push(th, zinc_from_code(&machine->tick)) != DONE) return THROWN;
  }
  return guest_call(th, loop, (struct value){0}, NULL, 0);
}

static enum loam_status print_result(struct mutator *th, const struct zinc_query *query) {
  const struct zinc_state *machine = guest_state(th);
  const char *print = vm_guest_option(th->vm, "print");
  struct text line = {0};
  if (query->numeral && machine->code != &machine->number) return zinc_throw(th, ZINC_ERROR_NUMERAL);
  if (query->numeral)
    text_printf(&line, "%lld", (long long)zinc_to_int(machine->env));
  else
    zinc_print_term(machine->code, machine->env, query->strict, print && strcmp(print, "indices") == 0, &line);
  text_add_char(&line, '\n');
  enum loam_status status = line.failed ? zinc_throw(th, ZINC_ERROR_MEMORY) : vm_write(th, line.bytes, line.length);
  text_fini(&line);
  return status;
}

static int run(struct mutator *th, struct method *loop, int argc, char **argv) {
  static const char *const errors[] = {"", "out of memory", "stack overflow",
                                       "expected a Church numeral, found another term"};
  (void)argc, (void)argv;
  const struct zinc_query *query = ((struct zinc_state *)guest_state(th))->queries;
  for (; query; query = query->next) {
    if (start(th, loop, query) == DONE && print_result(th, query) == DONE) continue;
    if (!th->killed) {
      vm_note_uncaught(th);
      vm_flush(th->vm, NULL);
      ASSERT(zinc_to_int(th->pending) > 0 && zinc_to_int(th->pending) < (int64_t)COUNT_OF(errors),
             "zinc.I3: %lld is thrown", (long long)zinc_to_int(th->pending));
      fprintf(stderr, "zinc: %s\n%s", errors[zinc_to_int(th->pending)], backtrace_last(th));
    }
    return 1;
  }
  return 0;
}

static enum loam_status throw_stack_overflow(struct mutator *th) { return zinc_throw(th, ZINC_ERROR_STACK); }
static enum loam_status throw_out_of_memory(struct mutator *th) { return zinc_throw(th, ZINC_ERROR_MEMORY); }

static void print_value(struct mutator *th, struct value v, struct text *out) {
  (void)th;
  if (v.bits && !(v.bits & ZINC_REF_MASK))
    text_printf(out, "cell");
  else
    text_printf(out, "%lld", (long long)zinc_to_int(v));
}

static const struct heap_layout layouts[256] = {[ZINC_TAG_CELL] = {LAYOUT_VALUES, 0, NULL}};
static const struct guest_option options[] = {
    {"strategy", "WORD", "How a text begins: by name (the default) or by value"},
    {"print", "WORD", "Results with names (the default) or with indices"},
    {NULL, NULL, NULL},
};

const struct loam_guest zinc_guest = {
    .name = "zinc",
    .title = "lambda terms on the marked Krivine machine",
    .extensions = (const char *const[]){".kam", NULL},
    .ops = &zinc_op_table,
    .layouts = layouts,
    .size_mask = UINT32_MAX,
    .ref_mask = ZINC_REF_MASK,
    .initial_local = {1},
    .open = open_guest,
    .close = close_guest,
    .roots = visit_roots,
    .load = zinc_load,
    .run = run,
    .disassemble = zinc_disassemble,
    .trace_op = zinc_trace,
    .throw_stack_overflow = throw_stack_overflow,
    .throw_out_of_memory = throw_out_of_memory,
    .print_value = print_value,
    .options = options,
};
