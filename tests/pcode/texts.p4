# SPDX-License-Identifier: MIT
# Files of the P4 machine.

# case: reading
# stdin: -12 2.5 xy
# stdin: last
l 900
 ent 1 l 901
 ent 2 l 902
 lodi 0 5
 ldci 1
 lao 6
 csp wri
 lao 6
 csp wln
 retp
l 901= 6
l 902= 20
l 910
 ent 1 l 911
 ent 2 l 912
 lodr 0 5
 ldci 13
 lao 6
 csp wrr
 lao 6
 csp wln
 retp
l 911= 6
l 912= 20
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 lao 5
 csp rdi
 mst 0
 ldoi 9
 cup 1 l 900  # expect: -12
 lao 10
 lao 5
 csp rdr
 mst 0
 ldor 10
 cup 1 l 910  # expect:  2.50000e+000
 lao 11
 lao 5
 csp rdc
 ldoc 5
 ldci 1
 lao 6
 csp wrc
 lao 6
 csp wln  # expect: x
 lao 11
 lao 5
 csp rdc
 ldoc 11
 ldci 3
 lao 6
 csp wrc
 lao 6
 csp wln  # expect:   x
 mst 0
 lao 5
 csp eln
 ordb
 cup 1 l 900  # expect: 0
 lao 5
 csp get
 mst 0
 lao 5
 csp eln
 ordb
 cup 1 l 900  # expect: 1
 mst 0
 ldoc 5
 ordc
 cup 1 l 900  # expect: 32
 lao 5
 csp rln
 mst 0
 lao 5
 eof
 ordb
 cup 1 l 900  # expect: 0
 lao 5
 csp rln
 mst 0
 lao 5
 eof
 ordb
 cup 1 l 900  # expect: 1
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: writing
l 3
 ent 1 l 4
 ent 2 l 5
 lca'hello     '
 ldci 5
 ldci 5
 lao 6
 csp wrs
 lao 6
 csp wln  # expect: hello
 lca'it's 'so'     '
 ldci 10
 ldci 8
 lao 6
 csp wrs
 lao 6
 csp wln  # expect:   it's 'so
 lca'hello'
 ldci 2
 ldci 5
 lao 6
 csp wrs
 lao 6
 csp wln  # expect: he
 lca'hello'
 ldci 0
 ldci 5
 lao 6
 csp wrs
 ldcc '!'
 sroc 6
 lao 6
 csp put
 lao 6
 csp wln  # expect: !
 ldci 12
 ldci 5
 lao 6
 csp wri
 ldci 12
 ldci 0
 lao 6
 csp wri
 lao 6
 csp wln  # expect:    1212
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: reading behind the end
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 lao 5
 csp rdc
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: the end of the file was reached (D.16)

# case: text that is no integer
# stdin: x
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 lao 5
 csp rdi
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: text that is no integer (D.54)

# case: writing on the input
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 1
 ldci 1
 lao 5
 csp wri
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a file that is not being written (D.9)

# case: reading the output
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 lao 6
 csp rdc
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a file that is not being read (D.14)

# case: no file
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 1
 ldci 1
 lao 9
 csp wri
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a file that was neither reset nor rewritten (D.10)

# case: a file without a name
l 3
 ent 1 l 4
 ent 2 l 5
 lao 8
 csp wln
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a file that can't be written: prr, as the command line doesn't name it

# case: a file to read without a name
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 lao 7
 csp rdc
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a file that can't be read: prd, as the command line doesn't name it

# case: reading to nowhere
# stdin: 1
l 3
 ent 1 l 4
 ent 2 l 5
 ldcn
 lao 5
 csp rdi
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: an address outside of the store: 67108864
