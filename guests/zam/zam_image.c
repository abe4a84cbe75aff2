// SPDX-License-Identifier: MIT
//
// zam_image.c: the container of bytecode executables, read from its end:
//
//     anything | section data ... | 8 bytes for each section: name, length | number of sections, "Caml1999X030"
//
// Numbers are 32 bits, big-endian. A section's place is counted back from the table by the lengths of those behind it.
// What stands before the first section (a #! line, a whole native program) is nobody's business. When a name occurs
// twice, the last one counts.
#include "zam_image.h"

#include <string.h>

#define ENTRY_BYTES 8
#define MAGIC_BYTES 12
#define MAGIC_PREFIX "Caml1999X" // of any version

static uint32_t read_be32(const char *at) {
  const uint8_t *bytes = (const uint8_t *)at;
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static const char *magic_of(const struct loam_source *source) {
  return source->length < ZAM_TRAILER_BYTES ? NULL : source->bytes + source->length - MAGIC_BYTES;
}

bool zam_image_recognise(const struct loam_source *source) {
  const char *magic = magic_of(source);
  return magic && memcmp(magic, MAGIC_PREFIX, strlen(MAGIC_PREFIX)) == 0;
}

static struct zam_section *section_named(struct zam_image *image, const char *name) {
  const struct {
    const char *name;
    struct zam_section *section;
  } names[] = {{"CODE", &image->code}, {"PRIM", &image->prim}, {"DATA", &image->data}, {"DLLS", &image->dlls},
               {"DLPT", &image->dlpt}, {"SYMB", &image->symb}, {"CRCS", &image->crcs}, {"DBUG", &image->dbug}};
  for (size_t i = 0; i < COUNT_OF(names); i++)
    if (memcmp(names[i].name, name, 4) == 0) return names[i].section;
  return NULL;
}

static enum loam_err check_magic(const struct loam_source *source, struct error *err) {
  const char *magic = magic_of(source);
  if (!zam_image_recognise(source))
    return error_set(err, LOAM_ERR_INPUT, "the file '%s' is not a bytecode executable file", source->name);
  if (memcmp(magic, ZAM_MAGIC, MAGIC_BYTES) == 0) return LOAM_OK;
  return error_set(err, LOAM_ERR_INPUT, "the file '%s' has not the right magic number: expected %s, got %.12s",
                   source->name, ZAM_MAGIC, magic);
}

static enum loam_err read_table(const struct loam_source *source, struct zam_image *image, struct error *err) {
  size_t end = source->length - ZAM_TRAILER_BYTES;
  uint32_t count = read_be32(source->bytes + end);
  if (count > end / ENTRY_BYTES)
    return error_set(err, LOAM_ERR_INPUT, "%s: expected at most %zu sections, found %u", source->name,
                     end / ENTRY_BYTES, count);
  const char *table = source->bytes + end - (size_t)count * ENTRY_BYTES;
  ASSERT(table >= source->bytes && end < source->length, "a table of %u sections ends at byte %zu of %zu", count, end,
         source->length);
  size_t at = (size_t)(table - source->bytes);
  for (uint32_t i = count; i-- > 0;) {
    const char *entry = table + (size_t)i * ENTRY_BYTES;
    uint32_t length = read_be32(entry + 4);
    if (length > at)
      return error_set(err, LOAM_ERR_INPUT, "%s, section %.4s: expected at most %zu bytes, found a length of %u",
                       source->name, entry, at, length);
    at -= length;
    struct zam_section *section = section_named(image, entry);
    if (section && !section->bytes) *section = (struct zam_section){source->bytes + at, length};
  }
  return LOAM_OK;
}

enum loam_err zam_image_read(const struct loam_source *source, struct zam_image *image, struct error *err) {
  *image = (struct zam_image){.source = source};
  enum loam_err kind = check_magic(source, err);
  if (kind == LOAM_OK) kind = read_table(source, image, err);
  if (kind != LOAM_OK) return kind;
  const struct zam_section *needed[] = {&image->code, &image->prim, &image->data};
  static const char *const names[] = {"CODE", "PRIM", "DATA"};
  for (size_t i = 0; i < COUNT_OF(needed); i++)
    if (!needed[i]->bytes)
      return error_set(err, LOAM_ERR_INPUT, "%s: expected a section %s, found none", source->name, names[i]);
  ASSERT((size_t)(image->code.bytes - source->bytes) < source->length &&
             image->code.length <= source->length - (size_t)(image->code.bytes - source->bytes),
         "section CODE of %zu bytes begins at byte %td of %zu", image->code.length, image->code.bytes - source->bytes,
         source->length);
  if (image->code.length % 4 || !image->code.length)
    return error_set(err, LOAM_ERR_INPUT, "%s, section CODE: expected 4-byte words, found %zu bytes", source->name,
                     image->code.length);
  return LOAM_OK;
}

const char *zam_section_name(const struct zam_section *section, size_t *at) {
  if (*at >= section->length) return NULL;
  const char *name = section->bytes + *at, *end = memchr(name, 0, section->length - *at);
  if (!end) return NULL; // the last name isn't ended
  *at += (size_t)(end - name) + 1;
  ASSERT(*at <= section->length, "a name ends at byte %zu of a section of %zu", *at, section->length);
  return name;
}
