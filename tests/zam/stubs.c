// SPDX-License-Identifier: MIT
//
// stubs.c: C code against the headers of OCaml's runtime, for stubs.ml. Compiled by the test with the system's
// compiler.
#define CAML_NAME_SPACE
#include <caml/alloc.h>
#include <caml/callback.h>
#include <caml/custom.h>
#include <caml/fail.h>
#include <caml/hash.h>
#define CAML_INTERNALS
#include <caml/intext.h>
#include <caml/memory.h>
#undef CAML_INTERNALS
#include <caml/mlvalues.h>
#include <caml/printexc.h>
#include <caml/signals.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- roots: variables, arrays, arguments in an array ----

value test_list(value n) {
  CAMLparam1(n);
  CAMLlocal3(list, cell, string);
  char text[32];
  list = Val_emptylist;
  for (long i = Long_val(n); i-- > 0;) {
    snprintf(text, sizeof text, "item %ld", i);
    string = caml_copy_string(text);
    cell = caml_alloc_small(2, 0);
    Field(cell, 0) = string;
    Field(cell, 1) = list;
    list = cell;
  }
  CAMLreturn(list);
}

value test_array(value v) {
  CAMLparam1(v);
  CAMLlocalN(parts, 4);
  CAMLlocal1(result);
  for (int i = 0; i < 4; i++) parts[i] = caml_copy_double(i + Double_val(v));
  result = caml_alloc_tuple(4);
  for (int i = 0; i < 4; i++) Store_field(result, i, parts[i]);
  CAMLreturn(result);
}

// A string may move when its copy is made.
static value copy(value string) {
  CAMLparam1(string);
  CAMLlocal1(result);
  result = caml_alloc_string(caml_string_length(string));
  memcpy(Bytes_val(result), String_val(string), caml_string_length(string));
  CAMLreturn(result);
}

value test_seven(value a, value b, value c, value d, value e, value f, value g) {
  CAMLparam5(a, b, c, d, e);
  CAMLxparam2(f, g);
  CAMLlocal1(result);
  value *const all[] = {&a, &b, &c, &d, &e, &f, &g};
  result = caml_alloc(7, 0);
  for (int i = 0; i < 7; i++) Store_field(result, i, copy(*all[i]));
  CAMLreturn(result);
}

// The array of arguments is a root itself.
value test_seven_bytecode(value *args, int n) {
  caml_minor_collection();
  return n == 7 ? test_seven(args[0], args[1], args[2], args[3], args[4], args[5], args[6]) : Val_unit;
}

// ---- global roots, fields of old blocks, large blocks, allocation inlined ----

static value kept[3] = {Val_unit, Val_unit, Val_unit};

value test_keep(value i, value v) {
  value *slot = &kept[Long_val(i)];
  if (*slot != Val_unit) {
    caml_modify_generational_global_root(slot, v);
  } else {
    *slot = v;
    caml_register_generational_global_root(slot);
  }
  return Val_unit;
}

value test_kept(value unit) {
  CAMLparam1(unit);
  CAMLlocal1(result);
  result = caml_alloc(3, 0);
  for (int i = 0; i < 3; i++) Store_field(result, i, kept[i]);
  CAMLreturn(result);
}

value test_drop(value i) {
  caml_remove_generational_global_root(&kept[Long_val(i)]);
  kept[Long_val(i)] = Val_unit;
  return Val_unit;
}

value test_fill(value array, value text) {
  CAMLparam2(array, text);
  for (mlsize_t i = 0; i < Wosize_val(array); i++) {
    value v = copy(text);
    Bytes_val(v)[0] = (unsigned char)('a' + i % 26);
    caml_modify(&Field(array, i), v);
  }
  CAMLreturn(Val_unit);
}

value test_large(value n, value v) {
  CAMLparam2(n, v);
  value block = caml_alloc_shr(Long_val(n), 0);
  for (long i = 0; i < Long_val(n); i++) caml_initialize(&Field(block, i), v);
  CAMLreturn(block);
}

#define CAML_INTERNALS
#define Setup_for_gc
#define Restore_after_gc
value test_inline(value a, value b) {
  CAMLparam2(a, b);
  CAMLlocal1(pair);
  value v;
  for (int i = 0; i < 3; i++) {
    Alloc_small(v, 2, 0);
    Field(v, 0) = i ? pair : a;
    Field(v, 1) = b;
    pair = v;
  }
  CAMLreturn(pair);
}
#undef CAML_INTERNALS

// A word that is no value of the heap's.
value test_outside(value unit) {
  static long somewhere[4];
  (void)unit;
  return (value)&somewhere[1];
}
value test_is_outside(value v) { return Val_bool(v == test_outside(Val_unit)); }

// ---- exceptions and callbacks ----

value test_raise(value kind) {
  CAMLparam1(kind);
  CAMLlocal1(arg);
  value args[2];
  switch (Long_val(kind)) {
  case 0: caml_failwith("from C");
  case 1: caml_invalid_argument("from C");
  case 2: caml_raise_not_found();
  case 3: caml_raise_end_of_file();
  case 4: caml_raise_zero_divide();
  case 5: caml_raise_constant(*caml_named_value("stubs.constant"));
  case 6: caml_raise_with_string(*caml_named_value("stubs.text"), "text");
  case 7:
    arg = caml_copy_double(2.5);
    args[0] = caml_copy_string("two");
    args[1] = arg;
    caml_raise_with_args(*caml_named_value("stubs.pair"), 2, args);
  case 8: caml_array_bound_error();
  case 9: caml_raise_sys_error(caml_copy_string("no such thing"));
  }
  CAMLreturn(Val_unit);
}

value test_apply(value f, value n) {
  CAMLparam2(f, n);
  CAMLlocal2(sum, part);
  sum = caml_copy_int64(0);
  for (long i = 0; i < Long_val(n); i++) {
    part = caml_callback(f, Val_long(i));
    sum = caml_copy_int64(Int64_val(sum) + Int64_val(part));
  }
  CAMLreturn(sum);
}

value test_many(value f) {
  CAMLparam1(f);
  CAMLlocalN(args, 12);
  CAMLlocal1(result);
  for (int i = 0; i < 12; i++) args[i] = caml_copy_double(i);
  result = caml_callback3(Field(f, 0), args[1], args[2], args[3]);
  Store_field(f, 0, result);
  result = caml_callbackN(Field(f, 1), 12, args);
  CAMLreturn(result);
}

// The text of what the function raises.
value test_catch(value f, value arg) {
  CAMLparam2(f, arg);
  CAMLlocal2(result, exception);
  value returned = caml_callback_exn(f, arg); // no root may hold an exception as it comes
  if (!Is_exception_result(returned)) CAMLreturn(returned);
  exception = Extract_exception(returned);
  char *text = caml_format_exception(exception);
  result = caml_copy_string(text);
  free(text);
  CAMLreturn(result);
}

value test_named(value name, value arg) {
  const value *f = caml_named_value(String_val(name));
  return f ? caml_callback(*f, arg) : caml_copy_string("?");
}

// ---- custom blocks ----

static long finalized;
static void box_finalize(value v) {
  (void)v;
  finalized++;
}
static double box_of(value v) { return *(double *)Data_custom_val(v); }
static int box_compare(value a, value b) {
  if (box_of(a) != box_of(a) || box_of(b) != box_of(b)) Caml_state->compare_unordered = 1;
  if (box_of(a) > 1e6) caml_failwith("too large to compare");
  return (box_of(a) > box_of(b)) - (box_of(a) < box_of(b));
}
static intnat box_hash(value v) { return caml_hash_mix_double(0, box_of(v)); }
static void box_serialize(value v, uintnat *bytes_32, uintnat *bytes_64) {
  if (box_of(v) > 1e6) caml_failwith("too large to write");
  caml_serialize_int_2(17);
  caml_serialize_float_8(box_of(v));
  *bytes_32 = *bytes_64 = 8;
}
static uintnat box_deserialize(void *data) {
  if (caml_deserialize_uint_2() != 17) caml_deserialize_error("not a box");
  *(double *)data = caml_deserialize_float_8();
  return 8;
}
static struct custom_operations box_ops = {"loam.test.box", box_finalize,    box_compare, box_hash,
                                           box_serialize,   box_deserialize, NULL,        custom_fixed_length_default};

value test_register(value unit) {
  caml_register_custom_operations(&box_ops);
  return unit;
}
value test_box(value d) {
  double number = Double_val(d);
  value v = caml_alloc_custom_mem(&box_ops, sizeof(double), 1 << 10);
  *(double *)Data_custom_val(v) = number;
  return v;
}
value test_unbox(value v) { return caml_copy_double(box_of(v)); }
value test_finalized(value unit) {
  (void)unit;
  return Val_long(finalized);
}

value test_marshal(value v) {
  CAMLparam1(v);
  CAMLlocal1(result);
  char *bytes;
  intnat length;
  caml_output_value_to_malloc(v, Val_emptylist, &bytes, &length);
  result = caml_input_value_from_block(bytes, length);
  free(bytes);
  CAMLreturn(result);
}

// ---- the rest ----

value test_blocking(value v) {
  CAMLparam1(v);
  errno = ERANGE;
  caml_enter_blocking_section();
  caml_leave_blocking_section();
  CAMLreturn(caml_alloc_sprintf("%s %d", String_val(v), errno == ERANGE));
}

value test_misc(value flags) {
  static int bits[] = {1, 2, 4, 8};
  static const char *texts[] = {"x", "yy", "zzz", NULL};
  CAMLparam1(flags);
  CAMLlocal2(result, floats);
  result = caml_alloc(5, 0);
  Store_field(result, 0, Val_int(caml_convert_flag_list(flags, bits)));
  Store_field(result, 1, caml_copy_string_array(texts));
  floats = caml_alloc_float_array(2);
  Store_double_field(floats, 0, 1.5);
  Store_double_field(floats, 1, -2.5);
  Store_field(result, 2, floats);
  Store_field(result, 3, caml_hash_variant("Some_name"));
  Store_field(result, 4, Atom(0));
  CAMLreturn(result);
}

// ---- threads of C code's own ----

#include <caml/threads.h>
#include <pthread.h>

static value visited;     // a root: called with a text and a number
static int registered[4]; // what registering said: first, again, unregistering, again
static long sum;

static void visit(long i) {
  CAMLparam0();
  CAMLlocal2(text, result);
  text = caml_alloc_sprintf("visit %ld", i);
  result = caml_callback2_exn(visited, text, Val_long(i));
  sum += Is_exception_result(result) ? 1000 : Long_val(result);
  CAMLreturn0;
}

static void note(int which, int said) { __atomic_fetch_add(&registered[which], said, __ATOMIC_RELAXED); }

static void *visitor_main(void *context) {
  note(0, caml_c_thread_register());
  note(1, caml_c_thread_register());
  for (long i = 0; i < (long)context; i++) {
    caml_acquire_runtime_system();
    visit(i);
    visit(-i);
    caml_release_runtime_system();
  }
  note(2, caml_c_thread_unregister());
  note(3, caml_c_thread_unregister());
  return NULL;
}

value test_visitors(value f, value rounds) {
  CAMLparam2(f, rounds);
  pthread_t threads[2];
  visited = f;
  caml_register_global_root(&visited);
  long count = Long_val(rounds);
  caml_release_runtime_system();
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, visitor_main, (void *)count);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  caml_acquire_runtime_system();
  caml_remove_global_root(&visited);
  CAMLreturn(caml_alloc_sprintf("%ld %d%d%d%d", sum, registered[0], registered[1], registered[2], registered[3]));
}

static void *lasting_main(void *context) {
  (void)context;
  if (!caml_c_thread_register()) return NULL;
  for (;;) {
    caml_acquire_runtime_system();
    caml_callback_exn(visited, Val_unit);
    caml_release_runtime_system();
  }
  return NULL;
}

// A thread that the program's end finds at work.
value test_lasting(value f) {
  pthread_t thread;
  visited = f;
  caml_register_global_root(&visited);
  pthread_create(&thread, NULL, lasting_main, NULL);
  return Val_unit;
}

// ---- channels, as C code sees them; blocks in C memory; primitives called as C functions ----

#define CAML_INTERNALS
#include <caml/address_class.h>
#include <caml/bigarray.h>
#include <caml/io.h>
extern struct custom_operations caml_ba_ops;
extern value caml_ba_reshape(value array, value dims);
extern value caml_md5_string(value string, value from, value length);

value test_write(value out, value text) {
  CAMLparam2(out, text);
  struct channel *channel = Channel(out);
  Lock(channel);
  caml_really_putblock(channel, "block ", 6);
  caml_putch(channel, 'c');
  caml_putword(channel, 0x41424344);
  for (int i = 0; i < 70000; i++) caml_putch(channel, '.');
  caml_output_val(channel, text, Val_emptylist);
  caml_flush(channel);
  Unlock(channel);
  CAMLreturn(Val_long(caml_pos_out(channel)));
}

value test_read(value in) {
  CAMLparam1(in);
  CAMLlocal2(result, text);
  struct channel *channel = Channel(in);
  char bytes[8] = "";
  Lock(channel);
  caml_really_getblock(channel, bytes, 6);
  bytes[6] = (char)caml_getch(channel);
  uint32_t word = caml_getword(channel);
  for (int i = 0; i < 70000; i++)
    if (caml_getch(channel) != '.') caml_failwith("not a point");
  text = caml_input_val(channel);
  result = caml_alloc_sprintf("%s %x %s", bytes, word, String_val(text));
  caml_getch(channel); // raises End_of_file, and gives the lock back
  Unlock(channel);
  CAMLreturn(result);
}

// A pair and a string in a page of C memory, which are values once the page is static data.
value test_static(value unit) {
  static _Alignas(4096) value page[512];
  (void)unit;
  page[0] = Make_header(2, 0, Caml_black);
  page[1] = Val_int(7);
  page[2] = (value)&page[5];
  page[4] = Make_header(1, String_tag, Caml_black);
  memcpy(&page[5], "static\0\1", 8);
  return (value)&page[1];
}
value test_static_add(value page) {
  return Val_int(caml_page_table_add(In_static_data, (void *)page, (void *)(page + 64)));
}
value test_static_remove(value page) {
  caml_page_table_remove(In_static_data, (void *)page, (void *)(page + 64));
  return Val_int(Classify_addr(page));
}

value test_primitives(value array, value dims) {
  CAMLparam2(array, dims);
  CAMLlocal2(result, shaped);
  shaped = caml_ba_reshape(array, dims);
  result = caml_alloc(3, 0);
  Store_field(result, 0, Val_bool(Custom_ops_val(shaped) == &caml_ba_ops));
  Store_field(result, 1, Val_int(Caml_ba_array_val(shaped)->num_dims));
  Store_field(result, 2, caml_md5_string(caml_copy_string("abc"), Val_int(0), Val_int(3)));
  CAMLreturn(result);
}
#undef CAML_INTERNALS

#include <sys/mman.h>

// An address outside of the heap, behind which nothing can be read; nor before it.
value test_naked_page(value unit) {
  (void)unit;
  char *page = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return (value)(page + 4096);
}
