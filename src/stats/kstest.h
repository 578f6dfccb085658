/* stats/kstest.h
 *
 * Two samples of numbers: do they come from one distribution? Two-sided.
 *
 *     Kolmogorov-Smirnov  D = max |F(x) - G(x)|. Exact: the share of lattice paths that reach D
 *                         (Hodges 1958), to n m = 10^7. Asymptotic: the distribution of one sample
 *                         of round(nm/(n+m)) rows, as scipy, or Kolmogorov's limit.
 *
 *     struct stat_test t = kstest_exact(x, n, y, m);
 *
 * The exact distribution is that without ties; with ties its p is too large, never too small.
 * D of histograms, taken at bin edges, is a lower bound of D. Allocates while it works. */
#ifndef STATS_KSTEST_H
#define STATS_KSTEST_H

#include "stats/stat.h"

enum { KSTEST_PAIRS_MAX = 10000000 };

struct stat_test kstest_exact(const double *x, size_t n, const double *y, size_t m);
struct stat_test kstest_asymptotic(const double *x, size_t n, const double *y, size_t m);
struct stat_test kstest_limit(const double *x, size_t n, const double *y, size_t m);

#endif
