#include "serving/serving.h"

#include "base/log.h"
#include "base/pool.h"
#include "serving/inside.h"

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

struct shadows *serving_shadows(struct serving *s)
{
    return s->shadows;
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

/* ---- life ---- */

static enum err open_pools(struct serving *s, struct err_ctx *e)
{
    struct pool_opts pool = {
        .name = "models", .threads = s->opts.threads, .queue_max = s->opts.queue_max};
    struct shadows_opts shadows = {s->opts.predictions, s->opts.shadow_queue_max};
    enum err err = pool_open(&pool, &s->pool, e);
    return err ? err : shadows_open(&shadows, &s->shadows, e);
}

static enum err open_all(struct serving *s, struct err_ctx *e)
{
    enum err err = runtime_open(&s->runtime, e);
    if (!err)
        err = open_pools(s, e);
    if (!err)
        err = registry_change_count(s->opts.registry, &s->watch.seen_changes, e);
    if (!err)
        err = inside_reload_all(s, e);
    return err ? err : inside_watch_open(s, e);
}

enum err serving_open(const struct serving_opts *opts, struct serving **out, struct err_ctx *e)
{
    struct serving *s = xcalloc(1, sizeof *s);
    s->opts = *opts;
    map_init(&s->models);
    map_init(&s->pending);
    pthread_rwlock_init(&s->lock, NULL);
    pthread_mutex_init(&s->loading, NULL);
    pthread_mutex_init(&s->changing, NULL);
    pthread_cond_init(&s->loaded, NULL);
    enum err err = open_all(s, e);
    if (err)
        serving_close(s);
    else
        *out = s;
    return err;
}

void serving_close(struct serving *s)
{
    size_t cursor = 0;
    struct str name;
    void *value;
    if (!s)
        return;
    inside_watch_close(s);
    pool_close(s->pool);
    shadows_close(s->shadows);
    while (map_each(&s->models, &cursor, &name, &value))
        deployment_unref(value);
    map_release(&s->models);
    map_release(&s->pending);
    runtime_close(s->runtime);
    pthread_cond_destroy(&s->loaded);
    pthread_mutex_destroy(&s->changing);
    pthread_mutex_destroy(&s->loading);
    pthread_rwlock_destroy(&s->lock);
    free(s);
}

void serving_stats(struct serving *s, struct serving_stats *out)
{
    struct pool_stats pool;
    struct shadows_stats shadows;
    pool_stats(s->pool, &pool);
    shadows_stats(s->shadows, &shadows);
    *out = (struct serving_stats){.shadow_scored = shadows.scored,
                                  .shadow_dropped = shadows.dropped,
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
