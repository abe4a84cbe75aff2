// SPDX-License-Identifier: MIT
//
// opgen_main.c: opgen MODE OUTPUT [--tests DIR] CORE.ops GUEST.ops...
//
// MODE is header, table, interp, stencils or bitcode: which of the generated files to write.
#include "opgen.h"

#include <string.h>

int main(int argc, char **argv) {
  if (argc < 4) {
    fputs("usage: opgen header|table|interp|stencils|bitcode OUTPUT [--tests DIR] FILE.ops...\n", stderr);
    return 2;
  }
  static struct table table;
  const char *tests = NULL;
  for (int i = 3; i < argc; i++) {
    if (strcmp(argv[i], "--tests") == 0 && i + 1 < argc)
      tests = argv[++i];
    else
      parse_file(&table, argv[i], tests);
  }
  if (!table.guest) fail(argv[argc - 1], 1, NULL, "no guest is named; write 'guest NAME' first");
  resolve_fusions(&table);
  layout_table(&table);
  FILE *out = fopen(argv[2], "w");
  if (!out) fail(argv[2], 0, NULL, "can't be written; write the name of a file in a folder that exists");
  if (strcmp(argv[1], "header") == 0)
    write_header(out, &table);
  else if (strcmp(argv[1], "table") == 0)
    write_table(out, &table);
  else if (strcmp(argv[1], "interp") == 0)
    write_interpreter(out, &table);
  else if (strcmp(argv[1], "stencils") == 0)
    write_stencils(out, &table);
  else if (strcmp(argv[1], "bitcode") == 0)
    write_bitcode(out, &table);
  else
    fail(argv[1], 0, NULL, "unknown mode; write header, table, interp, stencils or bitcode");
  return fclose(out) == 0 ? 0 : 1;
}
