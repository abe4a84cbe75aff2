// SPDX-License-Identifier: MIT
//
// hot_llvm.c: opening LLVM's shared libraries, each once in a process: loam's own (hot_llvm_used.c), and the
// distribution's.
//
// Their symbols stay out of the process's other lookups (RTLD_LOCAL): a host program may have an LLVM of its
// own, of another version. They are never closed: LLVM keeps tables for its targets and destructors that run at exit.
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

struct function {
  const char *name;
  size_t offset;
};
#define FUNCTION_ROW(name) {#name, offsetof(struct hot_llvm, name)},
static const struct function ir_functions[] = {HOT_LLVM_IR_FUNCTIONS(FUNCTION_ROW)};
static const struct function machine_functions[] = {HOT_LLVM_MACHINE_FUNCTIONS(FUNCTION_ROW)};

// Each is written once.
struct library {
  pthread_once_t once;
  struct hot_llvm llvm;
  struct error failure;
};
static struct library own = {.once = PTHREAD_ONCE_INIT};
static struct library whole = {.once = PTHREAD_ONCE_INIT};
static bool has_own;

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

static bool find_functions(struct library *library, void *handle, const struct function *functions, size_t count) {
  for (size_t i = 0; i < count; i++) {
    void *address = dlsym(handle, functions[i].name);
    if (!address) {
      error_set(&library->failure, LOAM_ERR_FILE, "the LLVM library has no function %s: it is not LLVM %d for x86-64",
                functions[i].name, LLVM_VERSION_WANTED);
      return false;
    }
    ASSERT(functions[i].offset + sizeof address <= sizeof library->llvm, "%s goes to byte %zu of %zu",
           functions[i].name, (size_t)functions[i].offset, sizeof library->llvm);
    memcpy((char *)&library->llvm + functions[i].offset, &address, sizeof address);
  }
  return true;
}

static bool is_wanted_version(struct library *library) {
  unsigned major, minor, patch;
  library->llvm.LLVMGetVersion(&major, &minor, &patch);
  if (major == LLVM_VERSION_WANTED) return true;
  error_set(&library->failure, LOAM_ERR_FILE, "expected LLVM %d, found LLVM %u.%u.%u", LLVM_VERSION_WANTED, major,
            minor, patch);
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

static bool open_ir(struct library *library, void *handle) {
  if (!find_functions(library, handle, ir_functions, COUNT_OF(ir_functions)) || !is_wanted_version(library)) {
    dlclose(handle);
    return false;
  }
  library->llvm.LLVMInstallFatalErrorHandler(handle_fatal);
  return true;
}

static void open_own(void) {
  void *handle = open_own_library();
  has_own = handle && open_ir(&own, handle);
}

static void *open_distribution(struct error *failure) {
  for (size_t i = 0; i < COUNT_OF(libraries); i++) {
    void *handle = dlopen(libraries[i], RTLD_NOW | RTLD_LOCAL);
    if (handle) return handle;
  }
  error_set(failure, LOAM_ERR_FILE,
            "LLVM %d can't be opened: looked for %s, %s and %s in the system's library folders, and for %s (%s)",
            LLVM_VERSION_WANTED, libraries[0], libraries[1], libraries[2], libraries[3], dlerror());
  return NULL;
}

static void open_whole(void) {
  void *handle = open_distribution(&whole.failure);
  if (!handle || !open_ir(&whole, handle)) return;
  if (!find_functions(&whole, handle, machine_functions, COUNT_OF(machine_functions))) return;
  const struct hot_llvm *llvm = &whole.llvm;
  llvm->LLVMInitializeX86TargetInfo();
  llvm->LLVMInitializeX86Target();
  llvm->LLVMInitializeX86TargetMC();
  llvm->LLVMInitializeX86AsmPrinter();
  llvm->LLVMInitializeX86AsmParser(); // for bodies with inline assembly
  llvm->LLVMInitializeX86Disassembler();
}

const struct hot_llvm *hot_llvm_open_machine(struct error *err) {
  pthread_once(&whole.once, open_whole);
  if (whole.failure.kind == LOAM_OK) return &whole.llvm;
  error_set(err, whole.failure.kind, "%s", whole.failure.text);
  return NULL;
}

const struct hot_llvm *hot_llvm_open(struct error *err) {
  pthread_once(&own.once, open_own);
  return has_own ? &own.llvm : hot_llvm_open_machine(err);
}

// Without a handler LLVM prints, and ends the process at an error.
static void ignore_diagnostic(LLVMDiagnosticInfoRef info, void *context) { (void)info, (void)context; }

LLVMContextRef hot_llvm_make_context(const struct hot_llvm *llvm) {
  LLVMContextRef context = llvm->LLVMContextCreate();
  llvm->LLVMContextSetDiagnosticHandler(context, ignore_diagnostic, NULL);
  return context;
}
