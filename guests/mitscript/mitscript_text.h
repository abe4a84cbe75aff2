// SPDX-License-Identifier: MIT
//
// mitscript_text.h: bytecode text (.mitbc) to an image.
#ifndef MITSCRIPT_TEXT_H
#define MITSCRIPT_TEXT_H

#include "mitscript_image.h"

// Reads a whole program. Accepted beyond the course's grammar: fields may be missing, a comma may stand behind the last
// field, any word may be a variable's name, and alloc_closure may lack its operand. Whether indices and jumps make
// sense is not looked at. The caller gives `image` to mitscript_image_fini, also after an error; it doesn't need the
// source any more. LOAM_ERR_INPUT with place, source line and caret.
enum loam_err mitscript_text_read(const struct loam_source *source, struct mit_image *image, struct error *err);

// Does the text begin like bytecode: with the word `function` and a brace?
bool mitscript_text_recognise(const struct loam_source *source);

#endif
