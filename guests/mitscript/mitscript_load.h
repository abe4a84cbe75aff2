// SPDX-License-Identifier: MIT
//
// mitscript_load.h: images to methods.
#ifndef MITSCRIPT_LOAD_H
#define MITSCRIPT_LOAD_H

#include "mitscript_image.h"
#include "mitscript_runtime.h"

// Lowers, verifies and loads every function of an image. `main` is its outermost one. LOAM_ERR_INPUT when the bytecode
// is not acceptable: *exception says which exception of the language that is.
enum loam_err mitscript_load_image(struct vm *vm, const struct mit_image *image, const char *source_name,
                                   struct method **main_method, enum mit_exception *exception, struct error *err);

#endif
