/* What the native trainers share: CSV, classes, folds. */
#include "common/classes.h"
#include "common/csv.h"
#include "common/folds.h"

#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- CSV ---- */

static void write_temporary(char *path, const char *text, size_t size)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
    close(fd);
}

/* Reads `text` and joins all: fields by "|", records by ";", and a fault after "!". */
static const char *read_back(const char *text, size_t size)
{
    static char out[512];
    char path[] = "/tmp/crisol_csv_XXXXXX";
    struct csv csv;
    size_t used = 0;
    write_temporary(path, text, size);
    assert_int_equal(csv_open(&csv, path, NULL), ERR_OK);
    unlink(path);
    out[0] = '\0';
    while (csv_next(&csv))
        for (size_t i = 0; i < csv.field_count; i++)
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%s", csv.fields[i],
                                     i + 1 < csv.field_count ? "|" : ";");
    if (csv.fault)
        snprintf(out + used, sizeof out - used, "!%zu %s", csv.line, csv.fault);
    csv_close(&csv);
    return out;
}

static void csv_reads_what_rfc_4180_allows(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"", ""},
        {"a,b\n1,2\n", "a|b;1|2;"},
        {"a,b\r\n1,2", "a|b;1|2;"},
        {"a,\n,b\n", "a|;|b;"},
        {"\"a\",\"\"\n", "a|;"},
        {"\"a,b\",\"c\"\"d\"\n", "a,b|c\"d;"},
        {"\"a\nb\",c\r\n", "a\nb|c;"},
        {"\"\"\"\",x\n", "\"|x;"},
        {"a,b\n\n\n1,2\n\n", "a|b;1|2;"},
        {"a\rb,c\n", "a\rb|c;"},
        {"\xef\xbb\xbf\"a\",b\n", "a|b;"},
        {"a,\"b", "!1 a quoted field is not closed"},
        {"a,b\n1,\"2\n3\n", "a|b;!2 a quoted field is not closed"},
        {"a,b\"c\n", "!1 a quote stands in the middle of a field"},
        {"\"a\"b,c\n", "!1 a quote stands in the middle of a field"},
        {"\"a\n\",b\nc,d\"", "a\n|b;!3 a quote stands in the middle of a field"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(read_back(cases[i].text, strlen(cases[i].text)), cases[i].expected);
}

static void csv_refuses_nul_bytes(void **state)
{
    assert_string_equal(read_back("a,b\0c\n", 6), "!1 a field holds a NUL byte");
    assert_string_equal(read_back("\"a\0\",b\n", 7), "!1 a field holds a NUL byte");
}

static void csv_names_a_file_that_is_not_there(void **state)
{
    struct csv csv;
    struct err_ctx e;
    err_ctx_init(&e);
    assert_int_equal(csv_open(&csv, "/nowhere/data.csv", &e), ERR_NOT_FOUND);
    assert_non_null(strstr(e.detail, "/nowhere/data.csv"));
}

static void csv_number_is_decimal_and_finite(void **state)
{
    static const char *const bad[] = {"",    " 1", "1 ", "0x1", "nan", "inf", "1e400", "1,5",
                                      "--1", "1-", "e5", "1e",  ".",   "+",   "1.2.3", "INFINITY"};
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0},     {"-0.5", -0.5}, {"+3", 3},      {".5", 0.5},
        {"5.", 5},    {"1e3", 1000},  {"1E-2", 0.01}, {"9007199254740993", 9007199254740992.0},
        {"1e-400", 0}};
    double value = 7;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(csv_number(bad[i], &value));
    assert_true(value == 7);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_true(csv_number(good[i].text, &value));
        assert_true(value == good[i].value);
    }
}

/* ---- classes ---- */

static void classes_are_sorted_whatever_the_rows(void **state)
{
    const char *target[] = {"b", "a", "c", "a", "B", "b"};
    static const char *const sorted[] = {"B", "a", "b", "c"};
    static const int of_row[] = {2, 1, 3, 1, 0, 2};
    struct classes classes;
    classes_init(&classes, target, ARRAY_LEN(target));
    assert_int_equal(classes.count, 4);
    assert_false(classes.integers);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(classes.label[i], sorted[i]);
    assert_memory_equal(classes.of_row, of_row, sizeof of_row);
    assert_int_equal(classes.row_count[1], 2);
    assert_int_equal(classes_find(&classes, "c"), 3);
    assert_int_equal(classes_find(&classes, "d"), -1);
    classes_release(&classes);
}

static void integer_classes_are_sorted_by_value(void **state)
{
    const char *target[] = {"10", "9", "-9223372036854775808", "9", "9223372036854775807"};
    struct classes classes;
    classes_init(&classes, target, ARRAY_LEN(target));
    assert_true(classes.integers);
    assert_int_equal(classes.count, 4);
    assert_string_equal(classes.label[1], "9");
    assert_string_equal(classes.label[2], "10");
    assert_true(classes.integer[0] == INT64_MIN && classes.integer[3] == INT64_MAX);
    assert_int_equal(classes_find(&classes, "10"), 2);
    assert_int_equal(classes_find(&classes, "010"), -1);
    assert_int_equal(classes_find(&classes, "ten"), -1);
    classes_release(&classes);
}

static void other_spellings_are_no_integers(void **state)
{
    static const char *const spellings[] = {"01", "+1", " 1",  "1.0",
                                            "-0", "",   "1e3", "9223372036854775808"};
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
        const char *target[] = {"2", spellings[i]};
        struct classes classes;
        classes_init(&classes, target, 2);
        assert_false(classes.integers);
        classes_release(&classes);
    }
}

/* ---- folds ---- */

enum { ROWS = 103, FOLDS = 7, CLASSES = 3 };

static void count_folds(const int *fold, const int *class_of_row, int counts[FOLDS][CLASSES])
{
    memset(counts, 0, sizeof(int[FOLDS][CLASSES]));
    for (int i = 0; i < ROWS; i++) {
        assert_in_range(fold[i], 0, FOLDS - 1);
        counts[fold[i]][class_of_row[i]]++;
    }
}

static void folds_share_rows_and_classes_evenly(void **state)
{
    int fold[ROWS], class_of_row[ROWS], counts[FOLDS][CLASSES];
    for (int i = 0; i < ROWS; i++)
        class_of_row[i] = i < 60 ? 0 : i < 98 ? 2 : 1;
    for (int64_t seed = -3; seed < 30; seed++) {
        folds_assign(fold, ROWS, FOLDS, class_of_row, seed);
        count_folds(fold, class_of_row, counts);
        for (int c = 0; c < CLASSES; c++) {
            int low = ROWS, high = 0;
            for (int f = 0; f < FOLDS; f++) {
                low = MIN(low, counts[f][c]);
                high = MAX(high, counts[f][c]);
            }
            assert_true(high - low <= 1);
        }
    }
}

static void folds_depend_on_the_seed_alone(void **state)
{
    int a[ROWS], b[ROWS], c[ROWS];
    folds_assign(a, ROWS, FOLDS, NULL, 42);
    folds_assign(b, ROWS, FOLDS, NULL, 42);
    folds_assign(c, ROWS, FOLDS, NULL, 43);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    /* The same on every machine and in every version: a run can be repeated elsewhere. */
    static const int first[] = {3, 6, 5, 2, 0, 3, 5, 5, 1, 0, 4, 4};
    assert_memory_equal(a, first, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_reads_what_rfc_4180_allows),
        cmocka_unit_test(csv_refuses_nul_bytes),
        cmocka_unit_test(csv_names_a_file_that_is_not_there),
        cmocka_unit_test(csv_number_is_decimal_and_finite),
        cmocka_unit_test(classes_are_sorted_whatever_the_rows),
        cmocka_unit_test(integer_classes_are_sorted_by_value),
        cmocka_unit_test(other_spellings_are_no_integers),
        cmocka_unit_test(folds_share_rows_and_classes_evenly),
        cmocka_unit_test(folds_depend_on_the_seed_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
