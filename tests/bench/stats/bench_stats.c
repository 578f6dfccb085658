/* Times the statistics and prints one line for each: name, unit, figure. tests/bench/stats/run puts
 * them beside scipy and scikit-learn. */
#include "stats/auc.h"
#include "stats/bincount.h"
#include "stats/classify.h"
#include "stats/cramervonmises.h"
#include "stats/delong.h"
#include "stats/drift.h"
#include "stats/kstest.h"
#include "stats/mannwhitney.h"
#include "stats/paired.h"
#include "stats/proper.h"
#include "stats/regression.h"
#include "stats/rng.h"
#include "stats/scorehist.h"
#include "stats/wilcoxon.h"

#include <math.h>
#include <time.h>

enum { ROWS = 1000000, SAMPLE = 100000, CLASSES = 3, ARMS = 4, REPEATS = 5 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static volatile double sink; /* keeps what is timed from being thrown away */

typedef void work(void *state);

/* The quickest of some repetitions, in seconds. */
static double best_of(work *w, void *state)
{
    double best = 1e300;
    for (int i = 0; i < REPEATS; i++) {
        double start = now_s();
        w(state);
        double spent = now_s() - start;
        best = MIN(best, spent);
    }
    return best;
}

static void say(const char *name, const char *unit, double figure)
{
    printf("%s\t%s\t%.4g\n", name, unit, figure);
}

/* One arm's counters of a model with three classes. */
struct arm {
    struct confusion confusion;
    struct proper proper;
    struct scorehist scores[CLASSES];
    struct paired against_champion;
};

struct counters {
    struct arm arms[ARMS];
    double (*p)[CLASSES];
    uint32_t *truth, *predicted;
};

static void add_rows(void *state)
{
    struct counters *s = state;
    for (size_t i = 0; i < ROWS; i++) {
        bool champion_right = s->predicted[i] == s->truth[i];
        for (size_t k = 0; k < ARMS; k++) {
            struct arm *arm = &s->arms[k];
            size_t row = (i * 7 + k * 13) % ROWS; /* every arm has its own answer */
            uint32_t truth = s->truth[i], predicted = s->predicted[row];
            confusion_add(&arm->confusion, truth, predicted, 1);
            (void)!proper_add(&arm->proper, s->p[row], CLASSES, truth, 1);
            for (uint32_t c = 0; c < CLASSES; c++)
                (void)!scorehist_add(&arm->scores[c], s->p[row][c], truth == c, 1);
            paired_add_labels(&arm->against_champion, champion_right, predicted == truth);
        }
    }
}

static void bench_counters(void)
{
    static struct counters s;
    struct rng r;
    rng_init(&r, 1, 1);
    s.p = xmalloc(ROWS * sizeof *s.p);
    s.truth = xmalloc(ROWS * sizeof *s.truth);
    s.predicted = xmalloc(ROWS * sizeof *s.predicted);
    for (size_t i = 0; i < ROWS; i++) {
        double sum = 0;
        for (int c = 0; c < CLASSES; c++)
            sum += s.p[i][c] = rng_gamma(&r, 1);
        for (int c = 0; c < CLASSES; c++)
            s.p[i][c] /= sum;
        s.truth[i] = (uint32_t)rng_below(&r, CLASSES);
        s.predicted[i] = (uint32_t)rng_below(&r, CLASSES);
    }
    for (int k = 0; k < ARMS; k++) {
        confusion_init(&s.arms[k].confusion, CLASSES);
        for (int c = 0; c < CLASSES; c++)
            scorehist_init(&s.arms[k].scores[c], SCOREHIST_BINS);
    }
    say("add a labelled prediction with three shadows", "ns", best_of(add_rows, &s) / ROWS * 1e9);
    for (int k = 0; k < ARMS; k++) {
        confusion_release(&s.arms[k].confusion);
        for (int c = 0; c < CLASSES; c++)
            scorehist_release(&s.arms[k].scores[c]);
    }
    free(s.p);
    free(s.truth);
    free(s.predicted);
}

enum { HOURS = 200, FEATURES = 50, BINS = 22 };

static struct bincount buckets[HOURS][FEATURES];

static void merge_buckets(void *state)
{
    struct bincount window[FEATURES];
    for (int f = 0; f < FEATURES; f++)
        bincount_init(&window[f], BINS);
    for (int hour = 0; hour < HOURS; hour++)
        for (int f = 0; f < FEATURES; f++)
            bincount_merge(&window[f], &buckets[hour][f]);
    for (int f = 0; f < FEATURES; f++) {
        sink += (double)window[f].rows[0];
        bincount_release(&window[f]);
    }
}

static void bench_merge(void)
{
    struct rng r;
    rng_init(&r, 2, 1);
    for (int hour = 0; hour < HOURS; hour++)
        for (int f = 0; f < FEATURES; f++) {
            bincount_init(&buckets[hour][f], BINS);
            for (int b = 0; b < BINS; b++)
                buckets[hour][f].rows[b] = rng_below(&r, 100);
        }
    say("merge 200 hours of 50 features x 22 bins", "ms", best_of(merge_buckets, NULL) * 1e3);
    for (int hour = 0; hour < HOURS; hour++)
        for (int f = 0; f < FEATURES; f++)
            bincount_release(&buckets[hour][f]);
}

struct rows {
    double *x, *y;
    uint8_t *positive;
};

static void exact_auc(void *state)
{
    struct rows *rows = state;
    struct ranking r;
    if (ranking_init(&r, rows->x, 1, rows->positive, NULL, ROWS) == STAT_OK)
        sink += auc_of(&r).value;
    ranking_release(&r);
}

static void regression_of(void *state)
{
    struct rows *rows = state;
    struct regression s = {0};
    for (size_t i = 0; i < ROWS; i++)
        (void)!regression_add(&s, rows->x[i], rows->y[i], 1);
    sink += regression_r2(&s).value + regression_mae(&s).value;
}

static void delong_of(void *state)
{
    struct rows *rows = state;
    sink += delong_paired(rows->x, rows->y, rows->positive, SAMPLE).test.p;
}

static void ks_of(void *state)
{
    struct rows *rows = state;
    sink += kstest_asymptotic(rows->x, SAMPLE, rows->y, SAMPLE).p;
}

static void mann_whitney_of(void *state)
{
    struct rows *rows = state;
    sink += mannwhitney_approximate(rows->x, SAMPLE, rows->y, SAMPLE).p;
}

enum { FEW = 40 };

static void cramer_von_mises_of(void *state)
{
    struct rows *rows = state;
    sink += cramervonmises_exact(rows->x, FEW, rows->y, FEW).p;
}

static void wilcoxon_of(void *state)
{
    struct rows *rows = state;
    sink += wilcoxon_approximate(rows->y, SAMPLE, false).p;
}

static void labels_of(void *state)
{
    struct rows *rows = state;
    struct confusion c;
    struct classify_report report;
    confusion_init(&c, 2);
    for (size_t i = 0; i < ROWS; i++)
        confusion_add(&c, rows->positive[i], rows->x[i] >= .5, 1);
    classify_init(&report, &c);
    sink += report.macro.f1.value;
    classify_release(&report);
    confusion_release(&c);
}

static void bench_rows(void)
{
    struct rows rows = {xmalloc(ROWS * sizeof(double)), xmalloc(ROWS * sizeof(double)),
                        xmalloc(ROWS)};
    struct rng r;
    rng_init(&r, 3, 1);
    for (size_t i = 0; i < ROWS; i++) {
        rows.positive[i] = rng_uniform(&r) < .1;
        rows.x[i] = 1 / (1 + exp(1 - rows.positive[i] - rng_normal(&r)));
        rows.y[i] = rows.x[i] + .1 * rng_normal(&r);
    }
    say("exact AUC of 1 000 000 scores", "ms", best_of(exact_auc, &rows) * 1e3);
    say("labels: confusion, P, R, F1 of 1 000 000 rows", "ms", best_of(labels_of, &rows) * 1e3);
    say("regression: R2 and MAE of 1 000 000 rows", "ms", best_of(regression_of, &rows) * 1e3);
    say("DeLong, paired, 100 000 rows", "ms", best_of(delong_of, &rows) * 1e3);
    say("Kolmogorov-Smirnov, 100 000 against 100 000", "ms", best_of(ks_of, &rows) * 1e3);
    say("Mann-Whitney, 100 000 against 100 000", "ms", best_of(mann_whitney_of, &rows) * 1e3);
    say("Cramer-von Mises, exact, 40 against 40", "ms", best_of(cramer_von_mises_of, &rows) * 1e3);
    say("Wilcoxon signed rank, 100 000 rows", "ms", best_of(wilcoxon_of, &rows) * 1e3);
    free(rows.x);
    free(rows.y);
    free(rows.positive);
}

enum { REPORT = 100 };

struct report {
    uint64_t reference[REPORT][BINS], current[REPORT][BINS];
};

static void drift_report(void *state)
{
    struct report *s = state;
    struct drift_feature f[REPORT];
    for (int i = 0; i < REPORT; i++)
        f[i] = drift_measure(s->reference[i], s->current[i], BINS);
    drift_judge(f, REPORT, &drift_defaults);
    sink += f[0].p_adjusted;
}

static void bench_drift(void)
{
    static struct report s;
    struct rng r;
    rng_init(&r, 4, 1);
    for (int i = 0; i < REPORT; i++)
        for (int b = 0; b < BINS; b++) {
            s.reference[i][b] = rng_below(&r, 100) + 1;
            s.current[i][b] = rng_below(&r, 20);
        }
    say("drift report of 100 features x 22 bins", "ms", best_of(drift_report, &s) * 1e3);
}

int main(void)
{
    bench_counters();
    bench_merge();
    bench_rows();
    bench_drift();
    return 0;
}
