/* stats/evalue.h
 *
 * Evidence that may be looked at after every row. An e-value e_t is the capital of somebody who
 * bets against the null hypothesis at fair odds: if it is true, the chance that e_t ever reaches
 * 1/alpha is at most alpha (Ville 1939), so one may stop at any time. Everything is kept as
 * logarithms.
 *
 *     struct evalue e = {0};
 *     evalue_observe(&e, seqmcnemar_log_e_plus(b, c));
 *     double p = evalue_p(&e);                        // valid at any time, never grows
 *     if (e.log_now >= evalue_log_threshold(challengers, evalue_round_alpha(0.05, round))) ...
 *
 * Several challengers share the error by Bonferroni: declare at e >= K/alpha, which holds under
 * any dependence. Rounds r = 1, 2, ... spend alpha_r = 6 alpha/(pi^2 r^2), which sums to alpha.
 * All zeros is no evidence (e = 1); nothing is owned. */
#ifndef STATS_EVALUE_H
#define STATS_EVALUE_H

#include "base/compat.h"

struct evalue {
    double log_now, log_max; /* log_max >= 0 */
};

void evalue_observe(struct evalue *e, double log_e);
double evalue_p(const struct evalue *e); /* min(1, 1/max e) */

double evalue_round_alpha(double alpha, uint64_t round); /* round counts from 1 */
double evalue_log_threshold(uint64_t challengers, double alpha);

#endif
