#include "monitoring/history.h"
#include "monitoring/live.h"

static enum err read_kind(struct http_request *rq, const struct window *w, enum curve_kind *kind,
                          struct err_ctx *e)
{
    struct str text;
    *kind = w->version->signature->task == TASK_REGRESSION ? CURVE_SCATTER : CURVE_ROC;
    if (!http_query(rq, "kind", &text) || curve_kind_parse(text, kind))
        return ERR_OK;
    return err_set_at(e, ERR_INVALID, "/kind",
                      "the kind must be roc, pr, calibration, lift, scatter or residuals");
}

enum err monitoring_api_curves_get(struct http_request *rq, struct err_ctx *e)
{
    struct monitoring *m = rq->context;
    struct window w;
    enum curve_kind kind;
    enum err err = window_read(m, rq, &w, e);
    if (!err)
        err = read_kind(rq, &w, &kind, e);
    if (err)
        return err;
    json_t *answer = json_object();
    window_to_json(&w, answer);
    err = w.source == SOURCE_LIVE ? live_curve(m, &w, kind, answer, e)
                                  : history_curve(m, &w, kind, answer, e);
    if (err)
        json_decref(answer);
    else
        http_answer_json(rq, 200, answer);
    return err;
}
