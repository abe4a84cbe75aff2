// SPDX-License-Identifier: MIT
//
// cli_repl.c: loam repl GUEST [FILE]: a prompt with history and input of several lines.
//
// libedit is opened when a person is there, not linked: it would bring three more libraries into the start of every
// program, which has two milliseconds for all of it. Without libedit, or with input from a file, lines are just read.
#include "cli.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HISTORY_LINES_MAX 1000

struct editor {
  void *library; // NULL: lines are just read
  char *(*readline)(const char *prompt);
  int (*add_history)(const char *line);
  int (*write_history)(const char *path);
  struct text history_path;
  const char *guest;
};

// ---- history ------------------------------------------------------------------------------------------------------

// Makes every folder on the way to a file. What can't be made shows when the history is written: it isn't.
static void make_folders(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0700);
    *slash = '/';
  }
}

// $XDG_STATE_HOME/loam/GUEST_history, by the XDG base directory specification.
static void find_history(struct editor *editor) {
  const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
  if (state && *state == '/')
    text_printf(&editor->history_path, "%s", state);
  else if (home && *home == '/')
    text_printf(&editor->history_path, "%s/.local/state", home);
  else
    return;
  text_printf(&editor->history_path, "/loam/%s_history", editor->guest);
  if (!editor->history_path.failed) make_folders(editor->history_path.bytes);
}

static bool has_history(const struct editor *editor) {
  return editor->library && editor->history_path.length && !editor->history_path.failed;
}

// ---- lines --------------------------------------------------------------------------------------------------------

static void editor_open(struct editor *editor, const char *guest) {
  *editor = (struct editor){.guest = guest};
  if (!isatty(STDIN_FILENO)) return;
  void *library = dlopen("libedit.so.2", RTLD_NOW);
  if (!library) return;
  editor->readline = (char *(*)(const char *))dlsym(library, "readline");
  editor->add_history = (int (*)(const char *))dlsym(library, "add_history");
  editor->write_history = (int (*)(const char *))dlsym(library, "write_history");
  int (*read_history)(const char *) = (int (*)(const char *))dlsym(library, "read_history");
  void (*stifle_history)(int) = (void (*)(int))dlsym(library, "stifle_history");
  if (!editor->readline || !editor->add_history || !editor->write_history || !read_history || !stifle_history) {
    dlclose(library);
    return;
  }
  editor->library = library;
  find_history(editor);
  stifle_history(HISTORY_LINES_MAX);
  if (has_history(editor)) read_history(editor->history_path.bytes);
}

static void editor_close(struct editor *editor) {
  if (has_history(editor)) editor->write_history(editor->history_path.bytes);
  text_fini(&editor->history_path);
}

// The next line without its newline, for mem_free, which takes what libedit and libc allocate; NULL at the end.
static char *editor_read(struct editor *editor, bool first) {
  char prompt[64];
  snprintf(prompt, sizeof prompt, "%s%s ", first ? editor->guest : "...", first ? ">" : "");
  if (editor->library) return editor->readline(prompt);
  if (isatty(STDIN_FILENO)) fputs(prompt, stdout), fflush(stdout);
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length = getline(&line, &capacity, stdin);
  if (length < 0) return mem_free(line), NULL;
  if (length && line[length - 1] == '\n') line[length - 1] = 0;
  return line;
}

// Reads lines until they are a whole input; false at the end.
static bool read_input(struct editor *editor, const struct loam_guest *guest, struct text *input) {
  text_clear(input);
  for (bool first = true;; first = false) {
    char *line = editor_read(editor, first);
    if (!line) return input->length > 0 && !input->failed; // a last input that is not whole is the guest's to refuse
    text_add_line(input, line);
    mem_free(line);
    if (input->failed) return false;
    if (!guest->repl_complete || guest->repl_complete(input->bytes)) break;
  }
  if (editor->library && input->length > 1) {
    input->bytes[input->length - 1] = 0; // history has no newline at its end
    editor->add_history(input->bytes);
    input->bytes[input->length - 1] = '\n';
  }
  return true;
}

// ---- the loop -----------------------------------------------------------------------------------------------------

// False: the prompt ends here, with an error or without.
static bool evaluate(struct vm *vm, const struct loam_guest *guest, const char *input, struct error *err) {
  if (vm_clock_start(vm, err) != LOAM_OK) return false;
  bool goes_on = guest->repl_eval(vm_main_mutator(vm), input);
  vm_clock_stop(vm);
  if (vm_kill_reason(vm)->kind != LOAM_OK)
    *err = *vm_kill_reason(vm);
  else
    vm_flush(vm, err);
  return goes_on && err->kind == LOAM_OK;
}

// What vm_prompt_input gets while an evaluation is under way.
struct inner {
  struct editor *editor;
  const struct loam_guest *guest;
  struct text input;
  bool at_end;
};

static const char *next_inner(void *context) {
  struct inner *inner = context;
  inner->at_end = inner->at_end || !read_input(inner->editor, inner->guest, &inner->input);
  return inner->at_end ? NULL : inner->input.bytes;
}

static int loop(struct vm *vm, const struct loam_guest *guest) {
  struct editor editor;
  struct text input = {0};
  struct error err = {0};
  struct inner inner = {.editor = &editor, .guest = guest};
  bool goes_on = true, more = true;
  editor_open(&editor, guest->name);
  vm_set_prompt(vm, next_inner, &inner);
  while (goes_on && (more = read_input(&editor, guest, &input))) goes_on = evaluate(vm, guest, input.bytes, &err);
  vm_set_prompt(vm, NULL, NULL);
  if ((!more || inner.at_end) && (editor.library || isatty(STDIN_FILENO))) fputc('\n', stdout), fflush(stdout);
  editor_close(&editor);
  text_fini(&input);
  text_fini(&inner.input);
  return err.kind == LOAM_OK ? 0 : vm_command_fail(&err);
}

// The program that is named behind the guest, if there is one.
static enum loam_err load(struct vm *vm, const struct loam_guest *guest, const char *path, struct vm_file *file,
                          struct error *err) {
  if (!path) return LOAM_OK;
  enum loam_err kind = vm_file_read(path, file, err);
  if (kind == LOAM_OK) kind = guest->repl_load(vm_main_mutator(vm), &file->source, err);
  return kind == LOAM_OK ? vm_flush(vm, err) : kind;
}

int cli_repl(const struct cli_line *line) {
  const struct loam_guest *guest = cli_guest_find(line->operands[0]);
  if (!guest) return VM_STATUS_INPUT;
  const char *path = line->operand_count > 1 ? line->operands[1] : NULL;
  if (!guest->repl_eval) return cli_fail("%s has no prompt", guest->name);
  if (path && !guest->repl_load) return cli_fail("expected: loam repl %s; found '%s' behind it", guest->name, path);
  struct vm_file file = {0};
  struct arena arena = {0};
  struct vm_config config;
  struct error err = {0};
  struct vm *vm = NULL;
  enum loam_err kind = vm_config_read(&config, &arena, guest, line->options, &err);
  if (kind == LOAM_OK) kind = vm_open(guest, &config, &vm, &err);
  if (kind == LOAM_OK) kind = load(vm, guest, path, &file, &err);
  int status = kind == LOAM_OK ? loop(vm, guest) : vm_command_fail(&err);
  vm_close(vm);
  vm_file_fini(&file);
  arena_fini(&arena);
  return status;
}
