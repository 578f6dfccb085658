/* stats/dist.h
 *
 * The distributions that tests refer to: Student's t, chi-square, F, binomial, beta. Names end in
 * cdf (P(X <= x)), sf (P(X > x); tails keep their relative precision) and quantile (inverse of
 * the cdf).
 *
 *     double p = 2 * dist_student_sf(fabs(t), df);
 *
 * Domains: df > 0, shape parameters > 0, 0 <= p <= 1; anything else is a bug and asserts. Pure. */
#ifndef STATS_DIST_H
#define STATS_DIST_H

#include "base/compat.h"

double dist_student_cdf(double t, double df);
double dist_student_sf(double t, double df);
double dist_student_two_sided(double t, double df); /* P(|T| >= |t|) */
double dist_student_quantile(double p, double df);  /* infinite where no double is large enough */

double dist_chi2_cdf(double x, double df); /* x >= 0 */
double dist_chi2_sf(double x, double df);
double dist_chi2_quantile(double p, double df);

double dist_f_sf(double x, double df1, double df2);

/* P(K <= k) for n trials of chance p; k < 0 gives 0. */
double dist_binomial_cdf(double k, double n, double p);
double dist_binomial_pmf(double k, double n, double p);

double dist_beta_cdf(double x, double a, double b);
double dist_beta_quantile(double p, double a, double b);

#endif
