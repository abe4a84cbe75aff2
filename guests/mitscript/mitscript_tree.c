// SPDX-License-Identifier: MIT
//
// mitscript_tree.c: walks the syntax tree.
//
// A frame is a map of names. For each function body B, `declared` is G(B), the names in its global statements, and
// `own` has its parameters and A(B), the names it assigns, all None: a new frame starts as a copy of it. Reading goes
// from the frame at hand outwards, and to the global frame as soon as a frame's body declares the name global. Writing
// goes to the global frame if the body at hand declares the name, else to the frame at hand.
//
// A function that is called while another waits recurses in C, and so does every part of an expression; `levels` counts
// both and ends in the guest's stack overflow.
#include "mitscript_tree.h"

#include "mitscript_tree_op.h"
#include "mitscript_tree_value.h"

struct body {
  struct mit_tree_map declared, own;
  struct mit_tree_frame *spare; // frames of finished activations that nothing refers to
};

struct mit_tree_frame {
  struct body *body;
  struct mit_tree_map names;
  struct mit_tree_frame *outer; // lexically; the global frame's is NULL
  bool captured;                // a closure refers to it
};

struct evaluator {
  struct mit_tree_state state;
  struct mit_tree_io io;
  struct body *bodies; // by the functions' numbers, from 1
  struct mit_tree_frame *globals;
  struct text args;             // arguments of the calls at work, as bytes of values
  struct mit_tree_value result; // what the last return statement gave
  struct text scratch;          // str() of an index, a line of input
  uint64_t steps;
  uint32_t levels;
};

// How a statement ended.
enum flow { FLOW_NEXT, FLOW_RETURN, FLOW_STOP };

static bool evaluate(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_expr *expr,
                     struct mit_tree_value *value);
static enum flow block_execute(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_block *block);

static bool cast_throw(struct evaluator *e) { return mitscript_tree_throw(&e->state, "IllegalCastException"); }

static bool level_enter(struct evaluator *e) {
  if (e->io.step_max && ++e->steps > e->io.step_max)
    return mitscript_tree_fail(&e->state, LOAM_ERR_LIMIT, "the tree evaluator reached its step limit");
  if (e->io.stopped && e->io.stopped(e->io.context))
    return mitscript_tree_fail(&e->state, LOAM_ERR_LIMIT, "the tree evaluator was stopped");
  if (e->levels == e->io.level_max) return mitscript_tree_throw(&e->state, "RuntimeException: stack overflow");
  e->levels++;
  return true;
}
static void level_leave(struct evaluator *e) {
  ASSERT(e->levels, "what is left was entered, step %llu", (unsigned long long)e->steps);
  e->levels--;
}

// ---- bodies ------------------------------------------------------------------------------------------------------

static bool name_add(struct evaluator *e, struct mit_tree_map *map, const struct mit_symbol *symbol) {
  return mitscript_tree_map_put(&e->state, map, symbol->text, symbol->hash, mitscript_tree_none(), false);
}
static bool name_in(const struct mit_tree_map *map, const struct mit_symbol *symbol) {
  return mitscript_tree_map_find(map, symbol->text, symbol->hash) != NULL;
}

// Adds to G(B) and, as if nothing were declared global, to A(B).
static bool names_collect(struct evaluator *e, struct body *body, const struct mit_block *block) {
  for (const struct mit_stmt *stmt = block->first; stmt; stmt = stmt->next) {
    if (stmt->kind == MIT_STMT_GLOBAL && !name_add(e, &body->declared, stmt->symbol)) return false;
    if (stmt->kind == MIT_STMT_ASSIGN && !stmt->target->path.steps &&
        !name_add(e, &body->own, stmt->target->path.symbol))
      return false;
    if (!names_collect(e, body, &stmt->body) || !names_collect(e, body, &stmt->otherwise)) return false;
  }
  return true;
}

// A declared name may be among the own ones: no look-up gets to it there.
static bool bodies_make(struct evaluator *e, const struct mit_program *program) {
  e->bodies = mitscript_tree_alloc(&e->state, (program->main->number + 1) * sizeof(*e->bodies));
  if (!e->bodies) return false;
  for (const struct mit_fun *fun = program->functions; fun; fun = fun->next) {
    ASSERT(fun->number && fun->number <= program->main->number, "function %u of %u has no place for its names",
           fun->number, program->main->number);
    struct body *body = &e->bodies[fun->number];
    if (fun == program->main) continue; // top-level variables are the globals, whatever is declared
    for (const struct mit_param *param = fun->params; param; param = param->next)
      if (!name_add(e, &body->own, param->symbol)) return false;
    if (!names_collect(e, body, &fun->body)) return false;
  }
  return true;
}

// ---- frames and variables ----------------------------------------------------------------------------------------

static struct mit_tree_frame *frame_make(struct evaluator *e, const struct mit_tree_function *function) {
  ASSERT(function->fun && function->frame, "a frame is made for native %d", (int)function->native);
  struct body *body = &e->bodies[function->fun->number];
  struct mit_tree_frame *frame = body->spare;
  if (frame) {
    body->spare = frame->outer;
  } else {
    if (!(frame = mitscript_tree_alloc(&e->state, sizeof(*frame)))) return NULL;
    frame->names = body->own;
    frame->names.entries = mitscript_tree_alloc(&e->state, body->own.capacity * sizeof(struct mit_tree_entry));
    if (!frame->names.entries) return NULL;
  }
  frame->body = body;
  frame->outer = function->frame;
  for (uint32_t i = 0; i < body->own.capacity; i++) frame->names.entries[i] = body->own.entries[i];
  return frame;
}

static void frame_leave(struct mit_tree_frame *frame) {
  ASSERT(frame->outer, "the global frame is never left: %u names", frame->names.count);
  if (frame->captured) return;
  frame->outer = frame->body->spare;
  frame->body->spare = frame;
}

static bool variable_read(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_symbol *symbol,
                          struct mit_tree_value *value) {
  struct mit_tree_value *found = NULL;
  for (; frame != e->globals && !found; frame = frame->outer) {
    if (name_in(&frame->body->declared, symbol)) break;
    found = mitscript_tree_map_find(&frame->names, symbol->text, symbol->hash);
  }
  if (!found) found = mitscript_tree_map_find(&e->globals->names, symbol->text, symbol->hash);
  if (!found)
    return mitscript_tree_throw(&e->state, "UninitializedVariableException: %.*s", (int)symbol->text.length,
                                symbol->text.bytes);
  *value = *found;
  return true;
}

static bool variable_write(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_symbol *symbol,
                           struct mit_tree_value value) {
  if (name_in(&frame->body->declared, symbol)) frame = e->globals;
  return mitscript_tree_map_put(&e->state, &frame->names, symbol->text, symbol->hash, value, false);
}

// ---- records -----------------------------------------------------------------------------------------------------

// The name that an index stands for: its str(). Valid until the next index.
static bool index_name(struct evaluator *e, struct mit_tree_value index, struct mit_bytes *name, uint32_t *hash) {
  if (index.kind == MIT_TREE_STRING) {
    *name = mitscript_tree_bytes(&e->state, index.string);
    if (!name->bytes) return false;
  } else {
    text_clear(&e->scratch);
    if (!mitscript_tree_print(&e->state, index, &e->scratch)) return false;
    *name = (struct mit_bytes){e->scratch.bytes, e->scratch.length};
  }
  *hash = hash_bytes(name->bytes, name->length);
  return true;
}

// What is under a name in what should be a record.
static bool field_read(struct evaluator *e, struct mit_tree_value base, struct mit_bytes name, uint32_t hash,
                       struct mit_tree_value *value) {
  if (base.kind != MIT_TREE_RECORD) return cast_throw(e);
  const struct mit_tree_value *found = mitscript_tree_map_find(&base.record->fields, name, hash);
  *value = found ? *found : mitscript_tree_none();
  return true;
}

static bool index_read(struct evaluator *e, struct mit_tree_value base, struct mit_tree_value index,
                       struct mit_tree_value *value) {
  struct mit_bytes name;
  uint32_t hash;
  if (base.kind != MIT_TREE_RECORD) return cast_throw(e);
  return index_name(e, index, &name, &hash) && field_read(e, base, name, hash, value);
}

static bool record_make(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_field *fields,
                        struct mit_tree_value *value) {
  struct mit_tree_record *record = mitscript_tree_alloc(&e->state, sizeof(*record));
  if (!record) return false;
  for (const struct mit_field *field = fields; field; field = field->next) {
    struct mit_tree_value part;
    if (!evaluate(e, frame, field->value, &part)) return false;
    if (!mitscript_tree_map_put(&e->state, &record->fields, field->name->text, field->name->hash, part, false))
      return false;
  }
  *value = (struct mit_tree_value){.kind = MIT_TREE_RECORD, .record = record};
  return true;
}

// ---- calls -------------------------------------------------------------------------------------------------------

// The nth argument of the call whose arguments begin at `base`.
static struct mit_tree_value argument(const struct evaluator *e, size_t base, uint32_t n) {
  ASSERT(base + (n + 1) * sizeof(struct mit_tree_value) <= e->args.length, "argument %u is on the stack", n);
  return ((const struct mit_tree_value *)(e->args.bytes + base))[n];
}

static bool native_call(struct evaluator *e, enum mit_tree_native native, size_t base, struct mit_tree_value *result) {
  *result = mitscript_tree_none();
  if (native == MIT_TREE_INTCAST) return mitscript_tree_intcast(&e->state, argument(e, base, 0), result);
  text_clear(&e->scratch);
  if (native == MIT_TREE_INPUT) {
    e->io.read_line(e->io.context, &e->scratch); // nothing at the end of the input: the empty string
    return mitscript_tree_make_string(&e->state, e->scratch.bytes, e->scratch.length, result);
  }
  if (!mitscript_tree_print(&e->state, argument(e, base, 0), &e->scratch)) return false;
  text_add_char(&e->scratch, '\n');
  if (e->scratch.failed) return mitscript_tree_fail(&e->state, LOAM_ERR_MEMORY, "out of memory in print");
  return e->io.write(e->io.context, e->scratch.bytes, e->scratch.length) ||
         mitscript_tree_fail(&e->state, LOAM_ERR_FILE, "the program's output can't be written");
}

static bool closure_call(struct evaluator *e, const struct mit_tree_function *function, size_t base,
                         struct mit_tree_value *result) {
  struct mit_tree_frame *frame = frame_make(e, function);
  if (!frame) return false;
  uint32_t n = 0;
  for (const struct mit_param *param = function->fun->params; param; param = param->next) {
    const struct mit_symbol *symbol = param->symbol;
    struct mit_tree_value *cell = mitscript_tree_map_find(&frame->names, symbol->text, symbol->hash);
    ASSERT(cell, "a new frame has parameter %u", n);
    *cell = argument(e, base, n++);
  }
  ASSERT(n == function->fun->param_count, "%u of %u parameters of function %u have values", n,
         function->fun->param_count, function->fun->number);
  enum flow flow = block_execute(e, frame, &function->fun->body);
  if (flow == FLOW_STOP) return false;
  *result = flow == FLOW_RETURN ? e->result : mitscript_tree_none();
  frame_leave(frame);
  return true;
}

// Calls `callee` with `count` arguments, which begin at `base`.
static bool value_call(struct evaluator *e, struct mit_tree_value callee, size_t base, uint32_t count,
                       struct mit_tree_value *result) {
  if (callee.kind != MIT_TREE_FUNCTION) return cast_throw(e);
  const struct mit_tree_function *function = callee.function;
  ASSERT(!function->fun == (function->native != MIT_TREE_NOT_NATIVE), "a function is native or not: %d",
         (int)function->native);
  uint32_t wanted = function->fun ? function->fun->param_count : function->native == MIT_TREE_INPUT ? 0 : 1;
  if (count != wanted)
    return mitscript_tree_throw(&e->state, "RuntimeException: argument count mismatch (%u instead of %u)", count,
                                wanted);
  return function->native ? native_call(e, function->native, base, result) : closure_call(e, function, base, result);
}

static bool call_evaluate(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_step *step,
                          struct mit_tree_value callee, struct mit_tree_value *result) {
  size_t base = e->args.length;
  for (const struct mit_arg *arg = step->args; arg; arg = arg->next) {
    struct mit_tree_value value;
    if (!evaluate(e, frame, arg->value, &value)) return false;
    text_add(&e->args, (const char *)&value, sizeof(value));
  }
  if (e->args.failed) return mitscript_tree_fail(&e->state, LOAM_ERR_MEMORY, "out of memory in a call");
  if (!value_call(e, callee, base, step->arg_count, result)) return false;
  ASSERT(e->args.length == base + step->arg_count * sizeof(struct mit_tree_value),
         "a call of %u arguments from byte %zu on ends with %zu bytes", step->arg_count, base, e->args.length);
  e->args.length = base;
  return true;
}

// ---- expressions -------------------------------------------------------------------------------------------------

// The value of a path up to the step `end`, or of all of it when `end` is NULL.
static bool path_evaluate(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_path *path,
                          const struct mit_step *end, struct mit_tree_value *value) {
  if (!variable_read(e, frame, path->symbol, value)) return false;
  for (const struct mit_step *step = path->steps; step != end; step = step->next) {
    struct mit_tree_value base = *value, index;
    bool good = false;
    switch (step->kind) {
    case MIT_STEP_FIELD: good = field_read(e, base, step->field->text, step->field->hash, value); break;
    case MIT_STEP_INDEX: good = evaluate(e, frame, step->index, &index) && index_read(e, base, index, value); break;
    case MIT_STEP_CALL: good = call_evaluate(e, frame, step, base, value); break;
    }
    if (!good) return false;
  }
  return true;
}

static bool chain_evaluate(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_chain *chain,
                           struct mit_tree_value *value) {
  if (!evaluate(e, frame, chain->first, value)) return false;
  for (const struct mit_link *link = chain->links; link; link = link->next) {
    struct mit_tree_value right;
    if (!evaluate(e, frame, link->operand, &right)) return false;
    if (!mitscript_tree_apply(&e->state, link->op, *value, right, value)) return false;
  }
  return true;
}

static bool function_make(struct evaluator *e, struct mit_tree_frame *frame, struct mit_tree_function made,
                          struct mit_tree_value *value) {
  struct mit_tree_function *function = mitscript_tree_alloc(&e->state, sizeof(*function));
  if (!function) return false;
  frame->captured = true;
  *function = made;
  *value = (struct mit_tree_value){.kind = MIT_TREE_FUNCTION, .function = function};
  return true;
}

static bool evaluate_kind(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_expr *expr,
                          struct mit_tree_value *value) {
  switch (expr->kind) {
  case MIT_EXPR_NONE: *value = mitscript_tree_none(); return true;
  case MIT_EXPR_BOOL: *value = mitscript_tree_bool(expr->truth); return true;
  case MIT_EXPR_INT: *value = mitscript_tree_int(expr->number); return true;
  case MIT_EXPR_STRING: return mitscript_tree_make_string(&e->state, expr->string.bytes, expr->string.length, value);
  case MIT_EXPR_PATH: return path_evaluate(e, frame, &expr->path, NULL, value);
  case MIT_EXPR_NOT: return evaluate(e, frame, expr->operand, value) && mitscript_tree_invert(&e->state, value);
  case MIT_EXPR_NEGATE: return evaluate(e, frame, expr->operand, value) && mitscript_tree_negate(&e->state, value);
  case MIT_EXPR_CHAIN: return chain_evaluate(e, frame, &expr->chain, value);
  case MIT_EXPR_FUN:
    return function_make(e, frame, (struct mit_tree_function){.fun = expr->fun, .frame = frame}, value);
  case MIT_EXPR_RECORD: return record_make(e, frame, expr->fields, value);
  }
  return false;
}

static bool evaluate(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_expr *expr,
                     struct mit_tree_value *value) {
  if (!level_enter(e)) return false;
  bool good = evaluate_kind(e, frame, expr, value);
  level_leave(e);
  return good;
}

// ---- statements --------------------------------------------------------------------------------------------------

// r.f = v and r[i] = v: r, then i, then v, and only then a look at r.
static bool step_assign(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_stmt *stmt) {
  const struct mit_path *path = &stmt->target->path;
  const struct mit_step *last = path->steps;
  struct mit_tree_value base, index = {0}, value;
  while (last->next) last = last->next;
  ASSERT(last->kind != MIT_STEP_CALL, "a call is no target, at line %u", stmt->line);
  if (!path_evaluate(e, frame, path, last, &base)) return false;
  if (last->kind == MIT_STEP_INDEX && !evaluate(e, frame, last->index, &index)) return false;
  if (!evaluate(e, frame, stmt->value, &value)) return false;
  if (base.kind != MIT_TREE_RECORD) return cast_throw(e);
  if (last->kind == MIT_STEP_FIELD)
    return mitscript_tree_map_put(&e->state, &base.record->fields, last->field->text, last->field->hash, value, false);
  struct mit_bytes name;
  uint32_t hash;
  return index_name(e, index, &name, &hash) &&
         mitscript_tree_map_put(&e->state, &base.record->fields, name, hash, value, true);
}

static bool assign_execute(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_stmt *stmt) {
  struct mit_tree_value value;
  if (stmt->target->path.steps) return step_assign(e, frame, stmt);
  return evaluate(e, frame, stmt->value, &value) && variable_write(e, frame, stmt->target->path.symbol, value);
}

static bool condition_evaluate(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_stmt *stmt,
                               bool *truth) {
  struct mit_tree_value value;
  if (!evaluate(e, frame, stmt->value, &value)) return false;
  if (value.kind != MIT_TREE_BOOL) return cast_throw(e);
  *truth = value.truth;
  return true;
}

static enum flow while_execute(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_stmt *stmt) {
  for (bool truth;;) {
    if (!condition_evaluate(e, frame, stmt, &truth)) return FLOW_STOP;
    if (!truth) return FLOW_NEXT;
    enum flow flow = block_execute(e, frame, &stmt->body);
    if (flow != FLOW_NEXT) return flow;
  }
}

static enum flow stmt_execute(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_stmt *stmt) {
  struct mit_tree_value value;
  bool truth;
  switch (stmt->kind) {
  case MIT_STMT_GLOBAL: return FLOW_NEXT;
  case MIT_STMT_ASSIGN: return assign_execute(e, frame, stmt) ? FLOW_NEXT : FLOW_STOP;
  case MIT_STMT_CALL: return evaluate(e, frame, stmt->value, &value) ? FLOW_NEXT : FLOW_STOP;
  case MIT_STMT_WHILE: return while_execute(e, frame, stmt);
  case MIT_STMT_IF:
    if (!condition_evaluate(e, frame, stmt, &truth)) return FLOW_STOP;
    return block_execute(e, frame, truth ? &stmt->body : &stmt->otherwise);
  case MIT_STMT_RETURN:
    if (!evaluate(e, frame, stmt->value, &value)) return FLOW_STOP;
    e->result = value;
    return FLOW_RETURN;
  }
  return FLOW_STOP;
}

static enum flow block_execute(struct evaluator *e, struct mit_tree_frame *frame, const struct mit_block *block) {
  if (!level_enter(e)) return FLOW_STOP;
  enum flow flow = FLOW_NEXT;
  for (const struct mit_stmt *stmt = block->first; stmt && flow == FLOW_NEXT; stmt = stmt->next)
    flow = stmt_execute(e, frame, stmt);
  level_leave(e);
  return flow;
}

// ---- the run -----------------------------------------------------------------------------------------------------

static bool natives_bind(struct evaluator *e) {
  static const char *const names[] = {
      [MIT_TREE_PRINT] = "print", [MIT_TREE_INPUT] = "input", [MIT_TREE_INTCAST] = "intcast"};
  for (int native = MIT_TREE_PRINT; native <= MIT_TREE_INTCAST; native++) {
    struct mit_bytes name = {names[native], __builtin_strlen(names[native])};
    struct mit_tree_value value;
    if (!function_make(e, e->globals, (struct mit_tree_function){.native = (enum mit_tree_native)native}, &value) ||
        !mitscript_tree_map_put(&e->state, &e->globals->names, name, hash_bytes(name.bytes, name.length), value, false))
      return false;
  }
  return true;
}

static bool program_execute(struct evaluator *e, const struct mit_program *program) {
  if (!bodies_make(e, program) || !(e->globals = mitscript_tree_alloc(&e->state, sizeof(*e->globals)))) return false;
  e->globals->body = &e->bodies[program->main->number];
  return natives_bind(e) && block_execute(e, e->globals, &program->main->body) != FLOW_STOP;
}

// Writes the line of the exception that ended the run.
static bool exception_write(struct evaluator *e) {
  struct text *line = &e->state.exception;
  text_add_char(line, '\n');
  if (line->failed) return mitscript_tree_fail(&e->state, LOAM_ERR_MEMORY, "out of memory in the tree evaluator");
  return e->io.write(e->io.context, line->bytes, line->length) ||
         mitscript_tree_fail(&e->state, LOAM_ERR_FILE, "the program's output can't be written");
}

enum loam_err mitscript_tree_run(const struct mit_program *program, const struct mit_tree_io *io, int *exit_status,
                                 struct error *err) {
  struct evaluator e = {.io = *io};
  if (!e.io.level_max) e.io.level_max = MIT_TREE_LEVEL_MAX_DEFAULT;
  e.state.bytes_max = io->memory_max ? io->memory_max : MIT_TREE_MEMORY_MAX_DEFAULT;
  *exit_status = 0;
  if (!program_execute(&e, program) && !e.state.error.kind) {
    *exit_status = 1;
    exception_write(&e);
  }
  ASSERT(!e.levels, "%u levels were entered, and not left", e.levels);
  if (e.state.error.kind && err) *err = e.state.error;
  text_fini(&e.args);
  text_fini(&e.scratch);
  text_fini(&e.state.exception);
  arena_fini(&e.state.arena);
  return e.state.error.kind;
}
