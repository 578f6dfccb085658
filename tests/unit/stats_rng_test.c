/* Random numbers against the published vectors of their generators, and what they promise. */
#include "stats/dist.h"
#include "stats/rng.h"

#include "stats_check.h"

/* The first numbers of xoshiro256** from the state 1, 2, 3, 4, as the authors' C code gives them.
 */
static void xoshiro_gives_its_published_numbers(void **state)
{
    const uint64_t wanted[] = {11520,
                               0,
                               1509978240,
                               1215971899390074240,
                               1216172134540287360,
                               607988272756665600,
                               16172922978634559625u,
                               8476171486693032832,
                               10595114339597558777u,
                               2904607092377533576};
    struct rng r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_true(rng_next(&r) == wanted[i]);
}

/* Written out once more, so that the seeding has something to be compared with. */
static uint64_t splitmix64(uint64_t *x)
{
    *x += 0x9e3779b97f4a7c15u;
    uint64_t z = *x;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void seeds_go_through_splitmix64(void **state)
{
    const uint64_t wanted[] = {6457827717110365317, 3203168211198807973, 9817491932198370423u};
    uint64_t x = 1234567;
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_true(splitmix64(&x) == wanted[i]);

    /* Mixing two numbers is the (b + 1)-th output of the generator seeded with a's first. */
    for (uint64_t b = 0; b < 5; b++) {
        uint64_t a = 1234567, seed = splitmix64(&a), out = 0;
        for (uint64_t i = 0; i <= b; i++)
            out = splitmix64(&seed);
        assert_true(rng_mix(1234567, b) == out);
    }
    struct rng r;
    rng_init(&r, 42, 7);
    uint64_t mixed = rng_mix(42, 7);
    for (int i = 0; i < 4; i++)
        assert_true(r.s[i] == splitmix64(&mixed));
}

static void every_decision_has_a_stream_of_its_own(void **state)
{
    struct rng a, again, other_stream, other_seed;
    rng_init(&a, 1, 1);
    rng_init(&again, 1, 1);
    rng_init(&other_stream, 1, 2);
    rng_init(&other_seed, 2, 1);
    for (int i = 0; i < 1000; i++) {
        uint64_t x = rng_next(&a);
        assert_true(x == rng_next(&again));
        assert_true(x != rng_next(&other_stream) && x != rng_next(&other_seed));
    }
}

static void a_uniform_number_is_never_0_or_1(void **state)
{
    assert_true(rng_unit(0) > 0 && rng_unit(0) < 1e-15);
    assert_true(rng_unit(UINT64_MAX) < 1 && rng_unit(UINT64_MAX) > 1 - 1e-15);
    assert_true(rng_unit((uint64_t)1 << 63) > .5 && rng_unit(((uint64_t)1 << 63) - 1) < .5);
}

/* Chi-square of counts in cells of equal chance. */
static double uneven(const uint64_t *counts, size_t cells, double rows)
{
    double chi2 = 0, expected = rows / (double)cells;
    for (size_t i = 0; i < cells; i++)
        chi2 += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    return dist_chi2_sf(chi2, (double)cells - 1);
}

static void numbers_below_a_limit_are_evenly_spread(void **state)
{
    enum { ROWS = 100000 };
    struct rng r;
    rng_init(&r, 13, 1);
    uint64_t small[7] = {0}, thirds[3] = {0}, uniform[100] = {0};
    const uint64_t large = UINT64_MAX / 4 * 3; /* taken modulo, a third would come twice as often */
    for (int i = 0; i < ROWS; i++) {
        small[rng_below(&r, 7)]++;
        thirds[rng_below(&r, large) / (large / 3)]++;
        uniform[(int)(rng_uniform(&r) * 100)]++;
    }
    assert_true(uneven(small, 7, ROWS) > .001);
    assert_true(uneven(thirds, 3, ROWS) > .001);
    assert_true(uneven(uniform, 100, ROWS) > .001);
    for (int i = 0; i < 100; i++)
        assert_true(rng_below(&r, 1) == 0);
}

/* Draws fall evenly into the hundredths of their own distribution. */
static void draws_follow_their_distributions(void **state)
{
    enum { ROWS = 50000, GROUPS = 5 };
    static uint64_t counts[GROUPS][100];
    struct rng r;
    rng_init(&r, 12, 1);
    for (int i = 0; i < ROWS; i++) {
        const double p[GROUPS] = {
            .5 * erfc(-rng_normal(&r) * M_SQRT1_2),  dist_chi2_cdf(2 * rng_gamma(&r, .3), .6),
            dist_chi2_cdf(2 * rng_gamma(&r, 7), 14), dist_beta_cdf(rng_beta(&r, 2, .6), 2, .6),
            dist_student_cdf(rng_student(&r, 3), 3),
        };
        for (int g = 0; g < GROUPS; g++)
            counts[g][(int)fmin(99, p[g] * 100)]++;
    }
    for (int g = 0; g < GROUPS; g++)
        assert_true(uneven(counts[g], 100, ROWS) > .001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xoshiro_gives_its_published_numbers),
        cmocka_unit_test(seeds_go_through_splitmix64),
        cmocka_unit_test(every_decision_has_a_stream_of_its_own),
        cmocka_unit_test(a_uniform_number_is_never_0_or_1),
        cmocka_unit_test(numbers_below_a_limit_are_evenly_spread),
        cmocka_unit_test(draws_follow_their_distributions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
