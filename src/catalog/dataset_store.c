#include "base/num.h"
#include "catalog/inside.h"

enum err dataset_select(struct db *db, struct str name, struct arena *a,
                        struct dataset_summary *out, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_query_one(db,
                                "select id, name, description, user_name, created_ms, "
                                "version_last from catalog_datasets where name = $1",
                                BIND(bind_text(name)), &rows, e);
    if (err == ERR_NOT_FOUND)
        return err_set(e, err, "there is no dataset named \"" STR_FMT "\"", STR_ARG(name));
    if (err)
        return err;
    out->id = rows_i64(rows, 0);
    out->name = arena_str(a, rows_text(rows, 1));
    out->description = arena_str(a, rows_text(rows, 2));
    out->user = arena_str(a, rows_text(rows, 3));
    out->created_ms = rows_i64(rows, 4);
    out->versions = rows_i64(rows, 5);
    rows_close(rows);
    return ERR_OK;
}

static json_t *version_summary(struct rows *rows, unsigned first, struct str name)
{
    json_t *one = json_object();
    json_set_text(one, "dataset", name);
    json_set_digits(one, "version", rows_i64(rows, first));
    json_set_text(one, "sha256", rows_text(rows, first + 1));
    json_set_i64(one, "bytes", rows_i64(rows, first + 2));
    json_set_i64(one, "rows", rows_i64(rows, first + 3));
    json_set_time(one, "created", rows_i64(rows, first + 4));
    json_set_text(one, "user", rows_text(rows, first + 5));
    return one;
}

enum err dataset_list(struct db *db, struct page *page, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_query(
        db,
        "select v.number, v.sha256, v.byte_count, v.row_count, v.created_ms, v.user_name, d.id, "
        "d.name, d.description, d.created_ms, d.version_last from catalog_datasets d join "
        "catalog_versions v on v.dataset_id = d.id and v.number = d.version_last where d.id < $1 "
        "order by d.id desc limit $2",
        BIND(bind_i64(page->number), bind_i64(page->limit + 1)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        json_t *one = json_object();
        json_set_text(one, "name", rows_text(rows, 7));
        json_set_text(one, "description", rows_text(rows, 8));
        json_set_time(one, "created", rows_i64(rows, 9));
        json_set_i64(one, "versions", rows_i64(rows, 10));
        json_set(one, "latest", version_summary(rows, 0, rows_text(rows, 7)));
        page_add(page, one, rows_i64(rows, 6));
    }
    rows_close(rows);
    return err;
}

static enum err find_or_make(struct db *db, struct id_source *ids, const struct str *description,
                             struct dataset_version *v, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_exec(
        db,
        "insert into catalog_datasets (id, name, description, version_last, user_name, created_ms) "
        "values ($1, $2, $3, 0, $4, $5) on conflict (name) do nothing",
        BIND(bind_i64((int64_t)id_next(ids, v->created_ms)), bind_text(v->dataset),
             bind_text(STR("")), bind_text(v->user), bind_i64(v->created_ms)),
        NULL, e);
    if (!err && description)
        err = db_exec(db, "update catalog_datasets set description = $1 where name = $2",
                      BIND(bind_text(*description), bind_text(v->dataset)), NULL, e);
    /* The row is locked by an update that changes nothing, so that numbers follow each other. */
    if (!err)
        err = db_query_one(db,
                           "update catalog_datasets set version_last = version_last where name = "
                           "$1 returning id, version_last",
                           BIND(bind_text(v->dataset)), &rows, e);
    if (err)
        return err;
    v->dataset_id = rows_i64(rows, 0);
    v->number = rows_i64(rows, 1) + 1;
    rows_close(rows);
    return ERR_OK;
}

static enum err find_same(struct db *db, struct dataset_version *v, bool *found, struct err_ctx *e)
{
    struct rows *rows = NULL;
    char separator[2] = {v->separator, '\0'};
    enum err err = db_query(
        db,
        "select id, number, user_name, created_ms from catalog_versions where dataset_id = $1 and "
        "sha256 = $2 and separator = $3 and header = $4 and encoding = $5",
        BIND(bind_i64(v->dataset_id), bind_text(v->sha256), bind_cstr(separator),
             bind_i64(v->header), bind_text(v->encoding)),
        &rows, e);
    *found = false;
    if (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        *found = true;
        v->id = rows_i64(rows, 0);
        v->number = rows_i64(rows, 1);
        v->created_ms = rows_i64(rows, 3);
    }
    rows_close(rows);
    return err;
}

static enum err insert_version(struct db *db, const struct dataset_version *v, struct err_ctx *e)
{
    struct arena a;
    char separator[2] = {v->separator, '\0'};
    arena_init(&a);
    enum err err = db_exec(
        db,
        "insert into catalog_versions (id, dataset_id, number, sha256, byte_count, row_count, "
        "separator, header, encoding, columns, preview, warnings, user_name, created_ms) values "
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        BIND(bind_i64(v->id), bind_i64(v->dataset_id), bind_i64(v->number), bind_text(v->sha256),
             bind_i64(v->bytes), bind_i64((int64_t)v->schema.rows), bind_cstr(separator),
             bind_i64(v->header), bind_text(v->encoding), bind_text(json_dump(v->columns, &a)),
             bind_text(json_dump(v->preview, &a)), bind_text(json_dump(v->warnings, &a)),
             bind_text(v->user), bind_i64(v->created_ms)),
        NULL, e);
    arena_release(&a);
    return err;
}

enum err dataset_insert(struct db *db, struct id_source *ids, const struct str *description,
                        struct dataset_version *v, bool *made, struct err_ctx *e)
{
    bool found = false;
    enum err err = find_or_make(db, ids, description, v, e);
    if (!err)
        err = find_same(db, v, &found, e);
    if (err)
        return err;
    *made = !found;
    if (found)
        return ERR_OK;
    v->id = (int64_t)id_next(ids, v->created_ms);
    err = insert_version(db, v, e);
    if (!err)
        err = db_exec(db, "update catalog_datasets set version_last = $1 where id = $2",
                      BIND(bind_i64(v->number), bind_i64(v->dataset_id)), NULL, e);
    return err;
}

enum err dataset_select_versions(struct db *db, int64_t dataset_id, struct str name, json_t *to,
                                 struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_query(db,
                            "select number, sha256, byte_count, row_count, created_ms, user_name "
                            "from catalog_versions where dataset_id = $1 order by number desc",
                            BIND(bind_i64(dataset_id)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows))
        json_push(to, version_summary(rows, 0, name));
    rows_close(rows);
    return err;
}

enum err dataset_remove_rows(struct db *db, const struct dataset_summary *d, struct err_ctx *e)
{
    enum err err = db_exec(db, "delete from catalog_versions where dataset_id = $1",
                           BIND(bind_i64(d->id)), NULL, NULL);
    if (err == ERR_CONFLICT)
        return err_set(e, err, "the dataset \"" STR_FMT "\" is in use by a run that has not ended",
                       STR_ARG(d->name));
    if (err)
        return err_set(e, err, "the dataset could not be deleted");
    return db_exec(db, "delete from catalog_datasets where id = $1", BIND(bind_i64(d->id)), NULL,
                   e);
}

enum err dataset_sha256_used(struct db *db, struct str sha256, bool *used, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_query(db, "select 1 from catalog_versions where sha256 = $1 limit 1",
                            BIND(bind_text(sha256)), &rows, e);
    if (!err)
        err = rows_next(rows, e);
    *used = !err && rows_have(rows);
    rows_close(rows);
    return err;
}

enum err dataset_select_sha256(struct db *db, int64_t dataset_id, struct arena *a, struct str *out,
                               size_t max, size_t *count, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err =
        db_query(db, "select distinct sha256 from catalog_versions where dataset_id = $1",
                 BIND(bind_i64(dataset_id)), &rows, e);
    *count = 0;
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows) && *count < max)
        out[(*count)++] = arena_str(a, rows_text(rows, 0));
    rows_close(rows);
    return err;
}

static void drop(void *json)
{
    json_decref(json);
}

static json_t *stored(struct arena *a, struct str text)
{
    json_t *value = json_stored(text);
    arena_on_release(a, drop, value);
    return value;
}

static void read_schema(struct dataset_version *v, struct arena *a)
{
    size_t i;
    json_t *column;
    v->schema.count = (unsigned)json_array_size(v->columns);
    v->schema.columns = arena_zalloc(a, v->schema.count * sizeof *v->schema.columns);
    json_array_foreach(v->columns, i, column)
    {
        struct schema_column *to = &v->schema.columns[i];
        to->name = json_str(json_object_get(column, "name"));
        to->point = json_object_get(column, "decimal") ? ',' : '.';
        to->type = CELL_TEXT;
        if (!cell_type_parse(json_str(json_object_get(column, "type")), &to->type))
            to->type = CELL_TEXT;
    }
}

static void read_version(struct catalog *c, struct rows *rows, struct arena *a,
                         struct dataset_version *v)
{
    v->id = rows_i64(rows, 0);
    v->dataset_id = rows_i64(rows, 1);
    v->dataset = arena_str(a, rows_text(rows, 2));
    v->number = rows_i64(rows, 3);
    v->sha256 = arena_str(a, rows_text(rows, 4));
    v->bytes = rows_i64(rows, 5);
    v->schema.rows = (uint64_t)rows_i64(rows, 6);
    v->separator = rows_text(rows, 7).n ? rows_text(rows, 7).p[0] : ',';
    v->header = rows_i64(rows, 8) != 0;
    v->encoding = arena_str(a, rows_text(rows, 9));
    v->columns = stored(a, rows_text(rows, 10));
    v->preview = stored(a, rows_text(rows, 11));
    v->warnings = stored(a, rows_text(rows, 12));
    v->user = arena_str(a, rows_text(rows, 13));
    v->created_ms = rows_i64(rows, 14);
    v->path = dataset_path(c, a, v->sha256);
    read_schema(v, a);
}

#define VERSION_COLUMNS                                                                            \
    "select v.id, v.dataset_id, d.name, v.number, v.sha256, v.byte_count, v.row_count, "           \
    "v.separator, v.header, v.encoding, v.columns, v.preview, v.warnings, v.user_name, "           \
    "v.created_ms from catalog_versions v join catalog_datasets d on d.id = v.dataset_id "

static enum err select_version(struct catalog *c, struct db *db, struct str name, int64_t number,
                               struct arena *a, struct dataset_version *v, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err =
        number ? db_query(db, VERSION_COLUMNS "where d.name = $1 and v.number = $2",
                          BIND(bind_text(name), bind_i64(number)), &rows, e)
               : db_query(db, VERSION_COLUMNS "where d.name = $1 order by v.number desc limit 1",
                          BIND(bind_text(name)), &rows, e);
    if (!err)
        err = rows_next(rows, e);
    if (!err && rows_have(rows))
        read_version(c, rows, a, v);
    else if (!err)
        err = number ? err_set(e, ERR_NOT_FOUND,
                               "there is no version %lld of a dataset named \"" STR_FMT "\"",
                               (long long)number, STR_ARG(name))
                     : err_set(e, ERR_NOT_FOUND, "there is no dataset named \"" STR_FMT "\"",
                               STR_ARG(name));
    rows_close(rows);
    return err;
}

enum err dataset_find(struct catalog *c, struct str name, struct str version, struct arena *a,
                      const struct dataset_version **out, struct err_ctx *e)
{
    int64_t number = 0;
    struct db *db = NULL;
    if (version.n && !num_parse_i64(version, 1, INT64_MAX, &number))
        return err_set(e, ERR_NOT_FOUND, "\"" STR_FMT "\" is no version of a dataset",
                       STR_ARG(version));
    enum err err = store_read(c->store, &db, e);
    if (err)
        return err;
    struct dataset_version *v = arena_zalloc(a, sizeof *v);
    err = select_version(c, db, name, number, a, v, e);
    *out = v;
    return db_end(db, err, e);
}

enum err dataset_hold(struct db *db, int64_t version_id, const char *kind, int64_t holder,
                      struct err_ctx *e)
{
    enum err err =
        db_exec(db, "insert into catalog_uses (version_id, kind, holder) values ($1, $2, $3)",
                BIND(bind_i64(version_id), bind_cstr(kind), bind_i64(holder)), NULL, NULL);
    if (err == ERR_CONFLICT)
        return err_set(e, ERR_NOT_FOUND, "the dataset has just been deleted");
    return err ? err_set(e, err, "the dataset could not be held") : ERR_OK;
}

enum err dataset_let_go(struct db *db, const char *kind, int64_t holder, struct err_ctx *e)
{
    return db_exec(db, "delete from catalog_uses where kind = $1 and holder = $2",
                   BIND(bind_cstr(kind), bind_i64(holder)), NULL, e);
}
