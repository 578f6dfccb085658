/* stats/confseq.h
 *
 * An interval for a mean that holds at all times at once: the asymptotic confidence sequence of
 * the normal mixture (Robbins 1970; Waudby-Smith et al., arXiv:2103.06476, eq. 14; one-sided
 * eq. 23). For n blocks with mean m and standard deviation s:
 *
 *     rho^2      = (-2 ln alpha + ln(1 - 2 ln alpha))/N*       tightest near n = N*
 *     half-width = s sqrt(2 (n rho^2 + 1)/(n^2 rho^2) ln(sqrt(n rho^2 + 1)/alpha))
 *     ln e       = rho^2 n^2 m^2/(2 s^2 (n rho^2 + 1)) - ln(n rho^2 + 1)/2
 *     e+         = 2/sqrt(n rho^2 + 1) exp(rho^2 T^2/(2 (n rho^2 + 1)))
 *                  Phi(rho T/sqrt(n rho^2 + 1)),  T = n m/s: evidence that the mean is above 0
 *
 *     double rho2 = confseq_rho2(0.05, n_star);            // fixed before the first look
 *     struct stat_interval ci = confseq_interval(&block_means, rho2, 0.05);
 *
 * FEED IT MEANS OF TIME BLOCKS, never rows: with autocorrelated rows, AR(0.7), it promotes wrongly
 * in half of all streams within 1 000 rows, with means of 50 rows it keeps its promise. Below
 * CONFSEQ_BLOCKS_MIN blocks there is no answer (STAT_TOO_FEW): the theory is asymptotic. Pure. */
#ifndef STATS_CONFSEQ_H
#define STATS_CONFSEQ_H

#include "stats/moments.h"

enum { CONFSEQ_BLOCKS_MIN = 30 };

double confseq_rho2(double alpha, double n_star);

/* From plain numbers; n >= 1, sd > 0. */
double confseq_half_width(double n, double sd, double rho2, double alpha);
double confseq_log_e(double n, double mean, double sd, double rho2);
double confseq_log_e_plus(double n, double mean, double sd, double rho2);

/* From the moments of the block means. */
struct stat_interval confseq_interval(const struct moments *blocks, double rho2, double alpha);
/* The largest m0 such that "the mean is at most m0" is refuted at alpha: a lower bound. */
struct stat_value confseq_lower(const struct moments *blocks, double rho2, double alpha);
/* ln e+ of "the mean is at most m0". */
struct stat_value confseq_evidence(const struct moments *blocks, double rho2, double m0);

#endif
