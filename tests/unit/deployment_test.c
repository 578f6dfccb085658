/* Who answers: shares of split arms, stickiness, and what a change of weights moves. */
#include "serving/deployment.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

enum { UNITS = 100000, ARMS = 3 };

static struct version versions[ARMS];

static struct deployment *make(const double *weights)
{
    struct model model = {.id = 42, .name = STR("iris"), .task = TASK_CLASSIFICATION};
    struct deployment *d = deployment_new(&model);
    for (int i = 0; i < ARMS; i++) {
        versions[i].number = i + 1;
        atomic_init(&versions[i].refs, 1000);
        struct arm arm = {
            .number = i + 1, .mode = i ? ARM_SPLIT : ARM_CHAMPION, .weight = i ? weights[i] : 0};
        deployment_add_arm(d, &arm, &versions[i]);
    }
    return d;
}

static struct version *choose(const struct deployment *d, unsigned unit)
{
    char name[32];
    int n = snprintf(name, sizeof name, "customer-%u", unit);
    return deployment_choose(d, str_from(name, (size_t)n), 0);
}

static void shares_are_the_weights(void **state)
{
    static const double weights[ARMS] = {0.7, 0.2, 0.1};
    struct deployment *d = make(weights);
    unsigned by_unit[ARMS] = {0}, by_number[ARMS] = {0};
    for (unsigned i = 0; i < UNITS; i++) {
        by_unit[choose(d, i)->number - 1]++;
        by_number[deployment_choose(d, (struct str){NULL, 0}, i)->number - 1]++;
    }
    for (int i = 0; i < ARMS; i++) {
        double deviation = sqrt(UNITS * weights[i] * (1 - weights[i]));
        assert_true(fabs(by_unit[i] - UNITS * weights[i]) < 4 * deviation);
        assert_true(fabs(by_number[i] - UNITS * weights[i]) < 4 * deviation);
    }
    deployment_unref(d);
}

static void the_same_unit_gets_the_same_arm(void **state)
{
    static const double weights[ARMS] = {0, 0.4, 0.3};
    struct deployment *d = make(weights), *again = make(weights);
    for (unsigned i = 0; i < UNITS; i++)
        assert_ptr_equal(choose(d, i), choose(again, i));
    deployment_unref(d);
    deployment_unref(again);
}

static void a_change_of_weights_moves_only_what_it_must(void **state)
{
    static const double before[ARMS] = {0, 0.1, 0.2}, after[ARMS] = {0, 0.3, 0.2};
    struct deployment *d = make(before), *changed = make(after);
    unsigned moved = 0;
    for (unsigned i = 0; i < UNITS; i++) {
        int64_t from = choose(d, i)->number, to = choose(changed, i)->number;
        if (from == to)
            continue;
        moved++;
        assert_true(from != 2); /* what grows keeps its own */
        assert_true(to != 1);   /* what shrinks gets nobody */
    }
    /* A fifth has to move; a few more do, because the champion's share changes with the arm's. */
    assert_true(moved > UNITS * 0.19 && moved < UNITS * 0.25);
    deployment_unref(d);
    deployment_unref(changed);
}

static void all_the_weight_leaves_nothing_to_the_champion(void **state)
{
    static const double weights[ARMS] = {0, 0.7, 0.3};
    struct deployment *d = make(weights);
    for (unsigned i = 0; i < 1000; i++)
        assert_true(choose(d, i)->number != 1);
    deployment_unref(d);
}

static void a_shadow_is_sampled_by_its_share(void **state)
{
    static const double shares[] = {0, 0.25, 1};
    struct version v = {.number = 9};
    for (size_t s = 0; s < ARRAY_LEN(shares); s++) {
        struct serving_arm arm = {.version = &v, .mode = ARM_SHADOW, .sample = shares[s]};
        unsigned sampled = 0;
        for (int64_t seq = 0; seq < UNITS; seq++)
            sampled += deployment_sampled(&arm, seq);
        double deviation = sqrt(UNITS * shares[s] * (1 - shares[s]));
        assert_true(fabs(sampled - UNITS * shares[s]) <= 4 * deviation);
    }
    struct serving_arm split = {.version = &v, .mode = ARM_SPLIT, .sample = 1};
    assert_false(deployment_sampled(&split, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_the_weights),
        cmocka_unit_test(the_same_unit_gets_the_same_arm),
        cmocka_unit_test(a_change_of_weights_moves_only_what_it_must),
        cmocka_unit_test(all_the_weight_leaves_nothing_to_the_champion),
        cmocka_unit_test(a_shadow_is_sampled_by_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
