// SPDX-License-Identifier: MIT
//
// zam_dis.c: the disassembler: reads an executable without running anything of it, and lists its instructions with the
// words they stand at; a line before each function; labels as words; primitives by name. Section SYMB, where it is,
// names globals; section DBUG names functions, and gives the places of instructions in the source.
#include "zam_dis.h"

#include "zam_debug.h"
#include "zam_image.h"
#include "zam_insn.h"
#include "zam_load.h"
#include "zam_symbols.h"

#include <string.h>

struct listing {
  const struct zam_code *code;
  struct zam_words words; // of it
  const char **prims;
  uint32_t prim_count;
  bool *starts;                                // by word: a function begins there
  const struct zam_place *places, *places_end; // what is behind the instruction at work
  struct zam_symbols symbols;
  struct text *out;
};

static void print_sections(const struct zam_image *image, struct text *out) {
  const struct {
    const char *name;
    const struct zam_section *section;
  } sections[] = {{"CODE", &image->code}, {"PRIM", &image->prim}, {"DATA", &image->data}, {"DLLS", &image->dlls},
                  {"DLPT", &image->dlpt}, {"SYMB", &image->symb}, {"CRCS", &image->crcs}, {"DBUG", &image->dbug}};
  for (size_t i = 0; i < COUNT_OF(sections); i++)
    if (sections[i].section->bytes)
      text_printf(out, "# section %s, %zu bytes\n", sections[i].name, sections[i].section->length);
}

static void print_global(const struct listing *list, int32_t n) {
  bool has_name = n >= 0 && (uint32_t)n < list->symbols.count && list->symbols.names[n];
  text_printf(list->out, " global %d", n);
  if (has_name) text_printf(list->out, " (%s)", list->symbols.names[n]);
}

static void print_operand(const struct listing *list, const struct zam_insn *insn, char kind, int index) {
  int32_t n = insn->args[index];
  switch (kind) {
  case 'l': text_printf(list->out, " -> %lld", (long long)zam_insn_label(&list->words, insn, 0)); break;
  case 'p': text_printf(list->out, " %s", n >= 0 && (uint32_t)n < list->prim_count ? list->prims[n] : "?"); break;
  case 'g': print_global(list, n); break;
  default: text_printf(list->out, " %d", n);
  }
}

static void print_insn(const struct listing *list, const struct zam_insn *insn) {
  const char *operands = zam_opcodes[insn->op].operands;
  ASSERT(insn->pc + insn->length <= list->words.count, "zam.I13: instruction %u of %u words ends behind %u", insn->pc,
         insn->length, list->words.count);
  text_printf(list->out, "%8u  %s", insn->pc, zam_opcodes[insn->op].name);
  if (*operands == '*') {
    uint32_t labels = zam_insn_label_count(insn);
    if (insn->op == ZAM_SWITCH)
      text_printf(list->out, " %u ints, %u tags:", insn->args[0] & 0xffff, (uint32_t)insn->args[0] >> 16);
    else
      text_printf(list->out, " %d functions, %d values:", insn->args[0], insn->args[1]);
    for (uint32_t i = 0; i < labels; i++)
      text_printf(list->out, " %lld", (long long)zam_insn_label(&list->words, insn, i));
  } else {
    for (int i = 0; operands[i]; i++) print_operand(list, insn, operands[i], i);
  }
  text_add_char(list->out, '\n');
}

// A function is named by the first place in it.
static void print_function(const struct listing *list, uint32_t pc) {
  uint32_t end = pc + 1;
  while (end < list->words.count && !list->starts[end]) end++;
  text_printf(list->out, "code@%u:", pc);
  if (list->places < list->places_end && list->places->pc < end)
    text_printf(list->out, " # %s", list->places->function);
  text_add_char(list->out, '\n');
}

static void print_places(struct listing *list, uint32_t end) {
  for (; list->places < list->places_end && list->places->pc < end; list->places++)
    if (list->places->line) // the compiler's own has none
      text_printf(list->out, "          # file \"%s\", line %u, characters %u-%u\n", list->places->file,
                  list->places->line, list->places->start, list->places->end);
}

static bool read_code(struct listing *list, struct zam_state *state, const struct zam_image *image) {
  uint32_t prims = 0;
  list->code = zam_code_create(state, image->code.bytes, image->code.length, false);
  if (!list->code) return false;
  list->words = list->code->words;
  list->starts = mem_alloc_zero(list->words.count + 1, sizeof *list->starts);
  for (size_t i = 0; i < image->prim.length; i++) prims += image->prim.bytes[i] == 0;
  list->prims = mem_alloc_zero(prims + 1, sizeof *list->prims);
  ASSERT(!list->prim_count, "primitives are listed before they are read");
  if (!list->starts || !list->prims) return false;
  size_t at = 0;
  for (const char *name; (name = zam_section_name(&image->prim, &at));) list->prims[list->prim_count++] = name;
  return true;
}

static enum loam_err find_functions(struct listing *list, const char *place, struct error *err) {
  struct zam_insn insn;
  for (uint32_t pc = 0; pc < list->words.count; pc += insn.length) {
    if (!zam_insn_read(&list->words, pc, &insn))
      return error_set(err, LOAM_ERR_INPUT, "%s, word %u: expected an instruction, found %d", place, pc,
                       list->words.words[pc]);
    bool makes = insn.op == ZAM_CLOSURE || insn.op == ZAM_CLOSUREREC;
    uint32_t labels = makes ? zam_insn_label_count(&insn) : 0;
    for (uint32_t i = 0; i < labels; i++) {
      int64_t to = zam_insn_label(&list->words, &insn, i);
      if (to >= 0 && to < list->words.count) list->starts[to] = true;
    }
  }
  return LOAM_OK;
}

static void print_code(struct listing *list) {
  struct zam_insn insn;
  for (uint32_t pc = 0; pc < list->words.count; pc += insn.length) {
    bool read = zam_insn_read(&list->words, pc, &insn);
    ASSERT(read, "zam.I13: word %u was an instruction before", pc);
    (void)read;
    if (pc == 0) text_printf(list->out, "main:\n");
    if (list->starts[pc]) print_function(list, pc);
    print_places(list, pc + insn.length);
    print_insn(list, &insn);
  }
}

// What names things, as far as it is there.
static enum loam_err read_names(struct listing *list, struct zam_state *state, const struct zam_image *image,
                                struct error *err) {
  struct mutator *th = vm_main_mutator(state->vm);
  const char *name = image->source->name;
  size_t length = strlen(name);
  char *program = arena_alloc(&state->memory, length + 1); // zeroed
  if (!program) return error_set(err, LOAM_ERR_MEMORY, "%s: no memory to list it", name);
  state->program = memcpy(program, name, length);
  zam_symbols_read(th, &image->symb, &list->symbols);
  (void)zam_debug_load(th); // what it read before it went wrong is good
  list->places = list->code->places;
  list->places_end = list->places ? list->places + list->code->place_count : NULL;
  ASSERT(!list->places || list->code->place_count <= list->code->place_room, "%u places in room for %u",
         list->code->place_count, list->code->place_room);
  return LOAM_OK;
}

enum loam_err zam_disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  struct zam_image image;
  struct listing list = {.out = out};
  enum loam_err kind = zam_image_read(source, &image, err);
  if (kind != LOAM_OK) return kind;
  kind = read_code(&list, vm_guest_state(vm), &image)
             ? find_functions(&list, source->name, err)
             : error_set(err, LOAM_ERR_MEMORY, "%s: no memory to list it", source->name);
  if (kind == LOAM_OK) kind = read_names(&list, vm_guest_state(vm), &image, err);
  if (kind == LOAM_OK) {
    print_sections(&image, out);
    print_code(&list);
  }
  mem_free(list.starts);
  mem_free(list.prims);
  return kind;
}
