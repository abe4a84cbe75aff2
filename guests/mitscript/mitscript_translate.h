// SPDX-License-Identifier: MIT
//
// mitscript_translate.h: between source, bytecode text and images.
#ifndef MITSCRIPT_TRANSLATE_H
#define MITSCRIPT_TRANSLATE_H

#include "loam/guest.h"
#include "mitscript_image.h"

// Reads a program of either form: bytecode text, or source, which is compiled with `flags` (enum mit_compile_flag). The
// caller gives `image` to mitscript_image_fini, also after an error.
enum loam_err mitscript_image_read(const struct loam_source *source, unsigned flags, struct mit_image *image,
                                   struct error *err);

// Hooks of struct loam_guest.
enum loam_err mitscript_compile(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err);
enum loam_err mitscript_assemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err);
enum loam_err mitscript_disassemble(struct vm *vm, const struct loam_source *source, struct text *out,
                                    struct error *err);

#endif
