// SPDX-License-Identifier: MIT
//
// baseline_patch_x64.c: filling holes in x86-64 code. All of this module that knows the machine.
#define LOAM_BASELINE_MODULE
#include "baseline/baseline_int.h"

#include <string.h>

bool baseline_reaches(const struct baseline *baseline, const struct stencil *stencil) {
  const struct stencil_set *set = baseline->ops->stencils;
  if (!(stencil->flags & STENCIL_NAMES)) return true;
  for (unsigned i = 0; i < stencil->hole_count; i++) {
    const struct stencil_hole *hole = &set->holes[stencil->holes + i];
    if (hole->what != HOLE_SYMBOL || hole->form != HOLE_RELATIVE_32) continue;
    if (!emit_reaches(baseline->code, set->functions[hole->at])) return false;
  }
  return true;
}

static const struct op_imm *imm_at(const struct op_info *info, unsigned at) {
  for (unsigned i = 0; i < info->imm_count; i++)
    if (op_imms(info)[i].offset == at) return &op_imms(info)[i];
  CHECK(false, "baseline.I1: %s has no immediate at byte %u", op_name(info), at);
}

static bool is_displacement(const struct stencil_hole *hole) {
  return hole->form == HOLE_SIGNED_32 || hole->form == HOLE_SIGNED_8;
}

// The value of an immediate: read from the instruction, or the address of its place there.
static int64_t imm_value(const struct baseline_place *place, const struct stencil_hole *hole) {
  const struct op_imm *imm = imm_at(place->insn->info, hole->at);
  const char *bytes = place->bytes + hole->at;
  int16_t half;
  uint16_t unsigned_half;
  int32_t word;
  int64_t all;
  switch (imm->kind) {
  case IMM_LOCAL:
  case IMM_CALLEE:
    memcpy(&half, bytes, sizeof half);
    CHECK(is_displacement(hole), "baseline.I2: the local of %s is no displacement", op_name(place->insn->info));
    return (int64_t)half * (int64_t)sizeof(struct value);
  case IMM_FRAME:
    memcpy(&unsigned_half, bytes, sizeof unsigned_half);
    CHECK(is_displacement(hole), "baseline.I2: the frame of %s is no displacement", op_name(place->insn->info));
    return -(int64_t)unsigned_half * (int64_t)sizeof(struct value);
  case IMM_INDEX:
    memcpy(&unsigned_half, bytes, sizeof unsigned_half);
    CHECK(is_displacement(hole), "baseline.I2: the index of %s is no displacement", op_name(place->insn->info));
    return (int64_t)unsigned_half * (int64_t)sizeof(struct value);
  case IMM_U16: memcpy(&unsigned_half, bytes, sizeof unsigned_half); return unsigned_half;
  case IMM_I32:
  case IMM_U32:
  case IMM_TARGET: memcpy(&word, bytes, sizeof word); return word;
  case IMM_PTR: memcpy(&all, bytes, sizeof all); return all;
  case IMM_CACHE:
  case IMM_FEEDBACK: break;
  }
  return (int64_t)(uintptr_t)bytes;
}

static int64_t args_distance(const struct baseline_place *place, const struct stencil_hole *hole) {
  uint16_t count;
  memcpy(&count, place->bytes + hole->at, sizeof count);
  return place->values[HOLE_STACK] - (int64_t)(count * sizeof(struct value));
}

// The bytes that are left out of the hot part before an offset into it.
static uint32_t left_out_before(const struct stencil *stencil, const struct baseline_place *place, uint32_t offset) {
  uint32_t bytes = 0;
  for (unsigned i = 0; i < stencil->span_count && place->insn->known; i++) {
    const struct stencil_span *span = &place->set->spans[stencil->spans + i];
    if (span->start < offset) bytes += baseline_left_out(span, place);
  }
  return bytes;
}

static bool is_left_out(const struct stencil *stencil, const struct baseline_place *place, uint32_t offset) {
  for (unsigned i = 0; i < stencil->span_count && place->insn->known; i++) {
    const struct stencil_span *span = &place->set->spans[stencil->spans + i];
    if (offset - span->start < baseline_left_out(span, place)) return true;
  }
  return false;
}

// Copies the hot part but for what is left out.
static void copy_hot(const struct stencil *stencil, const struct baseline_place *place, const uint8_t *code) {
  uint8_t *to = place->write;
  uint32_t from = 0, end = stencil->size - (place->insn->empties ? stencil->reload_size : 0u);
  for (unsigned i = 0; i < stencil->span_count && place->insn->known; i++) {
    const struct stencil_span *span = &place->set->spans[stencil->spans + i];
    if (!baseline_left_out(span, place)) continue;
    memcpy(to, code + from, span->start - from);
    to += span->start - from;
    from = span->start + span->size;
  }
  ASSERT(from <= end, "baseline.I5: the last test ends at byte %u of %u", from, end);
  memcpy(to, code + from, end - from);
}

static int64_t hole_value(const struct baseline_place *place, const struct stencil_hole *hole) {
  if (hole->what <= HOLE_HOT) return place->values[hole->what];
  switch ((enum hole_what)hole->what) {
  case HOLE_IMM: return imm_value(place, hole);
  case HOLE_HIGH: return (int64_t)((uint64_t)imm_value(place, hole) << 32);
  case HOLE_ARGS: return args_distance(place, hole);
  case HOLE_SYMBOL: return baseline_address(place->set->functions[hole->at]);
  default: CHECK(false, "baseline.I1: a hole of kind %u", hole->what);
  }
}

bool baseline_is_near(const struct stencil *stencil, const struct baseline_place *place) {
  for (unsigned i = 0; i < stencil->hole_count; i++) {
    const struct stencil_hole *hole = &place->set->holes[stencil->holes + i];
    if (hole->form != HOLE_SIGNED_8) continue;
    int64_t value = hole_value(place, hole) + hole->addend;
    if (value != (int8_t)value) return false;
  }
  return true;
}

// Fills a hole at `at`, which will run at `run`.
static void fill(const struct stencil_hole *hole, const struct baseline_place *place, int64_t value, uint8_t *at,
                 const uint8_t *run) {
  ASSERT(hole->what > HOLE_HOT || place->values[hole->what], "baseline.I1: %s has nothing for a hole of kind %u",
         op_name(place->insn->info), hole->what);
  bool fits = true;
  if (hole->form == HOLE_RELATIVE_32) value -= baseline_address(run);
  switch ((enum hole_form)hole->form) {
  case HOLE_ABSOLUTE_64: memcpy(at, &value, sizeof value); return;
  case HOLE_SIGNED_8:
    *at = (uint8_t)value;
    fits = value == (int8_t)value;
    break;
  case HOLE_RELATIVE_32:
  case HOLE_SIGNED_32:
  case HOLE_ABSOLUTE_32:
    memcpy(at, &(uint32_t){(uint32_t)value}, sizeof(uint32_t));
    fits = value == (int32_t)value || (hole->form == HOLE_ABSOLUTE_32 && (uint64_t)value <= UINT32_MAX);
    break;
  }
  CHECK(fits, "baseline.I3: %lld does not fit a hole of form %u in %s", (long long)value, hole->form,
        op_name(place->insn->info));
}

void baseline_patch(const struct stencil *stencil, const struct baseline_place *place) {
  const uint32_t size = stencil->size, end = size - (place->insn->empties ? stencil->reload_size : 0u);
  bool leaves_out = stencil->span_count && place->insn->known;
  const uint8_t *code = place->set->code + stencil->code;
  copy_hot(stencil, place, code);
  if (stencil->cold_size) memcpy(place->cold_write, code + size, stencil->cold_size);
  const struct stencil_hole *hole = &place->set->holes[stencil->holes], *const last = hole + stencil->hole_count;
  for (; hole < last; hole++) {
    bool is_cold = hole->offset >= size;
    if (!is_cold && hole->offset >= end) continue;
    uint32_t offset = is_cold ? hole->offset - size : hole->offset;
    int64_t value = hole_value(place, hole) + hole->addend;
    if (leaves_out) {
      if (!is_cold && is_left_out(stencil, place, offset)) continue;
      if (!is_cold) offset -= left_out_before(stencil, place, offset);
      if (hole->what == HOLE_HOT) value -= left_out_before(stencil, place, (uint32_t)hole->addend + 4);
    }
    fill(hole, place, value, (is_cold ? place->cold_write : place->write) + offset,
         (is_cold ? place->cold_run : place->run) + offset);
  }
}
