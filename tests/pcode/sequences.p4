# SPDX-License-Identifier: MIT
# Sequences that loam has an instruction for.

# case: in order
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
 inci 1
 stri 0 5
 mst 1
 lao 9
 lodi 0 5
 deci 1
 ixa 1
 indi 0
 cup 1 l 900
 mst 1
 loda 0 6
 indi 0
 loda 0 6
 indi 1
 adi
 cup 1 l 900
 retp
l 21= 7
l 22= 20
l 3
 ent 1 l 4
 ent 2 l 5
 ldci 5
 sroi 9
 ldci 7
 sroi 10
 ldcb 0
 srob 11
 ldoi 9
 ldci 5
 equi
 fjp l 202
 ldci 1
 ldci 1
 lao 6
 csp wri
 ujp l 203
l 202
 ldci 0
 ldci 1
 lao 6
 csp wri
l 203
 ldoi 9
 ldci 6
 equi
 fjp l 204
 ldci 1
 ldci 1
 lao 6
 csp wri
 ujp l 205
l 204
 ldci 0
 ldci 1
 lao 6
 csp wri
l 205
 ldoi 9
 ldci 6
 neqi
 fjp l 206
 ldci 1
 ldci 1
 lao 6
 csp wri
 ujp l 207
l 206
 ldci 0
 ldci 1
 lao 6
 csp wri
l 207
 ldob 11
 not
 fjp l 208
 ldci 1
 ldci 1
 lao 6
 csp wri
 ujp l 209
l 208
 ldci 0
 ldci 1
 lao 6
 csp wri
l 209
 ldoi 9
 ldoi 9
 equi
 not
 fjp l 210
 ldci 1
 ldci 1
 lao 6
 csp wri
 ujp l 211
l 210
 ldci 0
 ldci 1
 lao 6
 csp wri
l 211
 ldob 11
 ldob 11
 and
 fjp l 212
 ldci 1
 ldci 1
 lao 6
 csp wri
 ujp l 213
l 212
 ldci 0
 ldci 1
 lao 6
 csp wri
l 213
 ldob 11
 ldob 11
 ior
 fjp l 214
 ldci 1
 ldci 1
 lao 6
 csp wri
 ujp l 215
l 214
 ldci 0
 ldci 1
 lao 6
 csp wri
l 215
 ldoi 9
 ldc( 5 9)
 inn
 fjp l 216
 ldci 1
 ldci 1
 lao 6
 csp wri
 ujp l 217
l 216
 ldci 0
 ldci 1
 lao 6
 csp wri
l 217
 lao 6
 csp wln  # expect: 10110001
 mst 0
 lao 9
 ldoi 9
 deci 4
 ixa 1
 indi 0
 cup 1 l 900  # expect: 7
 ldoi 10
 inci 3
 sroi 10
 mst 0
 ldoi 10
 cup 1 l 900  # expect: 10
 mst 0
 ldci 1
 lao 9
 cup 2 l 20  # expect: 10
# expect: 15
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
