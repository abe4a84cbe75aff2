// SPDX-License-Identifier: MIT
//
// pcode_minus_test.c: the Pascal- compiler makes the code of the course's listings, number for number.
#include "pcode_minus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void compiles_to(const char *program, const char *listing) {
  struct loam_source source = {"test.pm", program, strlen(program), false};
  struct mvp_image image = {0};
  struct text out = {0};
  struct error err = {0};
  assert_int_equal(pcode_minus_compile(&source, &image, NULL, &err), LOAM_OK);
  pcode_mvp_image_print(&image, false, &out);
  for (size_t i = 0; i < out.length; i++)
    if (out.bytes[i] == '\n') out.bytes[i] = ';';
  assert_string_equal(out.bytes, listing);
  text_fini(&out);
  pcode_mvp_image_fini(&image);
}

static void factr_is_the_listing_of_the_course(void **state) {
  (void)state;
  compiles_to("PROGRAM Factr;\nVAR n, f: INTEGER;\nPROCEDURE Fact(n: INTEGER; VAR r: INTEGER);\nVAR t: INTEGER;\n"
              "BEGIN\n  IF n = 0 THEN r := 1\n  ELSE BEGIN Fact(n - 1, t); r := t * n END\nEND;\n"
              "BEGIN READ(n); Fact(n, f); WRITE(f) END.\n",
              "Deb 2 5 45 1;DebP 1 5 5 3;VarL -2;Cnst 0;Ceg;BrNc 10;AdrP 0 -1;Cnst 1;Aff1;Br 20;VarL -2;Cnst 1;Diff;"
              "AdrL 3;AplG -27;AdrP 0 -1;VarL 3;VarL -2;Mul;Aff1;FinP 2;AdrL 3;Lire;VarL 3;AdrL 4;Apl 0 -47;VarL 4;"
              "Ecr;Fin;");
}

static void exemple_a_is_the_listing_of_the_course(void **state) {
  (void)state;
  compiles_to(
      "programme ExempleA;\nvar a, b, c : entier;\nbegin\n lire(a); b := 5; c := a * b div 3; \303\251crire(c)\n"
      "end.\n",
      "Deb 3 3 5 1;AdrL 3;Lire;AdrL 4;Cnst 5;Aff1;AdrL 5;VarL 3;VarL 4;Mul;Cnst 3;Div;Aff1;VarL 5;Ecr;Fin;");
}

static void fields_fold_into_the_variable_and_loops_jump_back(void **state) {
  (void)state;
  compiles_to("program P;\ntype r = record a, b: integer end; t = array [1..3] of r;\nvar x: r; v: t; i: integer;\n"
              "begin\n x.b := 2;\n v[i].a := x.b;\n while i < 3 do i := i + 1;\n x := v[2]\nend.",
              "Deb 9 3 5 1;AdrL 4;Cnst 2;Aff1;AdrL 5;VarL 11;AdrI 1 3 2 6;VarL 4;Aff1;VarL 11;Cnst 3;Cpp;BrNc 12;"
              "AdrL 11;VarL 11;Cnst 1;Add;Aff1;Br -15;AdrL 3;AdrL 5;Cnst 2;AdrI 1 3 2 8;ValV 2;AffV 2;Fin;");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(factr_is_the_listing_of_the_course),
                                     cmocka_unit_test(exemple_a_is_the_listing_of_the_course),
                                     cmocka_unit_test(fields_fold_into_the_variable_and_loops_jump_back)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
