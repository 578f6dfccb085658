/* stats/isotonic.h
 *
 * The growing sequence nearest to given values: isotonic regression by pooling adjacent violators
 * (Ayer et al. 1955). It makes calibrated probabilities of the share of positives per score bin.
 *
 *     isotonic_fit(values, weights, n);            // in place
 *
 * Minimises sum w (fit - value)^2 with fit_1 <= fit_2 <= ...; weights > 0. Allocates while it
 * works. */
#ifndef STATS_ISOTONIC_H
#define STATS_ISOTONIC_H

#include "base/compat.h"

void isotonic_fit(double *values, const double *weights, size_t n);

#endif
