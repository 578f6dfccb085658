#include "monitoring/history.h"

static void take_row(void *context, const struct scores *scores, uint32_t row, struct str truth)
{
    report_add(context, scores, row, truth, 1);
}

/* Fills the report; `*why_not` is set when there is nothing to fill it with. */
static enum err collect(struct monitoring *m, const struct window *w, struct report *r,
                        const char **why_not, struct err_ctx *e)
{
    struct err_ctx own;
    err_ctx_init(&own);
    if (!w->version->run_id || !m->hooks.history) {
        *why_not = "the version was not made by a run, so there are no rows of before";
        return ERR_OK;
    }
    enum err err =
        m->hooks.history(m->hooks.context, w->version->run_id, w->source == SOURCE_TRAINING,
                         w->version->signature, take_row, r, &own);
    if (err == ERR_NOT_FOUND) {
        *why_not = "the run has left no scores of its rows";
        return ERR_OK;
    }
    return err ? err_set(e, err, "%s", own.detail) : ERR_OK;
}

static void set_all_reasons(json_t *to, const char *text)
{
    json_t *reasons = json_object_get(to, "reasons"), *value;
    const char *key;
    json_object_foreach(reasons, key, value) json_set_cstr(reasons, key, text);
}

static enum err make_metrics(struct monitoring *m, const struct window *w, json_t *to,
                             struct err_ctx *e)
{
    struct report r;
    const char *why_not = NULL;
    report_init(&r, w->version->signature, REPORT_KEEP);
    enum err err = collect(m, w, &r, &why_not, e);
    if (!err) {
        report_metrics(&r, to);
        if (why_not)
            set_all_reasons(to, why_not);
    }
    report_release(&r);
    return err;
}

enum err history_figures(struct monitoring *m, const struct known *version, bool training,
                         json_t **out, struct err_ctx *e)
{
    struct err_ctx own;
    err_ctx_init(&own);
    *out = NULL;
    if (!version->run_id || !m->hooks.figures)
        return ERR_OK;
    enum err err = m->hooks.figures(m->hooks.context, version->run_id, training, out, &own);
    if (err && err != ERR_NOT_FOUND) /* the run may be gone, its version is not */
        return err_set(e, err, "%s", own.detail);
    return ERR_OK;
}

enum err history_metrics(struct monitoring *m, const struct window *w, json_t *to,
                         struct err_ctx *e)
{
    json_t *made = NULL;
    enum err err = history_figures(m, w->version, w->source == SOURCE_TRAINING, &made, e);
    if (err)
        return err;
    if (!json_is_object(made)) {
        json_decref(made);
        return make_metrics(m, w, to, e);
    }
    /* What this version is called here wins over what the run did not know. */
    int failed = json_object_update_missing(to, made);
    json_decref(made);
    return failed ? err_set(e, ERR_INTERNAL, "the run's metrics cannot be copied") : ERR_OK;
}

enum err history_curve(struct monitoring *m, const struct window *w, enum curve_kind kind,
                       json_t *to, struct err_ctx *e)
{
    struct report r;
    const char *why_not = NULL;
    report_init(&r, w->version->signature, REPORT_KEEP);
    enum err err = collect(m, w, &r, &why_not, e);
    if (!err)
        err = report_curve(&r, kind, to, e);
    if (!err && why_not)
        set_all_reasons(to, why_not);
    report_release(&r);
    return err;
}
