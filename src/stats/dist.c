#include "stats/dist.h"

#include <math.h>

#include "stats/special.h"

/* Beyond it df/(df + t^2) would underflow, and the first term of its series is all there is. */
static const double far_out = 1e150;

/* ln(P(|T| >= t) t^df) for a t that is far out. */
static double log_far_tail(double df)
{
    return 0.5 * df * log(df) - log(0.5 * df) - special_log_beta(0.5 * df, 0.5);
}

/* P(|T| >= |t|) = I_{df/(df+t^2)}(df/2, 1/2) (DLMF 8.17; Abramowitz & Stegun 26.7.1). */
double dist_student_two_sided(double t, double df)
{
    assert(df > 0 && !isnan(t));
    if (isinf(t))
        return 0;
    if (fabs(t) > far_out)
        return exp(log_far_tail(df) - df * log(fabs(t)));
    double square = t * t;
    return special_beta_inc_xy(0.5 * df, 0.5, df / (df + square), square / (df + square));
}

double dist_student_sf(double t, double df)
{
    double tail = 0.5 * dist_student_two_sided(t, df);
    return t > 0 ? tail : 1 - tail;
}

double dist_student_cdf(double t, double df)
{
    return dist_student_sf(-t, df);
}

double dist_student_quantile(double p, double df)
{
    assert(p >= 0 && p <= 1 && df > 0);
    if (p == 0.5)
        return 0;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    double far_t = exp((log_far_tail(df) - log(2 * fmin(p, 1 - p))) / df);
    if (far_t > far_out)
        return p < 0.5 ? -far_t : far_t;
    /* The logit of df / (df + t^2) is -ln(t^2 / df). */
    double logit = special_beta_inc_inverse_logit(0.5 * df, 0.5, 2 * fmin(p, 1 - p));
    double t = sqrt(df * exp(-logit));
    return p < 0.5 ? -t : t;
}

double dist_chi2_cdf(double x, double df)
{
    return special_gamma_p(0.5 * df, 0.5 * x);
}

double dist_chi2_sf(double x, double df)
{
    return special_gamma_q(0.5 * df, 0.5 * x);
}

double dist_chi2_quantile(double p, double df)
{
    return 2 * special_gamma_p_inverse(0.5 * df, p);
}

double dist_f_sf(double x, double df1, double df2)
{
    assert(df1 > 0 && df2 > 0);
    if (x <= 0)
        return 1;
    return special_beta_inc(0.5 * df2, 0.5 * df1, df2 / (df2 + df1 * x));
}

double dist_binomial_cdf(double k, double n, double p)
{
    assert(n >= 0 && p >= 0 && p <= 1);
    k = floor(k);
    if (k < 0)
        return 0;
    if (k >= n)
        return 1;
    return special_beta_inc(n - k, k + 1, 1 - p);
}

double dist_binomial_pmf(double k, double n, double p)
{
    assert(n >= 0 && p >= 0 && p <= 1);
    if (k < 0 || k > n || k != floor(k))
        return 0;
    return exp(special_log_binomial(k, n, p, 1 - p));
}

double dist_beta_cdf(double x, double a, double b)
{
    return special_beta_inc(a, b, fmin(1, fmax(0, x)));
}

double dist_beta_quantile(double p, double a, double b)
{
    return special_beta_inc_inverse(a, b, p);
}
