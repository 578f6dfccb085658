#include "base/id.h"
#include "training/experiment.h"

enum { TEXT_BYTES_MAX = 200 };

#define EXPERIMENT_COLUMNS                                                                         \
    "select x.id, x.name, x.description, x.tags, x.status, x.user_name, x.created_ms, (select "    \
    "count(*) from training_runs r where r.experiment_id = x.id) from training_experiments x "

static void read_row(struct rows *rows, struct arena *a, struct experiment *out)
{
    *out = (struct experiment){
        .id = rows_i64(rows, 0),
        .name = arena_str(a, rows_text(rows, 1)),
        .description = arena_str(a, rows_text(rows, 2)),
        .tags = arena_str(a, rows_text(rows, 3)),
        .status = arena_str(a, rows_text(rows, 4)),
        .user = arena_str(a, rows_text(rows, 5)),
        .created_ms = rows_i64(rows, 6),
        .runs = rows_i64(rows, 7),
    };
}

enum err experiment_select(struct db *db, struct str id, struct arena *a, struct experiment *out,
                           struct err_ctx *e)
{
    uint64_t number = 0;
    struct rows *rows = NULL;
    enum err err = id_parse(id, &number) ? ERR_OK : ERR_NOT_FOUND;
    if (!err)
        err = db_query_one(db, EXPERIMENT_COLUMNS "where x.id = $1",
                           BIND(bind_i64((int64_t)number)), &rows, e);
    if (err == ERR_NOT_FOUND)
        return err_set(e, err, "there is no experiment \"" STR_FMT "\"", (int)MIN(id.n, (size_t)64),
                       id.p);
    if (err)
        return err;
    read_row(rows, a, out);
    rows_close(rows);
    return ERR_OK;
}

enum err experiment_want(struct db *db, json_t *body, int64_t *out, struct err_ctx *e)
{
    struct str text = {NULL, 0};
    struct rows *rows = NULL;
    uint64_t id = 0;
    if (json_is_null(json_object_get(body, "experiment")))
        *out = 0;
    enum err err = json_want_text(body, "experiment", 1, TEXT_BYTES_MAX, &text, e);
    if (err || !text.p)
        return err;
    if (!id_parse(text, &id))
        id = 0;
    err = db_query_one(db, "select id from training_experiments where id = $1 or name = $2",
                       BIND(bind_i64((int64_t)id), bind_text(text)), &rows, e);
    if (!err)
        *out = rows_i64(rows, 0);
    else if (err == ERR_NOT_FOUND)
        err = err_set_at(e, ERR_INVALID, "/experiment", "there is no experiment \"" STR_FMT "\"",
                         STR_ARG(text));
    rows_close(rows);
    return err;
}

static enum err name_taken(enum err err, const struct experiment *x, const struct err_ctx *why,
                           struct err_ctx *e)
{
    if (err == ERR_EXISTS)
        return err_set_at(e, err, "/name", "there is an experiment named \"" STR_FMT "\" already",
                          STR_ARG(x->name));
    return err ? err_set(e, err, "%s", why->detail) : ERR_OK;
}

enum err experiment_insert(struct db *db, const struct experiment *x, struct err_ctx *e)
{
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = db_exec(
        db,
        "insert into training_experiments (id, name, description, tags, status, user_name, "
        "created_ms) values ($1, $2, $3, $4, $5, $6, $7)",
        BIND(bind_i64(x->id), bind_text(x->name), bind_text(x->description), bind_text(x->tags),
             bind_text(x->status), bind_text(x->user), bind_i64(x->created_ms)),
        NULL, &why);
    return name_taken(err, x, &why, e);
}

enum err experiment_update(struct db *db, const struct experiment *x, struct err_ctx *e)
{
    struct err_ctx why;
    err_ctx_init(&why);
    enum err err = db_exec(db,
                           "update training_experiments set name = $1, description = $2, tags = "
                           "$3, status = $4 where id = $5",
                           BIND(bind_text(x->name), bind_text(x->description), bind_text(x->tags),
                                bind_text(x->status), bind_i64(x->id)),
                           NULL, &why);
    return name_taken(err, x, &why, e);
}

enum err experiment_remove(struct db *db, int64_t id, struct err_ctx *e)
{
    enum err err =
        db_exec(db, "update training_runs set experiment_id = null where experiment_id = $1",
                BIND(bind_i64(id)), NULL, e);
    return err ? err
               : db_exec(db, "delete from training_experiments where id = $1", BIND(bind_i64(id)),
                         NULL, e);
}

enum err experiment_list(struct db *db, struct page *page, struct err_ctx *e)
{
    struct arena a;
    struct rows *rows = NULL;
    arena_init(&a);
    enum err err = db_query(db, EXPERIMENT_COLUMNS "where x.id < $1 order by x.id desc limit $2",
                            BIND(bind_i64(page->number), bind_i64(page->limit + 1)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        struct experiment x;
        read_row(rows, &a, &x);
        page_add(page, experiment_json(&x), x.id);
    }
    rows_close(rows);
    arena_release(&a);
    return err;
}

json_t *experiment_json(const struct experiment *x)
{
    char id[ID_TEXT_BYTES];
    json_t *to = json_object();
    json_set_cstr(to, "id", id_format((uint64_t)x->id, id));
    json_set_text(to, "name", x->name);
    json_set_text(to, "description", x->description);
    json_set(to, "tags", json_stored(x->tags));
    json_set_text(to, "user", x->user);
    json_set_time(to, "created", x->created_ms);
    json_set_text(to, "status", x->status);
    json_set_i64(to, "runs", x->runs);
    return to;
}
