#include "stats/ranking.h"

#include <math.h>

#include "base/err.h"
#include "stats/dd.h"
#include "stats/radix.h"
#include "stats/tally.h"

/* A row's payload: its weight, which is above 0, with a minus for a negative. */
static uint64_t payload_of(double weight, bool positive)
{
    double signed_weight = positive ? weight : -weight;
    uint64_t bits;
    memcpy(&bits, &signed_weight, sizeof bits);
    return bits;
}

static double payload_weight(uint64_t payload)
{
    double weight;
    memcpy(&weight, &payload, sizeof weight);
    return weight;
}

/* Rows without weight are left out: they must not make a step of their own. */
static enum stat_reason fill(struct radix_item *items, size_t *item_count, const double *scores,
                             size_t stride, const uint8_t *positive, const double *weights,
                             size_t n)
{
    *item_count = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = weights ? weights[i] : 1;
        double score = scores[i * stride];
        if (isnan(score))
            return STAT_NOT_FINITE;
        if (!tally_weight_ok(weight))
            return STAT_BAD_WEIGHT;
        if (weight == 0)
            continue;
        /* Descending: the key of the negated score. */
        items[(*item_count)++] =
            (struct radix_item){radix_key(-score), payload_of(weight, positive[i])};
    }
    return STAT_OK;
}

static size_t count_steps(const struct radix_item *items, size_t n)
{
    size_t count = n > 0;
    for (size_t i = 1; i < n; i++)
        count += items[i].key != items[i - 1].key;
    return count;
}

static void gather(struct ranking *r, const struct radix_item *items, size_t n)
{
    r->count = count_steps(items, n);
    r->steps = xmalloc(r->count * sizeof *r->steps);
    struct dd positive = {0}, negative = {0};
    size_t next = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || items[i].key != items[i - 1].key)
            r->steps[next++] = (struct ranking_step){.score = 0.0 - radix_value(items[i].key)};
        struct ranking_step *step = &r->steps[next - 1];
        double weight = payload_weight(items[i].payload);
        if (signbit(weight)) {
            step->negative -= weight;
            dd_add(&negative, -weight);
        } else {
            step->positive += weight;
            dd_add(&positive, weight);
        }
    }
    r->positive = dd_value(&positive);
    r->negative = dd_value(&negative);
}

enum stat_reason ranking_init(struct ranking *r, const double *scores, size_t stride,
                              const uint8_t *positive, const double *weights, size_t n)
{
    assert(r && stride > 0 && (n == 0 || (scores && positive)));
    *r = (struct ranking){0};
    struct radix_item *items = xmalloc(n * 2 * sizeof *items);
    size_t item_count;
    enum stat_reason reason = fill(items, &item_count, scores, stride, positive, weights, n);
    if (reason == STAT_OK) {
        radix_sort(items, items + item_count, item_count);
        gather(r, items, item_count);
        r->rows = n;
    }
    free(items);
    return reason;
}

void ranking_release(struct ranking *r)
{
    free(r->steps);
    *r = (struct ranking){0};
}

enum stat_reason ranking_two_classes(const struct ranking *r)
{
    if (r->rows == 0)
        return STAT_EMPTY;
    if (r->positive + r->negative <= 0)
        return STAT_NO_WEIGHT;
    if (r->positive <= 0)
        return STAT_NO_POSITIVES;
    return r->negative <= 0 ? STAT_NO_NEGATIVES : STAT_OK;
}
