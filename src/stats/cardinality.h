/* stats/cardinality.h
 *
 * How many distinct values were seen, from 4 096 small registers: HyperLogLog (Flajolet et al.
 * 2007) with Ertl's estimator (2017, arXiv:1702.01284, algorithm 6), which needs no bias tables
 * and no switch to linear counting. The standard error is 1.6 %.
 *
 *     struct cardinality c = {{0}};
 *     cardinality_add(&c, hash_of_value);       // 64 well-mixed bits
 *     double distinct = cardinality_estimate(&c);
 *
 * Merging takes maxima: exact in any order. A value cannot be taken out: rebuild the bucket.
 * All zeros is the empty sketch; it owns nothing. */
#ifndef STATS_CARDINALITY_H
#define STATS_CARDINALITY_H

#include "stats/codec.h"

enum { CARDINALITY_BITS = 12, CARDINALITY_REGISTERS = 1 << CARDINALITY_BITS };

struct cardinality {
    uint8_t registers[CARDINALITY_REGISTERS];
};

void cardinality_add(struct cardinality *c, uint64_t hash);
void cardinality_merge(struct cardinality *c, const struct cardinality *other);
double cardinality_estimate(const struct cardinality *c);

size_t cardinality_write(const struct cardinality *c, uint8_t *p, size_t room);
WARN_UNUSED enum err cardinality_read(struct cardinality *c, const uint8_t *p, size_t n,
                                      struct err_ctx *e);

#endif
