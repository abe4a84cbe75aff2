# SPDX-License-Identifier: MIT
# What is refused before it runs.

# case: an unknown instruction
l 3
 ent 1 l 4
 ent 2 l 5
 xyz 1
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected an instruction of the P4 machine, found 'xyz'

# case: a missing type
l 3
 ent 1 l 4
 ent 2 l 5
 lod 0 5
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a type of airsbc behind 'lod', found the end of the line

# case: a type that the instruction has not
l 3
 ent 1 l 4
 ent 2 l 5
 ldcn
 ldcn
 lesa
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a type of irbcm behind 'les', found 'a'

# case: an operand too many
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 1 2
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected the end of the line, found '2'

# case: an operand too few
l 3
 ent 1 l 4
 ent 2 l 5
 lda 0
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a cell, found the end of the line

# case: a number too large
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 9223372036854775808
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected an integer of 64 bits, found '9223372036854775808'

# case: a member of no set
l 3
 ent 1 l 4
 ent 2 l 5
 ldc( 256)
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a member of a set, from 0 to 255, or ')', found '256)'

# case: no character
l 3
 ent 1 l 4
 ent 2 l 5
 ldcc x
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a character in quotes, found 'x'

# case: no real
l 3
 ent 1 l 4
 ent 2 l 5
 ldcr x
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a real number, found 'x'

# case: a text without its end
l 3
 ent 1 l 4
 ent 2 l 5
 lca'
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a text and the quote behind it, found the end of the line

# case: an unknown standard procedure
l 3
 ent 1 l 4
 ent 2 l 5
 csp xyz
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a standard procedure, found 'xyz'

# case: an unknown label
l 3
 ent 1 l 4
 ent 2 l 5
 ujp l 77
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a label that is defined before an instruction, found 'l 77'

# case: a value as a label
l 3
 ent 1 l 4
 ent 2 l 5
 ujp l 4
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a label that is defined before an instruction, found 'l 4'

# case: an instruction as a value
l 3
 ent 1 l 3
 ent 2 l 3
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a label that is defined with a value, found 'l 3'

# case: a label twice
l 3
 ent 1 l 4
 ent 2 l 5
l 3
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a label that was not defined before, found '3'

# case: no label
l 3
 ent 1 l 4
 ent 2 l 5
 ujp 3
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a label, l n, found '3'

# case: a line of another kind
l 3
xyz
# expect exit: 2
# expect error: expected i, l, q or a blank at the line's beginning, found 'xyz'

# case: one section
l 3
 ent 1 l 4
 ent 2 l 4
 retp
l 4= 9
q
# expect exit: 2
# expect error: expected 'q' behind each of two sections, found the end of the text

# case: another start
l 3
 ent 1 l 4
 ent 2 l 5
 retp
l 4= 30
l 5= 20
q
 mst 1
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected the start code 'mst 0', 'cup 0 l n', 'stp'

# case: a start inside of a procedure
l 3
 ent 1 l 4
 ent 2 l 5
l 7
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 7
 stp
q
# expect exit: 2
# expect error: expected a call of a procedure's 'ent 1'

# case: code before the first procedure
l 2
 ldci 1
l 3
 ent 1 l 4
 ent 2 l 5
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected 'ent 1' as a procedure's first instruction

# case: one ent
l 3
 ent 1 l 4
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected 'ent 2' behind 'ent 1'

# case: too small an activation of the program
l 3
 ent 1 l 4
 ent 2 l 5
 retp
l 4= 8
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected at least 9 cells of the program, found 8

# case: too small an activation
l 20
 ent 1 l 21
 ent 2 l 22
 retp
l 21= 5
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldci 1
 cup 1 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a procedure whose activation holds 1 parameters, found 5 cells

# case: an empty stack
l 3
 ent 1 l 4
 ent 2 l 5
 sroi 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected an integer for 'sro', found an empty stack

# case: another type
l 3
 ent 1 l 4
 ent 2 l 5
 ldcr 1.5
 sroi 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected an integer for 'sro', found a real

# case: an address for an integer
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 ldci 1
 adi
 sroi 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected an integer for 'adi', found an address

# case: operands that are left
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 1
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected an empty stack at 'retp', found an integer

# case: different depths
l 3
 ent 1 l 4
 ent 2 l 5
 ldcb 1
 fjp l 7
 ldci 1
l 7
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: , as on another way, found 

# case: different types
l 3
 ent 1 l 4
 ent 2 l 5
 ldcb 1
 fjp l 7
 ldci 1
 ujp l 8
l 7
 ldcr 1.0
l 8
 sroi 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: , as on another way, found 

# case: a cell of the program that is none
l 3
 ent 1 l 4
 ent 2 l 5
 ldoi 30
 sroi 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a cell of the program, from 5 to 29, found 30

# case: a link as a cell
l 20
 ent 1 l 21
 ent 2 l 22
 lodi 0 1
 stri 0 5
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected cell 0 or one from 5 to 5 of the activation, found 1

# case: a cell behind the activation
l 20
 ent 1 l 21
 ent 2 l 22
 lodi 0 6
 stri 0 5
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected cell 0 or one from 5 to 5 of the activation, found 6

# case: a level that is none
l 20
 ent 1 l 21
 ent 2 l 22
 lodi 2 5
 stri 0 5
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected fewer than 2 levels, found 2

# case: a mark of no level
l 20
 ent 1 l 21
 ent 2 l 22
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 1
 cup 0 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected fewer than 1 levels, found 1

# case: calls on different levels
l 30
 ent 1 l 31
 ent 2 l 32
 retp
l 31= 6
l 32= 20
l 20
 ent 1 l 21
 ent 2 l 22
 mst 0
 cup 0 l 30
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 20
 mst 0
 cup 0 l 30
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: found one that another call puts on another level

# case: calls with different parameters
l 20
 ent 1 l 21
 ent 2 l 22
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 20
 mst 0
 ldci 1
 cup 1 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected 0 cells of parameters, as in another call, found 1

# case: a call without a mark
l 20
 ent 1 l 21
 ent 2 l 22
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 cup 0 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a mark for 'cup', found an empty stack

# case: too few operands of a call
l 20
 ent 1 l 21
 ent 2 l 22
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 1 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected 1 operands since 'mst', found 0

# case: a call into a procedure
l 20
 ent 1 l 21
 ent 2 l 22
l 23
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 23
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a call of a procedure's 'ent 1', found 'l 23'

# case: a call of the program
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 3
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a call of a procedure's 'ent 1', found 'l 3'

# case: a jump into another procedure
l 20
 ent 1 l 21
 ent 2 l 22
l 23
 retp
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 20
 ujp l 23
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected to go on in the same procedure, found the end or another one

# case: a procedure that runs into the next
l 20
 ent 1 l 21
 ent 2 l 22
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected to go on in the same procedure, found the end or another one

# case: results of different types
l 20
 ent 1 l 21
 ent 2 l 22
 ldcb 1
 fjp l 23
 retp
l 23
 reti
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 20
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected 'retp', as in the procedure's other ends, found 'reti'

# case: stp in a procedure
l 3
 ent 1 l 4
 ent 2 l 5
 stp
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected 'stp' in the start code only

# case: a jump table that is none
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 1
 xjp l 7
l 7
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected a table of 'ujp' and 'ujc' for 'xjp', found 'ret'

# case: too large a program
l 3
 ent 1 l 4
 ent 2 l 5
 retp
l 4= 17000000
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 2
# expect error: expected an activation of 5 to 16777216 cells, found 17000000
