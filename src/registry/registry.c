#include "registry/registry.h"

#include "identity/audit.h"
#include "registry/inside.h"

enum err registry_open(const struct registry_opts *opts, struct registry **out, struct err_ctx *e)
{
    struct files *files = NULL;
    enum err err = files_open(opts->folder, opts->store, &files, e);
    if (err)
        return err;
    struct registry *r = xcalloc(1, sizeof *r);
    r->opts = *opts;
    r->files = files;
    *out = r;
    return ERR_OK;
}

void registry_close(struct registry *r)
{
    if (!r)
        return;
    files_close(r->files);
    free(r);
}

void registry_set_hooks(struct registry *r, const struct registry_hooks *hooks)
{
    r->opts.hooks = *hooks;
}

const struct registry_hooks *registry_hooks(const struct registry *r)
{
    return &r->opts.hooks;
}

void inside_announce(struct registry *r, struct str model, bool loads)
{
    if (r->opts.hooks.changed)
        r->opts.hooks.changed(r->opts.hooks.context, model, loads);
    json_t *data = json_object();
    json_set_text(data, "model", model);
    events_publish(r->opts.events, "model", data);
}

enum err registry_change_count(struct registry *r, int64_t *count, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err : db_end(db, registry_store_change_count(db, count, e), e);
}

/* ---- models ---- */

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_model_name(struct str name)
{
    if (name.n == 0 || name.n > MODEL_NAME_MAX || !is_alphanumeric(name.p[0]))
        return false;
    for (size_t i = 1; i < name.n; i++)
        if (!is_alphanumeric(name.p[i]) && str_find(STR("._-"), name.p[i]) < 0)
            return false;
    return !str_is(name, "stats"); /* /v2/models/stats is taken */
}

enum err model_name_check(struct str name, struct err_ctx *e)
{
    if (is_model_name(name))
        return ERR_OK;
    return err_set_at(
        e, ERR_INVALID, "/name",
        "\"%.*s\" is no name of a model: it has 1 to %d letters, digits, dots, hyphens "
        "and underscores, begins with a letter or digit, and is not \"stats\"",
        (int)MIN(name.n, (size_t)100), name.n ? name.p : "", MODEL_NAME_MAX);
}

enum err inside_make_model(struct registry *r, struct db *db, struct http_request *rq,
                           struct str name, enum task task, struct str description,
                           struct model *out, struct arena *a, struct err_ctx *e)
{
    enum err err = model_name_check(name, e);
    if (err)
        return err;
    *out = (struct model){.id = inside_next_id(r),
                          .name = arena_str(a, name),
                          .task = task,
                          .description = arena_str(a, description),
                          .created_ms = inside_now_ms(r),
                          .created_by = arena_str(a, inside_actor(rq))};
    err = registry_store_model_insert(db, out, e);
    if (err == ERR_EXISTS)
        err_set_at(e, err, "/name", "there is a model named \"" STR_FMT "\" already",
                   STR_ARG(name));
    if (!err)
        err = audit_add(db, rq, "model.create", name, task_text(task), e);
    return err ? err : registry_store_change(db, e);
}

enum err registry_model_add(struct registry *r, struct http_request *rq, struct str name,
                            enum task task, struct str description, struct model *out,
                            struct arena *a, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(r->opts.store, &db, e);
    if (err)
        return err;
    err = inside_make_model(r, db, rq, name, task, description, out, a, e);
    err = db_end(db, err, e);
    if (!err)
        inside_announce(r, name, false);
    return err;
}

enum err registry_model(struct registry *r, struct str name, struct model *out, struct arena *a,
                        struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err : db_end(db, registry_store_model_find(db, name, out, a, e), e);
}

enum err registry_model_by_id(struct registry *r, int64_t id, struct model *out, struct arena *a,
                              struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err : db_end(db, registry_store_model_find_id(db, id, out, a, e), e);
}

enum err registry_model_describe(struct registry *r, struct http_request *rq, struct str name,
                                 struct str description, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_write(r->opts.store, &db, e);
    if (err)
        return err;
    err = registry_store_model_describe(db, name, description, e);
    if (!err)
        err = audit_add(db, rq, "model.describe", name, NULL, e);
    err = db_end(db, err, e);
    if (!err)
        inside_announce(r, name, false);
    return err;
}

static void forget_files(struct registry *r, const struct model_version *versions, unsigned count)
{
    files_lock(r->files);
    for (unsigned i = 0; i < count; i++)
        files_forget(r->files, versions[i].sha256);
    files_unlock(r->files);
}

enum err registry_model_remove(struct registry *r, struct http_request *rq, struct str name,
                               struct err_ctx *e)
{
    struct db *db = NULL;
    struct arena a;
    struct model model;
    struct model_version *versions = NULL;
    unsigned count = 0;
    enum err err = store_write(r->opts.store, &db, e);
    if (err)
        return err;
    arena_init(&a);
    err = registry_store_model_find(db, name, &model, &a, e);
    if (!err)
        err = registry_store_version_list(db, model.id, &versions, &count, &a, e);
    if (!err)
        err = registry_store_model_remove(db, model.id, e);
    if (!err)
        err = audit_add(db, rq, "model.delete", name, NULL, e);
    if (!err)
        err = registry_store_change(db, e);
    err = db_end(db, err, e);
    if (!err) {
        inside_announce(r, name, false);
        forget_files(r, versions, count);
    }
    arena_release(&a);
    return err;
}

enum err registry_models(struct registry *r, struct str after, unsigned limit, struct model **out,
                         unsigned *count, struct arena *a, struct err_ctx *e)
{
    struct db *db = NULL;
    *out = arena_alloc(a, limit * sizeof **out);
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err
               : db_end(db, registry_store_model_list(db, after, limit, *out, count, a, e), e);
}
