// SPDX-License-Identifier: MIT
//
// zam_debugger.h: the program's side of OCaml's debugger. ocamldebug starts a program with CAML_DEBUG_SOCKET in its
// environment; the program connects there, and does what it is told whenever it stops: at its beginning and end, at
// events and breakpoints, where an exception passes a barrier.
//
// The machine patches instructions EVENT and BREAK into its code. Here each instruction of such a program is preceded
// by an op that looks whether its word has one, in every engine; all cells of the stack are locals, whose number is
// their depth, so that the debugger finds the machine's stack; and outermost code is translated like any other.
#ifndef ZAM_DEBUGGER_H
#define ZAM_DEBUGGER_H

#include "zam_state.h"

// Of a fragment of code, by word. NULL in zam_code: no debugger.
struct zam_watch {
  uint8_t *events;  // 0, ZAM_EVENT or ZAM_BREAK
  uint32_t *depths; // words of the stack before the instruction, once it was translated
};
void zam_watch_free(struct zam_watch *watch);

// Connects when the environment says where, which it doesn't afterwards. LOAM_ERR_INPUT, LOAM_ERR_FILE,
// LOAM_ERR_MEMORY.
enum loam_err zam_debugger_connect(struct mutator *th, struct error *err);
void zam_debugger_free(struct zam_state *state);
// For C code that forked: one of both processes has no debugger any more.
void zam_debugger_leave(void);

// What the op does where a word has an event. Like all below, it returns when the debugger lets the program go on.
MAY_GC MAY_THROW enum loam_status zam_debugger_reach(struct mutator *th, const uint8_t *event, struct value acc,
                                                     struct value *same);

// Without a debugger, these do nothing.
MAY_GC void zam_debugger_note_start(struct mutator *th);
MAY_GC void zam_debugger_note_exit(struct mutator *th);
MAY_GC void zam_debugger_note_uncaught(struct mutator *th, struct value *exception); // a root
// The exception is th->pending, and frames are as they were. The debugger reads no value here: it goes on at once, to
// the next event.
void zam_debugger_note_raise(struct mutator *th);
// New code, with its debug information, a root, or unit. False: no memory to watch it.
MAY_GC bool zam_debugger_note_code(struct mutator *th, struct zam_code *code, const struct value *events);
MAY_GC void zam_debugger_note_release(struct mutator *th, const struct zam_code *code);

#endif
