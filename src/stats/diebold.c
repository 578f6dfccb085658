#include "stats/diebold.h"

#include <math.h>

#include "stats/dist.h"
#include "stats/moments.h"

static double autocovariance(const double *d, size_t n, double mean, size_t lag)
{
    double sum = 0;
    for (size_t i = lag; i < n; i++)
        sum += (d[i] - mean) * (d[i - lag] - mean);
    return sum / (double)n;
}

struct stat_test diebold_mariano(const double *d, size_t n, size_t horizon)
{
    if (horizon < 1)
        return stat_test_none(STAT_OUT_OF_DOMAIN);
    if (n < 2 || n <= horizon)
        return stat_test_none(n == 0 ? STAT_EMPTY : STAT_TOO_FEW);
    struct moments m = {0};
    for (size_t i = 0; i < n; i++)
        if (!moments_add(&m, d[i]))
            return stat_test_none(STAT_NOT_FINITE);
    if (moments_variance(&m).value == 0)
        return stat_test_none(STAT_NO_VARIANCE);
    double mean = moments_mean(&m).value, rows = (double)n, h = (double)horizon;
    double variance = autocovariance(d, n, mean, 0);
    for (size_t lag = 1; lag < horizon; lag++)
        variance += 2 * autocovariance(d, n, mean, lag);
    if (variance <= 0)
        return stat_test_none(STAT_NO_VARIANCE);
    double factor = (rows + 1 - 2 * h + h * (h - 1) / rows) / rows;
    double t = mean / sqrt(variance / rows) * sqrt(fmax(0, factor));
    return (struct stat_test){
        .statistic = t, .p = dist_student_two_sided(t, rows - 1), .df = rows - 1};
}
