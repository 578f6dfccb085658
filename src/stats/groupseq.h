/* stats/groupseq.h
 *
 * A few planned looks at a z-statistic (DeLong's, say): boundaries that spend the error alpha as
 * information grows (Lan & DeMets 1983, Biometrika 70), with the spending function that resembles
 * O'Brien & Fleming's
 *
 *     alpha*(t) = 2 - 2 Phi(z_{alpha/2}/sqrt t),   t = share of the information that was planned
 *
 * Two-sided: stop when |z| >= boundary, alpha is spent on both sides together. (Tables that give
 * each side the one-sided function of alpha/2, 4 - 4 Phi(z_{alpha/4}/sqrt t), begin higher and end
 * lower: 4.88 ... 2.03 for five looks, these 4.38 ... 2.06.) The boundaries come from the recursive
 * integration of Armitage, McPherson & Rowe (1969), on a grid; about five digits.
 *
 *     double t[] = {0.2, 0.4, 0.6, 0.8, 1}, z[5];
 *     enum stat_reason reason = groupseq_boundaries(t, 5, 0.05, z);
 *
 * A boundary beyond 8 is given as 8. Allocates while it works. */
#ifndef STATS_GROUPSEQ_H
#define STATS_GROUPSEQ_H

#include "stats/stat.h"

enum { GROUPSEQ_LOOKS_MAX = 50 };

double groupseq_spent(double t, double alpha);

/* `t` grows within (0, 1] by at least 10^-4 each time; STAT_OUT_OF_DOMAIN otherwise. */
WARN_UNUSED enum stat_reason groupseq_boundaries(const double *t, size_t looks, double alpha,
                                                 double *z);

#endif
