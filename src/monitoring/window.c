#include "monitoring/window.h"

#include "base/num.h"

static const char *const source_texts[] = {"live", "holdout", "training"};

static enum err champion(struct monitoring *m, const struct model *model, int64_t *number,
                         struct err_ctx *e)
{
    struct arm arms[REGISTRY_ARMS_MAX];
    unsigned count = 0;
    enum err err = registry_arms(m->opts.registry, model->id, arms, &count, e);
    for (unsigned i = 0; !err && i < count; i++)
        if (arms[i].mode == ARM_CHAMPION) {
            *number = arms[i].number;
            return ERR_OK;
        }
    return err ? err
               : err_set(e, ERR_NOT_FOUND, "the model \"" STR_FMT "\" has no champion yet",
                         STR_ARG(model->name));
}

static enum err read_version(struct monitoring *m, struct http_request *rq, struct window *w,
                             struct err_ctx *e)
{
    struct str text;
    int64_t number = 0;
    enum err err = registry_model(m->opts.registry, rq->params[0], &w->model, &rq->arena, e);
    if (err)
        return err;
    if (!http_query(rq, "version", &text))
        err = champion(m, &w->model, &number, e);
    else if (!num_parse_i64(text, 1, INT64_MAX, &number))
        err = err_set(e, ERR_NOT_FOUND, "the model has no version \"" STR_FMT "\"", STR_ARG(text));
    return err ? err : monitoring_version(m, w->model.id, number, &w->version, e);
}

static enum err read_source(struct http_request *rq, struct window *w, struct err_ctx *e)
{
    struct str text;
    w->source = SOURCE_LIVE;
    if (!http_query(rq, "source", &text))
        return ERR_OK;
    for (unsigned i = 0; i < ARRAY_LEN(source_texts); i++)
        if (str_is(text, source_texts[i])) {
            w->source = i;
            return ERR_OK;
        }
    return err_set_at(e, ERR_INVALID, "/source", "the source must be live, holdout or training");
}

static enum err read_span(struct http_request *rq, struct window *w, struct err_ctx *e)
{
    struct str text;
    int64_t span_ms, from_ms = -1, to_ms = INT64_MAX;
    enum err err = http_query_time(rq, "from", &from_ms, e);
    if (!err)
        err = http_query_time(rq, "to", &to_ms, e);
    if (err)
        return err;
    if (http_query(rq, "window", &text)) {
        if (from_ms >= 0 || to_ms != INT64_MAX)
            return err_set_at(e, ERR_INVALID, "/window",
                              "a window ends now: give either window, or from and to");
        if (!clock_parse_span(text, &span_ms) || span_ms <= 0)
            return err_set_at(e, ERR_INVALID, "/window",
                              "the window must be a span like 30m, 24h or 7d");
        from_ms = w->now_ms - span_ms;
    }
    w->from_ms = MAX(from_ms, 0);
    w->to_ms = to_ms;
    if (w->from_ms > w->to_ms)
        return err_set_at(e, ERR_INVALID, "/from", "the span ends before it begins");
    return ERR_OK;
}

enum err window_read(struct monitoring *m, struct http_request *rq, struct window *w,
                     struct err_ctx *e)
{
    *w = (struct window){.now_ms = clock_now_ms(m->opts.clock)};
    enum err err = read_version(m, rq, w, e);
    if (!err)
        err = read_source(rq, w, e);
    return err ? err : read_span(rq, w, e);
}

enum err window_read_bucket(struct http_request *rq, struct window *w, struct err_ctx *e)
{
    struct str text;
    if (!http_query(rq, "bucket", &text))
        return ERR_OK;
    bool read = clock_parse_span(text, &w->bucket_ms) && w->bucket_ms >= MINUTE_MS;
    if (!read || (HOUR_MS % w->bucket_ms && w->bucket_ms % HOUR_MS) || w->bucket_ms % MINUTE_MS)
        return err_set_at(e, ERR_INVALID, "/bucket",
                          "the bucket must be full hours, like 1h, 6h or 1d, or minutes that "
                          "divide an hour, like 1m, 5m or 15m");
    return ERR_OK;
}

void window_to_json(const struct window *w, json_t *to)
{
    char number[24];
    json_t *span = json_object();
    snprintf(number, sizeof number, "%lld", (long long)w->version->number);
    json_set_text(to, "model", w->model.name);
    json_set_cstr(to, "version", number);
    json_set_cstr(to, "source", source_texts[w->source]);
    bool live = w->source == SOURCE_LIVE; /* a run's rows have no time */
    json_set_time(span, "from", live ? w->from_ms : 0);
    json_set_time(span, "to", live ? MIN(w->to_ms, w->now_ms) : 0);
    json_set(to, "window", span);
}
