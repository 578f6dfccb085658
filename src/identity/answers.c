#include "identity/answers.h"

#include "base/crypto.h"
#include "base/log.h"
#include "http/multipart.h"

enum { KEY_BYTES_MAX = 200, ANSWER_BYTES_MAX = 4 << 20 };

#define KEPT_MS INT64_C(86400000)

enum err answers_key(const struct http_request *rq, struct str *key, struct err_ctx *e)
{
    *key = http_header(rq, "Idempotency-Key");
    if (!key->p)
        return ERR_OK;
    bool good = key->n >= 1 && key->n <= KEY_BYTES_MAX;
    for (size_t i = 0; i < key->n && good; i++)
        good = key->p[i] > 0x20 && key->p[i] < 0x7f;
    if (good)
        return ERR_OK;
    return err_set(e, ERR_SYNTAX, "Idempotency-Key must have 1 to %d visible ASCII characters",
                   KEY_BYTES_MAX);
}

static void add_text(struct sha256 *s, struct str text)
{
    char length[32];
    snprintf(length, sizeof length, "%zu:", text.p ? text.n : 0);
    sha256_add(s, str_of(length));
    if (text.p)
        sha256_add(s, text);
}

/* Clients draw a new boundary for each attempt: what counts of a form is what its parts hold. */
static void add_body(struct sha256 *s, struct http_request *rq)
{
    struct multipart form;
    struct err_ctx quiet;
    err_ctx_init(&quiet);
    if (!multipart_is(rq) || multipart_parse(rq, &form, &quiet)) {
        sha256_add(s, rq->body);
        return;
    }
    for (unsigned i = 0; i < form.count; i++) {
        add_text(s, form.parts[i].name);
        add_text(s, form.parts[i].file_name);
        add_text(s, form.parts[i].content_type);
        add_text(s, form.parts[i].content);
    }
}

/* What makes two requests the same: where they go and what they bring. */
static struct str digest_of(struct http_request *rq, struct digest *d)
{
    struct sha256 s;
    sha256_init(&s);
    sha256_add(&s, str_of(rq->route->pattern));
    sha256_add(&s, STR("\n"));
    sha256_add(&s, rq->path);
    sha256_add(&s, STR("?"));
    sha256_add(&s, rq->query);
    sha256_add(&s, STR("\n"));
    add_body(&s, rq);
    sha256_end(&s, d);
    return str_from((const char *)d->bytes, sizeof d->bytes);
}

static void fill_in(struct http_request *rq, struct rows *rows)
{
    rq->answer.status = (int)rows_i64(rows, 1);
    rq->answer.content_type = arena_strdup(&rq->arena, rows_text(rows, 2));
    struct str location = rows_text(rows, 3);
    if (location.p)
        http_answer_header(rq, "Location", arena_strdup(&rq->arena, location));
    http_answer_header(rq, "Idempotency-Replayed", "true");
    buf_add(&rq->answer.body, rows_blob(rows, 4));
}

static enum err repeat(struct db *db, struct http_request *rq, struct str key, int64_t user_id,
                       struct str digest, struct err_ctx *e)
{
    struct rows *rows = NULL;
    enum err err = db_query_one(db,
                                "select digest, status, content_type, location, body "
                                "from identity_answers where user_id = $1 and key = $2",
                                BIND(bind_i64(user_id), bind_text(key)), &rows, e);
    if (!err && !str_eq(rows_blob(rows, 0), digest))
        err = err_set(e, ERR_CONFLICT,
                      "the Idempotency-Key \"" STR_FMT "\" was used for another request; take a "
                      "new key for a new request",
                      STR_ARG(key));
    else if (!err && rows_is_null(rows, 1))
        err = err_set(e, ERR_CONFLICT,
                      "the first request with the Idempotency-Key \"" STR_FMT "\" has not been "
                      "answered: it is still at work, or the server stopped in the middle of it; "
                      "ask again, and look whether it had its effect before you take a new key",
                      STR_ARG(key));
    else if (!err)
        fill_in(rq, rows);
    rows_close(rows);
    return err;
}

enum err answers_claim(struct store *store, struct http_request *rq, struct str key,
                       int64_t user_id, int64_t now_ms, bool *done, struct err_ctx *e)
{
    struct digest d;
    struct str digest = digest_of(rq, &d);
    struct db *db = NULL;
    int64_t changed = 0;
    enum err err = store_write(store, &db, e);
    if (err)
        return err;
    err = db_exec(db,
                  "delete from identity_answers where user_id = $1 and key = $2 and "
                  "created_ms <= $3",
                  BIND(bind_i64(user_id), bind_text(key), bind_i64(now_ms - KEPT_MS)), NULL, e);
    if (!err)
        err = db_exec(db,
                      "insert into identity_answers (user_id, key, digest, created_ms) "
                      "values ($1, $2, $3, $4) on conflict do nothing",
                      BIND(bind_i64(user_id), bind_text(key), bind_blob(digest), bind_i64(now_ms)),
                      &changed, e);
    *done = !err && changed == 0;
    if (*done)
        err = repeat(db, rq, key, user_id, digest, e);
    return db_end(db, err, e);
}

static const char *location_of(const struct http_request *rq)
{
    for (unsigned i = 0; i < rq->answer.header_count; i++)
        if (strcmp(rq->answer.headers[i].name, "Location") == 0)
            return rq->answer.headers[i].value;
    return NULL;
}

static bool worth_keeping(const struct http_request *rq, enum err err)
{
    const struct http_answer *answer = &rq->answer;
    return !err && answer->status < 400 && !answer->stream && !answer->file_path &&
           !answer->fixed.p && answer->body.n <= ANSWER_BYTES_MAX;
}

static enum err keep(struct db *db, const struct http_request *rq, struct str key, int64_t user_id,
                     enum err outcome, struct err_ctx *e)
{
    if (!worth_keeping(rq, outcome))
        return db_exec(db, "delete from identity_answers where user_id = $1 and key = $2",
                       BIND(bind_i64(user_id), bind_text(key)), NULL, e);
    struct str body = buf_str(&rq->answer.body);
    return db_exec(db,
                   "update identity_answers set status = $1, content_type = $2, location = $3, "
                   "body = $4 where user_id = $5 and key = $6",
                   BIND(bind_i64(rq->answer.status), bind_cstr(rq->answer.content_type),
                        bind_cstr(location_of(rq)), bind_blob(body.p ? body : STR("")),
                        bind_i64(user_id), bind_text(key)),
                   NULL, e);
}

void answers_keep(struct store *store, const struct http_request *rq, struct str key,
                  int64_t user_id, enum err outcome)
{
    struct err_ctx e;
    struct db *db = NULL;
    err_ctx_init(&e);
    enum err err = store_write(store, &db, &e);
    if (!err)
        err = db_end(db, keep(db, rq, key, user_id, outcome, &e), &e);
    if (err)
        log_error("identity", "the answer to an Idempotency-Key could not be kept: %s", e.detail);
}

enum err answers_remove_old(struct db *db, int64_t now_ms, struct err_ctx *e)
{
    return db_exec(db, "delete from identity_answers where created_ms <= $1",
                   BIND(bind_i64(now_ms - KEPT_MS)), NULL, e);
}
