// SPDX-License-Identifier: MIT
//
// cli_input.c: which program a command line means: its bytes, its guest, its options.
#include "cli.h"

#include "base/option.h"

#include <stdio.h>
#include <string.h>

static bool has_extension(const struct loam_guest *guest, const char *path) {
  size_t length = strlen(path);
  for (const char *const *extension = guest->extensions; extension && *extension; extension++) {
    size_t tail = strlen(*extension);
    if (length > tail && strcmp(path + length - tail, *extension) == 0) return true;
  }
  return false;
}

static const struct loam_guest *guest_by_extension(const char *path) {
  const struct loam_guest *guest;
  for (size_t i = 0; (guest = loam_guest_at(i)); i++)
    if (has_extension(guest, path)) return guest;
  return NULL;
}

// By content, then by extension. Where the content fits several guests, the extension's is asked first.
static const struct loam_guest *recognise(const struct loam_source *source) {
  const struct loam_guest *by_extension = guest_by_extension(source->name), *guest;
  if (by_extension && by_extension->recognise && by_extension->recognise(source)) return by_extension;
  for (size_t i = 0; (guest = loam_guest_at(i)); i++)
    if (guest->recognise && guest->recognise(source)) return guest;
  return by_extension;
}

static void list_extensions(struct text *out) {
  const struct loam_guest *guest;
  for (size_t i = 0; (guest = loam_guest_at(i)); i++)
    for (const char *const *extension = guest->extensions; extension && *extension; extension++)
      text_printf(out, "%s%s", out->length ? ", " : "", *extension);
}

static int refuse_unknown(const struct loam_source *source) {
  struct text known = {0};
  list_extensions(&known);
  const char *names = known.length && !known.failed ? known.bytes : "none";
  int status =
      cli_fail("%s: expected a program in a known language (by content, a name in %s, or --guest=NAME), found %s",
               source->name, names, source->length ? "something else" : "an empty file");
  text_fini(&known);
  return status;
}

// The value of --guest, the last one given; NULL when there is none. It is wanted before the other options can be read.
static const char *guest_option(const struct cli_line *line) {
  const char *name = NULL;
  for (size_t i = 0; i < line->option_count; i++) {
    const char *given = option_value_of(line->options[i], "guest");
    if (given) name = given;
  }
  return name;
}

int cli_program_read(struct cli_program *program, const struct cli_line *line) {
  struct error err = {0};
  if (vm_file_read(line->operands[0], &program->file, &err) != LOAM_OK) return vm_command_fail(&err);
  vm_file_guard(&program->file);
  const char *name = guest_option(line);
  program->guest = name ? cli_guest_find(name) : recognise(&program->file.source);
  if (!program->guest) return name ? VM_STATUS_INPUT : refuse_unknown(&program->file.source);
  if (vm_config_read(&program->config, &program->arena, program->guest, line->options, &err) != LOAM_OK)
    return vm_command_fail(&err);
  return 0;
}

void cli_program_fini(struct cli_program *program) {
  vm_file_fini(&program->file);
  arena_fini(&program->arena);
}

static const char *next_guest_name(void *state) {
  size_t *index = state;
  const struct loam_guest *guest = loam_guest_at((*index)++);
  return guest ? guest->name : NULL;
}

const struct loam_guest *cli_guest_find(const char *name) {
  const struct loam_guest *guest = loam_guest_find(name);
  if (guest) return guest;
  size_t index = 0;
  const char *nearest = option_nearest(name, strlen(name), next_guest_name, &index);
  if (nearest)
    cli_fail("there is no guest '%s'; did you mean %s?", name, nearest);
  else
    cli_fail("there is no guest '%s' (loam help lists them)", name);
  return NULL;
}

int cli_translate(const struct cli_line *line, enum vm_translation translation) {
  struct cli_program program = {0};
  struct text out = {0};
  struct vm *vm = NULL;
  struct error err = {0};
  int status = cli_program_read(&program, line);
  if (status == 0) {
    enum loam_err kind = vm_open(program.guest, &program.config, &vm, &err);
    if (kind == LOAM_OK) kind = vm_translate(vm, translation, &program.file.source, &out, &err);
    if (kind == LOAM_OK) kind = vm_file_write(line->out_path, &out, &err);
    if (kind != LOAM_OK) status = vm_command_fail(&err);
  }
  vm_close(vm);
  text_fini(&out);
  cli_program_fini(&program);
  return status;
}
