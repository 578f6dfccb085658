#include "stats/kstest.h"

#include <math.h>

#include "base/err.h"
#include "stats/kolmogorov.h"
#include "stats/radix.h"

static enum stat_reason sorted_keys(struct radix_item *items, struct radix_item *scratch,
                                    const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]))
            return STAT_NOT_FINITE;
        items[i] = (struct radix_item){radix_key(x[i]), 0};
    }
    radix_sort(items, scratch, n);
    return STAT_OK;
}

/* D n m, a whole number: both functions only take steps of 1/n and 1/m. */
static uint64_t largest_gap(const struct radix_item *x, size_t n, const struct radix_item *y,
                            size_t m)
{
    uint64_t gap = 0;
    size_t i = 0, j = 0;
    while (i < n && j < m) {
        uint64_t at = MIN(x[i].key, y[j].key);
        while (i < n && x[i].key == at)
            i++;
        while (j < m && y[j].key == at)
            j++;
        uint64_t a = (uint64_t)i * m, b = (uint64_t)j * n;
        gap = MAX(gap, a > b ? a - b : b - a);
    }
    return gap;
}

static enum stat_reason gap_of(const double *x, size_t n, const double *y, size_t m, uint64_t *gap)
{
    if (n == 0 || m == 0)
        return STAT_EMPTY;
    if (n > UINT32_MAX || m > UINT32_MAX)
        return STAT_TOO_LARGE;
    struct radix_item *items = xmalloc((n + m + MAX(n, m)) * sizeof *items);
    enum stat_reason reason = sorted_keys(items, items + n + m, x, n);
    if (!reason)
        reason = sorted_keys(items + n, items + n + m, y, m);
    if (!reason)
        *gap = largest_gap(items, n, items + n, m);
    free(items);
    return reason;
}

/* Q(i, j): the chance that a random path to (i, j) leaves the band |i m - j n| < gap. */
static double chance_outside(uint64_t n, uint64_t m, uint64_t gap)
{
    double *q = xmalloc((m + 1) * sizeof *q);
    for (uint64_t i = 0; i <= n; i++)
        for (uint64_t j = 0; j <= m; j++) {
            uint64_t a = i * m, b = j * n;
            if ((a > b ? a - b : b - a) >= gap) {
                q[j] = 1;
                continue;
            }
            double down = i > 0 ? q[j] : 0, left = j > 0 ? q[j - 1] : 0;
            q[j] = i + j == 0 ? 0 : ((double)i * down + (double)j * left) / (double)(i + j);
        }
    double p = q[m];
    free(q);
    return p;
}

struct stat_test kstest_exact(const double *x, size_t n, const double *y, size_t m)
{
    uint64_t gap;
    enum stat_reason reason = gap_of(x, n, y, m, &gap);
    if (!reason && (double)n * (double)m > KSTEST_PAIRS_MAX)
        reason = STAT_TOO_LARGE;
    if (reason)
        return stat_test_none(reason);
    double d = (double)gap / ((double)n * (double)m);
    return (struct stat_test){.statistic = d, .p = chance_outside(n, m, gap)};
}

struct stat_test kstest_asymptotic(const double *x, size_t n, const double *y, size_t m)
{
    uint64_t gap;
    enum stat_reason reason = gap_of(x, n, y, m, &gap);
    if (reason)
        return stat_test_none(reason);
    double pairs = (double)n * (double)m;
    uint64_t rows = (uint64_t)fmax(1, nearbyint(pairs / ((double)n + (double)m)));
    double d = (double)gap / pairs;
    return (struct stat_test){.statistic = d, .p = kolmogorov_finite_sf(rows, d)};
}

struct stat_test kstest_limit(const double *x, size_t n, const double *y, size_t m)
{
    uint64_t gap;
    enum stat_reason reason = gap_of(x, n, y, m, &gap);
    if (reason)
        return stat_test_none(reason);
    double pairs = (double)n * (double)m, d = (double)gap / pairs;
    double p = kolmogorov_sf(d * sqrt(pairs / ((double)n + (double)m)));
    return (struct stat_test){.statistic = d, .p = p};
}
