/* stats/ttest.h
 *
 * Student's t from moments. Paired: one sample of differences, d_i = L_A,i - L_B,i, against 0.
 * Two samples: Welch's form, which does not assume equal variances (Welch 1947, Biometrika 34).
 *
 *     paired  t = mean/(s/sqrt n), n - 1 degrees of freedom
 *     Welch   t = (m_a - m_b)/sqrt(v_a + v_b), v = s^2/n,
 *             df = (v_a + v_b)^2/(v_a^2/(n_a - 1) + v_b^2/(n_b - 1))
 *
 *     struct stat_test t = ttest_paired(&differences);
 *     struct stat_interval ci = ttest_paired_interval(&differences, 0.05);
 *
 * Two-sided, at a fixed n. STAT_NO_VARIANCE when all values are equal; STAT_NOT_FINITE where an
 * interval would need larger numbers than there are (two values at alpha = 1e-300). Pure. */
#ifndef STATS_TTEST_H
#define STATS_TTEST_H

#include "stats/moments.h"

struct stat_test ttest_paired(const struct moments *d);
struct stat_interval ttest_paired_interval(const struct moments *d, double alpha);

struct stat_test ttest_welch(const struct moments *a, const struct moments *b);
/* Of mean a - mean b. */
struct stat_interval ttest_welch_interval(const struct moments *a, const struct moments *b,
                                          double alpha);

#endif
