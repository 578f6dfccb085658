#include "serving/serving.h"

#include <errno.h>
#include <pthread.h>

#include "base/log.h"
#include "base/map.h"
#include "base/pool.h"

enum { VERSIONS_LOADED_MAX = 64, POLL_MS = 100, SHADOW_THREADS = 1 };

struct serving {
    struct serving_opts opts;
    struct runtime *runtime;
    struct pool *pool;
    struct pool *shadow_pool;
    pthread_rwlock_t lock;    /* guards `models` */
    struct map models;        /* name -> struct deployment */
    pthread_mutex_t loading;  /* one engine is opened at a time; taken before `changing` */
    pthread_mutex_t changing; /* one deployment is built at a time; taken before `lock` */
    struct map pending;       /* "model/number" of what is being loaded; under `changing` */
    pthread_cond_t loaded;    /* less is pending */
    pthread_t watcher;
    pthread_mutex_t watch_lock; /* guards what follows */
    pthread_cond_t stop;
    bool stopping;
    int64_t seen_changes;
    _Atomic uint64_t shadow_scored, shadow_dropped;
    _Atomic bool closing; /* shadows that wait are dropped: nobody waits for them */
};

/* ---- looking up ---- */

struct deployment *serving_find(struct serving *s, struct str model)
{
    pthread_rwlock_rdlock(&s->lock);
    struct deployment *d = map_get(&s->models, model);
    if (d)
        deployment_ref(d);
    pthread_rwlock_unlock(&s->lock);
    return d;
}

static void unref_hook(void *deployment)
{
    deployment_unref(deployment);
}

struct deployment **serving_all(struct serving *s, unsigned *count, struct arena *a)
{
    size_t cursor = 0;
    struct str name;
    void *value;
    pthread_rwlock_rdlock(&s->lock);
    struct deployment **list = arena_alloc(a, s->models.count * sizeof *list);
    *count = 0;
    while (map_each(&s->models, &cursor, &name, &value)) {
        list[(*count)++] = deployment_ref(value);
        arena_on_release(a, unref_hook, value);
    }
    pthread_rwlock_unlock(&s->lock);
    return list;
}

const struct serving_opts *serving_opts(const struct serving *s)
{
    return &s->opts;
}

struct pool *serving_pool(struct serving *s)
{
    return s->pool;
}

struct runtime *serving_runtime(struct serving *s)
{
    return s->runtime;
}

/* ---- loading ---- */

static void swap_in(struct serving *s, struct str model, struct deployment *d)
{
    pthread_rwlock_wrlock(&s->lock);
    struct deployment *old = d ? map_put(&s->models, model, d) : map_remove(&s->models, model);
    pthread_rwlock_unlock(&s->lock);
    deployment_unref(old);
}

/* Versions that have to be loaded, and what came of it. Loading takes as long as it takes, so it
 * happens outside of the locks that a promotion needs: a deployment without them is built and
 * swapped in first, and a complete one when they are there. */
struct wanted {
    struct version_source source;
    struct str key; /* in `pending` */
    bool tried;
    struct version *version; /* NULL: it could not be loaded */
    const char *reason;
};

struct reload {
    struct serving *serving;
    struct str model;
    struct arena arena;
    struct wanted *wanted; /* as many as there were versions at first */
    unsigned wanted_count;
    bool last; /* nothing more is loaded: who made it is about to */
    const struct deployment *old;
};

static struct wanted *find_wanted(const struct reload *l, const struct model_version *v)
{
    for (unsigned i = 0; i < l->wanted_count; i++) {
        struct wanted *w = &l->wanted[i];
        if (w->tried && w->source.number == v->number && str_eq(w->source.sha256, v->sha256))
            return w;
    }
    return NULL;
}

/* What is loaded already is used again. */
static struct version *reuse(const struct deployment *old, const struct model_version *v)
{
    const struct entry *entry = old ? deployment_entry(old, v->number) : NULL;
    if (!entry || !entry->version || !str_is(v->sha256, entry->version->sha256))
        return NULL;
    return version_ref(entry->version);
}

/* Leaves the version to be loaded later, by us or by who is at it already. */
static void want(struct reload *l, const struct model_version *v, struct entry *entry)
{
    static char yes;
    struct serving *s = l->serving;
    struct str key =
        str_of(arena_printf(&l->arena, STR_FMT "/%lld", STR_ARG(l->model), (long long)v->number));
    entry->loading = true;
    entry->reason = "the version is being loaded";
    if (l->last || map_get(&s->pending, key))
        return;
    map_put(&s->pending, key, &yes);
    l->wanted[l->wanted_count++] =
        (struct wanted){.source = {.model = l->model,
                                   .sha256 = v->sha256,
                                   .number = v->number,
                                   .path = registry_path(s->opts.registry, v->sha256, &l->arena),
                                   .signature = v->signature},
                        .key = key};
}

static void fill_entry(struct reload *l, struct deployment *d, const struct model_version *v,
                       struct entry *entry)
{
    *entry = (struct entry){.number = v->number, .reason = ""};
    if (!v->loaded) {
        entry->reason = "unloaded";
        return;
    }
    entry->version = reuse(l->old, v);
    if (entry->version)
        return;
    const struct wanted *w = find_wanted(l, v);
    if (!w)
        want(l, v, entry);
    else if (w->version)
        entry->version = version_ref(w->version);
    else
        entry->reason = arena_strdup(&d->arena, str_of(w->reason));
}

static bool takes_part(const struct arm *arms, unsigned count, int64_t number)
{
    for (unsigned i = 0; i < count; i++)
        if (arms[i].number == number)
            return true;
    return false;
}

static void fill_entries(struct reload *l, struct deployment *d,
                         const struct model_version *versions, unsigned count,
                         const struct arm *arms, unsigned arm_count)
{
    if (!l->wanted)
        l->wanted = arena_alloc(&l->arena, count * sizeof *l->wanted);
    d->entries = arena_zalloc(&d->arena, count * sizeof *d->entries);
    d->entry_count = count;
    for (unsigned i = 0; i < count; i++) {
        if (i < VERSIONS_LOADED_MAX || takes_part(arms, arm_count, versions[i].number))
            fill_entry(l, d, &versions[i], &d->entries[i]);
        else
            d->entries[i] =
                (struct entry){.number = versions[i].number,
                               .reason = "only the newest versions and the arms are loaded"};
    }
}

static void add_arms(struct deployment *d, const struct deployment *old, const struct arm *arms,
                     unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct entry *entry = deployment_entry(d, arms[i].number);
        if (entry && entry->version)
            deployment_add_arm(d, &arms[i], version_ref(entry->version));
        else if (arms[i].mode == ARM_CHAMPION && old && old->champion >= 0 && entry &&
                 strcmp(entry->reason, "unloaded") != 0)
            deployment_add_arm(d, &arms[i], version_ref(old->arms[old->champion].version));
    }
}

static enum err build(struct reload *l, const struct model *model, struct deployment **out,
                      struct err_ctx *e)
{
    struct registry *registry = l->serving->opts.registry;
    struct model_version *versions;
    struct arm arms[REGISTRY_ARMS_MAX];
    unsigned version_count = 0, arm_count = 0;
    enum err err = registry_versions(registry, model->id, &versions, &version_count, &l->arena, e);
    if (!err)
        err = registry_arms(registry, model->id, arms, &arm_count, e);
    if (err)
        return err;
    struct deployment *d = deployment_new(model);
    fill_entries(l, d, versions, version_count, arms, arm_count);
    add_arms(d, l->old, arms, arm_count);
    *out = d;
    return ERR_OK;
}

/* Under `changing`. */
static enum err rebuild(struct reload *l, struct err_ctx *e)
{
    struct serving *s = l->serving;
    struct model model;
    struct err_ctx quiet;
    struct deployment *old = serving_find(s, l->model), *made = NULL;
    err_ctx_init(&quiet);
    l->old = old;
    enum err err = registry_model(s->opts.registry, l->model, &model, &l->arena, &quiet);
    if (err == ERR_NOT_FOUND) {
        swap_in(s, l->model, NULL);
        err = ERR_OK;
    } else if (!err) {
        /* A model of the same name that was made anew is another one. */
        l->old = old && old->model_id == model.id ? old : NULL;
        err = build(l, &model, &made, e);
        if (!err)
            swap_in(s, l->model, made);
    } else if (e) {
        *e = quiet;
    }
    l->old = NULL;
    deployment_unref(old);
    return err;
}

static void load_wanted(struct reload *l)
{
    for (unsigned i = 0; i < l->wanted_count; i++) {
        struct wanted *w = &l->wanted[i];
        struct err_ctx e;
        err_ctx_init(&e);
        w->tried = true;
        if (!version_open(l->serving->runtime, &w->source, &w->version, &e))
            continue;
        w->version = NULL;
        w->reason = arena_strdup(&l->arena, str_of(e.detail));
        log_error("serving", STR_FMT " version %lld cannot be loaded: %s", STR_ARG(l->model),
                  (long long)w->source.number, e.detail);
    }
}

static enum err load_and_rebuild(struct reload *l, struct err_ctx *e)
{
    struct serving *s = l->serving;
    pthread_mutex_lock(&s->loading);
    load_wanted(l);
    pthread_mutex_unlock(&s->loading);
    pthread_mutex_lock(&s->changing);
    for (unsigned i = 0; i < l->wanted_count; i++)
        map_remove(&s->pending, l->wanted[i].key);
    l->last = true;
    enum err err = rebuild(l, e);
    pthread_cond_broadcast(&s->loaded);
    pthread_mutex_unlock(&s->changing);
    for (unsigned i = 0; i < l->wanted_count; i++)
        version_unref(l->wanted[i].version);
    return err;
}

static bool is_pending(const struct map *pending, struct str model)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_each(pending, &cursor, &key, &value))
        if (key.n > model.n && str_starts(key, model) && key.p[model.n] == '/')
            return true;
    return false;
}

/* Somebody else may be loading what we were asked to load. */
static void wait_for_others(struct serving *s, struct str model)
{
    pthread_mutex_lock(&s->changing);
    while (is_pending(&s->pending, model))
        pthread_cond_wait(&s->loaded, &s->changing);
    pthread_mutex_unlock(&s->changing);
}

enum err serving_reload(struct serving *s, struct str model, bool wait, struct err_ctx *e)
{
    struct reload l = {.serving = s, .model = model};
    arena_init(&l.arena);
    pthread_mutex_lock(&s->changing);
    enum err err = rebuild(&l, e);
    pthread_mutex_unlock(&s->changing);
    if (!err && l.wanted_count)
        err = load_and_rebuild(&l, e);
    arena_release(&l.arena);
    if (!err && wait)
        wait_for_others(s, model);
    return err;
}

/* Models that the registry does not have any more. */
static void drop_missing(struct serving *s, const struct map *seen)
{
    struct arena a;
    unsigned count;
    arena_init(&a);
    struct deployment **all = serving_all(s, &count, &a);
    for (unsigned i = 0; i < count; i++)
        if (!map_get(seen, str_of(all[i]->model)))
            swap_in(s, str_of(all[i]->model), NULL);
    arena_release(&a);
}

static enum err reload_all(struct serving *s, struct err_ctx *e)
{
    enum { PAGE = 100 };
    struct arena a;
    struct map seen;
    struct model *models;
    struct str after = STR("");
    unsigned count = 0;
    static char yes;
    enum err err;
    arena_init(&a);
    map_init(&seen);
    do {
        err = registry_models(s->opts.registry, after, PAGE, &models, &count, &a, e);
        for (unsigned i = 0; !err && i < count; i++) {
            map_put(&seen, models[i].name, &yes);
            err = serving_reload(s, models[i].name, false, e);
        }
        if (!err && count)
            after = models[count - 1].name;
    } while (!err && count == PAGE);
    if (!err)
        drop_missing(s, &seen);
    map_release(&seen);
    arena_release(&a);
    return err;
}

/* ---- noticing what others change ---- */

static void look_for_changes(struct serving *s)
{
    struct err_ctx e;
    int64_t changes = 0;
    err_ctx_init(&e);
    enum err err = registry_change_count(s->opts.registry, &changes, &e);
    if (!err && changes == s->seen_changes)
        return;
    if (!err)
        err = reload_all(s, &e);
    if (err)
        log_warning("serving", "the registry cannot be read: %s", e.detail);
    else
        s->seen_changes = changes;
}

static void *watch(void *argument)
{
    struct serving *s = argument;
    pthread_setname_np(pthread_self(), "watch-registry");
    pthread_mutex_lock(&s->watch_lock);
    while (!s->stopping) {
        struct timespec until = clock_deadline(POLL_MS);
        if (pthread_cond_clockwait(&s->stop, &s->watch_lock, CLOCK_MONOTONIC, &until) != ETIMEDOUT)
            continue;
        pthread_mutex_unlock(&s->watch_lock);
        look_for_changes(s);
        pthread_mutex_lock(&s->watch_lock);
    }
    pthread_mutex_unlock(&s->watch_lock);
    return NULL;
}

/* ---- the registry's hooks ---- */

enum err serving_check_hook(void *serving, const char *path, const struct signature *signature,
                            struct err_ctx *e)
{
    return version_check(serving_runtime(serving), path, signature, e);
}

void serving_changed_hook(void *serving, struct str model, bool loads)
{
    struct err_ctx e;
    err_ctx_init(&e);
    if (serving_reload(serving, model, loads, &e))
        log_error("serving", "a change of " STR_FMT " is not in force yet: %s", STR_ARG(model),
                  e.detail);
}

const char *serving_state_hook(void *serving, struct str model, int64_t number, const char **reason,
                               struct arena *a)
{
    struct deployment *d = serving_find(serving, model);
    const struct entry *entry = d ? deployment_entry(d, number) : NULL;
    bool ready = entry && entry->version;
    *reason = ready ? "" : entry ? arena_strdup(a, str_of(entry->reason)) : "not loaded yet";
    bool loading = entry && entry->loading;
    deployment_unref(d);
    return ready ? "READY" : loading ? "LOADING" : "UNAVAILABLE";
}

/* ---- shadows ---- */

struct shadow_job {
    struct serving *serving;
    struct deployment *deployment;
    struct version *served;
    struct record *logged, *full;
};

static void score_shadow(struct shadow_job *job, const struct record_view *view, struct version *v,
                         struct arena *a)
{
    struct tensor outputs[SIGNATURE_TENSORS_MAX];
    struct scores scores;
    struct err_ctx e;
    err_ctx_init(&e);
    if (view->input_count != v->signature->input_count)
        err_set(&e, ERR_INVALID, "it takes %u inputs, the request has %u",
                v->signature->input_count, view->input_count);
    else
        (void)!version_run(v, view->inputs, view->rows, outputs, &scores, a, &e);
    if (e.code)
        log_warning("serving", "%s version %s cannot shadow: %s", v->model, v->number_text,
                    e.detail);
    else if (predictions_append_scores(job->serving->opts.predictions, job->logged, v->number,
                                       &scores))
        atomic_fetch_add_explicit(&job->serving->shadow_scored, view->rows, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&job->serving->shadow_dropped, view->rows, memory_order_relaxed);
}

static void run_shadows(void *argument)
{
    struct shadow_job *job = argument;
    struct arena a;
    struct record_view view;
    struct err_ctx e;
    arena_init(&a);
    err_ctx_init(&e);
    if (atomic_load(&job->serving->closing)) {
        atomic_fetch_add_explicit(&job->serving->shadow_dropped, job->logged->rows,
                                  memory_order_relaxed);
    } else if (record_read(job->full->body, &a, &view, &e)) {
        log_error("serving", "%s", e.detail);
    } else {
        for (unsigned i = 0; i < job->deployment->arm_count; i++) {
            const struct serving_arm *arm = &job->deployment->arms[i];
            if (arm->version != job->served && deployment_sampled(arm, job->logged->seq))
                score_shadow(job, &view, arm->version, &a);
        }
    }
    arena_release(&a);
    deployment_unref(job->deployment);
    version_unref(job->served);
    record_unref(job->logged);
    record_unref(job->full);
    free(job);
}

void serving_shadow(struct serving *s, struct deployment *d, struct version *served,
                    struct record *logged, struct record *full)
{
    struct shadow_job *job = xmalloc(sizeof *job);
    *job = (struct shadow_job){s, deployment_ref(d), version_ref(served), record_ref(logged),
                               record_ref(full)};
    if (pool_submit(s->shadow_pool, run_shadows, job) == ERR_OK)
        return;
    atomic_fetch_add_explicit(&s->shadow_dropped, logged->rows, memory_order_relaxed);
    deployment_unref(job->deployment);
    version_unref(job->served);
    record_unref(job->logged);
    record_unref(job->full);
    free(job);
}

/* ---- life ---- */

static enum err open_pools(struct serving *s, struct err_ctx *e)
{
    struct pool_opts pool = {
        .name = "models", .threads = s->opts.threads, .queue_max = s->opts.queue_max};
    struct pool_opts shadows = {
        .name = "shadows", .threads = SHADOW_THREADS, .queue_max = s->opts.shadow_queue_max};
    enum err err = pool_open(&pool, &s->pool, e);
    return err ? err : pool_open(&shadows, &s->shadow_pool, e);
}

static void release(struct serving *s)
{
    size_t cursor = 0;
    struct str name;
    void *value;
    pool_close(s->pool);
    pool_close(s->shadow_pool);
    while (map_each(&s->models, &cursor, &name, &value))
        deployment_unref(value);
    map_release(&s->models);
    runtime_close(s->runtime);
    pthread_cond_destroy(&s->stop);
    pthread_mutex_destroy(&s->watch_lock);
    pthread_cond_destroy(&s->loaded);
    pthread_mutex_destroy(&s->changing);
    pthread_mutex_destroy(&s->loading);
    map_release(&s->pending);
    pthread_rwlock_destroy(&s->lock);
    free(s);
}

enum err serving_open(const struct serving_opts *opts, struct serving **out, struct err_ctx *e)
{
    struct serving *s = xcalloc(1, sizeof *s);
    s->opts = *opts;
    map_init(&s->models);
    pthread_rwlock_init(&s->lock, NULL);
    map_init(&s->pending);
    pthread_mutex_init(&s->loading, NULL);
    pthread_mutex_init(&s->changing, NULL);
    pthread_cond_init(&s->loaded, NULL);
    pthread_mutex_init(&s->watch_lock, NULL);
    pthread_cond_init(&s->stop, NULL);
    enum err err = runtime_open(&s->runtime, e);
    if (!err)
        err = open_pools(s, e);
    if (!err)
        err = registry_change_count(opts->registry, &s->seen_changes, e);
    if (!err)
        err = reload_all(s, e);
    if (!err) {
        int failed = pthread_create(&s->watcher, NULL, watch, s);
        err = failed ? err_set_errno(e, failed, "starting a thread") : ERR_OK;
    }
    if (err) {
        release(s);
        return err;
    }
    *out = s;
    return ERR_OK;
}

void serving_close(struct serving *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->watch_lock);
    s->stopping = true;
    pthread_cond_signal(&s->stop);
    pthread_mutex_unlock(&s->watch_lock);
    pthread_join(s->watcher, NULL);
    atomic_store(&s->closing, true);
    release(s);
}

void serving_stats(struct serving *s, struct serving_stats *out)
{
    struct pool_stats pool, shadows;
    pool_stats(s->pool, &pool);
    pool_stats(s->shadow_pool, &shadows);
    *out = (struct serving_stats){.shadow_scored = atomic_load(&s->shadow_scored),
                                  .shadow_dropped = atomic_load(&s->shadow_dropped),
                                  .refused = pool.refused,
                                  .queued = pool.queued,
                                  .queue_max = pool.queue_max,
                                  .shadow_queued = shadows.queued};
    size_t cursor = 0;
    struct str name;
    void *value;
    pthread_rwlock_rdlock(&s->lock);
    while (map_each(&s->models, &cursor, &name, &value)) {
        const struct deployment *d = value;
        out->models++;
        for (unsigned i = 0; i < d->entry_count; i++)
            out->versions += d->entries[i].version != NULL;
    }
    pthread_rwlock_unlock(&s->lock);
}
