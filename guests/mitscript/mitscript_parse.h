// SPDX-License-Identifier: MIT
//
// mitscript_parse.h: MITScript source to a syntax tree.
//
// The grammar is the course's up to 2024 with what 2025 added: repeated `!` and unary `-`, chains of comparisons, and
// any expression in parentheses.
#ifndef MITSCRIPT_PARSE_H
#define MITSCRIPT_PARSE_H

#include "mitscript_ast.h"

// Parses a whole program. The caller gives `program` to mitscript_parse_fini, also after an error. The source must
// outlive it. LOAM_ERR_INPUT with place, source line and caret when it is not one.
enum loam_err mitscript_parse_program(struct mit_program *program, const struct loam_source *source, struct error *err);

// Parses one expression, for a prompt: the program made returns its value.
enum loam_err mitscript_parse_expression(struct mit_program *program, const struct loam_source *source,
                                         struct error *err);

// Is the source good so far, but neither a program nor an expression before more lines follow?
bool mitscript_parse_is_incomplete(const struct loam_source *source);

void mitscript_parse_fini(struct mit_program *program);

#endif
