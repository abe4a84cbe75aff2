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
 ldci 3
 cup 1 l 20
 cup 1 l 900  # expect: 2
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q

