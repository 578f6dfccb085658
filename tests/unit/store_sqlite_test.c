/* What can be wrong with a file, and what a SQLite store leaves behind. */
#include "store/store.h"

#include "base/file.h"
#include "store_testing.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err_ctx e;
static char path[256], url[300];

static const char *at(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", testing_folder, name);
    snprintf(url, sizeof url, "sqlite:%s", path);
    return url;
}

/* The sentence names the file and says what is wrong with it. */
static void refuses(const char *what, enum err expected, const char *sentence)
{
    struct store *s = NULL;
    err_ctx_init(&e);
    assert_int_equal(store_open(&(struct store_opts){what, 1, 1000}, &s, &e), expected);
    assert_null(s);
    if (!strstr(e.detail, sentence))
        fail_msg("\"%s\" does not say \"%s\"", e.detail, sentence);
}

static void a_url_names_a_database_and_a_file(void **state)
{
    refuses("mysql://root:s3cret@localhost/x", ERR_INVALID, "sqlite: or postgresql://");
    assert_null(strstr(e.detail, "s3cret"));
    refuses("sqlite:", ERR_INVALID, "names no file");
}

static void a_missing_folder_is_named(void **state)
{
    at("nowhere/crisol.db");
    refuses(url, ERR_IO, path);
    assert_non_null(strstr(e.detail, "its folder is missing"));
}

static void a_folder_is_no_database(void **state)
{
    must(file_make_folders(at("folder") + strlen("sqlite:"), &e), &e);
    refuses(url, ERR_IO, "is not a file");
}

static void another_kind_of_file_is_no_database(void **state)
{
    at("letter.txt");
    char text[4096];
    memset(text, 'x', sizeof text);
    must(file_write(path, str_from(text, sizeof text), &e), &e);
    refuses(url, ERR_CORRUPT, "file is not a database");
    assert_non_null(strstr(e.detail, path));
    assert_int_equal(file_bytes(path), sizeof text);
}

/* As root one may write everything, so somebody else has to try. */
static void a_file_that_may_not_be_written_is_named(void **state)
{
    store_close(testing_open(1, 1000));
    at("crisol.db");
    assert_int_equal(chmod(testing_folder, 0755), 0);
    assert_int_equal(chmod(path, 0444), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct store *s = NULL;
        struct err_ctx why;
        err_ctx_init(&why);
        if (geteuid() == 0 && setuid(65534))
            _exit(2);
        enum err err = store_open(&(struct store_opts){url, 1, 1000}, &s, &why);
        _exit(err == ERR_IO && strstr(why.detail, "may not be read and written") ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_new_file_is_the_owners_alone(void **state)
{
    mode_t before = umask(0);
    struct store *s = testing_open(1, 1000);
    umask(before);
    testing_exec(s, "create table t (n bigint)");
    static const char *const names[] = {"crisol.db", "crisol.db-wal", "crisol.db-shm"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct stat st;
        at(names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    store_close(s);
}

static void closing_leaves_one_file(void **state)
{
    struct store *s = testing_open(2, 1000);
    testing_exec(s, "create table t (n bigint)");
    assert_int_equal(testing_i64(s, "select count(*) from t"), 0);
    store_close(s);
    at("crisol.db-wal");
    assert_false(file_exists(path));
    at("crisol.db");
    assert_true(file_exists(path));
}

static void fill(struct store *s, int transactions, int inserts)
{
    char text[2000];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < transactions; i++) {
        struct db *db = NULL;
        must(store_write(s, &db, &e), &e);
        for (int k = 0; k < inserts; k++)
            must(db_exec(db, "insert into t (words) values ($1)",
                         BIND(bind_text(str_from(text, sizeof text))), NULL, &e),
                 &e);
        must(db_end(db, ERR_OK, &e), &e);
    }
}

/* 60 MB are written; a log that nobody copies would be as long. */
static void the_log_stays_short_beside_a_busy_writer(void **state)
{
    err_ctx_init(&e);
    struct store *s = testing_open(1, 5000);
    testing_exec(s, "create table t (words text)");
    at("crisol.db-wal");
    int64_t longest = 0;
    for (int i = 0; i < 30; i++) {
        fill(s, 10, 100);
        longest = MAX(longest, file_bytes(path));
    }
    assert_true(longest < 40000000);
    assert_int_equal(testing_i64(s, "select count(*) from t"), 30000);
    store_close(s);
}

static void a_reader_of_an_old_snapshot_stops_nobody(void **state)
{
    err_ctx_init(&e);
    struct store *s = testing_open(2, 5000);
    testing_exec(s, "create table t (words text)");
    struct db *reader = NULL;
    struct rows *r = NULL;
    must(store_read(s, &reader, &e), &e);
    must(db_query_one(reader, "select count(*) from t", BIND_NONE, &r, &e), &e);
    rows_close(r);
    fill(s, 50, 100);
    must(db_query_one(reader, "select count(*) from t", BIND_NONE, &r, &e), &e);
    assert_int_equal(rows_i64(r, 0), 0);
    rows_close(r);
    must(db_end(reader, ERR_OK, &e), &e);
    fill(s, 50, 100);
    assert_int_equal(testing_i64(s, "select count(*) from t"), 10000);
    store_close(s);
}

static void what_was_committed_outlives_a_killed_process(void **state)
{
    err_ctx_init(&e);
    int told[2];
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct store *s = testing_open(1, 1000);
        testing_exec(s, "create table t (words text)");
        for (char i = 0;; i++) {
            fill(s, 1, 7);
            if (write(told[1], &i, 1) != 1)
                _exit(1);
        }
    }
    close(told[1]);
    char ignored[40];
    int64_t transactions = 0;
    while (transactions < 40)
        transactions += read(told[0], ignored, sizeof ignored - (size_t)transactions);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    for (ssize_t n; (n = read(told[0], ignored, sizeof ignored)) > 0;)
        transactions += n;
    close(told[0]);
    struct store *s = testing_open(1, 1000);
    int64_t rows = testing_i64(s, "select count(*) from t");
    assert_true(rows >= 7 * transactions);
    assert_int_equal(rows % 7, 0);
    store_close(s);
}

/* The largest size that the connection may have stands for a full disk. */
static void a_full_disk_fails_the_transaction_alone(void **state)
{
    err_ctx_init(&e);
    struct store *s = testing_open(1, 1000);
    testing_exec(s, "create table t (words text)");
    struct db *db = NULL;
    struct rows *r = NULL;
    must(store_write(s, &db, &e), &e);
    must(db_query_one(db, "pragma max_page_count = 20", BIND_NONE, &r, &e), &e);
    rows_close(r);
    must(db_end(db, ERR_OK, &e), &e);

    static const char zeros[100000];
    struct err_ctx why;
    err_ctx_init(&why);
    must(store_write(s, &db, &e), &e);
    enum err err = db_exec(db, "insert into t (words) values ('a')", BIND_NONE, NULL, &why);
    assert_int_equal(err, ERR_OK);
    err = db_exec(db, "insert into t (words) values (hex($1))",
                  BIND(bind_blob(str_from(zeros, sizeof zeros))), NULL, &why);
    assert_int_equal(db_end(db, err, &why), ERR_IO);
    assert_non_null(strstr(why.detail, "full"));
    assert_int_equal(testing_i64(s, "select count(*) from t"), 0);
    testing_exec(s, "insert into t (words) values ('b')");
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_names_a_database_and_a_file),
        cmocka_unit_test(a_missing_folder_is_named),
        cmocka_unit_test(a_folder_is_no_database),
        cmocka_unit_test(another_kind_of_file_is_no_database),
        cmocka_unit_test(a_file_that_may_not_be_written_is_named),
        cmocka_unit_test(a_new_file_is_the_owners_alone),
        cmocka_unit_test(closing_leaves_one_file),
        cmocka_unit_test(the_log_stays_short_beside_a_busy_writer),
        cmocka_unit_test(a_reader_of_an_old_snapshot_stops_nobody),
        cmocka_unit_test(what_was_committed_outlives_a_killed_process),
        cmocka_unit_test(a_full_disk_fails_the_transaction_alone),
    };
    return store_testing_run_sqlite("sqlite", tests, ARRAY_LEN(tests));
}
