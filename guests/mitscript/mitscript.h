// SPDX-License-Identifier: MIT
//
// mitscript.h: what the files around the guest's hooks share.
#ifndef MITSCRIPT_H
#define MITSCRIPT_H

#include "loam/guest.h"

#define MIT_STATUS_EXCEPTION 1 // exit status of a program that an exception ended, or that was refused

extern const struct loam_guest mitscript_guest;
extern const struct guest_tool mitscript_tools[]; // mitscript_tool.c

// Writes the line of the pending exception behind the program's output, and the backtrace to standard error. Returns
// the exit status.
int mitscript_report(struct mutator *th);

// mitscript_repl.c
bool mitscript_repl_complete(const char *input);
bool mitscript_repl_eval(struct mutator *th, const char *input);

// mitscript_engine.c: --engine=tree
int mitscript_tree_engine(struct mutator *th, const char *engine, const struct loam_source *source, int argc,
                          char **argv);

#endif
