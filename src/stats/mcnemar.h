/* stats/mcnemar.h
 *
 * Two classifiers that answered the same rows (McNemar 1947). Only the rows on which exactly one
 * of them is right say anything: b = rows that B alone got right, c = rows that A alone got
 * right. All p-values are two-sided.
 *
 *     exact      p = min(1, 2 BinCDF(min(b,c); b+c, 1/2))
 *     mid-p      = that - BinPMF(min(b,c); b+c, 1/2)        (Fagerland, Lydersen & Laake 2013)
 *     chi-square = (b-c)^2/(b+c), corrected (|b-c|-1)^2/(b+c), 1 degree of freedom
 *
 *     struct stat_test t = mcnemar_mid_p(only_b, only_a);
 *
 * At a fixed number of rows only; for looking again and again see stats/seqmcnemar.h. Without a
 * discordant row the chi-square has no value (STAT_NO_DIFFERENCE) and the exact p is 1. Pure. */
#ifndef STATS_MCNEMAR_H
#define STATS_MCNEMAR_H

#include "stats/stat.h"

struct stat_test mcnemar_exact(uint64_t b, uint64_t c); /* statistic: min(b, c) */
struct stat_test mcnemar_mid_p(uint64_t b, uint64_t c);
struct stat_test mcnemar_chi2(uint64_t b, uint64_t c, bool corrected);

/* (b - c)/n, the gain in accuracy, and its variance (b + c - (b-c)^2/n)/n^2. */
struct stat_value mcnemar_difference(uint64_t b, uint64_t c, uint64_t n);
struct stat_value mcnemar_variance(uint64_t b, uint64_t c, uint64_t n);
/* Score interval of the difference with error alpha (Tango 1998, Stat. Med. 17, eq. 2-4). */
struct stat_interval mcnemar_interval(uint64_t b, uint64_t c, uint64_t n, double alpha);

#endif
