// SPDX-License-Identifier: MIT
//
// mitscript_tree_same.h: are two functions the same text?
#ifndef MITSCRIPT_TREE_SAME_H
#define MITSCRIPT_TREE_SAME_H

#include "mitscript_ast.h"

// Do the functions have the same parameter list and the same body, white space, comments and parentheses aside?
bool mitscript_tree_same_fun(const struct mit_fun *a, const struct mit_fun *b);

#endif
