#include "base/crypto.h"
#include "identity/audit.h"
#include "registry/inside.h"
#include "registry/onnx_file.h"

const char *registry_path(struct registry *r, struct str sha256, struct arena *a)
{
    return files_path(r->files, sha256, a);
}

static void name_file(struct str content, struct model_version *v, struct arena *a)
{
    struct digest d;
    char hex[DIGEST_HEX_BYTES];
    crypto_sha256(content, &d);
    v->sha256 = arena_str(a, str_of(digest_hex(&d, hex)));
    v->bytes = (int64_t)content.n;
}

static enum err make_signature(const struct version_order *order, enum task task,
                               const struct onnx_summary *onnx, struct signature **sig,
                               struct arena *a, struct err_ctx *e)
{
    enum err err = signature_from_onnx(onnx, task, a, sig, e);
    if (!err && order->signature)
        err = signature_override(*sig, order->signature, a, e);
    return err;
}

/* The task of the model that is there, or of the one that has to be made. */
static enum err find_task(struct registry *r, const struct version_order *order,
                          const struct onnx_summary *onnx, enum task *task, struct arena *a,
                          struct err_ctx *e)
{
    struct model model;
    struct err_ctx quiet;
    err_ctx_init(&quiet);
    enum err err = registry_model(r, order->model, &model, a, &quiet);
    bool exists = err == ERR_OK;
    if (err && err != ERR_NOT_FOUND) {
        *e = quiet;
        return err;
    }
    *task = exists ? model.task : order->task_given ? order->task : signature_guess_task(onnx);
    if (exists && order->task_given && order->task != model.task)
        return err_set(e, ERR_CONFLICT,
                       "the model \"" STR_FMT "\" has the task %s; a version for %s needs a model "
                       "of its own",
                       STR_ARG(order->model), task_text(model.task), task_text(order->task));
    return ERR_OK;
}

/* The first version of a model becomes its champion. */
static enum err crown_first(struct registry *r, struct db *db, const struct version_order *order,
                            const struct model_version *v, struct arena *a, struct err_ctx *e)
{
    struct arm arm = {.number = v->number, .mode = ARM_CHAMPION, .since_ms = v->created_ms};
    struct decision d = {.id = inside_next_id(r),
                         .time_ms = v->created_ms,
                         .to_version = v->number,
                         .verdict = STR("promote"),
                         .reason = STR("the first version of a model serves it"),
                         .actor = inside_actor(order->rq)};
    if (v->number != 1)
        return ERR_OK;
    enum err err = registry_store_arms_replace(db, v->model_id, &arm, 1, e);
    return err ? err : registry_store_decision_insert(db, v->model_id, &d, e);
}

static enum err insert_version(struct registry *r, const struct version_order *order,
                               enum task task, struct model_version *v, struct arena *a,
                               struct err_ctx *e)
{
    struct db *db = NULL;
    struct model model;
    enum err err = store_write(r->opts.store, &db, e);
    if (err)
        return err;
    err = db_lock(db, order->model, e);
    if (!err)
        err = registry_store_model_find(db, order->model, &model, a, NULL);
    if (err == ERR_NOT_FOUND)
        err = inside_make_model(r, db, order->rq, order->model, task, STR(""), &model, a, e);
    if (!err) {
        v->model_id = model.id;
        err = registry_store_version_insert(db, v, e);
    }
    if (!err)
        err = crown_first(r, db, order, v, a, e);
    if (!err)
        err = audit_add(db, order->rq, "model.version", order->model,
                        arena_printf(a, "version %lld, sha256 " STR_FMT, (long long)v->number,
                                     STR_ARG(v->sha256)),
                        e);
    if (!err)
        err = registry_store_change(db, e);
    return db_end(db, err, e);
}

/* The file is tried under a name of its own and takes its place together with its row, so that one
 * that cannot be served leaves nothing behind. */
static enum err keep_version(struct registry *r, const struct version_order *order, enum task task,
                             const struct signature *sig, struct model_version *v, struct arena *a,
                             struct err_ctx *e)
{
    const struct registry_hooks *hooks = &r->opts.hooks;
    const char *staged;
    enum err err = files_stage(r->files, order->content, v->id, &staged, a, e);
    if (err)
        return err;
    if (hooks->check)
        err = hooks->check(hooks->context, staged, sig, e);
    /* Written after the check, which may have learnt shapes that the file does not tell. */
    json_t *json = signature_to_json(sig);
    v->signature = json_dump(json, a);
    json_decref(json);
    files_lock(r->files);
    if (!err)
        err = files_publish(r->files, staged, v->sha256, e);
    if (!err) {
        err = insert_version(r, order, task, v, a, e);
        if (err)
            files_forget(r->files, v->sha256);
    }
    files_unlock(r->files);
    files_discard(staged);
    return err;
}

static enum err check_order(const struct version_order *order, struct err_ctx *e)
{
    enum { NOTE_BYTES_MAX = 4000 };
    struct str note = order->note;
    enum err err = model_name_check(order->model, e);
    if (err)
        return err;
    if (note.n > NOTE_BYTES_MAX || !str_is_utf8(note) || (note.n && memchr(note.p, '\0', note.n)))
        return err_set_at(e, ERR_INVALID, "/note", "a note is a text of at most %d bytes",
                          NOTE_BYTES_MAX);
    return ERR_OK;
}

enum err registry_version_add(struct registry *r, const struct version_order *order,
                              struct model_version *out, struct arena *a, struct err_ctx *e)
{
    struct onnx_summary *onnx = arena_alloc(a, sizeof *onnx);
    struct signature *sig = NULL;
    enum task task = TASK_OTHER;
    *out = (struct model_version){.id = inside_next_id(r),
                                  .created_ms = inside_now_ms(r),
                                  .created_by = arena_str(a, inside_actor(order->rq)),
                                  .source = str_of(order->source),
                                  .run_id = order->run_id,
                                  .note = order->note,
                                  .loaded = true};
    enum err err = check_order(order, e);
    if (!err)
        err = onnx_read(order->content, a, onnx, e);
    if (!err)
        err = find_task(r, order, onnx, &task, a, e);
    if (!err)
        err = make_signature(order, task, onnx, &sig, a, e);
    if (err)
        return err;
    name_file(order->content, out, a);
    err = keep_version(r, order, task, sig, out, a, e);
    if (!err)
        inside_announce(r, order->model, true);
    return err;
}

enum err registry_version(struct registry *r, int64_t model_id, int64_t number,
                          struct model_version *out, struct arena *a, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err : db_end(db, registry_store_version_find(db, model_id, number, out, a, e), e);
}

enum err registry_versions(struct registry *r, int64_t model_id, struct model_version **out,
                           unsigned *count, struct arena *a, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err : db_end(db, registry_store_version_list(db, model_id, out, count, a, e), e);
}

enum err registry_version_loaded(struct registry *r, struct http_request *rq, struct str name,
                                 bool loaded, struct err_ctx *e)
{
    struct db *db = NULL;
    struct arena a;
    struct model model;
    enum err err = store_write(r->opts.store, &db, e);
    if (err)
        return err;
    arena_init(&a);
    err = registry_store_model_find(db, name, &model, &a, e);
    if (!err)
        err = registry_store_version_loaded(db, model.id, loaded, e);
    if (!err)
        err = audit_add(db, rq, loaded ? "model.load" : "model.unload", name, NULL, e);
    if (!err)
        err = registry_store_change(db, e);
    err = db_end(db, err, e);
    arena_release(&a);
    if (!err)
        inside_announce(r, name, true);
    return err;
}

enum err registry_versions_of_run(struct registry *r, int64_t run_id, json_t **out,
                                  struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(r->opts.store, &db, e);
    if (err)
        return err;
    json_t *list = json_array();
    err = db_end(db, registry_store_versions_of_run(db, run_id, list, e), e);
    if (err)
        json_decref(list);
    else
        *out = list;
    return err;
}
