#include "store_testing.h"

#include "base/file.h"

#include <unistd.h>

const char *testing_folder;
const char *testing_url;

static char folder[] = "/tmp/crisol-store-XXXXXX";
static char sqlite_url[128];
static const char *postgresql_url;

void must(enum err err, const struct err_ctx *e)
{
    if (err)
        fail_msg("%s: %s", err_text(err), e ? e->detail : "");
}

struct store *testing_open(unsigned readers, unsigned busy_timeout_ms)
{
    struct err_ctx e;
    err_ctx_init(&e);
    struct store *s = NULL;
    must(store_open(&(struct store_opts){testing_url, readers, busy_timeout_ms}, &s, &e), &e);
    return s;
}

void testing_exec(struct store *s, const char *sql)
{
    struct err_ctx e;
    err_ctx_init(&e);
    struct db *db = NULL;
    must(store_write(s, &db, &e), &e);
    must(db_end(db, db_exec(db, sql, BIND_NONE, NULL, &e), &e), &e);
}

int64_t testing_i64(struct store *s, const char *sql)
{
    struct err_ctx e;
    err_ctx_init(&e);
    struct db *db = NULL;
    struct rows *rows = NULL;
    must(store_read(s, &db, &e), &e);
    must(db_query_one(db, sql, BIND_NONE, &rows, &e), &e);
    int64_t value = rows_i64(rows, 0);
    rows_close(rows);
    must(db_end(db, ERR_OK, &e), &e);
    return value;
}

static int empty_sqlite(void **state)
{
    struct err_ctx e;
    err_ctx_init(&e);
    must(file_remove_tree(folder, &e), &e);
    must(file_make_folders(folder, &e), &e);
    testing_url = sqlite_url;
    return 0;
}

static int empty_postgresql(void **state)
{
    testing_url = postgresql_url;
    struct store *s = testing_open(1, 5000);
    testing_exec(s, "drop schema public cascade");
    testing_exec(s, "create schema public");
    store_close(s);
    return 0;
}

static int run_on(const char *name, const char *kind, const struct CMUnitTest *tests, size_t count,
                  int (*empty)(void **state))
{
    struct CMUnitTest *own = xcalloc(count, sizeof *own);
    struct arena names;
    arena_init(&names);
    for (size_t i = 0; i < count; i++) {
        own[i] = tests[i];
        own[i].name = arena_printf(&names, "%s: %s", kind, tests[i].name);
        own[i].setup_func = empty;
    }
    int failed = _cmocka_run_group_tests(name, own, count, NULL, NULL);
    arena_release(&names);
    free(own);
    return failed;
}

int store_testing_run_sqlite(const char *name, const struct CMUnitTest *tests, size_t count)
{
    if (!mkdtemp(folder))
        return 1;
    testing_folder = folder;
    snprintf(sqlite_url, sizeof sqlite_url, "sqlite:%s/crisol.db", folder);
    int failed = run_on(name, "sqlite", tests, count, empty_sqlite);
    return file_remove_tree(folder, NULL) ? failed + 1 : failed;
}

int store_testing_run_postgresql(const char *name, const struct CMUnitTest *tests, size_t count)
{
    postgresql_url = getenv("CRISOL_TEST_POSTGRESQL");
    if (postgresql_url)
        return run_on(name, "postgresql", tests, count, empty_postgresql);
    fputs("skipped: CRISOL_TEST_POSTGRESQL is not set\n", stderr);
    return 0;
}

int store_testing_run(const char *name, const struct CMUnitTest *tests, size_t count)
{
    int failed = store_testing_run_sqlite(name, tests, count);
    return failed + store_testing_run_postgresql(name, tests, count);
}
