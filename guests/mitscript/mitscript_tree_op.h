// SPDX-License-Identifier: MIT
//
// mitscript_tree_op.h: what the operators do to values, and intcast.
//
// All return false when the operation is an exception, which is then noted in the state.
#ifndef MITSCRIPT_TREE_OP_H
#define MITSCRIPT_TREE_OP_H

#include "mitscript_tree_value.h"

// *result = left op right.
bool mitscript_tree_apply(struct mit_tree_state *state, enum mit_token_kind op, struct mit_tree_value left,
                          struct mit_tree_value right, struct mit_tree_value *result);

// *value = ! *value, and - *value.
bool mitscript_tree_invert(struct mit_tree_state *state, struct mit_tree_value *value);
bool mitscript_tree_negate(struct mit_tree_state *state, struct mit_tree_value *value);

// intcast(value).
bool mitscript_tree_intcast(struct mit_tree_state *state, struct mit_tree_value value, struct mit_tree_value *result);

#endif
