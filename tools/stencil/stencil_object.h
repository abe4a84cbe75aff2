// SPDX-License-Identifier: MIT
//
// stencil_object.h: relocatable x86-64 ELF objects, as the tools of this folder read them: compiled code goes into
// tables that the compilers of the running program use. A file that clang just wrote is trusted to be well-formed.
#ifndef LOAM_STENCIL_OBJECT_H
#define LOAM_STENCIL_OBJECT_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// An object in memory; `bytes` are malloc'd.
struct stencil_object {
  const char *path;
  const uint8_t *bytes;
  size_t size;
  const Elf64_Ehdr *header;
  const Elf64_Shdr *sections;
  const Elf64_Sym *symbols;
  size_t symbol_count;
  const char *symbol_names, *section_names;
};

// What tidied assembly has where a hole of 8 bits will be: the extractor sees that the hole is where it should be.
#define STENCIL_HOLE_8 85

// Prints what is wrong and exits with status 1.
[[noreturn]] void stencil_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Reads a whole object, or fails.
void stencil_object_read(struct stencil_object *object, const char *path);
// The index of a section, or -1.
int stencil_object_section(const struct stencil_object *object, const char *name);
// The name of the symbol that a relocation is against; "" for a section.
const char *stencil_object_target(const struct stencil_object *object, const Elf64_Rela *rela);
// The index of the section that the symbol of a relocation is in; SHN_UNDEF for what the object does not have.
int stencil_object_target_section(const struct stencil_object *object, const Elf64_Rela *rela);
// The name of a symbol (index < symbol_count) that the object uses and does not have; NULL for other symbols.
const char *stencil_object_undefined(const struct stencil_object *object, size_t index);

#endif
