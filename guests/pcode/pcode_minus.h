// SPDX-License-Identifier: MIT
//
// pcode_minus.h: the compiler of Pascal-, Brinch Hansen's subset of Pascal (On Pascal Compilers, 1985), to the
// 39-instruction machine. It makes the code his compiler makes, word for word, and reports errors with his texts.
#ifndef PCODE_MINUS_H
#define PCODE_MINUS_H

#include "pcode_mvp.h"

// Compiles a program. When it has errors, they are written to standard error as lines "Line nnnn  TEXT", one for each
// line of the program that has any, and LOAM_ERR_INPUT is returned.
enum loam_err pcode_minus_compile(const struct loam_source *source, struct mvp_image *image, struct error *err);

#endif
