#include "catalog/dataset.h"

#include <errno.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "catalog/encoding.h"
#include "catalog/inside.h"
#include "catalog/profile.h"
#include "identity/audit.h"
#include "identity/principal.h"

enum { VERSIONS_MAX = 100000 };

const char *dataset_path(const struct catalog *c, struct arena *a, struct str sha256)
{
    return arena_printf(a, "%s/" STR_FMT ".csv", c->datasets_folder, STR_ARG(sha256));
}

/* ---- a new version ---- */

static bool is_dataset_name(struct str name)
{
    return name.n <= DATASET_NAME_MAX && file_is_name(name) && str_is_utf8(name) &&
           str_trim(name).n == name.n;
}

static enum err check_upload(const struct dataset_upload *u, struct err_ctx *e)
{
    if (!is_dataset_name(u->name))
        return err_set_at(e, ERR_INVALID, "/name",
                          "a dataset's name has 1 to %d bytes of UTF-8, no \"/\", no control "
                          "characters and no blanks at its ends",
                          DATASET_NAME_MAX);
    if (u->description.n > DATASET_DESCRIPTION_MAX || !str_is_utf8(u->description))
        return err_set_at(e, ERR_INVALID, "/description",
                          "the description must be UTF-8 of at most %d bytes",
                          DATASET_DESCRIPTION_MAX);
    if (!encoding_find(u->encoding))
        return err_set_at(e, ERR_INVALID, "/encoding",
                          "the encoding must be \"utf-8\", \"latin-1\" or \"windows-1252\"");
    return ERR_OK;
}

static void drop(void *json)
{
    json_decref(json);
}

static json_t *kept(struct arena *a, json_t *value)
{
    arena_on_release(a, drop, value);
    return value;
}

static enum err read_table(struct str text, const struct dataset_upload *u, struct arena *a,
                           struct dataset_version *v, struct err_ctx *e)
{
    struct csv_reader r;
    struct csv_opts opts = {.separator = u->separator, .header = u->header};
    enum err err = csv_open(text, &opts, &r, e);
    if (err)
        return err;
    v->separator = r.separator;
    v->header = r.header;
    v->warnings = kept(a, json_array());
    err = schema_read(&r, a, &v->schema, v->warnings, e);
    if (!err)
        err = profile_read(&r, &v->schema, &v->columns, &v->preview, e);
    if (!err) {
        kept(a, v->columns);
        kept(a, v->preview);
    }
    csv_close(&r);
    return err;
}

static enum err read_content(const struct dataset_upload *u, struct arena *a,
                             struct dataset_version *v, struct err_ctx *e)
{
    v->encoding = str_of(encoding_find(u->encoding));
    if (str_is(v->encoding, "utf-8"))
        return read_table(u->content, u, a, v, e);
    size_t n = 0;
    char *decoded = encoding_decode(u->content, &n);
    enum err err = read_table(str_from(decoded, n), u, a, v, e);
    free(decoded);
    return err;
}

static enum err insert(struct catalog *c, const struct dataset_upload *u, struct http_request *rq,
                       struct dataset_version *v, bool *made, struct arena *a, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(c->store, &db, e);
    if (err)
        return err;
    err = dataset_insert(db, c->ids, u->description.p ? &u->description : NULL, v, made, e);
    if (!err && *made)
        err = audit_add(db, rq, "dataset.add", u->name,
                        arena_printf(a, "version %lld, %lld rows", (long long)v->number,
                                     (long long)v->schema.rows),
                        e);
    return db_end(db, err, e);
}

/* The file comes first, so that a row never lacks its file; a crash between the two leaves a file
 * that the next start removes. */
static enum err store_version(struct catalog *c, const struct dataset_upload *u,
                              struct http_request *rq, struct dataset_version *v, bool *made,
                              struct arena *a, struct err_ctx *e)
{
    pthread_mutex_lock(&c->files_lock);
    bool there = file_exists(v->path);
    enum err err = there ? ERR_OK : file_write(v->path, u->content, e);
    if (!err)
        err = insert(c, u, rq, v, made, a, e);
    if (err && !there)
        unlink(v->path);
    pthread_mutex_unlock(&c->files_lock);
    return err;
}

static void tell(struct catalog *c, const struct dataset_version *v)
{
    json_t *news = json_object();
    json_set_text(news, "name", v->dataset);
    json_set_digits(news, "version", v->number);
    events_publish(c->events, "dataset", news);
}

enum err dataset_add(struct catalog *c, const struct dataset_upload *upload,
                     struct http_request *rq, struct arena *a, const struct dataset_version **out,
                     bool *made, struct err_ctx *e)
{
    struct digest digest;
    struct dataset_version *v = arena_zalloc(a, sizeof *v);
    enum err err = check_upload(upload, e);
    if (!err)
        err = read_content(upload, a, v, e);
    if (err)
        return err;
    char *hex = arena_alloc(a, DIGEST_HEX_BYTES);
    crypto_sha256(upload->content, &digest);
    v->sha256 = str_of(digest_hex(&digest, hex));
    v->path = dataset_path(c, a, v->sha256);
    v->dataset = arena_str(a, upload->name);
    v->bytes = (int64_t)upload->content.n;
    v->user = rq ? principal_of(rq)->name : STR("system");
    v->created_ms = clock_now_ms(c->clock);
    err = store_version(c, upload, rq, v, made, a, e);
    if (err)
        return err;
    if (*made)
        tell(c, v);
    *out = v;
    return ERR_OK;
}

/* ---- away with it ---- */

static enum err delete_rows(struct catalog *c, struct str name, struct http_request *rq,
                            struct arena *a, struct str *digests, size_t *count, struct err_ctx *e)
{
    struct dataset_summary d;
    struct db *db = NULL;
    enum err err = store_write(c->store, &db, e);
    if (err)
        return err;
    err = dataset_select(db, name, a, &d, e);
    if (!err)
        err = dataset_select_sha256(db, d.id, a, digests, VERSIONS_MAX, count, e);
    if (!err)
        err = dataset_remove_rows(db, &d, e);
    if (!err)
        err = audit_add(db, rq, "dataset.delete", name, NULL, e);
    return db_end(db, err, e);
}

static void remove_files(struct catalog *c, struct arena *a, const struct str *digests,
                         size_t count)
{
    struct db *db = NULL;
    enum err err = store_read(c->store, &db, NULL);
    if (err)
        return; /* the next start removes them */
    for (size_t i = 0; i < count && !err; i++) {
        bool used = true;
        err = dataset_sha256_used(db, digests[i], &used, NULL);
        const char *path = dataset_path(c, a, digests[i]);
        if (!err && !used && unlink(path) && errno != ENOENT)
            log_warning("catalog", "%s: %s", path, strerror(errno));
    }
    if (db_end(db, err, NULL))
        log_warning("catalog", "files of a deleted dataset stay until the next start");
}

enum err dataset_delete(struct catalog *c, struct str name, struct http_request *rq,
                        struct err_ctx *e)
{
    struct arena a;
    size_t count = 0;
    arena_init(&a);
    struct str *digests = xcalloc(VERSIONS_MAX, sizeof *digests);
    pthread_mutex_lock(&c->files_lock);
    enum err err = delete_rows(c, name, rq, &a, digests, &count, e);
    if (!err)
        remove_files(c, &a, digests, count);
    pthread_mutex_unlock(&c->files_lock);
    free(digests);
    arena_release(&a);
    return err;
}
