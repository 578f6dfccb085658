/* stats/ranks.h
 *
 * Ranks from 1 to n in ascending order; equal values share the mean of their places (midranks).
 *
 *     double tie_sum;
 *     enum stat_reason reason = ranks_mid(x, n, rank, &tie_sum);
 *
 * `tie_sum` is the sum of t^3 - t over the groups of t equal values, which corrects the variances
 * of rank tests. Allocates 32 bytes per value while it works. */
#ifndef STATS_RANKS_H
#define STATS_RANKS_H

#include "stats/stat.h"

/* STAT_NOT_FINITE if a value is NaN. */
WARN_UNUSED enum stat_reason ranks_mid(const double *x, size_t n, double *rank, double *tie_sum);

#endif
