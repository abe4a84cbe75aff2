// SPDX-License-Identifier: MIT
//
// zam_dis.c: the disassembler: reads an executable without running anything of it, and lists its instructions with the
// words they stand at; a line before each function; labels as words; primitives by name.
#include "zam_dis.h"

#include "zam_image.h"
#include "zam_insn.h"

#include <string.h>

struct listing {
  struct zam_words words;
  const char **prims;
  uint32_t prim_count;
  bool *starts; // by word: a function begins there
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

static void print_operand(const struct listing *list, const struct zam_insn *insn, char kind, int index) {
  int32_t n = insn->args[index];
  switch (kind) {
  case 'l': text_printf(list->out, " -> %lld", (long long)zam_insn_label(&list->words, insn, 0)); break;
  case 'p': text_printf(list->out, " %s", n >= 0 && (uint32_t)n < list->prim_count ? list->prims[n] : "?"); break;
  case 'g': text_printf(list->out, " global %d", n); break;
  default: text_printf(list->out, " %d", n);
  }
}

static void print_insn(const struct listing *list, const struct zam_insn *insn) {
  const char *operands = zam_opcodes[insn->op].operands;
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

static bool read_code(struct listing *list, const struct zam_image *image) {
  uint32_t count = (uint32_t)(image->code.length / sizeof(int32_t)), prims = 0;
  int32_t *words = mem_alloc(image->code.length);
  list->starts = mem_alloc_zero(count, sizeof *list->starts);
  for (size_t i = 0; i < image->prim.length; i++) prims += image->prim.bytes[i] == 0;
  list->prims = mem_alloc_zero(prims + 1, sizeof *list->prims);
  if (words) memcpy(words, image->code.bytes, image->code.length);
  list->words = (struct zam_words){words, count};
  if (!words || !list->starts || !list->prims) return false;
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

static void print_code(const struct listing *list) {
  struct zam_insn insn;
  for (uint32_t pc = 0; pc < list->words.count; pc += insn.length) {
    (void)zam_insn_read(&list->words, pc, &insn); // read before
    if (pc == 0) text_printf(list->out, "main:\n");
    if (list->starts[pc]) text_printf(list->out, "code@%u:\n", pc);
    print_insn(list, &insn);
  }
}

enum loam_err zam_disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err) {
  struct zam_image image;
  struct listing list = {.out = out};
  (void)vm;
  enum loam_err kind = zam_image_read(source, &image, err);
  if (kind != LOAM_OK) return kind;
  kind = read_code(&list, &image) ? find_functions(&list, source->name, err)
                                  : error_set(err, LOAM_ERR_MEMORY, "%s: no memory to list it", source->name);
  if (kind == LOAM_OK) {
    print_sections(&image, out);
    print_code(&list);
  }
  mem_free((void *)list.words.words);
  mem_free(list.starts);
  mem_free(list.prims);
  return kind;
}
