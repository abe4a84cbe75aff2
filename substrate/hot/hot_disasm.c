// SPDX-License-Identifier: MIT
//
// hot_disasm.c: machine code as text, by LLVM. Written for reading: in AT&T's syntax like objdump's, branches
// with the address they go to, a function's name where it is known: from who asks, or from the program's own symbols.
#include "hot/hot_disasm.h"

#include "hot/hot_llvm.h"

#include <dlfcn.h>
#include <string.h>

#define INSTRUCTION_BYTES_MAX 15

struct listing {
  const struct hot_llvm *llvm;
  const struct hot_disasm_notes *notes;
  uint64_t start, end;
  uint64_t target; // of the instruction that is printed; 0: none
};

// LLVM asks for the symbol of each address it prints. A branch's is remembered, and named at the end of the line: a
// name in the operand would hide the address.
static const char *look_up(void *context, uint64_t value, uint64_t *type, uint64_t pc, const char **name) {
  (void)pc;
  if (*type == LLVMDisassembler_ReferenceType_In_Branch) ((struct listing *)context)->target = value;
  *type = LLVMDisassembler_ReferenceType_InOut_None;
  *name = NULL;
  return NULL;
}

static void add_target(const struct listing *listing, struct text *out) {
  if (!listing->target || (listing->target >= listing->start && listing->target < listing->end)) return;
  const struct hot_disasm_notes *notes = listing->notes;
  const char *name = notes && notes->name ? notes->name(notes->context, listing->target) : NULL;
  Dl_info info;
  if (!name && dladdr((const void *)(uintptr_t)listing->target, &info) && (uintptr_t)info.dli_saddr == listing->target)
    name = info.dli_sname;
  if (name) text_printf(out, " <%s>", name);
}

static void add_notes(const struct listing *listing, size_t at, size_t length, struct text *out) {
  const struct hot_disasm_notes *notes = listing->notes;
  if (!notes || !notes->note) return;
  struct text note = {0};
  notes->note(notes->context, at, length, &note);
  if (note.failed) out->failed = true;
  if (note.length && !note.failed) text_printf(out, " # %s", note.bytes);
  text_fini(&note);
}

// " \tmovq\t%rdi, %rax" with one space for each tab.
static void add_assembly(const char *assembly, struct text *out) {
  while (*assembly == '\t' || *assembly == ' ') assembly++;
  for (; *assembly; assembly++) text_add_char(out, *assembly == '\t' ? ' ' : *assembly);
}

static void list(struct listing *listing, LLVMDisasmContextRef context, const uint8_t *code, size_t size,
                 struct text *out) {
  for (size_t at = 0; at < size;) {
    uint8_t bytes[INSTRUCTION_BYTES_MAX];
    size_t rest = size - at < sizeof bytes ? size - at : sizeof bytes;
    memcpy(bytes, code + at, rest);
    char assembly[200] = "";
    listing->target = 0;
    size_t length =
        listing->llvm->LLVMDisasmInstruction(context, bytes, rest, listing->start + at, assembly, sizeof assembly);
    text_printf(out, "  %8llx  ", (unsigned long long)(listing->start + at));
    if (length)
      add_assembly(assembly, out);
    else
      text_printf(out, ".byte 0x%02x", code[at]);
    if (!length) length = 1;
    ASSERT(length <= rest, "an instruction of %zu bytes was read in %zu", length, rest);
    add_target(listing, out);
    add_notes(listing, at, length, out);
    text_add_char(out, '\n');
    at += length;
  }
}

enum loam_err hot_disasm_noted(const void *code, size_t size, uint64_t address, const struct hot_disasm_notes *notes,
                               struct text *out, struct error *err) {
  const struct hot_llvm *llvm = hot_llvm_open_machine(err);
  if (!llvm) return LOAM_ERR_FILE;
  struct listing listing = {.llvm = llvm, .notes = notes, .start = address, .end = address + size};
  LLVMDisasmContextRef context = llvm->LLVMCreateDisasm(HOT_LLVM_TRIPLE, &listing, 0, NULL, look_up);
  if (!context) return error_set(err, LOAM_ERR_MEMORY, "LLVM makes no disassembler for x86-64");
  llvm->LLVMSetDisasmOptions(context, LLVMDisassembler_Option_PrintImmHex);
  list(&listing, context, code, size, out);
  llvm->LLVMDisasmDispose(context);
  return out->failed ? error_set(err, LOAM_ERR_MEMORY, "no memory for the listing") : LOAM_OK;
}

enum loam_err hot_disasm(const void *code, size_t size, uint64_t address, struct text *out, struct error *err) {
  return hot_disasm_noted(code, size, address, NULL, out, err);
}
