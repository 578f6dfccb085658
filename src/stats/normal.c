#include "stats/normal.h"

#include <math.h>

static const double half_log_two_pi = 0.91893853320467274178;

double normal_pdf(double x)
{
    return exp(-0.5 * x * x - half_log_two_pi);
}

double normal_cdf(double x)
{
    return 0.5 * erfc(-x * M_SQRT1_2);
}

double normal_sf(double x)
{
    return 0.5 * erfc(x * M_SQRT1_2);
}

double normal_two_sided(double z)
{
    return erfc(fabs(z) * M_SQRT1_2);
}

double normal_log_cdf(double x)
{
    if (x > 0)
        return log1p(-normal_sf(x));
    if (x > -30)
        return log(normal_cdf(x));
    /* Asymptotic series of Mills' ratio (DLMF 7.12.1). */
    double square = 1 / (x * x);
    double series =
        1 - square * (1 - 3 * square * (1 - 5 * square * (1 - 7 * square * (1 - 9 * square))));
    return -0.5 * x * x - half_log_two_pi - log(-x) + log(series);
}

/* The x <= 0 with cdf(x) = p <= 1/2. */
static double lower_quantile(double p)
{
    double t = sqrt(-2 * log(p));
    double x = (2.515517 + t * (0.802853 + t * 0.010328)) /
                   (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
               t;
    double target = log(p);
    for (int i = 0; i < 4; i++) {
        double value = normal_log_cdf(x);
        x -= (value - target) * exp(value + 0.5 * x * x + half_log_two_pi);
    }
    return x;
}

double normal_quantile(double p)
{
    assert(p >= 0 && p <= 1);
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    if (p == 0.5)
        return 0;
    return p < 0.5 ? lower_quantile(p) : -lower_quantile(1 - p);
}

double normal_upper_quantile(double q)
{
    return 0.0 - normal_quantile(q);
}
