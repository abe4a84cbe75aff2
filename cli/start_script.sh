#!/bin/sh
# SPDX-License-Identifier: MIT
#
# start_script.sh ORDER: a linker script (for GNU ld, INSERT) that puts what a start of the command touches side by side.
#
# The kernel maps a file in windows of 64 KB: one function that is run brings sixteen pages with it. In the order of files,
# the hundred KB of functions that a short program runs lay in ten of fourteen windows, and what it reads between tables
# for the compilers that it never opens. A quarter of the memory of a short run was that. ORDER lists names of functions;
# one that is no longer there, or not yet, does no harm. What the C library adds (.text, .fini) runs at each start, too.
#
# What is read begins at a multiple of 256 KB: newer kernels map pages by the pieces in which their file was written, up to
# so large, and one that began among other tables brought these with it, or not: hello took 2.3 MB or 2.5. First comes
# what most starts read, and the tables of zam, whose programs are the shortest: both are within 128 KB.
sed -e '/^#/d' "$1" | awk '
BEGIN { print "SECTIONS { .text.start_up : { KEEP(*(SORT_NONE(.fini))) *(.text)" }
{ for (i = 1; i <= NF; i++) print "*(.text." $i " .text.unlikely." $i ")" }
END {
  print "} } INSERT BEFORE .text;"
  compilers = "EXCLUDE_FILE(*_stencil_table.c.o *_bitcode_table.c.o *_optable.c.o)"
  print "SECTIONS { .rodata.start_up : ALIGN(0x40000) { *(.rodata.cst*)"
  split("toy_toy zinc_zinc mitscript_mitscript mitscript_tool pcode_pcode", names) # of guests, which are looked for
  for (i = 1; i in names; i++) print "*" names[i] ".c.o(.rodata.str*)"
  split("substrate_vm_* substrate_base_option_* diag_report hot_thread baseline_compile zam_zam* zam_optable", read)
  for (i = 1; i in read; i++) print "*" read[i] ".c.o(.rodata .rodata.*)"
  print "*(" compilers " .rodata " compilers " .rodata.[!s]*) *(" compilers " .rodata.*)"
  print "*_optable.c.o(.rodata .rodata.*)"
  print "} } INSERT AFTER .rodata;"
}'
