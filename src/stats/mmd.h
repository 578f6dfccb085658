/* stats/mmd.h
 *
 * Have many features drifted together? The unbiased maximum mean discrepancy (Gretton et al.
 * 2012, JMLR 13, eq. 3) with a Gaussian kernel, k(x, y) = exp(-|x - y|^2/(2 s^2)), s = the median
 * distance of the pooled rows, and a permutation test:
 *
 *     MMD^2 = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean k(x_i, y_j)
 *     p     = (1 + permutations that reach it)/(1 + permutations)
 *
 *     struct mmd m = mmd_test(x, n, y, m, columns, 500, &rng);
 *
 * A background job: time and memory grow with (n+m)^2, so n + m <= MMD_ROWS_MAX and the caller
 * draws a sample. Scale the columns first. Allocates while it works. */
#ifndef STATS_MMD_H
#define STATS_MMD_H

#include "stats/rng.h"
#include "stats/stat.h"

enum { MMD_ROWS_MAX = 4000 };

struct mmd {
    double mmd2, bandwidth, p;
    enum stat_reason reason;
};

/* Rows of `columns` numbers, row-major. */
struct mmd mmd_test(const double *x, size_t n, const double *y, size_t m, size_t columns,
                    unsigned permutations, struct rng *rng);

#endif
