/* Tables: what the reader makes of a CSV text, and what it says about a broken one. */
#include "base/clock.h"
#include "catalog/profile.h"
#include "catalog/quantiles.h"

#include <math.h>
#include <setjmp.h>

#include <cmocka.h>

/* All records as "[a|b][c|d]", or "!" and the sentence of the error. */
static const char *read_all(struct str text, struct csv_opts opts, struct buf *out)
{
    struct csv_reader r;
    struct err_ctx e;
    err_ctx_init(&e);
    buf_clear(out);
    enum err err = csv_open(text, &opts, &r, &e);
    if (!err) {
        while (!(err = csv_next(&r, &e)) && csv_have(&r)) {
            buf_add_c(out, '[');
            for (unsigned i = 0; i < r.columns; i++) {
                buf_add(out, i ? STR("|") : STR(""));
                buf_add(out, r.fields[i]);
            }
            buf_add_c(out, ']');
        }
        csv_close(&r);
    }
    if (err) {
        assert_int_equal(err, ERR_INVALID);
        assert_string_equal(e.items[0].pointer, "/file");
        buf_clear(out);
        buf_addf(out, "!%s", e.detail);
    }
    buf_add_c(out, '\0');
    return out->p;
}

static void records_are_read_by_the_rules(void **state)
{
    static const struct {
        const char *text, *records;
    } cases[] = {
        {"a,b\n1,2\n3,4\n", "[1|2][3|4]"},
        {"a,b\n1,2\n3,4", "[1|2][3|4]"},
        {"a,b\r\n1,2\r\n3,4\r\n", "[1|2][3|4]"},
        {"a,b\r1,2\r3,4\r", "[1|2][3|4]"},
        {"\xef\xbb\xbf"
         "a,b\n1,2\n",
         "[1|2]"},
        {"a;b\n1,5;2\n2,5;3\n", "[1,5|2][2,5|3]"},
        {"a\tb\nx y\t2\n", "[x y|2]"},
        {"a|b\n1|2\n", "[1|2]"},
        {"a,b\n\"x,y\",2\n", "[x,y|2]"},
        {"a,b\n\"say \"\"hi\"\"\",2\n", "[say \"hi\"|2]"},
        {"a,b\n\"two\nlines\",2\n", "[two\nlines|2]"},
        {"a,b\n\"\"\"\"\"\",\"\"\n", "[\"\"|]"},
        {"a,b\n  x  , \"  y \" \n", "[x|  y ]"},
        {"a,b\n5\" pipe,2\n", "[5\" pipe|2]"},
        {"a,b\n,\n", "[|]"},
        {"a,b\n\n1,2\n\n\n3,4\n\n", "[1|2][3|4]"},
        {"a\nx\n\ny\n", "[x][][y]"},
        {"\n\na\nx\n", "[x]"},
        {"\r\n\r\na,b\r\nx,y", "[x|y]"},
        {"1,2\n3,4\n", "[1|2][3|4]"},
        {"2011-01-01,x\n2011-01-02,y\n", "[2011-01-01|x][2011-01-02|y]"},
        {"x,x\ny,z\n", "[x|x][y|z]"},
        {"a,b\n", ""},
        {"caf\xc3\xa9,b\n\xe2\x82\xac,2\n", "[\xe2\x82\xac|2]"},
    };
    struct buf out;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(read_all(str_of(cases[i].text), (struct csv_opts){0}, &out),
                            cases[i].records);
    buf_release(&out);
}

static void what_is_detected_can_be_overruled(void **state)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_string_equal(read_all(STR("a,b\n1;2\n"), (struct csv_opts){.separator = '\t'}, &out),
                        "[1;2]");
    assert_string_equal(
        read_all(STR("a,b\nx,y\n"), (struct csv_opts){.header = CSV_HEADER_NO}, &out),
        "[a|b][x|y]");
    assert_string_equal(
        read_all(STR("2019,2020\n1,2\n"), (struct csv_opts){.header = CSV_HEADER_YES}, &out),
        "[1|2]");
    buf_release(&out);
}

static void a_broken_text_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"a,b\n1,2\n3\n", "!line 3 has 1 field where the first has 2"},
        {"a,b\n1,2\n\n3,4,5\n", "!line 4 has 3 fields where the first has 2"},
        {"a,b\n\"1\n2\",3\n4\n", "!line 4 has 1 field where the first has 2"},
        {"a,b\n1,2\n\"3,4\n5,6\n", "!line 3: a quote opens here and is never closed"},
        {"a,b\n\"", "!line 2: a quote opens here and is never closed"},
        {"a,b\n\"1\"x,2\n", "!line 2: text follows the closing quote of a field"},
        {"a,b\n1,2\n\xff,4\n",
         "!line 3 is not UTF-8; save the file as UTF-8, or name its encoding"},
        {"\xff\xfe"
         "a",
         "!the file is UTF-16; save it as UTF-8"},
        {"\"", "!line 1: a quote opens here and is never closed"},
        {"", "!the file is empty"},
        {" \n \n", "!the file is empty"},
    };
    struct buf out;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(read_all(str_of(cases[i].text), (struct csv_opts){0}, &out),
                            cases[i].sentence);
    assert_string_equal(read_all(STR("a,b\n1,2\n\0,3\n"), (struct csv_opts){0}, &out),
                        "!line 3: there is a character U+0000; this is not a text");
    assert_string_equal(
        read_all(STR("a,b,a\n1,2,3\n"), (struct csv_opts){.header = CSV_HEADER_YES}, &out),
        "!the columns 1 and 3 are both named \"a\"");
    buf_release(&out);
}

static void a_record_has_a_limited_number_of_fields(void **state)
{
    struct buf text, out;
    buf_init(&text, 1 << 16);
    buf_init(&out, 1 << 16);
    for (int i = 0; i < CSV_COLUMNS_MAX + 1; i++)
        buf_addf(&text, "%sx%d", i ? "," : "", i);
    assert_string_equal(read_all(buf_str(&text), (struct csv_opts){0}, &out),
                        "!line 1: there are more than 4096 fields");
    buf_release(&out);
    buf_release(&text);
}

static void types_of(const char *text, const char *types[], unsigned count)
{
    struct csv_reader r;
    struct arena a;
    struct schema schema;
    arena_init(&a);
    json_t *warnings = json_array();
    assert_int_equal(csv_open(str_of(text), &(struct csv_opts){0}, &r, NULL), ERR_OK);
    assert_int_equal(schema_read(&r, &a, &schema, warnings, NULL), ERR_OK);
    assert_int_equal(schema.count, count);
    for (unsigned i = 0; i < count; i++)
        assert_string_equal(cell_type_text(schema.columns[i].type), types[i]);
    json_decref(warnings);
    csv_close(&r);
    arena_release(&a);
}

static void a_column_has_the_narrowest_type_of_its_values(void **state)
{
    types_of("a,b,c,d,e,f\n"
             "1,1,true,2011-01-01,x,NA\n"
             "-2,NA,FALSE,2011-01-01 10:30:00,1,\n"
             "?,2.5e3,null,,N/A,nan\n",
             (const char *[]){"integer", "number", "boolean", "date", "text", "text"}, 6);
    types_of("zip,id,half,dot,n\n01234,9007199254740993,.5,5.,1\n02345,1,-.5,+2,1 000\n",
             (const char *[]){"text", "number", "number", "number", "text"}, 5);
    types_of("a;b;c\n1,5;1;1,5\n2;2,25;1.5\n", (const char *[]){"number", "number", "text"}, 3);
    types_of("a,b\n1,true\ntrue,1\n", (const char *[]){"text", "text"}, 2);
}

static void several_broken_lines_are_told_at_once(void **state)
{
    struct csv_reader r;
    struct arena a;
    struct schema schema;
    struct err_ctx e;
    err_ctx_init(&e);
    arena_init(&a);
    json_t *warnings = json_array();
    assert_int_equal(csv_open(STR("a,b\n1\n1,2\n1,2,3\n\"x\"y,1\n"), &(struct csv_opts){0}, &r, &e),
                     ERR_OK);
    assert_int_equal(schema_read(&r, &a, &schema, warnings, &e), ERR_INVALID);
    assert_int_equal(e.item_count, 3);
    assert_string_equal(e.items[0].detail, "line 2 has 1 field where the first has 2");
    assert_string_equal(e.items[1].detail, "line 4 has 3 fields where the first has 2");
    assert_string_equal(e.items[2].detail, "line 5: text follows the closing quote of a field");
    json_decref(warnings);
    csv_close(&r);
    arena_release(&a);
}

static json_t *profile_of(const char *text, json_t *warnings)
{
    struct csv_reader r;
    struct arena a;
    struct schema schema;
    json_t *columns, *preview;
    arena_init(&a);
    assert_int_equal(csv_open(str_of(text), &(struct csv_opts){0}, &r, NULL), ERR_OK);
    assert_int_equal(schema_read(&r, &a, &schema, warnings, NULL), ERR_OK);
    assert_int_equal(profile_read(&r, &schema, &columns, &preview, NULL), ERR_OK);
    json_decref(preview);
    csv_close(&r);
    arena_release(&a);
    return columns;
}

static double at(json_t *columns, size_t i, const char *key)
{
    return json_number_value(json_object_get(json_array_get(columns, i), key));
}

static void a_profile_counts_what_is_there(void **state)
{
    json_t *warnings = json_array();
    json_t *columns =
        profile_of("n,t,d\n1,x,2012-01-02\n2,y,2011-01-01\n4,x,\nNA,?,2013-01-01\n", warnings);
    assert_int_equal(at(columns, 0, "missing"), 1);
    assert_int_equal(at(columns, 0, "distinct"), 3);
    assert_true(fabs(at(columns, 0, "mean") - 7.0 / 3) < 1e-12);
    assert_true(fabs(at(columns, 0, "sd") - 1.5275252316519468) < 1e-12);
    json_t *quantiles = json_object_get(json_array_get(columns, 0), "quantiles");
    static const double expected[] = {1, 1.5, 2, 3, 4};
    for (size_t i = 0; i < 5; i++)
        assert_true(json_real_value(json_array_get(quantiles, i)) == expected[i]);
    json_t *most = json_array_get(json_object_get(json_array_get(columns, 1), "top"), 0);
    assert_string_equal(json_string_value(json_object_get(most, "value")), "x");
    assert_int_equal(json_integer_value(json_object_get(most, "count")), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(columns, 2), "min")),
                        "2011-01-01T00:00:00.000Z");
    json_decref(columns);
    assert_int_equal(json_array_size(warnings), 0);
    json_decref(warnings);
}

static void distinct_values_are_counted_to_a_thousand(void **state)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add(&text, STR("a,b\n"));
    for (int i = 0; i <= PROFILE_DISTINCT_MAX; i++)
        buf_addf(&text, "x%d,x%d\n", i, i % PROFILE_DISTINCT_MAX);
    buf_add_c(&text, '\0');
    json_t *columns = profile_of(text.p, NULL);
    assert_true(json_is_null(json_object_get(json_array_get(columns, 0), "distinct")));
    assert_null(json_object_get(json_array_get(columns, 0), "top"));
    assert_int_equal(at(columns, 1, "distinct"), PROFILE_DISTINCT_MAX);
    json_decref(columns);
    buf_release(&text);
}

static void an_odd_value_that_spoils_a_column_is_named(void **state)
{
    json_t *warnings = json_array();
    json_decref(profile_of("a,b\n1,\n2,\n3,\n4,\n5,\n6,\n7,\n8,\n9,\n10,\noops,\n", warnings));
    assert_int_equal(json_array_size(warnings), 2);
    assert_string_equal(json_string_value(json_array_get(warnings, 0)),
                        "column \"a\" is text because of \"oops\" in line 12; the 10 values before "
                        "it are numbers");
    assert_string_equal(json_string_value(json_array_get(warnings, 1)),
                        "column \"b\" has no values");
    json_decref(warnings);
}

static void quantiles_keep_their_promise_beyond_the_bound(void **state)
{
    enum { N = 1000000, KEEP = 4096 };
    struct quantiles q;
    quantiles_init(&q, KEEP);
    for (uint32_t i = 0; i < N; i++)
        quantiles_add(&q, (double)((i * UINT64_C(7919)) % N));
    quantiles_end(&q);
    assert_false(quantiles_exact(&q));
    for (int i = 1; i < 100; i++) {
        double wrong = fabs(quantiles_at(&q, i / 100.0) - i / 100.0 * N) / N;
        assert_true(wrong <= q.level_count / (2.0 * KEEP));
    }
    quantiles_release(&q);
}

static void days_are_counted_as_the_clock_counts_them(void **state)
{
    char text[CLOCK_TEXT_BYTES];
    for (int64_t day = -719000; day < 800000; day++) {
        int64_t time_ms = 0, expected = day * 86400000;
        clock_format(expected, text);
        assert_true(cell_date(str_from(text, 10), &time_ms));
        assert_true(time_ms == expected);
    }
    int64_t time_ms;
    assert_false(cell_date(STR("2011-02-29"), &time_ms));
    assert_false(cell_date(STR("2011-13-01"), &time_ms));
    assert_false(cell_date(STR("2011-00-01"), &time_ms));
    assert_false(cell_date(STR("2011-01-1x"), &time_ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_by_the_rules),
        cmocka_unit_test(what_is_detected_can_be_overruled),
        cmocka_unit_test(a_broken_text_is_told_with_its_line),
        cmocka_unit_test(a_record_has_a_limited_number_of_fields),
        cmocka_unit_test(a_column_has_the_narrowest_type_of_its_values),
        cmocka_unit_test(several_broken_lines_are_told_at_once),
        cmocka_unit_test(a_profile_counts_what_is_there),
        cmocka_unit_test(distinct_values_are_counted_to_a_thousand),
        cmocka_unit_test(an_odd_value_that_spoils_a_column_is_named),
        cmocka_unit_test(days_are_counted_as_the_clock_counts_them),
        cmocka_unit_test(quantiles_keep_their_promise_beyond_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
