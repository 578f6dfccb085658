/* stats/seqmcnemar.h
 *
 * McNemar's test for looking again and again: e-values of a beta-binomial mixture over the
 * discordant rows (Robbins 1970). b = rows that B alone got right, c = rows that A alone got
 * right, n = b + c:
 *
 *     two-sided                  ln e  = n ln 2 + ln B(1+b, 1+c)
 *     "B is better", one-sided   ln e+ = (n+1) ln 2 + ln B(1+b, 1+c) + ln I_{1/2}(1+c, 1+b)
 *
 *     double log_e = seqmcnemar_log_e_plus(only_b, only_a);
 *
 * Valid without identically distributed rows, as long as under the null hypothesis the chance
 * that B wins the next discordant row is at most a half given the past. A truth that is corrected
 * after it was counted breaks this: feed the first truth. The whole state is b and c. Pure. */
#ifndef STATS_SEQMCNEMAR_H
#define STATS_SEQMCNEMAR_H

#include "base/compat.h"

double seqmcnemar_log_e(uint64_t b, uint64_t c);
double seqmcnemar_log_e_plus(uint64_t b, uint64_t c);

#endif
