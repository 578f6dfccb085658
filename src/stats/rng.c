#include "stats/rng.h"

#include <math.h>

static const uint64_t golden = 0x9e3779b97f4a7c15u;

/* The finaliser of splitmix64 (Steele, Lea & Flood 2014). */
static uint64_t finish(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t rng_mix(uint64_t a, uint64_t b)
{
    return finish(finish(a + golden) + b * golden + golden);
}

double rng_unit(uint64_t bits)
{
    /* With a 53rd bit, the half would be rounded away and the largest number become 1. */
    return ((double)(bits >> 12) + 0.5) * 0x1p-52;
}

void rng_init(struct rng *r, uint64_t seed, uint64_t stream)
{
    uint64_t state = rng_mix(seed, stream);
    for (int i = 0; i < 4; i++) {
        state += golden;
        r->s[i] = finish(state);
    }
}

static uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    assert(n > 0);
    uint64_t limit = UINT64_MAX - UINT64_MAX % n; /* a whole number of times n */
    uint64_t x;
    do
        x = rng_next(r);
    while (x >= limit);
    return x % n;
}

double rng_uniform(struct rng *r)
{
    return rng_unit(rng_next(r));
}

/* Marsaglia & Bray's polar method (1964); the second number of the pair is not kept, so that the
 * generator's state says everything. */
double rng_normal(struct rng *r)
{
    for (;;) {
        double x = 2 * rng_uniform(r) - 1, y = 2 * rng_uniform(r) - 1;
        double square = x * x + y * y;
        if (square > 0 && square < 1)
            return x * sqrt(-2 * log(square) / square);
    }
}

/* Marsaglia & Tsang 2000, ACM TOMS 26(3). Returns the logarithm: for shapes near 0 the number
 * itself underflows. */
static double log_gamma_draw(struct rng *r, double shape)
{
    if (shape < 1)
        return log_gamma_draw(r, shape + 1) + log(rng_uniform(r)) / shape;
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = rng_normal(r), root = 1 + c * x;
        if (root <= 0)
            continue;
        double v = root * root * root;
        if (log(rng_uniform(r)) < 0.5 * x * x + d - d * v + d * log(v))
            return log(d) + log(v);
    }
}

double rng_gamma(struct rng *r, double shape)
{
    assert(shape > 0);
    return exp(log_gamma_draw(r, shape));
}

double rng_beta(struct rng *r, double a, double b)
{
    assert(a > 0 && b > 0);
    double x = log_gamma_draw(r, a), y = log_gamma_draw(r, b);
    return 1 / (1 + exp(y - x));
}

double rng_student(struct rng *r, double df)
{
    assert(df > 0);
    double z = rng_normal(r);
    return z / sqrt(2 * rng_gamma(r, 0.5 * df) / df);
}
