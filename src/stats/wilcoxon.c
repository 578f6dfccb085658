#include "stats/wilcoxon.h"

#include <math.h>

#include "stats/normal.h"
#include "stats/ranks.h"

/* Ranks of the differences that are not 0. */
struct signed_ranks {
    double *ranks;
    size_t n;
    double positive; /* W+ */
    double tie_sum;
};

static enum stat_reason ranks_init(struct signed_ranks *s, const double *d, size_t n)
{
    *s = (struct signed_ranks){.ranks = xmalloc(n * 2 * sizeof *s->ranks)};
    double *magnitudes = s->ranks + n;
    for (size_t i = 0; i < n; i++)
        if (d[i] != 0)
            magnitudes[s->n++] = fabs(d[i]);
    enum stat_reason reason = n == 0 ? STAT_EMPTY : s->n == 0 ? STAT_NO_DIFFERENCE : STAT_OK;
    if (!reason)
        reason = ranks_mid(magnitudes, s->n, s->ranks, &s->tie_sum);
    if (reason) {
        free(s->ranks);
        return reason;
    }
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (d[i] > 0)
            s->positive += s->ranks[at];
        at += d[i] != 0;
    }
    return STAT_OK;
}

static struct stat_test normal_test(double positive, double n, double tie_sum, bool corrected)
{
    double miss = positive - n * (n + 1) / 4;
    double variance = (n * (n + 1) * (2 * n + 1) - tie_sum / 2) / 24;
    if (corrected)
        miss -= miss > 0 ? fmin(0.5, miss) : fmax(-0.5, miss);
    double z = miss / sqrt(variance);
    return (struct stat_test){.statistic = positive, .p = normal_two_sided(z)};
}

struct stat_test wilcoxon_approximate(const double *d, size_t n, bool corrected)
{
    struct signed_ranks s;
    enum stat_reason reason = ranks_init(&s, d, n);
    if (reason)
        return stat_test_none(reason);
    free(s.ranks);
    return normal_test(s.positive, (double)s.n, s.tie_sum, corrected);
}

/* Probability that the sum of randomly signed ranks is at most `least`; midranks are halves, so
 * sums are counted in halves. */
static double lower_tail(const struct signed_ranks *s, double least)
{
    size_t sums = s->n * (s->n + 1) + 1, reached = 0;
    double *p = xcalloc(sums, sizeof *p);
    p[0] = 1;
    for (size_t i = 0; i < s->n; i++) {
        size_t step = (size_t)(2 * s->ranks[i]);
        reached += step;
        for (size_t sum = reached + 1; sum-- > 0;)
            p[sum] = 0.5 * (p[sum] + (sum >= step ? p[sum - step] : 0));
    }
    double tail = 0;
    for (size_t sum = 0; sum <= (size_t)(2 * least); sum++)
        tail += p[sum];
    free(p);
    return tail;
}

struct stat_test wilcoxon_exact(const double *d, size_t n)
{
    struct signed_ranks s;
    enum stat_reason reason = ranks_init(&s, d, n);
    if (reason)
        return stat_test_none(reason);
    struct stat_test test = stat_test_none(STAT_TOO_LARGE);
    if (s.n <= WILCOXON_EXACT_MAX) {
        double whole = (double)s.n * (double)(s.n + 1) / 2;
        double p = 2 * lower_tail(&s, fmin(s.positive, whole - s.positive));
        test = (struct stat_test){.statistic = s.positive, .p = fmin(1, p)};
    }
    free(s.ranks);
    return test;
}

struct stat_test wilcoxon_sketch(const struct sketch *d)
{
    if (d->rows == 0)
        return stat_test_none(STAT_EMPTY);
    const struct sketch_side *plus = &d->positive, *minus = &d->negative;
    int32_t first = INT32_MAX, end = INT32_MIN;
    const struct sketch_side *sides[] = {plus, minus};
    for (size_t i = 0; i < ARRAY_LEN(sides); i++)
        if (sides[i]->count > 0) {
            first = MIN(first, sides[i]->first);
            end = MAX(end, sides[i]->first + (int32_t)sides[i]->count);
        }
    double below = 0, positive = 0, tie_sum = 0;
    for (int32_t index = first; index < end; index++) {
        double p = (double)sketch_side_rows(plus, index);
        double t = p + (double)sketch_side_rows(minus, index);
        positive += p * (below + (t + 1) / 2);
        tie_sum += t * t * t - t;
        below += t;
    }
    if (below == 0)
        return stat_test_none(STAT_NO_DIFFERENCE);
    return normal_test(positive, below, tie_sum, false);
}
