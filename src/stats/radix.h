/* stats/radix.h
 *
 * Sorts doubles that carry a 64-bit companion, in time linear in their number. Ranks, AUC,
 * Kolmogorov-Smirnov and the rest all begin with this.
 *
 *     items[i] = (struct radix_item){radix_key(score[i]), payload};
 *     radix_sort(items, scratch, n);                // ascending, stable
 *     double smallest = radix_value(items[0].key);
 *
 * The key is the double's bits made monotonic as an unsigned number; -0 and 0 get the same key,
 * and NaN must not be passed. The caller owns both arrays, of n items each. */
#ifndef STATS_RADIX_H
#define STATS_RADIX_H

#include "base/compat.h"

struct radix_item {
    uint64_t key;
    uint64_t payload;
};

uint64_t radix_key(double value);
double radix_value(uint64_t key);

void radix_sort(struct radix_item *items, struct radix_item *scratch, size_t n);

#endif
