/* stats/multiple.h
 *
 * Many tests at once: adjusted p-values, to be compared with the level itself.
 *
 *     Holm (1979)                 chance of any false alarm, under any dependence
 *     Benjamini & Hochberg (1995) share of false alarms among the alarms
 *     e-BH (Wang & Ramdas 2022)   the same for e-values, under any dependence: the k largest are
 *                                 declared, k = max{k : e_(k) >= K/(k alpha)}
 *
 *     multiple_benjamini_hochberg(p, n, adjusted);
 *
 * `p` and `adjusted` may be the same array. The p-values lie in [0, 1]. Allocates while it works.
 */
#ifndef STATS_MULTIPLE_H
#define STATS_MULTIPLE_H

#include "base/compat.h"

void multiple_holm(const double *p, size_t n, double *adjusted);
void multiple_benjamini_hochberg(const double *p, size_t n, double *adjusted);

/* From logarithms of e-values; declared[i] is whether i is. Returns how many are. */
size_t multiple_e_benjamini_hochberg(const double *log_e, size_t n, double alpha, bool *declared);

#endif
