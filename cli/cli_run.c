// SPDX-License-Identifier: MIT
//
// cli_run.c: loam run FILE [ARGS]: the program in the file, in its own language.
#include "cli.h"

int cli_run(const struct cli_line *line) {
  struct cli_program program = {0};
  int status = cli_program_read(&program, line);
  if (status == 0)
    status = vm_command_run(program.guest, &program.config, &program.file, line->operand_count, line->operands);
  cli_program_fini(&program);
  return status;
}
