// SPDX-License-Identifier: MIT
//
// hash.c: FNV-1a (Fowler, Noll, Vo), with a final mix because tables use the low bits.
#include "loam/rt.h"

uint32_t hash_bytes(const char *bytes, size_t length) {
  uint32_t hash = 2166136261u; // the offset basis and the prime are FNV's own for 32 bits
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
  hash ^= hash >> 15;
  return hash * 2654435769u >> 1 ^ hash;
}
