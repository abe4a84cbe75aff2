# SPDX-License-Identifier: MIT
# The heap and addresses of the P4 machine.

# case: new, sav and rst
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
 lao 9
 ldci 2
 csp new
 ldoa 9
 ldci 5
 stoi
 ldoa 9
 inca 1
 ldoa 9
 stoa
 lao 10
 csp sav
 lao 11
 ldci 3
 csp new
 ldoa 11
 chka 1 0
 ldci 7
 stoi
 mst 0
 ldoa 9
 inda 1
 chka 0 0
 indi 0
 cup 1 l 900  # expect: 5
 mst 0
 ldoa 11
 inca 3
 ldoa 9
 equa
 ordb
 cup 1 l 900  # expect: 1
 ldoa 10
 csp rst
 lao 12
 ldci 3
 csp new
 mst 0
 ldoa 12
 ldoa 11
 equa
 ordb
 cup 1 l 900  # expect: 1
 mst 0
 ldoa 12
 indi 0
 cup 1 l 900  # expect: 7
 mst 0
 ldcn
 chka 0 0
 ldcn
 equa
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

# case: nil
l 3
 ent 1 l 4
 ent 2 l 5
 ldcn
 indi 0
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
# expect error: an address outside of the store: 67108864

# case: nil is checked
l 3
 ent 1 l 4
 ent 2 l 5
 ldcn
 chka 1 0
 indi 0
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
# expect error: nil points to no variable (D.3)

# case: no pointer
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 chka 1 0
 indi 0
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
# expect error: a pointer that points to no variable: 9

# case: a heap that is full
l 3
 ent 1 l 4
 ent 2 l 5
l 7
 lao 9
 ldci 1000000
 csp new
 ujp l 7
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: no memory is left

# case: new of a negative size
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 ldci -1
 csp new
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: no memory is left

# case: rst to no mark
l 3
 ent 1 l 4
 ent 2 l 5
 ldcn
 inca 1
 csp rst
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: a pointer that points to no variable: 67108865

# case: sto outside of the store
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 deca 10
 ldci 1
 stoi
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: an address outside of the store: -1

# case: ind outside of the store
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 ldci -100
 ixa 1
 indi 0
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
# expect error: an address outside of the store: -91

# case: mov outside of the store
l 3
 ent 1 l 4
 ent 2 l 5
 lao 9
 lao 9
 deca 20
 mov 5
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: an address outside of the store: -11

# case: mov to nowhere outside of the store
l 3
 ent 1 l 4
 ent 2 l 5
 ldcn
 deca 1
 lao 9
 mov 2
 retp
l 4= 30
l 5= 20
q
 mst 0
 cup 0 l 3
 stp
q
# expect exit: 1
# expect error: an address outside of the store: 67108863

# case: sav outside of the store
l 3
 ent 1 l 4
 ent 2 l 5
 ldcn
 csp sav
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

# case: new outside of the store
l 3
 ent 1 l 4
 ent 2 l 5
 ldcn
 ldci 1
 csp new
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
