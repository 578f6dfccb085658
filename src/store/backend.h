/* store/backend.h
 *
 * What a database has to know to stand behind store.h: one table of functions for each. Nothing
 * outside src/store/ includes this.
 *
 *     struct db *db = NULL;
 *     err = backend->open(&opts, true, &db, e);
 *     err = backend->begin(db, true, e);
 *     err = backend->exec(db, "delete from t", BIND_NONE, &changed, e);
 *     err = backend->commit(db, e);
 *     backend->close(db);
 *
 * A backend embeds `struct db` and `struct rows` as the first member of its own. store.c decides
 * who may use a connection when, and checks the binds; so a backend need not lock. */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/store.h"

enum { BINDS_MAX = 64, STATEMENTS_MAX = 512 };

struct backend;

struct db {
    const struct backend *backend;
    struct store *store;
    bool writes;        /* in a transaction that may write */
    bool spoilt;        /* a statement failed: the transaction can only be rolled back */
    bool broken;        /* set by the backend: of no more use, close it */
    unsigned rows_open; /* results that nobody has closed yet */
    unsigned log_pages; /* SQLite: length of the write-ahead log after the last commit */
};

struct log_state {
    unsigned pages, copied;
};

struct rows {
    struct db *db;
    bool have; /* set by next() */
};

struct backend {
    enum store_kind kind;

    /* The URL without its secrets, for messages; free() it. ERR_INVALID for a malformed one. */
    enum err (*name)(const char *url, char **out, struct err_ctx *e);

    enum err (*open)(const struct store_opts *opts, bool writes, struct db **out,
                     struct err_ctx *e);
    void (*close)(struct db *db);

    enum err (*begin)(struct db *db, bool writes, struct err_ctx *e);
    enum err (*commit)(struct db *db, struct err_ctx *e); /* has rolled back when it fails */
    void (*rollback)(struct db *db);
    enum err (*lock)(struct db *db, struct str name, struct err_ctx *e);

    /* Copies what no reader needs any more from the log into the database. NULL where the database
     * sees to that itself. */
    enum err (*checkpoint)(struct db *db, struct log_state *out, struct err_ctx *e);

    /* Several statements at once, neither prepared nor bound. */
    enum err (*script)(struct db *db, const char *sql, struct err_ctx *e);
    enum err (*exec)(struct db *db, const char *sql, struct binds binds, int64_t *changed,
                     struct err_ctx *e);
    enum err (*exec_many)(struct db *db, const char *sql, const struct binds *binds, size_t count,
                          struct err_ctx *e);
    enum err (*query)(struct db *db, const char *sql, struct binds binds, struct rows **out,
                      struct err_ctx *e);

    enum err (*next)(struct rows *r, struct err_ctx *e);
    bool (*is_null)(struct rows *r, unsigned column);
    int64_t (*i64)(struct rows *r, unsigned column);
    double (*f64)(struct rows *r, unsigned column);
    struct str (*bytes)(struct rows *r, unsigned column);
    void (*rows_close)(struct rows *r);
};

#endif
