// SPDX-License-Identifier: MIT
//
// pcode_step_show.c: a program under observation, as text. Every word of an activation is shown with its address, in
// the order of addresses: parameters, links, variables, temporaries. Words without names go by their displacement.
#include "pcode_step.h"

#include <ctype.h>
#include <string.h>

#define TEMPORARIES_MAX 8 // in the line of an instruction
#define DEPTH_MAX 40      // activations shown

// ---- code ----------------------------------------------------------------------------------------------------------

static void add_insn(const struct mvp_insn *insn, struct text *out) {
  ASSERT(insn->op < MVP_OP_COUNT, "pcode.I14: instruction %u at %u is shown", insn->op, insn->address);
  text_printf(out, "%5u  %s", insn->address, mvp_ops[insn->op].name);
  for (unsigned i = 0; i < mvp_ops[insn->op].operands; i++) text_printf(out, " %lld", (long long)insn->operands[i]);
}

// The line of the program that an instruction belongs to: for Deb and DebP, the heading's.
static uint32_t line_of(const struct mvp_insn *insn) {
  bool begins = insn->op == MVP_DEB || insn->op == MVP_DEBP;
  return begins && insn->operands[3] > 0 ? (uint32_t)insn->operands[3] : insn->line;
}

void pcode_step_show_line(const struct loam_source *source, uint32_t line, struct text *out) {
  const char *at = source->bytes;
  for (uint32_t n = 1; n < line && at; n++) {
    at = strchr(at, '\n');
    if (at) at++;
  }
  if (!at) return;
  at += strspn(at, " \t");
  size_t length = strcspn(at, "\r\n");
  while (length && isspace((unsigned char)at[length - 1])) length--;
  text_printf(out, "%5u: %.*s\n", line, (int)(length < 100 ? length : 100), at);
}

void pcode_step_show_code(const struct stepper *stepper, int64_t from, int64_t count, struct text *out) {
  struct mvp_insn insn;
  uint32_t line = 0;
  for (; count-- > 0 && pcode_mvp_insn_decode(&stepper->image, from, &insn); from += pcode_mvp_insn_size(insn.op)) {
    if (stepper->compiled && line_of(&insn) != line) pcode_step_show_line(&stepper->source, line = line_of(&insn), out);
    bool next = from == stepper->machine.i && !stepper->ended;
    text_printf(out, "%s%s", next ? "=>" : "  ", stepper->breaks[from] ? "*" : " ");
    add_insn(&insn, out);
    text_add_char(out, '\n');
  }
}

// ---- words ---------------------------------------------------------------------------------------------------------

static void add_block_name(const struct step_block *block, struct text *out) {
  if (!block)
    text_printf(out, "an unknown block");
  else if (block->names)
    text_printf(out, "%.*s", (int)block->names->name_length, block->names->name);
  else if (block->address)
    text_printf(out, "procedure %u", block->address);
  else
    text_printf(out, "program");
}

// The words at displacements from `from` up to below `to`: variables or parameters.
static void add_variables(const struct stepper *stepper, const struct activation *activation, int64_t from, int64_t to,
                          struct text *out) {
  const struct plain_machine *machine = &stepper->machine;
  for (int64_t displacement = from; displacement < to;) {
    ASSERT(activation->block, "pcode.I14: variables are shown of an activation of no block");
    int64_t address = activation->base + displacement, words = 1;
    if (address < machine->code_words || address >= machine->max) break;
    const struct minus_block *names = activation->block->names;
    const struct minus_object *object = names ? pcode_minus_object_at(names, displacement) : NULL;
    text_printf(out, "  %5lld  ", (long long)address);
    if (object) {
      pcode_minus_show(object, machine->m, machine->max, address, out);
      words = pcode_minus_object_words(object);
    } else {
      text_printf(out, "[%lld] = %lld", (long long)displacement, (long long)machine->m[address]);
    }
    text_add_char(out, '\n');
    ASSERT(words > 0, "pcode.I14: a variable at displacement %lld has %lld words", (long long)displacement,
           (long long)words);
    displacement += words;
  }
}

// The name of the activation with a base among those that are open, for a static link.
static void add_owner(const struct stepper *stepper, int64_t base, struct text *out) {
  struct activation activation;
  bool there = pcode_step_activation(stepper, &activation);
  while (there && activation.base != base) there = pcode_step_caller(stepper, &activation);
  text_printf(out, " (");
  if (there)
    add_block_name(activation.block, out);
  else
    text_printf(out, "no activation");
  text_add_char(out, ')');
}

static void add_links(const struct stepper *stepper, const struct activation *activation, struct text *out) {
  const int64_t *link = &stepper->machine.m[activation->base];
  ASSERT(activation->base >= 0 && activation->base + 2 < stepper->machine.max,
         "pcode.I14: the links of an activation are at %lld of %lld", (long long)activation->base,
         (long long)stepper->machine.max);
  if (activation->base == stepper->machine.code_words) return; // the program's mean nothing
  text_printf(out, "  %5lld  static link %lld", (long long)activation->base, (long long)link[0]);
  add_owner(stepper, link[0], out);
  text_printf(out, "\n  %5lld  dynamic link %lld", (long long)activation->base + 1, (long long)link[1]);
  add_owner(stepper, link[1], out);
  text_printf(out, "\n  %5lld  return address %lld\n", (long long)activation->base + 2, (long long)link[2]);
}

// Where the temporaries of an activation begin; its end when its DebP was not executed yet.
static int64_t temporaries_of(const struct activation *activation) {
  int64_t from = activation->base + 3 + (activation->block ? activation->block->variables : 0);
  ASSERT(activation->end <= INT64_MAX - 64, "pcode.I14: an activation ends at %lld", (long long)activation->end);
  return from < activation->end ? from : activation->end;
}

static void add_temporaries(const struct stepper *stepper, const struct activation *activation, struct text *out) {
  int64_t from = temporaries_of(activation);
  if (from >= activation->end) return;
  text_printf(out, "  %5lld  temporaries", (long long)from);
  for (int64_t at = from; at < activation->end && at < from + 64; at++)
    text_printf(out, " %lld", (long long)stepper->machine.m[at]);
  text_add_char(out, '\n');
}

// ---- activations ---------------------------------------------------------------------------------------------------

static void add_activation(const struct stepper *stepper, const struct activation *activation, bool innermost,
                           struct text *out) {
  const struct step_block *block = activation->block;
  bool made = temporaries_of(activation) == activation->base + 3 + (block ? block->variables : 0);
  add_block_name(block, out);
  struct mvp_insn insn;
  if (stepper->compiled && !innermost && activation->at > 0 && activation->at <= stepper->image.count)
    text_printf(out, ", line %u", stepper->image.lines[activation->at - 1]); // the call's
  else if (stepper->compiled && pcode_mvp_insn_decode(&stepper->image, activation->at, &insn))
    text_printf(out, ", line %u", line_of(&insn));
  else
    text_printf(out, ", at %lld", (long long)activation->at);
  text_printf(out, ", base %lld:\n", (long long)activation->base);
  if (!block) return;
  add_variables(stepper, activation, -block->params, 0, out);
  add_links(stepper, activation, out);
  if (made)
    add_variables(stepper, activation, 3, 3 + block->variables, out);
  else if (innermost && block->variables)
    text_printf(out, "         no variables before its DebP\n");
  if (made) add_temporaries(stepper, activation, out);
}

void pcode_step_show_stack(const struct stepper *stepper, struct text *out) {
  struct activation activation;
  bool there = pcode_step_activation(stepper, &activation);
  if (!there) text_printf(out, "no activation before Deb\n");
  for (int depth = 0; there; depth++) {
    if (depth == DEPTH_MAX) {
      text_printf(out, "... %lld calls are open\n", (long long)stepper->depth);
      break;
    }
    add_activation(stepper, &activation, depth == 0, out);
    there = pcode_step_caller(stepper, &activation);
  }
}

void pcode_step_show_globals(const struct stepper *stepper, struct text *out) {
  struct activation program = {.base = stepper->machine.code_words, .block = stepper->blocks};
  if (!stepper->begun)
    text_printf(out, "no activation before Deb\n");
  else
    add_variables(stepper, &program, 3, 3 + program.block->variables, out);
}

void pcode_step_show_place(struct stepper *stepper, struct text *out) {
  struct mvp_insn insn;
  struct activation activation;
  if (!pcode_mvp_insn_decode(&stepper->image, stepper->machine.i, &insn)) {
    text_printf(out, "%5lld  no instruction\n", (long long)stepper->machine.i);
    return;
  }
  if (stepper->compiled && line_of(&insn) != stepper->shown_line)
    pcode_step_show_line(&stepper->source, line_of(&insn), out);
  stepper->shown_line = line_of(&insn);
  size_t start = out->length;
  add_insn(&insn, out);
  if (pcode_step_activation(stepper, &activation) && temporaries_of(&activation) < activation.end) {
    int64_t from = temporaries_of(&activation);
    while (out->length < start + 30) text_add_char(out, ' ');
    text_printf(out, "  stack:");
    if (activation.end - from > TEMPORARIES_MAX) {
      from = activation.end - TEMPORARIES_MAX;
      text_printf(out, " ...");
    }
    for (; from < activation.end; from++) text_printf(out, " %lld", (long long)stepper->machine.m[from]);
  }
  text_add_char(out, '\n');
}
