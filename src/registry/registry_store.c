#include "registry/registry_store.h"

/* ---- models ---- */

#define MODEL_COLUMNS "id, name, task, description, created_ms, created_by"

enum err registry_store_model_insert(struct db *db, const struct model *m, struct err_ctx *e)
{
    return db_exec(db,
                   "insert into registry_models (" MODEL_COLUMNS ")"
                   " values ($1, $2, $3, $4, $5, $6)",
                   BIND(bind_i64(m->id), bind_text(m->name), bind_cstr(task_text(m->task)),
                        bind_text(m->description), bind_i64(m->created_ms),
                        bind_text(m->created_by)),
                   NULL, e);
}

static void read_model(struct rows *r, struct model *m, struct arena *a)
{
    m->id = rows_i64(r, 0);
    m->name = arena_str(a, rows_text(r, 1));
    if (!task_parse(rows_text(r, 2), &m->task))
        m->task = TASK_OTHER;
    m->description = arena_str(a, rows_text(r, 3));
    m->created_ms = rows_i64(r, 4);
    m->created_by = arena_str(a, rows_text(r, 5));
}

static enum err no_model(struct str name, struct err_ctx *e)
{
    return err_set(e, ERR_NOT_FOUND, "there is no model named \"" STR_FMT "\"", STR_ARG(name));
}

enum err registry_store_model_find(struct db *db, struct str name, struct model *m, struct arena *a,
                                   struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query_one(db, "select " MODEL_COLUMNS " from registry_models where name = $1",
                                BIND(bind_text(name)), &r, e);
    if (!err)
        read_model(r, m, a);
    else if (err == ERR_NOT_FOUND)
        err = no_model(name, e);
    rows_close(r);
    return err;
}

enum err registry_store_model_find_id(struct db *db, int64_t id, struct model *m, struct arena *a,
                                      struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query_one(db, "select " MODEL_COLUMNS " from registry_models where id = $1",
                                BIND(bind_i64(id)), &r, e);
    if (!err)
        read_model(r, m, a);
    else if (err == ERR_NOT_FOUND)
        err_set(e, err, "the model is gone");
    rows_close(r);
    return err;
}

enum err registry_store_model_list(struct db *db, struct str after, unsigned limit,
                                   struct model *out, unsigned *count, struct arena *a,
                                   struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query(db,
                            "select " MODEL_COLUMNS " from registry_models where name > $1"
                            " order by name limit $2",
                            BIND(bind_text(after), bind_i64(limit)), &r, e);
    *count = 0;
    while (!err && !(err = rows_next(r, e)) && rows_have(r) && *count < limit)
        read_model(r, &out[(*count)++], a);
    rows_close(r);
    return err;
}

enum err registry_store_model_describe(struct db *db, struct str name, struct str description,
                                       struct err_ctx *e)
{
    int64_t changed = 0;
    enum err err = db_exec(db, "update registry_models set description = $1 where name = $2",
                           BIND(bind_text(description), bind_text(name)), &changed, e);
    return err || changed ? err : no_model(name, e);
}

enum err registry_store_model_remove(struct db *db, int64_t id, struct err_ctx *e)
{
    static const char *const statements[] = {
        "delete from registry_decisions where model_id = $1",
        "delete from registry_arms where model_id = $1",
        "delete from registry_versions where model_id = $1",
        "delete from registry_models where id = $1",
    };
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < ARRAY_LEN(statements); i++)
        err = db_exec(db, statements[i], BIND(bind_i64(id)), NULL, e);
    return err;
}

/* ---- versions ---- */

#define VERSION_COLUMNS                                                                            \
    "id, model_id, number, created_ms, created_by, source, run_id, sha256, bytes, signature, "     \
    "note, loaded"

enum err registry_store_version_insert(struct db *db, struct model_version *v, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query_one(
        db, "select coalesce(max(number), 0) + 1 from registry_versions where model_id = $1",
        BIND(bind_i64(v->model_id)), &r, e);
    if (!err)
        v->number = rows_i64(r, 0);
    rows_close(r);
    if (err)
        return err;
    return db_exec(db,
                   "insert into registry_versions (" VERSION_COLUMNS ")"
                   " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)",
                   BIND(bind_i64(v->id), bind_i64(v->model_id), bind_i64(v->number),
                        bind_i64(v->created_ms), bind_text(v->created_by), bind_text(v->source),
                        v->run_id ? bind_i64(v->run_id) : bind_null(), bind_text(v->sha256),
                        bind_i64(v->bytes), bind_text(v->signature), bind_text(v->note)),
                   NULL, e);
}

static void read_version(struct rows *r, struct model_version *v, struct arena *a)
{
    v->id = rows_i64(r, 0);
    v->model_id = rows_i64(r, 1);
    v->number = rows_i64(r, 2);
    v->created_ms = rows_i64(r, 3);
    v->created_by = arena_str(a, rows_text(r, 4));
    v->source = arena_str(a, rows_text(r, 5));
    v->run_id = rows_i64(r, 6);
    v->sha256 = arena_str(a, rows_text(r, 7));
    v->bytes = rows_i64(r, 8);
    v->signature = arena_str(a, rows_text(r, 9));
    v->note = rows_is_null(r, 10) ? (struct str){NULL, 0} : arena_str(a, rows_text(r, 10));
    v->loaded = rows_i64(r, 11) != 0;
}

enum err registry_store_version_find(struct db *db, int64_t model_id, int64_t number,
                                     struct model_version *v, struct arena *a, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query_one(
        db, "select " VERSION_COLUMNS " from registry_versions where model_id = $1 and number = $2",
        BIND(bind_i64(model_id), bind_i64(number)), &r, e);
    if (!err)
        read_version(r, v, a);
    else if (err == ERR_NOT_FOUND)
        err_set(e, err, "the model has no version \"%lld\"", (long long)number);
    rows_close(r);
    return err;
}

enum err registry_store_version_loaded(struct db *db, int64_t model_id, bool loaded,
                                       struct err_ctx *e)
{
    return db_exec(db, "update registry_versions set loaded = $1 where model_id = $2",
                   BIND(bind_i64(loaded), bind_i64(model_id)), NULL, e);
}

enum err registry_store_versions_of_run(struct db *db, int64_t run_id, json_t *to,
                                        struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_query(db,
                            "select m.name, v.number from registry_versions v"
                            " join registry_models m on m.id = v.model_id where v.run_id = $1"
                            " order by v.id",
                            BIND(bind_i64(run_id)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        json_t *item = json_object();
        json_set_text(item, "model", rows_text(rows, 0));
        json_set_digits(item, "version", rows_i64(rows, 1));
        json_push(to, item);
    }
    rows_close(rows);
    return err;
}

enum err registry_store_sha256_used(struct db *db, struct str sha256, bool *used, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query_one(db, "select 1 from registry_versions where sha256 = $1 limit 1",
                                BIND(bind_text(sha256)), &r, e);
    rows_close(r);
    *used = err == ERR_OK;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err registry_store_version_list(struct db *db, int64_t model_id, struct model_version **out,
                                     unsigned *count, struct arena *a, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query_one(db, "select count(*) from registry_versions where model_id = $1",
                                BIND(bind_i64(model_id)), &r, e);
    size_t total = err ? 0 : (size_t)rows_i64(r, 0);
    rows_close(r);
    r = NULL;
    *count = 0;
    *out = arena_alloc(a, total * sizeof **out);
    if (!err)
        err = db_query(db,
                       "select " VERSION_COLUMNS " from registry_versions where model_id = $1"
                       " order by number desc",
                       BIND(bind_i64(model_id)), &r, e);
    while (!err && !(err = rows_next(r, e)) && rows_have(r) && *count < total)
        read_version(r, &(*out)[(*count)++], a);
    rows_close(r);
    return err;
}

/* ---- arms ---- */

enum err registry_store_arms_list(struct db *db, int64_t model_id, struct arm *arms,
                                  unsigned *count, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query(db,
                            "select number, mode, weight, sample, since_ms from registry_arms"
                            " where model_id = $1 order by number",
                            BIND(bind_i64(model_id)), &r, e);
    *count = 0;
    while (!err && !(err = rows_next(r, e)) && rows_have(r) && *count < REGISTRY_ARMS_MAX) {
        struct arm *arm = &arms[*count];
        *arm = (struct arm){.number = rows_i64(r, 0),
                            .weight = rows_f64(r, 2),
                            .sample = rows_is_null(r, 3) ? 1 : rows_f64(r, 3),
                            .since_ms = rows_i64(r, 4)};
        if (arm_mode_parse(rows_text(r, 1), &arm->mode))
            (*count)++;
    }
    rows_close(r);
    return err;
}

enum err registry_store_arms_replace(struct db *db, int64_t model_id, const struct arm *arms,
                                     unsigned count, struct err_ctx *e)
{
    enum err err = db_exec(db, "delete from registry_arms where model_id = $1",
                           BIND(bind_i64(model_id)), NULL, e);
    for (unsigned i = 0; !err && i < count; i++)
        err = db_exec(db,
                      "insert into registry_arms (model_id, number, mode, weight, sample, since_ms)"
                      " values ($1, $2, $3, $4, $5, $6)",
                      BIND(bind_i64(model_id), bind_i64(arms[i].number),
                           bind_cstr(arm_mode_text(arms[i].mode)),
                           arms[i].mode == ARM_SPLIT ? bind_f64(arms[i].weight) : bind_null(),
                           arms[i].mode == ARM_SHADOW ? bind_f64(arms[i].sample) : bind_null(),
                           bind_i64(arms[i].since_ms)),
                      NULL, e);
    return err;
}

/* ---- decisions ---- */

#define DECISION_COLUMNS "id, time_ms, verdict, from_version, to_version, reason, actor, evidence"

static struct bind number_or_null(int64_t number)
{
    return number ? bind_i64(number) : bind_null();
}

enum err registry_store_decision_insert(struct db *db, int64_t model_id, const struct decision *d,
                                        struct err_ctx *e)
{
    return db_exec(db,
                   "insert into registry_decisions (model_id, " DECISION_COLUMNS ")"
                   " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   BIND(bind_i64(model_id), bind_i64(d->id), bind_i64(d->time_ms),
                        bind_text(d->verdict), number_or_null(d->from_version),
                        number_or_null(d->to_version), bind_text(d->reason), bind_text(d->actor),
                        bind_text(d->evidence)),
                   NULL, e);
}

enum err registry_store_decision_list(struct db *db, int64_t model_id, int64_t before,
                                      unsigned limit, struct decision *out, unsigned *count,
                                      struct arena *a, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query(db,
                            "select " DECISION_COLUMNS " from registry_decisions"
                            " where model_id = $1 and id < $2 order by id desc limit $3",
                            BIND(bind_i64(model_id), bind_i64(before), bind_i64(limit)), &r, e);
    *count = 0;
    while (!err && !(err = rows_next(r, e)) && rows_have(r) && *count < limit) {
        struct decision *d = &out[(*count)++];
        d->id = rows_i64(r, 0);
        d->time_ms = rows_i64(r, 1);
        d->verdict = arena_str(a, rows_text(r, 2));
        d->from_version = rows_i64(r, 3);
        d->to_version = rows_i64(r, 4);
        d->reason = arena_str(a, rows_text(r, 5));
        d->actor = arena_str(a, rows_text(r, 6));
        d->evidence = rows_is_null(r, 7) ? (struct str){NULL, 0} : arena_str(a, rows_text(r, 7));
    }
    rows_close(r);
    return err;
}

enum err registry_store_champion_before(struct db *db, int64_t model_id, int64_t champion,
                                        int64_t *number, struct err_ctx *e)
{
    struct rows *r = NULL;
    enum err err = db_query_one(db,
                                "select from_version from registry_decisions where model_id = $1"
                                " and to_version = $2 and verdict <> 'rollback'"
                                " and from_version is not null"
                                " and from_version <> to_version order by id desc limit 1",
                                BIND(bind_i64(model_id), bind_i64(champion)), &r, e);
    *number = err ? 0 : rows_i64(r, 0);
    rows_close(r);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* ---- changes ---- */

enum err registry_store_change(struct db *db, struct err_ctx *e)
{
    return db_exec(db, "update registry_changes set count = count + 1 where id = 1", BIND_NONE,
                   NULL, e);
}

enum err registry_store_change_count(struct db *db, int64_t *count, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err =
        db_query_one(db, "select count from registry_changes where id = 1", BIND_NONE, &rows, e);
    if (!err)
        *count = rows_i64(rows, 0);
    rows_close(rows);
    return err;
}
