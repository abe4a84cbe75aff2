// SPDX-License-Identifier: MIT
//
// cli_dis.c: loam dis FILE [-o OUT]: bytecode, or source, to a listing, on standard output without -o.
#include "cli.h"

int cli_dis(const struct cli_line *line) { return cli_translate(line, VM_DISASSEMBLE); }
