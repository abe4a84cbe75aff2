// SPDX-License-Identifier: MIT
//
// pcode_routine.h: the library of extended P-code: what `csp` runs, by name and number. Arguments are words; a file is
// the address of its variable.
#ifndef PCODE_ROUTINE_H
#define PCODE_ROUTINE_H

#include "pcode_value.h"

typedef enum loam_status pcode_routine_fn(struct mutator *th, const struct value *args, struct value *result);

// name, arguments, what it does
#define PCODE_ROUTINES(R) \
  R(sin, 1) \
  R(cos, 1) \
  R(exp, 1) \
  R(log, 1) \
  R(atn, 1) \
  R(rnd, 1) \
  R(new, 1) \
  R(dsp, 1) \
  R(pck, 7) \
  R(upk, 7) \
  R(opn, 3) \
  R(cls, 1) \
  R(bnd, 2) \
  R(rst, 1) \
  R(rwr, 1) \
  R(get, 1) \
  R(put, 1) \
  R(eof, 1) \
  R(eln, 1) \
  R(buf, 1) \
  R(rdi, 1) \
  R(rdr, 1) \
  R(rdc, 1) \
  R(rln, 1) \
  R(wri, 3) \
  R(wrr, 3) \
  R(wrf, 4) \
  R(wrc, 3) \
  R(wrb, 3) \
  R(wrs, 4) \
  R(wln, 1) \
  R(pag, 1) \
  R(p4opn, 1) \
  R(p4get, 1) \
  R(p4put, 1) \
  R(p4rst, 1) \
  R(p4rln, 1) \
  R(p4new, 2) \
  R(p4wln, 1) \
  R(p4wrs, 4) \
  R(p4eln, 1) \
  R(p4wri, 3) \
  R(p4wrr, 3) \
  R(p4wrc, 3) \
  R(p4rdi, 2) \
  R(p4rdr, 2) \
  R(p4rdc, 2) \
  R(p4sav, 1) \
  R(p4eof, 1) \
  R(stp, 0) \
  R(fil, 2) \
  R(ptu, 1) \
  R(pku, 7) \
  R(uku, 7)

enum pcode_routine {
#define R(name, count) PCODE_ROUTINE_##name,
  PCODE_ROUTINES(R)
#undef R
      PCODE_ROUTINE_COUNT
};

struct pcode_routine_info {
  const char *name;
  unsigned count;
  pcode_routine_fn *run;
};
extern const struct pcode_routine_info pcode_routines[PCODE_ROUTINE_COUNT];

#define R(name, count) pcode_routine_fn pcode_run_##name;
PCODE_ROUTINES(R)
#undef R

// pcode_file.c: before a program and after it.
void pcode_files_open(struct pcode_state *state);
MAY_THROW enum loam_status pcode_files_close(struct mutator *th);
// pcode_heap.c
void pcode_heap_open(struct pcode_state *state);

#endif
