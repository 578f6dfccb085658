#include "stats/bandit.h"

#include <float.h>
#include <math.h>

#include "stats/dist.h"
#include "stats/special.h"

void bandit_reward(struct bandit_arm *arm, double reward)
{
    assert(isfinite(reward));
    double before = bandit_mean(arm);
    arm->rewards += 1;
    arm->sum += reward;
    arm->square += (reward - before) * (reward - bandit_mean(arm));
}

void bandit_discount(struct bandit_arm *arm, double gamma)
{
    assert(gamma > 0 && gamma <= 1);
    arm->rewards *= gamma;
    arm->sum *= gamma;
    arm->square *= gamma;
}

double bandit_mean(const struct bandit_arm *arm)
{
    return arm->rewards > 0 ? arm->sum / arm->rewards : 0;
}

double bandit_epsilon_at(double epsilon, double n)
{
    return epsilon * pow(n + 1, -1.0 / 3);
}

double bandit_ucb_index(double mean, double n, double all, double c)
{
    return n > 0 ? mean + c * sqrt(2 * log(fmax(1, all)) / n) : INFINITY;
}

static void nobody(double *p, size_t count)
{
    assert(count > 0 && count <= BANDIT_ARMS_MAX);
    memset(p, 0, count * sizeof *p);
}

void bandit_epsilon_greedy(const struct bandit_arm *arms, size_t count, double epsilon, double *p)
{
    assert(epsilon >= 0 && epsilon <= 1);
    nobody(p, count);
    size_t best = 0;
    for (size_t k = 1; k < count; k++)
        if (bandit_mean(&arms[k]) > bandit_mean(&arms[best]))
            best = k;
    for (size_t k = 0; k < count; k++)
        p[k] = epsilon / (double)count + (k == best ? 1 - epsilon : 0);
}

void bandit_softmax(const struct bandit_arm *arms, size_t count, double tau, double *p)
{
    assert(tau > 0);
    nobody(p, count);
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < count; k++)
        most = fmax(most, bandit_mean(&arms[k]));
    for (size_t k = 0; k < count; k++)
        sum += p[k] = exp((bandit_mean(&arms[k]) - most) / tau);
    for (size_t k = 0; k < count; k++)
        p[k] /= sum;
}

void bandit_ucb(const struct bandit_arm *arms, size_t count, double c, double *p)
{
    nobody(p, count);
    double all = 0;
    for (size_t k = 0; k < count; k++)
        all += arms[k].rewards + arms[k].pending;
    size_t best = 0;
    double most = -INFINITY;
    for (size_t k = 0; k < count; k++) {
        double pulls = arms[k].rewards + arms[k].pending;
        double index = bandit_ucb_index(bandit_mean(&arms[k]), pulls, all, c);
        if (index > most) {
            most = index;
            best = k;
        }
    }
    p[best] = 1;
}

/* int f(x; a, b) P(other > x) dx. On the logit line the density falls off exponentially on both
 * sides, so that the trapezoidal rule converges geometrically, provided that the other one is at
 * least as wide. */
static double chance_above(double a, double b, double other_a, double other_b)
{
    enum { STEPS = 600 };
    const double tail = 1e-17;
    double from = special_beta_inc_inverse_logit(a, b, tail);
    double to = -special_beta_inc_inverse_logit(b, a, tail);
    double step = (to - from) / STEPS, sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        double u = from + i * step, x = 1 / (1 + exp(-u)), y = 1 / (1 + exp(u));
        sum += exp(special_log_beta_term(a, b, x, y)) * special_beta_inc_xy(other_b, other_a, y, x);
    }
    return fmin(1, sum * step);
}

double bandit_beta_beats(double alpha_b, double beta_b, double alpha_a, double beta_a)
{
    assert(alpha_b > 0 && beta_b > 0 && alpha_a > 0 && beta_a > 0);
    /* The narrower of the two is integrated over; mirrored, "B above A" is "1 - A above 1 - B". */
    bool a_is_narrower = 1 / alpha_a + 1 / beta_a < 1 / alpha_b + 1 / beta_b;
    if (a_is_narrower)
        return chance_above(alpha_a, beta_a, alpha_b, beta_b);
    return chance_above(beta_b, alpha_b, beta_a, alpha_a);
}

/* What is believed about an arm's mean: shapes of a beta, or location, scale and degrees of freedom
 * of a t distribution. */
struct posterior {
    double a, b, df;
};

typedef double posterior_draw(const struct posterior *belief, struct rng *rng);

static double draw_beta(const struct posterior *belief, struct rng *rng)
{
    return rng_beta(rng, belief->a, belief->b);
}

static double draw_t(const struct posterior *belief, struct rng *rng)
{
    return belief->a + belief->b * rng_student(rng, belief->df);
}

static struct posterior beta_of(const struct bandit_arm *arm)
{
    return (struct posterior){1 + fmax(0, arm->sum), 1 + fmax(0, arm->rewards - arm->sum), 0};
}

/* All rewards as one sample: their mean and variance say on which scale the arms live. */
static void pooled(const struct bandit_arm *arms, size_t count, double *mean, double *variance)
{
    double n = 0, sum = 0, square = 0;
    for (size_t k = 0; k < count; k++) {
        n += arms[k].rewards;
        sum += arms[k].sum;
        square += arms[k].square;
    }
    *mean = n > 0 ? sum / n : 0;
    for (size_t k = 0; k < count; k++) {
        double miss = bandit_mean(&arms[k]) - *mean;
        square += arms[k].rewards * miss * miss;
    }
    *variance = square > 0 ? square / n : 1;
}

/* Normal-Gamma with a prior worth one reward: mean and variance those of all arms together
 * (Murphy 2007, "Conjugate Bayesian analysis of the Gaussian distribution", eq. 85-89). */
static struct posterior t_of(const struct bandit_arm *arm, double prior_mean, double variance)
{
    double n = arm->rewards, kappa = 1 + n, shape = 1 + n / 2;
    double miss = bandit_mean(arm) - prior_mean;
    double rate = variance + arm->square / 2 + n * miss * miss / (2 * kappa);
    return (struct posterior){
        .a = (prior_mean + arm->sum) / kappa,
        .b = sqrt(rate / (shape * kappa)),
        .df = 2 * shape,
    };
}

static void thompson(const struct posterior *beliefs, size_t count, unsigned draws, struct rng *rng,
                     posterior_draw *draw, double *p)
{
    assert(draws > 0);
    nobody(p, count);
    for (unsigned i = 0; i < draws; i++) {
        size_t best = 0;
        double most = -INFINITY;
        for (size_t k = 0; k < count; k++) {
            double value = draw(&beliefs[k], rng);
            if (value > most) {
                most = value;
                best = k;
            }
        }
        p[best] += 1.0 / draws;
    }
}

void bandit_thompson_beta(const struct bandit_arm *arms, size_t count, unsigned draws,
                          struct rng *rng, double *p)
{
    assert(count > 0 && count <= BANDIT_ARMS_MAX);
    struct posterior beliefs[BANDIT_ARMS_MAX];
    for (size_t k = 0; k < count; k++)
        beliefs[k] = beta_of(&arms[k]);
    if (count == 2) {
        const struct posterior *a = &beliefs[0], *b = &beliefs[1];
        p[1] = bandit_beta_beats(b->a, b->b, a->a, a->b);
        p[0] = 1 - p[1];
        return;
    }
    thompson(beliefs, count, draws, rng, draw_beta, p);
}

/* The density of a standard t distribution. */
static double t_density(double t, double df)
{
    return exp(-special_log_beta(0.5 * df, 0.5) - 0.5 * log(df) -
               0.5 * (df + 1) * log1p(t * t / df));
}

/* P(other > one) for two t distributions, one at most as wide as the other: the integral over t =
 * sinh u, along which a density of at least two degrees of freedom falls off exponentially. */
static double t_above(const struct posterior *other, const struct posterior *one)
{
    enum { STEPS = 2000 };
    const double edge = 20; /* 10^-17 is left beyond sinh 20 */
    double step = 2 * edge / STEPS, sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        double u = -edge + i * step, t = sinh(u);
        double gap = (one->a + one->b * t - other->a) / other->b;
        sum += t_density(t, one->df) * cosh(u) * dist_student_sf(gap, other->df);
    }
    return fmin(1, sum * step);
}

static double t_beats(const struct posterior *b, const struct posterior *a)
{
    return a->b <= b->b ? t_above(b, a) : 1 - t_above(a, b);
}

void bandit_thompson_normal(const struct bandit_arm *arms, size_t count, unsigned draws,
                            struct rng *rng, double *p)
{
    assert(count > 0 && count <= BANDIT_ARMS_MAX);
    struct posterior beliefs[BANDIT_ARMS_MAX];
    double mean, variance;
    pooled(arms, count, &mean, &variance);
    for (size_t k = 0; k < count; k++)
        beliefs[k] = t_of(&arms[k], mean, variance);
    if (count == 2) {
        p[1] = t_beats(&beliefs[1], &beliefs[0]);
        p[0] = 1 - p[1];
        return;
    }
    thompson(beliefs, count, draws, rng, draw_t, p);
}

void bandit_floor(double *p, size_t count, double floor)
{
    assert(floor >= 0 && floor * (double)count <= 1 + DBL_EPSILON);
    for (size_t k = 0; k < count; k++)
        p[k] = floor + (1 - (double)count * floor) * p[k];
}
