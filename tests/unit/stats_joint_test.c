/* The joint table of two versions: its metrics are those of the confusion matrices, its variances
 * those of McNemar and of a simulation. */
#include "stats/classify.h"
#include "stats/joint.h"
#include "stats/mcnemar.h"
#include "stats/moments.h"
#include "stats/rng.h"

#include "stats_check.h"

enum { CLASSES = 3 };

/* A row: the truth, and two versions that err together to some degree. */
struct answers {
    uint32_t truth, a, b;
    double weight;
};

static struct answers draw(struct rng *r)
{
    uint32_t truth = (uint32_t)rng_below(r, 10);
    struct answers x = {.truth = truth < 6 ? 0 : truth < 9 ? 1 : 2};
    bool hard = rng_uniform(r) < .4;
    x.a = rng_uniform(r) < (hard ? .5 : .9) ? x.truth : (uint32_t)rng_below(r, CLASSES);
    x.b = rng_uniform(r) < (hard ? .6 : .9) ? x.truth : (uint32_t)rng_below(r, CLASSES);
    x.weight = hard ? 3.5 : .25 + rng_uniform(r); /* hard rows weigh more */
    return x;
}

static void metrics_are_those(bool weighted)
{
    struct joint j;
    struct confusion a, b;
    struct classify_report ra, rb;
    struct rng r;
    joint_init(&j, CLASSES);
    confusion_init(&a, CLASSES);
    confusion_init(&b, CLASSES);
    rng_init(&r, 201, 1);
    for (int i = 0; i < 500; i++) {
        struct answers x = draw(&r);
        double weight = weighted ? x.weight : 1;
        joint_add(&j, x.truth, x.a, x.b, weight);
        confusion_add(&a, x.truth, x.a, weight);
        confusion_add(&b, x.truth, x.b, weight);
    }
    classify_init(&ra, &a);
    classify_init(&rb, &b);
    const struct stat_value wanted[JOINT_METRICS][2] = {
        [JOINT_ACCURACY] = {ra.accuracy, rb.accuracy},
        [JOINT_PRECISION] = {ra.classes[1].scores.precision, rb.classes[1].scores.precision},
        [JOINT_RECALL] = {ra.classes[1].scores.recall, rb.classes[1].scores.recall},
        [JOINT_F1] = {ra.classes[1].scores.f1, rb.classes[1].scores.f1},
        [JOINT_MACRO_F1] = {ra.macro.f1, rb.macro.f1},
        [JOINT_KAPPA] = {ra.kappa, rb.kappa},
        [JOINT_MCC] = {ra.mcc, rb.mcc},
    };
    for (int metric = 0; metric < JOINT_METRICS; metric++) {
        struct joint_difference d = joint_compare(&j, (enum joint_metric)metric, 1, .05);
        near(d.a, value_of(wanted[metric][0]));
        near(d.b, value_of(wanted[metric][1]));
        assert_true(d.interval.low < d.difference && d.difference < d.interval.high);
    }
    classify_release(&ra);
    classify_release(&rb);
    confusion_release(&a);
    confusion_release(&b);
    joint_release(&j);
}

static void metrics_are_those_of_the_confusion_matrices(void **state)
{
    metrics_are_those(false);
    metrics_are_those(true);
}

/* A row of weight 3 counts in the metrics as three rows; in the variance it counts for less than
 * three, because it is one piece of evidence. */
static void weights_count_as_rows_in_the_metrics_but_not_as_evidence(void **state)
{
    struct joint once, thrice, scaled;
    struct rng r;
    joint_init(&once, CLASSES);
    joint_init(&thrice, CLASSES);
    joint_init(&scaled, CLASSES);
    rng_init(&r, 203, 1);
    for (int i = 0; i < 300; i++) {
        struct answers x = draw(&r);
        double weight = i % 3 ? 1 : 3;
        joint_add(&once, x.truth, x.a, x.b, weight);
        joint_add(&scaled, x.truth, x.a, x.b, weight * 1e-3);
        for (int k = 0; k < (int)weight; k++)
            joint_add(&thrice, x.truth, x.a, x.b, 1);
    }
    for (int metric = 0; metric < JOINT_METRICS; metric++) {
        struct joint_difference d = joint_compare(&once, (enum joint_metric)metric, 1, .05);
        struct joint_difference rows = joint_compare(&thrice, (enum joint_metric)metric, 1, .05);
        struct joint_difference s = joint_compare(&scaled, (enum joint_metric)metric, 1, .05);
        near(d.a, rows.a);
        near(d.b, rows.b);
        assert_true(d.variance > rows.variance * 1.2);
        close_to(s.variance, d.variance, 1e-9);
        close_to(s.test.p, d.test.p, 1e-9);
    }
    joint_release(&once);
    joint_release(&thrice);
    joint_release(&scaled);
}

static void the_variance_of_accuracy_is_mcnemars(void **state)
{
    struct joint j;
    joint_init(&j, 2);
    const int cells[] = {50, 5, 15, 40}; /* both right, only A, only B, both wrong; truth is 1 */
    for (int c = 0; c < 4; c++)
        for (int i = 0; i < cells[c]; i++)
            joint_add(&j, 1, c < 2, c % 2 == 0, 1);
    struct joint_difference d = joint_compare(&j, JOINT_ACCURACY, 0, .05);
    near(d.difference, value_of(mcnemar_difference(15, 5, 110)));
    near(d.variance, value_of(mcnemar_variance(15, 5, 110)));
    joint_release(&j);
}

/* The difference when one cell weighs a little more. */
static double nudged(struct joint *j, enum joint_metric metric, struct answers x, double weight)
{
    joint_add(j, x.truth, x.a, x.b, weight);
    double difference = joint_compare(j, metric, 1, .05).difference;
    assert_true(joint_remove(j, x.truth, x.a, x.b, weight));
    return difference;
}

/* The delta method with derivatives by differences instead of formulas. */
static void stated_variances_are_those_of_numeric_derivatives(void **state)
{
    const double h = 1e-3;
    struct joint j;
    struct rng r;
    joint_init(&j, CLASSES);
    rng_init(&r, 204, 1);
    for (int i = 0; i < 300; i++) {
        struct answers x = draw(&r);
        if (x.b == 2)
            x.b = (uint32_t)rng_below(&r, 2) * 2; /* B calls things that nobody else does */
        joint_add(&j, x.truth, x.a, x.b, x.weight);
    }
    for (int metric = 0; metric < JOINT_METRICS; metric++) {
        struct joint_difference d = joint_compare(&j, (enum joint_metric)metric, 1, .05);
        double variance = 0;
        for (uint32_t i = 0; i < CLASSES * CLASSES * CLASSES; i++) {
            struct answers x = {i / CLASSES / CLASSES, i / CLASSES % CLASSES, i % CLASSES, 0};
            double once = nudged(&j, (enum joint_metric)metric, x, h) - d.difference;
            double twice = nudged(&j, (enum joint_metric)metric, x, 2 * h) - d.difference;
            double slope = (4 * once - twice) / (2 * h);
            variance += dd_value(&j.cells[i].square) * slope * slope;
        }
        close_to(d.variance, variance, 1e-6);
    }
    joint_release(&j);
}

/* Two thousand tables of the same world: the variance that one table states is the variance that
 * the differences of all of them have. */
static void stated_variances_are_those(bool weighted)
{
    enum { WORLDS = 2000, ROWS = 400 };
    struct moments seen[JOINT_METRICS], stated[JOINT_METRICS];
    memset(seen, 0, sizeof seen);
    memset(stated, 0, sizeof stated);
    for (uint64_t world = 0; world < WORLDS; world++) {
        struct joint j;
        struct rng r;
        joint_init(&j, CLASSES);
        rng_init(&r, 202, world);
        for (int i = 0; i < ROWS; i++) {
            struct answers x = draw(&r);
            joint_add(&j, x.truth, x.a, x.b, weighted ? x.weight : 1);
        }
        for (int metric = 0; metric < JOINT_METRICS; metric++) {
            struct joint_difference d = joint_compare(&j, (enum joint_metric)metric, 2, .05);
            assert_int_equal(d.reason, STAT_OK);
            assert_true(moments_add(&seen[metric], d.difference));
            assert_true(moments_add(&stated[metric], d.variance));
        }
        joint_release(&j);
    }
    for (int metric = 0; metric < JOINT_METRICS; metric++)
        close_to(value_of(moments_mean(&stated[metric])), value_of(moments_variance(&seen[metric])),
                 .1);
}

static void stated_variances_are_those_of_repeated_samples(void **state)
{
    stated_variances_are_those(false);
    stated_variances_are_those(true);
}

static void what_cannot_be_compared_has_a_reason(void **state)
{
    struct joint j;
    joint_init(&j, 3);
    assert_int_equal(joint_compare(&j, JOINT_ACCURACY, 0, .05).reason, STAT_EMPTY);
    joint_add(&j, 2, 1, 1, 0);
    assert_int_equal(joint_compare(&j, JOINT_ACCURACY, 0, .05).reason, STAT_NO_WEIGHT);
    assert_true(joint_remove(&j, 2, 1, 1, 0));
    joint_add(&j, 1, 1, 1, 1);
    assert_int_equal(joint_compare(&j, JOINT_F1, 2, .05).reason, STAT_CLASS_ABSENT);
    assert_int_equal(joint_compare(&j, JOINT_KAPPA, 0, .05).reason, STAT_ONE_CLASS);
    struct joint_difference d = joint_compare(&j, JOINT_ACCURACY, 0, .05);
    assert_int_equal(d.test.reason, STAT_NO_DIFFERENCE);
    assert_true(joint_remove(&j, 1, 1, 1, 1));
    assert_false(joint_remove(&j, 1, 1, 1, 1));
    joint_add(&j, 0, 1, 0, 1);
    joint_add(&j, 0, 1, 0, 1);
    assert_int_equal(joint_compare(&j, JOINT_ACCURACY, 0, .05).test.reason, STAT_NO_VARIANCE);
    joint_release(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_are_those_of_the_confusion_matrices),
        cmocka_unit_test(weights_count_as_rows_in_the_metrics_but_not_as_evidence),
        cmocka_unit_test(the_variance_of_accuracy_is_mcnemars),
        cmocka_unit_test(stated_variances_are_those_of_numeric_derivatives),
        cmocka_unit_test(stated_variances_are_those_of_repeated_samples),
        cmocka_unit_test(what_cannot_be_compared_has_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
