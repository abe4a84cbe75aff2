// SPDX-License-Identifier: MIT
//
// stencil_extract.c: stencil_extract OBJECT OUTPUT.c GUEST: machine code with holes, out of a relocatable object.
//
// opgen's stencil file is compiled with every function in a section of its own. Each is copied out as bytes, with a
// list of its relocations: those against op_... symbols are holes that the baseline compiler fills, others are
// functions of the substrate, whose addresses the linker puts into the table. A jump to the next instruction at the end
// is left out: the next instruction's code follows. What a stencil must not have (constants in other sections,
// relocations of another kind) is refused here, at build time.
#include <elf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JUMP_BYTES 5
#define JUMP_OPCODE 0xe9

struct object {
  const char *path;
  const uint8_t *bytes;
  size_t size;
  const Elf64_Ehdr *header;
  const Elf64_Shdr *sections;
  const Elf64_Sym *symbols;
  size_t symbol_count;
  const char *symbol_names, *section_names;
};

[[noreturn]] static void fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("stencil_extract: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  exit(1);
}

static void read_object(struct object *object, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("%s: can't be read", path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *bytes = malloc((size_t)size);
  if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size) fail("%s: can't be read whole", path);
  fclose(file);
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;
  if ((size_t)size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_machine != EM_X86_64)
    fail("%s: expected an x86-64 ELF object", path);
  *object = (struct object){.path = path,
                            .bytes = bytes,
                            .size = (size_t)size,
                            .header = header,
                            .sections = (const Elf64_Shdr *)(bytes + header->e_shoff)};
  object->section_names = (const char *)bytes + object->sections[header->e_shstrndx].sh_offset;
  for (int i = 0; i < header->e_shnum; i++) {
    const Elf64_Shdr *section = &object->sections[i];
    if (section->sh_type != SHT_SYMTAB) continue;
    object->symbols = (const Elf64_Sym *)(bytes + section->sh_offset);
    object->symbol_count = section->sh_size / sizeof(Elf64_Sym);
    object->symbol_names = (const char *)bytes + object->sections[section->sh_link].sh_offset;
  }
}

static int find_section(const struct object *object, const char *name) {
  for (int i = 0; i < object->header->e_shnum; i++)
    if (strcmp(object->section_names + object->sections[i].sh_name, name) == 0) return i;
  return -1;
}

static const char *symbol_name(const struct object *object, const Elf64_Rela *rela) {
  return object->symbol_names + object->symbols[ELF64_R_SYM(rela->r_info)].st_name;
}

// The relocations of a section; *count 0 when it has none.
static const Elf64_Rela *relocations_of(const struct object *object, const char *section, size_t *count) {
  char name[300];
  snprintf(name, sizeof name, ".rela%s", section);
  int index = find_section(object, name);
  *count = index < 0 ? 0 : object->sections[index].sh_size / sizeof(Elf64_Rela);
  return index < 0 ? NULL : (const Elf64_Rela *)(object->bytes + object->sections[index].sh_offset);
}

static const char *form_of(const struct object *object, const Elf64_Rela *rela, const char *section) {
  switch (ELF64_R_TYPE(rela->r_info)) {
  case R_X86_64_64: return "HOLE_ABSOLUTE_64";
  case R_X86_64_32: return "HOLE_ABSOLUTE_32";
  case R_X86_64_32S: return "HOLE_SIGNED_32";
  case R_X86_64_PC32:
  case R_X86_64_PLT32: return "HOLE_RELATIVE_32";
  default:
    fail("%s: %s: relocation %u against %s has no form; a body needs something that stencils can't have", object->path,
         section, (unsigned)ELF64_R_TYPE(rela->r_info), symbol_name(object, rela));
  }
}

// What fills a hole: an immediate by its offset, or one of the compiler's own.
static const char *what_of(const char *symbol, int *at) {
  static const char *const names[][2] = {
      {"op_hole_pc", "HOLE_PC"},    {"op_hole_next", "HOLE_NEXT"}, {"op_next", "HOLE_NEXT"},
      {"op_target", "HOLE_TARGET"}, {"op_slow", "HOLE_SLOW"},      {"op_slow_twin", "HOLE_SLOW_TWIN"},
  };
  *at = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(symbol, names[i][0]) == 0) return names[i][1];
  if (sscanf(symbol, "op_hole_%d", at) == 1) return *at == 1 ? "HOLE_STACK" : "HOLE_IMM";
  return "HOLE_SYMBOL";
}

static void write_holes(FILE *out, const struct object *object, const char *section, const Elf64_Rela *relas,
                        size_t count) {
  for (size_t i = 0; i < count; i++) {
    const char *symbol = symbol_name(object, &relas[i]);
    if (!*symbol)
      fail("%s: %s refers to another section at %#llx; keep constants out of bodies, and make what they call "
           "always_inline",
           object->path, section, (unsigned long long)relas[i].r_offset);
    int at;
    const char *what = what_of(symbol, &at), *form = form_of(object, &relas[i], section);
    bool is_symbol = strcmp(what, "HOLE_SYMBOL") == 0;
    if (at == 1 && strcmp(form, "HOLE_SIGNED_32") != 0)
      fail("%s: %s: the stack's distance is not a signed displacement", object->path, section);
    fprintf(out, "    {%u, %s, %s, %d, %lld, %s%s},\n", (unsigned)relas[i].r_offset, what, form, at,
            (long long)relas[i].r_addend, is_symbol ? "external_" : "NULL", is_symbol ? symbol : "");
  }
}

// Declares the functions that stencils call.
static void write_externals(FILE *out, const struct object *object) {
  for (size_t i = 1; i < object->symbol_count; i++) {
    const char *name = object->symbol_names + object->symbols[i].st_name;
    if (object->symbols[i].st_shndx != SHN_UNDEF || strncmp(name, "op_", 3) == 0) continue;
    fprintf(out, "extern char external_%s[] __asm__(\"%s\");\n", name, name);
  }
}

// Writes one stencil's arrays; its size, 0 when there is no such function.
static size_t write_stencil(FILE *out, const struct object *object, const char *name, size_t *hole_count) {
  char section[300];
  snprintf(section, sizeof section, ".text.%s", name);
  int index = find_section(object, section);
  *hole_count = 0;
  if (index < 0) return 0;
  const uint8_t *code = object->bytes + object->sections[index].sh_offset;
  size_t size = object->sections[index].sh_size;
  const Elf64_Rela *relas = relocations_of(object, section, hole_count);
  const Elf64_Rela *last = *hole_count ? &relas[*hole_count - 1] : NULL;
  if (last && last->r_offset + 4 == size && code[size - JUMP_BYTES] == JUMP_OPCODE &&
      strcmp(symbol_name(object, last), "op_next") == 0) {
    size -= JUMP_BYTES;
    --*hole_count;
  }
  fprintf(out, "static const uint8_t code_%s[] = {", name);
  for (size_t i = 0; i < size; i++) fprintf(out, "%u,", code[i]);
  fputs(size ? "};\n" : "0};\n", out);
  fprintf(out, "static const struct stencil_hole holes_%s[] = {\n", name);
  write_holes(out, object, section, relas, *hole_count);
  fputs("    {0, 0, 0, 0, 0, NULL}};\n", out);
  return size + 1; // an op may need no code at all
}

static void write_row(FILE *rows, FILE *out, const struct object *object, const char *name) {
  size_t holes, size = write_stencil(out, object, name, &holes);
  if (size)
    fprintf(rows, "{code_%s, %zu, %zu, holes_%s}", name, size - 1, holes, name);
  else
    fputs("{NULL, 0, 0, NULL}", rows);
}

int main(int argc, char **argv) {
  if (argc != 4) fail("usage: stencil_extract OBJECT OUTPUT GUEST");
  struct object object;
  read_object(&object, argv[1]);
  FILE *out = fopen(argv[2], "w");
  char *rows = NULL;
  size_t rows_size;
  FILE *table = open_memstream(&rows, &rows_size);
  int order = find_section(&object, ".stencil_order");
  if (!out || !table || order < 0) fail("%s: can't be written, or %s has no list of ops", argv[2], argv[1]);
  fputs("// Generated by stencil_extract.\n#include \"loam/guest.h\"\n", out);
  write_externals(out, &object);
  const char *name = (const char *)object.bytes + object.sections[order].sh_offset;
  for (; *name; name += strlen(name) + 1) {
    static const char *const suffixes[] = {"_stencil", "_stencil0"};
    fputs("    {", table);
    for (int i = 0; i < 2; i++) {
      char symbol[256];
      snprintf(symbol, sizeof symbol, "%s%s", name, suffixes[i]);
      write_row(table, out, &object, symbol);
      fputs(i ? "},\n" : ", ", table);
    }
  }
  fprintf(table, "};\nconst struct stencil %s_slow_exit = ", argv[3]);
  write_row(table, out, &object, "op_slow_exit");
  fclose(table);
  fprintf(out, "const struct stencil %s_stencils[][2] = {\n%s;\n", argv[3], rows);
  free(rows);
  free((void *)object.bytes);
  return fclose(out) == 0 ? 0 : 1;
}
