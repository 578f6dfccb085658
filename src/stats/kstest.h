/* stats/kstest.h
 *
 * Two samples of numbers: do they come from one distribution? Two-sided.
 *
 *     Kolmogorov-Smirnov  D = max |F(x) - G(x)|. Exact: the share of lattice paths that reach D
 *                         (Hodges 1958), to n m = 10^7. Asymptotic: the distribution of one sample
 *                         of round(nm/(n+m)) rows, as scipy, or Kolmogorov's limit.
 *     Cramer-von Mises    T from the squared distances of ranks (Anderson 1962, Ann. Math.
 *                         Statist. 33, eq. 9-11) with its limiting distribution, moments matched
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

struct stat_test kstest_cramer_von_mises(const double *x, size_t n, const double *y, size_t m);

/* P(W^2 <= x) of the limiting Cramer-von Mises distribution (Anderson & Darling 1952, eq. 4.35). */
double kstest_cramer_von_mises_cdf(double x);

#endif
