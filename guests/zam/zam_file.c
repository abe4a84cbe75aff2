// SPDX-License-Identifier: MIT
//
// zam_file.c: files and folders: what module Sys does with their names, and opening. A name with a zero byte is no name
// of a file.
#include "zam_channel.h"
#include "zam_prim.h"
#include "zam_thread.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// The error of errno about a path; `path` is copied before anything can move it.
static enum loam_status fail_path(struct mutator *th, struct value path, int number) {
  ASSERT(number > 0, "error %d is raised about a path: errno was lost", number);
  char *copy = mem_copy_text(zam_string_bytes(path), zam_string_length(path));
  if (!copy) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  enum loam_status status = zam_raise_sys(th, copy, number);
  mem_free(copy);
  return status;
}

// False, with the exception pending, when the string can't be a path.
static bool is_path(struct mutator *th, struct value path, enum loam_status *status) {
  bool good = strlen(zam_string_bytes(path)) == zam_string_length(path);
  if (!good) *status = fail_path(th, path, ENOENT);
  return good;
}

static enum loam_status outcome(struct mutator *th, struct value path, int failed, struct value *result) {
  *result = ZAM_UNIT;
  return failed ? fail_path(th, path, errno) : DONE;
}

static enum loam_status sys_open(struct mutator *th, struct value *args, struct value *result) {
  static const int flags[] = {O_RDONLY, O_WRONLY, O_APPEND | O_WRONLY, O_CREAT, O_TRUNC, O_EXCL, 0, 0, O_NONBLOCK};
  enum loam_status status;
  int how = O_CLOEXEC;
  if (!is_path(th, args[0], &status)) return status;
  for (struct value list = zam_arg(args, 1); zam_is_block(list); list = zam_fields(list)[1]) {
    int64_t flag = zam_to_int(zam_fields(list)[0]);
    if (flag >= 0 && flag < (int64_t)COUNT_OF(flags)) how |= flags[flag];
  }
  char *path = mem_copy_text(zam_string_bytes(args[0]), zam_string_length(args[0])); // the string may move
  if (!path) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  zam_blocking_enter(th);
  int fd = open(path, how, (mode_t)zam_arg_int(args, 2));
  zam_blocking_leave(th);
  mem_free(path);
  if (fd < 0) return fail_path(th, args[0], errno);
  return zam_return_int(result, fd);
}

static enum loam_status sys_close(struct mutator *th, struct value *args, struct value *result) {
  *result = ZAM_UNIT;
  return close((int)zam_arg_int(args, 0)) == 0 ? DONE : zam_raise_sys(th, NULL, errno);
}

static enum loam_status sys_file_exists(struct mutator *th, struct value *args, struct value *result) {
  struct stat about;
  const char *path = zam_string_bytes(args[0]);
  (void)th;
  return zam_return_bool(result, strlen(path) == zam_string_length(args[0]) && stat(path, &about) == 0);
}

static enum loam_status sys_is_directory(struct mutator *th, struct value *args, struct value *result) {
  struct stat about;
  enum loam_status status;
  if (!is_path(th, args[0], &status)) return status;
  if (stat(zam_string_bytes(args[0]), &about) != 0) return fail_path(th, args[0], errno);
  return zam_return_bool(result, S_ISDIR(about.st_mode));
}

static enum loam_status sys_remove(struct mutator *th, struct value *args, struct value *result) {
  enum loam_status status;
  if (!is_path(th, args[0], &status)) return status;
  return outcome(th, args[0], unlink(zam_string_bytes(args[0])), result);
}

static enum loam_status sys_rename(struct mutator *th, struct value *args, struct value *result) {
  enum loam_status status;
  if (!is_path(th, args[0], &status) || !is_path(th, zam_arg(args, 1), &status)) return status;
  return outcome(th, args[0], rename(zam_string_bytes(args[0]), zam_string_bytes(zam_arg(args, 1))), result);
}

static enum loam_status sys_chdir(struct mutator *th, struct value *args, struct value *result) {
  enum loam_status status;
  if (!is_path(th, args[0], &status)) return status;
  return outcome(th, args[0], chdir(zam_string_bytes(args[0])), result);
}

static enum loam_status sys_mkdir(struct mutator *th, struct value *args, struct value *result) {
  enum loam_status status;
  if (!is_path(th, args[0], &status)) return status;
  return outcome(th, args[0], mkdir(zam_string_bytes(args[0]), (mode_t)zam_arg_int(args, 1)), result);
}

static enum loam_status sys_rmdir(struct mutator *th, struct value *args, struct value *result) {
  enum loam_status status;
  if (!is_path(th, args[0], &status)) return status;
  return outcome(th, args[0], rmdir(zam_string_bytes(args[0])), result);
}

static enum loam_status sys_getcwd(struct mutator *th, struct value *args, struct value *result) {
  char path[4096];
  (void)args;
  if (!getcwd(path, sizeof path)) return zam_raise_sys(th, NULL, errno);
  return zam_make_string(th, path, strlen(path), result);
}

static enum loam_status sys_isatty(struct mutator *th, struct value *args, struct value *result) {
  (void)th;
  return zam_return_bool(result, isatty(zam_channel_of(args[0])->fd));
}

// The names in a folder, without . and .., one after the other with their zero bytes.
static bool read_names(const char *path, struct text *names, size_t *count) {
  DIR *folder = opendir(path);
  if (!folder) return false;
  for (struct dirent *entry; (errno = 0, entry = readdir(folder));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    text_add(names, entry->d_name, strlen(entry->d_name) + 1);
    ++*count;
  }
  int number = errno;
  ASSERT(names->failed || *count <= names->length, "%zu names in %zu bytes, of which each has a zero byte", *count,
         names->length);
  closedir(folder);
  errno = number;
  return number == 0;
}

static enum loam_status make_names(struct mutator *th, const struct text *names, size_t count, struct value *result) {
  struct value block = zam_atom(0), string;
  ROOTS(th, &block);
  if (names->failed) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  if (count) {
    struct ref object = zam_alloc(th, 0, count);
    if (!object.addr) return THROWN;
    block = value_from_ref(object);
    for (size_t i = 0; i < count; i++) zam_fields(block)[i] = ZAM_UNIT;
  }
  const char *at = names->bytes;
  for (size_t i = 0; i < count; i++, at += strlen(at) + 1) {
    if (zam_make_string(th, at, strlen(at), &string) != DONE) return THROWN;
    heap_store(th, value_to_ref(block), i, string);
  }
  ASSERT(!count || at == names->bytes + names->length, "%zu names end at byte %td of %zu", count, at - names->bytes,
         names->length);
  *result = block;
  return DONE;
}

static enum loam_status sys_read_directory(struct mutator *th, struct value *args, struct value *result) {
  enum loam_status status;
  struct text names = {0};
  size_t count = 0;
  if (!is_path(th, args[0], &status)) return status;
  status = read_names(zam_string_bytes(args[0]), &names, &count) ? make_names(th, &names, count, result)
                                                                 : fail_path(th, args[0], errno);
  text_fini(&names);
  return status;
}

const struct zam_prim zam_file_prims[] = {
    {"caml_sys_open", sys_open, 0, 0},
    {"caml_sys_close", sys_close, 0, 0},
    {"caml_sys_file_exists", sys_file_exists, 0, 0},
    {"caml_sys_is_directory", sys_is_directory, 0, 0},
    {"caml_sys_remove", sys_remove, 0, 0},
    {"caml_sys_rename", sys_rename, 0, 0},
    {"caml_sys_chdir", sys_chdir, 0, 0},
    {"caml_sys_mkdir", sys_mkdir, 0, 0},
    {"caml_sys_rmdir", sys_rmdir, 0, 0},
    {"caml_sys_getcwd", sys_getcwd, 0, 0},
    {"caml_sys_isatty", sys_isatty, 0, 0},
    {"caml_sys_read_directory", sys_read_directory, 0, 0},
    {NULL, NULL, 0, 0},
};
