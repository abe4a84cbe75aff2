// SPDX-License-Identifier: MIT
//
// opgen_layout.c: how instructions are encoded, and which sequences may be fused.
//
// An instruction is one or more 8-byte words. Its first two bytes are the op; immediates lie at offsets that are
// multiples of their size, each in the lowest free place. A fused op holds the immediates of all its parts.
#include "opgen.h"

#include <stdlib.h>
#include <string.h>

#define INSTRUCTION_BYTES_MAX 64

// Which bytes of an instruction are taken.
struct layout {
  bool taken[INSTRUCTION_BYTES_MAX];
  int end;
};

static int place(struct layout *layout, int bytes) {
  for (int at = 0; at + bytes <= INSTRUCTION_BYTES_MAX; at += bytes) {
    bool free_here = true;
    for (int i = 0; i < bytes; i++) free_here &= !layout->taken[at + i];
    if (!free_here) continue;
    memset(layout->taken + at, true, (size_t)bytes);
    if (at + bytes > layout->end) layout->end = at + bytes;
    return at;
  }
  return -1;
}

static void layout_record(struct record *record) {
  struct layout layout = {.taken = {true, true}, .end = 2};
  for (int i = 0; i < record->imm_count; i++) record->imms[i].offset = place(&layout, imm_bytes[record->imms[i].class]);
  record->words = (layout.end + 7) / 8;
}

static void layout_fusion(struct fusion *fusion) {
  struct layout layout = {.taken = {true, true}, .end = 2};
  for (int p = 0; p < fusion->part_count; p++) {
    const struct record *part = fusion->parts[p];
    for (int i = 0; i < part->imm_count; i++) {
      fusion->offsets[p][i] = place(&layout, imm_bytes[part->imms[i].class]);
      if (fusion->offsets[p][i] < 0)
        fail(fusion->file, fusion->line, fusion->name, "its immediates need more than %d bytes; fuse fewer ops",
             INSTRUCTION_BYTES_MAX);
    }
  }
  fusion->words = (layout.end + 7) / 8;
}

void layout_table(struct table *table) {
  for (int i = 0; i < table->record_count; i++) layout_record(table->records[i]);
  for (int i = 0; i < table->fusion_count; i++) layout_fusion(table->fusions[i]);
}

#define ADVICE "fuse fewer ops"

// The slow form of a fused op starts the whole again, so nothing may have been written before a part that takes it: not
// by an earlier part, and not by a variadic one, which puts values into memory, maybe over operands that earlier parts
// took from there (all but the top, which the slow form has in a register).
static void check_fusion(const struct fusion *fusion) {
  bool written = false;
  int in_registers = 0, taken = 0;
  for (int p = 0; p < fusion->part_count; p++) {
    const struct record *part = fusion->parts[p];
    if (p + 1 < fusion->part_count && part->control != NEXT)
      fail(fusion->file, fusion->line, fusion->name, "%s leaves the sequence; end the sequence with it", part->name);
    if (part->slow && written)
      fail(fusion->file, fusion->line, fusion->name, "%s may collect or throw after an earlier part wrote; " ADVICE,
           part->name);
    bool variadic = variadic_imm(part) >= 0;
    if (part->slow && variadic && in_registers && taken > 1)
      fail(fusion->file, fusion->line, fusion->name,
           "%s may collect or throw after values took the places of operands; " ADVICE, part->name);
    written |= part->writes;
    in_registers -= part->in_count;
    if (in_registers < 0) taken -= in_registers;
    if (in_registers < 0 || variadic) in_registers = 0;
    in_registers += part->out_count;
  }
}

void resolve_fusions(struct table *table) {
  for (int f = 0; f < table->fusion_count; f++) {
    struct fusion *fusion = table->fusions[f];
    for (int g = 0; g < f; g++)
      if (strcmp(table->fusions[g]->name, fusion->name) == 0)
        fail(fusion->file, fusion->line, fusion->name, "is fused at line %d already; leave this out",
             table->fusions[g]->line);
    char *names = strdup(fusion->name), *rest = names;
    for (char *name; (name = strsep(&rest, "+"));) {
      int index = find_record(table, name);
      if (index < 0) fail(fusion->file, fusion->line, fusion->name, "no op '%s'; write names of ops", name);
      if (fusion->part_count == PARTS_MAX)
        fail(fusion->file, fusion->line, fusion->name, "more than %d parts; " ADVICE, PARTS_MAX);
      fusion->part_indices[fusion->part_count] = index;
      fusion->parts[fusion->part_count++] = table->records[index];
    }
    free(names);
    check_fusion(fusion);
  }
}
