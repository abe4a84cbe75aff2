// SPDX-License-Identifier: MIT
//
// emit_gdb.c: showing gdb compiled code, through its JIT interface.
//
// gdb puts a breakpoint on a function with a known name. We call it after each change of a list with a known name,
// whose entries are object files in memory; gdb reads their symbols. An object file here is the least that gdb takes: a
// section without contents at the code's address, and a symbol table with the function in it. gdb can then say in which
// function a thread is, and disassemble it; it does not learn the layout of frames.
//
// The list is the process's, whatever number of VMs it has. Both names stay out of the library's dynamic symbols:
// LLVM's library has them, too, and would else share ours without our lock.
#define LOAM_EMIT_MODULE
#include "emit/emit_int.h"

#include <elf.h>
#include <string.h>

// ---- gdb's part: the names and the layout are in its manual, "JIT Compilation Interface" ---------------------------

enum jit_action { JIT_NO_ACTION, JIT_REGISTER, JIT_UNREGISTER };

struct jit_code_entry {
  struct jit_code_entry *next, *prev;
  const char *symbol_file;
  uint64_t symbol_file_bytes;
};

struct jit_descriptor {
  uint32_t version, action;
  struct jit_code_entry *changed, *first;
};

void __jit_debug_register_code(void);
extern struct jit_descriptor __jit_debug_descriptor;

struct jit_descriptor __jit_debug_descriptor = {.version = 1};
// gdb stops here. The empty assembly keeps calls of an empty function.
__attribute__((noinline)) void __jit_debug_register_code(void) { __asm__ volatile("" ::: "memory"); }

static void tell_gdb(enum jit_action action, struct jit_code_entry *entry) {
  ASSERT(__jit_debug_descriptor.action == JIT_NO_ACTION, "emit.I5: gdb is told of %p while it is told of %p",
         (void *)entry, (void *)__jit_debug_descriptor.changed);
  __jit_debug_descriptor.action = action;
  __jit_debug_descriptor.changed = entry;
  __jit_debug_register_code();
  __jit_debug_descriptor.action = JIT_NO_ACTION;
  __jit_debug_descriptor.changed = NULL;
}

// ---- the object file ----------------------------------------------------------------------------------------------

enum section { SECTION_NULL, SECTION_TEXT, SECTION_SYMBOLS, SECTION_STRINGS, SECTION_COUNT };
static const char section_names[] = "\0.text\0.symtab\0.strtab"; // the start of the string table
enum { NAME_TEXT = 1, NAME_SYMTAB = 7, NAME_STRTAB = 15, NAME_FUNCTION = sizeof section_names };

struct object {
  struct jit_code_entry entry;
  const uint8_t *run;
  size_t size;
  Elf64_Ehdr header;
  Elf64_Shdr sections[SECTION_COUNT];
  Elf64_Sym symbols[2];
  char strings[];
};
#define FILE_OFFSET(field) (offsetof(struct object, field) - offsetof(struct object, header))

static void fill_object(struct object *object, size_t strings_bytes) {
  object->header = (Elf64_Ehdr){.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                                .e_type = ET_REL,
                                .e_machine = EM_X86_64,
                                .e_version = EV_CURRENT,
                                .e_shoff = FILE_OFFSET(sections),
                                .e_ehsize = sizeof(Elf64_Ehdr),
                                .e_shentsize = sizeof(Elf64_Shdr),
                                .e_shnum = SECTION_COUNT,
                                .e_shstrndx = SECTION_STRINGS};
  object->sections[SECTION_TEXT] = (Elf64_Shdr){.sh_name = NAME_TEXT,
                                                .sh_type = SHT_NOBITS,
                                                .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
                                                .sh_addr = (uintptr_t)object->run,
                                                .sh_size = object->size,
                                                .sh_addralign = 1};
  object->sections[SECTION_SYMBOLS] = (Elf64_Shdr){.sh_name = NAME_SYMTAB,
                                                   .sh_type = SHT_SYMTAB,
                                                   .sh_offset = FILE_OFFSET(symbols),
                                                   .sh_size = sizeof object->symbols,
                                                   .sh_link = SECTION_STRINGS,
                                                   .sh_info = 1, // the first symbol that is not local
                                                   .sh_addralign = 8,
                                                   .sh_entsize = sizeof(Elf64_Sym)};
  object->sections[SECTION_STRINGS] = (Elf64_Shdr){.sh_name = NAME_STRTAB,
                                                   .sh_type = SHT_STRTAB,
                                                   .sh_offset = FILE_OFFSET(strings),
                                                   .sh_size = strings_bytes,
                                                   .sh_addralign = 1};
  object->symbols[1] = (Elf64_Sym){.st_name = NAME_FUNCTION,
                                   .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                   .st_shndx = SECTION_TEXT,
                                   .st_size = object->size};
}

static struct object *make_object(const uint8_t *run, size_t size, const char *name) {
  size_t strings_bytes = NAME_FUNCTION + strlen(name) + 1;
  struct object *object = mem_alloc_zero(1, sizeof *object + strings_bytes);
  if (!object) return NULL;
  object->run = run;
  object->size = size;
  memcpy(object->strings, section_names, sizeof section_names);
  memcpy(object->strings + NAME_FUNCTION, name, strlen(name));
  fill_object(object, strings_bytes);
  object->entry.symbol_file = (const char *)&object->header;
  object->entry.symbol_file_bytes = FILE_OFFSET(strings) + strings_bytes;
  return object;
}

// ---- the list -----------------------------------------------------------------------------------------------------

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

void emit_gdb_register(const uint8_t *run, size_t size, const char *name) {
  struct object *object = make_object(run, size, name);
  if (!object) return;
  pthread_mutex_lock(&list_lock);
  struct jit_code_entry *entry = &object->entry, *first = __jit_debug_descriptor.first;
  ASSERT(!first || !first->prev, "emit.I5: %p is the first entry of gdb's list, and behind %p", (void *)first,
         (void *)first->prev);
  entry->next = first;
  if (first) first->prev = entry;
  __jit_debug_descriptor.first = entry;
  tell_gdb(JIT_REGISTER, entry);
  pthread_mutex_unlock(&list_lock);
}

static void remove_entry(struct jit_code_entry *entry) {
  ASSERT((entry->prev ? entry->prev->next : __jit_debug_descriptor.first) == entry,
         "emit.I5: entry %p is not behind its predecessor %p", (void *)entry, (void *)entry->prev);
  if (entry->next) entry->next->prev = entry->prev;
  if (entry->prev)
    entry->prev->next = entry->next;
  else
    __jit_debug_descriptor.first = entry->next;
  tell_gdb(JIT_UNREGISTER, entry);
  mem_free(entry); // the first field of its object
}

void emit_gdb_forget(const uint8_t *run, size_t size) {
  pthread_mutex_lock(&list_lock);
  for (struct jit_code_entry *entry = __jit_debug_descriptor.first, *next; entry; entry = next) {
    next = entry->next;
    const struct object *object = (const struct object *)entry;
    if ((uintptr_t)object->run - (uintptr_t)run < size) remove_entry(entry);
  }
  pthread_mutex_unlock(&list_lock);
}
