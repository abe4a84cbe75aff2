// SPDX-License-Identifier: MIT
//
// zam_stub_value.c: what stubs call to look into values: strings, arrays, methods, hashes; and data by marshalling.
#include "zam_stub_api.h"

#include "zam_extern.h"
#include "zam_hash.h"
#include "zam_intern.h"

uint64_t *caml_atom_table = zam_atoms;

uintptr_t caml_string_length(struct value v) { return zam_string_length(v); }
int caml_string_is_c_safe(struct value v) { return strlen(zam_string_bytes(v)) == zam_string_length(v); }
uintptr_t caml_array_length(struct value v) { return zam_size(v); }
int caml_is_double_array(struct value v) { return zam_tag(v) == ZAM_TAG_DOUBLE_ARRAY; }
double caml_Double_val(struct value v) { return zam_float(v); }
void caml_Store_double_val(struct value v, double d) { zam_float_store(v, 0, d); }
double caml_Double_field(struct value v, uintptr_t index) { return zam_float_at(v, index); }
void caml_Store_double_field(struct value v, uintptr_t index, double d) { zam_float_store(v, index, d); }
void caml_Store_double_array_field(struct value v, uintptr_t index, double d) { zam_float_store(v, index, d); }
int64_t caml_Int64_val(struct value v) { return zam_custom_int(v); }

// As ocamlc numbers the constructors of polymorphic variants: 31 bits, with a sign.
struct value caml_hash_variant(const char *name) {
  uint32_t hash = 0;
  for (; *name; name++) hash = 223 * hash + (uint8_t)*name;
  return zam_from_int((int32_t)(hash << 1) >> 1);
}

struct value caml_get_public_method(struct value object, struct value label) {
  const struct value *table = zam_fields(zam_fields(object)[0]);
  for (uint64_t i = 3; i <= table[0].bits; i += 2)
    if (value_same(table[i], label)) return table[i - 1];
  return (struct value){0};
}

struct value caml_set_oo_id(struct value object) {
  zam_fields(object)[1] = zam_from_int(zam_state(zam_stub_mutator())->fresh_id++);
  return object;
}

uint32_t caml_hash_mix_uint32(uint32_t hash, uint32_t word) { return zam_hash_mix(hash, word); }
uint32_t caml_hash_mix_intnat(uint32_t hash, intptr_t word) { return zam_hash_mix_word(hash, (uint64_t)word); }
uint32_t caml_hash_mix_int64(uint32_t hash, int64_t word) {
  return zam_hash_mix(zam_hash_mix(hash, (uint32_t)word), (uint32_t)(word >> 32));
}
uint32_t caml_hash_mix_string(uint32_t hash, struct value v) { return zam_hash_mix_string(hash, v); }
uint32_t caml_hash_mix_double(uint32_t hash, double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  return zam_hash_mix_float(hash, bits);
}
uint32_t caml_hash_mix_float(uint32_t hash, float f) {
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  return zam_hash_mix_float32(hash, bits);
}

// ---- static data ---------------------------------------------------------------------------------------------------

// Pages of C memory with values, as C code added them: the process's.
struct area {
  uint64_t start, end;
};
static struct area *areas;
static size_t area_count;

#define PAGE_MASK UINT64_C(4095)
static struct area area_of(const void *start, const void *end) {
  return (struct area){(uintptr_t)start & ~PAGE_MASK, ((uintptr_t)end + PAGE_MASK) & ~PAGE_MASK};
}

static bool has_static(uint64_t address) {
  for (size_t i = 0; i < area_count; i++)
    if (address >= areas[i].start && address < areas[i].end) return true;
  return false;
}

bool zam_stub_has_static(const struct mutator *th, uint64_t address) {
  return zam_stub_owns(zam_state(th)) && has_static(address);
}

static int add_area(struct area area) {
  if (area.start == area.end) return 0;
  struct area *larger = mem_resize(areas, (area_count + 1) * sizeof *areas);
  if (!larger) return -1;
  areas = larger;
  ASSERT(area.start < area.end, "an area from %#llx to %#llx is added", (unsigned long long)area.start,
         (unsigned long long)area.end);
  areas[area_count++] = area;
  return 0;
}

int caml_page_table_add(int kind, void *start, void *end) {
  return kind == ZAM_IN_STATIC_DATA ? add_area(area_of(start, end)) : -1;
}

// What lies in the middle of an area leaves two.
int caml_page_table_remove(int kind, void *start, void *end) {
  struct area gone = area_of(start, end);
  int failed = 0;
  if (kind != ZAM_IN_STATIC_DATA) return -1;
  for (size_t i = area_count; i-- > 0;) {
    struct area old = areas[i];
    if (old.end <= gone.start || old.start >= gone.end) continue;
    areas[i] = areas[--area_count];
    if (old.start < gone.start) failed |= add_area((struct area){old.start, gone.start});
    if (old.end > gone.end) failed |= add_area((struct area){gone.end, old.end});
  }
  ASSERT(gone.start == gone.end || !has_static(gone.start), "%#llx is static data after it was removed",
         (unsigned long long)gone.start);
  return failed;
}

void zam_stub_forget_static(void) {
  mem_free(areas);
  areas = NULL;
  area_count = 0;
}

int caml_page_table_lookup(void *address) {
  uint64_t word = (uintptr_t)address;
  if (heap_has(zam_stub_mutator(), word)) return ZAM_IN_HEAP;
  bool is_atom = word >= (uintptr_t)zam_atoms && word <= (uintptr_t)(zam_atoms + 256);
  return is_atom || has_static(word) ? ZAM_IN_STATIC_DATA : 0;
}

// ---- digests -------------------------------------------------------------------------------------------------------

_Static_assert(sizeof(struct zam_md5) == 88, "stubs make these themselves");
void caml_MD5Init(struct zam_md5 *md5) { zam_md5_init(md5); }
void caml_MD5Update(struct zam_md5 *md5, const unsigned char *bytes, uintptr_t length) {
  zam_md5_add(md5, bytes, length);
}
void caml_MD5Final(unsigned char *digest, struct zam_md5 *md5) { zam_md5_finish(md5, digest); }

// ---- marshalling ---------------------------------------------------------------------------------------------------

static struct text marshal(struct value v, struct value flags) {
  static const int bits[] = {ZAM_NO_SHARING, ZAM_CLOSURES, ZAM_COMPAT_32};
  struct text text = {0};
  if (zam_extern(zam_stub_mutator(), v, (unsigned)caml_convert_flag_list(flags, bits), &text) == DONE) return text;
  text_fini(&text);
  zam_stub_leave();
}

void caml_output_value_to_malloc(struct value v, struct value flags, char **bytes, intptr_t *length) {
  struct text text = marshal(v, flags);
  *bytes = text.bytes;
  *length = (intptr_t)text.length;
}

intptr_t caml_output_value_to_block(struct value v, struct value flags, char *bytes, intptr_t room) {
  struct text text = marshal(v, flags);
  bool fits = text.length <= (size_t)room;
  intptr_t length = (intptr_t)text.length;
  if (fits) memcpy(bytes, text.bytes, text.length);
  text_fini(&text);
  if (!fits) caml_failwith("Marshal.to_buffer: buffer overflow");
  return length;
}

struct value caml_input_value_from_block(const char *bytes, intptr_t length) {
  struct zam_marshal_header header;
  struct value v;
  if (!zam_marshal_read_header(bytes, (size_t)length, &header)) caml_failwith("input_value_from_block: bad object");
  if (header.header_bytes + header.data_bytes > (size_t)length)
    caml_failwith("input_value_from_block: bad block length");
  zam_stub_check(zam_intern(zam_stub_mutator(), bytes + header.header_bytes, &header, &v));
  return v;
}

// Takes the memory over. Its length is known by its header alone.
struct value caml_input_value_from_malloc(char *bytes, intptr_t offset) {
  struct zam_marshal_header header;
  struct value v;
  if (!zam_marshal_read_header(bytes + offset, ZAM_MARSHAL_HEADER_MAX, &header)) {
    caml_stat_free(bytes);
    caml_failwith("input_value_from_malloc: bad object");
  }
  enum loam_status status = zam_intern(zam_stub_mutator(), bytes + offset + header.header_bytes, &header, &v);
  caml_stat_free(bytes);
  zam_stub_check(status);
  return v;
}

struct value caml_input_value_from_bytes(struct value string, intptr_t offset) {
  char *copy = caml_stat_alloc(zam_string_length(string) + 1);
  memcpy(copy, zam_string_bytes(string), zam_string_length(string));
  return caml_input_value_from_malloc(copy, offset);
}
struct value caml_input_val_from_string(struct value string, intptr_t offset) {
  return caml_input_value_from_bytes(string, offset);
}
