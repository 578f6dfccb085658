/* stats/wilcoxon.h
 *
 * Wilcoxon's signed rank test (1945) of paired differences: is their distribution symmetric
 * around 0? Zeros are left out; the statistic is W+, the sum of the ranks of the positive
 * differences (R's V; scipy reports min(W+, W-)). Two-sided.
 *
 *     approximate  z = (W+ - n(n+1)/4)/sqrt([n(n+1)(2n+1) - sum(t^3 - t)/2]/24),
 *                  with `corrected` half a rank nearer to 0
 *     exact        the distribution of W+ over all signs, ties included, to 300 differences
 *     sketch       the approximate test from a quantile sketch of the differences, whose bucket
 *                  mates count as ties: for windows that keep no rows
 *
 *     struct stat_test t = wilcoxon_exact(d, n);
 *
 * STAT_NO_DIFFERENCE when every difference is 0. Allocates while it works. */
#ifndef STATS_WILCOXON_H
#define STATS_WILCOXON_H

#include "stats/sketch.h"

enum { WILCOXON_EXACT_MAX = 300 };

struct stat_test wilcoxon_approximate(const double *d, size_t n, bool corrected);
struct stat_test wilcoxon_exact(const double *d, size_t n);
struct stat_test wilcoxon_sketch(const struct sketch *d);

#endif
