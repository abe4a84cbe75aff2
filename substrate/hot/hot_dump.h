// SPDX-License-Identifier: MIT
//
// hot_dump.h: a unit as text, for --dump=maps.
#ifndef LOAM_HOT_HOT_DUMP_H
#define LOAM_HOT_HOT_DUMP_H

#include "hot/hot_ir.h"
#include "hot/hot_object.h"

// Prints on standard error where a loaded unit is entered, and each of its guards with the instruction that it leaves
// for. What --dump=ir and asm say by number or address of a guard is found here.
void hot_dump_maps(const struct hot_build *build, const struct hot_object *object);

#endif
