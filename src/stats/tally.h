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
 * The weight has a second part below its last digit (stats/dd.h), so that a row of weight 10^12 can
 * come and go beside rows of weight 0.1 without a trace; `weight` alone is the sum as a double.
 * Weights that are whole numbers add up exactly to 2^53, in any order. A plain value: whoever holds
 * it owns it. */
#ifndef STATS_TALLY_H
#define STATS_TALLY_H

#include "stats/dd.h"

struct tally {
    uint64_t rows;
    double weight, weight_low; /* the sum is weight + weight_low */
};

static inline void tally_add(struct tally *t, double weight)
{
    struct dd sum = {t->weight, t->weight_low};
    dd_add(&sum, weight);
    *t = (struct tally){t->rows + 1, sum.high, sum.low};
}

WARN_UNUSED static inline bool tally_remove(struct tally *t, double weight)
{
    if (t->rows == 0)
        return false;
    struct dd left = {t->weight, t->weight_low};
    dd_add(&left, -weight);
    if (--t->rows == 0 || left.high < 0)
        left = (struct dd){0};
    *t = (struct tally){t->rows, left.high, left.low};
    return true;
}

static inline void tally_merge(struct tally *t, const struct tally *other)
{
    struct dd sum = {t->weight, t->weight_low};
    dd_add_dd(&sum, (struct dd){other->weight, other->weight_low});
    *t = (struct tally){t->rows + other->rows, sum.high, sum.low};
}

/* One or two varints while every weight is 1, ten bytes otherwise, 18 with a second part. */
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
