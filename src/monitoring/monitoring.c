#include "monitoring/monitoring.h"

#include "identity/role.h"
#include "monitoring/bucket.h"

#define ROUTE(method_, pattern_, role_, handler_, ...)                                             \
    HTTP_ROUTE(method_, pattern_, role_, monitoring_api_##handler_, __VA_ARGS__)
const struct http_route monitoring_routes[] = {
#include "monitoring/routes.def"
};
#undef ROUTE
const size_t monitoring_route_count = ARRAY_LEN(monitoring_routes);

/* ---- life ---- */

enum err monitoring_open(const struct monitoring_opts *opts, struct monitoring **out,
                         struct err_ctx *e)
{
    assert(opts->store && opts->clock && opts->registry);
    struct monitoring *m = xcalloc(1, sizeof *m);
    m->opts = *opts;
    enum err err = news_open(opts->events, opts->registry, &m->news, e);
    if (err) {
        free(m);
        return err;
    }
    pthread_mutex_init(&m->lock, NULL);
    map_init(&m->versions);
    *out = m;
    return ERR_OK;
}

static void known_free(struct known *k)
{
    arena_release(&k->arena);
    free(k);
}

void monitoring_close(struct monitoring *m)
{
    if (!m)
        return;
    news_close(m->news);
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_each(&m->versions, &cursor, &key, &value))
        known_free(value);
    map_release(&m->versions);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

void monitoring_set_log(struct monitoring *m, struct predictions *log)
{
    m->log = log;
}

void monitoring_set_hooks(struct monitoring *m, const struct monitoring_hooks *hooks)
{
    m->hooks = *hooks;
}

/* ---- versions ---- */

static void release_json(void *value)
{
    json_decref(value);
}

static enum err known_load(struct monitoring *m, int64_t model_id, int64_t number,
                           struct known **out, struct err_ctx *e)
{
    struct model_version v;
    struct known *k = xcalloc(1, sizeof *k);
    k->model_id = model_id;
    k->number = number;
    enum err err = registry_version(m->opts.registry, model_id, number, &v, &k->arena, e);
    if (!err) {
        json_t *json = json_stored(v.signature);
        arena_on_release(&k->arena, release_json, json);
        k->run_id = v.run_id;
        err = signature_from_json(json, &k->arena, &k->signature, e);
    }
    if (err)
        known_free(k);
    else
        *out = k;
    return err;
}

enum err monitoring_version(struct monitoring *m, int64_t model_id, int64_t number,
                            const struct known **out, struct err_ctx *e)
{
    const int64_t numbers[2] = {model_id, number};
    struct str key = str_from((const char *)numbers, sizeof numbers);
    pthread_mutex_lock(&m->lock);
    struct known *k = map_get(&m->versions, key);
    pthread_mutex_unlock(&m->lock);
    if (!k) {
        enum err err = known_load(m, model_id, number, &k, e);
        if (err)
            return err;
        pthread_mutex_lock(&m->lock);
        struct known *other = map_get(&m->versions, key); /* somebody may have been quicker */
        if (other) {
            known_free(k);
            k = other;
        } else {
            map_put(&m->versions, key, k);
        }
        pthread_mutex_unlock(&m->lock);
    }
    *out = k;
    return ERR_OK;
}

/* ---- what the log tells ---- */

static enum err count_joined(void *context, struct db *db, const struct joined *items, size_t count,
                             struct err_ctx *e)
{
    struct monitoring *m = context;
    enum err err = bucket_count(m, db, items, count, e);
    if (!err)
        atomic_fetch_add(&m->truths, count);
    return err;
}

enum err monitoring_sweep(struct monitoring *m, struct err_ctx *e)
{
    return bucket_fold(m, clock_now_ms(m->opts.clock), e);
}

void monitoring_expose(struct monitoring *m, struct exposition *x)
{
    exposition_counter(x, "crisol_monitoring_truths_total",
                       "Truths that were counted, once for each version that scored the row.");
    exposition_add(x, NO_LABELS, (double)atomic_load(&m->truths));
    exposition_counter(x, "crisol_monitoring_buckets_written_total",
                       "Buckets of counters, of a minute or an hour, that were written.");
    exposition_add(x, NO_LABELS, (double)atomic_load(&m->buckets));
    exposition_counter(x, "crisol_monitoring_buckets_made_anew_total",
                       "Buckets that were damaged and counted again from the rows.");
    exposition_add(x, NO_LABELS, (double)atomic_load(&m->made_anew));
}

static void tell_progress(void *context, int64_t model_id, uint64_t rows, uint64_t labelled)
{
    struct monitoring *m = context;
    news_add(m->news, model_id, rows, labelled);
}

struct predictions_hooks monitoring_log_hooks(struct monitoring *m)
{
    return (struct predictions_hooks){
        .joined = count_joined, .progress = tell_progress, .context = m};
}
