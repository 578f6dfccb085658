#include "registry/registry_store.h"

#include "base/crypto.h"
#include "identity/audit.h"
#include "identity/principal.h"
#include "registry/files.h"
#include "registry/onnx_file.h"

struct registry {
    struct registry_opts opts;
    struct files *files;
};

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

static int64_t now_ms(const struct registry *r)
{
    return clock_now_ms(r->opts.clock);
}

static int64_t next_id(struct registry *r)
{
    return (int64_t)id_next(r->opts.ids, now_ms(r));
}

static struct str actor(struct http_request *rq)
{
    return rq ? principal_of(rq)->name : STR("system");
}

/* Everybody who serves or shows the model learns of the change, after the commit. */
static void announce(struct registry *r, struct str model, bool loads)
{
    if (r->opts.hooks.changed)
        r->opts.hooks.changed(r->opts.hooks.context, model, loads);
    json_t *data = json_object();
    json_set_text(data, "model", model);
    events_publish(r->opts.events, "model", data);
}

static const char *const mode_names[] = {[ARM_CHAMPION] = "champion",
                                         [ARM_SHADOW] = "shadow",
                                         [ARM_SPLIT] = "split",
                                         [ARM_BANDIT] = "bandit"};

const char *arm_mode_text(enum arm_mode mode)
{
    assert((unsigned)mode < ARRAY_LEN(mode_names));
    return mode_names[mode];
}

bool arm_mode_parse(struct str s, enum arm_mode *mode)
{
    for (size_t i = 0; i < ARRAY_LEN(mode_names); i++) {
        if (str_is(s, mode_names[i])) {
            *mode = (enum arm_mode)i;
            return true;
        }
    }
    return false;
}

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool model_name_ok(struct str name)
{
    if (name.n == 0 || name.n > MODEL_NAME_MAX || !is_alphanumeric(name.p[0]))
        return false;
    for (size_t i = 1; i < name.n; i++)
        if (!is_alphanumeric(name.p[i]) && !strchr("._-", name.p[i]))
            return false;
    return true;
}

/* ---- models ---- */

/* Inside a writing transaction: makes the model. */
static enum err make_model(struct registry *r, struct db *db, struct http_request *rq,
                           struct str name, enum task task, struct str description,
                           struct model *out, struct arena *a, struct err_ctx *e)
{
    if (!model_name_ok(name))
        return err_set_at(e, ERR_INVALID, "/name",
                          "a model's name has 1 to %d letters, digits, dots, hyphens and "
                          "underscores and begins with a letter or digit",
                          MODEL_NAME_MAX);
    *out = (struct model){.id = next_id(r),
                          .name = arena_str(a, name),
                          .task = task,
                          .description = arena_str(a, description),
                          .created_ms = now_ms(r),
                          .created_by = arena_str(a, actor(rq))};
    enum err err = registry_store_model_insert(db, out, e);
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
    err = make_model(r, db, rq, name, task, description, out, a, e);
    err = db_end(db, err, e);
    if (!err)
        announce(r, name, false);
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
    int64_t changed = 0;
    enum err err = store_write(r->opts.store, &db, e);
    if (err)
        return err;
    err = db_exec(db, "update registry_models set description = $1 where name = $2",
                  BIND(bind_text(description), bind_text(name)), &changed, e);
    if (!err && changed == 0)
        err = err_set(e, ERR_NOT_FOUND, "there is no model named \"" STR_FMT "\"", STR_ARG(name));
    if (!err)
        err = audit_add(db, rq, "model.describe", name, NULL, e);
    err = db_end(db, err, e);
    if (!err)
        announce(r, name, false);
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
        announce(r, name, false);
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

/* ---- versions ---- */

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
    struct decision d = {.id = next_id(r),
                         .time_ms = v->created_ms,
                         .to_version = v->number,
                         .verdict = STR("promote"),
                         .reason = STR("the first version of a model serves it"),
                         .actor = actor(order->rq)};
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
        err = make_model(r, db, order->rq, order->model, task, STR(""), &model, a, e);
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
    if (!model_name_ok(order->model))
        return err_set_at(e, ERR_INVALID, "/name", "\"" STR_FMT "\" cannot be a model's name",
                          STR_ARG(order->model));
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
    *out = (struct model_version){.id = next_id(r),
                                  .created_ms = now_ms(r),
                                  .created_by = arena_str(a, actor(order->rq)),
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
        announce(r, order->model, true);
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
        err = db_exec(db, "update registry_versions set loaded = $1 where model_id = $2",
                      BIND(bind_i64(loaded), bind_i64(model.id)), NULL, e);
    if (!err)
        err = audit_add(db, rq, loaded ? "model.load" : "model.unload", name, NULL, e);
    if (!err)
        err = registry_store_change(db, e);
    err = db_end(db, err, e);
    arena_release(&a);
    if (!err)
        announce(r, name, true);
    return err;
}

enum err registry_versions_of_run(struct registry *r, int64_t run_id, json_t **out, struct arena *a,
                                  struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *rows = NULL;
    json_t *list = json_array();
    enum err err = store_read(r->opts.store, &db, e);
    if (err)
        goto out_list;
    err = db_query(db,
                   "select m.name, v.number from registry_versions v"
                   " join registry_models m on m.id = v.model_id where v.run_id = $1"
                   " order by v.id",
                   BIND(bind_i64(run_id)), &rows, e);
    while (!err && !(err = rows_next(rows, e)) && rows_have(rows)) {
        json_t *item = json_object();
        json_set_text(item, "model", rows_text(rows, 0));
        json_set_cstr(item, "version", arena_printf(a, "%lld", (long long)rows_i64(rows, 1)));
        json_push(list, item);
    }
    rows_close(rows);
    err = db_end(db, err, e);
    if (!err) {
        *out = list;
        return ERR_OK;
    }
out_list:
    json_decref(list);
    return err;
}

enum err registry_change_count(struct registry *r, int64_t *count, struct err_ctx *e)
{
    struct db *db = NULL;
    struct rows *rows = NULL;
    enum err err = store_read(r->opts.store, &db, e);
    if (err)
        return err;
    err = db_query_one(db, "select count from registry_changes where id = 1", BIND_NONE, &rows, e);
    if (!err)
        *count = rows_i64(rows, 0);
    rows_close(rows);
    return db_end(db, err, e);
}

/* ---- arms and decisions ---- */

enum err registry_arms(struct registry *r, int64_t model_id, struct arm arms[REGISTRY_ARMS_MAX],
                       unsigned *count, struct err_ctx *e)
{
    struct db *db = NULL;
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err : db_end(db, registry_store_arms_list(db, model_id, arms, count, e), e);
}

enum err registry_decisions(struct registry *r, int64_t model_id, int64_t before, unsigned limit,
                            struct decision **out, unsigned *count, struct arena *a,
                            struct err_ctx *e)
{
    struct db *db = NULL;
    *out = arena_alloc(a, limit * sizeof **out);
    enum err err = store_read(r->opts.store, &db, e);
    return err ? err
               : db_end(
                     db,
                     registry_store_decision_list(db, model_id, before, limit, *out, count, a, e),
                     e);
}

/* What a change of arms needs: the model, its arms as they are, and a transaction. */
struct change {
    struct registry *r;
    struct http_request *rq;
    struct db *db;
    struct arena arena;
    struct model model;
    struct arm arms[REGISTRY_ARMS_MAX + 1]; /* one more than there can be, for a new champion */
    unsigned count;
};

static enum err change_begin(struct change *c, struct registry *r, struct http_request *rq,
                             struct str name, struct err_ctx *e)
{
    c->r = r;
    c->rq = rq;
    enum err err = store_write(r->opts.store, &c->db, e);
    if (err)
        return err;
    arena_init(&c->arena);
    err = db_lock(c->db, name, e);
    if (!err)
        err = registry_store_model_find(c->db, name, &c->model, &c->arena, e);
    if (!err)
        err = registry_store_arms_list(c->db, c->model.id, c->arms, &c->count, e);
    if (err) {
        err = db_end(c->db, err, e);
        arena_release(&c->arena);
    }
    return err;
}

static enum err change_end(struct change *c, enum err err, const struct decision *d,
                           struct err_ctx *e)
{
    if (!err)
        err = registry_store_decision_insert(c->db, c->model.id, d, e);
    if (!err)
        err =
            audit_add(c->db, c->rq, arena_printf(&c->arena, "model." STR_FMT, STR_ARG(d->verdict)),
                      c->model.name, arena_strdup(&c->arena, d->reason), e);
    if (!err)
        err = registry_store_change(c->db, e);
    err = db_end(c->db, err, e);
    if (!err)
        announce(c->r, c->model.name, false);
    arena_release(&c->arena);
    return err;
}

static int64_t champion_of(const struct arm *arms, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (arms[i].mode == ARM_CHAMPION)
            return arms[i].number;
    return 0;
}

static enum err check_arm(struct change *c, const struct arm *arms, unsigned i, struct err_ctx *e)
{
    struct model_version v;
    char pointer[64];
    for (unsigned k = 0; k < i; k++) {
        if (arms[k].number != arms[i].number)
            continue;
        snprintf(pointer, sizeof pointer, "/arms/%u/version", i);
        return err_set_at(e, ERR_INVALID, pointer, "version %lld stands there twice",
                          (long long)arms[i].number);
    }
    enum err err =
        registry_store_version_find(c->db, c->model.id, arms[i].number, &v, &c->arena, NULL);
    if (err == ERR_NOT_FOUND) {
        snprintf(pointer, sizeof pointer, "/arms/%u/version", i);
        return err_set_at(e, ERR_INVALID, pointer, "the model has no version \"%lld\"",
                          (long long)arms[i].number);
    }
    return err;
}

static enum err check_arms(struct change *c, const struct arm *arms, unsigned count,
                           struct err_ctx *e)
{
    unsigned champions = 0;
    double split = 0;
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < count; i++) {
        champions += arms[i].mode == ARM_CHAMPION;
        split += arms[i].mode == ARM_SPLIT ? arms[i].weight : 0;
        err = check_arm(c, arms, i, e);
    }
    if (!err && champions != 1)
        err = err_set_at(e, ERR_INVALID, "/arms", "exactly one arm must be the champion, not %u",
                         champions);
    if (!err && split > 1 + 1e-9)
        err = err_set_at(e, ERR_INVALID, "/arms",
                         "the weights of the split arms add up to %g; what is left of 1 is the "
                         "champion's",
                         split);
    return err;
}

/* An arm that goes on as it was keeps its date. */
static void date_arms(const struct change *c, struct arm *arms, unsigned count, int64_t at_ms)
{
    for (unsigned i = 0; i < count; i++) {
        arms[i].since_ms = at_ms;
        for (unsigned k = 0; k < c->count; k++)
            if (c->arms[k].number == arms[i].number && c->arms[k].mode == arms[i].mode)
                arms[i].since_ms = c->arms[k].since_ms;
    }
}

enum err registry_arms_set(struct registry *r, struct http_request *rq, struct str model,
                           const struct arm *arms, unsigned count, struct str reason,
                           struct err_ctx *e)
{
    struct change c;
    struct arm dated[REGISTRY_ARMS_MAX];
    assert(count <= REGISTRY_ARMS_MAX);
    enum err err = change_begin(&c, r, rq, model, e);
    if (err)
        return err;
    err = check_arms(&c, arms, count, e);
    memcpy(dated, arms, count * sizeof *dated);
    date_arms(&c, dated, count, now_ms(r));
    if (!err)
        err = registry_store_arms_replace(c.db, c.model.id, dated, count, e);
    struct decision d = {.id = next_id(r),
                         .time_ms = now_ms(r),
                         .verdict = STR("arms"),
                         .from_version = champion_of(c.arms, c.count),
                         .to_version = champion_of(arms, count),
                         .reason = reason,
                         .actor = actor(rq)};
    return change_end(&c, err, &d, e);
}

/* The new champion and the old one change places: the old one takes part as the new one did, and
 * leaves when the new one had no part yet. */
static unsigned swap_champion(struct arm *arms, unsigned count, int64_t to, int64_t at_ms)
{
    int from_at = -1, to_at = -1;
    for (unsigned i = 0; i < count; i++) {
        if (arms[i].mode == ARM_CHAMPION)
            from_at = (int)i;
        if (arms[i].number == to)
            to_at = (int)i;
    }
    struct arm champion = {.number = to, .mode = ARM_CHAMPION, .since_ms = at_ms};
    if (to_at < 0 && from_at < 0) {
        arms[count] = champion;
        return count + 1;
    }
    if (to_at < 0) {
        arms[from_at] = champion;
        return count;
    }
    if (from_at >= 0) {
        int64_t from = arms[from_at].number;
        arms[from_at] = arms[to_at];
        arms[from_at].number = from;
        arms[from_at].since_ms = at_ms;
    }
    arms[to_at] = champion;
    return count;
}

static enum err find_successor(struct change *c, int64_t *number, int64_t champion,
                               struct err_ctx *e)
{
    struct model_version v;
    enum err err = ERR_OK;
    if (*number == 0)
        err = registry_store_champion_before(c->db, c->model.id, champion, number, e);
    if (!err && *number == 0)
        return err_set(e, ERR_CONFLICT, "there is no earlier champion to go back to");
    if (!err && *number == champion)
        return err_set(e, ERR_CONFLICT, "version %lld is the champion already", (long long)*number);
    return err ? err : registry_store_version_find(c->db, c->model.id, *number, &v, &c->arena, e);
}

static void copy_decision(struct decision *out, const struct decision *d, struct arena *a)
{
    *out = *d;
    out->verdict = arena_str(a, d->verdict);
    out->reason = arena_str(a, d->reason);
    out->actor = arena_str(a, d->actor);
}

enum err registry_promote(struct registry *r, struct http_request *rq, struct str model,
                          int64_t number, const char *verdict, struct str reason,
                          struct decision *out, struct arena *a, struct err_ctx *e)
{
    struct change c;
    enum err err = change_begin(&c, r, rq, model, e);
    if (err)
        return err;
    int64_t champion = champion_of(c.arms, c.count);
    err = find_successor(&c, &number, champion, e);
    if (!err) {
        unsigned count = swap_champion(c.arms, c.count, number, now_ms(r));
        err = registry_store_arms_replace(c.db, c.model.id, c.arms, count, e);
    }
    struct decision d = {.id = next_id(r),
                         .time_ms = now_ms(r),
                         .verdict = str_of(verdict),
                         .from_version = champion,
                         .to_version = number,
                         .reason = reason,
                         .actor = actor(rq)};
    copy_decision(out, &d, a);
    return change_end(&c, err, &d, e);
}
