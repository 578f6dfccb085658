/* stats/kolmogorov.h
 *
 * The distribution of the largest distance between distribution functions.
 *
 *     limit    P(K > x) = 2 sum_k (-1)^(k-1) exp(-2 k^2 x^2)            (Kolmogorov 1933)
 *     one sample of n rows: P(D_n > d), exact by the matrix of Marsaglia, Tsang & Wang (2003,
 *              J. Stat. Softw. 8(18)) to n = 500, by twice Smirnov's one-sided tail where that is
 *              below 10^-3 (to n = 20 000, exact to the digits of a double), and by the limit at
 *              x + 1/(6 sqrt n) + (x-1)/(4n), x = d sqrt n, for the rest (Vrbik 2018; error about
 *              10^-5)
 *
 *     double p = kolmogorov_sf(d * sqrt(n * m / (n + m)));
 *
 * kolmogorov_finite_sf() allocates its small matrices while it works. */
#ifndef STATS_KOLMOGOROV_H
#define STATS_KOLMOGOROV_H

#include "base/compat.h"

double kolmogorov_sf(double x);
double kolmogorov_finite_sf(uint64_t n, double d); /* n > 0 */

#endif
