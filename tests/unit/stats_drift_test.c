/* Drift: the distances of G6, frozen bins, the dual gate, change detectors, estimates without
 * truth. */
#include "stats/adwin.h"
#include "stats/bincount.h"
#include "stats/bins.h"
#include "stats/divergence.h"
#include "stats/drift.h"
#include "stats/estimate.h"
#include "stats/isotonic.h"
#include "stats/mmd.h"
#include "stats/pagehinkley.h"
#include "stats/rng.h"

#include "stats_check.h"

static void distances_reproduce_g6(void **state)
{
    const double p[] = {.25, .25, .2, .2, .1}, q[] = {.2, .3, .15, .25, .1};
    const double gone[] = {.2, .3, .15, .35, 0};
    near(value_of(divergence_psi(p, q, 5)), .0458145365937078);
    near(value_of(divergence_kl(p, q, 5)), .0231132028575783);
    near(divergence_hellinger(p, q, 5), .0756309790401478);
    near(divergence_jensen_shannon(p, q, 5), .075586335613599);
    near(divergence_jensen_shannon(p, q, 5) / sqrt(M_LN2), .0907884415035471);
    near(divergence_jensen_shannon(p, gone, 5), .22211906514075);
    near(divergence_max(p, q, 5), .05);
    near(divergence_total_variation(p, q, 5), .05 * 2);
    no_figure(divergence_psi(p, gone, 5), STAT_NOT_FINITE);
    no_figure(divergence_kl(p, gone, 5), STAT_NOT_FINITE);
}

static void wasserstein_is_the_distance_that_mass_moves(void **state)
{
    const double edges[] = {0, 1, 2, 3}, p[] = {1, 0, 0}, q[] = {0, 0, 1};
    near(divergence_wasserstein(p, q, edges, 3), 2);
    near(divergence_wasserstein(p, p, edges, 3), 0);
    /* The gap changes its sign inside the middle bin: two triangles of height 1/2. */
    const double a[] = {.5, 0, .5}, b[] = {0, 1, 0};
    near(divergence_wasserstein(a, b, edges, 3), .25 + .25 + .25);
}

static void bins_follow_the_quantiles_of_the_reference(void **state)
{
    enum { N = 1000 };
    static double reference[N];
    for (int i = 0; i < N; i++)
        reference[i] = i * i;
    reference[0] = NAN;
    struct bins b;
    assert_int_equal(bins_init_numeric(&b, reference, N, 20), STAT_OK);
    struct bincount c;
    bincount_init(&c, bins_cells(&b));
    for (int i = 0; i < N; i++)
        bincount_add(&c, bins_cell(&b, reference[i]));
    assert_int_equal(b.count, 20);
    for (uint32_t i = 0; i < b.count; i++)
        assert_in_range(c.rows[i], 48, 52);
    assert_int_equal(c.rows[bins_cell_missing(&b)], 1);
    assert_int_equal(bins_cell(&b, -1), b.count);
    assert_int_equal(bins_cell(&b, INFINITY), b.count + 1);
    assert_int_equal(bins_cell(&b, -INFINITY), b.count);
    assert_int_equal(bins_cell(&b, 999.0 * 999), b.count - 1);
    bincount_release(&c);
    bins_release(&b);
}

static void few_distinct_values_get_a_bin_each(void **state)
{
    const double reference[] = {1, 2, 2, 5, 5, 5, 1};
    struct bins b;
    assert_int_equal(bins_init_numeric(&b, reference, 7, 20), STAT_OK);
    assert_int_equal(b.count, 3);
    assert_int_equal(bins_cell(&b, 1), 0);
    assert_int_equal(bins_cell(&b, 2), 1);
    assert_int_equal(bins_cell(&b, 5), 2);
    assert_int_equal(bins_cell(&b, 3), 1);
    assert_int_equal(bins_cell(&b, 4), 2);
    bins_release(&b);
    const double constant[] = {7, 7}, nothing[] = {NAN, INFINITY};
    assert_int_equal(bins_init_numeric(&b, constant, 2, 20), STAT_OK);
    assert_int_equal(b.count, 1);
    assert_int_equal(bins_cell(&b, 7), 0);
    assert_int_equal(bins_cell(&b, 7.1), 2);
    bins_release(&b);
    assert_int_equal(bins_init_numeric(&b, nothing, 2, 20), STAT_EMPTY);
}

static void neighbours_among_the_doubles_keep_their_bins_apart(void **state)
{
    const double reference[] = {-1e308, 1, nextafter(1, 2), nextafter(nextafter(1, 2), 2), 1e308};
    struct bins b;
    assert_int_equal(bins_init_numeric(&b, reference, 5, 20), STAT_OK);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(bins_cell(&b, reference[i]), i);
    bins_release(&b);
}

static void smoothed_shares_are_never_empty(void **state)
{
    const uint64_t counts[] = {0, 3, 7};
    double shares[3];
    divergence_shares(counts, 3, shares);
    near(shares[0], .5 / 11.5);
    near(shares[0] + shares[1] + shares[2], 1);
}

static void mostly_equal_values_do_not_make_empty_bins(void **state)
{
    static double reference[1000];
    for (int i = 900; i < 1000; i++)
        reference[i] = i; /* nine tenths are 0 */
    struct bins b;
    assert_int_equal(bins_init_numeric(&b, reference, 1000, 20), STAT_OK);
    for (uint32_t i = 1; i <= b.count; i++)
        assert_true(b.edges[i] > b.edges[i - 1]);
    assert_int_equal(bins_cell(&b, 0), 0);
    bins_release(&b);
    for (int i = 0; i < 1000; i++)
        reference[i] = i < 100 ? -i : 1; /* and the same at the upper end */
    assert_int_equal(bins_init_numeric(&b, reference, 1000, 20), STAT_OK);
    for (uint32_t i = 1; i <= b.count; i++)
        assert_true(b.edges[i] > b.edges[i - 1]);
    assert_int_equal(bins_cell(&b, 1), b.count - 1);
    bins_release(&b);
}

static void categories_have_their_bin_or_a_cell_that_says_why(void **state)
{
    struct heavy_entry seen[60];
    for (uint64_t i = 0; i < 60; i++)
        seen[i] = (struct heavy_entry){.key = i * 1000, .rows = i + 1};
    struct bins b;
    assert_int_equal(bins_init_categories(&b, seen, 60, 50), STAT_OK);
    assert_int_equal(bins_cells(&b), 53);
    assert_int_equal(bins_cell_category(&b, 59000), 0);  /* the most frequent */
    assert_int_equal(bins_cell_category(&b, 0), 50);     /* rare */
    assert_int_equal(bins_cell_category(&b, 12345), 51); /* never seen */
    assert_int_equal(bins_cell_missing(&b), 52);
    bins_release(&b);
    assert_int_equal(bins_init_categories(&b, seen, 0, 50), STAT_EMPTY);
    static struct heavy_entry many[BINS_KEYS_MAX + 1];
    assert_int_equal(bins_init_categories(&b, many, ARRAY_LEN(many), 50), STAT_TOO_LARGE);
}

static void the_gate_needs_effect_and_evidence(void **state)
{
    const uint64_t reference[] = {1000, 1000, 1000, 1000};
    const uint64_t same[] = {251, 249, 250, 250}, few[] = {40, 5, 5, 10};
    const uint64_t moved[] = {450, 190, 180, 180}, far[] = {700, 100, 100, 100};
    const uint64_t large[] = {25000, 25000, 25000, 25000};
    const uint64_t slight[] = {26000, 25000, 25000, 24000}; /* certain, and too small to matter */
    struct drift_feature f[] = {drift_measure(reference, same, 4), drift_measure(reference, few, 4),
                                drift_measure(reference, moved, 4),
                                drift_measure(reference, far, 4), drift_measure(large, slight, 4)};
    drift_judge(f, 5, &drift_defaults);
    const char *wanted[] = {"ok", "insufficient", "warning", "alert", "ok"};
    for (int i = 0; i < 5; i++)
        assert_string_equal(drift_verdict_name(f[i].verdict), wanted[i]);
    assert_true(f[4].p_adjusted < .01);
    assert_true(f[0].psi_debiased < f[0].psi);
}

/* 200 rows are enough, 199 are not; an effect of just the limit alarms, and so does just that p. */
static void the_gate_opens_at_its_limits(void **state)
{
    const uint64_t reference[] = {1000, 1000}, enough[] = {170, 30}, short_of[] = {170, 29};
    struct drift_feature f[] = {drift_measure(reference, enough, 2),
                                drift_measure(reference, short_of, 2)};
    drift_judge(f, 2, &drift_defaults);
    assert_int_equal(f[0].verdict, DRIFT_ALERT);
    assert_int_equal(f[1].verdict, DRIFT_INSUFFICIENT);
    double psi = f[0].psi_debiased, p = f[0].p_adjusted;
    const struct drift_options exact = {.warning = psi, .alert = psi, .p_max = p, .rows_min = 1};
    drift_judge(f, 2, &exact);
    assert_int_equal(f[0].verdict, DRIFT_ALERT);
    const struct drift_options above = {
        .warning = psi, .alert = psi * 1.001, .p_max = p, .rows_min = 1};
    drift_judge(f, 2, &above);
    assert_int_equal(f[0].verdict, DRIFT_WARNING);
    const struct drift_options stricter = {
        .warning = psi, .alert = psi, .p_max = p * .999, .rows_min = 1};
    drift_judge(f, 2, &stricter);
    assert_int_equal(f[0].verdict, DRIFT_NONE);
}

/* The p that counts is the adjusted one: what alarms alone does not among a hundred others. */
static void a_feature_among_many_needs_more_evidence(void **state)
{
    enum { FEATURES = 100 };
    const uint64_t reference[] = {500, 500, 500, 500}, even[] = {50, 50, 50, 50};
    const uint64_t moved[] = {74, 42, 42, 42};
    struct drift_feature f[FEATURES];
    for (int i = 0; i < FEATURES; i++)
        f[i] = drift_measure(reference, i == 0 ? moved : even, 4);
    const struct drift_options o = {.warning = .02, .alert = 1, .p_max = .01, .rows_min = 200};
    drift_judge(f, 1, &o);
    assert_true(f[0].test.p < .01);
    assert_int_equal(f[0].verdict, DRIFT_WARNING);
    drift_judge(f, FEATURES, &o);
    assert_int_equal(f[0].verdict, DRIFT_NONE);
    near(f[0].p_adjusted, f[0].test.p * FEATURES);
}

static void the_gate_survives_degenerate_features(void **state)
{
    const uint64_t one[] = {500, 0}, none[] = {0, 0}, unseen[] = {0, 500};
    struct drift_feature f[] = {drift_measure(one, one, 2), drift_measure(none, one, 2),
                                drift_measure(one, none, 2), drift_measure(one, unseen, 2)};
    drift_judge(f, 4, &drift_defaults);
    assert_int_equal(f[0].test.reason, STAT_TOO_FEW);
    assert_int_equal(f[0].verdict, DRIFT_NONE);
    assert_int_equal(f[1].test.reason, STAT_EMPTY);
    assert_int_equal(f[1].verdict, DRIFT_INSUFFICIENT);
    assert_int_equal(f[2].verdict, DRIFT_INSUFFICIENT);
    assert_int_equal(f[3].verdict, DRIFT_ALERT);
}

static void two_of_three_windows_confirm(void **state)
{
    const enum drift_verdict once[] = {DRIFT_NONE, DRIFT_ALERT, DRIFT_INSUFFICIENT};
    const enum drift_verdict twice[] = {DRIFT_WARNING, DRIFT_NONE, DRIFT_ALERT};
    assert_false(drift_confirmed(once, 3, DRIFT_WARNING));
    assert_true(drift_confirmed(twice, 3, DRIFT_WARNING));
    assert_false(drift_confirmed(twice, 3, DRIFT_ALERT));
}

static void joint_drift_is_seen_where_no_single_feature_drifts(void **state)
{
    enum { N = 150 };
    static double x[2 * N], y[2 * N], z[2 * N];
    struct rng r;
    rng_init(&r, 5, 1);
    for (int i = 0; i < N; i++) {
        double a = rng_normal(&r), b = rng_normal(&r), c = rng_normal(&r);
        x[2 * i] = a, x[2 * i + 1] = .9 * a + .436 * b; /* correlated */
        y[2 * i] = b, y[2 * i + 1] = c;                 /* the same margins, independent */
        z[2 * i] = rng_normal(&r), z[2 * i + 1] = .9 * z[2 * i] + .436 * rng_normal(&r);
    }
    assert_true(mmd_test(x, N, y, N, 2, 500, &r).p < .01);
    assert_true(mmd_test(x, N, z, N, 2, 500, &r).p > .01);
    assert_int_equal(mmd_test(x, 1, y, N, 2, 10, &r).reason, STAT_TOO_FEW);
    assert_int_equal(mmd_test(x, 3000, y, 3000, 2, 10, &r).reason, STAT_TOO_LARGE);
    const double same[4] = {1, 1, 1, 1}, bad[4] = {1, NAN, 1, 1};
    assert_int_equal(mmd_test(same, 2, same, 2, 2, 10, &r).reason, STAT_CONSTANT);
    assert_int_equal(mmd_test(same, 2, bad, 2, 2, 10, &r).reason, STAT_NOT_FINITE);
}

/* Three against three rows can be divided in 20 ways, and 2 of them are as far apart as this one.
 */
static void a_permutation_that_ties_is_counted(void **state)
{
    const double x[] = {.1, .7, 1.3}, y[] = {3.1, 3.9, 4.4};
    struct rng r;
    rng_init(&r, 14, 1);
    double p = mmd_test(x, 3, y, 3, 1, 20000, &r).p;
    assert_true(fabs(p - .1) < .01);
    /* The division that was seen is one of them: nine others that do not reach it give 1/10. */
    double far_x[30], far_y[30];
    for (int i = 0; i < 30; i++) {
        far_x[i] = i;
        far_y[i] = i + 100;
    }
    near(mmd_test(far_x, 30, far_y, 30, 1, 9, &r).p, .1);
}

static void page_hinkley_sees_both_directions(void **state)
{
    const double levels[] = {3, -3};
    const enum pagehinkley_change wanted[] = {PAGEHINKLEY_UP, PAGEHINKLEY_DOWN};
    for (int side = 0; side < 2; side++) {
        struct pagehinkley p;
        struct rng r;
        pagehinkley_init(&p, &pagehinkley_defaults);
        rng_init(&r, 6, (uint64_t)side);
        for (int i = 0; i < 500; i++)
            assert_int_equal(pagehinkley_add(&p, rng_normal(&r) * .1), PAGEHINKLEY_NONE);
        enum pagehinkley_change change = PAGEHINKLEY_NONE;
        for (int i = 0; i < 60 && !change; i++)
            change = pagehinkley_add(&p, levels[side] + rng_normal(&r) * .1);
        assert_int_equal(change, wanted[side]);
        assert_int_equal(p.rows, 0);
    }
}

static void page_hinkley_learns_before_it_alarms(void **state)
{
    const struct pagehinkley_options quick = {
        .tolerance = 0, .threshold = .5, .forget = 1, .rows_min = 30};
    for (int side = 0; side < 2; side++) {
        struct pagehinkley p;
        pagehinkley_init(&p, &quick);
        for (int i = 1; i < 30; i++)
            assert_int_equal(pagehinkley_add(&p, side ? -i : i), PAGEHINKLEY_NONE);
        assert_int_equal(pagehinkley_add(&p, side ? -30 : 30),
                         side ? PAGEHINKLEY_DOWN : PAGEHINKLEY_UP);
    }
}

static void adwin_forgets_what_was_before_a_change(void **state)
{
    static struct adwin a;
    adwin_init(&a, .002);
    struct rng r;
    rng_init(&r, 7, 1);
    int alarms = 0;
    for (int i = 0; i < 20000; i++)
        alarms += adwin_add(&a, rng_uniform(&r) < .2);
    assert_in_range(alarms, 0, 2);
    assert_true(fabs(adwin_mean(&a) - .2) < .02);
    int delay = 0;
    while (!adwin_add(&a, rng_uniform(&r) < .5) && delay < 1000)
        delay++;
    assert_in_range(delay, 5, 200);
    for (int i = 0; i < 2000; i++)
        adwin_add(&a, rng_uniform(&r) < .5);
    assert_true(fabs(adwin_mean(&a) - .5) < .05);
}

static void isotonic_pools_what_falls(void **state)
{
    double y[] = {1, 3, 2, 4, 3.5, 3};
    const double w[] = {1, 1, 3, 1, 1, 2};
    isotonic_fit(y, w, 6);
    const double wanted[] = {1, 2.25, 2.25, 3.375, 3.375, 3.375};
    for (int i = 0; i < 6; i++)
        near(y[i], wanted[i]);
}

static void cbpe_finds_the_accuracy_without_truth(void **state)
{
    enum { BINS = 100, ROWS = 40000 };
    struct scorehist labelled;
    scorehist_init(&labelled, BINS);
    static uint64_t unlabelled[BINS];
    memset(unlabelled, 0, sizeof unlabelled);
    struct rng r;
    rng_init(&r, 8, 1);
    double right = 0;
    for (int i = 0; i < ROWS; i++) {
        double score = rng_uniform(&r), p = score * score; /* badly calibrated */
        assert_true(scorehist_add(&labelled, score, rng_uniform(&r) < p, 1));
        double later = sqrt(rng_uniform(&r)); /* other scores than before */
        unlabelled[(int)(later * BINS)]++;
        right += (later >= .5) == (rng_uniform(&r) < later * later);
    }
    struct estimate e = estimate_cbpe(&labelled, unlabelled, .5);
    assert_true(fabs(value_of(e.accuracy) - right / ROWS) < .01);
    near(e.tp + e.fp + e.fn + e.tn, ROWS);
    assert_true(value_of(e.auc) > .6 && value_of(e.f1) > .5 && e.accuracy_error < .01);
    assert_true(value_of(estimate_accuracy(&labelled, unlabelled)) > 0);

    memset(unlabelled, 0, sizeof unlabelled);
    no_figure(estimate_cbpe(&labelled, unlabelled, .5).auc, STAT_EMPTY);
    no_figure(estimate_cbpe(&labelled, unlabelled, 2).f1, STAT_OUT_OF_DOMAIN);
    scorehist_release(&labelled);
    scorehist_init(&labelled, BINS);
    no_figure(estimate_accuracy(&labelled, unlabelled), STAT_EMPTY);
    scorehist_release(&labelled);
}

static void an_estimated_loss_has_a_band(void **state)
{
    struct moments m = {0};
    no_figure(estimate_loss(&m).mean, STAT_EMPTY);
    for (int i = 0; i < 100; i++)
        assert_true(moments_add(&m, 2 + (i % 2 ? .5 : -.5)));
    struct estimate_loss e = estimate_loss(&m);
    near(value_of(e.mean), 2);
    near(e.band.high - e.band.low, 6 * value_of(moments_sd(&m)) / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_reproduce_g6),
        cmocka_unit_test(wasserstein_is_the_distance_that_mass_moves),
        cmocka_unit_test(bins_follow_the_quantiles_of_the_reference),
        cmocka_unit_test(few_distinct_values_get_a_bin_each),
        cmocka_unit_test(neighbours_among_the_doubles_keep_their_bins_apart),
        cmocka_unit_test(smoothed_shares_are_never_empty),
        cmocka_unit_test(mostly_equal_values_do_not_make_empty_bins),
        cmocka_unit_test(categories_have_their_bin_or_a_cell_that_says_why),
        cmocka_unit_test(the_gate_needs_effect_and_evidence),
        cmocka_unit_test(the_gate_opens_at_its_limits),
        cmocka_unit_test(a_feature_among_many_needs_more_evidence),
        cmocka_unit_test(the_gate_survives_degenerate_features),
        cmocka_unit_test(two_of_three_windows_confirm),
        cmocka_unit_test(joint_drift_is_seen_where_no_single_feature_drifts),
        cmocka_unit_test(a_permutation_that_ties_is_counted),
        cmocka_unit_test(page_hinkley_sees_both_directions),
        cmocka_unit_test(page_hinkley_learns_before_it_alarms),
        cmocka_unit_test(adwin_forgets_what_was_before_a_change),
        cmocka_unit_test(isotonic_pools_what_falls),
        cmocka_unit_test(cbpe_finds_the_accuracy_without_truth),
        cmocka_unit_test(an_estimated_loss_has_a_band),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
