/* Metrics: how durations are counted, and how Prometheus reads them. */
#include "base/exposition.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>

#include <cmocka.h>

enum { THREADS = 4, ADDS = 20000 };

static void every_duration_falls_into_the_bucket_that_ends_behind_it(void **state)
{
    double before = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        assert_true(histogram_bound_s(i) > before);
        before = histogram_bound_s(i);
    }
    assert_true(isinf(before));
    for (uint64_t ns = 1; ns < UINT64_C(1) << 40; ns += ns / 3 + 1) {
        struct histogram h = {0};
        histogram_add(&h, ns);
        double end_s = histogram_quantile_s(&h, 1);
        assert_true((double)ns / 1e9 <= end_s);
        if (!isinf(end_s) && ns > 8192)
            assert_true((double)ns / 1e9 > end_s * 0.66);
    }
    for (unsigned i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
        struct histogram h = {0};
        histogram_add(&h, (uint64_t)llround(histogram_bound_s(i) * 1e9));
        assert_true(h.counts[i] == 1); /* a bound belongs to the bucket that it ends */
    }
}

static void quantiles_are_ends_of_buckets(void **state)
{
    struct histogram h = {0};
    assert_true(histogram_quantile_s(&h, 0.5) == 0);
    for (int i = 0; i < 99; i++)
        histogram_add(&h, 100000);
    histogram_add(&h, 50000000);
    assert_int_equal(histogram_count(&h), 100);
    assert_true(histogram_quantile_s(&h, 0.99) < 0.00014);
    assert_true(histogram_quantile_s(&h, 1) > 0.05);
}

static void *add_many(void *h)
{
    for (uint64_t i = 0; i < ADDS; i++)
        histogram_add(h, i * 1000);
    return NULL;
}

static void threads_lose_no_count(void **state)
{
    static struct histogram h;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &h), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(histogram_count(&h), THREADS * ADDS);
    assert_true(h.sum_ns == THREADS * UINT64_C(1000) * ADDS * (ADDS - 1) / 2);
}

static void series_follow_their_family(void **state)
{
    struct buf b;
    struct exposition x;
    buf_init(&b, 1 << 16);
    exposition_init(&x, &b);
    exposition_counter(&x, "cats_total", "Cats that were seen.");
    exposition_add(&x, LABELS({"name", STR("a \"b\"\\\n")}, {"colour", STR("red")}), 3);
    exposition_add(&x, NO_LABELS, 0.5);
    exposition_gauge(&x, "heat", "How warm it is.");
    exposition_add(&x, NO_LABELS, NAN);
    exposition_add(&x, NO_LABELS, -INFINITY);
    assert_true(str_is(buf_str(&b), "# HELP cats_total Cats that were seen.\n"
                                    "# TYPE cats_total counter\n"
                                    "cats_total{name=\"a \\\"b\\\"\\\\\\n\",colour=\"red\"} 3\n"
                                    "cats_total 0.5\n"
                                    "# HELP heat How warm it is.\n"
                                    "# TYPE heat gauge\n"
                                    "heat NaN\n"
                                    "heat -Inf\n"));
    buf_release(&b);
}

static void a_histogram_counts_up_to_all(void **state)
{
    struct histogram h = {0};
    struct buf b;
    struct exposition x;
    buf_init(&b, 1 << 16);
    exposition_init(&x, &b);
    histogram_add(&h, 1000);
    histogram_add(&h, 2000000000);
    exposition_histogram(&x, "took_seconds", "How long it took.");
    exposition_add_histogram(&x, LABELS({"phase", STR("all")}), &h);
    struct str text = buf_str(&b);
    assert_true(str_find_str(text, STR("took_seconds_bucket{phase=\"all\",le=\"+Inf\"} 2\n")) > 0);
    assert_true(str_find_str(text, STR("took_seconds_bucket{phase=\"all\",le=\"8.192e-6\"} 1\n")) >
                0);
    assert_true(str_find_str(text, STR("took_seconds_sum{phase=\"all\"} 2.000001\n")) > 0);
    assert_true(str_find_str(text, STR("took_seconds_count{phase=\"all\"} 2\n")) > 0);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_duration_falls_into_the_bucket_that_ends_behind_it),
        cmocka_unit_test(quantiles_are_ends_of_buckets),
        cmocka_unit_test(threads_lose_no_count),
        cmocka_unit_test(series_follow_their_family),
        cmocka_unit_test(a_histogram_counts_up_to_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
