// SPDX-License-Identifier: MIT
//
// cli_main.c: the command `loam` and all its other names.
//
// The name the binary was called by decides first: a guest's own tool gets the whole command line. Otherwise the first
// word that is no option is a command, or a file to run.
#include "cli.h"

#include "base/mem.h"
#include "base/option.h"
#include "diag/diag.h"
#include "os/os_memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int cli_fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("loam: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  return VM_STATUS_INPUT;
}

int cli_print(struct text *text) {
  struct error err = {0};
  if (text->failed)
    error_set(&err, LOAM_ERR_MEMORY, "no memory for the output");
  else if (text->length)
    vm_file_write(NULL, text, &err);
  text_fini(text);
  return err.kind == LOAM_OK ? 0 : vm_command_fail(&err);
}

// Descriptors 0 to 2 that the caller closed would be given to the next file opened, and the program's output would go
// there. What stands in for them fails when it is used.
static void fill_descriptors(void) {
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) < 0) {
      int stand_in = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
      ASSERT(stand_in <= fd, "cli.I2: descriptor %d stands in for %d", stand_in, fd);
    }
}

static const struct guest_tool *find_tool(const char *program) {
  const char *slash = strrchr(program, '/');
  const char *name = slash ? slash + 1 : program;
  const struct loam_guest *guest;
  for (size_t i = 0; (guest = loam_guest_at(i)); i++)
    for (const struct guest_tool *tool = guest->tools; tool && tool->name; tool++)
      if (strcmp(tool->name, name) == 0) return tool;
  return NULL;
}

static bool is_known_option(const char *word) {
  if (option_is_known(word, NULL)) return true;
  const struct loam_guest *guest;
  for (size_t i = 0; (guest = loam_guest_at(i)); i++)
    if (option_is_known(word, guest->options)) return true;
  return false;
}

// Takes one option of the command line; `next` is the word after it. Gives the words used, or 0 after a message.
static int take_option(const struct cli_command *command, struct cli_line *line, char *word, char *next) {
  bool is_out = strncmp(word, "-o", 2) == 0;
  if (is_out && command && command->has_out) {
    line->out_path = word[2] ? word + 2 : next;
    if (!line->out_path) return cli_fail("-o needs a file: -o FILE"), 0;
    return word[2] ? 1 : 2;
  }
  if (command && command->has_list && strcmp(word, "--list") == 0) return line->list = true, 1;
  if (command && command->has_list && strcmp(word, "--asm") == 0) return line->machine_code = true, 1;
  if (strncmp(word, "--", 2) != 0) return cli_fail("expected an option such as --NAME=VALUE, found '%s'", word), 0;
  if (!is_known_option(word)) {
    struct vm_config scratch;
    struct error err = {0};
    option_config_init(&scratch);
    option_parse(&scratch, word, NULL, &err);
    return cli_fail("%s", err.text), 0;
  }
  if (line->option_count == CLI_OPTIONS_MAX)
    return cli_fail("expected at most %d options, found more", CLI_OPTIONS_MAX), 0;
  line->options[line->option_count++] = word;
  return 1;
}

// `loam -h` and the like, which people try first.
static const struct cli_command *find_command_option(const char *word) {
  if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) return cli_command_find("help");
  if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) return cli_command_find("version");
  return NULL;
}

static const char *next_command_name(void *state) {
  size_t *index = state;
  return *index < cli_command_count ? cli_commands[(*index)++].name : NULL;
}

// The first word that is no option: a command, or a file to run. NULL after a message: it is neither, but near to a
// command.
static const struct cli_command *find_command(const char *word, bool is_file) {
  const struct cli_command *command = is_file ? NULL : cli_command_find(word);
  if (command) return command;
  size_t index = 0;
  const char *nearest = strpbrk(word, "./-") ? NULL : option_nearest(word, strlen(word), next_command_name, &index);
  if (!nearest || is_file || access(word, F_OK) == 0) return cli_command_find("run");
  cli_fail("there is no file and no command '%s'; did you mean %s?", word, nearest);
  return NULL;
}

// Takes the words apart; NULL after a message. Operands are moved to the front of argv.
static const struct cli_command *read_line(int argc, char **argv, struct cli_line *line) {
  const struct cli_command *command = NULL, *asked;
  bool options_over = false;
  line->operands = argv;
  for (int i = 1; i < argc;) {
    char *word = argv[i];
    if (!options_over && word[0] == '-' && word[1]) {
      if (!command && (asked = find_command_option(word))) {
        command = asked;
        i++;
      } else if (command && find_command_option(word) == cli_command_find("help")) {
        line->operands[0] = (char *)command->name;
        line->operand_count = 1;
        command = cli_command_find("help");
        break;
      } else if (strcmp(word, "--") == 0) {
        options_over = true;
        i++;
      } else {
        int used = take_option(command, line, word, argv[i + 1]);
        if (!used) return NULL;
        i += used;
      }
      continue;
    }
    i++;
    if (!command) {
      command = find_command(word, options_over);
      if (!command) return NULL;
      if (strcmp(command->name, word) == 0 && !options_over) continue;
    }
    line->operands[line->operand_count++] = word;
    if (command->runs_program) // the rest is the program's, as it stands
      while (i < argc) line->operands[line->operand_count++] = argv[i++];
  }
  line->operands[line->operand_count] = NULL;
  return command ? command : cli_command_find("help");
}

static int check_operands(const struct cli_command *command, const struct cli_line *line) {
  ASSERT(!command->runs_program || command->operand_max < 0, "cli.I1: %s runs a program and limits its operands",
         command->name);
  if (line->operand_count < command->operand_min)
    return cli_fail("expected: loam %s %s", command->name, command->operands);
  if (command->operand_max >= 0 && line->operand_count > command->operand_max)
    return cli_fail("expected: loam %s %s; found '%s' behind it", command->name, command->operands,
                    line->operands[command->operand_max]);
  return 0;
}

// Loading and compiling take and give back scratch memory for each function. By default the C library returns it to the
// kernel each time, and every page costs a fault again. It learns that itself, up to 32 MB, but not once it was told
// anything; a guest's arrays outside the heap need it most.
static void keep_memory(void) {
  mem_bring_ahead(os_memory_populate);
  mallopt(M_TOP_PAD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
}

int main(int argc, char **argv) {
  keep_memory();
  fill_descriptors();
  diag_report_set_command(argc, argv);
  const struct guest_tool *tool = argc > 0 ? find_tool(argv[0]) : NULL;
  if (!tool || !tool->keeps_sigpipe) signal(SIGPIPE, SIG_IGN); // a closed pipe is an error of the write
  if (tool) return tool->main(argc, argv);
  struct cli_line line = {0};
  // Operands are gathered in a copy: the report of a failed check shows the line as it was.
  char **words = mem_alloc_zero((size_t)argc + 1, sizeof *words);
  if (!words) return cli_fail("no memory for the command line");
  for (int i = 0; i < argc; i++) words[i] = argv[i];
  const struct cli_command *command = read_line(argc, words, &line);
  int status = command ? check_operands(command, &line) : VM_STATUS_INPUT;
  if (command && status == 0) status = command->run(&line);
  mem_free(words);
  return status;
}
