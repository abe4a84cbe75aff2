// SPDX-License-Identifier: MIT
//
// cli_asm.c: loam asm FILE [-o OUT]: a listing to bytecode, on standard output without -o.
#include "cli.h"

int cli_asm(const struct cli_line *line) { return cli_translate(line, VM_ASSEMBLE); }
