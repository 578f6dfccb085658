/* Tests for fixed samples against the golden vectors G1 (DeLong), G4, G5, G6 (Kolmogorov-Smirnov)
 * and G7 (special functions), with a test for every reason that they give. */
#include "stats/contingency.h"
#include "stats/cramervonmises.h"
#include "stats/delong.h"
#include "stats/diebold.h"
#include "stats/dist.h"
#include "stats/kolmogorov.h"
#include "stats/kstest.h"
#include "stats/mannwhitney.h"
#include "stats/mcnemar.h"
#include "stats/multiple.h"
#include "stats/normal.h"
#include "stats/proportion.h"
#include "stats/special.h"
#include "stats/ttest.h"
#include "stats/wilcoxon.h"

#include "stats_check.h"

static void test_is(struct stat_test t, double statistic, double p)
{
    assert_int_equal(t.reason, STAT_OK);
    near(t.statistic, statistic);
    near(t.p, p);
}

static void no_test(struct stat_test t, enum stat_reason reason)
{
    assert_string_equal(stat_reason_name(t.reason), stat_reason_name(reason));
    assert_true(t.p == 1);
}

static void delong_reproduces_g1(void **state)
{
    const uint8_t y[] = {0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0};
    const double a[] = {.1, .4, .35, .8, .2, .7, .5, .9, .6, .3, .55, .45};
    const double b[] = {.2, .3, .45, .7, .1, .9, .6, .8, .35, .25, .65, .5};
    struct delong d = delong_paired(a, b, y, 12);
    near(d.difference, .0277777777777778);
    near(d.variance, .00709876543209877);
    near(d.variance_a, .00833333333333333);
    test_is(d.test, .329690236697894, .741634031648461);

    struct delong same = delong_paired(a, a, y, 12);
    no_test(same.test, STAT_NO_DIFFERENCE);
    struct delong_sample sample_a = {a, y, 12}, sample_b = {b, y, 12};
    struct delong unpaired = delong_unpaired(&sample_a, &sample_b);
    near(unpaired.variance, d.variance_a + d.variance_b);
}

static void delong_says_why_it_cannot(void **state)
{
    const uint8_t y[] = {0, 0, 1, 1}, one[] = {1, 1, 1, 1}, zero[] = {0, 0, 0, 0},
                  few[] = {0, 1, 1, 1};
    const double up[] = {1, 2, 3, 4}, down[] = {4, 3, 2, 1}, bad[] = {1, NAN, 2, 3};
    no_test(delong_paired(up, down, y, 4).test, STAT_NO_VARIANCE);
    no_test(delong_paired(up, down, one, 4).test, STAT_NO_NEGATIVES);
    no_test(delong_paired(up, down, zero, 4).test, STAT_NO_POSITIVES);
    no_test(delong_paired(up, down, few, 4).test, STAT_TOO_FEW);
    no_test(delong_paired(up, bad, y, 4).test, STAT_NOT_FINITE);
    no_test(delong_paired(bad, up, y, 4).test, STAT_NOT_FINITE);
    no_test(delong_paired(NULL, NULL, NULL, 0).test, STAT_EMPTY);
}

static void mcnemar_reproduces_g4(void **state)
{
    near(mcnemar_exact(15, 5).p, .0413894653320312);
    near(mcnemar_mid_p(15, 5).p, .0266036987304688);
    test_is(mcnemar_chi2(15, 5, false), 5, .0253473186774683);
    test_is(mcnemar_chi2(15, 5, true), 4.05, .0441713449084427);
    near(mcnemar_exact(0, 6).p, .03125);
    near(mcnemar_mid_p(0, 6).p, .015625);
    near(value_of(mcnemar_difference(15, 5, 100)), .1);
    near(value_of(mcnemar_variance(15, 5, 100)), (20 - 100 / 100.0) / 10000);
}

static void mcnemar_without_discordant_rows(void **state)
{
    near(mcnemar_exact(0, 0).p, 1);
    near(mcnemar_mid_p(0, 0).p, 1);
    no_test(mcnemar_chi2(0, 0, false), STAT_NO_DIFFERENCE);
    no_figure(mcnemar_difference(0, 0, 0), STAT_EMPTY);
    struct stat_interval ci = mcnemar_interval(0, 0, 50, .05);
    assert_true(ci.low < 0 && ci.high > 0 && fabs(ci.low + ci.high) < 1e-9);
    assert_int_equal(mcnemar_interval(0, 0, 0, .05).reason, STAT_EMPTY);
    assert_int_equal(mcnemar_interval(5, 1, 3, .05).reason, STAT_OUT_OF_DOMAIN);
}

static void two_rates_reproduce_g5(void **state)
{
    const double table[] = {120, 880, 150, 850};
    test_is(contingency_chi2(table, 2, 2, false), 3.85356454720617, .0496403868653688);
    test_is(contingency_chi2(table, 2, 2, true), 3.60094198244487, .057746841509689);
    near(contingency_fisher(120, 880, 150, 850).p, .0575958508689267);
    const double wide[] = {12, 8, 15, 5, 9, 30}; /* Yates' correction is for 2 x 2 alone */
    near(contingency_chi2(wide, 2, 3, true).p, contingency_chi2(wide, 2, 3, false).p);
    test_is(proportion_two(120, 1000, 150, 1000), -1.963049807622355, .0496403868653688);
    struct stat_interval newcombe = proportion_newcombe(120, 1000, 150, 1000, .05);
    close_to(newcombe.low, -.06000825857, 1e-9);
    close_to(newcombe.high, -.00001378243, 1e-6);
    struct stat_interval wilson = proportion_wilson(120, 1000, .05);
    close_to(wilson.low, .10129926060, 1e-9);
    close_to(wilson.high, .14160907585, 1e-9);
}

static void tables_and_rates_say_why_they_cannot(void **state)
{
    const double empty[4] = {0}, one_row[] = {1, 2, 0, 0}, bad[] = {1, -1, 2, 3};
    no_test(contingency_chi2(empty, 2, 2, false), STAT_EMPTY);
    no_test(contingency_chi2(one_row, 2, 2, false), STAT_TOO_FEW);
    no_test(contingency_chi2(bad, 2, 2, false), STAT_OUT_OF_DOMAIN);
    no_test(contingency_fisher(0, 0, 0, 0), STAT_EMPTY);
    near(contingency_fisher(3, 0, 4, 0).p, 1);
    no_test(contingency_fisher(2000000, 2000000, 2000000, 2000000), STAT_TOO_LARGE);
    no_test(proportion_two(0, 10, 0, 10), STAT_NO_DIFFERENCE);
    no_test(proportion_two(0, 0, 1, 2), STAT_EMPTY);
    assert_int_equal(proportion_wilson(0, 0, .05).reason, STAT_EMPTY);
    assert_int_equal(proportion_wilson(3, 2, .05).reason, STAT_OUT_OF_DOMAIN);
    assert_true(proportion_wilson(0, 9, .05).low == 0 && proportion_wilson(9, 9, .05).high == 1);
    const uint64_t units[] = {500, 500, 0};
    const double shares[] = {1, 1, 1}, none[] = {1, 0, 1};
    no_test(proportion_allocation(units, none, 3), STAT_OUT_OF_DOMAIN);
    no_test(proportion_allocation(units, shares, 1), STAT_TOO_FEW);
    no_test(proportion_allocation((const uint64_t[]){0, 0}, shares, 2), STAT_EMPTY);
    assert_true(proportion_allocation(units, shares, 3).p < .001);
    assert_true(value_of(proportion_allocation_log_e(units, shares, 3)) > log(1000));
    assert_true(value_of(proportion_allocation_log_e(units, shares, 2)) < 0);
}

/* At equal shares e is 2^-n C(n, n/2)^-1 / (n + 1): its logarithm is known to all digits. */
static void an_even_allocation_has_its_evidence_at_any_size(void **state)
{
    const double shares[] = {.5, .5};
    for (uint64_t n = 100000; n < (uint64_t)1 << 60; n *= 1000) {
        const uint64_t units[] = {n / 2, n / 2};
        double rows = (double)n;
        double wanted = .5 * log(M_PI * rows / 2) + 1 / (4 * rows) - log(rows + 1);
        close_to(value_of(proportion_allocation_log_e(units, shares, 2)), wanted, 1e-8);
    }
}

static const double g6_reference[] = {.61,  .29,  .06,  .59,  -1.73, -.74, .51,  -.56, .39,
                                      1.64, .05,  -.06, .64,  -.82,  .37,  1.77, 1.09, -1.28,
                                      2.36, 1.31, 1.05, -.32, -.4,   1.06, -2.47};
static const double g6_current[] = {.87,  1.29, .57,  .42,  1.71, 2.05, .99,  -.32, 1.75, .2,
                                    1.11, .63,  2.36, 1.42, .05,  .77,  -.44, 1.9,  .34,  1.33};

static void kolmogorov_smirnov_reproduces_g6(void **state)
{
    test_is(kstest_exact(g6_reference, 25, g6_current, 20), .33, .143143523659279);
    test_is(kstest_asymptotic(g6_reference, 25, g6_current, 20), .33, .143893856550481);
    struct stat_test limit = kstest_limit(g6_reference, 25, g6_current, 20);
    near(limit.p, kolmogorov_sf(.33 * sqrt(500.0 / 45)));
}

static void two_samples_say_why_they_cannot(void **state)
{
    const double bad[] = {1, NAN}, fine[] = {1, 2}, same[] = {3, 3};
    no_test(kstest_exact(bad, 2, fine, 2), STAT_NOT_FINITE);
    no_test(kstest_exact(fine, 0, fine, 2), STAT_EMPTY);
    no_test(cramervonmises_asymptotic(fine, 1, fine, 2), STAT_TOO_FEW);
    no_test(cramervonmises_asymptotic(bad, 2, fine, 2), STAT_NOT_FINITE);
    no_test(cramervonmises_exact(fine, 1, fine, 2), STAT_TOO_FEW);
    no_test(cramervonmises_exact(fine, 2, fine, 0), STAT_EMPTY);
    no_test(cramervonmises_exact(bad, 2, fine, 2), STAT_NOT_FINITE);
    near(cramervonmises_exact(same, 2, same, 2).p, 1);
    no_test(mannwhitney_approximate(same, 2, same, 2), STAT_CONSTANT);
    no_test(mannwhitney_exact(fine, 2, fine, 2), STAT_TIES);
    no_test(mannwhitney_exact(fine, 0, fine, 2), STAT_EMPTY);
    static double many[10001];
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = (double)i + .5;
    no_test(mannwhitney_exact(fine, 2, many, ARRAY_LEN(many)), STAT_TOO_LARGE);
    no_test(cramervonmises_exact(many, 5000, many, 5001), STAT_TOO_LARGE);
    static const double zeros[100000]; /* T is 0, and takes as long */
    no_test(cramervonmises_exact(zeros, 100000, zeros, 100000), STAT_TOO_LARGE);
    near(mannwhitney_exact(many, 5000, fine, 2).statistic, 4998 * 2 + 1);
    no_test(kstest_exact(many, ARRAY_LEN(many), many, ARRAY_LEN(many)), STAT_TOO_LARGE);
    near(kstest_exact(fine, 2, fine, 2).p, 1);
}

static void paired_samples_say_why_they_cannot(void **state)
{
    const double zero[] = {0, 0}, bad[] = {NAN, 1}, one[] = {1, 1, 1};
    no_test(wilcoxon_approximate(zero, 2, false), STAT_NO_DIFFERENCE);
    no_test(wilcoxon_exact(zero, 0), STAT_EMPTY);
    no_test(wilcoxon_exact(bad, 2), STAT_NOT_FINITE);
    static double many[WILCOXON_EXACT_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = (double)i + 1;
    no_test(wilcoxon_exact(many, ARRAY_LEN(many)), STAT_TOO_LARGE);
    struct sketch s;
    sketch_init(&s);
    no_test(wilcoxon_sketch(&s), STAT_EMPTY);
    assert_true(sketch_add(&s, 0));
    no_test(wilcoxon_sketch(&s), STAT_NO_DIFFERENCE);
    sketch_release(&s);
    no_test(diebold_mariano(one, 3, 1), STAT_NO_VARIANCE);
    no_test(diebold_mariano(one, 3, 3), STAT_TOO_FEW);
    no_test(diebold_mariano(one, 3, 0), STAT_OUT_OF_DOMAIN);
    no_test(diebold_mariano(bad, 2, 1), STAT_NOT_FINITE);
    struct moments m = {0}, two = {0};
    no_test(ttest_paired(&m), STAT_EMPTY);
    assert_true(moments_add(&m, 1));
    no_test(ttest_welch(&m, &two), STAT_TOO_FEW);
    assert_true(moments_add(&m, 1));
    no_test(ttest_paired(&m), STAT_NO_VARIANCE);
    assert_int_equal(ttest_paired_interval(&m, .05).reason, STAT_NO_VARIANCE);
    assert_int_equal(ttest_paired_interval(&m, 2).reason, STAT_OUT_OF_DOMAIN);
    struct moments wide = {0};
    assert_true(moments_add(&wide, 1e100) && moments_add(&wide, -1e100));
    assert_int_equal(ttest_paired_interval(&wide, 1e-300).reason, STAT_NOT_FINITE);
}

static void a_sketch_of_differences_tests_nearly_like_the_rows(void **state)
{
    struct sketch s;
    sketch_init(&s);
    double d[500];
    for (int i = 0; i < 500; i++) {
        d[i] = sin(i * 12.9898) * 43.7 + 2;
        assert_true(sketch_add(&s, d[i]));
    }
    double exact = wilcoxon_approximate(d, 500, false).p, sketched = wilcoxon_sketch(&s).p;
    assert_true(exact > .01 && fabs(sketched - exact) < .01);
    sketch_release(&s);
}

static void special_functions_reproduce_g7(void **state)
{
    near(dist_student_sf(2.1, 17.3), .0253441115114338);
    near(dist_chi2_sf(11.3, 4), .0233914865531657);
    near(normal_quantile(.975), 1.95996398454005);
    near(special_beta_inc(3.5, 2.25, .4), .152112487589278);
    near(special_gamma_q(2.5, 3.1), .287241683425561);
    near(kolmogorov_sf(1.1), .177718192606401);
    near(dist_beta_quantile(.95, 11, 5), .858336028357847);
}

static void special_functions_keep_to_their_edges(void **state)
{
    assert_true(special_beta_inc(2, 3, 0) == 0 && special_beta_inc(2, 3, 1) == 1);
    assert_true(special_gamma_p(2, 0) == 0 && special_gamma_q(2, INFINITY) == 0);
    assert_true(isinf(special_gamma_p_inverse(2, 1)) && special_gamma_p_inverse(2, 0) == 0);
    assert_true(isinf(normal_quantile(0)) && isinf(normal_quantile(1)));
    assert_true(normal_quantile(.5) == 0);
    assert_true(dist_student_two_sided(INFINITY, 3) == 0);
    close_to(dist_student_two_sided(1e200, 1), 2 / M_PI * 1e-200, 1e-12); /* Cauchy */
    close_to(dist_student_sf(-1e300, .5), 1, 1e-12);
    assert_true(dist_student_two_sided(1e300, 30) == 0);
    close_to(dist_student_quantile(1e-300, 1), -1e300 / M_PI, 1e-12);
    close_to(dist_student_quantile(1e-140, 1), -1e140 / M_PI, 1e-12);
    assert_true(isinf(dist_student_quantile(1e-300, .5)));
    assert_true(dist_binomial_cdf(-1, 5, .5) == 0 && dist_binomial_cdf(5, 5, .5) == 1);
    assert_true(dist_binomial_cdf(2, 5, 0) == 1 && dist_binomial_pmf(0, 0, .5) == 1);
    assert_true(kolmogorov_sf(0) == 1 && kolmogorov_finite_sf(3, 1) == 0);
    assert_true(kolmogorov_finite_sf(10, .05) == 1);
    close_to(normal_log_cdf(-1e4), -50000010.1292894, 1e-12);
}

static void adjusted_p_values_follow_the_book(void **state)
{
    const double p[] = {.01, .04, .03, .005};
    double adjusted[4];
    multiple_holm(p, 4, adjusted);
    const double holm[] = {.03, .06, .06, .02}, bh[] = {.02, .04, .04, .02};
    for (int i = 0; i < 4; i++)
        near(adjusted[i], holm[i]);
    multiple_benjamini_hochberg(p, 4, adjusted);
    for (int i = 0; i < 4; i++)
        near(adjusted[i], bh[i]);
    const double log_e[] = {log(100), log(45), 0};
    bool declared[3];
    assert_int_equal(multiple_e_benjamini_hochberg(log_e, 3, .05, declared), 2);
    assert_true(declared[0] && declared[1] && !declared[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delong_reproduces_g1),
        cmocka_unit_test(delong_says_why_it_cannot),
        cmocka_unit_test(mcnemar_reproduces_g4),
        cmocka_unit_test(mcnemar_without_discordant_rows),
        cmocka_unit_test(two_rates_reproduce_g5),
        cmocka_unit_test(tables_and_rates_say_why_they_cannot),
        cmocka_unit_test(an_even_allocation_has_its_evidence_at_any_size),
        cmocka_unit_test(kolmogorov_smirnov_reproduces_g6),
        cmocka_unit_test(two_samples_say_why_they_cannot),
        cmocka_unit_test(paired_samples_say_why_they_cannot),
        cmocka_unit_test(a_sketch_of_differences_tests_nearly_like_the_rows),
        cmocka_unit_test(special_functions_reproduce_g7),
        cmocka_unit_test(special_functions_keep_to_their_edges),
        cmocka_unit_test(adjusted_p_values_follow_the_book),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
