// SPDX-License-Identifier: MIT
//
// zam_tool.h: the name `ocamlrun` of the binary, with that program's command line.
#ifndef ZAM_TOOL_H
#define ZAM_TOOL_H

#include "loam/guest.h"

extern const struct guest_tool zam_tools[];

// Whether this process has that name.
bool zam_tool_is_ocamlrun(void);

#endif
