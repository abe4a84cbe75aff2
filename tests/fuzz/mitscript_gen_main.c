// SPDX-License-Identifier: MIT
//
// mitscript_gen_main.c: prints the random program of a seed.
//
//   mitscript_gen SEED [--size N] [--rounds N] [--function-equality]
#include "mitscript_gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  bytes_tool_name = "mitscript_gen";
  struct gen_options options = {0};
  const char *seed = NULL;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--function-equality") == 0)
      options.function_equality = true;
    else if (strcmp(argv[i], "--size") == 0 && i + 1 < argc)
      options.size = (unsigned)strtoul(argv[++i], NULL, 10);
    else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
      options.rounds = (unsigned)strtoul(argv[++i], NULL, 10);
    else if (!seed && argv[i][0] != '-')
      seed = argv[i];
    else
      bytes_die("usage: mitscript_gen SEED [--size N] [--rounds N] [--function-equality]");
  }
  if (!seed) bytes_die("usage: mitscript_gen SEED [--size N] [--rounds N] [--function-equality]");
  struct bytes program = {0};
  gen_program(strtoull(seed, NULL, 0), &options, &program);
  bool good = fwrite(program.data, 1, program.length, stdout) == program.length && fflush(stdout) == 0;
  bytes_fini(&program);
  return good ? 0 : 1;
}
