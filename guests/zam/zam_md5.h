// SPDX-License-Identifier: MIT
//
// zam_md5.h: MD5, as RFC 1321 defines it.
#ifndef ZAM_MD5_H
#define ZAM_MD5_H

#include <stddef.h>
#include <stdint.h>

struct zam_md5 {
  uint32_t state[4];
  uint64_t length; // bytes so far
  uint8_t block[64];
};

void zam_md5_init(struct zam_md5 *md5);
void zam_md5_add(struct zam_md5 *md5, const void *bytes, size_t length);
void zam_md5_finish(struct zam_md5 *md5, uint8_t digest[16]);

#endif
