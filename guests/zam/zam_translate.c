// SPDX-License-Identifier: MIT
//
// zam_translate.c: writes a function's instructions as the substrate's, after zam_flow has looked at them.
//
// The machine's accumulator becomes the topmost operand where somebody still wants it. Of its stack, variables become
// locals, so that reading them needs no depth; temporaries stay operands below the accumulator. Return and trap frames
// take no room: calls are the substrate's, and traps become ranges of instructions with a handler, because at each
// instruction the innermost trap frame is known.
#include "zam_translate.h"

#include "zam_cold.h"
#include "zam_debugger.h"
#include "zam_emit.h"
#include "zam_function.h"
#include "zam_ops.h"

#include <string.h>

// ---- values the machine would find in its registers ----------------------------------------------------------------

// Loads the variable S[index].
static void load_slot(struct zam_emit *emit, struct zam_cell *stack, uint32_t index) {
  struct zam_cell *cell = zam_stack_at(stack, index);
  ASSERT(cell && zam_cell_is_variable(cell) && cell->variables,
         "zam.I14: S[%u] of a stack of %u is read, and is no variable", index, stack ? stack->depth : 0);
  zam_emit(emit, ZAM_OP_LOAD, cell->variables - 1, 0);
}

// Makes the `count` values on top of the stack operands below the accumulator, S[count-1] first. Temporaries are there
// already.
static void take_operands(struct zam_emit *emit, struct zam_cell *stack, uint32_t count) {
  if (!count || !zam_cell_is_variable(stack)) return;
  if (count == 1) {
    load_slot(emit, stack, 0);
    zam_emit(emit, ZAM_OP_SWAP, 0, 0);
    return;
  }
  uint32_t scratch = zam_emit_scratch(emit, stack);
  zam_emit(emit, ZAM_OP_STORE, scratch, 0);
  for (uint32_t i = count; i-- > 0;) load_slot(emit, stack, i);
  zam_emit(emit, ZAM_OP_LOAD, scratch, 0);
}

// The same for a call, whose function is in the accumulator and goes below its arguments.
static void take_arguments(struct zam_emit *emit, struct zam_cell *stack, uint32_t count) {
  static const uint16_t rotations[] = {0, ZAM_OP_SWAP, ZAM_OP_ROTATE2, ZAM_OP_ROTATE3};
  if (!zam_cell_is_variable(stack)) {
    ASSERT(count < COUNT_OF(rotations), "zam.I14: %u arguments are temporaries", count);
    zam_emit(emit, rotations[count], 0, 0);
    return;
  }
  for (uint32_t i = count; i-- > 0;) load_slot(emit, stack, i);
}

// ---- instructions --------------------------------------------------------------------------------------------------

static void emit_call(struct zam_emit *emit, const struct zam_node *node) {
  uint32_t count = (uint32_t)node->insn.args[0];
  ASSERT(count >= 1, "zam.I14: the call at word %u takes no argument", node->insn.pc);
  zam_emit(emit, node->insn.op == ZAM_APPLY ? ZAM_OP_APPLY : ZAM_OP_TAIL_APPLY, count, 0);
  if (zam_function_prepare_call(emit->state, count, emit->err) != LOAM_OK) emit->failed = true;
}

static void emit_prim(struct zam_emit *emit, const struct zam_node *node) {
  uint32_t count = (uint32_t)node->insn.args[0], number = (uint32_t)node->insn.args[1];
  if (number >= emit->state->prim_count) {
    zam_emit_refuse(emit, "expected a primitive below %u, found %u", emit->state->prim_count, number);
    return;
  }
  if (count < 1 || count > ZAM_ARGS_MAX) {
    zam_emit_refuse(emit, "expected 1 to %u arguments of a primitive, found %u", ZAM_ARGS_MAX, count);
    return;
  }
  const struct zam_prim *prim = emit->state->prims[number];
  ASSERT(prim && prim->name, "zam.I3: primitive %u of %u has no name", number, emit->state->prim_count);
  if (prim->op && prim->op_args == count && prim->op_address)
    zam_emit(emit, prim->op, (int64_t)(intptr_t)prim->op_address, prim->op_number);
  else if (prim->op && prim->op_args == count)
    zam_emit(emit, prim->op, prim->op_number, 0);
  else
    zam_emit(emit, ZAM_OP_C_CALL, count, (int64_t)(intptr_t)prim);
}

static void emit_block(struct zam_emit *emit, const struct zam_node *node) {
  int32_t count = node->insn.args[0], tag = node->insn.args[1];
  static const uint16_t small[] = {0, ZAM_OP_MAKEBLOCK1, ZAM_OP_MAKEBLOCK2, ZAM_OP_MAKEBLOCK3};
  if (count < 1 || count > UINT16_MAX || tag < 0 || tag > 255)
    zam_emit_refuse(emit, "expected a block of 1 to 65535 fields with a tag below 256, found %u, %u", (uint32_t)count,
                    (uint32_t)tag);
  else if (count < (int32_t)COUNT_OF(small))
    zam_emit(emit, small[count], tag, 0);
  else
    zam_emit(emit, ZAM_OP_MAKEBLOCK, count, tag);
}

static struct zam_function *function_of(struct zam_emit *emit, int64_t pc) {
  struct zam_code *code = emit->function->code;
  if (pc < 0 || pc >= code->words.count) {
    zam_emit_refuse(emit, "expected a function inside the code, found one at %u", (uint32_t)pc, 0);
    return NULL;
  }
  struct zam_function *function = zam_function_at(emit->state, code, (uint32_t)pc);
  emit->failed |= !function;
  return function;
}

static void emit_closure(struct zam_emit *emit, const struct zam_node *node) {
  struct zam_function *function = function_of(emit, zam_insn_label(emit->flow->code, &node->insn, 0));
  if (function) zam_emit(emit, ZAM_OP_CLOSURE, node->insn.args[0], (int64_t)(intptr_t)function);
}

static void emit_closures(struct zam_emit *emit, const struct zam_node *node) {
  uint32_t count = (uint32_t)node->insn.args[0], captured = (uint32_t)node->insn.args[1];
  struct zam_closures *made = arena_alloc(&emit->state->memory, sizeof *made + count * sizeof *made->functions);
  emit->failed |= !made;
  for (uint32_t i = 0; made && i < count; i++)
    made->functions[i] = function_of(emit, zam_insn_label(emit->flow->code, &node->insn, i));
  if (emit->failed) return;
  made->count = count;
  made->captured = captured;
  zam_emit(emit, ZAM_OP_CLOSURES, captured, (int64_t)(intptr_t)made);
  // The functions become variables, the first one deepest.
  uint32_t first = emit->live_after;
  zam_emit(emit, ZAM_OP_TEE, first, 0);
  for (uint32_t i = 1; i < count; i++) {
    emit->live = first + i;
    zam_emit(emit, ZAM_OP_DUP, 0, 0);
    zam_emit(emit, ZAM_OP_OFFSET_CLOSURE, (int64_t)i * ZAM_CLOSURE_STEP, 0);
    zam_emit(emit, ZAM_OP_STORE, first + i, 0);
  }
  zam_emit_locals(emit, first + count);
}

static void emit_push(struct zam_emit *emit, struct zam_cell *stack, struct zam_cell *pushed, bool acc_after) {
  ASSERT(pushed && pushed->below == stack, "zam.I14: word %u pushes on another stack", emit->pc);
  if (!zam_cell_is_variable(pushed)) {
    if (acc_after) zam_emit(emit, ZAM_OP_DUP, 0, 0);
    return;
  }
  uint32_t local = stack ? stack->variables : 0;
  zam_emit(emit, acc_after ? ZAM_OP_TEE : ZAM_OP_STORE, local, 0);
  emit->live = local + 1;
  zam_emit_locals(emit, local + 1);
}

// Labels of the cases are leaves of a tree of comparisons; values are 0 to count - 1, of an integer or a tag.
// Cases that all go to one place are a leaf.
static bool is_leaf(struct zam_emit *emit, const struct zam_node *node, uint32_t first, uint32_t count) {
  const int32_t *labels = zam_insn_labels(emit->flow->code, &node->insn) + first; // all relative to the first
  for (uint32_t i = 1; i < count; i++)
    if (labels[i] != labels[0]) return false;
  return true;
}

static void emit_cases(struct zam_emit *emit, const struct zam_node *node, uint32_t first, uint32_t count,
                       uint16_t less, bool acc_after) {
  ASSERT(count, "no case of word %u is left", node->insn.pc);
  if (is_leaf(emit, node, first, count)) {
    if (!acc_after) zam_emit(emit, ZAM_OP_POP, 0, 0);
    zam_emit_branch(emit, ZAM_OP_BRANCH, 0, zam_insn_label(emit->flow->code, &node->insn, first));
    return;
  }
  uint32_t half = count / 2;
  uint32_t nconst = (uint32_t)node->insn.args[0] & 0xffff;
  ASSERT(less != ZAM_OP_BRANCH_TAG_LESS || first >= nconst,
         "zam.I13: case %u of word %u is one for tags, behind %u for integers", first, node->insn.pc, nconst);
  uint32_t at = zam_emit(emit, less, (int64_t)(first + half) - (less == ZAM_OP_BRANCH_TAG_LESS ? nconst : 0), 0);
  emit_cases(emit, node, first + half, count - half, less, acc_after);
  zam_emit_target_here(emit, at);
  emit_cases(emit, node, first, half, less, acc_after);
}

static void emit_switch(struct zam_emit *emit, const struct zam_node *node, bool acc_after) {
  uint32_t ints = (uint32_t)node->insn.args[0] & 0xffff, blocks = (uint32_t)node->insn.args[0] >> 16;
  ASSERT(ints + blocks == zam_insn_label_count(&node->insn),
         "zam.I13: word %u has %u labels, for %u integers and %u tags", node->insn.pc,
         zam_insn_label_count(&node->insn), ints, blocks);
  uint32_t at = 0;
  if (ints && blocks) at = zam_emit(emit, ZAM_OP_BRANCH_BLOCK, 0, 0);
  if (ints) emit_cases(emit, node, 0, ints, ZAM_OP_BRANCH_INT_LESS, acc_after);
  if (ints && blocks) zam_emit_target_here(emit, at);
  if (blocks) emit_cases(emit, node, ints, blocks, ZAM_OP_BRANCH_TAG_LESS, acc_after);
}

// Instructions that one op does, with the first operand or without any.
static const uint16_t single_ops[ZAM_OPCODE_COUNT] = {
    [ZAM_ENVACC] = ZAM_OP_ENVIRONMENT,
    [ZAM_GETFIELD] = ZAM_OP_GETFIELD,
    [ZAM_GETFLOATFIELD] = ZAM_OP_GETFLOATFIELD,
    [ZAM_SETFIELD] = ZAM_OP_SETFIELD,
    [ZAM_SETFLOATFIELD] = ZAM_OP_SETFLOATFIELD,
    [ZAM_VECTLENGTH] = ZAM_OP_VECTLENGTH,
    [ZAM_GETVECTITEM] = ZAM_OP_GETVECTITEM,
    [ZAM_SETVECTITEM] = ZAM_OP_SETVECTITEM,
    [ZAM_GETBYTESCHAR] = ZAM_OP_GETBYTESCHAR,
    [ZAM_GETSTRINGCHAR] = ZAM_OP_GETBYTESCHAR,
    [ZAM_SETBYTESCHAR] = ZAM_OP_SETBYTESCHAR,
    [ZAM_BOOLNOT] = ZAM_OP_BOOLNOT,
    [ZAM_CONSTINT] = ZAM_OP_CONST,
    [ZAM_NEGINT] = ZAM_OP_NEG,
    [ZAM_ADDINT] = ZAM_OP_ADD,
    [ZAM_SUBINT] = ZAM_OP_SUB,
    [ZAM_MULINT] = ZAM_OP_MUL,
    [ZAM_DIVINT] = ZAM_OP_DIV,
    [ZAM_MODINT] = ZAM_OP_MOD,
    [ZAM_ANDINT] = ZAM_OP_AND,
    [ZAM_ORINT] = ZAM_OP_OR,
    [ZAM_XORINT] = ZAM_OP_XOR,
    [ZAM_LSLINT] = ZAM_OP_LSL,
    [ZAM_LSRINT] = ZAM_OP_LSR,
    [ZAM_ASRINT] = ZAM_OP_ASR,
    [ZAM_EQ] = ZAM_OP_EQ,
    [ZAM_NEQ] = ZAM_OP_NEQ,
    [ZAM_LTINT] = ZAM_OP_LT,
    [ZAM_LEINT] = ZAM_OP_LE,
    [ZAM_GTINT] = ZAM_OP_GT,
    [ZAM_GEINT] = ZAM_OP_GE,
    [ZAM_OFFSETINT] = ZAM_OP_OFFSETINT,
    [ZAM_OFFSETREF] = ZAM_OP_OFFSETREF,
    [ZAM_ISINT] = ZAM_OP_ISINT,
    [ZAM_ULTINT] = ZAM_OP_ULT,
    [ZAM_UGEINT] = ZAM_OP_UGE,
};

static uint16_t compare_branch_op(uint8_t op) {
  static const uint16_t ops[] = {ZAM_OP_BRANCH_EQ, ZAM_OP_BRANCH_NEQ, ZAM_OP_BRANCH_LT,
                                 ZAM_OP_BRANCH_LE, ZAM_OP_BRANCH_GT,  ZAM_OP_BRANCH_GE};
  ASSERT(op == ZAM_BULTINT || op == ZAM_BUGEINT || (op >= ZAM_BEQ && op - ZAM_BEQ < (int)COUNT_OF(ops)),
         "instruction %u compares", op);
  return op == ZAM_BULTINT ? ZAM_OP_BRANCH_ULT : op == ZAM_BUGEINT ? ZAM_OP_BRANCH_UGE : ops[op - ZAM_BEQ];
}

static void emit_global(struct zam_emit *emit, const struct zam_node *node, uint16_t op) {
  int32_t global = node->insn.args[0];
  if (global < 0 || (uint32_t)global >= emit->state->global_count)
    zam_emit_refuse(emit, "expected a global below %u, found %u", emit->state->global_count, (uint32_t)global);
  else
    zam_emit(emit, op, global, node->insn.args[1]);
}

// The machine leaves unit in the accumulator behind these; their ops leave nothing.
static inline bool leaves_unit(uint8_t op) {
  return op == ZAM_SETGLOBAL || op == ZAM_SETFIELD || op == ZAM_SETFLOATFIELD || op == ZAM_SETVECTITEM ||
         op == ZAM_SETBYTESCHAR || op == ZAM_OFFSETREF || op == ZAM_ASSIGN;
}

static void emit_slot(struct zam_emit *emit, const struct zam_node *node) {
  struct zam_cell *cell = node->slot;
  ASSERT(cell && zam_cell_is_variable(cell) && cell->variables, "zam.I14: what word %u reads is no variable",
         node->insn.pc);
  zam_emit(emit, node->insn.op == ZAM_ASSIGN ? ZAM_OP_STORE : ZAM_OP_LOAD, cell->variables - 1, 0);
  if (node->insn.op == ZAM_GETMETHOD) zam_emit(emit, ZAM_OP_GETMETHOD, 0, 0);
  if (node->insn.op == ZAM_GETDYNMET) zam_emit(emit, ZAM_OP_GETDYNMET, 0, 0);
}

// The end of a piece of the outermost code.
static void emit_end(struct zam_emit *emit, uint32_t next) {
  zam_emit(emit, ZAM_OP_CONST, next, 0);
  zam_emit(emit, ZAM_OP_RETURN, 0, 0);
}

// Return and trap frames have locals where somebody counts words of the stack.
static void emit_room(struct zam_emit *emit, const struct zam_cell *stack, uint32_t words) {
  uint32_t first = stack ? stack->depth : 0;
  if (!emit->flow->watched) return;
  for (uint32_t i = first; i < first + words; i++) {
    zam_emit(emit, ZAM_OP_CONST, 0, 0);
    zam_emit(emit, ZAM_OP_STORE, i, 0);
    emit->live = i + 1;
  }
  zam_emit_locals(emit, first + words);
}

static void emit_branches(struct zam_emit *emit, const struct zam_node *node, bool acc_after) {
  const struct zam_insn *insn = &node->insn;
  if (insn->op == ZAM_SWITCH) {
    emit_switch(emit, node, acc_after);
    return;
  }
  uint16_t op = insn->op == ZAM_BRANCH        ? ZAM_OP_BRANCH
                : insn->op == ZAM_BRANCHIF    ? ZAM_OP_BRANCH_IF
                : insn->op == ZAM_BRANCHIFNOT ? ZAM_OP_BRANCH_IF_NOT
                                              : compare_branch_op(insn->op);
  if (acc_after && op != ZAM_OP_BRANCH) zam_emit(emit, ZAM_OP_DUP, 0, 0);
  zam_emit_branch(emit, op, insn->args[0], zam_insn_label(emit->flow->code, insn, 0));
}

// Instructions that leave the accumulator as it is, or take it away.
static bool emit_control(struct zam_emit *emit, const struct zam_node *node, bool acc_after) {
  const struct zam_insn *insn = &node->insn;
  if (insn->facts & ZAM_BRANCHES) {
    emit_branches(emit, node, acc_after);
    return true;
  }
  switch (insn->op) {
  case ZAM_STOP:
    zam_emit(emit, ZAM_OP_POP, 0, 0);
    emit_end(emit, 0);
    return true;
  case ZAM_RETURN: zam_emit(emit, ZAM_OP_RETURN, 0, 0); return true;
  case ZAM_RAISE:
  case ZAM_RERAISE:
  case ZAM_RAISE_NOTRACE: zam_emit(emit, ZAM_OP_RAISE, insn->op, 0); return true;
  case ZAM_PUSH_RETADDR: emit_room(emit, node->stack, ZAM_RETURN_WORDS); return true;
  case ZAM_PUSHTRAP: emit_room(emit, node->stack, ZAM_TRAP_WORDS); return true;
  case ZAM_CHECK_SIGNALS: // loops and calls are the substrate's safepoints
  case ZAM_POP:
  case ZAM_POPTRAP: return true;
  default: return false;
  }
}

static void emit_float_block(struct zam_emit *emit, const struct zam_node *node) {
  int32_t n = node->insn.args[0];
  if (n < 1) zam_emit_refuse(emit, "expected a block of 1 to %u floats, found %u", UINT16_MAX, (uint32_t)n);
  zam_emit(emit, ZAM_OP_MAKEFLOATBLOCK, n, 0);
}

// The value of the accumulator, where `node` makes it.
static void emit_value(struct zam_emit *emit, const struct zam_node *node) {
  int32_t n = node->insn.args[0];
  switch (node->insn.op) {
  case ZAM_ACC:
  case ZAM_ASSIGN:
  case ZAM_GETMETHOD:
  case ZAM_GETDYNMET: emit_slot(emit, node); return;
  case ZAM_APPLY:
  case ZAM_APPTERM: emit_call(emit, node); return;
  case ZAM_CLOSURE: emit_closure(emit, node); return;
  case ZAM_CLOSUREREC: emit_closures(emit, node); return;
  case ZAM_OFFSETCLOSURE:
    zam_emit(emit, ZAM_OP_CALLEE, 0, 0);
    if (n) zam_emit(emit, ZAM_OP_OFFSET_CLOSURE, n, 0);
    return;
  case ZAM_GETGLOBAL: emit_global(emit, node, ZAM_OP_GET_GLOBAL); return;
  case ZAM_GETGLOBALFIELD: emit_global(emit, node, ZAM_OP_GET_GLOBAL_FIELD); return;
  case ZAM_SETGLOBAL: emit_global(emit, node, ZAM_OP_SET_GLOBAL); return;
  case ZAM_ATOM: zam_emit(emit, ZAM_OP_ATOM, (int64_t)zam_atom((unsigned)n & 255).bits, 0); return;
  case ZAM_MAKEBLOCK: emit_block(emit, node); return;
  case ZAM_MAKEFLOATBLOCK: emit_float_block(emit, node); return;
  case ZAM_C_CALLN: emit_prim(emit, node); return;
  default: zam_emit_refuse(emit, "expected an instruction of the machine, found number %u", node->insn.op, 0);
  }
}

// What is left of the stack behind the instruction's inputs.
static struct zam_cell *behind_inputs(const struct zam_node *node, struct zam_cell *stack) {
  if (node->insn.op == ZAM_APPTERM || node->insn.op == ZAM_RETURN || node->insn.op == ZAM_STOP) return NULL;
  for (uint32_t i = zam_insn_taken(&node->insn); i-- > 0; stack = stack->below)
    ASSERT(stack && stack->kind == ZAM_CELL_VALUE, "zam.I14: word %u takes %u more than there are", node->insn.pc,
           i + 1);
  return stack;
}

static void emit_inputs(struct zam_emit *emit, const struct zam_node *node, struct zam_cell *stack) {
  if (node->insn.op == ZAM_APPLY || node->insn.op == ZAM_APPTERM)
    take_arguments(emit, stack, (uint32_t)node->insn.args[0]);
  else
    take_operands(emit, stack, zam_insn_taken(&node->insn));
}

// Before an instruction that doesn't read the accumulator, or leaves it as it is: the one that is there and not wanted
// goes, and one that is wanted and not there comes.
static void emit_acc(struct zam_emit *emit, const struct zam_node *node, bool acc_after) {
  bool writes = zam_writes_acc(node);
  if (node->acc_before && !zam_reads_acc(node) && (writes || !acc_after)) zam_emit(emit, ZAM_OP_POP, 0, 0);
  if (!node->acc_before && !writes && acc_after) zam_emit(emit, ZAM_OP_CONST, 0, 0);
}

// Takes the inputs, and makes the accumulator of them and of itself.
static void emit_step(struct zam_emit *emit, const struct zam_node *node, struct zam_cell *stack) {
  struct zam_cell *after = behind_inputs(node, stack);
  emit->live_after = after ? after->variables : 0;
  emit_inputs(emit, node, stack);
  emit->live = emit->live_after;
  uint16_t single = single_ops[node->insn.op];
  if (single)
    zam_emit(emit, single, node->insn.args[0], 0);
  else
    emit_value(emit, node);
}

static bool is_acc_after(const struct zam_emit *emit, const struct zam_node *node) {
  if (zam_falls_through(node)) return zam_flow_next(node)->acc_before;
  const struct zam_insn *insn = &node->insn;
  if (!(insn->facts & ZAM_BRANCHES)) return false;
  int64_t to = insn->op == ZAM_SWITCH ? zam_insn_label(emit->flow->code, insn, 0) : zam_insn_only_label(insn);
  return zam_flow_node(emit->flow, (uint32_t)to)->acc_before;
}

static void emit_node(struct zam_emit *emit, const struct zam_node *node) {
  struct zam_cell *stack = node->stack;
  const struct zam_insn *insn = &node->insn;
  bool acc_after = is_acc_after(emit, node);
  if (insn->facts & (ZAM_READS_NO_ACC | ZAM_WRITES_NO_ACC)) emit_acc(emit, node, acc_after);
  if (insn->push) {
    emit_push(emit, stack, node->pushed, false);
    stack = node->pushed;
  } else if (insn->op == ZAM_PUSH) {
    emit_push(emit, stack, node->pushed, acc_after);
    return;
  }
  if (insn->facts & (ZAM_WRITES_NO_ACC | ZAM_ENDS) && emit_control(emit, node, acc_after)) return;
  if (insn->op == ZAM_GETPUBMET) {
    emit_push(emit, stack, node->pushed, true);
    zam_emit(emit, ZAM_OP_GETPUBMET, insn->args[0], 0);
  } else {
    emit_step(emit, node, stack);
  }
  if (insn->op == ZAM_APPTERM) return;
  bool has_acc = !leaves_unit(insn->op);
  if (has_acc != acc_after) zam_emit(emit, has_acc ? ZAM_OP_POP : ZAM_OP_CONST, 0, 0);
  bool ends_piece = insn->op == ZAM_SETGLOBAL && !zam_falls_through(node);
  ASSERT(!ends_piece || emit->flow->in_pieces, "zam.I13: word %u ends a function", insn->pc);
  if (ends_piece) emit_end(emit, insn->pc + insn->length);
}

// ---- the method ----------------------------------------------------------------------------------------------------

// At the entry the accumulator is the closure. Where something else leads there, too, it comes with its own.
static void emit_entry(struct zam_emit *emit) {
  const struct zam_flow *flow = emit->flow;
  ASSERT((flow->entry_stack ? flow->entry_stack->variables : 0) == flow->params,
         "zam.I14: %u of %u parameters are variables", flow->entry_stack ? flow->entry_stack->variables : 0,
         flow->params);
  emit->pc = flow->entry;
  emit->live = flow->params;
  if (zam_flow_node(flow, flow->entry)->acc_before) zam_emit(emit, ZAM_OP_CALLEE, 0, 0);
  if (flow->nodes[0].insn.pc != flow->entry) zam_emit_branch(emit, ZAM_OP_BRANCH, 0, flow->entry);
}

static void emit_event(struct zam_emit *emit, const struct zam_node *node) {
  const struct zam_watch *watch = emit->function->code->watch;
  ASSERT(node->insn.pc < emit->function->code->words.count, "zam.I13: an event is at word %u of %u", node->insn.pc,
         emit->function->code->words.count);
  watch->depths[node->insn.pc] = node->stack ? node->stack->depth : 0;
  zam_emit(emit, ZAM_OP_EVENT, (int64_t)(intptr_t)&watch->events[node->insn.pc], 0);
}

static void emit_nodes(struct zam_emit *emit) {
  struct zam_flow *flow = emit->flow;
  bool watched = emit->function->code->watch;
  emit_entry(emit);
  for (uint32_t i = 0; i < flow->node_count && !emit->failed; i++) {
    struct zam_node *node = &flow->nodes[i];
    node->first_insn = emit->count;
    emit->pc = node->insn.pc;
    emit->live = node->stack ? node->stack->variables : 0;
    if (watched) emit_event(emit, node);
    emit_node(emit, node);
  }
}

enum loam_err zam_check_program(const struct zam_state *state, struct error *err) {
  if (!vm_program_changed(state->vm)) return LOAM_OK;
  return error_set(err, LOAM_ERR_FILE, "%s: expected the program that was loaded, found its file written to",
                   state->program);
}

void zam_note_read(struct zam_state *state, uint32_t pc) {
  enum { WINDOW_WORDS = 16 << 10, WINDOWS_MIN = 24, WINDOWS_MAX = 40, FUNCTIONS_EACH = 256 };
  uint32_t windows = state->translated / FUNCTIONS_EACH;
  if (windows < WINDOWS_MIN) windows = WINDOWS_MIN;
  if (windows > WINDOWS_MAX) windows = WINDOWS_MAX;
  state->windows_read |= UINT64_C(1) << pc / WINDOW_WORDS % 64;
  if ((uint32_t)__builtin_popcountll(state->windows_read) <= windows) return;
  state->windows_read = 0;
  vm_program_release(state->vm);
}

static const char *opcode_at(const struct zam_words *code, uint32_t pc) {
  return pc < code->count ? zam_opcodes[(uint32_t)code->words[pc] % ZAM_OPCODE_COUNT].name : "the end of the code";
}

static enum loam_err translate(struct zam_emit *emit, struct method **out, struct error *err) {
  struct zam_flow *flow = emit->flow;
  zam_emit_init(emit);
  enum loam_err kind = zam_flow_run(flow);
  if (kind == LOAM_OK && !zam_emit_reserve(emit, flow->node_count)) kind = LOAM_ERR_MEMORY;
  ASSERT(kind != LOAM_ERR_INPUT || flow->why[0], "zam.I13: word %u is refused, and nothing said", flow->why_pc);
  if (kind == LOAM_ERR_INPUT)
    error_set(err, kind, "%s, function %s, word %u (%s): %s", emit->state->program, emit->name, flow->why_pc,
              opcode_at(flow->code, flow->why_pc), flow->why);
  else if (kind == LOAM_ERR_MEMORY)
    error_set(err, kind, "no memory to translate %s", emit->name);
  if (kind == LOAM_OK) {
    zam_emit_locals(emit, flow->params);
    emit_nodes(emit);
    kind = zam_emit_finish(emit, flow->params, out);
  }
  zam_emit_fini(emit);
  zam_flow_fini(flow);
  emit->state->translated++;
  if (emit->function->code->copy) return kind;
  zam_note_read(emit->state, emit->function->pc);
  return zam_check_program(emit->state, err) == LOAM_OK ? kind : err->kind;
}

static bool has_scratch(struct zam_state *state, struct error *err) {
  if (!state->scratch) state->scratch = mem_alloc_zero(1, sizeof *state->scratch);
  if (!state->scratch) error_set(err, LOAM_ERR_MEMORY, "no memory to translate");
  return state->scratch;
}

// Without printf, whose pages a short program would need for nothing else.
static void name_function(struct zam_emit *emit) {
  static const char kind[] = "code@";
  char digits[TEXT_DIGITS_MAX], *end = digits + sizeof digits, *at = text_digits(emit->function->pc, end);
  memcpy(emit->name, kind, sizeof kind - 1);
  memcpy(emit->name + sizeof kind - 1, at, (size_t)(end - at)); // the rest is zero
}

enum loam_err zam_translate(struct zam_state *state, struct zam_function *function, uint32_t entry, uint32_t params,
                            struct method **out, struct error *err) {
  if (!has_scratch(state, err)) return LOAM_ERR_MEMORY;
  struct zam_flow flow = {.code = &function->code->words,
                          .entry = entry,
                          .params = params,
                          .words = function->cold_code ? function->cold_code->count : 0,
                          .watched = function->code->watch,
                          .scratch = state->scratch};
  struct zam_emit emit = {.state = state, .function = function, .flow = &flow, .err = err};
  name_function(&emit);
  return translate(&emit, out, err);
}

enum loam_err zam_translate_piece(struct zam_state *state, struct zam_function *function, uint32_t depth,
                                  uint32_t *next, struct method **out, struct error *err) {
  if (!has_scratch(state, err)) return LOAM_ERR_MEMORY;
  struct zam_flow flow = {.code = &function->code->words,
                          .entry = function->pc,
                          .params = depth,
                          .in_pieces = true,
                          .watched = function->code->watch,
                          .scratch = state->scratch};
  struct zam_emit emit = {.state = state, .function = function, .flow = &flow, .err = err, .name = "main"};
  enum loam_err kind = translate(&emit, out, err);
  if (next) *next = flow.next;
  return kind;
}
