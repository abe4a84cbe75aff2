# SPDX-License-Identifier: MIT
# What the P4 compiler makes of a program, in its own layout:
#
#     (*$c+,t-,d+,l-*)
#     program small(input,output);
#     type color = (red,green,blue); name = packed array [1..5] of char;
#     var c: char; i: integer; who: name; col: color; s: set of color;
#     function count(n: name; var last: char): integer;
#       var k: integer;
#     begin count := 0;
#       for c := 'a' to 'e' do begin if n[3] = c then count := 3; last := c end;
#       for k := 1 to 2 do n[k] := '*'
#     end;
#     procedure show(col: color);
#     begin
#       case col of
#         red: write('red':4);
#         blue: write('blue':5)
#       end;
#       if col in s then writeln(' yes') else writeln(' no')
#     end;
#     begin
#       who := 'pasca'; read(i); s := [blue];
#       i := i + count(who,c); writeln(who,i:4,c:2);
#       for col := red to blue do if col <> green then show(col);
#       show(green)
#     end.

# case: a program of the P4 compiler
# stdin: 39
# expect: pasca  39 f
# expect:  red no
# expect:  blue yes
# expect exit: 1
# expect error: a case without the selector's value (D.51)
l   3
 ent   1   l   4
 ent   2   l   5
 lda   0       7
 loda  0          5
 mov           5
 ldci           0
 stri  0          0
i   10
 ldcc 'a'
 sroc          9
 ldcc 'e'
 ordc
 stri  0         13
l   6
 ldoc          9
 ordc
 lodi  0         13
 leqc
 fjp       l   7
i   20
 lda   0       7
 ldci           3
 chki  1          5
 deci          1
 ixa           1
 indc          0
 ldoc          9
 equc
 fjp       l   8
 ldci           3
i   30
 stri  0          0
l   8
 loda  0          6
 ldoc          9
 chkc  0        255
 stoc
 ldoc          9
 incc          1
 sroc          9
 ujp       l   6
l   7
 ldci           1
i   40
 stri  0         12
 ldci           2
 stri  0         13
l   9
 lodi  0         12
 lodi  0         13
 leqi
 fjp       l  10
 lda   0       7
 lodi  0         12
 chki  1          5
i   50
 deci          1
 ixa           1
 ldcc '*'
 chkc  0        255
 stoc
 lodi  0         12
 inci          1
 stri  0         12
 ujp       l   9
l  10
 reti
l   4=         14
l   5=          7
l  11
i   60
 ent   1   l  12
 ent   2   l  13
 lodi  0          5
 ordi
 ujp       l  14
l  16
 lca'red                                                                                                                                                                                                     '
 ldci           4
 ldci           3
 lda   1       6
 csp         wrs
i   70
 ujp       l  15
l  17
 lca'blue                                                                                                                                                                                                    '
 ldci           5
 ldci           4
 lda   1       6
 csp         wrs
 ujp       l  15
l  14
 chki  0          2
 ldci           0
 sbi
i   80
 xjp       l  18
l  18
 ujp       l  16
 ujc
 ujp       l  17
l  15
 lodi  0          5
 ordi
 ldos         17
 inn
 fjp       l  19
 lca' yes                                                                                                                                                                                                    '
i   90
 ldci           4
 ldci           4
 lda   1       6
 csp         wrs
 lda   1       6
 csp         wln
 ujp       l  20
l  19
 lca' no                                                                                                                                                                                                     '
 ldci           3
 ldci           3
i  100
 lda   1       6
 csp         wrs
 lda   1       6
 csp         wln
l  20
 retp
l  12=          6
l  13=         10
l  21
 ent   1   l  22
 ent   2   l  23
 lao          11
 lca'pasca                                                                                                                                                                                                   '
 mov           5
i  110
 lao          10
 lda   0       5
 csp         rdi
 ldc(      2)
 sros         17
 ldoi         10
 mst           0
 lao          11
 lao           9
 cup   2   l   3
i  120
 adi
 sroi         10
 lao          11
 ldci           5
 ldci           5
 lda   0       6
 csp         wrs
 ldoi         10
 ldci           4
 lda   0       6
i  130
 csp         wri
 ldoc          9
 ldci           2
 lda   0       6
 csp         wrc
 lda   0       6
 csp         wln
 ldci           0
 sroi         16
 ldci           2
i  140
 ordi
 stri  0         18
l  24
 ldoi         16
 ordi
 lodi  0         18
 leqi
 fjp       l  25
 ldoi         16
 ldci           1
 neqi
i  150
 fjp       l  26
 mst           0
 ldoi         16
 chki  0          2
 cup   1   l  11
l  26
 ldoi         16
 inci          1
 sroi         16
 ujp       l  24
l  25
 mst           0
i  160
 ldci           1
 chki  0          2
 cup   1   l  11
 retp
l  22=         19
l  23=         10
q
i    0
 mst           0
 cup   0   l  21
 stp
q
