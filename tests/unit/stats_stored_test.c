/* Accumulators: merging equals having seen both, taking out equals never having seen, and what
 * was stored comes back, or is refused when it was damaged. */
#include "stats/adwin.h"
#include "stats/bernstein.h"
#include "stats/bincount.h"
#include "stats/bins.h"
#include "stats/cardinality.h"
#include "stats/confusion.h"
#include "stats/heavy.h"
#include "stats/joint.h"
#include "stats/moments.h"
#include "stats/pagehinkley.h"
#include "stats/paired.h"
#include "stats/proper.h"
#include "stats/regression.h"
#include "stats/rng.h"
#include "stats/scorehist.h"
#include "stats/sketch.h"

#include "stats_check.h"

enum { ROWS = 400, CLASSES = 5 };

/* One row of a small deterministic stream. */
struct row {
    uint32_t truth, predicted;
    double p[CLASSES], y, yhat, weight;
};

static struct row row_at(unsigned i)
{
    struct row r = {.truth = i * 7 % CLASSES, .predicted = i * i % CLASSES};
    double sum = 0;
    for (unsigned k = 0; k < CLASSES; k++)
        sum += r.p[k] = 1 + (i * 31 + k * 17) % 23;
    for (unsigned k = 0; k < CLASSES; k++)
        r.p[k] /= sum;
    r.y = 1e6 + i * 13 % 97 / 8.0;
    r.yhat = r.y + (int)(i * 11 % 19) / 4.0 - 2;
    r.weight = i % 3 + 1;
    return r;
}

/* All accumulators side by side, so that each promise is tested on each of them. */
struct all {
    struct confusion dense, sparse;
    struct proper proper;
    struct regression regression;
    struct scorehist scorehist;
    struct moments moments;
    struct sketch sketch;
    struct bincount bincount;
    struct paired paired;
    struct joint joint;
    /* These cannot give a row back, */
    struct cardinality cardinality;
    struct heavy heavy;
    struct bins bins, categories;
    /* and these depend on the order: they cannot be merged either. */
    struct bernstein bernstein;
    struct adwin adwin;
    struct pagehinkley pagehinkley;
};

static void all_init(struct all *a)
{
    memset(a, 0, sizeof *a);
    confusion_init(&a->dense, CLASSES);
    confusion_init(&a->sparse, 1000);
    scorehist_init(&a->scorehist, 64);
    sketch_init(&a->sketch);
    bincount_init(&a->bincount, 22);
    joint_init(&a->joint, CLASSES);
    double reference[50];
    for (unsigned i = 0; i < ARRAY_LEN(reference); i++)
        reference[i] = row_at(i).y;
    assert_int_equal(bins_init_numeric(&a->bins, reference, ARRAY_LEN(reference), 20), STAT_OK);
    struct heavy_entry seen[30];
    for (unsigned i = 0; i < ARRAY_LEN(seen); i++)
        seen[i] = (struct heavy_entry){.key = rng_mix(2, i), .rows = i % 4 + 1};
    assert_int_equal(bins_init_categories(&a->categories, seen, ARRAY_LEN(seen), 20), STAT_OK);
    bernstein_init(&a->bernstein, .05);
    adwin_init(&a->adwin, .002);
    pagehinkley_init(&a->pagehinkley, &pagehinkley_defaults);
}

static void all_release(struct all *a)
{
    confusion_release(&a->dense);
    confusion_release(&a->sparse);
    scorehist_release(&a->scorehist);
    sketch_release(&a->sketch);
    bincount_release(&a->bincount);
    joint_release(&a->joint);
    bins_release(&a->bins);
    bins_release(&a->categories);
}

static void all_add(struct all *a, unsigned i)
{
    struct row r = row_at(i);
    confusion_add(&a->dense, r.truth, r.predicted, r.weight);
    confusion_add(&a->sparse, r.truth * 200, r.predicted * 199, r.weight);
    assert_true(proper_add(&a->proper, r.p, CLASSES, r.truth, r.weight));
    assert_true(regression_add(&a->regression, r.y, r.yhat, r.weight));
    assert_true(scorehist_add(&a->scorehist, r.p[1], r.truth == 1, r.weight));
    assert_true(moments_add(&a->moments, r.y));
    assert_true(sketch_add(&a->sketch, r.y - r.yhat));
    bincount_add(&a->bincount, r.truth);
    joint_add(&a->joint, r.truth, r.predicted, i % CLASSES, r.weight);
    paired_add_labels(&a->paired, r.truth == 1, r.predicted == 1);
    assert_true(paired_add_losses(&a->paired, r.y, r.yhat));
}

/* What cannot be taken out is added apart. */
static void all_add_for_good(struct all *a, unsigned i)
{
    cardinality_add(&a->cardinality, rng_mix(1, i));
    heavy_add(&a->heavy, i % 50);
    double loss = row_at(i).p[0];
    assert_true(bernstein_add(&a->bernstein, loss));
    (void)adwin_add(&a->adwin, loss);
    (void)pagehinkley_add(&a->pagehinkley, loss);
}

static void all_remove(struct all *a, unsigned i)
{
    struct row r = row_at(i);
    assert_true(confusion_remove(&a->dense, r.truth, r.predicted, r.weight));
    assert_true(confusion_remove(&a->sparse, r.truth * 200, r.predicted * 199, r.weight));
    assert_true(proper_remove(&a->proper, r.p, CLASSES, r.truth, r.weight));
    assert_true(regression_remove(&a->regression, r.y, r.yhat, r.weight));
    assert_true(scorehist_remove(&a->scorehist, r.p[1], r.truth == 1, r.weight));
    assert_true(moments_remove(&a->moments, r.y));
    assert_true(sketch_remove(&a->sketch, r.y - r.yhat));
    assert_true(bincount_remove(&a->bincount, r.truth));
    assert_true(joint_remove(&a->joint, r.truth, r.predicted, i % CLASSES, r.weight));
    assert_true(paired_remove_labels(&a->paired, r.truth == 1, r.predicted == 1));
    assert_true(paired_remove_losses(&a->paired, r.y, r.yhat));
}

static void all_merge(struct all *a, const struct all *b)
{
    confusion_merge(&a->dense, &b->dense);
    confusion_merge(&a->sparse, &b->sparse);
    proper_merge(&a->proper, &b->proper);
    regression_merge(&a->regression, &b->regression);
    scorehist_merge(&a->scorehist, &b->scorehist);
    moments_merge(&a->moments, &b->moments);
    sketch_merge(&a->sketch, &b->sketch);
    bincount_merge(&a->bincount, &b->bincount);
    joint_merge(&a->joint, &b->joint);
    paired_merge(&a->paired, &b->paired);
    cardinality_merge(&a->cardinality, &b->cardinality);
    heavy_merge(&a->heavy, &b->heavy);
}

struct blob {
    uint8_t *p;
    size_t n;
};

/* One row per kind of blob. */
#define KINDS(X)                                                                                   \
    X(dense, confusion)                                                                            \
    X(sparse, confusion)                                                                           \
    X(proper, proper)                                                                              \
    X(regression, regression)                                                                      \
    X(scorehist, scorehist)                                                                        \
    X(moments, moments)                                                                            \
    X(sketch, sketch)                                                                              \
    X(bincount, bincount)                                                                          \
    X(paired, paired)                                                                              \
    X(joint, joint)                                                                                \
    X(cardinality, cardinality)                                                                    \
    X(heavy, heavy)                                                                                \
    X(bins, bins)                                                                                  \
    X(categories, bins)                                                                            \
    X(bernstein, bernstein)                                                                        \
    X(adwin, adwin)                                                                                \
    X(pagehinkley, pagehinkley)

enum {
#define X(member, kind) BLOB_##member,
    KINDS(X)
#undef X
        BLOBS
};

static size_t all_write_one(const struct all *a, int which, uint8_t *p, size_t room)
{
    switch (which) {
#define X(member, kind)                                                                            \
    case BLOB_##member:                                                                            \
        return kind##_write(&a->member, p, room);
        KINDS(X)
#undef X
    }
    return 0;
}

static enum err all_read_one(struct all *a, int which, const uint8_t *p, size_t n,
                             struct err_ctx *e)
{
    switch (which) {
#define X(member, kind)                                                                            \
    case BLOB_##member:                                                                            \
        return kind##_read(&a->member, p, n, e);
        KINDS(X)
#undef X
    }
    return ERR_INTERNAL;
}

static struct blob blob_of(const struct all *a, int which)
{
    struct blob b = {.n = all_write_one(a, which, NULL, 0)};
    b.p = xmalloc(b.n);
    assert_int_equal(all_write_one(a, which, b.p, b.n), b.n);
    return b;
}

static void same_blobs(const struct all *a, const struct all *b)
{
    for (int which = 0; which < BLOBS; which++) {
        struct blob x = blob_of(a, which), y = blob_of(b, which);
        assert_int_equal(x.n, y.n);
        assert_memory_equal(x.p, y.p, x.n);
        free(x.p);
        free(y.p);
    }
}

static void same_figures(const struct all *a, const struct all *b)
{
    near(value_of(regression_r2(&a->regression)), value_of(regression_r2(&b->regression)));
    near(value_of(regression_mape(&a->regression)), value_of(regression_mape(&b->regression)));
    near(value_of(regression_me(&a->regression)), value_of(regression_me(&b->regression)));
    near(value_of(proper_log_loss(&a->proper)), value_of(proper_log_loss(&b->proper)));
    near(value_of(proper_brier(&a->proper)), value_of(proper_brier(&b->proper)));
    near(value_of(scorehist_auc(&a->scorehist).auc), value_of(scorehist_auc(&b->scorehist).auc));
    near(value_of(moments_variance(&a->moments)), value_of(moments_variance(&b->moments)));
    near(value_of(sketch_quantile(&a->sketch, .9)), value_of(sketch_quantile(&b->sketch, .9)));
    assert_memory_equal(a->bincount.rows, b->bincount.rows, 22 * sizeof *a->bincount.rows);
    assert_memory_equal(a->joint.cells, b->joint.cells,
                        CLASSES * CLASSES * CLASSES * sizeof *a->joint.cells);
    assert_int_equal(a->paired.only_b, b->paired.only_b);
    near(value_of(moments_sd(&a->paired.difference)), value_of(moments_sd(&b->paired.difference)));
}

static void merging_parts_equals_having_seen_the_whole(void **state)
{
    for (unsigned cut = 0; cut <= ROWS; cut += 50) {
        struct all whole, left, right;
        all_init(&whole);
        all_init(&left);
        all_init(&right);
        for (unsigned i = 0; i < ROWS; i++) {
            all_add(&whole, i);
            all_add(i < cut ? &left : &right, i);
            all_add_for_good(&whole, i);
            all_add_for_good(i < cut ? &left : &right, i);
        }
        all_merge(&right, &left);
        assert_memory_equal(&whole.cardinality, &right.cardinality, sizeof whole.cardinality);
        struct blob mine = blob_of(&whole, BLOB_heavy), theirs = blob_of(&right, BLOB_heavy);
        assert_int_equal(mine.n, theirs.n);
        assert_memory_equal(mine.p, theirs.p, mine.n);
        free(mine.p);
        free(theirs.p);
        same_figures(&whole, &right);
        for (uint32_t t = 0; t < CLASSES; t++)
            for (uint32_t p = 0; p < CLASSES; p++) {
                struct tally x = confusion_cell(&whole.dense, t, p);
                struct tally y = confusion_cell(&right.dense, t, p);
                struct tally z = confusion_cell(&right.sparse, t * 200, p * 199);
                assert_true(x.rows == y.rows && x.weight == y.weight);
                assert_true(x.rows == z.rows && x.weight == z.weight);
            }
        all_release(&whole);
        all_release(&left);
        all_release(&right);
    }
}

/* Counts and whole weights give the same bytes in whatever order parts are merged; what sums
 * fractions gives them in the same order, and the same figures in any. */
static bool same_in_any_order(int which)
{
    switch (which) {
    case BLOB_proper:
    case BLOB_regression:
    case BLOB_moments:
    case BLOB_paired:
    case BLOB_heavy:
        return false;
    default:
        return true;
    }
}

enum { PARTS = 3 };

static void all_of_part(struct all *a, unsigned part)
{
    all_init(a);
    for (unsigned i = part; i < ROWS; i += PARTS) {
        all_add(a, i);
        cardinality_add(&a->cardinality, rng_mix(1, i));
        heavy_add(&a->heavy, i % 50);
    }
}

/* Merges the parts in the order given: from the left, or the last two first. */
static void all_of_order(struct all *a, const unsigned order[PARTS], bool from_left)
{
    struct all second, third;
    all_of_part(a, order[0]);
    all_of_part(&second, order[1]);
    all_of_part(&third, order[2]);
    if (from_left) {
        all_merge(a, &second);
        all_merge(a, &third);
    } else {
        all_merge(&second, &third);
        all_merge(a, &second);
    }
    all_release(&second);
    all_release(&third);
}

static void merging_keeps_its_promise_about_order(void **state)
{
    const unsigned orders[][PARTS] = {{0, 1, 2}, {0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
    struct all first;
    all_of_order(&first, orders[0], true);
    for (size_t o = 1; o < ARRAY_LEN(orders); o++)
        for (int from_left = 0; from_left < 2; from_left++) {
            struct all other;
            all_of_order(&other, orders[o], from_left);
            bool same_order = o == 1 && from_left;
            for (int which = 0; which < BLOB_bernstein; which++) {
                if (!same_order && !same_in_any_order(which))
                    continue;
                struct blob x = blob_of(&first, which), y = blob_of(&other, which);
                assert_int_equal(x.n, y.n);
                assert_memory_equal(x.p, y.p, x.n);
                free(x.p);
                free(y.p);
            }
            same_figures(&first, &other);
            all_release(&other);
        }
    all_release(&first);
}

static void taking_everything_out_leaves_the_empty_accumulator(void **state)
{
    struct all empty, used;
    all_init(&empty);
    all_init(&used);
    for (unsigned i = 0; i < ROWS; i++)
        all_add(&used, i);
    for (unsigned i = ROWS; i-- > 0;)
        all_remove(&used, i);
    same_blobs(&empty, &used);
    struct row r = row_at(3);
    assert_false(moments_remove(&used.moments, 1) || sketch_remove(&used.sketch, 1));
    assert_false(bincount_remove(&used.bincount, 1));
    assert_false(paired_remove_labels(&used.paired, true, false));
    assert_false(confusion_remove(&used.sparse, 1, 1, 1));
    assert_false(proper_remove(&used.proper, r.p, CLASSES, 0, 1));
    assert_false(regression_remove(&used.regression, 1, 1, 1));
    assert_false(scorehist_remove(&used.scorehist, .5, true, 1));
    all_release(&empty);
    all_release(&used);
}

static void a_corrected_truth_can_be_taken_out(void **state)
{
    struct all a, b;
    all_init(&a);
    all_init(&b);
    for (unsigned i = 0; i < ROWS; i++) {
        all_add(&a, i);
        if (i % 4)
            all_add(&b, i);
    }
    for (unsigned i = 0; i < ROWS; i += 4)
        all_remove(&a, i);
    same_figures(&a, &b);
    all_release(&a);
    all_release(&b);
}

/* Beside a weight of 10^12 a plain double has four decimals left for the others. */
static void a_heavy_row_taken_out_leaves_the_light_ones(void **state)
{
    struct confusion c, stored;
    confusion_init(&c, 2);
    confusion_add(&c, 0, 0, .1);
    confusion_add(&c, 0, 0, 1e12);
    confusion_add(&c, 0, 0, .2);
    uint8_t bytes[64];
    size_t n = confusion_write(&c, bytes, sizeof bytes);
    assert_true(n <= sizeof bytes);
    assert_int_equal(confusion_read(&stored, bytes, n, NULL), ERR_OK);
    assert_true(confusion_remove(&stored, 0, 0, 1e12));
    near(confusion_cell(&stored, 0, 0).weight, .1 + .2);
    assert_true(confusion_remove(&stored, 0, 0, .2));
    assert_true(confusion_cell(&stored, 0, 0).weight == .1);
    confusion_add(&stored, 1, 1, .1);
    confusion_add(&stored, 1, 1, .1);
    assert_true(confusion_remove(&stored, 1, 1, .5)); /* was never added */
    assert_true(confusion_cell(&stored, 1, 1).weight == 0);
    confusion_release(&stored);
    confusion_release(&c);

    struct scorehist h;
    scorehist_init(&h, 8);
    for (int i = 0; i < 1000; i++)
        assert_true(scorehist_add(&h, .5, true, i % 2 ? 1e-3 : 1e12));
    for (int i = 0; i < 1000; i += 2)
        assert_true(scorehist_remove(&h, .5, true, 1e12));
    near(h.tallies[2 * 4 + 1].weight, .5);
    scorehist_release(&h);
}

static void what_is_written_comes_back(void **state)
{
    struct all a, b;
    all_init(&a);
    for (unsigned i = 0; i < ROWS; i++) {
        all_add(&a, i);
        all_add_for_good(&a, i);
    }
    confusion_add(&a.dense, 0, 0, .25); /* a weight that is not the count */
    memset(&b, 0, sizeof b);
    for (int which = 0; which < BLOBS; which++) {
        struct blob blob = blob_of(&a, which);
        struct err_ctx e;
        err_ctx_init(&e);
        assert_int_equal(all_read_one(&b, which, blob.p, blob.n, &e), ERR_OK);
        free(blob.p);
    }
    same_blobs(&a, &b);
    all_release(&a);
    all_release(&b);
}

/* What came back goes on as if it had never been away, up to the same alarm. */
static void what_depends_on_the_order_goes_on_where_it_stopped(void **state)
{
    static struct adwin a, b;
    struct pagehinkley p, q;
    uint8_t bytes[8192];
    adwin_init(&a, .002);
    pagehinkley_init(&p, &(struct pagehinkley_options){.005, 5, .9999, 30});
    for (unsigned i = 0; i < 3000; i++) {
        (void)adwin_add(&a, row_at(i).p[0]);
        assert_int_equal(pagehinkley_add(&p, row_at(i).p[0]), PAGEHINKLEY_NONE);
    }
    assert_true(adwin_write(&a, NULL, 0) <= sizeof bytes);
    size_t n = adwin_write(&a, bytes, sizeof bytes);
    assert_int_equal(adwin_read(&b, bytes, n, NULL), ERR_OK);
    assert_true(a.rows == b.rows && adwin_mean(&a) == adwin_mean(&b));
    n = pagehinkley_write(&p, bytes, sizeof bytes);
    assert_int_equal(pagehinkley_read(&q, bytes, n, NULL), ERR_OK);
    unsigned adwin_alarms = 0, pagehinkley_alarms = 0;
    for (unsigned i = 0; i < 500; i++) {
        double loss = fmin(1, row_at(i).p[0] + .3);
        bool changed = adwin_add(&a, loss);
        enum pagehinkley_change change = pagehinkley_add(&p, loss);
        assert_int_equal(adwin_add(&b, loss), changed);
        assert_int_equal(pagehinkley_add(&q, loss), change);
        adwin_alarms += changed;
        pagehinkley_alarms += change == PAGEHINKLEY_UP;
    }
    assert_true(adwin_alarms > 0 && pagehinkley_alarms > 0);
}

/* Rewrites the checksum so that damage reaches the reader of the payload. */
static void seal(uint8_t *p, size_t n)
{
    uint32_t h = 2166136261u;
    for (size_t i = CODEC_HEADER_BYTES; i < n; i++)
        h = (h ^ p[i]) * 16777619u;
    for (int i = 0; i < 4; i++)
        p[12 + i] = (uint8_t)(h >> (8 * i));
}

static void numbers_of_every_length_come_back(void **state)
{
    uint8_t bytes[16];
    for (int bits = 0; bits <= 64; bits++) {
        uint64_t value = bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
        struct codec_out out = {.p = bytes, .room = sizeof bytes};
        codec_put_varint(&out, value);
        assert_int_equal(out.used, bits <= 7 ? 1 : (bits + 6) / 7);
        struct codec_in in = {.p = bytes, .n = out.used};
        assert_true(codec_get_varint(&in) == value);
        assert_true(!in.failed && in.at == out.used);
    }
    /* 65 bits, and a number that does not end. */
    const uint8_t too_large[] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 2};
    const uint8_t endless[] = {128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0};
    struct codec_in in = {.p = too_large, .n = sizeof too_large};
    assert_true(codec_get_varint(&in) == 0 && in.failed);
    in = (struct codec_in){.p = endless, .n = sizeof endless};
    assert_true(codec_get_varint(&in) == 0 && in.failed);
    in = (struct codec_in){.p = too_large, .n = 3};
    assert_true(codec_get_varint(&in) == 0 && in.failed);
}

static void damage_is_refused(void **state)
{
    struct all a, b;
    all_init(&a);
    for (unsigned i = 0; i < ROWS; i++) {
        all_add(&a, i);
        all_add_for_good(&a, i);
    }
    for (int which = 0; which < BLOBS; which++) {
        struct blob blob = blob_of(&a, which);
        struct err_ctx e;
        for (size_t n = 0; n < blob.n; n += 1 + blob.n / 500) {
            err_ctx_init(&e);
            assert_int_equal(all_read_one(&b, which, blob.p, n, &e), ERR_CORRUPT);
            assert_non_null(strstr(e.detail, "rebuild it"));
        }
        for (size_t at = 0; at < blob.n; at += 1 + blob.n / 500) {
            blob.p[at] ^= 0x40;
            assert_int_equal(all_read_one(&b, which, blob.p, blob.n, NULL), ERR_CORRUPT);
            blob.p[at] ^= 0x40;
        }
        free(blob.p);
    }
    all_release(&a);
}

/* Goes on with what was read. */
static void all_use(struct all *a, int which)
{
    for (int i = 0; i < 3; i++) {
        if (which == BLOB_bernstein)
            assert_true(bernstein_add(&a->bernstein, .5));
        else if (which == BLOB_adwin)
            (void)adwin_add(&a->adwin, .5);
        else if (which == BLOB_pagehinkley)
            (void)pagehinkley_add(&a->pagehinkley, .5);
        else if (which == BLOB_heavy)
            heavy_add(&a->heavy, (uint64_t)i);
        else if (which == BLOB_sketch)
            assert_true(sketch_add(&a->sketch, i - 1));
    }
}

/* With a right checksum the payload itself is at fault: it is refused, or read as something that
 * can be used and written again; it never crashes (the sanitizers watch). */
static void forged_bytes_do_no_harm(void **state)
{
    struct all a;
    all_init(&a);
    for (unsigned i = 0; i < ROWS; i++) {
        all_add(&a, i);
        all_add_for_good(&a, i);
    }
    for (int which = 0; which < BLOBS; which++) {
        struct blob blob = blob_of(&a, which);
        for (unsigned seed = 0; seed < 10000; seed++) {
            size_t at = CODEC_HEADER_BYTES + seed * 2654435761u % (blob.n - CODEC_HEADER_BYTES);
            uint8_t before = blob.p[at];
            blob.p[at] = (uint8_t)(seed * 40503u >> 7);
            seal(blob.p, blob.n);
            struct all b = {0};
            if (all_read_one(&b, which, blob.p, blob.n, NULL) == ERR_OK) {
                all_use(&b, which);
                assert_true(all_write_one(&b, which, NULL, 0) >= CODEC_HEADER_BYTES);
                all_release(&b);
            }
            blob.p[at] = before;
        }
        free(blob.p);
    }
    all_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_parts_equals_having_seen_the_whole),
        cmocka_unit_test(merging_keeps_its_promise_about_order),
        cmocka_unit_test(taking_everything_out_leaves_the_empty_accumulator),
        cmocka_unit_test(a_corrected_truth_can_be_taken_out),
        cmocka_unit_test(a_heavy_row_taken_out_leaves_the_light_ones),
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(what_depends_on_the_order_goes_on_where_it_stopped),
        cmocka_unit_test(numbers_of_every_length_come_back),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(forged_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
