/* stats/rng.h
 *
 * Random numbers that can be replayed: xoshiro256** (Blackman & Vigna 2021, ACM TOMS 47(4)),
 * seeded through splitmix64. Every decision draws from its own stream, named by the seed of the
 * model and the number of the decision, so that one can be recomputed without the others.
 *
 *     struct rng r;
 *     rng_init(&r, seed, decision_id);
 *     double u = rng_uniform(&r);
 *
 * Not for secrets. A generator belongs to one thread at a time and owns nothing. */
#ifndef STATS_RNG_H
#define STATS_RNG_H

#include "base/compat.h"

struct rng {
    uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed, uint64_t stream);

uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* 0 .. n-1 without bias, n > 0 */
double rng_uniform(struct rng *r);             /* inside (0, 1), 52 bits */
double rng_normal(struct rng *r);              /* mean 0, variance 1 */
double rng_gamma(struct rng *r, double shape); /* scale 1; shape > 0 */
double rng_beta(struct rng *r, double a, double b);
double rng_student(struct rng *r, double df);

/* A well-mixed 64-bit hash of two numbers, the step of splitmix64. */
uint64_t rng_mix(uint64_t a, uint64_t b);
/* 64 bits as a number inside (0, 1). */
double rng_unit(uint64_t bits);

#endif
