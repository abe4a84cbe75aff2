// SPDX-License-Identifier: MIT
//
// zam_library.h: the C libraries that a program names, where they are looked for, and their primitives.
#ifndef ZAM_LIBRARY_H
#define ZAM_LIBRARY_H

#include "zam_image.h"
#include "zam_state.h"

#define ZAM_STANDARD_LIBRARY "/usr/lib/ocaml" // as OCaml is configured
// Where the standard library is: the environment's OCAMLLIB or CAMLLIB, or that.
const char *zam_libraries_standard(void);

// The folders where libraries are looked for, in order, each name ended by a NUL. `given` has the first ones, between
// colons; it and `image` may be NULL.
void zam_libraries_folders(const char *given, const struct zam_image *image, struct text *folders);

// Opens the libraries of section DLLS. LOAM_ERR_INPUT with the library, the reason and the folders when one is missing.
enum loam_err zam_libraries_open(struct zam_state *state, const struct zam_image *image, struct error *err);
// Closes them and forgets what they registered.
void zam_libraries_close(struct zam_state *state);

// The primitive of that name in the libraries, the first one first; NULL when none has it, or memory is out.
const struct zam_prim *zam_library_find(struct zam_state *state, const char *name);
// Says where primitives were looked for, as in " (looked for in dllunix, dllcamlstr)"; nothing without libraries.
void zam_libraries_print(const struct zam_state *state, struct text *out);

// Under the name ocamlrun: ends the process with the message, as ocamlrun does. Else returns LOAM_ERR_INPUT with it.
enum loam_err zam_library_fatal(struct zam_state *state, struct error *err, const struct text *message);

#endif
