#include "store/migrate.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/backend.h"

/* Another process that starts at the same time may be at it already. */
enum { WAIT_MS = 60000 };

static enum err make_table(struct db *db, struct err_ctx *e)
{
    return db_exec(db,
                   "create table if not exists store_migrations (number bigint not null primary "
                   "key, name text not null, applied_ms bigint not null)",
                   BIND_NONE, NULL, e);
}

static const struct migration *find(const struct migration *list, size_t count, int64_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].number == number)
            return &list[i];
    }
    return NULL;
}

/* Marks in `applied` what the database has, and refuses one that has more than the program. */
static enum err read_applied(struct db *db, const struct migration *list, size_t count,
                             bool *applied, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_query(db, "select number, name from store_migrations order by number",
                            BIND_NONE, &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        const struct migration *known = find(list, count, rows_i64(rows, 0));
        struct str name = rows_text(rows, 1);
        if (known && str_is(name, known->name))
            applied[known - list] = true;
        else
            err = err_set(e, ERR_CONFLICT,
                          "the database is newer than this program: it has the migration %lld "
                          "\"" STR_FMT "\", which this program does not know; start the newer "
                          "program, or restore a backup made before it was used",
                          (long long)rows_i64(rows, 0), STR_ARG(name));
    }
    rows_close(rows);
    return err;
}

static enum err apply(struct db *db, const struct migration *m, struct err_ctx *e)
{
    struct clock clock;
    clock_init(&clock);
    enum err err = db->backend->script(db, m->sql[db->backend->kind], e);
    if (!err)
        err = db_exec(
            db, "insert into store_migrations (number, name, applied_ms) values ($1, $2, $3)",
            BIND(bind_i64(m->number), bind_cstr(m->name), bind_i64(clock_now_ms(&clock))), NULL, e);
    return err;
}

/* Applies the first migration that is missing, or finds that none is. */
static enum err step(struct store *s, const struct migration *list, size_t count,
                     const struct migration **done, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(s, &db, e);
    if (err)
        return err;
    bool *applied = xcalloc(count, sizeof *applied);
    err = db_lock(db, STR("store_migrations"), e);
    if (!err)
        err = make_table(db, e);
    if (!err)
        err = read_applied(db, list, count, applied, e);
    *done = NULL;
    for (size_t i = 0; !err && !*done && i < count; i++) {
        if (!applied[i])
            *done = &list[i];
    }
    free(applied);
    if (!err && *done)
        err = apply(db, *done, e);
    return db_end(db, err, e);
}

static enum err step_in_time(struct store *s, const struct migration *list, size_t count,
                             const struct migration **done, struct err_ctx *e)
{
    uint64_t until_ns = clock_monotonic_ns() + WAIT_MS * UINT64_C(1000000);
    struct err_ctx why;
    enum err err;
    do {
        err_ctx_init(&why);
        err = step(s, list, count, done, &why);
    } while (err == ERR_BUSY && clock_monotonic_ns() < until_ns);
    if (!err)
        return ERR_OK;
    if (*done)
        return err_set(e, err, "the migration %u \"%s\" failed and was undone: %s", (*done)->number,
                       (*done)->name, why.detail);
    return err_set(e, err, "%s", why.detail);
}

enum err migrate_list(struct store *s, const struct migration *list, size_t count,
                      struct err_ctx *e)
{
    const struct migration *done = NULL;
    enum err err;
    do {
        err = step_in_time(s, list, count, &done, e);
        if (!err && done)
            log_info("store", "migration %u \"%s\" is applied", done->number, done->name);
    } while (!err && done);
    return err;
}
