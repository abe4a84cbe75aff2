// SPDX-License-Identifier: MIT
//
// pascal_gen_main.c: prints the random program of a seed.
//
//   pascal_gen SEED [--rounds N] [--mistakes N] [--plain-sets]
#include "pascal_gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  bytes_tool_name = "pascal_gen";
  struct pas_options options = {0};
  const char *seed = NULL;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--plain-sets") == 0)
      options.plain_sets = true;
    else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
      options.rounds = (unsigned)strtoul(argv[++i], NULL, 10);
    else if (strcmp(argv[i], "--mistakes") == 0 && i + 1 < argc)
      options.mistakes = (unsigned)strtoul(argv[++i], NULL, 10);
    else if (!seed && argv[i][0] != '-')
      seed = argv[i];
    else
      bytes_die("usage: pascal_gen SEED [--rounds N] [--mistakes N] [--plain-sets]");
  }
  if (!seed) bytes_die("usage: pascal_gen SEED [--rounds N] [--mistakes N] [--plain-sets]");
  struct bytes program = {0};
  pas_program(strtoull(seed, NULL, 0), &options, &program);
  bool good = fwrite(program.data, 1, program.length, stdout) == program.length && fflush(stdout) == 0;
  bytes_fini(&program);
  return good ? 0 : 1;
}
