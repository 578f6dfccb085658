/* What is logged reads back as it was; ids; what is damaged is refused. */
#include "predictions/predictions.h"

#include <setjmp.h>

#include <cmocka.h>

static struct arena arena;

static int set_up(void **state)
{
    arena_init(&arena);
    return 0;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    return 0;
}

enum { ROWS = 3 };

static float measures[ROWS * 2] = {1, 2, 3, 4, 5, 6};
static struct str words[ROWS] = {{"", 0}, {"a\0b", 3}, {"\xff", 1}};
static int64_t wholes[ROWS] = {INT64_MIN, 0, INT64_MAX};
static struct tensor inputs[] = {
    {.datatype = DATATYPE_FP32, .rank = 2, .shape = {ROWS, 2}, .count = ROWS * 2, .data = measures},
    {.datatype = DATATYPE_BYTES, .rank = 1, .shape = {ROWS}, .count = ROWS, .data = words},
    {.datatype = DATATYPE_INT64, .rank = 2, .shape = {ROWS, 1}, .count = ROWS, .data = wholes},
};

static uint16_t classes[ROWS] = {1, SCORES_NO_CLASS, 0};
static struct str others[ROWS] = {{NULL, 0}, {"strange", 7}, {NULL, 0}};
static float probabilities[ROWS * 2] = {0.25f, 0.75f, 0, 0, 1, 0};
static double values[ROWS] = {-1.5, 0, 1e300};
static const struct str row_ids[ROWS] = {{"one", 3}, {"two", 3}, {"thr\xc3\xa9", 5}};

static const struct scores classified = {.task = TASK_CLASSIFICATION,
                                         .rows = ROWS,
                                         .class_count = 2,
                                         .classes = classes,
                                         .others = others,
                                         .probabilities = probabilities};
static const struct scores estimated = {.task = TASK_REGRESSION, .rows = ROWS, .values = values};
static const struct scores plain = {.task = TASK_OTHER, .rows = ROWS};

static struct record *make(const struct scores *s, bool with_ids, bool with_inputs)
{
    struct record *r = NULL;
    struct record_head head = {.model_id = 7,
                               .seq = 8,
                               .time_ms = 9,
                               .version = 10,
                               .request_id = STR("request"),
                               .unit = STR("unit"),
                               .row_ids = with_ids ? row_ids : NULL};
    assert_int_equal(record_new(&head, with_inputs ? inputs : NULL, ARRAY_LEN(inputs), s, &r, NULL),
                     ERR_OK);
    return r;
}

static void assert_scores(const struct scores *s, const struct scores *expected)
{
    assert_int_equal(s->task, expected->task);
    assert_int_equal(s->rows, expected->rows);
    if (expected->task == TASK_REGRESSION)
        assert_memory_equal(s->values, expected->values, sizeof values);
    if (expected->task != TASK_CLASSIFICATION)
        return;
    assert_memory_equal(s->classes, expected->classes, sizeof classes);
    assert_true(str_is(s->others[1], "strange"));
    assert_memory_equal(s->probabilities, expected->probabilities, sizeof probabilities);
}

static void assert_inputs(const struct record_view *view)
{
    assert_int_equal(view->input_count, ARRAY_LEN(inputs));
    assert_memory_equal(view->inputs[0].data, measures, sizeof measures);
    assert_memory_equal(view->inputs[2].data, wholes, sizeof wholes);
    const struct str *texts = view->inputs[1].data;
    for (size_t i = 0; i < ROWS; i++)
        assert_true(str_eq(texts[i], words[i]));
}

static void every_kind_reads_back(void **state)
{
    const struct scores *kinds[] = {&classified, &estimated, &plain};
    for (unsigned i = 0; i < ARRAY_LEN(kinds) * 4; i++) {
        bool with_ids = i & 1, with_inputs = i & 2;
        struct record *r = make(kinds[i / 4], with_ids, with_inputs);
        struct record_view view;
        assert_int_equal(record_read(r->body, &arena, &view, NULL), ERR_OK);
        assert_true(str_is(r->request_id, "request") && str_is(r->unit, "unit"));
        assert_int_equal(view.rows, ROWS);
        assert_int_equal(view.row_ids != NULL, with_ids);
        for (size_t k = 0; with_ids && k < ROWS; k++)
            assert_true(str_eq(view.row_ids[k], row_ids[k]) && str_eq(r->row_ids[k], row_ids[k]));
        assert_scores(&view.scores, kinds[i / 4]);
        if (with_inputs)
            assert_inputs(&view);
        else
            assert_int_equal(view.input_count, 0);
        record_unref(r);
    }
}

static void a_body_that_is_cut_or_longer_is_refused(void **state)
{
    struct record *r = make(&classified, true, true);
    struct record_view view;
    for (size_t n = 0; n < r->body.n; n++) {
        struct err_ctx e;
        err_ctx_init(&e);
        char *cut = xmalloc(n + 1);
        memcpy(cut, r->body.p, n);
        assert_int_equal(record_read(str_from(cut, n), &arena, &view, &e), ERR_CORRUPT);
        free(cut);
    }
    char *longer = xcalloc(r->body.n + 1, 1);
    memcpy(longer, r->body.p, r->body.n);
    assert_int_equal(record_read(str_from(longer, r->body.n + 1), &arena, &view, NULL),
                     ERR_CORRUPT);
    free(longer);
    record_unref(r);
}

/* Whatever a bit becomes: an answer or a refusal, and no memory beyond the body's size. */
static void any_flipped_bit_is_survived(void **state)
{
    struct record *r = make(&classified, true, true);
    char *copy = xmalloc(r->body.n);
    for (size_t bit = 0; bit < r->body.n * 8; bit++) {
        struct record_view view;
        struct arena a;
        arena_init(&a);
        memcpy(copy, r->body.p, r->body.n);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        if (record_read(str_from(copy, r->body.n), &a, &view, NULL) == ERR_OK && view.input_count)
            (void)record_same_row(&view, 0, &view, view.rows - 1);
        arena_release(&a);
    }
    free(copy);
    record_unref(r);
}

static void a_record_has_a_largest_size(void **state)
{
    enum { MANY = RECORD_BYTES_MAX / 8 + 1 };
    struct record *r = NULL;
    struct err_ctx e;
    err_ctx_init(&e);
    double *many = xcalloc(MANY, sizeof *many);
    struct scores s = {.task = TASK_REGRESSION, .rows = MANY, .values = many};
    struct record_head head = {.model_id = 1, .seq = 1};
    assert_int_equal(record_new(&head, NULL, 0, &s, &r, &e), ERR_TOO_LARGE);
    assert_null(r);
    free(many);
}

static void rows_are_compared_by_their_inputs(void **state)
{
    static float other[ROWS * 2] = {1, 2, 3, 4.5f, 5, 6};
    struct tensor changed[ARRAY_LEN(inputs)];
    memcpy(changed, inputs, sizeof inputs);
    changed[0].data = other;
    struct record_view x = {.rows = ROWS, .input_count = ARRAY_LEN(inputs), .inputs = inputs};
    struct record_view y = {.rows = ROWS, .input_count = ARRAY_LEN(inputs), .inputs = changed};
    assert_true(record_same_row(&x, 0, &y, 0));
    assert_false(record_same_row(&x, 1, &y, 1));
    assert_true(record_same_row(&x, 2, &y, 2));
    assert_false(record_same_row(&x, 0, &y, 2));
    assert_false(record_same_row(&x, 0, &y, ROWS));
    y.input_count = 2;
    assert_false(record_same_row(&x, 0, &y, 0));
}

static void one_row_of_the_scores_stands_alone(void **state)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        struct scores one = scores_row(&classified, i, &arena);
        assert_int_equal(one.rows, 1);
        assert_int_equal(one.classes[0], classes[i]);
        assert_memory_equal(one.probabilities, probabilities + (size_t)i * 2, 2 * sizeof(float));
        assert_true(scores_row(&estimated, i, &arena).values[0] == values[i]);
    }
    assert_true(str_is(scores_row(&classified, 1, &arena).others[0], "strange"));
}

static void scores_alone_read_back(void **state)
{
    struct scores s;
    struct str packed = scores_pack(&classified, &arena);
    assert_int_equal(scores_unpack(packed, &arena, ROWS, &s, NULL), ERR_OK);
    assert_scores(&s, &classified);
    assert_int_equal(scores_unpack(packed, &arena, ROWS + 1, &s, NULL), ERR_CORRUPT);
    assert_int_equal(scores_unpack(packed, &arena, UINT32_MAX, &s, NULL), ERR_CORRUPT);
    assert_int_equal(scores_unpack(STR(""), &arena, ROWS, &s, NULL), ERR_CORRUPT);
}

static void own_ids_and_those_of_clients_cannot_be_mixed_up(void **state)
{
    char text[PREDICTION_ID_BYTES];
    int64_t seq = 0;
    assert_true(prediction_id_parse(str_of(prediction_id(123456789, text)), &seq));
    assert_int_equal(seq, 123456789);
    assert_false(prediction_id_ok(str_of(text)));
    assert_false(prediction_id_ok(str_of(arena_printf(&arena, "%s/12", text))));
    assert_false(prediction_id_parse(STR("cr-000000000000"), &seq));
    assert_false(prediction_id_parse(STR("cr-000000000000u"), &seq));
    assert_false(prediction_id_parse(STR("CR-0000000000000"), &seq));

    static const char *const good[] = {"a", "cr-", "cr-x", "a/1", "/", "a/b/2", "\xc3\xa9", " "};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(prediction_id_ok(str_of(good[i])));
    static const char *const bad[] = {"", "a\n", "\x7f", "\xff", "\xc3"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(prediction_id_ok(str_of(bad[i])));
    char *longest = arena_alloc(&arena, PREDICTION_ID_MAX + 1);
    memset(longest, 'x', PREDICTION_ID_MAX + 1);
    assert_true(prediction_id_ok(str_from(longest, PREDICTION_ID_MAX)));
    assert_false(prediction_id_ok(str_from(longest, PREDICTION_ID_MAX + 1)));
    assert_false(prediction_id_ok(STR("a\0b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_reads_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_that_is_cut_or_longer_is_refused, set_up, tear_down),
        cmocka_unit_test(any_flipped_bit_is_survived),
        cmocka_unit_test(a_record_has_a_largest_size),
        cmocka_unit_test(rows_are_compared_by_their_inputs),
        cmocka_unit_test_setup_teardown(one_row_of_the_scores_stands_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scores_alone_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_ids_and_those_of_clients_cannot_be_mixed_up, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
