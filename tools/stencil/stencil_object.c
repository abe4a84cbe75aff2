// SPDX-License-Identifier: MIT
//
// stencil_object.c: sections and symbols of an ELF object.
#include "stencil_object.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void stencil_fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("stencils: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  exit(1);
}

void stencil_object_read(struct stencil_object *object, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) stencil_fail("%s: can't be read", path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *bytes = malloc((size_t)size);
  if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size) stencil_fail("%s: can't be read whole", path);
  fclose(file);
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;
  if ((size_t)size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_machine != EM_X86_64)
    stencil_fail("%s: expected an x86-64 ELF object", path);
  *object = (struct stencil_object){.path = path,
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

int stencil_object_section(const struct stencil_object *object, const char *name) {
  for (int i = 0; i < object->header->e_shnum; i++)
    if (strcmp(object->section_names + object->sections[i].sh_name, name) == 0) return i;
  return -1;
}

const char *stencil_object_target(const struct stencil_object *object, const Elf64_Rela *rela) {
  return object->symbol_names + object->symbols[ELF64_R_SYM(rela->r_info)].st_name;
}

int stencil_object_target_section(const struct stencil_object *object, const Elf64_Rela *rela) {
  return object->symbols[ELF64_R_SYM(rela->r_info)].st_shndx;
}

const char *stencil_object_undefined(const struct stencil_object *object, size_t index) {
  const Elf64_Sym *symbol = &object->symbols[index];
  const char *name = object->symbol_names + symbol->st_name;
  return index && symbol->st_shndx == SHN_UNDEF && *name ? name : NULL;
}
