// SPDX-License-Identifier: MIT
//
// zam_hash.h: the steps that polymorphic hashing is made of, for the hash functions of custom blocks.
#ifndef ZAM_HASH_H
#define ZAM_HASH_H

#include "zam_value.h"

uint32_t zam_hash_mix(uint32_t hash, uint32_t word);
// A word; the same hash for what fits in 32 bits as on a machine of 32.
uint32_t zam_hash_mix_word(uint32_t hash, uint64_t word);
// The bits of a floating-point number.
uint32_t zam_hash_mix_float(uint32_t hash, uint64_t bits);
uint32_t zam_hash_mix_string(uint32_t hash, struct value v);

#endif
