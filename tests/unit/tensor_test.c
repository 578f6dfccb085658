/* Tensors from JSON and back: what arrives is what was sent, or it is refused with its place. */
#include "base/buf.h"
#include "serving/tensor_json.h"

#include <math.h>
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

static enum err read(enum datatype d, int64_t count, const char *json, struct tensor *t,
                     struct err_ctx *e)
{
    struct jsonpull j;
    struct str text = str_of(json);
    /* In memory of its own: a byte read too far is seen by the sanitizer. */
    char *copy = xmalloc(text.n + 1);
    memcpy(copy, text.p, text.n);
    *t = (struct tensor){.datatype = d, .rank = 1, .shape = {count}};
    enum err err = tensor_alloc(t, &arena, 1 << 20, e);
    jsonpull_init(&j, arena_str(&arena, str_from(copy, text.n)), &arena);
    free(copy);
    return err ? err : tensor_json_read(&j, t, STR("x"), e);
}

static void reads_back(enum datatype d, int64_t count, const char *json, const char *expected)
{
    struct tensor t;
    struct err_ctx e;
    struct buf out;
    err_ctx_init(&e);
    buf_init(&out, 4096);
    enum err err = read(d, count, json, &t, &e);
    if (err)
        fail_msg("%s %s: %s", datatype_text(d), json, e.detail);
    tensor_json_write(&t, &out);
    assert_string_equal(arena_strdup(&arena, buf_str(&out)), expected);
    buf_release(&out);
}

static void a_value_that_is_passed_ends_where_it_ends_when_it_is_read(void **state)
{
    static const char *const values[] = {
        "[]",      "[1, 2, [3]]", "{}",    "{\"a\": [\"]\", \"\\\"]\", \"\\\\\"]}",
        "[\"{\"]", "5",           "\"]\"", "[[[]], {\"x\": {\"y\": null}}]"};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        const char *text = arena_printf(&arena, " %s ,", values[i]);
        struct jsonpull read, passed;
        jsonpull_init(&read, str_of(text), &arena);
        passed = read;
        assert_true(jsonpull_skip(&read));
        assert_true(jsonpull_pass(&passed));
        assert_ptr_equal(passed.at, read.at);
    }
}

static void a_value_without_an_end_is_not_passed(void **state)
{
    static const char *const values[] = {"[",        "[1, 2", "{\"a\": [}", "[\"]", "[\"\\",
                                         "[\"\\\"]", ""};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct jsonpull j;
        size_t n = strlen(values[i]);
        char *copy = xmalloc(MAX(n, (size_t)1)); /* the sanitizer sees what is read behind it */
        memcpy(copy, values[i], n);
        jsonpull_init(&j, str_from(copy, n), &arena);
        assert_false(jsonpull_pass(&j));
        free(copy);
    }
}

static void every_datatype_is_read_and_written(void **state)
{
    static const struct {
        enum datatype datatype;
        int64_t count;
        const char *json, *expected;
    } cases[] = {
        {DATATYPE_BOOL, 4, "[true,false,1,0]", "[true,false,true,false]"},
        {DATATYPE_UINT8, 3, "[0,255,2.0]", "[0,255,2]"},
        {DATATYPE_INT8, 2, "[-128,127]", "[-128,127]"},
        {DATATYPE_UINT16, 2, "[0,65535]", "[0,65535]"},
        {DATATYPE_INT16, 2, "[-32768,32767]", "[-32768,32767]"},
        {DATATYPE_UINT32, 2, "[0,4294967295]", "[0,4294967295]"},
        {DATATYPE_INT32, 2, "[-2147483648,2147483647]", "[-2147483648,2147483647]"},
        {DATATYPE_UINT64, 3, "[18446744073709551615,9007199254740993,1e3]",
         "[18446744073709551615,9007199254740993,1000]"},
        {DATATYPE_INT64, 4, "[-9223372036854775808,9223372036854775807,-0,3.0]",
         "[-9223372036854775808,9223372036854775807,0,3]"},
        {DATATYPE_FP16, 3, "[65504,-0.5,1e-9]", "[65504,-0.5,0]"},
        {DATATYPE_BF16, 2, "[1,-256]", "[1,-256]"},
        {DATATYPE_FP32, 4, "[0.1,3.4028235e38,1e-45,-0.0]", "[0.1,3.4028235e38,1e-45,-0.0]"},
        {DATATYPE_FP64, 2, "[1.7976931348623157e308,1e-300]", "[1.7976931348623157e308,1e-300]"},
        {DATATYPE_BYTES, 3, "[\"\",\"a\\u00e9\\ud83d\\ude00\\n\",\"\\u0000\"]",
         "[\"\",\"a\xc3\xa9\xf0\x9f\x98\x80\\n\",\"\\u0000\"]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        reads_back(cases[i].datatype, cases[i].count, cases[i].json, cases[i].expected);
}

static void lists_may_be_nested_and_blank(void **state)
{
    reads_back(DATATYPE_FP32, 4, " [ [ 1 , 2 ] ,\n[3,\t4]\r] ", "[1,2,3,4]");
    reads_back(DATATYPE_FP32, 4, "[1, 2, 3, 4]", "[1,2,3,4]");
    reads_back(DATATYPE_FP32, 4, "[[[1],[2]],[[3],[4]]]", "[1,2,3,4]");
    reads_back(DATATYPE_FP32, 4, "[[1,2,3],4]", "[1,2,3,4]");
    reads_back(DATATYPE_FP32, 1, "7", "[7]");
    reads_back(DATATYPE_INT32, 4, "[[1,2],[3,4]]", "[1,2,3,4]");
    reads_back(DATATYPE_BYTES, 2, "[[\"a\"],[\"b\"]]", "[\"a\",\"b\"]");
    reads_back(DATATYPE_FP32, 0, "[]", "[]");
}

static void what_does_not_fit_is_refused(void **state)
{
    static const struct {
        enum datatype datatype;
        int64_t count;
        const char *json;
        enum err err;
    } cases[] = {
        {DATATYPE_BOOL, 1, "[2]", ERR_SYNTAX},
        {DATATYPE_BOOL, 1, "[\"true\"]", ERR_SYNTAX},
        {DATATYPE_BOOL, 1, "[0.5]", ERR_INVALID},
        {DATATYPE_UINT8, 1, "[256]", ERR_INVALID},
        {DATATYPE_UINT8, 1, "[-1]", ERR_INVALID},
        {DATATYPE_INT8, 1, "[-129]", ERR_INVALID},
        {DATATYPE_INT32, 1, "[1.5]", ERR_INVALID},
        {DATATYPE_INT64, 1, "[9223372036854775808]", ERR_INVALID},
        {DATATYPE_INT64, 1, "[9007199254740993.0]", ERR_INVALID},
        {DATATYPE_INT64, 1, "[1e400]", ERR_INVALID},
        {DATATYPE_UINT64, 1, "[18446744073709551616]", ERR_INVALID},
        {DATATYPE_UINT64, 1, "[-1]", ERR_INVALID},
        {DATATYPE_FP16, 1, "[65520]", ERR_INVALID},
        {DATATYPE_BF16, 1, "[1e39]", ERR_INVALID},
        {DATATYPE_BF16, 1, "[3.4e38,1]", ERR_INVALID},
        {DATATYPE_FP32, 1, "[1e39]", ERR_INVALID},
        {DATATYPE_FP64, 1, "[1e309]", ERR_INVALID},
        {DATATYPE_FP32, 1, "[NaN]", ERR_SYNTAX},
        {DATATYPE_FP32, 1, "[-Infinity]", ERR_SYNTAX},
        {DATATYPE_FP32, 1, "[null]", ERR_SYNTAX},
        {DATATYPE_FP32, 1, "[\"1\"]", ERR_SYNTAX},
        {DATATYPE_FP32, 1, "[.5]", ERR_SYNTAX},
        {DATATYPE_FP32, 1, "[01]", ERR_SYNTAX},
        {DATATYPE_FP32, 2, "[1,]", ERR_SYNTAX},
        {DATATYPE_FP32, 2, "[,1]", ERR_SYNTAX},
        {DATATYPE_FP32, 2, "[1 2]", ERR_SYNTAX},
        {DATATYPE_FP32, 2, "[1,2", ERR_SYNTAX},
        {DATATYPE_FP32, 2, "", ERR_SYNTAX},
        {DATATYPE_FP32, 2, "{}", ERR_SYNTAX},
        {DATATYPE_FP32, 2, "[1]", ERR_INVALID},
        {DATATYPE_FP32, 2, "[]", ERR_INVALID},
        {DATATYPE_FP32, 2, "[1,2,3]", ERR_INVALID},
        {DATATYPE_FP32, 2, "[[1,2],[3]]", ERR_INVALID},
        {DATATYPE_FP32, 0, "[1]", ERR_INVALID},
        {DATATYPE_BYTES, 1, "[1]", ERR_SYNTAX},
        {DATATYPE_BYTES, 1, "[\"\\ud800\"]", ERR_SYNTAX},
        {DATATYPE_BYTES, 1, "[\"\\x\"]", ERR_SYNTAX},
        {DATATYPE_BYTES, 1, "[\"\\u12\"]", ERR_SYNTAX},
        {DATATYPE_BYTES, 1, "[\"a\xff\"]", ERR_SYNTAX},
        {DATATYPE_BYTES, 1, "[\"a\nb\"]", ERR_SYNTAX},
        {DATATYPE_BYTES, 1, "[\"a", ERR_SYNTAX},
        {DATATYPE_BYTES, 1, "[\"a\\", ERR_SYNTAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tensor t;
        struct err_ctx e;
        err_ctx_init(&e);
        enum err err = read(cases[i].datatype, cases[i].count, cases[i].json, &t, &e);
        if (err != cases[i].err)
            fail_msg("%s %s: %s", datatype_text(cases[i].datatype), cases[i].json, err_text(err));
        assert_true(e.detail[0] != '\0');
    }
}

static void nesting_has_a_limit(void **state)
{
    struct tensor t;
    struct err_ctx e;
    char deep[2 * JSONPULL_DEPTH_MAX + 8];
    for (int depth = JSONPULL_DEPTH_MAX; depth <= JSONPULL_DEPTH_MAX + 1; depth++) {
        memset(deep, '[', (size_t)depth);
        deep[depth] = '1';
        memset(deep + depth + 1, ']', (size_t)depth);
        deep[2 * depth + 1] = '\0';
        err_ctx_init(&e);
        assert_int_equal(read(DATATYPE_FP32, 1, deep, &t, &e),
                         depth > JSONPULL_DEPTH_MAX ? ERR_SYNTAX : ERR_OK);
    }
}

static void a_shape_that_overflows_is_too_large(void **state)
{
    static const int64_t shapes[][3] = {
        {INT64_MAX, 2, 1}, {1 << 20, 1 << 20, 1 << 24}, {INT64_MAX, INT64_MAX, INT64_MAX}};
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        struct tensor t = {.datatype = DATATYPE_FP64, .rank = 3};
        memcpy(t.shape, shapes[i], sizeof shapes[i]);
        assert_int_equal(tensor_alloc(&t, &arena, 1 << 20, NULL), ERR_TOO_LARGE);
    }
    struct tensor negative = {.datatype = DATATYPE_FP64, .rank = 1, .shape = {-1}};
    assert_int_equal(tensor_alloc(&negative, &arena, 1 << 20, NULL), ERR_TOO_LARGE);
}

static void every_half_float_reads_back(void **state)
{
    for (uint32_t bits = 0; bits <= UINT16_MAX; bits++) {
        float value = fp16_to_f32((uint16_t)bits);
        if (isnan(value))
            assert_true((bits & 0x7c00) == 0x7c00 && (bits & 0x3ff));
        else
            assert_int_equal(fp16_from_f32(value), bits);
    }
    assert_int_equal(fp16_from_f32(1.0f + 0x1p-11f), 0x3c00); /* ties to even */
    assert_int_equal(fp16_from_f32(1.0f + 3 * 0x1p-11f), 0x3c02);
    assert_int_equal(fp16_from_f32(65519.0f), 0x7bff);
    assert_int_equal(fp16_from_f32(65520.0f), 0x7c00);
}

static void members_are_pulled_in_order(void **state)
{
    struct jsonpull j;
    struct str key, text;
    double number;
    bool truth;
    jsonpull_init(&j,
                  STR("{\"a\":\"x\\\"y\", \"b\":[1,{\"c\":[]}], \"d\":-1.5e2,\"e\":true,"
                      "\"f\":null,\"\":{}}"),
                  &arena);
    assert_true(jsonpull_object(&j));
    assert_true(jsonpull_key(&j, &key) && str_is(key, "a"));
    assert_true(jsonpull_text(&j, &text) && str_is(text, "x\"y"));
    assert_true(jsonpull_key(&j, &key) && str_is(key, "b") && jsonpull_skip(&j));
    assert_true(jsonpull_key(&j, &key) && str_is(key, "d"));
    assert_true(jsonpull_number(&j, &number) && number == -150);
    assert_true(jsonpull_key(&j, &key) && jsonpull_bool(&j, &truth) && truth);
    assert_true(jsonpull_key(&j, &key) && jsonpull_null(&j));
    assert_true(jsonpull_key(&j, &key) && key.n == 0 && jsonpull_skip(&j));
    assert_false(jsonpull_key(&j, &key));
    assert_true(jsonpull_end(&j));
}

static void an_error_stays(void **state)
{
    static const char *const broken[] = {"{\"a\":1,}", "{\"a\" 1}", "{a:1}",       "{\"a\":tru}",
                                         "[1}",        "{\"a\":1",  "{\"a\":1}{}", "nul"};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct jsonpull j;
        struct err_ctx e;
        struct str key;
        err_ctx_init(&e);
        jsonpull_init(&j, str_of(broken[i]), &arena);
        bool good = jsonpull_skip(&j) && jsonpull_end(&j);
        assert_false(good);
        assert_non_null(j.error);
        assert_false(jsonpull_object(&j) || jsonpull_key(&j, &key) || jsonpull_element(&j) ||
                     jsonpull_skip(&j) || jsonpull_end(&j));
        assert_int_equal(jsonpull_fail(&j, &e), ERR_SYNTAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_value_that_is_passed_ends_where_it_ends_when_it_is_read,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_without_an_end_is_not_passed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_datatype_is_read_and_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_may_be_nested_and_blank, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nesting_has_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shape_that_overflows_is_too_large, set_up, tear_down),
        cmocka_unit_test(every_half_float_reads_back),
        cmocka_unit_test_setup_teardown(members_are_pulled_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_stays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
