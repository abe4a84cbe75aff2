// SPDX-License-Identifier: MIT
//
// mitscript_print.h: an image as bytecode text, which reads back as the same image.
#ifndef MITSCRIPT_PRINT_H
#define MITSCRIPT_PRINT_H

#include "mitscript_image.h"

// Adds the whole image. Check out->failed.
void mitscript_print_image(const struct mit_image *image, struct text *out);

// Adds one function, with the functions inside it written as their same_body_id: what tells its body from others.
void mitscript_print_body(const struct mit_function *function, struct text *out);

#endif
