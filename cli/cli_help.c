// SPDX-License-Identifier: MIT
//
// cli_help.c: the table of commands, and `loam help` and `loam version` made of it and of the options table.
#include "cli.h"

#include "base/option.h"

#include <string.h>

const struct cli_command cli_commands[] = {
    {"run", "FILE [ARGS]", "runs a program; `loam FILE` is short for it",
     "The language is known by the file's content, then by its name. FILE - is standard input. What follows FILE is "
     "the\n"
     "program's. The exit status is the program's own; 2: it could not be read, loaded or started; 3: it reached a\n"
     "limit.\n",
     true, false, false, 1, -1, cli_run},
    {"compile", "FILE [-o OUT]", "translates source to bytecode", "Without -o the bytecode goes to standard output.\n",
     false, true, false, 1, 1, cli_compile},
    {"dis", "FILE [-o OUT]", "lists bytecode as text", "Without -o the listing goes to standard output.\n", false, true,
     false, 1, 1, cli_dis},
    {"asm", "FILE [-o OUT]", "assembles a listing", "Without -o the bytecode goes to standard output.\n", false, true,
     false, 1, 1, cli_asm},
    {"verify", "FILE", "loads and verifies a program without running it", "", false, false, false, 1, 1, cli_verify},
    {"explain", "GUEST[.OP]", "the manual page of an opcode, or the list of all",
     "The page is made from the opcode's record. --list prints names only, internal and fused ones too, one a line.\n"
     "--asm adds the opcode's machine code in each engine.\n",
     false, false, true, 1, 1, cli_explain},
    {"repl", "GUEST [FILE]", "a prompt",
     "Lines go on until a statement is whole; end it with the end-of-file key. FILE is for guests whose prompt steps\n"
     "through a program.\n",
     false, false, false, 1, 2, cli_repl},
    {"help", "[COMMAND]", "this page, or a command's", "", false, false, false, 0, 1, cli_help},
    {"version", "", "the version", "", false, false, false, 0, 0, cli_version},
};
const size_t cli_command_count = COUNT_OF(cli_commands);

const struct cli_command *cli_command_find(const char *name) {
  for (size_t i = 0; i < cli_command_count; i++)
    if (strcmp(cli_commands[i].name, name) == 0) return &cli_commands[i];
  return NULL;
}

static void print_guests(struct text *out) {
  const struct loam_guest *guest;
  for (size_t i = 0; (guest = loam_guest_at(i)); i++) {
    text_printf(out, "  %-22s%s", guest->name, guest->title);
    for (const char *const *extension = guest->extensions; extension && *extension; extension++)
      text_printf(out, "%s%s", extension == guest->extensions ? " (" : " ", *extension);
    text_add_line(out, guest->extensions && *guest->extensions ? ")" : "");
    for (const char *const *engine = guest->engines; engine && *engine; engine++)
      text_printf(out, "    --engine=%s\n", *engine);
    for (const struct guest_option *option = guest->options; option && option->name; option++)
      text_printf(out, "    --%s%s%s  %s\n", option->name, option->value_name ? "=" : "",
                  option->value_name ? option->value_name : "", option->help);
    for (const struct guest_tool *tool = guest->tools; tool && tool->name; tool++)
      text_printf(out, "    %s: a name of the binary, with a command line of its own\n", tool->name);
  }
}

static void print_all(struct text *out) {
  text_printf(out, "loam %s: virtual machines for several languages\n\nCommands:\n", loam_version());
  for (size_t i = 0; i < cli_command_count; i++) {
    struct text usage = {0};
    text_printf(&usage, "%s %s", cli_commands[i].name, cli_commands[i].operands);
    text_printf(out, "  loam %-22s  %s\n", usage.failed ? cli_commands[i].name : usage.bytes, cli_commands[i].summary);
    text_fini(&usage);
  }
  text_printf(out, "\nOptions, before FILE (LOAM_OPTIONS in the environment holds more; the command line wins):\n");
  option_print_help(out);
  text_printf(out, "\nLanguages:\n");
  print_guests(out);
}

static const char *next_command_name(void *state) {
  size_t *index = state;
  return *index < cli_command_count ? cli_commands[(*index)++].name : NULL;
}

static int refuse_command(const char *name) {
  size_t index = 0;
  const char *nearest = option_nearest(name, strlen(name), next_command_name, &index);
  if (nearest) return cli_fail("there is no command '%s'; did you mean %s?", name, nearest);
  return cli_fail("there is no command '%s' (loam help lists them)", name);
}

int cli_help(const struct cli_line *line) {
  struct text out = {0};
  if (line->operand_count == 0) {
    print_all(&out);
    return cli_print(&out);
  }
  const struct cli_command *command = cli_command_find(line->operands[0]);
  if (!command) return refuse_command(line->operands[0]);
  text_printf(&out, "loam %s %s: %s\n%s", command->name, command->operands, command->summary, command->details);
  return cli_print(&out);
}

int cli_version(const struct cli_line *line) {
  (void)line;
  struct text out = {0};
  text_printf(&out, "loam %s\n", loam_version());
  return cli_print(&out);
}
