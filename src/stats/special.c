#include "stats/special.h"

#include <float.h>
#include <math.h>

enum { ITERATIONS_MAX = 1000000, NEWTON_MAX = 200 };

static const double half_log_two_pi = 0.91893853320467274178;

double special_lgamma(double x)
{
    assert(x > 0);
    int sign;
    return lgamma_r(x, &sign);
}

/* lnGamma(z) - ((z - 1/2) ln z - z + ln(2 pi)/2): the tail of Stirling's series (DLMF 5.11.1). */
static double stirling_tail(double z)
{
    if (z < 16)
        return special_lgamma(z) - ((z - 0.5) * log(z) - z + half_log_two_pi);
    static const double c[] = {1.0 / 12,    -1.0 / 360, 1.0 / 1260,
                               -1.0 / 1680, 1.0 / 1188, -691.0 / 360360};
    double square = z * z, sum = 0;
    for (size_t i = ARRAY_LEN(c); i-- > 0;)
        sum = sum / square + c[i];
    return sum / z;
}

/* k ln(k/m) + m - k without the cancellation near k = m (Loader's bd0). */
static double deviance(double k, double m)
{
    double difference = k - m;
    if (fabs(difference) >= 0.1 * (k + m))
        return k * log(k / m) - difference;
    double v = difference / (k + m);
    double sum = difference * v, term = 2 * k * v;
    for (int j = 1; j < ITERATIONS_MAX; j++) {
        term *= v * v;
        double next = sum + term / (2 * j + 1);
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

double special_log_beta(double a, double b)
{
    assert(a > 0 && b > 0);
    double small = fmin(a, b), large = fmax(a, b), n = a + b;
    if (small < 1e-2)
        return special_lgamma(small) + (special_lgamma(large) - special_lgamma(n));
    return small * log(small / n) - large * log1p(small / large) +
           0.5 * (log1p(small / large) - log(small)) + half_log_two_pi + stirling_tail(small) +
           stirling_tail(large) - stirling_tail(n);
}

double special_log_beta_term(double a, double b, double x, double y)
{
    assert(a > 0 && b > 0 && x >= 0 && y >= 0);
    if (x == 0 || y == 0)
        return -INFINITY;
    double n = a + b;
    if (fmin(a, b) < 1e-2)
        return a * log(x) + b * log(y) - special_log_beta(a, b);
    return -deviance(a, n * x) - deviance(b, n * y) + stirling_tail(n) - stirling_tail(a) -
           stirling_tail(b) + 0.5 * (log(a) + log(b / n)) - half_log_two_pi;
}

double special_log_binomial(double k, double n, double p, double q)
{
    assert(k >= 0 && k <= n);
    if (k == 0)
        return n == 0 ? 0 : n * (q > 0.5 ? log1p(-p) : log(q));
    if (k == n)
        return n * (p > 0.5 ? log1p(-q) : log(p));
    return special_log_beta_term(k, n - k, p, q) + log(n) - log(k) - log(n - k);
}

static double not_zero(double x)
{
    return fabs(x) < DBL_MIN ? DBL_MIN : x;
}

/* The continued fraction of DLMF 8.17.22, converging fast for x < (a+1)/(a+b+2). */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), h = d;
    for (int m = 1; m < ITERATIONS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        h *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < 2 * DBL_EPSILON)
            break;
    }
    return h;
}

/* ln I_x(a, b) by the fraction, for x on its fast side. */
static double log_lower(double a, double b, double x, double y)
{
    return special_log_beta_term(a, b, x, y) - log(a) + log(beta_fraction(a, b, x));
}

static bool lower_side(double a, double b, double x)
{
    return x <= (a + 1) / (a + b + 2);
}

double special_beta_inc_xy(double a, double b, double x, double y)
{
    assert(a > 0 && b > 0 && x >= 0 && y >= 0);
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    if (lower_side(a, b, x))
        return fmin(1, exp(log_lower(a, b, x, y)));
    return fmax(0, 1 - exp(log_lower(b, a, y, x)));
}

double special_beta_inc(double a, double b, double x)
{
    assert(a > 0 && b > 0 && x >= 0 && x <= 1);
    return special_beta_inc_xy(a, b, x, 1 - x);
}

static double log_beta_inc_xy(double a, double b, double x, double y)
{
    if (x <= 0 || y <= 0)
        return x <= 0 ? -INFINITY : 0;
    if (lower_side(a, b, x))
        return fmin(0, log_lower(a, b, x, y));
    return log1p(-fmin(1, exp(log_lower(b, a, y, x))));
}

double special_log_beta_inc(double a, double b, double x)
{
    assert(a > 0 && b > 0 && x >= 0 && x <= 1);
    return log_beta_inc_xy(a, b, x, 1 - x);
}

/* A smooth increasing function on the line and its slope, for the inverses below. */
struct increasing {
    double a, b;
    double (*at)(const struct increasing *f, double t, double *slope);
};

/* Newton's method kept inside a bracket, which halves where a step leaves it. */
static double root_of(const struct increasing *f, double low, double high, double start,
                      double target)
{
    double t = start;
    for (int i = 0; i < NEWTON_MAX; i++) {
        double slope, miss = f->at(f, t, &slope) - target;
        if (miss == 0)
            break;
        if (miss > 0)
            high = t;
        else
            low = t;
        double next = t - miss / slope;
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        double step = fabs(next - t);
        t = next;
        if (step <= 2 * DBL_EPSILON * fmax(1e-3, fabs(t)))
            break;
    }
    return t;
}

/* ln I at the logit t of x; d/dt ln I = term / I. */
static double log_beta_at(const struct increasing *f, double t, double *slope)
{
    double x = 1 / (1 + exp(-t)), y = 1 / (1 + exp(t));
    double value = log_beta_inc_xy(f->a, f->b, x, y);
    *slope = exp(special_log_beta_term(f->a, f->b, x, y) - value);
    return value;
}

double special_beta_inc_inverse_logit(double a, double b, double p)
{
    assert(a > 0 && b > 0 && p >= 0 && p <= 1);
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    bool upper = p > special_beta_inc(a, b, a / (a + b)); /* solve for the smaller tail */
    struct increasing f = {upper ? b : a, upper ? a : b, log_beta_at};
    double target = upper ? log1p(-p) : log(p);
    double t = root_of(&f, -745, 745, log(f.a / f.b), target);
    return upper ? -t : t;
}

double special_beta_inc_inverse(double a, double b, double p)
{
    return 1 / (1 + exp(-special_beta_inc_inverse_logit(a, b, p)));
}

/* x^a e^-x / Gamma(a + 1) */
static double log_gamma_term(double a, double x)
{
    if (a < 1e-2)
        return a * log(x) - x - special_lgamma(a + 1);
    return -deviance(a, x) - stirling_tail(a) - 0.5 * log(a) - half_log_two_pi;
}

static double gamma_series(double a, double x)
{
    double term = 1, sum = 1;
    for (int n = 1; n < ITERATIONS_MAX && term > sum * DBL_EPSILON / 4; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return sum;
}

static double gamma_fraction(double a, double x)
{
    double b = x + 1 - a, c = 1 / DBL_MIN, d = 1 / not_zero(b), h = d;
    for (int n = 1; n < ITERATIONS_MAX; n++) {
        double numerator = -n * (n - a);
        b += 2;
        d = 1 / not_zero(numerator * d + b);
        c = not_zero(b + numerator / c);
        h *= d * c;
        if (fabs(d * c - 1) < 2 * DBL_EPSILON)
            break;
    }
    return h;
}

static double log_p_series(double a, double x)
{
    return log_gamma_term(a, x) + log(gamma_series(a, x));
}

static double log_q_fraction(double a, double x)
{
    return log_gamma_term(a, x) + log(a) + log(gamma_fraction(a, x));
}

/* ln P if lower, otherwise ln Q */
static double log_gamma_inc(double a, double x, bool lower)
{
    if (x <= 0 || isinf(x))
        return (x <= 0) == lower ? -INFINITY : 0;
    if (x < a + 1) {
        double p = fmin(0, log_p_series(a, x));
        return lower ? p : log1p(-exp(p));
    }
    double q = fmin(0, log_q_fraction(a, x));
    return lower ? log1p(-exp(q)) : q;
}

double special_gamma_p(double a, double x)
{
    assert(a > 0 && x >= 0);
    return exp(log_gamma_inc(a, x, true));
}

double special_gamma_q(double a, double x)
{
    assert(a > 0 && x >= 0);
    return exp(log_gamma_inc(a, x, false));
}

/* ln P at t = ln x: linear where x is small. */
static double log_p_at(const struct increasing *f, double t, double *slope)
{
    double x = exp(t), value = log_gamma_inc(f->a, x, true);
    *slope = exp(log_gamma_term(f->a, x) + log(f->a) - value);
    return value;
}

/* ln Q at t = -x: linear where x is large. */
static double log_q_at(const struct increasing *f, double t, double *slope)
{
    double value = log_gamma_inc(f->a, -t, false);
    *slope = exp(log_gamma_term(f->a, -t) + log(f->a) - log(-t) - value);
    return value;
}

static double gamma_inverse(double a, double log_p, double log_q)
{
    if (log_p < log_gamma_inc(a, a, true)) {
        struct increasing f = {.a = a, .at = log_p_at};
        return exp(root_of(&f, log(DBL_MIN) - 40, log(a), log(a), log_p));
    }
    struct increasing f = {.a = a, .at = log_q_at};
    double beyond = a + 60 * sqrt(a) + 2000; /* Q is below the smallest double there */
    return -root_of(&f, -beyond, -a, -a, log_q);
}

double special_gamma_p_inverse(double a, double p)
{
    assert(a > 0 && p >= 0 && p <= 1);
    if (p == 0 || p == 1)
        return p == 0 ? 0 : INFINITY;
    return gamma_inverse(a, log(p), log1p(-p));
}

double special_gamma_q_inverse(double a, double q)
{
    assert(a > 0 && q >= 0 && q <= 1);
    if (q == 0 || q == 1)
        return q == 0 ? INFINITY : 0;
    return gamma_inverse(a, log1p(-q), log(q));
}
