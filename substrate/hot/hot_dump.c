// SPDX-License-Identifier: MIT
//
// hot_dump.c: where a unit is entered, and where it leaves for which instruction: the page to turn to from IR and
// machine code, which know addresses only. Instructions are named by their offset in the bytecode, as in
// --dump=bytecode.
#define LOAM_HOT_MODULE
#include "hot/hot_dump.h"

#include "frame/frame.h"

#include <stdio.h>

static void print_place(const struct method *method, uint32_t pc, struct text *out) {
  struct code_site site;
  bool found = frame_site(method, (const char *)method->code + pc, &site);
  text_printf(out, "%s, pc %u", method->name, found ? site.pc : pc);
  if (site.line) text_printf(out, ", line %u", site.line);
}

static void print_entry(const struct hot_build *build, const struct hot_entry *entry, const struct hot_object *object,
                        struct text *out) {
  static const char *const kinds[] = {
      [HOT_ENTRY_CALL] = "called",       [HOT_ENTRY_SELF] = "calls itself", [HOT_ENTRY_LOOP] = "loop",
      [HOT_ENTRY_RETURN] = "comes back", [HOT_ENTRY_HANDLER] = "handler",   [HOT_ENTRY_JOIN] = "join"};
  ASSERT(entry->kind < COUNT_OF(kinds), "hot.I5: an entry of %s is of kind %d", entry->context->method->name,
         (int)entry->kind);
  const char *name = build->l->LLVMGetValueName2(entry->function, &(size_t){0});
  const struct hot_function *function = hot_object_function(object, name);
  text_printf(out, "  %s at %p: %s: ", name, function ? function->address : NULL, kinds[entry->kind]);
  print_place(entry->context->method, entry->pc, out);
  for (const struct hot_context *c = entry->context; c->caller; c = c->caller) {
    text_printf(out, ", inlined in ");
    print_place(c->caller->method, c->call_pc, out);
  }
  text_printf(out, "\n");
}

static void print_guard(const struct hot_unit *unit, uint32_t index, struct text *out) {
  const struct hot_guard *guard = &unit->guards[index];
  struct code_insn insn;
  code_decode(guard->method, guard->pc, &insn);
  text_printf(out, "  hot_guards+%zu at %p: leaves for ", index * sizeof *guard, (const void *)guard);
  print_place(guard->method, guard->pc, out);
  text_printf(out, ": %s%s", op_name(insn.info), guard->planned ? " (the code ends)" : "");
  for (const struct hot_frame *frame = guard->frame; frame; frame = frame->caller) {
    const struct method *caller = frame->caller ? frame->caller->method : unit->method;
    text_printf(out, ", inlined in ");
    print_place(caller, (uint32_t)(frame->return_pc - (const char *)caller->code) - 1, out);
  }
  text_printf(out, "\n");
}

void hot_dump_maps(const struct hot_build *build, const struct hot_object *object) {
  struct text text = {0};
  text_printf(&text, "maps of %s\n", build->plan->root->method->name);
  for (const struct hot_entry *entry = build->entries; entry; entry = entry->next)
    print_entry(build, entry, object, &text);
  for (uint32_t i = 0; i < build->unit->guard_count; i++) print_guard(build->unit, i, &text);
  if (!text.failed) fwrite(text.bytes, 1, text.length, stderr);
  text_fini(&text);
}
