/* Error rates, by simulation with fixed seeds: what the rules promise about false alarms, power and
 * regret when they run for thousands of worlds. Each test names the promise; the streams are those
 * of stats/rng.h, so that a failure is found again. */
#include "stats/bandit.h"
#include "stats/bernstein.h"
#include "stats/bincount.h"
#include "stats/bins.h"
#include "stats/confseq.h"
#include "stats/contingency.h"
#include "stats/drift.h"
#include "stats/evalue.h"
#include "stats/kolmogorov.h"
#include "stats/kstest.h"
#include "stats/mcnemar.h"
#include "stats/radix.h"
#include "stats/seqmcnemar.h"

#include "stats_check.h"

enum { STREAMS = 2000, BLOCKS = 120, BLOCK_ROWS = 50 };

static const double alpha = 0.05;

/* At most alpha and three standard errors of the simulation. */
static void keeps_alpha(const char *rule, int alarms, int streams)
{
    double rate = (double)alarms / streams, error = sqrt(alpha * (1 - alpha) / streams);
    print_message("             %s: %.4f\n", rule, rate);
    if (rate > alpha + 3 * error)
        fail_msg("%s: false promotions in %.4f of %d streams", rule, rate, streams);
}

static void sequential_mcnemar_keeps_alpha_at_every_look(void **state)
{
    int better = 0, different = 0;
    for (uint64_t stream = 0; stream < STREAMS; stream++) {
        struct rng r;
        rng_init(&r, 101, stream);
        uint64_t b = 0, c = 0;
        struct evalue plus = {0}, both = {0};
        for (int i = 0; i < 1000; i++) {
            if (rng_next(&r) >> 63)
                b++;
            else
                c++;
            evalue_observe(&plus, seqmcnemar_log_e_plus(b, c));
            evalue_observe(&both, seqmcnemar_log_e(b, c));
        }
        better += plus.log_max >= evalue_log_threshold(1, alpha);
        different += both.log_max >= evalue_log_threshold(1, alpha);
    }
    keeps_alpha("one-sided", better, STREAMS);
    keeps_alpha("two-sided", different, STREAMS);
}

static void sequential_mcnemar_finds_a_better_challenger(void **state)
{
    int found = 0;
    for (uint64_t stream = 0; stream < 500; stream++) {
        struct rng r;
        rng_init(&r, 102, stream);
        uint64_t b = 0, c = 0;
        double most = 0;
        for (int i = 0; i < 169; i++) { /* half the streams need no more at a share of 0.6 */
            if (rng_uniform(&r) < .6)
                b++;
            else
                c++;
            most = fmax(most, seqmcnemar_log_e_plus(b, c));
        }
        found += most >= log(20);
    }
    assert_in_range(found, 215, 285);
}

/* Tango's interval in small samples, where a normal one would miss. */
static void the_interval_of_a_gain_in_accuracy_covers_it(void **state)
{
    enum { SAMPLES = 20000, ROWS = 40 };
    struct rng r;
    rng_init(&r, 115, 1);
    int missed = 0;
    for (int sample = 0; sample < SAMPLES; sample++) {
        uint64_t b = 0, c = 0;
        for (int i = 0; i < ROWS; i++) {
            double u = rng_uniform(&r);
            b += u < .15;
            c += u > .97;
        }
        struct stat_interval ci = mcnemar_interval(b, c, ROWS, alpha);
        missed += ci.low > .12 || ci.high < .12;
    }
    double rate = (double)missed / SAMPLES;
    print_message("             missed: %.4f\n", rate);
    assert_true(rate > .03 && rate < .06);
}

/* One row of a difference of losses with mean 0. */
typedef double null_row(struct rng *r, double *memory);

static double independent_row(struct rng *r, double *memory)
{
    return rng_normal(r);
}

static double heavy_row(struct rng *r, double *memory)
{
    double a = rng_student(r, 4), b = rng_student(r, 4);
    return a * a - b * b;
}

static double correlated_row(struct rng *r, double *memory)
{
    *memory = .7 * *memory + rng_normal(r);
    return *memory;
}

static double sparse_row(struct rng *r, double *memory)
{
    return rng_uniform(r) < .02 ? rng_normal(r) : 0;
}

/* In how many streams without difference a challenger was ever promoted, and in how many the
 * two-sided interval ever missed the 0. */
struct errors {
    int promoted, missed;
};

static struct errors errors_of(null_row *row, unsigned block_rows, unsigned blocks, uint64_t seed)
{
    struct errors errors = {0};
    double rho2 = confseq_rho2(alpha, 100);
    for (uint64_t stream = 0; stream < STREAMS; stream++) {
        struct rng r;
        rng_init(&r, seed, stream);
        struct moments means = {0};
        double memory = 0, most = 0;
        bool missed = false;
        for (unsigned block = 0; block < blocks; block++) {
            double sum = 0;
            for (unsigned i = 0; i < block_rows; i++)
                sum += row(&r, &memory);
            (void)!moments_add(&means, sum / block_rows);
            struct stat_value log_e = confseq_evidence(&means, rho2, 0);
            struct stat_interval ci = confseq_interval(&means, rho2, alpha);
            if (log_e.reason)
                continue;
            most = fmax(most, log_e.value);
            missed |= ci.low > 0 || ci.high < 0;
        }
        errors.promoted += most >= evalue_log_threshold(1, alpha);
        errors.missed += missed;
    }
    return errors;
}

static void confidence_sequence_keeps_alpha(const char *rows, null_row *row, uint64_t seed)
{
    char two_sided[64];
    struct errors errors = errors_of(row, BLOCK_ROWS, BLOCKS, seed);
    (void)snprintf(two_sided, sizeof two_sided, "%s, both sides", rows);
    keeps_alpha(rows, errors.promoted, STREAMS);
    keeps_alpha(two_sided, errors.missed, STREAMS);
}

static void confidence_sequence_keeps_alpha_on_independent_rows(void **state)
{
    confidence_sequence_keeps_alpha("independent", independent_row, 103);
}

static void confidence_sequence_keeps_alpha_on_heavy_tails(void **state)
{
    confidence_sequence_keeps_alpha("squared t4", heavy_row, 104);
}

static void confidence_sequence_keeps_alpha_on_sparse_differences(void **state)
{
    confidence_sequence_keeps_alpha("2 % sparse", sparse_row, 105);
}

static void confidence_sequence_keeps_alpha_on_correlated_rows_in_blocks(void **state)
{
    confidence_sequence_keeps_alpha("AR(0.7) in blocks", correlated_row, 106);
}

/* One row of a challenger that is no better than the champion, whose answer all of them share. */
static void challenge(struct rng *r, bool champion_right, uint64_t *b, uint64_t *c)
{
    bool right = rng_uniform(r) < .8;
    *b += right && !champion_right;
    *c += champion_right && !right;
}

static void several_challengers_share_alpha(void **state)
{
    enum { CHALLENGERS = 5 };
    int promoted = 0;
    for (uint64_t stream = 0; stream < STREAMS; stream++) {
        struct rng r;
        rng_init(&r, 117, stream);
        uint64_t b[CHALLENGERS] = {0}, c[CHALLENGERS] = {0};
        bool any = false;
        for (int row = 0; row < 600; row++) {
            bool champion_right = rng_uniform(&r) < .8;
            for (int k = 0; k < CHALLENGERS; k++) {
                challenge(&r, champion_right, &b[k], &c[k]);
                if (row % 10 == 0)
                    any |= seqmcnemar_log_e_plus(b[k], c[k]) >=
                           evalue_log_threshold(CHALLENGERS, alpha);
            }
        }
        promoted += any;
    }
    keeps_alpha("best of five challengers", promoted, STREAMS);
}

/* A retrained challenger every week for a year, none of them better. */
static void rounds_share_alpha(void **state)
{
    enum { ROUNDS = 52 };
    int promoted = 0;
    for (uint64_t stream = 0; stream < STREAMS; stream++) {
        struct rng r;
        rng_init(&r, 118, stream);
        bool any = false;
        for (uint64_t round = 1; round <= ROUNDS; round++) {
            uint64_t b = 0, c = 0;
            double threshold = evalue_log_threshold(1, evalue_round_alpha(alpha, round));
            for (int row = 0; row < 100; row++) {
                if (rng_next(&r) >> 63)
                    b++;
                else
                    c++;
                if (row % 5 == 4)
                    any |= seqmcnemar_log_e_plus(b, c) >= threshold;
            }
        }
        promoted += any;
    }
    keeps_alpha("a year of weekly rounds", promoted, STREAMS);
}

/* The reason for the blocks: row by row the same rule breaks its promise. */
static void row_by_row_the_promise_would_be_broken(void **state)
{
    int alarms = errors_of(correlated_row, 1, 1000, 107).promoted;
    print_message("             row by row: %.3f\n", (double)alarms / STREAMS);
    assert_true((double)alarms / STREAMS > .3);
}

static void empirical_bernstein_covers_the_mean_at_every_look(void **state)
{
    int missed = 0;
    for (uint64_t stream = 0; stream < STREAMS; stream++) {
        struct rng r;
        struct bernstein b;
        rng_init(&r, 108, stream);
        bernstein_init(&b, alpha);
        bool out = false;
        for (int i = 0; i < 1000; i++) {
            (void)!bernstein_add(&b, rng_uniform(&r) < .05 ? 1 : 0); /* rare and large */
            struct stat_interval ci = bernstein_interval(&b);
            out |= ci.low > .05 || ci.high < .05;
        }
        missed += out;
    }
    keeps_alpha("empirical Bernstein", missed, STREAMS);
}

/* Draws counts of a sample in cells of equal chance. */
static void draw_counts(struct rng *r, uint64_t *counts, unsigned cells, unsigned rows)
{
    memset(counts, 0, cells * sizeof *counts);
    for (unsigned i = 0; i < rows; i++)
        counts[rng_below(r, cells)]++;
}

struct drift_case {
    unsigned reference_rows, rows, reports;
};

/* Reports of 50 features, 20 bins each, without any drift. */
static void drift_gate_is_silent_without_drift(void **state)
{
    enum { FEATURES = 50, CELLS = 20 };
    const struct drift_case cases[] = {{200, 200, 100},
                                       {1000, 200, 100},
                                       {1000, 1000, 100},
                                       {10000, 10000, 40},
                                       {100000, 100000, 20}};
    for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
        unsigned alarms = 0, features = cases[c].reports * FEATURES;
        struct rng r;
        rng_init(&r, 109, c);
        for (unsigned report = 0; report < cases[c].reports; report++) {
            struct drift_feature f[FEATURES];
            for (unsigned i = 0; i < FEATURES; i++) {
                uint64_t reference[CELLS], current[CELLS];
                draw_counts(&r, reference, CELLS, cases[c].reference_rows);
                draw_counts(&r, current, CELLS, cases[c].rows);
                f[i] = drift_measure(reference, current, CELLS);
            }
            drift_judge(f, FEATURES, &drift_defaults);
            for (unsigned i = 0; i < FEATURES; i++)
                alarms += f[i].verdict > DRIFT_NONE;
        }
        print_message("             %u against %u rows: %u of %u\n", cases[c].rows,
                      cases[c].reference_rows, alarms, features);
        assert_true(alarms * 1000 <= features);
    }
}

/* A feature with bins of its own reference of 1000 rows. */
struct feature {
    struct bins bins;
    struct bincount reference;
};

static void feature_init(struct feature *f, struct rng *r)
{
    double reference[1000];
    for (int i = 0; i < 1000; i++)
        reference[i] = rng_normal(r);
    assert_int_equal(bins_init_numeric(&f->bins, reference, 1000, 20), STAT_OK);
    bincount_init(&f->reference, bins_cells(&f->bins));
    for (int i = 0; i < 1000; i++)
        bincount_add(&f->reference, bins_cell(&f->bins, reference[i]));
}

static void feature_release(struct feature *f)
{
    bins_release(&f->bins);
    bincount_release(&f->reference);
}

/* A window of 200 rows, shifted by so many standard deviations. */
static struct drift_feature window_of(const struct feature *f, double shift, struct rng *r)
{
    struct bincount now;
    bincount_init(&now, bins_cells(&f->bins));
    for (int i = 0; i < 200; i++)
        bincount_add(&now, bins_cell(&f->bins, rng_normal(r) + shift));
    struct drift_feature d = drift_measure(f->reference.rows, now.rows, bins_cells(&f->bins));
    bincount_release(&now);
    return d;
}

static double alarms_at_shift(double shift, unsigned trials)
{
    unsigned alarms = 0;
    struct rng r;
    rng_init(&r, 110, (uint64_t)(shift * 1000));
    for (unsigned trial = 0; trial < trials; trial++) {
        struct feature f;
        feature_init(&f, &r);
        struct drift_feature d = window_of(&f, shift, &r);
        drift_judge(&d, 1, &drift_defaults);
        alarms += d.verdict > DRIFT_NONE;
        feature_release(&f);
    }
    return (double)alarms / trials;
}

static void drift_gate_sees_half_a_standard_deviation(void **state)
{
    double seen = alarms_at_shift(.5, 500), slight = alarms_at_shift(.2, 500);
    print_message("             0.5 sd: %.3f, 0.2 sd: %.3f\n", seen, slight);
    assert_true(seen > .85);
    assert_true(slight < .1);
}

static void a_model_of_ten_features_is_not_alarmed_without_drift(void **state)
{
    enum { FEATURES = 10, REPORTS = 600 };
    unsigned alarms = 0;
    struct rng r;
    rng_init(&r, 113, 1);
    for (int report = 0; report < REPORTS; report++) {
        struct drift_feature d[FEATURES];
        for (int i = 0; i < FEATURES; i++) {
            struct feature f;
            feature_init(&f, &r);
            d[i] = window_of(&f, 0, &r);
            feature_release(&f);
        }
        drift_judge(d, FEATURES, &drift_defaults);
        for (int i = 0; i < FEATURES; i++)
            alarms += d[i].verdict > DRIFT_NONE;
    }
    print_message("             %u of %u\n", alarms, FEATURES * REPORTS);
    assert_true(alarms * 1000 <= FEATURES * REPORTS);
}

/* With one feature alone there is nothing to adjust p for, and one window of 200 rows alarms in
 * about 0.5 % of the cases; two of three windows are what keeps the promise then. */
static void a_single_feature_needs_two_of_three_windows(void **state)
{
    enum { TRIALS = 4000 };
    unsigned alarms = 0, confirmed = 0;
    struct rng r;
    rng_init(&r, 114, 1);
    for (int trial = 0; trial < TRIALS; trial++) {
        struct feature f;
        feature_init(&f, &r);
        enum drift_verdict verdicts[3];
        for (int window = 0; window < 3; window++) {
            struct drift_feature d = window_of(&f, 0, &r);
            drift_judge(&d, 1, &drift_defaults);
            verdicts[window] = d.verdict;
            alarms += d.verdict > DRIFT_NONE;
        }
        confirmed += drift_confirmed(verdicts, 3, DRIFT_WARNING);
        feature_release(&f);
    }
    print_message("             %u of %d windows, %u of %d confirmed\n", alarms, 3 * TRIALS,
                  confirmed, TRIALS);
    assert_true(alarms <= 3 * TRIALS / 100);
    assert_true(confirmed * 1000 <= TRIALS);
}

/* Kolmogorov-Smirnov distance of p-values from the uniform distribution, times sqrt n. */
static double distance_from_uniform(double *p, size_t n)
{
    struct radix_item items[2 * 1000];
    assert_true(n <= 1000);
    for (size_t i = 0; i < n; i++)
        items[i] = (struct radix_item){radix_key(p[i]), 0};
    radix_sort(items, items + n, n);
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double x = radix_value(items[i].key);
        most = fmax(most, fmax((double)(i + 1) / (double)n - x, x - (double)i / (double)n));
    }
    return most * sqrt((double)n);
}

static void p_values_are_uniform_without_difference(void **state)
{
    enum { TRIALS = 1000, N = 400, M = 300 };
    static double chi2[TRIALS], ks[TRIALS];
    struct rng r;
    rng_init(&r, 111, 1);
    for (int trial = 0; trial < TRIALS; trial++) {
        uint64_t a[10], b[10];
        draw_counts(&r, a, 10, 5000);
        draw_counts(&r, b, 10, 3000);
        double table[20], x[N], y[M];
        for (int i = 0; i < 10; i++) {
            table[i] = (double)a[i];
            table[10 + i] = (double)b[i];
        }
        chi2[trial] = contingency_chi2(table, 2, 10, false).p;
        for (int i = 0; i < N; i++)
            x[i] = rng_normal(&r);
        for (int i = 0; i < M; i++)
            y[i] = rng_normal(&r);
        ks[trial] = kstest_asymptotic(x, N, y, M).p;
    }
    assert_true(kolmogorov_sf(distance_from_uniform(chi2, TRIALS)) > .001);
    assert_true(kolmogorov_sf(distance_from_uniform(ks, TRIALS)) > .001);
}

/* A bandit of three arms whose rewards arrive late; weights are renewed every tick. */
enum { ARMS = 3, PULLS = 3000, TICK = 50, RUNS = 60 };

static const double chances[ARMS] = {.10, .12, .15};

typedef void bandit_policy(const struct bandit_arm *arms, double n, struct rng *r, double *p);

static void uniform_policy(const struct bandit_arm *arms, double n, struct rng *r, double *p)
{
    for (int k = 0; k < ARMS; k++)
        p[k] = 1.0 / ARMS;
}

static void greedy_policy(const struct bandit_arm *arms, double n, struct rng *r, double *p)
{
    bandit_epsilon_greedy(arms, ARMS, bandit_epsilon_at(1, n / TICK), p);
}

static void softmax_policy(const struct bandit_arm *arms, double n, struct rng *r, double *p)
{
    bandit_softmax(arms, ARMS, .02, p);
}

static void ucb_policy(const struct bandit_arm *arms, double n, struct rng *r, double *p)
{
    bandit_ucb(arms, ARMS, .25, p);
}

static void thompson_policy(const struct bandit_arm *arms, double n, struct rng *r, double *p)
{
    bandit_thompson_beta(arms, ARMS, 300, r, p);
    bandit_floor(p, ARMS, .01);
}

static void normal_policy(const struct bandit_arm *arms, double n, struct rng *r, double *p)
{
    bandit_thompson_normal(arms, ARMS, 300, r, p);
    bandit_floor(p, ARMS, .01);
}

static size_t draw_arm(struct rng *r, const double *p)
{
    double u = rng_uniform(r);
    size_t k = 0;
    while (k + 1 < ARMS && u >= p[k])
        u -= p[k++];
    return k;
}

static double regret_of_run(bandit_policy *policy, unsigned delay, struct rng *r)
{
    struct bandit_arm arms[ARMS];
    memset(arms, 0, sizeof arms);
    uint8_t pulled[PULLS], won[PULLS];
    double regret = 0, p[ARMS];
    for (unsigned t = 0; t < PULLS; t++) {
        if (t % TICK == 0)
            policy(arms, t, r, p);
        size_t k = t < ARMS * TICK ? t % ARMS : draw_arm(r, p); /* a split to begin with */
        pulled[t] = (uint8_t)k;
        won[t] = rng_uniform(r) < chances[k];
        arms[k].pending += 1;
        regret += chances[2] - chances[k];
        if (t >= delay) {
            struct bandit_arm *arm = &arms[pulled[t - delay]];
            arm->pending -= 1;
            bandit_reward(arm, won[t - delay]);
        }
    }
    return regret;
}

static void every_bandit_regrets_less_than_chance(void **state)
{
    static const struct {
        const char *name;
        bandit_policy *policy;
    } policies[] = {{"epsilon-greedy", greedy_policy},
                    {"softmax", softmax_policy},
                    {"UCB1", ucb_policy},
                    {"Thompson, beta", thompson_policy},
                    {"Thompson, normal", normal_policy},
                    {"uniform", uniform_policy}};
    const unsigned delays[] = {0, 200};
    for (size_t d = 0; d < ARRAY_LEN(delays); d++)
        for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
            double sum = 0;
            for (uint64_t run = 0; run < RUNS; run++) {
                struct rng r;
                rng_init(&r, 112, run);
                sum += regret_of_run(policies[i].policy, delays[d], &r);
            }
            double mean = sum / RUNS;
            print_message("             %s, delay %u: %.1f\n", policies[i].name, delays[d], mean);
            if (policies[i].policy != uniform_policy)
                assert_true(mean < 70); /* chance alone: 80 */
            else
                assert_true(mean > 75 && mean < 85);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequential_mcnemar_keeps_alpha_at_every_look),
        cmocka_unit_test(sequential_mcnemar_finds_a_better_challenger),
        cmocka_unit_test(the_interval_of_a_gain_in_accuracy_covers_it),
        cmocka_unit_test(confidence_sequence_keeps_alpha_on_independent_rows),
        cmocka_unit_test(confidence_sequence_keeps_alpha_on_heavy_tails),
        cmocka_unit_test(confidence_sequence_keeps_alpha_on_sparse_differences),
        cmocka_unit_test(confidence_sequence_keeps_alpha_on_correlated_rows_in_blocks),
        cmocka_unit_test(several_challengers_share_alpha),
        cmocka_unit_test(rounds_share_alpha),
        cmocka_unit_test(row_by_row_the_promise_would_be_broken),
        cmocka_unit_test(empirical_bernstein_covers_the_mean_at_every_look),
        cmocka_unit_test(drift_gate_is_silent_without_drift),
        cmocka_unit_test(drift_gate_sees_half_a_standard_deviation),
        cmocka_unit_test(a_model_of_ten_features_is_not_alarmed_without_drift),
        cmocka_unit_test(a_single_feature_needs_two_of_three_windows),
        cmocka_unit_test(p_values_are_uniform_without_difference),
        cmocka_unit_test(every_bandit_regrets_less_than_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
