// SPDX-License-Identifier: MIT
//
// zam_image.h: a bytecode executable in memory and its sections. Nothing in the file is aligned; a section is a range
// of the bytes. See zam_image.c for the format.
#ifndef ZAM_IMAGE_H
#define ZAM_IMAGE_H

#include "loam/guest.h"

#define ZAM_MAGIC "Caml1999X030"
#define ZAM_TRAILER_BYTES 16 // the magic number is its end

// A part of the file; `bytes` is NULL when there is none of that name.
struct zam_section {
  const char *bytes;
  size_t length;
};

struct zam_image {
  const struct loam_source *source;
  struct zam_section code, prim, data, dlls, dlpt, symb, crcs, dbug;
};

// True when the bytes end with the trailer of a bytecode executable of this version.
bool zam_image_recognise(const struct loam_source *source);

// Finds the sections. LOAM_ERR_INPUT when the file is no bytecode executable, or one of another version, when its table
// of sections doesn't fit, or CODE, PRIM or DATA is missing.
enum loam_err zam_image_read(const struct loam_source *source, struct zam_image *image, struct error *err);

// The next of a section's NUL-terminated names at *at, which is moved behind it; NULL at the end.
const char *zam_section_name(const struct zam_section *section, size_t *at);

#endif
