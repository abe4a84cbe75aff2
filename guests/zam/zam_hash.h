// SPDX-License-Identifier: MIT
//
// zam_hash.h: the steps of hashing, for custom blocks that hash what they hold.
#ifndef ZAM_HASH_H
#define ZAM_HASH_H

#include "zam_value.h"

uint32_t zam_hash_mix(uint32_t hash, uint32_t word);
// A word; the same hash for what fits in 32 bits as on a machine of 32.
uint32_t zam_hash_mix_word(uint32_t hash, uint64_t word);
// The bits of floats: all nans are one, and both zeros.
uint32_t zam_hash_mix_float(uint32_t hash, uint64_t bits);
uint32_t zam_hash_mix_float32(uint32_t hash, uint32_t bits);
uint32_t zam_hash_mix_string(uint32_t hash, struct value v);

#endif
