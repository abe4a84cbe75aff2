// SPDX-License-Identifier: MIT
//
// bench_pmachine.c: a plain P-machine of 39 instructions: one array, one switch, no checks. What loam's interpreter is
// measured against; compile it with gcc -O2. It reads the text that `loam compile x.pm` writes.
//
//     bench_pmachine FILE < input
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  DEB,
  FIN,
  DEBP,
  APL,
  FINP,
  ADRV,
  ADRP,
  ADRI,
  ADRC,
  VALV,
  CNST,
  AFFV,
  ADD,
  DIFF,
  MUL,
  DIV,
  MOD,
  ET,
  OU,
  CEG,
  CNEG,
  CPG,
  CNPG,
  CPP,
  CNPP,
  NEG,
  INVS,
  BR,
  BRNC,
  BRC,
  LIRE,
  ECR,
  ADRL,
  VARL,
  ADRG,
  VARG,
  VAL1,
  AFF1,
  APLG,
  OPS
};
static const char *const names[OPS] = {"Deb",  "Fin",  "DebP", "Apl",  "FinP", "AdrV", "AdrP", "AdrI", "AdrC", "ValV",
                                       "Cnst", "AffV", "Add",  "Diff", "Mul",  "Div",  "Mod",  "Et",   "Ou",   "Ceg",
                                       "CNeg", "Cpg",  "CNpg", "Cpp",  "CNpp", "Neg",  "InvS", "Br",   "BrNc", "BrC",
                                       "Lire", "Ecr",  "AdrL", "VarL", "AdrG", "VarG", "Val1", "Aff1", "AplG"};
static const int operands[OPS] = {4, 0, 4, 2, 1, 2, 2, 4, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0,
                                  0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1};

#define CELLS (1 << 24)
static long m[CELLS];

static long load(const char *path) {
  FILE *file = fopen(path, "r");
  char name[16];
  long count = 0;
  if (!file) return 0;
  while (fscanf(file, "%15s", name) == 1) {
    int op = 0;
    while (op < OPS && strcmp(names[op], name) != 0) op++;
    if (op == OPS) return 0;
    m[count++] = op;
    for (int k = 0; k < operands[op]; k++)
      if (fscanf(file, "%ld", &m[count++]) != 1) return 0;
  }
  fclose(file);
  return count;
}

static long chain(long b, long levels) {
  while (levels-- > 0) b = m[b];
  return b;
}

static void fault(long line, const char *what) {
  fprintf(stderr, "Line %5ld %s\n", line, what);
  exit(1);
}

static void run(long bottom) {
  long i = 0, b = bottom, s = bottom, x, k;
  for (;;) {
    const long *o = &m[i + 1];
    switch (m[i]) {
    case DEB: b = bottom, s = b + 2 + o[0], i += o[2]; break;
    case FIN: return;
    case DEBP:
      s += o[0];
      if (s + o[1] >= CELLS) fault(o[3], "Stack Limit");
      i += o[2];
      break;
    case APL: x = chain(b, o[0]), s++, m[s] = x, m[s + 1] = b, m[s + 2] = i + 3, b = s, s = b + 2, i += o[1]; break;
    case APLG: x = m[b], s++, m[s] = x, m[s + 1] = b, m[s + 2] = i + 2, b = s, s = b + 2, i += o[0]; break;
    case FINP: s = b - o[0] - 1, i = m[b + 2], b = m[b + 1]; break;
    case ADRV: m[++s] = chain(b, o[0]) + o[1], i += 3; break;
    case ADRP: m[++s] = m[chain(b, o[0]) + o[1]], i += 3; break;
    case ADRI:
      k = m[s--];
      if (k < o[0] || k > o[1]) fault(o[3], "Range Error");
      m[s] += (k - o[0]) * o[2], i += 5;
      break;
    case ADRC: m[s] += o[0], i += 2; break;
    case VALV:
      x = m[s];
      for (k = 0; k < o[0]; k++) m[s + k] = m[x + k];
      s += o[0] - 1, i += 2;
      break;
    case AFFV:
      s -= o[0] + 1;
      for (k = 0; k < o[0]; k++) m[m[s + 1] + k] = m[s + 2 + k];
      i += 2;
      break;
    case CNST: m[++s] = o[0], i += 2; break;
    case ADD: s--, m[s] += m[s + 1], i++; break;
    case DIFF: s--, m[s] -= m[s + 1], i++; break;
    case MUL: s--, m[s] *= m[s + 1], i++; break;
    case DIV: s--, m[s] /= m[s + 1], i++; break;
    case MOD: s--, m[s] %= m[s + 1], i++; break;
    case ET: s--, m[s] &= m[s + 1], i++; break;
    case OU: s--, m[s] |= m[s + 1], i++; break;
    case CEG: s--, m[s] = m[s] == m[s + 1], i++; break;
    case CNEG: s--, m[s] = m[s] != m[s + 1], i++; break;
    case CPG: s--, m[s] = m[s] > m[s + 1], i++; break;
    case CNPG: s--, m[s] = m[s] <= m[s + 1], i++; break;
    case CPP: s--, m[s] = m[s] < m[s + 1], i++; break;
    case CNPP: s--, m[s] = m[s] >= m[s + 1], i++; break;
    case NEG: m[s] = m[s] != 1, i++; break;
    case INVS: m[s] = -m[s], i++; break;
    case BR: i += o[0]; break;
    case BRNC: i += m[s--] != 1 ? o[0] : 2; break;
    case BRC: i += m[s--] == 1 ? o[0] : 2; break;
    case LIRE:
      if (scanf("%ld", &m[m[s]]) != 1) fault(0, "no integer");
      s--, i++;
      break;
    case ECR: printf("%ld\n", m[s--]), i++; break;
    case ADRL: m[++s] = b + o[0], i += 2; break;
    case VARL: m[++s] = m[b + o[0]], i += 2; break;
    case ADRG: m[++s] = m[b] + o[0], i += 2; break;
    case VARG: m[++s] = m[m[b] + o[0]], i += 2; break;
    case VAL1: m[s] = m[m[s]], i++; break;
    case AFF1: s -= 2, m[m[s + 1]] = m[s + 2], i++; break;
    default: fault(i, "no instruction");
    }
  }
}

int main(int argc, char **argv) {
  long count = argc == 2 ? load(argv[1]) : 0;
  if (!count) return 2;
  run(count);
  return 0;
}
