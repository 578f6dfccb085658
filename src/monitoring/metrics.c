#include "monitoring/history.h"
#include "monitoring/live.h"

enum err monitoring_api_metrics_get(struct http_request *rq, struct err_ctx *e)
{
    struct monitoring *m = rq->context;
    struct window w;
    enum err err = window_read(m, rq, &w, e);
    if (!err)
        err = window_read_bucket(rq, &w, e);
    if (err)
        return err;
    json_t *answer = json_object();
    window_to_json(&w, answer);
    err = w.source == SOURCE_LIVE ? live_metrics(m, &w, answer, e)
                                  : history_metrics(m, &w, answer, e);
    if (err)
        json_decref(answer);
    else
        http_answer_json(rq, 200, answer);
    return err;
}
