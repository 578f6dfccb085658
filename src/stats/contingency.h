/* stats/contingency.h
 *
 * Counts in a table of rows and columns: are both independent?
 *
 *     Pearson's chi-square   sum (O - E)^2/E, (r-1)(c-1) degrees of freedom; rows and columns
 *                            without counts are left out; `corrected` is Yates' for 2 x 2
 *     Fisher's exact test    of a 2 x 2 table, two-sided: the tables with the same margins that
 *                            are not likelier than the one seen (Fisher 1935)
 *
 *     const double table[] = {120, 880, 150, 850};
 *     struct stat_test t = contingency_chi2(table, 2, 2, false);
 *
 * Allocates its margins while it works. */
#ifndef STATS_CONTINGENCY_H
#define STATS_CONTINGENCY_H

#include "stats/stat.h"

/* Row-major counts >= 0. STAT_TOO_FEW when fewer than two rows or columns have counts. */
struct stat_test contingency_chi2(const double *table, size_t rows, size_t columns, bool corrected);

enum { CONTINGENCY_FISHER_MAX = 1000000 };

/* The table a b / c d; STAT_TOO_LARGE when more than CONTINGENCY_FISHER_MAX tables share its
 * margins (chi-square says the same then). The statistic is the odds ratio ad/(bc), 0 when it is
 * undefined. */
struct stat_test contingency_fisher(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

#endif
