/* Always-valid evidence against the golden vectors G4 and G9, and its edges. */
#include "stats/bernstein.h"
#include "stats/confseq.h"
#include "stats/evalue.h"
#include "stats/groupseq.h"
#include "stats/mcnemar.h"
#include "stats/proportion.h"
#include "stats/rng.h"
#include "stats/seqmcnemar.h"

#include "stats_check.h"

static void sequential_mcnemar_reproduces_g4(void **state)
{
    near(exp(seqmcnemar_log_e(15, 5)), 3.22060052091012);
    near(exp(seqmcnemar_log_e_plus(15, 5)), 6.35552115583075);
    near(exp(seqmcnemar_log_e_plus(5, 15)), .0856798859894835);
    near(exp(seqmcnemar_log_e(0, 6)), 9.14285714285714);
    near(exp(seqmcnemar_log_e(0, 0)), 1);
    near(exp(seqmcnemar_log_e_plus(0, 0)), 1);
}

/* The table of docs/statistics.md: what looking at every row costs beside looking once. */
static void peeking_costs_what_the_manual_says(void **state)
{
    const uint64_t rows[][3] = {
        {0, 7, 5}, {5, 18, 14}, {10, 27, 22}, {50, 85, 72}, {200, 270, 242}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t c = rows[i][0], at_any_time = rows[i][1], once = rows[i][2];
        assert_true(seqmcnemar_log_e_plus(at_any_time, c) >= log(20));
        assert_true(seqmcnemar_log_e_plus(at_any_time - 1, c) < log(20));
        assert_true(mcnemar_mid_p(once, c).p < .05 && mcnemar_mid_p(once - 1, c).p >= .05);
    }
    assert_true(exp(seqmcnemar_log_e_plus(30, 10)) > 63);
}

/* An e-value is fair: over the two ways the next discordant row can go, it keeps its mean. */
static void sequential_mcnemar_is_a_fair_bet(void **state)
{
    for (uint64_t b = 0; b < 30; b++)
        for (uint64_t c = 0; c < 30; c++) {
            double now = exp(seqmcnemar_log_e(b, c));
            double next = (exp(seqmcnemar_log_e(b + 1, c)) + exp(seqmcnemar_log_e(b, c + 1))) / 2;
            close_to(next, now, 1e-11);
            now = exp(seqmcnemar_log_e_plus(b, c));
            next =
                (exp(seqmcnemar_log_e_plus(b + 1, c)) + exp(seqmcnemar_log_e_plus(b, c + 1))) / 2;
            close_to(next, now, 1e-11);
        }
}

/* So is the e-value of an allocation, over the arms to which the next unit may go. */
static void an_allocation_is_a_fair_bet(void **state)
{
    const double shares[] = {.5, .2, .3};
    for (uint64_t i = 0; i < 300; i++) {
        uint64_t units[] = {i % 7 * 40, i % 11 * 3, 1 + i % 5 * 100};
        double now = exp(value_of(proportion_allocation_log_e(units, shares, 3))), next = 0;
        for (int k = 0; k < 3; k++) {
            units[k]++;
            next += shares[k] * exp(value_of(proportion_allocation_log_e(units, shares, 3)));
            units[k]--;
        }
        close_to(next, now, 1e-10);
    }
    near(value_of(proportion_allocation_log_e((const uint64_t[]){1, 0}, (const double[]){1, 1}, 2)),
         0);
}

static void sequential_mcnemar_does_not_overflow(void **state)
{
    assert_true(seqmcnemar_log_e_plus(1000000, 0) > 600000);
    assert_true(seqmcnemar_log_e_plus(0, 1000000) < -10);
    assert_true(isfinite(seqmcnemar_log_e_plus(0, 1000000000)));
    close_to(seqmcnemar_log_e(1000000000, 0), 1e9 * M_LN2 - log(1e9 + 1), 1e-14);
    close_to(seqmcnemar_log_e(500000000, 500000000), .5 * log(M_PI * 5e8) - log(1e9 + 1), 1e-9);
}

struct g9_row {
    double n, half_width, e;
};

static const struct g9_row g9_rows[] = {
    {1000, .0531877350327875, 1.0156156902926},
    {5000, .0214621685941342, 11.6735720661094},
    {20000, .0110560180827307, 952648.020264823},
};

static void confidence_sequence_reproduces_g9(void **state)
{
    double rho2 = confseq_rho2(.05, 5000);
    near(sqrt(rho2), .0398400667713737);
    for (size_t i = 0; i < ARRAY_LEN(g9_rows); i++) {
        near(confseq_half_width(g9_rows[i].n, .5, rho2, .05), g9_rows[i].half_width);
        near(exp(confseq_log_e(g9_rows[i].n, .02, .5, rho2)), g9_rows[i].e);
    }
}

static void interval_and_evidence_say_the_same(void **state)
{
    struct moments m = {0};
    double rho2 = confseq_rho2(.05, 200);
    for (int i = 0; i < 200; i++)
        assert_true(moments_add(&m, .1 + sin(i * 7.7)));
    struct stat_interval ci = confseq_interval(&m, rho2, .05);
    double n = 200, sd = value_of(moments_sd(&m)), half = (ci.high - ci.low) / 2;
    near(confseq_log_e(n, half, sd, rho2), log(20));
    double lower = value_of(confseq_lower(&m, rho2, .05));
    assert_true(lower > ci.low && lower < (ci.low + ci.high) / 2);
    close_to(value_of(confseq_evidence(&m, rho2, lower)), log(20), 1e-9);
}

static void a_confidence_sequence_needs_blocks_that_vary(void **state)
{
    struct moments m = {0};
    no_figure(confseq_lower(&m, .01, .05), STAT_EMPTY);
    for (int i = 0; i < CONFSEQ_BLOCKS_MIN; i++) {
        if (i > 0)
            no_figure(confseq_evidence(&m, .01, 0), STAT_TOO_FEW);
        assert_true(moments_add(&m, 1));
    }
    no_figure(confseq_evidence(&m, .01, 0), STAT_NO_VARIANCE);
    assert_int_equal(confseq_interval(&m, .01, .05).reason, STAT_NO_VARIANCE);
}

static void evidence_is_never_taken_back(void **state)
{
    struct evalue e = {0};
    near(evalue_p(&e), 1);
    evalue_observe(&e, -3);
    near(evalue_p(&e), 1);
    evalue_observe(&e, log(50));
    evalue_observe(&e, log(2));
    near(evalue_p(&e), .02);
    near(e.log_now, log(2));
    near(evalue_log_threshold(4, .05), log(80));
    double spent = 0;
    for (uint64_t r = 1; r < 100000; r++)
        spent += evalue_round_alpha(.05, r);
    assert_true(spent < .05 && spent > .04999);
}

static void empirical_bernstein_closes_in_on_the_mean(void **state)
{
    struct bernstein b, stored;
    struct rng r;
    bernstein_init(&b, .05);
    rng_init(&r, 3, 1);
    assert_int_equal(bernstein_interval(&b).reason, STAT_EMPTY);
    assert_false(bernstein_add(&b, 1.1));
    assert_false(bernstein_add(&b, NAN));
    for (int i = 0; i < 20000; i++)
        assert_true(bernstein_add(&b, rng_uniform(&r) < .3 ? 1 : 0));
    struct stat_interval ci = bernstein_interval(&b);
    assert_true(ci.low < .3 && .3 < ci.high && ci.high - ci.low < .04);
    assert_true(bernstein_log_e(&b, .2) > log(20) && bernstein_log_e(&b, .4) < 0);

    uint8_t blob[128];
    size_t n = bernstein_write(&b, blob, sizeof blob);
    assert_true(n <= sizeof blob);
    assert_int_equal(bernstein_read(&stored, blob, n, NULL), ERR_OK);
    assert_memory_equal(&b, &stored, sizeof b);
    blob[20] ^= 1;
    assert_int_equal(bernstein_read(&stored, blob, n, NULL), ERR_CORRUPT);
}

static void a_single_look_spends_everything(void **state)
{
    double z[5];
    assert_int_equal(groupseq_boundaries((const double[]){1}, 1, .05, z), STAT_OK);
    close_to(z[0], 1.959963984540054, 1e-9);
    close_to(groupseq_spent(.2, .05), 2 * .5 * erfc(1.959963984540054 / sqrt(.4)), 1e-9);
    assert_int_equal(groupseq_boundaries((const double[]){.5, .5}, 2, .05, z), STAT_OUT_OF_DOMAIN);
    assert_int_equal(groupseq_boundaries((const double[]){.5, .50001}, 2, .05, z),
                     STAT_OUT_OF_DOMAIN);
    assert_int_equal(groupseq_boundaries((const double[]){.5, 1.5}, 2, .05, z), STAT_OUT_OF_DOMAIN);
    assert_int_equal(groupseq_boundaries(NULL, 0, .05, z), STAT_OUT_OF_DOMAIN);
}

/* Twenty thousand Brownian paths that are looked at five times. */
static void looks_together_spend_alpha(void **state)
{
    const double t[] = {.2, .4, .6, .8, 1};
    double z[5];
    assert_int_equal(groupseq_boundaries(t, 5, .05, z), STAT_OK);
    for (int k = 1; k < 5; k++)
        assert_true(z[k] < z[k - 1]);
    struct rng r;
    rng_init(&r, 4, 1);
    int crossed = 0, paths = 20000;
    for (int i = 0; i < paths; i++) {
        double sum = 0;
        bool out = false;
        for (int k = 0; k < 5; k++) {
            sum += rng_normal(&r) * sqrt(.2);
            out |= fabs(sum) >= z[k] * sqrt(t[k]);
        }
        crossed += out;
    }
    double rate = (double)crossed / paths, error = sqrt(.05 * .95 / paths);
    assert_true(fabs(rate - .05) < 3 * error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequential_mcnemar_reproduces_g4),
        cmocka_unit_test(peeking_costs_what_the_manual_says),
        cmocka_unit_test(sequential_mcnemar_is_a_fair_bet),
        cmocka_unit_test(an_allocation_is_a_fair_bet),
        cmocka_unit_test(sequential_mcnemar_does_not_overflow),
        cmocka_unit_test(confidence_sequence_reproduces_g9),
        cmocka_unit_test(interval_and_evidence_say_the_same),
        cmocka_unit_test(a_confidence_sequence_needs_blocks_that_vary),
        cmocka_unit_test(evidence_is_never_taken_back),
        cmocka_unit_test(empirical_bernstein_closes_in_on_the_mean),
        cmocka_unit_test(a_single_look_spends_everything),
        cmocka_unit_test(looks_together_spend_alpha),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
