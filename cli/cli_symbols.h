// SPDX-License-Identifier: MIT
//
// cli_symbols.h: the names and sizes of the functions in this program.
#ifndef LOAM_CLI_CLI_SYMBOLS_H
#define LOAM_CLI_CLI_SYMBOLS_H

#include "loam/rt.h"

#include <elf.h>

struct cli_symbols {
  char *bytes; // the program's file; NULL: it could not be read
  size_t size;
  const Elf64_Sym *symbols; // in `bytes`
  size_t symbol_count;      // 0 in a stripped program
  const char *names;
  size_t names_size;
  uintptr_t bias; // what the system added to the file's addresses
};

// A program without a symbol table, or that can't be read, has no symbols.
void cli_symbols_init(struct cli_symbols *symbols);
void cli_symbols_fini(struct cli_symbols *symbols);
// The function that starts at the address: its name, and its size. NULL when it is not known.
const char *cli_symbols_find(const struct cli_symbols *symbols, uintptr_t address, size_t *size);

#endif
