#include "predictions/report.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

/* Counters and reports without a database: they merge as if the rows had been seen in one, give
 * back what was taken in, and refuse what is damaged. The figures themselves are held to
 * scikit-learn's by tests/api/test_metrics.py. */

enum { ROWS = 200, CLASSES = 3 };

static const char *class_names[CLASSES] = {"a", "b", "c"};
static const struct signature classifier = {
    .task = TASK_CLASSIFICATION, .class_count = CLASSES, .classes = class_names};
static const struct signature regressor = {.task = TASK_REGRESSION};

/* Rows with every kind of trouble: ties, unknown labels on both sides, NaN, zero weights. */
struct fixture {
    struct scores scores;
    uint16_t classes[ROWS];
    struct str others[ROWS];
    float probabilities[ROWS * CLASSES];
    double values[ROWS];
    struct str truths[ROWS];
    double weights[ROWS];
};

static struct fixture *make_rows(void)
{
    static const char *const labels[] = {"a", "b", "c", "new", "b", "other"};
    static const double weights[] = {1, 1, 0, 2, 0.5};
    struct fixture *f = xcalloc(1, sizeof *f);
    uint32_t state = 7;
    for (uint32_t i = 0; i < ROWS; i++) {
        state = state * 1664525u + 1013904223u;
        f->classes[i] = i % 17 == 3 ? SCORES_NO_CLASS : (uint16_t)(state >> 16) % CLASSES;
        f->others[i] = STR("odd");
        for (uint32_t k = 0; k < CLASSES; k++)
            f->probabilities[i * CLASSES + k] = (float)((state >> (8 + k)) % 20) / 20;
        if (i % 23 == 5)
            f->probabilities[i * CLASSES] = NAN;
        f->truths[i] = str_of(labels[(state >> 20) % ARRAY_LEN(labels)]);
        f->weights[i] = weights[i % ARRAY_LEN(weights)];
    }
    f->scores = (struct scores){.task = TASK_CLASSIFICATION,
                                .rows = ROWS,
                                .class_count = CLASSES,
                                .classes = f->classes,
                                .others = f->others,
                                .probabilities = f->probabilities,
                                .values = f->values};
    return f;
}

static void add(struct counters *c, const struct fixture *f, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        counters_add(c, &f->scores, i, f->truths[i], f->weights[i]);
}

/* The metrics as text: what the client would see. Rows stay out, they are counted elsewhere. */
static char *figures_of(const struct counters *c)
{
    struct report r;
    report_init(&r, c->signature, REPORT_COUNT);
    report_merge(&r, c);
    json_t *object = json_object();
    report_metrics(&r, object);
    char *text = json_dumps(object, JSON_SORT_KEYS | JSON_REAL_PRECISION(12));
    json_decref(object);
    report_release(&r);
    return text;
}

static void assert_same(const struct counters *c, const struct counters *d)
{
    char *one = figures_of(c), *other = figures_of(d);
    assert_string_equal(one, other);
    free(one);
    free(other);
}

static void parts_merge_into_the_whole(void **state)
{
    struct fixture *f = make_rows();
    struct counters whole, first, second;
    counters_init(&whole, &classifier);
    counters_init(&first, &classifier);
    counters_init(&second, &classifier);
    add(&whole, f, 0, ROWS);
    add(&first, f, 0, 70);
    add(&second, f, 70, ROWS);
    counters_merge(&second, &first); /* the new labels come in another order */
    assert_int_equal(second.labelled, ROWS);
    assert_same(&whole, &second);
    counters_release(&whole);
    counters_release(&first);
    counters_release(&second);
    free(f);
}

static void what_is_taken_out_was_never_there(void **state)
{
    struct fixture *f = make_rows();
    struct counters c, half;
    counters_init(&c, &classifier);
    counters_init(&half, &classifier);
    add(&half, f, 0, 100);
    add(&c, f, 0, ROWS);
    for (uint32_t i = 100; i < ROWS; i++)
        assert_true(counters_remove(&c, &f->scores, i, f->truths[i], f->weights[i]));
    assert_same(&half, &c);
    for (uint32_t i = 0; i < 100; i++)
        assert_true(counters_remove(&c, &f->scores, i, f->truths[i], f->weights[i]));
    assert_int_equal(c.labelled, 0);
    assert_int_equal(confusion_entry_count(&c.confusion), 0);
    assert_int_equal(c.proper.rows, 0);
    for (unsigned i = 0; i < FAULT_KINDS; i++)
        assert_int_equal(c.faults[i], 0);
    assert_false(counters_remove(&c, &f->scores, 0, f->truths[0], f->weights[0]));
    counters_release(&c);
    counters_release(&half);
    free(f);
}

static void a_row_that_was_never_added_is_noticed(void **state)
{
    struct fixture *f = make_rows();
    struct counters c;
    counters_init(&c, &classifier);
    f->classes[0] = 1;
    counters_add(&c, &f->scores, 0, STR("a"), 1);
    assert_false(counters_remove(&c, &f->scores, 0, STR("c"), 1));
    counters_release(&c);
    free(f);
}

static void faults_are_counted_by_kind(void **state)
{
    double values[] = {1, NAN, 3, 1e200};
    struct scores s = {.task = TASK_REGRESSION, .rows = 4, .values = values};
    struct counters c;
    counters_init(&c, &regressor);
    counters_add(&c, &s, 0, STR("1.5"), 1);
    counters_add(&c, &s, 0, STR("1,5"), 1);
    counters_add(&c, &s, 1, STR("2"), 1);
    counters_add(&c, &s, 2, STR("1e300"), 1);
    counters_add(&c, &s, 3, STR("2"), 1);
    assert_int_equal(c.labelled, 5);
    assert_int_equal(c.faults[FAULT_TRUTH], 2);
    assert_int_equal(c.faults[FAULT_PREDICTION], 2);
    assert_int_equal(c.regression.rows, 1);
    assert_true(counters_remove(&c, &s, 0, STR("1,5"), 1));
    assert_true(counters_remove(&c, &s, 1, STR("2"), 1));
    assert_int_equal(c.faults[FAULT_TRUTH], 1);
    assert_int_equal(c.faults[FAULT_PREDICTION], 1);
    counters_release(&c);
}

static void labels_beyond_the_limit_are_left_out(void **state)
{
    uint16_t class = 0;
    struct scores s = {.task = TASK_CLASSIFICATION, .rows = 1, .classes = &class};
    struct counters c, merged;
    char text[32];
    counters_init(&c, &classifier);
    for (int i = 0; i < COUNTERS_LABELS_MAX + 5; i++) {
        snprintf(text, sizeof text, "label %d", i);
        counters_add(&c, &s, 0, str_of(text), 1);
    }
    assert_int_equal(c.label_count, COUNTERS_LABELS_MAX);
    assert_int_equal(c.faults[FAULT_LABELS], 5);
    counters_init(&merged, &classifier);
    counters_add(&merged, &s, 0, STR("mine"), 1);
    counters_merge(&merged, &c);
    assert_int_equal(merged.labelled, COUNTERS_LABELS_MAX + 6);
    assert_int_equal(merged.faults[FAULT_LABELS], 6);
    counters_release(&merged);
    counters_release(&c);
}

/* ---- stored ---- */

struct stored {
    struct str body, histograms;
};

static struct str bytes_of(size_t (*write)(const struct counters *, uint8_t *, size_t),
                           const struct counters *c)
{
    size_t n = write(c, NULL, 0);
    uint8_t *p = xmalloc(n + 1);
    assert_int_equal(write(c, p, n), n);
    return str_from((char *)p, n);
}

static struct stored store(const struct counters *c)
{
    return (struct stored){bytes_of(counters_write, c), bytes_of(counters_write_histograms, c)};
}

static void stored_release(struct stored *s)
{
    free((char *)s->body.p);
    free((char *)s->histograms.p);
}

static void stored_counters_go_on(void **state)
{
    struct fixture *f = make_rows();
    struct counters whole, c, read;
    counters_init(&whole, &classifier);
    counters_init(&c, &classifier);
    add(&whole, f, 0, ROWS);
    add(&c, f, 0, 120);
    struct stored s = store(&c);
    assert_int_equal(counters_read(&read, &classifier, s.body, NULL), ERR_OK);
    assert_int_equal(counters_read_histograms(&read, s.histograms, NULL), ERR_OK);
    assert_same(&c, &read);
    add(&read, f, 120, ROWS);
    assert_same(&whole, &read);
    for (uint32_t i = 0; i < ROWS; i++)
        assert_true(counters_remove(&read, &f->scores, i, f->truths[i], f->weights[i]));
    stored_release(&s);
    counters_release(&whole);
    counters_release(&c);
    counters_release(&read);
    free(f);
}

static enum err read_both(const struct stored *s, const struct signature *signature)
{
    struct counters c;
    struct err_ctx e;
    err_ctx_init(&e);
    enum err err = counters_read(&c, signature, s->body, &e);
    if (!err) {
        err = counters_read_histograms(&c, s->histograms, &e);
        counters_release(&c);
    }
    assert_true(!err || strlen(e.detail) > 10);
    return err;
}

static void damage_is_noticed_at_every_byte(void **state)
{
    struct fixture *f = make_rows();
    struct counters c;
    counters_init(&c, &classifier);
    add(&c, f, 0, 12);
    struct stored s = store(&c);
    assert_int_equal(read_both(&s, &classifier), ERR_OK);
    struct str *const parts[] = {&s.body, &s.histograms};
    for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
        char *p = (char *)parts[k]->p;
        size_t n = parts[k]->n;
        for (size_t i = 0; i < n; i++) {
            p[i] ^= 0x41;
            assert_int_equal(read_both(&s, &classifier), ERR_CORRUPT);
            p[i] ^= 0x41;
        }
        for (size_t cut = 1; cut < n; cut++) {
            parts[k]->n = cut;
            assert_int_equal(read_both(&s, &classifier), ERR_CORRUPT);
        }
        parts[k]->n = n;
    }
    stored_release(&s);
    counters_release(&c);
    free(f);
}

static void counters_of_another_model_are_refused(void **state)
{
    const struct signature two = {
        .task = TASK_CLASSIFICATION, .class_count = 2, .classes = class_names};
    struct fixture *f = make_rows();
    struct counters c;
    counters_init(&c, &classifier);
    add(&c, f, 0, 12);
    struct stored s = store(&c);
    assert_int_equal(read_both(&s, &two), ERR_CORRUPT);
    stored_release(&s);
    counters_release(&c);
    free(f);
}

/* ---- reports ---- */

static double number_at(json_t *object, const char *a, const char *b)
{
    json_t *value = json_object_get(object, a);
    value = b ? json_object_get(value, b) : value;
    assert_true(json_is_number(value));
    return json_number_value(value);
}

/* Up to the limit of memory AUC is exact, above it a bound tells how far it may be off. */
static void more_rows_than_memory_allows_leave_a_bound(void **state)
{
    enum { MANY = REPORT_CELLS_MAX / CLASSES + 1 };
    float p[CLASSES];
    uint16_t class = 0;
    struct scores s = {.task = TASK_CLASSIFICATION,
                       .rows = 1,
                       .class_count = CLASSES,
                       .classes = &class,
                       .probabilities = p};
    struct report r;
    double exact = 0;
    report_init(&r, &classifier, REPORT_KEEP);
    for (int i = 0; i < MANY; i++) {
        p[0] = (float)(i % 9973) / 9973;
        p[1] = (1 - p[0]) / 2;
        p[2] = 1 - p[0] - p[1];
        report_add(&r, &s, 0, str_of(class_names[i % 7 % CLASSES]), 1);
        if (i != MANY - 2)
            continue;
        json_t *before = json_object();
        report_metrics(&r, before);
        assert_null(json_object_get(before, "auc_error"));
        exact = number_at(before, "auc", "macro");
        json_decref(before);
    }
    json_t *after = json_object();
    report_metrics(&r, after);
    double error_max = number_at(after, "auc_error", NULL);
    assert_true(error_max > 0 && error_max < 0.01);
    assert_true(fabs(number_at(after, "auc", "macro") - exact) <= error_max + 1e-6);
    json_decref(after);
    report_release(&r);
}

static void labels_that_are_no_text_do_no_harm(void **state)
{
    uint16_t class = SCORES_NO_CLASS;
    struct str other = STR("\xff\xfe broken");
    struct scores s = {.task = TASK_CLASSIFICATION, .rows = 1, .classes = &class, .others = &other};
    struct report r;
    report_init(&r, &classifier, REPORT_KEEP);
    report_add(&r, &s, 0, STR("a"), 1);
    json_t *object = json_object();
    report_metrics(&r, object);
    assert_int_equal(json_array_size(json_object_get(object, "classes")), CLASSES + 1);
    json_decref(object);
    report_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_merge_into_the_whole),
        cmocka_unit_test(what_is_taken_out_was_never_there),
        cmocka_unit_test(a_row_that_was_never_added_is_noticed),
        cmocka_unit_test(faults_are_counted_by_kind),
        cmocka_unit_test(labels_beyond_the_limit_are_left_out),
        cmocka_unit_test(stored_counters_go_on),
        cmocka_unit_test(damage_is_noticed_at_every_byte),
        cmocka_unit_test(counters_of_another_model_are_refused),
        cmocka_unit_test(more_rows_than_memory_allows_leave_a_bound),
        cmocka_unit_test(labels_that_are_no_text_do_no_harm),
    };
    return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
