// SPDX-License-Identifier: MIT
//
// zam_stub_prim.c: the primitives as C functions, for stubs that call them as such: all but those that native code
// alone calls. A library that imports one of them can't be opened without it, whether it calls it or not.
#include "zam_stub_api.h"

#define ARGS_MAX 5

// The primitives find their arguments the last one first.
struct value zam_stub_prim(const char *name, unsigned n, const struct value *args) {
  struct mutator *th = zam_stub_mutator();
  struct value reversed[ARGS_MAX], result;
  struct zam_roots roots = {Caml_state->local_roots, 1, n, {reversed}};
  ASSERT(n <= ARGS_MAX, "zam.I4: a primitive gets %u arguments", n);
  ASSERT(th && zam_prim_find(name) && zam_prim_find(name)->fn,
         "zam.I3: C code calls %s, which there is not, or from outside", name);
  for (unsigned i = 0; i < n; i++) reversed[n - 1 - i] = args[i];
  Caml_state->local_roots = &roots;
  zam_stub_check(zam_prim_find(name)->fn(th, &reversed[n - 1], &result));
  Caml_state->local_roots = roots.next;
  return result;
}

// Each with its prototype, since the headers of OCaml's runtime declare few of them.
#define PRIM_1(name) \
  struct value name(struct value a); \
  struct value name(struct value a) { return zam_stub_prim(#name, 1, (struct value[]){a}); }
#define PRIM_2(name) \
  struct value name(struct value a, struct value b); \
  struct value name(struct value a, struct value b) { return zam_stub_prim(#name, 2, (struct value[]){a, b}); }
#define PRIM_3(name) \
  struct value name(struct value a, struct value b, struct value c); \
  struct value name(struct value a, struct value b, struct value c) { \
    return zam_stub_prim(#name, 3, (struct value[]){a, b, c}); \
  }
#define PRIM_4(name) \
  struct value name(struct value a, struct value b, struct value c, struct value d); \
  struct value name(struct value a, struct value b, struct value c, struct value d) { \
    return zam_stub_prim(#name, 4, (struct value[]){a, b, c, d}); \
  }
#define PRIM_5(name) \
  struct value name(struct value a, struct value b, struct value c, struct value d, struct value e); \
  struct value name(struct value a, struct value b, struct value c, struct value d, struct value e) { \
    return zam_stub_prim(#name, 5, (struct value[]){a, b, c, d, e}); \
  }

// clang-format off
#define PRIMS_1(P) \
  P(caml_abs_float) P(caml_acos_float) P(caml_acosh_float) P(caml_alloc_dummy) P(caml_alloc_dummy_float) \
  P(caml_array_concat) P(caml_asin_float) P(caml_asinh_float) P(caml_atan_float) P(caml_atanh_float) P(caml_ba_dim_1) \
  P(caml_ba_dim_2) P(caml_ba_dim_3) P(caml_ba_kind) P(caml_ba_layout) P(caml_ba_num_dims) P(caml_backtrace_status) \
  P(caml_bswap16) P(caml_bytes_of_string) P(caml_cbrt_float) P(caml_ceil_float) P(caml_channel_descriptor) \
  P(caml_classify_float) P(caml_convert_raw_backtrace) P(caml_convert_raw_backtrace_slot) P(caml_cos_float) \
  P(caml_cosh_float) P(caml_create_bytes) P(caml_create_string) P(caml_dynlink_add_primitive) \
  P(caml_dynlink_close_lib) P(caml_dynlink_get_current_libs) P(caml_ensure_stack_capacity) P(caml_ephe_check_data) \
  P(caml_ephe_create) P(caml_ephe_get_data) P(caml_ephe_get_data_copy) P(caml_ephe_unset_data) P(caml_erf_float) \
  P(caml_erfc_float) P(caml_eventlog_pause) P(caml_eventlog_resume) P(caml_exp2_float) P(caml_exp_float) \
  P(caml_expm1_float) P(caml_final_release) P(caml_float_of_int) P(caml_float_of_string) P(caml_floatarray_create) \
  P(caml_floor_float) P(caml_fresh_oo_id) P(caml_frexp_float) P(caml_gc_compaction) P(caml_gc_counters) \
  P(caml_gc_full_major) P(caml_gc_get) P(caml_gc_huge_fallback_count) P(caml_gc_major) P(caml_gc_major_slice) \
  P(caml_gc_minor) P(caml_gc_minor_words) P(caml_gc_quick_stat) P(caml_gc_set) P(caml_gc_stat) \
  P(caml_get_current_callstack) P(caml_get_current_environment) P(caml_get_exception_backtrace) \
  P(caml_get_exception_raw_backtrace) P(caml_get_global_data) P(caml_get_major_bucket) P(caml_get_major_credit) \
  P(caml_get_minor_free) P(caml_get_section_table) P(caml_input_value) P(caml_int32_bits_of_float) \
  P(caml_int32_bswap) P(caml_int32_float_of_bits) P(caml_int32_neg) P(caml_int32_of_float) P(caml_int32_of_int) \
  P(caml_int32_of_string) P(caml_int32_to_float) P(caml_int32_to_int) P(caml_int64_bits_of_float) P(caml_int64_bswap) \
  P(caml_int64_float_of_bits) P(caml_int64_neg) P(caml_int64_of_float) P(caml_int64_of_int) P(caml_int64_of_int32) \
  P(caml_int64_of_nativeint) P(caml_int64_of_string) P(caml_int64_to_float) P(caml_int64_to_int) \
  P(caml_int64_to_int32) P(caml_int64_to_nativeint) P(caml_int_as_pointer) P(caml_int_of_float) P(caml_int_of_string) \
  P(caml_lazy_make_forward) P(caml_log10_float) P(caml_log1p_float) P(caml_log2_float) P(caml_log_float) \
  P(caml_make_array) P(caml_make_float_vect) P(caml_memprof_stop) P(caml_ml_bytes_length) P(caml_ml_channel_size) \
  P(caml_ml_channel_size_64) P(caml_ml_close_channel) P(caml_ml_debug_info_status) P(caml_ml_enable_runtime_warnings) \
  P(caml_ml_flush) P(caml_ml_input_char) P(caml_ml_input_int) P(caml_ml_input_scan_line) \
  P(caml_ml_open_descriptor_in) P(caml_ml_open_descriptor_out) P(caml_ml_out_channels_list) P(caml_ml_pos_in) \
  P(caml_ml_pos_in_64) P(caml_ml_pos_out) P(caml_ml_pos_out_64) P(caml_ml_runtime_warnings_enabled) \
  P(caml_ml_string_length) P(caml_modf_float) P(caml_nativeint_bswap) P(caml_nativeint_neg) \
  P(caml_nativeint_of_float) P(caml_nativeint_of_int) P(caml_nativeint_of_int32) P(caml_nativeint_of_string) \
  P(caml_nativeint_to_float) P(caml_nativeint_to_int) P(caml_nativeint_to_int32) P(caml_neg_float) P(caml_obj_dup) \
  P(caml_obj_reachable_words) P(caml_obj_tag) P(caml_raw_backtrace_length) P(caml_raw_backtrace_next_slot) \
  P(caml_realloc_global) P(caml_record_backtrace) P(caml_reset_afl_instrumentation) P(caml_round_float) \
  P(caml_runtime_parameters) P(caml_runtime_variant) P(caml_set_parser_trace) P(caml_signbit_float) P(caml_sin_float) \
  P(caml_sinh_float) P(caml_sqrt_float) P(caml_static_release_bytecode) P(caml_string_of_bytes) P(caml_sys_argv) \
  P(caml_sys_chdir) P(caml_sys_close) P(caml_sys_const_backend_type) P(caml_sys_const_big_endian) \
  P(caml_sys_const_int_size) P(caml_sys_const_max_wosize) P(caml_sys_const_naked_pointers_checked) \
  P(caml_sys_const_ostype_cygwin) P(caml_sys_const_ostype_unix) P(caml_sys_const_ostype_win32) \
  P(caml_sys_const_word_size) P(caml_sys_executable_name) P(caml_sys_exit) P(caml_sys_file_exists) \
  P(caml_sys_get_argv) P(caml_sys_get_config) P(caml_sys_getcwd) P(caml_sys_getenv) P(caml_sys_is_directory) \
  P(caml_sys_isatty) P(caml_sys_modify_argv) P(caml_sys_random_seed) P(caml_sys_read_directory) P(caml_sys_remove) \
  P(caml_sys_rmdir) P(caml_sys_system_command) P(caml_sys_time) P(caml_sys_time_include_children) \
  P(caml_sys_unsafe_getenv) P(caml_tan_float) P(caml_tanh_float) P(caml_terminfo_rows) P(caml_trunc_float) \
  P(caml_weak_create)
#define PRIMS_2(P) \
  P(caml_add_float) P(caml_alloc_dummy_function) P(caml_alloc_dummy_infix) P(caml_array_append) P(caml_array_get) \
  P(caml_array_get_addr) P(caml_array_unsafe_get) P(caml_atan2_float) P(caml_ba_blit) P(caml_ba_change_layout) \
  P(caml_ba_dim) P(caml_ba_fill) P(caml_ba_get_1) P(caml_ba_get_generic) P(caml_ba_reshape) P(caml_ba_slice) \
  P(caml_ba_uint8_get16) P(caml_ba_uint8_get32) P(caml_ba_uint8_get64) P(caml_bytes_compare) P(caml_bytes_equal) \
  P(caml_bytes_get) P(caml_bytes_get16) P(caml_bytes_get32) P(caml_bytes_get64) P(caml_bytes_greaterequal) \
  P(caml_bytes_greaterthan) P(caml_bytes_lessequal) P(caml_bytes_lessthan) P(caml_bytes_notequal) P(caml_compare) \
  P(caml_copysign_float) P(caml_div_float) P(caml_dynlink_lookup_symbol) P(caml_dynlink_open_lib) \
  P(caml_ephe_blit_data) P(caml_ephe_check_key) P(caml_ephe_get_key) P(caml_ephe_get_key_copy) P(caml_ephe_set_data) \
  P(caml_ephe_unset_key) P(caml_eq_float) P(caml_equal) P(caml_final_register) \
  P(caml_final_register_called_without_value) P(caml_float_compare) P(caml_floatarray_get) \
  P(caml_floatarray_unsafe_get) P(caml_fmod_float) P(caml_format_float) P(caml_format_int) P(caml_ge_float) \
  P(caml_greaterequal) P(caml_greaterthan) P(caml_gt_float) P(caml_hypot_float) P(caml_install_signal_handler) \
  P(caml_int32_add) P(caml_int32_and) P(caml_int32_compare) P(caml_int32_div) P(caml_int32_format) P(caml_int32_mod) \
  P(caml_int32_mul) P(caml_int32_or) P(caml_int32_shift_left) P(caml_int32_shift_right) \
  P(caml_int32_shift_right_unsigned) P(caml_int32_sub) P(caml_int32_xor) P(caml_int64_add) P(caml_int64_and) \
  P(caml_int64_compare) P(caml_int64_div) P(caml_int64_format) P(caml_int64_mod) P(caml_int64_mul) P(caml_int64_or) \
  P(caml_int64_shift_left) P(caml_int64_shift_right) P(caml_int64_shift_right_unsigned) P(caml_int64_sub) \
  P(caml_int64_xor) P(caml_int_compare) P(caml_ldexp_float) P(caml_le_float) P(caml_lessequal) P(caml_lessthan) \
  P(caml_lt_float) P(caml_make_vect) P(caml_marshal_data_size) P(caml_md5_chan) P(caml_ml_output_char) \
  P(caml_ml_output_int) P(caml_ml_seek_in) P(caml_ml_seek_in_64) P(caml_ml_seek_out) P(caml_ml_seek_out_64) \
  P(caml_ml_set_binary_mode) P(caml_ml_set_channel_name) P(caml_mul_float) P(caml_nativeint_add) \
  P(caml_nativeint_and) P(caml_nativeint_compare) P(caml_nativeint_div) P(caml_nativeint_format) \
  P(caml_nativeint_mod) P(caml_nativeint_mul) P(caml_nativeint_or) P(caml_nativeint_shift_left) \
  P(caml_nativeint_shift_right) P(caml_nativeint_shift_right_unsigned) P(caml_nativeint_sub) P(caml_nativeint_xor) \
  P(caml_neq_float) P(caml_nextafter_float) P(caml_notequal) P(caml_obj_add_offset) P(caml_obj_block) \
  P(caml_obj_make_forward) P(caml_obj_raw_field) P(caml_obj_set_tag) P(caml_obj_truncate) P(caml_obj_with_tag) \
  P(caml_output_value_to_bytes) P(caml_output_value_to_string) P(caml_power_float) P(caml_raw_backtrace_slot) \
  P(caml_register_named_value) P(caml_restore_raw_backtrace) P(caml_string_compare) P(caml_string_equal) \
  P(caml_string_get) P(caml_string_get16) P(caml_string_get32) P(caml_string_get64) P(caml_string_greaterequal) \
  P(caml_string_greaterthan) P(caml_string_lessequal) P(caml_string_lessthan) P(caml_string_notequal) \
  P(caml_sub_float) P(caml_sys_mkdir) P(caml_sys_rename) P(caml_update_dummy) P(caml_weak_check) P(caml_weak_get) \
  P(caml_weak_get_copy)
#define PRIMS_3(P) \
  P(caml_array_set) P(caml_array_set_addr) P(caml_array_sub) P(caml_array_unsafe_set) P(caml_ba_create) \
  P(caml_ba_get_2) P(caml_ba_set_1) P(caml_ba_set_generic) P(caml_ba_sub) P(caml_ba_uint8_set16) \
  P(caml_ba_uint8_set32) P(caml_ba_uint8_set64) P(caml_bytes_set) P(caml_bytes_set16) P(caml_bytes_set32) \
  P(caml_bytes_set64) P(caml_ephe_set_key) P(caml_floatarray_set) P(caml_floatarray_unsafe_set) P(caml_fma_float) \
  P(caml_hexstring_of_float) P(caml_invoke_traced_function) P(caml_lex_engine) P(caml_md5_string) \
  P(caml_memprof_start) P(caml_new_lex_engine) P(caml_obj_set_raw_field) P(caml_output_value) P(caml_reify_bytecode) \
  P(caml_string_set) P(caml_sys_open) P(caml_weak_set)
#define PRIMS_4(P) \
  P(caml_array_fill) P(caml_ba_get_3) P(caml_ba_set_2) P(caml_fill_bytes) P(caml_fill_string) P(caml_hash) \
  P(caml_ml_input) P(caml_ml_output) P(caml_ml_output_bytes) P(caml_parse_engine)
#define PRIMS_5(P) \
  P(caml_array_blit) P(caml_ba_set_3) P(caml_blit_bytes) P(caml_blit_string) P(caml_ephe_blit_key) \
  P(caml_floatarray_blit) P(caml_output_value_to_buffer) P(caml_weak_blit)
// clang-format on

PRIMS_1(PRIM_1)
PRIMS_2(PRIM_2)
PRIMS_3(PRIM_3)
PRIMS_4(PRIM_4)
PRIMS_5(PRIM_5)
