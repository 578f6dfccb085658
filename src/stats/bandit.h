/* stats/bandit.h
 *
 * Which share of the traffic should each arm get, given the rewards that have arrived? A policy
 * turns the arms into probabilities, once per tick; routing by hash (stats/rendezvous.h) then
 * gives every unit its arm, so that the logged propensity is exact and the run can be replayed.
 *
 *     epsilon-greedy  1 - eps + eps/K for the best mean, eps/K for every other
 *     softmax         p_k ~ exp((mean_k - max)/tau)
 *     UCB1            all to the largest mean + c sqrt(2 ln N/n) (Auer et al. 2002); n and N count
 *                     pulls whose reward is pending, means do not (Joulani et al. 2013); an arm
 *                     without pulls comes first
 *     Thompson        p_k = chance that arm k is best: Beta(1+s, 1+f) for rewards in [0, 1],
 *                     Normal-Gamma (a Student t posterior of the mean) for other numbers
 *
 *     struct bandit_arm arms[3] = {...};
 *     double p[3];
 *     bandit_thompson_beta(arms, 3, 2000, &rng, p);
 *     bandit_floor(p, 3, 0.01);
 *
 * Rewards are maximised; negate a cost. Arms without a reward have mean 0 for epsilon-greedy and
 * softmax: start those with a split. A reward that is corrected later cannot be taken out of an
 * arm, because discounting has shrunk it by an amount that depends on when it came: the first one
 * counts, as in the tests. Pure: the arms, the answer and the generator are the caller's. */
#ifndef STATS_BANDIT_H
#define STATS_BANDIT_H

#include "stats/rng.h"
#include "stats/stat.h"

enum { BANDIT_ARMS_MAX = 64 };

struct bandit_arm {
    double rewards; /* how many have arrived; discounting makes it fractional */
    double pending; /* pulls whose reward has not arrived */
    double sum;     /* of the rewards */
    double square;  /* sum of squares around the mean, for numeric rewards */
};

void bandit_reward(struct bandit_arm *arm, double reward);
/* Forgets: counts and sums times gamma, 0 < gamma <= 1. */
void bandit_discount(struct bandit_arm *arm, double gamma);
double bandit_mean(const struct bandit_arm *arm);

/* eps_t = eps_0 (n + 1)^(-1/3) */
double bandit_epsilon_at(double epsilon, double n);
double bandit_ucb_index(double mean, double n, double all, double c);

void bandit_epsilon_greedy(const struct bandit_arm *arms, size_t count, double epsilon, double *p);
void bandit_softmax(const struct bandit_arm *arms, size_t count, double tau, double *p);
void bandit_ucb(const struct bandit_arm *arms, size_t count, double c, double *p);
/* Two arms exactly (without a draw), more by that many draws. */
void bandit_thompson_beta(const struct bandit_arm *arms, size_t count, unsigned draws,
                          struct rng *rng, double *p);
void bandit_thompson_normal(const struct bandit_arm *arms, size_t count, unsigned draws,
                            struct rng *rng, double *p);

/* P(B > A) for two independent betas, by quadrature to about 12 digits. */
double bandit_beta_beats(double alpha_b, double beta_b, double alpha_a, double beta_a);

/* p = f + (1 - K f) p; f <= 1/K */
void bandit_floor(double *p, size_t count, double floor);

#endif
