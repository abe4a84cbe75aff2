// SPDX-License-Identifier: MIT
//
// hot_llvm.c: opening LLVM's shared library, once in a process: loam's own (hot_llvm_used.c), else the distribution's.
//
// Symbols of the library stay out of the process's other lookups (RTLD_LOCAL): a host program may have an LLVM of its
// own, of another version. It is never closed: LLVM keeps tables for its targets and destructors that run at exit.
#include "hot/hot_llvm.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LLVM_VERSION_WANTED 19

// Where loam's own is, from the folder of the file that this code is in: the command or libloam; or the command where
// it is installed. (The unit tests, in a folder of the build's, open the distribution's.)
static const char *const own_libraries[] = {"libloam-llvm.so", "../" LOAM_LIBDIR "/libloam-llvm.so"};

// Where distributions put it: by its own name, by Debian's names, and where Debian's packages for one version are.
static const char *const libraries[] = {
    "libLLVM.so.19.1",
    "libLLVM-19.so.1",
    "libLLVM-19.so",
    "/usr/lib/llvm-19/lib/libLLVM.so.19.1",
};

static const struct {
  const char *name;
  size_t offset;
} functions[] = {
#define FUNCTION_ROW(name) {#name, offsetof(struct hot_llvm, name)},
    HOT_LLVM_FUNCTIONS(FUNCTION_ROW)
#undef FUNCTION_ROW
};

static pthread_once_t open_once = PTHREAD_ONCE_INIT;
static struct hot_llvm llvm;      // written once,
static struct error open_failure; // as is this

// The file that this code is in. False: not known.
static bool own_file(char path[PATH_MAX]) {
  Dl_info info;
  struct link_map *map;
  if (!dladdr1((const void *)hot_llvm_open, &info, (void **)&map, RTLD_DL_LINKMAP)) return false;
  if (map->l_name[0]) return realpath(map->l_name, path) != NULL;
  ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1); // the program has no name there
  path[length > 0 ? length : 0] = 0;
  return length > 0;
}

static void *open_own_library(void) {
  char path[PATH_MAX + 64];
  if (!own_file(path)) return NULL;
  char *name = strrchr(path, '/') + 1;
  for (size_t i = 0; i < COUNT_OF(own_libraries); i++) {
    (void)snprintf(name, sizeof path - (size_t)(name - path), "%s", own_libraries[i]);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
  }
  return NULL;
}

static void *open_library(bool *is_own) {
  void *own = open_own_library();
  *is_own = own != NULL;
  if (own) return own;
  for (size_t i = 0; i < COUNT_OF(libraries); i++) {
    void *library = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
  }
  error_set(&open_failure, LOAM_ERR_FILE,
            "LLVM %d can't be opened: looked for %s, %s and %s in the system's library folders, and for %s (%s)",
            LLVM_VERSION_WANTED, libraries[0], libraries[1], libraries[2], libraries[3], dlerror());
  return NULL;
}

static bool find_functions(void *library) {
  for (size_t i = 0; i < COUNT_OF(functions); i++) {
    void *address = dlsym(library, functions[i].name);
    if (!address) {
      error_set(&open_failure, LOAM_ERR_FILE, "the LLVM library has no function %s: it is not LLVM %d for x86-64",
                functions[i].name, LLVM_VERSION_WANTED);
      return false;
    }
    ASSERT(functions[i].offset + sizeof address <= sizeof llvm, "%s goes to byte %zu of %zu", functions[i].name,
           (size_t)functions[i].offset, sizeof llvm);
    memcpy((char *)&llvm + functions[i].offset, &address, sizeof address);
  }
  unsigned major, minor, patch;
  llvm.LLVMGetVersion(&major, &minor, &patch);
  if (major == LLVM_VERSION_WANTED) return true;
  error_set(&open_failure, LOAM_ERR_FILE, "expected LLVM %d, found LLVM %u.%u.%u", LLVM_VERSION_WANTED, major, minor,
            patch);
  return false;
}

static _Thread_local struct {
  void (*handle)(void *context, const char *reason);
  void *context;
} on_fatal; // of this thread

void hot_llvm_on_fatal(void (*handle)(void *context, const char *reason), void *context) {
  on_fatal.handle = handle;
  on_fatal.context = context;
}

// Behind it LLVM ends the process.
static void handle_fatal(const char *reason) {
  if (on_fatal.handle) on_fatal.handle(on_fatal.context, reason);
}

// Options are set for a whole process: so not in a library that the host program may use as well.
static void set_options(void) {
  static const char *const options[] = {
      "loam",
      // Constants of 64 bits take one instruction each, but LLVM takes them for dear: it would keep one in a register,
      // and compute others from it in each round of a loop.
      "-disable-constant-hoisting",
      // Passes that find next to nothing to do behind ours: without them 110 of 185 thousand instructions are more.
      "-disable-machine-dce",
      "-disable-copyprop",
      "-disable-postra-machine-licm",
  };
  llvm.LLVMParseCommandLineOptions(COUNT_OF(options), options, NULL);
}

static void open_llvm(void) {
  bool is_own;
  void *library = open_library(&is_own);
  if (!library) return;
  if (!find_functions(library)) {
    dlclose(library);
    return;
  }
  llvm.LLVMInstallFatalErrorHandler(handle_fatal);
  if (is_own) set_options();
  llvm.LLVMInitializeX86TargetInfo();
  llvm.LLVMInitializeX86Target();
  llvm.LLVMInitializeX86TargetMC();
  llvm.LLVMInitializeX86AsmPrinter();
  llvm.LLVMInitializeX86AsmParser(); // for bodies with inline assembly
  llvm.LLVMInitializeX86Disassembler();
}

const struct hot_llvm *hot_llvm_open(struct error *err) {
  pthread_once(&open_once, open_llvm);
  if (open_failure.kind == LOAM_OK) return &llvm;
  error_set(err, open_failure.kind, "%s", open_failure.text);
  return NULL;
}
