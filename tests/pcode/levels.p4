# SPDX-License-Identifier: MIT
# Procedures of the P4 machine: parameters, results, levels, and what may be a local.

# case: a function that calls itself
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
l 20
 ent 1 l 21
 ent 2 l 22
 lodi 0 5
 ldci 2
 lesi
 fjp l 23
 lodi 0 5
 stri 0 0
 ujp l 24
l 23
 mst 1
 lodi 0 5
 deci 1
 cup 1 l 20
 mst 1
 lodi 0 5
 deci 2
 cup 1 l 20
 adi
 stri 0 0
l 24
 reti
l 21= 6
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 mst 0
 ldci 20
 cup 1 l 20
 cup 1 l 900  # expect: 6765
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: results of each type
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
l 100
 ent 1 l 101
 ent 2 l 102
 loda 0 5
 stra 0 0
 reta
l 101= 6
l 102= 20
l 110
 ent 1 l 111
 ent 2 l 112
 lodi 0 5
 stri 0 0
 reti
l 111= 6
l 112= 20
l 120
 ent 1 l 121
 ent 2 l 122
 lodr 0 5
 strr 0 0
 retr
l 121= 6
l 122= 20
l 130
 ent 1 l 131
 ent 2 l 132
 lodb 0 5
 strb 0 0
 retb
l 131= 6
l 132= 20
l 140
 ent 1 l 141
 ent 2 l 142
 lodc 0 5
 strc 0 0
 retc
l 141= 6
l 142= 20
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 0
 sroi 9
 mst 0
 mst 0
 lao 9
 cup 1 l 100
 indi 0
 cup 1 l 900  # expect: 0
 mst 0
 mst 0
 ldci 7
 cup 1 l 110
 cup 1 l 900  # expect: 7
 mst 0
 mst 0
 ldcr 2.5
 cup 1 l 120
 cup 1 l 910  # expect:  2.50000e+000
 mst 0
 mst 0
 ldcb 1
 cup 1 l 130
 ordb
 cup 1 l 900  # expect: 1
 mst 0
 mst 0
 ldcc 'z'
 cup 1 l 140
 ordc
 cup 1 l 900  # expect: 122
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: three levels
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
l 40
 ent 1 l 41
 ent 2 l 42
 lodi 2 5
 lodi 1 5
 adi
 lodi 0 5
 adi
 stri 2 5
 lodi 2 6
 inci 1
 stri 2 6
 ldoi 9
 inci 100
 sroi 9
 retp
l 41= 7
l 42= 20
l 50
 ent 1 l 51
 ent 2 l 52
 mst 0
 ldci 3
 cup 1 l 40
 mst 0
 ldci 4
 cup 1 l 40
 retp
l 51= 6
l 52= 20
l 60
 ent 1 l 61
 ent 2 l 62
 ldci 0
 stri 0 6
 mst 0
 ldci 20
 cup 1 l 50
 lodi 0 5
 stri 0 7
 mst 1
 lodi 0 7
 cup 1 l 900  # expect: 1047
 mst 1
 lodi 0 6
 cup 1 l 900  # expect: 2
 retp
l 61= 8
l 62= 20
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 0
 sroi 9
 mst 0
 ldci 1000
 cup 1 l 60
 mst 0
 ldoi 9
 cup 1 l 900  # expect: 200
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: addresses and calls across levels
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
l 70
 ent 1 l 71
 ent 2 l 72
 lda 3 6
 ldci 5
 stoi
 lda 2 5
 lda 2 5
 indi 0
 inci 1
 stoi
 mst 3
 cup 0 l 90
 mst 2
 lodi 2 5
 cup 1 l 80
 retp
l 71= 6
l 72= 20
l 374
 ent 1 l 375
 ent 2 l 376
 mst 0
 cup 0 l 70
 retp
l 375= 6
l 376= 20
l 90
 ent 1 l 91
 ent 2 l 92
 mst 2
 lodi 1 6
 cup 1 l 900  # expect: 5
 retp
l 91= 5
l 92= 20
l 84
 ent 1 l 85
 ent 2 l 86
 lda 0 5
 indi 0
 stri 0 6
 mst 0
 cup 0 l 374
 retp
l 85= 7
l 86= 20
l 80
 ent 1 l 81
 ent 2 l 82
 mst 3
 lodi 0 5
 cup 1 l 900  # expect: 12
 retp
l 81= 6
l 82= 20
l 94
 ent 1 l 95
 ent 2 l 96
 ldci 1
 stri 0 6
 mst 0
 ldci 11
 cup 1 l 84
 retp
l 95= 8
l 96= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 94
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: what addresses reach
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
l 30
 ent 1 l 31
 ent 2 l 32
 loda 0 5
 indi 0
 stri 0 7
 loda 0 5
 loda 0 6
 indi 0
 stoi
 loda 0 6
 lodi 0 7
 stoi
 retp
l 31= 8
l 32= 20
l 35
 ent 1 l 36
 ent 2 l 37
 ldci 1
 stri 0 5
 ldci 2
 stri 0 16
 mst 1
 lda 0 5
 lda 0 16
 cup 2 l 30
 mst 1
 lodi 0 5
 cup 1 l 900  # expect: 2
 mst 1
 lodi 0 16
 cup 1 l 900  # expect: 1
 ldci 0
 stri 0 6
l 44
 lodi 0 6
 ldci 8
 leqi
 fjp l 45
 lda 0 7
 lodi 0 6
 ixa 1
 lodi 0 6
 sqi
 stoi
 lodi 0 6
 inci 1
 stri 0 6
 ujp l 44
l 45
 mst 1
 lodi 0 14
 cup 1 l 900  # expect: 49
 lda 0 8
 lda 0 12
 mov 3
 mst 1
 lodi 0 10
 cup 1 l 900  # expect: 49
 mst 1
 lda 0 7
 indi 3
 cup 1 l 900  # expect: 49
 lda 0 7
 lao 9
 mov 0
 mst 1
 lodi 0 15
 cup 1 l 900  # expect: 64
 retp
l 36= 17
l 37= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 35
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: addresses of single cells
# stdin: -8
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
l 35
 ent 1 l 36
 ent 2 l 37
 ldci 1
 stri 0 5
 ldci 2
 stri 0 7
 ldci 3
 stri 0 9
 lda 0 5
 lao 9
 mov 2
 lda 0 8
 ldci 4
 stoi
 lda 0 6
 indi 1
 stri 0 6
 lda 0 10
 lao 5
 csp rdi
 mst 1
 lodi 0 5
 cup 1 l 900  # expect: 70
 mst 1
 lodi 0 6
 cup 1 l 900  # expect: 2
 mst 1
 lodi 0 7
 cup 1 l 900  # expect: 2
 mst 1
 lodi 0 8
 cup 1 l 900  # expect: 4
 mst 1
 lodi 0 9
 cup 1 l 900  # expect: 3
 mst 1
 lodi 0 10
 cup 1 l 900  # expect: -8
 retp
l 36= 11
l 37= 20
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 70
 sroi 9
 ldci 71
 sroi 10
 mst 0
 cup 0 l 35
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: an address that is kept, and one out of two
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
l 35
 ent 1 l 36
 ent 2 l 37
 ldci 1
 stri 0 5
 ldci 2
 stri 0 6
 lda 0 5
 stra 0 8
 ldcb 1
 fjp l 43
 lda 0 5
 ujp l 44
l 43
 lda 0 6
l 44
 indi 0
 stri 0 9
 mst 1
 lodi 0 9
 cup 1 l 900  # expect: 1
 loda 0 8
 ldci 9
 stoi
 mst 1
 lodi 0 5
 cup 1 l 900  # expect: 9
 mst 1
 loda 0 8
 indi 1
 cup 1 l 900  # expect: 2
 retp
l 36= 10
l 37= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 35
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: each type through each kind of cell
l 20
 ent 1 l 21
 ent 2 l 22
 ldci 42
 stri 0 5
 lodi 0 5
 sroi 10
 lda 0 6
 ldoi 10
 stoi
 lda 0 6
 indi 0
 ldci 1
 lao 6
 csp wri
 lao 6
 csp wln  # expect: 42
 ldcb 1
 strb 0 5
 lodb 0 5
 srob 10
 lda 0 6
 ldob 10
 stob
 lda 0 6
 indb 0
 ordb
 ldci 1
 lao 6
 csp wri
 lao 6
 csp wln  # expect: 1
 ldcc 'q'
 strc 0 5
 lodc 0 5
 sroc 10
 lda 0 6
 ldoc 10
 stoc
 lda 0 6
 indc 0
 ldci 1
 lao 6
 csp wrc
 lao 6
 csp wln  # expect: q
 ldcr 0.5
 strr 0 5
 lodr 0 5
 sror 10
 lda 0 6
 ldor 10
 stor
 lda 0 6
 indr 0
 ldci 10
 lao 6
 csp wrr
 lao 6
 csp wln  # expect:  5.00e-001
 ldc( 3)
 strs 0 5
 lods 0 5
 sros 10
 lda 0 6
 ldos 10
 stos
 lda 0 6
 inds 0
 ldc( 3)
 equs
 ordb
 ldci 1
 lao 6
 csp wri
 lao 6
 csp wln  # expect: 1
 lao 9
 stra 0 5
 loda 0 5
 sroa 10
 lda 0 6
 ldoa 10
 stoa
 lda 0 6
 inda 0
 lao 9
 equa
 ordb
 ldci 1
 lao 6
 csp wri
 lao 6
 csp wln  # expect: 1
 retp
l 21= 8
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

# case: a case
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
l 30
 ent 1 l 31
 ent 2 l 32
 lodi 0 5
 ujp l 33
l 34
 ldci 10
 stri 0 0
 ujp l 40
l 35
 ldci 20
 stri 0 0
 ujp l 40
l 33
 chki 3 7
 ldci 3
 sbi
 xjp l 36
l 36
 ujp l 34
 ujc
 ujp l 35
 ujp l 35
 ujp l 34
l 40
 reti
l 31= 6
l 32= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 mst 0
 ldci 3
 cup 1 l 30
 cup 1 l 900  # expect: 10
 mst 0
 mst 0
 ldci 5
 cup 1 l 30
 cup 1 l 900  # expect: 20
 mst 0
 mst 0
 ldci 6
 cup 1 l 30
 cup 1 l 900  # expect: 20
 mst 0
 mst 0
 ldci 7
 cup 1 l 30
 cup 1 l 900  # expect: 10
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

# case: a case without the value
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
l 30
 ent 1 l 31
 ent 2 l 32
 lodi 0 5
 ujp l 33
l 34
 ldci 10
 stri 0 0
 ujp l 40
l 35
 ldci 20
 stri 0 0
 ujp l 40
l 33
 chki 3 7
 ldci 3
 sbi
 xjp l 36
l 36
 ujp l 34
 ujc
 ujp l 35
 ujp l 35
 ujp l 34
l 40
 reti
l 31= 6
l 32= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 mst 0
 ldci 4
 cup 1 l 30
 cup 1 l 900
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a case without the selector's value (D.51)

# case: a case behind the table
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 2
 xjp l 9
l 9
 ujp l 10
 ujc
l 10
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a case without the selector's value (D.51)

# case: a case before the table
l 3
 ent 1 l 4
 ent 2 l 5
 ldci -1
 xjp l 9
l 9
 ujp l 10
 ujc
l 10
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a case without the selector's value (D.51)

# case: ujc
l 3
 ent 1 l 4
 ent 2 l 5
 ujc
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a case without the selector's value (D.51)

# case: recursion without an end
l 20
 ent 1 l 21
 ent 2 l 22
 lda 0 5
 stra 0 20
 mst 1
 cup 0 l 20
 retp
l 21= 40
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
# expect exit: 1
# expect error: Stack Limit

# case: an overwritten static link, lod
l 40
 ent 1 l 41
 ent 2 l 42
 lodi 2 6
 sroi 9
 retp
l 41= 6
l 42= 20
l 50
 ent 1 l 51
 ent 2 l 52
 lda 0 6
 deca 5
 stra 0 7
 loda 0 7
 ldci -9
 stoi

 mst 0
 cup 0 l 40
 retp
l 51= 8
l 52= 20
l 60
 ent 1 l 61
 ent 2 l 62
 mst 0
 cup 0 l 50
 retp
l 61= 8
l 62= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 60
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: an address outside of the store: -3

# case: an overwritten static link, str
l 40
 ent 1 l 41
 ent 2 l 42
 ldci 1
 stri 2 6
 retp
l 41= 6
l 42= 20
l 50
 ent 1 l 51
 ent 2 l 52
 lda 0 6
 deca 5
 stra 0 7
 loda 0 7
 ldci -9
 stoi

 mst 0
 cup 0 l 40
 retp
l 51= 8
l 52= 20
l 60
 ent 1 l 61
 ent 2 l 62
 mst 0
 cup 0 l 50
 retp
l 61= 8
l 62= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 60
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: an address outside of the store: -3

# case: an overwritten static link, lda
l 40
 ent 1 l 41
 ent 2 l 42
 lda 2 6
 sroa 9
 ldoa 9
 indi 0
 sroi 9
 retp
l 41= 6
l 42= 20
l 50
 ent 1 l 51
 ent 2 l 52
 lda 0 6
 deca 5
 stra 0 7
 loda 0 7
 ldci -9
 stoi

 mst 0
 cup 0 l 40
 retp
l 51= 8
l 52= 20
l 60
 ent 1 l 61
 ent 2 l 62
 mst 0
 cup 0 l 50
 retp
l 61= 8
l 62= 20
l 3
 ent 1 l 4
 ent 2 l 5
 mst 0
 cup 0 l 60
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: an address outside of the store: -3
