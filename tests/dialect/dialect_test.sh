#!/bin/sh
# SPDX-License-Identifier: MIT
#
# dialect_test.sh OPGEN CLANG TIDY EXTRACT: do the bodies of opcode records, as they are written, become what the compilers need?
# Takes the probe's ops, one or two of each kind, through clang to stencils and to bitcode, and looks at the outcome.
# Run from the repository's root. Prints a line for each thing that is not as it should be.
set -u
opgen=$1 clang=$2 tidy=$3 extract=$4
version=-19
out=$(mktemp -d) || exit 2
trap 'rm -r "$out"' EXIT
failed=0
wrong() {
  echo "dialect: $*"
  failed=1
}
need() { "$@" || { wrong "failed: $*"; exit 1; }; }

ops="substrate/interp/core.ops substrate/interp/interp_probe_test.ops"
need "$opgen" header "$out/probe_ops.h" $ops
need "$opgen" stencils "$out/stencil.c" $ops
need "$opgen" bitcode "$out/bitcode.c" $ops
flags="-std=gnu17 -D_GNU_SOURCE -O2 -I $out -I substrate -I substrate/include"

# ---- stencils: code that is copied, holes that are filled ----------------------------------------------------------
need "$clang" $flags -fno-pic -mcmodel=small -fomit-frame-pointer -ffunction-sections \
  -fno-asynchronous-unwind-tables -fno-vectorize -fno-slp-vectorize -fno-jump-tables -c "$out/stencil.c" -o "$out/stencil.o"

check_stencil() { # NAME HOLES...: the symbols that its relocations must name, in any order
  name=$1 form=stencil
  shift
  llvm-nm$version "$out/stencil.o" | grep -q " probe_${name}_stencil_to1\$" && form=stencil_to1 # two operands in registers
  llvm-objdump$version -d --no-show-raw-insn --no-addresses "$out/stencil.o" \
    --disassemble-symbols="probe_${name}_$form" | awk 'body && NF {print $1, $2, $3} /^</ {body = 1}' >"$out/asm"
  [ -s "$out/asm" ] || wrong "no stencil of $name"
  grep -E '^(call|push|pop|ret)|, %rsp' "$out/asm" && wrong "stencil of $name calls, returns or has a frame"
  tail -1 "$out/asm" | grep -q '^jmp' || wrong "stencil of $name does not end with a jump"
  found=$(llvm-readelf$version -r "$out/stencil.o" |
    sed -n "/'.rela.text.probe_${name}_$form'/,/^\$/p" | awk '/R_X86_64/ {print $5}' | sort -u | tr '\n' ' ')
  expected=$(printf '%s\n' "$@" | sort -u | tr '\n' ' ')
  [ "$found" = "$expected" ] || wrong "stencil of $name: expected relocations to $expected, found $found"
}

check_stencil push op_hole_4 op_next                                   # constant
check_stencil load op_hole_2 op_next                                   # local
check_stencil store op_hole_below op_hole_2 op_next
check_stencil self op_hole_2 op_next                                   # callee value
check_stencil add op_hole_1 op_next op_slow                            # arithmetic with a slow path
check_stencil jump_if op_hole_1 op_next op_target                      # branch
check_stencil jump op_target                                           # goto
check_stencil call op_hole_1 op_hole_8 op_hole_return op_hole_pc op_hole_args_2 interp_call_slow # call
check_stencil return op_hole_2
check_stencil cell op_next op_slow                                     # allocation
check_stencil count op_hole_at_2 op_hole_at_8 op_next                  # cache and feedback
check_stencil throw interp_throw op_hole_1 op_hole_pc
check_stencil wide op_hole_2 op_hole_4 op_hole_8 op_next
check_stencil load__load__add op_hole_2 op_hole_4 op_next op_slow      # fused
check_stencil push__push__less__jump_if op_hole_4 op_hole_8 op_next op_target

# An index is the subscript of a load or store, or clang makes something else of it: it takes it not to be 0.
check_index() { # BODY MESSAGE: the extractor must refuse the op, or take it when there is no message
  { cat substrate/interp/interp_probe_test.ops; printf '
op subscript
  stack   o:any -- v:int
  imm     i:index
  doc     Takes a word.
  source  the tests of the dialect
  test    substrate: code_test.c
  body {
    %s
  }
' "$1"; } >"$out/index.ops"
  need "$opgen" header "$out/probe_ops.h" substrate/interp/core.ops "$out/index.ops"
  need "$opgen" stencils "$out/index.c" substrate/interp/core.ops "$out/index.ops"
  need "$clang" $flags -fno-pic -mcmodel=small -fomit-frame-pointer -ffunction-sections \
    -fno-asynchronous-unwind-tables -fno-vectorize -fno-slp-vectorize -fno-jump-tables -S "$out/index.c" -o "$out/index.s"
  need "$tidy" "$out/index.s" "$out/index_tidy.s"
  need "$clang" -c "$out/index_tidy.s" -o "$out/index.o"
  "$extract" "$out/index.o" "$out/index_table.c" probe 2>"$out/index.err"
  status=$?
  if [ -z "$2" ]; then
    [ $status = 0 ] || wrong "index: $1 is refused: $(cat "$out/index.err")"
  else
    grep -q "probe_subscript_.*$2" "$out/index.err" || wrong "index: $1 is not refused with '$2'"
  fi
}
check_index 'v = object_fields(value_to_ref(o))[i + 2];' ''
check_index 'v = probe_int(i != 0);' 'the subscript of no load or store'
check_index 'v = probe_int((int64_t)i);' 'more than the subscript of a load or store'

# ---- tidied: fast paths that run through to the next instruction, short distances ----------------------------------
cat >"$out/untidy.s" <<'ASM'
	.type	probe_stencil,@function
probe_stencil:                          # @probe_stencil
	movq	op_hole_2-8(%r14), %rax
	movq	$op_hole_4, op_hole_6(%r14)
	cmpeqsd	op_hole_2(%r14), %xmm0
	leaq	op_hole_return(%rip), %rcx
	testb	$1, %al
	je	.LBB0_1
	jl	.LBB0_3
# %bb.2:
	jmp	op_next                         # TAILCALL
.LBB0_1:
	jmp	.LBB0_4
.LBB0_3:
	negq	%rax
	jmp	op_target
.LBB0_4:
	jmp	op_slow                         # TAILCALL
.Lfunc_end0:
ASM
need "$tidy" "$out/untidy.s" "$out/tidy.s"
need "$clang" -c "$out/tidy.s" -o "$out/tidy.o"
listing() { # NAME: instructions of a tidied function
  awk -v name="$1:" '/^[a-z].*:/ {on = $1 == name} on && /^\t[^.]/ {print $1, $2, $3}' "$out/tidy.s" | tr '\n' ';'
}
rest='movq $op_hole_4, op_hole_6(%r14);cmpeqsd op_hole_2(%r14), %xmm0;leaq op_hole_return(%rip), %rcx;testb $1, %al;je op_slow ;'
expected="movq op_hole_2-8(%r14), %rax;${rest}jl .LBB0_3 ;jmp op_next ;negq %rax ;jmp op_target ;"
[ "$(listing probe_stencil)" = "$expected" ] || wrong "tidied: expected $expected, found $(listing probe_stencil)"
expected="movq 85(%r14), %rax;${rest}jl .LBB0_3_near ;jmp op_next ;negq %rax ;jmp op_target ;"
[ "$(listing probe_stencil_near)" = "$expected" ] || wrong "near: expected $expected, found $(listing probe_stencil_near)"
for part in probe_stencil_cold probe_stencil_near_cold; do
  llvm-objdump$version -d -j ".text.$part" "$out/tidy.o" | grep -q 'negq' || wrong "tidied: no rare block in $part"
done
llvm-readelf$version -r "$out/tidy.o" | grep -q 'R_X86_64_8 .*op_hole_2 - 8' || wrong "near: no hole of 8 bits"

# A test of a kind can be left out when nothing else needs its flags, be that next to it or far behind.
cat >"$out/kinds.s" <<'ASM'
	.type	kinds_stencil,@function
kinds_stencil:
	testb	$1, %dil
	je	.LBB0_2                         # marked: what sets the flags again comes before their use
	movq	%rdi, %rax
	addq	%rax, %rax
	setb	%dl
	testb	$1, %al
	je	op_kind_1                       # not: a move is chosen by the flags two lines on
	movq	op_hole_2(%r14), %rcx
	addsd	%xmm1, %xmm0
	cmovlq	%rcx, %rax
	testb	$1, %cl
	je	op_kind_2                       # not: a branch needs them behind a label
.LBB0_1:
	movq	%rcx, %rdx
	js	.LBB0_3
	testq	%rdx, %rdx
	cmpltsd	%xmm1, %xmm0
	je	op_kind_3                       # not: a comparison of reals sets none
	cmpq	%rdx, %rcx
	jne	op_kind_4                       # marked: control leaves
	movq	%rcx, %rdi
	jmp	op_next                         # TAILCALL
.LBB0_2:
	jmp	op_kind_0                       # TAILCALL
.LBB0_3:
	notq	%rcx
	jmp	.LBB0_1
.Lfunc_end0:
ASM
need "$tidy" "$out/kinds.s" "$out/kinds_tidy.s"
found=$(sed -n 's/.*R_X86_64_NONE, //p' "$out/kinds_tidy.s" | sort -u | tr '\n' ' ')
expected="op_kind_0 op_kind_4 "
[ "$found" = "$expected" ] || wrong "tests that can be left out: expected $expected, found $found"

# Fewer instructions.
cat >"$out/peephole.s" <<'ASM'
	.type	peephole_stencil,@function
peephole_stencil:
	movl	$op_hole_4, %ecx                # becomes a hole of 64 bits, with the one that is added
	testb	$1, %dil
	je	op_kind_0
	shlq	$32, %rcx
	incq	%rcx
	addq	%rcx, %rbx
	movl	$op_hole_6, %edx                # stays: the flags of the shift are used
	shlq	$32, %rdx
	js	op_slow
	movl	$op_hole_8, %ecx                # goes to the cold part, which alone needs it
	cmpq	%rax, %rbx
	jne	.LBB0_2
.LBB0_1:
	movq	(%r9), %rax                     # done last, into %rdi: behind the spill of an operand
	movq	%r12, op_hole_1-8(%r14)
	movq	%rdi, %r12
	movq	%rax, %rdi
	movq	op_hole_2(%r14), %rax           # stays: may be what is stored
	movq	%r12, op_hole_12(%r14)
	movq	%rax, %rsi
	leaq	16(%r9,%rdx,8), %rax            # becomes part of the load
	movq	(%rax), %r11
	leaq	op_hole_args_2(%r14), %rax      # becomes part of the sum, which goes where it is moved to
	leaq	(%rax,%rdx,8), %rax
	movq	8(%r11), %rcx                   # becomes the jump's operand
	movq	%rax, %r14
	jmpq	*%rcx
.LBB0_2:
	cmpq	%rcx, (%r8)
	jmp	op_target                       # TAILCALL
.Lfunc_end0:
	.type	spread_stencil,@function
spread_stencil:
	leaq	op_hole_2(%r14), %r8            # both who need it load from there
	leaq	op_hole_return(%rip), %rdx      # stays: that is no place in the frame
	leaq	op_hole_1(%r14), %rcx           # stays: somebody computes with it
	cmpq	%rax, %rbx
	jne	.LBB1_1
	movq	(%r8), %rdi
	jmp	op_next                         # TAILCALL
.LBB1_1:
	movq	(%r8), %rbx
	movq	(%rdx), %r12
	movq	(%rcx), %rdi
	addq	%rcx, %r12
	jmp	op_target                       # TAILCALL
.Lfunc_end1:
ASM
need "$tidy" "$out/peephole.s" "$out/tidy.s"
expected='movabsq $op_hole_high_4+1, %rcx;testb $1, %dil;je op_kind_0 ;addq %rcx, %rbx;movl $op_hole_6, %edx;'
expected="${expected}shlq \$32, %rdx;js op_slow ;cmpq %rax, %rbx;jne .LBB0_2 ;movq %r12, op_hole_1-8(%r14);"
expected="${expected}movq %rdi, %r12;movq (%r9), %rdi;movq op_hole_2(%r14), %rax;movq %r12, op_hole_12(%r14);"
expected="${expected}movq %rax, %rsi;movq 16(%r9,%rdx,8), %r11;leaq op_hole_args_2(%r14,%rdx,8), %r14;jmpq *8(%r11) ;"
expected="${expected}movl \$op_hole_8, %ecx;cmpq %rcx, (%r8);jmp op_target ;"
[ "$(listing peephole_stencil)" = "$expected" ] || wrong "fewer: expected $expected, found $(listing peephole_stencil)"
expected='leaq op_hole_return(%rip), %rdx;leaq op_hole_1(%r14), %rcx;cmpq %rax, %rbx;jne .LBB1_1 ;'
expected="${expected}movq op_hole_2(%r14), %rdi;jmp op_next ;movq op_hole_2(%r14), %rbx;movq (%rdx), %r12;"
expected="${expected}movq (%rcx), %rdi;addq %rcx, %r12;jmp op_target ;"
[ "$(listing spread_stencil)" = "$expected" ] || wrong "spread: expected $expected, found $(listing spread_stencil)"

# What looks like fewer instructions, and would be wrong: all lines stay.
cat >"$out/careful.s" <<'ASM'
	.type	frame_stencil,@function
frame_stencil:
	leaq	op_hole_1(%r14), %rcx
	subq	%rdx, %rcx
	movq	(%rcx), %rax                    # may load the operand that is spilled
	movq	%r12, op_hole_1-8(%r14)
	movq	%rdi, %r12
	movq	%rax, %rdi
	jmp	op_next                         # TAILCALL
.Lfunc_end0:
	.type	joined_stencil,@function
joined_stencil:
	cmpq	%rbx, %rdx
	jne	.LBB1_1
	leaq	op_hole_2(%r14), %rax           # another way, the call's result is there
	leaq	op_hole_4(%r14), %rcx           # and here a register of which a byte is written
	jmp	.LBB1_2
.LBB1_1:
	callq	heap_remember
	movb	$8, %cl
.LBB1_2:
	movq	(%rax), %rdi
	movq	(%rcx), %r12
	jmp	op_next                         # TAILCALL
.Lfunc_end1:
	.type	absolute_stencil,@function
absolute_stencil:
	leaq	op_hole_4, %rcx                 # has no base that the index could be added to
	leaq	(%rcx,%rdx,8), %rcx
	movq	8(%r11), %rdi                   # is handed on, so it is needed behind the jump
	jmpq	*%rdi
.Lfunc_end2:
ASM
need "$tidy" "$out/careful.s" "$out/tidy.s"
expected='leaq op_hole_1(%r14), %rcx;subq %rdx, %rcx;movq (%rcx), %rax;movq %r12, op_hole_1-8(%r14);movq %rdi, %r12;'
expected="${expected}movq %rax, %rdi;jmp op_next ;"
[ "$(listing frame_stencil)" = "$expected" ] || wrong "frame: expected $expected, found $(listing frame_stencil)"
expected='cmpq %rbx, %rdx;jne .LBB1_1 ;leaq op_hole_2(%r14), %rax;leaq op_hole_4(%r14), %rcx;movq (%rax), %rdi;'
expected="${expected}movq (%rcx), %r12;jmp op_next ;callq heap_remember ;movb \$8, %cl;jmp .LBB1_2 ;"
[ "$(listing joined_stencil)" = "$expected" ] || wrong "joined: expected $expected, found $(listing joined_stencil)"
expected='leaq op_hole_4, %rcx;leaq (%rcx,%rdx,8), %rcx;movq 8(%r11), %rdi;jmpq *%rdi ;'
[ "$(listing absolute_stencil)" = "$expected" ] || wrong "absolute: expected $expected, found $(listing absolute_stencil)"
printf '\t.type\tf_stencil,@function\nf_stencil:\n\tretq\n.Lfunc_end0:\n' >"$out/returns.s"
"$tidy" "$out/returns.s" "$out/tidy.s" 2>/dev/null && wrong "a stencil may return"

# ---- bitcode: functions to inline ----------------------------------------------------------------------------------
need "$clang" $flags -Xclang -disable-llvm-passes -emit-llvm -c "$out/bitcode.c" -o "$out/bitcode.bc"
need opt$version -passes=verify -disable-output "$out/bitcode.bc"
llvm-dis$version "$out/bitcode.bc" -o - | llvm-as$version -o /dev/null || wrong "the bitcode does not survive its text"
for name in push load store add jump_if jump call return cell count throw poll; do
  llvm-nm$version "$out/bitcode.bc" | grep -q " T probe_${name}_fast\$" || wrong "no bitcode of $name"
done
for name in frame_fits frame_push entry; do
  llvm-nm$version "$out/bitcode.bc" | grep -q " T op_hot_$name\$" || wrong "no bitcode of op_hot_$name"
done
need "$clang" $flags -Xclang -disable-llvm-passes -emit-llvm -c tests/dialect/dialect_caller.c -o "$out/caller.bc"
need opt$version -O2 -S "$out/caller.bc" -o "$out/caller.ll"
sed -n '/^define .*@dialect_caller(/,/^}/p' "$out/caller.ll" >"$out/caller"
grep -q 'phi' "$out/caller" || wrong "the caller's slots are not in SSA form"
grep -E ' (alloca|load|store|call) ' "$out/caller" && wrong "the caller uses memory, or calls something"
[ "$(grep -c 'icmp' "$out/caller")" -ge 2 ] || wrong "expected two tests: of the sum, and of the loop"
[ $failed = 0 ] && echo "dialect: every kind of op became a stencil and bitcode"
exit $failed
