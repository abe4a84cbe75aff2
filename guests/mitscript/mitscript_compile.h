// SPDX-License-Identifier: MIT
//
// mitscript_compile.h: a syntax tree to an image, in the code shape of the course's reference compiler.
#ifndef MITSCRIPT_COMPILE_H
#define MITSCRIPT_COMPILE_H

#include "mitscript_ast.h"
#include "mitscript_image.h"

enum mit_compile_flag {
  MIT_COMPILE_BARE = 1, // don't begin with storing the natives into their globals: they are there, as at a prompt
};

// Resolves the program's names and compiles it. A program can be compiled once. The caller gives `image` to
// mitscript_image_fini, also after an error; the image doesn't need the program or the source any more. Fails only for
// want of memory.
enum loam_err mitscript_compile_program(struct mit_program *program, unsigned flags, struct mit_image *image,
                                        struct error *err);

#endif
