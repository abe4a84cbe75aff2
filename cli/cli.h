// SPDX-License-Identifier: MIT
//
// cli.h: what loam's commands share: the command line taken apart, the program it names, and the table of commands.
#ifndef LOAM_CLI_CLI_H
#define LOAM_CLI_CLI_H

#include "loam/guest.h"
#include "loam/loam.h"
#include "vm/vm.h"

#define CLI_OPTIONS_MAX 64

// A command line: options (--NAME=VALUE), then operands. For a command that runs a program, everything behind the first
// operand is the program's, options or not.
struct cli_line {
  const char *options[CLI_OPTIONS_MAX + 1]; // NULL-terminated; the command's own are taken out
  size_t option_count;
  const char *out_path; // -o OUT, or NULL
  bool list;            // --list
  bool machine_code;    // --asm
  char **operands;      // the first is the file; NULL-terminated
  int operand_count;
};

struct cli_command {
  const char *name, *operands, *summary;
  const char *details;          // for `loam help NAME`
  bool runs_program;            // what follows the first operand is the program's
  bool has_out, has_list;       // takes -o; --list and --asm
  int operand_min, operand_max; // -1: any number
  int (*run)(const struct cli_line *line);
};
extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;
const struct cli_command *cli_command_find(const char *name);

int cli_run(const struct cli_line *line);
int cli_compile(const struct cli_line *line);
int cli_dis(const struct cli_line *line);
int cli_asm(const struct cli_line *line);
int cli_verify(const struct cli_line *line);
int cli_explain(const struct cli_line *line);
// Adds the op's machine code in each engine. False when that can't be told; `err` says why.
bool cli_explain_asm(const struct loam_guest *guest, unsigned number, struct text *out, struct error *err);
int cli_repl(const struct cli_line *line);
int cli_help(const struct cli_line *line);
int cli_version(const struct cli_line *line);

// Prints "loam: SENTENCE" on standard error and gives the status for a usage error.
int cli_fail(const char *format, ...) PRINTF_LIKE(1, 2);
// Prints a text on standard output, frees it, and gives the exit status.
int cli_print(struct text *text);

// The file a command works on, its guest, and the options. Zero-initialise; cli_program_fini also after a failure.
struct cli_program {
  struct vm_file file;
  const struct loam_guest *guest;
  struct arena arena;
  struct vm_config config;
};
// Reads the first operand and finds its guest: by content, then by extension. 0, or the exit status after a message.
int cli_program_read(struct cli_program *program, const struct cli_line *line);
void cli_program_fini(struct cli_program *program);
// The guest of that name; NULL after a message.
const struct loam_guest *cli_guest_find(const char *name);
// One translation of the file to line->out_path.
int cli_translate(const struct cli_line *line, enum vm_translation translation);

#endif
