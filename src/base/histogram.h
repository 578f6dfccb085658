/* base/histogram.h
 *
 * How long things take, counted in buckets that grow by half an octave from 8 microseconds to
 * a minute and a half. Threads add without waiting for each other; who reads sees some moment of
 * each bucket.
 *
 *     static struct histogram took;
 *     histogram_add(&took, clock_monotonic_ns() - started_ns);
 *     double p99_s = histogram_quantile_s(&took, 0.99);
 *
 * All zero is empty. Any thread. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdatomic.h>

#include "base/compat.h"

enum { HISTOGRAM_OCTAVES = 24, HISTOGRAM_BUCKETS = 2 * HISTOGRAM_OCTAVES + 1 };

struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_BUCKETS]; /* the last one is for what is longer */
    _Atomic uint64_t sum_ns;
};

void histogram_add(struct histogram *h, uint64_t ns);

/* Where bucket `i` ends, itself included; infinity for the last one. */
double histogram_bound_s(unsigned i);

uint64_t histogram_count(const struct histogram *h);

/* The end of the bucket in which the share `q` of all is reached; 0 when there is nothing. */
double histogram_quantile_s(const struct histogram *h, double q);

#endif
