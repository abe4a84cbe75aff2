// SPDX-License-Identifier: MIT
//
// opgen_interp.c: writes the bodies as functions, and the interpreter's handlers that call them.
//
// A handler is made by running its parts on a symbolic operand stack: an input comes from the values that earlier parts
// left in C variables, or else from the real stack (its top is the register `tos`, the others are in memory); an output
// is a C variable. Only at the end are the variables that are left written back. A plain op is a sequence of one.
//
// Each handler that may take a slow path comes in two forms, its twins (see loam/op.h).
#include "opgen.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TOP_ANYWHERE INT_MIN

enum twin { FAST_TWIN, SLOW_TWIN };
static const char *const twin_suffix[] = {"fast", "slow"};

static bool calls(const struct record *record) { return record->control == CALL || record->control == TAIL; }
static bool has_value(const struct record *record) {
  return record->control == RETURN || record->control == STOP || record->control == THROW;
}

// A handler being written.
struct handler {
  FILE *out;
  const struct table *table;
  const char *name;
  const struct record *const *parts;
  const int (*offsets)[IMMS_MAX];
  int part_count, words;
  enum twin twin;
  bool slow;         // has a slow twin
  bool flushed;      // all operands are in memory, the topmost at `top`
  int top_at;        // then in a stencil: top - sp, as long as it is a constant; else TOP_ANYWHERE
  bool spill;        // *sp = tos is needed first
  bool stencil;      // for the baseline compiler: the stack pointer is a constant distance from fp
  bool empty;        // a stencil that starts with an empty operand stack: there is nothing to spill or reload
  bool cached;       // a stencil that starts with the operand below the top in the variable `second`, not in memory
  bool caches;       // a stencil that ends so
  bool spill_second; // sp[-1] = second is needed first
  int consumed;      // real operands taken so far
  int variables;     // C variables made so far
  bool retry;        // a stencil for where another one of the same op gave up
  int few_part;      // in a stencil for one value of an immediate: whose part's that is; else -1
  int few;           // the value
  int kinds_tested;  // inputs of a stencil that must be of a kind, so far
  int stack[OPERANDS_MAX * PARTS_MAX], depth; // variables that stand for operands, bottom first
};

const char *imm_c_type(enum imm_class class) {
  static const char *const types[] = {"struct value *", "uint32_t ",      "size_t ",    "int32_t ",   "uint32_t ", NULL,
                                      "void *",         "struct value *", "uint64_t *", "uint16_t *", NULL};
  return types[class];
}

void print_symbol(FILE *out, const char *name) {
  for (; *name; name++) {
    if (*name == '+')
      fputs("__", out);
    else
      fputc(*name, out);
  }
}

static void write_parameters(FILE *out, const struct record *record) {
  fputs("struct mutator *th, const char *site, struct value *live, struct value *fp", out);
  for (int i = 0; i < record->imm_count; i++)
    if (imm_c_type(record->imms[i].class))
      fprintf(out, ", %s%s", imm_c_type(record->imms[i].class), record->imms[i].name);
  for (int i = 0; i < record->in_count; i++)
    fprintf(out, ", struct value %s%s", record->in[i].count_by ? "*" : "", record->in[i].name);
  for (int i = 0; i < record->out_count; i++) fprintf(out, ", struct value *%s_out", record->out[i].name);
  if (calls(record)) fputs(", const struct method **call_out", out);
  if (has_value(record)) fputs(", struct value *value_out", out);
}

static void write_outputs(FILE *out, const struct record *record) {
  for (int i = 0; i < record->out_count; i++)
    fprintf(out, "  *%s_out = %s;\n", record->out[i].name, record->out[i].name);
}

static void write_body(FILE *out, const struct table *table, const struct record *record, const char *suffix) {
  bool retry = strcmp(suffix, "retry") == 0;
  fprintf(out, "OP_BODY %s_%s_%s(", table->guest, record->name, suffix);
  write_parameters(out, record);
  fputs(") {\n", out);
  for (int i = 0; i < record->out_count; i++) fprintf(out, "  struct value %s = {0};\n", record->out[i].name);
  fprintf(out, "  {\n#line %d \"%s\"\n%s  }\n", retry ? record->retry_line : record->body_line, record->file,
          retry ? record->retry : record->body);
  fputs("op_next: __attribute__((unused));\n", out);
  write_outputs(out, record);
  fputs("  return OP_NEXT;\n", out);
  if (record->control == BRANCH || record->control == GOTO) {
    fputs("op_branch: __attribute__((unused));\n", out);
    write_outputs(out, record);
    fputs("  return OP_BRANCH;\n", out);
  }
  fputs("}\n\n", out);
}

static void write_bodies(FILE *out, const struct table *table, const char *suffix) {
  for (int i = 0; i < table->record_count; i++) {
    const struct record *record = table->records[i];
    bool has = strcmp(suffix, "slow") == 0 ? record->slow : strcmp(suffix, "retry") == 0 ? record->retry != NULL : true;
    if (has) write_body(out, table, record, suffix);
  }
}

// The C expression of the next real operand.
static void take_real(struct handler *handler, char *text, size_t size) {
  int k = handler->consumed++;
  if (handler->flushed)
    snprintf(text, size, "top[-%d]", k);
  else if (k == 0)
    snprintf(text, size, "tos");
  else if (k == 1 && handler->cached)
    snprintf(text, size, "second");
  else
    snprintf(text, size, "sp[-%d]", k);
}

static void print_imm(const struct handler *handler, int part, int index) {
  static const char *const readers[] = {"LOCAL", "U16",   "INDEX", "I32",      "U32",  "I32",
                                        "PTR",   "LOCAL", "CACHE", "FEEDBACK", "FRAME"};
  if (part == handler->few_part && index == handler->parts[part]->few_imm) {
    fprintf(handler->out, "%d", handler->few);
    return;
  }
  fprintf(handler->out, "OP_IMM_%s(%d)", readers[handler->parts[part]->imms[index].class],
          handler->offsets[part][index]);
}

static const char *live_base(const struct handler *handler) { return handler->flushed ? "top" : "sp"; }

// Puts every operand into memory, the topmost at `top`.
static void flush(struct handler *handler) {
  if (handler->flushed && handler->consumed == 0 && handler->depth == 0) return;
  FILE *out = handler->out;
  if (handler->consumed == 0 && !handler->flushed) handler->spill = true;
  handler->spill_second = true;
  fprintf(out, "  top = %s + %d;\n", live_base(handler), handler->depth - handler->consumed);
  for (int i = 0; i < handler->depth; i++)
    fprintf(out, "  top[%d] = v%d;\n", i + 1 - handler->depth, handler->stack[i]);
  if (!handler->flushed || handler->top_at != TOP_ANYWHERE)
    handler->top_at = (handler->flushed ? handler->top_at : 0) + handler->depth - handler->consumed;
  handler->flushed = true;
  handler->consumed = handler->depth = 0;
}

// Takes so many inputs of a part; prints their initialisation and leaves their names in `inputs`.
static void take_inputs(struct handler *handler, int count, int *inputs) {
  for (int i = count - 1; i >= 0; i--) {
    if (handler->depth) {
      inputs[i] = handler->stack[--handler->depth];
      continue;
    }
    char text[32];
    take_real(handler, text, sizeof text);
    inputs[i] = handler->variables++;
    fprintf(handler->out, "  const struct value v%d = %s;\n", inputs[i], text);
  }
}

// To the slow twin, which runs the whole op again.
static void write_slow_exit(const struct handler *handler) {
  fprintf(handler->out, "  OP_GO_SLOW(%s_", handler->table->guest);
  print_symbol(handler->out, handler->name);
  fputs("_slow_twin);\n", handler->out);
}

// The call of one of the functions of a part's body, without the sign that ends it.
static void write_call(struct handler *handler, int p, const char *suffix, const int *inputs, const int *outputs) {
  FILE *out = handler->out;
  const struct record *part = handler->parts[p];
  bool few = p == handler->few_part, variadic = variadic_imm(part) >= 0 && !few;
  fprintf(out, "outcome = %s_%s_%s(th, pc + %d, %s - %d, fp", handler->table->guest, part->name, suffix, p,
          live_base(handler), variadic ? 0 : handler->consumed);
  for (int i = 0; i < part->imm_count; i++) {
    if (!imm_c_type(part->imms[i].class)) continue;
    fputs(", ", out);
    print_imm(handler, p, i);
  }
  int fixed = part->in_count - variadic - few;
  for (int i = 0; i < fixed; i++) {
    if (variadic)
      fprintf(out, ", args[-%d]", fixed - i);
    else
      fprintf(out, ", v%d", inputs[i]);
  }
  if (variadic || few) fputs(", args", out);
  for (int i = 0; i < part->out_count && !calls(part); i++) fprintf(out, ", &v%d", outputs[i]);
  if (calls(part)) {
    for (int i = 0; i < part->out_count; i++) fputs(", &unused", out);
    fputs(", &callee", out);
  }
  if (has_value(part)) fputs(", &value", out);
  fputs(");\n", out);
}

// Tries again a part that gave up: the only one that can, or it is to be asked once more.
static void write_retry(struct handler *handler, int p, const int *inputs, const int *outputs) {
  int slow_parts = 0;
  for (int i = 0; i < handler->part_count; i++) slow_parts += handler->parts[i]->slow;
  if (slow_parts > 1) {
    fputs("  ", handler->out);
    write_call(handler, p, "fast", inputs, outputs);
    fputs("  if (outcome == OP_SLOW)", handler->out);
  }
  fprintf(handler->out, "  {\n    op_count_slow(fp, OP_PC() + %d);\n    ", p);
  write_call(handler, p, "retry", inputs, outputs);
  fputs("  }\n", handler->out);
}

static void write_call_of_body(struct handler *handler, int p, const int *inputs, const int *outputs) {
  FILE *out = handler->out;
  const struct record *part = handler->parts[p];
  bool slow_body = part->slow && handler->twin == SLOW_TWIN;
  if (handler->retry && part->retry) {
    write_retry(handler, p, inputs, outputs);
  } else {
    fputs("  ", out);
    write_call(handler, p, twin_suffix[slow_body], inputs, outputs);
  }
  if (!part->slow) return;
  if (slow_body) {
    fputs("  if (outcome == OP_THROW) OP_TAIL_CALL(interp_throw);\n", out);
  } else {
    fputs("  if (outcome == OP_SLOW) ", out);
    write_slow_exit(handler);
  }
}

// A stencil tests the kinds of inputs before the body does, which then needn't: so each test has a name, and the
// baseline compiler can leave it out.
static void write_kind_tests(struct handler *handler, const struct record *part, const int *inputs) {
  if (!handler->stencil || handler->retry || variadic_imm(part) >= 0) return;
  for (int k = 0; k < part->kind_count; k++)
    for (int i = 0; i < part->in_count; i++)
      if (part->kinds[k].needs & 1u << i)
        fprintf(handler->out, "  OP_KIND(%d, %s(v%d));\n", handler->kinds_tested++, part->kinds[k].test, inputs[i]);
}

// The inputs of a part whose variadic one takes as many values as are known: an array that clang makes registers of.
static void take_few(struct handler *handler, const struct record *part, int *inputs) {
  int fixed = part->in_count - 1;
  take_inputs(handler, fixed + handler->few, inputs);
  fputs("  struct value few[] = {", handler->out);
  for (int i = 0; i < handler->few; i++) fprintf(handler->out, "v%d, ", inputs[fixed + i]);
  fputs("{0}};\n  args = few;\n", handler->out);
}

static void write_part(struct handler *handler, int p) {
  const struct record *part = handler->parts[p];
  int inputs[OPERANDS_MAX], outputs[OPERANDS_MAX];
  int counted_by = p == handler->few_part ? -1 : variadic_imm(part);
  if (p == handler->few_part) {
    take_few(handler, part, inputs);
  } else if (counted_by >= 0) {
    flush(handler);
    if (handler->stencil && handler->top_at != TOP_ANYWHERE) {
      fprintf(handler->out, "  args = OP_ARGS(%d) + %d;\n", handler->offsets[p][counted_by], handler->top_at + 1);
    } else {
      fputs("  args = top - ", handler->out);
      print_imm(handler, p, counted_by);
      fputs(" + 1;\n", handler->out);
    }
  } else {
    take_inputs(handler, part->in_count, inputs);
    // What is deeper must be where the collector sees it, and who unwinds.
    if ((part->slow && handler->twin == SLOW_TWIN) || part->control == THROW) flush(handler);
  }
  for (int i = 0; i < part->out_count && !calls(part); i++) {
    outputs[i] = handler->variables++;
    fprintf(handler->out, "  struct value v%d;\n", outputs[i]);
  }
  write_kind_tests(handler, part, inputs);
  write_call_of_body(handler, p, inputs, outputs);
  if (calls(part)) return;
  if (counted_by >= 0) {
    fprintf(handler->out, "  top = args - %d;\n", part->in_count);
    handler->top_at = TOP_ANYWHERE;
  }
  for (int i = 0; i < part->out_count; i++) handler->stack[handler->depth++] = outputs[i];
}

// Writes what is left in variables back to the stack and the top of it to `tos`.
static void write_stack_back(struct handler *handler) {
  FILE *out = handler->out;
  const char *base = live_base(handler);
  int depth = handler->depth;
  if (depth && handler->consumed == 0 && !handler->flushed) handler->spill = true;
  bool second_is_top = handler->cached && !handler->flushed && handler->consumed == 1 && !depth;
  handler->spill_second |= handler->consumed == 0 || (handler->consumed == 1 && depth);
  for (int i = 0; i + 1 < depth; i++)
    fprintf(out, "  %s[%d] = v%d;\n", base, i + 1 - handler->consumed, handler->stack[i]);
  bool reload = (handler->consumed || handler->flushed) && !handler->empty;
  if (!handler->stencil) fprintf(out, "  sp = %s + %d;\n", base, depth - handler->consumed);
  if (second_is_top) fputs("  tos = second;\n", out), reload = false;
  if (handler->stencil && reload && !depth) fprintf(out, "  tos = %s[%d];\n", base, -handler->consumed), reload = false;
  if (depth)
    fprintf(out, "  tos = v%d;\n", handler->stack[depth - 1]);
  else if (reload)
    fputs("  tos = *sp;\n", out);
}

// The same for a stencil that runs into the next one: the two topmost operands that aren't in memory stay in registers.
static void leave_in_registers(struct handler *handler) {
  FILE *out = handler->out;
  int depth = handler->depth, known = 0;
  char operands[OPERANDS_MAX * PARTS_MAX + 2][16]; // what isn't in memory, from the top
  int places[OPERANDS_MAX * PARTS_MAX + 2];        // where it would be, from sp
  for (int i = depth - 1; i >= 0; i--, known++) {
    snprintf(operands[known], sizeof *operands, "v%d", handler->stack[i]);
    places[known] = i + 1 - handler->consumed;
  }
  for (int k = handler->empty ? 2 : handler->consumed; k < 1 + handler->cached; k++, known++) {
    snprintf(operands[known], sizeof *operands, "%s", k ? "second" : "tos");
    places[known] = -k;
  }
  for (int i = 2; i < known; i++) fprintf(out, "  sp[%d] = %s;\n", places[i], operands[i]);
  handler->caches = known >= 2;
  if (handler->caches) fprintf(out, "  pc_kept = (const char *)(uintptr_t)%s.bits;\n", operands[1]);
  if (known)
    fprintf(out, "  tos = %s;\n", operands[0]);
  else if (handler->consumed)
    fprintf(out, "  tos = OP_BELOW(%d);\n", handler->consumed);
}

static void write_end(struct handler *handler) {
  FILE *out = handler->out;
  int last = handler->part_count - 1;
  const struct record *part = handler->parts[last];
  int bytes = handler->words * 8;
  int index = part->imm_count - 1; // a returning op's last immediate is its frame
  switch (part->control) {
  case CALL: fprintf(out, "  sp = top;\n  OP_DO_CALL(callee, args, %d);\n", bytes); return;
  case TAIL:
    fprintf(out, "  sp = top;\n  OP_DO_TAIL_CALL(callee, args, %d, ", bytes);
    print_imm(handler, last, index);
    fputs(");\n", out);
    return;
  case RETURN:
    fputs("  OP_DO_RETURN(value, ", out);
    print_imm(handler, last, index);
    fputs(");\n", out);
    return;
  case THROW: fprintf(out, "  OP_DO_THROW(value, %d, top);\n", last); return;
  case STOP:
    if (handler->stencil) {
      write_slow_exit(handler);
      return;
    }
    fprintf(out, "  CHECK(outcome == OP_EXIT, \"interp.I3: %s goes on behind its end\");\n", part->name);
    fputs("  th->result = value;\n", out);
    return;
  case BRANCH:
  case GOTO:
    write_stack_back(handler);
    for (index = 0; part->imms[index].class != TARGET; index++) continue;
    fprintf(out, "  if (%s) OP_GO_TO(%d);\n", part->control == GOTO ? "true" : "outcome == OP_BRANCH",
            handler->offsets[last][index]);
    break;
  default:
    if (handler->stencil && !handler->flushed)
      leave_in_registers(handler);
    else
      write_stack_back(handler);
  }
  if (part->control != GOTO) fprintf(out, "  OP_CONTINUE(%d);\n", bytes);
}

// The C name of a handler: GUEST_OP_fast_twin or _slow_twin; or _stencil, _stencil0 (from an empty stack) or _stencil1
// (from one with the second operand in a register), with _to1 when it leaves it so. For one value of an immediate, _few
// and that are before it; where another stencil gave up, _retry is.
static void print_name(const struct handler *handler, FILE *out) {
  fprintf(out, "OP_HANDLER %s_", handler->table->guest);
  print_symbol(out, handler->name);
  if (handler->few_part >= 0) fprintf(out, "_few%d", handler->few);
  if (handler->retry) fputs("_retry", out);
  if (handler->stencil)
    fprintf(out, "_stencil%s%s", handler->empty ? "0" : handler->cached ? "1" : "", handler->caches ? "_to1" : "");
  else
    fprintf(out, "_%s_twin", twin_suffix[handler->twin]);
}

static void write_twin(struct handler handler) {
  FILE *out = handler.out;
  char *text = NULL;
  size_t size = 0;
  handler.out = open_memstream(&text, &size);
  handler.flushed = handler.spill = handler.twin == SLOW_TWIN; // slow: everything is in memory from the start
  for (int p = 0; p < handler.part_count; p++) write_part(&handler, p);
  write_end(&handler);
  fclose(handler.out);
  const struct record *last = handler.parts[handler.part_count - 1];
  if (handler.empty && handler.consumed) { // it can't start with an empty stack
    free(text);
    return;
  }
  if (handler.twin == SLOW_TWIN) fputs("OP_COLD ", out);
  if (!handler.stencil) fputs("static ", out);
  print_name(&handler, out);
  fprintf(out, "(%s) {\n  enum op_outcome outcome;\n", handler.stencil ? "OP_STENCIL_REGISTERS" : "OP_REGISTERS");
  if (handler.stencil)
    fprintf(out,
            "  const char *pc = pc_kept;\n  struct value *sp = %s();\n"
            "  const void *const *dispatch = dispatch_kept;\n",
            handler.empty ? "OP_STACK_EMPTY" : "OP_STACK");
  if (handler.cached) fputs("  const struct value second = {(uintptr_t)pc_kept};\n", out);
  if (handler.flushed) fputs("  struct value *top = sp;\n", out);
  if (strstr(text, "args = ")) fputs("  struct value *args;\n", out);
  if (calls(last)) fputs("  const struct method *callee;\n  struct value unused;\n", out);
  if (has_value(last)) fputs("  struct value value;\n", out);
  if (handler.spill && !handler.empty) fputs("  *sp = tos;\n", out);
  if (handler.spill_second && handler.cached) fputs("  sp[-1] = second;\n", out);
  fputs(text, out);
  fputs("}\n\n", out);
  free(text);
}

// What a plain and a fused op have in common.
struct sequence {
  const char *name;
  const struct record *const *parts;
  const int (*offsets)[IMMS_MAX];
  int part_count, words;
};

static struct handler handler_of(FILE *out, const struct table *table, const struct sequence *sequence) {
  struct handler handler = {.out = out,
                            .table = table,
                            .name = sequence->name,
                            .parts = sequence->parts,
                            .offsets = sequence->offsets,
                            .part_count = sequence->part_count,
                            .words = sequence->words,
                            .few_part = -1,
                            .twin = FAST_TWIN};
  for (int p = 0; p < sequence->part_count; p++) handler.slow |= sequence->parts[p]->slow;
  return handler;
}

static void write_handler(FILE *out, const struct table *table, const struct sequence *sequence) {
  struct handler handler = handler_of(out, table, sequence);
  if (handler.slow) {
    handler.twin = SLOW_TWIN;
    write_twin(handler);
    handler.twin = FAST_TWIN;
  }
  write_twin(handler);
}

// An op that leaves the interpreter without a slow path has no place in compiled code.
static bool has_stencil(const struct handler *handler) {
  return handler->parts[handler->part_count - 1]->control != STOP || handler->slow;
}

static void write_forms(struct handler handler) {
  write_twin(handler);
  handler.cached = true;
  write_twin(handler);
  handler.cached = false;
  handler.empty = true;
  write_twin(handler);
}

// The part that has a `few`, or -1.
static int few_part(const struct sequence *sequence) {
  for (int p = 0; p < sequence->part_count; p++)
    if (sequence->parts[p]->few_count) return p;
  return -1;
}

static int few_count(const struct sequence *sequence) {
  int part = few_part(sequence);
  return part < 0 ? 0 : sequence->parts[part]->few_count;
}

static bool has_retry(const struct sequence *sequence) {
  for (int p = 0; p < sequence->part_count; p++)
    if (sequence->parts[p]->retry) return true;
  return false;
}

static void write_stencil(FILE *out, const struct table *table, const struct sequence *sequence) {
  struct handler handler = handler_of(out, table, sequence);
  if (!has_stencil(&handler)) return;
  handler.stencil = true;
  write_forms(handler);
  handler.retry = has_retry(sequence);
  if (handler.retry) write_forms(handler);
  handler.retry = false;
  handler.few_part = few_part(sequence);
  for (; handler.few < few_count(sequence); handler.few++) write_forms(handler);
}

// Calls `write` for every op of the table.
static void for_each_op(FILE *out, const struct table *table,
                        void (*write)(FILE *out, const struct table *table, const struct sequence *sequence)) {
  for (int i = 0; i < table->record_count; i++) {
    const struct record *record = table->records[i];
    int offsets[1][IMMS_MAX];
    for (int j = 0; j < record->imm_count; j++) offsets[0][j] = record->imms[j].offset;
    write(out, table, &(struct sequence){record->name, &record, (const int(*)[IMMS_MAX])offsets, 1, record->words});
  }
  for (int i = 0; i < table->fusion_count; i++) {
    const struct fusion *fusion = table->fusions[i];
    write(out, table,
          &(struct sequence){fusion->name, fusion->parts, fusion->offsets, fusion->part_count, fusion->words});
  }
}

static void write_fast_row(FILE *out, const struct table *table, const struct sequence *sequence) {
  fprintf(out, "    (const void *)%s_", table->guest);
  print_symbol(out, sequence->name);
  fputs("_fast_twin,\n", out);
}

static void write_slow_row(FILE *out, const struct table *table, const struct sequence *sequence) {
  if (!handler_of(out, table, sequence).slow) {
    fputs("    NULL,\n", out);
    return;
  }
  fprintf(out, "    (const void *)%s_", table->guest);
  print_symbol(out, sequence->name);
  fputs("_slow_twin,\n", out);
}

static void write_slow_body_row(FILE *out, const struct table *table, const struct sequence *sequence) {
  if (sequence->part_count == 1 && sequence->parts[0]->slow)
    fprintf(out, "    (const void *)%s_%s_slow,\n", table->guest, sequence->name);
  else
    fputs("    NULL,\n", out);
}

static void write_handler_tables(FILE *out, const struct table *table) {
  fprintf(out, "const void *const %s_handlers[] = {\n", table->guest);
  for_each_op(out, table, write_fast_row);
  fprintf(out, "};\nconst void *const %s_slow_twins[] = {\n", table->guest);
  for_each_op(out, table, write_slow_row);
  fprintf(out, "};\nconst void *const %s_slow_bodies[] = {\n", table->guest);
  for_each_op(out, table, write_slow_body_row);
  fputs("};\n", out);
}

// What the generated files begin with. `engine` is the macro that selects a part of loam/op.h; "" for the interpreter.
static void write_preamble(FILE *out, const struct table *table, const char *engine) {
  fputs("// Generated by opgen.\n", out);
  if (*engine) fprintf(out, "#define %s\n", engine);
  fputs("#include \"loam/op.h\"\n", out);
  for (int i = 0; i < table->include_count; i++) fprintf(out, "#include %s\n", table->includes[i]);
  fputs("#pragma clang diagnostic ignored \"-Wunused\"\n#pragma clang diagnostic ignored \"-Wunused-parameter\"\n"
        "#pragma clang diagnostic ignored \"-Wmissing-prototypes\"\n"
        "#define NEXT goto op_next\n#define BRANCH goto op_branch\n"
        "#define CALL(method) do { *call_out = (method); return OP_CALL; } while (0)\n"
        "#define RETURN(v) do { *value_out = (v); return OP_RETURN; } while (0)\n"
        "#define EXIT(v) do { *value_out = (v); return OP_EXIT; } while (0)\n",
        out);
}

static void write_fast_bodies(FILE *out, const struct table *table) {
  fputs("#define SLOW(call) do { if (0) (void)(call); return OP_SLOW; } while (0)\n"
        "#define SLOW_UNCOUNTED(call) SLOW(call)\n"
        "#define THROW(v) do { *value_out = (v); return OP_RAISE; } while (0)\n\n",
        out);
  write_bodies(out, table, "fast");
}

void write_interpreter(FILE *out, const struct table *table) {
  write_preamble(out, table, "");
  write_fast_bodies(out, table);
  fputs("#undef SLOW\n#undef SLOW_UNCOUNTED\n#undef THROW\n"
        "#define SLOW_UNCOUNTED(call) "
        "do { op_publish(th, site, live, fp); if ((call) != DONE) return OP_THROW; } while (0)\n"
        "#define SLOW(call) do { op_count_slow(fp, site); SLOW_UNCOUNTED(call); } while (0)\n"
        "#define THROW(v) SLOW_UNCOUNTED(throw_value(th, v))\n\n",
        out);
  write_bodies(out, table, "slow");
  for_each_op(out, table, write_handler);
  write_handler_tables(out, table);
}

// Ends a stencil's name with the offsets of index immediates, of which the extractor makes sure that they are
// subscripts.
static void write_indexes(FILE *out, const struct sequence *sequence) {
  for (int p = 0; p < sequence->part_count; p++)
    for (int i = 0; i < sequence->parts[p]->imm_count; i++)
      if (sequence->parts[p]->imms[i].class == INDEX) fprintf(out, " %d", sequence->offsets[p][i]);
  fputs("\\0\"\n", out);
}

static void write_name(FILE *out, const struct table *table, const struct sequence *sequence) {
  fprintf(out, "    \"%s_", table->guest);
  print_symbol(out, sequence->name);
  write_indexes(out, sequence);
}

static void write_few_names(FILE *out, const struct table *table, const struct sequence *sequence) {
  for (int i = 0; i < few_count(sequence); i++) {
    fprintf(out, "    \"%s_", table->guest);
    print_symbol(out, sequence->name);
    fprintf(out, "_few%d", i);
    write_indexes(out, sequence);
  }
}

static void write_retry_name(FILE *out, const struct table *table, const struct sequence *sequence) {
  if (!has_retry(sequence)) return;
  fprintf(out, "    \"%s_", table->guest);
  print_symbol(out, sequence->name);
  fputs("_retry", out);
  write_indexes(out, sequence);
}

static void write_has_retry(FILE *out, const struct table *table, const struct sequence *sequence) {
  (void)table;
  fputs(has_retry(sequence) ? "1, " : "0, ", out);
}

static void write_few(FILE *out, const struct table *table, const struct sequence *sequence) {
  (void)table;
  int part = few_part(sequence);
  if (part < 0)
    fputs("{0, 0}, ", out);
  else
    fprintf(out, "{%d, %d}, ", few_count(sequence), sequence->offsets[part][sequence->parts[part]->few_imm]);
}

void write_stencils(FILE *out, const struct table *table) {
  write_preamble(out, table, "OP_STENCIL");
  write_fast_bodies(out, table);
  write_bodies(out, table, "retry");
  for_each_op(out, table, write_stencil);
  fputs("// Between a stencil's op_slow and the slow twin: gives the twin the registers that compiled code does not "
        "keep.\n"
        "OP_HANDLER op_slow_exit(OP_REGISTERS) {\n  sp = OP_STACK();\n  pc = OP_PC();\n  dispatch = th->resume;\n"
        "  OP_TAIL_CALL(op_slow_twin);\n}\n"
        "OP_HANDLER op_slow_exit1(OP_REGISTERS) {\n  sp = OP_STACK();\n  sp[-1].bits = (uintptr_t)pc;\n"
        "  pc = OP_PC();\n  dispatch = th->resume;\n  OP_TAIL_CALL(op_slow_twin);\n}\n\n"
        "// Where the second operand comes from memory into its register, and the other way round.\n"
        "OP_HANDLER op_enter(OP_REGISTERS) {\n  pc = (const char *)(uintptr_t)OP_STACK()[-1].bits;\n"
        "  OP_TAIL_CALL(op_target);\n}\n"
        "OP_HANDLER op_spill(OP_REGISTERS) {\n  OP_STACK()[-1].bits = (uintptr_t)pc;\n  OP_TAIL_CALL(op_next);\n}\n\n"
        "// Behind a stencil that calls: the caller's fp out of the result's place, which the callee computed from its "
        "own.\n"
        "OP_HANDLER op_landing(OP_REGISTERS) {\n  fp = OP_BACK(sp);\n  OP_TAIL_CALL(op_next);\n}\n\n",
        out);
  fputs("// The ops in the table's order, for the extractor.\n"
        "const char stencil_order[] __attribute__((section(\".stencil_order\"), used)) =\n",
        out);
  for_each_op(out, table, write_name);
  for_each_op(out, table, write_few_names);
  for_each_op(out, table, write_retry_name);
  fputs("    ;\n// By op, for how many values of an immediate there are stencils, and at which byte that is.\n"
        "const unsigned char stencil_few[][2] __attribute__((section(\".stencil_few\"), used)) = {\n    ",
        out);
  for_each_op(out, table, write_few);
  fputs("};\n// By op, whether there is another stencil for where it gives up.\n"
        "const unsigned char stencil_retry[] __attribute__((section(\".stencil_retry\"), used)) = {\n    ",
        out);
  for_each_op(out, table, write_has_retry);
  fputs("};\n", out);
}

void write_bitcode(FILE *out, const struct table *table) {
  write_preamble(out, table, "OP_BITCODE");
  write_fast_bodies(out, table);
}
