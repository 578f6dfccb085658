/* The ground that everything stands on: text, numbers, memory, ids, JSON. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/decimal.h"
#include "base/file.h"
#include "base/id.h"
#include "base/json.h"
#include "base/map.h"
#include "base/num.h"
#include "base/pool.h"

#include <math.h>
#include <setjmp.h>
#include <stdatomic.h>

#include <cmocka.h>

static void str_split_yields_every_part(void **state)
{
    struct str rest = STR("a,,b"), part;
    const char *expected[] = {"a", "", "b"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(str_split(&rest, ',', &part));
        assert_true(str_is(part, expected[i]));
    }
    assert_false(str_split(&rest, ',', &part));
}

static void min_and_max_look_once(void **state)
{
    int calls = 0;
    assert_int_equal(MIN(++calls, 5), 1);
    assert_int_equal(MAX(++calls, MAX(-1, ++calls)), 3);
    assert_int_equal(calls, 3);
}

static void utf8_is_checked_strictly(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"plain", true},
        {"caf\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x98\x80", true},
        {"\xc0\xaf", false},
        {"\xed\xa0\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"\xe2\x82", false},
        {"\xff", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(str_is_utf8(str_of(cases[i].text)), cases[i].good);
}

static struct str f32_text(float value, char *text)
{
    return str_from(text, decimal_format_f32(value, text));
}

static void floats_are_written_in_their_shortest_form(void **state)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {{0.1f, "0.1"},
                 {1.0f, "1"},
                 {-2.5f, "-2.5"},
                 {16777216.0f, "16777216"},
                 {3.4028235e38f, "3.4028235e38"},
                 {1e-45f, "1e-45"},
                 {0.0f, "0"},
                 {-0.0f, "-0.0"},
                 {1e10f, "10000000000"},
                 {0.00012345f, "0.00012345"},
                 {NAN, "null"},
                 {INFINITY, "null"}};
    char text[DECIMAL_TEXT_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str got = f32_text(cases[i].value, text);
        text[got.n] = '\0';
        assert_string_equal(text, cases[i].text);
    }
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 31)) * 0x7fb5d329728ea185u;
    x = (x ^ (x >> 27)) * 0x81dadef4bc2dd44du;
    return x ^ (x >> 33);
}

static void every_float_reads_back_as_itself(void **state)
{
    for (uint64_t i = 0; i < 400000; i++) {
        uint32_t bits = (uint32_t)mix(i);
        float value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[DECIMAL_TEXT_MAX + 1];
        struct str s = f32_text(value, text);
        text[s.n] = '\0';
        assert_true(strtof(text, NULL) == value);
        double parsed;
        assert_int_equal(decimal_parse_f64(s, &parsed), s.n);
        assert_true(parsed == strtod(text, NULL));
    }
}

/* The C library tells with how few digits a float can be said. */
static void no_float_is_written_with_more_digits_than_it_needs(void **state)
{
    for (uint64_t i = 0; i < 200000; i++) {
        char text[DECIMAL_TEXT_MAX], wide[32];
        float value = (float)(mix(i) >> 40) / 16777216.0f * (i % 2 ? 1.0f : 1000.0f);
        struct str s = f32_text(value, text);
        int needed = 0, digits = 0;
        do
            snprintf(wide, sizeof wide, "%.*e", needed++, (double)value);
        while (strtof(wide, NULL) != value);
        for (size_t k = 0; k < s.n && s.p[k] != 'e'; k++)
            digits += s.p[k] != '.' && (digits || s.p[k] != '0');
        bool whole = !memchr(s.p, '.', s.n); /* zeros before the point are no choice */
        if (!whole && digits > needed)
            fail_msg("%.9g is written " STR_FMT ", %d digits are enough", (double)value, STR_ARG(s),
                     needed);
    }
}

static void every_double_reads_back_as_itself(void **state)
{
    for (uint64_t i = 0; i < 200000; i++) {
        uint64_t bits = mix(i + 77);
        double value, parsed;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[DECIMAL_TEXT_MAX];
        size_t n = decimal_format_f64(value, text);
        assert_int_equal(decimal_parse_f64(str_from(text, n), &parsed), n);
        assert_true(parsed == value);
    }
}

static void numbers_that_json_does_not_know_are_refused(void **state)
{
    static const char *const refused[] = {"", "-", "+1", ".5", "NaN", "Infinity", "e5", "abc"};
    double value;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        assert_int_equal(decimal_parse_f64(str_of(refused[i]), &value), 0);
    assert_int_equal(decimal_parse_f64(STR("01"), &value), 1);
    assert_int_equal(decimal_parse_f64(STR("1e999"), &value), 5);
    assert_true(isinf(value));
    assert_int_equal(decimal_parse_f64(STR("1.5e3,"), &value), 5);
    assert_true(value == 1500);
}

static void whole_numbers_keep_their_range(void **state)
{
    uint64_t u;
    int64_t i;
    assert_true(num_parse_u64(STR("18446744073709551615"), UINT64_MAX, &u));
    assert_false(num_parse_u64(STR("18446744073709551616"), UINT64_MAX, &u));
    assert_true(num_parse_i64(STR("-9223372036854775808"), INT64_MIN, INT64_MAX, &i));
    assert_true(i == INT64_MIN);
    assert_false(num_parse_i64(STR("9223372036854775808"), INT64_MIN, INT64_MAX, &i));
    assert_false(num_parse_u64(STR("12x"), 100, &u));
    assert_false(num_parse_u64(STR("101"), 100, &u));
}

static void a_buffer_stops_at_its_ceiling(void **state)
{
    struct buf b;
    buf_init(&b, 10);
    buf_add(&b, STR("123456789"));
    assert_false(buf_failed(&b));
    buf_add(&b, STR("xy"));
    assert_true(buf_failed(&b));
    buf_release(&b);
}

static void json_text_is_escaped_and_repaired(void **state)
{
    struct buf b;
    buf_init(&b, 1000);
    buf_add_json(&b, STR("a\"b\\\n\x01\xff"
                         "c"));
    buf_add_c(&b, '\0');
    assert_string_equal(b.p, "\"a\\\"b\\\\\\n\\u0001\xef\xbf\xbd"
                             "c\"");
    buf_release(&b);
}

static void count_call(void *argument)
{
    atomic_fetch_add((_Atomic int *)argument, 1);
}

static void an_arena_runs_its_hooks_once(void **state)
{
    struct arena a;
    _Atomic int calls = 0;
    arena_init(&a);
    arena_on_release(&a, count_call, &calls);
    for (size_t i = 0; i < 100; i++)
        memset(arena_alloc(&a, i * 97), 1, i * 97);
    char *big = arena_alloc_aligned(&a, 100000, 64);
    assert_int_equal((uintptr_t)big % 64, 0);
    arena_reset(&a);
    assert_int_equal(calls, 1);
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
    arena_release(&a);
    assert_int_equal(calls, 1);
}

static void a_map_finds_what_was_put_and_not_removed(void **state)
{
    struct map m;
    static int values[1000];
    map_init(&m);
    for (int i = 0; i < 1000; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        assert_null(map_put(&m, str_of(key), &values[i]));
    }
    for (int i = 0; i < 1000; i += 2) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        assert_ptr_equal(map_remove(&m, str_of(key)), &values[i]);
    }
    assert_int_equal(m.count, 500);
    assert_null(map_get(&m, STR("k10")));
    assert_ptr_equal(map_get(&m, STR("k11")), &values[11]);
    map_release(&m);
}

static void ids_grow_even_when_the_clock_does_not(void **state)
{
    struct id_source ids;
    id_source_init(&ids, 3);
    uint64_t last = 0;
    for (int i = 0; i < 50000; i++) {
        uint64_t id = id_next(&ids, 1700000000000 - i);
        assert_true(id > last);
        last = id;
    }
    char text[ID_TEXT_BYTES];
    uint64_t back;
    assert_true(id_parse(str_of(id_format(last, text)), &back));
    assert_true(back == last);
    assert_false(id_parse(STR("zzzzzzzzzzzzz"), &back));
    assert_false(id_parse(STR("short"), &back));
}

static void times_are_read_and_written(void **state)
{
    char text[CLOCK_TEXT_BYTES];
    int64_t ms;
    assert_true(clock_parse(STR("2026-01-31T08:15:00.250+02:00"), &ms));
    assert_string_equal(clock_format(ms, text), "2026-01-31T06:15:00.250Z");
    assert_true(clock_parse(STR("2024-02-29"), &ms));
    assert_string_equal(clock_format(ms, text), "2024-02-29T00:00:00.000Z");
    assert_false(clock_parse(STR("2023-02-29"), &ms));
    assert_false(clock_parse(STR("2026-01-31T08:15:00"), &ms));
    assert_false(clock_parse(STR("yesterday"), &ms));
    assert_true(clock_parse_span(STR("7d"), &ms));
    assert_int_equal(ms, 7 * 86400000LL);
    assert_false(clock_parse_span(STR("7"), &ms));
    assert_false(clock_parse_span(STR("0h"), &ms));
}

static void json_errors_name_their_place(void **state)
{
    struct err_ctx e;
    json_t *value = NULL;
    char deep[200];
    memset(deep, '[', sizeof deep);

    err_ctx_init(&e);
    assert_int_equal(json_read(str_from(deep, sizeof deep), &value, &e), ERR_SYNTAX);
    err_ctx_init(&e);
    assert_int_equal(json_read(STR("{\"a\":1,\"a\":2}"), &value, &e), ERR_SYNTAX);
    err_ctx_init(&e);
    assert_int_equal(json_read_object(STR("{\"name\":7}"), &value, &e), ERR_OK);
    struct str name = {0};
    assert_int_equal(json_need_text(value, "name", 1, 10, &name, &e), ERR_INVALID);
    assert_string_equal(e.items[0].pointer, "/name");
    json_decref(value);
}

static void digests_and_passwords_hold(void **state)
{
    struct err_ctx e;
    struct digest d;
    char hex[DIGEST_HEX_BYTES], hash[PASSWORD_HASH_BYTES];
    err_ctx_init(&e);
    assert_int_equal(crypto_init(&e), ERR_OK);
    crypto_sha256(STR("abc"), &d);
    assert_string_equal(digest_hex(&d, hex),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(crypto_password_hash(STR("correct horse"), hash, &e), ERR_OK);
    assert_true(crypto_password_ok(STR("correct horse"), hash));
    assert_false(crypto_password_ok(STR("correct hors"), hash));
}

static void file_names_cannot_leave_their_folder(void **state)
{
    assert_true(file_is_relative(STR("model/model.onnx")));
    assert_false(file_is_relative(STR("../secret")));
    assert_false(file_is_relative(STR("a/../b")));
    assert_false(file_is_relative(STR("/etc")));
    assert_false(file_is_relative(STR("a//b")));
    assert_false(file_is_relative(STR("")));
}

static void a_pool_refuses_when_it_is_full_and_finishes_what_it_took(void **state)
{
    struct err_ctx e;
    struct pool *p = NULL;
    _Atomic int calls = 0;
    err_ctx_init(&e);
    struct pool_opts opts = {.name = "test", .threads = 2, .queue_max = 8};
    assert_int_equal(pool_open(&opts, &p, &e), ERR_OK);
    int accepted = 0;
    for (int i = 0; i < 1000; i++)
        accepted += pool_submit(p, count_call, (void *)&calls) == ERR_OK;
    struct pool_stats stats;
    pool_stats(p, &stats);
    assert_int_equal(stats.submitted + stats.refused, 1000);
    pool_close(p);
    assert_int_equal(calls, accepted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_split_yields_every_part),
        cmocka_unit_test(min_and_max_look_once),
        cmocka_unit_test(utf8_is_checked_strictly),
        cmocka_unit_test(floats_are_written_in_their_shortest_form),
        cmocka_unit_test(every_float_reads_back_as_itself),
        cmocka_unit_test(no_float_is_written_with_more_digits_than_it_needs),
        cmocka_unit_test(every_double_reads_back_as_itself),
        cmocka_unit_test(numbers_that_json_does_not_know_are_refused),
        cmocka_unit_test(whole_numbers_keep_their_range),
        cmocka_unit_test(a_buffer_stops_at_its_ceiling),
        cmocka_unit_test(json_text_is_escaped_and_repaired),
        cmocka_unit_test(an_arena_runs_its_hooks_once),
        cmocka_unit_test(a_map_finds_what_was_put_and_not_removed),
        cmocka_unit_test(ids_grow_even_when_the_clock_does_not),
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(json_errors_name_their_place),
        cmocka_unit_test(digests_and_passwords_hold),
        cmocka_unit_test(file_names_cannot_leave_their_folder),
        cmocka_unit_test(a_pool_refuses_when_it_is_full_and_finishes_what_it_took),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
