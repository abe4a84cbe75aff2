// SPDX-License-Identifier: MIT
//
// pcode_routine.c: the table of the library, and its arithmetic. Results that are reals are never -0.0.
#include "pcode_routine.h"

#include <math.h>
#include <string.h>

const struct pcode_routine_info pcode_routines[PCODE_ROUTINE_COUNT] = {
#define R(name, count) {#name, count, pcode_run_##name},
    PCODE_ROUTINES(R)
#undef R
};

enum loam_status pcode_routine_run(struct mutator *th, uint32_t routine, const struct value *args,
                                   struct value *result) {
  if (routine >= PCODE_ROUTINE_COUNT) return pcode_throw(th, PCODE_ERROR_ROUTINE);
  result->bits = 0;
  return pcode_routines[routine].run(th, args, result);
}

static enum loam_status give(double real, struct value *result) {
  *result = pcode_from_real(real + 0.0);
  return DONE;
}

enum loam_status pcode_run_sin(struct mutator *th, const struct value *args, struct value *result) {
  return (void)th, give(sin(pcode_real(args[0])), result);
}
enum loam_status pcode_run_cos(struct mutator *th, const struct value *args, struct value *result) {
  return (void)th, give(cos(pcode_real(args[0])), result);
}
enum loam_status pcode_run_exp(struct mutator *th, const struct value *args, struct value *result) {
  return (void)th, give(exp(pcode_real(args[0])), result);
}
enum loam_status pcode_run_atn(struct mutator *th, const struct value *args, struct value *result) {
  return (void)th, give(atan(pcode_real(args[0])), result);
}
enum loam_status pcode_run_log(struct mutator *th, const struct value *args, struct value *result) {
  double x = pcode_real(args[0]);
  return x > 0 ? give(log(x), result) : pcode_throw(th, PCODE_ERROR_LN);
}

// 6.6.6.3: trunc(x + 0.5) for x >= 0, trunc(x - 0.5) else.
enum loam_status pcode_run_rnd(struct mutator *th, const struct value *args, struct value *result) {
  double x = round(pcode_real(args[0]));
  if (!(fabs(x) < 9223372036854775808.0)) return pcode_throw(th, PCODE_ERROR_ROUND);
  *result = pcode_word((int64_t)x);
  return DONE;
}

// (address, cells): bytes that nothing was assigned to.
enum loam_status pcode_run_fil(struct mutator *th, const struct value *args, struct value *result) {
  (void)result;
  if (!pcode_are_cells(pcode_int(args[0]), pcode_int(args[1]))) return pcode_throw_address(th, pcode_int(args[0]));
  memset(&pcode_cells(th)[args[0].bits], PCODE_UNDEFINED_BYTE, args[1].bits * sizeof(int64_t));
  return DONE;
}

// (unpacked, its first index, its last, index, packed, its length, size of a component)
static enum loam_status transfer(struct mutator *th, const struct value *args, bool pack, bool looks) {
  int64_t low = pcode_int(args[1]), high = pcode_int(args[2]), index = pcode_int(args[3]);
  int64_t length = pcode_int(args[5]), size = pcode_int(args[6]);
  if (index < low || index > high)
    return pcode_throw_range(th, pack ? PCODE_ERROR_PACK_INDEX : PCODE_ERROR_UNPACK_INDEX, index, low, high);
  if (length > 0 && (uint64_t)length - 1 > (uint64_t)high - (uint64_t)index) // of any size, in P-code by hand
    return pcode_throw(th, pack ? PCODE_ERROR_PACK_END : PCODE_ERROR_UNPACK_END);
  int64_t unpacked = pcode_int(args[0]), packed = pcode_int(args[4]), skipped, count;
  if (__builtin_sub_overflow(index, low, &skipped) || __builtin_mul_overflow(skipped, size, &skipped) ||
      __builtin_add_overflow(unpacked, skipped, &unpacked) || __builtin_mul_overflow(length, size, &count))
    return pcode_throw_address(th, unpacked);
  if (!pcode_are_cells(unpacked, count)) return pcode_throw_address(th, unpacked);
  if (!pcode_are_cells(packed, count)) return pcode_throw_address(th, packed);
  const int64_t *from = &pcode_cells(th)[pack ? unpacked : packed];
  for (int64_t i = 0; looks && i < count; i++)
    if (from[i] == PCODE_UNDEFINED) return pcode_throw(th, PCODE_ERROR_UNDEFINED);
  return pcode_move(th, pack ? packed : unpacked, pack ? unpacked : packed, count);
}
enum loam_status pcode_run_pck(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, transfer(th, args, true, true);
}
enum loam_status pcode_run_upk(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, transfer(th, args, false, true);
}
enum loam_status pcode_run_pku(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, transfer(th, args, true, false);
}
enum loam_status pcode_run_uku(struct mutator *th, const struct value *args, struct value *result) {
  return (void)result, transfer(th, args, false, false);
}
