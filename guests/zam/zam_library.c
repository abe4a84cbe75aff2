// SPDX-License-Identifier: MIT
//
// zam_library.c: C libraries. A program names them without folder and ending; they are looked for in the folders of
// --dll-path, of the environment's CAML_LD_LIBRARY_PATH, of the program's section DLPT and of the lines of ld.conf
// beside the standard library, and then where the system looks. Their symbols are seen by later libraries.
//
// A primitive is the machine's own, if it has one of that name, else the first library's that exports the name. The
// library of threads is never opened, since it would switch stacks that this machine doesn't have: what it exports must
// be primitives of the machine's.
#include "zam_library.h"

#include "zam_custom.h"
#include "zam_final.h"
#include "zam_stub.h"
#include "zam_tool.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS "dllthreads"

struct library {
  const char *name;
  void *handle; // NULL: of threads
  struct library *next;
};

struct zam_libraries {
  struct library *first, **last;
  struct text folders; // names, each ended by a NUL
};

// ---- folders -------------------------------------------------------------------------------------------------------

static void add_folder(struct text *folders, const char *name, size_t length) {
  ASSERT(!folders->length || folders->failed || !folders->bytes[folders->length - 1],
         "the names of folders end with '%c'", folders->bytes[folders->length - 1]);
  text_add(folders, name, length);
  text_add_char(folders, 0);
}

// The parts of a text between `separators`.
static void add_folders(struct text *folders, const char *list, const char *separators, bool empty) {
  while (list && *list) {
    size_t length = strcspn(list, separators);
    if (length || empty) add_folder(folders, list, length);
    list += length + (list[length] != 0);
  }
}

const char *zam_libraries_standard(void) {
  const char *folder = getenv("OCAMLLIB");
  if (!folder) folder = getenv("CAMLLIB");
  return folder ? folder : ZAM_STANDARD_LIBRARY;
}

static void add_configured(struct text *folders) {
  struct text path = {0};
  struct loam_source source = {.length = 0};
  text_printf(&path, "%s/ld.conf", zam_libraries_standard());
  if (!path.failed && access(path.bytes, R_OK) == 0 && guest_tool_read(path.bytes, &source, NULL) == LOAM_OK)
    add_folders(folders, source.bytes, "\n", true);
  mem_free((void *)source.bytes);
  text_fini(&path);
}

void zam_libraries_folders(const char *given, const struct zam_image *image, struct text *folders) {
  size_t at = 0;
  add_folders(folders, given, ":", false);
  if (image) add_folders(folders, getenv("CAML_LD_LIBRARY_PATH"), ":", true);
  for (const char *name; image && (name = zam_section_name(&image->dlpt, &at));)
    add_folder(folders, name, strlen(name));
  add_configured(folders);
}

// The file of a library in the folders; its bare name when there is none.
static void find_file(const struct text *folders, const char *name, struct text *path) {
  ASSERT(!folders->failed, "%s is looked for in folders, of which %zu bytes are known", name, folders->length);
  for (size_t at = 0; at < folders->length; at += strlen(folders->bytes + at) + 1) {
    const char *folder = folders->bytes + at;
    text_clear(path);
    text_printf(path, "%s%s%s.so", folder, *folder ? "/" : "", name);
    if (!path->failed && access(path->bytes, F_OK) == 0) return;
  }
  text_clear(path);
  text_printf(path, "%s.so", name);
}

// ---- opening -------------------------------------------------------------------------------------------------------

enum loam_err zam_library_fatal(struct zam_state *state, struct error *err, const struct text *message) {
  const char *text = message->failed ? "no memory for the message" : message->bytes;
  if (zam_tool_is_ocamlrun()) {
    fprintf(stderr, "Fatal error: %s\n", text);
    abort();
  }
  return error_set(err, LOAM_ERR_INPUT, "%s: %s", state->program, text);
}

static enum loam_err refuse(struct zam_state *state, const char *name, const char *reason, struct error *err) {
  struct text message = {0};
  const struct text *folders = &state->libraries->folders;
  text_printf(&message, "cannot load shared library %s\nReason: %s", name, reason);
  for (size_t at = 0; at < folders->length; at += strlen(folders->bytes + at) + 1)
    text_printf(&message, "%s%s", at ? ", " : "\nLooked for in: ", folders->bytes + at);
  enum loam_err kind = zam_library_fatal(state, err, &message);
  text_fini(&message);
  return kind;
}

static bool add_library(struct zam_state *state, const char *name, void *handle) {
  struct zam_libraries *libraries = state->libraries;
  struct library *library = arena_alloc(&state->memory, sizeof *library);
  ASSERT(libraries && !*libraries->last, "library %s is added where another one is", name);
  char *copy = arena_alloc(&state->memory, strlen(name) + 1);
  if (!library || !copy) return false;
  memcpy(copy, name, strlen(name));
  *library = (struct library){copy, handle, NULL};
  *libraries->last = library;
  libraries->last = &library->next;
  return true;
}

static bool make_libraries(struct zam_state *state) {
  if (state->libraries) return true;
  state->libraries = mem_alloc_zero(1, sizeof *state->libraries);
  if (state->libraries) state->libraries->last = &state->libraries->first;
  return state->libraries;
}

static enum loam_err open_library(struct zam_state *state, const char *name, struct error *err) {
  struct text path = {0};
  void *handle = NULL;
  if (strcmp(name, THREADS) != 0) {
    find_file(&state->libraries->folders, name, &path);
    if (!path.failed) handle = dlopen(path.bytes, RTLD_NOW | RTLD_GLOBAL);
    text_fini(&path);
    if (!handle) return refuse(state, name, dlerror(), err);
  }
  return add_library(state, name, handle) ? LOAM_OK : error_set(err, LOAM_ERR_MEMORY, "no memory for a library");
}

enum loam_err zam_libraries_open(struct zam_state *state, const struct zam_image *image, struct error *err) {
  size_t at = 0;
  enum loam_err kind = LOAM_OK;
  if (!image->dlls.length) return LOAM_OK;
  ASSERT(!state->prims, "zam.I3: %u primitives were found before the libraries", state->prim_count);
  if (!make_libraries(state)) return error_set(err, LOAM_ERR_MEMORY, "no memory for the libraries");
  if (!zam_stub_claim(state))
    return error_set(err, LOAM_ERR_LIMIT, "%s: another VM of this process uses C libraries", state->program);
  zam_libraries_folders(vm_guest_option(state->vm, "dll-path"), image, &state->libraries->folders);
  if (state->libraries->folders.failed) return error_set(err, LOAM_ERR_MEMORY, "no memory for the libraries");
  for (const char *name; kind == LOAM_OK && (name = zam_section_name(&image->dlls, &at));)
    kind = open_library(state, name, err);
  return kind;
}

void zam_libraries_close(struct zam_state *state) {
  struct zam_libraries *libraries = state->libraries;
  if (!libraries) return;
  ASSERT(state->closing, "C libraries of %s are closed while it may call them", state->program);
  zam_stub_release(state);
  for (struct library *library = libraries->first; library; library = library->next)
    if (library->handle) dlclose(library->handle);
  text_fini(&libraries->folders);
  mem_free(libraries);
  state->libraries = NULL;
}

// ---- primitives ----------------------------------------------------------------------------------------------------

static const struct zam_prim *make_prim(struct zam_state *state, const char *name, void *function) {
  ASSERT(function, "zam.I3: primitive %s has no code", name);
  struct zam_stub_prim *prim = arena_alloc(&state->memory, sizeof *prim);
  char *copy = arena_alloc(&state->memory, strlen(name) + 1);
  if (!prim || !copy) return NULL;
  memcpy(copy, name, strlen(name));
  *prim = (struct zam_stub_prim){{.name = copy, .op_args = ZAM_PRIM_STUB}, function};
  return &prim->prim;
}

const struct zam_prim *zam_library_find(struct zam_state *state, const char *name) {
  for (struct library *library = state->libraries ? state->libraries->first : NULL; library; library = library->next) {
    void *function = library->handle ? dlsym(library->handle, name) : NULL;
    if (function) return make_prim(state, name, function);
  }
  return NULL;
}

void zam_libraries_print(const struct zam_state *state, struct text *out) {
  if (!state->libraries || !state->libraries->first) return;
  text_printf(out, "\nLooked for in: the machine");
  for (struct library *library = state->libraries->first; library; library = library->next)
    text_printf(out, ", %s%s", library->name, library->handle ? "" : " (the machine's own)");
}

// ---- libraries that a program opens itself: the toplevel, Dynlink ---------------------------------------------------

// A handle or symbol: an abstract block of one word. The machine's own primitives have OWN_PRIMITIVE set, which no
// address has; functions of C libraries may have any other bit.
#define OWN_PRIMITIVE (UINT64_C(1) << 63)

static enum loam_status make_handle(struct mutator *th, uintptr_t word, struct value *result) {
  struct ref object = zam_alloc(th, ZAM_TAG_ABSTRACT, 1);
  if (!object.addr) return THROWN;
  *result = value_from_ref(object);
  zam_fields(*result)[0].bits = word;
  return DONE;
}

static bool is_threads(const char *path) {
  const char *name = strrchr(path, '/');
  return strcmp(name ? name + 1 : path, THREADS ".so") == 0;
}

static enum loam_status open_lib(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  const char *path = zam_string_bytes(zam_arg(args, 1));
  bool for_execution = zam_arg_int(args, 0) != 0; // else its symbols are looked at only
  if (!make_libraries(state)) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  if (!zam_stub_claim(state)) return zam_fail(th, "another VM of this process uses C libraries");
  if (is_threads(path)) return make_handle(th, 0, result);
  void *handle = dlopen(path, RTLD_GLOBAL | (for_execution ? RTLD_NOW : RTLD_LAZY));
  return handle ? make_handle(th, (uintptr_t)handle, result) : zam_fail(th, dlerror());
}

static enum loam_status close_lib(struct mutator *th, struct value *args, struct value *result) {
  void *handle = (void *)(uintptr_t)zam_fields(args[0])[0].bits;
  (void)th;
  if (handle) dlclose(handle);
  return zam_return_unit(result);
}

static enum loam_status lookup_symbol(struct mutator *th, struct value *args, struct value *result) {
  void *handle = (void *)(uintptr_t)zam_fields(args[0])[0].bits;
  const char *name = zam_string_bytes(zam_arg(args, 1));
  const struct zam_prim *prim = handle ? NULL : zam_prim_find(name);
  uintptr_t word = handle ? (uintptr_t)dlsym(handle, name) : (uintptr_t)prim | (prim ? OWN_PRIMITIVE : 0);
  return word ? make_handle(th, word, result) : zam_return_unit(result);
}

// A symbol becomes the next primitive: its number.
static enum loam_status add_primitive(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  uintptr_t word = zam_fields(args[0])[0].bits;
  const struct zam_prim *prim = word & OWN_PRIMITIVE ? (const struct zam_prim *)(word & ~OWN_PRIMITIVE)
                                                     : make_prim(state, "(of a library)", (void *)word);
  const struct zam_prim **prims = mem_resize(state->prims, (state->prim_count + 1) * sizeof *prims);
  if (prims) state->prims = prims;
  if (!prim || !prims) return zam_raise(th, ZAM_OUT_OF_MEMORY);
  prims[state->prim_count] = prim;
  return zam_return_int(result, state->prim_count++);
}

static enum loam_status get_current_libs(struct mutator *th, struct value *args, struct value *result) {
  struct zam_state *state = zam_state(th);
  struct value list = zam_atom(0), handle;
  size_t count = 0;
  (void)args;
  for (struct library *l = state->libraries ? state->libraries->first : NULL; l; l = l->next) count++;
  if (count) {
    struct ref object = zam_alloc(th, 0, count);
    if (!object.addr) return THROWN;
    list = value_from_ref(object);
    for (size_t i = 0; i < count; i++) zam_fields(list)[i] = ZAM_UNIT;
  }
  ROOTS(th, &list);
  size_t at = 0;
  for (struct library *l = state->libraries ? state->libraries->first : NULL; l; l = l->next) {
    if (make_handle(th, (uintptr_t)l->handle, &handle) != DONE) return THROWN;
    ASSERT(at < count, "zam.I5: library %zu goes into a block of %zu", at, count);
    heap_store(th, value_to_ref(list), at++, handle);
  }
  ASSERT(at == count, "zam.I5: a block of %zu gets %zu libraries", count, at);
  *result = list;
  return DONE;
}

const struct zam_prim zam_library_prims[] = {
    {"caml_dynlink_open_lib", open_lib, 0, 0},
    {"caml_dynlink_close_lib", close_lib, 0, 0},
    {"caml_dynlink_lookup_symbol", lookup_symbol, 0, 0},
    {"caml_dynlink_add_primitive", add_primitive, 0, 0},
    {"caml_dynlink_get_current_libs", get_current_libs, 0, 0},
    {NULL, NULL, 0, 0},
};
