// SPDX-License-Identifier: MIT
//
// zam_stub_api.h: the functions and variables that C libraries written for OCaml's runtime import, under the names and
// with the types that its headers give them (a value is a word, `struct value` here). All of them are exported from the
// binary: whatever is called caml_... is.
//
// Called by stubs, so with a stub at work. What makes blocks may collect; what fails raises, that is, doesn't return.
#ifndef ZAM_STUB_API_H
#define ZAM_STUB_API_H

#include "zam_custom.h"
#include "zam_md5.h"
#include "zam_run.h"
#include "zam_signal.h"
#include "zam_slots.h"
#include "zam_stub.h"

#include <signal.h>

// ---- making blocks: sizes in words, of strings and custom data in bytes --------------------------------------------

struct value caml_alloc(uintptr_t words, unsigned tag);
struct value caml_alloc_small(uintptr_t words, unsigned tag);
struct value caml_alloc_shr(uintptr_t words, unsigned tag);
struct value caml_alloc_shr_no_track_noexc(uintptr_t words, unsigned tag); // 0: no memory
struct value caml_alloc_shr_with_profinfo(uintptr_t words, unsigned tag, intptr_t profile);
struct value caml_alloc_tuple(uintptr_t words);
struct value caml_alloc_some(struct value v);
struct value caml_alloc_float_array(uintptr_t count);
struct value caml_alloc_string(uintptr_t length);
struct value caml_alloc_initialized_string(uintptr_t length, const char *bytes);
struct value caml_alloc_sprintf(const char *format, ...) PRINTF_LIKE(1, 2);
struct value caml_alloc_array(struct value (*make)(const char *text), const char **texts);
struct value caml_copy_string(const char *text);
struct value caml_copy_string_array(const char **texts);
struct value caml_copy_double(double d);
struct value caml_copy_int32(int32_t n);
struct value caml_copy_int64(int64_t n);
struct value caml_copy_nativeint(intptr_t n);
struct value caml_alloc_custom(const struct zam_custom_ops *ops, uintptr_t bytes, uintptr_t held, uintptr_t max);
struct value caml_alloc_custom_mem(const struct zam_custom_ops *ops, uintptr_t bytes, uintptr_t held);
struct value caml_alloc_final(uintptr_t words, void (*finalize)(struct value v), uintptr_t held, uintptr_t max);
void caml_alloc_small_dispatch(intptr_t words, int flags, int count, unsigned char *lengths);
void caml_register_custom_operations(const struct zam_custom_ops *ops);
extern uint64_t *caml_atom_table;

// Bigarrays. The operations are for blocks of the stubs' own.
struct zam_bigarray;
struct value caml_ba_alloc(int flags, int dim_count, void *data, const intptr_t *dims);
struct value caml_ba_alloc_dims(int flags, int dim_count, void *data, ...);
uintptr_t caml_ba_num_elts(const struct zam_bigarray *array);
uintptr_t caml_ba_byte_size(const struct zam_bigarray *array);
void caml_ba_finalize(struct value v);
int caml_ba_compare(struct value a, struct value b);
intptr_t caml_ba_hash(struct value v);
void caml_ba_serialize(struct value v, uintptr_t *bytes32, uintptr_t *bytes64);
uintptr_t caml_ba_deserialize(void *data);
extern const int caml_ba_element_size[];
extern const struct zam_custom_ops caml_ba_ops;

// ---- fields and roots ----------------------------------------------------------------------------------------------

void caml_modify(struct value *field, struct value v);
void caml_initialize(struct value *field, struct value v);
void caml_register_global_root(struct value *slot);
void caml_remove_global_root(struct value *slot);
void caml_register_generational_global_root(struct value *slot);
void caml_remove_generational_global_root(struct value *slot);
void caml_modify_generational_global_root(struct value *slot, struct value v);
typedef void zam_scanning_fn(struct value v, struct value *slot);
extern void (*caml_scan_roots_hook)(zam_scanning_fn *action); // calls action for roots of its own
void caml_adjust_gc_speed(uintptr_t amount, uintptr_t max);
// OCaml's heap can be given memory of C's; this one can't: there is never any, and none to be added.
char *caml_alloc_for_heap(uintptr_t bytes);
int caml_add_to_heap(char *chunk);
void caml_free_for_heap(char *chunk);
uintptr_t caml_allocation_color(void *block);      // of new blocks, all the same
extern uintptr_t caml_allocated_words;             // in what C code added to the heap: nobody looks
void caml_alloc_dependent_memory(uintptr_t bytes); // a block holds so much
void caml_free_dependent_memory(uintptr_t bytes);
void caml_minor_collection(void);
struct value caml_check_urgent_gc(struct value v);

// ---- looking into values -------------------------------------------------------------------------------------------

uintptr_t caml_string_length(struct value v);
int caml_string_is_c_safe(struct value v);
uintptr_t caml_array_length(struct value v);
int caml_is_double_array(struct value v);
double caml_Double_val(struct value v);
void caml_Store_double_val(struct value v, double d);
double caml_Double_field(struct value v, uintptr_t index);
void caml_Store_double_field(struct value v, uintptr_t index, double d);
void caml_Store_double_array_field(struct value v, uintptr_t index, double d);
int64_t caml_Int64_val(struct value v);
int caml_convert_flag_list(struct value list, const int *flags);
struct value caml_hash_variant(const char *name);
struct value caml_get_public_method(struct value object, struct value label); // 0: there is none
struct value caml_set_oo_id(struct value object);
uint32_t caml_hash_mix_uint32(uint32_t hash, uint32_t word);
uint32_t caml_hash_mix_intnat(uint32_t hash, intptr_t word);
uint32_t caml_hash_mix_int64(uint32_t hash, int64_t word);
uint32_t caml_hash_mix_double(uint32_t hash, double d);
uint32_t caml_hash_mix_float(uint32_t hash, float f);
uint32_t caml_hash_mix_string(uint32_t hash, struct value v);

enum { ZAM_IN_HEAP = 1, ZAM_IN_STATIC_DATA = 4 };
int caml_page_table_lookup(void *address); // what is there: one of these, or 0
// Blocks in C memory from `start` to `end` are values or no longer: they are looked into, and not collected. Of other
// kinds than static data nothing can be added: then the result isn't 0.
int caml_page_table_add(int kind, void *start, void *end);
int caml_page_table_remove(int kind, void *start, void *end);
void caml_MD5Init(struct zam_md5 *md5); // as large as the headers say
void caml_MD5Update(struct zam_md5 *md5, const unsigned char *bytes, uintptr_t length);
void caml_MD5Final(unsigned char *digest, struct zam_md5 *md5);

// ---- ephemerons: get returns 0 when there is nothing, and else sets *out
// ---------------------------------------------

struct value caml_ephemeron_create(uintptr_t keys);
uintptr_t caml_ephemeron_num_keys(struct value block);
int caml_ephemeron_key_is_set(struct value block, uintptr_t index);
void caml_ephemeron_set_key(struct value block, uintptr_t index, struct value v);
void caml_ephemeron_unset_key(struct value block, uintptr_t index);
int caml_ephemeron_get_key(struct value block, uintptr_t index, struct value *out);
int caml_ephemeron_get_key_copy(struct value block, uintptr_t index, struct value *out);
void caml_ephemeron_blit_key(struct value from, uintptr_t at, struct value to, uintptr_t to_at, uintptr_t count);
int caml_ephemeron_data_is_set(struct value block);
void caml_ephemeron_set_data(struct value block, struct value v);
void caml_ephemeron_unset_data(struct value block);
int caml_ephemeron_get_data(struct value block, struct value *out);
int caml_ephemeron_get_data_copy(struct value block, struct value *out);
void caml_ephemeron_blit_data(struct value from, struct value to);

// ---- raising -------------------------------------------------------------------------------------------------------

[[noreturn]] void caml_raise(struct value exception);
[[noreturn]] void caml_raise_constant(struct value constructor);
[[noreturn]] void caml_raise_with_arg(struct value constructor, struct value arg);
[[noreturn]] void caml_raise_with_args(struct value constructor, int n, struct value *args);
[[noreturn]] void caml_raise_with_string(struct value constructor, const char *text);
[[noreturn]] void caml_failwith(const char *text);
[[noreturn]] void caml_failwith_value(struct value text);
[[noreturn]] void caml_invalid_argument(const char *text);
[[noreturn]] void caml_invalid_argument_value(struct value text);
[[noreturn]] void caml_array_bound_error(void);
[[noreturn]] void caml_raise_out_of_memory(void);
[[noreturn]] void caml_raise_stack_overflow(void);
[[noreturn]] void caml_raise_end_of_file(void);
[[noreturn]] void caml_raise_zero_divide(void);
[[noreturn]] void caml_raise_not_found(void);
[[noreturn]] void caml_raise_sys_blocked_io(void);
[[noreturn]] void caml_raise_sys_error(struct value text);
[[noreturn]] void caml_sys_error(struct value name);
[[noreturn]] void caml_fatal_error(const char *format, ...) PRINTF_LIKE(1, 2);
[[noreturn]] void caml_failed_assert(const char *expression, const char *file, int line);
extern void (*caml_fatal_error_hook)(char *message, va_list args);
char *caml_format_exception(struct value exception);

// ---- callbacks: the _exn ones return an exception with bit 1 set ----------------------------------------------------

struct value caml_callback(struct value closure, struct value a);
struct value caml_callback2(struct value closure, struct value a, struct value b);
struct value caml_callback3(struct value closure, struct value a, struct value b, struct value c);
struct value caml_callbackN(struct value closure, int n, struct value *args);
struct value caml_callback_exn(struct value closure, struct value a);
struct value caml_callback2_exn(struct value closure, struct value a, struct value b);
struct value caml_callback3_exn(struct value closure, struct value a, struct value b, struct value c);
struct value caml_callbackN_exn(struct value closure, int n, struct value *args);
struct value caml_raise_if_exception(struct value v);
const struct value *caml_named_value(const char *name);
void caml_iterate_named_values(void (*fn)(const struct value *v, char *name));
extern int caml_callback_depth;

// ---- signals, threads, the debugger --------------------------------------------------------------------------------

void caml_enter_blocking_section(void);
void caml_enter_blocking_section_no_pending(void);
void caml_leave_blocking_section(void); // keeps errno
extern void (*caml_enter_blocking_section_hook)(void);
extern void (*caml_leave_blocking_section_hook)(void);
void caml_process_pending_actions(void);
struct value caml_process_pending_actions_exn(void);
int caml_check_pending_actions(void);
void caml_record_signal(int number);
int caml_convert_signal_number(int number);
int caml_rev_convert_signal_number(int number);
extern int (*caml_sigmask_hook)(int how, const sigset_t *set, sigset_t *old);
int caml_c_thread_register(void); // whether the running thread, C code's own, may call programs now
int caml_c_thread_unregister(void);
extern int caml_debugger_in_use, caml_debugger_fork_mode;
void caml_debugger_cleanup_fork(void);

// ---- C memory ------------------------------------------------------------------------------------------------------

void *caml_stat_alloc(uintptr_t bytes);
void *caml_stat_alloc_noexc(uintptr_t bytes);
void *caml_stat_alloc_aligned(uintptr_t bytes, int modulo, void **block); // *block is what is to be freed
void *caml_stat_alloc_aligned_noexc(uintptr_t bytes, int modulo, void **block);
void *caml_stat_calloc_noexc(uintptr_t count, uintptr_t bytes);
void *caml_stat_resize(void *block, uintptr_t bytes);
void *caml_stat_resize_noexc(void *block, uintptr_t bytes);
void caml_stat_free(void *block);
char *caml_stat_strdup(const char *text);
char *caml_stat_strdup_noexc(const char *text);
char *caml_stat_strconcat(int n, ...);

// The primitives of the machine have their prototypes in zam_stub_prim.c.

// ---- channels ------------------------------------------------------------------------------------------------------

struct zam_channel;
extern void (*caml_channel_mutex_free)(struct zam_channel *channel);
extern void (*caml_channel_mutex_lock)(struct zam_channel *channel);
extern void (*caml_channel_mutex_unlock)(struct zam_channel *channel);
extern void (*caml_channel_mutex_unlock_exn)(void); // called when C code is left by an exception
struct zam_channel *caml_open_descriptor_in(int fd);
struct zam_channel *caml_open_descriptor_out(int fd);
struct value caml_alloc_channel(struct zam_channel *channel);
void caml_close_channel(struct zam_channel *channel); // frees it when no block holds it
int caml_channel_binary_mode(struct zam_channel *channel);
int caml_flush_partial(struct zam_channel *channel); // whether nothing is left
void caml_flush(struct zam_channel *channel);
void caml_putch(struct zam_channel *channel, int byte);
void caml_putword(struct zam_channel *channel, uint32_t word);
int caml_putblock(struct zam_channel *channel, const char *bytes, intptr_t length); // how many: as there is room
void caml_really_putblock(struct zam_channel *channel, const char *bytes, intptr_t length);
void caml_output_val(struct zam_channel *channel, struct value v, struct value flags);
unsigned char caml_refill(struct zam_channel *channel); // and takes the first byte
unsigned char caml_getch(struct zam_channel *channel);
uint32_t caml_getword(struct zam_channel *channel);
int caml_getblock(struct zam_channel *channel, char *bytes, intptr_t length); // how many: as are there
intptr_t caml_really_getblock(struct zam_channel *channel, char *bytes, intptr_t length);
struct value caml_input_val(struct zam_channel *channel);
void caml_seek_in(struct zam_channel *channel, int64_t offset);
void caml_seek_out(struct zam_channel *channel, int64_t offset);
int64_t caml_pos_in(struct zam_channel *channel);
int64_t caml_pos_out(struct zam_channel *channel);
int64_t caml_channel_size(struct zam_channel *channel);

// ---- marshalling ---------------------------------------------------------------------------------------------------

void caml_output_value_to_malloc(struct value v, struct value flags, char **bytes, intptr_t *length);
intptr_t caml_output_value_to_block(struct value v, struct value flags, char *bytes, intptr_t room);
struct value caml_input_val_from_string(struct value string, intptr_t offset);
struct value caml_input_value_from_bytes(struct value string, intptr_t offset);
struct value caml_input_value_from_malloc(char *bytes, intptr_t offset);
struct value caml_input_value_from_block(const char *bytes, intptr_t length);

// For the functions of custom blocks only.
void caml_serialize_int_1(int n);
void caml_serialize_int_2(int n);
void caml_serialize_int_4(int32_t n);
void caml_serialize_int_8(int64_t n);
void caml_serialize_float_4(float f);
void caml_serialize_float_8(double d);
void caml_serialize_block_1(const void *data, intptr_t count);
void caml_serialize_block_2(const void *data, intptr_t count);
void caml_serialize_block_4(const void *data, intptr_t count);
void caml_serialize_block_8(const void *data, intptr_t count);
void caml_serialize_block_float_8(const void *data, intptr_t count);
int caml_deserialize_uint_1(void);
int caml_deserialize_sint_1(void);
int caml_deserialize_uint_2(void);
int caml_deserialize_sint_2(void);
uint32_t caml_deserialize_uint_4(void);
int32_t caml_deserialize_sint_4(void);
uint64_t caml_deserialize_uint_8(void);
int64_t caml_deserialize_sint_8(void);
float caml_deserialize_float_4(void);
double caml_deserialize_float_8(void);
void caml_deserialize_block_1(void *data, intptr_t count);
void caml_deserialize_block_2(void *data, intptr_t count);
void caml_deserialize_block_4(void *data, intptr_t count);
void caml_deserialize_block_8(void *data, intptr_t count);
void caml_deserialize_block_float_8(void *data, intptr_t count);
[[noreturn]] void caml_deserialize_error(const char *text);

#endif
