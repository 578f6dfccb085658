/* store/store.h
 *
 * SQL on SQLite (embedded, one file) or PostgreSQL behind one interface. One SQL text serves both:
 * parameters are $1, $2, ... and have the type of the place where they stand (where that tells
 * nothing, as in `$1 + $2`, write cast($1 as bigint)); types are BIGINT, DOUBLE PRECISION, TEXT and
 * BYTEA; times are BIGINT milliseconds, truth values BIGINT 0 and 1. Text compares bytewise, `like`
 * minds the case. What the dialects do not share is spelled by the few words of
 * src/store/migrations/README.md.
 *
 *     struct db *db = NULL;
 *     enum err err = store_write(store, &db, e);            takes a connection, opens a transaction
 *     if (err)
 *         return err;
 *     err = db_exec(db, "update users set role = $1 where name = $2",
 *                   BIND(bind_text(role), bind_text(name)), NULL, e);
 *     return db_end(db, err, e);                            commits, or rolls back when err is set
 *
 *     struct db *db = NULL;
 *     err = store_read(store, &db, e);
 *     ...
 *     struct rows *rows = NULL;
 *     err = db_query(db, "select name from users", BIND_NONE, &rows, e);
 *     while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
 *         use(rows_text(rows, 0));
 *     rows_close(rows);
 *     err = db_end(db, err, e);
 *
 * SQLite has a single writer: store_write() waits its turn, first come first served, for about
 * opts.busy_timeout_ms, then answers ERR_BUSY. PostgreSQL has several: who reads something and
 * then writes what follows from it takes db_lock() first. Reads see a snapshot that begins with
 * their first statement.
 *
 * A statement that fails spoils its transaction: what follows is refused and db_end() rolls back.
 * Where a failure is part of the plan, say so in SQL (`on conflict do nothing` and `changed`).
 * ERR_NOT_FOUND, ERR_EXISTS and ERR_CONFLICT come without a sentence: only the caller knows what
 * is missing or taken.
 *
 * Every call blocks: never on an HTTP thread, but for a look-up by key in SQLite. A `struct db`
 * belongs to one thread at a time; the store itself is for any thread. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct store;
struct db;
struct rows;

enum store_kind { STORE_SQLITE, STORE_POSTGRESQL };

struct store_opts {
    const char *url;  /* "sqlite:/path/file" or "postgresql://user:password@host:port/name" */
    unsigned readers; /* connections for reading at the same time; also PostgreSQL's writers */
    unsigned busy_timeout_ms;
};

/* Opens the database and makes sure that it can be used; creates a SQLite file that is missing,
 * not its folder. Tables come with store_migrate(). */
WARN_UNUSED enum err store_open(const struct store_opts *opts, struct store **out,
                                struct err_ctx *e);

/* All connections must have been given back. NULL is fine. */
void store_close(struct store *s);

enum store_kind store_kind(const struct store *s);

/* The URL without its password, for people to read. */
const char *store_name(const struct store *s);

/* Applies what is missing of the numbered migrations, each in a transaction of its own. A
 * migration that fails is rolled back: nothing of it stays, and the error names it. A database
 * newer than the program is refused. Safe when several processes start at once. */
WARN_UNUSED enum err store_migrate(struct store *s, struct err_ctx *e);

struct bind {
    enum { BIND_NULL, BIND_I64, BIND_F64, BIND_TEXT, BIND_BLOB } kind;
    int64_t i64;
    double f64;
    struct str bytes;
};

struct binds {
    const struct bind *values;
    unsigned count;
};

#define BIND(...)                                                                                  \
    ((struct binds){(const struct bind[]){__VA_ARGS__},                                            \
                    sizeof((const struct bind[]){__VA_ARGS__}) / sizeof(struct bind)})
#define BIND_NONE ((struct binds){NULL, 0})

static inline struct bind bind_null(void)
{
    return (struct bind){.kind = BIND_NULL};
}

static inline struct bind bind_i64(int64_t value)
{
    return (struct bind){.kind = BIND_I64, .i64 = value};
}

/* NaN is stored as NULL. */
static inline struct bind bind_f64(double value)
{
    return (struct bind){.kind = BIND_F64, .f64 = value};
}

/* NULL where the view has no pointer. The bytes must stay until the call returns. Text must be
 * UTF-8 without zero bytes (ERR_INVALID). */
static inline struct bind bind_text(struct str value)
{
    return (struct bind){.kind = value.p ? BIND_TEXT : BIND_NULL, .bytes = value};
}

static inline struct bind bind_cstr(const char *value_or_null)
{
    return bind_text(str_of(value_or_null));
}

static inline struct bind bind_blob(struct str value)
{
    return (struct bind){.kind = value.p ? BIND_BLOB : BIND_NULL, .bytes = value};
}

/* A connection for reading, in a snapshot of its own. */
WARN_UNUSED enum err store_read(struct store *s, struct db **out, struct err_ctx *e);

/* A connection for reading and writing, in a transaction. */
WARN_UNUSED enum err store_write(struct store *s, struct db **out, struct err_ctx *e);

/* Ends the transaction and gives the connection back. `err` is how the caller's work went: on
 * ERR_OK a writer commits, else it rolls back. Returns `err`, or why the commit failed. */
WARN_UNUSED enum err db_end(struct db *db, enum err err, struct err_ctx *e);

/* Inside a write: a name that nobody else may hold until the transaction ends. On SQLite, where
 * there is only one writer, it does nothing. */
WARN_UNUSED enum err db_lock(struct db *db, struct str name, struct err_ctx *e);

/* One statement without rows. `changed` (may be NULL) gets the number of rows that it changed.
 * ERR_EXISTS where a unique constraint is violated, ERR_CONFLICT for another constraint. Statements
 * are prepared once per connection and kept by their text, a few hundred of them: values belong
 * into the binds. */
WARN_UNUSED enum err db_exec(struct db *db, const char *sql, struct binds binds, int64_t *changed,
                             struct err_ctx *e);

/* The same statement once for each of `count` sets of binds, in order; PostgreSQL does not wait
 * for one before it gets the next. */
WARN_UNUSED enum err db_exec_many(struct db *db, const char *sql, const struct binds *binds,
                                  size_t count, struct err_ctx *e);

/* A result that is read as it comes: its size does not matter. Other statements may run on `db`
 * meanwhile, but on PostgreSQL the rest of the result then has to fit into memory. `*out` stays
 * NULL on an error. */
WARN_UNUSED enum err db_query(struct db *db, const char *sql, struct binds binds, struct rows **out,
                              struct err_ctx *e);

/* For one row at most, already moved to: ERR_NOT_FOUND when there is none. */
WARN_UNUSED enum err db_query_one(struct db *db, const char *sql, struct binds binds,
                                  struct rows **out, struct err_ctx *e);

/* Moves to the next row; rows_have() says whether there is one. */
WARN_UNUSED enum err rows_next(struct rows *r, struct err_ctx *e);
bool rows_have(const struct rows *r);

/* Columns count from 0. Views stay until rows_next() or rows_close(). NULL reads as 0, 0.0 and a
 * view without a pointer. Numbers convert into each other; text and bytes do not. */
bool rows_is_null(struct rows *r, unsigned column);
int64_t rows_i64(struct rows *r, unsigned column);
double rows_f64(struct rows *r, unsigned column);
struct str rows_text(struct rows *r, unsigned column);
struct str rows_blob(struct rows *r, unsigned column);

/* Before db_end(). NULL is fine. */
void rows_close(struct rows *r);

#endif
