/* Bandits and routing against the golden vectors G8, and the promises of their policies. */
#include "stats/bandit.h"
#include "stats/rendezvous.h"

#include "stats_check.h"

static void indices_reproduce_g8(void **state)
{
    near(bandit_beta_beats(11, 5, 8, 8), .86822904337305);
    near(bandit_ucb_index(.3, 40, 200, 1), .814699784658399);
    const struct bandit_arm arms[] = {
        {.rewards = 100, .sum = 30}, {.rewards = 100, .sum = 35}, {.rewards = 100, .sum = 20}};
    double p[3];
    bandit_softmax(arms, 3, .1, p);
    near(p[0], .331498960424092);
    near(p[1], .54654938726618);
    near(p[2], .12195165230973);
}

/* The closed sum for a whole alpha of the second arm, term by term. */
static double beats_by_sum(int alpha_b, int beta_b, int alpha_a, int beta_a)
{
    double sum = 0;
    for (int i = 0; i < alpha_b; i++)
        sum += exp(lgamma(alpha_a + i) + lgamma(beta_a + beta_b) -
                   lgamma(alpha_a + i + beta_a + beta_b) - log(beta_b + i) -
                   (lgamma(1 + i) + lgamma(beta_b) - lgamma(1 + i + beta_b)) -
                   (lgamma(alpha_a) + lgamma(beta_a) - lgamma(alpha_a + beta_a)));
    return sum;
}

static void the_chance_to_be_best_is_exact_for_two_arms(void **state)
{
    const int cases[][4] = {{1, 1, 1, 1}, {1, 1, 50, 2}, {300, 700, 320, 680}, {5, 2000, 3, 900}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const int *c = cases[i];
        close_to(bandit_beta_beats(c[0], c[1], c[2], c[3]), beats_by_sum(c[0], c[1], c[2], c[3]),
                 1e-9);
        close_to(bandit_beta_beats(c[0], c[1], c[2], c[3]) +
                     bandit_beta_beats(c[2], c[3], c[0], c[1]),
                 1, 1e-10);
    }
    near(bandit_beta_beats(.5, .5, .5, .5), .5);
    /* A belief as sharp as a step beside one that knows nothing. */
    close_to(bandit_beta_beats(1, 1, 1e8, 3e8), .75, 1e-10);
    close_to(bandit_beta_beats(1e8, 3e8, 1, 1), .25, 1e-10);
    assert_true(bandit_beta_beats(1e6, 1e6, 1e6 - 5000, 1e6 + 5000) > .999);
}

static void fractional_rewards_count_as_what_they_are(void **state)
{
    struct bandit_arm arm = {0};
    for (int i = 0; i < 10; i++)
        bandit_reward(&arm, .9);
    near(bandit_mean(&arm), .9);
    near(arm.square + 1, 1);
    bandit_reward(&arm, -1.1);
    close_to(arm.square, 10 * .0330578512396694 + 3.30578512396694, 1e-9);
    bandit_discount(&arm, .5);
    near(arm.rewards, 5.5);
    close_to(arm.square, 5 * .0330578512396694 + 1.65289256198347, 1e-9);
    near(bandit_mean(&arm), 7.9 / 11);
}

static void policies_answer_with_probabilities(void **state)
{
    struct bandit_arm arms[] = {{.rewards = 50, .sum = 10, .square = 8},
                                {.rewards = 80, .sum = 40, .square = 20},
                                {.rewards = 20, .sum = 3, .square = 2.5}};
    struct rng r;
    rng_init(&r, 9, 1);
    double p[5][3];
    bandit_epsilon_greedy(arms, 3, .1, p[0]);
    bandit_softmax(arms, 3, .2, p[1]);
    bandit_ucb(arms, 3, 1, p[2]);
    bandit_thompson_beta(arms, 3, 4000, &r, p[3]);
    bandit_thompson_normal(arms, 3, 4000, &r, p[4]);
    for (int policy = 0; policy < 5; policy++) {
        close_to(p[policy][0] + p[policy][1] + p[policy][2], 1, 1e-9);
        bandit_floor(p[policy], 3, .01);
        for (int k = 0; k < 3; k++)
            assert_true(p[policy][k] >= .01 - 1e-12);
    }
    /* Exploring covers the best arm too: 1 - eps + eps/K. */
    bandit_epsilon_greedy(arms, 3, .1, p[0]);
    near(p[0][1], .9 + .1 / 3);
    assert_true(p[3][1] > .95 && p[4][1] > .95);
    near(bandit_epsilon_at(.5, 7), .25);
}

static void the_first_arm_can_be_the_best(void **state)
{
    const struct bandit_arm arms[] = {{.rewards = 10, .sum = 9}, {.rewards = 10, .sum = 1}};
    struct rng r;
    rng_init(&r, 9, 2);
    double p[2];
    bandit_epsilon_greedy(arms, 2, 0, p);
    near(p[0], 1);
    bandit_thompson_beta(arms, 2, 100, &r, p);
    assert_true(p[0] > .99);
}

static void ucb_tries_new_arms_and_counts_what_is_pending(void **state)
{
    struct bandit_arm arms[] = {
        {.rewards = 100, .sum = 90}, {.sum = 0}, {.rewards = 100, .sum = 90}};
    double p[3];
    bandit_ucb(arms, 3, 1, p);
    near(p[1], 1);
    arms[1].pending = 1000; /* pulled a lot, nothing heard yet */
    arms[0].pending = 50;
    bandit_ucb(arms, 3, 1, p);
    near(p[2], 1);

    /* Forgetting can leave less than one pull in all, whose logarithm is negative. */
    const struct bandit_arm faded[] = {{.rewards = .2, .sum = .02}, {.rewards = .2, .sum = .1}};
    bandit_ucb(faded, 2, 1, p);
    near(p[1], 1);

    /* All pulls count in N: many that are pending elsewhere make an arm worth exploring. */
    struct bandit_arm few[] = {{.rewards = 100, .sum = 60}, {.rewards = 20, .sum = 8}};
    bandit_ucb(few, 2, .3, p);
    near(p[0], 1);
    few[0].pending = 1e9;
    bandit_ucb(few, 2, .3, p);
    near(p[1], 1);
    few[0].pending = 0;
    struct bandit_arm others[] = {few[0], few[1], {.rewards = 1, .sum = 0, .pending = 1e9}};
    bandit_ucb(others, 3, .3, p);
    near(p[1], 1);
}

/* Three arms of which nothing is known but one loss each, or one win: the chance that the winner's
 * Beta(2, 1) is above two Beta(1, 2) is the integral of 2x (1 - (1-x)^2)^2 = 2x^3 (2-x)^2. */
static void drawing_follows_the_posterior(void **state)
{
    const struct bandit_arm arms[] = {{.rewards = 1}, {.rewards = 1, .sum = 1}, {.rewards = 1}};
    struct rng r;
    rng_init(&r, 15, 1);
    double p[3], wanted = 2 * (4.0 / 4 - 4.0 / 5 + 1.0 / 6);
    bandit_thompson_beta(arms, 3, 40000, &r, p);
    assert_true(fabs(p[1] - wanted) < .01 && fabs(p[0] - p[2]) < .01);

    /* Numbers: as many draws for each of two equal arms, few for one that is far below. */
    const struct bandit_arm numeric[] = {{.rewards = 50, .sum = 500, .square = 50},
                                         {.rewards = 50, .sum = 500, .square = 50},
                                         {.rewards = 50, .sum = 400, .square = 50}};
    bandit_thompson_normal(numeric, 3, 40000, &r, p);
    assert_true(fabs(p[0] - .5) < .01 && fabs(p[1] - .5) < .01 && p[2] < .001);
}

static void costs_can_be_minimised_by_their_negative(void **state)
{
    struct bandit_arm arms[2];
    memset(arms, 0, sizeof arms);
    struct rng r;
    rng_init(&r, 10, 1);
    for (int i = 0; i < 200; i++) {
        bandit_reward(&arms[0], -(120 + 10 * rng_normal(&r)));
        bandit_reward(&arms[1], -(100 + 10 * rng_normal(&r)));
    }
    double p[2];
    bandit_thompson_normal(arms, 2, 1000, &r, p);
    assert_true(p[1] > .99);
    bandit_softmax(arms, 2, 5, p);
    assert_true(p[1] > .95);
}

static void the_same_seed_gives_the_same_weights(void **state)
{
    const struct bandit_arm arms[] = {
        {.rewards = 5, .sum = 2}, {.rewards = 6, .sum = 3}, {.sum = 0}};
    double p[2][3];
    for (int i = 0; i < 2; i++) {
        struct rng r;
        rng_init(&r, 11, 42);
        bandit_thompson_beta(arms, 3, 2000, &r, p[i]);
    }
    assert_memory_equal(p[0], p[1], sizeof p[0]);
}

static void routing_keeps_the_shares_and_moves_only_what_it_must(void **state)
{
    enum { UNITS = 100000 };
    const struct rendezvous_arm before[] = {{1, .7}, {2, .2}, {3, .1}};
    const struct rendezvous_arm after[] = {{3, .2}, {1, .7}, {2, .1}, {9, 0}}; /* other order */
    size_t counts[3] = {0}, moved = 0, wrong = 0;
    for (uint64_t unit = 0; unit < UNITS; unit++) {
        size_t a = rendezvous_arm(5, unit, before, 3);
        uint64_t id_a = before[a].id, id_b = after[rendezvous_arm(5, unit, after, 4)].id;
        counts[a]++;
        moved += id_a != id_b;
        /* Arm 3 grew and loses nobody, arm 2 shrank and wins nobody. */
        wrong += id_a != id_b && (id_a == 3 || id_b == 2);
    }
    for (int k = 0; k < 3; k++)
        assert_true(fabs((double)counts[k] / UNITS - before[k].weight) < .005);
    assert_int_equal(wrong, 0);
    assert_true(moved > UNITS * .1 && moved < UNITS * .2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indices_reproduce_g8),
        cmocka_unit_test(the_chance_to_be_best_is_exact_for_two_arms),
        cmocka_unit_test(fractional_rewards_count_as_what_they_are),
        cmocka_unit_test(policies_answer_with_probabilities),
        cmocka_unit_test(the_first_arm_can_be_the_best),
        cmocka_unit_test(ucb_tries_new_arms_and_counts_what_is_pending),
        cmocka_unit_test(drawing_follows_the_posterior),
        cmocka_unit_test(costs_can_be_minimised_by_their_negative),
        cmocka_unit_test(the_same_seed_gives_the_same_weights),
        cmocka_unit_test(routing_keeps_the_shares_and_moves_only_what_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
