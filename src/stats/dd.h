/* stats/dd.h
 *
 * Sums with about 106 bits: an unevaluated pair high + low ("double-double"). A plain double
 * loses a small row beside a large sum, and Welford's update cannot be undone without loss; a
 * pair this wide can take a corrected row back out, merges in any order with the same result to
 * the last bit of a double in practice, and lets a variance be formed from raw power sums as long
 * as |mean| / standard deviation stays below about 1e12.
 *
 *     struct dd sum = {0};
 *     dd_add(&sum, y);
 *     dd_add_product(&sum, w, y);
 *     double total = dd_value(&sum);
 *
 * Two-sum: Knuth, TAOCP 2, 4.2.2 theorem B. Product without fma: Dekker 1971, Numer. Math. 18,
 * good for |a|, |b| < 2^500, which DD_ABS_MAX keeps. Inline, because it is the hot path. */
#ifndef STATS_DD_H
#define STATS_DD_H

#include "stats/codec.h"

/* The largest magnitude that the sums of this folder take: its square does not overflow. */
#define DD_ABS_MAX 1e140

struct dd {
    double high, low;
};

static inline double dd_two_sum(double a, double b, double *error)
{
    double s = a + b;
    double t = s - a;
    *error = (a - (s - t)) + (b - t);
    return s;
}

static inline struct dd dd_normal(double a, double b) /* |a| >= |b| or a == 0 */
{
    double s = a + b;
    return (struct dd){s, b - (s - a)};
}

static inline double dd_two_product(double a, double b, double *error)
{
    const double split = 134217729.0; /* 2^27 + 1 */
    double ta = split * a, tb = split * b;
    double ah = ta - (ta - a), bh = tb - (tb - b);
    double al = a - ah, bl = b - bh;
    double p = a * b;
    *error = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
    return p;
}

static inline void dd_add(struct dd *s, double x)
{
    double error;
    double high = dd_two_sum(s->high, x, &error);
    *s = dd_normal(high, error + s->low);
}

static inline void dd_add_dd(struct dd *s, struct dd x)
{
    double error, low_error;
    double high = dd_two_sum(s->high, x.high, &error);
    double low = dd_two_sum(s->low, x.low, &low_error);
    struct dd t = dd_normal(high, error + low);
    *s = dd_normal(t.high, t.low + low_error);
}

static inline struct dd dd_product(double a, double b)
{
    struct dd p;
    p.high = dd_two_product(a, b, &p.low);
    return p;
}

static inline struct dd dd_times(struct dd a, double b)
{
    double error;
    double high = dd_two_product(a.high, b, &error);
    return dd_normal(high, error + a.low * b);
}

static inline struct dd dd_multiply(struct dd a, struct dd b)
{
    double error;
    double high = dd_two_product(a.high, b.high, &error);
    return dd_normal(high, error + (a.high * b.low + a.low * b.high));
}

static inline struct dd dd_negative(struct dd a)
{
    return (struct dd){-a.high, -a.low};
}

/* s += a * b, s += a * b * c */
static inline void dd_add_product(struct dd *s, double a, double b)
{
    dd_add_dd(s, dd_product(a, b));
}

static inline void dd_add_product3(struct dd *s, double a, double b, double c)
{
    dd_add_dd(s, dd_times(dd_product(a, b), c));
}

static inline double dd_value(const struct dd *s)
{
    return s->high + s->low;
}

/* a / b with the full width, b != 0. */
struct dd dd_divide(struct dd a, struct dd b);

void dd_put(struct codec_out *out, const struct dd *s);
struct dd dd_get(struct codec_in *in);

#endif
