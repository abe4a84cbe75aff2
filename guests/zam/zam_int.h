// SPDX-License-Identifier: MIT
//
// zam_int.h: integers and their text, for all sizes.
#ifndef ZAM_INT_H
#define ZAM_INT_H

#include "zam_runtime.h"

// Reads a number of `bits` bits: a sign, 0x 0o 0b 0u, digits and underscores. What has a prefix may use all bits. False
// when the text is no such number.
bool zam_int_parse(struct value text, unsigned bits, int64_t *number);

// What a format shows of a number of `bits` bits: conversions without a sign show its bits.
int64_t zam_format_number(struct value format, int64_t number, unsigned bits);

// Prints a number by one of OCaml's format texts.
MAY_GC MAY_THROW enum loam_status zam_int_format(struct mutator *th, struct value format, int64_t number,
                                                 struct value *result);

#endif
