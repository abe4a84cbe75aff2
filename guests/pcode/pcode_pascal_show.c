// SPDX-License-Identifier: MIT
//
// pcode_pascal_show.c: values by their types: what the prompt says about variables. What nobody assigned is
// "undefined"; of a record with variants the active ones are shown, and of a pointer one variable that it leads to:
// lists may be circles. What a program of --checks=none does to its cells must not lead out of the store.
#include "pcode_pascal_show.h"

#include "pcode_file.h"

#include <ctype.h>

#define ELEMENTS_MAX 12 // of an array
#define TEXT_MAX 400    // of a value
#define TYPES_MAX 4     // nested denoters in a type

struct view {
  const struct pascal_activation *activation;
  struct text *out;
  size_t start;
  bool follows; // pointers
};

// ---- where a variable is -------------------------------------------------------------------------------------------

int64_t pcode_pascal_cell(const struct pascal_symbol *symbol, const struct pascal_activation *activation) {
  ASSERT(symbol->block, "pcode.I17: a variable is of no block");
  if (symbol->home == HOME_LOCAL) return -1;
  if (symbol->block->level == 1) return symbol->at;
  return activation->cells < 0 ? -1 : activation->cells + symbol->at;
}

// A word of a variable. False: it has none yet.
static bool read_word(const struct pascal_symbol *symbol, const struct pascal_activation *activation, int64_t *out) {
  int64_t cell = pcode_pascal_cell(symbol, activation);
  if (symbol->home == HOME_LOCAL) {
    *out = pcode_int(activation->locals[symbol->at]);
    return true;
  }
  if (!pcode_is_cell(cell)) return false;
  *out = activation->state->cells[cell];
  return true;
}

// ---- types ---------------------------------------------------------------------------------------------------------

static void add_ordinal(const struct pascal_type *type, int64_t value, struct text *out);

static void add_range(const struct pascal_type *type, struct text *out) {
  if (type->name) {
    text_printf(out, "%s", type->name->text);
    return;
  }
  add_ordinal(type, type->low, out);
  text_printf(out, "..");
  add_ordinal(type, type->high, out);
}

static void add_type(const struct pascal_type *type, unsigned depth, struct text *out) {
  if (type->name) {
    text_printf(out, "%s", type->name->text);
    return;
  }
  if (depth == TYPES_MAX) {
    text_printf(out, "...");
    return;
  }
  switch (type->kind) {
  case TYPE_SUBRANGE:
  case TYPE_ENUM: add_range(type, out); return;
  case TYPE_ARRAY:
    text_printf(out, "%sarray [", type->packed ? "packed " : "");
    add_range(type->index, out);
    text_printf(out, "] of ");
    break;
  case TYPE_CONFORMANT:
    text_printf(out, "%sarray [%s..%s] of ", type->packed ? "packed " : "", type->low_bound->name->text,
                type->high_bound->name->text);
    break;
  case TYPE_RECORD: text_printf(out, "record"); return;
  case TYPE_SET: text_printf(out, "set of "); break;
  case TYPE_FILE: text_printf(out, type->is_text ? "text" : "file of "); break;
  case TYPE_POINTER: text_printf(out, "^"); break;
  default: text_printf(out, "routine"); return;
  }
  if (type->element && !type->is_text) add_type(type->element, depth + 1, out);
}

// ---- simple values -------------------------------------------------------------------------------------------------

static void add_character(int64_t code, struct text *out) {
  if (code == '\'')
    text_printf(out, "''''");
  else if (code >= ' ' && code < 127)
    text_printf(out, "'%c'", (char)code);
  else
    text_printf(out, "chr(%lld)", (long long)code);
}

static void add_ordinal(const struct pascal_type *type, int64_t value, struct text *out) {
  const struct pascal_type *host = type->kind == TYPE_SUBRANGE ? type->host : type;
  ASSERT(host && host->kind != TYPE_SUBRANGE, "pcode.I17: a subrange is of another subrange");
  const struct pascal_symbol *constant = host->kind == TYPE_ENUM ? host->constants : NULL;
  while (constant && constant->value != value) constant = constant->next;
  if (host->kind == TYPE_CHAR && value >= 0 && value <= 255)
    add_character(value, out);
  else if (host->kind == TYPE_BOOLEAN && (value == 0 || value == 1))
    text_printf(out, value ? "true" : "false");
  else if (constant)
    text_printf(out, "%s", constant->name->text);
  else
    text_printf(out, "%lld", (long long)value);
}

static void add_real(int64_t bits, struct text *out) {
  size_t start = out->length;
  text_printf(out, "%.15g", pcode_real(pcode_word(bits)));
  if (out->failed || strpbrk(out->bytes + start, ".en")) return;
  text_printf(out, ".0");
}

// ---- structured ones -----------------------------------------------------------------------------------------------

static void add_value(struct view *view, const struct pascal_type *type, const int64_t *words);

static bool is_long(const struct view *view) { return view->out->length - view->start > TEXT_MAX; }

// The cells at an address, if so many are there.
static const int64_t *cells_at(const struct view *view, int64_t address, int64_t count) {
  ASSERT(count >= 0, "pcode.I17: a variable has %lld cells", (long long)count);
  return pcode_are_cells(address, count) ? &view->activation->state->cells[address] : NULL;
}

static void add_pointer(struct view *view, const struct pascal_type *type, int64_t pointer) {
  int64_t address = pointer & (PCODE_CELLS - 1);
  const struct pascal_type *element = type->element;
  if (!pointer) {
    text_printf(view->out, "nil");
    return;
  }
  text_printf(view->out, "-> %lld", (long long)address);
  const int64_t *words = element ? cells_at(view, address, element->size) : NULL;
  if (!words || !address || words[-1] != pointer) {
    text_printf(view->out, " (disposed of)");
  } else if (view->follows) {
    view->follows = false;
    text_printf(view->out, " = ");
    add_value(view, element, words);
    view->follows = true;
  }
}

static void add_set(struct view *view, const struct pascal_type *type, const int64_t *words) {
  bool first = true;
  ASSERT(type->element && type->size == 4, "pcode.I17: a set of %lld cells is shown", (long long)type->size);
  text_add_char(view->out, '[');
  for (int64_t v = 0; v < 256; v++) {
    int64_t last = v;
    while (last < 256 && words[last / 64] >> last % 64 & 1) last++;
    if (last == v) continue;
    if (!first) text_printf(view->out, ", ");
    first = false;
    add_ordinal(type->element, v, view->out);
    if (--last > v) text_printf(view->out, "..");
    if (last > v) add_ordinal(type->element, last, view->out);
    v = last;
  }
  text_add_char(view->out, ']');
}

static bool is_readable(const int64_t *words, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (words[i] < ' ' || words[i] > 126 || words[i] == '\'') return false;
  return true;
}

static void add_elements(struct view *view, const struct pascal_type *element, int64_t count, int64_t size,
                         const int64_t *words) {
  ASSERT(size > 0, "pcode.I17: an array's element has %lld cells", (long long)size);
  if (element->kind == TYPE_CHAR && count > 0 && is_readable(words, count)) {
    text_add_char(view->out, '\'');
    for (int64_t i = 0; i < count && !is_long(view); i++) text_add_char(view->out, (char)words[i]);
    text_printf(view->out, is_long(view) ? "..." : "'");
    return;
  }
  text_add_char(view->out, '[');
  for (int64_t i = 0; i < count; i++) {
    if (i) text_printf(view->out, ", ");
    if (i == ELEMENTS_MAX || is_long(view)) {
      text_printf(view->out, "...");
      break;
    }
    add_value(view, element, words + i * size);
  }
  text_add_char(view->out, ']');
}

// Whether the record's tags choose the variant.
static bool is_active(const struct pascal_variant *variant, const int64_t *words) {
  for (; variant; variant = variant->choice->outer) {
    int64_t tag = words[variant->choice->tag ? variant->choice->tag->offset : variant->choice->offset];
    const struct pascal_label_value *value = variant->values;
    while (value && value->value != tag) value = value->next;
    if (!value) return false;
  }
  return true;
}

static void add_record(struct view *view, const struct pascal_type *type, const int64_t *words) {
  bool first = true;
  text_add_char(view->out, '(');
  for (const struct pascal_field *field = type->fields; field; field = field->next) {
    ASSERT(field->offset >= 0 && field->offset < type->size, "pcode.I17: field %s is cell %lld of %lld",
           field->name->text, (long long)field->offset, (long long)type->size);
    if (!is_active(field->variant, words)) continue;
    text_printf(view->out, "%s%s: ", first ? "" : ", ", field->name->text);
    first = false;
    if (is_long(view)) {
      text_printf(view->out, "...");
      break;
    }
    add_value(view, field->type, words + field->offset);
  }
  text_add_char(view->out, ')');
}

static void add_file(struct view *view, int64_t number) {
  const struct pcode_state *state = view->activation->state;
  bool there = number >= 1 && number <= state->file_count && state->files[number - 1].used;
  const struct pcode_file *file = there ? &state->files[number - 1] : NULL;
  if (!file || file->mode == PCODE_FILE_UNDEFINED)
    text_printf(view->out, "neither read nor written");
  else if (file->mode == PCODE_FILE_WRITING)
    text_printf(view->out, "written");
  else if (file->is_input)
    text_printf(view->out, "read");
  else
    text_printf(view->out, "read up to byte %zu of %zu", file->at, file->bytes.length);
}

static void add_value(struct view *view, const struct pascal_type *type, const int64_t *words) {
  bool simple = pcode_pascal_is_simple(type);
  if (simple && words[0] == PCODE_UNDEFINED) {
    text_printf(view->out, "undefined");
    return;
  }
  switch (type->kind) {
  case TYPE_REAL: return add_real(words[0], view->out);
  case TYPE_POINTER: return add_pointer(view, type, words[0]);
  case TYPE_SET:
    if (words[0] == PCODE_UNDEFINED && words[1] == PCODE_UNDEFINED)
      text_printf(view->out, "undefined");
    else
      add_set(view, type, words);
    return;
  case TYPE_ARRAY:
    add_elements(view, type->element, type->index->high - type->index->low + 1, type->element->size, words);
    return;
  case TYPE_RECORD: return add_record(view, type, words);
  case TYPE_FILE: return add_file(view, words[0]);
  default: add_ordinal(type, words[0], view->out);
  }
}

// ---- a variable ----------------------------------------------------------------------------------------------------

static void add_bytes(struct view *view, const struct pascal_symbol *symbol, int64_t address) {
  const struct pascal_type *index = symbol->type->index;
  ASSERT(index && index->low <= index->high, "pcode.I17: an array of bytes is from %lld to %lld", (long long)index->low,
         (long long)index->high);
  const int64_t *words = cells_at(view, address, (index->high - index->low) / 8 + 1);
  const uint8_t *bytes = (const uint8_t *)words;
  text_add_char(view->out, '[');
  for (int64_t i = 0; words && i <= index->high - index->low; i++) {
    if (i) text_printf(view->out, ", ");
    if (i == ELEMENTS_MAX) {
      text_printf(view->out, "...");
      break;
    }
    int64_t word = bytes[i] == PCODE_UNDEFINED_BYTE ? PCODE_UNDEFINED : bytes[i];
    add_value(view, symbol->type->element, &word);
  }
  text_add_char(view->out, ']');
}

// How many cells a conformant array takes, from its bounds; -1: they are not known.
static int64_t conformant_size(const struct view *view, const struct pascal_type *type) {
  int64_t low, high, size;
  if (type->kind != TYPE_CONFORMANT) return type->size;
  if (!read_word(type->low_bound, view->activation, &low) || !read_word(type->high_bound, view->activation, &high))
    return -1;
  size = conformant_size(view, type->element);
  if (size < 0 || __builtin_sub_overflow(high, low, &high) || high < -1 || high >= PCODE_CELLS) return -1;
  return __builtin_mul_overflow(high + 1, size, &size) ? -1 : size;
}

static void add_conformant(struct view *view, const struct pascal_type *type, int64_t address) {
  int64_t size = conformant_size(view, type);
  const int64_t *words = size < 0 ? NULL : cells_at(view, address, size);
  int64_t element = words ? conformant_size(view, type->element) : 0;
  if (!words || element < 1)
    text_add_char(view->out, '?');
  else if (type->element->kind == TYPE_CONFORMANT)
    text_printf(view->out, "%lld rows", (long long)(size / element));
  else
    add_elements(view, type->element, size / element, element, words);
}

// A variable that lies at an address.
static void add_there(struct view *view, const struct pascal_type *type, int64_t address) {
  if (type->kind == TYPE_CONFORMANT) return add_conformant(view, type, address);
  const int64_t *words = cells_at(view, address, type->size);
  if (words)
    add_value(view, type, words);
  else
    text_add_char(view->out, '?');
}

static void add_routine(struct view *view, int64_t number) {
  const struct pcode_state *state = view->activation->state;
  bool there = number >= 0 && number < state->proc_count;
  text_printf(view->out, "%s", there ? state->procs[number]->method->name : "?");
}

void pcode_pascal_show(const struct pascal_symbol *symbol, const struct pascal_activation *activation,
                       struct text *out) {
  struct view view = {.activation = activation, .out = out, .follows = true};
  bool variable = symbol->kind == SYMBOL_VARIABLE;
  text_printf(out, "%s%s: ", symbol->by_address ? "var " : "", symbol->is_result ? "result" : symbol->name->text);
  add_type(symbol->type, 0, out);
  view.start = out->length;
  int64_t word;
  if (!read_word(symbol, activation, &word)) {
    text_printf(out, ", no cell yet");
  } else if (variable && (symbol->by_address || symbol->type->kind == TYPE_CONFORMANT)) {
    text_printf(out, " -> %lld = ", (long long)word);
    add_there(&view, symbol->type, word);
  } else if (symbol->kind == SYMBOL_ROUTINE_PARAMETER) {
    text_printf(out, " = ");
    add_routine(&view, word);
  } else {
    text_printf(out, " = ");
    if (symbol->is_bytes)
      add_bytes(&view, symbol, pcode_pascal_cell(symbol, activation));
    else if (symbol->home == HOME_LOCAL)
      add_value(&view, symbol->type, &word);
    else
      add_there(&view, symbol->type, pcode_pascal_cell(symbol, activation));
  }
}
