// SPDX-License-Identifier: MIT
//
// zam_gc.h: module Gc's control record.
#ifndef ZAM_GC_H
#define ZAM_GC_H

#include "zam_state.h"

// The record as OCaml's own runtime starts with it.
void zam_gc_reset(struct zam_state *state);

// Its fields that others name.
enum zam_control {
  ZAM_CONTROL_MINOR_WORDS,
  ZAM_CONTROL_INCREMENT,
  ZAM_CONTROL_OVERHEAD,
  ZAM_CONTROL_VERBOSE,
  ZAM_CONTROL_MAX_OVERHEAD,
  ZAM_CONTROL_STACK_WORDS,
  ZAM_CONTROL_POLICY,
  ZAM_CONTROL_WINDOW,
};

// Brings what a program or OCAMLRUNPARAM asked for into the ranges that ocamlrun allows.
void zam_gc_normalise(struct zam_state *state);
// What the verbosity asks for, on standard error: the parameters, when a program starts; its counters, when it exits.
void zam_gc_print_parameters(const struct zam_state *state);
void zam_gc_print_totals(const struct mutator *th);

#endif
