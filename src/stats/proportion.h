/* stats/proportion.h
 *
 * Rates: x successes in n trials.
 *
 *     Wilson (1927)     (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2))/(1 + z^2/n)
 *     Newcombe (1998, Stat. Med. 17, method 10), of p1 - p2 from the Wilson limits (l, u):
 *                       p1 - p2 - sqrt((p1-l1)^2 + (u2-p2)^2),
 *                       p1 - p2 + sqrt((u1-p1)^2 + (p2-l2)^2)
 *     two rates         z = (p1 - p2)/sqrt(p(1-p)(1/n1 + 1/n2)), p pooled; z^2 is chi-square
 *     allocation        was traffic split as configured? chi-square on the units of each arm;
 *                       stop the experiment at p < 0.001 (Fabijan et al. 2019, KDD)
 *     allocation_log_e  the same, to be looked at after every unit: a Dirichlet-multinomial
 *                       e-value (Lindon & Malek 2022); e >= 1000 is as strong as p < 0.001
 *
 *     struct stat_interval ci = proportion_newcombe(x1, n1, x2, n2, 0.05);
 *
 * Pure. */
#ifndef STATS_PROPORTION_H
#define STATS_PROPORTION_H

#include "stats/stat.h"

struct stat_interval proportion_wilson(uint64_t x, uint64_t n, double alpha);
struct stat_interval proportion_newcombe(uint64_t x1, uint64_t n1, uint64_t x2, uint64_t n2,
                                         double alpha);
struct stat_test proportion_two(uint64_t x1, uint64_t n1, uint64_t x2, uint64_t n2);

/* `shares` are positive and need not sum to 1. */
struct stat_test proportion_allocation(const uint64_t *units, const double *shares, size_t arms);
struct stat_value proportion_allocation_log_e(const uint64_t *units, const double *shares,
                                              size_t arms);

#endif
