// SPDX-License-Identifier: MIT
//
// pcode_file.h: files of Pascal (6.4.3.5, 6.6.5.2) in memory. A file variable's first cell holds the file's number, the
// next ones are its buffer variable. What the file holds is in C memory; a file that the command line names is read by
// reset and written when the program ends. Standard input comes line by line, standard output goes out at once.
#ifndef PCODE_FILE_H
#define PCODE_FILE_H

#include "pcode_routine.h"

enum pcode_mode { PCODE_FILE_UNDEFINED, PCODE_FILE_READING, PCODE_FILE_WRITING };

struct pcode_file {
  bool used, is_text, is_input, is_output;
  bool filled;        // the buffer variable holds the component at `at`
  bool changed;       // has to be written to its path
  bool is_empty_line; // nothing was written since the last end of a line
  enum pcode_mode mode;
  uint32_t component; // cells
  const char *path;   // or NULL
  struct text bytes;  // of a text file; cells of others, as they are in memory
  size_t at;          // in bytes
};

// The file of a variable; NULL, with an error pending, when it has none.
MAY_THROW struct pcode_file *pcode_file_of(struct mutator *th, struct value variable);
// The file of a variable that is being read or written.
MAY_GC MAY_THROW struct pcode_file *pcode_file_reading(struct mutator *th, struct value variable);
MAY_THROW struct pcode_file *pcode_file_writing(struct mutator *th, struct value variable);
// Whether there is no component at the place that is read. May wait for input.
MAY_GC bool pcode_file_at_end(struct mutator *th, struct pcode_file *file);
// Appends to a text file that is being written.
MAY_THROW enum loam_status pcode_file_add(struct mutator *th, struct pcode_file *file, const char *bytes,
                                          size_t length);

#endif
