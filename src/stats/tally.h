/* stats/tally.h
 *
 * Rows counted with their weight. The count of rows is exact and says whether anything is there;
 * the weight alone could not, because 0.1 + 0.2 - 0.3 is not 0 in binary. When the last row is
 * taken out the weight becomes exactly 0 again.
 *
 *     tally_add(&t, weight);
 *     if (!tally_remove(&t, weight))
 *         ...                          // was never added: the caller rebuilds its bucket
 *
 * Weights that are whole numbers add up exactly to 2^53, in any order. */
#ifndef STATS_TALLY_H
#define STATS_TALLY_H

#include "stats/codec.h"

struct tally {
    uint64_t rows;
    double weight;
};

static inline void tally_add(struct tally *t, double weight)
{
    t->rows++;
    t->weight += weight;
}

WARN_UNUSED static inline bool tally_remove(struct tally *t, double weight)
{
    if (t->rows == 0)
        return false;
    double left = t->weight - weight;
    t->weight = --t->rows == 0 || left < 0 ? 0 : left;
    return true;
}

static inline void tally_merge(struct tally *t, const struct tally *other)
{
    t->rows += other->rows;
    t->weight += other->weight;
}

/* One or two varints while every weight is 1, ten bytes otherwise. */
void tally_put(struct codec_out *out, const struct tally *t);
struct tally tally_get(struct codec_in *in);

/* An array of tallies in which most are empty: (gap, tally) for those that are not. */
void tally_put_sparse(struct codec_out *out, const struct tally *t, size_t count);
/* Fills `t`; the caller has zeroed it. */
void tally_get_sparse(struct codec_in *in, struct tally *t, size_t count);

/* The heaviest row: sums of weights times squares then stay far from overflow. */
#define TALLY_WEIGHT_MAX 1e12

/* Whether a weight may enter a sum: 0 <= weight <= TALLY_WEIGHT_MAX. Weights come from outside, so
 * whoever takes them in asks this; the accumulators assert it. */
bool tally_weight_ok(double weight);

#endif
