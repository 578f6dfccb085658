/* Moments on NIST's reference sets, and the sketches that bound their own error. */
#include "stats/cardinality.h"
#include "stats/diebold.h"
#include "stats/heavy.h"
#include "stats/moments.h"
#include "stats/rng.h"
#include "stats/sketch.h"

#include "stats_check.h"
#include "stats_nist.h"

struct nist_set {
    const char *name;
    const int *data;
    size_t n;
    double offset, scale;         /* value = offset + data / scale */
    double mean, sd, correlation; /* certified; the last is the autocorrelation at lag 1 */
};

#define SET(name, offset, scale, mean, sd, correlation)                                            \
    {                                                                                              \
#name, nist_##name, ARRAY_LEN(nist_##name), offset, scale, mean, sd, correlation           \
    }

static int nist_pi_digits[NIST_PI_DIGITS]; /* made by nist_sets_are_made() */

static const struct nist_set nist_sets[] = {
    SET(lew, 0, 1, -177.435000000000, 277.332168044316, -0.307304800605679),
    SET(lottery, 0, 1, 518.958715596330, 291.699727470969, -0.120948622967393),
    SET(michelso, 299, 1000, 299.852400000000, 0.0790105478190518, 0.535199668621283),
    SET(mavro, 2, 1e5, 2.00185600000000, 0.000429123454003053, 0.937989183438248),
    SET(pi_digits, 0, 1, 4.53480000000000, 2.86733906028871, -0.00355099287237972),
};

static double value_at(const struct nist_set *set, size_t i)
{
    return set->offset + set->data[i] / set->scale;
}

static int nist_sets_are_made(void **state)
{
    nist_make_pi_digits(nist_pi_digits);
    return 0;
}

static void certified(const struct moments *m, double mean, double sd, double relative)
{
    close_to(value_of(moments_mean(m)), mean, 1e-14);
    close_to(value_of(moments_sd(m)), sd, relative);
}

/* The whole and every second row merged must both give what NIST certifies. */
static void nist_sets_have_their_certified_moments(void **state)
{
    for (size_t s = 0; s < ARRAY_LEN(nist_sets); s++) {
        const struct nist_set *set = &nist_sets[s];
        struct moments whole = {0}, odd = {0}, even = {0};
        for (size_t i = 0; i < set->n; i++) {
            assert_true(moments_add(&whole, value_at(set, i)));
            assert_true(moments_add(i % 2 ? &odd : &even, value_at(set, i)));
        }
        moments_merge(&odd, &even);
        /* The values themselves are rounded to doubles: many leading digits cost some others. */
        double rounding = 4 * fabs(set->mean) / set->sd * 0x1p-52 + 2e-15;
        certified(&whole, set->mean, set->sd, rounding);
        certified(&odd, set->mean, set->sd, rounding);
    }
}

/* Autocorrelation stands in no header of its own; it is what Diebold-Mariano's variance is made of:
 * (gamma_0 + 2 gamma_1)/n with gamma_1 = r_1 gamma_0 and gamma_0 = sd^2 (n - 1)/n. */
static void nist_sets_have_their_certified_autocorrelation(void **state)
{
    for (size_t s = 0; s < ARRAY_LEN(nist_sets); s++) {
        const struct nist_set *set = &nist_sets[s];
        double x[NIST_PI_DIGITS], n = (double)set->n;
        for (size_t i = 0; i < set->n; i++)
            x[i] = value_at(set, i);
        double gamma_0 = set->sd * set->sd * (n - 1) / n;
        double error = sqrt(gamma_0 * (1 + 2 * set->correlation) / n);
        struct stat_test t = diebold_mariano(x, set->n, 2);
        assert_int_equal(t.reason, STAT_OK);
        close_to(t.statistic, set->mean / error * sqrt((n - 3 + 2 / n) / n), 1e-11);
    }
}

static void numerical_accuracy_sets_lose_no_digit_that_the_data_have(void **state)
{
    struct moments first = {0};
    for (int i = 1; i <= 3; i++)
        assert_true(moments_add(&first, 10000000.0 + i));
    certified(&first, 10000002, 1, 1e-15);

    const double offsets[] = {1, 1000000, 10000000}; /* NumAcc2, 3, 4 */
    for (size_t s = 0; s < ARRAY_LEN(offsets); s++) {
        struct moments m = {0};
        assert_true(moments_add(&m, offsets[s] + 0.2));
        for (int i = 0; i < 500; i++) {
            assert_true(moments_add(&m, offsets[s] + 0.1));
            assert_true(moments_add(&m, offsets[s] + 0.3));
        }
        /* 0.1 beside 10^7 is itself known to 9 digits only. */
        certified(&m, offsets[s] + 0.2, 0.1, offsets[s] * 0x1p-50 + 1e-14);
    }
}

static void a_large_value_taken_out_leaves_no_trace(void **state)
{
    struct moments m = {0}, without = {0};
    for (int i = 0; i < 100; i++) {
        assert_true(moments_add(&m, i / 7.0));
        assert_true(moments_add(&without, i / 7.0));
    }
    assert_true(moments_add(&m, 1e7));
    assert_false(m.extremes_loose);
    assert_true(moments_remove(&m, 1e7));
    assert_true(m.extremes_loose);
    near(value_of(moments_mean(&m)), value_of(moments_mean(&without)));
    near(value_of(moments_variance(&m)), value_of(moments_variance(&without)));
}

static void few_and_equal_and_impossible_values(void **state)
{
    struct moments m = {0};
    no_figure(moments_mean(&m), STAT_EMPTY);
    assert_false(moments_add(&m, NAN));
    assert_false(moments_add(&m, 2e140));
    assert_false(moments_remove(&m, 1));
    assert_true(moments_add(&m, .1));
    no_figure(moments_variance(&m), STAT_TOO_FEW);
    for (int i = 0; i < 1000; i++)
        assert_true(moments_add(&m, .1));
    assert_true(value_of(moments_variance(&m)) == 0);
    near(value_of(moments_mean(&m)), .1);
}

static void ten_million_equal_values_have_no_variance(void **state)
{
    struct moments m = {0};
    for (int i = 0; i < 10000000; i++)
        (void)!moments_add(&m, 1e6 + .1);
    assert_true(value_of(moments_variance(&m)) == 0);
    near(value_of(moments_mean(&m)), 1e6 + .1);
}

static void a_sketch_knows_quantiles_to_one_percent(void **state)
{
    enum { ROWS = 20001 };
    struct sketch s;
    sketch_init(&s);
    no_figure(sketch_quantile(&s, .5), STAT_EMPTY);
    for (int i = 0; i < ROWS; i++)
        assert_true(sketch_add(&s, (i - 5000) * 0.37)); /* negative, zero, positive */
    for (int q = 0; q <= 100; q++) {
        double exact = (q * (ROWS - 1) / 100 - 5000) * 0.37;
        double got = value_of(sketch_quantile(&s, q / 100.0));
        assert_true(fabs(got - exact) <= 0.01 * fabs(exact) + 1e-12);
    }
    no_figure(sketch_quantile(&s, 1.5), STAT_OUT_OF_DOMAIN);
    assert_false(sketch_add(&s, INFINITY));
    assert_false(sketch_remove(&s, 1e9));
    for (int i = 0; i < ROWS; i++)
        assert_true(sketch_remove(&s, (i - 5000) * 0.37));
    no_figure(sketch_quantile(&s, .5), STAT_EMPTY);
    sketch_release(&s);
}

static void extreme_magnitudes_stay_in_the_sketch(void **state)
{
    const double values[] = {-1e300, -1e-300, 0, 5e-324, 1e300};
    struct sketch s;
    sketch_init(&s);
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        assert_true(sketch_add(&s, values[i]));
    assert_true(value_of(sketch_quantile(&s, 0)) < -1e14);
    near(value_of(sketch_quantile(&s, .5)), 0);
    assert_true(value_of(sketch_quantile(&s, 1)) > 1e14);
    sketch_release(&s);
}

static void distinct_values_are_counted_within_a_few_percent(void **state)
{
    const uint64_t sizes[] = {0, 1, 10, 1000, 20000, 1000000};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
        static struct cardinality c, half;
        memset(&c, 0, sizeof c);
        memset(&half, 0, sizeof half);
        for (uint64_t i = 0; i < sizes[s]; i++)
            cardinality_add(i % 2 ? &c : &half, rng_mix(7, i));
        for (uint64_t i = 0; i < sizes[s] / 2; i++)
            cardinality_add(&half, rng_mix(7, i)); /* again: no change */
        cardinality_merge(&c, &half);
        double n = (double)sizes[s];
        assert_true(fabs(cardinality_estimate(&c) - n) <= 0.05 * n + 1e-9);
    }
}

static void frequent_values_are_found_and_their_counts_bounded(void **state)
{
    struct heavy left = {.rows = 0}, right = {.rows = 0};
    uint64_t counts[2000] = {0};
    struct rng r;
    rng_init(&r, 1, 1);
    for (int i = 0; i < 200000; i++) {
        uint64_t key = (uint64_t)(2000 * pow(rng_uniform(&r), 4)); /* a few are very frequent */
        counts[key]++;
        heavy_add(i % 3 ? &left : &right, key);
    }
    heavy_merge(&left, &right);
    struct heavy_entry top[HEAVY_ENTRIES];
    size_t n = heavy_top(&left, top);
    assert_int_equal(left.rows, 200000);
    for (uint64_t key = 0; key < 2000; key++) {
        size_t at = 0;
        while (at < n && top[at].key != key)
            at++;
        if (at == n)
            assert_true(counts[key] <= 200000 / HEAVY_ENTRIES);
        else
            assert_true(counts[key] <= top[at].rows && top[at].rows - top[at].error <= counts[key]);
    }
    assert_true(top[0].rows >= top[1].rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nist_sets_have_their_certified_moments),
        cmocka_unit_test(nist_sets_have_their_certified_autocorrelation),
        cmocka_unit_test(numerical_accuracy_sets_lose_no_digit_that_the_data_have),
        cmocka_unit_test(a_large_value_taken_out_leaves_no_trace),
        cmocka_unit_test(few_and_equal_and_impossible_values),
        cmocka_unit_test(ten_million_equal_values_have_no_variance),
        cmocka_unit_test(a_sketch_knows_quantiles_to_one_percent),
        cmocka_unit_test(extreme_magnitudes_stay_in_the_sketch),
        cmocka_unit_test(distinct_values_are_counted_within_a_few_percent),
        cmocka_unit_test(frequent_values_are_found_and_their_counts_bounded),
    };
    return cmocka_run_group_tests(tests, nist_sets_are_made, NULL);
}
