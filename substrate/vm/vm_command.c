// SPDX-License-Identifier: MIT
//
// vm_command.c: whole command lines, for `loam` and for the commands that a guest brings along: options from the
// environment and from the command line, a file, a VM, messages, an exit status.
#include "vm/vm.h"

#include "base/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum loam_err vm_config_read(struct vm_config *config, struct arena *arena, const struct loam_guest *guest,
                             const char *const *options, struct error *err) {
  ASSERT(config && arena && guest, "options are read for no guest, or to nowhere");
  option_config_init(config);
  const char *environment = getenv("LOAM_OPTIONS");
  if (environment) {
    struct error why = {0};
    enum loam_err kind = option_parse_text(config, arena, environment, guest->options, &why);
    if (kind != LOAM_OK) return error_set(err, kind, "LOAM_OPTIONS: %s", why.text);
  }
  for (; options && *options; options++) {
    enum loam_err kind = option_parse(config, *options, guest->options, err);
    if (kind != LOAM_OK) return kind;
  }
  return LOAM_OK;
}

int vm_command_fail(const struct error *err) {
  ASSERT(err->kind != LOAM_OK && *err->text, "a command fails, and nobody said why");
  fprintf(stderr, "loam: %s%s\n", err->kind == LOAM_ERR_LIMIT ? "limit: " : "", err->text);
  return vm_status_of(err->kind);
}

// A program that is done neither waits for code that nobody needs nor gives memory back piece by piece: the process
// ends, and with it the thread that compiles. What has to be written is written before. Who looks for leaks wants a
// regular end.
static void leave(struct vm *vm, int status) {
  fflush(NULL);
#if __has_feature(address_sanitizer)
  if (!vm_compile_abandon(vm)) return;
#else
  (void)vm;
#endif
  _exit(status);
}

static int run(const struct loam_guest *guest, const struct vm_config *config, const struct vm_file *file, int argc,
               char **argv, bool may_leave) {
  struct error err = {0};
  struct vm *vm;
  if (vm_open(guest, config, &vm, &err) != LOAM_OK) return vm_command_fail(&err);
  int status = vm_run_file(vm, file, argc, argv, &err);
  if (err.kind != LOAM_OK) {
    vm_command_fail(&err);
    if (err.kind == LOAM_ERR_LIMIT) fputs(backtrace_last(vm_main_mutator(vm)), stderr);
  }
  if (may_leave) leave(vm, status);
  vm_close(vm);
  return status;
}

int vm_command_run(const struct loam_guest *guest, const struct vm_config *config, const struct vm_file *file, int argc,
                   char **argv) {
  return run(guest, config, file, argc, argv, true);
}

// A command's work on an open VM and a source in memory.
typedef enum loam_err command_fn(struct vm *vm, const struct loam_source *source, const char *out_path,
                                 struct error *err);

static int on_file(const struct loam_guest *guest, const char *path, const char *out_path, const char *const *options,
                   command_fn *command) {
  struct arena arena = {0};
  struct vm_config config;
  struct vm_file file = {0};
  struct vm *vm = NULL;
  struct error err = {0};
  enum loam_err kind = vm_config_read(&config, &arena, guest, options, &err);
  if (kind == LOAM_OK) kind = vm_file_read(path, &file, &err);
  if (kind == LOAM_OK) kind = vm_open(guest, &config, &vm, &err);
  if (kind == LOAM_OK) kind = command(vm, &file.source, out_path, &err);
  int status = kind == LOAM_OK ? 0 : vm_command_fail(&err);
  vm_close(vm);
  vm_file_fini(&file);
  arena_fini(&arena);
  return status;
}

static enum loam_err compile_file(struct vm *vm, const struct loam_source *source, const char *out_path,
                                  struct error *err) {
  struct text out = {0};
  enum loam_err kind = vm_translate(vm, VM_COMPILE, source, &out, err);
  if (kind == LOAM_OK) kind = vm_file_write(out_path, &out, err);
  text_fini(&out);
  return kind;
}

static enum loam_err verify_file(struct vm *vm, const struct loam_source *source, const char *out_path,
                                 struct error *err) {
  (void)out_path;
  return vm_verify(vm, source, err);
}

int loam_compile_file(const struct loam_guest *guest, const char *path, const char *out_path,
                      const char *const *options) {
  return on_file(guest, path, out_path, options, compile_file);
}

int loam_verify_file(const struct loam_guest *guest, const char *path, const char *const *options) {
  return on_file(guest, path, NULL, options, verify_file);
}

int loam_run_file(const struct loam_guest *guest, const char *path, const char *const *options, int argc, char **argv) {
  struct arena arena = {0};
  struct vm_config config;
  struct vm_file file = {0};
  struct error err = {0};
  enum loam_err kind = vm_config_read(&config, &arena, guest, options, &err);
  if (kind == LOAM_OK) kind = vm_file_read(path, &file, &err);
  int status = kind == LOAM_OK ? run(guest, &config, &file, argc, argv, false) : vm_command_fail(&err);
  vm_file_fini(&file);
  arena_fini(&arena);
  return status;
}

int guest_tool_run(const struct loam_guest *guest, const char *path, guest_tool_check_fn *check,
                   const char *const *options, int argc, char **argv, struct error *err) {
  struct arena arena = {0};
  struct vm_config config;
  struct vm_file file = {0};
  int status = -1;
  enum loam_err kind = vm_file_read(path, &file, err);
  vm_file_guard(&file);
  if (kind == LOAM_OK) kind = check(&file.source, err);
  if (kind == LOAM_OK) {
    kind = vm_config_read(&config, &arena, guest, options, err);
    status = kind == LOAM_OK ? run(guest, &config, &file, argc, argv, true) : vm_command_fail(err);
  }
  vm_file_fini(&file);
  arena_fini(&arena);
  return status;
}
