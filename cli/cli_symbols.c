// SPDX-License-Identifier: MIT
//
// cli_symbols.c: the symbol table of the program's own file.
//
// The system maps only the symbols that libraries may ask for, and the interpreter's handlers are none of these. So the
// file is mapped again, as a whole. Nothing is cached: who asks, asks a few hundred times and ends.
#include "cli_symbols.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// The program itself is the first that is told.
static int take_bias(struct dl_phdr_info *info, size_t size, void *bias) {
  (void)size;
  *(uintptr_t *)bias = info->dlpi_addr;
  return 1;
}

static void map_file(struct cli_symbols *symbols) {
  int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0) {
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes != MAP_FAILED) {
      symbols->bytes = bytes;
      symbols->size = (size_t)status.st_size;
    }
  }
  if (fd >= 0) close(fd);
}

static bool is_inside(const struct cli_symbols *symbols, uint64_t offset, uint64_t size) {
  return offset <= symbols->size && size <= symbols->size - offset;
}

static void find_table(struct cli_symbols *symbols) {
  const Elf64_Ehdr *header = (const void *)symbols->bytes;
  if (symbols->size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return;
  if (!is_inside(symbols, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr))) return;
  const Elf64_Shdr *sections = (const void *)(symbols->bytes + header->e_shoff);
  for (unsigned i = 0; i < header->e_shnum; i++) {
    if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= header->e_shnum) continue;
    const Elf64_Shdr *names = &sections[sections[i].sh_link];
    if (!is_inside(symbols, sections[i].sh_offset, sections[i].sh_size) ||
        !is_inside(symbols, names->sh_offset, names->sh_size))
      continue;
    symbols->symbols = (const void *)(symbols->bytes + sections[i].sh_offset);
    symbols->symbol_count = sections[i].sh_size / sizeof(Elf64_Sym);
    symbols->names = symbols->bytes + names->sh_offset;
    symbols->names_size = names->sh_size;
  }
}

void cli_symbols_init(struct cli_symbols *symbols) {
  *symbols = (struct cli_symbols){0};
  dl_iterate_phdr(take_bias, &symbols->bias);
  map_file(symbols);
  if (symbols->bytes) find_table(symbols);
}

void cli_symbols_fini(struct cli_symbols *symbols) {
  if (symbols->bytes) munmap(symbols->bytes, symbols->size);
  *symbols = (struct cli_symbols){0};
}

const char *cli_symbols_find(const struct cli_symbols *symbols, uintptr_t address, size_t *size) {
  for (size_t i = 0; i < symbols->symbol_count; i++) {
    const Elf64_Sym *symbol = &symbols->symbols[i];
    if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF) continue;
    if (symbol->st_value + symbols->bias != address || symbol->st_name >= symbols->names_size) continue;
    *size = symbol->st_size;
    return symbols->names + symbol->st_name;
  }
  return NULL;
}
