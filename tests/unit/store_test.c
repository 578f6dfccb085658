/* SQL behind one interface: every promise of store/store.h holds on both databases. */
#include "store/keys.h"

#include "store_testing.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static struct err_ctx e;

/* `v` with a column of each type. */
static struct store *open_with_values(unsigned readers)
{
    err_ctx_init(&e);
    struct store *s = testing_open(readers, 5000);
    char sql[256];
    snprintf(sql, sizeof sql,
             "create table v (id bigint primary key, number bigint, real double precision, "
             "words text, bytes %s)",
             store_kind(s) == STORE_SQLITE ? "blob" : "bytea");
    testing_exec(s, sql);
    return s;
}

static const char *const insert_value =
    "insert into v (id, number, real, words, bytes) values ($1, $2, $3, $4, $5)";

/* "nandu" with its tilde and its accent, and an owl. */
static const char *const unusual = "\xc3\xb1"
                                   "and\xc3\xba \xf0\x9f\xa6\x89";

static struct db *begin_write(struct store *s)
{
    struct db *db = NULL;
    must(store_write(s, &db, &e), &e);
    return db;
}

static struct db *begin_read(struct store *s)
{
    struct db *db = NULL;
    must(store_read(s, &db, &e), &e);
    return db;
}

static struct rows *query_one(struct db *db, const char *sql, struct binds binds)
{
    struct rows *rows = NULL;
    must(db_query_one(db, sql, binds, &rows, &e), &e);
    return rows;
}

static void values_of_every_type_come_back_as_they_were(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_write(s);
    static const char bytes[] = {0, 1, (char)0xff, 0, 'x'};
    must(db_exec(db, insert_value,
                 BIND(bind_i64(1), bind_i64(INT64_MIN), bind_f64(0.1 + 0.2), bind_cstr(unusual),
                      bind_blob(str_from(bytes, sizeof bytes))),
                 NULL, &e),
         &e);
    must(db_exec(db, insert_value,
                 BIND(bind_i64(INT64_MAX), bind_i64(-1), bind_f64(-INFINITY), bind_cstr(""),
                      bind_blob(STR(""))),
                 NULL, &e),
         &e);
    must(db_end(db, ERR_OK, &e), &e);

    db = begin_read(s);
    const char *select = "select number, real, words, bytes from v where id = $1";
    struct rows *r = query_one(db, select, BIND(bind_i64(1)));
    assert_true(rows_i64(r, 0) == INT64_MIN);
    assert_true(rows_f64(r, 1) == 0.1 + 0.2);
    assert_true(str_is(rows_text(r, 2), unusual));
    assert_true(str_eq(rows_blob(r, 3), str_from(bytes, sizeof bytes)));
    rows_close(r);

    r = query_one(db, select, BIND(bind_i64(INT64_MAX)));
    assert_true(rows_i64(r, 0) == -1);
    assert_true(rows_f64(r, 1) == -INFINITY);
    for (unsigned i = 2; i < 4; i++) {
        assert_false(rows_is_null(r, i));
        assert_non_null(rows_text(r, i).p);
        assert_int_equal(rows_text(r, i).n, 0);
    }
    rows_close(r);
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

static void null_is_not_empty(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_write(s);
    must(db_exec(db, insert_value,
                 BIND(bind_i64(1), bind_null(), bind_f64(NAN), bind_cstr(NULL),
                      bind_blob(str_of(NULL))),
                 NULL, &e),
         &e);
    struct rows *r = query_one(db, "select number, real, words, bytes from v", BIND_NONE);
    for (unsigned i = 0; i < 4; i++)
        assert_true(rows_is_null(r, i));
    assert_int_equal(rows_i64(r, 0), 0);
    assert_true(rows_f64(r, 1) == 0.0);
    assert_null(rows_text(r, 2).p);
    assert_null(rows_blob(r, 3).p);
    rows_close(r);
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

static void parameters_may_come_in_any_order_and_twice(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_write(s);
    must(db_exec(db, "insert into v (words, number, id) values ($3, $1, $2)",
                 BIND(bind_i64(40), bind_i64(42), bind_cstr("x")), NULL, &e),
         &e);
    struct rows *r = query_one(db, "select id, number, words from v where words = $1 or id = $2",
                               BIND(bind_cstr("y"), bind_i64(42)));
    assert_int_equal(rows_i64(r, 0), 42);
    assert_int_equal(rows_i64(r, 1), 40);
    assert_true(str_is(rows_text(r, 2), "x"));
    rows_close(r);
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

static void text_that_is_no_text_is_refused(void **state)
{
    struct store *s = open_with_values(1);
    const struct str bad[] = {STR("a\0b"), STR("caf\xe9")};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err_ctx why;
        err_ctx_init(&why);
        struct db *db = begin_write(s);
        enum err err = db_exec(db, "insert into v (id, words) values (1, $1)",
                               BIND(bind_text(bad[i])), NULL, &why);
        assert_int_equal(db_end(db, err, &why), ERR_INVALID);
    }
    assert_int_equal(testing_i64(s, "select count(*) from v"), 0);
    store_close(s);
}

static void aggregates_read_as_numbers(void **state)
{
    struct store *s = open_with_values(1);
    testing_exec(s, "insert into v (id, number, real) values (1, 9000000000000000, 0.5), "
                    "(2, -1, 2.25), (3, 3, null)");
    struct db *db = begin_read(s);
    struct rows *r = query_one(db,
                               "select count(*), sum(number), avg(number), sum(real), max(id), "
                               "sum(real) > 1, sum(number) - 9000000000000000 from v",
                               BIND_NONE);
    assert_int_equal(rows_i64(r, 0), 3);
    assert_int_equal(rows_i64(r, 1), 9000000000000002);
    assert_true(rows_f64(r, 1) == 9000000000000002.0);
    assert_true(fabs(rows_f64(r, 2) - 9000000000000002.0 / 3) < 1);
    assert_true(rows_f64(r, 3) == 2.75);
    assert_int_equal(rows_i64(r, 4), 3);
    assert_int_equal(rows_i64(r, 5), 1);
    assert_int_equal(rows_i64(r, 6), 2);
    rows_close(r);
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

static void a_missing_row_is_not_found_without_a_sentence(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_read(s);
    struct rows *r = NULL;
    struct err_ctx why;
    err_ctx_init(&why);
    assert_int_equal(db_query_one(db, "select id from v", BIND_NONE, &r, &why), ERR_NOT_FOUND);
    assert_null(r);
    assert_int_equal(why.code, ERR_OK);
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

/* The statement's error and what became of the transaction around it. */
static enum err try_exec(struct store *s, const char *sql, struct err_ctx *why)
{
    err_ctx_init(why);
    struct db *db = begin_write(s);
    return db_end(db, db_exec(db, sql, BIND_NONE, NULL, why), why);
}

static void constraints_are_told_apart(void **state)
{
    struct store *s = open_with_values(1);
    testing_exec(s, "create table c (name text not null unique, v bigint references v (id), "
                    "size bigint check (size > 0))");
    testing_exec(s, "insert into c (name) values ('a')");
    static const struct {
        const char *sql;
        enum err err;
    } cases[] = {
        {"insert into c (name) values ('a')", ERR_EXISTS},
        {"insert into c (name) values (null)", ERR_CONFLICT},
        {"insert into c (name, v) values ('b', 7)", ERR_CONFLICT},
        {"insert into c (name, size) values ('b', 0)", ERR_CONFLICT},
        {"insert into nowhere (name) values ('b')", ERR_INTERNAL},
        {"insert into c (name) values (", ERR_INTERNAL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err_ctx why;
        assert_int_equal(try_exec(s, cases[i].sql, &why), cases[i].err);
        assert_int_equal(why.detail[0] != '\0', cases[i].err == ERR_INTERNAL);
    }
    assert_int_equal(testing_i64(s, "select count(*) from c"), 1);
    store_close(s);
}

static void changed_counts_rows(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_write(s);
    int64_t changed = -1;
    must(db_exec(db, "insert into v (id) values (1), (2), (3)", BIND_NONE, &changed, &e), &e);
    assert_int_equal(changed, 3);
    must(db_exec(db, "insert into v (id) values (3) on conflict do nothing", BIND_NONE, &changed,
                 &e),
         &e);
    assert_int_equal(changed, 0);
    must(db_exec(db, "update v set number = 1 where id < $1", BIND(bind_i64(3)), &changed, &e), &e);
    assert_int_equal(changed, 2);
    must(db_exec(db, "delete from v", BIND_NONE, &changed, &e), &e);
    assert_int_equal(changed, 3);
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

static void an_error_of_the_caller_rolls_back(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_write(s);
    must(db_exec(db, "insert into v (id) values (1)", BIND_NONE, NULL, &e), &e);
    assert_int_equal(db_end(db, ERR_FORBIDDEN, NULL), ERR_FORBIDDEN);
    assert_int_equal(testing_i64(s, "select count(*) from v"), 0);
    store_close(s);
}

static void a_failed_statement_spoils_its_transaction(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_write(s);
    must(db_exec(db, "insert into v (id) values (1)", BIND_NONE, NULL, &e), &e);
    const char *again = "insert into v (id) values (1)", *other = "insert into v (id) values (2)";
    assert_int_equal(db_exec(db, again, BIND_NONE, NULL, NULL), ERR_EXISTS);
    assert_int_equal(db_exec(db, other, BIND_NONE, NULL, NULL), ERR_INTERNAL);
    assert_int_equal(db_end(db, ERR_OK, NULL), ERR_INTERNAL);
    assert_int_equal(testing_i64(s, "select count(*) from v"), 0);
    store_close(s);
}

static void a_reader_cannot_write(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_read(s);
    enum err err = db_exec(db, "insert into v (id) values (1)", BIND_NONE, NULL, NULL);
    assert_int_not_equal(db_end(db, err, NULL), ERR_OK);
    assert_int_equal(testing_i64(s, "select count(*) from v"), 0);
    store_close(s);
}

static int64_t count_in(struct db *db)
{
    struct rows *r = query_one(db, "select count(*) from v", BIND_NONE);
    int64_t count = rows_i64(r, 0);
    rows_close(r);
    return count;
}

static void a_reader_sees_one_snapshot(void **state)
{
    struct store *s = open_with_values(1);
    struct db *reader = begin_read(s);
    assert_int_equal(count_in(reader), 0);
    struct db *writer = begin_write(s);
    must(db_exec(writer, "insert into v (id) values (1)", BIND_NONE, NULL, &e), &e);
    assert_int_equal(count_in(writer), 1);
    assert_int_equal(count_in(reader), 0);
    must(db_end(writer, ERR_OK, &e), &e);
    assert_int_equal(count_in(reader), 0);
    must(db_end(reader, ERR_OK, &e), &e);
    assert_int_equal(testing_i64(s, "select count(*) from v"), 1);
    store_close(s);
}

static void fill(struct store *s, int64_t count)
{
    struct db *db = begin_write(s);
    for (int64_t i = 0; i < count; i++)
        must(db_exec(db, "insert into v (id, words) values ($1, $2)",
                     BIND(bind_i64(i), bind_cstr("word")), NULL, &e),
             &e);
    must(db_end(db, ERR_OK, &e), &e);
}

static void other_statements_run_between_rows(void **state)
{
    struct store *s = open_with_values(1);
    fill(s, 20);
    struct db *db = begin_write(s);
    struct rows *outer = NULL;
    const char *select = "select id, words from v where id >= $1 order by id";
    must(db_query(db, select, BIND(bind_i64(10)), &outer, &e), &e);
    int64_t expected = 10;
    for (;;) {
        must(rows_next(outer, &e), &e);
        if (!rows_have(outer))
            break;
        struct rows *inner = query_one(db, select, BIND(bind_i64(rows_i64(outer, 0) - 10)));
        assert_int_equal(rows_i64(inner, 0), expected - 10);
        rows_close(inner);
        must(db_exec(db, "update v set number = 1 where id = $1", BIND(bind_i64(expected)), NULL,
                     &e),
             &e);
        assert_int_equal(rows_i64(outer, 0), expected++);
        assert_true(str_is(rows_text(outer, 1), "word"));
    }
    assert_int_equal(expected, 20);
    rows_close(outer);
    must(db_end(db, ERR_OK, &e), &e);
    assert_int_equal(testing_i64(s, "select sum(number) from v"), 10);
    store_close(s);
}

static void a_result_may_be_left_early(void **state)
{
    struct store *s = open_with_values(1);
    fill(s, 1000);
    for (int i = 0; i < 3; i++) {
        struct db *db = begin_read(s);
        struct rows *r = query_one(db, "select id from v order by id", BIND_NONE);
        assert_int_equal(rows_i64(r, 0), 0);
        rows_close(r);
        assert_int_equal(count_in(db), 1000);
        must(db_end(db, ERR_OK, &e), &e);
    }
    store_close(s);
}

static void a_statement_may_change_and_return(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_write(s);
    const char *upsert = "insert into v (id, number) values ($1, 1) on conflict (id) do update set "
                         "number = v.number + excluded.number returning number";
    for (int64_t i = 1; i <= 3; i++) {
        struct rows *r = query_one(db, upsert, BIND(bind_i64(5)));
        assert_int_equal(rows_i64(r, 0), i);
        rows_close(r);
    }
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

static void like_and_order_go_by_bytes(void **state)
{
    struct store *s = open_with_values(1);
    testing_exec(s, "insert into v (id, words) values (1, 'b'), (2, 'B'), (3, 'a'), (4, 'A')");
    assert_int_equal(testing_i64(s, "select count(*) from v where words like 'b%'"), 1);
    assert_int_equal(testing_i64(s, "select id from v order by words limit 1"), 4);
    assert_int_equal(testing_i64(s, "select id from v order by words desc limit 1"), 1);
    store_close(s);
}

static void many_statements_keep_working(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_write(s);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1200; i++) {
            char sql[64];
            snprintf(sql, sizeof sql, "select %d + $1", i);
            struct rows *r = query_one(db, sql, BIND(bind_i64(1)));
            assert_int_equal(rows_i64(r, 0), i + 1);
            rows_close(r);
        }
    }
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

static void insert_many(struct db *db, int64_t from, size_t count, enum err expected)
{
    struct bind(*values)[3] = xcalloc(count, sizeof *values);
    struct binds *binds = xcalloc(count, sizeof *binds);
    for (size_t i = 0; i < count; i++) {
        values[i][0] = bind_i64(from + (int64_t)i);
        values[i][1] = i % 2 ? bind_null() : bind_i64((int64_t)i);
        values[i][2] = bind_blob(STR("\0bytes"));
        binds[i] = (struct binds){values[i], 3};
    }
    const char *sql = "insert into v (id, number, bytes) values ($1, $2, $3)";
    assert_int_equal(db_exec_many(db, sql, binds, count, &e), expected);
    free(binds);
    free(values);
}

static void many_inserts_go_at_once(void **state)
{
    struct store *s = open_with_values(1);
    struct db *db = begin_write(s);
    insert_many(db, 0, 0, ERR_OK);
    insert_many(db, 0, 1, ERR_OK);
    insert_many(db, 1, 2999, ERR_OK);
    struct rows *r = query_one(
        db, "select count(*), sum(id), count(number), sum(length(bytes)) from v", BIND_NONE);
    assert_int_equal(rows_i64(r, 0), 3000);
    assert_int_equal(rows_i64(r, 1), 3000 * 2999 / 2);
    assert_int_equal(rows_i64(r, 2), 1501);
    assert_int_equal(rows_i64(r, 3), 3000 * 6);
    rows_close(r);
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

static void one_bad_insert_of_many_undoes_all(void **state)
{
    struct store *s = open_with_values(1);
    testing_exec(s, "insert into v (id) values (1700)");
    struct db *db = begin_write(s);
    insert_many(db, 0, 3000, ERR_EXISTS);
    assert_int_equal(db_end(db, ERR_EXISTS, NULL), ERR_EXISTS);
    assert_int_equal(testing_i64(s, "select count(*) from v"), 1);
    db = begin_write(s);
    insert_many(db, 5000, 10, ERR_OK);
    must(db_end(db, ERR_OK, &e), &e);
    assert_int_equal(testing_i64(s, "select count(*) from v"), 11);
    store_close(s);
}

/* Rows with the numbers 0, 2, 4, ..., and texts that two rows share. */
static void insert_even(struct db *db, size_t count)
{
    struct bind *values = xmalloc((2 * count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        values[2 * i] = bind_i64((int64_t)(2 * i));
        values[2 * i + 1] = bind_text(i % 2 ? STR("odd") : STR("even"));
    }
    must(keys_insert(db, "insert into v (number, real, id, words) values $ROWS",
                     BIND(bind_i64(7), bind_f64(0.5)), values, 2, count, &e),
         &e);
    free(values);
}

static unsigned found(struct db *db, int64_t from, unsigned count)
{
    struct bind keys[KEYS_MAX];
    struct rows *r = NULL;
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++)
        keys[i] = bind_i64(from + i);
    must(keys_query(db, "select id from v where number = $1 and id in ($KEYS) order by id",
                    BIND(bind_i64(7)), keys, count, &r, &e),
         &e);
    for (; rows_next(r, &e) == ERR_OK && rows_have(r); n++)
        assert_int_equal(rows_i64(r, 0), from + from % 2 + 2 * n);
    rows_close(r);
    return n;
}

/* Of pairs of a number and its text, every third is wrong. */
static void pairs_are_found_by_both(struct db *db, unsigned count)
{
    struct bind keys[KEYS_MAX];
    struct rows *r = NULL;
    unsigned rows = 0, hits = 0;
    for (unsigned i = 0; i < count; i++) {
        keys[2 * i] = bind_i64(2 * (int64_t)i);
        keys[2 * i + 1] = bind_text((i % 2 == 1) != (i % 3 == 0) ? STR("odd") : STR("even"));
    }
    must(keys_query_rows(db,
                         "select cast(k.column1 as bigint), (select v.id from v where v.number = $1"
                         " and v.id = cast(k.column1 as bigint) and v.words = k.column2)"
                         " from (values $ROWS) k",
                         BIND(bind_i64(7)), keys, 2, count, &r, &e),
         &e);
    for (; rows_next(r, &e) == ERR_OK && rows_have(r); rows++)
        if (!rows_is_null(r, 1)) {
            assert_int_equal(rows_i64(r, 0), rows_i64(r, 1));
            hits++;
        }
    rows_close(r);
    assert_int_equal(hits, count - (count + 2) / 3);
    assert_true(rows >= count);
}

static void many_keys_are_asked_and_stored_at_once(void **state)
{
    static const size_t counts[] = {0, 1, 2, 29, 30, 31, 60, 1000};
    struct store *s = open_with_values(1);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct db *db = begin_write(s);
        insert_even(db, counts[i]);
        struct rows *r = query_one(db, "select count(*), coalesce(sum(id), 0) from v", BIND_NONE);
        assert_int_equal(rows_i64(r, 0), counts[i]);
        assert_int_equal(rows_i64(r, 1), counts[i] * (counts[i] - MIN(counts[i], 1u)));
        rows_close(r);
        for (unsigned keys = 0; counts[i] == 1000 && keys <= KEYS_MAX; keys++)
            assert_int_equal(found(db, 101, keys), keys / 2);
        for (unsigned pairs = 0; counts[i] == 1000 && 2 * pairs <= KEYS_MAX; pairs++)
            pairs_are_found_by_both(db, pairs);
        assert_int_equal(db_end(db, ERR_INVALID, NULL), ERR_INVALID);
    }
    store_close(s);
}

enum { THREADS = 4, ROUNDS = 100 };

static void *count_up(void *argument)
{
    struct store *s = argument;
    for (int i = 0; i < ROUNDS; i++) {
        struct db *db = NULL;
        struct rows *r = NULL;
        enum err err = store_write(s, &db, NULL);
        assert(!err);
        err = db_lock(db, STR("counter"), NULL);
        if (!err)
            err = db_query_one(db, "select number from v where id = 1", BIND_NONE, &r, NULL);
        int64_t number = err ? 0 : rows_i64(r, 0);
        rows_close(r);
        if (!err)
            err = db_exec(db, "update v set number = $1 where id = 1", BIND(bind_i64(number + 1)),
                          NULL, NULL);
        err = db_end(db, err, NULL);
        assert(!err);
    }
    return NULL;
}

static void writers_with_a_lock_lose_no_update(void **state)
{
    struct store *s = open_with_values(THREADS);
    testing_exec(s, "insert into v (id, number) values (1, 0)");
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, s), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(testing_i64(s, "select number from v"), THREADS * ROUNDS);
    store_close(s);
}

static void who_waits_too_long_hears_busy(void **state)
{
    err_ctx_init(&e);
    struct store *s = testing_open(1, 50);
    struct db *first = begin_write(s), *reader = begin_read(s), *second = NULL;
    struct err_ctx why;
    err_ctx_init(&why);
    assert_int_equal(store_write(s, &second, &why), ERR_BUSY);
    assert_int_equal(why.retry_after_s, 1);
    assert_non_null(strstr(why.detail, "writing became free in 50 ms"));
    assert_int_equal(store_read(s, &second, NULL), ERR_BUSY);
    assert_null(second);
    must(db_end(first, ERR_OK, &e), &e);
    must(db_end(reader, ERR_OK, &e), &e);
    must(db_end(begin_write(s), ERR_OK, &e), &e);
    must(db_end(begin_read(s), ERR_OK, &e), &e);
    store_close(s);
}

/* A second store on the same database stands for a second process. */
static void another_process_that_writes_makes_busy(void **state)
{
    struct store *s = open_with_values(1);
    testing_exec(s, "insert into v (id, number) values (1, 0)");
    struct store *other = testing_open(1, 50);
    struct db *mine = begin_write(s);
    must(db_exec(mine, "update v set number = 1", BIND_NONE, NULL, &e), &e);
    struct db *theirs = NULL;
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = store_write(other, &theirs, &why);
    if (!err)
        err =
            db_end(theirs, db_exec(theirs, "update v set number = 2", BIND_NONE, NULL, &why), &why);
    assert_int_equal(err, ERR_BUSY);
    assert_true(why.detail[0] != '\0');
    must(db_end(mine, ERR_OK, &e), &e);
    testing_exec(other, "update v set number = number + 2");
    assert_int_equal(testing_i64(s, "select number from v"), 3);
    store_close(other);
    store_close(s);
}

struct queue {
    struct store *store;
    atomic_int served, waiting;
    int order[THREADS];
};

struct customer {
    struct queue *queue;
    int number;
};

static void *wait_in_line(void *argument)
{
    struct customer *me = argument;
    struct db *db = NULL;
    atomic_fetch_add(&me->queue->waiting, 1);
    enum err err = store_write(me->queue->store, &db, NULL);
    assert(!err);
    me->queue->order[atomic_fetch_add(&me->queue->served, 1)] = me->number;
    err = db_end(db, ERR_OK, NULL);
    assert(!err);
    return NULL;
}

static void writers_are_served_in_the_order_they_came(void **state)
{
    err_ctx_init(&e);
    struct queue queue = {.store = testing_open(1, 5000)};
    struct db *first = begin_write(queue.store);
    pthread_t threads[THREADS];
    struct customer customers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        customers[i] = (struct customer){&queue, i};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_in_line, &customers[i]), 0);
        while (atomic_load(&queue.waiting) <= i)
            usleep(1000);
        usleep(20000); /* from "about to ask" to "has asked" */
    }
    must(db_end(first, ERR_OK, &e), &e);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(queue.order[i], i);
    store_close(queue.store);
}

static void what_was_committed_is_there_after_reopening(void **state)
{
    struct store *s = open_with_values(2);
    fill(s, 10);
    store_close(s);
    s = testing_open(2, 5000);
    assert_int_equal(testing_i64(s, "select count(*) from v"), 10);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_type_come_back_as_they_were),
        cmocka_unit_test(null_is_not_empty),
        cmocka_unit_test(parameters_may_come_in_any_order_and_twice),
        cmocka_unit_test(text_that_is_no_text_is_refused),
        cmocka_unit_test(aggregates_read_as_numbers),
        cmocka_unit_test(a_missing_row_is_not_found_without_a_sentence),
        cmocka_unit_test(constraints_are_told_apart),
        cmocka_unit_test(changed_counts_rows),
        cmocka_unit_test(an_error_of_the_caller_rolls_back),
        cmocka_unit_test(a_failed_statement_spoils_its_transaction),
        cmocka_unit_test(a_reader_cannot_write),
        cmocka_unit_test(a_reader_sees_one_snapshot),
        cmocka_unit_test(other_statements_run_between_rows),
        cmocka_unit_test(a_result_may_be_left_early),
        cmocka_unit_test(a_statement_may_change_and_return),
        cmocka_unit_test(like_and_order_go_by_bytes),
        cmocka_unit_test(many_statements_keep_working),
        cmocka_unit_test(many_inserts_go_at_once),
        cmocka_unit_test(one_bad_insert_of_many_undoes_all),
        cmocka_unit_test(many_keys_are_asked_and_stored_at_once),
        cmocka_unit_test(writers_with_a_lock_lose_no_update),
        cmocka_unit_test(who_waits_too_long_hears_busy),
        cmocka_unit_test(another_process_that_writes_makes_busy),
        cmocka_unit_test(writers_are_served_in_the_order_they_came),
        cmocka_unit_test(what_was_committed_is_there_after_reopening),
    };
    return store_testing_run("store", tests, ARRAY_LEN(tests));
}
