// SPDX-License-Identifier: MIT
//
// mitscript_tree_value.h: values of the tree evaluator: its own, in an arena that is freed at the end of the run, with
// nothing in common with the virtual machine's heap.
//
// Functions here that can end the run return false or NULL, after mitscript_tree_throw or mitscript_tree_fail.
#ifndef MITSCRIPT_TREE_VALUE_H
#define MITSCRIPT_TREE_VALUE_H

#include "mitscript_ast.h"

enum mit_tree_kind {
  MIT_TREE_NONE,
  MIT_TREE_BOOL,
  MIT_TREE_INT,
  MIT_TREE_STRING,
  MIT_TREE_RECORD,
  MIT_TREE_FUNCTION,
};

struct mit_tree_value {
  enum mit_tree_kind kind;
  union {
    bool truth;
    int32_t number;
    struct mit_tree_string *string;
    struct mit_tree_record *record;
    struct mit_tree_function *function;
  };
};

// Either its bytes, or the concatenation of two non-empty strings that nobody has looked at yet.
struct mit_tree_string {
  size_t length;
  const char *bytes; // NULL: not looked at
  struct mit_tree_string *left, *right;
};

// Values by name: a record's fields, a frame's variables.
struct mit_tree_entry {
  struct mit_bytes name; // bytes NULL: a free entry
  uint32_t hash;
  struct mit_tree_value value;
};
struct mit_tree_map {
  struct mit_tree_entry *entries;
  uint32_t count, capacity; // a power of two, or 0
};

struct mit_tree_record {
  struct mit_tree_map fields;
  bool open; // while it is being converted to a string
};

// A closure: the function and the frame it was made in. Or a native.
enum mit_tree_native { MIT_TREE_NOT_NATIVE, MIT_TREE_PRINT, MIT_TREE_INPUT, MIT_TREE_INTCAST };
struct mit_tree_function {
  enum mit_tree_native native;
  const struct mit_fun *fun;
  struct mit_tree_frame *frame;
};

// What a run has: its memory, and why it ended early.
struct mit_tree_state {
  struct arena arena;
  size_t bytes_used, bytes_max;
  struct text exception; // the guest exception, when there is one
  struct error error;    // else the host failure
};

// End the run: by a guest exception, whose line is formatted, or a host failure. Both return false.
bool mitscript_tree_throw(struct mit_tree_state *state, const char *format, ...) PRINTF_LIKE(2, 3);
bool mitscript_tree_fail(struct mit_tree_state *state, enum loam_err kind, const char *sentence);

// Zeroed memory until the end of the run.
void *mitscript_tree_alloc(struct mit_tree_state *state, size_t bytes);

static inline struct mit_tree_value mitscript_tree_none(void) { return (struct mit_tree_value){.kind = MIT_TREE_NONE}; }
static inline struct mit_tree_value mitscript_tree_bool(bool truth) {
  return (struct mit_tree_value){.kind = MIT_TREE_BOOL, .truth = truth};
}
static inline struct mit_tree_value mitscript_tree_int(int32_t number) {
  return (struct mit_tree_value){.kind = MIT_TREE_INT, .number = number};
}

// A string of these bytes, which are copied.
bool mitscript_tree_make_string(struct mit_tree_state *state, const char *bytes, size_t length,
                                struct mit_tree_value *value);
// left followed by right.
bool mitscript_tree_join(struct mit_tree_state *state, struct mit_tree_string *left, struct mit_tree_string *right,
                         struct mit_tree_value *value);
// The bytes of a string, which are put together now if need be. NULL bytes: the run ends.
struct mit_bytes mitscript_tree_bytes(struct mit_tree_state *state, struct mit_tree_string *string);

// The value under a name, or NULL.
struct mit_tree_value *mitscript_tree_map_find(const struct mit_tree_map *map, struct mit_bytes name, uint32_t hash);
// Sets the value under a name. A new name's bytes are copied if `copy` is set.
bool mitscript_tree_map_put(struct mit_tree_state *state, struct mit_tree_map *map, struct mit_bytes name,
                            uint32_t hash, struct mit_tree_value value, bool copy);

// Adds str(value) to `out`. A record that contains itself is a RuntimeException.
bool mitscript_tree_print(struct mit_tree_state *state, struct mit_tree_value value, struct text *out);

#endif
