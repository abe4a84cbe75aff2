// SPDX-License-Identifier: MIT
//
// cli_explain.c: loam explain GUEST.OP: an opcode's manual page, made of what its record says. Nothing is known here
// that the record does not say, so the page can't be out of date.
#include "cli.h"

#include "base/option.h"

#include <string.h>

// ---- one page -----------------------------------------------------------------------------------------------------

static void print_type(const struct op_table *ops, uint8_t type, struct text *out) {
  if (type & TYPE_VARIABLE)
    text_add_char(out, (char)('A' + (type & ~TYPE_VARIABLE) % 26));
  else
    text_printf(out, "%s", type < ops->type_count ? ops->type_names[type] : "?");
}

static void print_operands(const struct op_table *ops, const struct op_info *op, const struct op_operand *operands,
                           unsigned count, struct text *out) {
  for (unsigned i = 0; i < count; i++) {
    text_printf(out, "%s:", operand_name(&operands[i]));
    print_type(ops, operands[i].type, out);
    if (operands == op_inputs(op) && i + 1 == count && op->variadic >= 0)
      text_printf(out, "[%s]", imm_name(&op_imms(op)[op->variadic]));
    if (operands == op_inputs(op) || i + 1 < count) text_add_char(out, ' ');
  }
}

static void print_effect(const struct op_table *ops, const struct op_info *op, struct text *out) {
  text_add(out, "  stack     ", 12);
  print_operands(ops, op, op_inputs(op), op->in_count, out);
  text_add(out, "-- ", op->out_count ? 3 : 2);
  print_operands(ops, op, op_outputs(op), op->out_count, out);
  text_add_char(out, '\n');
}

static void print_imms(const struct op_info *op, struct text *out) {
  static const char *const kinds[] = {
      [IMM_LOCAL] = "local",   [IMM_U16] = "u16", [IMM_INDEX] = "index", [IMM_I32] = "i32",           [IMM_U32] = "u32",
      [IMM_TARGET] = "target", [IMM_PTR] = "ptr", [IMM_CACHE] = "cache", [IMM_FEEDBACK] = "feedback",
  };
  bool any = false;
  for (unsigned i = 0; i < op->imm_count; i++) {
    const char *kind = op_imms(op)[i].kind < COUNT_OF(kinds) ? kinds[op_imms(op)[i].kind] : NULL;
    if (!kind) continue; // made by the code builder alone
    text_printf(out, "%s%s:%s", any ? " " : "  imm       ", imm_name(&op_imms(op)[i]), kind);
    any = true;
  }
  if (any) text_add_char(out, '\n');
}

static void print_behaviour(const struct op_info *op, struct text *out) {
  static const char *const controls[] = {
      "goes on with the next instruction",
      "goes on, or to its target",
      "goes to its target",
      "calls",
      "leaves the function",
      "never goes on",
      "calls, in place of the running function",
      "throws",
  };
  text_printf(out, "  control   %s\n", op->control < COUNT_OF(controls) ? controls[op->control] : "?");
  bool slow = op->flags & OP_SLOW_PATH, writes = op->flags & OP_WRITES;
  if (slow || writes)
    text_printf(out, "  effects   %s%s%s\n", slow ? "may collect or throw" : "", slow && writes ? "; " : "",
                writes ? "changes a local, the heap or the world" : "");
}

// A text of several lines, each after the first under the first.
static void print_text(const char *name, const char *text, struct text *out) {
  if (!text || !*text) return;
  text_printf(out, "  %-10s", name);
  for (const char *c = text; *c; c++) {
    if (*c != '\n')
      text_add_char(out, *c);
    else if (c[1])
      text_printf(out, "\n            ");
  }
  text_add_char(out, '\n');
}

static void print_fused(const struct op_table *ops, unsigned number, struct text *out) {
  bool any = false;
  for (unsigned i = ops->base_count; i < ops->count; i++) {
    const struct op_info *fused = &ops->ops[i];
    bool contains = false;
    for (unsigned p = 0; p < fused->part_count; p++) contains |= op_parts(fused)[p] == number;
    if (!contains) continue;
    text_printf(out, "%s%s\n", any ? "            " : "  fused in  ", op_name(fused));
    any = true;
  }
}

static void print_parts(const struct op_table *ops, const struct op_info *op, struct text *out) {
  text_printf(out, "  parts     ");
  ASSERT(op->part_count, "%s is not fused, and its parts are asked for", op_name(op));
  for (unsigned p = 0; p < op->part_count; p++) text_printf(out, "%s ", op_name(&ops->ops[op_parts(op)[p]]));
  text_add_char(out, '\n');
}

// The record's path from the top of the sources; the table has it as the build wrote it.
static const char *path_from_top(const char *path) {
  for (const char *at = path; (at = strchr(at, '/')); at++)
    if (strncmp(at, "/guests/", 8) == 0 || strncmp(at, "/substrate/", 11) == 0) path = at + 1;
  return path;
}

static void print_page(const struct loam_guest *guest, unsigned number, struct text *out) {
  const struct op_table *ops = guest->ops;
  const struct op_info *op = &ops->ops[number];
  const struct op_page *page = &ops->pages[number];
  ASSERT(number < ops->count && page->doc, "op %u of %u of %s has no page", number, ops->count, guest->name);
  text_printf(out, "%s.%s", guest->name, op_name(op));
  if (op->number >= 0) text_printf(out, ", number %d", op->number);
  text_printf(out, ", %d word%s\n", op->words, op->words == 1 ? "" : "s");
  if (op->part_count)
    print_parts(ops, op, out);
  else
    print_effect(ops, op, out);
  print_imms(op, out);
  print_behaviour(op, out);
  print_text("does", op_page_text(page, page->doc), out);
  print_text("errors", op_page_text(page, page->errors), out);
  print_text("source", op_page_text(page, page->source), out);
  print_text("test", op_page_text(page, page->test), out);
  print_text("variants", op_page_text(page, page->variants), out);
  print_fused(ops, number, out);
  text_printf(out, "  record    %s:%u\n", path_from_top(op_page_text(page, page->file)), page->line);
}

// ---- lists --------------------------------------------------------------------------------------------------------

// What programs are made of; as names only, all that a program may execute: what loading makes of it, and what the code
// builder fuses of that, too. Not the substrate's own ops.
static int print_list(const struct op_table *ops, bool names_only) {
  struct text out = {0};
  for (unsigned i = CORE_OP_COUNT; i < ops->count; i++) {
    const struct op_info *op = &ops->ops[i];
    if (names_only) {
      text_add_line(&out, op_name(op));
    } else if (!op->part_count && !(op->flags & OP_INTERNAL)) {
      const char *doc = op_page_text(&ops->pages[i], ops->pages[i].doc);
      text_printf(&out, "  %-20s %.*s\n", op_name(op), doc ? (int)strcspn(doc, ".\n") : 0, doc ? doc : "");
    }
  }
  return cli_print(&out);
}

struct op_walk {
  const struct op_table *ops;
  unsigned next;
};

static const char *next_op_name(void *state) {
  struct op_walk *walk = state;
  return walk->next < walk->ops->count ? op_name(&walk->ops->ops[walk->next++]) : NULL;
}

static int explain_number(const struct loam_guest *guest, unsigned number, bool machine_code) {
  struct text out = {0};
  struct error err = {0};
  print_page(guest, number, &out);
  if (!machine_code || cli_explain_asm(guest, number, &out, &err)) return cli_print(&out);
  text_fini(&out);
  return vm_command_fail(&err);
}

static int explain_op(const struct loam_guest *guest, const char *name, bool machine_code) {
  const struct op_table *ops = guest->ops;
  for (unsigned i = 0; i < ops->count; i++)
    if (strcmp(op_name(&ops->ops[i]), name) == 0) return explain_number(guest, i, machine_code);
  struct op_walk walk = {ops, 0};
  const char *nearest = option_nearest(name, strlen(name), next_op_name, &walk);
  if (nearest) return cli_fail("%s has no op '%s'; did you mean %s?", guest->name, name, nearest);
  return cli_fail("%s has no op '%s' (loam explain %s lists them)", guest->name, name, guest->name);
}

int cli_explain(const struct cli_line *line) {
  char *name = line->operands[0];
  char *dot = strchr(name, '.');
  if (dot) *dot = 0;
  const struct loam_guest *guest = cli_guest_find(name);
  if (!guest) return VM_STATUS_INPUT;
  if (dot) return explain_op(guest, dot + 1, line->machine_code);
  if (line->machine_code) return cli_fail("--asm needs an op: loam explain %s.OP --asm", guest->name);
  return print_list(guest->ops, line->list);
}
