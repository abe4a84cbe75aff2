// SPDX-License-Identifier: MIT
//
// hot_object_int.h: an object file while it is loaded.
#ifndef LOAM_HOT_HOT_OBJECT_INT_H
#define LOAM_HOT_HOT_OBJECT_INT_H
#ifndef LOAM_HOT_MODULE
#error "hot_object_int.h is for the files of substrate/hot; others include hot/hot_object.h"
#endif

#include "hot/hot_object.h"

#include <elf.h>

#define HOT_OBJECT_NOWHERE UINT32_MAX

// Where a section goes in the block, or HOT_OBJECT_NOWHERE: it is not loaded.
struct hot_object_section {
  const Elf64_Shdr *header;
  const char *name;
  uint32_t offset;
};

struct hot_object_symbol {
  const char *name;
  uint64_t address; // where it runs; known when the block is
  uint16_t section; // SHN_UNDEF: of a table; SHN_ABS: a number
  uint32_t got;     // where its address is kept in the block, or HOT_OBJECT_NOWHERE
  uint32_t stub;    // where a jump to it is in the block, or HOT_OBJECT_NOWHERE
};

struct hot_object_image {
  const char *bytes;
  size_t size;
  struct hot_object_section *sections;
  uint32_t section_count;
  const Elf64_Sym *elf_symbols;
  struct hot_object_symbol *symbols;
  uint32_t symbol_count;
  const char *names; // of symbols; NUL-terminated as a whole
  size_t names_size;
  struct arena arena;
  struct emit_memory *memory;
  uint32_t block_size;
  uint64_t alignment;
  struct emit_block block; // from its first aligned byte
  struct error *err;
};

// One relocation, checked: `at` and its symbol exist.
struct hot_object_relocation {
  uint32_t type, symbol;
  uint64_t at; // in the block
  int64_t addend;
};

// How many bytes of the section a relocation of this type writes; 0: the type is not known.
unsigned hot_object_relocation_bytes(uint32_t type);
// Makes room behind the sections for what the relocation needs there.
void hot_object_reserve(struct hot_object_image *image, const struct hot_object_relocation *relocation);
// Fills in the addresses and jumps that were reserved.
void hot_object_fill_reserved(const struct hot_object_image *image);
// False, with `err` set, when the value does not fit.
bool hot_object_relocate(const struct hot_object_image *image, const struct hot_object_relocation *relocation);

#endif
