#include "base/histogram.h"

#include <math.h>

enum { FIRST_BITS = 13 }; /* the first octave begins at 2^13 ns */

/* Bounds are 1 and 1.5 times a power of two, and belong to the bucket that they end. */
static unsigned bucket_of(uint64_t ns)
{
    if (ns <= UINT64_C(1) << FIRST_BITS)
        return 0;
    unsigned octave = 63u - (unsigned)__builtin_clzll(ns - 1);
    uint64_t middle = (UINT64_C(3) << octave) >> 1;
    unsigned i = 2 * (octave - FIRST_BITS) + (ns <= middle ? 1 : 2);
    return MIN(i, (unsigned)HISTOGRAM_BUCKETS - 1);
}

void histogram_add(struct histogram *h, uint64_t ns)
{
    atomic_fetch_add_explicit(&h->counts[bucket_of(ns)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum_ns, ns, memory_order_relaxed);
}

double histogram_bound_s(unsigned i)
{
    assert(i < HISTOGRAM_BUCKETS);
    if (i == HISTOGRAM_BUCKETS - 1)
        return INFINITY;
    double octave_ns = ldexp(1.0, FIRST_BITS + (int)(i / 2));
    return (i % 2 ? 1.5 * octave_ns : octave_ns) / 1e9;
}

uint64_t histogram_count(const struct histogram *h)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        count += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
    return count;
}

double histogram_quantile_s(const struct histogram *h, double q)
{
    assert(q >= 0 && q <= 1);
    uint64_t seen = 0, count = histogram_count(h);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && count; i++) {
        seen += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
        if (seen && (double)seen >= q * (double)count)
            return histogram_bound_s(i);
    }
    return 0;
}
