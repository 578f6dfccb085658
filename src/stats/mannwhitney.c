#include "stats/mannwhitney.h"

#include <math.h>

#include "base/err.h"
#include "stats/normal.h"
#include "stats/ranks.h"

static enum stat_reason wins(const double *x, size_t n, const double *y, size_t m, double *u,
                             double *tie_sum)
{
    if (n == 0 || m == 0)
        return STAT_EMPTY;
    double *both = xmalloc(2 * (n + m) * sizeof *both);
    double *ranks = both + n + m;
    memcpy(both, x, n * sizeof *x);
    memcpy(both + n, y, m * sizeof *y);
    enum stat_reason reason = ranks_mid(both, n + m, ranks, tie_sum);
    *u = -(double)n * ((double)n + 1) / 2;
    for (size_t i = 0; !reason && i < n; i++)
        *u += ranks[i];
    free(both);
    return reason;
}

struct stat_test mannwhitney_approximate(const double *x, size_t n, const double *y, size_t m)
{
    double u, tie_sum;
    enum stat_reason reason = wins(x, n, y, m, &u, &tie_sum);
    if (reason)
        return stat_test_none(reason);
    double pairs = (double)n * (double)m, all = (double)n + (double)m;
    double variance = pairs / 12 * ((all + 1) - tie_sum / (all * (all - 1)));
    if (variance <= 0)
        return stat_test_none(STAT_CONSTANT);
    double z = (fabs(u - pairs / 2) - 0.5) / sqrt(variance);
    return (struct stat_test){.statistic = u, .p = fmin(1, 2 * normal_sf(z))};
}

/* p[i][u]: the chance of u wins of i x-values over j y-values, for growing j:
 * p(u; i, j) = i/(i+j) p(u - j; i-1, j) + j/(i+j) p(u; i, j-1). */
static double upper_tail(size_t n, size_t m, double u)
{
    size_t width = n * m + 1;
    double *p = xcalloc((n + 1) * width, sizeof *p);
    for (size_t i = 0; i <= n; i++)
        p[i * width] = 1; /* against no y at all there are no wins */
    for (size_t j = 1; j <= m; j++)
        for (size_t i = 1; i <= n; i++) {
            double share = (double)i / (double)(i + j);
            double *row = p + i * width;
            const double *fewer = row - width;
            for (size_t w = i * j + 1; w-- > 0;)
                row[w] = (1 - share) * row[w] + (w >= j ? share * fewer[w - j] : 0);
        }
    double tail = 0;
    for (size_t w = width; w-- > 0 && (double)w >= u;)
        tail += p[n * width + w];
    free(p);
    return tail;
}

struct stat_test mannwhitney_exact(const double *x, size_t n, const double *y, size_t m)
{
    double u, tie_sum;
    enum stat_reason reason = wins(x, n, y, m, &u, &tie_sum);
    if (!reason && tie_sum > 0)
        reason = STAT_TIES;
    if (!reason && (n > MANNWHITNEY_PAIRS_MAX || m > MANNWHITNEY_PAIRS_MAX / n))
        reason = STAT_TOO_LARGE;
    if (reason)
        return stat_test_none(reason);
    double most = fmax(u, (double)n * (double)m - u);
    double tail = upper_tail(MIN(n, m), MAX(n, m), most); /* U has the same law either way */
    return (struct stat_test){.statistic = u, .p = fmin(1, 2 * tail)};
}
