/* Regression metrics against the golden vectors G3 and at their edges. */
#include "stats/regression.h"

#include "stats_check.h"

static const double g3_truth[] = {3, -0.5, 2, 7, 4.2};

struct g3_expected {
    double predicted[5];
    double r2, mse, rmse, mae, mape;
};

static const struct g3_expected g3_expected[] = {
    {{2.5, 0, 2, 8, 4}, .949660041841004, .308, .554977477020464, .44, .271428571428571},
    {{2.9, -0.4, 2.5, 6.5, 4.4}, .981694560669456, .112, .33466401061363, .28, .12047619047619},
};

static struct regression sums_of(const double *truth, const double *predicted, size_t n)
{
    struct regression s = {0};
    for (size_t i = 0; i < n; i++)
        assert_true(regression_add(&s, truth[i], predicted[i], 1));
    return s;
}

static void two_models_reproduce_g3(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(g3_expected); i++) {
        const struct g3_expected *g = &g3_expected[i];
        struct regression s = sums_of(g3_truth, g->predicted, ARRAY_LEN(g3_truth));
        near(value_of(regression_r2(&s)), g->r2);
        near(value_of(regression_mse(&s)), g->mse);
        near(value_of(regression_rmse(&s)), g->rmse);
        near(value_of(regression_mae(&s)), g->mae);
        near(value_of(regression_mape(&s)), g->mape);
    }
}

static void a_constant_truth_is_explained_fully_or_not_at_all(void **state)
{
    const double y[] = {.1, .1, .1}, wrong[] = {.1, .1, .3};
    struct regression s = sums_of(y, y, 3);
    near(value_of(regression_r2(&s)), 1);
    s = sums_of(y, wrong, 3);
    near(value_of(regression_r2(&s)), 0);
    no_figure(regression_r2_pearson(&s), STAT_CONSTANT);
}

/* Errors that came and went leave their rounding in the sums; that no row is wrong is counted. */
static void a_constant_truth_whose_errors_were_corrected_is_explained_fully(void **state)
{
    struct regression s = {0};
    for (int i = 0; i < 3; i++)
        assert_true(regression_add(&s, .1, .1, .3));
    for (int i = 1; i < 50; i++)
        assert_true(regression_add(&s, .1, .1 + pow(10, i % 7) / i, 1.0 / i));
    for (int i = 49; i > 0; i--)
        assert_true(regression_remove(&s, .1, .1 + pow(10, i % 7) / i, 1.0 / i));
    assert_true(dd_value(&s.sums[REGRESSION_ERROR_SQUARED]) != 0);
    near(value_of(regression_r2(&s)), 1);
    assert_true(value_of(regression_mse(&s)) == 0 && value_of(regression_rmse(&s)) == 0);
    assert_true(value_of(regression_mae(&s)) == 0 && value_of(regression_me(&s)) == 0);
}

static void too_few_rows_have_a_reason(void **state)
{
    struct regression s = {0};
    no_figure(regression_mse(&s), STAT_EMPTY);
    no_figure(regression_r2(&s), STAT_EMPTY);
    assert_true(regression_add(&s, 1, 2, 1));
    no_figure(regression_r2(&s), STAT_TOO_FEW);
    near(value_of(regression_mae(&s)), 1);
    near(value_of(regression_me(&s)), 1);
    assert_true(regression_remove(&s, 1, 2, 1));
    assert_true(regression_add(&s, 1, 2, 0));
    no_figure(regression_mae(&s), STAT_NO_WEIGHT);
}

static void numbers_beyond_the_domain_change_nothing(void **state)
{
    struct regression s = {0};
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e141};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(regression_add(&s, bad[i], 0, 1));
        assert_false(regression_add(&s, 0, bad[i], 1));
    }
    assert_int_equal(s.rows, 0);
    assert_false(regression_remove(&s, 1, 1, 1));
}

static void r2_holds_where_the_mean_is_a_billion_times_the_spread(void **state)
{
    struct regression s = {0}, shifted = {0};
    for (int i = 0; i < 1000; i++) {
        double y = (i * 37 % 101) / 64.0, p = y + (i % 7 - 3) / 16.0;
        assert_true(regression_add(&s, y, p, 1));
        assert_true(regression_add(&shifted, y + 0x1p30, p + 0x1p30, 1));
    }
    near(value_of(regression_r2(&shifted)), value_of(regression_r2(&s)));
    near(value_of(regression_r2_pearson(&shifted)), value_of(regression_r2_pearson(&s)));
}

static void taking_out_an_outlier_leaves_no_trace(void **state)
{
    struct regression s = sums_of(g3_truth, g3_expected[0].predicted, 5);
    assert_true(regression_add(&s, 1e12, -1e12, .3));
    assert_true(regression_add(&s, 0, 5, 2)); /* a mape of 2e16 */
    assert_true(regression_remove(&s, 1e12, -1e12, .3));
    assert_true(regression_remove(&s, 0, 5, 2));
    close_to(value_of(regression_r2(&s)), g3_expected[0].r2, 1e-7);
    near(value_of(regression_mae(&s)), g3_expected[0].mae);
    near(value_of(regression_mape(&s)), g3_expected[0].mape);
}

/* The largest numbers with the largest weights: the square of their sum alone would overflow. */
/* A hundred rows again and again: the figures of the hundred to the last digits. */
static void ten_million_rows_lose_nothing(void **state)
{
    struct regression few = {0}, many = {0};
    for (int i = 0; i < 10000000; i++) {
        int k = i % 100;
        double y = 1e6 + k * .37, p = y + k * 7 % 13 * .01 - .05;
        assert_true(regression_add(&many, y, p, .1));
        if (i < 100)
            assert_true(regression_add(&few, y, p, .1));
    }
    close_to(value_of(regression_r2(&many)), value_of(regression_r2(&few)), 1e-14);
    close_to(value_of(regression_r2_pearson(&many)), value_of(regression_r2_pearson(&few)), 1e-14);
    close_to(value_of(regression_mae(&many)), value_of(regression_mae(&few)), 1e-14);
    close_to(value_of(regression_mse(&many)), value_of(regression_mse(&few)), 1e-14);
}

static void r2_holds_at_the_edge_of_the_domain(void **state)
{
    struct regression s = {0}, large = {0};
    for (int i = 0; i < 100000; i++) {
        double y = i % 2 ? 1 : .5, p = y - i % 4 * .01;
        assert_true(regression_add(&s, y, p, 1));
        assert_true(regression_add(&large, y * 1e140, p * 1e140, 1e12));
    }
    close_to(value_of(regression_r2(&large)), value_of(regression_r2(&s)), 1e-12);
    close_to(value_of(regression_r2_pearson(&large)), value_of(regression_r2_pearson(&s)), 1e-12);
}

static void numbers_whose_squares_vanish_have_figures_or_reasons(void **state)
{
    struct regression s = {0};
    for (int i = 0; i < 4; i++)
        assert_true(regression_add(&s, i * 5e-324, 5e-324, 1));
    close_to(value_of(regression_mae(&s)), 5e-324, 1);
    near(value_of(regression_r2(&s)), 1); /* no square of an error is left, nor of the spread */
    no_figure(regression_r2_pearson(&s), STAT_CONSTANT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_models_reproduce_g3),
        cmocka_unit_test(a_constant_truth_is_explained_fully_or_not_at_all),
        cmocka_unit_test(a_constant_truth_whose_errors_were_corrected_is_explained_fully),
        cmocka_unit_test(too_few_rows_have_a_reason),
        cmocka_unit_test(numbers_beyond_the_domain_change_nothing),
        cmocka_unit_test(r2_holds_where_the_mean_is_a_billion_times_the_spread),
        cmocka_unit_test(taking_out_an_outlier_leaves_no_trace),
        cmocka_unit_test(ten_million_rows_lose_nothing),
        cmocka_unit_test(r2_holds_at_the_edge_of_the_domain),
        cmocka_unit_test(numbers_whose_squares_vanish_have_figures_or_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
