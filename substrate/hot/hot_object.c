// SPDX-License-Identifier: MIT
//
// hot_object.c: reading an object file, laying out its sections, loading them.
//
// The object comes from LLVM in this process. It is still read as if somebody else had made it: an offset that is wrong
// gives an error and not a jump into nowhere.
#define LOAM_HOT_MODULE
#include "hot/hot_object.h"

#include "hot/hot_object_int.h"

#include <string.h>

#define BLOCK_BYTES_MAX ((uint64_t)32 << 20) // of one object; offsets stay far from overflow
#define ALIGNMENT_MAX 4096                   // what both mappings of code memory agree on

// What LLVM calls where the code said nothing of it.
static const struct op_symbol invented[] = {
    {"memcpy", (const void *)(uintptr_t)&memcpy},
    {"memmove", (const void *)(uintptr_t)&memmove},
    {"memset", (const void *)(uintptr_t)&memset},
    {"memcmp", (const void *)(uintptr_t)&memcmp},
    {NULL, NULL},
};

#define REFUSE(image, ...) (error_set((image)->err, LOAM_ERR_INPUT, "object of the hot compiler: " __VA_ARGS__), false)

// ---- reading ------------------------------------------------------------------------------------------------------

static bool in_bounds(uint64_t offset, uint64_t bytes, uint64_t size) {
  return offset <= size && bytes <= size - offset;
}

static bool read_header(struct hot_object_image *image, const Elf64_Ehdr **found) {
  const Elf64_Ehdr *header = (const void *)image->bytes;
  if ((uintptr_t)header % 8 != 0 || image->size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
    return REFUSE(image, "expected an ELF file, found %zu bytes of something else", image->size);
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_type != ET_REL || header->e_machine != EM_X86_64)
    return REFUSE(image, "expected a relocatable file for x86-64, found type %u for machine %u", header->e_type,
                  header->e_machine);
  if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shoff % 8 != 0 || header->e_shnum == 0 ||
      !in_bounds(header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr), image->size))
    return REFUSE(image, "its section headers are not in it");
  *found = header;
  return true;
}

// A string table's text, if it ends.
static const char *string_table(const struct hot_object_image *image, const Elf64_Shdr *section) {
  const char *text = image->bytes + section->sh_offset;
  return section->sh_type == SHT_STRTAB && section->sh_size && text[section->sh_size - 1] == 0 ? text : NULL;
}

static bool read_sections(struct hot_object_image *image, const Elf64_Ehdr *header) {
  const Elf64_Shdr *headers = (const void *)(image->bytes + header->e_shoff);
  image->section_count = header->e_shnum;
  image->sections = arena_alloc(&image->arena, header->e_shnum * sizeof *image->sections);
  if (!image->sections) return error_set(image->err, LOAM_ERR_MEMORY, "no memory to load compiled code"), false;
  for (uint32_t i = 0; i < header->e_shnum; i++) {
    if (headers[i].sh_type != SHT_NOBITS && !in_bounds(headers[i].sh_offset, headers[i].sh_size, image->size))
      return REFUSE(image, "section %u is not in it", i);
    image->sections[i] = (struct hot_object_section){&headers[i], "", HOT_OBJECT_NOWHERE};
  }
  if (header->e_shstrndx >= header->e_shnum) return REFUSE(image, "its section names are not in it");
  const Elf64_Shdr *names = &headers[header->e_shstrndx];
  const char *text = string_table(image, names);
  for (uint32_t i = 0; text && i < header->e_shnum; i++)
    if (headers[i].sh_name < names->sh_size) image->sections[i].name = text + headers[i].sh_name;
  return true;
}

static bool read_symbols(struct hot_object_image *image) {
  const Elf64_Shdr *table = NULL;
  for (uint32_t i = 0; i < image->section_count; i++)
    if (image->sections[i].header->sh_type == SHT_SYMTAB) table = image->sections[i].header;
  if (!table || table->sh_entsize != sizeof(Elf64_Sym) || table->sh_offset % 8 != 0 ||
      table->sh_link >= image->section_count)
    return REFUSE(image, "it has no symbol table");
  const Elf64_Shdr *names = image->sections[table->sh_link].header;
  image->names = string_table(image, names);
  image->names_size = names->sh_size;
  if (!image->names) return REFUSE(image, "its symbols' names are not in it");
  image->elf_symbols = (const void *)(image->bytes + table->sh_offset);
  image->symbol_count = (uint32_t)(table->sh_size / sizeof(Elf64_Sym));
  image->symbols = arena_alloc(&image->arena, image->symbol_count * sizeof *image->symbols);
  if (!image->symbols) return error_set(image->err, LOAM_ERR_MEMORY, "no memory to load compiled code"), false;
  for (uint32_t i = 0; i < image->symbol_count; i++) {
    const Elf64_Sym *symbol = &image->elf_symbols[i];
    if (symbol->st_name >= image->names_size) return REFUSE(image, "the name of symbol %u is not in it", i);
    image->symbols[i] = (struct hot_object_symbol){image->names + symbol->st_name, symbol->st_value, symbol->st_shndx,
                                                   HOT_OBJECT_NOWHERE, HOT_OBJECT_NOWHERE};
    bool special = symbol->st_shndx == SHN_ABS || symbol->st_shndx == SHN_UNDEF;
    if (!special && symbol->st_shndx >= image->section_count)
      return REFUSE(image, "symbol '%s' is in section %u, which it has not", image->symbols[i].name, symbol->st_shndx);
  }
  return true;
}

// ---- laying out ---------------------------------------------------------------------------------------------------

static bool has_prefix(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

static bool is_loaded(const struct hot_object_section *section) {
  return section->header->sh_flags & SHF_ALLOC && section->header->sh_type != SHT_NOTE &&
         strcmp(section->name, ".eh_frame") != 0;
}

static bool lay_out_sections(struct hot_object_image *image) {
  uint64_t at = 0;
  image->alignment = 16;
  for (uint32_t i = 0; i < image->section_count; i++) {
    const Elf64_Shdr *header = image->sections[i].header;
    const char *name = image->sections[i].name;
    if (!is_loaded(&image->sections[i]) || header->sh_size == 0) continue;
    uint64_t alignment = header->sh_addralign ? header->sh_addralign : 1;
    if ((header->sh_flags & SHF_WRITE && !has_prefix(name, ".data.rel.ro")) || header->sh_type == SHT_NOBITS)
      return REFUSE(image, "section %s is written when it runs", name);
    if (header->sh_flags & SHF_TLS) return REFUSE(image, "section %s is a thread's own", name);
    if (alignment > ALIGNMENT_MAX || alignment & (alignment - 1) || header->sh_size > BLOCK_BYTES_MAX)
      return REFUSE(image, "section %s has %llu bytes, aligned to %llu", name, (unsigned long long)header->sh_size,
                    (unsigned long long)alignment);
    at = (at + alignment - 1) & ~(alignment - 1);
    image->sections[i].offset = (uint32_t)at;
    at += header->sh_size;
    if (alignment > image->alignment) image->alignment = alignment;
    if (at > BLOCK_BYTES_MAX) return REFUSE(image, "it is larger than %llu bytes", (unsigned long long)BLOCK_BYTES_MAX);
  }
  ASSERT(image->alignment >= 16 && image->alignment <= ALIGNMENT_MAX && !(image->alignment & (image->alignment - 1)),
         "hot.I12: sections are aligned to %llu bytes", (unsigned long long)image->alignment);
  image->block_size = (uint32_t)at;
  return true;
}

static const void *find_symbol(const struct op_symbol *table, const char *name) {
  for (; table && table->name; table++)
    if (strcmp(table->name, name) == 0) return table->address;
  return NULL;
}

const void *hot_object_find_name(const struct op_symbol *const *symbol_tables, size_t table_count, const char *name) {
  const void *address = NULL;
  for (size_t i = 0; i < table_count && !address; i++) address = find_symbol(symbol_tables[i], name);
  return address ? address : find_symbol(invented, name);
}

static bool resolve_names(struct hot_object_image *image, const struct op_symbol *const *tables, size_t table_count) {
  ASSERT(image->symbols || !image->symbol_count, "names are looked for before there are symbols");
  for (uint32_t i = 1; i < image->symbol_count; i++) { // symbol 0 is none
    struct hot_object_symbol *symbol = &image->symbols[i];
    if (symbol->section != SHN_UNDEF) continue;
    const void *address = hot_object_find_name(tables, table_count, symbol->name);
    if (!address) return REFUSE(image, "nobody defines '%s'", symbol->name);
    symbol->address = (uint64_t)(uintptr_t)address;
  }
  return true;
}

// ---- relocations --------------------------------------------------------------------------------------------------

typedef bool relocation_fn(struct hot_object_image *image, const struct hot_object_relocation *relocation);

static bool check_relocation(const struct hot_object_image *image, const struct hot_object_section *section,
                             const Elf64_Rela *elf, struct hot_object_relocation *out) {
  *out = (struct hot_object_relocation){(uint32_t)ELF64_R_TYPE(elf->r_info), (uint32_t)ELF64_R_SYM(elf->r_info),
                                        section->offset + elf->r_offset, elf->r_addend};
  unsigned bytes = hot_object_relocation_bytes(out->type);
  if (!bytes) return REFUSE(image, "relocation type %u in section %s is not known", out->type, section->name);
  if (!in_bounds(elf->r_offset, bytes, section->header->sh_size) || out->symbol >= image->symbol_count)
    return REFUSE(image, "a relocation of section %s is not in it", section->name);
  const struct hot_object_symbol *symbol = &image->symbols[out->symbol];
  if (symbol->section != SHN_UNDEF && symbol->section != SHN_ABS &&
      image->sections[symbol->section].offset == HOT_OBJECT_NOWHERE)
    return REFUSE(image, "section %s refers to section %s, which is not loaded", section->name,
                  image->sections[symbol->section].name);
  return true;
}

static bool each_relocation(struct hot_object_image *image, relocation_fn *fn) {
  for (uint32_t i = 0; i < image->section_count; i++) {
    const Elf64_Shdr *header = image->sections[i].header;
    if (header->sh_type != SHT_RELA || header->sh_info >= image->section_count) continue;
    const struct hot_object_section *section = &image->sections[header->sh_info];
    if (section->offset == HOT_OBJECT_NOWHERE) continue;
    for (uint64_t k = 0; k < header->sh_size / sizeof(Elf64_Rela); k++) {
      Elf64_Rela elf;
      memcpy(&elf, image->bytes + header->sh_offset + k * sizeof elf, sizeof elf);
      struct hot_object_relocation relocation;
      if (!check_relocation(image, section, &elf, &relocation) || !fn(image, &relocation)) return false;
    }
  }
  return true;
}

static bool reserve(struct hot_object_image *image, const struct hot_object_relocation *relocation) {
  hot_object_reserve(image, relocation);
  if (image->block_size <= 2 * BLOCK_BYTES_MAX) return true;
  return REFUSE(image, "it refers to too many names");
}

static bool relocate(struct hot_object_image *image, const struct hot_object_relocation *relocation) {
  return hot_object_relocate(image, relocation);
}

// ---- loading ------------------------------------------------------------------------------------------------------

static bool get_block(struct hot_object_image *image, struct emit_block *block) {
  if (!emit_alloc(image->memory, image->block_size + image->alignment - 16, block))
    return error_set(image->err, LOAM_ERR_MEMORY, "no room for %u bytes of compiled code", image->block_size), false;
  size_t skipped = -(uintptr_t)block->run & (image->alignment - 1);
  ASSERT(skipped + image->block_size <= block->size, "hot.I12: %u bytes of code begin at %zu of %zu", image->block_size,
         skipped, block->size);
  image->block = (struct emit_block){block->write + skipped, block->run + skipped, image->block_size};
  return true;
}

static void copy_sections(struct hot_object_image *image) {
  for (uint32_t i = 0; i < image->section_count; i++) {
    const struct hot_object_section *section = &image->sections[i];
    if (section->offset == HOT_OBJECT_NOWHERE) continue;
    ASSERT(section->offset + section->header->sh_size <= image->block_size,
           "hot.I12: section %s ends at %llu of %u bytes", section->name,
           (unsigned long long)(section->offset + section->header->sh_size), image->block_size);
    memcpy(image->block.write + section->offset, image->bytes + section->header->sh_offset, section->header->sh_size);
  }
  for (uint32_t i = 1; i < image->symbol_count; i++) {
    struct hot_object_symbol *symbol = &image->symbols[i];
    if (symbol->section == SHN_UNDEF || symbol->section == SHN_ABS) continue;
    symbol->address += (uint64_t)(uintptr_t)image->block.run + image->sections[symbol->section].offset;
  }
}

static bool is_function(const struct hot_object_image *image, uint32_t i) {
  const Elf64_Sym *symbol = &image->elf_symbols[i];
  return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
         image->sections[symbol->st_shndx].offset != HOT_OBJECT_NOWHERE;
}

// The functions, and behind them their names.
static bool list_functions(struct hot_object_image *image, struct hot_object *out) {
  size_t count = 0;
  for (uint32_t i = 0; i < image->symbol_count; i++) count += is_function(image, i);
  out->functions = mem_alloc(count * sizeof *out->functions + image->names_size);
  if (!out->functions) return error_set(image->err, LOAM_ERR_MEMORY, "no memory to load compiled code"), false;
  char *names = (char *)(out->functions + count);
  memcpy(names, image->names, image->names_size);
  for (uint32_t i = 0; i < image->symbol_count; i++) {
    if (!is_function(image, i)) continue;
    ASSERT(out->function_count < count, "function %u is listed in room for %zu", out->function_count, count);
    out->functions[out->function_count++] =
        (struct hot_function){names + image->elf_symbols[i].st_name, (const void *)(uintptr_t)image->symbols[i].address,
                              image->elf_symbols[i].st_size};
  }
  ASSERT(out->function_count == count, "%u of %zu functions are listed", out->function_count, count);
  return true;
}

static bool load(struct hot_object_image *image, const struct op_symbol *const *tables, size_t table_count,
                 struct hot_object *out) {
  const Elf64_Ehdr *header;
  if (!read_header(image, &header) || !read_sections(image, header) || !read_symbols(image)) return false;
  if (!lay_out_sections(image) || !resolve_names(image, tables, table_count)) return false;
  if (!each_relocation(image, reserve) || !get_block(image, &out->code)) return false;
  copy_sections(image);
  hot_object_fill_reserved(image);
  return each_relocation(image, relocate) && list_functions(image, out);
}

enum loam_err hot_object_load(struct emit_memory *memory, const void *bytes, size_t size,
                              const struct op_symbol *const *symbol_tables, size_t table_count, struct hot_object *out,
                              struct error *err) {
  struct error own = {0};
  struct hot_object_image image = {.bytes = bytes, .size = size, .memory = memory, .err = err ? err : &own};
  *out = (struct hot_object){0};
  bool loaded = load(&image, symbol_tables, table_count, out);
  if (!loaded) {
    emit_free(memory, &out->code);
    hot_object_fini(out);
    *out = (struct hot_object){0};
  }
  arena_fini(&image.arena);
  return loaded ? LOAM_OK : image.err->kind;
}

const struct hot_function *hot_object_function(const struct hot_object *object, const char *name) {
  for (uint32_t i = 0; i < object->function_count; i++)
    if (strcmp(object->functions[i].name, name) == 0) return &object->functions[i];
  return NULL;
}

void hot_object_fini(struct hot_object *object) {
  mem_free(object->functions);
  object->functions = NULL;
  object->function_count = 0;
}
