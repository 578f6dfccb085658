#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"

/* A prepared statement. One that is in use (its rows are open) is not lent a second time. */
struct statement {
    sqlite3_stmt *handle;
    char *sql;
    bool busy;
    bool kept;                  /* in the connection's table */
    unsigned count;             /* of parameters */
    uint8_t numbers[BINDS_MAX]; /* the n of the $n that SQLite counts as parameter i + 1 */
};

struct sqlite_db {
    struct db base;
    sqlite3 *sqlite;
    char *path;
    bool writer;
    struct map statements;
};

struct sqlite_rows {
    struct rows base;
    struct statement *statement;
};

static const char *path_of(const char *url)
{
    return url + strlen("sqlite:");
}

static struct sqlite_db *sqlite_db(struct db *db)
{
    return (struct sqlite_db *)db;
}

static sqlite3_stmt *handle_of(struct rows *r)
{
    return ((struct sqlite_rows *)r)->statement->handle;
}

/* ---- errors ---- */

/* Sorted by how much of SQLite's code has to agree: extended codes first. */
static const struct {
    int code, mask;
    enum err err;
} translations[] = {
    {SQLITE_CONSTRAINT_UNIQUE, -1, ERR_EXISTS},
    {SQLITE_CONSTRAINT_PRIMARYKEY, -1, ERR_EXISTS},
    {SQLITE_CONSTRAINT_ROWID, -1, ERR_EXISTS},
    {SQLITE_CONSTRAINT_DATATYPE, -1, ERR_INTERNAL},
    {SQLITE_CONSTRAINT, 0xff, ERR_CONFLICT},
    {SQLITE_BUSY, 0xff, ERR_BUSY},
    {SQLITE_LOCKED, 0xff, ERR_BUSY},
    {SQLITE_NOTADB, 0xff, ERR_CORRUPT},
    {SQLITE_CORRUPT, 0xff, ERR_CORRUPT},
    {SQLITE_FULL, 0xff, ERR_IO},
    {SQLITE_IOERR, 0xff, ERR_IO},
    {SQLITE_CANTOPEN, 0xff, ERR_IO},
    {SQLITE_READONLY, 0xff, ERR_IO},
    {SQLITE_PERM, 0xff, ERR_IO},
    {SQLITE_TOOBIG, 0xff, ERR_TOO_LARGE},
};

static enum err translate(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(translations); i++) {
        if ((code & translations[i].mask) == translations[i].code)
            return translations[i].err;
    }
    return ERR_INTERNAL;
}

static enum err sqlite_fail(struct sqlite_db *c, struct err_ctx *e)
{
    enum err err = translate(sqlite3_extended_errcode(c->sqlite));
    const char *reason = sqlite3_errmsg(c->sqlite);
    if (err == ERR_EXISTS || err == ERR_CONFLICT) {
        log_debug("store", "%s", reason);
        return err;
    }
    if (err == ERR_BUSY)
        return err_set(e, err, "the database %s is used by another process", c->path);
    return err_set(e, err, "the database %s: %s", c->path, reason);
}

/* ---- statements ---- */

static void statement_free(struct statement *s)
{
    sqlite3_finalize(s->handle);
    free(s->sql);
    free(s);
}

static void number_parameters(struct statement *s)
{
    int count = sqlite3_bind_parameter_count(s->handle);
    assert(count <= BINDS_MAX);
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_bind_parameter_name(s->handle, i + 1);
        unsigned long number = name && name[0] == '$' ? strtoul(name + 1, NULL, 10) : 0;
        assert(number >= 1 && number <= BINDS_MAX);
        s->numbers[i] = (uint8_t)number;
    }
    s->count = (unsigned)count;
}

static enum err prepare(struct sqlite_db *c, const char *sql, struct statement **out,
                        struct err_ctx *e)
{
    sqlite3_stmt *handle = NULL;
    const char *rest = NULL;
    if (sqlite3_prepare_v3(c->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, &rest))
        return sqlite_fail(c, e);
    assert(handle && *rest == '\0');
    struct statement *s = xcalloc(1, sizeof *s);
    s->handle = handle;
    s->sql = xstrdup(sql);
    number_parameters(s);
    *out = s;
    return ERR_OK;
}

static void forget_statements(struct sqlite_db *c)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_each(&c->statements, &cursor, &key, &value)) {
        struct statement *s = value;
        if (s->busy)
            continue;
        map_remove(&c->statements, key);
        statement_free(s);
    }
}

/* A text that is in use already (a loop over rows that asks the same again) gets a statement that
 * lives only for this use. */
static enum err statement_take(struct sqlite_db *c, const char *sql, struct statement **out,
                               struct err_ctx *e)
{
    struct statement *s = map_get(&c->statements, str_of(sql));
    bool in_use = s && s->busy;
    if (!s || in_use) {
        enum err err = prepare(c, sql, &s, e);
        if (err)
            return err;
    }
    if (!s->kept && !in_use) {
        if (c->statements.count >= STATEMENTS_MAX)
            forget_statements(c);
        map_put(&c->statements, str_of(s->sql), s);
        s->kept = true;
    }
    s->busy = true;
    *out = s;
    return ERR_OK;
}

static void statement_give(struct statement *s)
{
    s->busy = false;
    if (s->kept)
        sqlite3_reset(s->handle);
    else
        statement_free(s);
}

static int bind_one(sqlite3_stmt *handle, int index, const struct bind *b, bool copy)
{
    void (*lifetime)(void *) = copy ? SQLITE_TRANSIENT : SQLITE_STATIC;
    switch (b->kind) {
    case BIND_NULL:
        return sqlite3_bind_null(handle, index);
    case BIND_I64:
        return sqlite3_bind_int64(handle, index, b->i64);
    case BIND_F64:
        return sqlite3_bind_double(handle, index, b->f64);
    case BIND_TEXT:
        return sqlite3_bind_text64(handle, index, b->bytes.p, b->bytes.n, lifetime, SQLITE_UTF8);
    case BIND_BLOB:
        return sqlite3_bind_blob64(handle, index, b->bytes.p, b->bytes.n, lifetime);
    }
    return SQLITE_MISUSE;
}

/* `copy`: the statement is stepped after the caller's bytes may be gone. */
static enum err bind_all(struct sqlite_db *c, struct statement *s, struct binds binds, bool copy,
                         struct err_ctx *e)
{
    for (unsigned i = 0; i < s->count; i++) {
        assert(s->numbers[i] <= binds.count);
        if (bind_one(s->handle, (int)i + 1, &binds.values[s->numbers[i] - 1], copy))
            return sqlite_fail(c, e);
    }
    return ERR_OK;
}

/* Runs a statement to its end, whatever rows it may have. */
static enum err run(struct sqlite_db *c, struct statement *s, struct binds binds, struct err_ctx *e)
{
    enum err err = bind_all(c, s, binds, false, e);
    if (err)
        return err;
    int code;
    do {
        code = sqlite3_step(s->handle);
    } while (code == SQLITE_ROW);
    if (code != SQLITE_DONE)
        err = sqlite_fail(c, e);
    sqlite3_reset(s->handle);
    return err;
}

static enum err sqlite_exec(struct db *db, const char *sql, struct binds binds, int64_t *changed,
                            struct err_ctx *e)
{
    struct sqlite_db *c = sqlite_db(db);
    struct statement *s = NULL;
    enum err err = statement_take(c, sql, &s, e);
    if (err)
        return err;
    err = run(c, s, binds, e);
    *changed = sqlite3_changes64(c->sqlite);
    statement_give(s);
    return err;
}

static enum err sqlite_exec_many(struct db *db, const char *sql, const struct binds *binds,
                                 size_t count, struct err_ctx *e)
{
    struct sqlite_db *c = sqlite_db(db);
    struct statement *s = NULL;
    enum err err = statement_take(c, sql, &s, e);
    if (err)
        return err;
    for (size_t i = 0; !err && i < count; i++)
        err = run(c, s, binds[i], e);
    statement_give(s);
    return err;
}

static enum err sqlite_script(struct db *db, const char *sql, struct err_ctx *e)
{
    struct sqlite_db *c = sqlite_db(db);
    if (sqlite3_exec(c->sqlite, sql, NULL, NULL, NULL))
        return sqlite_fail(c, e);
    return ERR_OK;
}

/* ---- transactions ---- */

static enum err plain(struct db *db, const char *sql, struct err_ctx *e)
{
    int64_t ignored;
    return sqlite_exec(db, sql, BIND_NONE, &ignored, e);
}

static enum err sqlite_begin(struct db *db, bool writes, struct err_ctx *e)
{
    return plain(db, writes ? "begin immediate" : "begin", e);
}

/* SQLite has rolled back by itself after some errors, a full disk for one. */
static void sqlite_rollback(struct db *db)
{
    if (sqlite3_get_autocommit(sqlite_db(db)->sqlite))
        return;
    if (plain(db, "rollback", NULL))
        db->broken = true;
}

static enum err sqlite_commit(struct db *db, struct err_ctx *e)
{
    enum err err = plain(db, "commit", e);
    if (err)
        sqlite_rollback(db);
    return err;
}

static int note_log(void *argument, sqlite3 *sqlite, const char *database, int pages)
{
    ((struct db *)argument)->log_pages = (unsigned)pages;
    return SQLITE_OK;
}

static enum err sqlite_checkpoint(struct db *db, struct log_state *out, struct err_ctx *e)
{
    struct sqlite_db *c = sqlite_db(db);
    int pages = 0, copied = 0;
    int code =
        sqlite3_wal_checkpoint_v2(c->sqlite, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        return sqlite_fail(c, e);
    *out = (struct log_state){(unsigned)MAX(pages, 0), (unsigned)MAX(copied, 0)};
    return ERR_OK;
}

static enum err sqlite_lock(struct db *db, struct str name, struct err_ctx *e)
{
    return ERR_OK;
}

/* ---- rows ---- */

static enum err sqlite_query(struct db *db, const char *sql, struct binds binds, struct rows **out,
                             struct err_ctx *e)
{
    struct sqlite_db *c = sqlite_db(db);
    struct statement *s = NULL;
    enum err err = statement_take(c, sql, &s, e);
    if (err)
        return err;
    err = bind_all(c, s, binds, true, e);
    if (err) {
        statement_give(s);
        return err;
    }
    struct sqlite_rows *r = xcalloc(1, sizeof *r);
    r->statement = s;
    *out = &r->base;
    return ERR_OK;
}

static enum err sqlite_next(struct rows *r, struct err_ctx *e)
{
    int code = sqlite3_step(handle_of(r));
    r->have = code == SQLITE_ROW;
    return r->have || code == SQLITE_DONE ? ERR_OK : sqlite_fail(sqlite_db(r->db), e);
}

static bool sqlite_is_null(struct rows *r, unsigned column)
{
    assert((int)column < sqlite3_column_count(handle_of(r)));
    return sqlite3_column_type(handle_of(r), (int)column) == SQLITE_NULL;
}

static bool is_number(struct rows *r, unsigned column)
{
    int type = sqlite3_column_type(handle_of(r), (int)column);
    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

static int64_t sqlite_i64(struct rows *r, unsigned column)
{
    assert(is_number(r, column));
    return sqlite3_column_int64(handle_of(r), (int)column);
}

static double sqlite_f64(struct rows *r, unsigned column)
{
    assert(is_number(r, column));
    return sqlite3_column_double(handle_of(r), (int)column);
}

static struct str sqlite_bytes(struct rows *r, unsigned column)
{
    assert(!is_number(r, column));
    const char *p = sqlite3_column_blob(handle_of(r), (int)column);
    size_t n = (size_t)sqlite3_column_bytes(handle_of(r), (int)column);
    return p ? str_from(p, n) : STR(""); /* NULL is how SQLite says "empty" here */
}

static void sqlite_rows_close(struct rows *r)
{
    statement_give(((struct sqlite_rows *)r)->statement);
    free(r);
}

/* ---- opening and closing ---- */

static enum err sqlite_name(const char *url, char **out, struct err_ctx *e)
{
    if (!*path_of(url))
        return err_set(e, ERR_INVALID, "the database URL sqlite: names no file");
    *out = xstrdup(url);
    return ERR_OK;
}

/* Writes what SQLite needs to find in a file that has a write-ahead log from the start. */
static enum err write_header(const char *path, struct err_ctx *e)
{
    sqlite3 *sqlite = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &sqlite, flags, NULL);
    if (!code)
        code = sqlite3_exec(sqlite, "pragma journal_mode = wal", NULL, NULL, NULL);
    enum err err = ERR_OK;
    if (code)
        err = err_set(e, ERR_IO, "the database file %s cannot be made: %s", path,
                      sqlite3_errmsg(sqlite));
    sqlite3_close(sqlite);
    return err;
}

/* A new file is made beside its place and moved there whole, because processes that start at once
 * disturb each other while one of them gives a file its write-ahead log. It belongs to the owner
 * alone: there will be password hashes in it. */
static enum err make_file(const char *path, struct err_ctx *e)
{
    char fresh[PATH_MAX];
    snprintf(fresh, sizeof fresh, "%s.new-XXXXXX", path);
    int fd = mkostemp(fresh, O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_IO, "the database file %s cannot be made: %s", path,
                       errno == ENOENT ? "its folder is missing" : strerrordesc_np(errno));
    close(fd);
    enum err err = write_header(fresh, e);
    if (!err && link(fresh, path) && errno != EEXIST)
        err = err_set(e, ERR_IO, "the database file %s cannot be made: %s", path,
                      strerrordesc_np(errno));
    unlink(fresh);
    return err;
}

/* Says in words what SQLite calls "unable to open database file". The file is not opened for this:
 * closing it again would drop the locks that another connection of this process has on it. */
static enum err check_file(const char *path, struct err_ctx *e)
{
    struct stat st = {0};
    if (stat(path, &st) && errno == ENOENT)
        return make_file(path, e);
    if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS))
        return err_set(e, ERR_IO, "the database file %s may not be read and written: %s", path,
                       strerrordesc_np(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "the database %s is not a file", path);
    return ERR_OK;
}

/* The first statement reads the file, and says when it is none of SQLite's. */
static const char *const writer_pragmas = "pragma journal_mode = wal;"
                                          "pragma synchronous = full;"
                                          "pragma foreign_keys = on;"
                                          "pragma case_sensitive_like = on;"
                                          "pragma temp_store = memory;"
                                          "pragma mmap_size = 0;"
                                          "pragma journal_size_limit = 67108864;"
                                          "pragma cache_size = -16000;";

static const char *const reader_pragmas = "pragma case_sensitive_like = on;"
                                          "pragma temp_store = memory;"
                                          "pragma mmap_size = 0;"
                                          "pragma query_only = on;";

/* The last connection to a file copies its log into it and removes the log. */
static void sqlite_close(struct db *db)
{
    struct sqlite_db *c = sqlite_db(db);
    forget_statements(c);
    map_release(&c->statements);
    int code = sqlite3_close(c->sqlite);
    assert(code == SQLITE_OK);
    (void)code;
    free(c->path);
    free(c);
}

/* The counters cost every allocation a lock that all threads share. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum err set_up(struct sqlite_db *c, const struct store_opts *opts, struct err_ctx *e)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(c->path, &c->sqlite, flags, NULL))
        return sqlite_fail(c, e);
    sqlite3_extended_result_codes(c->sqlite, 1);
    sqlite3_busy_timeout(c->sqlite, (int)MIN(opts->busy_timeout_ms, INT32_MAX));
    sqlite3_wal_hook(c->sqlite, note_log, &c->base); /* instead of SQLite's own checkpoints */
    return sqlite_script(&c->base, c->writer ? writer_pragmas : reader_pragmas, e);
}

static enum err sqlite_open(const struct store_opts *opts, bool writes, struct db **out,
                            struct err_ctx *e)
{
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    pthread_once(&configured, configure_library);
    enum err err = check_file(path_of(opts->url), e);
    if (err)
        return err;
    struct sqlite_db *c = xcalloc(1, sizeof *c);
    c->path = xstrdup(path_of(opts->url));
    c->writer = writes;
    map_init(&c->statements);
    err = set_up(c, opts, e);
    if (err) {
        c->base.broken = true;
        sqlite_close(&c->base);
        return err;
    }
    *out = &c->base;
    return ERR_OK;
}

const struct backend sqlite_backend = {
    .kind = STORE_SQLITE,
    .name = sqlite_name,
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .lock = sqlite_lock,
    .checkpoint = sqlite_checkpoint,
    .script = sqlite_script,
    .exec = sqlite_exec,
    .exec_many = sqlite_exec_many,
    .query = sqlite_query,
    .next = sqlite_next,
    .is_null = sqlite_is_null,
    .i64 = sqlite_i64,
    .f64 = sqlite_f64,
    .bytes = sqlite_bytes,
    .rows_close = sqlite_rows_close,
};
