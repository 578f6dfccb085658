#include "store/store.h"

#include "store/backend.h"
#include "store/checkpointer.h"
#include "store/lane.h"
#include "store/migrate.h"
#include "store/postgresql.h"
#include "store/sqlite.h"

struct store {
    const struct backend *backend;
    struct store_opts opts;
    char *url, *name;
    struct lane *readers, *writers;
    struct checkpointer *checkpointer; /* NULL where the database needs none */
};

static const struct {
    const char *prefix;
    const struct backend *backend;
} schemes[] = {
    {"postgres://", &postgresql_backend},
    {"postgresql://", &postgresql_backend},
    {"sqlite:", &sqlite_backend},
};

/* The URL is not repeated in the message: there may be a password in it. */
static enum err find_backend(const char *url, const struct backend **out, struct err_ctx *e)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (str_starts(str_of(url), str_of(schemes[i].prefix))) {
            *out = schemes[i].backend;
            return ERR_OK;
        }
    }
    return err_set(e, ERR_INVALID, "a database URL begins with sqlite: or postgresql://");
}

static void close_connection(void *place)
{
    struct db *db = place;
    db->backend->close(db);
}

/* The one that writes is opened at once, so that a database that cannot be used is known now; the
 * others when they are needed. */
enum err store_open(const struct store_opts *opts, struct store **out, struct err_ctx *e)
{
    assert(opts->url && opts->readers > 0);
    const struct backend *backend = NULL;
    char *name = NULL;
    enum err err = find_backend(opts->url, &backend, e);
    if (!err)
        err = backend->name(opts->url, &name, e);
    if (err)
        return err;

    struct store *s = xcalloc(1, sizeof *s);
    s->backend = backend;
    s->name = name;
    s->opts = *opts;
    s->opts.url = s->url = xstrdup(opts->url);
    s->readers = lane_new(opts->readers);
    s->writers = lane_new(backend->kind == STORE_SQLITE ? 1 : opts->readers);

    if (backend->checkpoint)
        s->checkpointer = checkpointer_new(backend, &s->opts, s->writers);

    struct db *first = NULL;
    err = store_write(s, &first, e);
    if (!err)
        err = db_end(first, ERR_OK, e);
    if (err) {
        store_close(s);
        return err;
    }
    *out = s;
    return ERR_OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    checkpointer_free(s->checkpointer);
    lane_free(s->readers, close_connection);
    lane_free(s->writers, close_connection);
    free(s->name);
    free(s->url);
    free(s);
}

enum store_kind store_kind(const struct store *s)
{
    return s->backend->kind;
}

const char *store_name(const struct store *s)
{
    return s->name;
}

enum err store_migrate(struct store *s, struct err_ctx *e)
{
    return migrate_list(s, migrations, migration_count, e);
}

static struct lane *lane_of(struct store *s, bool writes)
{
    return writes ? s->writers : s->readers;
}

/* Opens the connection of a place and its transaction. A connection that died while it lay idle is
 * replaced: nothing was begun on it, so nobody has to hear of it. */
static enum err begin(struct store *s, bool writes, struct db **db, struct err_ctx *e)
{
    if (*db) {
        struct err_ctx ignored;
        err_ctx_init(&ignored);
        enum err err = s->backend->begin(*db, writes, &ignored);
        if (!err)
            return ERR_OK;
        if (!(*db)->broken)
            return err_set(e, err, "%s", ignored.detail);
        s->backend->close(*db);
        *db = NULL;
    }
    enum err err = s->backend->open(&s->opts, writes, db, e);
    if (err)
        return err;
    (*db)->backend = s->backend;
    (*db)->store = s;
    return s->backend->begin(*db, writes, e);
}

static void give_back(struct store *s, bool writes, struct db *db)
{
    if (db && db->broken) {
        s->backend->close(db);
        db = NULL;
    }
    lane_give(lane_of(s, writes), db);
}

static enum err retry_later(enum err err, struct err_ctx *e)
{
    if (err == ERR_BUSY && e && e->code == ERR_BUSY && e->retry_after_s == 0)
        e->retry_after_s = 1;
    return err;
}

static enum err lease(struct store *s, bool writes, struct db **out, struct err_ctx *e)
{
    void *place = NULL;
    if (!lane_take(lane_of(s, writes), s->opts.busy_timeout_ms, &place))
        return retry_later(err_set(e, ERR_BUSY,
                                   "the store is busy: no connection for %s became free in %u ms",
                                   writes ? "writing" : "reading", s->opts.busy_timeout_ms),
                           e);
    struct db *db = place;
    enum err err = begin(s, writes, &db, e);
    if (err) {
        give_back(s, writes, db);
        return retry_later(err, e);
    }
    db->writes = writes;
    db->spoilt = false;
    *out = db;
    return ERR_OK;
}

enum err store_read(struct store *s, struct db **out, struct err_ctx *e)
{
    return lease(s, false, out, e);
}

enum err store_write(struct store *s, struct db **out, struct err_ctx *e)
{
    return lease(s, true, out, e);
}

enum err db_end(struct db *db, enum err err, struct err_ctx *e)
{
    assert(db->rows_open == 0);
    const struct backend *backend = db->backend;
    if (!err && db->writes && db->spoilt)
        err = err_set(e, ERR_INTERNAL, "a transaction was to be committed that had failed");
    if (!err && db->writes)
        err = retry_later(backend->commit(db, e), e);
    else if (!db->broken)
        backend->rollback(db);
    struct store *s = db->store;
    unsigned log_pages = db->log_pages;
    bool wrote = !err && db->writes;
    give_back(s, db->writes, db);
    if (wrote && s->checkpointer)
        checkpointer_note(s->checkpointer, log_pages);
    return err;
}

/* Every statement's result passes here: see the promise about failed ones in the header. */
static enum err note(struct db *db, enum err err, struct err_ctx *e)
{
    if (err)
        db->spoilt = true;
    return retry_later(err, e);
}

static bool is_storable_text(struct str text)
{
    return !memchr(text.p, '\0', text.n) && str_is_utf8(text);
}

enum { VALUE_BYTES_MAX = 1 << 29 }; /* both databases stop at about a gigabyte */

/* PostgreSQL takes neither zero bytes nor broken UTF-8, so SQLite does not get them either. */
static enum err check_binds(struct binds binds, struct err_ctx *e)
{
    assert(binds.count <= BINDS_MAX);
    for (unsigned i = 0; i < binds.count; i++) {
        const struct bind *b = &binds.values[i];
        if (b->kind == BIND_TEXT && !is_storable_text(b->bytes))
            return err_set(e, ERR_INVALID, "text for the store is not UTF-8 or has a zero byte");
        if (b->kind >= BIND_TEXT && b->bytes.n > VALUE_BYTES_MAX)
            return err_set(e, ERR_TOO_LARGE, "a value of %zu bytes is too large for the store",
                           b->bytes.n);
    }
    return ERR_OK;
}

static enum err ready(struct db *db, const struct binds *binds, size_t count, struct err_ctx *e)
{
    if (db->spoilt)
        return err_set(e, ERR_INTERNAL, "a statement follows one that failed in a transaction");
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < count; i++)
        err = check_binds(binds[i], e);
    return err;
}

enum err db_lock(struct db *db, struct str name, struct err_ctx *e)
{
    assert(db->writes);
    enum err err = ready(db, NULL, 0, e);
    if (!err)
        err = db->backend->lock(db, name, e);
    return note(db, err, e);
}

enum err db_exec(struct db *db, const char *sql, struct binds binds, int64_t *changed,
                 struct err_ctx *e)
{
    int64_t ignored;
    enum err err = ready(db, &binds, 1, e);
    if (!err)
        err = db->backend->exec(db, sql, binds, changed ? changed : &ignored, e);
    return note(db, err, e);
}

enum err db_exec_many(struct db *db, const char *sql, const struct binds *binds, size_t count,
                      struct err_ctx *e)
{
    enum err err = ready(db, binds, count, e);
    if (!err)
        err = db->backend->exec_many(db, sql, binds, count, e);
    return note(db, err, e);
}

enum err db_query(struct db *db, const char *sql, struct binds binds, struct rows **out,
                  struct err_ctx *e)
{
    *out = NULL;
    enum err err = ready(db, &binds, 1, e);
    if (!err)
        err = db->backend->query(db, sql, binds, out, e);
    if (err)
        return note(db, err, e);
    (*out)->db = db;
    db->rows_open++;
    return ERR_OK;
}

enum err db_query_one(struct db *db, const char *sql, struct binds binds, struct rows **out,
                      struct err_ctx *e)
{
    enum err err = db_query(db, sql, binds, out, e);
    if (err)
        return err;
    err = rows_next(*out, e);
    if (!err && rows_have(*out))
        return ERR_OK;
    rows_close(*out);
    *out = NULL;
    return err ? err : ERR_NOT_FOUND;
}

enum err rows_next(struct rows *r, struct err_ctx *e)
{
    r->have = false;
    if (r->db->spoilt)
        return err_set(e, ERR_INTERNAL, "a result is read after a statement that failed");
    return note(r->db, r->db->backend->next(r, e), e);
}

bool rows_have(const struct rows *r)
{
    return r->have;
}

bool rows_is_null(struct rows *r, unsigned column)
{
    assert(r->have);
    return r->db->backend->is_null(r, column);
}

int64_t rows_i64(struct rows *r, unsigned column)
{
    return rows_is_null(r, column) ? 0 : r->db->backend->i64(r, column);
}

double rows_f64(struct rows *r, unsigned column)
{
    return rows_is_null(r, column) ? 0.0 : r->db->backend->f64(r, column);
}

struct str rows_text(struct rows *r, unsigned column)
{
    return rows_is_null(r, column) ? str_of(NULL) : r->db->backend->bytes(r, column);
}

struct str rows_blob(struct rows *r, unsigned column)
{
    return rows_text(r, column);
}

void rows_close(struct rows *r)
{
    if (!r)
        return;
    assert(r->db->rows_open > 0);
    r->db->rows_open--;
    r->db->backend->rows_close(r);
}
