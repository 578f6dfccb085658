/* A server that goes away and comes back, and what is said about it. */
#include "store/store.h"

#include "store_testing.h"

#include <math.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err_ctx e;

/* "stop" kills the server without a goodbye. */
static void server(const char *order)
{
    char *ctl = getenv("CRISOL_TEST_POSTGRESQL_CTL");
    if (!ctl)
        skip();
    char *argv[] = {ctl, (char[]){"        "}, NULL};
    memcpy(argv[1], order, strlen(order) + 1);
    pid_t pid;
    int status = -1;
    assert_int_equal(posix_spawn(&pid, ctl, NULL, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static struct store *open_with_table(void)
{
    err_ctx_init(&e);
    struct store *s = testing_open(2, 2000);
    testing_exec(s, "create table t (n bigint primary key)");
    return s;
}

static int64_t process_of(struct db *db)
{
    struct rows *r = NULL;
    must(db_query_one(db, "select pg_backend_pid()", BIND_NONE, &r, &e), &e);
    int64_t pid = rows_i64(r, 0);
    rows_close(r);
    return pid;
}

/* Ends the server's process behind a connection, from another one, and waits until it is gone. */
static void cut(struct store *s, int64_t process)
{
    char sql[128];
    snprintf(sql, sizeof sql, "select count(*) from (select pg_terminate_backend(%lld, 5000)) as x",
             (long long)process);
    assert_int_equal(testing_i64(s, sql), 1);
}

static void says_lost(enum err err, const struct err_ctx *why)
{
    assert_int_equal(err, ERR_IO);
    if (!strstr(why->detail, "the connection to the database postgresql://crisol@"))
        fail_msg("%s", why->detail);
    assert_non_null(strstr(why->detail, "was lost: "));
    assert_null(strstr(why->detail, "s3cret"));
}

static void a_connection_lost_in_a_transaction_is_replaced(void **state)
{
    struct store *s = open_with_table();
    struct db *db = NULL;
    must(store_write(s, &db, &e), &e);
    must(db_exec(db, "insert into t (n) values (1)", BIND_NONE, NULL, &e), &e);
    cut(s, process_of(db));
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = db_exec(db, "insert into t (n) values (2)", BIND_NONE, NULL, &why);
    says_lost(db_end(db, err, &why), &why);
    testing_exec(s, "insert into t (n) values (3)");
    assert_int_equal(testing_i64(s, "select sum(n) from t"), 3);
    store_close(s);
}

static void a_connection_lost_before_the_commit_is_reported(void **state)
{
    struct store *s = open_with_table();
    struct db *db = NULL;
    must(store_write(s, &db, &e), &e);
    must(db_exec(db, "insert into t (n) values (1)", BIND_NONE, NULL, &e), &e);
    cut(s, process_of(db));
    struct err_ctx why;
    err_ctx_init(&why);
    says_lost(db_end(db, ERR_OK, &why), &why);
    assert_non_null(strstr(why.detail, "whether the last change was stored is not known"));
    assert_int_equal(testing_i64(s, "select count(*) from t"), 0);
    store_close(s);
}

static void a_connection_lost_while_idle_is_replaced_unseen(void **state)
{
    struct store *s = open_with_table();
    struct db *db = NULL;
    must(store_write(s, &db, &e), &e);
    int64_t process = process_of(db);
    must(db_end(db, ERR_OK, &e), &e);
    cut(s, process);
    testing_exec(s, "insert into t (n) values (1)");
    assert_int_equal(testing_i64(s, "select count(*) from t"), 1);
    store_close(s);
}

static void a_connection_lost_between_rows_is_reported(void **state)
{
    struct store *s = open_with_table();
    struct db *db = NULL;
    struct rows *r = NULL;
    must(store_read(s, &db, &e), &e);
    int64_t process = process_of(db), rows = 0;
    must(db_query(db, "select g, repeat('x', 1000) from generate_series(1, 100000) as g", BIND_NONE,
                  &r, &e),
         &e);
    must(rows_next(r, &e), &e);
    cut(s, process);
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = ERR_OK;
    while (!err && !(err = rows_next(r, &why)) && rows_have(r))
        rows++;
    rows_close(r);
    assert_true(rows < 99999);
    says_lost(db_end(db, err, &why), &why);
    store_close(s);
}

static void a_connection_lost_in_many_inserts_is_reported(void **state)
{
    enum { COUNT = 3000 };
    static struct bind values[COUNT];
    static struct binds binds[COUNT];
    for (int64_t i = 0; i < COUNT; i++) {
        values[i] = bind_i64(i);
        binds[i] = (struct binds){&values[i], 1};
    }
    struct store *s = open_with_table();
    struct db *db = NULL;
    must(store_write(s, &db, &e), &e);
    cut(s, process_of(db));
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = db_exec_many(db, "insert into t (n) values ($1)", binds, COUNT, &why);
    says_lost(db_end(db, err, &why), &why);
    assert_int_equal(testing_i64(s, "select count(*) from t"), 0);
    store_close(s);
}

static void a_restarted_server_is_found_again(void **state)
{
    struct store *s = open_with_table();
    struct db *db = NULL;
    must(store_write(s, &db, &e), &e);
    server("restart");
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = db_exec(db, "insert into t (n) values (1)", BIND_NONE, NULL, &why);
    says_lost(db_end(db, err, &why), &why);
    testing_exec(s, "insert into t (n) values (2)");
    assert_int_equal(testing_i64(s, "select sum(n) from t"), 2);
    store_close(s);
}

static void a_server_that_is_down_is_named(void **state)
{
    struct store *s = open_with_table();
    server("stop");
    for (int i = 0; i < 2; i++) {
        struct db *db = NULL;
        struct err_ctx why;
        err_ctx_init(&why);
        assert_int_equal(store_read(s, &db, &why), ERR_IO);
        assert_non_null(strstr(why.detail, "cannot be reached"));
        assert_null(strstr(why.detail, "s3cret"));
        assert_null(db);
    }
    server("start");
    testing_exec(s, "insert into t (n) values (2)");
    assert_int_equal(testing_i64(s, "select sum(n) from t"), 2);
    store_close(s);
}

static void a_password_is_never_said(void **state)
{
    static const struct {
        const char *url;
        enum err err;
    } cases[] = {
        {"postgresql://crisol:s3cret@127.0.0.1:1/x", ERR_IO},
        {"postgresql://crisol:s3cret@nowhere.invalid/x", ERR_IO},
        {"postgresql://crisol:s3%cret@127.0.0.1/x", ERR_INVALID},
        {"postgresql://crisol:s3cret/more@127.0.0.1/x", ERR_INVALID},
        {"postgresql://crisol:more@s3cret@127.0.0.1/x", ERR_INVALID},
        {"postgresql://crisol:s3cret@127.0.0.1/x?nonsense=s3cret", ERR_INVALID},
        {"postgresql://crisol:s3cret@127.0.0.1:port/x", ERR_IO},
        {"postgresql://crisol@127.0.0.1:1/x?password=s3cret", ERR_IO},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct store *s = NULL;
        err_ctx_init(&e);
        assert_int_equal(store_open(&(struct store_opts){cases[i].url, 1, 1000}, &s, &e),
                         cases[i].err);
        assert_null(s);
        assert_true(e.detail[0] != '\0');
        assert_null(strstr(e.detail, "s3"));
    }
    struct store *s = testing_open(1, 1000);
    assert_null(strstr(store_name(s), "s3cret"));
    assert_non_null(strstr(store_name(s), "postgresql://crisol@"));
    store_close(s);
}

static void numerics_read_as_the_nearest_number(void **state)
{
    static const struct {
        const char *sql;
        double f64;
        int64_t i64;
    } cases[] = {
        {"select 0::numeric", 0, 0},
        {"select 0.1::numeric", 0.1, 0},
        {"select -12345.6789::numeric", -12345.6789, -12345},
        {"select 10000::numeric", 10000, 10000},
        {"select 123456789012345678::numeric", 123456789012345678.0, 123456789012345678},
        {"select -9223372036854775808::numeric", -0x1p63, INT64_MIN},
        {"select 1e30::numeric", 1e30, INT64_MAX},
        {"select -1e30::numeric", -1e30, INT64_MIN},
        {"select 0.00000000012::numeric", 1.2e-10, 0},
        {"select 1::numeric / 3", 1.0 / 3, 0},
        {"select 7::smallint", 7, 7},
        {"select -7::integer", -7, -7},
        {"select 0.25::real", 0.25, 0},
        {"select -2.75::double precision", -2.75, -2},
        {"select 1e300::double precision", 1e300, INT64_MAX},
        {"select true", 1, 1},
        {"select false", 0, 0},
    };
    err_ctx_init(&e);
    struct store *s = testing_open(1, 1000);
    struct db *db = NULL;
    must(store_read(s, &db, &e), &e);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rows *r = NULL;
        must(db_query_one(db, cases[i].sql, BIND_NONE, &r, &e), &e);
        if (fabs(rows_f64(r, 0) - cases[i].f64) > 1e-15 * fabs(cases[i].f64))
            fail_msg("%s reads as %.17g", cases[i].sql, rows_f64(r, 0));
        assert_true(rows_i64(r, 0) == cases[i].i64);
        rows_close(r);
    }
    must(db_end(db, ERR_OK, &e), &e);
    store_close(s);
}

/* Two writers, each holding what the other wants: one goes on, one is told to come again. */
static void a_deadlock_is_busy(void **state)
{
    struct store *s = open_with_table();
    testing_exec(s, "insert into t (n) values (1), (2)");
    struct db *a = NULL, *b = NULL;
    must(store_write(s, &a, &e), &e);
    must(store_write(s, &b, &e), &e);
    must(db_lock(a, STR("x"), &e), &e);
    must(db_lock(b, STR("y"), &e), &e);
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = db_lock(b, STR("x"), &why); /* nobody else runs here: it waits in vain */
    assert_int_equal(err, ERR_BUSY);
    assert_int_equal(why.retry_after_s, 1);
    assert_int_equal(db_end(b, err, NULL), ERR_BUSY);
    must(db_lock(a, STR("y"), &e), &e);
    must(db_end(a, ERR_OK, &e), &e);
    store_close(s);
}

static void an_error_behind_returned_rows_is_not_lost(void **state)
{
    struct store *s = open_with_table();
    struct db *db = NULL;
    struct rows *r = NULL;
    must(store_write(s, &db, &e), &e);
    must(db_query_one(db,
                      "insert into t (n) select 100000 / (50000 - g) from generate_series(49998, "
                      "50000) as g returning n",
                      BIND_NONE, &r, NULL) == ERR_INTERNAL
             ? ERR_OK
             : ERR_EXISTS,
         NULL);
    rows_close(r);
    assert_int_equal(db_end(db, ERR_OK, NULL), ERR_INTERNAL);
    assert_int_equal(testing_i64(s, "select count(*) from t"), 0);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_lost_in_a_transaction_is_replaced),
        cmocka_unit_test(a_connection_lost_before_the_commit_is_reported),
        cmocka_unit_test(a_connection_lost_while_idle_is_replaced_unseen),
        cmocka_unit_test(a_connection_lost_between_rows_is_reported),
        cmocka_unit_test(a_connection_lost_in_many_inserts_is_reported),
        cmocka_unit_test(a_restarted_server_is_found_again),
        cmocka_unit_test(a_server_that_is_down_is_named),
        cmocka_unit_test(a_password_is_never_said),
        cmocka_unit_test(numerics_read_as_the_nearest_number),
        cmocka_unit_test(a_deadlock_is_busy),
        cmocka_unit_test(an_error_behind_returned_rows_is_not_lost),
    };
    return store_testing_run_postgresql("postgresql", tests, ARRAY_LEN(tests));
}
