// SPDX-License-Identifier: MIT
//
// stencil_extract.c: stencil_extract OBJECT OUTPUT.c GUEST: machine code with holes, out of a relocatable object.
//
// opgen's stencil file is compiled with every function in a section of its own. Each is copied out as bytes, with a
// list of its relocations: those against op_... symbols are holes that the baseline compiler fills, others are
// functions of the substrate, which a hole names by its place in a table of them. All code is one array, and all holes
// are one. A jump to the next instruction at the end is left out: the next instruction's code follows. What a stencil
// must not have (constants in other sections, relocations of another kind) is refused here, at build time.
#include "stencil_object.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define JUMP_BYTES 5
#define JUMP_OPCODE 0xe9

// The relocations of a section; *count 0 when it has none.
static const Elf64_Rela *relocations_of(const struct stencil_object *object, const char *section, size_t *count) {
  char name[300];
  snprintf(name, sizeof name, ".rela%s", section);
  int index = stencil_object_section(object, name);
  *count = index < 0 ? 0 : object->sections[index].sh_size / sizeof(Elf64_Rela);
  return index < 0 ? NULL : (const Elf64_Rela *)(object->bytes + object->sections[index].sh_offset);
}

static const char *form_of(const struct stencil_object *object, const Elf64_Rela *rela, const char *section) {
  switch (ELF64_R_TYPE(rela->r_info)) {
  case R_X86_64_64: return "HOLE_ABSOLUTE_64";
  case R_X86_64_32: return "HOLE_ABSOLUTE_32";
  case R_X86_64_32S: return "HOLE_SIGNED_32";
  case R_X86_64_8: return "HOLE_SIGNED_8";
  case R_X86_64_PC32:
  case R_X86_64_PLT32: return "HOLE_RELATIVE_32";
  default:
    stencil_fail("%s: %s: relocation %u against %s has no form; a body needs something that stencils can't have",
                 object->path, section, (unsigned)ELF64_R_TYPE(rela->r_info), stencil_object_target(object, rela));
  }
}

// What fills a hole: an immediate by its offset, or one of the compiler's own.
static const char *what_of(const char *symbol, int *at) {
  static const char *const names[][2] = {
      {"op_hole_pc", "HOLE_PC"},          {"op_hole_back", "HOLE_BACK"}, {"op_hole_return", "HOLE_RETURN"},
      {"op_next", "HOLE_NEXT"},           {"op_target", "HOLE_TARGET"},  {"op_slow", "HOLE_SLOW"},
      {"op_slow_twin", "HOLE_SLOW_TWIN"},
  };
  *at = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(symbol, names[i][0]) == 0) return names[i][1];
  if (sscanf(symbol, "op_hole_args_%d", at) == 1) return "HOLE_ARGS";
  if (sscanf(symbol, "op_hole_%d", at) == 1) return *at == 1 ? "HOLE_STACK" : "HOLE_IMM";
  return "HOLE_SYMBOL";
}

// What the compiler asks of all holes of a stencil at once.
struct flags {
  bool slow, calls, names;
};

// A function's place in the table that write_functions makes: in the order of the object's symbols.
static int function_number(const struct stencil_object *object, const char *name) {
  int number = 0;
  for (size_t i = 1; i < object->symbol_count; i++) {
    const char *other = stencil_object_undefined(object, i);
    if (!other || strncmp(other, "op_", 3) == 0) continue;
    if (strcmp(other, name) == 0) return number;
    number++;
  }
  stencil_fail("%s: %s is called and not among the undefined symbols", object->path, name);
}

static struct flags write_holes(FILE *out, const struct stencil_object *object, const char *section,
                                const Elf64_Rela *relas, size_t count) {
  struct flags flags = {0};
  for (size_t i = 0; i < count; i++) {
    const char *symbol = stencil_object_target(object, &relas[i]);
    if (!*symbol)
      stencil_fail("%s: %s refers to another section at %#llx; keep constants out of bodies, and make what they call "
                   "always_inline",
                   object->path, section, (unsigned long long)relas[i].r_offset);
    int at;
    const char *what = what_of(symbol, &at), *form = form_of(object, &relas[i], section);
    bool is_symbol = strcmp(what, "HOLE_SYMBOL") == 0;
    bool is_distance =
        strcmp(what, "HOLE_STACK") == 0 || strcmp(what, "HOLE_ARGS") == 0 || strcmp(what, "HOLE_BACK") == 0;
    if (is_distance && strncmp(form, "HOLE_SIGNED", 11) != 0)
      stencil_fail("%s: %s: the stack's distance is not a signed displacement", object->path, section);
    fprintf(out, "    {%u, %d, %lld, %s, %s},\n", (unsigned)relas[i].r_offset,
            is_symbol ? function_number(object, symbol) : at, (long long)relas[i].r_addend, what, form);
    flags.slow |= strcmp(what, "HOLE_SLOW") == 0;
    flags.calls |= strcmp(what, "HOLE_RETURN") == 0;
    flags.names |= is_symbol;
  }
  return flags;
}

// The functions that stencils call: a declaration of each, or the table's elements.
static void write_functions(FILE *out, const struct stencil_object *object, bool declare) {
  for (size_t i = 1; i < object->symbol_count; i++) {
    const char *name = stencil_object_undefined(object, i);
    if (!name || strncmp(name, "op_", 3) == 0) continue;
    fprintf(out, declare ? "extern char external_%s[] __asm__(\"%s\");\n" : "external_%s, ", name, name);
  }
}

// What is written of all stencils: the arrays' elements, and where the next stencil's begin.
struct output {
  FILE *code, *holes, *rows;
  size_t code_size, hole_count;
};

// Writes one stencil's code and holes, and its row of the table, empty when there is no such function.
static void write_stencil(struct output *out, const struct stencil_object *object, const char *name) {
  char section[300];
  snprintf(section, sizeof section, ".text.%s", name);
  int index = stencil_object_section(object, section);
  if (index < 0) {
    fputs("{0}", out->rows);
    return;
  }
  const uint8_t *code = object->bytes + object->sections[index].sh_offset;
  size_t size = object->sections[index].sh_size;
  size_t hole_count;
  const Elf64_Rela *relas = relocations_of(object, section, &hole_count);
  const Elf64_Rela *last = hole_count ? &relas[hole_count - 1] : NULL;
  if (last && last->r_offset + 4 == size && code[size - JUMP_BYTES] == JUMP_OPCODE &&
      strcmp(stencil_object_target(object, last), "op_next") == 0) {
    size -= JUMP_BYTES;
    hole_count--;
  }
  fprintf(out->code, "    // %s\n    ", name);
  for (size_t i = 0; i < size; i++) fprintf(out->code, "%u,", code[i]);
  fputs("\n", out->code);
  for (size_t i = 0; i < hole_count; i++)
    if (ELF64_R_TYPE(relas[i].r_info) == R_X86_64_8 && code[relas[i].r_offset] != STENCIL_HOLE_8)
      stencil_fail("%s: %s: the short distance at %#llx is not its instruction's last byte", object->path, section,
                   (unsigned long long)relas[i].r_offset);
  struct flags flags = write_holes(out->holes, object, section, relas, hole_count);
  fprintf(out->rows, "{%zu, %zu, %zu, %zu, STENCIL_EXISTS%s%s%s}", out->code_size, out->hole_count, size, hole_count,
          flags.slow ? " | STENCIL_GOES_SLOW" : "", flags.calls ? " | STENCIL_CALLS" : "",
          flags.names ? " | STENCIL_NAMES" : "");
  out->code_size += size;
  out->hole_count += hole_count;
}

// Writes the row of a thing's forms, `name` and one of the suffixes each.
static void write_row(struct output *out, const struct stencil_object *object, const char *name,
                      const char *const *suffixes) {
  fputs("    {", out->rows);
  for (; *suffixes; suffixes++) {
    char symbol[256];
    snprintf(symbol, sizeof symbol, "%s%s", name, *suffixes);
    write_stencil(out, object, symbol);
    fputs(suffixes[1] ? ", " : "}", out->rows);
  }
}

// All stencils, in the order of the object's list of ops, then the slow exits and landings.
static void write_rows(struct output *out, const struct stencil_object *object, const char *name) {
  static const char *const forms[] = {"_stencil", "_stencil0", "_stencil_near", "_stencil0_near", NULL};
  static const char *const two[] = {"", "_near", NULL};
  for (; *name; name += strlen(name) + 1) {
    write_row(out, object, name, forms);
    fputs(",\n", out->rows);
  }
  fputs("};\nstatic const struct stencil slow_exit[] =", out->rows);
  write_row(out, object, "op_slow_exit", two);
  fputs(";\nstatic const struct stencil landing[] =", out->rows);
  write_row(out, object, "op_landing", two);
  fputs(";\n", out->rows);
}

int main(int argc, char **argv) {
  if (argc != 4) stencil_fail("usage: stencil_extract OBJECT OUTPUT GUEST");
  struct stencil_object object;
  stencil_object_read(&object, argv[1]);
  char *code = NULL, *holes = NULL, *rows = NULL;
  size_t code_bytes, holes_bytes, rows_bytes; // of the text
  struct output parts = {.code = open_memstream(&code, &code_bytes),
                         .holes = open_memstream(&holes, &holes_bytes),
                         .rows = open_memstream(&rows, &rows_bytes)};
  FILE *out = fopen(argv[2], "w");
  int order = stencil_object_section(&object, ".stencil_order");
  if (!out || !parts.code || !parts.holes || !parts.rows || order < 0)
    stencil_fail("%s: can't be written, or %s has no list of ops", argv[2], argv[1]);
  write_rows(&parts, &object, (const char *)object.bytes + object.sections[order].sh_offset);
  fclose(parts.code);
  fclose(parts.holes);
  fclose(parts.rows);
  fputs("// Generated by stencil_extract.\n#include \"loam/guest.h\"\n", out);
  write_functions(out, &object, true);
  fputs("static const void *const functions[] = {", out);
  write_functions(out, &object, false);
  fprintf(out,
          "NULL};\nstatic const uint8_t code[] = {\n%s};\nstatic const struct stencil_hole holes[] = {\n%s};\n"
          "static const struct stencil ops[][STENCIL_FORMS] = {\n%s"
          "const struct stencil_set %s_stencils = {code, holes, functions, ops, slow_exit, landing};\n",
          code, holes, rows, argv[3]);
  free(code);
  free(holes);
  free(rows);
  free((void *)object.bytes);
  return fclose(out) == 0 ? 0 : 1;
}
