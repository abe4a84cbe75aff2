// SPDX-License-Identifier: MIT
//
// zam_intern.h: reading marshalled values.
#ifndef ZAM_INTERN_H
#define ZAM_INTERN_H

#include "zam_state.h"

#define ZAM_MARSHAL_HEADER_MAX 32 // bytes of the longer header
#define ZAM_MARSHAL_HEADER_MIN 20

// What stands before the data.
struct zam_marshal_header {
  size_t header_bytes, data_bytes, objects;
};

// Reads a header of at least ZAM_MARSHAL_HEADER_MIN bytes. False: not one, or it needs more bytes than there are.
bool zam_marshal_read_header(const char *bytes, size_t length, struct zam_marshal_header *header);

// Reads the value whose data begin behind the header. `bytes` are C memory that nothing changes meanwhile. THROWN with
// Failure when the data are malformed.
MAY_GC MAY_THROW enum loam_status zam_intern(struct mutator *th, const char *bytes,
                                             const struct zam_marshal_header *header, struct value *out);

// The roots of all readings at work.
void zam_intern_roots(struct zam_state *state, struct root_visitor *visit);

#endif
