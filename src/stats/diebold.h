/* stats/diebold.h
 *
 * Two forecasts of the same series, whose losses may be autocorrelated (Diebold & Mariano 1995,
 * JBES 13), with the small-sample factor and the t distribution of Harvey, Leybourne & Newbold
 * (1997, Int. J. Forecasting 13, eq. 9). For d_i = L_A,i - L_B,i in order of time and a horizon h:
 *
 *     DM = mean d / sqrt((gamma_0 + 2 sum_{0<k<h} gamma_k)/n),   gamma_k: autocovariance, divisor n
 *     statistic = DM sqrt((n + 1 - 2h + h(h-1)/n)/n),  n - 1 degrees of freedom, two-sided
 *
 *     struct stat_test t = diebold_mariano(d, n, 1);
 *
 * STAT_NO_VARIANCE where the estimate of the variance is not positive, which can happen for
 * h > 1. The work grows as n times h. Nothing is allocated. */
#ifndef STATS_DIEBOLD_H
#define STATS_DIEBOLD_H

#include "stats/stat.h"

struct stat_test diebold_mariano(const double *d, size_t n, size_t horizon); /* horizon >= 1 */

#endif
