// SPDX-License-Identifier: MIT
//
// filetest_bytes.c: growing byte strings and whole files for the test tools. See filetest_bytes.h for why these tools
// don't use the substrate's own.
#include "filetest_bytes.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *bytes_tool_name = "filetest";

void bytes_die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fflush(stdout);
  fprintf(stderr, "%s: ", bytes_tool_name);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(2);
}

void *bytes_need(size_t count, size_t size) {
  void *block = calloc(count ? count : 1, size ? size : 1);
  if (!block) bytes_die("out of memory");
  return block;
}

void *bytes_need_more(void *block, size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) bytes_die("out of memory");
  void *larger = realloc(block, count * size ? count * size : 1);
  if (!larger) bytes_die("out of memory");
  return larger;
}

char *bytes_copy(const char *text, size_t length) {
  char *copy = bytes_need(length + 1, 1);
  memcpy(copy, text, length);
  return copy;
}

void bytes_add(struct bytes *bytes, const char *data, size_t length) {
  if (bytes->length + length + 1 > bytes->capacity) {
    bytes->capacity = (bytes->length + length + 1) * 2;
    bytes->data = bytes_need_more(bytes->data, bytes->capacity, 1);
  }
  if (length) memcpy(bytes->data + bytes->length, data, length);
  bytes->length += length;
  bytes->data[bytes->length] = '\0';
}

void bytes_add_text(struct bytes *bytes, const char *text) { bytes_add(bytes, text, strlen(text)); }

void bytes_printf(struct bytes *bytes, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (length < 0) bytes_die("can't format '%s'", format);
  char *text = bytes_need((size_t)length + 1, 1);
  vsnprintf(text, (size_t)length + 1, format, again);
  va_end(again);
  bytes_add(bytes, text, (size_t)length);
  free(text);
}

void bytes_fini(struct bytes *bytes) {
  free(bytes->data);
  *bytes = (struct bytes){0};
}

bool bytes_read_file(struct bytes *bytes, const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  char part[1 << 14];
  size_t got;
  while ((got = fread(part, 1, sizeof part, file)) > 0) bytes_add(bytes, part, got);
  bool good = !ferror(file);
  fclose(file);
  bytes_add(bytes, "", 0); // so that an empty file has a terminated `data` too
  return good;
}

bool bytes_write_file(const char *path, const char *data, size_t length) {
  FILE *file = fopen(path, "wb");
  if (!file) return false;
  bool good = fwrite(data, 1, length, file) == length;
  return fclose(file) == 0 && good;
}
