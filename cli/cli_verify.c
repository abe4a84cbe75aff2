// SPDX-License-Identifier: MIT
//
// cli_verify.c: loam verify FILE: loads and verifies without running.
#include "cli.h"

int cli_verify(const struct cli_line *line) {
  struct cli_program program = {0};
  struct vm *vm = NULL;
  struct error err = {0};
  int status = cli_program_read(&program, line);
  if (status == 0) {
    enum loam_err kind = vm_open(program.guest, &program.config, &vm, &err);
    if (kind == LOAM_OK) kind = vm_verify(vm, &program.file.source, &err);
    if (kind != LOAM_OK) status = vm_command_fail(&err);
  }
  vm_close(vm);
  if (status == 0) {
    struct text text = {0};
    text_printf(&text, "%s: a good program for %s\n", program.file.source.name, program.guest->name);
    status = cli_print(&text);
  }
  cli_program_fini(&program);
  return status;
}
