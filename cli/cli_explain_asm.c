// SPDX-License-Identifier: MIT
//
// cli_explain_asm.c: loam explain GUEST.OP --asm: the machine code of an opcode in each engine, side by side with what
// its record says. The interpreter's is read where it runs, the baseline compiler's is the stencil before its holes are
// filled, and the hot compiler's is what LLVM makes of the body by itself: in a compiled function it is inlined, and
// much of it goes away.
#include "cli.h"

#include "cli_symbols.h"

#include "hot/hot_disasm.h"

#include <string.h>

#define HANDLER_BYTES_MAX 400 // listed of a handler whose size nobody knows

// What is known while one op is listed.
struct listing {
  const struct op_table *ops;
  const struct op_info *op;
  struct cli_symbols symbols;
  const struct stencil *stencil; // the one that is listed, or NULL
  struct text *out;
  struct error *err;
};

// ---- names and notes ----------------------------------------------------------------------------------------------

static const char *function_name(void *context, uint64_t address) {
  const struct listing *listing = context;
  size_t size;
  return cli_symbols_find(&listing->symbols, (uintptr_t)address, &size);
}

static const char *name_of_imm(const struct op_info *op, unsigned offset) {
  for (unsigned i = 0; i < op->imm_count; i++)
    if (op_imms(op)[i].offset == offset) return imm_name(&op_imms(op)[i]);
  return "?";
}

static void note_hole(const struct listing *listing, const struct stencil_hole *hole, struct text *out) {
  static const char *const names[] = {
      [HOLE_STACK] = "where the top operand is spilled",
      [HOLE_PC] = "this instruction's address",
      [HOLE_BACK] = "where the result is, negated",
      [HOLE_RETURN] = "this instruction's landing",
      [HOLE_NEXT] = "the next instruction's code",
      [HOLE_TARGET] = "the target's code",
      [HOLE_SLOW] = "this instruction's slow exit",
      [HOLE_SLOW_TWIN] = "the op's slow twin",
      [HOLE_HOT] = "back to the hot part",
      [HOLE_COLD] = "the cold part",
  };
  if (hole->what == HOLE_IMM || hole->what == HOLE_HIGH) {
    text_printf(out, "immediate %s%s", name_of_imm(listing->op, hole->at),
                hole->what == HOLE_HIGH ? ", in the upper half" : "");
  } else if (hole->what == HOLE_ARGS) {
    text_printf(out, "the top operand's place less immediate %s", name_of_imm(listing->op, hole->at));
  } else if (hole->what == HOLE_SYMBOL) {
    size_t size;
    const char *name =
        cli_symbols_find(&listing->symbols, (uintptr_t)listing->ops->stencils->functions[hole->at], &size);
    text_printf(out, "%s", name ? name : "a function of the substrate");
  } else {
    text_printf(out, "%s", hole->what < COUNT_OF(names) ? names[hole->what] : "?");
  }
}

static void note_holes(void *context, size_t at, size_t length, struct text *out) {
  const struct listing *listing = context;
  for (unsigned i = 0; listing->stencil && i < listing->stencil->hole_count; i++) {
    const struct stencil_hole *hole = &listing->ops->stencils->holes[listing->stencil->holes + i];
    if (hole->offset < at || hole->offset >= at + length) continue;
    if (out->length) text_printf(out, ", ");
    note_hole(listing, hole, out);
  }
}

static bool list_code(struct listing *listing, const void *code, size_t size, uint64_t address) {
  const struct hot_disasm_notes notes = {listing, function_name, note_holes};
  return hot_disasm_noted(code, size, address, &notes, listing->out, listing->err) == LOAM_OK;
}

// ---- the interpreter ----------------------------------------------------------------------------------------------

// The handler's size by the symbol table. In a stripped program: up to the next handler's start.
static size_t handler_size(const struct listing *listing, const void *handler) {
  uintptr_t start = (uintptr_t)handler;
  size_t size;
  if (cli_symbols_find(&listing->symbols, start, &size) && size) return size;
  uintptr_t end = start + HANDLER_BYTES_MAX;
  for (unsigned i = 0; i < listing->ops->count; i++) {
    uintptr_t fast = (uintptr_t)listing->ops->handlers[i], slow = (uintptr_t)listing->ops->slow_twins[i];
    if (fast > start && fast < end) end = fast;
    if (slow > start && slow < end) end = slow;
  }
  return end - start;
}

static bool list_handler(struct listing *listing, const char *title, const void *handler) {
  if (!handler) return true;
  size_t size = handler_size(listing, handler);
  text_printf(listing->out, "\n  %s, %zu bytes\n", title, size);
  return list_code(listing, handler, size, (uintptr_t)handler);
}

// ---- the compilers ------------------------------------------------------------------------------------------------

static bool list_stencil(struct listing *listing, const char *title, const struct stencil *stencil) {
  if (!(stencil->flags & STENCIL_EXISTS)) return true;
  text_printf(listing->out, "\n  %s, %u bytes, %u of them cold, %u holes\n", title, stencil->size + stencil->cold_size,
              stencil->cold_size, stencil->hole_count);
  listing->stencil = stencil;
  bool done =
      list_code(listing, listing->ops->stencils->code + stencil->code, (size_t)stencil->size + stencil->cold_size, 0);
  listing->stencil = NULL;
  return done;
}

static bool list_stencils(struct listing *listing, unsigned number) {
  const struct stencil_set *set = listing->ops->stencils;
  const struct stencil *forms = set->ops[number];
  if (!((forms[STENCIL_ANY].flags | forms[STENCIL_EMPTY].flags) & STENCIL_EXISTS)) {
    text_printf(listing->out, "\n  baseline: no stencil\n");
    return true;
  }
  unsigned flags = forms[STENCIL_ANY].flags;
  return list_stencil(listing, "baseline: stencil", &forms[STENCIL_ANY]) &&
         list_stencil(listing, "baseline: stencil for short distances", &forms[STENCIL_NEAR]) &&
         list_stencil(listing, "baseline: stencil for an empty operand stack", &forms[STENCIL_EMPTY]) &&
         list_stencil(listing, "baseline: stencil with the second operand in a register", &forms[STENCIL_CACHED]) &&
         (!(flags & STENCIL_CALLS) || list_stencil(listing, "baseline: landing", set->joints[JOINT_LANDING])) &&
         (!(flags & STENCIL_GOES_SLOW) || list_stencil(listing, "baseline: slow exit", set->joints[JOINT_SLOW_EXIT]));
}

static bool list_hot(struct listing *listing) {
  const struct op_table *ops = listing->ops;
  if (listing->op->part_count || !ops->bitcode) {
    text_printf(listing->out, "\n  hot: %s\n",
                ops->bitcode ? "made of its parts" : "this loam was built without bitcode of the ops");
    return true;
  }
  text_printf(listing->out, "\n  hot: the body by itself\n");
  return hot_disasm_body(ops, op_name(listing->op), listing->out, listing->err) == LOAM_OK;
}

bool cli_explain_asm(const struct loam_guest *guest, unsigned number, struct text *out, struct error *err) {
  const struct op_table *ops = guest->ops;
  struct listing listing = {.ops = ops, .op = &ops->ops[number], .out = out, .err = err};
  cli_symbols_init(&listing.symbols);
  const void *slow = ops->slow_twins[number];
  bool done = list_handler(&listing, slow ? "interp: fast twin" : "interp: handler", ops->handlers[number]) &&
              list_handler(&listing, "interp: slow twin", slow) && list_stencils(&listing, number) &&
              list_hot(&listing);
  cli_symbols_fini(&listing.symbols);
  return done;
}
