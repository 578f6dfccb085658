/* stats/cramervonmises.h
 *
 * Two samples of numbers: do they come from one distribution? The Cramer-von Mises criterion
 * (Anderson 1962, Ann. Math. Statist. 33, eq. 9-11) weighs the whole of both distribution
 * functions, where Kolmogorov-Smirnov (stats/kstest.h) sees their largest distance only. With the
 * ranks r_i of the first sample and s_j of the second among all N = n + m values, in their order:
 *
 *     U = n sum (r_i - i)^2 + m sum (s_j - j)^2
 *     T = U/(n m N) - (4 n m - 1)/(6 N) = n m/N^2 sum over all values of (F - G)^2
 *
 *     asymptotic  T with its first two moments matched to those of the limiting distribution
 *     exact       the share of the ways to deal the N values to both samples that give a T as large
 *                 as the one seen, counted group by group of equal values (in the manner of Xiao,
 *                 Gordon & Yakovlev 2007, J. Stat. Softw. 17(8), who have no ties);
 *                 STAT_TOO_LARGE where that would take more than some seconds: samples of 30 are
 *                 always fine, of 100 mostly
 *
 *     struct stat_test t = cramervonmises_exact(x, n, y, m);
 *
 * Two-sided; needs two values in each sample. Equal values share their midrank. The exact p is that
 * of the permutation test with the ties that there are (scipy takes the distribution without ties)
 * and keeps its relative precision however small it is; the asymptotic one is right to 10^-14
 * absolutely and 0 below that. Allocates while it works. */
#ifndef STATS_CRAMERVONMISES_H
#define STATS_CRAMERVONMISES_H

#include "stats/stat.h"

struct stat_test cramervonmises_asymptotic(const double *x, size_t n, const double *y, size_t m);
struct stat_test cramervonmises_exact(const double *x, size_t n, const double *y, size_t m);

/* P(W^2 <= x) of the limiting distribution (Anderson & Darling 1952, eq. 4.35). */
double cramervonmises_limit_cdf(double x);

#endif
