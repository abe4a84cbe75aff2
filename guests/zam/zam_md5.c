// SPDX-License-Identifier: MIT
//
// zam_md5.c: MD5, as RFC 1321 defines it, and Digest.string.
#include "zam_md5.h"

#include "zam_prim.h"

static const uint32_t sines[64] = { // floor(2^32 * abs(sin(i + 1)))
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t rotate(uint32_t x, unsigned bits) { return x << bits | x >> (32 - bits); }

// One of the 64 steps: which function, and which word of the block, depends on the round.
static uint32_t mix(unsigned step, uint32_t b, uint32_t c, uint32_t d, unsigned *word) {
  switch (step / 16) {
  case 0: return *word = step, d ^ (b & (c ^ d));
  case 1: return *word = (5 * step + 1) % 16, (d & b) + (~d & c); // no bit is in both
  case 2: return *word = (3 * step + 5) % 16, b ^ c ^ d;
  default: return *word = 7 * step % 16, c ^ (b | ~d);
  }
}

static void add_block(struct zam_md5 *md5, const uint8_t *block) {
  uint32_t words[16], a = md5->state[0], b = md5->state[1], c = md5->state[2], d = md5->state[3];
  memcpy(words, block, sizeof words); // little-endian, as the host
#pragma clang loop unroll(full)
  for (unsigned step = 0; step < 64; step++) {
    unsigned word;
    uint32_t f = mix(step, b, c, d, &word), early = a + sines[step] + words[word];
    __asm__("" : "+r"(early)); // or the compiler adds its parts to `f`, one by one, for which the next step waits
    f += early;
    a = d;
    d = c;
    c = b;
    b += rotate(f, shifts[step / 16][step % 4]);
  }
  md5->state[0] += a;
  md5->state[1] += b;
  md5->state[2] += c;
  md5->state[3] += d;
}

void zam_md5_init(struct zam_md5 *md5) {
  *md5 = (struct zam_md5){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

void zam_md5_add(struct zam_md5 *md5, const void *bytes, size_t length) {
  const uint8_t *at = bytes;
  size_t used = md5->length % 64;
  md5->length += length;
  if (used) {
    size_t part = length < 64 - used ? length : 64 - used;
    memcpy(md5->block + used, at, part);
    if (used + part < 64) return;
    add_block(md5, md5->block);
    at += part;
    length -= part;
  }
  for (; length >= 64; at += 64, length -= 64) add_block(md5, at);
  ASSERT(length == md5->length % 64, "%zu bytes are kept of a message of %llu", length,
         (unsigned long long)md5->length);
  memcpy(md5->block, at, length);
}

void zam_md5_finish(struct zam_md5 *md5, uint8_t digest[16]) {
  static const uint8_t padding[64] = {0x80};
  uint64_t bits = md5->length * 8;
  zam_md5_add(md5, padding, 1 + (119 - md5->length % 64) % 64);
  zam_md5_add(md5, &bits, sizeof bits);
  ASSERT(md5->length % 64 == 0, "a message padded to %llu bytes", (unsigned long long)md5->length);
  memcpy(digest, md5->state, 16);
}

static enum loam_status md5_string(struct mutator *th, struct value *args, struct value *result) {
  struct zam_md5 md5;
  char digest[16];
  zam_md5_init(&md5);
  zam_md5_add(&md5, zam_string_bytes(args[0]) + zam_arg_int(args, 1), (size_t)zam_arg_int(args, 2));
  zam_md5_finish(&md5, (uint8_t *)digest);
  return zam_make_string(th, digest, sizeof digest, result);
}

const struct zam_prim zam_md5_prims[] = {{"caml_md5_string", md5_string, 0, 0}, {NULL, NULL, 0, 0}};
