# SPDX-License-Identifier: MIT
# Sets of the P4 machine: one word each, whatever their members. A line of digits: which of 0, 1, 62, 63, 64, 255 are in.

# case: operations
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
l 930
 ent 1 l 931
 ent 2 l 932
 ldci 0
 lods 0 5
 inn
 ordb
 ldci 1
 lao 6
 csp wri
 ldci 1
 lods 0 5
 inn
 ordb
 ldci 1
 lao 6
 csp wri
 ldci 62
 lods 0 5
 inn
 ordb
 ldci 1
 lao 6
 csp wri
 ldci 63
 lods 0 5
 inn
 ordb
 ldci 1
 lao 6
 csp wri
 ldci 64
 lods 0 5
 inn
 ordb
 ldci 1
 lao 6
 csp wri
 ldci 255
 lods 0 5
 inn
 ordb
 ldci 1
 lao 6
 csp wri
 lao 6
 csp wln
 retp
l 931= 6
l 932= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 ldc( 0 1 62)
 ldc( 1 2)
 uni
 cup 1 l 930  # expect: 111000
 mst 0
 ldc( 0 1 62)
 ldc( 1 2)
 int
 cup 1 l 930  # expect: 010000
 mst 0
 ldc( 0 1 62)
 ldc( 1 2)
 dif
 cup 1 l 930  # expect: 101000
 mst 0
 ldc( 0 63)
 ldc( 63 64 255)
 uni
 cup 1 l 930  # expect: 100111
 mst 0
 ldc( 0 63)
 ldc( 63 64 255)
 int
 cup 1 l 930  # expect: 000100
 mst 0
 ldc( 0 63)
 ldc( 63 64 255)
 dif
 cup 1 l 930  # expect: 100000
 mst 0
 ldc( 0 1)
 ldc( 1 255)
 uni
 cup 1 l 930  # expect: 110001
 mst 0
 ldc( 0 1)
 ldc( 1 255)
 int
 cup 1 l 930  # expect: 010000
 mst 0
 ldc( 0 1)
 ldc( 1 255)
 dif
 cup 1 l 930  # expect: 100000
 mst 0
 ldc()
 ldc( 64)
 uni
 cup 1 l 930  # expect: 000010
 mst 0
 ldc()
 ldc( 64)
 int
 cup 1 l 930  # expect: 000000
 mst 0
 ldc()
 ldc( 64)
 dif
 cup 1 l 930  # expect: 000000
 mst 0
 ldc( 62 63)
 ldc( 62)
 uni
 cup 1 l 930  # expect: 001100
 mst 0
 ldc( 62 63)
 ldc( 62)
 int
 cup 1 l 930  # expect: 001000
 mst 0
 ldc( 62 63)
 ldc( 62)
 dif
 cup 1 l 930  # expect: 000100
 mst 0
 ldci 62
 sgs
 cup 1 l 930  # expect: 001000
 mst 0
 ldci 63
 sgs
 cup 1 l 930  # expect: 000100
 mst 0
 ldci 255
 sgs
 cup 1 l 930  # expect: 000001
 mst 0
 ldci -1
 ldc( 0 1)
 inn
 ordb
 cup 1 l 900  # expect: 0
 mst 0
 ldci 256
 ldc( 0 255)
 inn
 ordb
 cup 1 l 900  # expect: 0
 mst 0
 ldci 64
 ldc( 0)
 inn
 ordb
 cup 1 l 900  # expect: 0
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: comparing
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
 ldc( 1 2)
 ldc( 1 2 3)
 equs
 cup 1 l 920
 mst 0
 ldc( 1 2)
 ldc( 1 2 3)
 neqs
 cup 1 l 920
 mst 0
 ldc( 1 2)
 ldc( 1 2 3)
 leqs
 cup 1 l 920
 mst 0
 ldc( 1 2)
 ldc( 1 2 3)
 geqs
 cup 1 l 920
 lao 6
 csp wln  # expect: 0110
 mst 0
 ldc( 1 2 3)
 ldc( 1 2)
 equs
 cup 1 l 920
 mst 0
 ldc( 1 2 3)
 ldc( 1 2)
 neqs
 cup 1 l 920
 mst 0
 ldc( 1 2 3)
 ldc( 1 2)
 leqs
 cup 1 l 920
 mst 0
 ldc( 1 2 3)
 ldc( 1 2)
 geqs
 cup 1 l 920
 lao 6
 csp wln  # expect: 0101
 mst 0
 ldc( 1)
 ldc( 1)
 equs
 cup 1 l 920
 mst 0
 ldc( 1)
 ldc( 1)
 neqs
 cup 1 l 920
 mst 0
 ldc( 1)
 ldc( 1)
 leqs
 cup 1 l 920
 mst 0
 ldc( 1)
 ldc( 1)
 geqs
 cup 1 l 920
 lao 6
 csp wln  # expect: 1011
 mst 0
 ldc( 1 200)
 ldc( 1 63 200)
 equs
 cup 1 l 920
 mst 0
 ldc( 1 200)
 ldc( 1 63 200)
 neqs
 cup 1 l 920
 mst 0
 ldc( 1 200)
 ldc( 1 63 200)
 leqs
 cup 1 l 920
 mst 0
 ldc( 1 200)
 ldc( 1 63 200)
 geqs
 cup 1 l 920
 lao 6
 csp wln  # expect: 0110
 mst 0
 ldc( 1 63 200)
 ldc( 1 200)
 equs
 cup 1 l 920
 mst 0
 ldc( 1 63 200)
 ldc( 1 200)
 neqs
 cup 1 l 920
 mst 0
 ldc( 1 63 200)
 ldc( 1 200)
 leqs
 cup 1 l 920
 mst 0
 ldc( 1 63 200)
 ldc( 1 200)
 geqs
 cup 1 l 920
 lao 6
 csp wln  # expect: 0101
 mst 0
 ldc( 63 200)
 ldc( 63 200)
 equs
 cup 1 l 920
 mst 0
 ldc( 63 200)
 ldc( 63 200)
 neqs
 cup 1 l 920
 mst 0
 ldc( 63 200)
 ldc( 63 200)
 leqs
 cup 1 l 920
 mst 0
 ldc( 63 200)
 ldc( 63 200)
 geqs
 cup 1 l 920
 lao 6
 csp wln  # expect: 1011
 mst 0
 ldc( 1)
 ldc( 1 200)
 equs
 cup 1 l 920
 mst 0
 ldc( 1)
 ldc( 1 200)
 neqs
 cup 1 l 920
 mst 0
 ldc( 1)
 ldc( 1 200)
 leqs
 cup 1 l 920
 mst 0
 ldc( 1)
 ldc( 1 200)
 geqs
 cup 1 l 920
 lao 6
 csp wln  # expect: 0110
 mst 0
 ldc( 1 200)
 ldc( 1)
 equs
 cup 1 l 920
 mst 0
 ldc( 1 200)
 ldc( 1)
 neqs
 cup 1 l 920
 mst 0
 ldc( 1 200)
 ldc( 1)
 leqs
 cup 1 l 920
 mst 0
 ldc( 1 200)
 ldc( 1)
 geqs
 cup 1 l 920
 lao 6
 csp wln  # expect: 0101
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: equal sets that were made in different ways
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
 ldc()
 sros 9
 ldci 255
 sroi 10
l 7
 ldoi 10
 ldci 0
 geqi
 fjp l 8
 ldos 9
 ldoi 10
 sgs
 uni
 sros 9
 ldoi 10
 deci 1
 sroi 10
 ujp l 7
l 8
 ldc()
 sros 11
 ldci 0
 sroi 10
l 9
 ldoi 10
 ldci 255
 leqi
 fjp l 10
 ldos 11
 ldoi 10
 sgs
 uni
 sros 11
 ldoi 10
 inci 1
 sroi 10
 ujp l 9
l 10
 mst 0
 ldos 9
 ldos 11
 equs
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

# case: a member too large
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 256
 sgs
 sros 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a member of a set that is not from 0 to 255

# case: a negative member
l 3
 ent 1 l 4
 ent 2 l 5
 ldci -1
 sgs
 sros 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a member of a set that is not from 0 to 255

# case: a number that is no set
l 3
 ent 1 l 4
 ent 2 l 5
 ldci -5
 sroi 9
 ldos 9
 ldc( 1)
 dif
 sros 9
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a word that is no set
