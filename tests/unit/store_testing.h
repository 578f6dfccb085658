/* store_testing.h
 *
 * What the tests of the store share: a fresh, empty database of the kind whose turn it is, and
 * short ways to say "this must work".
 *
 *     return store_testing_run("store", tests, ARRAY_LEN(tests));   on SQLite, then on PostgreSQL
 *
 * One thread. */
#ifndef STORE_TESTING_H
#define STORE_TESTING_H

#include "base/arena.h"
#include "store/store.h"

#include <setjmp.h>

#include <cmocka.h>

/* The folder of the SQLite files, removed at the end. */
extern const char *testing_folder;

/* The URL of the database whose turn it is; store_testing_run() empties it before each test. */
extern const char *testing_url;

int store_testing_run(const char *name, const struct CMUnitTest *tests, size_t count);
int store_testing_run_sqlite(const char *name, const struct CMUnitTest *tests, size_t count);
int store_testing_run_postgresql(const char *name, const struct CMUnitTest *tests, size_t count);

struct store *testing_open(unsigned readers, unsigned busy_timeout_ms);

/* Fails the test with the sentence of `e` (which may be NULL). */
void must(enum err err, const struct err_ctx *e);

/* Runs each statement in a transaction of its own. */
void testing_exec(struct store *s, const char *sql);

/* The first column of the first row. */
int64_t testing_i64(struct store *s, const char *sql);

#endif
