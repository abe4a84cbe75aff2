// SPDX-License-Identifier: MIT
//
// stencil_extract.c: stencil_extract OBJECT OUTPUT.c GUEST: machine code with holes, out of a relocatable object.
//
// opgen's stencil file is compiled with every function in a section of its own. Each is copied out as bytes, with a
// list of its relocations: those against op_... symbols are holes that the baseline compiler fills, others are
// functions of the substrate, which a hole names by its place in a table of them. All code is one array, and all holes
// are one. A jump to the next instruction at the end is left out: the next instruction's code follows. So is one to the
// slow exit at the end of the cold part (see stencil_tidy.c), whose bytes and holes come behind those of the hot part.
// What a relocation that does nothing begins is a test, which the next branch ends.
// What a stencil must not have (constants in other sections, relocations of another kind) is refused here, at build
// time.
#include "stencil_object.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define JUMP_BYTES 5
#define JUMP_OPCODE 0xe9
#define KIND_PREFIX "op_kind_"

// The relocations of a section; *count 0 when it has none.
static const Elf64_Rela *relocations_of(const struct stencil_object *object, const char *section, size_t *count) {
  char name[300];
  snprintf(name, sizeof name, ".rela%s", section);
  int index = stencil_object_section(object, name);
  *count = index < 0 ? 0 : object->sections[index].sh_size / sizeof(Elf64_Rela);
  return index < 0 ? NULL : (const Elf64_Rela *)(object->bytes + object->sections[index].sh_offset);
}

static const char *form_of(const struct stencil_object *object, const Elf64_Rela *rela, const char *section) {
  switch (ELF64_R_TYPE(rela->r_info)) {
  case R_X86_64_64: return "HOLE_ABSOLUTE_64";
  case R_X86_64_32: return "HOLE_ABSOLUTE_32";
  case R_X86_64_32S: return "HOLE_SIGNED_32";
  case R_X86_64_8: return "HOLE_SIGNED_8";
  case R_X86_64_PC32:
  case R_X86_64_PLT32: return "HOLE_RELATIVE_32";
  default:
    stencil_fail("%s: %s: relocation %u against %s has no form; a body needs something that stencils can't have",
                 object->path, section, (unsigned)ELF64_R_TYPE(rela->r_info), stencil_object_target(object, rela));
  }
}

// What fills a hole: an immediate by its offset, or one of the compiler's own.
static const char *what_of(const char *symbol, int *at) {
  static const char *const names[][2] = {
      {"op_hole_pc", "HOLE_PC"},          {"op_hole_back", "HOLE_BACK"},   {"op_hole_return", "HOLE_RETURN"},
      {"op_next", "HOLE_NEXT"},           {"op_target", "HOLE_TARGET"},    {"op_slow", "HOLE_SLOW"},
      {"op_slow_twin", "HOLE_SLOW_TWIN"}, {"op_hole_below", "HOLE_STACK"},
  };
  *at = 0;
  if (strncmp(symbol, KIND_PREFIX, strlen(KIND_PREFIX)) == 0) return "HOLE_SLOW";
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(symbol, names[i][0]) == 0) return names[i][1];
  if (sscanf(symbol, "op_hole_args_%d", at) == 1) return "HOLE_ARGS";
  if (sscanf(symbol, "op_hole_high_%d", at) == 1) return "HOLE_HIGH";
  if (sscanf(symbol, "op_hole_at_%d", at) == 1) return "HOLE_IMM";
  if (sscanf(symbol, "op_hole_%d", at) == 1) return *at == 1 ? "HOLE_STACK" : "HOLE_IMM";
  return "HOLE_SYMBOL";
}

static bool is_mark(const Elf64_Rela *rela) { return ELF64_R_TYPE(rela->r_info) == R_X86_64_NONE; }

// One of the two parts of a stencil; `index` is its section's, -1 when there is none. `before` bytes are before it.
struct part {
  const char *section;
  int index;
  const uint8_t *code;
  const Elf64_Rela *relas;
  size_t size, hole_count, before;
  bool runs_on; // into what a jump at its end led to
};

// Leaves out a jump to `target` at the part's end.
static void drop_last_jump(const struct stencil_object *object, struct part *part, const char *target) {
  const Elf64_Rela *last = part->hole_count ? &part->relas[part->hole_count - 1] : NULL;
  if (!last || last->r_offset + 4 != part->size || part->code[part->size - JUMP_BYTES] != JUMP_OPCODE ||
      strcmp(stencil_object_target(object, last), target) != 0)
    return;
  part->size -= JUMP_BYTES;
  part->hole_count--;
  part->runs_on = true;
}

static struct part read_part(const struct stencil_object *object, const char *section, const char *next) {
  struct part part = {.section = section, .index = stencil_object_section(object, section)};
  if (part.index < 0) return part;
  part.code = object->bytes + object->sections[part.index].sh_offset;
  part.size = object->sections[part.index].sh_size;
  part.relas = relocations_of(object, section, &part.hole_count);
  drop_last_jump(object, &part, next);
  for (size_t i = 0; i < part.hole_count; i++)
    if (ELF64_R_TYPE(part.relas[i].r_info) == R_X86_64_8 && part.code[part.relas[i].r_offset] != STENCIL_HOLE_8)
      stencil_fail("%s: %s: the short distance at %#llx is not its instruction's last byte", object->path, section,
                   (unsigned long long)part.relas[i].r_offset);
  return part;
}

// What the compiler asks of all holes of a stencil at once.
struct flags {
  bool slow, calls, names;
  size_t holes;
};

// The test that begins at a mark ends with the next branch.
static size_t end_of_test(const struct stencil_object *object, const struct part *part, const Elf64_Rela *mark) {
  size_t end = 0;
  for (size_t i = 0; i < part->hole_count; i++) {
    const Elf64_Rela *rela = &part->relas[i];
    size_t at = rela->r_offset;
    bool branches = ELF64_R_TYPE(rela->r_info) == R_X86_64_PLT32 && at > mark->r_offset && part->code[at - 2] == 0x0f;
    if (branches && (!end || at + 4 < end)) end = at + 4;
  }
  if (!end) stencil_fail("%s: %s: a test without a branch at its end", object->path, part->section);
  return end;
}

static size_t write_spans(FILE *out, const struct stencil_object *object, const struct part *part) {
  size_t count = 0;
  for (size_t i = 0; i < part->hole_count; i++) {
    const Elf64_Rela *mark = &part->relas[i];
    if (!is_mark(mark)) continue;
    fprintf(out, "    {%llu, %llu, %d},\n", (unsigned long long)mark->r_offset,
            (unsigned long long)(end_of_test(object, part, mark) - mark->r_offset),
            atoi(stencil_object_target(object, mark) + strlen(KIND_PREFIX)));
    count++;
  }
  return count;
}

// Does a test that can be left out end with this branch?
static bool ends_test(const struct stencil_object *object, const struct part *part, const Elf64_Rela *branch) {
  for (size_t i = 0; i < part->hole_count; i++)
    if (is_mark(&part->relas[i]) && part->relas[i].r_offset < branch->r_offset &&
        end_of_test(object, part, &part->relas[i]) == branch->r_offset + 4)
      return true;
  return false;
}

// A function's place in the table that write_functions makes: in the order of the object's symbols.
static int function_number(const struct stencil_object *object, const char *name) {
  int number = 0;
  for (size_t i = 1; i < object->symbol_count; i++) {
    const char *other = stencil_object_undefined(object, i);
    if (!other || strncmp(other, "op_", 3) == 0) continue;
    if (strcmp(other, name) == 0) return number;
    number++;
  }
  stencil_fail("%s: %s is called and not among the undefined symbols", object->path, name);
}

// What fills a hole of `part`; the other part of its stencil is `other`.
static const char *filling_of(const struct stencil_object *object, const struct part *part, const struct part *other,
                              const Elf64_Rela *rela, int *at) {
  const char *symbol = stencil_object_target(object, rela);
  *at = 0;
  if (*symbol) return what_of(symbol, at);
  if (stencil_object_target_section(object, rela) == other->index) return other->before ? "HOLE_COLD" : "HOLE_HOT";
  stencil_fail("%s: %s refers to another section at %#llx; keep constants out of bodies, and make what they call "
               "always_inline",
               object->path, part->section, (unsigned long long)rela->r_offset);
}

static void write_holes(FILE *out, const struct stencil_object *object, const struct part *part,
                        const struct part *other, struct flags *flags) {
  for (size_t i = 0; i < part->hole_count; i++) {
    const Elf64_Rela *rela = &part->relas[i];
    if (is_mark(rela)) continue;
    int at;
    const char *what = filling_of(object, part, other, rela, &at), *form = form_of(object, rela, part->section);
    bool is_symbol = strcmp(what, "HOLE_SYMBOL") == 0;
    bool is_distance =
        strcmp(what, "HOLE_STACK") == 0 || strcmp(what, "HOLE_ARGS") == 0 || strcmp(what, "HOLE_BACK") == 0;
    if (is_distance && strncmp(form, "HOLE_SIGNED", 11) != 0)
      stencil_fail("%s: %s: the stack's distance is not a signed displacement", object->path, part->section);
    bool is_in_bytecode = strcmp(what, "HOLE_PC") == 0 || strcmp(what, "HOLE_IMM") == 0;
    if (is_in_bytecode && strcmp(form, "HOLE_RELATIVE_32") == 0)
      stencil_fail("%s: %s: the bytecode is named by its distance, which may be too far", object->path, part->section);
    fprintf(out, "    {%zu, %d, %lld, %s, %s},\n", part->before + rela->r_offset,
            is_symbol ? function_number(object, stencil_object_target(object, rela)) : at, (long long)rela->r_addend,
            what, form);
    flags->slow |= strcmp(what, "HOLE_SLOW") == 0 && !ends_test(object, part, rela);
    flags->holes++;
    flags->calls |= strcmp(what, "HOLE_RETURN") == 0;
    flags->names |= is_symbol;
  }
}

// The functions that stencils call: a declaration of each, or the table's elements.
static void write_functions(FILE *out, const struct stencil_object *object, bool declare) {
  for (size_t i = 1; i < object->symbol_count; i++) {
    const char *name = stencil_object_undefined(object, i);
    if (!name || strncmp(name, "op_", 3) == 0) continue;
    fprintf(out, declare ? "extern char external_%s[] __asm__(\"%s\");\n" : "external_%s, ", name, name);
  }
}

// How long the load of the operand on top is that ends the hot part; 0 when none does.
static size_t reload_size(const struct stencil_object *object, const struct part *hot) {
  const Elf64_Rela *last = hot->hole_count ? &hot->relas[hot->hole_count - 1] : NULL;
  if (!last || strcmp(stencil_object_target(object, last), "op_hole_below") != 0) return 0;
  size_t opcode = last->r_offset - 3; // REX, mov, and its operands: rdi, r14 and a distance
  bool near = ELF64_R_TYPE(last->r_info) == R_X86_64_8;
  uint8_t load[] = {0x49, 0x8b, near ? 0x7e : 0xbe};
  return last->r_offset + (near ? 1 : 4) == hot->size && memcmp(hot->code + opcode, load, sizeof load) == 0
             ? hot->size - opcode
             : 0;
}

// What is written of all stencils: the arrays' elements, and where the next stencil's begin.
struct output {
  FILE *code, *holes, *rows, *spans;
  size_t code_size, hole_count, span_count;
};

static void write_bytes(FILE *out, const struct part *part) {
  for (size_t i = 0; i < part->size; i++) fprintf(out, "%u,", part->code[i]);
}

// How many holes the immediate at `at` fills. An index may be nothing but a distance from an object's beginning: clang
// was told that it isn't 0.
static size_t count_index_holes(const struct stencil_object *object, const struct part *part, int at) {
  size_t count = 0;
  for (size_t i = 0; i < part->hole_count; i++) {
    const Elf64_Rela *rela = &part->relas[i];
    int place;
    if (is_mark(rela) || strcmp(what_of(stencil_object_target(object, rela), &place), "HOLE_IMM") != 0 || place != at)
      continue;
    if (strncmp(form_of(object, rela, part->section), "HOLE_SIGNED", 11) != 0)
      stencil_fail("%s: %s: the index at byte %d is more than the subscript of a load or store; make it a u16",
                   object->path, part->section, at);
    count++;
  }
  return count;
}

// Checks the index immediates of an op, whose offsets are in the text.
static void check_indexes(const struct stencil_object *object, const struct part *hot, const struct part *cold,
                          const char *offsets) {
  char *next;
  for (long at = strtol(offsets, &next, 10); next != offsets; at = strtol(offsets, &next, 10)) {
    if (!count_index_holes(object, hot, (int)at) && !count_index_holes(object, cold, (int)at))
      stencil_fail("%s: %s: the index at byte %ld is the subscript of no load or store; make it a u16, or leave it out",
                   object->path, hot->section, at);
    offsets = next;
  }
}

// Writes one stencil's code and holes, and its row of the table, empty when there is no such function. Its name says
// whether it leaves the second operand in a register (see opgen_interp.c).
static void write_stencil(struct output *out, const struct stencil_object *object, const char *base, const char *suffix,
                          const char *indexes) {
  char name[256], section[300], cold_section[320];
  bool caches = false;
  snprintf(section, sizeof section, ".text.%s%s", base, suffix);
  if (stencil_object_section(object, section) < 0) caches = true;
  snprintf(name, sizeof name, "%s%s%s", base, caches ? "_to1" : "", suffix);
  snprintf(section, sizeof section, ".text.%s", name);
  snprintf(cold_section, sizeof cold_section, "%s_cold", section);
  bool goes_back = strstr(base, "_retry_stencil"); // it lies elsewhere, and jumps to the next instruction
  struct part hot = read_part(object, section, goes_back ? "" : "op_next"),
              cold = read_part(object, cold_section, "op_slow");
  if (hot.index < 0) {
    fputs("{0}", out->rows);
    return;
  }
  cold.before = hot.size;
  check_indexes(object, &hot, &cold, indexes);
  fprintf(out->code, "    // %s\n    ", name);
  write_bytes(out->code, &hot);
  write_bytes(out->code, &cold);
  fputs("\n", out->code);
  struct flags flags = {.slow = cold.runs_on};
  write_holes(out->holes, object, &hot, &cold, &flags);
  write_holes(out->holes, object, &cold, &hot, &flags);
  size_t spans = write_spans(out->spans, object, &hot);
  fprintf(out->rows, "{%zu, %zu, %zu, %zu, %zu, %zu, STENCIL_EXISTS%s%s%s%s, %zu, %zu}", out->code_size,
          out->hole_count, hot.size, reload_size(object, &hot), cold.size, flags.holes,
          flags.slow ? " | STENCIL_GOES_SLOW" : "", flags.calls ? " | STENCIL_CALLS" : "",
          flags.names ? " | STENCIL_NAMES" : "", caches ? " | STENCIL_CACHES" : "", out->span_count, spans);
  out->code_size += hot.size + cold.size;
  out->hole_count += flags.holes;
  out->span_count += spans;
}

// Writes the row of a thing's forms: `name`, up to a space, with one of the suffixes each, and then their near twins.
// Behind the name are the offsets of index immediates.
static void write_row(struct output *out, const struct stencil_object *object, const char *name,
                      const char *const *suffixes) {
  int length = (int)strcspn(name, " ");
  fputs("    {", out->rows);
  for (int near = 0; near < 2; near++) {
    for (const char *const *suffix = suffixes; *suffix; suffix++) {
      char base[256];
      snprintf(base, sizeof base, "%.*s%s", length, name, *suffix);
      write_stencil(out, object, base, near ? "_near" : "", name + length);
      fputs(", ", out->rows);
    }
  }
  fputs("},\n", out->rows);
}

// Of which ops there are stencils for values of an immediate: they come after those of all ops. Where they end.
static size_t write_few(FILE *out, const struct stencil_object *object) {
  int index = stencil_object_section(object, ".stencil_few");
  if (index < 0) stencil_fail("%s: no list of ops that have stencils for few values", object->path);
  const uint8_t *few = object->bytes + object->sections[index].sh_offset;
  size_t op_count = object->sections[index].sh_size / 2, first = op_count;
  for (size_t op = 0; op < op_count; op++) {
    if (few[2 * op]) fprintf(out, "{%zu, %zu, %d, %d}, ", op, first, few[2 * op], few[2 * op + 1]);
    first += few[2 * op];
  }
  return first;
}

// By op, where the stencils for where it gave up are, which come last; 0 for one that has none.
static void write_retries(FILE *out, const struct stencil_object *object, size_t first) {
  int index = stencil_object_section(object, ".stencil_retry");
  if (index < 0) stencil_fail("%s: no list of ops that are tried again", object->path);
  const uint8_t *retry = object->bytes + object->sections[index].sh_offset;
  for (size_t op = 0; op < object->sections[index].sh_size; op++) fprintf(out, "%zu, ", retry[op] ? first++ : 0);
}

// All stencils, in the order of the object's list of ops, then the joints.
static void write_rows(struct output *out, const struct stencil_object *object, const char *name) {
  static const char *const forms[] = {"_stencil", "_stencil0", "_stencil1", NULL}, *const one[] = {"", NULL};
  static const char *const joints[] = {"op_slow_exit", "op_slow_exit1", "op_enter", "op_spill", "op_landing"};
  for (; *name; name += strlen(name) + 1) write_row(out, object, name, forms);
  fputs("};\nstatic const struct stencil joints[][2] = {\n", out->rows);
  for (size_t i = 0; i < sizeof joints / sizeof *joints; i++) write_row(out, object, joints[i], one);
  fputs("};\n", out->rows);
}

int main(int argc, char **argv) {
  if (argc != 4) stencil_fail("usage: stencil_extract OBJECT OUTPUT GUEST");
  struct stencil_object object;
  stencil_object_read(&object, argv[1]);
  char *code = NULL, *holes = NULL, *rows = NULL, *spans = NULL;
  size_t code_bytes, holes_bytes, rows_bytes, spans_bytes; // of the text
  struct output parts = {.code = open_memstream(&code, &code_bytes),
                         .holes = open_memstream(&holes, &holes_bytes),
                         .rows = open_memstream(&rows, &rows_bytes),
                         .spans = open_memstream(&spans, &spans_bytes)};
  FILE *out = fopen(argv[2], "w");
  int order = stencil_object_section(&object, ".stencil_order");
  if (!out || !parts.code || !parts.holes || !parts.rows || !parts.spans || order < 0)
    stencil_fail("%s: can't be written, or %s has no list of ops", argv[2], argv[1]);
  write_rows(&parts, &object, (const char *)object.bytes + object.sections[order].sh_offset);
  fclose(parts.code);
  fclose(parts.holes);
  fclose(parts.rows);
  fclose(parts.spans);
  fputs("// Generated by stencil_extract.\n#include \"loam/guest.h\"\n", out);
  write_functions(out, &object, true);
  fputs("static const void *const functions[] = {", out);
  write_functions(out, &object, false);
  fputs("NULL};\nstatic const struct stencil_few few[] = {", out);
  size_t last = write_few(out, &object);
  fputs("{OP_NONE, 0, 0, 0}};\nstatic const uint16_t retries[] = {", out);
  write_retries(out, &object, last);
  fprintf(out,
          "};\nstatic const uint8_t code[] = {\n%s};\nstatic const struct stencil_hole holes[] = "
          "{\n%s};\n"
          "static const struct stencil_span spans[] = {\n%s    {0, 0, 0}};\nstatic const struct stencil "
          "ops[][STENCIL_FORMS] = {\n%s"
          "const struct stencil_set %s_stencils = {code, holes, functions, ops, joints, spans, few, retries};\n",
          code, holes, spans, rows, argv[3]);
  free(code);
  free(holes);
  free(rows);
  free(spans);
  free((void *)object.bytes);
  return fclose(out) == 0 ? 0 : 1;
}
