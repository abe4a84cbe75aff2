// SPDX-License-Identifier: MIT
//
// zam_tool.c: ocamlrun's command line: options, then the bytecode file, which is looked for along PATH when its name
// has no slash, then the program's arguments.
#include "zam_tool.h"

#include "zam_image.h"
#include "zam_prim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION "4.13.1"
#define STATUS_USAGE 127

extern const struct loam_guest zam_guest;

static int fail(const char *format, const char *what) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
  fprintf(stderr, format, what);
#pragma clang diagnostic pop
  fputc('\n', stderr);
  return STATUS_USAGE;
}

static int print_prims(void) {
  for (const char *const *name = zam_builtin_names; *name; name++) puts(*name);
  return 0;
}

static int print_magic(const char *path) {
  struct loam_source source;
  struct error err = {0};
  if (guest_tool_read(path, &source, &err) != LOAM_OK) return fail("Fatal error: cannot find file '%s'", path);
  bool known = zam_image_recognise(&source);
  if (known) printf("%.12s\n", source.bytes + source.length - strlen(ZAM_MAGIC));
  mem_free((void *)source.bytes);
  return known ? 0 : fail("Fatal error: the file '%s' is not a bytecode executable file", path);
}

// The file that `name` means: itself, or the first along PATH. The caller frees it with mem_free; NULL when there is
// none.
static char *find_program(const char *name) {
  const char *path = strchr(name, '/') ? NULL : getenv("PATH");
  for (const char *at = path; at && *at;) {
    size_t length = strcspn(at, ":");
    struct text text = {0};
    text_printf(&text, "%.*s%s%s", (int)length, at, length ? "/" : "", name);
    if (!text.failed && access(text.bytes, R_OK) == 0) return text.bytes;
    text_fini(&text);
    at += length + (at[length] == ':');
  }
  return access(name, R_OK) == 0 ? mem_copy_text(name, strlen(name)) : NULL;
}

static enum loam_err check_image(const struct loam_source *source, struct error *err) {
  struct zam_image image;
  return zam_image_read(source, &image, err);
}

static int run(const char *name, int argc, char **argv) {
  char *path = find_program(name);
  if (!path) return fail("Fatal error: cannot find file '%s'", name);
  struct error err = {0};
  int status = guest_tool_run(&zam_guest, path, check_image, argc, argv, &err);
  if (status < 0) status = fail("Fatal error: %s", err.text);
  mem_free(path);
  return status;
}

static int main_ocamlrun(int argc, char **argv) {
  int at = 1;
  for (; at < argc && argv[at][0] == '-'; at++) {
    const char *word = argv[at];
    if (strcmp(word, "--") == 0) {
      at++;
      break;
    }
    if (strcmp(word, "-version") == 0) return printf("The OCaml runtime, version " VERSION "\n") < 0;
    if (strcmp(word, "-vnum") == 0) return printf(VERSION "\n") < 0;
    if (strcmp(word, "-p") == 0) return print_prims();
    if (strcmp(word, "-M") == 0) return printf(ZAM_MAGIC "\n") < 0;
    if (strcmp(word, "-m") == 0 && argv[at + 1]) return print_magic(argv[at + 1]);
    if (strcmp(word, "-I") == 0 && argv[at + 1]) {
      at++; // for libraries of C code, which are not loaded yet
      continue;
    }
    if (strcmp(word, "-b") && strcmp(word, "-t") && strcmp(word, "-v")) return fail("unknown option %s", word);
  }
  if (at == argc) return fail("no bytecode file specified%s", "");
  return run(argv[at], argc - at, argv + at);
}

const struct guest_tool zam_tools[] = {{"ocamlrun", main_ocamlrun}, {NULL, NULL}};
