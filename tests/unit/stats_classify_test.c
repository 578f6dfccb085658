/* Classification metrics against the golden vectors G1 and G2, and what happens at the edges. */
#include "stats/auc.h"
#include "stats/classify.h"
#include "stats/curve.h"
#include "stats/proper.h"
#include "stats/scorehist.h"

#include "stats_check.h"

static const uint8_t g1_truth[] = {0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0};
static const double g1_a[] = {.1, .4, .35, .8, .2, .7, .5, .9, .6, .3, .55, .45};
static const double g1_b[] = {.2, .3, .45, .7, .1, .9, .6, .8, .35, .25, .65, .5};
enum { G1_ROWS = ARRAY_LEN(g1_truth) };

struct g1_expected {
    const double *scores;
    double auc, gini, log_loss, brier, average_precision, ks;
    uint64_t tn, fp, fn, tp;
};

static const struct g1_expected g1_expected[] = {
    {g1_a, .916666666666667, .833333333333333, .444221047993615, .139791666666667, .944444444444444,
     .833333333333333, 5, 1, 1, 5},
    {g1_b, .888888888888889, .777777777777778, .462215895293027, .15, .910714285714286,
     .666666666666667, 4, 2, 2, 4},
};

static void binary_scores_reproduce_g1(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(g1_expected); i++) {
        const struct g1_expected *g = &g1_expected[i];
        struct ranking r;
        assert_int_equal(ranking_init(&r, g->scores, 1, g1_truth, NULL, G1_ROWS), STAT_OK);
        near(value_of(auc_of(&r)), g->auc);
        near(value_of(auc_gini(auc_of(&r))), g->gini);
        near(value_of(curve_average_precision(&r)), g->average_precision);
        near(value_of(curve_ks(&r)), g->ks);
        ranking_release(&r);

        struct proper s = {0};
        struct confusion c;
        confusion_init(&c, 2);
        for (size_t row = 0; row < G1_ROWS; row++) {
            double p[] = {1 - g->scores[row], g->scores[row]};
            assert_true(proper_add(&s, p, 2, g1_truth[row], 1));
            confusion_add(&c, g1_truth[row], p[1] >= .5, 1);
        }
        near(value_of(proper_log_loss(&s)), g->log_loss);
        near(value_of(proper_brier(&s)), g->brier);
        assert_int_equal(confusion_cell(&c, 0, 0).rows, g->tn);
        assert_int_equal(confusion_cell(&c, 0, 1).rows, g->fp);
        assert_int_equal(confusion_cell(&c, 1, 0).rows, g->fn);
        assert_int_equal(confusion_cell(&c, 1, 1).rows, g->tp);
        confusion_release(&c);
    }
}

static const uint64_t g2[3][3] = {{50, 3, 2}, {4, 40, 6}, {1, 5, 39}};

static void confusion_of_g2(struct confusion *c)
{
    confusion_init(c, 3);
    for (uint32_t t = 0; t < 3; t++)
        for (uint32_t p = 0; p < 3; p++)
            for (uint64_t i = 0; i < g2[t][p]; i++)
                confusion_add(c, t, p, 1);
}

static void scores_are(const struct classify_scores *s, double precision, double recall, double f1)
{
    near(value_of(s->precision), precision);
    near(value_of(s->recall), recall);
    near(value_of(s->f1), f1);
}

static void three_classes_reproduce_g2(void **state)
{
    struct confusion c;
    struct classify_report r;
    confusion_of_g2(&c);
    classify_init(&r, &c);
    near(value_of(r.accuracy), .86);
    near(value_of(r.mcc), .789649702485118);
    near(value_of(r.kappa), .789438502673797);
    scores_are(&r.classes[0].scores, .909090909090909, .909090909090909, .909090909090909);
    scores_are(&r.classes[1].scores, .833333333333333, .8, .816326530612245);
    scores_are(&r.classes[2].scores, .829787234042553, .866666666666667, .847826086956522);
    scores_are(&r.macro, .857403825488932, .858585858585859, .857747842219892);
    scores_are(&r.weighted, .860047281323877, .86, .859790002957705);
    classify_release(&r);
    confusion_release(&c);
}

static void an_empty_matrix_says_why_it_has_no_figures(void **state)
{
    struct confusion c;
    struct classify_report r;
    confusion_init(&c, 2);
    classify_init(&r, &c);
    no_figure(r.accuracy, STAT_EMPTY);
    no_figure(r.macro.f1, STAT_EMPTY);
    no_figure(r.classes[0].scores.recall, STAT_CLASS_ABSENT);
    classify_release(&r);

    confusion_add(&c, 1, 1, 0);
    classify_init(&r, &c);
    no_figure(r.accuracy, STAT_NO_WEIGHT);
    no_figure(r.classes[1].scores.recall, STAT_NO_WEIGHT);
    classify_release(&r);
    confusion_release(&c);
}

static void one_class_alone_has_no_kappa_and_mcc_zero(void **state)
{
    struct confusion c;
    struct classify_report r;
    confusion_init(&c, 2);
    confusion_add(&c, 1, 1, .1);
    confusion_add(&c, 1, 1, .7);
    classify_init(&r, &c);
    near(value_of(r.accuracy), 1);
    near(value_of(r.mcc), 0);
    no_figure(r.kappa, STAT_ONE_CLASS);
    classify_release(&r);
    confusion_release(&c);
}

static void a_class_that_does_not_occur_stays_out_of_the_means(void **state)
{
    struct confusion c;
    struct classify_report r;
    confusion_of_g2(&c);
    confusion_grow(&c, 200); /* turns sparse on the way */
    assert_null(c.dense);
    classify_init(&r, &c);
    assert_int_equal(r.classes_occurring, 3);
    scores_are(&r.macro, .857403825488932, .858585858585859, .857747842219892);
    no_figure(r.classes[150].scores.f1, STAT_CLASS_ABSENT);
    classify_release(&r);
    confusion_release(&c);
}

/* Adds the rows of a stream over so many classes, and checks them against plain counts. */
static void a_matrix_grows_and_merges_with_one_of_any_size(void **state)
{
    const uint32_t sizes[] = {0, 1, 2, 10, 64, 65, 300};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (size_t o = 0; o < ARRAY_LEN(sizes); o++) {
            struct confusion a, b;
            static uint64_t counts[300][300];
            memset(counts, 0, sizeof counts);
            confusion_init(&a, sizes[s]);
            confusion_init(&b, sizes[o]);
            for (uint32_t i = 0; i < 1500; i++) {
                struct confusion *c = i % 2 ? &a : &b;
                if (c->class_count == 0)
                    continue;
                uint32_t truth = i * i % c->class_count, predicted = i * 31 % c->class_count;
                confusion_add(c, truth, predicted, 2);
                counts[truth][predicted]++;
            }
            confusion_merge(&a, &b);
            confusion_grow(&a, 5);
            assert_int_equal(a.class_count, MAX(5, MAX(sizes[s], sizes[o])));
            assert_true((a.dense != NULL) == (a.class_count <= CONFUSION_DENSE_MAX));
            for (uint32_t t = 0; t < a.class_count; t++)
                for (uint32_t p = 0; p < a.class_count; p++) {
                    struct tally cell = confusion_cell(&a, t, p);
                    assert_true(cell.rows == counts[t][p] && cell.weight == 2.0 * counts[t][p]);
                }
            const struct tally many = {.rows = 7, .weight = 3.5};
            struct tally before = confusion_cell(&a, 4, 0);
            confusion_add_tally(&a, 4, 0, &many);
            assert_true(confusion_cell(&a, 4, 0).rows == before.rows + 7);
            assert_true(confusion_cell(&a, 4, 0).weight == before.weight + 3.5);
            confusion_release(&a);
            confusion_release(&b);
        }
}

static void auc_needs_both_classes(void **state)
{
    const double score[] = {.2, .7};
    const uint8_t ones[] = {1, 1}, zeros[] = {0, 0};
    const double nothing[] = {0, 0};
    struct ranking r;
    assert_int_equal(ranking_init(&r, score, 1, ones, NULL, 2), STAT_OK);
    no_figure(auc_of(&r), STAT_NO_NEGATIVES);
    ranking_release(&r);
    assert_int_equal(ranking_init(&r, score, 1, zeros, NULL, 2), STAT_OK);
    no_figure(auc_of(&r), STAT_NO_POSITIVES);
    ranking_release(&r);
    assert_int_equal(ranking_init(&r, score, 1, zeros, nothing, 2), STAT_OK);
    no_figure(auc_of(&r), STAT_NO_WEIGHT);
    ranking_release(&r);
    assert_int_equal(ranking_init(&r, NULL, 1, NULL, NULL, 0), STAT_OK);
    no_figure(auc_of(&r), STAT_EMPTY);
    ranking_release(&r);
}

static void a_ranking_refuses_scores_and_weights_that_are_no_numbers(void **state)
{
    const uint8_t truth[] = {1, 0};
    const double scores[] = {.5, NAN}, fine[] = {.5, .6}, weights[] = {1, -1};
    struct ranking r;
    assert_int_equal(ranking_init(&r, scores, 1, truth, NULL, 2), STAT_NOT_FINITE);
    assert_int_equal(ranking_init(&r, fine, 1, truth, weights, 2), STAT_BAD_WEIGHT);
}

static void one_vs_rest_leaves_out_classes_without_truth(void **state)
{
    const double p[] = {.7, .2, .1, .1, .8, .1, .6, .3, .1};
    const uint32_t truth[] = {0, 1, 1};
    struct stat_value per_class[3];
    struct auc_report report = {.per_class = per_class};
    auc_one_vs_rest(&report, p, 3, truth, NULL, 3);
    near(value_of(per_class[0]), 1);
    near(value_of(per_class[1]), 1);
    no_figure(per_class[2], STAT_NO_POSITIVES);
    near(value_of(report.macro), 1);

    const uint32_t same[] = {1, 1, 1};
    auc_one_vs_rest(&report, p, 3, same, NULL, 3);
    no_figure(per_class[1], STAT_NO_NEGATIVES);
    no_figure(report.macro, STAT_ONE_CLASS);
    auc_one_vs_rest(&report, NULL, 3, NULL, NULL, 0);
    no_figure(report.weighted, STAT_EMPTY);
}

/* 1 - p of two tiny probabilities is 1 and 1: the score of class 1 decides for both. */
static void two_classes_are_one_question(void **state)
{
    const double p[] = {1, 1e-20, 1, 2e-20, 1, 3e-20};
    const uint32_t truth[] = {0, 1, 1};
    struct stat_value per_class[2];
    struct auc_report report = {.per_class = per_class};
    auc_one_vs_rest(&report, p, 2, truth, NULL, 3);
    near(value_of(per_class[0]), 1);
    near(value_of(per_class[1]), 1);
    near(value_of(report.macro), 1);
    near(value_of(report.weighted), 1);
}

static void minus_zero_ties_with_zero(void **state)
{
    const double scores[] = {-0.0, 0.0};
    const uint8_t truth[] = {1, 0};
    struct ranking r;
    assert_int_equal(ranking_init(&r, scores, 1, truth, NULL, 2), STAT_OK);
    near(value_of(auc_of(&r)), .5);
    ranking_release(&r);
}

static void probabilities_that_are_none_are_refused(void **state)
{
    struct proper s = {0};
    const double bad[][2] = {{NAN, 1}, {-.1, 1.1}, {.5, INFINITY}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(proper_add(&s, bad[i], 2, 0, 1));
    no_figure(proper_log_loss(&s), STAT_EMPTY);
    assert_true(proper_add(&s, (const double[]){.5, .5}, 2, 0, 0));
    no_figure(proper_brier(&s), STAT_NO_WEIGHT);
}

static void a_truth_the_model_does_not_know_costs_the_clipped_loss(void **state)
{
    struct proper s = {0};
    assert_true(proper_add(&s, (const double[]){.2, .8}, 2, 7, 1));
    near(value_of(proper_log_loss(&s)), -log(0x1p-52));
    near(value_of(proper_brier(&s)), (.04 + .64 + 1) / 2);
}

static void a_histogram_bounds_its_own_error(void **state)
{
    struct scorehist h;
    scorehist_init(&h, 4);
    for (size_t i = 0; i < G1_ROWS; i++)
        assert_true(scorehist_add(&h, g1_a[i], g1_truth[i], 1));
    struct scorehist_auc auc = scorehist_auc(&h);
    assert_true(auc.error_max > 0);
    assert_true(fabs(value_of(auc.auc) - .916666666666667) <= auc.error_max);
    assert_false(scorehist_add(&h, 1.5, true, 1));
    assert_false(scorehist_add(&h, NAN, true, 1));
    assert_false(scorehist_remove(&h, .99, false, 1));
    scorehist_release(&h);
}

/* The bound is reached where all pairs of a bin are in order, or all in disorder. */
static void the_bound_of_a_histogram_is_tight(void **state)
{
    for (int order = 0; order < 2; order++) {
        struct scorehist h;
        scorehist_init(&h, 2);
        for (int i = 0; i < 3; i++) { /* within the lower bin */
            assert_true(scorehist_add(&h, order ? .1 : .4, true, 2));
            assert_true(scorehist_add(&h, order ? .4 : .1, false, 1));
        }
        assert_true(scorehist_add(&h, .9, true, 4)); /* above them for sure */
        struct scorehist_auc auc = scorehist_auc(&h);
        double exact = order ? .4 : 1;
        near(auc.error_max, .3);
        near(fabs(value_of(auc.auc) - exact), auc.error_max);
        scorehist_release(&h);
    }
}

static void a_histogram_makes_curves_like_its_rows(void **state)
{
    struct scorehist h;
    struct ranking r;
    scorehist_init(&h, 1024);
    for (size_t i = 0; i < G1_ROWS; i++)
        assert_true(scorehist_add(&h, g1_b[i], g1_truth[i], 2));
    assert_true(scorehist_add(&h, 1, 1, 0)); /* without weight: no step */
    scorehist_ranking(&h, &r);
    assert_int_equal(r.count, G1_ROWS);
    near(value_of(curve_ks(&r)), .666666666666667);
    struct curve_point points[30];
    struct curve c = {.points = points, .room = 30};
    assert_int_equal(curve_roc(&c, &r), STAT_OK);
    near(points[c.count - 1].y, 1);
    ranking_release(&r);
    scorehist_release(&h);
}

static void calibration_error_is_the_mean_distance_of_its_bins(void **state)
{
    const double scores[] = {.1, .1, .9, .9}, far[] = {1.5};
    const uint8_t truth[] = {0, 1, 1, 1};
    struct curve_bin bins[2];
    struct ranking r;
    assert_int_equal(ranking_init(&r, scores, 1, truth, NULL, 4), STAT_OK);
    assert_int_equal(curve_calibration(bins, 2, &r), STAT_OK);
    near(value_of(curve_ece(bins, 2)), (.4 + .1) / 2);
    ranking_release(&r);
    assert_int_equal(ranking_init(&r, far, 1, truth, NULL, 1), STAT_OK);
    assert_int_equal(curve_calibration(bins, 2, &r), STAT_OUT_OF_DOMAIN);
    no_figure(curve_ece(bins, 2), STAT_EMPTY);
    ranking_release(&r);
    assert_int_equal(ranking_init(&r, far, 1, truth, NULL, 0), STAT_OK);
    assert_int_equal(curve_calibration(bins, 2, &r), STAT_EMPTY);
    ranking_release(&r);
}

static void curves_need_what_they_divide_by(void **state)
{
    const double scores[] = {.1, .9};
    const uint8_t ones[] = {1, 1}, zeros[] = {0, 0};
    struct curve_point points[5];
    struct curve c = {.points = points, .room = 5};
    struct ranking r;
    assert_int_equal(ranking_init(&r, scores, 1, ones, NULL, 2), STAT_OK);
    assert_int_equal(curve_roc(&c, &r), STAT_NO_NEGATIVES);
    no_figure(curve_ks(&r), STAT_NO_NEGATIVES);
    assert_int_equal(curve_precision_recall(&c, &r), STAT_OK);
    near(value_of(curve_average_precision(&r)), 1);
    ranking_release(&r);
    assert_int_equal(ranking_init(&r, scores, 1, zeros, NULL, 2), STAT_OK);
    assert_int_equal(curve_lift(&c, &r), STAT_NO_POSITIVES);
    assert_int_equal(curve_precision_recall(&c, &r), STAT_NO_POSITIVES);
    assert_int_equal(c.count, 0);
    no_figure(curve_average_precision(&r), STAT_NO_POSITIVES);
    ranking_release(&r);
}

static void every_reason_has_a_name_of_its_own_and_a_sentence(void **state)
{
    for (int a = 0; a < STAT_REASON_COUNT; a++) {
        assert_true(strlen(stat_reason_text((enum stat_reason)a)) > 10);
        for (int b = 0; b < a; b++)
            assert_string_not_equal(stat_reason_name((enum stat_reason)a),
                                    stat_reason_name((enum stat_reason)b));
    }
}

static void weights_have_a_limit(void **state)
{
    assert_true(tally_weight_ok(0) && tally_weight_ok(1e12));
    assert_false(tally_weight_ok(-1e-300) || tally_weight_ok(NAN) || tally_weight_ok(1.1e12));
}

/* A ranking upside down separates nobody: the distance has a direction. */
static void ks_of_a_reversed_ranking_is_nothing(void **state)
{
    const double scores[] = {.9, .8, .2, .1};
    const uint8_t truth[] = {0, 0, 1, 1};
    struct ranking r;
    assert_int_equal(ranking_init(&r, scores, 1, truth, NULL, 4), STAT_OK);
    near(value_of(curve_ks(&r)), 0);
    near(value_of(auc_of(&r)), 0);
    near(value_of(auc_gini(auc_of(&r))), -1);
    ranking_release(&r);
}

static void thinned_curves_keep_both_ends(void **state)
{
    enum { ROWS = 5000, ROOM = 50 };
    static double scores[ROWS];
    static uint8_t truth[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        scores[i] = (double)((i * 7919) % ROWS) / ROWS;
        truth[i] = (i * 31) % 7 < 3;
    }
    struct ranking r;
    assert_int_equal(ranking_init(&r, scores, 1, truth, NULL, ROWS), STAT_OK);
    struct curve_point points[ROOM];
    struct curve c = {.points = points, .room = ROOM};
    assert_int_equal(curve_roc(&c, &r), STAT_OK);
    assert_in_range(c.count, ROOM / 2, ROOM);
    near(points[0].x + points[0].y, 0);
    near(points[c.count - 1].x, 1);
    near(points[c.count - 1].y, 1);
    assert_int_equal(curve_lift(&c, &r), STAT_OK);
    near(points[c.count - 1].y, 1);
    assert_int_equal(curve_precision_recall(&c, &r), STAT_OK);
    near(points[0].y, 1);
    near(points[c.count - 1].x, 1);
    ranking_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binary_scores_reproduce_g1),
        cmocka_unit_test(three_classes_reproduce_g2),
        cmocka_unit_test(an_empty_matrix_says_why_it_has_no_figures),
        cmocka_unit_test(one_class_alone_has_no_kappa_and_mcc_zero),
        cmocka_unit_test(a_class_that_does_not_occur_stays_out_of_the_means),
        cmocka_unit_test(a_matrix_grows_and_merges_with_one_of_any_size),
        cmocka_unit_test(auc_needs_both_classes),
        cmocka_unit_test(a_ranking_refuses_scores_and_weights_that_are_no_numbers),
        cmocka_unit_test(one_vs_rest_leaves_out_classes_without_truth),
        cmocka_unit_test(two_classes_are_one_question),
        cmocka_unit_test(minus_zero_ties_with_zero),
        cmocka_unit_test(probabilities_that_are_none_are_refused),
        cmocka_unit_test(a_truth_the_model_does_not_know_costs_the_clipped_loss),
        cmocka_unit_test(a_histogram_bounds_its_own_error),
        cmocka_unit_test(the_bound_of_a_histogram_is_tight),
        cmocka_unit_test(a_histogram_makes_curves_like_its_rows),
        cmocka_unit_test(calibration_error_is_the_mean_distance_of_its_bins),
        cmocka_unit_test(curves_need_what_they_divide_by),
        cmocka_unit_test(every_reason_has_a_name_of_its_own_and_a_sentence),
        cmocka_unit_test(weights_have_a_limit),
        cmocka_unit_test(ks_of_a_reversed_ranking_is_nothing),
        cmocka_unit_test(thinned_curves_keep_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
