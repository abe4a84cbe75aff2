// SPDX-License-Identifier: MIT
//
// filetest_bytes.h: a growing byte string and whole-file reading and writing, for the test tools.
//
// The test tools are programs of their own: they don't link the substrate, because a test runner that shares an
// allocator or a text buffer with what it tests would fail together with it. When memory is out they end with a
// message and status 2; nothing here returns an error for it.
#ifndef FILETEST_BYTES_H
#define FILETEST_BYTES_H

#include <stdbool.h>
#include <stddef.h>

// Zero-initialise. `data` is NUL-terminated when it isn't NULL; bytes_fini frees it.
struct bytes {
  char *data;
  size_t length, capacity;
};

void bytes_add(struct bytes *bytes, const char *data, size_t length);
void bytes_add_text(struct bytes *bytes, const char *text);
void bytes_printf(struct bytes *bytes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bytes_fini(struct bytes *bytes);

// Appends the content of a file. False when it can't be read; `bytes` then holds what could be read.
bool bytes_read_file(struct bytes *bytes, const char *path);
// Writes a whole file. False when that failed.
bool bytes_write_file(const char *path, const char *data, size_t length);

// malloc and friends that end the tool when memory is out. The caller owns the block and frees it with free().
void *bytes_need(size_t count, size_t size);
void *bytes_need_more(void *block, size_t count, size_t size);
char *bytes_copy(const char *text, size_t length);

// Prints "TOOL: MESSAGE" on standard error and ends with status 2. `tool` is set once by main.
[[noreturn]] void bytes_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern const char *bytes_tool_name;

#endif
