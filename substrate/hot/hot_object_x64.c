// SPDX-License-Identifier: MIT
//
// hot_object_x64.c: relocations of x86-64, as the processor's ABI defines them. S is the symbol's address, A the
// addend, P the place that is filled, G the word that keeps S, L the jump to S where S is out of reach, and else S.
#define LOAM_HOT_MODULE
#include "hot/hot_object_int.h"

#include <string.h>

#define STUB_BYTES 16
// jmp *0(%rip), and the address behind it.
static const uint8_t stub_jump[6] = {0xff, 0x25, 0, 0, 0, 0};

unsigned hot_object_relocation_bytes(uint32_t type) {
  switch (type) {
  case R_X86_64_64:
  case R_X86_64_PC64: return 8;
  case R_X86_64_32:
  case R_X86_64_32S:
  case R_X86_64_PC32:
  case R_X86_64_PLT32:
  case R_X86_64_GOTPCREL:
  case R_X86_64_GOTPCRELX:
  case R_X86_64_REX_GOTPCRELX: return 4;
  }
  return 0;
}

static bool wants_got(uint32_t type) {
  return type == R_X86_64_GOTPCREL || type == R_X86_64_GOTPCRELX || type == R_X86_64_REX_GOTPCRELX;
}

// Calls and jumps. A symbol of unknown kind may be called with PC32, too, but then it may as well be read: no stub.
static bool wants_stub(const struct hot_object_image *image, const struct hot_object_relocation *relocation) {
  const struct hot_object_symbol *symbol = &image->symbols[relocation->symbol];
  return relocation->type == R_X86_64_PLT32 && (symbol->section == SHN_UNDEF || symbol->section == SHN_ABS) &&
         !emit_reaches(image->memory, (const void *)(uintptr_t)symbol->address);
}

void hot_object_reserve(struct hot_object_image *image, const struct hot_object_relocation *relocation) {
  struct hot_object_symbol *symbol = &image->symbols[relocation->symbol];
  if (wants_got(relocation->type) && symbol->got == HOT_OBJECT_NOWHERE) {
    symbol->got = (image->block_size + 7) & ~7u;
    image->block_size = symbol->got + 8;
  }
  if (wants_stub(image, relocation) && symbol->stub == HOT_OBJECT_NOWHERE) {
    symbol->stub = (image->block_size + STUB_BYTES - 1) & ~(STUB_BYTES - 1u);
    image->block_size = symbol->stub + STUB_BYTES;
  }
}

void hot_object_fill_reserved(const struct hot_object_image *image) {
  for (uint32_t i = 0; i < image->symbol_count; i++) {
    const struct hot_object_symbol *symbol = &image->symbols[i];
    ASSERT(symbol->got == HOT_OBJECT_NOWHERE || symbol->got + 8 <= image->block_size,
           "hot.I12: the address of '%s' is kept at %u of %u bytes", symbol->name, symbol->got, image->block_size);
    ASSERT(symbol->stub == HOT_OBJECT_NOWHERE || symbol->stub + STUB_BYTES <= image->block_size,
           "hot.I12: the jump to '%s' is at %u of %u bytes", symbol->name, symbol->stub, image->block_size);
    if (symbol->got != HOT_OBJECT_NOWHERE) memcpy(image->block.write + symbol->got, &symbol->address, 8);
    if (symbol->stub == HOT_OBJECT_NOWHERE) continue;
    memcpy(image->block.write + symbol->stub, stub_jump, sizeof stub_jump);
    memcpy(image->block.write + symbol->stub + sizeof stub_jump, &symbol->address, 8);
  }
}

static bool fill(const struct hot_object_image *image, const struct hot_object_relocation *relocation, uint64_t value) {
  uint8_t *at = image->block.write + relocation->at;
  ASSERT(relocation->at + hot_object_relocation_bytes(relocation->type) <= image->block_size,
         "hot.I12: relocation type %u writes at %llu of %u bytes", relocation->type, (unsigned long long)relocation->at,
         image->block_size);
  bool fits = true;
  switch (relocation->type) {
  case R_X86_64_64:
  case R_X86_64_PC64: memcpy(at, &value, 8); return true;
  case R_X86_64_32: fits = value <= UINT32_MAX; break;
  default: fits = (int64_t)value == (int32_t)value;
  }
  if (fits) {
    memcpy(at, &(uint32_t){(uint32_t)value}, 4);
    return true;
  }
  error_set(image->err, LOAM_ERR_INPUT,
            "object of the hot compiler: relocation type %u at %llu can't reach '%s' at 0x%llx", relocation->type,
            (unsigned long long)relocation->at, image->symbols[relocation->symbol].name,
            (unsigned long long)image->symbols[relocation->symbol].address);
  return false;
}

// `mov symbol@GOTPCREL(%rip), register` loads an address that is within reach: `lea` computes it without the load. The
// types with an X say that the instruction may be changed; its opcode is two bytes before the distance.
static bool becomes_lea(const struct hot_object_image *image, const struct hot_object_relocation *relocation) {
  const struct hot_object_symbol *symbol = &image->symbols[relocation->symbol];
  uint8_t *opcode = image->block.write + relocation->at - 2;
  if (relocation->type != R_X86_64_GOTPCRELX && relocation->type != R_X86_64_REX_GOTPCRELX) return false;
  if (relocation->addend != -4 || relocation->at < 2 || *opcode != 0x8b) return false;
  if (!emit_reaches(image->memory, (const void *)(uintptr_t)symbol->address)) return false;
  *opcode = 0x8d;
  return true;
}

bool hot_object_relocate(const struct hot_object_image *image, const struct hot_object_relocation *relocation) {
  const struct hot_object_symbol *symbol = &image->symbols[relocation->symbol];
  uint64_t base = (uint64_t)(uintptr_t)image->block.run;
  uint64_t place = base + relocation->at, value = symbol->address;
  bool relative =
      relocation->type != R_X86_64_64 && relocation->type != R_X86_64_32 && relocation->type != R_X86_64_32S;
  if (wants_got(relocation->type) && !becomes_lea(image, relocation)) {
    ASSERT(symbol->got != HOT_OBJECT_NOWHERE, "hot.I12: no word keeps the address of '%s'", symbol->name);
    value = base + symbol->got;
  }
  if (wants_stub(image, relocation)) {
    ASSERT(symbol->stub != HOT_OBJECT_NOWHERE, "hot.I12: no jump leads to '%s'", symbol->name);
    value = base + symbol->stub;
  }
  value += (uint64_t)relocation->addend;
  return fill(image, relocation, relative ? value - place : value);
}
