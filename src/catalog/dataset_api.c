#include "catalog/dataset.h"
#include "catalog/handlers.h"
#include "catalog/inside.h"
#include "http/multipart.h"

static json_t *version_json(const struct dataset_version *v)
{
    json_t *to = json_object();
    json_set_text(to, "dataset", v->dataset);
    json_set_digits(to, "version", v->number);
    json_set_text(to, "sha256", v->sha256);
    json_set_i64(to, "bytes", v->bytes);
    json_set_i64(to, "rows", (int64_t)v->schema.rows);
    json_set_time(to, "created", v->created_ms);
    json_set_text(to, "user", v->user);
    json_set_text(to, "separator", str_from(&v->separator, 1));
    json_set_bool(to, "header", v->header);
    json_set_text(to, "encoding", v->encoding);
    json_set(to, "columns", json_incref(v->columns));
    json_set(to, "preview", json_incref(v->preview));
    json_set(to, "warnings", json_incref(v->warnings));
    return to;
}

static enum err read_separator(const struct part *part, char *separator, struct err_ctx *e)
{
    static const struct {
        const char *word;
        char separator;
    } words[] = {{"", 0},       {",", ','},    {";", ';'},     {"|", '|'},        {"\t", '\t'},
                 {"tab", '\t'}, {"\\t", '\t'}, {"comma", ','}, {"semicolon", ';'}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_is_nocase(part->content, words[i].word)) {
            *separator = words[i].separator;
            return ERR_OK;
        }
    }
    return err_set_at(e, ERR_INVALID, "/separator",
                      "the separator must be \",\", \";\", \"|\" or \"tab\"");
}

static enum err read_header(const struct part *part, enum csv_header *header, struct err_ctx *e)
{
    if (str_is(part->content, "true"))
        *header = CSV_HEADER_YES;
    else if (str_is(part->content, "false"))
        *header = CSV_HEADER_NO;
    else if (part->content.n)
        return err_set_at(e, ERR_INVALID, "/header", "\"header\" must be \"true\" or \"false\"");
    return ERR_OK;
}

static enum err read_upload(struct http_request *rq, struct dataset_upload *u, struct err_ctx *e)
{
    struct multipart *form = arena_alloc(&rq->arena, sizeof *form);
    const struct part *file = NULL, *name = NULL, *part;
    *u = (struct dataset_upload){.encoding = STR("")};
    enum err err = multipart_parse(rq, form, e);
    err = err ? err : multipart_need(form, "file", &file, e);
    err = err ? err : multipart_need(form, "name", &name, e);
    if (err)
        return err;
    u->content = file->content;
    u->name = name->content;
    if ((part = multipart_find(form, "description")))
        u->description = part->content;
    if ((part = multipart_find(form, "encoding")))
        u->encoding = part->content;
    if ((part = multipart_find(form, "separator")))
        err = read_separator(part, &u->separator, e);
    if (!err && (part = multipart_find(form, "header")))
        err = read_header(part, &u->header, e);
    return err;
}

enum err dataset_post(struct http_request *rq, struct err_ctx *e)
{
    struct dataset_upload upload;
    const struct dataset_version *v = NULL;
    bool made = false;
    enum err err = read_upload(rq, &upload, e);
    if (!err)
        err = dataset_add(rq->context, &upload, rq, &rq->arena, &v, &made, e);
    if (err)
        return err;
    http_answer_json(rq, made ? 201 : 200, version_json(v));
    return ERR_OK;
}

enum err dataset_get_all(struct http_request *rq, struct err_ctx *e)
{
    struct catalog *c = rq->context;
    struct page page;
    struct db *db = NULL;
    enum err err = page_read(rq, PAGE_BY_ID, INT64_MAX, &page, e);
    if (!err)
        err = store_read(c->store, &db, e);
    if (err)
        return err;
    err = db_end(db, dataset_list(db, &page, e), e);
    if (!err)
        page_answer(rq, &page);
    return err;
}

enum err dataset_get(struct http_request *rq, struct err_ctx *e)
{
    struct catalog *c = rq->context;
    struct dataset_summary d;
    struct db *db = NULL;
    enum err err = store_read(c->store, &db, e);
    if (err)
        return err;
    json_t *versions = json_array(), *to = json_object();
    err = dataset_select(db, rq->params[0], &rq->arena, &d, e);
    if (!err)
        err = dataset_select_versions(db, d.id, d.name, versions, e);
    err = db_end(db, err, e);
    json_set(to, "versions", versions);
    if (err) {
        json_decref(to);
        return err;
    }
    json_set_text(to, "name", d.name);
    json_set_text(to, "description", d.description);
    json_set_time(to, "created", d.created_ms);
    json_set_text(to, "user", d.user);
    http_answer_json(rq, 200, to);
    return ERR_OK;
}

enum err dataset_delete_one(struct http_request *rq, struct err_ctx *e)
{
    enum err err = dataset_delete(rq->context, rq->params[0], rq, e);
    if (!err)
        http_answer_empty(rq, 204);
    return err;
}

static enum err asked_version(struct http_request *rq, const struct dataset_version **v,
                              struct err_ctx *e)
{
    struct str version = str_is(rq->params[1], "latest") ? STR("") : rq->params[1];
    return dataset_find(rq->context, rq->params[0], version, &rq->arena, v, e);
}

enum err dataset_get_version(struct http_request *rq, struct err_ctx *e)
{
    const struct dataset_version *v = NULL;
    enum err err = asked_version(rq, &v, e);
    if (!err)
        http_answer_json(rq, 200, version_json(v));
    return err;
}

enum err dataset_get_file(struct http_request *rq, struct err_ctx *e)
{
    const struct dataset_version *v = NULL;
    enum err err = asked_version(rq, &v, e);
    if (err)
        return err;
    rq->answer.content_type = "text/csv";
    rq->answer.file_path = arena_strdup(&rq->arena, str_of(v->path));
    http_answer_header(rq, "Content-Disposition", "attachment");
    http_answer_header(rq, "X-Content-Type-Options", "nosniff");
    return ERR_OK;
}
