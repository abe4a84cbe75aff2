// SPDX-License-Identifier: MIT
//
// zam_tool.c: ocamlrun's command line: options, then the bytecode file, which is looked for along PATH when its name
// has no slash, then the program's arguments. Messages and exit status are ocamlrun's.
#include "zam_tool.h"

#include "zam_image.h"
#include "zam_library.h"
#include "zam_prim.h"
#include "zam_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION "4.13.1"
#define STATUS_USAGE 127
#define DLL_PATH "--dll-path="
// For as many words of OCaml's stack, of which ocamlrun takes 32 bits: the same as the defaults of both. Most calls
// take at most twice as many words here. But a frame has room for all locals of its function, also for those of
// branches in which it calls nothing: with sixty of them a call takes 67 words in place of 4, and half of the depth
// fits.
#define STACK_BYTES(words) (((words) < 1024 ? 1024ULL : (words) > 1ULL << 32 ? 1ULL << 32 : (words)) * 64)
// OCaml's limits, both.
#define NURSERY_BYTES(words) (((words) < 4096 ? 4096ULL : (words) > 1ULL << 28 ? 1ULL << 28 : (words)) * 8)

extern const struct loam_guest zam_guest;

static bool is_ocamlrun;
bool zam_tool_is_ocamlrun(void) { return is_ocamlrun; }

// What the command line asks for.
struct request {
  struct text dll_path; // option --dll-path: folders, each with a colon before it
  bool magic, config;
};

static int print_line(const char *text) {
  puts(text);
  return 0;
}

static int print_prims(void) {
  for (const char *const *name = zam_builtin_names; *name; name++) puts(*name);
  return 0;
}

static int print_help(void) {
  return print_line("Usage: ocamlrun [<options>] [--] <executable> [<command-line>]\n"
                    "Options are:\n"
                    "  -b  Set runtime parameter b (detailed exception backtraces)\n"
                    "  -config  Print configuration values and exit\n"
                    "  -I <dir>  Add <dir> to the list of DLL search directories\n"
                    "  -m  Print the magic number of <executable> and exit\n"
                    "  -M  Print the magic number expected by this runtime and exit\n"
                    "  -p  Print the names of the primitives known to this runtime\n"
                    "  -t  Trace the execution of the bytecode interpreter (specify multiple\n"
                    "      times to increase verbosity)\n"
                    "  -v  Set runtime parameter v=61 (GC event information)\n"
                    "  -version  Print version string and exit\n"
                    "  -vnum  Print short version number and exit\n"
                    "  -help  Display this list of options\n"
                    "  --help  Display this list of options");
}

// Programs parse this. The two sizes stand in each other's place, as OCaml 4.13 prints them.
static int print_config(const struct request *request) {
  struct text folders = {0};
  zam_libraries_folders(request->dll_path.length ? request->dll_path.bytes + strlen(DLL_PATH) : NULL, NULL, &folders);
  printf("version: " VERSION "\nstandard_library_default: %s\nstandard_library: %s\n", ZAM_STANDARD_LIBRARY,
         zam_libraries_standard());
  puts("int_size: 64\nword_size: 63\nos_type: Unix\nhost: x86_64-pc-linux-gnu\nflat_float_array: true\n"
       "supports_afl: true\nwindows_unicode: false\nsupports_shared_libraries: true\nno_naked_pointers: false\n"
       "profinfo: false\nprofinfo_width: 0\nexec_magic_number: " ZAM_MAGIC "\nshared_libs_path:");
  for (size_t at = 0; at < folders.length; at += strlen(folders.bytes + at) + 1) printf("  %s\n", folders.bytes + at);
  text_fini(&folders);
  return 0;
}

// ---- the program ---------------------------------------------------------------------------------------------------

// The file that `name` means: itself, or the first along PATH. The caller frees it with mem_free; NULL when there is
// none.
static char *find_program(const char *name) {
  if (!*name) return NULL;
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

// Where the magic number stands, of any kind of file.
static const char *magic_of(const struct loam_source *source) {
  return source->length < ZAM_TRAILER_BYTES ? NULL : source->bytes + source->length - strlen(ZAM_MAGIC);
}

static enum loam_err check_magic(const struct loam_source *source, struct error *err) {
  const char *magic = magic_of(source);
  if (!magic) return error_set(err, LOAM_ERR_INPUT, "the file '%s' is not a bytecode executable file", source->name);
  if (memcmp(magic, ZAM_MAGIC, strlen(ZAM_MAGIC)) == 0) return LOAM_OK;
  return error_set(err, LOAM_ERR_INPUT,
                   "the file '%s' has not the right magic number: expected " ZAM_MAGIC ", got %.12s", source->name,
                   magic);
}

static int print_magic(const char *path) {
  struct loam_source source = {.length = 0};
  struct error err = {0};
  const char *magic = guest_tool_read(path, &source, &err) == LOAM_OK ? magic_of(&source) : NULL;
  ASSERT(!magic || magic + strlen(ZAM_MAGIC) == source.bytes + source.length,
         "the magic number of %s ends %td bytes before it", path, source.bytes + source.length - magic);
  int status = magic ? printf("%.12s\n", magic) < 0 : STATUS_USAGE;
  if (!magic) fprintf(stderr, "the file '%s' is not a bytecode executable file\n", path);
  mem_free((void *)source.bytes);
  return status;
}

static int run_program(const struct request *request, const char *path, int argc, char **argv) {
  const char *options[4] = {NULL};
  char stack[48], nursery[48];
  int count = 0;
  uint64_t words;
  struct error err = {0};
  if (request->dll_path.length) options[count++] = request->dll_path.bytes;
  if (zam_run_parameter('l', &words)) {
    snprintf(stack, sizeof stack, "--stack-max=%llu", STACK_BYTES(words));
    options[count++] = stack;
  }
  if (zam_run_parameter('s', &words)) {
    snprintf(nursery, sizeof nursery, "--nursery=%llu", NURSERY_BYTES(words));
    options[count] = nursery;
  }
  ASSERT(!options[COUNT_OF(options) - 1], "%d options and no end of them", count);
  int status = guest_tool_run(&zam_guest, path, check_magic, options, argc, argv, &err);
  if (status >= 0) return status;
  if (err.kind == LOAM_ERR_FILE) // a folder, a file without rights: no bytecode either
    fprintf(stderr, "the file '%s' is not a bytecode executable file\n", path);
  else
    fprintf(stderr, "%s\n", err.text);
  return STATUS_USAGE;
}

static int find_and_run(const struct request *request, int argc, char **argv) {
  ASSERT(argc > 0 && !argv[argc], "a program is looked for among %d words", argc);
  char *path = find_program(argv[0]);
  int status = STATUS_USAGE;
  if (!path)
    fprintf(stderr, "cannot find file '%s'\n", argv[0]);
  else
    status = request->magic ? print_magic(path) : run_program(request, path, argc, argv);
  mem_free(path);
  return status;
}

// ---- options -------------------------------------------------------------------------------------------------------

// Options that print something, and that is all.
static bool print_option(const char *word, int *status) {
  if (strcmp(word, "-version") == 0)
    *status = print_line("The OCaml runtime, version " VERSION);
  else if (strcmp(word, "-vnum") == 0)
    *status = print_line(VERSION);
  else if (strcmp(word, "-p") == 0)
    *status = print_prims();
  else if (strcmp(word, "-M") == 0)
    *status = print_line(ZAM_MAGIC);
  else if (strcmp(word, "-help") == 0 || strcmp(word, "--help") == 0)
    *status = print_help();
  else
    return false;
  return true;
}

static void add_folder(struct request *request, const char *folder) {
  text_printf(&request->dll_path, "%s%s", request->dll_path.length ? ":" : DLL_PATH, folder);
}

static int main_ocamlrun(int argc, char **argv) {
  struct request request = {.magic = false};
  int at = 1, status;
  is_ocamlrun = true;
  for (; at < argc && argv[at][0] == '-'; at++) {
    const char *word = argv[at];
    if (strcmp(word, "--") == 0) {
      at++;
      break;
    }
    if (print_option(word, &status)) return status;
    if (strcmp(word, "-I") == 0 && !argv[at + 1]) {
      fputs("option '-I' needs an argument.\n", stderr);
      return STATUS_USAGE;
    }
    if (strcmp(word, "-I") == 0)
      add_folder(&request, argv[++at]);
    else if (strcmp(word, "-m") == 0)
      request.magic = true;
    else if (strcmp(word, "-config") == 0)
      request.config = true;
    else if (strcmp(word, "-b") == 0)
      zam_run_with_backtraces();
    else if (strcmp(word, "-v") == 0)
      zam_run_verbosely();
    else if (strcmp(word, "-t") != 0) { // which says nothing, unless ocamlrun was built for debugging
      fprintf(stderr, "unknown option %s\n", word);
      return STATUS_USAGE;
    }
  }
  if (request.config)
    status = print_config(&request);
  else if (at < argc)
    status = find_and_run(&request, argc - at, argv + at);
  else {
    fputs("no bytecode file specified\n", stderr);
    status = STATUS_USAGE;
  }
  text_fini(&request.dll_path);
  return status;
}

const struct guest_tool zam_tools[] = {{"ocamlrun", main_ocamlrun, true}, {NULL, NULL, false}};
