// SPDX-License-Identifier: MIT
//
// zam_dis.h: the disassembler.
#ifndef ZAM_DIS_H
#define ZAM_DIS_H

#include "loam/guest.h"

// Hook of struct loam_guest: the program's sections, its functions, their instructions.
enum loam_err zam_disassemble(struct vm *vm, const struct loam_source *source, struct text *out, struct error *err);

#endif
