// SPDX-License-Identifier: MIT
//
// mitscript_image.c: the opcode table, what the makers of images share, and freeing.
//
// Function names are a guess made from the code itself, `load_func k, push_ref ..., alloc_closure, store`, so compiled
// and handwritten images get them the same way.
#include "mitscript_image.h"

#include <string.h>

static const struct {
  const char *name;
  bool takes_operand;
} op_infos[] = {
    [MIT_LOAD_CONST] = {"load_const", true},
    [MIT_LOAD_FUNC] = {"load_func", true},
    [MIT_LOAD_LOCAL] = {"load_local", true},
    [MIT_STORE_LOCAL] = {"store_local", true},
    [MIT_LOAD_GLOBAL] = {"load_global", true},
    [MIT_STORE_GLOBAL] = {"store_global", true},
    [MIT_PUSH_REF] = {"push_ref", true},
    [MIT_LOAD_REF] = {"load_ref", false},
    [MIT_STORE_REF] = {"store_ref", false},
    [MIT_ALLOC_RECORD] = {"alloc_record", false},
    [MIT_FIELD_LOAD] = {"field_load", true},
    [MIT_FIELD_STORE] = {"field_store", true},
    [MIT_INDEX_LOAD] = {"index_load", false},
    [MIT_INDEX_STORE] = {"index_store", false},
    [MIT_ALLOC_CLOSURE] = {"alloc_closure", true},
    [MIT_CALL] = {"call", true},
    [MIT_RETURN] = {"return", false},
    [MIT_ADD] = {"add", false},
    [MIT_SUB] = {"sub", false},
    [MIT_MUL] = {"mul", false},
    [MIT_DIV] = {"div", false},
    [MIT_NEG] = {"neg", false},
    [MIT_GT] = {"gt", false},
    [MIT_GEQ] = {"geq", false},
    [MIT_EQ] = {"eq", false},
    [MIT_AND] = {"and", false},
    [MIT_OR] = {"or", false},
    [MIT_NOT] = {"not", false},
    [MIT_GOTO] = {"goto", true},
    [MIT_IF] = {"if", true},
    [MIT_DUP] = {"dup", false},
    [MIT_SWAP] = {"swap", false},
    [MIT_POP] = {"pop", false},
};
_Static_assert(COUNT_OF(op_infos) == MIT_OPCODE_COUNT, "one row for each opcode");

const char *mitscript_image_op_name(enum mit_opcode op) {
  ASSERT((unsigned)op < MIT_OPCODE_COUNT, "opcode %d is one of the table", (int)op);
  return op_infos[op].name;
}

bool mitscript_image_op_takes_operand(enum mit_opcode op) {
  ASSERT((unsigned)op < MIT_OPCODE_COUNT, "opcode %d is one of the table", (int)op);
  return op_infos[op].takes_operand;
}

bool mitscript_image_op_find(struct mit_bytes mnemonic, enum mit_opcode *op) {
  for (int i = 0; i < MIT_OPCODE_COUNT; i++)
    if (strlen(op_infos[i].name) == mnemonic.length && memcmp(op_infos[i].name, mnemonic.bytes, mnemonic.length) == 0) {
      *op = (enum mit_opcode)i;
      return true;
    }
  return false;
}

void mitscript_image_fini(struct mit_image *image) {
  arena_fini(&image->arena);
  *image = (struct mit_image){0};
}

// ---- function names ----------------------------------------------------------------------------------------------

// The name that an instruction stores its operand under, or NULL.
static const struct mit_bytes *stored_name(const struct mit_function *function, const struct mit_insn *insn) {
  const struct mit_name_list *list = insn->op == MIT_STORE_LOCAL ? &function->local_vars : &function->names;
  if (insn->op != MIT_STORE_LOCAL && insn->op != MIT_STORE_GLOBAL && insn->op != MIT_FIELD_STORE) return NULL;
  return insn->operand >= 0 && (uint32_t)insn->operand < list->count ? &list->items[insn->operand] : NULL;
}

static bool function_name_inner(struct mit_image *image, const struct mit_function *function) {
  for (uint32_t i = 0; i < function->insn_count; i++) {
    const struct mit_insn *load = &function->insns[i];
    if (load->op != MIT_LOAD_FUNC || load->operand < 0 || (uint32_t)load->operand >= function->function_count) continue;
    struct mit_function *inner = function->functions[load->operand];
    uint32_t at = i + 1;
    while (at < function->insn_count && function->insns[at].op == MIT_PUSH_REF) at++;
    if (inner->name || at + 1 >= function->insn_count || function->insns[at].op != MIT_ALLOC_CLOSURE) continue;
    const struct mit_bytes *name = stored_name(function, &function->insns[at + 1]);
    if (!name) continue;
    char *copy = arena_alloc(&image->arena, name->length + 1);
    if (!copy) return false;
    memcpy(copy, name->bytes, name->length);
    inner->name = copy;
  }
  return true;
}

static void function_adopt_inner(struct mit_function *function) {
  for (uint32_t i = 0; i < function->function_count; i++) {
    struct mit_function *inner = function->functions[i];
    ASSERT(!inner->outer, "function %u of %s has one place", i, function->source_name);
    inner->outer = function;
    inner->outer_index = i;
  }
}

bool mitscript_image_finish(struct mit_image *image) {
  ASSERT(image->main && !image->main->outer, "the image has an outermost function, of %u", image->function_count);
  uint32_t number = 0;
  for (struct mit_function *function = image->all; function; function = function->next) {
    function->number = number++;
    function_adopt_inner(function);
    if (!function_name_inner(image, function)) return false;
  }
  ASSERT(number == image->function_count, "mitscript.I4: %u functions of %u are listed", number, image->function_count);
  for (struct mit_function *function = image->all; function; function = function->next)
    if (!function->name) function->name = function == image->main ? "<program>" : "<fun>";
  return true;
}

// ---- numbering ---------------------------------------------------------------------------------------------------

struct mit_numbered {
  uint32_t hash, number; // number 0: a free entry
  struct mit_bytes key;
};

static struct mit_numbered *entry_find(const struct mit_numbering *numbering, struct mit_bytes key, uint32_t hash) {
  ASSERT(numbering->count < numbering->capacity, "%u of %u entries are taken, and one is looked for", numbering->count,
         numbering->capacity);
  for (uint32_t at = hash;; at++) {
    struct mit_numbered *entry = &numbering->entries[at & (numbering->capacity - 1)];
    if (!entry->number || (entry->hash == hash && entry->key.length == key.length &&
                           memcmp(entry->key.bytes, key.bytes, key.length) == 0))
      return entry;
  }
}

static bool numbering_grow(struct mit_numbering *numbering) {
  ASSERT((numbering->capacity & (numbering->capacity - 1)) == 0, "%u entries are no power of two", numbering->capacity);
  struct mit_numbering bigger = *numbering;
  bigger.capacity = numbering->capacity ? numbering->capacity * 2 : 32; // a power of two, at most half full
  if (!(bigger.entries = mem_alloc_zero(bigger.capacity, sizeof(*bigger.entries)))) return false;
  for (uint32_t i = 0; i < numbering->capacity; i++) {
    const struct mit_numbered *entry = &numbering->entries[i];
    if (entry->number) *entry_find(&bigger, entry->key, entry->hash) = *entry;
  }
  mem_free(numbering->entries);
  *numbering = bigger;
  return true;
}

uint32_t mitscript_image_number(struct mit_numbering *numbering, const char *bytes, size_t length) {
  ASSERT(numbering->count <= numbering->capacity / 2, "%u of %u entries are taken", numbering->count,
         numbering->capacity);
  if (numbering->count * 2 >= numbering->capacity && !numbering_grow(numbering)) return 0;
  struct mit_bytes key = {bytes, length};
  uint32_t hash = hash_bytes(bytes, length);
  struct mit_numbered *entry = entry_find(numbering, key, hash);
  if (entry->number) return entry->number;
  char *copy = arena_alloc(&numbering->arena, length + 1);
  if (!copy) return 0;
  if (length) memcpy(copy, bytes, length);
  *entry = (struct mit_numbered){hash, ++numbering->count, {copy, length}};
  return entry->number;
}

void mitscript_image_numbering_fini(struct mit_numbering *numbering) {
  mem_free(numbering->entries);
  arena_fini(&numbering->arena);
  *numbering = (struct mit_numbering){0};
}
