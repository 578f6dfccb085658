#include "monitoring/history.h"
#include "monitoring/live.h"
#include "monitoring/monitoring_store.h"

/* Everything at a glance. The last 24 hours are the hour that runs and the 23 before it, of
 * prediction time; the live figure is that of the last seven days. */

enum { HOURS = 24, LIVE_DAYS = 7, MODELS_MAX = 500 };

struct glance {
    struct monitoring *m;
    struct arena *arena;
    int64_t now_ms, first_hour_ms;
};

struct day {
    uint64_t rows, labelled;
    uint64_t by_hour[HOURS];
};

/* What the clients of one version got. */
static enum err add_version(const struct glance *g, int64_t model_id, int64_t version,
                            struct day *day, struct err_ctx *e)
{
    struct row_count *counts;
    struct db *db = NULL;
    size_t count = 0;
    int64_t answered = 0;
    struct bucket_query query = {
        .model_id = model_id, .version = version, .from_ms = g->first_hour_ms, .to_ms = INT64_MAX};
    enum err err = store_read(g->m->opts.store, &db, e);
    if (err)
        return err;
    err = predictions_counts(db, model_id, version, query.from_ms, query.to_ms, &counts, &count,
                             g->arena, e);
    for (size_t i = 0; !err && i < count; i++) {
        int64_t at = MIN((counts[i].from_ms - g->first_hour_ms) / HOUR_MS, HOURS - 1);
        day->rows += counts[i].served;
        day->by_hour[at] += counts[i].served;
    }
    if (!err)
        err = monitoring_store_answered(db, &query, &answered, e);
    day->labelled += (uint64_t)answered;
    return db_end(db, err, e);
}

static void set_day(const struct glance *g, const struct day *day, json_t *to)
{
    json_t *spark = json_array();
    json_set_i64(to, "rows_24h", (int64_t)day->rows);
    json_set_i64(to, "labelled_24h", (int64_t)day->labelled);
    for (int64_t i = 0; i < HOURS; i++) {
        json_t *hour = json_object();
        json_set_time(hour, "from", g->first_hour_ms + i * HOUR_MS);
        json_set_i64(hour, "rows", (int64_t)day->by_hour[i]);
        json_push(spark, hour);
    }
    json_set(to, "spark", spark);
}

static enum err set_live(const struct glance *g, struct window *w, const char *name, json_t *to,
                         struct err_ctx *e)
{
    struct report report;
    w->source = SOURCE_LIVE;
    w->from_ms = span_floor(g->now_ms, HOUR_MS) - (int64_t)LIVE_DAYS * HOURS * HOUR_MS;
    enum err err = live_figures(g->m, w, &report, e);
    if (err)
        return err;
    json_t *figures = json_object();
    report_metrics_brief(&report, figures);
    json_set(to, "live", json_incref(json_object_get(figures, name)));
    json_decref(figures);
    report_release(&report);
    return ERR_OK;
}

/* The run's own figures only: its rows are not read for a glance. */
static enum err set_holdout(const struct glance *g, const struct window *w, const char *name,
                            json_t *to, struct err_ctx *e)
{
    json_t *made = NULL;
    enum err err = history_figures(g->m, w->version, false, &made, e);
    json_t *value = json_object_get(made, name);
    json_set(to, "holdout", json_is_number(value) ? json_incref(value) : json_null());
    json_decref(made);
    return err;
}

static enum err set_metric(const struct glance *g, const struct model *model, int64_t champion,
                           json_t *to, struct err_ctx *e)
{
    const char *name = model->task == TASK_REGRESSION ? "rmse" : "accuracy";
    struct window w = {.model = *model, .to_ms = INT64_MAX, .now_ms = g->now_ms};
    if (!champion || model->task == TASK_OTHER) {
        json_set_null(to, "metric");
        return ERR_OK;
    }
    json_t *metric = json_object();
    json_set(to, "metric", metric);
    json_set_cstr(metric, "name", name);
    enum err err = monitoring_version(g->m, model->id, champion, &w.version, e);
    if (!err)
        err = set_holdout(g, &w, name, metric, e);
    return err ? err : set_live(g, &w, name, metric, e);
}

static enum err add_model(const struct glance *g, const struct model *model, json_t *list,
                          struct err_ctx *e)
{
    struct arm arms[REGISTRY_ARMS_MAX];
    struct model_version *versions;
    unsigned arm_count = 0, version_count = 0;
    int64_t champion = 0;
    struct day day = {0};
    char number[24];
    enum err err = registry_arms(g->m->opts.registry, model->id, arms, &arm_count, e);
    if (!err)
        err = registry_versions(g->m->opts.registry, model->id, &versions, &version_count, g->arena,
                                e);
    for (unsigned i = 0; !err && i < version_count; i++)
        err = add_version(g, model->id, versions[i].number, &day, e);
    if (err)
        return err;
    for (unsigned i = 0; i < arm_count; i++)
        champion = arms[i].mode == ARM_CHAMPION ? arms[i].number : champion;
    json_t *one = json_object();
    json_push(list, one);
    snprintf(number, sizeof number, "%lld", (long long)champion);
    json_set_text(one, "name", model->name);
    json_set_cstr(one, "task", task_text(model->task));
    json_set_cstr(one, "champion", champion ? number : NULL);
    json_set_i64(one, "challengers", arm_count - (champion != 0));
    set_day(g, &day, one);
    return set_metric(g, model, champion, one, e);
}

enum err monitoring_api_overview_get(struct http_request *rq, struct err_ctx *e)
{
    struct monitoring *m = rq->context;
    int64_t now_ms = clock_now_ms(m->opts.clock);
    struct glance g = {m, &rq->arena, now_ms,
                       span_floor(now_ms, HOUR_MS) - (int64_t)(HOURS - 1) * HOUR_MS};
    struct model *models;
    unsigned count = 0;
    enum err err =
        registry_models(m->opts.registry, STR(""), MODELS_MAX, &models, &count, &rq->arena, e);
    if (err)
        return err;
    json_t *answer = json_object(), *list = json_array();
    json_set(answer, "models", list);
    for (unsigned i = 0; !err && i < count; i++)
        err = add_model(&g, &models[i], list, e);
    if (!err && m->hooks.overview)
        err = m->hooks.overview(m->hooks.context, answer, e);
    if (err)
        json_decref(answer);
    else
        http_answer_json(rq, 200, answer);
    return err;
}
