/* Why there is no figure: every reason of reason.def is given by some function, and every function
 * gives the one that says what is the matter. What is not here stands beside the function's own
 * tests. */
#include "stats/auc.h"
#include "stats/bins.h"
#include "stats/confseq.h"
#include "stats/contingency.h"
#include "stats/cramervonmises.h"
#include "stats/curve.h"
#include "stats/delong.h"
#include "stats/diebold.h"
#include "stats/divergence.h"
#include "stats/estimate.h"
#include "stats/groupseq.h"
#include "stats/joint.h"
#include "stats/kstest.h"
#include "stats/mannwhitney.h"
#include "stats/mcnemar.h"
#include "stats/mmd.h"
#include "stats/proper.h"
#include "stats/proportion.h"
#include "stats/regression.h"
#include "stats/scorehist.h"
#include "stats/ttest.h"
#include "stats/wilcoxon.h"

#include "stats_check.h"

static bool seen[STAT_REASON_COUNT];

static void is(enum stat_reason got, enum stat_reason wanted)
{
    assert_string_equal(stat_reason_name(got), stat_reason_name(wanted));
    seen[got] = true;
}

static void value_is(struct stat_value v, enum stat_reason wanted)
{
    is(v.reason, wanted);
    assert_true(v.value == 0);
}

static void test_is(struct stat_test t, enum stat_reason wanted)
{
    is(t.reason, wanted);
    assert_true(t.p == 1 && t.statistic == 0 && t.df == 0);
}

static void interval_is(struct stat_interval ci, enum stat_reason wanted)
{
    is(ci.reason, wanted);
    assert_true(ci.low == 0 && ci.high == 0);
}

static const double two[] = {1, 2}, same[] = {3, 3}, nan_two[] = {1, NAN};

static void rankings_say_why(void **state)
{
    const uint8_t both[] = {1, 0}, ones[] = {1, 1}, zeros[] = {0, 0};
    const double bad_weights[] = {1, 2e12}, no_weights[] = {0, 0};
    struct ranking r;
    is(ranking_init(&r, nan_two, 1, both, NULL, 2), STAT_NOT_FINITE);
    is(ranking_init(&r, two, 1, both, bad_weights, 2), STAT_BAD_WEIGHT);
    is(ranking_init(&r, two, 1, both, nan_two, 2), STAT_BAD_WEIGHT);
    const struct {
        const uint8_t *positive;
        const double *weights;
        size_t n;
        enum stat_reason wanted;
    } cases[] = {{both, NULL, 0, STAT_EMPTY},
                 {both, no_weights, 2, STAT_NO_WEIGHT},
                 {ones, NULL, 2, STAT_NO_NEGATIVES},
                 {zeros, NULL, 2, STAT_NO_POSITIVES}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum stat_reason wanted = cases[i].wanted;
        bool one_class_will_do = wanted == STAT_NO_NEGATIVES;
        struct curve_point points[4];
        struct curve c = {.points = points, .room = 4};
        assert_int_equal(ranking_init(&r, two, 1, cases[i].positive, cases[i].weights, cases[i].n),
                         STAT_OK);
        value_is(auc_of(&r), wanted);
        value_is(auc_gini(auc_of(&r)), wanted);
        value_is(curve_ks(&r), wanted);
        is(curve_roc(&c, &r), wanted);
        assert_int_equal(c.count, 0);
        is(curve_precision_recall(&c, &r), one_class_will_do ? STAT_OK : wanted);
        is(curve_lift(&c, &r), one_class_will_do ? STAT_OK : wanted);
        ranking_release(&r);
    }
}

static void one_vs_rest_says_why(void **state)
{
    const double p[] = {.2, .8, .6, .4}, broken[] = {.2, .8, .6, NAN}, no_weights[] = {0, 0};
    const uint32_t truth[] = {0, 1}, unknown[] = {9, 9};
    struct stat_value per_class[2];
    struct auc_report report = {.per_class = per_class};
    auc_one_vs_rest(&report, broken, 2, truth, NULL, 2);
    value_is(per_class[1], STAT_NOT_FINITE);
    value_is(report.macro, STAT_NOT_FINITE);
    auc_one_vs_rest(&report, p, 2, truth, no_weights, 2);
    value_is(report.weighted, STAT_NO_WEIGHT);
    auc_one_vs_rest(&report, p, 2, unknown, NULL, 2);
    value_is(per_class[1], STAT_NO_POSITIVES);
    value_is(report.macro, STAT_EMPTY);
}

static void accumulators_say_why(void **state)
{
    struct scorehist h;
    scorehist_init(&h, 4);
    value_is(scorehist_auc(&h).auc, STAT_EMPTY);
    assert_true(scorehist_add(&h, .5, true, 0));
    value_is(scorehist_auc(&h).auc, STAT_NO_WEIGHT);
    assert_true(scorehist_add(&h, .5, true, 1));
    value_is(scorehist_auc(&h).auc, STAT_NO_NEGATIVES);
    scorehist_release(&h);

    struct proper p = {0};
    value_is(proper_brier(&p), STAT_EMPTY);
    struct regression s = {0};
    value_is(regression_rmse(&s), STAT_EMPTY);
    value_is(regression_r2_pearson(&s), STAT_EMPTY);
    assert_true(regression_add(&s, 1, 2, 0));
    value_is(regression_r2_pearson(&s), STAT_TOO_FEW);
    assert_true(regression_add(&s, 1, 2, 0));
    value_is(regression_r2(&s), STAT_NO_WEIGHT);
    assert_true(regression_add(&s, 1, 2, 1));
    value_is(regression_r2_pearson(&s), STAT_CONSTANT);
    struct moments m = {0};
    value_is(moments_sd(&m), STAT_EMPTY);
    assert_true(moments_add(&m, 1));
    value_is(moments_sd(&m), STAT_TOO_FEW);
    interval_is(estimate_loss(&m).band, STAT_TOO_FEW);
    interval_is(confseq_interval(&m, .01, .05), STAT_TOO_FEW);
    interval_is(confseq_interval(&(struct moments){0}, .01, .05), STAT_EMPTY);

    struct joint j;
    joint_init(&j, 2);
    joint_add(&j, 0, 0, 0, 1);
    is(joint_compare(&j, JOINT_RECALL, 1, .05).reason, STAT_CLASS_ABSENT);
    is(joint_compare(&j, JOINT_KAPPA, 1, .05).reason, STAT_ONE_CLASS);
    interval_is(joint_compare(&j, JOINT_RECALL, 0, .05).interval, STAT_NO_DIFFERENCE);
    joint_release(&j);
}

static void two_samples_say_why(void **state)
{
    test_is(kstest_limit(two, 0, two, 2), STAT_EMPTY);
    test_is(kstest_asymptotic(two, 2, two, 0), STAT_EMPTY);
    test_is(kstest_asymptotic(two, 2, nan_two, 2), STAT_NOT_FINITE);
    test_is(mannwhitney_approximate(two, 2, nan_two, 2), STAT_NOT_FINITE);
    test_is(mannwhitney_approximate(two, 0, two, 2), STAT_EMPTY);
    test_is(mannwhitney_approximate(same, 2, same, 2), STAT_CONSTANT);
    test_is(mannwhitney_exact(two, 2, two, 2), STAT_TIES);
    test_is(cramervonmises_asymptotic(two, 2, two, 1), STAT_TOO_FEW);
    test_is(cramervonmises_asymptotic(two, 0, two, 0), STAT_EMPTY);
    struct moments a = {0}, b = {0};
    for (int i = 0; i < 2; i++) {
        test_is(ttest_welch(&a, &b), i == 0 ? STAT_EMPTY : STAT_TOO_FEW);
        assert_true(moments_add(&a, 1));
    }
    test_is(ttest_welch(&a, &b), STAT_EMPTY);
    assert_true(moments_add(&b, 2) && moments_add(&b, 2));
    test_is(ttest_welch(&a, &b), STAT_NO_VARIANCE);
    interval_is(ttest_welch_interval(&a, &b, 0), STAT_OUT_OF_DOMAIN);
    struct rng r;
    rng_init(&r, 1, 1);
    is(mmd_test(two, 2, two, 0, 1, 9, &r).reason, STAT_TOO_FEW);
    is(mmd_test(two, 2, two, 2, 0, 9, &r).reason, STAT_TOO_FEW);
    is(mmd_test(two, 2, nan_two, 2, 1, 9, &r).reason, STAT_NOT_FINITE);
    const uint8_t y[] = {1, 1, 0, 0}, ones[] = {1, 1, 1, 1};
    const double scores[] = {1, 2, 3, 4};
    struct delong_sample fine = {scores, y, 4}, one_class = {scores, ones, 4};
    test_is(delong_unpaired(&fine, &one_class).test, STAT_NO_NEGATIVES);
    test_is(delong_unpaired(&one_class, &fine).test, STAT_NO_NEGATIVES);
}

/* Neighbours that always differ: the sum of autocovariances is negative, which no variance is. */
static void an_estimate_of_a_variance_may_fail(void **state)
{
    double d[20];
    for (int i = 0; i < 20; i++)
        d[i] = i % 2 ? 1 : -1;
    assert_int_equal(diebold_mariano(d, 20, 1).reason, STAT_OK);
    test_is(diebold_mariano(d, 20, 2), STAT_NO_VARIANCE);
    test_is(diebold_mariano(d, 0, 1), STAT_EMPTY);
    test_is(diebold_mariano(d, 1, 1), STAT_TOO_FEW);
    test_is(wilcoxon_approximate(d, 0, true), STAT_EMPTY);
}

static void counts_and_shares_say_why(void **state)
{
    value_is(mcnemar_variance(0, 0, 0), STAT_EMPTY);
    interval_is(mcnemar_interval(1, 1, 5, 0), STAT_OUT_OF_DOMAIN);
    interval_is(proportion_wilson(1, 2, NAN), STAT_OUT_OF_DOMAIN);
    interval_is(proportion_newcombe(1, 2, 0, 0, .05), STAT_EMPTY);
    interval_is(proportion_newcombe(0, 0, 1, 2, .05), STAT_EMPTY);
    test_is(proportion_two(0, 10, 0, 10), STAT_NO_DIFFERENCE);
    test_is(proportion_two(10, 10, 10, 10), STAT_NO_DIFFERENCE);
    test_is(proportion_two(1, 2, 3, 2), STAT_OUT_OF_DOMAIN);
    const uint64_t units[] = {5, 5}, none[] = {0, 0};
    value_is(proportion_allocation_log_e(units, nan_two, 2), STAT_OUT_OF_DOMAIN);
    value_is(proportion_allocation_log_e(units, two, 1), STAT_TOO_FEW);
    value_is(proportion_allocation_log_e(none, two, 2), STAT_EMPTY);
    test_is(contingency_chi2((const double[]){1, NAN, 1, 1}, 2, 2, false), STAT_OUT_OF_DOMAIN);
    test_is(contingency_chi2((const double[]){1, 0, 1, 0}, 2, 2, true), STAT_TOO_FEW);
    test_is(contingency_fisher(2000000, 2000000, 2000000, 2000000), STAT_TOO_LARGE);
    value_is(divergence_psi((const double[]){0, 1}, (const double[]){.5, .5}, 2), STAT_NOT_FINITE);
    struct bins b;
    is(bins_init_numeric(&b, nan_two + 1, 1, 20), STAT_EMPTY);
    double z[1];
    is(groupseq_boundaries((const double[]){1}, 1, 1, z), STAT_OUT_OF_DOMAIN);
    is(groupseq_boundaries((const double[]){NAN}, 1, .05, z), STAT_OUT_OF_DOMAIN);
    is(groupseq_boundaries(two, GROUPSEQ_LOOKS_MAX + 1, .05, z), STAT_OUT_OF_DOMAIN);
}

/* The last of the group: all the others have run. */
static void every_reason_has_been_given(void **state)
{
    for (int reason = STAT_OK + 1; reason < STAT_REASON_COUNT; reason++)
        if (!seen[reason])
            fail_msg("no test has met the reason %s", stat_reason_name((enum stat_reason)reason));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rankings_say_why),
        cmocka_unit_test(one_vs_rest_says_why),
        cmocka_unit_test(accumulators_say_why),
        cmocka_unit_test(two_samples_say_why),
        cmocka_unit_test(an_estimate_of_a_variance_may_fail),
        cmocka_unit_test(counts_and_shares_say_why),
        cmocka_unit_test(every_reason_has_been_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
