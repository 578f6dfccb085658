/* stats/normal.h
 *
 * The standard normal distribution. Tails keep their relative precision: normal_sf(37) is
 * 5.7e-300; beyond 38 only the logarithm is left, and normal_log_cdf(-1e6) is still right.
 *
 *     double z = normal_quantile(1 - alpha / 2);
 *
 * erfc() of libm; the quantile starts from Hastings' rational approximation (Abramowitz & Stegun
 * 26.2.23) and is polished by Newton steps on the logarithm of the tail. Pure. */
#ifndef STATS_NORMAL_H
#define STATS_NORMAL_H

#include "base/compat.h"

double normal_pdf(double x);
double normal_cdf(double x);
double normal_sf(double x); /* 1 - cdf */
double normal_log_cdf(double x);
double normal_two_sided(double z); /* P(|Z| >= |z|) */

/* 0 <= p <= 1; -infinity and infinity at the ends. */
double normal_quantile(double p);
/* The z with P(Z > z) = q, without the loss of 1 - q. */
double normal_upper_quantile(double q);

#endif
