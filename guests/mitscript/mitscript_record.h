// SPDX-License-Identifier: MIT
//
// mitscript_record.h: what the files about records share.
#ifndef MITSCRIPT_RECORD_H
#define MITSCRIPT_RECORD_H

#include "mitscript_shape.h"

// Makes a vector of `capacity` ABSENT values.
MAY_GC MAY_THROW enum loam_status mit_vector_create(struct mutator *th, size_t capacity, struct value *out);

// ---- dictionaries (mitscript_table.c) ------------------------------------------------------------------------------

// The value of a key in the dictionary of a record; NULL when it has none. Valid until the next MAY_GC call.
NO_GC struct value *mit_table_find(struct value table, const struct mit_key *key);
// Stores under a flat key that a dictionary has; false when it has none.
NO_GC bool mit_table_try_store(struct mutator *th, struct value table, struct value string, struct value v);
// Stores under a key, whose string must be given and flat.
MAY_GC MAY_THROW enum loam_status mit_table_store(struct mutator *th, struct value record, struct value string,
                                                  struct value v);
// Makes a record a dictionary: its fields move into a table.
MAY_GC MAY_THROW enum loam_status mit_table_convert(struct mutator *th, struct value record);
static inline size_t mit_table_capacity(struct value table) { return (mit_words(table) - 1) / 2; }
static inline struct value *mit_table_entry(struct value table, size_t i) { return &mit_fields(table)[1 + 2 * i]; }

// ---- elements (mitscript_element.c) --------------------------------------------------------------------------------

// r[i] for an integer; None when there is no such element.
NO_GC struct value mit_element_load(const struct mutator *th, struct value r, int32_t i);
MAY_GC MAY_THROW enum loam_status mit_element_store(struct mutator *th, struct value r, int32_t i, struct value v);

// ---- named fields by a string (mitscript_record.c) -----------------------------------------------------------------

NO_GC struct value mit_named_load(struct mit_state *state, struct value r, const struct mit_key *key);
MAY_GC MAY_THROW enum loam_status mit_named_store(struct mutator *th, struct value r, struct value string,
                                                  struct value v);

#endif
