// SPDX-License-Identifier: MIT
//
// stylecheck.c: checks what STYLE.md gives to a machine and a text scan can decide: layering, names, sizes, banned
// calls, invariants with their asserts. Run from the repository's root:
//
//   stylecheck [--root FOLDER]
//
// It reads no C grammar. It leans on the layout that clang-format gives: a function starts at column 1 and ends with
// "}" at column 1. Comments and string literals are blanked in a copy (`code`) for rules about code, and kept in `text`
// for rules about words.
//
// A finding is "FILE:LINE: rule: what is wrong; how to mend it". Findings that are accepted stand in
// tools/stylecheck/exemptions.txt, one a line: RULE FILE REASON. An exemption that no finding needs is a finding. The
// last line is "style: N findings"; the exit status is 1 when N isn't 0.
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LINES_SOFT 800
#define FILE_LINES_HARD 1500
#define FILE_LINES_MEDIAN 250
#define FUNCTION_LINES_HARD 100
#define FUNCTION_LINES_P95 45
#define README_LINES_HARD 120

// The substrate's modules; each may include those before it and itself.
static const char *const modules[] = {"base",   "os",   "heap",     "thread", "frame", "code", "load",
                                      "interp", "emit", "baseline", "hot",    "box",   "diag", "vm"};
#define MODULE_COUNT (sizeof modules / sizeof *modules)

// What belongs to one guest and may not be named in the substrate.
static const char *const guest_words[] = {"jvm",  "java", "ocaml", "zam",    "zinc",  "ruby",
                                          "yarv", "php",  "zend",  "pascal", "pcode", "mitscript"};

static const struct banned {
  const char *call, *instead;
  bool tools_may; // tools and tests stand alone, without the substrate's memory
} banned_calls[] = {
    {"strcpy", "memcpy with a checked length, or text_add", false},
    {"strcat", "text_add", false},
    {"sprintf", "text_printf, or snprintf into an array", false},
    {"vsprintf", "text_vprintf", false},
    {"gets", "fgets", false},
    {"alloca", "an array of fixed size, or arena_alloc", false},
    {"setjmp", "an enum loam_err or loam_status result", false},
    {"longjmp", "an enum loam_err or loam_status result", false},
    {"malloc", "mem_alloc", true},
    {"calloc", "mem_alloc_zero", true},
    {"realloc", "mem_resize", true},
    {"free", "mem_free", true},
    {"strdup", "mem_copy_text", true},
    {"system", "posix_spawn", false},
    {"popen", "posix_spawn", false},
};

struct source {
  char *path;       // from the root
  const char *name; // the last part of the path
  char *text, *code;
  size_t length;
  unsigned lines;
  bool is_c, is_header, is_test; // is_c: .c or .h
};

struct finding_exemption {
  char rule[32], path[200];
  unsigned line;
  bool used;
};

static struct source *sources;
static size_t source_count;
static struct finding_exemption exemptions[100];
static size_t exemption_count;
static unsigned finding_count;
static unsigned *function_lengths;
static size_t function_count;
static char *public_headers; // the texts of substrate/include/loam/*.h, one after the other
static const char exemption_path[] = "tools/stylecheck/exemptions.txt";

// ---- findings ---------------------------------------------------------------------------------------------------

[[noreturn]] static void die(const char *what, const char *detail) {
  fprintf(stderr, "stylecheck: %s '%s'\n", what, detail);
  exit(2);
}

static void *need(void *block) {
  if (!block) die("no memory for", "the sources");
  return block;
}

__attribute__((format(printf, 4, 5))) static void find(const char *path, unsigned line, const char *rule,
                                                       const char *format, ...) {
  for (size_t i = 0; i < exemption_count; i++)
    if (strcmp(exemptions[i].rule, rule) == 0 && strcmp(exemptions[i].path, path) == 0) {
      exemptions[i].used = true;
      return;
    }
  finding_count++;
  printf("%s:%u: %s: ", path, line, rule);
  va_list args;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  putchar('\n');
}

static void read_exemptions(void) {
  FILE *file = fopen(exemption_path, "r");
  if (!file) return;
  char text[600];
  for (unsigned line = 1; fgets(text, sizeof text, file); line++) {
    if (text[0] == '#' || text[0] == '\n') continue;
    struct finding_exemption exemption = {.line = line};
    char reason[8] = "";
    if (sscanf(text, "%31s %199s %7s", exemption.rule, exemption.path, reason) < 3)
      find(exemption_path, line, "exemption", "expected 'RULE FILE REASON'; give the reason");
    else if (exemption_count < sizeof exemptions / sizeof *exemptions)
      exemptions[exemption_count++] = exemption;
  }
  fclose(file);
}

// ---- reading ----------------------------------------------------------------------------------------------------

static bool has_suffix(const char *text, const char *suffix) {
  size_t length = strlen(text), tail = strlen(suffix);
  return length >= tail && strcmp(text + length - tail, suffix) == 0;
}
static bool has_prefix(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }
static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static char *read_text(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (!file) die("can't read", path);
  char *text = NULL;
  size_t used = 0, capacity = 0, got;
  do {
    if (used + 4096 + 1 > capacity) text = need(realloc(text, capacity = capacity * 2 + 8192));
    got = fread(text + used, 1, 4096, file);
    used += got;
  } while (got);
  text[used] = '\0';
  fclose(file);
  *length = used;
  return text;
}

// Copies the text with comments, strings and character literals blanked; newlines stay.
static char *blank_comments(const char *text, size_t length) {
  char *code = need(malloc(length + 1));
  memcpy(code, text, length + 1);
  for (size_t i = 0; i < length;) {
    size_t end = i + 1;
    if (code[i] == '/' && code[i + 1] == '/') {
      while (end < length && code[end] != '\n') end++;
    } else if (code[i] == '/' && code[i + 1] == '*') {
      while (end < length && !(code[end - 1] == '*' && code[end] == '/' && end > i + 2)) end++;
      end++;
    } else if ((code[i] == '"' || code[i] == '\'') && !(code[i] == '\'' && i && isalnum((unsigned char)code[i - 1]))) {
      while (end < length && code[end] != code[i] && code[end] != '\n') end += code[end] == '\\' ? 2 : 1;
      end++;
    } else {
      i = end;
      continue;
    }
    for (; i < end && i < length; i++)
      if (code[i] != '\n') code[i] = ' ';
  }
  return code;
}

static void add_source(const char *path) {
  sources = need(realloc(sources, (source_count + 1) * sizeof *sources));
  struct source *source = &sources[source_count++];
  *source = (struct source){.path = need(strdup(path))};
  const char *slash = strrchr(source->path, '/');
  source->name = slash ? slash + 1 : source->path;
  source->text = read_text(path, &source->length);
  source->code = blank_comments(source->text, source->length);
  for (size_t i = 0; i < source->length; i++) source->lines += source->text[i] == '\n';
  source->is_header = has_suffix(path, ".h");
  source->is_c = source->is_header || has_suffix(path, ".c");
  source->is_test = strstr(source->name, "_test.") || strstr(source->name, "_bench.") ||
                    strstr(source->name, "_fuzz.") || has_prefix(path, "tests/") || has_prefix(path, "docs/");
}

static int compare_entries(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void read_folder(const char *path) {
  DIR *folder = opendir(path);
  if (!folder) return;
  char **names = NULL;
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.' || has_prefix(entry->d_name, "build")) continue;
    names = need(realloc(names, (count + 1) * sizeof *names));
    names[count++] = need(strdup(entry->d_name));
  }
  closedir(folder);
  if (count) qsort(names, count, sizeof *names, compare_entries);
  static const char *const kinds[] = {".c", ".h", ".ops", ".def", ".mit", ".mitbc", ".toy", "README.md"};
  for (size_t i = 0; i < count; i++) {
    char full[600];
    snprintf(full, sizeof full, "%s/%s", path, names[i]);
    struct stat info;
    if (stat(full, &info) == 0 && S_ISDIR(info.st_mode))
      read_folder(full);
    else
      for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (has_suffix(names[i], kinds[k])) {
          add_source(full);
          break;
        }
    free(names[i]);
  }
  free(names);
}

static unsigned line_at(const char *text, const char *at) {
  unsigned line = 1;
  for (; text < at; text++) line += *text == '\n';
  return line;
}

// The next place at or after `at` where `word` stands alone; NULL when there is none.
static const char *find_word(const char *text, const char *at, const char *word) {
  size_t length = strlen(word);
  for (at = strstr(at, word); at; at = strstr(at + 1, word))
    if ((at == text || !is_word(at[-1])) && !is_word(at[length])) return at;
  return NULL;
}

// The folder below `top` that the path goes through: "heap" of substrate/heap/x.c. False when it isn't below.
static bool folder_below(const char *path, const char *top, char *out, size_t size) {
  size_t length = strlen(top);
  if (strncmp(path, top, length) != 0 || path[length] != '/') return false;
  const char *slash = strchr(path + length + 1, '/');
  if (!slash || (size_t)(slash - path) - length > size) return false;
  snprintf(out, size, "%.*s", (int)(slash - path - (long)length - 1), path + length + 1);
  return true;
}

static int module_rank(const char *name) {
  for (size_t i = 0; i < MODULE_COUNT; i++)
    if (strcmp(modules[i], name) == 0) return (int)i;
  return -1;
}

static const struct source *find_source(const char *path) {
  for (size_t i = 0; i < source_count; i++)
    if (strcmp(sources[i].path, path) == 0) return &sources[i];
  return NULL;
}

// The header an #include means: beside the file, in the substrate, or public. NULL when it is generated.
static const struct source *included_source(const struct source *from, const char *header) {
  char path[600];
  int folder = (int)(from->name - from->path);
  snprintf(path, sizeof path, "%.*s%s", folder, from->path, header);
  const struct source *found = find_source(path);
  if (found) return found;
  snprintf(path, sizeof path, "substrate/%s", header);
  if ((found = find_source(path))) return found;
  snprintf(path, sizeof path, "substrate/include/%s", header);
  return find_source(path);
}

// ---- includes ---------------------------------------------------------------------------------------------------

static void check_substrate_include(const struct source *source, unsigned line, const char *module,
                                    const char *header) {
  char target[64];
  if (!strchr(header, '/')) {
    if (included_source(source, header))
      find(source->path, line, "include", "write \"%s/%s\": module and file", module, header);
    return;
  }
  snprintf(target, sizeof target, "%.*s", (int)strcspn(header, "/"), header);
  int rank = module_rank(module), target_rank = module_rank(target);
  if (target_rank < 0)
    find(source->path, line, "include", "'%s' is no module of the substrate; include a module's header or loam/*.h",
         target);
  else if (target_rank > rank && !source->is_test)
    find(source->path, line, "layering",
         "%s may not include the higher module %s; pass a callback down, or move the code up", module, target);
  else if (has_suffix(header, "_int.h") && strcmp(target, module) != 0 && !source->is_test)
    find(source->path, line, "include", "%s is for the files of %s only; use %s/%s.h", header, target, target, target);
}

static void check_guest_include(const struct source *source, unsigned line, const char *header) {
  const struct source *target = included_source(source, header);
  if (strchr(header, '/'))
    find(source->path, line, "layering", "a guest sees loam/*.h and its own folder, not \"%s\"; ask for it in rt.h",
         header);
  else if (!target)
    for (size_t i = 0; i < source_count; i++)
      if (strcmp(sources[i].name, header) == 0)
        find(source->path, line, "layering", "\"%s\" is %s: guests don't know each other", header, sources[i].path);
}

static void check_include(const struct source *source, unsigned line, const char *header) {
  char folder[64];
  if (has_prefix(header, "loam/")) return;
  if (folder_below(source->path, "substrate", folder, sizeof folder)) {
    if (strcmp(folder, "include") == 0)
      find(source->path, line, "layering", "a public header includes loam/*.h and libc only, not \"%s\"", header);
    else
      check_substrate_include(source, line, folder, header);
  } else if (folder_below(source->path, "guests", folder, sizeof folder)) {
    check_guest_include(source, line, header);
  } else if (has_prefix(source->path, "cli/") && has_suffix(header, "_int.h")) {
    find(source->path, line, "include", "%s is for its own module only", header);
  }
}

// Own header first, headers of the project next, libc last.
static void check_include_order(const struct source *source, unsigned line, const char *header, bool system,
                                unsigned index, bool *system_seen) {
  if (system)
    *system_seen = true;
  else if (*system_seen && !has_suffix(header, ".def"))
    find(source->path, line, "include-order", "\"%s\" comes after <...>; headers of the project come first", header);
  if (index > 0 || source->is_header) return;
  char own[300];
  snprintf(own, sizeof own, "%.*s.h", (int)strlen(source->name) - 2, source->name);
  const char *slash = strrchr(header, '/');
  if (included_source(source, own) && strcmp(slash ? slash + 1 : header, own) != 0)
    find(source->path, line, "include-order", "the first include is the file's own \"%s\"", own);
}

static void check_includes(const struct source *source) {
  unsigned line = 1, index = 0;
  bool system_seen = false;
  for (const char *at = source->text; at && *at; line++) {
    if (has_prefix(at, "#include ") && (at[9] == '"' || at[9] == '<')) {
      char header[200];
      snprintf(header, sizeof header, "%.*s", (int)strcspn(at + 10, "\">\n"), at + 10);
      check_include_order(source, line, header, at[9] == '<', index++, &system_seen);
      if (at[9] == '"') check_include(source, line, header);
    }
    at = strchr(at, '\n');
    if (at) at++;
  }
}

// Depth-first walk over headers; `state` is 0 new, 1 on the path, 2 done.
static void walk_includes(size_t index, char *state) {
  state[index] = 1;
  const struct source *source = &sources[index];
  for (const char *at = source->text; (at = strstr(at, "#include \"")); at++) {
    char header[200];
    snprintf(header, sizeof header, "%.*s", (int)strcspn(at + 10, "\"\n"), at + 10);
    const struct source *target = included_source(source, header);
    if (!target) continue;
    size_t next = (size_t)(target - sources);
    if (state[next] == 1)
      find(source->path, line_at(source->text, at), "include-cycle",
           "\"%s\" leads back here; declare the struct instead", header);
    else if (state[next] == 0)
      walk_includes(next, state);
  }
  state[index] = 2;
}

// ---- names ------------------------------------------------------------------------------------------------------

static void check_guest_words(const struct source *source) {
  if (!has_prefix(source->path, "substrate/")) return;
  char *lower = need(strdup(source->text));
  for (char *c = lower; *c; c++) *c = (char)tolower((unsigned char)*c);
  for (size_t i = 0; i < sizeof guest_words / sizeof *guest_words; i++) {
    size_t length = strlen(guest_words[i]);
    for (const char *at = lower; (at = strstr(at, guest_words[i])); at += length) {
      if ((at > lower && isalpha((unsigned char)at[-1])) || isalpha((unsigned char)at[length])) continue;
      find(source->path, line_at(lower, at), "guest-word",
           "'%s': the substrate names no guest; say what is meant in the substrate's words", guest_words[i]);
    }
  }
  free(lower);
}

static void check_file_name(const struct source *source) {
  static const char *const vague[] = {"util", "utils", "common", "misc", "helper", "helpers", "global", "globals"};
  for (size_t i = 0; i < sizeof vague / sizeof *vague; i++) {
    const char *at = strstr(source->name, vague[i]);
    if (at && (at == source->name || !isalpha((unsigned char)at[-1])) && !isalpha((unsigned char)at[strlen(vague[i])]))
      find(source->path, 1, "file-name", "'%s' says nothing; name the one concept of the file", vague[i]);
  }
  char folder[64];
  bool guest = folder_below(source->path, "guests", folder, sizeof folder);
  bool substrate = !guest && folder_below(source->path, "substrate", folder, sizeof folder);
  bool tool = !guest && !substrate && folder_below(source->path, "tools", folder, sizeof folder);
  // base is the ground of all and has several nouns; the public headers have their fixed names.
  if (!(guest || substrate || tool) || strcmp(folder, "base") == 0 || strcmp(folder, "include") == 0) return;
  size_t length = strlen(folder);
  if (source->is_c && !(strncmp(source->name, folder, length) == 0 && strchr("_.", source->name[length])))
    find(source->path, 1, "file-name", "call it %s_<noun>: files begin with their module's name", folder);
}

static void check_unique_names(void) {
  for (size_t i = 0; i < source_count; i++)
    for (size_t k = i + 1; k < source_count; k++)
      if ((sources[i].is_c || has_suffix(sources[i].name, ".ops")) && strcmp(sources[i].name, sources[k].name) == 0)
        find(sources[k].path, 1, "unique-name", "%s has the same name; basenames are unique", sources[i].path);
}

// Whether a function that isn't static may be called `name` in this file. `want` gets what it should begin with.
static bool symbol_allowed(const struct source *source, const char *name, char *want, size_t size) {
  char folder[64];
  bool guest = folder_below(source->path, "guests", folder, sizeof folder);
  if (!guest && !folder_below(source->path, "substrate", folder, sizeof folder)) return true;
  snprintf(want, size, "%s_", folder);
  if (has_prefix(name, want) || strcmp(name, "main") == 0) return true;
  size_t first = strcspn(name, "_");
  // A guest may shorten its name to three letters or more: mit_ for mitscript.
  if (guest) return first >= 3 && name[first] == '_' && strncmp(name, folder, first) == 0;
  const char *declared = find_word(public_headers, public_headers, name);
  if (declared && declared[strlen(name)] == '(') return true;
  // base has several nouns: text.c defines text_*.
  return strcmp(folder, "base") == 0 && strncmp(name, source->name, first) == 0 &&
         strchr("_.", source->name[first]) != NULL;
}

// ---- sizes and functions ----------------------------------------------------------------------------------------

static void check_file_size(const struct source *source) {
  if (has_suffix(source->name, "README.md")) {
    if (source->lines > README_LINES_HARD)
      find(source->path, 1, "readme-size", "%u lines; a README has at most %d", source->lines, README_LINES_HARD);
    return;
  }
  if (!source->is_c && !has_suffix(source->name, ".ops")) return;
  if (source->lines > FILE_LINES_HARD)
    find(source->path, 1, "file-size-hard", "%u lines, %d is the limit; split it by concept", source->lines,
         FILE_LINES_HARD);
  else if (source->lines > FILE_LINES_SOFT)
    find(source->path, 1, "file-size", "%u lines, more than %d; split it by concept, or say why not in %s",
         source->lines, FILE_LINES_SOFT, exemption_path);
}

// Copies the name of the function whose header (return type, name, parameters) is `header`; false: it is no function.
static bool function_name(const char *header, char *name, size_t size) {
  if (has_prefix(header, "typedef") || has_prefix(header, "#")) return false;
  const char *paren = strchr(header, '(');
  while (paren && strncmp(paren - 13 > header ? paren - 13 : header, "__attribute__", 13) == 0) {
    int depth = 0; // skip the attribute's own parentheses
    do {
      depth += *paren == '(' ? 1 : *paren == ')' ? -1 : 0;
      paren++;
    } while (*paren && depth);
    paren = strchr(paren, '(');
  }
  const char *equal = strchr(header, '=');
  if (!paren || (equal && equal < paren)) return false;
  const char *end = paren;
  while (end > header && end[-1] == ' ') end--;
  const char *start = end;
  while (start > header && is_word(start[-1])) start--;
  snprintf(name, size, "%.*s", (int)(end - start), start);
  return start < end && !isdigit((unsigned char)*start);
}

static void check_function(const struct source *source, const char *header, unsigned line, unsigned lines) {
  char name[120], want[80] = "";
  if (!function_name(header, name, sizeof name)) return;
  function_lengths = need(realloc(function_lengths, (function_count + 1) * sizeof *function_lengths));
  function_lengths[function_count++] = lines;
  if (lines > FUNCTION_LINES_HARD)
    find(source->path, line, "function-size", "%s has %u lines, %d is the limit; give its parts names", name, lines,
         FUNCTION_LINES_HARD);
  bool is_static = find_word(header, header, "static") != NULL;
  if (!is_static && !source->is_test && !symbol_allowed(source, name, want, sizeof want))
    find(source->path, line, "symbol", "%s: make it static or call it %s<noun>_<verb>", name, want);
}

// Finds the functions of a file by the layout clang-format gives them.
static void check_functions(const struct source *source) {
  unsigned line = 1, header_line = 0;
  bool inside = false, continued = false;
  char header[2000] = "";
  for (const char *at = source->code; *at; line++) {
    size_t length = strcspn(at, "\n");
    size_t used = length;
    while (used && isspace((unsigned char)at[used - 1])) used--;
    bool was_continued = continued;
    continued = used && at[used - 1] == '\\';
    if (inside) {
      if (used == 1 && *at == '}') {
        check_function(source, header, header_line, line - header_line + 1);
        inside = false;
        header[0] = '\0';
      } else if (*at == '}') { // an initialiser's or a struct's end
        inside = false;
        header[0] = '\0';
      }
    } else if (was_continued || *at == '#' || used == 0) {
      if (used == 0) header[0] = '\0';
    } else {
      if (!header[0]) header_line = line;
      size_t have = strlen(header);
      snprintf(header + have, sizeof header - have, "%.*s ", (int)used, at);
      if (at[used - 1] == '{')
        inside = true;
      else if (at[used - 1] == '}' && strchr(header, '{')) {
        check_function(source, header, header_line, line - header_line + 1);
        header[0] = '\0';
      } else if (at[used - 1] == ';' || at[used - 1] == '}')
        header[0] = '\0';
    }
    at += length + (at[length] == '\n');
  }
}

// ---- words in the text ------------------------------------------------------------------------------------------

static void check_text(const struct source *source) {
  if (has_suffix(source->name, "README.md")) return;
  // Records that opgen's tests want refused are as malformed as they like.
  if (has_prefix(source->path, "tests/") && has_suffix(source->name, ".ops")) return;
  if (!has_prefix(source->text, "// SPDX-License-Identifier: MIT\n") &&
      !has_prefix(source->text, "; SPDX-License-Identifier: MIT\n") &&
      !has_prefix(source->text, "# SPDX-License-Identifier: MIT\n"))
    find(source->path, 1, "spdx", "the first line is '// SPDX-License-Identifier: MIT'");
  static const char *const marks[] = {"TODO", "FIXME", "XXX", "HACK"};
  if (strcmp(source->name, "stylecheck.c") == 0) return; // names them itself
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    for (const char *at = source->text; (at = find_word(source->text, at, marks[i])); at++)
      find(source->path, line_at(source->text, at), "mark", "'%s': do it, or write an issue", marks[i]);
}

static void check_banned_calls(const struct source *source) {
  if (!source->is_c && !has_suffix(source->name, ".ops")) return;
  bool stands_alone = has_prefix(source->path, "tools/") || has_prefix(source->path, "tests/") ||
                      has_prefix(source->path, "docs/") || has_prefix(source->path, "bench/") || source->is_test;
  bool is_memory = strcmp(source->path, "substrate/base/mem.c") == 0; // where mem_alloc itself is
  for (size_t i = 0; i < sizeof banned_calls / sizeof *banned_calls; i++) {
    const struct banned *banned = &banned_calls[i];
    if (banned->tools_may && (stands_alone || is_memory)) continue;
    for (const char *at = source->code; (at = find_word(source->code, at, banned->call)); at++) {
      const char *after = at + strlen(banned->call);
      bool member = at > source->code && (at[-1] == '.' || (at[-1] == '>' && at[-2] == '-'));
      if (*after == '(' && !member)
        find(source->path, line_at(source->code, at), "banned-call", "%s: use %s", banned->call, banned->instead);
    }
  }
}

// ---- invariants, error ids, totals ------------------------------------------------------------------------------

// Reads "MODULE.I<number>" at `at`, where `at` is on the "I"; false when it isn't one.
static bool invariant_at(const char *text, const char *at, char *out, size_t size) {
  if (at - text < 2 || at[-1] != '.' || !isdigit((unsigned char)at[1])) return false;
  const char *start = at - 1;
  while (start > text && is_word(start[-1])) start--;
  if (start == at - 1) return false;
  size_t digits = strspn(at + 1, "0123456789");
  snprintf(out, size, "%.*s", (int)((size_t)(at - start) + 1 + digits), start);
  return true;
}

// Whether any C or .ops file quotes the invariant in a string, as the beginning of an assert's message.
static bool invariant_is_asserted(const char *name) {
  char quoted[80];
  snprintf(quoted, sizeof quoted, "\"%s", name);
  size_t length = strlen(quoted);
  for (size_t i = 0; i < source_count; i++) {
    if (has_suffix(sources[i].name, "README.md")) continue;
    for (const char *at = sources[i].text; (at = strstr(at, quoted)); at++)
      if (!isdigit((unsigned char)at[length])) return true;
  }
  return false;
}

static bool invariant_is_documented(const char *name) {
  for (size_t i = 0; i < source_count; i++)
    if (has_suffix(sources[i].name, "README.md") && find_word(sources[i].text, sources[i].text, name)) return true;
  return false;
}

static void check_invariants(const struct source *source) {
  bool readme = has_suffix(source->name, "README.md");
  if (!readme && !source->is_c && !has_suffix(source->name, ".ops")) return;
  if (has_prefix(source->path, "tools/stylecheck/")) return; // its examples
  char name[80];
  for (const char *at = source->text; (at = strchr(at, 'I')); at++) {
    if (!invariant_at(source->text, at, name, sizeof name)) continue;
    if (find_word(source->text, source->text, name) + strlen(name) < at) continue; // said once for this file
    if (readme && !invariant_is_asserted(name))
      find(source->path, line_at(source->text, at), "invariant",
           "%s has no assert that quotes it: ASSERT(.., \"%s: ..\")", name, name);
    if (!readme && !invariant_is_documented(name))
      find(source->path, line_at(source->text, at), "invariant", "%s stands in no README; number it under Invariants",
           name);
  }
}

static void check_error_ids(void) {
  const struct source *header = find_source("substrate/include/loam/rt.h");
  for (const char *at = public_headers; (at = strstr(at, "LOAM_ERR_"));) {
    char id[60];
    size_t length = 0;
    while (is_word(at[length])) length++;
    snprintf(id, sizeof id, "%.*s", (int)length, at);
    const char *first = find_word(public_headers, public_headers, id);
    bool used = false;
    for (size_t i = 0; i < source_count && !used; i++)
      used = has_suffix(sources[i].name, ".c") && strcmp(sources[i].path, "substrate/base/error.c") != 0 &&
             find_word(sources[i].code, sources[i].code, id);
    if (!used && at == first)
      find(header ? header->path : "rt.h", 1, "error-id", "%s is used nowhere; use it or take it out", id);
    at += length;
  }
}

static int compare_numbers(const void *a, const void *b) {
  unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;
  return left < right ? -1 : left > right;
}

static unsigned quantile(unsigned *numbers, size_t count, unsigned percent) {
  if (count == 0) return 0;
  qsort(numbers, count, sizeof *numbers, compare_numbers);
  size_t at = count * percent / 100;
  return numbers[at < count ? at : count - 1];
}

static unsigned count_word(const char *text, const char *word) {
  unsigned count = 0;
  for (const char *at = text; (at = find_word(text, at, word)); at++) count++;
  return count;
}

// Prints what is measured over the whole tree. Medians are findings of the project, not of a file.
static void report_totals(void) {
  unsigned *sizes = need(calloc(source_count + 1, sizeof *sizes));
  size_t files = 0;
  unsigned lines = 0, asserts = 0;
  for (size_t i = 0; i < source_count; i++) {
    const struct source *source = &sources[i];
    if (!source->is_c) continue;
    sizes[files++] = source->lines;
    bool product = has_prefix(source->path, "substrate/") || has_prefix(source->path, "guests/");
    if (!product || source->is_test) continue;
    lines += source->lines;
    asserts += count_word(source->code, "ASSERT") + count_word(source->code, "CHECK");
  }
  unsigned median = quantile(sizes, files, 50), function_p95 = quantile(function_lengths, function_count, 95);
  printf("files: %zu, median %u lines\n", files, median);
  printf("functions: %zu, median %u lines, p95 %u\n", function_count, quantile(function_lengths, function_count, 50),
         function_p95);
  printf("asserts: %u in %u lines of substrate and guests, %.1f per 1000\n", asserts, lines,
         lines ? asserts * 1000.0 / lines : 0.0);
  if (median > FILE_LINES_MEDIAN)
    find("(all)", 0, "median-size", "the median file has %u lines, not %d", median, FILE_LINES_MEDIAN);
  if (function_p95 > FUNCTION_LINES_P95)
    find("(all)", 0, "function-p95", "1 function in 20 has more than %u lines; the limit is %d", function_p95,
         FUNCTION_LINES_P95);
  free(sizes);
}

static void read_public_headers(void) {
  size_t used = 0;
  public_headers = need(calloc(1, 1));
  for (size_t i = 0; i < source_count; i++) {
    if (!has_prefix(sources[i].path, "substrate/include/loam/")) continue;
    public_headers = need(realloc(public_headers, used + sources[i].length + 2));
    memcpy(public_headers + used, sources[i].code, sources[i].length);
    used += sources[i].length;
    public_headers[used++] = '\n';
    public_headers[used] = '\0';
  }
}

static void check_source(const struct source *source) {
  check_text(source);
  check_file_size(source);
  check_invariants(source);
  check_guest_words(source);
  check_banned_calls(source);
  if (!source->is_c) return;
  check_file_name(source);
  check_includes(source);
  check_functions(source);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--root") == 0) {
    if (chdir(argv[2]) != 0) die("can't go to", argv[2]);
  } else if (argc != 1)
    die("usage: stylecheck [--root FOLDER], not", argv[1]);
  static const char *const tops[] = {"cli", "guests", "substrate", "tools", "tests", "docs", "bench"};
  read_exemptions();
  for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) read_folder(tops[i]);
  if (source_count == 0) die("no sources; run it from the root, not", "here");
  read_public_headers();
  for (size_t i = 0; i < source_count; i++) check_source(&sources[i]);
  char *state = need(calloc(source_count, 1));
  for (size_t i = 0; i < source_count; i++)
    if (state[i] == 0 && sources[i].is_c) walk_includes(i, state);
  free(state);
  check_unique_names();
  check_error_ids();
  report_totals();
  for (size_t i = 0; i < exemption_count; i++)
    if (!exemptions[i].used)
      find(exemption_path, exemptions[i].line, "exemption", "'%s %s' is needed no more; take it out",
           exemptions[i].rule, exemptions[i].path);
  printf("style: %u findings\n", finding_count);
  return finding_count ? 1 : 0;
}
