/* stats/mannwhitney.h
 *
 * Does a value of one sample tend to be larger than one of the other (Mann & Whitney 1947)?
 * The statistic is U of the first sample, the pairs that it wins, ties half. Two-sided.
 *
 *     approximate  z = (|U - nm/2| - 1/2)/sqrt(nm/12 [(N+1) - sum(t^3 - t)/(N(N-1))])
 *     exact        by the recursion of Mann & Whitney, to nm = 10 000, without ties
 *
 *     struct stat_test t = mannwhitney_approximate(x, n, y, m);
 *
 * U/(nm) is the AUC that tells the samples apart. Allocates while it works. */
#ifndef STATS_MANNWHITNEY_H
#define STATS_MANNWHITNEY_H

#include "stats/stat.h"

enum { MANNWHITNEY_PAIRS_MAX = 10000 };

struct stat_test mannwhitney_approximate(const double *x, size_t n, const double *y, size_t m);
struct stat_test mannwhitney_exact(const double *x, size_t n, const double *y, size_t m);

#endif
