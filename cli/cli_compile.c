// SPDX-License-Identifier: MIT
//
// cli_compile.c: loam compile FILE [-o OUT]: source to the guest's bytecode, on standard output without -o.
#include "cli.h"

int cli_compile(const struct cli_line *line) { return cli_translate(line, VM_COMPILE); }
