# SPDX-License-Identifier: MIT
# Operations of the P4 machine on integers, reals, truth values and characters.

# case: integers
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
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldci 2
 ldci 3
 adi
 cup 1 l 900  # expect: 5
 mst 0
 ldci 2
 ldci 3
 sbi
 cup 1 l 900  # expect: -1
 mst 0
 ldci -4
 ldci 3
 mpi
 cup 1 l 900  # expect: -12
 mst 0
 ldci -7
 ldci 2
 dvi
 cup 1 l 900  # expect: -3
 mst 0
 ldci 7
 ldci 4
 mod
 cup 1 l 900  # expect: 3
 mst 0
 ldci -7
 ldci 4
 mod
 cup 1 l 900  # expect: 1
 mst 0
 ldci 5
 ngi
 cup 1 l 900  # expect: -5
 mst 0
 ldci -12
 sqi
 cup 1 l 900  # expect: 144
 mst 0
 ldci -8
 abi
 cup 1 l 900  # expect: 8
 mst 0
 ldci 8
 abi
 cup 1 l 900  # expect: 8
 mst 0
 ldci 7
 odd
 ordb
 cup 1 l 900  # expect: 1
 mst 0
 ldci 8
 odd
 ordb
 cup 1 l 900  # expect: 0
 mst 0
 ldci 9223372036854775806
 cup 1 l 900  # expect: 9223372036854775806
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: reals
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
 mst 0
 ldcr 1.5
 ldcr 2.25
 adr
 cup 1 l 910  # expect:  3.75000e+000
 mst 0
 ldcr 1.5
 ldcr 2.25
 sbr
 cup 1 l 910  # expect: -7.50000e-001
 mst 0
 ldcr -1.5
 ldcr 2.0
 mpr
 cup 1 l 910  # expect: -3.00000e+000
 mst 0
 ldcr 1.0
 ldcr 4.0
 dvr
 cup 1 l 910  # expect:  2.50000e-001
 mst 0
 ldcr 2.5
 ngr
 cup 1 l 910  # expect: -2.50000e+000
 mst 0
 ldcr 1.5
 sqr
 cup 1 l 910  # expect:  2.25000e+000
 mst 0
 ldcr -1E1
 abr
 cup 1 l 910  # expect:  1.00000e+001
 mst 0
 ldci 3
 flt
 cup 1 l 910  # expect:  3.00000e+000
 mst 0
 ldci 3
 ldcr 0.5
 flo
 adr
 cup 1 l 910  # expect:  3.50000e+000
 mst 0
 ldcr -2.75
 trc
 cup 1 l 900  # expect: -2
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: standard functions
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
 mst 0
 ldcr 0.0
 csp sin
 cup 1 l 910  # expect:  0.00000e+000
 mst 0
 ldcr 0.0
 csp cos
 cup 1 l 910  # expect:  1.00000e+000
 mst 0
 ldcr 0.0
 csp exp
 cup 1 l 910  # expect:  1.00000e+000
 mst 0
 ldcr 1.0
 csp log
 cup 1 l 910  # expect:  0.00000e+000
 mst 0
 ldcr 6.25
 csp sqt
 cup 1 l 910  # expect:  2.50000e+000
 mst 0
 ldcr 0.0
 csp atn
 cup 1 l 910  # expect:  0.00000e+000
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: truth values
l 920
 ent 1 l 921
 ent 2 l 922
 lodb 0 5
 ordb
 ldci 1
 lao 6
 csp wri
 retp
l 921= 6
l 922= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldcb 0
 ldcb 0
 and
 cup 1 l 920
 mst 0
 ldcb 0
 ldcb 1
 and
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 0
 and
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 1
 and
 cup 1 l 920
 lao 6
 csp wln  # expect: 0001
 mst 0
 ldcb 0
 ldcb 0
 ior
 cup 1 l 920
 mst 0
 ldcb 0
 ldcb 1
 ior
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 0
 ior
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 1
 ior
 cup 1 l 920
 lao 6
 csp wln  # expect: 0111
 mst 0
 ldcb 0
 not
 cup 1 l 920
 mst 0
 ldcb 1
 not
 cup 1 l 920
 lao 6
 csp wln  # expect: 10
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: comparing, type i
l 920
 ent 1 l 921
 ent 2 l 922
 lodb 0 5
 ordb
 ldci 1
 lao 6
 csp wri
 retp
l 921= 6
l 922= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldci 1
 ldci 2
 equi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 2
 equi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 1
 equi
 cup 1 l 920
 lao 6
 csp wln  # expect: 010
 mst 0
 ldci 1
 ldci 2
 neqi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 2
 neqi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 1
 neqi
 cup 1 l 920
 lao 6
 csp wln  # expect: 101
 mst 0
 ldci 1
 ldci 2
 geqi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 2
 geqi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 1
 geqi
 cup 1 l 920
 lao 6
 csp wln  # expect: 011
 mst 0
 ldci 1
 ldci 2
 grti
 cup 1 l 920
 mst 0
 ldci 2
 ldci 2
 grti
 cup 1 l 920
 mst 0
 ldci 2
 ldci 1
 grti
 cup 1 l 920
 lao 6
 csp wln  # expect: 001
 mst 0
 ldci 1
 ldci 2
 leqi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 2
 leqi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 1
 leqi
 cup 1 l 920
 lao 6
 csp wln  # expect: 110
 mst 0
 ldci 1
 ldci 2
 lesi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 2
 lesi
 cup 1 l 920
 mst 0
 ldci 2
 ldci 1
 lesi
 cup 1 l 920
 lao 6
 csp wln  # expect: 100
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: comparing, type r
l 920
 ent 1 l 921
 ent 2 l 922
 lodb 0 5
 ordb
 ldci 1
 lao 6
 csp wri
 retp
l 921= 6
l 922= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldcr 1.5
 ldcr 2.5
 equr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 2.5
 equr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 1.5
 equr
 cup 1 l 920
 lao 6
 csp wln  # expect: 010
 mst 0
 ldcr 1.5
 ldcr 2.5
 neqr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 2.5
 neqr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 1.5
 neqr
 cup 1 l 920
 lao 6
 csp wln  # expect: 101
 mst 0
 ldcr 1.5
 ldcr 2.5
 geqr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 2.5
 geqr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 1.5
 geqr
 cup 1 l 920
 lao 6
 csp wln  # expect: 011
 mst 0
 ldcr 1.5
 ldcr 2.5
 grtr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 2.5
 grtr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 1.5
 grtr
 cup 1 l 920
 lao 6
 csp wln  # expect: 001
 mst 0
 ldcr 1.5
 ldcr 2.5
 leqr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 2.5
 leqr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 1.5
 leqr
 cup 1 l 920
 lao 6
 csp wln  # expect: 110
 mst 0
 ldcr 1.5
 ldcr 2.5
 lesr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 2.5
 lesr
 cup 1 l 920
 mst 0
 ldcr 2.5
 ldcr 1.5
 lesr
 cup 1 l 920
 lao 6
 csp wln  # expect: 100
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: comparing, type c
l 920
 ent 1 l 921
 ent 2 l 922
 lodb 0 5
 ordb
 ldci 1
 lao 6
 csp wri
 retp
l 921= 6
l 922= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldcc 'a'
 ldcc 'b'
 equc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'b'
 equc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'a'
 equc
 cup 1 l 920
 lao 6
 csp wln  # expect: 010
 mst 0
 ldcc 'a'
 ldcc 'b'
 neqc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'b'
 neqc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'a'
 neqc
 cup 1 l 920
 lao 6
 csp wln  # expect: 101
 mst 0
 ldcc 'a'
 ldcc 'b'
 geqc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'b'
 geqc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'a'
 geqc
 cup 1 l 920
 lao 6
 csp wln  # expect: 011
 mst 0
 ldcc 'a'
 ldcc 'b'
 grtc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'b'
 grtc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'a'
 grtc
 cup 1 l 920
 lao 6
 csp wln  # expect: 001
 mst 0
 ldcc 'a'
 ldcc 'b'
 leqc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'b'
 leqc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'a'
 leqc
 cup 1 l 920
 lao 6
 csp wln  # expect: 110
 mst 0
 ldcc 'a'
 ldcc 'b'
 lesc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'b'
 lesc
 cup 1 l 920
 mst 0
 ldcc 'b'
 ldcc 'a'
 lesc
 cup 1 l 920
 lao 6
 csp wln  # expect: 100
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: comparing, type b
l 920
 ent 1 l 921
 ent 2 l 922
 lodb 0 5
 ordb
 ldci 1
 lao 6
 csp wri
 retp
l 921= 6
l 922= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldcb 0
 ldcb 1
 equb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 1
 equb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 0
 equb
 cup 1 l 920
 lao 6
 csp wln  # expect: 010
 mst 0
 ldcb 0
 ldcb 1
 neqb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 1
 neqb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 0
 neqb
 cup 1 l 920
 lao 6
 csp wln  # expect: 101
 mst 0
 ldcb 0
 ldcb 1
 geqb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 1
 geqb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 0
 geqb
 cup 1 l 920
 lao 6
 csp wln  # expect: 011
 mst 0
 ldcb 0
 ldcb 1
 grtb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 1
 grtb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 0
 grtb
 cup 1 l 920
 lao 6
 csp wln  # expect: 001
 mst 0
 ldcb 0
 ldcb 1
 leqb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 1
 leqb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 0
 leqb
 cup 1 l 920
 lao 6
 csp wln  # expect: 110
 mst 0
 ldcb 0
 ldcb 1
 lesb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 1
 lesb
 cup 1 l 920
 mst 0
 ldcb 1
 ldcb 0
 lesb
 cup 1 l 920
 lao 6
 csp wln  # expect: 100
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: comparing addresses and texts
l 920
 ent 1 l 921
 ent 2 l 922
 lodb 0 5
 ordb
 ldci 1
 lao 6
 csp wri
 retp
l 921= 6
l 922= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 lao 10
 lao 10
 equa
 cup 1 l 920
 mst 0
 lao 10
 lao 11
 equa
 cup 1 l 920
 lao 6
 csp wln  # expect: 10
 mst 0
 lao 10
 lao 10
 neqa
 cup 1 l 920
 mst 0
 lao 10
 lao 11
 neqa
 cup 1 l 920
 lao 6
 csp wln  # expect: 01
 mst 0
 lca'abc  '
 lca'abd'
 equm 3
 cup 1 l 920
 mst 0
 lca'abc  '
 lca'abc'
 equm 3
 cup 1 l 920
 mst 0
 lca'abd  '
 lca'abc'
 equm 3
 cup 1 l 920
 lao 6
 csp wln  # expect: 010
 mst 0
 lca'abc  '
 lca'abd'
 neqm 3
 cup 1 l 920
 mst 0
 lca'abc  '
 lca'abc'
 neqm 3
 cup 1 l 920
 mst 0
 lca'abd  '
 lca'abc'
 neqm 3
 cup 1 l 920
 lao 6
 csp wln  # expect: 101
 mst 0
 lca'abc  '
 lca'abd'
 geqm 3
 cup 1 l 920
 mst 0
 lca'abc  '
 lca'abc'
 geqm 3
 cup 1 l 920
 mst 0
 lca'abd  '
 lca'abc'
 geqm 3
 cup 1 l 920
 lao 6
 csp wln  # expect: 011
 mst 0
 lca'abc  '
 lca'abd'
 grtm 3
 cup 1 l 920
 mst 0
 lca'abc  '
 lca'abc'
 grtm 3
 cup 1 l 920
 mst 0
 lca'abd  '
 lca'abc'
 grtm 3
 cup 1 l 920
 lao 6
 csp wln  # expect: 001
 mst 0
 lca'abc  '
 lca'abd'
 leqm 3
 cup 1 l 920
 mst 0
 lca'abc  '
 lca'abc'
 leqm 3
 cup 1 l 920
 mst 0
 lca'abd  '
 lca'abc'
 leqm 3
 cup 1 l 920
 lao 6
 csp wln  # expect: 110
 mst 0
 lca'abc  '
 lca'abd'
 lesm 3
 cup 1 l 920
 mst 0
 lca'abc  '
 lca'abc'
 lesm 3
 cup 1 l 920
 mst 0
 lca'abd  '
 lca'abc'
 lesm 3
 cup 1 l 920
 lao 6
 csp wln  # expect: 100
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: characters
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
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldcc 'a'
 ordc
 cup 1 l 900  # expect: 97
 mst 0
 ldci 98
 chr
 ordc
 cup 1 l 900  # expect: 98
 mst 0
 ldcb 1
 ordb
 cup 1 l 900  # expect: 1
 mst 0
 ldci 5
 ordi
 cup 1 l 900  # expect: 5
 mst 0
 ldci 5
 inci 3
 cup 1 l 900  # expect: 8
 mst 0
 ldci 5
 deci 7
 cup 1 l 900  # expect: -2
 mst 0
 ldcc 'a'
 incc 2
 decc 1
 ordc
 cup 1 l 900  # expect: 98
 mst 0
 ldcb 0
 incb 1
 ordb
 cup 1 l 900  # expect: 1
 mst 0
 ldcb 1
 decb 1
 ordb
 cup 1 l 900  # expect: 0
 ldcc '''
 ldci 3
 lao 6
 csp wrc
 lao 6
 csp wln  # expect:   '
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: chr of too large a number
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 256
 chr
 ordc
 sroi 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: chr of an integer that is no character's code (D.37): expected from 0 to 255, found 256

# case: division by zero
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 1
 ldci 0
 dvi
 sroi 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: div by zero (D.45)

# case: mod by a negative number
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 1
 ldci -2
 mod
 sroi 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: mod by a number that is not positive (D.46)

# case: beyond maxint
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 9223372036854775806
 ldci 9
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
# expect exit: 1
# expect error: an integer beyond maxint (D.47)

# case: ranges
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
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldci 5
 chki -1 5
 cup 1 l 900  # expect: 5
 mst 0
 ldcc 'x'
 chkc 97 122
 ordc
 cup 1 l 900  # expect: 120
 mst 0
 ldcb 0
 chkb 0 1
 ordb
 cup 1 l 900  # expect: 0
 mst 0
 ldci 1000000000000
 chki 0 1000000000000
 cup 1 l 900  # expect: 1000000000000
 ldci 6
 chki -1 5
 sroi 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: Range Error: expected from -1 to 5, found 6
